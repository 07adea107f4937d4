"""
The audit rules on the district demo, with the settings that they come with: replayed over its year,
each finds every case that is planted for it, and none of the innocent look-alikes. A small share of
the district; the whole with `./dev test --deep`, where precision is printed for all that there is.
"""

import csv
import io
import json
import time

import pytest

from support.server import Server

pytestmark = pytest.mark.limit(900)

RULES = {"overlap": "overlap", "collusion": "collusion", "sold_hours": "backfill",
         "velocity": "velocity"}  # fmt: skip

# What the defaults of `velocity` say, counted by rows: an hour, a day, 30 days, points in 30 days.
# Nothing of it counts the redemption itself, so five others within the hour are one too many.
VELOCITY = """
    SELECT x.redemption_id AS id,
        (SELECT COUNT(*) FROM redemptions y WHERE y.member_id = x.member_id
            AND y.redemption_id <> x.redemption_id AND y.created_us <= x.created_us
            AND y.created_us > x.created_us - 3600000000) AS hour,
        (SELECT COUNT(*) FROM redemptions y WHERE y.member_id = x.member_id
            AND y.redemption_id <> x.redemption_id AND y.created_us <= x.created_us
            AND y.created_us > x.created_us - 86400000000) AS day,
        (SELECT COUNT(*) FROM redemptions y WHERE y.member_id = x.member_id
            AND y.redemption_id <> x.redemption_id AND y.created_us <= x.created_us
            AND y.created_us > x.created_us - 2592000000000) AS month,
        x.points + (SELECT COALESCE(SUM(y.points), 0) FROM redemptions y
            WHERE y.member_id = x.member_id
            AND y.redemption_id <> x.redemption_id AND y.created_us <= x.created_us
            AND y.created_us > x.created_us - 2592000000000) AS spent
    FROM redemptions x HAVING {having}
"""
DEFAULTS = "hour >= 5 OR day >= 12 OR month >= 40 OR spent > 100000"


@pytest.fixture(scope="module", params=[5, pytest.param(100, marks=pytest.mark.deep)])
def district(request):
    arguments = ["--demo=district", f"--demo_scale={request.param}"]
    server = Server(arguments=arguments).start(wait=False)
    try:
        server.wait_ready(600)
        yield server
    finally:
        server.cleanup()


@pytest.fixture(scope="module")
def cases(district):
    return json.loads(district.cli("demo", "cases", "--json").stdout)["cases"]


def replay(district, rule, *arguments):
    """What the rule says of everything that has happened, by the record's or redemption's id."""
    days = "--from=2020-01-01", "--to=2040-01-01"
    begun = time.monotonic()
    done = district.cli("plugin", "replay", rule, *days, *arguments)
    hits = list(csv.DictReader(io.StringIO(done.stdout)))
    assert "no answer to 0" in done.stderr
    print(f"{done.stderr.strip().splitlines()[-1]}; {time.monotonic() - begun:.1f} s")
    return hits


def of_case(case):
    return set(case["records"]) | set(case["redemptions"])


@pytest.mark.parametrize("kind", RULES)
def test_a_rule_finds_every_planted_case_and_no_innocent_one(district, cases, kind):
    found = {hit["id"] for hit in replay(district, RULES[kind])}
    planted = [case for case in cases if case["kind"] == kind and not case["innocent"]]
    innocent = [case for case in cases if case["kind"] == kind and case["innocent"]]
    assert planted and innocent
    assert [case["id"] for case in planted if not of_case(case) & found] == []
    assert [case["id"] for case in innocent if of_case(case) & found] == []
    meant = found & set.union(*map(of_case, planted))
    print(f"{RULES[kind]}: {len(meant)} of {len(found)} are of planted cases")
    assert len(meant) >= 0.9 * len(found)


@pytest.mark.parametrize("settings,having", [
    ({}, DEFAULTS),
    ({"most_1h": 1000, "most_24h": 3}, "day >= 3 OR month >= 40 OR spent > 100000"),
    ({"points_30d": "120", "most_30d": 2},
     "hour >= 5 OR day >= 12 OR month >= 2 OR spent > 12000"),
], ids=["defaults", "day", "month"])  # fmt: skip
def test_velocity_finds_row_by_row_what_plain_sql_finds(district, tmp_path, settings, having):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(settings))
    hits = replay(district, "velocity", f"--settings={path}")
    expected = [str(row["id"]) for row in district.sql(VELOCITY.format(having=having))]
    assert expected and sorted(hit["id"] for hit in hits) == sorted(expected)


def test_every_rule_can_be_asked_about_the_whole_year(district):
    for rule in ("cooling_off", "daily_cap", "lua"):
        assert replay(district, rule) == [], rule
