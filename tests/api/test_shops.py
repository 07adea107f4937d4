"""Shops and their hours, confirming in one of them, and merchants that leave."""

import pytest

from support.api import new_key
from support.clock import TimeServer
from support.parallel import in_parallel
from support.world import Market, World

DAILY = [{"weekday": day, "opens": "09:00", "closes": "21:00"} for day in range(1, 8)]


def open_shop(market, name="祖庙店", hours=DAILY, **further):
    body = {"name": name, "address": "祖庙路 21 号", "hours": hours} | further
    return market.manager.post(f"/v1/merchants/{market.id}/shops", body).expect(201)


def confirm(market, voucher, shop=None):
    body = {"code": voucher["code"]} | ({"shop_id": shop["id"]} if shop else {})
    return market.clerk.post("/v1/vouchers/confirm", body, key=True)


def undo(market, voucher, shop):
    body = {"shop_id": shop["id"]}
    return market.clerk.post(f"/v1/redemptions/{voucher['id']}/undo", body, key=True)


# Hours


def test_a_shop_is_open_by_the_hours_of_its_own_place(sms):
    with TimeServer("2030-03-04T08:59:00+08:00", sms.options) as server:  # a Monday
        market = Market(World(server))
        hours = [{"weekday": 1, "opens": "13:30", "closes": "24:00"},
                 {"weekday": 1, "opens": "09:00", "closes": "12:00"}]  # fmt: skip
        shop = open_shop(market, hours=hours)
        assert [entry["opens"] for entry in shop["hours"]] == ["09:00", "13:30"]
        seen = []
        for minutes in (0, 2, 3 * 60, 11 * 60 + 58, 2):
            server.advance(minutes=minutes)
            seen.append(market.world.api.get(f"/v1/shops/{shop['id']}").json["open_now"])
        assert seen == [False, True, False, True, False]


def test_hours_that_cannot_be_are_refused(market):
    path = f"/v1/merchants/{market.id}/shops"
    for opens, closes in (("9:00", "21:00"), ("21:00", "09:00"), ("09:00", "24:01"), ("09:60", "12:00")):
        hours = [{"weekday": 1, "opens": opens, "closes": closes}]
        answer = market.manager.post(path, {"name": "店", "address": "街", "hours": hours})
        assert (answer.status, answer.code) == (400, "bad_field"), (opens, closes)
    overlap = [{"weekday": 1, "opens": "09:00", "closes": "12:00"},
               {"weekday": 1, "opens": "11:00", "closes": "13:00"}]  # fmt: skip
    answer = market.manager.post(path, {"name": "店", "address": "街", "hours": overlap})
    assert answer.status == 400


def test_a_shop_is_changed_whole_and_by_its_own_manager(market, world):
    shop = open_shop(market)
    path, changed = f"/v1/shops/{shop['id']}", {"name": "新店", "address": "新街", "closed": True}
    assert world.market().manager.put(path, changed).status == 404
    assert world.market().manager.post(f"/v1/merchants/{market.id}/shops", changed).status == 404
    now = market.manager.put(path, changed).expect(200)
    assert (now["name"], now["hours"], now["open_now"]) == ("新店", [], False)
    listed = f"/v1/merchants/{market.id}/shops"
    assert world.api.get(listed).json["items"] == []
    assert world.api.get(listed, query={"with_closed": "true"}).json["items"] == [now]


# Confirming


def test_a_confirmation_names_its_shop_and_is_undone_only_there(market):
    one, other = open_shop(market), open_shop(market, "城南店")
    member, voucher = market.voucher()
    assert confirm(market, voucher).code == "bad_field"  # which of the two?
    confirm(market, voucher, one).expect(200)
    seen = market.clerk.preview(voucher).expect(200)
    assert seen["confirmed_in"] == {"id": one["id"], "name": "祖庙店"}
    assert (seen["confirmed_by"], seen["refusal"]) == (market.clerk.id, "voucher_used")
    assert undo(market, voucher, other).code == "wrong_shop"
    assert undo(market, voucher, one).expect(200)["state"] == "issued"
    confirm(market, voucher, other).expect(200)
    assert member.redemption(voucher)["confirmed_in"]["name"] == "城南店"
    market.verify_ledger()


def test_the_only_shop_need_not_be_named(market):
    shop = open_shop(market)
    _, voucher = market.voucher()
    market.clerk.confirm(voucher).expect(200)
    assert market.clerk.preview(voucher).json["confirmed_in"]["id"] == shop["id"]
    market.clerk.undo(voucher).expect(200)


def test_another_merchants_shop_is_none(market, world):
    theirs = open_shop(world.market())
    _, voucher = market.voucher()
    assert confirm(market, voucher, theirs).code == "bad_field"


# What a clerk is told


