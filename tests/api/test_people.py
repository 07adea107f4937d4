"""Who may sign in, and who may see whom: units, staff, members, sessions, the audit trail."""

import itertools
import uuid

import pytest

from support.processes import wait_until

PASSWORD = "correct horse"
phones = (f"+86136{n:08d}" for n in itertools.count(uuid.uuid4().int % 90_000_000))


def unique(word):
    return f"{word}-{uuid.uuid4().hex[:12]}"


class Office:
    """A district of its own with two communities, and an administrator."""

    def __init__(self, server, api, sms):
        self.server, self.api, self.sms = server, api, sms
        login = unique("root")
        server.cli("admin", "create", f"--login={login}", "--name=根管理", input=PASSWORD + "\n")
        self.admin = self.sign_in(login)
        self.district = self.unit(None, "禅城区")
        self.here = self.unit(self.district, "玫瑰社区")
        self.there = self.unit(self.district, "湖景社区")

    def sign_in(self, login, password=PASSWORD):
        answer = self.api.post("/v1/sign-in/staff", {"login": login, "password": password})
        return self.api.signed_in(answer.expect(200)["access_token"])

    def unit(self, parent_id, name, caller=None):
        body = {"kind": "community", "name": name} | ({"parent_id": parent_id} if parent_id else {})
        return (caller or self.admin).post("/v1/units", body).expect(201)["id"]

    def staff(self, role, scope_id=None, caller=None, **further):
        """Makes one; returns its id and its signed-in client."""
        login = unique(role)
        body = {"role": role, "login": login, "password": PASSWORD, "display_name": role} | further
        body |= {"scope_id": scope_id} if scope_id else {}
        made = (caller or self.admin).post("/v1/staff", body).expect(201)
        return made["id"], self.sign_in(login)

    def member(self, unit_id, name="王小明", **further):
        body = {"name": name, "unit_id": unit_id, "consent": True} | further
        return self.admin.post("/v1/members", body).expect(201)["id"]

    def phone_code(self, phone):
        self.api.post("/v1/sign-in/codes", {"phone": phone}).expect(202)
        return self.sms.code(phone)

    def register(self, unit_id, phone=None, name="刘大海"):
        """Somebody new, all the way: the answer of the registration."""
        phone = phone or next(phones)
        code = self.phone_code(phone)
        step = self.api.post("/v1/sign-in/phone", {"phone": phone, "code": code}).expect(200)
        body = {"registration_token": step["registration_token"], "name": name}
        body |= {"unit_id": unit_id, "consent": True}
        return self.api.post("/v1/sign-in/registration", body).expect(201)


@pytest.fixture
def office(server, api, sms):
    return Office(server, api, sms)


# Signing in


def test_a_member_registers_by_phone_and_is_the_same_next_time(office):
    phone = next(phones)
    first = office.register(office.here, phone)
    me = office.api.get("/v1/me", token=first["access_token"]).expect(200)
    assert (me["role"], me["name"], me["unit"]["id"]) == ("member", "刘大海", office.here)
    assert me["phone"] == f"{phone[3:6]}****{phone[-4:]}"
    body = {"phone": phone, "code": office.phone_code(phone)}
    again = office.api.post("/v1/sign-in/phone", body).expect(200)
    assert again["account"] == first["account"]
    refused = office.api.post("/v1/sign-in/codes", {"phone": phone})
    assert refused.code == "too_many_requests"
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_registration_needs_consent_and_a_unit_that_exists(office):
    phone = next(phones)
    code = office.phone_code(phone)
    step = office.api.post("/v1/sign-in/phone", {"phone": phone, "code": code}).expect(200)
    assert step["needs_registration"] is True
    body = {"registration_token": step["registration_token"], "name": "李四"}
    no_consent = body | {"unit_id": office.here, "consent": False}
    assert office.api.post("/v1/sign-in/registration", no_consent).code == "bad_field"
    no_unit = body | {"unit_id": "999", "consent": True}
    assert office.api.post("/v1/sign-in/registration", no_unit).code == "bad_field"
    forged = body | {"registration_token": "A" * 94, "unit_id": office.here, "consent": True}
    assert office.api.post("/v1/sign-in/registration", forged).status == 401


