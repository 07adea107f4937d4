"""Affiliations that keep their history, registration with a receipt, and who is due."""

import itertools
import uuid

import pytest

from support.processes import wait_until
from support.world import World, unique

phones = (f"132{n:08d}" for n in itertools.count(uuid.uuid4().int % 90_000_000))


@pytest.fixture
def village(world):
    """Another community."""
    name = f"塍下村{uuid.uuid4().hex[:6]}"
    return world.make("/v1/units", kind="village", name=name)["id"]


def listed(caller, path):
    return caller.get(path).expect(200)["items"]


def test_who_moves_house_keeps_the_history(world, village):
    member = world.member()
    path = f"/v1/members/{member.id}/affiliations"
    member.post(path, {"kind": "work", "unit_id": village}).expect(200)
    moved = member.post(path, {"kind": "residence", "unit_id": village}).expect(200)["items"]
    home = [entry for entry in moved if entry["kind"] == "residence"]
    assert [entry["unit_id"] for entry in home] == [village, world.unit_id]
    assert home[0]["until"] is None and home[1]["until"] == home[0]["from"]
    assert member.get("/v1/me").expect(200)["unit"]["id"] == village
    assert world.coordinator.get(path).status == 404, "the old community sees them no more"
    early = {"kind": "residence", "unit_id": world.unit_id, "from": "2020-01-01T00:00:00+08:00"}
    assert member.post(path, early).code == "bad_field"
    assert member.post(path, {"kind": "residence"}).code == "bad_field"
    member.post(path, {"kind": "work"}).expect(200)
    work = [entry for entry in listed(member, path) if entry["kind"] == "work"]
    assert work[0]["until"] is not None


def test_registration_gives_a_receipt_once_for_each_community(world, village):
    member = world.member()
    path = f"/v1/members/{member.id}/registrations"
    first = listed(member, path)
    assert [(r["unit_id"], r["way"]) for r in first] == [(world.unit_id, "on_site")]
    both = member.post(path, {"unit_id": village}).expect(200)["items"]
    again = member.post(path, {"unit_id": village}).expect(200)["items"]
    assert again == both and {r["way"] for r in both} == {"on_site", "online"}
    numbers = {r["receipt_number"] for r in both}
    assert len(numbers) == 2
    receipts = f"/v1/members/{member.id}/receipts"
    page = member.get(receipts)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "王小明" in page.body.decode() and all(n in page.body.decode() for n in numbers)
    assert world.member().get(receipts).status == 404
    elsewhere = world.staff("coordinator", village)
    assert elsewhere.post(path, {"unit_id": village}).status == 404


def test_who_is_due_who_came_and_who_is_missing(world, server):
    early, late, never = (next(phones) for _ in range(3))
    world.make("/v1/members", name="先来", phone=early, unit_id=world.unit_id, consent=True)
    names = [f"应到{uuid.uuid4().hex[:8]}" for _ in range(4)]
    people = [{"name": n, "phone": p} for n, p in zip(names, (early, late, never))]
    body = {"unit_id": world.unit_id, "title": "五一前报到", "due_day": "2026-05-01"}
    made = world.coordinator.post("/v1/due-lists", body | {"people": people + [{"name": names[3]}]})
    path = f"/v1/due-lists/{made.expect(201)['id']}"
    assert (made.json["due"], made.json["came"], made.json["missing"]) == (4, 1, 3)
    before = server.sql("SELECT COUNT(*) AS n FROM members")[0]["n"]
    world.make("/v1/members", name="后来", phone=late, unit_id=world.unit_id, consent=True)
    mark = world.coordinator.put
    assert mark(f"{path}/people", {"line": 3, "state": "exempt"}).code == "bad_field"
    mark(f"{path}/people", {"line": 3, "state": "exempt", "why": "调往外地"}).expect(200)
    walked_in = world.member()
    came = {"line": 4, "state": "came", "member_id": walked_in.id}
    lines = mark(f"{path}/people", came).expect(200)["items"]
    assert [line["state"] for line in lines] == ["came", "came", "exempt", "came"]
    assert [line["name"] for line in lines] == [None, None, names[2], None]
    shown = world.coordinator.get(path).expect(200)
    assert (shown["due"], shown["came"], shown["missing"], shown["exempt"]) == (4, 3, 0, 1)
    assert server.sql("SELECT COUNT(*) AS n FROM members")[0]["n"] == before + 2


