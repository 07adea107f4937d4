"""Backup under load, restore in another place: the books, the erased, and what was interrupted."""

import json
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pymysql
import pytest

from support.books import check_books
from support.processes import wait_until
from support.server import BINARY, Server, new_state_dir, remove_state, run_cli
from support.world import Market, World

NAME, PHONE = "罕见姓名备份", "13912349876"


def backup(server, directory):
    """Makes one and returns its path."""
    return Path(server.cli("backup", directory).stdout.strip())


def settings(state_dir):
    return {"env": {"LINLI_STATE_DIR": str(state_dir), "PATH": "/usr/bin:/bin"}}


@pytest.fixture
def elsewhere(saved):
    """An empty place with the master key, as on another machine."""
    state_dir = new_state_dir()
    state_dir.mkdir()
    shutil.copy(saved.server.state_dir / "master.key", state_dir)
    yield state_dir
    remove_state(state_dir)


class Saved:
    """A server that was saved while vouchers were redeemed, and went on."""

    def __init__(self, server, directory):
        self.server, self.directory = server, directory
        self.world = World(server)
        self.market = Market(self.world)
        self.members = self.market.members(8, points=100)
        self.reward = self.market.reward(stock=500, price=1)
        body = {"name": NAME, "phone": f"+86{PHONE}", "unit_id": self.world.unit_id}
        self.erased = self.world.make("/v1/members", consent=True, **body)["id"]
        self.path = self.save_under_load()
        server.cli("erase", self.erased, "--why=本人书面申请")
        self.list = directory / "erased.txt"
        self.list.write_text(server.cli("erase", "--list").stdout)
        self.younger = directory / "younger.json"
        server.cli("ledger", "checkpoint", f"--out={self.younger}")

    def save_under_load(self):
        done, redeemed = threading.Event(), []

        def redeem(member):
            while not done.is_set():
                redeemed.append(member.redeem(self.reward).expect(201))

        threads = [threading.Thread(target=redeem, args=(member,)) for member in self.members]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(redeemed) > 20, 20, "vouchers")
        before = len(redeemed)
        path = backup(self.server, self.directory)
        wait_until(lambda: len(redeemed) > before + 20, 20, "vouchers after the backup")
        done.set()
        for thread in threads:
            thread.join()
        return path


@pytest.fixture(scope="module")
def saved(sms, tmp_path_factory):
    with Server(sms.options) as server:
        yield Saved(server, tmp_path_factory.mktemp("backups"))


def restore(saved, state_dir, *more, check=True):
    erased = () if "--none-erased" in more else (f"--erased={saved.list}",)
    return run_cli("restore", saved.path, *erased, *more, check=check, **settings(state_dir))


def test_a_backup_says_what_is_in_it(saved):
    manifest = json.loads((saved.path / "manifest.json").read_text())
    tables = saved.server.sql("SHOW TABLES")
    assert len(manifest["parts"]) == len(tables) - 1  # all but `migrations`
    assert [lane["lane"] for lane in manifest["lanes"]] == [1]
    assert not (saved.path / "master.key").exists()
    assert saved.path.stat().st_mode & 0o77 == 0
    assert not list(saved.directory.glob("*.partial"))
    whole = run_cli("restore", saved.path, "--check").stdout
    assert "is whole" in whole


def test_what_is_restored_elsewhere_fits_and_goes_on_in_new_lanes(saved, elsewhere, sms):
    printed = restore(saved, elsewhere).stdout
    assert "The books fit" in printed and "1 of the 1" in printed
    with Server(sms.options, state_dir=elsewhere) as server:
        check_books(server)
        kept = saved.path / "checkpoint.json"
        assert "fit" in server.cli("ledger", "verify", f"--checkpoint={kept}").stdout
        assert_erased(server)
        # The lost end is not written anew: whoever kept a younger checkpoint sees that it is gone.
        world = World(server)
        voucher = Market(world).voucher()[0]
        assert voucher.wallet()["held"] == "10.00"
        assert {row["lane"] for row in server.sql("SELECT DISTINCT lane FROM blocks")} == {1, 2}
        lease = server.sql("SELECT lease_until_us FROM lanes WHERE lane = 1")[0]["lease_until_us"]
        assert lease == 2**63 - 1  # nor ever taken over
        younger = server.cli("ledger", "verify", f"--checkpoint={saved.younger}", check=False)
        assert younger.returncode == 1 and "MISFIT" in younger.stdout
        ids = server.sql("SELECT MAX(instance_id) AS most FROM instances")[0]["most"]
        assert ids > 2000  # what was printed after the backup never means something else
        server.stop()


