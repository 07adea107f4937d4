"""
Plugins are administered while the server runs: files that are refused, versions, settings, secrets,
order, two administrators at once, the command line beside the API, a newer installation.
"""

import hashlib
import re
import shutil

import pytest
from nacl.signing import SigningKey

from support import plugins
from support.parallel import in_parallel
from support.processes import wait_until
from support.server import BINARY, Server
from support.world import World, text_of

FOLLOW_SECONDS = 10  # generous: it takes one
HOSTILE_POINTS = 666  # tests/plugins/hostile.h


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A copy of the built-in plugins' files, to be changed as a package upgrade does."""
    folder = tmp_path_factory.mktemp("installed") / "plugins"
    shutil.copytree(BINARY.parent / "plugins", folder, ignore=lambda _, names: [
        name for name in names if not name.endswith(".so")])
    return folder


@pytest.fixture(scope="module")
def world(installed):
    """A server of this file's own: what is enforced here judges nobody else's members."""
    with Server(plugins.TRUSTED | {"plugins.directory": str(installed)}) as server:
        yield World(server)


@pytest.fixture
def administrator(world):
    return world.administrator


def refused(answer):
    """The words of a refusal."""
    assert answer.code == "conflict", answer
    return answer.json["detail"]


def put(administrator, name, **wanted):
    """tests/plugins/plain.c under that name, once, as wished."""
    if not plugins.find(administrator, name):
        plugins.upload(administrator, plugins.plain(name)).expect(201)
    return plugins.change(administrator, name, **wanted).expect(200) if wanted else None


# Files


def test_files_that_are_not_taken(administrator):
    image, other = plugins.built("plain"), plugins.built("heavy")
    stranger = SigningKey.generate()
    for given, words in (
        ({"signature": None}, "linli plugin sign"),
        ({"signature": "a good one"}, "this is no signature"),
        ({"signature": plugins.signature(other)}, "not of this file"),
        ({"signature": plugins.signature(image, stranger)}, "not trusted here"),
    ):
        assert words in refused(plugins.upload(administrator, image, **given))
    text = b"#!/bin/sh\necho hello\n"
    assert "ELF" in refused(plugins.upload(administrator, text))
    assert refused(plugins.upload(administrator, image[:2000]))
    answer = administrator.post("/v1/plugins", {"image": "not base64url!", "why": "a test"})
    assert answer.status == 400 and b"/image" in answer.body
    large = plugins.upload(administrator, bytes((3 << 20) + 1))
    assert large.status == 413 or "3 MiB" in refused(large)
    assert plugins.find(administrator, "plain") is None


def test_hostile_files_are_refused_while_they_are_looked_at(administrator):
    for name, words in (
        ("no_symbol", "linli_plugin"),
        ("wrong_magic", ""),
        ("wrong_major", "version 2.0"),
        ("wrong_size", ""),
        ("unknown_fact", "member.redemptions"),
        ("start_refuses", ""),
        ("load_crashes", "crashed"),
        ("load_exits", "ended"),
    ):
        said = refused(plugins.upload(administrator, plugins.built(name)))
        assert said and words in said, (name, said)


def test_a_name_of_the_installation_is_taken(administrator):
    velocity = (BINARY.parent / "plugins" / "velocity.so").read_bytes() + b"\0"
    assert "built-in" in refused(plugins.upload(administrator, velocity))


def test_the_same_file_is_the_same_version(administrator):
    image = plugins.plain("twice")
    answers = in_parallel(lambda _: plugins.upload(administrator, image), range(4))
    ids = {answer.expect(201)["id"] for answer in answers}
    assert len(ids) == 1
    plugins.upload(administrator, image).expect(201)
    assert len(plugins.show(administrator, "twice")["versions"]) == 1


# Versions