def test_a_code_is_good_once_and_wrong_codes_end(office):
    phone = next(phones)
    code = office.phone_code(phone)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"

    def attempt(typed):
        return office.api.post("/v1/sign-in/phone", {"phone": phone, "code": typed})

    assert attempt(wrong).status == 401
    attempt(code).expect(200)
    assert [attempt(code).status for _ in range(5)] == [401] * 5
    assert attempt(code).status == 429


def test_guessing_a_password_is_stopped_and_a_good_one_unknown_looks_the_same(office):
    login = unique("target")
    body = {"role": "auditor", "login": login, "password": PASSWORD, "display_name": "x"}
    office.admin.post("/v1/staff", body).expect(201)
    for name in (login, unique("nobody")):
        guess = {"login": name, "password": "guess"}
        answers = [office.api.post("/v1/sign-in/staff", guess) for _ in range(6)]
        assert [answer.status for answer in answers] == [401] * 5 + [429]


def test_a_refresh_token_used_twice_ends_its_family(office):
    session = office.register(office.here)
    refresh = {"refresh_token": session["refresh_token"]}
    after = office.api.post("/v1/sign-in/refresh", refresh).expect(200)
    assert office.api.post("/v1/sign-in/refresh", refresh).status == 401
    stolen = {"refresh_token": after["refresh_token"]}
    assert office.api.post("/v1/sign-in/refresh", stolen).status == 401


def test_signing_out_everywhere_voids_the_access_token_within_5_seconds(office):
    session = office.register(office.here)
    member = office.api.signed_in(session["access_token"])
    member.post("/v1/sign-out", {}).expect(204)
    wait_until(lambda: member.get("/v1/me").status == 401, 5, "the token to be void")
    refresh = {"refresh_token": session["refresh_token"]}
    assert office.api.post("/v1/sign-in/refresh", refresh).status == 401


def test_a_tampered_token_is_nobodys(office):
    token = office.admin.token
    for position in (0, 6, 20, 60, len(token) - 1):
        other = "A" if token[position] != "A" else "B"
        forged = token[:position] + other + token[position + 1 :]
        assert office.api.get("/v1/me", token=forged).status == 401


# Who sees whom


def test_a_coordinator_sees_their_own_part_of_the_tree_and_no_more(office):
    _, coordinator = office.staff("coordinator", office.here)
    grid = office.unit(office.here, "第一网格", coordinator)
    mine, below, other = (office.member(u) for u in (office.here, grid, office.there))
    listed = {m["id"] for m in coordinator.get("/v1/members").expect(200)["items"]}
    assert listed == {mine, below}
    assert coordinator.get(f"/v1/members/{below}").status == 200
    assert coordinator.get(f"/v1/members/{other}").status == 404
    assert coordinator.get("/v1/members", query={"unit_id": office.there}).status == 404
    elsewhere = {"name": "x", "unit_id": office.there, "consent": True}
    assert coordinator.post("/v1/members", elsewhere).status == 404
    outside = {"parent_id": office.district, "kind": "community", "name": "x"}
    assert coordinator.post("/v1/units", outside).status == 404


def test_a_member_sees_only_themselves_and_an_auditor_no_names(office):
    session = office.register(office.here)
    member, own = office.api.signed_in(session["access_token"]), session["account"]["id"]
    other = office.member(office.here, phone=next(phones))
    assert member.get(f"/v1/members/{own}").expect(200)["name"] == "刘大海"
    assert member.get(f"/v1/members/{other}").status == 404
    assert member.get("/v1/members").status == 403
    _, auditor = office.staff("auditor")
    seen = auditor.get(f"/v1/members/{other}").expect(200)
    assert (seen["name"], seen["phone"]) == (None, None)