def assert_erased(server):
    """Neither plain nor sealed: the person's own key is gone too."""
    for table in server.sql("SHOW TABLES"):
        (name,) = table.values()
        rows = repr(server.sql(f"SELECT * FROM `{name}`"))
        assert NAME not in rows and PHONE not in rows, name
    row = server.sql("SELECT name, phone, personal_key FROM members WHERE erased_us > 0")
    assert [set(found.values()) for found in row] == [{b""}]
    assert server.sql("SELECT COUNT(*) AS n FROM refresh_tokens")[0]["n"] == 0


def test_a_restore_asks_who_was_erased_since(saved, elsewhere, tmp_path):
    asked = run_cli("restore", saved.path, check=False, **settings(elsewhere))
    assert asked.returncode == 2 and "--none-erased" in asked.stderr
    old = tmp_path / "old.txt"
    old.write_text("# as of 2020-01-01T00:00:00Z\n")
    stale = run_cli("restore", saved.path, f"--erased={old}", check=False, **settings(elsewhere))
    assert stale.returncode == 1 and "older than the backup" in stale.stderr
    assert not (elsewhere / "db").exists()  # nothing was touched


def test_only_an_empty_database_is_restored_into(saved):
    into = saved.server.state_dir
    refused = restore(saved, into, "--none-erased", check=False)
    assert refused.returncode == 1 and "not empty" in refused.stderr
    assert saved.world.api.get("/readyz").status == 200


def test_a_spoilt_copy_is_refused_before_anything_is_made(saved, elsewhere, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(saved.path, copy)
    part = copy / "transfers.sql.gz"
    part.write_bytes(part.read_bytes()[:-20])
    refused = run_cli("restore", copy, "--none-erased", check=False, **settings(elsewhere))
    assert refused.returncode == 1 and "transfers.sql.gz" in refused.stderr
    assert not (elsewhere / "db").exists()


def test_a_wrong_master_key_is_told_first_and_undone(saved, elsewhere):
    (elsewhere / "master.key").rename(elsewhere / "right.key")
    run_cli("keys", "make-master", elsewhere / "master.key")
    refused = restore(saved, elsewhere, "--none-erased", check=False)
    assert refused.returncode == 1 and "master" in refused.stderr
    (elsewhere / "right.key").replace(elsewhere / "master.key")
    restore(saved, elsewhere)  # the place is empty again


def kill_in_the_middle(saved, state_dir):
    """kill -9 as soon as the first blocks are there."""
    process = subprocess.Popen(
        [BINARY, "restore", saved.path, "--none-erased"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **settings(state_dir),
    )
    connection = None
    while process.poll() is None:
        try:
            connection = connection or pymysql.connect(
                unix_socket=f"{state_dir}/db/socket", user="linli", database="linli"
            )
            with connection.cursor() as cursor:
                if cursor.execute("SELECT 1 FROM blocks LIMIT 1"):
                    process.kill()
        except pymysql.err.MySQLError:
            time.sleep(0.001)
    assert process.wait() == -9, "it was faster"
    connection.close()


def test_a_killed_restore_is_not_served_and_the_next_says_what_to_do(saved, elsewhere):
    kill_in_the_middle(saved, elsewhere)
    serving = run_cli("serve", "--port=0", check=False, **settings(elsewhere))
    assert serving.returncode == 1 and "--again" in serving.stderr
    refused = restore(saved, elsewhere, check=False)
    assert refused.returncode == 1 and saved.path.name in refused.stderr
    assert "--again" in refused.stderr
    assert "The books fit" in restore(saved, elsewhere, "--again").stdout


def test_backups_of_the_same_second_do_not_meet(saved, tmp_path):
    made = {backup(saved.server, tmp_path) for _ in range(3)}
    assert len(made) == 3 and set(tmp_path.iterdir()) == made


def test_a_backup_of_nothing_is_an_error(tmp_path):
    nothing = run_cli("backup", tmp_path, check=False, **settings(tmp_path / "nowhere"))
    assert nothing.returncode == 1 and "no database" in nothing.stderr
    assert not (tmp_path / "nowhere").exists()
