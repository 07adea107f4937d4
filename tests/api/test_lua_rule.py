"""Rules that administrators write in Lua: in the sandbox, in the registry, and in force."""

import json
import subprocess

import pytest

from support import plugins
from support.server import BINARY, ROOT, Server
from support.world import Market, World

FILE = BINARY.parent / "plugins" / "lua.so"
EXAMPLES = sorted((ROOT / "plugins" / "audit" / "lua" / "examples").glob("*.lua"))
HOSTILE = {
    "remembers": """
        n = 0
        local kept, seen = {}, 0
        function check(event, facts)
            n, seen, kept[#kept + 1], string.n = n + 1, seen + 1, event.id, (string.n or 0) + 1
            return "flag", "state", "zh", string.format("%d %d %d %d", n, seen, #kept, string.n)
        end""",
    "tells all that it sees, in the order of pairs": """
        function check(event)
            local all = ""
            for name, value in pairs(event) do all = all .. name .. tostring(value) end
            return "flag", "all", "zh", all .. tostring(event) .. tostring(pairs)
        end""",
    "loops": "function check() while true do end end",
    "grows": "function check() local s = 'x' while true do s = s .. s end end",
    "repeats nothing": "function check() return (''):rep(math.maxinteger) end",
    "moves nothing": "function check() table.move({}, 1, math.maxinteger, 2) end",
    "recurses": "function check() return 1 + check() end",
    "answers nonsense": "function check() return 'flag', 'c', '\\xff', '\\0' end",
}


def conforms(script, folder, **settings):
    path = folder / "settings.json"
    path.write_text(json.dumps({"script": script} | settings))
    done = subprocess.run([BINARY, "plugin", "check", "--json", f"--settings={path}", FILE],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_conform_in_the_sandbox(example, tmp_path):
    report = conforms(example.read_text(), tmp_path)
    assert report["passed"], report["checks"]
    assert report["questions"] >= 2000 and report["mean_ns"] < 500_000


@pytest.mark.parametrize("script", HOSTILE.values(), ids=HOSTILE)
def test_hostile_scripts_answer_in_time_and_the_same_twice(script, tmp_path):
    report = conforms(script, tmp_path, steps=2000)  # 2,500 questions share one deadline
    assert report["passed"], report["checks"]


def test_a_script_of_which_nothing_is_right_does_not_start(tmp_path):
    report = conforms("function check()\n  if then\nend", tmp_path)
    assert not report["passed"] and "script:2:" in report["checks"][0]["fault"]


@pytest.fixture(scope="module")
def world():
    with Server() as server:
        yield World(server)


def test_a_script_is_set_checked_and_obeyed(world):
    administrator = world.administrator
    refused = plugins.change(administrator, "lua", settings={"script": "\n\nfunction check( end"})
    assert refused.status == 409 and "script:3:" in refused.json["detail"]
    script = EXAMPLES[0].with_name("new_account.lua").read_text()
    long = script + "-- 这里说明这条规则为什么存在\n" * 500
    plugins.change(administrator, "lua", mode="enforced", on_flag="hold",
                   settings={"script": long}).expect(200)  # fmt: skip
    market = Market(world)
    member, reward = market.member(points=100), market.reward(stock=5, price=30)
    assert member.redeem(reward).expect(201)["state"] == "issued"
    assert member.redeem(reward).expect(201)["state"] == "checking"
    [check] = administrator.get("/v1/reviews").expect(200)["items"]
    [said] = administrator.get(f"/v1/reviews/{check['id']}").expect(200)["rules"]
    assert (said["plugin"]["name"], said["code"]) == ("lua", "new_account_spends")
    shown = plugins.find(administrator, "lua")
    settings = administrator.get(f"/v1/plugins/{shown['id']}").expect(200)["settings"]
    assert settings["script"] == long
    world.verify_ledger()


WHERE = """
function check(event, facts)
    if event.kind == "redeem" then
        return "flag", "where", "在哪", event.merchant .. " " .. facts["merchant.confirmations_1h"]
    end
end"""


def test_a_rule_is_told_at_whose_shop_points_are_about_to_be_held(world):
    rule = {"mode": "enforced", "on_flag": "mark", "settings": {"script": WHERE}}
    plugins.change(world.administrator, "lua", **rule).expect(200)
    shops = Market(world), Market(world)
    rewards = [shop.reward(stock=5, price=1) for shop in shops]
    by_hand = shops[0].member(points=5)
    made = [by_hand.redeem(rewards[0]).expect(201), by_hand.redeem(rewards[0]).expect(201)]
    shops[0].clerk.confirm(made[0]).expect(200)
    path, asked = f"/v1/members/{by_hand.id}/redemptions", rewards[0].asked()
    made.append(world.coordinator.post(path, asked, key=True).expect(201))
    made.append(by_hand.redeem(rewards[1]).expect(201))
    path = "/v1/decisions?ref={}"
    said = [world.administrator.get(path.format(row["id"])).expect(200)["items"] for row in made]
    theirs = [decision["en"].split() for [decision] in said]
    assert [count for _, count in theirs] == ["0", "0", "1", "0"]
    ids = [merchant for merchant, _ in theirs]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    world.verify_ledger()
