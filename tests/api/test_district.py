"""
The district demo: its numbers, its books, the same twice over, and the cases that are planted in
it, found by the plain SQL that an auditor would write. A small share of it; the whole with
`./dev test --deep`.
"""

import hashlib
import json
import signal
import time
from datetime import datetime, timedelta, timezone

import pytest

from support.books import check_books
from support.figures import (
    QUESTIONS,
    all_rows,
    check_sheet,
    demand_by_sql,
    participation_by_sql,
    values_of,
    work_by_sql,
)
from support.keys import TokenMaker
from support.server import Server, run_cli

pytestmark = pytest.mark.limit(900)

# What an auditor asks, by the kind of case: each finds rows, `found` is what the case lists under
# the name on the left. Numbers are those of service/record.h, market/redemption.h and
# ledger/refusal.h; hours are the programme's, eight ahead of UTC.
QUERIES = {
    # Counted time of two records of one member meets: what lies outside an activity counts for none.
    ("overlap", "records"): """
        SELECT x.record_id AS found, y.record_id AS also
        FROM records x
        JOIN activities ax ON ax.activity_id = x.activity_id
        JOIN records y ON y.member_id = x.member_id AND y.record_id > x.record_id
        JOIN activities ay ON ay.activity_id = y.activity_id
        WHERE LEAST(x.ended_us, ax.ends_us, y.ended_us, ay.ends_us)
            > GREATEST(x.started_us, ax.starts_us, y.started_us, ay.starts_us) + 5 * 60000000""",
    # One clerk, one member, again and again, each time within two minutes of the issue.
    ("collusion", "members"): """
        SELECT member_id AS found, confirmed_by AS clerk
        FROM redemptions
        WHERE confirmed_us > 0 AND confirmed_us - created_us < 120000000
        GROUP BY member_id, confirmed_by HAVING COUNT(*) >= 4""",
    # Signed up an hour after they are said to have begun, and approved within the half hour, at
    # night; or entered afterwards for who never signed up, and approved as soon as it may be.
    ("sold_hours", "records"): """
        SELECT r.record_id AS found
        FROM records r JOIN sign_ups s ON s.activity_id = r.activity_id AND s.member_id = r.member_id
        WHERE r.state = 3 AND s.at_us > r.started_us + 3600000000
          AND r.reviewed_us - s.at_us < 1800000000
          AND MOD(FLOOR(r.reviewed_us / 3600000000) + 8, 24) NOT BETWEEN 5 AND 22
        UNION ALL
        SELECT r.record_id
        FROM records r LEFT JOIN sign_ups s
          ON s.activity_id = r.activity_id AND s.member_id = r.member_id
        WHERE r.state = 3 AND r.grade = 4 AND s.member_id IS NULL
          AND r.reviewed_us - r.notice_until_us < 600000000""",
    # Many out of range at one activity within two minutes.
    ("code_photo", "activities"): """
        SELECT DISTINCT x.activity_id AS found
        FROM records x JOIN records y ON y.activity_id = x.activity_id AND y.place_check = 2
          AND y.started_us BETWEEN x.started_us AND x.started_us + 120000000
        WHERE x.place_check = 2 GROUP BY x.record_id HAVING COUNT(*) >= 8""",
    # Refused as used (the answer keeps when and where it had been used), three times and more.
    ("screenshot", "redemptions"): """
        SELECT r.redemption_id AS found
        FROM answers a JOIN redemptions r ON r.confirmed_us = a.until_us AND r.shop_id = a.ref
        WHERE a.refusal = 8 AND a.until_us > 0
        GROUP BY r.redemption_id HAVING COUNT(*) >= 3""",
    # Eight vouchers and more within an hour.
    ("velocity", "members"): """
        SELECT DISTINCT x.member_id AS found
        FROM redemptions x JOIN redemptions y ON y.member_id = x.member_id
          AND y.created_us BETWEEN x.created_us AND x.created_us + 3600000000
        GROUP BY x.redemption_id HAVING COUNT(*) >= 8""",
}  # fmt: skip

# Sealed or salted with something random, or changed by the keeper of a server that runs.
RANDOM_COLUMNS = {
    "members": {"personal_key", "name", "phone", "phone_index", "likeness"},
    "accounts": {"password_hash"},
    "blocks": {"signature"},
    "activities": {"state"},
    "activity_series": {"next_week"},
}  # fmt: skip
# The keeper works in them, too; they follow from the history, as `linli ledger verify` proves.
OF_THE_HISTORY = {
    "wallets", "lots", "limit_uses", "balances", "lanes", "redemptions", "stock", "answers",
}  # fmt: skip
NOT_OF_THE_DEMO = OF_THE_HISTORY | {"migrations", "keys", "instances", "checkpoints", "notices"}