def test_versions_are_switched_and_rolled_back(administrator):
    put(administrator, "grows", mode="shadow")
    first = plugins.show(administrator, "grows")
    plugins.upload(administrator, plugins.plain("grows", "2.0.0")).expect(201)
    both = plugins.show(administrator, "grows")
    assert both["version"] == "1.0.0" and both["version_id"] == first["version_id"]
    newest = both["versions"][0]
    assert newest["version"] == "2.0.0" and newest["signer"] == plugins.PUBLIC
    second = plugins.change(administrator, "grows", version_id=newest["id"]).expect(200)
    assert second["version"] == "2.0.0" and second["mode"] == "shadow"
    assert second["here"]["runs"] and second["here"]["version_id"] == newest["id"]
    back = plugins.roll_back(administrator, "grows", "it flags too much").expect(200)
    assert back["version"] == "1.0.0" and back["here"]["version_id"] == first["version_id"]
    changes = administrator.get(f"/v1/plugins/{back['id']}/changes").expect(200)["items"]
    assert [change["mode"] for change in changes] == ["shadow", "shadow", "shadow", "off"]
    assert changes[0]["why"] == "it flags too much"
    gone = plugins.change(administrator, "grows", version_id="4711")
    assert gone.status == 404


# Settings


def test_settings_are_held_against_their_schema(administrator):
    put(administrator, "rules", mode="shadow", settings={"most": 10})
    for settings, words in (
        ({"most": "many"}, "most"),
        ({"most": 1, "least": 2}, "least"),
        ({"most": 10, "deny": 5}, "deny is below most"),
    ):
        assert words in refused(plugins.change(administrator, "rules", settings=settings))
    kept = plugins.show(administrator, "rules")
    assert kept["settings"] == {"most": 10} and kept["here"]["why"] is None


def test_secrets_stay_and_never_come_back_out(world, administrator):
    plugins.upload(administrator, plugins.built("keeper")).expect(201)
    assert "word" in refused(plugins.change(administrator, "keeper", mode="shadow"))
    wrong = {"word": "open barley"}
    assert "not the one" in refused(plugins.change(administrator, "keeper", settings=wrong))
    right = {"word": "open sesame"}
    plugins.change(administrator, "keeper", mode="shadow", settings=right).expect(200)
    assert plugins.show(administrator, "keeper")["settings"] == {"word": True}
    kept = {"word": True, "door": "back"}
    plugins.change(administrator, "keeper", settings=kept).expect(200)
    assert plugins.show(administrator, "keeper")["settings"] == kept
    assert "front|back" in refused(
        plugins.change(administrator, "keeper", settings={"word": True, "door": "side"})
    )
    shown = world.server.cli("plugin", "show", "keeper").stdout
    assert "sesame" not in shown and "back" in shown
    rows = world.server.sql("SELECT settings FROM plugin_policies")
    assert rows and not any(b"sesame" in row["settings"] for row in rows)
    log = world.server.log_path.read_text()
    assert "sesame" not in log


# Rules in force


def test_reasons_come_in_the_order_of_ranks(world, administrator):
    names = "first", "third", "secnd"
    try:
        for name, rank in zip(names, (10, 30, 20)):
            put(administrator, name, mode="enforced", rank=rank, on_flag="mark",
                settings={"most": 5})
        market = world.market()
        _, voucher = market.voucher()
        path = f"/v1/decisions?ref={voucher['id']}"
        said = administrator.get(path).expect(200)["items"]
        assert {item["plugin"]["name"] for item in said} >= set(names)
        check_id = next(item["check_id"] for item in said if item["plugin"]["name"] == "first")
        check = administrator.get(f"/v1/reviews/{check_id}").expect(200)
        told = [rule["plugin"]["name"] for rule in check["rules"] if rule["obeyed"]]
        assert told == ["first", "secnd", "third"]
        here = plugins.show(administrator, "first")["here"]
        assert here["mode"] == "enforced" and here["questions"] >= 1 and here["faults"] == 0
        assert 0 < here["mean_us"] and 0 < here["half_within_us"] <= here["most_within_us"]
    finally:
        for name in names:
            put(administrator, name, mode="off")
    assert plugins.show(administrator, "first")["here"]["runs"] is False


def series_of(server, name):
    """{series without its plugin: value} in /metrics."""
    lines = server.api().get("/metrics").body.decode().splitlines()
    found = [line.rsplit(" ", 1) for line in lines if f'plugin="{name}"' in line]
    return {re.sub(rf'plugin="{name}",?', "", series): float(value) for series, value in found}


