"""Assessments: drafts with reasons, appeals, a signature; what came of them agrees with plain SQL."""

import csv
import io
import json
from datetime import date, timedelta

import pytest

from support import plugins
from support.processes import wait_until

TODAY = date.today()
EPOCH = date(1970, 1, 1)
DAY_US = 86_400_000_000
STILL = 9223372036854775807


class Office:
    """A work unit with two teams, its members, and who of them was due to register by when."""

    def __init__(self, world):
        self.world = world
        self.id = world.make("/v1/units", kind="office", name="水务局")["id"]
        self.teams = [
            world.make("/v1/units", kind="office", name=name, parent_id=self.id)["id"]
            for name in ("一队", "二队")
        ]
        self.lists = {}

    def member(self, team, activities, due=None, exempt=False):
        """`due`: days from today until which they were to register; they did so today."""
        member = self.world.member()
        work = (member.id, 2, self.world.now_us() - DAY_US, STILL, self.teams[team])
        self.world.insert("affiliations", "member_id, kind, from_us, to_us, unit_id", [work])
        for _ in range(activities):
            self.world.award(self.world.records([member])[0]).expect(200)
        if due is not None or exempt:
            self.put_on_list(member, due or 0, 3 if exempt else 2)
        return member

    def put_on_list(self, member, due, state):
        list_id = self.world.new_id()
        day = (TODAY + timedelta(days=due) - EPOCH).days
        row = (list_id, self.id, "应报到", day, 0, b"", 0, 1)
        names = "list_id, unit_id, title, due_day, key_id, list_key, created_by, created_us"
        self.world.insert("due_lists", names, [row])
        names = "list_id, line, state, phone_index, name, member_id, at_us, why"
        self.world.insert("due_people", names, [(list_id, 1, state, None, b"", member.id, 1, "")])


@pytest.fixture(scope="module")
def office(world):
    office = Office(world)
    office.good = office.member(0, activities=2, due=7)
    office.few = office.member(0, activities=1, due=7)
    office.late = office.member(1, activities=2, due=-3)
    office.both = office.member(1, activities=0, due=-3)
    office.exempt = office.member(1, activities=0, exempt=True)
    office.candidate = office.member(1, activities=1)
    return office


@pytest.fixture(scope="module")
def policy(world):
    settings = {"activities": 2}
    return plugins.change(
        world.administrator, "annual_review", mode="shadow", settings=settings
    ).expect(200)


def run(world, policy, unit_id, days=(30, -14), **wanted):
    """A run from so many days ago until so many ago (before 0: to come), once it is a draft."""
    first, last = (str(TODAY - timedelta(days=ago)) for ago in days)
    wanted = {"plugin_id": policy["id"], "unit_id": unit_id, "from": first, "to": last} | wanted
    made = world.administrator.post("/v1/assessments", wanted).expect(201)
    return wait_for(world, made["id"], "draft")


def wait_for(world, run_id, state):
    path = f"/v1/assessments/{run_id}"
    wait_until(lambda: world.administrator.get(path).json["state"] == state, 20, state)
    return world.administrator.get(path).expect(200)


def ratings(world, run_id, **query):
    path = f"/v1/assessments/{run_id}/ratings"
    items = world.administrator.get(path, query={"limit": 100} | query).expect(200)["items"]
    return {item["subject_id"]: item for item in items}


def codes(rating):
    return [reason["code"] for reason in rating["reasons"]]


def test_a_forecast_says_who_falls_short_and_by_how_much(world, office, policy):
    draft = run(world, policy, office.id)
    assert draft["forecast"] and draft["members"] == draft["members_rated"] == 6
    found = ratings(world, draft["id"])
    assert {found[m.id]["rating"] for m in (office.few, office.late, office.both)} == {
        "not_qualified"
    }
    assert found[office.good.id]["rating"] == "qualified"
    assert found[office.exempt.id]["rating"] == "exempt"
    assert found[office.candidate.id]["rating"] == "reported"
    assert codes(found[office.few.id]) == ["too_few_activities", "took_part"]
    assert found[office.few.id]["reasons"][0]["missing"] == 1
    assert codes(found[office.late.id]) == ["registered_late", "took_part"]
    assert codes(found[office.both.id])[:2] == ["registered_late", "too_few_activities"]
    assert found[office.few.id]["facts"]["period.activities"] == 1
    assert "还差 1" in found[office.few.id]["reasons"][0]["zh"]


