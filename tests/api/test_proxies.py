"""Staff redeem for members who have no phone: what they get of it, what they do not, and who may not."""

import re

import pytest

from support.api import new_key
from support.parallel import in_parallel
from support.processes import wait_until
from support.world import Member, unique


@pytest.fixture(scope="module")
def stranger(world):
    """A coordinator of another community."""
    elsewhere = world.make("/v1/units", kind="community", name="湖景社区")["id"]
    return world.staff("coordinator", elsewhere)


def redeem_for(person, member, reward, key=True, **changed):
    return person.post(f"/v1/members/{member.id}/redemptions", reward.asked() | changed, key=key)


def print_of(person, redemption):
    return person.get(f"/v1/redemptions/{redemption['id']}/print")


def code_on(page):
    return re.findall(r'class="code">([^<]+)<', page.body.decode())[0]


def test_a_printed_voucher_from_the_points_to_the_counter(market, world):
    member, reward = market.member(points=30), market.reward(stock=3, price=10)
    made = redeem_for(world.coordinator, member, reward)
    voucher = made.expect(201)
    assert set(voucher) == {"id", "state", "points", "expires_at"}  # no code, no balance
    assert made.headers["Location"] == f"/v1/redemptions/{voucher['id']}/print"
    assert (member.wallet()["available"], member.wallet()["held"]) == ("20.00", "10.00")
    assert market.stock(reward) == (2, 1, 0)
    page = print_of(world.coordinator, voucher)
    assert page.status == 200 and f"<dd>{world.coordinator.id}</dd>" in page.body.decode()
    assert market.clerk.confirm({"code": code_on(page)}).expect(200)["id"] == voucher["id"]


def test_the_paper_comes_once_and_nothing_else(market, world):
    member = market.member(points=30)
    voucher = redeem_for(world.coordinator, member, market.reward(stock=1)).expect(201)
    colleague = world.staff("coordinator", world.unit_id)
    path = f"/v1/redemptions/{voucher['id']}"
    assert print_of(colleague, voucher).status == 404
    head = world.api.request("HEAD", f"{path}/print", token=world.coordinator.token)
    assert (head.status, head.body) == (200, b"")
    copies = in_parallel(lambda _: print_of(world.coordinator, voucher).status, range(6), 6)
    assert sorted(copies) == [200, 404, 404, 404, 404, 404]
    for hidden in (path, f"{path}/qr", "/v1/redemptions"):
        assert world.coordinator.get(hidden).status == 403
    assert print_of(world.administrator, voucher).status == 200  # a lost paper
    shown = member.get(path).expect(200)
    assert shown["redeemed_by"] == world.coordinator.id


def test_the_member_is_told_and_the_trail_knows(market, world):
    member = market.member(points=30)
    voucher = redeem_for(world.coordinator, member, market.reward(stock=1)).expect(201)
    notices = []

    def told():
        items = member.get("/v1/inbox").expect(200)["items"]
        notices[:] = [item for item in items if item["kind"] == "redeemed_for_you"]
        return notices

    wait_until(told, 15, "the member to be told")
    (notice,) = notices
    assert "桃酥一盒" in notice["text"] and "10.00" in notice["text"]
    query = {"object_id": member.id, "actor": world.coordinator.id}
    (entry, *_) = world.administrator.get("/v1/audit-trail", query=query).expect(200)["items"]
    assert (entry["action"], entry["after"]) == ("member.redeem", voucher["id"])
    print_of(world.coordinator, voucher)
    query = {"object_id": voucher["id"]}
    (entry,) = world.administrator.get("/v1/audit-trail", query=query).expect(200)["items"]
    assert (entry["action"], entry["actor"]) == ("voucher.print", world.coordinator.id)
    (hold,) = world.server.sql("SELECT actor FROM transfers WHERE ref = %s", voucher["id"])
    assert str(hold["actor"]) == world.coordinator.id