def test_invitations_that_nobody_answered_are_gone_after_90_days(fresh_server):
    small = World(fresh_server)
    body = {"unit_id": small.unit_id, "title": "应报到", "due_day": "2026-05-01"}
    body |= {"people": [{"name": "无人应答", "phone": next(phones)}]}
    made = small.coordinator.post("/v1/due-lists", body).expect(201)
    fresh_server.sql("UPDATE due_lists SET created_us = created_us - 91 * 86400000000")
    fresh_server.restart()
    wait_until(lambda: not fresh_server.sql("SELECT 1 FROM due_people"), 30, "the invitation to go")
    assert fresh_server.sql("SELECT list_key FROM due_lists")[0]["list_key"] == b""
    assert small.coordinator.get(f"/v1/due-lists/{made['id']}").expect(200)["due"] == 0


# Together, and twice


def test_people_of_one_office_register_together_all_or_none(world, village):
    office = world.make("/v1/units", kind="office", name="汀圃小学")["id"]
    known = next(phones)
    had = world.make("/v1/members", name="老师甲", phone=known, unit_id=world.unit_id, consent=True)
    people = [{"name": f"老师{n}", "phone": next(phones)} for n in range(12)] + [{"name": "无电话"}]
    body = {"unit_id": village, "work_unit_id": office, "consent": True}
    elsewhere = world.staff("coordinator", village)
    twice = body | {"people": people + people[:1]}
    assert elsewhere.post("/v1/delegations", twice).code == "bad_field"
    assert listed(world.administrator, f"/v1/members?unit_id={village}") == []
    body |= {"people": people + [{"name": "老师甲", "phone": known}]}
    came = elsewhere.post("/v1/delegations", body).expect(200)["items"]
    assert [c["new"] for c in came] == [True] * 13 + [False]
    assert came[-1]["member_id"] == had["id"]
    assert len({c["receipt_number"] for c in came}) == 14
    assert len(listed(world.administrator, f"/v1/members?unit_id={village}")) == 13
    path = f"/v1/members/{came[0]['member_id']}"
    kinds = {a["kind"]: a["unit_id"] for a in listed(elsewhere, f"{path}/affiliations")}
    assert kinds == {"residence": village, "work": office}
    assert listed(elsewhere, f"{path}/registrations")[0]["way"] == "together"
    assert world.coordinator.post("/v1/delegations", body).status == 404


def test_two_accounts_of_one_person_become_one(world, village, server, sms):
    name, phone = f"双号{uuid.uuid4().hex[:6]}", next(phones)
    on_site, online = (
        world.make("/v1/members", name=name, unit_id=village, consent=True, **further)["id"]
        for further in ({}, {"phone": phone})
    )
    elsewhere = world.staff("coordinator", village)
    found = listed(elsewhere, "/v1/duplicates")
    assert [(d["id"], d["like_id"], d["name"]) for d in found] == [(online, on_site, name)]
    assert listed(world.staff("auditor"), "/v1/duplicates?limit=100")[0]["name"] is None
    merge = {"into": on_site, "why": "同一个人，两次注册"}
    path = f"/v1/members/{online}"
    world.administrator.post(f"{path}/wallet/merge", merge, key=True).expect(200)
    wait_until(lambda: not world.administrator.get(path).json["active"], 15, "the account to close")
    assert world.administrator.get(path).json["name"] is None
    assert listed(elsewhere, "/v1/duplicates") == []
    world.api.post("/v1/sign-in/codes", {"phone": phone}).expect(202)
    code = {"phone": phone, "code": sms.code("+86" + phone)}
    session = world.api.post("/v1/sign-in/phone", code).expect(200)
    assert session["account"]["id"] == on_site, "the phone went to the account that stays"
    world.verify_ledger()


