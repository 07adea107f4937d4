"""
A server that is killed in the middle of calls to merchants: what was said and what was not is known
afterwards, and in the end both sides tell the same, or a person has it in their queue.
"""

import random
import time

import pytest

from support import plugins
from support.merchant_simulator import SECRET, MerchantSimulator
from support.processes import wait_until
from support.server import Server
from support.world import World

WHY = {"why": "a test"}


def connect(world, market, shop):
    plugins.change(world.administrator, "http_json", mode="enforced").expect(200)
    secret = {"kind": "hmac-sha256", "hosts": shop.host, "secret": SECRET} | WHY
    world.administrator.put("/v1/credentials/shop", secret).expect(200)
    settings = {"base": shop.base, "credential": "shop"}
    body = {"plugin": "http_json", "settings": settings} | WHY
    world.administrator.put(f"/v1/merchants/{market.id}/plugin", body).expect(200)


def waiting(world):
    return world.administrator.get("/v1/merchant-calls?state=waiting").expect(200)["items"]


@pytest.mark.limit(110)
def test_kill_9_in_the_middle_of_calls(sms, deep):
    chance = random.Random(5)
    with MerchantSimulator(seed=5, patience=0.3) as shop:
        shop.trouble, shop.faults = 0.4, ["swallow", "late", "delay", "slow"]
        options = sms.options | shop.options | {"outbox.decide_after": "20s"}
        with Server(options) as server:
            world = World(server)
            market = world.market()
            connect(world, market, shop)
            members = world.members(40 if deep else 12, points=10)
            reward = market.reward(stock=len(members))
            vouchers = []
            for start in range(0, len(members), 4):
                for member in members[start : start + 4]:
                    vouchers.append(member.redeem(reward).expect(202))
                time.sleep(chance.uniform(0.02, 0.4))
                server.kill()
                server.start()
            wait_until(lambda: not waiting(world), 60, lambda: f"{waiting(world)}")
            world.verify_ledger()
            for member, voucher in zip(members, vouchers):
                agree(shop, member.redemption(voucher))
            assert all(voucher.issues <= 1 for voucher in shop.vouchers.values())


def agree(shop, seen):
    code = seen.get("merchant_code")
    assert seen["state"] in ("issued", "stuck", "cancelled"), seen
    if seen["state"] == "issued":
        assert shop.vouchers[code[1:]].issued and not shop.vouchers[code[1:]].back
