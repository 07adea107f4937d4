"""Earn, redeem, confirm, and every way back: what people are told, and what it does to points."""

import pytest

from support.api import new_key
from support.clock import TimeServer
from support.model import local_day
from support.parallel import in_parallel
from support.processes import wait_until
from support.server import Server
from support.world import Market, World, hundredths

KEEPER_SECONDS = 20  # it works 2 s after the start


@pytest.fixture(scope="module")
def time_market(sms):
    """A shop on a server of its own, in a time that the test moves: `market.world.server`."""
    with TimeServer("2030-03-01T10:00:00+08:00", sms.options) as server:
        yield Market(World(server))


def the_same(*answers):
    """Byte for byte, as promised to those who ask again."""
    first = answers[0]
    for answer in answers[1:]:
        assert (answer.status, answer.body) == (first.status, first.body)
        assert answer.headers["Location"] == first.headers["Location"]
    return first


def state_of(market, reward, member):
    """What a refusal must leave as it was."""
    return market.stock(reward), member.wallet(), member.get("/v1/redemptions").json["items"]


def kinds_of_transfers(member):
    """The oldest first."""
    newest_first = member.get("/v1/wallet/transfers").expect(200)["items"]
    return [transfer["kind"] for transfer in reversed(newest_first)]


# The walk


def test_from_service_to_settlement(time_market):
    world, server = time_market.world, time_market.world.server
    member = world.member()
    activity = f"/v1/activities/{world.activity(capacity=5)}"
    member.put(f"{activity}/sign-up").expect(200)
    server.advance(hours=1)
    codes = world.coordinator.get(f"{activity}/codes").expect(200)
    early = member.post(f"{activity}/check-out", {"code": codes["check_out"]})
    assert early.code == "wrong_state"
    member.post(f"{activity}/check-in", {"code": codes["check_in"]}).expect(200)
    server.advance(hours=1, minutes=30)
    code = world.coordinator.get(f"{activity}/codes").expect(200)["check_out"]
    record = member.post(f"{activity}/check-out", {"code": code}).expect(200)["record_id"]

    assert world.award(record).expect(200)["points"] == "1.50"
    assert world.award(record).code == "already_decided"
    assert member.get(f"/v1/records/{record}").expect(200)["minutes"] == 90
    assert member.available == "1.50"

    reward = time_market.reward(stock=3, price="1.20", valid_days=10)
    voucher = member.redeem(reward).expect(201)
    assert voucher["wallet"] == {"available": "0.30", "held": "1.20"}
    assert time_market.stock(reward) == (2, 1, 0)
    seen = time_market.clerk.preview(voucher).expect(200)
    assert (seen["member"], seen["usable"], seen["reward_title"]) == ("王*", True, "桃酥一盒")

    confirmed = time_market.clerk.confirm(voucher).expect(200)
    assert (confirmed["id"], confirmed["state"]) == (voucher["id"], "confirmed")
    assert time_market.stock(reward) == (2, 0, 1)
    assert time_market.clerk.undo(voucher).expect(200)["state"] == "issued"
    assert time_market.stock(reward) == (2, 1, 0)
    assert member.wallet()["held"] == "1.20"
    time_market.clerk.confirm(voucher).expect(200)

    statement = time_market.settle()
    assert (statement["state"], statement["lines"]) == ("filling", 0)
    server.advance(minutes=6)
    assert time_market.clerk.undo(voucher).code == "undo_too_late"
    statement = time_market.settle(statement["cut_off"])
    assert (statement["state"], statement["lines"], statement["points"]) == ("draft", 1, "1.20")
    assert member.redemption(voucher)["state"] == "settled"
    assert time_market.clerk.undo(voucher).code == "undo_too_late"
    assert time_market.manager.refund(voucher).code == "wrong_state"
    assert time_market.settle()["lines"] == 0

    kinds = kinds_of_transfers(member)
    assert kinds == ["award", "hold", "capture", "uncapture", "capture", "settle"]
    time_market.verify_ledger()


def test_a_voucher_that_nobody_used_lapses_and_everything_returns(time_market):
    server = time_market.world.server
    reward = time_market.reward(stock=2, price=10, valid_days=2, limit_count=1, limit_days=30)
    member = time_market.member(points=10)
    voucher = member.redeem(reward).expect(201)
    server.advance(days=2)
    assert time_market.clerk.preview(voucher).expect(200)["usable"] is False
    assert time_market.clerk.confirm(voucher).code == "voucher_expired"
    server.restart()
    wait_until(
        lambda: member.redemption(voucher)["state"] == "expired", KEEPER_SECONDS, "the lapse"
    )
    wallet = member.wallet()
    assert (wallet["available"], wallet["held"]) == ("10.00", "0.00")
    assert time_market.stock(reward) == (2, 0, 0)
    assert time_market.clerk.confirm(voucher).code == "voucher_expired"
    assert member.cancel(voucher).code == "voucher_expired"
    member.redeem(reward).expect(201)
    time_market.verify_ledger()


