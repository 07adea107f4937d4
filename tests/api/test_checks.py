"""
Checks: what enforced rules hold or mark, who sees it, who decides, and that the books fit. The rules
are plugins that come with Linli, in their hosts.
"""

import pytest

from support import plugins
from support.api import new_key
from support.parallel import in_parallel
from support.processes import wait_until
from support.server import Server
from support.world import Market, World


class Rule:
    def __init__(self, world, name):
        self.world, self.name = world, name

    def change(self, **wish):
        return plugins.change(self.world.administrator, self.name, **wish).expect(200)


@pytest.fixture(scope="module")
def checked():
    """A server with `velocity` enforced: the second redemption within a day is held."""
    with Server() as server:
        world = World(server)
        rule = Rule(world, "velocity")
        rule.change(mode="enforced", on_flag="hold", settings={"most_24h": 1})
        yield world, rule
        world.verify_ledger()


@pytest.fixture
def world(checked):
    return checked[0]


@pytest.fixture
def market(world):
    return Market(world)


def held(market, price=10):
    """A member, and their second redemption of today, which is held."""
    member, reward = market.member(points=100), market.reward(stock=5, price=price)
    assert member.redeem(reward).expect(201)["state"] == "issued"
    return member, reward, member.redeem(reward).expect(201)


def check_of(person, redemption):
    items = person.get("/v1/reviews").expect(200)["items"]
    return next(item for item in items if item["ref"] == redemption["id"])


def decide(person, check, decision, key=None):
    path = f"/v1/reviews/{check['id']}/decision"
    return person.post(path, {"decision": decision, "reason": "问过本人"}, key=key or True)


def test_a_held_redemption_keeps_points_and_shows_no_code(market):
    member, _, redemption = held(market)
    assert redemption["state"] == "checking" and redemption["code"] is None
    assert redemption["wallet"] == {"available": "80.00", "held": "20.00"}
    seen = member.redemption(redemption)
    assert seen["answer_by"] == redemption["answer_by"] and "code" not in seen
    assert member.get(f"/v1/redemptions/{redemption['id']}/qr").code == "being_checked"
    notice = member.get("/v1/inbox").expect(200)["items"][0]
    assert notice["kind"] == "redemption_checked" and redemption["answer_by"][:4] in notice["text"]


def test_the_member_reads_that_it_is_checked_and_no_rule(market):
    member, _, redemption = held(market)
    check = check_of(member, redemption)
    assert (check["about"], check["state"], check["held"]) == ("redeem", "open", True)
    assert "rules" not in member.get(f"/v1/reviews/{check['id']}").expect(200)
    member.post(f"/v1/reviews/{check['id']}/words", {"words": "给全家买的"}).expect(204)
    assert market.world.administrator.get(f"/v1/reviews/{check['id']}").expect(200)["said"]
    [copy] = member.get("/v1/me/export").expect(200)["checks"]
    assert (copy["id"], copy["said"]) == (check["id"], "给全家买的") and "velocity" not in str(copy)
    other = market.member()
    assert other.get(f"/v1/reviews/{check['id']}").status == 404
    assert other.post(f"/v1/reviews/{check['id']}/words", {"words": "?"}).status == 404


def test_staff_read_which_rule_and_under_which_policy(market):
    _, _, redemption = held(market)
    administrator = market.world.administrator
    check = administrator.get(f"/v1/reviews/{check_of(administrator, redemption)['id']}").expect(200)
    [said] = check["rules"]
    assert said["plugin"]["name"] == "velocity" and said["verdict"] == "flag"
    assert (said["effect"], said["obeyed"], said["fault"]) == ("hold", True, None)
    assert said["zh"] and said["en"] and said["plugin"]["policy_id"]
    auditor = market.world.staff("auditor")
    assert auditor.get(f"/v1/decisions/{said['id']}").expect(200) == said
    listed = auditor.get(f"/v1/decisions?ref={redemption['id']}").expect(200)["items"]
    assert listed == [said]


def test_released_it_becomes_a_voucher_that_works(market):
    member, _, redemption = held(market)
    administrator, key = market.world.administrator, new_key()
    check = check_of(administrator, redemption)
    first = decide(administrator, check, "release", key)
    assert first.expect(200)["state"] == "issued"
    assert decide(administrator, check, "release", key).body == first.body
    assert decide(administrator, check, "refuse").code == "already_decided"
    voucher = member.redemption(redemption)
    market.clerk.confirm(voucher).expect(200)
    assert member.get("/v1/inbox").expect(200)["items"][0]["kind"] == "check_released"


def test_refused_points_and_piece_go_back(market):
    member, reward, redemption = held(market)
    free = market.stock(reward)[0]
    check = check_of(market.world.administrator, redemption)
    assert decide(market.world.administrator, check, "refuse").expect(200)["state"] == "cancelled"
    assert member.available == "90.00"
    assert market.stock(reward)[0] == free + 1
    trail = market.world.administrator.get(f"/v1/audit-trail?object_id={check['id']}")
    [entry] = trail.expect(200)["items"]
    assert (entry["action"], entry["why"]) == ("check.refuse", "问过本人")


