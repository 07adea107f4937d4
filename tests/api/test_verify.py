"""Anyone can check the books: a row that is changed, deleted or added by hand is named."""

import hashlib
import json
import signal
import re
import struct

import pytest

from support.api import new_key
from support.history import make_history
from support.parallel import in_parallel
from support.processes import wait_until
from support.server import Server
from support.world import World


@pytest.fixture(scope="module")
def books(sms):
    """A server whose history has everything in it. Each test puts back what it has changed."""
    with Server(sms.options) as server:
        make_history(server)
        assert verify(server)["fits"]
        yield server


def verify(server, *arguments):
    done = server.cli("ledger", "verify", "--json", *arguments, check=False)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["fits"] else 1)
    return report


class Tampering:
    """`with Tampering(server, table, where) as row:` the row is as before afterwards."""

    def __init__(self, server, table, key):
        self.server, self.table, self.key = server, table, key
        self.where = " AND ".join(f"{column} = %s" for column in key)

    def __enter__(self):
        # The server looks at its lane's row whenever it renews its lease, and would leave the lane.
        if self.table == "lanes":
            self.server.process.send_signal(signal.SIGSTOP)
        self.rows = self.run(f"SELECT * FROM {self.table} WHERE {self.where}", *self.key.values())
        return self

    def __exit__(self, *_):
        self.delete()
        for row in self.rows:
            self.insert(row)
        if self.table == "lanes":
            self.server.process.send_signal(signal.SIGCONT)

    def change(self, assignment):
        self.run(f"UPDATE {self.table} SET {assignment} WHERE {self.where}", *self.key.values())
        assert self.run(f"SELECT * FROM {self.table} WHERE {self.where}", *self.key.values()) != (
            self.rows
        )

    def delete(self):
        self.run(f"DELETE FROM {self.table} WHERE {self.where}", *self.key.values())

    def insert(self, row):
        columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
        self.run(f"INSERT INTO {self.table} ({columns}) VALUES ({places})", *row.values())

    def run(self, statement, *values):
        return self.server.sql(statement, *values)


KEYS = {
    "blocks": ("lane", "height"),
    "transfers": ("transfer_id",),
    "lanes": ("lane",),
    "wallets": ("member_id",),
    "lots": ("member_id", "lot_id"),
    "balances": ("account", "lane"),
    "stock": ("reward_id",),
    "redemptions": ("redemption_id",),
    "limit_uses": ("member_id", "subject"),
    "checkpoints": ("checkpoint_id",),
    "records": ("record_id",),
    "proposals": ("proposal_id",),
}


