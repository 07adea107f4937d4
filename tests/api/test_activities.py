"""Activities after they are published: cancelled, corrected, called out, forgotten."""

import json
from collections import Counter

import pytest

from support.clock import TimeServer
from support.processes import wait_until
from support.world import World, rfc3339

HOUR_US = 3_600_000_000


@pytest.fixture(scope="module")
def travel(sms):
    with TimeServer("2026-03-02T09:00:00+08:00", sms.options) as server:
        world = World(server)
        yield server, world


def terms_of(shown, **changed):
    """What a coordinator sends to correct an activity."""
    names = ("category", "title", "description", "place", "starts_at", "ends_at", "capacity")
    terms = {name: shown[name] for name in names}
    return terms | {"why": "场地临时调整"} | changed


def kinds(member):
    return [item["kind"] for item in member.get("/v1/inbox").expect(200)["items"]]


def test_everybody_is_told_of_a_cancellation_and_why(world):
    path = f"/v1/activities/{world.activity(capacity=1)}"
    came, waits, stranger = world.members(3)
    came.put(f"{path}/sign-up").expect(200)
    waits.put(f"{path}/sign-up").expect(200)
    for _ in range(2):  # again changes nothing
        shown = world.coordinator.post(f"{path}/cancel", {"why": "台风"}).expect(200)
        assert shown["state"] == "cancelled"
    assert kinds(came) == kinds(waits) == ["activity_cancelled"]
    assert "台风" in came.get("/v1/inbox").expect(200)["items"][0]["text"]
    assert kinds(stranger) == []
    assert stranger.put(f"{path}/sign-up").code == "not_open"
    history = world.coordinator.get(f"{path}/history").expect(200)["items"]
    assert [(entry["action"], entry["why"]) for entry in history] == [("activity.cancel", "台风")]


def test_what_has_records_is_not_cancelled(world):
    record = world.records([world.member()])[0]
    activity = world.administrator.get(f"/v1/records/{record}").expect(200)["activity_id"]
    answer = world.coordinator.post(f"/v1/activities/{activity}/cancel", {"why": "误操作"})
    assert answer.code == "wrong_state"


def test_a_correction_is_remembered_and_told_when_time_or_place_move(world):
    path = f"/v1/activities/{world.activity(capacity=1)}"
    came, waits = world.members(2)
    came.put(f"{path}/sign-up").expect(200)
    waits.put(f"{path}/sign-up").expect(200)
    shown = world.coordinator.get(path).expect(200)
    more = world.coordinator.put(path, terms_of(shown, capacity=2)).expect(200)
    assert (more["places_left"], more["waiting"]) == (0, 0)
    assert (kinds(came), kinds(waits)) == ([], ["waitlist_promoted"])
    world.coordinator.put(path, terms_of(more, place="东湖公园")).expect(200)
    assert kinds(came) == ["activity_changed"]
    assert world.coordinator.put(path, terms_of(more, capacity=1)).code == "too_much"
    history = world.coordinator.get(f"{path}/history").expect(200)["items"]
    assert json.loads(history[0]["before"]) == {"place": ""}
    assert json.loads(history[0]["after"]) == {"place": "东湖公园"}
    assert json.loads(history[1]["after"])["capacity"] == 2


def test_only_who_leads_it_changes_it(world):
    other = world.staff("coordinator", world.make("/v1/units", kind="village", name="别村")["id"])
    path = f"/v1/activities/{world.activity(capacity=1)}"
    shown = world.api.get(path).expect(200)
    other.post(f"{path}/cancel", {"why": "不归我管"}).expect(404)
    other.put(path, terms_of(shown)).expect(404)
    other.get(f"{path}/history").expect(404)
    other.get(f"{path}/codes/qr").expect(404)
    body = {"member_ids": ["7"], "direction": "check_in"}
    other.post(f"{path}/roll-call", body).expect(404)


def test_the_roll_is_called_for_those_without_a_phone(world):
    path = f"/v1/activities/{world.activity(capacity=5, starts_in_hours=-0.25)}"
    first, second, stranger = world.members(3)
    signed_up = {"member_ids": [first.id, second.id, "7"]}
    items = world.coordinator.post(f"{path}/sign-ups", signed_up).expect(200)["items"]
    assert [item["state"] for item in items] == ["signed_up", "signed_up", "none"]
    assert [item["refused"] for item in items] == [None, None, "not_found"]
    body = {"member_ids": [first.id, second.id, stranger.id], "direction": "check_in"}
    items = world.coordinator.post(f"{path}/roll-call", body).expect(200)["items"]
    assert [item["refused"] for item in items] == [None, None, "not_signed_up"]
    body = {"member_ids": [first.id], "direction": "check_out"}
    world.coordinator.post(f"{path}/roll-call", body).expect(200)
    record = first.get(f"/v1/records/{items[0]['record_id']}").expect(200)
    assert (record["grade"], record["state"]) == ("C", "pending")
    assert second.get(f"/v1/records/{items[1]['record_id']}").expect(200)["state"] == "open"


