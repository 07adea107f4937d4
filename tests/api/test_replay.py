"""Replay: a rule asked about the past says what plain SQL finds, and writes nothing."""

import csv
import io
import json

import pytest

from support import plugins
from support.server import Server
from support.world import Market, World

HIT = """
    SELECT r.redemption_id AS id FROM redemptions r WHERE (SELECT COUNT(*) FROM redemptions e
        WHERE e.member_id = r.member_id AND e.created_us <= r.created_us
        AND e.created_us > r.created_us - 86400000000 AND e.redemption_id <> r.redemption_id) >= %s
"""


@pytest.fixture(scope="module")
def served():
    with Server(plugins.TRUSTED) as server:
        world = World(server)
        market = Market(world)
        reward = market.reward(stock=40, price=1)
        for times in (1, 2, 4, 6):
            member = market.member(points=10)
            for _ in range(times):
                voucher = member.redeem(reward).expect(201)
            market.clerk.confirm(voucher).expect(200)
        yield server, world


def replay(server, name, *arguments):
    """The rows that were printed, and the summary."""
    days = "--from=2026-01-01", "--to=2036-01-01"
    done = server.cli("plugin", "replay", name, *days, *arguments)
    return list(csv.DictReader(io.StringIO(done.stdout))), done.stderr


def test_velocity_finds_what_sql_finds(served, tmp_path):
    server, _ = served
    settings = tmp_path / "settings.json"
    for most in (1, 3, 100):
        settings.write_text(json.dumps({"most_1h": 1000, "most_24h": most}))
        hits, summary = replay(server, "velocity", f"--settings={settings}")
        expected = {str(row["id"]) for row in server.sql(HIT, most)}
        assert {hit["id"] for hit in hits} == expected
        assert all(hit["verdict"] == "flag" and hit["about"] == "redeem" for hit in hits)
        assert f"asked about 13, would have flagged {len(expected)} and denied 0" in summary


def test_a_denial_is_told_apart_and_nothing_is_written(served, tmp_path):
    server, _ = served
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"most_24h": 2, "deny_24h": 4}))
    hits, _ = replay(server, "velocity", f"--settings={settings}")
    assert sorted(hit["verdict"] for hit in hits) == ["deny"] * 2 + ["flag"] * 4
    assert server.sql("SELECT 1 FROM decisions") == server.sql("SELECT 1 FROM checks") == []


def test_what_live_judgement_said_is_said_again(served):
    server, world = served
    administrator = world.administrator
    plugins.change(administrator, "velocity", mode="shadow", settings={"most_24h": 2}).expect(200)
    market = Market(world)
    member, reward = market.member(points=10), market.reward(stock=9, price=1)
    for _ in range(5):
        member.redeem(reward).expect(201)
    said = server.sql("SELECT ref FROM decisions WHERE member_id = %s", member.id)
    hits, _ = replay(server, "velocity")
    assert {hit["id"] for hit in hits if hit["member"] == member.id} == {str(row["ref"]) for row in said}
    assert len(said) == 3


def test_a_script_knows_people_by_the_same_numbers(served):
    server, world = served
    script = "function check(e) return 'flag', 'seen', 'nr ' .. e.member, 'en' end"
    plugins.change(world.administrator, "lua", mode="shadow", settings={"script": script}).expect(200)
    market = Market(world)
    member, reward = market.member(points=10), market.reward(stock=9, price=1)
    member.redeem(reward).expect(201)
    [said] = server.sql("SELECT words_zh FROM decisions WHERE member_id = %s AND code = 'seen'"
                        " AND kind = 2", member.id)  # fmt: skip
    hits, _ = replay(server, "lua")
    [hit] = [hit for hit in hits if hit["member"] == member.id and hit["about"] == "redeem"]
    assert hit["words"] == said["words_zh"] != f"nr {member.id}"


