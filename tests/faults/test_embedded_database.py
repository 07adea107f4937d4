"""The embedded database when somebody dies."""

import resource
import signal

from support.processes import is_running, processes_of, wait_until
from support.server import Server, new_state_dir, run_cli


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


def test_too_few_files_are_told_by_their_name():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

    state_dir = new_state_dir()
    env = {"LINLI_STATE_DIR": str(state_dir), "PATH": "/usr/bin:/bin"}
    failed = run_cli("serve", "--port=0", check=False, preexec_fn=few, env=env)
    assert failed.returncode == 1 and "LimitNOFILE" in failed.stderr
    assert not state_dir.exists()
    state_dir.parent.rmdir()


def test_readyz_says_no_while_points_cannot_move(fresh_server):
    """The database answers readers, but would lose in a power cut what it was told to keep."""

    def end_every_session():
        for process in fresh_server.sql("SHOW PROCESSLIST"):
            if process["User"] not in ("system user", "event_scheduler"):
                try:
                    fresh_server.sql(f"KILL {process['Id']}")
                except Exception:  # our own, or one that has ended
                    pass

    fresh_server.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
    end_every_session()
    wait_until(lambda: not fresh_server.is_ready(), 10, "503 of /readyz")
    assert reads_the_database(fresh_server)
    answer = fresh_server.api().get("/readyz")
    assert answer.code == "busy" and "记账" in answer.json["detail"]
    fresh_server.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    wait_until(fresh_server.is_ready, 10, "200 of /readyz")
