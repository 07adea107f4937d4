"""People before records: export, erasure, consent by purpose, minors, pseudonyms."""

import itertools
import json
import uuid

import pytest

from support.books import check_books
from support.processes import wait_until
from support.world import HOUR_US, rfc3339

phones = (f"+86133{n:08d}" for n in itertools.count(uuid.uuid4().int % 90_000_000))
WHY = "本人书面申请"


class Somebody:
    """Registered by phone, with a name that is nobody else's, who has left traces everywhere."""

    def __init__(self, world, market, sms):
        self.world, self.phone, self.name = world, next(phones), f"罕名{uuid.uuid4().hex[:10]}"
        self.token = self.register(sms)
        self.id = world.api.get("/v1/me", token=self.token).expect(200)["id"]
        self.live(market)

    def register(self, sms):
        api = self.world.api
        api.post("/v1/sign-in/codes", {"phone": self.phone}).expect(202)
        code = {"phone": self.phone, "code": sms.code(self.phone)}
        step = api.post("/v1/sign-in/phone", code).expect(200)
        body = {"registration_token": step["registration_token"], "name": self.name}
        body |= {"unit_id": self.world.unit_id, "consent": True}
        return api.post("/v1/sign-in/registration", body).expect(201)["access_token"]

    def call(self, method, path, body=None, **options):
        return self.world.api.request(method, path, body, token=self.token, **options)

    def live(self, market):
        """Consent, profile, an activity, points, a voucher at the counter, a notice."""
        self.call("PUT", "/v1/me/consents", {"purpose": "photos", "given": True}).expect(200)
        profile = {"skills": ["1"], "free_times": [{"weekday": 6, "part": "morning"}]}
        self.call("PUT", "/v1/me/profile", profile).expect(200)
        activity = self.world.activity(capacity=2)
        self.call("PUT", f"/v1/activities/{activity}/sign-up").expect(200)
        self.world.give([self], 50)
        reward = market.reward(stock=2, price=5)
        vouchers = [
            self.call("POST", "/v1/redemptions", reward.asked(), key=True).expect(201)
            for _ in range(2)
        ]
        market.clerk.preview(vouchers[0]).expect(200)
        market.clerk.confirm(vouchers[0]).expect(200)
        details = json.dumps({"title": f"谢谢{self.name}"}, ensure_ascii=False)
        self.world.insert(
            "notices",
            "account_id, kind, ref, details, created_us, read_us",
            [(self.id, 1, 0, details, self.world.now_us(), 0)],
        )


@pytest.fixture
def somebody(world, market, sms):
    return Somebody(world, market, sms)


def everything(server):
    """Every value of every table, as bytes."""
    for table in server.sql("SHOW TABLES"):
        (name,) = table.values()
        for row in server.sql(f"SELECT * FROM `{name}`"):
            for column, value in row.items():
                blob = value if isinstance(value, bytes) else str(value).encode()
                yield f"{name}.{column}", blob


def traces(server, *words):
    """Where any of the words can still be read."""
    needles = [word.encode() for word in words]
    found = {place for place, blob in everything(server) if any(n in blob for n in needles)}
    if any(word in server.log_path.read_text() for word in words):
        found.add("log")
    metrics = server.api().get("/metrics").body
    return found | ({"metrics"} if any(n in metrics for n in needles) else set())


def test_after_erasure_name_and_phone_are_nowhere_and_the_books_fit(somebody, server, world):
    words = somebody.name, somebody.phone, somebody.phone[3:]
    assert traces(server, *words) == {"notices.details"}
    index = server.sql("SELECT phone_index FROM members WHERE member_id = %s", somebody.id)
    transfers = somebody.call("GET", "/v1/wallet/transfers").expect(200)["items"]
    somebody.call("POST", "/v1/me/erasure", {"confirm": False}).expect(400)
    somebody.call("POST", "/v1/me/erasure", {"confirm": True}).expect(204)
    assert traces(server, *words) == set()
    hashes = [blob for _, blob in everything(server) if blob == index[0]["phone_index"]]
    assert hashes == []
    receipt = world.api.get(f"/v1/transfers/{transfers[0]['id']}/receipt")
    assert not any(word.encode() in receipt.body for word in words)
    wait_until(lambda: somebody.call("GET", "/v1/me").status == 401, 5, "the token to be void")
    shown = world.administrator.get(f"/v1/members/{somebody.id}").expect(200)
    assert (shown["name"], shown["phone"], shown["active"]) == (None, None, False)
    world.verify_ledger()
    check_books(server)


def test_a_token_that_is_not_void_yet_writes_nothing_about_somebody_erased(world):
    member, helper = world.members(2)
    path = f"/v1/activities/{world.activity(capacity=2)}"
    record = world.records([member])[0]
    member.get("/v1/me").expect(200)
    member.post("/v1/me/erasure", {"confirm": True}).expect(204)
    attempts = [
        member.put(f"{path}/sign-up"),
        member.post(f"/v1/records/{record}/evidence", {"note": "我是欧阳鹤鸣"}),
        member.put("/v1/me/consents", {"purpose": "photos", "given": True}),
    ]
    assert {answer.status for answer in attempts} <= {200, 401, 404}
    for table in ("sign_ups", "consents"):
        assert not world.server.sql(f"SELECT * FROM {table} WHERE member_id = %s", member.id)
    assert not world.server.sql("SELECT * FROM evidence WHERE record_id = %s", record)


