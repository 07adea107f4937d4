"""
Whoever is killed at any moment: every acknowledged command is there exactly once, asking again with
the same key gives the same answer, the books hold, and nothing is left behind.
"""

import random
import time

import pytest

from support.load import Load
from support.processes import processes_of, wait_until
from support.server import Server, files_outside
from support.world import World

BETWEEN_KILLS = 100  # acts answered: each kill meets a server that works
BACK_SECONDS = 10  # a bound that no busy machine breaks; what it took is in the report


def stop_without_traces(*servers):
    outside = files_outside(servers[-1].state_dir)
    for server in servers:
        server.stop()
    assert not any(processes_of(server.state_dir) for server in servers)
    assert not outside.exists()


def a_moment(chance):
    """Not always the same phase of a batch."""
    time.sleep(chance.uniform(0, 0.05))


def reads_the_database(api):
    try:
        return api.get("/v1/merchants").status == 200
    except OSError:
        return False


def kill_database(server):
    """Returns the seconds until it answers from its database again."""
    api = server.api(timeout=BACK_SECONDS)
    server.kill_database()
    began = time.monotonic()
    wait_until(lambda: reads_the_database(api), BACK_SECONDS, "an answer from the database")
    api.close()
    return time.monotonic() - began


@pytest.mark.limit(120)
def test_kill_9_of_the_server(deep, sms):
    chance = random.Random(1)
    with Server(sms.options) as server:
        load = Load(World(server))
        with load.running():
            for _ in range(100 if deep else 5):
                load.wait_for_more(BETWEEN_KILLS)
                a_moment(chance)
                database = server.database_pid()
                server.kill()
                server.start()
                assert server.database_pid() == database, "not adopted"
            load.wait_for_more(BETWEEN_KILLS)
        load.check()
        stop_without_traces(server)


@pytest.mark.limit(120)
def test_kill_9_of_mariadbd(deep, sms, record_property):
    chance = random.Random(2)
    with Server(sms.options) as server:
        load, pid, took = Load(World(server)), server.pid, []
        with load.running():
            for _ in range(30 if deep else 8):
                load.wait_for_more(BETWEEN_KILLS)
                a_moment(chance)
                took.append(kill_database(server))
            load.wait_for_more(BETWEEN_KILLS)
        assert server.running and server.pid == pid
        load.check()
        stop_without_traces(server)
    slowest = f"{max(took):.2f} s"
    record_property("slowest_return_of_mariadbd", slowest)
    print(f"mariadbd was back after {slowest} at most")


def second_on_the_same_state(first, sms):
    return Server(sms.options, state_dir=first.state_dir)


def second_by_database_url(first, sms):
    """As in production: a server that knows only the address of the database and the master key."""
    return Server(
        sms.options
        | {
            "database.url": f"mysql://linli@localhost/linli?socket={first.state_dir}/db/socket",
            "keys.master_file": f"{first.state_dir}/master.key",
        }
    )


@pytest.mark.limit(120)
@pytest.mark.parametrize("second_server", [second_on_the_same_state, second_by_database_url])
def test_two_servers_one_of_them_killed_at_random(deep, sms, second_server):
    chance = random.Random(3)
    with Server(sms.options) as first, second_server(first, sms) as second:
        load = Load(World(first), [first, second])
        with load.running():
            for _ in range(40 if deep else 3):
                load.wait_for_more(BETWEEN_KILLS)
                a_moment(chance)
                victim = chance.choice([first, second])
                victim.kill()
                load.wait_for_more(BETWEEN_KILLS)  # the other one goes on alone
                victim.start()
            load.wait_for_more(BETWEEN_KILLS)
        load.check()
        stop_without_traces(second, first)


@pytest.mark.deep
@pytest.mark.limit(120)
def test_everybody_is_killed_in_any_order(sms):
    chance = random.Random(4)
    with Server(sms.options) as first, second_on_the_same_state(first, sms) as second:
        load = Load(World(first), [first, second])
        with load.running():
            for _ in range(60):
                load.wait_for_more(BETWEEN_KILLS)
                a_moment(chance)
                for victim in chance.sample([first, second, None], chance.randint(1, 3)):
                    victim.kill() if victim else first.kill_database()
                for server in first, second:
                    if not server.running:
                        server.start()
            load.wait_for_more(BETWEEN_KILLS)
        load.check()
        stop_without_traces(second, first)
