"""What operators type: staff accounts, units, exports. One server, each test its own objects."""

import csv
import io
import json
import uuid

import pytest

from support.world import PASSWORD, Member, unique

WHY = "--why=街道来函"


def cli(world, *words, status=0, **options):
    done = world.server.cli(*words, check=False, **options)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def users(world):
    return {user["login"]: user for user in json.loads(cli(world, "users", "list", "--json").stdout)}


def sign_in(world, login, password):
    return world.api.post("/v1/sign-in/staff", {"login": login, "password": password})


# Staff accounts


@pytest.fixture
def coordinator(world):
    """Made by command: login and password."""
    login = unique("coord")
    made = cli(
        world, "users", "create", login, "--role=coordinator", f"--unit={world.unit_id}"
    ).stdout.splitlines()
    assert made[0] == f"coordinator {login}"
    return login, made[1].removeprefix("password ")


def test_a_staff_account_is_made_with_a_password_and_signs_in(world, coordinator):
    login, password = coordinator
    account = sign_in(world, login, password).expect(200)["account"]
    assert (account["role"], account["scope_id"]) == ("coordinator", world.unit_id)
    shown = json.loads(cli(world, "users", "show", login).stdout)
    assert shown == users(world)[login] == json.loads(cli(world, "users", "show", shown["id"]).stdout)
    assert login in cli(world, "users", "list", "--role=coordinator").stdout
    assert login not in cli(world, "users", "list", "--role=auditor").stdout


def test_a_password_may_be_given_instead(world):
    login = unique("auditor")
    made = cli(world, "users", "create", login, "--role=auditor", "--ask", input=f"{PASSWORD}\n")
    assert "password" not in made.stdout
    sign_in(world, login, PASSWORD).expect(200)


def test_a_role_has_its_scope_or_none(world, market):
    create = ("users", "create", unique("staff"))
    assert "--unit" in cli(world, *create, "--role=coordinator", status=1).stderr
    assert "unit" in cli(world, *create, "--role=coordinator", "--unit=7", status=1).stderr
    assert "merchant" in cli(world, *create, "--role=clerk", "--merchant=7", status=1).stderr
    assert "auditor" in cli(world, *create, "--role=auditor", "--unit=7", status=2).stderr
    assert "--role" in cli(world, *create, "--role=member", status=2).stderr
    cli(world, *create, "--role=clerk", f"--merchant={market.id}")


def test_another_role_is_another_scope_and_another_session(world, market, coordinator):
    login, password = coordinator
    token = sign_in(world, login, password).expect(200)["access_token"]
    changed = cli(world, "users", "role", login, "--role=manager", f"--merchant={market.id}", WHY)
    assert "manager" in changed.stdout
    account = sign_in(world, login, password).expect(200)["account"]
    assert (account["role"], account["scope_id"]) == ("manager", market.id)
    trail = world.administrator.get("/v1/audit-trail", query={"object_id": account["id"]})
    entry = trail.expect(200)["items"][0]
    assert entry["action"] == "staff.set_role" and entry["why"] == WHY.removeprefix("--why=")
    assert "coordinator" in json.dumps(entry["before"]) and token


def test_who_is_disabled_signs_in_no_more_until_enabled(world, coordinator):
    login, password = coordinator
    assert "--why" in cli(world, "users", "disable", login, status=2).stderr
    assert "disabled" in cli(world, "users", "disable", login, WHY).stdout
    assert sign_in(world, login, password).status == 401
    assert users(world)[login]["active"] is False
    assert "active" in cli(world, "users", "enable", WHY, login).stdout
    sign_in(world, login, password).expect(200)
    assert "no staff account" in cli(world, "users", "disable", "nobody", WHY, status=1).stderr


# Units


def unit(world, unit_id):
    return world.api.get(f"/v1/units/{unit_id}").expect(200)


def add(world, name, parent=None):
    where = [f"--parent={parent}"] if parent else []
    return cli(world, "units", "add", name, "--kind=grid", *where).stdout.strip()


@pytest.fixture
def branch(world):
    """Top, middle and leaf."""
    top = add(world, unique("顶"))
    middle = add(world, "中", top)
    return top, middle, add(world, "叶", middle)


def test_the_tree_is_printed_with_each_unit_below_its_parent(world, branch):
    top, middle, leaf = branch
    lines = cli(world, "units", "list", f"--under={top}").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(branch)
    assert lines[2].index("叶") > lines[1].index("中") > 18
    listed = json.loads(cli(world, "units", "list", "--json").stdout)
    assert {top, middle, leaf, world.unit_id} <= {unit["id"] for unit in listed}
    assert cli(world, "units", "kinds").returncode == 0


def test_a_unit_gets_another_name(world, branch):
    cli(world, "units", "rename", branch[1], "新名", WHY)
    assert unit(world, branch[1])["name"] == "新名"
    assert "no such unit" in cli(world, "units", "rename", "7", "新名", WHY, status=1).stderr


def test_a_moved_unit_takes_everything_below_it_along(world, branch):
    top, middle, leaf = branch
    other = add(world, unique("另"))
    seen = world.staff("coordinator", other)
    path = {"query": {"under": other}}
    assert len(seen.get("/v1/units", **path).expect(200)["items"]) == 1
    cli(world, "units", "move", middle, f"--parent={other}", WHY)
    below = {item["id"] for item in seen.get("/v1/units", **path).expect(200)["items"]}
    assert below == {other, middle, leaf}
    rows = world.server.sql("SELECT path FROM units WHERE unit_id = %s", leaf)
    assert rows[0]["path"] == f"/{other}/{middle}/{leaf}/"
    cli(world, "units", "move", middle, "--top", WHY)
    assert unit(world, middle)["parent_id"] is None
    assert unit(world, leaf)["parent_id"] == middle