def test_points_that_run_out_are_gone_at_once_and_swept_later(time_market):
    world = time_market.world
    member, other = time_market.members(2)
    world.award(world.records([member, other], minutes=300)[0]).expect(200)
    time_market.world.give([member], 2)
    reward = time_market.reward(stock=5, price=4)
    voucher = member.redeem(reward).expect(201)
    # Adjusted points live 730 days, awarded ones up to the midnight after: those went first.
    assert [lot["remaining"] for lot in member.wallet()["lots"]] == ["3.00"]
    world.server.advance(days=731, hours=14)
    assert member.available == "0.00"
    assert member.redeem(reward).code == "not_enough_points"
    world.server.restart()
    wait_until(
        lambda: member.redemption(voucher)["state"] == "expired"
        and "lot_expiry" in kinds_of_transfers(member),
        KEEPER_SECONDS,
        "the keeper",
    )
    # What was on hold returns for 30 more days; what had run out unspent does not.
    assert member.available == "4.00"
    world.server.advance(days=31)
    assert member.available == "0.00"
    time_market.verify_ledger()


def test_a_limit_counts_by_local_days(time_market):
    server = time_market.world.server
    reward = time_market.reward(stock=9, price=1, limit_count=2, limit_days=1)
    member = time_market.member(points=9)
    vouchers = [member.redeem(reward).expect(201) for _ in range(2)]
    assert member.redeem(reward).code == "limit_reached"
    member.cancel(vouchers[0]).expect(200)
    member.redeem(reward).expect(201)
    assert member.redeem(reward).code == "limit_reached"
    server.advance(days=1)
    member.redeem(reward).expect(201)
    # Given back today, but used yesterday: today's use stays what it is.
    member.cancel(vouchers[1]).expect(200)
    member.redeem(reward).expect(201)
    assert member.redeem(reward).code == "limit_reached"


def test_a_limit_of_a_week_ends_with_its_week(time_market):
    """Weeks are counted from 1970: the one of a limit began on a Thursday."""
    server = time_market.world.server
    reward = time_market.reward(stock=9, price=1, limit_count=1, limit_days=7)
    member = time_market.member(points=9)
    server.advance(days=7 - local_day(server.now()) % 7)
    member.redeem(reward).expect(201)
    for _ in range(6):
        server.advance(days=1)
        assert member.redeem(reward).code == "limit_reached"
    server.advance(days=1)
    member.redeem(reward).expect(201)
    assert member.redeem(reward).code == "limit_reached"


# Refusals: a stable code, and nothing changed


def refused_redemption(market, member, reward, code, **changed):
    before = state_of(market, reward, member)
    answer = member.redeem(reward, **changed)
    assert (answer.status, answer.code) == (409, code)
    assert state_of(market, reward, member) == before


def test_who_saw_another_price_is_asked_again(market):
    member = market.member(points=100)
    seen = market.reward(stock=1, price=10)
    refused_redemption(market, member, seen, "terms_changed", price="9.99")
    now = market.change_terms(seen, price="12")
    refused_redemption(market, member, seen, "terms_changed")
    refused_redemption(market, member, now, "terms_changed", terms_version=1)
    member.redeem(now).expect(201)


def test_each_refusal_has_its_code(market):
    member = market.member(points=10)
    refused_redemption(market, member, market.reward(stock=0, price=10), "sold_out")
    refused_redemption(market, member, market.reward(stock=1, price="10.01"), "not_enough_points")
    closed = market.reward(stock=1, price=10)
    refused_redemption(market, member, market.change_terms(closed, closed=True), "reward_closed")
    limited = market.reward(stock=3, price=1, limit_count=1)
    member.redeem(limited).expect(201)
    refused_redemption(market, member, limited, "limit_reached")
    freeze = f"/v1/members/{member.id}/wallet/freeze"
    admin = market.world.administrator
    admin.post(freeze, {"frozen": True, "why": "核查中"}, key=True).expect(400)
    admin.post(freeze, {"frozen": True, "why": "异常核查"}, key=True).expect(200)
    refused_redemption(market, member, market.reward(stock=1, price=1), "wallet_frozen")
    admin.post(freeze, {"frozen": False, "why": "核查完毕"}, key=True).expect(200)
    member.redeem(market.reward(stock=1, price=1)).expect(201)
    unknown = {"reward_id": "1", "price": "1.00", "terms_version": 1}
    assert member.post("/v1/redemptions", unknown, key=True).status == 404
    market.verify_ledger()


