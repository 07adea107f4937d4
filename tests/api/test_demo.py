"""The demo: loaded once and whole, whatever happens meanwhile."""

import time

from support.books import check_books
from support.server import Server

DEMO = ["--demo=small"]
# Not these: what there was before the demo, what the keeper changes by itself, how commands fell
# into batches. `linli ledger verify` finds in the ledger's tables what does not belong there.
UNCOUNTED = {
    "migrations", "keys", "instances", "categories",
    "lanes", "blocks", "transfers", "balances", "limit_uses", "notices", "checkpoints",
}  # fmt: skip


def rows_by_table(server):
    tables = server.sql(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
    )
    names = {table["name"] for table in tables} - UNCOUNTED
    return {name: server.sql(f"SELECT COUNT(*) AS found FROM `{name}`")[0]["found"] for name in names}


def kill_in_the_middle(server):
    """Once the first points of the story have moved."""
    server.start(wait=False)
    for _ in range(3000):
        try:
            if server.sql("SELECT 1 FROM transfers LIMIT 1"):
                break
        except Exception:  # no socket, no database, no table yet
            pass
        time.sleep(0.02)
    server.kill()
    assert server.sql("SELECT 1 FROM accounts WHERE account_id = 0"), "it was too fast"


def test_a_half_loaded_demo_is_loaded_again_and_never_served():
    with Server(arguments=DEMO) as whole:
        expected = rows_by_table(whole)
    half = Server(arguments=DEMO)
    try:
        kill_in_the_middle(half)
        real = Server(state_dir=half.state_dir).start(wait=False)
        assert real.process.wait(30) != 0
        assert real.events("serve.failed")[0]["code"] == "demo.public"
        real.cleanup(check=False)
        half.start()
        assert rows_by_table(half) == expected
        check_books(half)
        half.cli("ledger", "verify")
        assert half.sql("SELECT @@innodb_flush_log_at_trx_commit AS flush") == [{"flush": 1}]
        half.restart()
        assert rows_by_table(half) == expected
    finally:
        half.cleanup(check=False)


def test_two_servers_load_the_demo_once():
    with Server(arguments=DEMO) as first:
        expected = rows_by_table(first)
    first = Server(arguments=DEMO).start(wait=False)
    second = Server(arguments=DEMO, state_dir=first.state_dir).start(wait=False)
    try:
        first.wait_ready()
        second.wait_ready()
        assert rows_by_table(first) == expected
        first.cli("ledger", "verify")
    finally:
        second.cleanup(check=False)
        first.cleanup(check=False)
