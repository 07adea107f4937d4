"""The API against a model of wallets, lots, stock and limits: the same after each random act."""

import copy
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from support.api import new_key
from support.clock import TimeServer
from support.model import DAY, MarketModel, Record, Reward, Wallet, day_start, local_day
from support.processes import wait_until
from support.world import Market, World, hundredths, rfc3339, text_of, time_us

AWARD_DAYS, DAILY_CAP = 30, 800
OPTIONS = {"award.expiry_days": AWARD_DAYS, "award.daily_cap": DAILY_CAP}
MORNING = 10 * 3600  # seconds after midnight at which each example begins
SLACK = 10  # seconds that an answer may be older than our clock; each travel takes so many more

MEMBERS, REWARDS = 2, 2
which = st.integers(0, 63)  # one of a list, counted around
terms = {
    "price": st.sampled_from([50, 120, 333]),
    "limit_count": st.integers(0, 2),
    "limit_days": st.sampled_from([1, 7]),
    "valid_days": st.sampled_from([20, 60, 1]),
}
EASY_TERMS = {"price": 50, "limit_count": 0, "limit_days": 1, "valid_days": 20}
CLOSED = [False] * 4 + [True]


acts = []


def act(often=1, **arguments):
    """
    Marks a method as one of the acts that the machine's only rule chooses from. Hypothesis leaves
    out some rules in each run, and a market where nobody redeems proves little.
    """

    def remember(method):
        choice = st.tuples(st.just(method.__name__), st.fixed_dictionaries(arguments))
        acts.extend([choice] * often)
        return method

    return remember