KINDS = ["earn", "redeem", "confirm", "cancel", "refund", "adjust"]
EVERYTHING = """function check(e)
    return 'flag', 'seen', table.concat({e.at_us, e.kind, e.id, e.member, e.actor or 0,
        e.merchant or 0, e.subject or 0, e.points, e.minutes, e.grade or '-'}, ' '), 'en'
end"""


def something_of_everything(world):
    """A member's week: what happened, in its order, and the redemption that a check refused."""
    market, [member] = Market(world), world.members(1)
    reward = market.reward(stock=9, price=1)
    world.award(world.records([member])[0]).expect(200)
    world.adjust(member, 9).expect(200)
    kept, used, returned, taken_back = [member.redeem(reward).expect(201) for _ in range(4)]
    market.clerk.confirm(used).expect(200)
    market.clerk.confirm(returned).expect(200)
    market.clerk.confirm(kept).expect(200)
    market.clerk.undo(kept).expect(200)
    member.cancel(taken_back).expect(200)
    market.manager.refund(returned).expect(200)
    world.adjust(member, -1).expect(200)
    happened = ["earn", "adjust", *["redeem"] * 4, *["confirm"] * 3, "cancel", "refund", "adjust"]
    return member, happened


def test_every_kind_of_event_is_asked_about_as_it_was_then(served):
    server, world = served
    plugins.change(world.administrator, "lua", mode="shadow", settings={"script": EVERYTHING}).expect(200)
    member, happened = something_of_everything(world)
    said = server.sql("SELECT words_zh AS words FROM decisions WHERE member_id = %s AND code = 'seen'"
                      " ORDER BY decision_id", member.id)  # fmt: skip
    live = [row["words"] for row in said]
    assert [words.split()[1] for words in live] == happened
    hits, _ = replay(server, "lua")
    again = [hit["words"] for hit in hits if hit["member"] == member.id]
    [undone] = set(live) - set(again)  # the confirmation of what is a voucher again
    assert undone.split()[1] == "confirm" and set(again) < set(live)
    when = [(int(at), KINDS.index(kind)) for at, kind, *_ in (hit["words"].split() for hit in hits)]
    assert when == sorted(when)


def test_what_a_check_refused_was_not_taken_back_by_anybody(served):
    server, world = served
    plugins.change(world.administrator, "lua", mode="shadow", settings={"script": EVERYTHING}).expect(200)
    rule = {"settings": {"most_24h": 1}, "on_flag": "hold"}
    plugins.change(world.administrator, "velocity", mode="enforced", **rule).expect(200)
    market, [member] = Market(world), world.members(1, points=10)
    reward = market.reward(stock=9, price=1)
    member.redeem(reward).expect(201)
    voucher = member.redeem(reward).expect(201)
    plugins.change(world.administrator, "velocity", mode="off").expect(200)
    [check] = server.sql("SELECT check_id FROM checks WHERE ref = %s", voucher["id"])
    path = f"/v1/reviews/{check['check_id']}/decision"
    refusal = {"decision": "refuse", "reason": "核对不符"}
    world.administrator.post(path, refusal, key=True).expect(200)
    assert member.redemption(voucher)["state"] == "cancelled"
    hits, _ = replay(server, "lua")
    assert [hit["about"] for hit in hits if hit["member"] == member.id] == ["adjust", "redeem", "redeem"]


def parts(caller, path, **wanted):
    """All parts of a replay, by their cursors."""
    cursor = {}
    while True:
        part = caller.post(path, wanted | cursor).expect(200)
        yield part
        if part["next"] is None:
            return
        cursor = {"cursor": part["next"]}