def test_a_clerk_is_told_when_and_where_it_was_used(market):
    shop = open_shop(market)
    _, voucher = market.voucher()
    confirm(market, voucher, shop).expect(200)
    used_at = market.clerk.preview(voucher).json["confirmed_at"]
    again = confirm(market, voucher, shop)
    assert (again.status, again.code) == (409, "voucher_used")
    assert (again.json["used_at"], again.json["shop_id"]) == (used_at, shop["id"])


def test_everybody_else_gets_one_answer(market, world):
    _, voucher = market.voucher()
    _, used = market.voucher()
    market.clerk.confirm(used).expect(200)
    other = [world.market().clerk for _ in range(2)]
    codes = voucher["code"], used["code"], "ABCD-EFGH-JKMN-PQRS-T", "0000-0000-0000-0000-0", "x", "饼"
    answers = [ask(other[i % 2], code) for i, code in enumerate(codes) for ask in (preview, try_it)]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1
    varying = {"X-Request-Id", "Date"}
    heads = [sorted((k, v) for k, v in answer.headers.items() if k not in varying) for answer in answers]
    assert heads.count(heads[0]) == len(heads)


def preview(clerk, code):
    return clerk.post("/v1/vouchers/preview", {"code": code})


def try_it(clerk, code):
    return clerk.post("/v1/vouchers/confirm", {"code": code}, key=True)


# Leaving


def test_who_leaves_sells_nothing_more_and_honours_what_was_sold(market, world):
    member, voucher = market.voucher(stock=3)
    reward = market.reward(stock=5, price=1)
    path, why = f"/v1/merchants/{market.id}", {"why": "合同到期"}
    assert market.manager.post(f"{path}/leave", why).status == 403
    assert world.administrator.post(f"{path}/return-vouchers", why, key=True).status == 409
    assert world.administrator.post(f"{path}/leave", why).expect(200)["open"] is False
    world.administrator.post(f"{path}/leave", why).expect(200)
    world.give([member], 5)
    assert member.redeem(reward).code == "reward_closed"
    assert world.api.get("/v1/rewards", query={"merchant_id": market.id}).json["items"] == []
    terms = {"terms_version": reward.terms_version + 1, "price": "1"}
    reopened = market.manager.put(f"/v1/rewards/{reward.id}/terms", terms).expect(200)
    assert reopened["terms"]["open"] is False  # not by its manager
    late = market.reward(stock=1, price=1)
    assert member.redeem(late).code == "reward_closed"
    market.clerk.confirm(voucher).expect(200)
    assert world.administrator.post(f"{path}/rejoin", why).expect(200)["open"] is True
    assert member.redeem(late).code == "reward_closed"
    member.redeem(market.change_terms(late)).expect(201)


def test_no_voucher_is_issued_once_it_has_left(market, world):
    reward, members = market.reward(stock=40, price=1), market.members(40, points=1)
    path, why = f"/v1/merchants/{market.id}/leave", {"why": "停业整顿"}

    def act(i):
        if i == 20:
            return world.administrator.post(path, why).status
        return members[i].redeem(reward).status

    statuses = in_parallel(act, range(40), 16)
    assert set(statuses) <= {200, 201, 409}
    free, held, _ = market.stock(reward)
    assert (free, held) == (40 - statuses.count(201), statuses.count(201))
    assert members[20].redeem(reward).code in ("reward_closed", "terms_changed")


@pytest.mark.limit(240)
def test_open_vouchers_are_returned_in_bulk(market, world):
    reward, members = market.reward(stock=230, price=2), market.members(230, points=2)
    vouchers = in_parallel(lambda m: m.redeem(reward).expect(201), members, 16)
    market.clerk.confirm(vouchers[0]).expect(200)
    path, why = f"/v1/merchants/{market.id}", {"why": "商家停业"}
    world.administrator.post(f"{path}/leave", why).expect(200)
    path += "/return-vouchers"
    assert world.administrator.post(path, why).code == "idempotency_key_missing"
    key = new_key()
    done = world.administrator.post(path, why, key=key).expect(200)
    assert (done["returned"], done["points"], done["more"]) == (229, "458.00", False)
    again = world.administrator.post(path, why, key=key)
    assert again.expect(200) == done and again.headers["Idempotency-Replayed"] == "true"
    other = world.administrator.post(path, {"why": "另有原因"}, key=key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert world.administrator.post(path, why, key=True).expect(200)["returned"] == 0
    assert members[5].available == "2.00"
    assert members[5].redemption(vouchers[5])["state"] == "cancelled"
    (told,) = members[5].get("/v1/inbox").expect(200)["items"]
    assert (told["kind"], told["ref"]) == ("voucher_returned", vouchers[5]["id"])
    market.verify_ledger()