def test_metrics_have_a_label_a_plugin(world, administrator):
    """As long as it is of the set: what is switched off or in quarantine has no series."""
    market, (member,) = world.market(), world.members(1, points=1000)
    plugins.upload(administrator, plugins.built("crash")).expect(201)
    put(administrator, "count", mode="shadow")
    plugins.change(administrator, "crash", mode="enforced").expect(200)
    assert series_of(world.server, "count")["linli_plugin_questions_by_plugin_total{}"] == 0
    market.voucher(member, price=5)
    member.redeem(market.reward(stock=1, price=text_of(HOSTILE_POINTS))).expect(201)
    count, crash = series_of(world.server, "count"), series_of(world.server, "crash")
    assert count["linli_plugin_questions_by_plugin_total{}"] == 2
    assert crash["linli_plugin_questions_by_plugin_total{}"] == 2
    assert {name: value for name, value in (count | crash).items() if "fault" in name and value} == {
        'linli_plugin_faults_by_plugin_total{fault="crashed"}': 1}
    assert count["linli_plugin_question_seconds_count{}"] == 2
    assert count['linli_plugin_question_seconds_bucket{le="+Inf"}'] == 2
    assert 0 < crash["linli_plugin_question_seconds_sum{}"] < 1
    for name in "count", "crash":
        put(administrator, name, mode="off")
        assert series_of(world.server, name) == {}
    put(administrator, "count", mode="shadow")
    assert series_of(world.server, "count") == count  # nobody has lost count
    put(administrator, "count", mode="off")


def test_two_administrators_at_once(world, administrator):
    put(administrator, "wants")
    both = administrator, world.other_administrator

    def change(number):
        return plugins.change(both[number % 2], "wants", rank=100 + number)

    answers = in_parallel(change, range(8))
    done = [answer for answer in answers if answer.status == 200]
    assert done
    for answer in answers:
        assert answer.status == 200 or "somebody else" in refused(answer)
    plugin = plugins.find(administrator, "wants")
    changes = administrator.get(f"/v1/plugins/{plugin['id']}/changes").expect(200)["items"]
    assert len(changes) == 1 + len(done) and changes[0]["rank"] == plugin["rank"]


def test_the_audit_trail_says_who_and_why(administrator):
    put(administrator, "known", mode="shadow", why="looks at it for a week")
    plugin = plugins.roll_back(administrator, "known", "enough").expect(200)
    path = f"/v1/audit-trail?object_id={plugin['id']}"
    entries = administrator.get(path).expect(200)["items"]
    assert [(entry["action"], entry["why"]) for entry in reversed(entries)] == [
        ("plugin.upload", "a test"),
        ("plugin.change", "looks at it for a week"),
        ("plugin.roll_back", "enough"),
    ]


# The command line beside the API


def test_the_command_line_does_the_same(world, administrator, tmp_path):
    image = tmp_path / "lined.so"
    image.write_bytes(plugins.plain("lined"))
    image.with_suffix(".so.sig").write_text(plugins.signature(image.read_bytes()) + "\n")
    run, trusted = world.server.cli, f"--plugins.trusted_keys={plugins.PUBLIC}"
    directory = f"--plugins.directory={world.server.options['plugins.directory']}"
    run("plugin", "upload", trusted, directory, "--why=by hand", str(image))
    settings = tmp_path / "settings.json"
    settings.write_text('{"most": 7}')
    run("plugin", "change", directory, "--mode=enforced", "--rank=3", f"--settings={settings}",
        "--why=by hand", "lined")
    plugin = wait_until(lambda: in_force(administrator, "lined"), FOLLOW_SECONDS, "the change")
    assert (plugin["mode"], plugin["rank"], plugin["settings"]) == ("enforced", 3, {"most": 7})
    listed = run("plugin", "list", directory).stdout.splitlines()
    for item in administrator.get("/v1/plugins").expect(200)["items"]:
        line = next(line for line in listed if line.split()[0] == item["name"])
        assert line.split()[1:5] == [item["kind"], item["version"], item["mode"], str(item["rank"])]
    run("plugin", "rollback", directory, "--why=by hand", "lined")
    wait_until(lambda: not plugins.show(administrator, "lined")["here"]["runs"], FOLLOW_SECONDS,
               "the change back")
    unsigned = run("plugin", "upload", directory, "--why=by hand", str(image), check=False)
    assert unsigned.returncode == 1 and "not trusted here" in unsigned.stderr


