"""
What the market promises, as simply as it can be said: wallets of lots with expiry, stock, vouchers,
limits. Pure; points are hundredths, times are seconds since 1970. `test_model.py` holds the API
against it.

Each act returns the set of codes with which it may be refused (more than one reason may apply at a
time; which is named first is nobody's promise), empty when it was done.
"""

from dataclasses import dataclass, field

DAY = 86400
LOCAL = 8 * 3600
LOT_GRACE = 30 * DAY
ADJUSTED_LIFE = 730 * DAY
UNDO_WINDOW = 5 * 60


def local_day(now):
    return int(now + LOCAL) // DAY


def day_start(day):
    return day * DAY - LOCAL


@dataclass
class Lot:
    id: int
    points: int
    remaining: int
    expires: float
    order: int  # among lots of about the same expiry: the earlier act first
    gone: int = 0
    revoked: bool = False

    def alive(self, now):
        return self.remaining > 0 and self.expires > now

    @property
    def spent(self):
        return self.points - self.remaining - self.gone

    def sweep(self, now):
        if not self.alive(now):
            self.gone += self.remaining
            self.remaining = 0


@dataclass
class Wallet:
    lots: dict = field(default_factory=dict)
    held: int = 0
    owed: int = 0
    frozen: bool = False
    used: dict = field(default_factory=dict)  # {(reward, period): pieces}
    earned: dict = field(default_factory=dict)  # {day of service: points}

    def living(self, now):
        """Those with points left, in the order in which they are spent."""
        alive = [lot for lot in self.lots.values() if lot.alive(now)]
        return sorted(alive, key=lambda lot: (int(lot.expires), lot.order, lot.id))

    def available(self, now):
        return sum(lot.remaining for lot in self.living(now))

    def take(self, points, now):
        """[(lot, points, its expiry)]; there are enough."""
        parts = []
        for lot in self.living(now):
            part = min(lot.remaining, points)
            if part:
                lot.remaining -= part
                parts.append((lot, part, lot.expires, lot.order))
            points -= part
        assert points == 0
        return parts

    def give_back(self, parts, now, order):
        for lot, *_ in parts:
            lot.sweep(now)
        for lot, points, expires, was in parts:
            due = (expires, was) if expires > now else (now + LOT_GRACE, order)
            if lot.remaining == 0 or (lot.expires, lot.order) < due:
                lot.expires, lot.order = due
            lot.remaining += points
        for lot, points, *_ in parts:
            if lot.revoked:
                self.owed -= min(self.owed, lot.remaining)
                lot.gone += lot.remaining
                lot.remaining = 0


@dataclass
class Reward:
    price: int
    valid_days: int
    limit_count: int
    limit_days: int = 1
    terms_version: int = 1
    closed: bool = False
    free: int = 0
    held: int = 0
    sold: int = 0


@dataclass
class Voucher:
    member: object
    reward: object
    points: int
    parts: list
    period: object  # (reward, number) of the limit that it used, or None
    expires: float
    state: str = "issued"
    confirmed: float = 0


@dataclass
class Record:
    member: object
    day: int
    points: int  # before the cap
    awarded: bool = False


