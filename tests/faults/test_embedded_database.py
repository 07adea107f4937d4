"""The embedded database when somebody dies."""

import signal

from support.processes import is_running, processes_of, wait_until
from support.server import Server


def reads_the_database(server):
    return server.api(timeout=5).get("/v1/merchants").status == 200


def test_a_killed_database_is_back_within_two_seconds(fresh_server):
    assert reads_the_database(fresh_server)
    before = fresh_server.database_pid()
    fresh_server.kill_database()
    wait_until(lambda: reads_the_database(fresh_server), 2, "an answer from the database")
    assert fresh_server.database_pid() != before


def test_a_server_adopts_the_database_of_a_killed_one(fresh_server):
    database = fresh_server.database_pid()
    fresh_server.kill()
    assert is_running(database)
    fresh_server.start()
    assert fresh_server.database_pid() == database
    fresh_server.stop()


def test_the_last_of_two_servers_stops_the_database(fresh_server, sms):
    state_dir = fresh_server.state_dir
    with Server(sms.options, state_dir=state_dir) as second:
        fresh_server.stop(check_left_behind=False)
        assert reads_the_database(second)
        second.stop()
        assert processes_of(state_dir) == {}


def test_ctrl_c_stops_as_sigterm_does(fresh_server):
    fresh_server.signal(signal.SIGINT)
    assert fresh_server.process.wait(30) == 0
    assert processes_of(fresh_server.state_dir) == {}