def test_a_unit_is_ineligible_for_any_member_below_it(world, office, policy):
    draft = run(world, policy, office.id)
    units = ratings(world, draft["id"], scope="unit")
    assert {unit: units[unit]["rating"] for unit in units} == {
        office.id: "ineligible",
        office.teams[0]: "ineligible",
        office.teams[1]: "ineligible",
    }
    facts = units[office.id]["facts"]
    assert facts["run.members_rated"] == 4  # neither the exempt nor the candidate
    assert facts["run.members_failing"] == 3
    assert units[office.teams[0]]["facts"]["run.members_failing"] == 1
    assert run(world, policy, office.id)["revision"] > draft["revision"]


def test_the_home_community_is_never_rated_for_work(world, office, policy):
    draft = run(world, policy, office.id)
    assert world.unit_id not in ratings(world, draft["id"], scope="unit")


def test_counts_agree_with_sql(world, office, policy):
    draft = run(world, policy, office.id)
    due = {
        row["member_id"]: row
        for row in world.server.sql(
            "SELECT p.member_id, MIN(l.due_day) AS day, MAX(p.state = 3) AS exempt"
            " FROM due_people p JOIN due_lists l USING (list_id) GROUP BY p.member_id"
        )
    }
    counts = {}
    for row in world.server.sql(
        "SELECT a.member_id, (SELECT MIN(at_us) FROM registrations g"
        "  WHERE g.member_id = a.member_id) AS registered_us,"
        " (SELECT COUNT(DISTINCT r.activity_id) FROM records r WHERE r.member_id = a.member_id"
        "  AND r.state = 3 AND r.started_us >= %s) AS activities"
        " FROM affiliations a WHERE a.kind = 2 AND a.to_us = %s AND a.unit_id IN (%s, %s, %s)",
        ((TODAY - timedelta(days=30)) - EPOCH).days * DAY_US - 8 * 3_600_000_000,
        STILL,
        office.id,
        *office.teams,
    ):
        entry = due.get(row["member_id"])
        if entry and entry["exempt"]:
            rating = "exempt"
        elif not entry:
            rating = "reported"
        else:
            until_us = (entry["day"] + 1) * DAY_US - 8 * 3_600_000_000
            late = row["registered_us"] >= until_us
            rating = "not_qualified" if late or row["activities"] < 2 else "qualified"
        counts[rating] = counts.get(rating, 0) + 1
    assert counts == {entry["rating"]: entry["count"] for entry in draft["member_counts"]}


def test_a_period_that_nobody_served_in(world, office, policy):
    draft = run(world, policy, office.id, days=(400, 390))
    assert not draft["forecast"] and draft["member_counts"] == []  # nobody worked there then


def test_what_is_refused(world, office, policy):
    post = lambda **wanted: world.administrator.post("/v1/assessments", wanted)  # noqa: E731
    good = {"plugin_id": policy["id"], "unit_id": office.id, "from": "2026-01-01"}
    assert post(**good, to="2025-12-31").status == 400
    assert post(**(good | {"from": "2099-01-01"}), to="2099-12-31").status == 400
    assert post(**(good | {"unit_id": "9007199254740991"}), to="2026-12-31").status == 404
    velocity = plugins.find(world.administrator, "velocity")
    assert post(**(good | {"plugin_id": velocity["id"]}), to="2026-12-31").code == "conflict"
    forecast = run(world, policy, office.id)
    show = f"/v1/assessments/{forecast['id']}/show"
    assert world.administrator.post(show, {"appeal_days": 3}).code == "wrong_state"