def test_a_retry_gets_the_same_voucher(market, world):
    member, reward, key = market.member(points=30), market.reward(stock=3), new_key()
    first = redeem_for(world.coordinator, member, reward, key=key)
    again = redeem_for(world.coordinator, member, reward, key=key)
    assert again.expect(201) == first.expect(201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert member.available == "20.00"
    assert redeem_for(world.coordinator, member, reward, key=None).code == "idempotency_key_missing"


def test_limits_and_stock_hold(market, world):
    member, other = market.members(2, points=100)
    limited = market.change_terms(market.reward(stock=9), limit_count=2)
    answers = in_parallel(lambda _: redeem_for(world.coordinator, member, limited), range(6), 6)
    assert sorted(a.status for a in answers) == [201, 201, 409, 409, 409, 409]
    assert {a.code for a in answers if a.status == 409} == {"limit_reached"}
    assert member.redeem(limited).code == "limit_reached"
    last = market.reward(stock=1)
    answers = in_parallel(lambda m: redeem_for(world.coordinator, m, last), [member, other] * 3, 6)
    assert sorted(a.status for a in answers)[:2] == [201, 409]
    assert {a.code for a in answers if a.status == 409} == {"sold_out"}
    assert redeem_for(world.coordinator, other, market.reward(stock=1), price="9").code == (
        "terms_changed"
    )


def test_a_proxy_is_not_told_the_balance(market, world):
    member, reward = market.member(points=3), market.reward(stock=1, price=10)
    refused = redeem_for(world.coordinator, member, reward)
    assert refused.code == "not_enough_points"
    assert not {"lacking", "available"} & set(refused.json)
    assert member.redeem(reward).json["lacking"] == "7.00"


def test_only_staff_of_their_unit(market, world, stranger):
    member, reward = market.member(points=30), market.reward(stock=1)
    assert redeem_for(stranger, member, reward).status == 404
    for nobody in (member, market.member(), market.clerk, market.manager, world.staff("auditor")):
        assert redeem_for(nobody, member, reward).code == "forbidden"
    voucher = redeem_for(world.administrator, member, reward).expect(201)
    assert print_of(stranger, voucher).status == 404
    assert print_of(world.coordinator, voucher).status == 404
    assert member.available == "20.00"


def test_who_has_a_phone_must_agree(market, world):
    body = {"name": "李晓红", "unit_id": world.unit_id, "consent": True}
    body["phone"] = f"136{int(unique('p')[-7:], 16) % 10**8:08d}"
    member = Member(world, world.make("/v1/members", **body)["id"], "member")
    world.give([member], 30)
    reward = market.reward(stock=2)
    assert redeem_for(world.coordinator, member, reward).code == "proxy_not_agreed"
    member.put("/v1/me/consents", {"purpose": "proxy", "given": True}).expect(200)
    redeem_for(world.coordinator, member, reward).expect(201)
    member.put("/v1/me/consents", {"purpose": "proxy", "given": False}).expect(200)
    assert redeem_for(world.coordinator, member, reward).code == "proxy_not_agreed"


def test_never_for_oneself(market, world):
    member, merged = market.members(2, points=30)
    reward = market.reward(stock=2)
    own = world.staff("coordinator", world.unit_id, person_id=member.id)
    assert redeem_for(own, member, reward).code == "own_record"
    former = world.staff("coordinator", world.unit_id, person_id=merged.id)
    body = {"into": member.id, "why": "同一个人"}
    merge = f"/v1/members/{merged.id}/wallet/merge"
    world.administrator.post(merge, body, key=True).expect(200)
    assert redeem_for(former, member, reward).code == "own_record"
    assert market.stock(reward) == (2, 0, 0)


def test_whoever_redeemed_it_does_not_hand_it_over(market, world):
    """In whatever office: a coordinator who is a clerk as well, by the person behind both."""
    member, person = market.members(2, points=30)
    coordinator = world.staff("coordinator", world.unit_id, person_id=person.id)
    clerk = world.staff("clerk", market.id, person_id=person.id)
    voucher = redeem_for(coordinator, member, market.reward(stock=1)).expect(201)
    code = {"code": code_on(print_of(coordinator, voucher))}
    assert clerk.confirm(code).code == "own_record"
    market.clerk.confirm(code).expect(200)
    assert clerk.undo(voucher).code == "own_record"
    market.clerk.undo(voucher).expect(200)
    market.clerk.confirm(code).expect(200)
    by_administrator = redeem_for(world.administrator, member, market.reward(stock=1)).expect(201)
    page = print_of(world.administrator, by_administrator)
    market.clerk.confirm({"code": code_on(page)}).expect(200)
    refund = f"/v1/redemptions/{by_administrator['id']}/refund"
    assert world.administrator.post(refund, key=True).code == "own_record"
    world.other_administrator.post(refund, key=True).expect(200)
    market.verify_ledger()


def test_what_was_refused_is_forgotten(market, world):
    member = market.member()
    assert redeem_for(world.coordinator, member, market.reward(stock=1)).code == "not_enough_points"
    world.server.sql("UPDATE proxy_redemptions SET asked_us = 1 WHERE told_us = 0")
    left = "SELECT COUNT(*) AS rows_left FROM proxy_redemptions WHERE asked_us = 1 AND told_us = 0"
    wait_until(lambda: world.server.sql(left)[0]["rows_left"] == 0, 15, "it to be forgotten")