def in_force(administrator, name):
    plugin = plugins.show(administrator, name)
    return plugin if plugin["here"]["runs"] else None


@pytest.mark.parametrize("hashed", [False, True])
def test_bytes_that_were_swapped_in_the_database_do_not_run(world, administrator, hashed):
    """Nor with their hash: whoever can write to the database cannot sign."""
    put(administrator, "swaps", mode="shadow")
    plugin = plugins.show(administrator, "swaps")
    mine, other = plugins.plain("swaps"), plugins.plain("swaps", version="1.0.9")
    swap = "UPDATE plugin_versions SET image = %s, sha256 = %s WHERE version_id = %s"
    digests = [hashlib.sha256(image).digest() for image in (mine, other)]
    try:
        world.server.sql(swap, other, digests[hashed], plugin["version_id"])
        world.server.restart()
        here = plugins.show(administrator, "swaps")["here"]
        said = "not of this file" if hashed else "not the bytes"
        assert not here["runs"] and said in here["why"]
    finally:
        world.server.sql(swap, mine, digests[0], plugin["version_id"])
    plugins.change(administrator, "swaps", mode="off").expect(200)
    plugins.change(administrator, "swaps", mode="shadow").expect(200)
    assert in_force(administrator, "swaps")
    plugins.change(administrator, "swaps", mode="off").expect(200)


def test_settings_that_are_lost_are_not_taken_for_the_defaults(world, administrator):
    put(administrator, "loses", mode="shadow")
    plugin = plugins.show(administrator, "loses")
    spoil = "UPDATE plugin_policies SET settings = REVERSE(settings) WHERE policy_id = %s"
    try:
        world.server.sql(spoil, plugin["policy_id"])
        world.server.restart()
        items = administrator.get("/v1/plugins").expect(200)["items"]
        assert "loses" in [item["name"] for item in items]
        assert world.server.events("plugin.settings_lost")
    finally:
        world.server.sql(spoil, plugin["policy_id"])
    assert not plugins.show(administrator, "loses")["here"]["runs"]
    plugins.change(administrator, "loses", mode="off").expect(200)


# The installation


def test_a_set_that_does_not_come_up_leaves_the_old_one(world, administrator, installed):
    file = installed / "velocity.so"
    whole = file.read_bytes()
    plugins.change(administrator, "velocity", mode="shadow").expect(200)
    try:
        file.unlink()  # a broken installation
        answer = plugins.change(administrator, "overlap", mode="shadow")
        assert "velocity" in refused(answer) and "does not come up" in answer.json["detail"]
        kept = plugins.show(administrator, "velocity")["here"]
        assert kept["runs"] and "velocity" in kept["why"]
        market = world.market()
        market.voucher()  # nobody who redeems notices
        assert plugins.show(administrator, "velocity")["here"]["questions"] > kept["questions"]
        world.server.wait_event("plugin.set_kept")
    finally:
        file.write_bytes(whole)
    after = plugins.change(administrator, "overlap", mode="shadow").expect(200)
    assert after["here"]["runs"] and after["here"]["why"] is None


def test_files_of_another_installation_take_over(world, administrator, installed):
    """An upgrade, and the way back: settings and mode stay, and no older file is wanted."""
    file = installed / "velocity.so"
    whole = file.read_bytes()
    before = plugins.change(administrator, "velocity", mode="shadow",
                            settings={"most_24h": 7}).expect(200)
    version = before["version"]
    newer = f"{int(version[0]) + 1}{version[1:]}"
    file.write_bytes(plugins.variant(whole, version=(version, newer)))
    world.server.restart()
    after = plugins.show(administrator, "velocity")
    assert after["version"] == newer and after["here"]["runs"], after["here"]["why"]
    assert (after["mode"], after["settings"]) == ("shadow", {"most_24h": 7})
    plugins.change(administrator, "velocity", mode="off").expect(200)
    assert plugins.roll_back(administrator, "velocity").expect(200)["version"] == newer
    file.write_bytes(whole)
    world.server.restart()
    again = plugins.show(administrator, "velocity")
    assert again["version"] == version and again["here"]["runs"]
    assert len(again["versions"]) == 2
