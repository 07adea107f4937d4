"""What merchants offer: sponsors and their budgets, the end of a sale, and finding it."""

from support.clock import TimeServer
from support.parallel import in_parallel
from support.world import Market, World, rfc3339, unique


def sponsored(market, budget_fen, stock=100, **terms):
    sponsor = market.world.make("/v1/sponsors", name="爱心企业")
    terms = {"price": 1, "reimburse_fen": 300, "budget_fen": budget_fen} | terms
    return sponsor, market.reward(stock=stock, sponsor_id=sponsor["id"], **terms)


def shown(market, reward):
    return market.manager.get(f"/v1/rewards/{reward.id}").expect(200)


# Money


def test_what_the_programme_pays_is_for_those_who_may_know(market, world):
    sponsor, reward = sponsored(market, budget_fen=1000)
    member, other, auditor = market.member(points=1), world.market(), world.staff("auditor")
    member.redeem(reward).expect(201)
    one, many = f"/v1/rewards/{reward.id}", f"/v1/rewards?merchant_id={market.id}"
    for who in (market.manager, world.administrator, auditor):
        (listed,) = who.get(many).expect(200)["items"]
        assert listed == who.get(one).expect(200)
        assert listed["committed_fen"] == listed["terms"]["reimburse_fen"] == 300
        assert listed["terms"]["budget_fen"] == 1000
    for who in (world.api, member, market.clerk, other.manager, world.coordinator):
        assert b"_fen" not in who.get(many).body + who.get(one).body
    path = f"/v1/sponsors/{sponsor['id']}"
    assert auditor.get(path).expect(200)["committed_fen"] == 300
    assert market.manager.get(path).expect(200)["name"] == sponsor["name"]
    for where in (path, "/v1/sponsors"):
        assert b"_fen" not in market.manager.get(where).body


# Budgets


def test_no_race_overspends_a_budget(market):
    sponsor, reward = sponsored(market, budget_fen=1000)
    members = market.members(24, points=1)
    answers = in_parallel(lambda member: member.redeem(reward), members, 16)
    assert [answer.status for answer in answers].count(201) == 3
    assert {a.code for a in answers if a.status != 201} == {"budget_spent"}
    assert shown(market, reward)["committed_fen"] == 900
    admin = market.world.administrator
    assert admin.get(f"/v1/sponsors/{sponsor['id']}").expect(200)["committed_fen"] == 900
    market.verify_ledger()


def test_what_comes_back_is_free_again(market):
    _, reward = sponsored(market, budget_fen=300)
    first, second = market.members(2, points=1)
    voucher = first.redeem(reward).expect(201)
    assert second.redeem(reward).code == "budget_spent"
    first.cancel(voucher).expect(200)
    voucher = second.redeem(reward).expect(201)
    market.clerk.confirm(voucher).expect(200)
    assert shown(market, reward)["committed_fen"] == 300
    market.manager.refund(voucher).expect(200)
    assert shown(market, reward)["committed_fen"] == 0


def test_a_voucher_keeps_the_reimbursement_and_sponsor_it_was_issued_with(sms):
    with TimeServer("2030-03-01T10:00:00+08:00", sms.options) as server:
        market = Market(World(server))
        sponsor, reward = sponsored(market, budget_fen=0)
        voucher = market.member(points=1).redeem(reward).expect(201)
        changed = market.change_terms(reward, reimburse_fen=999)
        market.clerk.confirm(voucher).expect(200)
        server.advance(minutes=6)
        statement = market.settle()
        assert statement["reimburse_fen"] == 300
        path = f"/v1/statements/{statement['id']}/lines"
        (line,) = market.manager.get(path).expect(200)["items"]
        assert (line["sponsor"], line["reimburse_fen"]) == (sponsor["name"], 300)
        assert shown(market, changed)["sponsor"] is None


def test_committed_is_what_vouchers_say(world, market):
    _, reward = sponsored(market, budget_fen=0)
    for member in market.members(3, points=1):
        member.redeem(reward).expect(201)
    (row,) = world.server.sql(
        "SELECT committed_fen, (SELECT SUM(reimburse_fen) FROM redemptions d"
        " WHERE d.reward_id = s.reward_id AND d.state IN (3, 4, 5)) AS fen"
        " FROM stock s WHERE reward_id = %s", reward.id,
    )  # fmt: skip
    assert row["committed_fen"] == row["fen"] == 900