def test_the_member_takes_it_back_meanwhile(market):
    member, _, redemption = held(market)
    member.cancel(redemption).expect(200)
    check = check_of(market.world.administrator, redemption)
    assert check["state"] == "withdrawn"
    assert decide(market.world.administrator, check, "release").code == "already_decided"


def test_nobody_decides_on_their_own(market):
    member, _, redemption = held(market)
    own = market.world.staff("administrator", person_id=member.id)
    check = check_of(own, redemption)
    assert decide(own, check, "release").code == "own_record"


def test_coordinators_see_earnings_and_never_redemptions(market):
    _, _, redemption = held(market)
    coordinator = market.world.coordinator
    check = check_of(market.world.administrator, redemption)
    assert coordinator.get(f"/v1/reviews/{check['id']}").status == 404
    assert decide(coordinator, check, "release").status == 404
    items = coordinator.get("/v1/reviews").expect(200)["items"]
    assert all(item["about"] == "earn" for item in items)


def test_a_denial_leads_to_its_words(checked, market):
    _, rule = checked
    rule.change(settings={"most_24h": 1, "deny_24h": 1})
    try:
        member, reward = market.member(points=100), market.reward(stock=5, price=10)
        member.redeem(reward).expect(201)
        denied = member.redeem(reward)
        assert denied.code == "denied" and denied.status == 409
        words = member.get(f"/v1/decisions/{denied.json['decision_id']}").expect(200)
        assert words["zh"] and "plugin" not in words
        assert market.member().get(f"/v1/decisions/{denied.json['decision_id']}").status == 404
        assert member.available == "90.00"
    finally:
        rule.change(settings={"most_24h": 1})


def test_a_rule_in_shadow_is_written_down_and_not_obeyed(checked, market):
    world, rule = checked
    rule.change(mode="shadow")
    try:
        _, _, redemption = held(market)
        assert redemption["state"] == "issued"
        path = f"/v1/decisions?ref={redemption['id']}"
        [said] = world.administrator.get(path).expect(200)["items"]
        assert (said["obeyed"], said["effect"], said["check_id"]) == (False, "hold", None)
    finally:
        rule.change(mode="enforced")


def overlapping(world, member):
    """Two records of one time, both approved, and what came of it: their awards are held."""
    overlap = Rule(world, "overlap")
    overlap.change(mode="enforced", on_flag="hold")
    try:
        [first], [second] = world.records([member]), world.records([member])
        return first, second, [world.award(record).expect(200) for record in (first, second)]
    finally:
        overlap.change(mode="off")


def test_an_earning_that_overlaps_is_held_and_released_by_another(checked, market):
    world, _ = checked
    member = market.member()
    first, second, answers = overlapping(world, member)
    assert [answer["state"] for answer in answers] == ["checking", "checking"]
    assert answers[0]["points"] == "0.00" and answers[0]["answer_by"]
    assert member.get(f"/v1/records/{first}").expect(200)["answer_by"]
    assert world.award(first).code == "being_checked"
    check = check_of(world.coordinator, {"id": first})
    assert decide(world.coordinator, check, "release").code == "same_person"
    other = world.staff("coordinator", world.unit_id)
    assert decide(other, check, "release").expect(200) | {"points": None} == {
        "ref": first, "about": "earn", "state": "approved", "points": None,
    }  # fmt: skip
    assert member.available != "0.00"
    refused = check_of(world.coordinator, {"id": second})
    assert decide(world.coordinator, refused, "refuse").expect(200)["state"] == "rejected"


def test_who_was_erased_gets_no_award_that_was_held_or_that_is_reviewed_later(checked, market):
    world, _ = checked
    member = market.member()
    first, _, _ = overlapping(world, member)
    [pending] = world.records([member], days_ago=9)
    check = check_of(world.coordinator, {"id": first})
    wallet = "SELECT available, held, version FROM wallets WHERE member_id = %s"
    before = world.server.sql(wallet, member.id)
    member.post("/v1/me/erasure", {"confirm": True}).expect(204)

    seen = world.administrator.get(f"/v1/reviews/{check['id']}").expect(200)
    assert (seen["state"], seen["decided_by"]) == ("withdrawn", None)
    assert "erased" in seen["reason"] and seen["decided_at"]
    other = world.staff("coordinator", world.unit_id)
    assert decide(other, check, "release").code == "already_decided"
    assert world.coordinator.get(f"/v1/records/{first}").expect(200)["state"] == "rejected"
    served = world.award(pending).expect(200)
    assert (served["state"], served["points"]) == ("approved", "0.00")  # the service counts
    assert world.server.sql(wallet, member.id) == before
    world.verify_ledger()


