"""Figures: SQL written independently agrees with every one, and each leads to its rows."""

import csv
import io
import json
import random
from datetime import datetime, timedelta, timezone

import pytest

from support.figures import (
    QUESTIONS,
    all_rows,
    check_sheet,
    demand_by_sql,
    participation_by_sql,
    values_of,
    work_by_sql,
)
from support.parallel import in_parallel
from support.server import Server
from support.world import AT_ONCE, Person, World

CHINA = timezone(timedelta(hours=8))
DRAFT, PUBLISHED, RUNNING, CLOSED, SETTLED, CANCELLED = 1, 2, 3, 4, 5, 6
SIGNED_UP, SIGNED_OFF, WAITING = 1, 2, 3
OPEN, PENDING, APPROVED, REJECTED, NEEDS_STATEMENT = 1, 2, 3, 4, 5
MINUTE_US, DAY_US = 60_000_000, 86_400_000_000
# Where one day, week, month or year ends and the next begins, and the microsecond before.
EDGES = ["2026-01-01", "2026-01-05", "2026-02-01", "2026-02-02", "2026-03-01", "2026-04-01"]


def local_us(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()) * 1_000_000


class Town:
    """A tree of units with everything in it that may or may not count, by a seed."""

    def __init__(self, server, seed=20260222):
        self.server, self.world = server, World(server)
        self.random = random.Random(seed)
        self.make_units()
        self.make_members()
        self.activities = []
        for _ in range(120):
            self.add_activity()
        for days in (1, 1, 40):
            self.add_planned(local_us("2031-05-01T09:00:00") + days * DAY_US)
        self.write()

    def make_units(self):
        make = self.world.make
        self.root = make("/v1/units", kind="street", name="石湾街道")["id"]
        self.children = [
            make("/v1/units", kind="community", name=name, parent_id=self.root)["id"]
            for name in ("玫瑰社区", "湖景社区", '东"平",社区')
        ]
        self.grids = [
            make("/v1/units", kind="grid", name=f"第{i}网格", parent_id=child)["id"]
            for child in self.children[:2]
            for i in range(2)
        ]
        self.elsewhere = make("/v1/units", kind="street", name="祖庙街道")["id"]
        self.units = [self.root, *self.children, *self.grids, self.elsewhere]

    def make_members(self):
        def join(unit):
            return self.world.make("/v1/members", name="陈小红", unit_id=unit, consent=True)["id"]

        # 24 in the first community and its first grid, 5 in the second grid, 13 and 4 further on
        where = [self.children[0]] * 12 + [self.grids[0]] * 12 + [self.grids[1]] * 5
        where += [self.grids[2]] * 13 + [self.grids[3]] * 4 + [self.elsewhere] * 6
        self.members = [int(made) for made in in_parallel(join, where, AT_ONCE)]
        first, second, third, *_ = self.members
        self.merges = [(first, second), (second, third), (self.members[30], self.members[40])]

    def start_us(self):
        if self.random.random() < 0.4:
            edge = local_us(self.random.choice(EDGES) + "T00:00:00")
            return edge + self.random.choice([-1, 0, -30 * MINUTE_US, 20 * MINUTE_US])
        days = timedelta(days=self.random.randrange(100), minutes=self.random.randrange(1440))
        return local_us("2025-12-28T00:00:00") + int(days.total_seconds()) * 1_000_000

    def add_activity(self):
        state = self.random.choice([DRAFT, RUNNING, CLOSED, SETTLED, SETTLED, SETTLED, CANCELLED])
        whole = self.row(self.random.choice(self.units), state, self.start_us(), 240, 0)
        parts = [whole]
        if self.random.random() < 0.3:
            for _ in range(self.random.randrange(1, 4)):
                late = self.random.randrange(0, 180) * MINUTE_US
                shift_state = self.random.choice([state, state, CANCELLED, SETTLED])
                start = whole["start"] + late
                parts.append(self.row(whole["unit"], shift_state, start, 60, whole["id"]))
        for part in parts:
            self.fill(part, is_empty=len(parts) > 1 and part is whole)
        self.activities += parts

    def add_planned(self, start):
        """Wanted already, and not held yet."""
        part = self.row(self.children[1], PUBLISHED, start, 120, 0) | {"capacity": 12}
        while self.count(part, SIGNED_UP) < 12:
            part["sign_ups"] = []
            self.sign_up(part)
        self.activities.append(part)

    def row(self, unit, state, start, minutes, part_of):
        made = {"id": self.world.new_id(), "unit": unit, "state": state, "start": start}
        made |= {"end": start + minutes * MINUTE_US, "part_of": part_of, "records": []}
        made |= {"capacity": self.random.choice([2, 5, 10, 12]), "sign_ups": []}
        return made | {"counts": None}

    def fill(self, part, is_empty):
        draw = self.random
        part["counts"] = [draw.randrange(4) for _ in range(5)] if draw.random() < 0.5 else None
        if is_empty and draw.random() < 0.9:  # one signs up for its shifts
            return
        if not is_empty:
            self.sign_up(part)
        placed = [member for member, state, _, _ in part["sign_ups"] if state == SIGNED_UP]
        came = set(draw.sample(placed, draw.randrange(len(placed) + 1)))
        for member in sorted(came | set(draw.sample(self.members, draw.randrange(5)))):
            state = draw.choice([APPROVED] * 5 + [OPEN, PENDING, REJECTED, NEEDS_STATEMENT])
            minutes = draw.choice([0, 30, 45, 90]) if state != OPEN else 0
            part["records"].append((self.world.new_id(), member, state, minutes))

    def sign_up(self, part):
        """Until it is full, and then some wait; of those some got a place that was given back."""
        draw, capacity = self.random, part["capacity"]
        people = draw.sample(self.members, draw.randrange(len(self.members) // 2))
        for i, member in enumerate(people):
            at_us = part["start"] - 10 * DAY_US + i * 7 * MINUTE_US
            if i < capacity:
                waited = draw.choice([0, 0, 0, 0, 0, 0, 0, i + 1])
                part["sign_ups"].append((member, SIGNED_UP, at_us, waited))
            else:
                part["sign_ups"].append((member, draw.choice([WAITING, SIGNED_OFF]), at_us, i))

    def count(self, part, state):
        return sum(found == state for _, found, _, _ in part["sign_ups"])

    def write(self):
        insert, draw = self.world.insert, self.random
        insert(
            "activities",
            "activity_id, unit_id, category, state, title, description, place, starts_us, ends_us,"
            " capacity, signed_up, waiting, created_by, created_us, part_of",
            [(a["id"], a["unit"], draw.randrange(1, 11), a["state"], "洁净家园", "", "", a["start"],
              a["end"], a["capacity"], self.count(a, SIGNED_UP), self.count(a, WAITING), 1,
              a["start"] - 20 * DAY_US, a["part_of"]) for a in self.activities],
        )  # fmt: skip
        insert(
            "sign_ups",
            "activity_id, member_id, state, at_us, in_line",
            [(a["id"], *sign_up) for a in self.activities for sign_up in a["sign_ups"]],
        )
        records = [(a, *record) for a in self.activities for record in a["records"]]
        insert(
            "records",
            "record_id, activity_id, member_id, state, grade, started_us, ended_us, minutes, points,"
            " reviewed_by, reviewed_us, note",
            [(record, a["id"], member, state, 3, a["start"], a["end"], minutes, 0, 0, 0, "")
             for a, record, member, state, minutes in records],
        )  # fmt: skip
        insert(
            "activity_counts",
            "activity_id, volunteers, attendances, residents, households, cases, entered_by,"
            " entered_us",
            [(a["id"], *a["counts"], 1, 1) for a in self.activities if a["counts"]],
        )
        self.withdraw([record for _, record, _, state, _ in records if state == APPROVED])
        self.merge()

    def withdraw(self, approved):
        """Claw backs of some: approved by the second person, refused, and still open."""
        columns = (
            "proposal_id, kind, state, member_id, subject, points, reason, proposed_by,"
            " proposed_us, decided_by, decided_us"
        )
        chosen = self.random.sample(approved, 24)
        rows = [
            (self.world.new_id(), 2, i % 3, 1, record, 0, "查实未到场", 1, 1, 1, 1)
            for i, record in enumerate(chosen)
        ]
        self.world.insert("proposals", columns, rows)

    def merge(self):
        columns = "member_id, into_id, actor, asked_us, done_us"
        self.world.insert("merges", columns, [(*merge, 1, 1, 1) for merge in self.merges])
        for was, into in self.merges:
            self.server.sql("UPDATE members SET merged_into = %s WHERE member_id = %s", into, was)

    def coordinator(self, unit):
        return self.world.staff("coordinator", unit)

    def employ(self, unit, members, since, until=None):
        """Whose work unit it is, from a day until before another."""
        until_us = local_us(until + "T00:00:00") if until else 2**63 - 1
        self.world.insert(
            "affiliations",
            "member_id, kind, from_us, to_us, unit_id",
            [(m, 2, local_us(since + "T00:00:00"), until_us, unit) for m in members],
        )

    def sheet(self, unit, caller=None, **query):
        caller = caller or self.world.administrator
        return caller.get(f"/v1/units/{unit}/figures", query=query).expect(200)


@pytest.fixture(scope="module")
def town(sms):
    with Server(sms.options) as server:
        yield Town(server)


PERIODS = [
    ("2026-01-01", "2026-01-31"),
    ("2026-02-01", "2026-02-01"),
    ("2026-01-04", "2026-03-01"),
    ("2025-12-28", "2026-04-05"),
]


@pytest.mark.parametrize("by", ["total", "week", "month", "unit"])
@pytest.mark.parametrize("first, last", PERIODS)
def test_sql_written_independently_agrees_with_every_figure(town, by, first, last):
    for unit in (town.root, town.children[0]):
        check_sheet(town.server, town.sheet(unit, by=by, **{"from": first, "to": last}))


def test_the_town_has_something_to_count(town):
    """Or the tests around this one would pass for nothing."""
    whole = town.sheet(town.root, **{"from": "2025-12-28", "to": "2026-04-05"})["total"]
    assert min(values_of(whole).values()) > 20, values_of(whole)


@pytest.mark.parametrize("by", ["day", "week", "month", "unit"])
def test_all_but_people_add_up_over_the_lines(town, by):
    sheet = town.sheet(town.root, by=by, **{"from": "2026-01-01", "to": "2026-03-31"})
    for figure in set(QUESTIONS) - {"volunteers"}:
        values = [line[figure]["value"] for line in sheet["lines"]]
        assert sum(values) == sheet["total"][figure]["value"]
    if by == "unit":
        return
    lines = sheet["lines"]
    assert (lines[0]["from"], lines[-1]["to"]) == ("2026-01-01", "2026-03-31")
    for line, following in zip(lines, lines[1:]):
        next_day = datetime.fromisoformat(line["to"]) + timedelta(days=1)
        assert following["from"] == next_day.date().isoformat()
        assert next_day.weekday() == 0 or by != "week"


@pytest.mark.parametrize("by", ["total", "unit"])
def test_each_figure_leads_to_rows_that_add_up_to_it(town, by):
    sheet = town.sheet(town.root, by=by, **{"from": "2026-01-01", "to": "2026-03-31"})
    for line in [sheet["total"], *sheet["lines"]]:
        for figure in QUESTIONS:
            rows = list(all_rows(town.world.administrator, line[figure]["rows"], limit=33))
            assert sum(row["value"] for row in rows) == line[figure]["value"], figure
            assert len({json.dumps(row) for row in rows}) == len(rows)
            if figure in ("activities", "volunteers", "attendances", "undecided"):
                assert len(rows) == line[figure]["value"]
            if figure in ("volunteers", "attendances"):
                assert all(row["name"] == "陈小红" for row in rows)


def test_a_row_leads_on_to_its_record_and_activity(town):
    total = town.sheet(town.root, **{"from": "2026-01-01", "to": "2026-03-31"})["total"]
    for row in town.world.administrator.get(total["minutes"]["rows"]).expect(200)["items"][:5]:
        record = town.world.administrator.get(f"/v1/records/{row['record_id']}").expect(200)
        assert (record["member_id"], record["minutes"]) == (row["member_id"], row["value"])
        activity = town.world.administrator.get(f"/v1/activities/{row['activity_id']}").expect(200)
        assert (activity["title"], activity["unit_id"]) == (row["title"], row["unit_id"])


def test_who_may_see_figures_and_rows(town):
    world, community = town.world, town.children[0]
    paths = f"/v1/units/{community}/figures", f"/v1/units/{community}/figures/attendances"
    above, here = world.staff("coordinator", town.root), world.staff("coordinator", community)
    below = world.staff("coordinator", town.grids[0])
    beside = world.staff("coordinator", town.children[1])
    period = {"from": "2026-01-01", "to": "2026-03-31"}
    for path in paths:
        for caller in (above, here, world.administrator, world.staff("auditor")):
            caller.get(path, query=period).expect(200)
        for caller in (below, beside):
            assert caller.get(path, query=period).status == 404
        for role in ("unit_reader", "manager", "clerk", "member"):
            caller = Person(world, 1, role, int(community))
            assert caller.get(path, query=period).status in (401, 403)
    grid = f"/v1/units/{town.grids[0]}/figures"
    below.get(grid).expect(200)
    assert here.get(f"/v1/units/{community}/figures/members", query=period).status == 404


def test_an_auditor_sees_numbers_for_people(town):
    period = {"from": "2026-01-01", "to": "2026-03-31"}
    auditor = town.world.staff("auditor")
    for figure in ("volunteers", "attendances", "undecided"):
        path = f"/v1/units/{town.root}/figures/{figure}"
        page = auditor.get(path, query=period).expect(200)
        assert {row["name"] for row in page["items"]} == {None}
        assert all(row["member_id"] for row in page["items"])


def test_the_sheet_goes_upward_as_csv(town):
    query = {"by": "unit", "from": "2026-01-01", "to": "2026-03-31"}
    answer = town.world.administrator.get(
        f"/v1/units/{town.root}/figures", query=query | {"format": "csv"}
    )
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    sheet = town.sheet(town.root, **query)
    expected = [
        [line["unit_id"], line["unit_name"], line["from"], line["to"]]
        + [str(line[head.split()[0]]["value"]) for head in rows[0][4:]]
        for line in [*sheet["lines"], sheet["total"]]
    ]
    assert rows[1:] == expected
    assert '东"平",社区' in {row[1] for row in rows}


@pytest.mark.parametrize(
    "query, pointer",
    [
        ({"from": "2026-02-02", "to": "2026-02-01"}, "/from"),
        ({"from": "2001-01-01", "to": "2026-02-01"}, "/from"),
        ({"from": "1969-12-31", "to": "1970-01-01"}, "/from"),
        ({"from": "2024-01-01", "to": "2026-02-01", "by": "day"}, "/by"),
        ({"from": "2026-02-30"}, "/from"),
        ({"by": "year"}, "/by"),
    ],
)
def test_a_period_that_is_none_is_refused(town, query, pointer):
    answer = town.world.administrator.get(f"/v1/units/{town.root}/figures", query=query)
    assert (answer.status, answer.json["fields"][0]["pointer"]) == (400, pointer)


def test_without_a_period_it_is_the_month_so_far(town):
    total = town.sheet(town.root)["total"]
    today = datetime.now(CHINA).date()
    assert (total["from"], total["to"]) == (today.replace(day=1).isoformat(), today.isoformat())


# What people want


def test_sql_written_independently_agrees_with_the_demand(town):
    query = {"from": "2026-01-01", "to": "2026-03-31", "most": 100}
    for unit in (town.root, town.children[1]):
        path = f"/v1/units/{unit}/demand"
        demand = town.world.administrator.get(path, query=query).expect(200)
        found = demand_by_sql(town.server, unit, query["from"], query["to"])
        assert demand["activities"] == len(found) == len(demand["most_wanted"])
        for item in demand["most_wanted"]:
            signed_up, waiting, came = found[item["activity_id"]]
            assert (item["signed_up"], item["waiting"]) == (signed_up, waiting)
            assert item["came"] in (came, None) and (signed_up >= 10 or item["came"] is None)
        wants = [(i["signed_up"] + i["waiting"]) / i["places"] for i in demand["most_wanted"]]
        assert wants == sorted(wants, reverse=True)
        for name in ("places", "signed_up", "waiting"):
            by_category = sum(category[name] for category in demand["categories"])
            assert by_category == sum(item[name] for item in demand["most_wanted"])


def test_how_many_came_is_told_of_enough_people_once_it_is_over(town):
    query = {"from": "2026-01-01", "to": "2026-03-31", "most": 100}
    path = f"/v1/units/{town.root}/demand"
    demand = town.world.administrator.get(path, query=query).expect(200)
    told = [item for item in demand["most_wanted"] if item["came"] is not None]
    assert len(told) > 5 and all(item["signed_up"] >= 10 for item in told)
    for category in demand["categories"]:
        of_it = [item for item in told if item["category"] == category["category"]]
        signed_up, came = sum(i["signed_up"] for i in of_it), sum(i["came"] for i in of_it)
        percent = int(100 * came / signed_up + 0.5) if signed_up else None
        assert category["came_percent"] == percent


def test_how_soon_it_was_full(town):
    query = {"from": "2026-01-01", "to": "2026-03-31", "most": 100}
    path = f"/v1/units/{town.root}/demand"
    wanted = town.world.administrator.get(path, query=query).expect(200)["most_wanted"]
    full = {item["activity_id"]: item["full_after_minutes"] for item in wanted}
    simple = [
        a for a in town.activities
        if str(a["id"]) in full and not any(b["part_of"] == a["id"] for b in town.activities)
    ]  # fmt: skip
    for activity in simple:
        sign_ups = activity["sign_ups"]
        placed = [at for _, state, at, line in sign_ups if state == SIGNED_UP and line == 0]
        is_full = town.count(activity, SIGNED_UP) == activity["capacity"] and placed
        made = activity["start"] - 20 * DAY_US
        expected = (max(placed) - made) // MINUTE_US if is_full else None
        assert full[str(activity["id"])] == expected
    assert sum(full[str(a["id"])] is not None for a in simple) > 10


def test_demand_is_of_what_is_still_to_come_as_well(town):
    query = {"from": "2031-01-01", "to": "2031-12-31"}
    path = f"/v1/units/{town.root}/demand"
    demand = town.world.administrator.get(path, query=query).expect(200)
    assert [(item["signed_up"], item["came"]) for item in demand["most_wanted"]] == [(12, None)] * 3
    assert values_of(town.sheet(town.root, **query)["total"])["activities"] == 0


# Who takes part


def below(town, unit):
    """The unit and all below it, by the tests' own tree."""
    grids = dict(zip(town.children, (town.grids[:2], town.grids[2:], [])))
    if unit == town.root:
        return [town.root, *town.children, *town.grids]
    return [unit, *grids.get(unit, [])]


def participation(town, unit, caller=None, first="2026-01-01", last="2026-03-31"):
    caller = caller or town.world.administrator
    query = {"from": first, "to": last}
    return caller.get(f"/v1/units/{unit}/participation", query=query).expect(200)


@pytest.mark.parametrize("first, last", PERIODS)
def test_sql_written_independently_agrees_with_participation(town, first, last):
    for unit in [town.root, *town.children]:
        answer = participation(town, unit, first=first, last=last)
        for group in [answer["total"], *answer["parts"]]:
            own = group["unit_id"]
            homes = [own] if group["directly"] else below(town, own)
            members, active = participation_by_sql(town.server, homes, first, last)
            assert group["members"]["value"] == members
            if group["active"]:
                assert group["active"]["value"] == active
                share = int(100 * active / members + 0.5) if members else None
                assert group["share_percent"] == share
            if 0 < members < 10:
                assert group["active"] is None and group["share_percent"] is None


@pytest.mark.parametrize("first, last", [*PERIODS, ("2026-02-02", "2026-02-06")])
def test_small_groups_are_not_told_nor_found_by_subtraction(town, first, last):
    """tests/unit/service_participation.c tries every world that looks the same."""
    told, hidden = 0, 0
    for unit in town.units[:-1]:
        answer = participation(town, unit, first=first, last=last)
        parts = [part for part in answer["parts"] if part["members"]["value"] > 0]
        untold = [part for part in parts if part["active"] is None]
        people = sum(part["members"]["value"] for part in untold)
        assert len(untold) == len(parts) or not untold or (people >= 10 and len(untold) > 1)
        assert answer["total"]["active"] or untold or not parts
        told, hidden = told + len(parts) - len(untold), hidden + len(untold)
    assert hidden > 4 and (told or last != "2026-02-06")


def test_a_small_group_takes_the_next_smallest_with_it(town):
    """Of 27 people: 10 by themselves, 12 and 5 in two grids."""
    answer = participation(town, town.children[0], first="2026-02-02", last="2026-02-06")
    members = [part["members"]["value"] for part in answer["parts"]]
    assert (members, answer["total"]["members"]["value"]) == ([10, 12, 5], 27)
    assert [part["active"] is None for part in answer["parts"]] == [True, False, True]
    assert answer["total"]["active"]["value"] > 0


def test_numbers_of_participation_lead_to_people(town):
    auditor, above, listed = town.world.staff("auditor"), town.coordinator(town.root), 0
    for unit in (town.root, town.children[0]):
        answer = participation(town, unit)
        for group in [answer["total"], *answer["parts"]]:
            for what in ("members", "active"):
                if group[what] is None:
                    continue
                path = group[what]["rows"]
                rows = list(all_rows(above, path, limit=11))
                assert len({row["member_id"] for row in rows}) == group[what]["value"] == len(rows)
                assert all(row["name"] == "陈小红" for row in rows)
                assert {row["name"] for row in all_rows(auditor, path)} <= {None}
                listed += len(rows)
    assert listed > 100


def test_what_is_not_told_is_not_listed_either(town):
    path = f"/v1/units/{town.grids[1]}/participation"
    town.world.administrator.get(f"{path}/members").expect(200)
    assert town.world.administrator.get(f"{path}/active").status == 404
    assert town.world.administrator.get(f"{path}/absent").status == 404


def test_participation_and_demand_end_at_ones_own_unit(town):
    beside = town.world.staff("coordinator", town.children[1])
    for name in ("participation", "participation/members", "demand"):
        path = f"/v1/units/{town.children[0]}/{name}"
        town.coordinator(town.children[0]).get(path).expect(200)
        assert beside.get(path).status == 404


# For the reader of a work unit


@pytest.fixture(scope="module")
def office(town):
    """Twelve people from New Year, two of them until March; nine in a smaller one."""
    made = town.world.make
    office = made("/v1/units", kind="office", name="区图书馆")["id"]
    desk = made("/v1/units", kind="office", name="借阅部", parent_id=office)["id"]
    people = town.members[3:30]
    town.employ(office, people[:8], "2026-01-01")
    town.employ(desk, people[8:10], "2026-01-01")
    town.employ(desk, people[10:12], "2026-01-01", "2026-03-01")
    town.employ(town.elsewhere, people[12:21], "2026-01-01")
    town.employ(office, people[21:22], "2026-03-01", "2026-04-01")
    return office, desk


def test_sql_written_independently_agrees_with_the_work_figures(town, office):
    reader = town.world.staff("unit_reader", office[0])
    query = {"from": "2026-01-01", "to": "2026-03-31"}
    answer = reader.get(f"/v1/units/{office[0]}/work-figures", query=query).expect(200)
    for part in [answer["total"], *answer["months"]]:
        found = work_by_sql(town.server, office, part["from"], part["to"])
        assert {name: part[name] for name in found} == found
        assert found["attendances"] > 0
    assert [month["members"] for month in answer["months"]] == [12, 12, 11]
    assert answer["total"]["members"] == 11


def test_a_month_of_few_people_hides_the_total_too(town, office):
    reader = town.world.staff("unit_reader", office[0])
    query = {"from": "2025-12-01", "to": "2026-01-31"}
    answer = reader.get(f"/v1/units/{office[0]}/work-figures", query=query).expect(200)
    assert [month["attendances"] is None for month in answer["months"]] == [True, False]
    assert answer["total"]["minutes"] is None
    few = town.world.staff("unit_reader", town.elsewhere)
    query = {"from": "2026-01-01", "to": "2026-01-31"}
    path = f"/v1/units/{town.elsewhere}/work-figures"
    assert few.get(path, query=query).expect(200)["total"]["volunteers"] is None


def test_a_reader_gets_counts_of_whole_months_and_nothing_else(town, office):
    reader = town.world.staff("unit_reader", office[0])
    path = f"/v1/units/{office[0]}/work-figures"
    today = datetime.now(CHINA).date().isoformat()
    for first, last in [("2026-01-02", "2026-01-31"), ("2026-01-01", "2026-01-30"),
                        (today[:8] + "01", today), ("2023-01-01", "2026-01-31")]:  # fmt: skip
        assert reader.get(path, query={"from": first, "to": last}).status == 400
    reader.get(path).expect(200)
    assert reader.get(f"/v1/units/{office[1]}/work-figures").status == 404
    for path in ("figures", "figures/attendances", "participation", "demand"):
        assert reader.get(f"/v1/units/{office[0]}/{path}").status == 403


# The command line


def test_the_command_line_prints_the_same_sheet(town):
    days = ["--from=2026-01-01", "--to=2026-03-31", "--by=month"]
    query = {"from": "2026-01-01", "to": "2026-03-31", "by": "month"}
    printed = town.server.cli("figures", town.root, *days).stdout
    assert json.loads(printed) == town.sheet(town.root, **query)
    path = f"/v1/units/{town.root}/figures"
    answer = town.world.administrator.get(path, query=query | {"format": "csv"})
    printed = town.server.cli("figures", town.root, *days, "--format=csv").stdout
    lines = answer.body.decode().splitlines()
    assert printed.splitlines() == lines and len(lines) == 5


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["4611"], "there is no unit 4611"),
        (["x"], "which unit"),
        (["1", "--to=2026-02-30"], "--to="),
        (["1", "--from=2026-02-02", "--to=2026-02-01"], "--from="),
        (["1", "--by=year"], "total|day|week|month|unit"),
        (["1", "--from=2020-01-01", "--by=day"], "too many lines"),
        (["1", "--format=xml"], "json or csv"),
    ],
)
def test_the_command_line_says_what_is_wrong(town, arguments, words):
    done = town.server.cli("figures", *arguments, check=False)
    assert done.returncode != 0 and words in done.stderr