@pytest.fixture
def shown(world, office, policy):
    """A run that is not a forecast, as its members see it."""
    draft = run(world, policy, office.id)
    run_id = draft["id"]
    world.server.sql("UPDATE assessment_runs SET forecast = 0 WHERE run_id = %s", run_id)
    shown = world.administrator.post(f"/v1/assessments/{run_id}/show", {"appeal_days": 3})
    return shown.expect(200)


def test_members_see_their_own_and_nobody_else_does(world, office, policy, shown):
    own = office.few.get("/v1/me/assessments").expect(200)["items"]
    assert own[0]["assessment_id"] == shown["id"] and own[0]["rating"] == "not_qualified"
    assert {item["subject_id"] for item in own} == {office.few.id}
    told = [n["kind"] for n in office.few.get("/v1/inbox").expect(200)["items"]]
    assert "rating_shown" in told
    assert "rating_shown" not in str(office.good.get("/v1/inbox").json)
    later = run(world, policy, office.id)["id"]  # a draft that nobody was shown
    assert later not in str(office.few.get("/v1/me/assessments").json)


def test_a_reader_of_a_unit_gets_no_numbers_of_few(world, office, policy, shown):
    reader = world.staff("unit_reader", office.id)
    seen = reader.get(f"/v1/units/{office.teams[0]}/assessment").expect(200)
    assert seen["assessment"]["id"] == shown["id"] and seen["rating"] == "ineligible"
    assert (seen["member_counts"], seen["reasons"]) == (None, [])  # two people
    stranger = world.staff("unit_reader", world.unit_id)
    assert stranger.get(f"/v1/units/{office.teams[0]}/assessment").status == 404


def test_few_are_not_reckoned_from_the_units_beside_them(world, policy):
    office = Office(world)
    for team, people, activities in ((0, 10, 2), (0, 1, 0), (1, 2, 0)):
        for _ in range(people):
            office.member(team, activities, due=7)
    third = world.make("/v1/units", kind="office", name="三队", parent_id=office.id)["id"]
    office.teams.append(third)
    for _ in range(11):
        office.member(2, 0, due=7)
    draft = run(world, policy, office.id)
    world.server.sql("UPDATE assessment_runs SET forecast = 0 WHERE run_id = %s", draft["id"])
    path = f"/v1/assessments/{draft['id']}/show"
    world.administrator.post(path, {"appeal_days": 3}).expect(200)
    reader = world.staff("unit_reader", office.id)
    seen = [reader.get(f"/v1/units/{unit}/assessment").expect(200) for unit in (office.id, *office.teams)]
    told = [unit["member_counts"] is not None for unit in seen]
    # the second team is two people; the first goes with it, lest it be told by what is left
    assert told == [True, False, False, True]
    assert [bool(unit["reasons"]) for unit in seen] == told
    assert all(unit["rating"] for unit in seen)


def show(world, policy, unit_id, days=3):
    """A run of the unit that its members see."""
    draft = run(world, policy, unit_id)
    world.server.sql("UPDATE assessment_runs SET forecast = 0 WHERE run_id = %s", draft["id"])
    path = f"/v1/assessments/{draft['id']}/show"
    return world.administrator.post(path, {"appeal_days": days}).expect(200)


def people(office, team, failing, exempt):
    return [office.member(team, 0, due=-3) for _ in range(failing)] + [
        office.member(team, 0, exempt=True) for _ in range(exempt)
    ]


def is_told(reader, unit_id, run_id):
    query = {"assessment_id": run_id}
    seen = reader.get(f"/v1/units/{unit_id}/assessment", query=query).expect(200)
    assert bool(seen["reasons"]) == (seen["member_counts"] is not None)
    return seen["member_counts"] is not None


