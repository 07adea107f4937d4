"""Merchants whose vouchers others issue: with a simulator on the other side, or with none."""

from support import plugins
from support.merchant_simulator import SECRET
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


def dispute_a_line(market):
    """
    Three lines of a statement are disputed and one is answered; the first dispute's id. Lines take
    the window of undoing to come about: these are written here, and taken away again. The disputes
    are left to be read, and do not fit the books.
    """
    world, administrator = market.world, market.world.administrator
    reward, statement, now = market.reward(price=1), world.new_id(), world.now_us()
    columns = "statement_id, merchant_id, state, from_us, cut_off_us, line_count, points"
    row = (statement, market.id, 1, 0, now, 3, 300, 0, 0, 0, now)
    columns += ", reimburse_fen, opened_by, opened_us, drafted_us"
    world.insert("statements", columns, [row])
    numbers = "limit_period, created_us, expires_us, confirmed_us, confirmed_by, closed_us"
    columns = "redemption_id, code_hash, allocation, member_id, reward_id, merchant_id, state, points"
    columns += f", reimburse_fen, terms_version, code_key, {numbers}"
    ids = [world.new_id() for _ in range(3)]
    rows = [(i, i.to_bytes(16, "big"), b"", 1, reward.id, market.id, 5, 0, 500) + (1,) * 8 for i in ids]
    world.insert("redemptions", columns, rows)
    rows = [(statement, 1, i) for i in ids]
    world.insert("statement_lines", "statement_id, confirmed_us, redemption_id", rows)
    path, made = f"/v1/statements/{statement}/disputes", []
    for redemption in ids:
        body = {"redemption_id": str(redemption), "claimed_fen": 650, "reason": "合同价不同"}
        made.append(market.manager.post(path, body).expect(201)["id"])
    market.manager.post(path, body).expect(409)
    answer = {"accepted": True, "answer": "已核对合同"}
    administrator.post(f"/v1/disputes/{made[0]}/decide", answer).expect(200)
    administrator.post(f"/v1/disputes/{made[0]}/decide", answer).expect(409)
    for table in ("statement_lines", "statements"):
        world.server.sql(f"DELETE FROM {table} WHERE statement_id = %s", statement)
    world.server.sql("DELETE FROM redemptions WHERE redemption_id IN (%s, %s, %s)", *ids)
    return made[0]


# With support/merchant_simulator.py on the other side


def credential(world, name, hosts, **changed):
    body = {"kind": "hmac-sha256", "hosts": hosts, "secret": SECRET, "why": "a test"} | changed
    return world.administrator.put(f"/v1/credentials/{name}", body)


def connect(market, plugin, language="en", **settings):
    body = {"plugin": plugin, "settings": settings, "why": "a test"}
    path, headers = f"/v1/merchants/{market.id}/plugin", {"Accept-Language": language}
    return market.world.administrator.put(path, body, headers=headers)


def redeem(market, member, reward, **changed):
    answer = member.redeem(reward, **changed)
    made = answer.expect(202)
    assert answer.headers["Location"] == f"/v1/redemptions/{made['id']}"
    assert made["state"] == "issuing" and "code" not in made
    return made


def wait_for(member, voucher, *states, seconds=15):
    def there():
        seen = member.redemption(voucher)
        return seen if seen["state"] in states and seen["waiting_for"] is None else None

    return wait_until(there, seconds, lambda: f"{states}, not {member.redemption(voucher)}")


def notice_of(member):
    """The newest in the inbox. It is written after what it tells of can be seen."""
    seen = lambda: member.get("/v1/inbox").expect(200)["items"]  # noqa: E731
    return wait_until(seen, 5, "a notice")[0]


def operations(world, voucher):
    path = f"/v1/merchant-calls?redemption_id={voucher['id']}"
    return world.administrator.get(path).expect(200)["items"]


def connected(world, shop):
    """A merchant with an API of its own."""
    market = world.market()
    connect(market, "http_json", base=shop.base, credential="shop").expect(200)
    return market
