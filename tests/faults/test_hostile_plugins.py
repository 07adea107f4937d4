"""
Hostile plugins, uploaded and enforced one by one while people earn and spend: each costs its own
decisions, is named in the fault log, and is quarantined at its third fault; the books hold.
"""

import pytest

from support import plugins
from support.load import Load
from support.processes import is_running, plugin_hosts_of, wait_until
from support.server import Server
from support.world import World

# What each does wrong is in tests/plugins/hostile; it does so at this price.
SPOILT_PRICE = "6.66"
FAULTS = {
    "crash": "crashed",
    "exits": "exited",
    "loops": "overran",
    "eats_memory": "memory",
    "opens": "forbidden",
    "forges": "nonsense",
}
MORE_FAULTS = {  # one by one in tests/unit/plugin_hostile.c as well
    "aborts": "crashed",
    "overflows": "crashed",
    "writes_input": "crashed",
    "heap": "crashed",
    "sleeps": "forbidden",
    "closes": "forbidden",
    "forks": "forbidden",
    "connects": "forbidden",
    "babbles": "nonsense",
    "without_end": "nonsense",
    "odd_verdict": "nonsense",
}
REFUSED = ["no_symbol", "wrong_magic", "wrong_size", "load_crashes", "load_forks", "start_refuses"]
OPTIONS = plugins.TRUSTED | {"plugins.deadline": "500ms"}


def faults_of(caller, plugin):
    return caller.get(f"/v1/plugins/{plugin['id']}/faults").expect(200)["items"]


def meet(world, market, name, fault):
    """Enforces the plugin, lets it spoil three redemptions, and sees it go."""
    plugin = plugins.upload(world.administrator, plugins.built(name)).expect(201)
    plugins.change(world.administrator, name, mode="enforced", on_fault="pass").expect(200)
    member, reward = world.member(points=30), market.reward(stock=9, price=SPOILT_PRICE)
    for _ in range(3):
        assert member.redeem(reward).expect(201)["state"] == "issued"
    wait_until(
        lambda: plugins.find(world.administrator, name)["mode"] == "quarantined",
        10,
        f"{name} to be quarantined",
    )
    assert {each["fault"] for each in faults_of(world.administrator, plugin)} == {fault}
    return plugin


@pytest.mark.limit(240)
def test_each_costs_its_own_decisions(deep):
    with Server(OPTIONS) as server:
        world = World(server)
        market, load = world.market(), Load(world, pairs=2, records_each=30)
        with load.running():
            load.wait_for_more(20)
            for name in REFUSED:
                assert plugins.upload(world.administrator, plugins.built(name)).status == 409, name
            for name, fault in (FAULTS | (MORE_FAULTS if deep else {})).items():
                meet(world, market, name, fault)
                load.wait_for_more(10)
            load.wait_for_more(100)
        load.check_kinds()
        load.check_answers_again()
        load.check_vouchers()
        world.verify_ledger()
        hosts = plugin_hosts_of(server.pid)
    assert not any(is_running(pid) for pid in hosts)


def test_a_released_plugin_is_asked_again():
    with Server(OPTIONS) as server:
        world = World(server)
        market = world.market()
        plugin = meet(world, market, "crash", "crashed")
        plugins.change(world.administrator, "crash", mode="enforced").expect(200)
        before = len(faults_of(world.administrator, plugin))
        member, reward = world.member(points=30), market.reward(stock=9, price=SPOILT_PRICE)
        member.redeem(reward).expect(201)
        wait_until(
            lambda: len(faults_of(world.administrator, plugin)) > before, 10, "another fault"
        )
        assert plugins.find(world.administrator, "crash")["mode"] == "enforced"
        hosts = plugin_hosts_of(server.pid)
        assert hosts
        server.kill()
        wait_until(lambda: not any(is_running(pid) for pid in hosts), 5, "the hosts to end")