def test_few_are_not_reckoned_from_one_run_and_another(world, policy):
    office = Office(world)
    reader = world.staff("unit_reader", office.id)
    one, *_, other = people(office, 0, 6, 6)
    people(office, 1, 2, 3)
    team = show(world, policy, office.teams[0])
    assert is_told(reader, office.teams[0], team["id"])
    # the office less its first team are five people
    whole = show(world, policy, office.id)
    assert not is_told(reader, office.id, whole["id"])
    assert is_told(reader, office.teams[0], whole["id"])  # the same people as before
    assert not is_told(reader, office.teams[1], whole["id"])
    merge(world, other, one)
    wait_for(world, team["id"], "shown")
    assert not is_told(reader, office.teams[0], team["id"])  # one is less than there was


def test_few_are_not_reckoned_from_a_run_and_its_next_revision(world, policy):
    office = Office(world)
    reader = world.staff("unit_reader", office.id)
    people(office, 0, 6, 6)
    people(office, 1, 5, 5)
    assert is_told(reader, office.id, show(world, policy, office.id)["id"])
    people(office, 0, 1, 0)
    people(office, 1, 5, 5)
    again = show(world, policy, office.id)["id"]  # of eleven more, one is in the first team
    told = [is_told(reader, unit, again) for unit in (office.id, *office.teams)]
    assert told == [True, False, False]
    world.server.sql(
        "DELETE FROM affiliations WHERE kind = 2 AND unit_id = %s LIMIT 1", office.teams[1]
    )
    after = show(world, policy, office.id)["id"]  # one left: who has both runs would know
    assert [is_told(reader, unit, after) for unit in (office.id, *office.teams)] == [False] * 3


def test_an_appeal_that_is_upheld_rates_the_units_again(world, office, policy, shown):
    path = f"/v1/assessments/{shown['id']}"
    appeal = f"/v1/assessments/{shown['id']}/appeal"
    office.few.post(appeal, {"words": "八月那次没有登记"}).expect(204)
    assert office.few.post(appeal, {"words": "再说一次"}).code == "wrong_state"
    assert world.member().post(appeal, {"words": "我也要"}).status == 404
    assert world.administrator.post(f"{path}/sign", {"name": "何主任"}).code == "wrong_state"

    own = world.staff("administrator", person_id=office.few.id)
    answer = {"member_id": office.few.id, "answer": "已查明", "rating": "qualified"}
    assert own.post(f"{path}/decide-appeal", answer).code == "own_record"
    wrong = answer | {"rating": "excellent"}
    assert world.administrator.post(f"{path}/decide-appeal", wrong).code == "bad_field"
    world.administrator.post(f"{path}/decide-appeal", answer).expect(204)
    assert world.administrator.post(f"{path}/decide-appeal", answer).status == 404

    wait_for(world, shown["id"], "shown")
    units = ratings(world, shown["id"], scope="unit")
    assert units[office.teams[0]]["rating"] == "eligible"
    assert units[office.id]["facts"]["run.members_failing"] == 2
    rating = ratings(world, shown["id"])[office.few.id]
    assert (rating["rating"], rating["drafted"]) == ("qualified", "not_qualified")
    assert "appeal_answered" in str(office.few.get("/v1/inbox").json)


