"""Many want the same at the same moment: the last piece, the last place, one member's points."""

import time
from collections import Counter

import pytest

from support.api import new_key
from support.parallel import in_parallel
from support.server import Server

CROWD = 2000
CONNECTIONS = 64


@pytest.fixture(scope="module")
def crowd(world):
    """2,000 members with 10 points each."""
    return world.members(CROWD, points=10)


def tally(answers):
    """{201: 100, "sold_out": 1900}"""
    return Counter(answer.code or answer.status for answer in answers)


# Over all members


def test_2000_members_race_for_100_pieces(market, crowd):
    reward = market.reward(stock=100, price=10)
    answers = in_parallel(lambda member: member.redeem(reward), crowd, CONNECTIONS)
    assert tally(answers) == {201: 100, "sold_out": CROWD - 100}
    assert len({answer.json["code"] for answer in answers if answer.status == 201}) == 100
    assert market.stock(reward) == (0, 100, 0)
    rows = market.world.server.sql(
        "SELECT COUNT(*) AS vouchers, COUNT(DISTINCT member_id) AS members FROM redemptions"
        " WHERE reward_id = %s",
        reward.id,
    )
    assert rows == [{"vouchers": 100, "members": 100}]
    market.verify_ledger()


def test_2000_sign_up_for_30_places(world, crowd):
    """One waits who is too late; who leaves gives way to the first in line, and to nobody else."""
    path = f"/v1/activities/{world.activity(capacity=30)}"
    answers = in_parallel(lambda member: member.put(f"{path}/sign-up"), crowd, CONNECTIONS)
    state_of = [answer.expect(200)["sign_up"]["state"] for answer in answers]
    assert Counter(state_of) == {"signed_up": 30, "waiting": CROWD - 30}
    line = world.server.sql(
        "SELECT member_id, state FROM sign_ups WHERE activity_id = %s ORDER BY in_line",
        path.rpartition("/")[2],
    )
    came = {str(row["member_id"]) for row in line if row["state"] == 1}
    waited = [str(row["member_id"]) for row in line if row["state"] == 3]
    leaving = [member for member in crowd if member.id in came]
    # All who came leave at once, and so do five of those who are promoted meanwhile or still wait.
    leaving += [member for member in crowd if member.id in waited[10:15]]
    in_parallel(lambda member: member.delete(f"{path}/sign-up").expect(204), leaving, CONNECTIONS)
    rows = world.server.sql(
        "SELECT member_id FROM sign_ups WHERE activity_id = %s AND state = 1",
        path.rpartition("/")[2],
    )
    promoted = [member_id for member_id in waited if member_id not in waited[10:15]][:30]
    assert {str(row["member_id"]) for row in rows} == set(promoted)
    shown = world.api.get(path).expect(200)
    assert (shown["places_left"], shown["waiting"]) == (0, CROWD - 65)
    told = world.server.sql(
        "SELECT account_id FROM notices WHERE kind = 1 AND ref = %s", path.rpartition("/")[2]
    )
    assert {str(row["account_id"]) for row in told} >= set(promoted)


@pytest.mark.limit(180)
def test_2000_check_in_within_a_minute(world, crowd):
    path = f"/v1/activities/{world.activity(capacity=CROWD, starts_in_hours=0.4)}"
    in_parallel(lambda member: member.put(f"{path}/sign-up").expect(200), crowd, CONNECTIONS)
    start = time.monotonic()
    shown = {"code": None, "until": 0.0}

    def check_in(member):
        if time.monotonic() > shown["until"]:  # who comes looks at the screen
            shown["code"] = world.coordinator.get(f"{path}/codes").expect(200)["check_in"]
            shown["until"] = time.monotonic() + 10
        member.post(f"{path}/check-in", {"code": shown["code"]}).expect(200)

    in_parallel(check_in, crowd, CONNECTIONS)
    assert time.monotonic() - start < 60
    rows = world.server.sql(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT member_id) AS people FROM records"
        " WHERE activity_id = %s",
        path.rpartition("/")[2],
    )
    assert rows == [{"n": CROWD, "people": CROWD}]


def test_pieces_are_taken_away_while_they_are_redeemed(market, members):
    reward = market.reward(stock=60, price=1)
    buyers = members(50, points=1)
    acts = [lambda member=member: member.redeem(reward) for member in buyers]
    acts += [lambda: market.restock(reward, -1)] * 50
    answers = tally(in_parallel(lambda act: act(), sorted(acts, key=id), CONNECTIONS))
    assert answers[201] + answers[200] == 60
    assert answers["sold_out"] + answers["too_much"] == 40
    assert market.stock(reward) == (0, answers[201], 0)
    market.verify_ledger()


# Of one member


def test_20_parallel_redemptions_against_a_limit_of_one_a_day(market):
    member = market.member(points=200)
    reward = market.reward(stock=50, price=10, limit_count=1, limit_days=1)
    answers = in_parallel(lambda _: member.redeem(reward), range(20), 20)
    assert tally(answers) == {201: 1, "limit_reached": 19}
    assert (market.stock(reward), member.available) == ((49, 1, 0), "190.00")


