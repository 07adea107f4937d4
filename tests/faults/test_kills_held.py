"""
Killed while redemptions are held for a check and people decide on them: what was acknowledged is
there exactly once, what is held waits for exactly one open check, and the books hold.
"""

import random
import time

import pytest

from support import plugins
from support.load import Client, Load
from support.server import Server
from support.world import World

STATES = {"issued": 3, "cancelled": 6, "checking": 10}


class Decider(Client):
    """Redeems for members, and decides on what is held."""

    def step(self):
        if self.issued and self.random.random() < 0.5:
            self.decide(*self.take(self.issued))
        else:
            self.redeem(self.random.choice(self.members))

    def redeem(self, member):
        act = self.act("redeem", None, member, "/v1/redemptions", self.load.rewards[0].asked())
        if not act.done:
            return
        act.subject = act.answer.json["id"]
        if act.answer.json["state"] == "checking":
            self.issued.append((member, act.subject))

    def decide(self, _, redemption):
        server = self.load.world.server
        [check] = server.sql("SELECT check_id AS id FROM checks WHERE ref = %s", redemption)
        body = {"decision": self.random.choice(["release", "refuse"]), "reason": "问过本人"}
        path = f"/v1/reviews/{check['id']}/decision"
        self.act("decide", redemption, self.load.world.administrator, path, body)


class HeldLoad(Load):
    def __init__(self, world):
        super().__init__(world, records_each=1)
        self.clients = [
            Decider(self, number, client.members, []) for number, client in enumerate(self.clients)
        ]

    def check(self):
        self.check_answers_again()
        expected = {}
        for act in self.acts:
            if act.done:
                expected[int(act.subject)] = STATES[act.answer.json["state"]]
        assert set(expected.values()) == set(STATES.values())
        rows = self.world.server.sql(
            "SELECT redemption_id, state FROM redemptions WHERE merchant_id = %s", self.market.id
        )
        assert {row["redemption_id"]: row["state"] for row in rows} == expected
        waiting = self.world.server.sql("SELECT ref FROM checks WHERE state = 1 AND held = 1")
        assert sorted(row["ref"] for row in waiting) == sorted(
            redemption for redemption, state in expected.items() if state == STATES["checking"]
        )
        self.world.verify_ledger()


@pytest.mark.limit(120)
def test_kill_9_of_a_server_that_holds_redemptions(deep, sms):
    chance = random.Random(7)
    with Server(sms.options) as server:
        world = World(server)
        wanted = {"mode": "enforced", "on_flag": "hold", "settings": {"most_24h": 2}}
        plugins.change(world.administrator, "velocity", **wanted).expect(200)
        load = HeldLoad(world)
        with load.running():
            for _ in range(40 if deep else 3):
                load.wait_for_more(60)
                time.sleep(chance.uniform(0, 0.05))
                server.kill()
                server.start()
            load.wait_for_more(60)
        load.check()