def test_nobody_calls_themselves(world):
    member = world.member()
    coordinator = world.staff("coordinator", world.unit_id, member.id)
    path = f"/v1/activities/{world.activity(capacity=5, starts_in_hours=-0.25)}"
    member.put(f"{path}/sign-up").expect(200)
    body = {"member_ids": [member.id], "direction": "check_in"}
    items = coordinator.post(f"{path}/roll-call", body).expect(200)["items"]
    assert items == [{"member_id": member.id, "record_id": None, "refused": "own_record"}]


def test_of_a_place_check_only_its_answer_is_kept(world):
    """23.0218 N, 113.1064 E; a degree of latitude is 111.2 km."""
    starts_us = world.now_us() - HOUR_US // 4
    made = world.make(
        "/v1/activities", unit_id=world.unit_id, category="public_safety", title="夜间巡逻",
        starts_at=rfc3339(starts_us), ends_at=rfc3339(starts_us + HOUR_US), capacity=9,
        latitude_e6=23021800, longitude_e6=113106400, radius_m=200, difficulty=4,
    )  # fmt: skip
    assert made["difficulty"] == 4
    path = f"/v1/activities/{made['id']}"
    world.coordinator.post(f"{path}/publish").expect(200)
    near, far, silent = world.members(3)
    seen = {}
    for member, at in ((near, 23023100), (far, 23024000), (silent, None)):
        member.put(f"{path}/sign-up").expect(200)
        code = world.coordinator.get(f"{path}/codes").expect(200)["check_in"]
        position = {"latitude_e6": at, "longitude_e6": 113106400} if at else {}
        checked = member.post(f"{path}/check-in", {"code": code} | position).expect(200)
        record = member.get(f"/v1/records/{checked['record_id']}").expect(200)
        seen[member] = (record["place_check"], record["grade"])
    assert seen[near] == ("in_range", "B")
    assert seen[far] == ("out_of_range", "C")
    assert seen[silent] == ("unchecked", "C")
    stored = world.server.sql("SELECT * FROM records WHERE activity_id = %s", made["id"])
    assert not any("23023100" in str(value) for row in stored for value in row.values())


def test_the_code_is_shown_as_an_image(world):
    path = f"/v1/activities/{world.activity(capacity=1)}/codes/qr"
    answer = world.coordinator.get(path, query={"direction": "check_out"})
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.body.startswith(b"<svg")


def forgotten(travel):
    """A record whose member did not check out of an activity from 9 to 11: (member, record path)."""
    server, world = travel
    member = world.member()
    path = f"/v1/activities/{world.activity(capacity=3, starts_in_hours=0.1)}"
    member.put(f"{path}/sign-up").expect(200)
    code = world.coordinator.get(f"{path}/codes").expect(200)["check_in"]
    record = member.post(f"{path}/check-in", {"code": code}).expect(200)["record_id"]
    server.advance(hours=5)
    record_path = f"/v1/records/{record}"

    def asked():
        return member.get(record_path).expect(200)["state"] == "needs_statement"

    wait_until(asked, 15, lambda: str(member.get(record_path).json))
    return world, member, record_path, world.api.get(path).expect(200)


@pytest.mark.limit(240)
def test_who_forgot_to_check_out_says_when_they_left(travel):
    world, member, path, activity = forgotten(travel)
    assert kinds(member) == ["statement_needed"]
    assert world.coordinator.post(f"{path}/approve", key=True).code == "wrong_state"
    assert member.post(f"{path}/statement", {"left_at": rfc3339(world.now_us())}).code == "too_much"
    world.member().post(f"{path}/statement", {"left_at": activity["ends_at"]}).expect(404)
    stated = member.post(f"{path}/statement", {"left_at": activity["ends_at"]}).expect(200)
    assert (stated["state"], stated["minutes"], stated["stated"]) == ("pending", 120, True)
    assert stated["points"] == "0.00"
    assert world.coordinator.post(f"{path}/approve", key=True).expect(200)["points"] == "2.00"


@pytest.mark.limit(240)
def test_after_48_hours_only_the_coordinator_can_say(travel):
    world, member, path, activity = forgotten(travel)
    travel[0].advance(hours=49)
    late = member.post(f"{path}/statement", {"left_at": activity["ends_at"]})
    assert late.code == "not_open"
    body = {"started_at": activity["starts_at"], "ended_at": activity["ends_at"]}
    corrected = world.coordinator.post(f"{path}/correct", body | {"why": "有签到表"}).expect(200)
    assert (corrected["state"], corrected["minutes"]) == ("pending", 120)
    assert kinds(member) == ["record_corrected", "statement_needed"]
    history = member.get(f"{path}/history").expect(200)["items"]
    assert Counter(entry["action"] for entry in history) == {"record.correct": 1}
    assert json.loads(history[0]["before"])["ended_at"] is None


def test_what_was_decided_is_not_corrected(world):
    record = world.records([world.member()])[0]
    world.award(record).expect(200)
    shown = world.coordinator.get(f"/v1/records/{record}").expect(200)
    body = {"started_at": shown["started_at"], "ended_at": shown["ended_at"], "why": "改一改"}
    assert world.coordinator.post(f"/v1/records/{record}/correct", body).code == "wrong_state"