def test_an_unknown_sponsor_or_another_merchants_shop_is_refused(market, world):
    body = {"merchant_id": market.id, "title": "桃酥", "price": "1"}
    shop = {"name": "店", "address": "街"}
    theirs = world.market()
    other = theirs.manager.post(f"/v1/merchants/{theirs.id}/shops", shop).expect(201)
    for bad in ({"sponsor_id": "7"}, {"shop_id": other["id"]}, {"shop_id": "7"}):
        answer = market.manager.post("/v1/rewards", body | bad)
        assert (answer.status, answer.code) == (400, "bad_field"), bad


# The end of a sale, and one shop only


def test_nothing_is_issued_after_the_end_of_a_sale(sms):
    with TimeServer("2030-03-01T10:00:00+08:00", sms.options) as server:
        market = Market(World(server))
        end = rfc3339(market.world.now_us() + 3_600_000_000)
        reward, member = market.reward(stock=5, price=1, sell_until=end), market.member(points=9)
        voucher = member.redeem(reward).expect(201)
        server.advance(hours=1, seconds=1)
        assert member.redeem(reward).code == "reward_closed"
        query = {"merchant_id": market.id}
        assert market.world.api.get("/v1/rewards", query=query).json["items"] == []
        everything = query | {"with_closed": "true"}
        assert len(market.world.api.get("/v1/rewards", query=everything).json["items"]) == 1
        market.clerk.confirm(voucher).expect(200)


def test_a_reward_of_one_shop_is_taken_there_only(market):
    path = f"/v1/merchants/{market.id}/shops"
    one, other = (
        market.manager.post(path, {"name": name, "address": "街"}).expect(201)
        for name in ("祖庙店", "城南店")
    )
    member, voucher = market.voucher(shop_id=one["id"])
    body = {"code": voucher["code"]}
    refused = market.clerk.post("/v1/vouchers/confirm", body | {"shop_id": other["id"]}, key=True)
    assert (refused.status, refused.code) == (409, "wrong_shop")
    seen = market.clerk.preview(voucher).expect(200)
    assert seen["only_in"] == {"id": one["id"], "name": "祖庙店"}
    market.clerk.post("/v1/vouchers/confirm", body | {"shop_id": one["id"]}, key=True).expect(200)


# Finding it


def found(who, **query):
    page = who.get("/v1/rewards", query=query | {"limit": 100}).expect(200)
    return [item["title"] for item in page["items"]]


def test_rewards_are_found_by_words_price_and_sector(market, world):
    word = unique("茶")
    for title, price in ((f"{word}一壶", 3), (f"{word}两壶", 6), (f"100%_{word}", 9)):
        market.reward(stock=1, price=price, title=title)
    assert found(world.api, q=word) == [f"{word}一壶", f"{word}两壶", f"100%_{word}"]
    assert found(world.api, q=f"100%_{word}") == [f"100%_{word}"]
    assert found(world.api, q=f"1%{word}") == found(world.api, q=f"_{word}一") == []
    assert found(world.api, q=word, price_min="3.01", price_max="6") == [f"{word}两壶"]
    assert found(world.api, q=word, sector="books") == []
    assert len(found(world.api, q=word, sector="catering")) == 3


def test_a_member_sees_what_they_can_afford(market, world):
    word = unique("书")
    for price in (2, 5, 8):
        market.reward(stock=1, price=price, title=f"{word}{price}")
    member = market.member(points=5)
    assert found(member, q=word, affordable="true") == [f"{word}2", f"{word}5"]
    assert found(member, q=word, affordable="false") == [f"{word}2", f"{word}5", f"{word}8"]
    assert world.api.get("/v1/rewards", query={"affordable": "true"}).code == "bad_field"


def test_the_catalogue_answers_304_until_it_changes(market, world):
    word = unique("饼")
    reward = market.reward(stock=1, price=2, title=word)
    first = world.api.get("/v1/rewards", query={"q": word})
    tag = {"If-None-Match": first.headers["ETag"]}
    assert world.api.get("/v1/rewards", query={"q": word}, headers=tag).status == 304
    market.change_terms(reward, price="3")
    assert world.api.get("/v1/rewards", query={"q": word}, headers=tag).status == 200