def test_signed_by_a_second_person_who_has_read_every_appeal(world, office, policy, shown):
    path = f"/v1/assessments/{shown['id']}"
    first, second = world.administrator, world.staff("administrator")
    sign = lambda who, **more: who.post(f"{path}/sign", {"name": "何主任"} | more)  # noqa: E731
    for member, words in ((office.late, "请核对"), (office.both, "我住院了")):
        member.post(f"{path}/appeal", {"words": words}).expect(204)
    world.server.sql("UPDATE assessment_runs SET appeals_until_us = 1 WHERE run_id = %s", shown["id"])
    answer = {"member_id": office.late.id, "answer": "报到晚了三天"}
    first.post(f"{path}/decide-appeal", answer).expect(204)

    seen = second.get(f"{path}/appeals").expect(200)
    assert [(a["state"], a["words"], a["answer"], a["decided_by"]) for a in seen["items"]] == [
        ("rejected", "请核对", "报到晚了三天", first.id),
        ("open", "我住院了", None, None),
    ]
    assert seen["decided"] == 1
    assert sign(second, appeals_read=1).code == "conflict"  # one has no answer yet
    answer = {"member_id": office.both.id, "answer": "请补材料"}
    first.post(f"{path}/decide-appeal", answer).expect(204)
    assert sign(second, appeals_read=1).code == "conflict"  # one has an answer that they do not know
    assert sign(second).code == "conflict"
    assert sign(first, appeals_read=2).code == "same_person"
    assert sign(world.staff("administrator", person_id=office.both.id), appeals_read=2).code == (
        "own_record"
    )
    assert first.post(f"{path}/publish").code == "wrong_state"
    read = second.get(f"{path}/appeals").expect(200)["decided"]
    signed = sign(second, appeals_read=read).expect(200)
    assert (signed["state"], signed["signed_name"]) == ("signed", "何主任")
    assert signed["signed_by"] == second.id
    assert first.post(f"{path}/publish").expect(200)["state"] == "published"
    assert office.few.post(f"{path}/appeal", {"words": "晚了"}).status == 409


def test_a_policy_that_is_lost_before_the_draft_fails_the_run(world, office, policy):
    wanted = {"plugin_id": policy["id"], "unit_id": office.id}
    wanted |= {"from": str(TODAY - timedelta(days=9)), "to": str(TODAY)}
    made = world.administrator.post("/v1/assessments", wanted).expect(201)
    world.server.sql("UPDATE assessment_runs SET policy_id = 1, state = 1, step = 1, last_id = 0,"
                     " finished_us = 0 WHERE run_id = %s", made["id"])
    failed = wait_for(world, made["id"], "failed")
    assert "settings of policy 1" in failed["failure"]


@pytest.fixture
def upheld(world, policy):
    """Somebody falls short in a run that is shown, and appeals; the answer agrees with them."""
    office = Office(world)
    few = office.member(0, activities=1, due=7)
    run_id = show(world, policy, office.id)["id"]
    few.post(f"/v1/assessments/{run_id}/appeal", {"words": "请核对"}).expect(204)
    answer = {"member_id": few.id, "answer": "已查明", "rating": "qualified"}
    return run_id, office, answer


def is_rated_again(world, run_id, office):
    wait_for(world, run_id, "shown")
    units = ratings(world, run_id, scope="unit")
    assert units[office.teams[0]]["rating"] == units[office.id]["rating"] == "eligible"


@pytest.mark.parametrize("changed", [{"settings": {"activities": 3}}, {"mode": "off"}])
def test_a_run_ends_with_the_policy_that_it_was_made_with(world, policy, upheld, changed):
    run_id, office, answer = upheld
    plugins.change(world.administrator, "annual_review", **changed).expect(200)
    try:
        world.administrator.post(f"/v1/assessments/{run_id}/decide-appeal", answer).expect(204)
        is_rated_again(world, run_id, office)
    finally:
        plugins.roll_back(world.administrator, "annual_review").expect(200)


def test_what_was_decided_waits_for_a_policy_that_is_in_quarantine(world, policy, upheld):
    run_id, office, answer = upheld
    path, sql = f"/v1/assessments/{run_id}", world.server.sql
    sql("UPDATE plugins SET mode = 4, quarantined_us = 1 WHERE plugin_id = %s", policy["id"])
    sql("UPDATE plugin_sets SET revision = revision + 1")
    running = f"/v1/plugins/{policy['id']}"
    wait_until(lambda: not world.administrator.get(running).json["here"]["runs"], 20, "it is out")
    world.administrator.post(f"{path}/decide-appeal", answer).expect(204)
    wait_until(lambda: world.administrator.get(path).json["waits"], 20, "it waits")
    seen = world.administrator.get(path).expect(200)
    assert (seen["state"], seen["failure"]) == ("rating", None)
    assert "quarantine" in seen["waits"]
    [appeal] = world.administrator.get(f"{path}/appeals").expect(200)["items"]
    assert (appeal["state"], appeal["waits"]) == ("upheld", seen["waits"])
    plugins.change(world.administrator, "annual_review", mode="shadow").expect(200)
    is_rated_again(world, run_id, office)
    assert world.administrator.get(path).expect(200)["waits"] is None


