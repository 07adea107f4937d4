"""Notes and photos of a record, and the five counts of an activity."""

import base64
import struct
import zlib

import pytest


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(secret=b"", padding=0):
    """One grey pixel, with a text and as many bytes as wanted around it."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\x7f")
    parts = [chunk(b"IHDR", header), chunk(b"eXIf", secret), chunk(b"IDAT", pixels)]
    parts += [chunk(b"IDAT", b"\0" * padding)] if padding else []
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def encoded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.fixture
def shown(world):
    """(member, path of their record's evidence)"""
    member = world.member()
    return member, f"/v1/records/{world.records([member])[0]}/evidence"


def test_a_photo_is_kept_without_what_the_camera_wrote(world, shown):
    member, path = shown
    photo = png(secret=b"GPS 23.0218N 113.1064E")
    made = member.post(path, {"photo": encoded(photo), "note": "清理前"}).expect(201)
    assert (made["photo"], made["note"]) == ("image/png", "清理前")
    assert member.get(path).expect(200)["items"] == [made]
    answer = world.coordinator.get(f"/v1/evidence/{made['id']}/photo")
    assert answer.headers["Content-Type"] == "image/png"
    assert b"GPS" not in answer.body and answer.body == photo.replace(
        chunk(b"eXIf", b"GPS 23.0218N 113.1064E"), b""
    )
    stored = world.server.sql("SELECT photo FROM evidence WHERE evidence_id = %s", made["id"])
    assert b"GPS" not in stored[0]["photo"]


def test_it_is_seen_by_those_who_may_see_the_record_only(world, shown):
    member, path = shown
    made = member.post(path, {"photo": encoded(png())}).expect(201)
    other = world.staff("coordinator", world.make("/v1/units", kind="village", name="别村")["id"])
    for stranger in (world.member(), other):
        stranger.get(path).expect(404)
        stranger.post(path, {"note": "我也在"}).expect(404)
        stranger.get(f"/v1/evidence/{made['id']}/photo").expect(404)
        stranger.delete(f"/v1/evidence/{made['id']}").expect(404)
    member.delete(f"/v1/evidence/{made['id']}").expect(204)
    assert member.get(path).expect(200)["items"] == []


def test_what_a_coordinator_added_is_not_the_members_to_take_back(world, shown):
    member, path = shown
    made = world.coordinator.post(path, {"note": "现场签到表"}).expect(201)
    member.delete(f"/v1/evidence/{made['id']}").expect(404)
    member.get(f"/v1/evidence/{made['id']}/photo").expect(404)  # a note has none


def test_what_is_no_photo_is_refused(shown):
    member, path = shown
    for photo in (b"GIF89a", png()[:-20], b"\xff\xd8\xff\xe1", b""):
        answer = member.post(path, {"photo": encoded(photo) or "!"})
        assert (answer.status, answer.code) == (400, "bad_field")
    assert member.post(path, {}).code == "bad_field"
    large = member.post(path, {"photo": encoded(png(padding=2 * 1024 * 1024))})
    assert large.code == "bad_field"
    member.post(path, {"photo": encoded(png(padding=2 * 1024 * 1024 - 200))}).expect(201)


def test_a_record_has_at_most_twenty(shown):
    member, path = shown
    for number in range(20):
        member.post(path, {"note": f"第{number}条"}).expect(201)
    assert member.post(path, {"note": "还有"}).code == "too_much"


def test_the_five_counts_are_kept_apart_and_corrected_with_a_history(world):
    record = world.records([world.member()])[0]
    activity = world.administrator.get(f"/v1/records/{record}").expect(200)["activity_id"]
    path = f"/v1/activities/{activity}"
    world.coordinator.get(f"{path}/counts").expect(404)
    counts = {"volunteers": 12, "attendances": 15, "residents": 160, "households": 89, "cases": 3}
    entered = world.coordinator.put(f"{path}/counts", counts).expect(200)
    assert {name: entered[name] for name in counts} == counts
    world.coordinator.put(f"{path}/counts", counts | {"cases": 4}).expect(200)
    assert world.coordinator.get(f"{path}/counts").expect(200)["cases"] == 4
    history = world.coordinator.get(f"{path}/history").expect(200)["items"]
    assert [entry["action"] for entry in history] == ["activity.counts"] * 2
    assert '"cases":3' in history[0]["before"] and '"cases":4' in history[0]["after"]
    coming = f"/v1/activities/{world.activity(capacity=1)}/counts"
    assert world.coordinator.put(coming, counts).code == "wrong_state"
