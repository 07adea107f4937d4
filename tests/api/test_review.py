"""Reviewing: in bulk, what is left out and why; records entered afterwards and their notice."""

import pytest

from support.api import new_key
from support.clock import TimeServer
from support.world import Member, World, rfc3339, time_us


def approve(world, records, key=True):
    return world.coordinator.post("/v1/records/approve", {"record_ids": records}, key=key)


def mark(world, record, column, value):
    world.server.sql(f"UPDATE records SET {column} = %s WHERE record_id = %s", value, record)


def test_many_are_approved_at_once_and_a_retry_gets_the_same(world):
    members = world.members(20)
    records = world.records(members, minutes=90)
    key = new_key()
    answer = approve(world, records, key).expect(200)
    assert answer["left_out"] == []
    assert answer["approved"] == [{"id": record, "points": "1.50"} for record in records]
    assert approve(world, records, key).expect(200) == answer
    assert {member.available for member in members} == {"1.50"}
    again = approve(world, records).expect(200)
    assert {item["why"] for item in again["left_out"]} == {"already_decided"}
    world.verify_ledger()


def test_what_deserves_a_closer_look_is_left_out_and_says_why(world):
    plain, twice, far, late, afterwards, rejected = members = world.members(6)
    records = world.records(members)
    world.records([twice])  # at the same time
    mark(world, records[2], "place_check", 2)
    mark(world, records[3], "stated", 1)
    mark(world, records[4], "grade", 4)
    world.coordinator.post(f"/v1/records/{records[5]}/reject", key=True).expect(200)
    answer = approve(world, [*records, "7"]).expect(200)
    assert [item["id"] for item in answer["approved"]] == records[:1]
    assert [item["why"] for item in answer["left_out"]] == [
        "overlapping", "out_of_range", "stated", "backfilled", "already_decided", "not_found",
    ]  # fmt: skip
    assert plain.available == "1.00"
    assert far.available == late.available == afterwards.available == rejected.available == "0.00"
    shown = twice.get(f"/v1/records/{records[1]}").expect(200)
    assert shown["overlaps"] is True
    world.award(records[1]).expect(200)  # by a person's own look


def test_nobody_approves_their_own_in_a_bulk(world):
    member = world.member()
    coordinator = world.staff("coordinator", world.unit_id, member.id)
    records = world.records([member, world.member()])
    answer = coordinator.post("/v1/records/approve", {"record_ids": records}, key=True).expect(200)
    assert answer["left_out"] == [{"id": records[0], "why": "own_record"}]


def test_another_units_records_do_not_exist(world):
    other = world.staff("coordinator", world.make("/v1/units", kind="village", name="他村")["id"])
    records = world.records(world.members(2))
    answer = other.post("/v1/records/approve", {"record_ids": records}, key=True).expect(200)
    assert answer["approved"] == []
    assert [item["why"] for item in answer["left_out"]] == ["not_found"] * 2


# Entered afterwards


@pytest.fixture(scope="module")
def travel(sms):
    with TimeServer("2026-03-02T09:00:00+08:00", sms.options) as server:
        yield server, World(server)


def closed_activity(world):
    """One of yesterday without records, of an hour: (path, start, end)."""
    record = world.records([world.member()])[0]
    shown = world.administrator.get(f"/v1/records/{record}").expect(200)
    path = f"/v1/activities/{shown['activity_id']}"
    activity = world.api.get(path).expect(200)
    return path, activity["starts_at"], activity["ends_at"]


def backfill(world, path, member, start, end, by=None):
    body = {"member_id": member.id, "started_at": start, "ended_at": end, "why": "漏登记"}
    return (by or world.coordinator).post(f"{path}/backfill", body)


@pytest.mark.limit(240)
def test_two_people_and_seven_days(travel):
    server, world = travel
    path, start, end = closed_activity(world)
    member = world.member()
    second = world.staff("coordinator", world.unit_id)
    record = backfill(world, path, member, start, end).expect(201)["record_id"]
    assert world.award(record).code == "same_person"
    approval = f"/v1/records/{record}/approve"
    assert second.post(approval, key=True).code == "public_notice"
    server.advance(days=6, hours=23)
    assert second.post(approval, key=True).code == "public_notice"
    server.advance(hours=2)
    assert world.award(record).code == "same_person"
    assert second.post(approval, key=True).expect(200)["points"] != "0.00"
    world.verify_ledger()


@pytest.mark.limit(240)
def test_a_correction_starts_the_notice_anew(travel):
    server, world = travel
    path, start, end = closed_activity(world)
    second, third = (world.staff("coordinator", world.unit_id) for _ in range(2))
    record = backfill(world, path, world.member(), start, end).expect(201)["record_id"]
    server.advance(days=8)
    body = {"started_at": start, "ended_at": end, "why": "时间有误"}
    second.post(f"/v1/records/{record}/correct", body).expect(200)
    approval = f"/v1/records/{record}/approve"
    assert third.post(approval, key=True).code == "public_notice"
    server.advance(days=8)
    assert second.post(approval, key=True).code == "same_person"
    third.post(approval, key=True).expect(200)


def test_the_unit_reads_a_masked_name_and_strangers_nothing(world):
    path, start, end = closed_activity(world)
    member, neighbour = world.members(2)
    record = backfill(world, path, member, start, end).expect(201)["record_id"]
    notices = f"/v1/units/{world.unit_id}/public-notices"
    for reader in (neighbour, world.coordinator, world.administrator):
        items = reader.get(notices, query={"limit": 100}).expect(200)["items"]
        mine = [item for item in items if item["record_id"] == record]
        assert [(item["name"], item["activity_title"]) for item in mine] == [("王*", "洁净家园")]
        assert set(mine[0]) == {"record_id", "name", "activity_title", "minutes", "until"}
    village = world.make("/v1/units", kind="village", name="远村")["id"]
    made = world.make("/v1/members", name="李四", unit_id=village, consent=True)
    Member(world, made["id"], "member").get(notices).expect(404)
    world.staff("coordinator", village).get(notices).expect(404)


def test_what_cannot_be_entered_afterwards(world):
    path, start, end = closed_activity(world)
    member = world.member()
    coordinator = world.staff("coordinator", world.unit_id, member.id)
    assert backfill(world, path, member, start, end, by=coordinator).code == "own_record"
    backfill(world, path, member, start, end).expect(201)
    assert backfill(world, path, member, start, end).code == "wrong_state"  # has one already
    after = rfc3339(time_us(end) + 3_600_000_000)
    assert backfill(world, path, world.member(), end, after).code == "too_much"
    coming = f"/v1/activities/{world.activity(capacity=1)}"
    assert backfill(world, coming, world.member(), start, end).code == "wrong_state"