def test_the_copy_of_everything_has_ratings_and_appeals(world, office, policy, shown):
    office.both.post(f"/v1/assessments/{shown['id']}/appeal", {"words": "请再核对"}).expect(204)
    run(world, policy, office.id)  # a draft that nobody was shown
    copy = office.both.get("/v1/me/export").expect(200)
    own = office.both.get("/v1/me/assessments").expect(200)["items"]
    assert {rating["assessment_id"] for rating in copy["ratings"]} == {
        rating["assessment_id"] for rating in own
    }
    mine = next(r for r in copy["ratings"] if r["assessment_id"] == shown["id"])
    assert mine["rating"] == "not_qualified" and mine["facts"] and mine["reasons"][0]["zh"]
    assert "请再核对" in [appeal["words"] for appeal in copy["appeals"]]
    assert copy["checks"] == []


def test_words_of_an_appeal_go_with_the_member(world, office, policy, shown):
    member = office.candidate
    appeal = f"/v1/assessments/{shown['id']}/appeal"
    member.post(appeal, {"words": "我的电话没变"}).expect(204)
    member.post("/v1/me/erasure", {"confirm": True}).expect(204)
    words = world.server.sql("SELECT words FROM appeals WHERE member_id = %s", member.id)
    assert words == [{"words": ""}]


# --- Accounts that are one person's, and people who leave ------------------------------------------


def merge(world, gone, into):
    path = f"/v1/members/{gone.id}/wallet/merge"
    body = {"into": into.id, "why": "同一人两个账户"}
    world.administrator.post(path, body, key=True).expect(200)
    done = "SELECT 1 FROM merges WHERE member_id = %s AND done_us > 0"
    wait_until(lambda: world.server.sql(done, gone.id), 20, "the accounts are one")


def leave(member):
    member.post("/v1/me/erasure", {"confirm": True}).expect(204)


def counts_of(world, run_id):
    run = world.administrator.get(f"/v1/assessments/{run_id}").expect(200)
    return {count["rating"]: count["count"] for count in run["member_counts"]}


def finish(world, run_id):
    """Signed and published."""
    path = f"/v1/assessments/{run_id}"
    world.server.sql("UPDATE assessment_runs SET appeals_until_us = 1 WHERE run_id = %s", run_id)
    world.administrator.post(f"{path}/sign", {"name": "何主任"}).expect(200)
    world.administrator.post(f"{path}/publish").expect(200)


def test_two_accounts_of_one_person_are_rated_as_one(world, policy):
    office = Office(world)
    one, other = (office.member(0, activities=1, due=7) for _ in range(2))
    published, seen = (show(world, policy, office.id)["id"] for _ in range(2))
    finish(world, published)
    draft = run(world, policy, office.id)["id"]
    for run_id in (published, seen, draft):
        assert counts_of(world, run_id) == {"not_qualified": 2}
    merge(world, other, one)
    wait_for(world, draft, "draft")
    wait_for(world, seen, "shown")

    for run_id in (seen, draft):
        found = ratings(world, run_id)
        assert found[one.id]["rating"] == "qualified"  # both activities are theirs
        line = found[other.id]
        assert (line["rating"], line["fails"], codes(line)) == (None, False, ["account_merged"])
        assert line["merged_into"] == one.id and line["facts"] == {}
        assert counts_of(world, run_id) == {"qualified": 1}
        units = ratings(world, run_id, scope="unit")
        assert {unit["rating"] for unit in units.values()} == {"eligible"}
    assert counts_of(world, published) == {"not_qualified": 2}
    assert ratings(world, published)[other.id]["merged_into"] == one.id
    own = one.get("/v1/me/assessments").expect(200)["items"]
    assert [item["subject_id"] for item in own if item["assessment_id"] == published] == [
        one.id,
        other.id,
    ]


