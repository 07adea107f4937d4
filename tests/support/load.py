"""
Mixed load whose every answer is remembered: people who earn, redeem, confirm and take back, each
act under an Idempotency-Key, asked again with the same key until it was answered. Whatever is
killed meanwhile, `check` then knows what the books must say.
"""

import contextlib
import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

from support.api import Answer, new_key
from support.parallel import in_parallel
from support.processes import wait_until

ANSWER_SECONDS = 90  # for one act with all its tries
PAUSE_SECONDS = 0.02  # between two tries
TRANSFERS = {"award": 1, "redeem": 2, "confirm": 3, "undo": 4, "cancel": 5, "refund": 7}
STATES = {"redeem": 3, "confirm": 4, "undo": 3, "cancel": 6, "refund": 8}
TRANSIENT = "busy", "idempotency_key_in_flight"


@dataclass
class Act:
    kind: str
    subject: str  # what its transfer names: record or redemption
    person: object
    path: str
    body: dict
    key: str
    answer: Answer = None
    tries: int = 0

    @property
    def done(self):
        return self.answer.status in (200, 201)


class Client:
    """One who acts for a few members and their shop, one thing after the other."""

    def __init__(self, load, number, members, records):
        self.load = load
        self.random = random.Random(number)
        self.members = members
        self.records = records
        self.issued, self.confirmed = [], []

    def run(self):
        while not self.load.stopping.is_set():
            self.step()

    def step(self):
        choice = self.random.choice(["award", "redeem", "redeem", "confirm", "cancel", "back"])
        if choice == "award" and self.records:
            record = self.records.pop()
            path = f"/v1/records/{record}/approve"
            self.act("award", record, self.load.world.coordinator, path)
        elif choice == "confirm" and self.issued:
            self.confirm(self.take(self.issued))
        elif choice == "cancel" and self.issued:
            member, voucher = self.take(self.issued)
            self.act("cancel", voucher["id"], member, f"/v1/redemptions/{voucher['id']}/cancel")
        elif choice == "back" and self.confirmed:
            self.take_back(self.take(self.confirmed))
        else:
            self.redeem(self.random.choice(self.members))

    def redeem(self, member):
        reward = self.random.choice(self.load.rewards)
        act = self.act("redeem", None, member, "/v1/redemptions", reward.asked())
        if act.done:
            act.subject = act.answer.json["id"]
            self.issued.append((member, act.answer.json))

    def confirm(self, held):
        body = {"code": held[1]["code"]}
        clerk = self.load.market.clerk
        if self.act("confirm", held[1]["id"], clerk, "/v1/vouchers/confirm", body).done:
            self.confirmed.append(held)

    def take_back(self, held):
        kind = self.random.choice(["undo", "refund"])
        path = f"/v1/redemptions/{held[1]['id']}/{kind}"
        if self.act(kind, held[1]["id"], self.load.market.manager, path).done and kind == "undo":
            self.issued.append(held)

    def take(self, items):
        return items.pop(self.random.randrange(len(items)))

    def act(self, kind, subject, person, path, body=None):
        act = Act(kind, subject, person, path, body, new_key())
        self.load.ask_until_answered(act, self.random)
        self.load.acts.append(act)
        return act


class Load:
    """
    `servers` serve one database; an act is tried at any of them. Two clients each act for the same
    members, so that wallets are wanted at several places at once; records and vouchers are a
    client's own, so that the order of its acts is known.
    """

    def __init__(self, world, servers=None, pairs=6, members_each=6, records_each=40):
        self.world = world
        self.apis = [server.api() for server in servers or [world.server]]
        self.acts = []
        self.stopping = threading.Event()
        self.market = world.market()
        self.rewards = [
            self.market.reward(stock=100_000, price=1),
            self.market.reward(stock=100_000, price="2.50", limit_count=3),
            self.market.reward(stock=15, price=1),
        ]
        self.members = world.members(pairs * members_each, points=20)
        days = [world.records(self.members, days_ago=1 + day) for day in range(records_each)]
        self.clients = []
        for number in range(2 * pairs):
            own = slice(number // 2, None, pairs)
            records = [record for day in days[number % 2 :: 2] for record in day[own]]
            self.clients.append(Client(self, number, self.members[own], records))
        self.before = self.transfers()

    @contextlib.contextmanager
    def running(self):
        """The clients act as long as the block lasts; what breaks in one is raised at the end."""
        failures = []

        def run(client):
            try:
                client.run()
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=run, args=(client,)) for client in self.clients]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]

    def wait_for_more(self, acts, seconds=ANSWER_SECONDS):
        """Until so many more were answered."""
        enough = len(self.acts) + acts
        wait_until(lambda: len(self.acts) >= enough, seconds, f"{acts} more answers")

    def ask(self, act, api):
        act.tries += 1
        return api.post(act.path, act.body, key=act.key, token=act.person.token)

    def ask_until_answered(self, act, chance):
        """The first final answer; it is not known whether earlier tries, unanswered, did it."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                answer = self.ask(act, chance.choice(self.apis))
                if answer.code not in TRANSIENT:
                    break
            except (OSError, http.client.HTTPException) as failure:
                answer = failure
            assert time.monotonic() < deadline, f"{act} was not answered: {answer}"
            time.sleep(PAUSE_SECONDS)
        assert answer.status < 500, f"{act}: {answer}"
        act.answer = answer

    # What must be so afterwards

    def check(self):
        self.check_kinds()
        self.check_answers_again()
        self.check_vouchers()
        self.check_transfers()
        self.world.verify_ledger()

    def check_kinds(self):
        """A load that only redeems, or only fails, would prove little."""
        done = Counter(act.kind for act in self.acts if act.done)
        assert min(done[kind] for kind in TRANSFERS) > 0, done
        refused = {act.answer.code for act in self.acts if not act.done}
        assert refused <= {"sold_out", "limit_reached", "not_enough_points"}, refused

    def check_answers_again(self):
        """The same key gives the same answer byte for byte, whoever is asked."""

        def ask_everybody(act):
            for api in self.apis:
                answer = self.ask(act, api)
                assert (answer.status, answer.body) == (act.answer.status, act.answer.body), act

        in_parallel(ask_everybody, self.acts, 16)

    def check_vouchers(self):
        """Every voucher that was acknowledged, in the state of its last act, and no other."""
        expected = {}
        for act in self.acts:
            if act.done and act.kind in STATES:
                expected[int(act.subject)] = STATES[act.kind]
        rows = self.world.server.sql(
            "SELECT redemption_id, state FROM redemptions WHERE merchant_id = %s", self.market.id
        )
        assert {row["redemption_id"]: row["state"] for row in rows} == expected

    def check_transfers(self):
        """Exactly one transfer for each act that was acknowledged."""
        expected = Counter(
            (TRANSFERS[act.kind], int(act.subject))
            for act in self.acts
            if act.done and act.answer.json.get("points") != "0.00"
        )
        assert self.transfers() - self.before == expected

    def transfers(self):
        rows = self.world.server.sql("SELECT kind, ref FROM transfers WHERE member_id <> 0")
        return Counter((row["kind"], row["ref"]) for row in rows)