def test_an_award_that_came_to_be_held_during_the_erasure_is_not_released(checked, market):
    """The review had begun before: its look at the member is older than the erasure."""
    world, _ = checked
    [member] = market.members(1)
    first = overlapping(world, member)[0]
    check = check_of(world.coordinator, {"id": first})
    world.server.sql("UPDATE members SET erased_us = %s WHERE member_id = %s", world.now_us(), member.id)
    other = world.staff("coordinator", world.unit_id)
    assert decide(other, check, "release").code == "already_decided"
    assert world.coordinator.get(f"/v1/records/{first}").expect(200)["state"] == "rejected"
    assert world.server.sql("SELECT 1 FROM lots WHERE member_id = %s", member.id) == []
    world.verify_ledger()


def test_a_release_comes_before_the_erasure_or_finds_it_decided(checked, market):
    world, _ = checked
    other = world.staff("coordinator", world.unit_id)
    members = market.members(6)
    held = [(member, overlapping(world, member)[0]) for member in members]
    checks = {first: check_of(world.coordinator, {"id": first}) for _, first in held}

    def race(turn):
        member, first = held[turn // 2]
        if turn % 2:
            return decide(other, checks[first], "release")
        return member.post("/v1/me/erasure", {"confirm": True}).expect(204)

    for (member, first), release in zip(held, in_parallel(race, range(12))[1::2]):
        assert release.status == 200 or release.code == "already_decided"
        state = "approved" if release.status == 200 else "rejected"
        assert world.coordinator.get(f"/v1/records/{first}").expect(200)["state"] == state
        query = "SELECT COUNT(*) AS lots FROM lots WHERE member_id = %s"
        assert world.server.sql(query, member.id) == [{"lots": int(release.status == 200)}]
    world.verify_ledger()


def test_batches_say_under_which_set_they_were_judged(checked, market):
    world, _ = checked
    held(market)
    rows = world.server.sql("SELECT revision, events, questions FROM judgements")
    assert rows and all(row["revision"] > 0 for row in rows)
    assert all(row["questions"] >= row["events"] > 0 for row in rows)


def test_what_nobody_answered_in_time_is_released_and_staff_are_reminded(checked, market):
    world, _ = checked
    member, _, redemption = held(market)
    check = check_of(world.administrator, redemption)
    [record] = world.records([member])
    columns = "check_id, kind, state, held, member_id, ref, subject, merchant_id, asked_by, points"
    columns += ", opened_us, due_us, daily_cap, day, day_ends_us, expires_us, decided_by, decided_us"
    earning = (world.new_id(), 1, 1, 1, member.id, record, 1, 0, 1, 100, 1, 1, 0, 1, 1, 1, 0, 0)
    world.insert("checks", f"{columns}, reason", [(*earning, "")])
    world.server.sql("UPDATE records SET state = 6 WHERE record_id = %s", record)
    now_us = world.now_us()
    world.server.sql("UPDATE checks SET due_us = %s WHERE check_id = %s", now_us, check["id"])
    world.server.sql("DELETE FROM notices WHERE kind = 44")  # today's, of what was not yet overdue
    world.server.restart()
    wait_until(lambda: member.redemption(redemption)["state"] == "issued", 20, "the release")
    released = world.administrator.get(f"/v1/reviews/{check['id']}").expect(200)
    assert (released["state"], released["decided_by"]) == ("released", None)
    still = world.administrator.get(f"/v1/reviews/{earning[0]}").expect(200)
    assert still["state"] == "open"  # nobody awards points by doing nothing

    def reminders():
        inbox = world.coordinator.get("/v1/inbox").expect(200)["items"]
        return [notice for notice in inbox if notice["kind"] == "checks_wait"]

    [reminder] = wait_until(reminders, 20, "the reminder")
    assert reminder["details"]["overdue"] == "1"


def test_an_assessment_plugin_says_what_a_record_is_worth(checked, market):
    world, _ = checked
    plain = world.award(world.records([market.member()])[0]).expect(200)["points"]
    tariff = Rule(world, "tariff")
    tariff.change(mode="enforced", settings={"points_per_hour": "3", "daily_cap": "2.50"})
    try:
        one = world.award(world.records([market.member()])[0]).expect(200)
        several = [world.records([market.member()], minutes=30)[0] for _ in range(3)]
        batch = world.coordinator.post("/v1/records/approve", {"record_ids": several}, key=True)
        [harder] = world.records([market.member()], minutes=30)
        world.server.sql(
            "UPDATE activities JOIN records USING (activity_id) SET difficulty = 3"
            " WHERE record_id = %s", harder)
        hard = world.award(harder).expect(200)
    finally:
        tariff.change(mode="off")
    assert hard["points"] == "1.80"  # difficulty 3 is 120 per cent
    assert (plain, one["points"]) == ("1.00", "2.50")  # the cap of one day's service
    assert [item["points"] for item in batch.expect(200)["approved"]] == ["1.50"] * 3