@pytest.fixture(scope="module", params=[5, pytest.param(100, marks=pytest.mark.deep)])
def scale(request):
    return request.param


def new_server(scale):
    return Server(arguments=["--demo=district", f"--demo_scale={scale}"])


@pytest.fixture(scope="module")
def district(scale):
    server = new_server(scale).start(wait=False)
    try:
        server.wait_ready(600)
        yield server
    finally:
        server.cleanup()


@pytest.fixture(scope="module")
def listed(district):
    return json.loads(district.cli("demo", "cases", "--json").stdout)


@pytest.fixture(scope="module")
def planted(listed, scale):
    assert listed["scale"] == scale
    return listed["cases"]


def one(server, statement, *values):
    return next(iter(server.sql(statement, *values)[0].values()))


def digests(server, until):
    """Of every table that the demo fills, and of what of each row follows from the seed."""
    until_us = int(datetime.fromisoformat(until).timestamp()) * 1000000
    of_the_load = {
        "audit_trail": "action <> 'plugin.upload'",  # of the installation
        "activities": f"activity_id < {2 << 33}",  # instance 1: base/ids.h
        "blocks": f"time_us < {until_us}",
        "transfers": "transfer_id >> 16 & 0xffffffffff <="
        f" (SELECT MAX(height) FROM blocks WHERE time_us < {until_us})",
    }
    columns = server.sql(
        "SELECT table_name AS t, column_name AS c FROM information_schema.columns"
        " WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position"
    )
    tables = {}
    for row in columns:
        if row["t"].startswith("plugin"):
            continue  # of the installation
        if row["t"] not in NOT_OF_THE_DEMO and row["c"] not in RANDOM_COLUMNS.get(row["t"], ()):
            tables.setdefault(row["t"], []).append(row["c"])
    found = {}
    for table, names in tables.items():
        where = f"WHERE {of_the_load[table]}" if table in of_the_load else ""
        fields = ", ".join(f"`{name}`" for name in names)
        rows = server.sql(f"SELECT {fields} FROM `{table}` {where} ORDER BY {fields}")
        if rows:
            content = "\n".join(str(tuple(row.values())) for row in rows)
            found[table] = (len(rows), hashlib.sha256(content.encode()).hexdigest())
    return found


def test_it_has_the_district_s_numbers(district, scale):
    members, attendances = 19400 * scale // 100, 115000 * scale / 100
    assert one(district, "SELECT COUNT(*) FROM members") == members
    assert one(district, "SELECT COUNT(*) FROM activities WHERE part_of = 0") >= 2400 * scale // 100
    found, planted_at_every_scale = one(district, "SELECT COUNT(*) FROM records"), 800
    assert 0.97 * attendances < found < 1.01 * attendances + planted_at_every_scale
    assert one(district, "SELECT COUNT(DISTINCT category) FROM activities") == 10
    assert one(district, "SELECT COUNT(*) FROM merchants") >= 40
    assert one(district, "SELECT COUNT(DISTINCT sector) FROM merchants") == 4
    assert one(district, "SELECT COUNT(DISTINCT kind) FROM units") >= 7
    for table, column, most in [("records", "grade", 4), ("sign_ups", "state", 3)]:
        assert one(district, f"SELECT COUNT(DISTINCT {column}) FROM {table}") == most
    states = district.sql("SELECT DISTINCT state FROM redemptions ORDER BY state")
    assert [row["state"] for row in states] == [3, 4, 5, 6, 7, 8]
    assert one(district, "SELECT COUNT(*) FROM statements WHERE state = 3") >= 10 * 44


def test_its_counters_are_what_its_rows_say(district):
    """What members see of an activity, and what its coordinator counted."""
    assert not district.sql("""
        SELECT a.activity_id FROM activities a LEFT JOIN sign_ups s ON s.activity_id = a.activity_id
        GROUP BY a.activity_id HAVING MAX(a.signed_up) <> COALESCE(SUM(s.state = 1), 0)
          OR MAX(a.waiting) <> COALESCE(SUM(s.state = 3), 0) OR MAX(a.signed_up) > MAX(a.capacity)""")
    assert not district.sql("""
        SELECT c.activity_id FROM activity_counts c LEFT JOIN records r USING (activity_id)
        GROUP BY c.activity_id HAVING MAX(c.attendances) <> COUNT(r.record_id)""")
    assert not district.sql("""
        SELECT r.record_id FROM records r JOIN activities a USING (activity_id)
        WHERE r.minutes <= 0 OR r.ended_us <= r.started_us OR a.part_of = 0 AND EXISTS
          (SELECT 1 FROM activities s WHERE s.part_of = a.activity_id)""")