class MarketModel:
    """Members, rewards, vouchers and records are named by whatever the caller names them."""

    def __init__(self, daily_cap, award_days):
        self.daily_cap, self.award_days = daily_cap, award_days
        self.wallets, self.rewards, self.vouchers, self.records = {}, {}, {}, {}
        self.acts = 0

    def begin(self):
        self.acts += 1

    # Earning

    def award(self, record_id, now):
        record = self.records[record_id]
        if record.awarded:
            return {"already_decided"}
        record.awarded = True
        wallet = self.wallets[record.member]
        earned = wallet.earned.get(record.day, 0)
        points = max(0, min(record.points, self.daily_cap - earned))
        wallet.earned[record.day] = earned + points
        if points:
            expires = day_start(local_day(now) + self.award_days + 1)
            wallet.lots[record_id] = Lot(record_id, points, points, expires, 0)
        return set()

    def adjust(self, member, proposal_id, points, now):
        wallet = self.wallets[member]
        if points > 0:
            lot = Lot(proposal_id, points, points, now + ADJUSTED_LIFE, self.acts)
            wallet.lots[proposal_id] = lot
        elif wallet.available(now) < -points:
            return {"not_enough_points"}
        else:
            for lot, part, *_ in wallet.take(-points, now):
                lot.gone += part
        return set()

    def claw_back(self, member, record_id):
        wallet = self.wallets[member]
        lot = wallet.lots.get(record_id)
        if not lot:
            return {"not_found"}
        if lot.revoked:
            return {"already_decided"}
        wallet.owed += lot.spent
        lot.gone += lot.remaining
        lot.remaining, lot.revoked = 0, True
        return set()

    def waive(self, member, points):
        wallet = self.wallets[member]
        if wallet.owed == 0:
            return {"wrong_state"}
        wallet.owed -= min(points, wallet.owed)
        return set()

    def freeze(self, member, frozen):
        self.wallets[member].frozen = frozen
        return set()

    # Stock and terms

    def restock(self, reward, pieces):
        if self.rewards[reward].free + pieces < 0:
            return {"too_much"}
        self.rewards[reward].free += pieces
        return set()

    # Redeeming

    def redeem(self, member, reward, voucher_id, seen, now):
        """`seen` are the terms (version, price) that the member agreed to."""
        wallet, terms = self.wallets[member], self.rewards[reward]
        period = (reward, local_day(now) // terms.limit_days) if terms.limit_count else None
        reasons = {
            "reward_closed": terms.closed,
            "terms_changed": seen != (terms.terms_version, terms.price),
            "sold_out": terms.free == 0,
            "wallet_frozen": wallet.frozen,
            "limit_reached": period and wallet.used.get(period, 0) >= terms.limit_count,
            "not_enough_points": wallet.available(now) < terms.price,
        }
        refused = {code for code, applies in reasons.items() if applies}
        if refused:
            return refused
        parts = wallet.take(terms.price, now)
        wallet.held += terms.price
        if period:
            wallet.used[period] = wallet.used.get(period, 0) + 1
        terms.free, terms.held = terms.free - 1, terms.held + 1
        expires = now + terms.valid_days * DAY
        self.vouchers[voucher_id] = Voucher(member, reward, terms.price, parts, period, expires)
        return set()

    def confirm(self, voucher_id, now):
        voucher = self.vouchers[voucher_id]
        if voucher.state == "issued" and voucher.expires <= now:
            return {"voucher_expired"}
        if refused := self.unusable(voucher):
            return refused
        self.rewards[voucher.reward].held -= 1
        self.rewards[voucher.reward].sold += 1
        self.wallets[voucher.member].held -= voucher.points
        voucher.state, voucher.confirmed = "confirmed", now
        return set()

    def undo(self, voucher_id, now):
        voucher = self.vouchers[voucher_id]
        if voucher.state not in ("confirmed", "settled"):
            return {"wrong_state"}
        if voucher.state == "settled" or now - voucher.confirmed > UNDO_WINDOW:
            return {"undo_too_late"}
        self.rewards[voucher.reward].sold -= 1
        self.rewards[voucher.reward].held += 1
        self.wallets[voucher.member].held += voucher.points
        voucher.state = "issued"
        return set()

    def cancel(self, voucher_id, now):
        if refused := self.unusable(self.vouchers[voucher_id]):
            return refused
        return self.take_back(voucher_id, "cancelled", now)

    def lapse(self, voucher_id, now):
        return self.take_back(voucher_id, "expired", now)

    def refund(self, voucher_id, now):
        voucher = self.vouchers[voucher_id]
        if voucher.state == "refunded":
            return {"voucher_refunded"}
        if voucher.state != "confirmed":
            return {"wrong_state"}
        return self.take_back(voucher_id, "refunded", now)

    def settle(self, now):
        for voucher in self.vouchers.values():
            if voucher.state == "confirmed" and now - voucher.confirmed > UNDO_WINDOW:
                voucher.state = "settled"
        return set()

    @staticmethod
    def unusable(voucher):
        """Why it cannot be used or cancelled; empty when it can."""
        words = {"issued": set(), "confirmed": {"voucher_used"}, "settled": {"voucher_used"}}
        return words.get(voucher.state, {f"voucher_{voucher.state}"})

    def take_back(self, voucher_id, state, now):
        voucher = self.vouchers[voucher_id]
        wallet, reward = self.wallets[voucher.member], self.rewards[voucher.reward]
        if voucher.state == "issued":
            wallet.held -= voucher.points
            reward.held -= 1
        else:
            reward.sold -= 1
        reward.free += 1
        if voucher.period and wallet.used.get(voucher.period):
            wallet.used[voucher.period] -= 1
        wallet.give_back(voucher.parts, now, self.acts)
        voucher.state = state
        return set()
