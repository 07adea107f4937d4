"""`linli import members`: every faulty row named, all or nothing, fast, and nothing left of a kill."""

import itertools
import random
import re
import signal
import subprocess
import time
import uuid

import pytest

from support.clock import TimeServer
from support.processes import wait_until
from support.server import BINARY
from support.world import World

phones = (f"135{n:08d}" for n in itertools.count(uuid.uuid4().int % 50_000_000))


@pytest.fixture
def place(world):
    """A community of the test's own, and its name, which no other has."""
    name = f"导入社区{uuid.uuid4().hex[:8]}"
    unit_id = world.make("/v1/units", kind="community", name=name)["id"]
    return unit_id, name


def count(server, unit_id):
    return server.sql("SELECT COUNT(*) AS n FROM members WHERE unit_id = %s", unit_id)[0]["n"]


def listed(world, unit_id):
    """How many the API shows, up to a page."""
    answer = world.administrator.get("/v1/members", query={"unit_id": unit_id, "limit": 100})
    return len(answer.expect(200)["items"])


def run(server, path, *options, check=True):
    return server.cli("import", "members", path, *options, check=check, timeout=110)


def write(path, rows, heading="name,phone,unit,age,guardian"):
    path.write_text("\ufeff" + heading + "\r\n" + "".join(f"{row}\r\n" for row in rows))
    return path


def test_a_file_is_imported_whole_and_its_people_sign_in(world, server, sms, place, tmp_path):
    unit_id, name = place
    known = next(phones)
    rows = [f'"张,三",{known},{name},adult,', f"李四,,{unit_id},youth,yes"]
    rows.append(f"王五, {next(phones)} ,{name},,")
    path = write(tmp_path / "people.csv", rows)
    assert "would import 3 members" in run(server, path, "--dry-run").stdout
    assert count(server, unit_id) == 0
    assert "imported 3 members" in run(server, path, "--consented").stdout
    shown = world.administrator.get("/v1/members", query={"unit_id": unit_id}).expect(200)
    assert {member["name"] for member in shown["items"]} == {"张,三", "李四", "王五"}
    world.api.post("/v1/sign-in/codes", {"phone": known}).expect(202)
    body = {"phone": known, "code": sms.code("+86" + known)}
    session = world.api.post("/v1/sign-in/phone", body).expect(200)
    wallet = world.api.get("/v1/wallet", token=session["access_token"]).expect(200)
    assert wallet["available"] == "0.00"
    world.verify_ledger()


def faults_of(done):
    """[(line, "column: code")] of what was printed."""
    found = re.findall(r"^line (\d+)(?:, (\w+))?: (\w+):", done.stderr, re.MULTILINE)
    return [(int(n), f"{column}: {code}" if column else code) for n, column, code in found]


FAULTS = {
    "name: missing": ",{phone},{unit},adult,",
    "name: too_long": "王" * 101 + ",{phone},{unit},adult,",
    "name: bad_text": "王\x01,{phone},{unit},adult,",
    "name: bad_name": "\u3000,{phone},{unit},adult,",
    "phone: bad_phone": "王,12345,{unit},adult,",
    "phone: phone_twice": "王,{first},{unit},adult,",
    "phone: phone_taken": "王,{taken},{unit},adult,",
    "unit: missing": "王,{phone},,adult,",
    "unit: unknown_unit": "王,{phone},没有这个地方,adult,",
    "unit: ambiguous_unit": "王,{phone},{double},adult,",
    "age: bad_age": "王,{phone},{unit},42,",
    "age: too_young": "王,{phone},{unit},child,",
    "guardian: guardian_needed": "王,{phone},{unit},youth,",
    "guardian: bad_guardian": "王,{phone},{unit},youth,maybe",
    "wrong_column_count": "王,{phone},{unit}",
    "bad_quotes": '"王"x,{phone},{unit},adult,',
}


def test_every_faulty_row_is_named_with_its_column_and_reason(world, server, place, tmp_path):
    unit_id, name = place
    taken, first = next(phones), next(phones)
    world.make("/v1/members", name="先到", phone=taken, unit_id=unit_id, consent=True)
    double = f"同名{uuid.uuid4().hex[:8]}"
    for _ in range(2):
        world.make("/v1/units", kind="group", name=double, parent_id=unit_id)
    rows, expected = [f"好人,{first},{name},adult,"], []
    for fault, row in FAULTS.items():
        known = {"unit": name, "first": first, "taken": taken, "double": double}
        rows.append(row.format(phone=next(phones), **known))
        expected.append((len(rows) + 1, fault))
    path = write(tmp_path / "faulty.csv", rows)
    with path.open("ab") as file:
        file.write(b"\xff\xfe," + f"{next(phones)},{name},adult,\r\n".encode())
    expected.append((len(rows) + 2, "name: bad_utf8"))
    done = run(server, path, "--consented", check=False)
    assert done.returncode == 1
    assert faults_of(done) == expected
    assert f"{len(expected)} of {len(rows) + 1} rows have faults" in done.stderr
    assert count(server, unit_id) == 1