# What goes over when two accounts become one


@pytest.fixture
def merged(world):
    """`merged(one, into)`: two accounts become one; returns when all has gone over."""

    def merge(one, into):
        body = {"into": into.id, "why": "同一个人，两次注册"}
        path = f"/v1/members/{one.id}"
        world.administrator.post(f"{path}/wallet/merge", body, key=True).expect(200)
        done = "SELECT done_us FROM merges WHERE member_id = %s"
        wait_until(lambda: world.server.sql(done, one.id)[0]["done_us"], 15, "the merge")

    return merge


def records_of(member):
    return {item["id"]: item for item in member.get("/v1/records").expect(200)["items"]}


def test_sign_ups_and_records_go_over_in_a_merge(world, merged):
    one, into, other = world.members(3)
    paths = [f"/v1/activities/{world.activity(capacity=n)}" for n in (1, 1, 2)]
    only_one, line, both = paths
    one.put(f"{only_one}/sign-up").expect(200)
    one.put(f"{line}/sign-up").expect(200)
    for member in (into, other):
        member.put(f"{line}/sign-up").expect(200)
    for member in (one, into, other):
        member.put(f"{both}/sign-up").expect(200)
    awarded, pending = world.records([one]) + world.records([one], days_ago=2)
    world.award(awarded).expect(200)
    merged(one, into)
    assert into.get(only_one).expect(200)["sign_up"]["state"] == "signed_up"
    assert into.get(line).expect(200)["sign_up"]["state"] == "signed_up"
    assert other.get(line).expect(200)["sign_up"] | {"ahead": 0} == {"state": "waiting", "ahead": 0}
    assert other.get(both).expect(200)["sign_up"]["state"] == "signed_up", "a place was given back"
    for path, places, waiting in ((only_one, 0, 0), (line, 0, 1), (both, 0, 0)):
        shown = world.api.get(path).expect(200)
        assert (shown["places_left"], shown["waiting"]) == (places, waiting)
    assert set(records_of(into)) == {awarded, pending}
    world.award(pending).expect(200)
    assert into.available == "2.00"
    world.verify_ledger()


def test_a_merge_into_two_people_goes_where_the_ledger_went(world):
    """The second was refused, and was what the finishing waited for: it never came."""
    one, into, other = world.members(3)
    record = world.records([one])[0]
    path = f"/v1/members/{one.id}/wallet/merge"
    body = {"into": into.id, "why": "同一个人，两次注册"}
    world.administrator.post(path, body, key=True).expect(200)
    again = world.administrator.post(path, body | {"into": other.id}, key=True)
    assert (again.status, again.code) == (409, "wrong_state")
    wait_until(lambda: record in records_of(into), 15, "the record to go over")
    kept = "SELECT m.merged_into, LENGTH(m.name) AS name, q.into_id FROM members m"
    kept += " JOIN merges q ON q.member_id = m.member_id WHERE m.member_id = %s"
    assert world.server.sql(kept, one.id) == [
        {"merged_into": int(into.id), "name": 0, "into_id": int(into.id)}
    ]


def test_where_somebody_worked_goes_over_in_a_merge(world, merged):
    """The office's figures lost them: they are counted under the account that they have now."""
    offices = [world.make("/v1/units", kind="office", name=name)["id"] for name in "甲乙"]
    one, into, elsewhere = world.members(3)
    for member, office in ((one, offices[0]), (elsewhere, offices[1])):
        move = {"kind": "work", "unit_id": office}
        world.administrator.post(f"/v1/members/{member.id}/affiliations", move)
    merged(one, into)
    merged(into, elsewhere)
    kept = "SELECT unit_id FROM affiliations WHERE member_id = %s AND kind = 2"
    assert world.server.sql(kept, into.id) == [{"unit_id": int(offices[0])}]
    assert world.server.sql(kept, elsewhere.id) == [{"unit_id": int(offices[1])}]


