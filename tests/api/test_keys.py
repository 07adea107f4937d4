"""Keys: rotated while servers run, which are started again one after the other."""

import pytest

from support.keys import TokenMaker
from support.processes import wait_until
from support.server import Server
from support.world import Market, World

PURPOSES = "token", "chain", "voucher", "personal", "check_in", "secret"
LEARNING_SECONDS = 10


@pytest.fixture
def rotated(sms):
    """A server that runs since before a rotation, with its market, and one that was started since."""
    with Server(sms.options) as old:
        market = Market(World(old))
        for purpose in PURPOSES:
            old.cli("keys", "rotate", purpose)
        with Server(sms.options, state_dir=old.state_dir) as new:
            yield old, market, new


def test_a_server_older_than_a_rotation_knows_the_new_keys(rotated):
    old, market, new = rotated
    wait_until(lambda: old.events("keys.learnt"), LEARNING_SECONDS, "the new keys")
    member, reward = market.member(points=10), market.reward(stock=2)
    token = TokenMaker(new).token(member.id, "member")
    old_token = member.token
    for server, other in ((new, old), (old, new)):
        api, api_of_other = server.api(token), other.api(token)
        made = api.post("/v1/redemptions", reward.asked() | {"price": reward.price}, key=True)
        voucher = made.expect(201)
        shown = api_of_other.get(f"/v1/redemptions/{voucher['id']}").expect(200)
        assert shown["code"] == voucher["code"]
        assert api_of_other.get("/v1/me", token=old_token).status == 200
        api.post(f"/v1/redemptions/{voucher['id']}/cancel", key=True).expect(200)
    world = market.world
    body = {"name": "新邻居", "unit_id": world.unit_id, "consent": True}
    made = new.api(world.administrator.token).post("/v1/members", body).expect(201)
    seen = old.api(world.administrator.token).get(f"/v1/members/{made['id']}").expect(200)
    assert seen["name"] == made["name"]
    world.verify_ledger()