@pytest.mark.parametrize("heading", ["name,phone", "name,unit,name", "name,unit,party", ""])
def test_a_heading_that_is_none_is_told(server, tmp_path, heading):
    path = write(tmp_path / "heading.csv", ["王,1,2"], heading)
    done = run(server, path, "--consented", check=False)
    assert done.returncode == 1 and "line 1" in done.stderr


def test_who_did_not_consent_is_not_imported(server, place, tmp_path):
    path = write(tmp_path / "people.csv", [f"张三,,{place[1]},,"])
    done = run(server, path, check=False)
    assert done.returncode == 2 and "--consented" in done.stderr


def test_a_coordinator_imports_over_the_api_within_reach(world, server, place):
    unit_id, name = place
    csv = {"headers": {"Content-Type": "text/csv; charset=utf-8"}}
    rows = f"name,phone,unit\n陈一,{next(phones)},{name}\n陈二,,{name}\n".encode()
    elsewhere = world.coordinator.post("/v1/imports", rows, query={"consented": "true"}, **csv)
    report = elsewhere.expect(422)
    assert [(f["line"], f["column"], f["code"]) for f in report["faults"]] == [
        (2, "unit", "unknown_unit"),
        (3, "unit", "unknown_unit"),
    ]
    coordinator = world.staff("coordinator", unit_id)
    assert coordinator.post("/v1/imports", rows, **csv).code == "bad_field"
    dry = coordinator.post("/v1/imports", rows, query={"dry_run": "true"}, **csv).expect(200)
    assert (dry["import_id"], dry["rows"]) == (None, 2) and count(server, unit_id) == 0
    done = coordinator.post("/v1/imports", rows, query={"consented": "true"}, **csv).expect(200)
    imports = world.administrator.get("/v1/imports").expect(200)["items"]
    shown = next(i for i in imports if i["id"] == done["import_id"])
    assert (shown["state"], shown["staged"], shown["actor"]) == ("done", 2, coordinator.id)
    assert count(server, unit_id) == 2


def test_100000_rows_with_faults_are_refused_and_corrected_within_a_minute(fresh_server, tmp_path):
    server, unit_id, name = fresh_server, World(fresh_server).unit_id, "玫瑰社区"
    dice = random.Random(7)
    start = 13_000_000_000 + dice.randrange(10**8)
    rows = [f"志愿者{n},{start + n},{name},adult," for n in range(100_000)]
    bad = sorted(dice.sample(range(100_000), 1000))
    kinds = ["王,12345,{u},adult,", ",,{u},adult,", "王,,无此单位,adult,", "王,,{u},child,", "王,,{u}"]
    faulty = list(rows)
    for at in bad:
        faulty[at] = dice.choice(kinds).format(u=name)
    done = run(server, write(tmp_path / "bad.csv", faulty), "--consented", check=False)
    named = [line for line, _ in faults_of(done)]
    assert done.returncode == 1 and named == [at + 2 for at in bad]
    assert count(server, unit_id) == 0
    began = time.monotonic()
    run(server, write(tmp_path / "good.csv", rows), "--consented")
    seconds = time.monotonic() - began
    print(f"100,000 rows in {seconds:.1f} s")
    assert count(server, unit_id) == 100_000 and seconds < 60


@pytest.fixture
def later(sms):
    """A server of the test's own, whose clock the test sets."""
    with TimeServer("2030-03-01T10:00:00+08:00", sms.options) as server:
        yield server


def test_nothing_is_seen_of_an_import_that_was_killed(later, tmp_path):
    small = World(later)
    rows = [f"志愿者{n},{13_700_000_000 + n},玫瑰社区,adult," for n in range(30_000)]
    path = write(tmp_path / "people.csv", rows)
    command = [str(BINARY), "import", "members", str(path), "--consented"]
    process = subprocess.Popen(command, env=later.environment(), stderr=subprocess.DEVNULL)
    wait_until(lambda: count(later, small.unit_id) > 2000, 30, "some rows to be staged")
    assert listed(small, small.unit_id) == 0
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert listed(small, small.unit_id) == 0
    taken = {"name": "先来", "phone": "13700000001", "unit_id": small.unit_id, "consent": True}
    assert small.administrator.post("/v1/members", taken).code == "busy"
    later.advance(seconds=16)  # its lease is over
    wait_until(lambda: count(later, small.unit_id) == 0, 60, "the rows to be taken away")
    tables = ("accounts WHERE role = 1", "wallets", "affiliations", "registrations")
    for table in tables:
        assert later.sql(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"] == 0
    small.administrator.post("/v1/members", taken).expect(201)
    small.verify_ledger()