def test_parts_of_any_size_say_what_the_whole_says(served):
    server, world = served
    plugins.change(world.administrator, "lua", mode="shadow", settings={"script": EVERYTHING}).expect(200)
    member, _ = something_of_everything(world)
    server.sql("UPDATE redemptions SET created_us = closed_us, confirmed_us = closed_us"
               " WHERE member_id = %s AND closed_us > 0 AND confirmed_us > 0", member.id)  # fmt: skip
    path = f"/v1/plugins/{plugins.find(world.administrator, 'lua')['id']}/replay"
    past = {"from": "2026-01-01", "to": "2036-01-01"}
    [whole] = parts(world.administrator, path, **past)
    for limit in (2, whole["asked"]):
        some = list(parts(world.administrator, path, **past, limit=limit))
        assert [item for part in some for item in part["items"]] == whole["items"]
        assert sum(part["asked"] for part in some) == whole["asked"] == len(whole["items"])
        assert {part["asked"] for part in some[:-1]} <= {limit}
        reached = [part["reached"] for part in some]
        assert reached == sorted(reached) and reached[-1] == whole["reached"]
        assert [part["items"][-1]["at"] for part in some[:-1]] == reached[:-1]
    assert world.administrator.post(path, past | {"limit": 0}).code == "bad_field"


def test_a_secret_is_asked_with_as_it_is(served, tmp_path):
    server, world = served
    administrator = world.administrator
    plugins.upload(administrator, plugins.built("keeper")).expect(201)
    plugins.change(administrator, "keeper", settings={"word": "open sesame"}).expect(200)
    path = f"/v1/plugins/{plugins.find(administrator, 'keeper')['id']}/replay"
    past = {"from": "2026-01-01", "to": "2036-01-01"}
    kept = {"word": True, "door": "back"}
    assert administrator.post(path, past | {"settings": kept}).expect(200)["asked"] > 0
    for wrong in ({"door": "back"}, {"word": "sesame"}, {"word": True, "door": "side"}):
        assert administrator.post(path, past | {"settings": wrong}).code == "conflict"
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(kept))
    hits, summary = replay(server, "keeper", f"--settings={settings}")
    assert hits == [] and "no answer to 0" in summary


def test_only_rules_are_asked_about_the_past(served):
    server, _ = served
    done = server.cli("plugin", "replay", "tariff", "--from=2026-01-01", "--to=2026-02-01", check=False)
    assert done.returncode == 1 and "no audit rule" in done.stderr
    assert server.cli("plugin", "replay", "velocity", check=False).returncode == 2


def test_the_api_replays_part_by_part(served):
    server, world = served
    velocity = plugins.find(world.administrator, "velocity")["id"]
    path, past = f"/v1/plugins/{velocity}/replay", {"from": "2026-01-01", "to": "2036-01-01"}
    part = world.administrator.post(path, past | {"settings": {"most_24h": 3}}).expect(200)
    expected = {str(row["id"]) for row in server.sql(HIT, 3)}
    assert {item["id"] for item in part["items"]} == expected
    all_of_them = server.sql("SELECT COUNT(*) AS n FROM redemptions")[0]["n"]
    assert (part["asked"], part["flagged"], part["next"]) == (all_of_them, len(expected), None)
    wrong = world.administrator.post(path, past | {"settings": {"most_24h": "many"}})
    assert wrong.code == "conflict" and "most_24h" in wrong.json["detail"]
    assert world.administrator.post(path, past | {"cursor": "x"}).code == "bad_field"
    assert world.coordinator.post(path, past).code == "forbidden"
    again = world.administrator.post(path, past | {"cursor": f"{9 * 10**15}.1.7"}).expect(200)
    assert (again["asked"], again["next"]) == (0, None)


def test_a_period_the_wrong_way_round_and_a_made_up_cursor_are_refused(served):
    server, world = served
    path = f"/v1/plugins/{plugins.find(world.administrator, 'velocity')['id']}/replay"
    past = {"from": "2026-03-01", "to": "2026-01-01"}
    assert world.administrator.post(path, past).code == "bad_field"  # nobody flagged, it said
    days = [f"--{word}={day}" for word, day in past.items()]
    assert server.cli("plugin", "replay", "velocity", *days, check=False).returncode == 2
    past = {"from": "2026-01-01", "to": "2026-03-01"}
    for cursor in ("-1.2.5", "1.2", "1.2.", ".", " 1.2.3", "1.2.-3", "1.2.3x", f"1.2.{2**64}"):
        assert world.administrator.post(path, past | {"cursor": cursor}).code == "bad_field", cursor