def test_nobody_is_merged_into_somebody_erased(world):
    one, into = world.members(2, points=5)
    into.post("/v1/me/erasure", {"confirm": True}).expect(204)
    body = {"into": into.id, "why": "同一个人，两次注册"}
    merge = world.administrator.post(f"/v1/members/{one.id}/wallet/merge", body, key=True)
    assert merge.status == 404
    assert one.available == "5.00"


def test_a_proposal_about_the_account_one_had_is_ones_own(world, merged):
    one, into = world.members(2)
    record = world.records([one])[0]
    world.award(record).expect(200)
    about = {"kind": "claw_back", "member_id": one.id, "record_id": record}
    proposal = world.make("/v1/proposals", reason="材料有疑问", **about)["id"]
    themselves = world.staff("administrator", person_id=into.id)
    merged(one, into)
    path = f"/v1/proposals/{proposal}/reject"
    assert themselves.post(path, key=True).code == "own_record"
    world.other_administrator.post(path, key=True).expect(200)


def test_who_was_merged_is_signed_up_no_more(world, merged):
    one, into = world.members(2)
    path = f"/v1/activities/{world.activity(capacity=3)}"
    merged(one, into)
    answer = world.coordinator.post(f"{path}/sign-ups", {"member_ids": [one.id, into.id]})
    assert [item["refused"] for item in answer.expect(200)["items"]] == ["not_found", None]
    assert world.api.get(path).expect(200)["places_left"] == 2


def test_two_records_of_one_activity_overlap_after_a_merge(world, merged):
    one, into = world.members(2)
    theirs, ours = world.records([one, into])
    activity = world.administrator.get(f"/v1/records/{ours}").expect(200)["activity_id"]
    world.server.sql("UPDATE records SET activity_id = %s WHERE record_id = %s", activity, theirs)
    assert not records_of(into)[ours]["overlaps"]
    merged(one, into)
    assert {key: item["overlaps"] for key, item in records_of(into).items()} == {
        theirs: True,
        ours: True,
    }
    both = {"record_ids": [theirs, ours]}
    answer = world.coordinator.post("/v1/records/approve", both, key=True).expect(200)
    assert [item["why"] for item in answer["left_out"]] == ["overlapping"] * 2
    world.award(ours).expect(200)
    world.coordinator.post(f"/v1/records/{theirs}/reject", key=True).expect(200)
    world.verify_ledger()


def test_who_works_here_is_the_one_they_were_merged_into(world, market, merged):
    one, into = world.members(2, points=10)
    login = {"login": unique("clerk"), "password": "correct horse"}
    scope = {"role": "clerk", "display_name": "店员", "scope_id": market.id, "person_id": one.id}
    made = market.manager.post("/v1/staff", login | scope)
    made = made if made.status == 201 else world.administrator.post("/v1/staff", login | scope)
    before = world.api.post("/v1/sign-in/staff", login).expect(200)["access_token"]
    code = {"code": into.redeem(market.reward(stock=1, price=5)).expect(201)["code"]}
    merged(one, into)
    confirm = lambda token: world.api.post("/v1/vouchers/confirm", code, token=token, key=True)
    wait_until(lambda: confirm(before).status == 401, 5, "the token to be void")
    after = world.api.post("/v1/sign-in/staff", login).expect(200)["access_token"]
    assert (confirm(after).status, confirm(after).code) == (403, "own_record")
    assert world.administrator.get(f"/v1/staff/{made.json['id']}").json["person_id"] == into.id
