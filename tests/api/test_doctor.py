"""`linli doctor`: what is well, what is not, and what to do."""

import json
import resource
import shutil
import subprocess

import pytest

from support.server import run_cli

BARE = {"PATH": "/usr/bin:/bin"}


def findings(*options, status=0, **more):
    done = run_cli("doctor", "--json", *options, check=False, **more)
    assert done.returncode == status, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["fit"] == (status == 0)
    return {finding["check"]: finding for finding in report["findings"]}


@pytest.fixture
def state_dir(tmp_path):
    """A place where nothing is yet; the doctor must not make anything in it."""
    yield tmp_path / "state"


def look(state_dir, *options, **more):
    return findings(*options, **more, env=BARE | {"LINLI_STATE_DIR": str(state_dir)})


def test_a_running_server_is_found_fit(world, tmp_path):
    server = world.server
    listen = f"--http.listen={server.address}"
    found = findings(listen, env=server.environment())
    for check in ("files", "disk", "database", "durability", "db_clock", "schema", "keys"):
        assert found[check]["health"] == "OK", found[check]
    assert "taken" in found["port"]["text"]
    server.cli("backup", tmp_path)
    assert findings(listen, env=server.environment())["backup"]["health"] == "OK"
    lines = server.cli("doctor", listen).stdout.splitlines()
    assert len(lines) == len(found) + 1 and lines[-1].endswith("0 failures")


def test_before_the_first_start_nothing_is_made(state_dir):
    found = look(state_dir, "--port=0")
    assert "none yet" in found["database"]["text"]
    assert found["sms"]["health"] == "WARN" and "sms.url" in found["sms"]["remedy"]
    assert not state_dir.exists()


def test_too_few_files_are_a_failure(state_dir):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

    found = look(state_dir, "--port=0", status=1, preexec_fn=few)
    assert found["files"]["health"] == "FAIL" and "LimitNOFILE" in found["files"]["remedy"]


def test_a_master_key_that_others_can_read_is_a_failure(state_dir):
    state_dir.mkdir()
    run_cli("keys", "make-master", state_dir / "master.key")
    (state_dir / "master.key").chmod(0o644)
    found = look(state_dir, "--port=0", status=1)
    assert found["master_key"]["remedy"] == "chmod 600 it"


def test_a_database_that_is_away_is_a_failure(state_dir, tmp_path):
    key = tmp_path / "master.key"
    run_cli("keys", "make-master", key)
    away = f"--database.url=mysql://linli@localhost/linli?socket={tmp_path}/none"
    found = look(state_dir, "--port=0", away, f"--keys.master_file={key}", status=1)
    assert found["database"]["health"] == "FAIL"
    assert found["mariadbd"]["health"] == "OK"  # of one's own: none is started
    found = look(state_dir, "--port=0", away, status=1)
    assert "make-master" in found["master_key"]["remedy"]


def test_an_address_that_is_not_ours_is_a_failure(state_dir):
    found = look(state_dir, "--http.listen=192.0.2.1:8080", status=1)
    assert found["port"]["health"] == "FAIL"
    assert found["certificate"]["health"] == "WARN"  # in the clear


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")
@pytest.mark.parametrize("days, health", ((1, "WARN"), (90, "OK")))
def test_a_certificate_is_renewed_in_time(state_dir, tmp_path, days, health):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=linli"
    subprocess.run(
        [*make.split(), "-days", str(days), "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )
    tls = f"--http.tls_cert={cert}", f"--http.tls_key={key}"
    assert look(state_dir, "--port=0", *tls)["certificate"]["health"] == health
    other = f"--http.tls_key={cert}"
    assert look(state_dir, "--port=0", tls[0], other, status=1)["certificate"]["health"] == "FAIL"