def test_an_appeal_goes_on_under_the_account_that_stays(world, policy):
    office = Office(world)
    one, other = (office.member(0, activities=0, due=7) for _ in range(2))
    seen = show(world, policy, office.id)["id"]
    for member, words in ((one, "第一个账户"), (other, "第二个账户")):
        member.post(f"/v1/assessments/{seen}/appeal", {"words": words}).expect(204)
    merge(world, other, one)
    wait_for(world, seen, "shown")
    path = f"/v1/assessments/{seen}"
    appeals = world.administrator.get(f"{path}/appeals").expect(200)["items"]
    assert [(a["member_id"], a["words"]) for a in appeals] == [(one.id, "第一个账户\n第二个账户")]
    told = [n["kind"] for n in one.get("/v1/inbox").expect(200)["items"]]
    assert told.count("rating_shown") == 2  # they still fall short, and may appeal
    answer = {"member_id": one.id, "answer": "已查明", "rating": "qualified"}
    world.administrator.post(f"{path}/decide-appeal", answer).expect(204)
    wait_for(world, seen, "shown")
    assert counts_of(world, seen) == {"qualified": 1}


def test_who_was_erased_is_dropped_from_drafts_and_counts_where_it_was_seen(world, policy):
    office = Office(world)
    gone = office.member(0, activities=0, due=7)
    office.member(0, activities=2, due=7)
    published, seen = (show(world, policy, office.id)["id"] for _ in range(2))
    finish(world, published)
    draft = run(world, policy, office.id)["id"]
    gone.post(f"/v1/assessments/{seen}/appeal", {"words": "请核对"}).expect(204)
    leave(gone)
    wait_for(world, draft, "draft")

    line = ratings(world, draft)[gone.id]
    assert (line["rating"], codes(line), line["facts"]) == (None, ["erased"], {})
    assert counts_of(world, draft) == {"qualified": 1}
    assert ratings(world, draft, scope="unit")[office.id]["rating"] == "eligible"
    for run_id in (published, seen):
        assert gone.id not in ratings(world, run_id)
        assert counts_of(world, run_id) == {"not_qualified": 1, "qualified": 1}
        assert ratings(world, run_id, scope="unit")[office.id]["rating"] == "ineligible"
    kept = world.server.sql("SELECT DISTINCT reasons, facts FROM ratings WHERE subject_id = %s"
                            " AND run_id <> %s", gone.id, draft)
    assert kept == [{"reasons": "[]", "facts": "{}"}]
    appeals = world.administrator.get(f"/v1/assessments/{seen}/appeals").expect(200)["items"]
    assert [(a["state"], a["words"]) for a in appeals] == [("withdrawn", "")]
    finish(world, seen)  # nobody can answer it any more


def test_the_command_line_drafts_the_same(world, office, policy):
    server = world.server
    first = str(TODAY - timedelta(days=30))
    said = server.cli("assess", "run", "annual_review", office.id, f"--from={first}",
                      f"--to={TODAY + timedelta(days=14)}").stdout
    run_id = said.split()[1].rstrip(",")
    by_cli = server.cli("assess", "ratings", run_id).stdout
    rows = list(csv.DictReader(io.StringIO(by_cli.lstrip("\ufeff"))))
    shown = ratings(world, run_id)
    assert {row["subject"]: row["rating"] for row in rows} == {
        subject: item["rating"] for subject, item in shown.items()
    }
    assert all(row["reasons"] for row in rows)
    assert json.loads(json.dumps(shown))
