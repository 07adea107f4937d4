"""Merchants whose vouchers others issue, for tests that need one and no other side."""

from support import plugins
from support.processes import wait_until

CSV = {"Content-Type": "text/csv"}
WHY = {"why": "合同到期"}


def connect_a_merchant(market):
    """It has a pool of a single code, and an operation in a person's queue; ids by path."""
    world, administrator = market.world, market.world.administrator
    plugins.change(administrator, "coupon_pool", mode="enforced").expect(200)
    for name in ("tea", "rice", "salt"):
        secret = {"kind": "bearer", "hosts": "a.example", "secret": "long-enough"} | WHY
        administrator.put(f"/v1/credentials/{name}", secret).expect(200)
    administrator.post("/v1/credentials/tea/remove", WHY).expect(204)
    plugin = {"plugin": "coupon_pool", "settings": {}} | WHY
    administrator.put(f"/v1/merchants/{market.id}/plugin", plugin).expect(200)
    reward = market.reward(stock=9, price=1)
    market.manager.put(f"/v1/rewards/{reward.id}/item", {"item": "K"}).expect(200)
    market.manager.post(f"/v1/rewards/{reward.id}/codes", b"K1\n", headers=CSV).expect(200)
    member = market.member(points=9)
    vouchers = [member.redeem(reward).expect(202) for _ in range(3)]
    operation = decide_one(world, f"/v1/merchant-calls?merchant_id={market.id}", vouchers[0])
    return {
        "/v1/merchant-calls/{id}": operation,
        "/v1/merchants/{id}/plugin": market.id,
        "/v1/rewards/{id}/codes": reward.id,
    }


def decide_one(world, calls, voucher):
    """As if nobody could find out what became of it, until a person did."""
    administrator = world.administrator
    seen = lambda: administrator.get(calls).expect(200)["items"]  # noqa: E731
    wait_until(lambda: all(row["state"] != "waiting" for row in seen()), 10, "answers")
    state = administrator.get(f"/v1/redemptions/{voucher['id']}").expect(200)["state"]
    row = next(row for row in seen() if row["redemption_id"] == voucher["id"])
    dead = "UPDATE operations SET state = 5, closed_us = 0 WHERE operation_id = %s"
    world.server.sql(dead, row["id"])
    asking = "UPDATE redemptions SET operation_id = %s, asking = 1 WHERE redemption_id = %s"
    world.server.sql(asking, row["id"], voucher["id"])
    path, body = f"/v1/merchant-calls/{row['id']}/decide", {"decision": state} | WHY
    administrator.post(path, body, key=True).expect(200)
    administrator.post(path, body, key=True).expect(409)
    return row["id"]