def test_a_refusal_speaks_the_callers_language(market):
    member, reward = market.member(), market.reward(stock=1)
    for language, title in (("zh-CN", "积分不足"), ("en", "Not enough points")):
        answer = member.post(
            "/v1/redemptions", reward.asked(), key=True, headers={"Accept-Language": language}
        )
        assert (answer.code, answer.json["title"]) == ("not_enough_points", title)


def test_who_has_too_little_is_told_how_much(market):
    member = market.member(points="2.14")
    answer = member.redeem(market.reward(stock=1, price=4))
    assert (answer.json["lacking"], answer.json["available"]) == ("1.86", "2.14")
    answer = market.world.adjust(member, "-10")
    assert (answer.code, answer.json["lacking"]) == ("not_enough_points", "7.86")
    assert answer.json["available"] == "2.14"


def test_stock_can_be_taken_away_but_not_what_is_promised(market):
    member, reward = market.member(points=10), market.reward(stock=3, price=10)
    member.redeem(reward).expect(201)
    assert market.restock(reward, -3).code == "too_much"
    assert market.restock(reward, -2).expect(200)["free"] == 0
    assert market.stock(reward) == (0, 1, 0)
    assert market.restock(reward, 5).expect(200)["free"] == 5


# The ways back


def test_a_cancelled_voucher_is_worth_nothing(market):
    member, voucher = market.voucher()
    assert member.cancel(voucher).expect(200)["state"] == "cancelled"
    assert member.available == "10.00"
    assert market.clerk.preview(voucher).expect(200)["usable"] is False
    assert market.clerk.confirm(voucher).code == "voucher_cancelled"
    assert member.cancel(voucher).code == "voucher_cancelled"
    assert market.clerk.undo(voucher).code == "wrong_state"
    assert market.manager.refund(voucher).code == "wrong_state"


def test_a_used_voucher_is_used_once_and_may_be_refunded(market):
    member, voucher = market.voucher()
    market.clerk.confirm(voucher).expect(200)
    assert market.clerk.confirm(voucher).code == "voucher_used"
    assert member.cancel(voucher).code == "voucher_used"
    assert market.clerk.refund(voucher).status == 403
    assert market.manager.refund(voucher).expect(200)["state"] == "refunded"
    assert member.available == "10.00"
    assert market.manager.refund(voucher).code == "voucher_refunded"
    assert market.clerk.confirm(voucher).code == "voucher_refunded"
    assert market.clerk.undo(voucher).code == "wrong_state"
    market.verify_ledger()


def test_points_return_to_the_lots_they_came_from(market):
    member, world = market.member(points=3), market.world
    world.give([member], 5)
    before = member.wallet()
    voucher = member.redeem(market.reward(stock=1, price=4)).expect(201)
    assert [lot["remaining"] for lot in member.wallet()["lots"]] == ["4.00"]
    member.cancel(voucher).expect(200)
    assert member.wallet()["lots"] == before["lots"]


def test_a_voucher_of_many_lots_comes_back_whole(market):
    member = market.member()
    for _ in range(12):
        market.world.give([member], "0.25")
    before = member.wallet()["lots"]
    voucher = member.redeem(market.reward(stock=1, price="2.90")).expect(201)
    assert member.available == "0.10"
    market.clerk.confirm(voucher).expect(200)
    market.manager.refund(voucher).expect(200)
    assert member.wallet()["lots"] == before
    market.verify_ledger()


def test_two_wallets_of_one_person_become_one(market, world):
    old, new = market.members(2, points=20)
    reward = market.reward(stock=5, price=10, limit_count=2)
    used, open_one = (old.redeem(reward).expect(201) for _ in range(2))
    market.clerk.confirm(used).expect(200)
    merge = f"/v1/members/{old.id}/wallet/merge"
    why = {"into": new.id, "why": "同一人两次注册"}
    assert world.administrator.post(merge, why, key=True).code == "open_holds"
    old.cancel(open_one).expect(200)
    key = new_key()
    merged = world.administrator.post(merge, why, key=key)
    assert merged.expect(200)["available"] == "30.00"
    the_same(merged, world.administrator.post(merge, why, key=key))
    assert old.wallet()["state"] == "merged"
    assert old.redeem(reward).status == 404
    # What was used of a limit, and what comes back, belongs to the same person.
    new.redeem(reward).expect(201)
    assert new.redeem(reward).code == "limit_reached"
    market.manager.refund(used).expect(200)
    assert new.available == "30.00"
    new.redeem(reward).expect(201)
    market.verify_ledger()


