"""
People, shops and points for tests, made over the API: `world.market()` is a shop of the test's own,
`market.reward(stock=1, price=10)`, `market.members(64, points=10)`, `member.redeem(reward)`.

What would be too slow by thousands takes a short way in that leaves the ledger's part whole:
tokens are made here (keys.py), proposals and records that wait for a decision are written as rows,
and the decisions, which move points, are asked for one by one over the API.
"""

import itertools
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone

from support.api import new_key
from support.books import check_books
from support.keys import TokenMaker
from support.parallel import in_parallel

PASSWORD = "correct horse"
AT_ONCE = 16  # requests with which a world is filled
RECORD_PENDING, GRADE_C, ACTIVITY_CLOSED = 2, 3, 4
HOUR_US = 3_600_000_000


def unique(word):
    return f"{word}-{uuid.uuid4().hex[:12]}"


def hundredths(text):
    """ "12.50" → 1250: how the ledger counts."""
    whole, _, cents = text.removeprefix("-").partition(".")
    points = int(whole) * 100 + int(cents.ljust(2, "0") if cents else 0)
    return -points if text.startswith("-") else points


def text_of(points):
    """1250 → "12.50": how the API writes hundredths."""
    sign, size = "-" if points < 0 else "", abs(points)
    return f"{sign}{size // 100}.{size % 100:02d}"


def time_us(text):
    """Microseconds since 1970 of a time in an answer."""
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) * 1_000_000


def rfc3339(at_us):
    return datetime.fromtimestamp(at_us / 1e6, timezone.utc).isoformat()


class Person:
    """Somebody signed in. All share the connections of one Api: one a thread."""

    def __init__(self, world, account_id, role, scope_id=0, person_id=0):
        self.world = world
        self.id = account_id
        self.token = world.tokens.token(account_id, role, scope_id, person_id)

    def get(self, path, **options):
        return self.world.api.get(path, token=self.token, **options)

    def post(self, path, json=None, **options):
        return self.world.api.post(path, json, token=self.token, **options)

    def put(self, path, json=None, **options):
        return self.world.api.put(path, json, token=self.token, **options)

    def delete(self, path, **options):
        return self.world.api.delete(path, token=self.token, **options)


class Member(Person):
    def redeem(self, reward, key=True, **changed):
        return self.post("/v1/redemptions", reward.asked() | changed, key=key)

    def cancel(self, voucher, key=True):
        return self.post(f"/v1/redemptions/{voucher['id']}/cancel", key=key)

    def redemption(self, voucher):
        return self.get(f"/v1/redemptions/{voucher['id']}").expect(200)

    def wallet(self):
        return self.get("/v1/wallet").expect(200)

    @property
    def available(self):
        return self.wallet()["available"]


class ShopPerson(Person):
    """A clerk or a manager."""

    def preview(self, voucher):
        return self.post("/v1/vouchers/preview", {"code": voucher["code"]})

    def confirm(self, voucher, key=True):
        return self.post("/v1/vouchers/confirm", {"code": voucher["code"]}, key=key)

    def undo(self, voucher, key=True):
        return self.post(f"/v1/redemptions/{voucher['id']}/undo", key=key)

    def refund(self, voucher, key=True):
        return self.post(f"/v1/redemptions/{voucher['id']}/refund", key=key)


@dataclass
class Reward:
    id: str
    price: str
    terms_version: int

    def asked(self):
        """What a member sends who has seen these terms."""
        return {"reward_id": self.id, "price": self.price, "terms_version": self.terms_version}