def test_nobody_who_is_erased_is_signed_up_or_entered_by_staff(world):
    member = world.member()
    activity = world.activity(capacity=2)
    world.records([member])
    over = world.server.sql("SELECT MAX(activity_id) AS id FROM activities WHERE state = 4")[0]["id"]
    member.post("/v1/me/erasure", {"confirm": True}).expect(204)
    body = {"member_ids": [member.id, "4503599627370495"]}
    answer = world.coordinator.post(f"/v1/activities/{activity}/sign-ups", body).expect(200)
    assert [item["refused"] for item in answer["items"]] == ["not_found"] * 2
    end_us = world.now_us() - 25 * HOUR_US
    for nobody in (member.id, "4503599627370495", world.coordinator.id):
        times = {"started_at": rfc3339(end_us - HOUR_US), "ended_at": rfc3339(end_us)}
        body = {"member_id": nobody, "why": "补录", **times}
        answer = world.coordinator.post(f"/v1/activities/{over}/backfill", body)
        assert (answer.status, answer.code) == (404, "not_found"), nobody


def test_the_phone_of_somebody_erased_registers_anew(somebody, sms, world):
    somebody.call("POST", "/v1/me/erasure", {"confirm": True}).expect(204)
    again = object.__new__(Somebody)
    again.world, again.phone, again.name = world, somebody.phone, "新人"
    again.token = again.register(sms)
    assert again.call("GET", "/v1/me").expect(200)["id"] != somebody.id


def test_an_administrator_erases_by_command_and_the_list_can_be_replayed(
    somebody, server, world, tmp_path
):
    assert server.cli("erase", somebody.id, check=False).returncode == 2
    assert server.cli("erase", "999999999", f"--why={WHY}", check=False).returncode == 1
    assert f"erased {somebody.id}" in server.cli("erase", somebody.id, f"--why={WHY}").stdout
    assert traces(server, somebody.name, somebody.phone[3:]) == set()
    listed = server.cli("erase", "--list").stdout
    assert any(line.startswith(f"{somebody.id} ") for line in listed.splitlines())
    path = tmp_path / "erasures"
    path.write_text(listed + "4503599627370495 2026-01-01T00:00:00Z\n")
    server.cli("erase", f"--replay={path}")
    trail = world.administrator.get("/v1/audit-trail", query={"object_id": somebody.id})
    erased = [e for e in trail.expect(200)["items"] if e["action"] == "member.erase"]
    assert [entry["why"] for entry in erased] == [WHY]


def test_who_works_here_is_not_erased_before_they_left(somebody, world):
    staff = world.staff("coordinator", world.unit_id, somebody.id)
    assert somebody.call("POST", "/v1/me/erasure", {"confirm": True}).code == "conflict"
    leave = {"why": "离任", "suspend": True}
    world.administrator.post(f"/v1/staff/{staff.id}/revoke", leave).expect(204)
    somebody.call("POST", "/v1/me/erasure", {"confirm": True}).expect(204)
    left = world.administrator.get(f"/v1/staff/{staff.id}").expect(200)
    assert (left["display_name"], left["login"]) == ("", f"erased-{staff.id}")


def test_a_member_takes_a_copy_of_everything(somebody):
    copy = somebody.call("GET", "/v1/me/export").expect(200)
    assert (copy["member"]["name"], copy["member"]["phone"]) == (somebody.name, somebody.phone)
    assert copy["wallet"][0]["available"] == "40.00"
    sizes = {part: len(rows) for part, rows in copy.items() if isinstance(rows, list)}
    few = {"affiliations": 1, "registrations": 1, "consents": 1, "skills": 1, "sign_ups": 1}
    assert sizes | few | {"redemptions": 2, "lots": 1, "notices": 1} == sizes


def test_withdrawing_a_consent_costs_nothing_that_was_earned(somebody):
    before = somebody.call("GET", "/v1/wallet").expect(200)
    body = {"purpose": "photos", "given": False}
    items = somebody.call("PUT", "/v1/me/consents", body).expect(200)["items"]
    photos = next(item for item in items if item["purpose"] == "photos")
    assert not photos["given"] and photos["given_at"] and photos["withdrawn_at"]
    assert [item["purpose"] for item in items if item["given"]] == []
    assert somebody.call("GET", "/v1/wallet").expect(200) == before
    unknown = {"purpose": "advertising", "given": True}
    assert somebody.call("PUT", "/v1/me/consents", unknown).code == "bad_field"


def test_under_14_there_is_no_account_and_a_youth_needs_a_guardian(world, server):
    body = {"name": "小明", "unit_id": world.unit_id, "consent": True}
    post = world.administrator.post
    refused = post("/v1/members", body | {"age": "child", "guardian_consent": True})
    assert refused.json["fields"][0]["code"] == "too_young"
    refused = post("/v1/members", body | {"age": "youth"})
    assert refused.json["fields"][0]["code"] == "guardian_needed"
    made = post("/v1/members", body | {"age": "youth", "guardian_consent": True}).expect(201)
    row = server.sql("SELECT age_class, guardian_us FROM members WHERE member_id = %s", made["id"])
    assert row[0]["age_class"] == 2 and row[0]["guardian_us"] > 0


def test_an_auditor_sees_who_it_is_only_for_a_reason_that_stays(somebody, world):
    auditor = world.staff("auditor")
    assert auditor.get(f"/v1/members/{somebody.id}").expect(200)["name"] is None
    path = f"/v1/members/{somebody.id}/unmask"
    auditor.post(path, {"why": ""}).expect(400)
    seen = auditor.post(path, {"why": "抽查第 7 号线索"}).expect(200)
    assert (seen["name"], seen["phone"]) == (somebody.name, somebody.phone)
    trail = auditor.get("/v1/audit-trail", query={"object_id": somebody.id}).expect(200)["items"]
    assert (trail[0]["action"], trail[0]["why"]) == ("member.unmask", "抽查第 7 号线索")
    assert trail[0]["actor"] == auditor.id
    assert world.coordinator.post(path, {"why": "想看一看"}).status == 403