# Who may what


def test_the_other_shops_voucher_does_not_exist(market, world):
    member, voucher = market.voucher()
    other = world.market()
    answers = other.clerk.preview(voucher), other.clerk.confirm(voucher), other.clerk.undo(voucher)
    assert [answer.status for answer in answers] == [404] * 3
    market.clerk.confirm(voucher).expect(200)
    assert other.clerk.undo(voucher).status == other.manager.refund(voucher).status == 404
    assert other.clerk.get(f"/v1/redemptions/{voucher['id']}").status == 404
    assert member.redemption(voucher)["state"] == "confirmed"


def test_another_members_voucher_does_not_exist(market):
    _, voucher = market.voucher()
    other = market.member()
    path = f"/v1/redemptions/{voucher['id']}"
    assert other.get(path).status == other.get(f"{path}/qr").status == 404
    assert other.cancel(voucher).status == 404
    assert other.get("/v1/redemptions").expect(200)["items"] == []
    assert market.clerk.get(path).expect(200)["state"] == "issued"
    assert "code" not in market.clerk.get(path).json


def test_nobody_confirms_or_refunds_their_own_voucher(market, world):
    member, voucher = market.voucher()
    clerk = world.staff("clerk", market.id, person_id=member.id)
    refused = clerk.confirm(voucher)
    assert (refused.status, refused.code) == (403, "own_record")
    market.clerk.confirm(voucher).expect(200)
    manager = world.staff("manager", market.id, person_id=member.id)
    assert manager.refund(voucher).code == "own_record"
    assert member.redemption(voucher)["state"] == "confirmed"


def test_nobody_decides_on_their_own_wallet(world):
    member = world.member(points=10)
    record, another = world.records([member])[0], world.records([member], days_ago=2)[0]
    coordinator = world.staff("coordinator", world.unit_id, person_id=member.id)
    for decision in ("approve", "reject"):
        answer = coordinator.post(f"/v1/records/{record}/{decision}", key=True)
        assert (answer.status, answer.code) == (403, "own_record")
    world.award(record).expect(200)
    world.coordinator.post(f"/v1/records/{another}/reject", key=True).expect(200)
    own = world.staff("administrator", person_id=member.id)
    why = {"why": "两人核对无误"}
    made = world.make("/v1/proposals", kind="claw_back", member_id=member.id, record_id=record,
                      reason="记录有误")  # fmt: skip
    for decision in ("approve", "reject"):
        answer = own.post(f"/v1/proposals/{made['id']}/{decision}", key=True)
        assert (answer.status, answer.code) == (403, "own_record")
    freeze = own.post(f"/v1/members/{member.id}/wallet/freeze", why | {"frozen": False}, key=True)
    assert freeze.code == "own_record"


def test_a_code_is_read_however_it_was_typed(market):
    _, voucher = market.voucher()
    code = voucher["code"]
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert market.clerk.preview({"code": typed}).expect(200)["id"] == voucher["id"]


def test_guessing_codes_is_stopped_for_a_while(time_market):
    clerk = time_market.world.market().clerk
    guess = {"code": "ABCD-EFGH-JKMN-PQRS-T"}
    answers = [clerk.preview(guess).status for _ in range(20)]
    assert set(answers) == {404}
    assert clerk.preview(guess).status == clerk.confirm(guess).status == 429
    time_market.world.server.advance(minutes=11)
    assert clerk.preview(guess).status == 404


# Idempotency


def test_without_a_key_nothing_moves(market):
    member, reward = market.member(points=10), market.reward(stock=1)
    answer = member.redeem(reward, key=None)
    assert (answer.status, answer.code) == (400, "idempotency_key_missing")
    for bad in ("k" * 129, "schlüssel".encode().decode("latin-1"), '""'):
        answer = member.redeem(reward, key=bad)
        assert (answer.status, answer.code) == (400, "idempotency_key_bad"), bad
    assert member.available == "10.00"