def pick(server, table, where="1 = 1", last=False):
    """The key of the first, or last, row that fits."""
    columns = ", ".join(KEYS[table])
    order = ", ".join(f"{column} DESC" if last else column for column in KEYS[table])
    rows = server.sql(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {order} LIMIT 1")
    assert rows, f"no row of {table} where {where}"
    return rows[0]


def named(table, key):
    """How verify names a row."""
    if table == "transfers":
        number = key["transfer_id"]
        text = f"{number >> 56}-{number >> 16 & (1 << 40) - 1}-{number & 0xFFFF}"
        return f"transfer_id={number} ({text})"
    return " ".join(f"{column}={value}" for column, value in key.items())


def assert_names(server, table, key):
    report = verify(server)
    assert not report["fits"]
    misfit = report["misfit"]
    assert (misfit["table"], misfit["key"]) == (table, named(table, key)), misfit
    assert misfit["expected"] != misfit["found"]


SPENT_LOT = "lot_id IN (SELECT record_id FROM records WHERE state = 3) AND remaining < points"
MERGED = "member_id IN (SELECT merged_into FROM wallets WHERE state = 2)"

CHANGES = [
    ("blocks", "height = 3", "time_us = time_us + 1"),
    ("blocks", "height = 3", "root = REVERSE(root)"),
    ("blocks", "height = 3", "previous_hash = REVERSE(previous_hash)"),
    ("blocks", "height = 3", "transfers = transfers + 1"),
    ("blocks", "height = 3", "signature = REVERSE(signature)"),
    ("blocks", "height = 3", "key_id = key_id + 1"),
    ("blocks", "height = 3", "key_id = 65537"),
    ("transfers", "points > 0", "points = points + 1"),
    ("transfers", "points > 0", "member_id = member_id + 1"),
    ("transfers", "kind = 2", "kind = 250"),
    ("transfers", "kind = 2", "from_account = from_account + 1"),
    ("transfers", "kind = 2", "to_account = 0"),
    ("transfers", "kind = 2", "ref = ref + 1"),
    ("transfers", "kind = 2", "subject = subject + 1"),
    ("transfers", "kind = 2", "pieces = 2"),
    ("transfers", "kind = 2", "actor = 0"),
    ("transfers", "kind = 2", "detail = CONCAT(detail, 'x')"),
    ("transfers", "kind = 2", "seal = REVERSE(seal)"),
    ("lanes", "lane = 1", "height = height + 1"),
    ("lanes", "lane = 1", "height = height - 1"),
    ("lanes", "lane = 2", "head_hash = REVERSE(head_hash)"),
    ("lanes", "lane = 2", "instance_id = 4000000"),
    ("wallets", "available > 0", "available = available + 1"),
    ("wallets", "held > 0", "held = held - 1"),
    ("wallets", "owed > 0", "owed = 0"),
    ("wallets", "available > 0", "version = version + 1"),
    ("wallets", "state = 1", "state = 0"),
    ("wallets", "state = 0", "state = 1"),
    ("wallets", "state = 2", "merged_into = merged_into + 1"),
    ("wallets", "version = 0", "available = 1000000"),
    ("lots", "remaining > 0", "remaining = remaining + 1"),
    ("lots", "remaining > 0", "points = points + 1"),
    ("lots", SPENT_LOT, "gone = gone + 1"),
    ("lots", "remaining > 0", "expires_us = expires_us + 1"),
    ("lots", "source = 1", "grade = 1"),
    ("lots", "source = 2", "source = 1"),
    ("lots", "state = 1", "state = 0"),
    ("balances", "lane = 1", "balance = balance + 1"),
    ("balances", "lane = 2", "balance = balance - 1"),
    ("stock", "free > 0", "free = free + 1"),
    ("stock", "held > 0", "held = held - 1"),
    ("stock", "sold > 0", "sold = sold + 1"),
    ("stock", "initial > 0", "initial = initial + 1"),
    ("stock", "initial > 0", "merchant_id = merchant_id + 1"),
    ("stock", "sold > 0", "committed_fen = committed_fen + 100"),
    ("redemptions", "state = 3", "state = 4"),
    ("redemptions", "state = 4", "state = 3"),
    ("redemptions", "state = 6", "state = 8"),
    ("redemptions", "state = 4", "points = points + 1"),
    ("redemptions", "state = 4", "member_id = member_id + 1"),
    ("redemptions", "state = 4", "reward_id = reward_id + 1"),
    ("redemptions", "state = 5", "merchant_id = merchant_id + 1"),
    ("redemptions", "state = 3", "merchant_id = merchant_id + 1"),
    ("redemptions", "state = 4", "confirmed_us = confirmed_us + 1"),
    ("redemptions", "state = 4", "confirmed_by = confirmed_by + 1"),
    ("redemptions", "state = 7 OR state = 8", "closed_us = 0"),
    ("redemptions", "state = 4", "allocation = REVERSE(allocation)"),
    ("redemptions", "state = 3", "expires_us = expires_us + 86400000000"),
    ("redemptions", "state = 4", "reimburse_fen = reimburse_fen + 100"),
    ("redemptions", "state = 4", "sponsor_id = sponsor_id + 1"),
    ("redemptions", "state = 3", "terms_version = terms_version + 1"),
    ("redemptions", "state = 3", "code_hash = REVERSE(code_hash)"),
    ("redemptions", "state = 3", "code_key = code_key + 65536"),
    ("limit_uses", "subject > 1", "used = used + 1"),
    ("limit_uses", "subject > 1 AND used > 0", "used = 0"),
    ("checkpoints", "checkpoint_id = 2", "time_us = time_us + 1"),
    ("checkpoints", "checkpoint_id = 2", "heads = LEFT(heads, 41)"),
    ("checkpoints", "checkpoint_id = 2", "heads = 'x'"),
    ("checkpoints", "checkpoint_id = 2", "signature = REVERSE(signature)"),
    ("checkpoints", "checkpoint_id = 2", "key_id = key_id + 1"),
    ("records", "state = 3", "points = points + 1"),
    ("records", "state = 3", "state = 4"),
    ("records", "state = 3", "grade = 1"),
    ("records", "state = 3", "minutes = minutes + 60"),
    ("records", "state = 3", "ended_us = started_us"),
    ("records", "state = 3", "reviewed_by = reviewed_by + 1"),
    ("records", "state = 3", "reviewed_us = reviewed_us + 1"),
    ("proposals", "kind = 1 AND state = 1", "points = points + 1"),
    ("proposals", "kind = 1 AND state = 1", "state = 2"),
    ("proposals", "kind = 2 AND state = 1", "subject = subject + 1"),
    ("proposals", "kind = 3 AND state = 1", "points = 0"),
    ("proposals", "kind = 1 AND state = 1", "decided_by = decided_by + 1"),
    ("proposals", "kind = 1 AND state = 1", "proposed_by = decided_by"),
    ("proposals", "state = 0", "state = 1"),
]


@pytest.mark.parametrize("table, where, assignment", CHANGES)
def test_a_changed_row_is_named(books, table, where, assignment):
    key = pick(books, table, where)
    with Tampering(books, table, key) as row:
        row.change(assignment)
        assert_names(books, table, key)


DELETIONS = [
    ("blocks", "height = 3", False),
    ("blocks", "height = 1", False),
    ("blocks", "lane = 2", True),
    ("transfers", "kind = 1", False),
    ("transfers", "transfer_id < 2 << 56", True),
    ("lanes", "lane = 1", False),
    ("wallets", "available > 0", False),
    ("wallets", "version = 0", False),
    ("lots", "remaining > 0", False),
    ("lots", "remaining = 0", False),
    ("lots", MERGED, False),
    ("balances", "lane = 1", False),
    ("balances", "lane = 2", True),
    ("stock", "initial > 0", False),
    ("stock", "initial = 0", False),
    ("redemptions", "state = 3", False),
    ("redemptions", "state = 8", False),
    ("limit_uses", "subject > 1 AND used > 0", False),
    ("checkpoints", "checkpoint_id = 1", False),
    ("checkpoints", "checkpoint_id = 2", False),
    ("records", "state = 3", False),
    ("proposals", "kind = 1 AND state = 1", False),
]


@pytest.mark.parametrize("table, where, last", DELETIONS)
def test_a_deleted_row_is_named(books, table, where, last):
    key = pick(books, table, where, last)
    with Tampering(books, table, key) as row:
        row.delete()
        assert_names(books, table, key)


# A copy of an existing row under another key; `further` are columns that differ too.
ADDITIONS = [
    ("blocks", "lane = 1", {"height": lambda height: height + 1}, {}),
    ("blocks", "lane = 1", {"height": lambda _: 0}, {}),
    ("blocks", "lane = 1", {"lane": lambda _: 9}, {}),
    ("transfers", "transfer_id < 2 << 56", {"transfer_id": lambda number: number + 1}, {}),
    ("transfers", "transfer_id < 2 << 56", {"transfer_id": lambda number: number + (9 << 16)}, {}),
    ("transfers", "transfer_id < 2 << 56", {"transfer_id": lambda number: number + (7 << 56)}, {}),
    ("lanes", "lane = 1", {"lane": lambda _: 9}, {}),
    ("lanes", "lane = 1", {"lane": lambda _: 9}, {"height": 0, "instance_id": 4000000}),
    ("wallets", "available > 0", {"member_id": lambda _: 4711}, {}),
    ("wallets", "version = 0", {"member_id": lambda _: 4711}, {}),
    ("lots", "remaining > 0", {"lot_id": lambda _: 4711}, {}),
    ("lots", "remaining = 0", {"lot_id": lambda _: 4711}, {"points": 0, "gone": 0}),
    ("balances", "lane = 1", {"account": lambda _: (6 << 56) + 4711}, {"balance": 0}),
    ("balances", "lane = 1", {"lane": lambda _: 9}, {}),
    ("stock", "initial > 0", {"reward_id": lambda _: 4711}, {}),
    ("stock", "initial = 0", {"reward_id": lambda _: 4711}, {}),
    ("redemptions", "state = 3", {"redemption_id": lambda _: 4711}, {"code_hash": b"x" * 16}),
    ("checkpoints", "checkpoint_id > 0", {"checkpoint_id": lambda number: number + 1}, {}),
    ("checkpoints", "checkpoint_id > 0", {"checkpoint_id": lambda _: 0}, {}),
    ("records", "state = 3", {"record_id": lambda _: 4711}, {"activity_id": 4711}),
    ("proposals", "kind = 1 AND state = 1", {"proposal_id": lambda _: 4711}, {}),
]


@pytest.mark.parametrize("table, where, changed_key, further", ADDITIONS)
def test_an_added_row_is_named(books, table, where, changed_key, further):
    like = pick(books, table, where, last=True)
    with Tampering(books, table, like) as original:
        copy = original.rows[0]
    key = like | {column: change(copy[column]) for column, change in changed_key.items()}
    with Tampering(books, table, key) as row:
        row.insert(copy | key | further)
        if table in ("blocks", "transfers") and key.get("lane", key.get("transfer_id", 0) >> 56) > 2:
            # Of a lane that nobody ever opened the row of the lane is what is missing first.
            misfit = verify(books)["misfit"]
            assert misfit["table"] in ("lanes", table), misfit
        else:
            assert_names(books, table, key)


def test_a_transfer_that_is_sealed_anew_is_found_by_its_block(books):
    """The seal only helps to name the row: the root is what was signed."""
    key = pick(books, "transfers", "points > 0")
    with Tampering(books, "transfers", key) as row:
        forged = row.rows[0] | {"points": row.rows[0]["points"] + 100}
        row.change(f"points = {forged['points']}, seal = x'{leaf_hash(forged)[:8].hex()}'")
        number = key["transfer_id"]
        assert_names(
            books, "blocks", {"lane": number >> 56, "height": number >> 16 & (1 << 40) - 1}
        )


def leaf_hash(row):
    """ledger/chain.h, written again."""
    packed = struct.pack(
        ">QBQQqQQQiQH",
        row["transfer_id"], row["kind"], row["from_account"], row["to_account"], row["points"],
        row["member_id"], row["ref"], row["subject"], row["pieces"], row["actor"],
        len(row["detail"]),
    )  # fmt: skip
    return hashlib.sha256(b"\0" + packed + row["detail"]).digest()


def test_a_checkpoint_kept_outside_finds_a_history_that_was_shortened(fresh_server, tmp_path):
    """An old copy of the whole database fits in itself."""
    world = World(fresh_server)
    world.member(points=5)
    tables = [*KEYS, "members", "accounts"]
    old = {table: fresh_server.sql(f"SELECT * FROM {table}") for table in tables}
    world.member(points=7)
    kept = tmp_path / "checkpoint.json"
    fresh_server.cli("ledger", "checkpoint", f"--out={kept}")
    assert verify(fresh_server, f"--checkpoint={kept}")["fits"]
    for table, rows in old.items():
        fresh_server.sql(f"DELETE FROM {table}")
        if rows:
            columns, places = ", ".join(rows[0]), ", ".join(["%s"] * len(rows[0]))
            for row in rows:
                fresh_server.sql(f"INSERT INTO {table} ({columns}) VALUES ({places})", *row.values())
    assert verify(fresh_server)["fits"]
    report = verify(fresh_server, f"--checkpoint={kept}")
    head = json.loads(kept.read_text())["heads"][0]
    assert report["misfit"]["table"] == "blocks"
    assert report["misfit"]["key"] == f"lane={head['lane']} height={head['height']}"


def test_verify_passes_while_points_move(market):
    buyers = market.members(24, points=100)
    reward = market.reward(stock=10000, price=1)
    reports = []

    def act(number):
        if number % 50 == 49:
            return reports.append(verify(market.world.server))
        member = buyers[number % len(buyers)]
        voucher = member.redeem(reward, key=new_key()).expect(201)
        if number % 3 == 0:
            market.clerk.confirm(voucher).expect(200)
        elif number % 3 == 1:
            member.cancel(voucher).expect(200)

    in_parallel(act, range(400), 16)
    assert len(reports) == 8
    assert all(report["fits"] for report in reports), reports
    assert len({report["blocks"] for report in reports}) > 1
    market.verify_ledger()


def test_what_is_new_is_verified_by_the_server_itself(fresh_server):
    world = World(fresh_server)
    world.member(points=5)
    # Once every job has run, the next look at the chain is a minute away.
    wait_until(lambda: metric(fresh_server, "linli_keeper_runs_total") >= 8, 20, "all jobs to run")
    fresh_server.cli("ledger", "checkpoint")
    world.member(points=5)
    fresh_server.restart()
    wait_until(lambda: metric(fresh_server, "linli_ledger_verified_blocks_total"), 20, "a look")
    assert metric(fresh_server, "linli_ledger_misfit") == 0
    wait_until(lambda: metric(fresh_server, "linli_keeper_runs_total") >= 8, 20, "all jobs to run")
    world.member(points=5)
    last = pick(fresh_server, "transfers", last=True)
    fresh_server.sql("UPDATE transfers SET points = 7 WHERE transfer_id = %s", last["transfer_id"])
    fresh_server.restart()
    event = fresh_server.wait_event("ledger.misfit", 20)
    assert (event["level"], event["table"]) == ("error", "transfers")
    assert event["key"] == named("transfers", last)
    assert metric(fresh_server, "linli_ledger_misfit") == 1


def metric(server, name):
    text = server.api().get("/metrics").body.decode()
    return int(re.search(rf"^{name} (\d+)$", text, re.M)[1])