def test_a_unit_is_not_moved_below_itself(world, branch):
    top, middle, leaf = branch
    for parent in branch:
        refused = cli(world, "units", "move", top, f"--parent={parent}", WHY, status=1)
        assert "below itself" in refused.stderr
    assert "no such parent" in cli(world, "units", "move", leaf, "--parent=7", WHY, status=1).stderr
    where = cli(world, "units", "move", leaf, WHY, status=2)
    assert "--top" in where.stderr


def test_the_tree_gets_no_deeper_than_it_may(world):
    chain = [add(world, "层")]
    for _ in range(12):
        chain.append(add(world, "层", chain[-1]))
    other = [add(world, "层")]
    for _ in range(11):
        other.append(add(world, "层", other[-1]))
    refused = cli(world, "units", "move", chain[0], f"--parent={other[-1]}", WHY, status=1)
    assert "levels" in refused.stderr
    cli(world, "units", "move", chain[0], f"--parent={other[-2]}", WHY)


# Exports


def rows_of(world, what, *options):
    """As CSV and, a moment later, as JSON: the same rows. The server goes on meanwhile."""
    text = cli(world, "export", what, "--format=csv", *options).stdout
    table = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    found = json.loads(cli(world, "export", what, "--format=json", *options).stdout)
    assert {row["id"] for row in table} <= {str(row["id"]) for row in found}
    assert not found or list(table[0]) == list(found[0])
    return found


@pytest.fixture(scope="module")
def lived(world):
    """A member who served, earned and redeemed, with a name and a phone of their own."""
    market = world.market()
    phone = f"+86137{uuid.uuid4().int % 10**8:08d}"
    body = {"name": unique("罕名"), "phone": phone, "unit_id": world.unit_id, "consent": True}
    made = world.make("/v1/members", **body)
    member = Member(world, made["id"], "member")
    world.award(world.records([member])[0]).expect(200)
    world.give([member], 20)
    member.redeem(market.reward(stock=1, price=3)).expect(201)
    member.name, member.phone = body["name"], phone
    return member


@pytest.mark.parametrize(
    "what", ("units", "members", "activities", "records", "transfers", "redemptions", "audit")
)
def test_everything_is_exported_as_csv_and_as_json(world, lived, what):
    table = {"audit": "audit_trail"}.get(what, what)
    before = world.server.sql(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"]
    found = rows_of(world, what)
    if what != "members":  # an import that died leaves some that nobody may see
        assert len(found) >= before > 0


def test_words_stand_for_numbers_and_points_are_points(world, lived):
    mine = [row for row in rows_of(world, "records") if row["member_id"] == lived.id]
    assert [(row["state"], row["grade"], row["minutes"]) for row in mine] == [("approved", "C", 60)]
    moved = [row for row in rows_of(world, "transfers") if row["member_id"] == lived.id]
    kinds = {row["kind"]: (row["from"], row["to"], row["points"]) for row in moved}
    assert kinds["award"] == ("issuance", f"wallet {lived.id}", mine[0]["points"])
    assert kinds["hold"] == (f"wallet {lived.id}", f"held {lived.id}", "3.00")
    assert next(row for row in rows_of(world, "activities"))["category"] == "clean_homes"


def test_names_are_exported_for_a_reason_only(world, lived):
    plain = cli(world, "export", "members").stdout
    assert lived.id in plain and lived.name not in plain and lived.phone not in plain
    assert "--why" in cli(world, "export", "members", "--names", status=2).stderr
    named = {row["id"]: row for row in rows_of(world, "members", "--names", WHY)}
    assert (named[lived.id]["name"], named[lived.id]["phone"]) == (lived.name, lived.phone)
    entry = rows_of(world, "audit")[-1]
    assert (entry["action"], entry["why"]) == ("member.export_all", WHY.removeprefix("--why="))


def test_a_members_own_data_are_as_they_would_get_them(world, lived, tmp_path):
    own = lived.get("/v1/me/export").expect(200)
    assert "--why" in cli(world, "export", "member", lived.id, status=2).stderr
    path = tmp_path / "member.json"
    cli(world, "export", "member", lived.id, WHY, f"--out={path}")
    given = json.loads(path.read_text())
    assert path.stat().st_mode & 0o77 == 0
    assert given.pop("exported_at") and own.pop("exported_at")
    assert given == own
    assert "no member" in cli(world, "export", "member", "7", WHY, status=1).stderr
    entry = rows_of(world, "audit")[-1]
    assert (entry["action"], entry["object_id"]) == ("member.export", lived.id)


def test_a_file_is_private_and_never_written_over(world, tmp_path):
    path = tmp_path / "units.csv"
    told = cli(world, "export", "units", f"--out={path}")
    assert "rows in" in told.stderr and told.stdout == ""
    assert path.stat().st_mode & 0o77 == 0
    before = path.read_bytes()
    assert "exists" in cli(world, "export", "units", f"--out={path}", status=1).stderr
    assert path.read_bytes() == before
    assert "what" in cli(world, "export", "everything", status=2).stderr