class World:
    """A server with two administrators, a community and its coordinator."""

    def __init__(self, server):
        self.server = server
        self.api = server.api()
        self.tokens = TokenMaker(server)
        self._ids = self._claim_ids()
        self.administrator = self._first_administrator()
        self.unit_id = self.make("/v1/units", kind="community", name="玫瑰社区")["id"]
        self.other_administrator = self.staff("administrator")
        self.coordinator = self.staff("coordinator", self.unit_id)

    # People

    def staff(self, role, scope_id=0, person_id=0):
        body = {"role": role, "login": unique(role), "password": PASSWORD, "display_name": role}
        body |= {"scope_id": scope_id} if scope_id else {}
        body |= {"person_id": person_id} if person_id else {}
        made = self.make("/v1/staff", **body)
        kind = ShopPerson if role in ("clerk", "manager") else Person
        return kind(self, made["id"], role, scope_id, person_id)

    def members(self, count, points=0):
        def join(_):
            made = self.make("/v1/members", name="王小明", unit_id=self.unit_id, consent=True)
            return Member(self, made["id"], "member")

        joined = in_parallel(join, range(count), AT_ONCE)
        if points:
            self.give(joined, points)
        return joined

    def member(self, points=0):
        return self.members(1, points)[0]

    # Points

    def give(self, members, points):
        """Points for each of them, by an adjustment that two administrators agree on."""
        proposals = self.insert(
            "proposals",
            "proposal_id, kind, state, member_id, subject, points, reason, proposed_by,"
            " proposed_us, decided_by, decided_us",
            [
                (self.new_id(), 1, 0, member.id, 0, hundredths(str(points)), "期初积分",
                 self.administrator.id, self.now_us(), 0, 0)
                for member in members
            ],
        )  # fmt: skip
        in_parallel(lambda row: self.approve(row[0]).expect(200), proposals, AT_ONCE)

    def approve(self, proposal_id, key=True):
        return self.other_administrator.post(f"/v1/proposals/{proposal_id}/approve", key=key)

    def adjust(self, member, points):
        """One adjustment over the API from its beginning: the answer of the second person."""
        return self.decide(kind="adjust", member_id=member.id, points=str(points))

    def decide(self, **proposal):
        made = self.make("/v1/proposals", reason="两人核对无误", **proposal)
        return self.approve(made["id"])

    def records(self, members, minutes=60, days_ago=1):
        """A pending record each, of one activity: their ids in the members' order."""
        end_us = self.now_us() - days_ago * 24 * HOUR_US
        start_us = end_us - minutes * 60_000_000
        activity = self.insert(
            "activities",
            "activity_id, unit_id, category, state, title, description, place, starts_us, ends_us,"
            " capacity, signed_up, created_by, created_us",
            [(self.new_id(), self.unit_id, 3, ACTIVITY_CLOSED, "洁净家园", "", "", start_us, end_us,
              len(members), len(members), self.coordinator.id, start_us)],
        )  # fmt: skip
        rows = self.insert(
            "records",
            "record_id, activity_id, member_id, state, grade, started_us, ended_us, minutes, points,"
            " reviewed_by, reviewed_us, note",
            [(self.new_id(), activity[0][0], member.id, RECORD_PENDING, GRADE_C, start_us, end_us,
              minutes, 0, 0, 0, "") for member in members],
        )  # fmt: skip
        return [str(row[0]) for row in rows]

    def award(self, record_id, key=True):
        return self.coordinator.post(f"/v1/records/{record_id}/approve", key=key)

    # Places

    def market(self):
        return Market(self)

    def activity(self, capacity, starts_in_hours=1, hours=2):
        starts_us = self.now_us() + int(starts_in_hours * HOUR_US)
        activity_id = self.make(
            "/v1/activities",
            unit_id=self.unit_id,
            category="clean_homes",
            title="洁净家园",
            starts_at=rfc3339(starts_us),
            ends_at=rfc3339(starts_us + hours * HOUR_US),
            capacity=capacity,
        )["id"]
        self.coordinator.post(f"/v1/activities/{activity_id}/publish").expect(200)
        return activity_id

    # The end

    def verify_ledger(self):
        """The whole history and everything that it adds up to, by two programs."""
        check_books(self.server)
        self.server.cli("ledger", "verify")

    # How it is made

    def make(self, path, **body):
        return self.administrator.post(path, body).expect(201)

    def now_us(self):
        now = getattr(self.server, "now", None)  # a TimeServer's
        return int((now() if now else datetime.now(timezone.utc).timestamp()) * 1e6)

    def insert(self, table, columns, rows):
        """Writes rows past the server and returns them."""
        connection = self.server.database()
        try:
            with connection.cursor() as cursor:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
        finally:
            connection.close()
        return rows

    def new_id(self):
        return next(self._ids)

    def _claim_ids(self):
        """Numbers that no server makes: as one more instance (base/ids.h)."""
        connection = self.server.database()
        try:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO instances (started_us, name) VALUES (0, 'tests')")
                return itertools.count(cursor.lastrowid << 33)
        finally:
            connection.close()

    def _first_administrator(self):
        login = unique("root")
        make = "admin", "create", f"--login={login}", "--name=管理员"
        self.server.cli(*make, input=PASSWORD + "\n")
        body = {"login": login, "password": PASSWORD}
        signed_in = self.api.post("/v1/sign-in/staff", body).expect(200)
        return Person(self, signed_in["account"]["id"], "administrator")


class Market:
    """A shop of one's own with a manager and a clerk, and the people of the world around it."""

    def __init__(self, world):
        self.world = world
        self.id = world.make("/v1/merchants", name="老街饼店", sector="catering")["id"]
        self.manager = world.staff("manager", self.id)
        self.clerk = world.staff("clerk", self.id)
        self.members, self.member = world.members, world.member
        self.verify_ledger = world.verify_ledger

    def reward(self, stock=0, price=10, **terms):
        body = {"merchant_id": self.id, "title": "桃酥一盒", "price": str(price)} | terms
        made = self.manager.post("/v1/rewards", body).expect(201)
        reward = Reward(made["id"], made["terms"]["price"], made["terms_version"])
        if stock:
            self.restock(reward, stock).expect(200)
        return reward

    def restock(self, reward, pieces, key=True):
        return self.manager.post(f"/v1/rewards/{reward.id}/stock", {"pieces": pieces}, key=key)

    def change_terms(self, reward, **terms):
        """Other terms: the reward as those see it who look again."""
        body = {"terms_version": reward.terms_version, "price": reward.price} | terms
        made = self.manager.put(f"/v1/rewards/{reward.id}/terms", body).expect(200)
        return Reward(made["id"], made["terms"]["price"], made["terms_version"])

    def stock(self, reward):
        """(free, held, sold)"""
        stock = self.world.api.get(f"/v1/rewards/{reward.id}").expect(200)["stock"]
        return stock["free"], stock["held"], stock["sold"]

    def settle(self, cut_off=None):
        """A statement of all that was confirmed until now, or the one with that cut-off again."""
        if not cut_off:
            time.sleep(1 - self.world.now_us() % 1_000_000 / 1e6 + 0.01)  # they are whole seconds
        body = {"cut_off": cut_off or rfc3339(self.world.now_us())}
        path = f"/v1/merchants/{self.id}/statements"
        return self.world.administrator.post(path, body, key=True).expect(200)

    def voucher(self, member=None, **reward):
        """One that was just redeemed, of a reward of its own."""
        terms = {"stock": 1, "price": 10} | reward
        member = member or self.member(points=terms["price"])
        return member, member.redeem(self.reward(**terms)).expect(201)
