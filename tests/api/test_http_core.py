"""What every route has in common: how calls are routed, checked, answered and replayed."""

import http.client
import json
import threading
import time
import uuid

import pytest

from support.api import new_key
from support.processes import wait_until

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def admin(server):
    """An administrator, signed in."""
    login = f"core-{uuid.uuid4().hex[:12]}"
    server.cli("admin", "create", f"--login={login}", input=f"{PASSWORD}\n")
    api = server.api()
    session = api.post("/v1/sign-in/staff", {"login": login, "password": PASSWORD}).expect(200)
    return api.signed_in(session["access_token"])


@pytest.fixture
def reward(admin):
    """A reward without stock yet: its path."""
    shop = admin.post("/v1/merchants", {"name": "核心店", "sector": "books"}).expect(201)
    terms = {"merchant_id": shop["id"], "title": "一本书", "price": "10"}
    return "/v1/rewards/" + admin.post("/v1/rewards", terms).expect(201)["id"]


def raw(server, method, path, body=b"", headers=None):
    """Bytes as they are, unlike Api, which encodes."""
    connection = http.client.HTTPConnection(server.address, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


# Problems


def test_problems_speak_the_callers_language(api):
    chinese = api.get("/v1/nothing", headers={"Accept-Language": "zh-CN,en;q=0.5"})
    english = api.get("/v1/nothing", headers={"Accept-Language": "en-GB,zh;q=0.5"})
    assert chinese.json["title"] == "没有找到"
    assert chinese.headers["Content-Language"] == "zh-CN"
    assert english.json["title"] == "Not found"
    assert english.headers["Content-Language"] == "en"
    assert "Accept-Language" in english.headers["Vary"]
    assert chinese.json["type"] == english.json["type"] == "urn:linli:problem:not_found"


def test_options_names_the_methods(api):
    answer = api.request("OPTIONS", "/v1/merchants")
    assert answer.status == 204
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize(
    "path", ["/v1/merchants/", "//v1/merchants", "/v1/merchants/0", "/v1/merchants/01",
             "/v1/merchants/9007199254740992", "/v1/merchants/x", "/v1%2Fmerchants", "/v1/%ff"]
)  # fmt: skip
def test_almost_a_path_is_not_found(api, path):
    assert api.get(path).status == 404


# Request ids


def test_a_sane_request_id_comes_back(api):
    answer = api.get("/livez", headers={"X-Request-Id": "trace-4711.abc"})
    assert answer.headers["X-Request-Id"] == "trace-4711.abc"


def test_other_calls_get_an_id_of_their_own(api):
    strange = api.get("/livez", headers={"X-Request-Id": 'a"b c'}).headers["X-Request-Id"]
    first, second = (api.get("/livez").headers["X-Request-Id"] for _ in range(2))
    assert len({strange, first, second}) == 3
    assert '"' not in strange


# Who asks


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Basic YTpi", "Bearer " + "A" * 99])
def test_without_a_good_token_nobody_is_signed_in(server, header):
    headers = {"Authorization": header} if header else {}
    status, answered, body = raw(server, "GET", "/v1/me", headers=headers)
    assert status == 401
    assert answered["WWW-Authenticate"].startswith("Bearer")
    assert json.loads(body)["code"] == "unauthenticated"


def test_a_token_with_one_bit_changed_is_no_token(admin):
    for at in (0, 20, len(admin.token) // 2, len(admin.token) - 2):
        other = "A" if admin.token[at] != "A" else "B"
        forged = admin.token[:at] + other + admin.token[at + 1 :]
        assert admin.get("/v1/me", token=forged).status == 401


def test_a_role_that_a_route_does_not_admit_is_forbidden(admin):
    assert admin.get("/v1/wallet").code == "forbidden"


def test_a_bad_token_is_no_obstacle_where_none_is_needed(api):
    assert api.get("/v1/merchants", token="stale").status == 200


def test_what_needs_a_token_is_not_stored_by_caches(admin):
    assert admin.get("/v1/me").headers["Cache-Control"] == "no-store"


def test_a_revoked_account_is_out_everywhere_at_once(server, admin):
    login = f"gone-{uuid.uuid4().hex[:12]}"
    server.cli("admin", "create", f"--login={login}", input=f"{PASSWORD}\n")
    session = admin.post("/v1/sign-in/staff", {"login": login, "password": PASSWORD}).expect(200)
    other = admin.signed_in(session["access_token"])
    assert other.get("/v1/me").status == 200
    assert other.post("/v1/sign-out", {}).status == 204
    wait_until(lambda: other.get("/v1/me").status == 401, 5, "the token to be void")


# Bodies


def merchant(server, admin, body, **headers):
    named = {"Authorization": f"Bearer {admin.token}", "Content-Type": "application/json"}
    status, _, answer = raw(server, "POST", "/v1/merchants", body, named | headers)
    return status, json.loads(answer)


def test_only_json_is_read(server, admin):
    good = b'{"name":"a","sector":"books"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json;charset=gbk"):
        status, answer = merchant(server, admin, good, **{"Content-Type": kind})
        assert (status, answer["code"]) == (415, "bad_media_type")
    assert merchant(server, admin, good, **{"Content-Type": "application/json; charset=utf-8"})[0] == 201


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"name=a",
        b'{"name":"a","sector":"books",}',
        b'{"name":"a","name":"b","sector":"books"}',
        b'{"name":"\xff","sector":"books"}',
        b'{"name":"a\\u0000","sector":"books"}',
        b'{"name":' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 100_000,
        b'{"name":"a","sector":"books"} {}',
    ],
)
def test_what_is_not_json_is_refused_with_its_place(server, admin, body):
    status, answer = merchant(server, admin, body)
    assert (status, answer["code"]) == (400, "bad_json")
    assert answer["detail"]