def test_the_same_key_gives_the_same_answer(market):
    member, reward = market.member(points=20), market.reward(stock=2)
    key = new_key()
    first = member.redeem(reward, key=key)
    voucher = first.expect(201)
    member.redeem(reward).expect(201)  # the wallet moves on, the answer does not
    the_same(first, member.redeem(reward, key=key))
    for act in (market.clerk.confirm, market.clerk.undo, member.cancel):
        key = new_key()
        first = act(voucher, key=key)
        first.expect(200)
        the_same(first, act(voucher, key=key), act(voucher, key=key))
    assert member.redemption(voucher)["state"] == "cancelled"
    the_same(member.redeem(reward, key=key), member.redeem(reward, key=key))
    market.verify_ledger()


def test_a_refusal_is_kept_as_an_acceptance_is(market):
    member, reward = market.member(), market.reward(stock=1)
    key = new_key()
    first = member.redeem(reward, key=key)
    assert first.code == "not_enough_points"
    market.world.give([member], 10)
    the_same(first, member.redeem(reward, key=key))
    member.redeem(reward).expect(201)


def test_a_key_is_for_one_request(market):
    member, reward, other = market.member(points=20), market.reward(stock=1), market.reward(stock=1)
    key = new_key()
    first = member.redeem(reward, key=key)
    reused = member.redeem(other, key=key)
    assert (reused.status, reused.code) == (422, "idempotency_key_reused")
    assert member.cancel(first.json, key=key).code == "idempotency_key_reused"
    the_same(first, member.redeem(reward, key=key))
    assert (market.stock(other), member.available) == ((1, 0, 0), "10.00")


def test_two_people_may_choose_the_same_key(market):
    reward, key = market.reward(stock=2), new_key()
    answers = [member.redeem(reward, key=key) for member in market.members(2, points=10)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json["id"] != answers[1].json["id"]


def test_a_key_survives_a_restart(fresh_server):
    market = Market(World(fresh_server))
    member, reward = market.member(points=10), market.reward(stock=1)
    redeemed, refused, confirmed = new_key(), new_key(), new_key()
    acts = {
        redeemed: lambda: member.redeem(reward, key=redeemed),
        refused: lambda: member.redeem(reward, key=refused),
        confirmed: lambda: market.clerk.confirm(voucher, key=confirmed),
    }
    voucher = acts[redeemed]().expect(201)
    first = [act() for act in acts.values()]
    assert [answer.status for answer in first] == [201, 409, 200]
    fresh_server.restart()
    for before, act in zip(first, acts.values()):
        the_same(before, act())
    fresh_server.kill()
    fresh_server.start()
    for before, act in zip(first, acts.values()):
        the_same(before, act())
    market.verify_ledger()


def test_another_server_of_the_database_gives_the_same_answer(server, market, sms):
    member, reward = market.member(points=20), market.reward(stock=2)
    key, elsewhere = new_key(), new_key()
    with Server(sms.options, state_dir=server.state_dir) as second:
        there = second.api()

        def redeem_there(key):
            return there.post("/v1/redemptions", reward.asked(), key=key, token=member.token)

        the_same(member.redeem(reward, key=key), redeem_there(key))
        made_there = redeem_there(elsewhere)
        the_same(made_there, member.redeem(reward, key=elsewhere))
        assert market.stock(reward) == (0, 2, 0)
        confirmed = market.clerk.confirm(made_there.expect(201))
        assert confirmed.expect(200)["state"] == "confirmed"
    market.verify_ledger()


# The last piece


def test_last_piece_goes_to_exactly_one_of_many(market, members):
    reward = market.reward(stock=1, price=10)
    answers = in_parallel(lambda m: m.redeem(reward), members(64, points=10))
    assert [a.status for a in answers].count(201) == 1
    assert {a.code for a in answers if a.status != 201} == {"sold_out"}
    market.verify_ledger()


def test_more_than_int64_is_refused_and_not_wrapped(market):
    member, reward = market.member(points=1), market.reward(stock=1)
    for price in ("92233720368547758.08", "-0.01", "0", "1e3", "01", " 1", "1.001", ""):
        answer = member.redeem(reward, price=price)
        assert (answer.status, answer.code) == (400, "bad_field"), price
    assert hundredths(member.available) == 100


def test_a_waiver_of_less_than_nothing_is_not_even_proposed(world, members):
    body = {"kind": "waive", "member_id": members(1)[0].id, "reason": "两人核对无误"}
    answer = world.administrator.post("/v1/proposals", body | {"points": "-1.00"})
    assert (answer.status, answer.code) == (400, "bad_field")
    assert answer.json["fields"][0]["pointer"] == "/points"
    world.administrator.post("/v1/proposals", body | {"points": "1.00"}).expect(201)
