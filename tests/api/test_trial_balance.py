"""What every kind of account had, got, gave and has on a day."""

import csv
import io
import json

import pytest

from support.clock import TimeServer
from support.world import World, hundredths


@pytest.fixture(scope="module")
def three_days(sms):
    """A server on its third day, with its world: each day somebody earned and spent."""
    with TimeServer("2026-03-01T23:30:00+08:00", sms.options) as server:
        world = World(server)
        market = world.market()
        for days in range(3):
            if days:
                server.advance(days=1)
            member, voucher = market.voucher(price=10 + days)
            market.clerk.confirm(voucher).expect(200)
            world.award(world.records([member])[0]).expect(200)
        yield world


def balance(world, day, by=None):
    query = {"day": day}
    body = (by or world.administrator).get("/v1/ledger/trial-balance", query=query).expect(200)
    assert body["day"] == day
    return {line["kind"]: line for line in [*body["accounts"], body["sum"]]}


def points(line):
    return {name: hundredths(line[name]) for name in ("opening", "in", "out", "closing")}


def test_each_day_begins_where_the_last_one_ended(three_days):
    days = [f"2026-03-0{day}" for day in range(1, 5)]
    balances = [balance(three_days, day) for day in days]
    assert set(points(balances[0]["issuance"]).values()) != {0}
    for before, after in zip(balances, balances[1:]):
        assert {k: v["closing"] for k, v in before.items()} == {
            k: v["opening"] for k, v in after.items()
        }
    assert {line["in"] for line in balances[-1].values()} == {"0.00"}
    for day in balances:
        for line in map(points, day.values()):
            assert line["closing"] == line["opening"] + line["in"] - line["out"]
        total = points(day["sum"])
        assert (total["opening"], total["closing"]) == (0, 0)
        assert total["in"] == total["out"]


def test_a_day_shows_what_happened_on_it(three_days):
    """The second member got 11 points from an adjustment, spent them, and earned 1."""
    day = balance(three_days, "2026-03-02")
    assert (day["adjustment"]["out"], day["issuance"]["out"]) == ("11.00", "1.00")
    assert (day["wallet"]["in"], day["wallet"]["out"]) == ("12.00", "11.00")
    assert (day["held"]["in"], day["held"]["out"], day["merchant"]["in"]) == (
        "11.00", "11.00", "11.00"
    )  # fmt: skip


def test_the_last_closing_is_what_the_tables_say(three_days):
    day = balance(three_days, "2026-03-03")
    sql = three_days.server.sql
    for row in sql("SELECT account >> 56 AS kind, SUM(balance) AS sum FROM balances GROUP BY 1"):
        kind = list(day)[row["kind"] - 1]
        assert points(day[kind])["closing"] == row["sum"], kind
    (wallets,) = sql("SELECT SUM(available) AS wallet, SUM(held) AS held FROM wallets")
    for kind, total in wallets.items():
        assert points(day[kind])["closing"] == total


def test_csv_says_the_same(three_days):
    answer = three_days.administrator.get(
        "/v1/ledger/trial-balance", query={"day": "2026-03-02", "format": "csv"}
    )
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    by_kind = {row.pop("account"): row for row in rows}
    expected = balance(three_days, "2026-03-02")
    assert by_kind == {
        kind: {"day": "2026-03-02"} | {k: v for k, v in line.items() if k != "kind"}
        for kind, line in expected.items()
    }


def test_the_command_line_says_the_same(three_days):
    command = "ledger", "trial-balance", "--day=2026-03-02"
    told = json.loads(three_days.server.cli(*command).stdout)
    query = {"day": "2026-03-02"}
    answer = three_days.administrator.get("/v1/ledger/trial-balance", query=query)
    assert told == answer.expect(200)
    as_csv = three_days.server.cli(*command, "--format=csv").stdout
    assert as_csv.splitlines()[0] == "day,account,opening,in,out,closing"
    assert three_days.server.cli("ledger", "trial-balance", check=False).returncode == 2
    wrong = three_days.server.cli(*command, "--format=xml", check=False)
    assert wrong.returncode == 2


def test_only_auditors_and_administrators_see_it(three_days):
    query = {"day": "2026-03-01"}
    path = "/v1/ledger/trial-balance"
    assert balance(three_days, "2026-03-01", three_days.staff("auditor"))
    assert three_days.api.get(path, query=query).status == 401
    for person in (three_days.member(), three_days.coordinator):
        assert person.get(path, query=query).status == 403


@pytest.mark.parametrize("query", [{}, {"day": "2026-02-30"}, {"day": "2026-03-01", "format": "x"}])
def test_a_day_must_be_one(three_days, query):
    assert three_days.administrator.get("/v1/ledger/trial-balance", query=query).status == 400