@pytest.mark.parametrize(
    "body, pointer, code",
    [
        ({"sector": "books"}, "/name", "missing"),
        ({"name": "a", "sector": "books", "colour": 1}, "/colour", "unknown_field"),
        ({"name": 7, "sector": "books"}, "/name", "wrong_type"),
        ({"name": "", "sector": "books"}, "/name", "too_short"),
        ({"name": "字" * 101, "sector": "books"}, "/name", "too_long"),
        ({"name": "a", "sector": "weapons"}, "/sector", "bad_choice"),
        (None, "/name", "missing"),
        ([], "", "not_an_object"),
    ],
)
def test_a_field_that_does_not_fit_is_named(admin, body, pointer, code):
    answer = admin.post("/v1/merchants", body)
    assert (answer.status, answer.code) == (400, "bad_field")
    assert [(field["pointer"], field["code"]) for field in answer.json["fields"]] == [(pointer, code)]


def test_a_route_without_fields_takes_nothing_or_an_empty_object(admin):
    path = "/v1/activities/4711/publish"
    assert admin.post(path).code == "not_found"
    assert admin.post(path, {}).code == "not_found"
    assert admin.post(path, {"now": True}).code == "bad_field"


# Query strings


@pytest.mark.parametrize(
    "query, pointer, code",
    [
        ("limit=0", "/limit", "too_small"),
        ("limit=101", "/limit", "too_large"),
        ("limit=many", "/limit", "wrong_type"),
        ("cursor=x", "/cursor", "bad_id"),
        ("with_closed=perhaps", "/with_closed", "wrong_type"),
        ("limt=5", "/limt", "unknown_field"),
        ("limit=5&limit=6", "/limit", "repeated"),
        ("limit=%ff", "/limit", "bad_text"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(api, query, pointer, code):
    answer = api.get(f"/v1/rewards?{query}")
    assert (answer.status, answer.code) == (400, "bad_field")
    assert [(field["pointer"], field["code"]) for field in answer.json["fields"]] == [(pointer, code)]


def test_pages_lead_to_each_other(admin):
    made = {
        admin.post("/v1/merchants", {"name": f"第{i}家", "sector": "catering"}).expect(201)["id"]
        for i in range(5)
    }
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = admin.get("/v1/merchants", query=query).expect(200)
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


# Entity tags


def test_a_catalogue_that_did_not_change_is_not_sent_again(admin):
    first = admin.get("/v1/merchants")
    tag = first.headers["ETag"]
    again = admin.get("/v1/merchants", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == tag
    admin.post("/v1/merchants", {"name": "新店", "sector": "books"}).expect(201)
    changed = admin.get("/v1/merchants", query={"limit": 100}, headers={"If-None-Match": tag})
    assert changed.status == 200


# Idempotency


def test_a_command_needs_a_key(admin, reward):
    answer = admin.post(f"{reward}/stock", {"pieces": 5})
    assert (answer.status, answer.code) == (400, "idempotency_key_missing")


@pytest.mark.parametrize("key", ["", "a b", "k" * 129, '"open', '""', "schlüssel".encode("latin-1")])
def test_a_key_is_visible_ascii(admin, reward, key):
    answer = admin.post(f"{reward}/stock", {"pieces": 5}, headers={"Idempotency-Key": key})
    assert (answer.status, answer.code) == (400, "idempotency_key_bad")


def test_a_repeated_command_gets_the_same_bytes_and_moves_nothing(admin, reward):
    key = new_key()
    first = admin.post(f"{reward}/stock", {"pieces": 5}, key=key)
    first.expect(200)
    assert "Idempotency-Replayed" not in first.headers
    again = admin.post(f"{reward}/stock", {"pieces": 5}, key=f'"{key}"')
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert admin.get(reward).expect(200)["stock"]["free"] == 5


def test_a_refusal_is_replayed_too(admin, reward):
    key = new_key()
    first = admin.post(f"{reward}/stock", {"pieces": -5}, key=key)
    assert first.status == 409
    admin.post(f"{reward}/stock", {"pieces": 5}, key=True).expect(200)
    again = admin.post(f"{reward}/stock", {"pieces": -5}, key=key)
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_used_for_another_request_is_refused(admin, reward):
    key = new_key()
    admin.post(f"{reward}/stock", {"pieces": 5}, key=key).expect(200)
    answer = admin.post(f"{reward}/stock", {"pieces": 6}, key=key)
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")


def test_a_key_is_its_accounts_own(server, admin, reward):
    login = f"twin-{uuid.uuid4().hex[:12]}"
    server.cli("admin", "create", f"--login={login}", input=f"{PASSWORD}\n")
    session = admin.post("/v1/sign-in/staff", {"login": login, "password": PASSWORD}).expect(200)
    key = new_key()
    admin.post(f"{reward}/stock", {"pieces": 5}, key=key).expect(200)
    other = admin.signed_in(session["access_token"])
    answer = other.post(f"{reward}/stock", {"pieces": 6}, key=key)
    assert answer.expect(200)["free"] == 11


# The process


def test_an_unready_configuration_is_refused_with_what_is_wrong(server):
    for arguments, hint in [
        (["--query.threds=3"], "query.threads"),
        (["--query.threads=many"], "query.threads"),
        (["--port=99999"], "0..65535"),
        (["--sms.sender=log"], "sms.sender=http"),
        (["everything"], "--help"),
    ]:
        done = server.cli("serve", *arguments, check=False)
        assert done.returncode != 0
        assert hint in done.stderr


def test_every_command_has_help(server):
    listed = server.cli("help").stdout
    names = [line[2:].split("  ")[0] for line in listed.splitlines() if line.startswith("  ")]
    assert "serve" in names
    for name in names:
        assert f"usage: linli {name}" in server.cli(*name.split(), "--help").stdout
    assert "serve" in server.cli("srve", check=False).stderr


def test_config_prints_a_file_that_could_be_kept(server, tmp_path):
    kept = tmp_path / "linli.conf"
    kept.write_text(server.cli("config").stdout, encoding="utf-8")
    again = server.cli("config", f"--config={kept}").stdout
    settings = [line for line in again.splitlines() if line and not line.startswith("#")]
    assert settings == [
        line for line in kept.read_text().splitlines() if line and not line.startswith("#")
    ]


def test_sighup_applies_what_is_reloadable(fresh_server, tmp_path):
    fresh_server.stop()
    config = tmp_path / "linli.conf"
    config.write_text("log.level = info\n")
    fresh_server.options["config"] = str(config)
    fresh_server.start()
    api = fresh_server.api()
    api.get("/livez")
    assert not fresh_server.events("api.call")
    config.write_text("log.level = debug\nhttp.listen = 127.0.0.1:1\n")
    fresh_server.signal(1)
    fresh_server.wait_event("serve.reloaded")
    assert [event["name"] for event in fresh_server.events("config.needs_restart")] == ["http.listen"]
    api.get("/livez")
    event = fresh_server.wait_event("api.call")
    assert (event["route"], event["status"], event["method"]) == ("/livez", 200, "GET")
    config.write_text("log.level = loud\n")
    fresh_server.signal(1)
    fresh_server.wait_event("serve.reload_refused")
    assert api.get("/livez").status == 200


def test_a_full_queue_sheds_at_once_and_recovers(fresh_server):
    fresh_server.stop()
    fresh_server.options |= {"query.threads": 1, "query.queue": 1}
    fresh_server.start()
    lock = fresh_server.database()
    lock.cursor().execute("LOCK TABLES merchants WRITE")
    answers, took = [], []

    def ask():
        api, start = fresh_server.api(), time.monotonic()
        answers.append(api.get("/v1/merchants"))
        took.append((answers[-1].status, time.monotonic() - start))
        api.close()

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(answers) >= 10, 10, "those that do not fit to be answered")
    lock.close()
    for thread in threads:
        thread.join()
    shed = [answer for answer in answers if answer.status == 503]
    assert len(shed) == 10
    assert {answer.headers["Retry-After"] for answer in shed} == {"1"}
    assert all(seconds < 1 for status, seconds in took if status == 503)
    assert [status for status, _ in took].count(200) == 2
    assert fresh_server.api().get("/v1/merchants").status == 200


def test_ready_only_while_the_database_answers(fresh_server):
    api = fresh_server.api()
    fresh_server.kill_database()
    assert api.get("/readyz").status in (200, 503)  # it may be back before we look
    assert api.get("/livez").status == 200
    wait_until(lambda: api.get("/readyz").status == 200, 10, "the database to be back")


def test_a_second_interrupt_does_not_wait_for_the_first(fresh_server):
    lock = fresh_server.database()
    lock.cursor().execute("LOCK TABLES merchants WRITE")
    connection = http.client.HTTPConnection(fresh_server.address, timeout=30)
    connection.request("GET", "/v1/merchants")
    time.sleep(0.3)
    fresh_server.signal(2)
    fresh_server.wait_event("serve.stopping")
    time.sleep(0.5)
    assert fresh_server.running  # it waits for the answer
    fresh_server.signal(2)
    assert fresh_server.process.wait(5) == -2
    connection.close()
    lock.close()


def test_what_is_in_hand_is_answered_before_a_stop(fresh_server):
    lock = fresh_server.database()
    lock.cursor().execute("LOCK TABLES merchants WRITE")
    connection = http.client.HTTPConnection(fresh_server.address, timeout=30)
    connection.request("GET", "/v1/merchants")
    time.sleep(0.3)
    fresh_server.signal(15)
    fresh_server.wait_event("serve.stopping")
    lock.close()
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (200, "close")
    connection.close()
    assert fresh_server.process.wait(10) == 0
