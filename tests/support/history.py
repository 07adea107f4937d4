"""A history with everything in it that can happen to points, for tests of the books."""

from support.server import Server
from support.world import World, rfc3339


def make_history(server):
    """
    Earns, redeems, confirms, undoes, cancels, refunds, settles, adjusts, claws back, waives, freezes
    and merges, in two lanes that have wallets, stock and vouchers in common, with three checkpoints.
    Returns the world.
    """
    world = World(server)
    market = world.market()
    earn_and_spend(world, market)
    server.cli("ledger", "checkpoint")
    with Server(server.options, state_dir=server.state_dir) as second:
        other = World(second)
        decide_by_two(other, market, world.members(6, points=20))
        server.cli("ledger", "checkpoint")
        earn_and_spend(other, other.market())
    settle_at_once(server, market)
    server.cli("ledger", "checkpoint")
    world.member()  # with an empty wallet
    market.reward(price=3)  # without stock
    assert len(server.sql("SELECT lane FROM lanes WHERE height > 0")) == 2
    return world


def earn_and_spend(world, market):
    members = world.members(6)
    for record in world.records(members, minutes=420):
        world.award(record).expect(200)
    vouchers = [market.voucher(member, stock=3, price=5)[1] for member in members[:5]]
    for voucher in vouchers[:4]:
        market.clerk.confirm(voucher).expect(200)
    market.clerk.undo(vouchers[0]).expect(200)
    market.manager.refund(vouchers[1]).expect(200)
    members[4].cancel(vouchers[4]).expect(200)
    market.clerk.confirm(vouchers[0]).expect(200)
    limited = market.reward(stock=3, price=1, limit_count=2, limit_days=7)
    for voucher in [members[5].redeem(limited).expect(201) for _ in range(2)][1:]:
        members[5].cancel(voucher).expect(200)


def settle_at_once(server, market):
    """By a server that undoes nothing."""
    options = server.options | {"programme.undo_window": "0s"}
    with Server(options, state_dir=server.state_dir) as hasty:
        world, path = World(hasty), f"/v1/merchants/{market.id}/statements"
        body = {"cut_off": rfc3339(world.now_us())}
        statement = world.administrator.post(path, body, key=True).expect(200)
        assert (statement["lines"] > 0, statement["state"]) == (True, "draft")


def decide_by_two(world, market, members):
    rich, tainted, spent, waived, merged, into = members
    world.adjust(rich, -4).expect(200)
    for member in (tainted, spent, waived):
        claw_back(world, market, member)
    world.decide(kind="waive", member_id=waived.id, points="100").expect(200)
    world.decide(kind="waive", member_id=spent.id, points="0.10").expect(200)
    for frozen in (True, False, True):
        path, body = f"/v1/members/{rich.id}/wallet/freeze", {"why": "核对中，请稍候"}
        world.administrator.post(path, body | {"frozen": frozen}, key=True).expect(200)
    path, body = f"/v1/members/{merged.id}/wallet/merge", {"into": into.id, "why": "同一人两个账户"}
    (late,) = world.records([merged], minutes=30, days_ago=3)
    refundable = market.voucher(merged, price=2)[1]
    market.clerk.confirm(refundable).expect(200)
    world.administrator.post(path, body, key=True).expect(200)
    world.award(late).expect(200)
    market.manager.refund(refundable).expect(200)
    open_proposal = {"kind": "adjust", "member_id": into.id, "points": "1", "reason": "等待核对"}
    world.make("/v1/proposals", **open_proposal)


def claw_back(world, market, member):
    """Of a record whose points went into a voucher in part."""
    (record,) = world.records([member], minutes=60, days_ago=2)
    world.award(record).expect(200)
    voucher = market.voucher(member, stock=2, price=20.5)[1]
    assert voucher["points"] == "20.50"
    world.decide(kind="claw_back", member_id=member.id, record_id=record).expect(200)
    owed = world.administrator.get(f"/v1/members/{member.id}/wallet").expect(200)["owed"]
    assert owed == "0.50"