class MarketMachine(RuleBasedStateMachine):
    """
    What the keeper does, it does when it likes: vouchers that have lapsed meanwhile are noticed
    when an answer does not fit, and then the act is tried on the model again.
    """

    market = None  # the real one

    @initialize(rewards=st.tuples(*[st.fixed_dictionaries(terms)] * REWARDS))
    def begin(self, rewards):
        self.world = self.market.world
        self.server = self.world.server
        self.model = MarketModel(DAILY_CAP, AWARD_DAYS)
        tomorrow = day_start(local_day(self.server.now()) + 1)
        self.server.advance(seconds=tomorrow + MORNING - self.server.now())
        self.members = self.world.members(MEMBERS)
        self.model.wallets = {n: Wallet() for n in range(MEMBERS)}
        self.rewards, self.vouchers, self.records = [], [], []
        for number, wanted in enumerate(rewards):
            self.rewards.append(self.market.reward(stock=5, **self.as_sent(wanted)))
            self.model.rewards[number] = Reward(**wanted, free=5)
        for member in range(MEMBERS):
            self.add_record(member, minutes=240, days_ago=1)
            self.award(-1, False)

    # Earning

    @act(
        member=which,
        minutes=st.integers(1, 299),
        days_ago=st.integers(1, 2),
        reviewed=st.sampled_from([True, True, False]),
    )
    def serve(self, member, minutes, days_ago, reviewed):
        self.add_record(member % MEMBERS, minutes, days_ago)
        if reviewed:
            self.award(-1, False)

    @act(record=which, again=st.booleans())
    def award(self, record, again):
        record_id = self.one_of(self.records, record)
        self.both(
            lambda key: self.world.award(record_id, key=key),
            lambda model, now: model.award(int(record_id), now),
            again,
        )

    @act(member=which, points=st.integers(-900, 900).filter(bool), again=st.booleans())
    def adjust(self, member, points, again):
        member %= MEMBERS
        made = self.propose("adjust", member, points=text_of(points))
        self.both(
            lambda key: self.world.approve(made, key=key),
            lambda model, now: model.adjust(member, int(made), points, now),
            again,
        )

    @act(record=which, again=st.booleans(), waived=st.sampled_from([0, 1, 300]))
    def claw_back(self, record, again, waived):
        record_id = self.one_of(self.records, record)
        self.claw_back_record(record_id, again)
        if waived:
            self.waive(self.model.records[int(record_id)].member, waived)

    def claw_back_record(self, record_id, again=False):
        member = self.model.records[int(record_id)].member
        made = self.propose("claw_back", member, record_id=record_id)
        self.both(
            lambda key: self.world.approve(made, key=key),
            lambda model, now: model.claw_back(member, int(record_id)),
            again,
        )

    def waive(self, member, points):
        made = self.propose("waive", member, points=text_of(points))
        self.both(
            lambda key: self.world.approve(made, key=key),
            lambda model, now: model.waive(member, points),
        )

    @act(member=which, frozen=st.sampled_from([True, False, False]))
    def freeze(self, member, frozen):
        member %= MEMBERS
        path = f"/v1/members/{self.members[member].id}/wallet/freeze"
        body = {"frozen": frozen, "why": "异常核查"}
        self.both(
            lambda key: self.world.administrator.post(path, body, key=key),
            lambda model, now: model.freeze(member, frozen),
        )

    # The shop

    @act(reward=which, pieces=st.integers(-3, 5), again=st.booleans())
    def restock(self, reward, pieces, again):
        reward %= REWARDS
        self.both(
            lambda key: self.market.restock(self.rewards[reward], pieces, key=key),
            lambda model, now: model.restock(reward, pieces),
            again,
        )

    @act(reward=which, wanted=st.fixed_dictionaries(terms), closed=st.sampled_from(CLOSED))
    def change_terms(self, reward, wanted, closed):
        """Members do not know yet."""
        reward %= REWARDS
        current = self.model.rewards[reward]
        known = replace(self.rewards[reward], terms_version=current.terms_version)
        changed = self.market.change_terms(known, closed=closed, **self.as_sent(wanted))
        for name, value in wanted.items():
            setattr(current, name, value)
        current.closed, current.terms_version = closed, changed.terms_version

    @act(often=3, member=which, reward=which, again=st.booleans(), before=st.integers(0, 3))
    def redeem(self, member, reward, again, before):
        """On terms seen a while ago, whatever is left; or after some who came prepared."""
        for _ in range(before):
            self.redeem_what_can_be_had(member % MEMBERS, reward % REWARDS)
        self.redeem_now(member % MEMBERS, reward % REWARDS, again)

    @act(
        often=5,
        number=which,
        use=st.sampled_from(["confirm", "cancel", "undo", "refund", "settle"]),
        again=st.booleans(),
        days=st.sampled_from([0, 0, 0, 0, 19, 31]),
        tainted=st.sampled_from([False, False, True]),
    )
    def use_a_voucher(self, number, use, again, days, tainted):
        """One that may have had any fate, or a new one: left to chance, most would be refused."""
        if not self.vouchers or number % 2:
            self.redeem_what_can_be_had(number // 2 % MEMBERS, number // 4 % REWARDS)
            number = -1
        if days:
            self.time_passes({"days": days})
        if tainted:
            paid_by = self.model.vouchers[self.one_of(self.vouchers, number)["name"]].parts[0][0].id
            if paid_by in self.model.records:
                self.claw_back_record(str(paid_by))
        if use in ("undo", "refund", "settle"):
            self.act_on(number, self.market.clerk.confirm, MarketModel.confirm, False)
        if use == "undo":
            self.act_on(number, self.market.clerk.undo, MarketModel.undo, again)
        elif use == "refund":
            self.act_on(number, self.market.manager.refund, MarketModel.refund, again)
        elif use == "confirm":
            self.act_on(number, self.market.clerk.confirm, MarketModel.confirm, again)
        elif use == "cancel":
            self.act_on(number, self.cancel_by_its_member, MarketModel.cancel, again)
        else:
            self.settle()

    def settle(self):
        """A statement of all that was confirmed: none of it can be undone any more."""
        self.time_passes({"minutes": 6})
        now = self.server.now()
        self.market.settle(cut_off=rfc3339(self.world.now_us()))
        self.model.settle(now)

    # Time

    @act(passed=st.sampled_from([{"minutes": 6}, {"days": 1}, {"days": 7}, {"days": 31}]))
    def time_passes(self, passed):
        """No two things happen so close to each other's limit that seconds decide."""
        self.server.advance(seconds=SLACK, **passed)
        self.let_lapse()

    def let_lapse(self):
        """Points that return first are spent first: the keeper must not race with the next act."""
        now = self.server.now()
        late = "SELECT 1 FROM redemptions WHERE state = 3 AND expires_us <= %s LIMIT 1"
        if any(v.state == "issued" and v.expires <= now for v in self.model.vouchers.values()):
            wait_until(lambda: not self.server.sql(late, int(now * 1e6)), 30, "the keeper")

    @rule(chosen=st.one_of(acts))
    def somebody_acts(self, chosen):
        name, arguments = chosen
        getattr(self, name)(**arguments)

    # What must be so after each

    @invariant()
    def the_api_shows_what_the_model_has(self):
        """The keeper works meanwhile: what differs because of it is looked at again."""
        while differences := self.differences():
            assert self.notice_lapses(), differences

    def differences(self):
        now, found = self.server.now(), []
        for number, member in enumerate(self.members):
            wallet, seen = self.model.wallets[number], member.wallet()
            wanted = {
                "available": wallet.available(now),
                "held": wallet.held,
                "owed": wallet.owed,
            }
            shown = {name: hundredths(seen[name]) for name in wanted}
            lots = [(lot.id, lot.remaining) for lot in wallet.living(now)]
            shown_lots = [(int(lot["id"]), hundredths(lot["remaining"])) for lot in seen["lots"]]
            late = [
                lot.id
                for lot, there in zip(wallet.living(now), seen["lots"])
                if abs(lot.expires - time_us(there["expires_at"]) / 1e6) > SLACK
            ]
            state = "frozen" if wallet.frozen else "open"
            if (shown, shown_lots, seen["state"], late) != (wanted, lots, state, []):
                found.append((number, seen, wanted, state, wallet.living(now)))
        for number, reward in enumerate(self.rewards):
            model = self.model.rewards[number]
            if self.market.stock(reward) != (model.free, model.held, model.sold):
                found.append((reward, self.market.stock(reward), model))
        return found

    def notice_lapses(self):
        """
        True when the keeper has been at work since we last looked. To the microsecond, which answers
        do not show: of points that return with a new expiry, those that came first are spent first.
        """
        now, lapsed = self.server.now(), []
        closed = "SELECT closed_us FROM redemptions WHERE redemption_id = %s AND state = 7"
        for voucher in self.vouchers:
            model = self.model.vouchers[voucher["name"]]
            if model.state == "issued" and model.expires <= now:
                for row in self.server.sql(closed, voucher["id"]):
                    lapsed.append((row["closed_us"] / 1e6, model.expires, voucher["name"]))
        for closed, _, voucher_id in sorted(lapsed):
            self.model.begin()
            self.model.lapse(voucher_id, closed)
        return bool(lapsed)

    # How acts are done

    def both(self, ask, expect, again=False):
        """
        `ask(key)` over the API; `expect(model, now)` on the model: the same outcome. Asked
        `again` with the same key, the answer is the same.
        """
        now, key = self.server.now(), new_key()
        answer = ask(key)
        while True:
            trial = copy.deepcopy(self.model)
            trial.begin()
            refused = expect(trial, now)
            fits = answer.code in refused if refused else answer.code is None
            if fits or not self.notice_lapses():
                break
        assert fits, (answer, refused)
        assert answer.status < 500, answer
        self.model = trial
        if again:
            once_more = ask(key)
            assert (once_more.status, once_more.body) == (answer.status, answer.body)
        return answer

    def act_on(self, voucher, ask, expect, again):
        held = self.one_of(self.vouchers, voucher)
        self.both(
            lambda key: ask(held, key=key),
            lambda model, now: expect(model, held["name"], now),
            again,
        )

    def cancel_by_its_member(self, held, key):
        return self.members[self.model.vouchers[held["name"]].member].cancel(held, key=key)

    def redeem_now(self, member, reward, again):
        seen = self.rewards[reward]
        agreed = seen.terms_version, hundredths(seen.price)
        name = f"voucher {len(self.vouchers)}"
        answer = self.both(
            lambda key: self.members[member].redeem(seen, key=key),
            lambda model, now: model.redeem(member, reward, name, agreed, now),
            again,
        )
        if answer.status == 201:
            self.vouchers.append(answer.json | {"name": name})

    def redeem_what_can_be_had(self, member, reward):
        terms, wallet = self.model.rewards[reward], self.model.wallets[member]
        self.rewards[reward].price = text_of(terms.price)
        self.rewards[reward].terms_version = terms.terms_version
        if terms.free == 0:
            self.restock(reward, 2, False)
        if wallet.frozen:
            self.freeze(member, False)
        if wallet.available(self.server.now()) < terms.price:
            self.serve(member, 120, 1, True)
        self.redeem_now(member, reward, False)
        if not self.vouchers:
            self.change_terms(reward, EASY_TERMS, False)
            self.redeem_what_can_be_had(member, reward)

    def propose(self, kind, member, **body):
        body |= {"kind": kind, "member_id": self.members[member].id, "reason": "两人核对无误"}
        return self.world.make("/v1/proposals", **body)["id"]

    def add_record(self, member, minutes, days_ago):
        served = local_day(self.server.now() - days_ago * DAY - minutes * 60)
        record_id = self.world.records([self.members[member]], minutes, days_ago)[0]
        self.model.records[int(record_id)] = Record(member, served, minutes * 100 // 60)
        self.records.append(record_id)

    @staticmethod
    def as_sent(wanted):
        return wanted | {"price": text_of(wanted["price"])}

    @staticmethod
    def one_of(items, number):
        return items[number % len(items)]

@pytest.fixture
def shop(sms):
    with TimeServer("2030-03-01T10:00:00+08:00", sms.options | OPTIONS) as server:
        yield Market(World(server))


@pytest.mark.limit(600)
def test_the_api_follows_the_model(shop, deep):
    machine = type("Machine", (MarketMachine,), {"market": shop})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=400 if deep else 35,
            stateful_step_count=60,
            derandomize=not deep,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    shop.verify_ledger()