def test_a_scale_too_small_for_what_is_planted_is_refused():
    done = run_cli("config", "--demo_scale=4", check=False)
    assert done.returncode != 0 and "demo_scale" in done.stderr


def test_its_books_fit(district):
    check_books(district)
    district.cli("ledger", "verify")


class Reader:
    """The demo's administrator, who only reads: what the next test compares stays as it is."""

    def __init__(self, server):
        account = one(server, "SELECT account_id FROM accounts WHERE login = 'demo.admin'")
        self.api = server.api(TokenMaker(server).token(account, "administrator"))
        self.get = self.api.get
        self.root = one(server, "SELECT unit_id FROM units WHERE kind = 'district'")
        days = "MIN(starts_us) AS first, MAX(starts_us) AS last FROM activities WHERE state = 5"
        (held,) = server.sql(f"SELECT {days}")
        yesterday = held["last"] - 86_400_000_000  # today's go on while the tests run
        self.days = {"from": local_day(held["first"]), "to": local_day(yesterday)}

    def ask(self, what, **query):
        path = f"/v1/units/{self.root}/{what}"
        began = time.monotonic()
        answer = self.get(path, query=self.days | query).expect(200)
        assert time.monotonic() - began < 3, "well under one, and what a busy machine adds"
        return answer


def local_day(at_us):
    return datetime.fromtimestamp(at_us / 1e6, timezone(timedelta(hours=8))).date().isoformat()


@pytest.fixture(scope="module")
def reader(district):
    return Reader(district)


@pytest.mark.parametrize("by", ["month", "unit"])
def test_sql_written_independently_agrees_with_every_figure(district, reader, by):
    sheet = reader.ask("figures", by=by)
    assert min(values_of(sheet["total"]).values()) > 0 and len(sheet["lines"]) > 5
    check_sheet(district, sheet)


def test_each_figure_leads_to_its_rows(reader):
    total = reader.ask("figures")["total"]
    for figure in QUESTIONS:
        rows = all_rows(reader, total[figure]["rows"])
        assert sum(row["value"] for row in rows) == total[figure]["value"], figure


def test_sql_written_independently_agrees_with_demand_and_participation(district, reader):
    first, last = reader.days["from"], reader.days["to"]
    wanted = reader.ask("demand", most=100)
    found = demand_by_sql(district, reader.root, first, last)
    assert wanted["activities"] == len(found)
    for item in wanted["most_wanted"]:
        signed_up, waiting, came = found[item["activity_id"]]
        assert (item["signed_up"], item["waiting"]) == (signed_up, waiting)
        assert item["came"] in (came, None)
    for group in reader.ask("participation")["parts"]:
        below = "SELECT unit_id FROM units WHERE path LIKE %s"
        homes = [row["unit_id"] for row in district.sql(below, f"%/{group['unit_id']}/%")]
        homes = [group["unit_id"]] if group["directly"] else homes
        members, active = participation_by_sql(district, homes, first, last)
        assert group["members"]["value"] == members
        assert group["active"] is None or group["active"]["value"] == active


def whole_months():
    """The last ten that are over."""
    this = datetime.now(timezone(timedelta(hours=8))).replace(day=1)
    first, last = this - timedelta(days=300), this - timedelta(days=1)
    return {"from": f"{first:%Y-%m}-01", "to": f"{last:%Y-%m-%d}"}


def test_sql_written_independently_agrees_with_the_work_figures(district, reader):
    below = "SELECT unit_id FROM units WHERE path LIKE %s"
    units = [row["unit_id"] for row in district.sql(below, f"%/{reader.root}/%")]
    answer = reader.ask("work-figures", **whole_months())
    assert answer["total"]["minutes"] > 0
    for part in [answer["total"], *answer["months"]]:
        found = work_by_sql(district, units, part["from"], part["to"])
        assert {name: part[name] for name in found} == found