def test_a_manager_has_clerks_of_their_own_shop_only(office):
    shops = [
        office.admin.post("/v1/merchants", {"name": n, "sector": "catering"}).expect(201)["id"]
        for n in ("老街饼店", "湖边茶楼")
    ]
    manager_id, manager = office.staff("manager", shops[0])
    other_id, _ = office.staff("manager", shops[1])
    clerk_id, clerk = office.staff("clerk", shops[0], manager)
    assert clerk.get("/v1/me").expect(200)["scope"]["name"] == "老街饼店"
    listed = {s["id"] for s in manager.get("/v1/staff").expect(200)["items"]}
    assert listed == {manager_id, clerk_id}
    assert manager.get(f"/v1/staff/{other_id}").status == 404
    assert manager.post(f"/v1/staff/{other_id}/revoke", {"why": "x"}).status == 404
    body = {"login": unique("x"), "password": PASSWORD, "display_name": "x"}
    for grab in ({"role": "clerk", "scope_id": shops[1]}, {"role": "administrator"}):
        assert manager.post("/v1/staff", body | grab).status == 403
    manager.post(f"/v1/staff/{clerk_id}/revoke", {"why": "离职", "suspend": True}).expect(204)
    wait_until(lambda: clerk.get("/v1/me").status == 401, 5, "the clerk's token to be void")


@pytest.mark.parametrize(
    "name", ["\u3000", " \u200b", "王\n小明", "\u202e明小王", "王\ufffe", "\u2066王", "王\u2028小明"]
)
def test_nobody_is_called_what_cannot_be_read(world, name):
    unit = world.unit_id
    people = {"unit_id": unit, "people": [{"name": "李晓红"}, {"name": name}]}
    due = {"title": "应报到", "due_day": "2099-01-01"}
    for path, body, pointer in (
        ("/v1/members", {"name": name, "unit_id": unit, "consent": True}, "/name"),
        ("/v1/delegations", people | {"consent": True}, "/people/1/name"),
        ("/v1/due-lists", people | due, "/people/1/name"),
    ):
        problem = world.coordinator.post(path, body).expect(400)
        fault = problem["fields"][0]
        assert (fault["pointer"], fault["code"]) == (pointer, "bad_name")
    for good in ("欧阳 鹤鸣", "محمد", "Zoë O’Brien", "👩\u200d🎤"):
        world.make("/v1/members", name=good, unit_id=unit, consent=True)


def test_a_phone_belongs_to_one_member(office):
    phone = next(phones)
    office.member(office.here, phone=phone)
    again = {"name": "x", "phone": phone[3:], "unit_id": office.here, "consent": True}
    assert office.admin.post("/v1/members", again).code == "conflict"


def test_pages_of_units_join_without_gap_or_repeat(office):
    made = {office.unit(office.here, f"第{n}网格") for n in range(5)}
    seen, cursor = [], None
    while True:
        query = {"parent_id": office.here, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = office.api.get("/v1/units", query=query).expect(200)
        seen += [unit["id"] for unit in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == 5 and set(seen) == made


# What is kept


def test_privileged_actions_are_in_the_audit_trail(office):
    staff_id, _ = office.staff("unit_reader", office.here)
    office.admin.post(f"/v1/staff/{staff_id}/revoke", {"why": "丢失手机"}).expect(204)
    trail = office.admin.get("/v1/audit-trail", query={"object_id": staff_id}).expect(200)["items"]
    assert [entry["action"] for entry in trail] == ["account.revoke", "staff.create"]
    assert trail[0]["why"] == "丢失手机"
    assert trail[0]["actor"] == office.admin.get("/v1/me").expect(200)["id"]
    _, coordinator = office.staff("coordinator", office.here)
    assert coordinator.get("/v1/audit-trail").status == 403


def test_no_phone_and_no_name_is_readable_in_the_database_or_the_log(office):
    phone, name = next(phones), unique("罕见姓名")
    office.register(office.here, phone, name)
    for table in ("members", "accounts", "sign_in_codes", "sign_in_attempts", "audit_trail"):
        rows = office.server.sql(f"SELECT * FROM {table}")
        blob = b"".join(
            value if isinstance(value, bytes) else str(value).encode()
            for row in rows
            for value in row.values()
        )
        assert phone[3:].encode() not in blob and name.encode() not in blob, table
    log = office.server.log_path.read_text()
    assert phone[3:] not in log and name not in log