def test_the_same_points_are_not_spent_twice(market):
    member = market.member(points=50)
    rewards = [market.reward(stock=5, price=10) for _ in range(4)]
    answers = in_parallel(lambda n: member.redeem(rewards[n % 4]), range(20), 20)
    assert tally(answers) == {201: 5, "not_enough_points": 15}
    assert sum(market.stock(reward)[1] for reward in rewards) == 5
    wallet = member.wallet()
    assert (wallet["available"], wallet["held"]) == ("0.00", "50.00")
    market.verify_ledger()


def same_or_in_flight(answers):
    """All 2xx are one answer; the others were told to wait for it."""
    bodies = {answer.body for answer in answers if answer.status == 201}
    others = {answer.code for answer in answers if answer.status != 201}
    assert len(bodies) == 1 and others <= {"idempotency_key_in_flight"}, tally(answers)
    return bodies.pop()


def test_20_parallel_requests_with_one_key_are_one_redemption(market):
    member, reward = market.member(points=200), market.reward(stock=50, price=10)
    for _ in range(5):
        before, key = market.stock(reward)[1], new_key()
        answers = in_parallel(lambda _: member.redeem(reward, key=key), range(20), 20)
        body = same_or_in_flight(answers)
        assert member.redeem(reward, key=key).body == body
        assert market.stock(reward)[1] == before + 1
    market.verify_ledger()


def test_one_key_on_two_servers_at_once_is_one_redemption(server, market, sms):
    member, reward = market.member(points=200), market.reward(stock=50, price=10)
    with Server(sms.options, state_dir=server.state_dir) as second:
        apis = server.api(), second.api()
        for turn in range(1, 11):
            key = new_key()

            def redeem(api):
                return api.post("/v1/redemptions", reward.asked(), key=key, token=member.token)

            answers = in_parallel(redeem, apis * 8, 16)
            body = same_or_in_flight(answers)
            assert {redeem(api).body for api in apis} == {body}
            assert market.stock(reward)[1] == turn
    market.verify_ledger()


def test_one_key_for_two_things_at_once_does_one(market):
    member = market.member(points=200)
    rewards = [market.reward(stock=50, price=10) for _ in range(2)]
    for turn in range(1, 6):
        key = new_key()
        answers = in_parallel(lambda n: member.redeem(rewards[n % 2], key=key), range(10), 10)
        counts = tally(answers)
        assert counts[201] >= 1
        assert set(counts) <= {201, "idempotency_key_reused", "idempotency_key_in_flight"}
        assert len({answer.body for answer in answers if answer.status == 201}) == 1
        assert sum(market.stock(reward)[1] for reward in rewards) == turn


# Of one voucher, record, proposal


def test_a_voucher_is_confirmed_or_cancelled_never_both(market):
    reward = market.reward(stock=20, price=1)
    member = market.member(points=20)
    for voucher in [member.redeem(reward).expect(201) for _ in range(10)]:
        acts = [lambda: market.clerk.confirm(voucher), lambda: member.cancel(voucher)] * 4
        counts = tally(in_parallel(lambda act: act(), acts, 8))
        state = member.redemption(voucher)["state"]
        assert counts == {200: 1, f"voucher_{ {'confirmed': 'used'}.get(state, state) }": 7}
    market.verify_ledger()


def test_a_record_is_paid_once(world):
    member = world.member()
    record = world.records([member], minutes=120)[0]
    answers = in_parallel(lambda _: world.award(record), range(20), 20)
    assert tally(answers) == {200: 1, "already_decided": 19}
    assert member.available == "2.00"


def test_the_days_cap_holds_over_records_that_are_approved_together(world):
    member = world.member()
    records = [world.records([member], minutes=180)[0] for _ in range(10)]
    answers = in_parallel(world.award, records, 10)
    assert sorted(answer.expect(200)["points"] for answer in answers) == (
        ["0.00"] * 7 + ["2.00"] + ["3.00"] * 2
    )
    assert member.available == "8.00"
    world.verify_ledger()


def test_a_proposal_is_decided_once(world):
    member = world.member(points=30)
    third = world.staff("administrator")
    made = world.make("/v1/proposals", kind="adjust", member_id=member.id, points="-10.00",
                      reason="两人核对无误")  # fmt: skip
    path = f"/v1/proposals/{made['id']}"
    people = world.other_administrator, third
    acts = [(person, act) for person in people for act in ("approve", "reject")] * 4
    answers = in_parallel(lambda act: act[0].post(f"{path}/{act[1]}", key=True), acts, 16)
    # Who has decided may say so again.
    winners = {act for act, answer in zip(acts, answers) if answer.status == 200}
    assert len(winners) == 1
    assert {a.code for a in answers if a.status != 200} == {"already_decided"}
    taken = winners.pop()[1] == "approve"
    assert member.available == ("20.00" if taken else "30.00")