@pytest.mark.parametrize("kind,field", QUERIES, ids=[kind for kind, _ in QUERIES])
def test_an_auditor_s_query_finds_every_planted_case_and_nothing_else(
    district, planted, kind, field
):
    rows = district.sql(QUERIES[kind, field])
    found = {str(row[name]) for row in rows for name in ("found", "also") if name in row}
    of_kind = [case for case in planted if case["kind"] == kind]
    guilty = [case for case in of_kind if not case["innocent"]]
    innocent = [case for case in of_kind if case["innocent"]]
    assert len(guilty) >= 3 and len(innocent) >= 2
    assert all(case["sees"] and "rule" in case for case in of_kind)
    for case in guilty:
        assert case[field] and set(case[field]) <= found, case["id"]
    for case in innocent:
        assert not set(case[field]) & found, case["id"]
    assert found == {number for case in guilty for number in case[field]}


def test_interrupted_it_stops_at_once_and_the_next_start_makes_the_same_district(
    district, listed, scale
):
    other = new_server(scale)
    try:
        other.start(wait=False)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if other.sql("SELECT 1 FROM transfers LIMIT 1"):
                    break
            except Exception:  # no socket, no database, no table yet
                pass
            time.sleep(0.02)
        asked = time.monotonic()
        other.signal(signal.SIGINT)
        assert other.process.wait(10) == 0
        assert time.monotonic() - asked < 4, "a second, and what a busy machine adds"
        assert not other.events("demo.loaded") and other.events("serve.stopped")
        other.start(wait=False).wait_ready(600)
        assert other.events("demo.clearing")
        assert json.loads(other.cli("demo", "cases", "--json").stdout) == listed
        assert one(other, "SELECT @@innodb_flush_log_at_trx_commit") == 1
        assert digests(other, listed["to"]) == digests(district, listed["to"])
    finally:
        other.cleanup()


# Last, since it adds to the district.
def test_the_year_end_assessment_agrees_with_sql(district, scale):
    """annual_review over everybody, and over who works in the district, by two ways of counting."""
    district.cli("plugin", "change", "annual_review", "--mode=shadow", "--why=the test")
    root = one(district, "SELECT unit_id FROM units WHERE parent_id = 0 ORDER BY unit_id LIMIT 1")
    first, last = one(district, "SELECT MIN(starts_us) FROM activities"), "2026-10-31"
    first = datetime.fromtimestamp(first / 1e6).date()
    for kind, by in ((1, "residence"), (2, "work")):
        said = district.cli("assess", "run", "annual_review", str(root), f"--from={first}",
                            f"--to={last}", f"--by={by}").stdout.splitlines()
        counts = {line.split()[1]: int(line.split()[2]) for line in said if "members" in line}
        run_id = said[0].split()[1].rstrip(",")
        asked = district.sql("SELECT * FROM assessment_runs WHERE run_id = %s", run_id)[0]
        rated = district.sql(
            "SELECT IF(due.day IS NULL AND NOT COALESCE(due.exempt, 0), 'reported', IF(due.exempt,"
            " 'exempt', IF(came.at_us < (due.day + 1) * 86400000000 - 28800000000"
            " AND COALESCE(served.activities, 0) >= 4, 'qualified', 'not_qualified'))) AS rating,"
            " COUNT(*) AS n FROM members m"
            " JOIN affiliations a ON a.member_id = m.member_id AND a.kind = %s"
            " AND a.from_us <= %s AND a.to_us > %s"
            " LEFT JOIN (SELECT p.member_id, MIN(l.due_day) AS day, MAX(p.state = 3) AS exempt"
            "  FROM due_people p JOIN due_lists l USING (list_id) GROUP BY p.member_id) due"
            "  ON due.member_id = m.member_id"
            " LEFT JOIN (SELECT member_id, MIN(at_us) AS at_us FROM registrations"
            "  GROUP BY member_id) came ON came.member_id = m.member_id"
            " LEFT JOIN (SELECT r.member_id, COUNT(DISTINCT r.activity_id) AS activities"
            "  FROM records r WHERE r.state = 3 AND r.started_us >= %s AND r.started_us < %s"
            "  GROUP BY r.member_id) served ON served.member_id = m.member_id GROUP BY rating",
            kind, asked["until_us"] - 1, asked["until_us"] - 1, asked["from_us"], asked["until_us"],
        )
        assert counts == {row["rating"]: row["n"] for row in rated}
        assert len(counts) >= 3 and sum(counts.values()) == asked["members"] == asked["members_done"]
        unexplained = "SELECT COUNT(*) FROM ratings WHERE run_id = %s AND rating <> ''"
        assert one(district, f"{unexplained} AND reasons = '[]'", run_id) == 0
