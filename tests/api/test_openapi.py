"""
docs/openapi.yaml says what the server does: first it is held against the route tables, in both
directions; then every answer that a walk over all operations gets is held against its schemas.
"""

import json
from collections import defaultdict

import pytest

from support.api import Api, new_key
from support.openapi import Document
from support.server import run_cli
from support.walk import Walk

ROLES = "member", "coordinator", "unit_reader", "clerk", "manager", "auditor", "administrator"
NOWHERE = "9007199254740991"  # an id that is never given

document = Document()
tables = json.loads(run_cli("routes", "--json").stdout)
routes = {f"{route['method']} {route['path']}": route for route in tables["routes"]}

each_operation = pytest.mark.parametrize(
    "operation", document.operations, ids=[operation.name for operation in document.operations]
)


# Against the tables


def test_every_route_is_described_and_nothing_else():
    assert sorted(routes) == sorted(operation.name for operation in document.operations)


def test_it_is_of_this_version():
    assert run_cli("version").stdout.split()[1] == document.tree["info"]["version"]


def test_operation_ids_are_unique_and_tags_are_known():
    ids = [operation.item["operationId"] for operation in document.operations]
    assert len(set(ids)) == len(ids)
    tags = [tag["name"] for tag in document.tree["tags"]]
    assert all(operation.item["tags"][0] in tags for operation in document.operations)


def test_every_component_is_used():
    text = json.dumps(document.tree)
    for kind in ("schemas", "responses", "parameters", "headers", "requestBodies"):
        for name in document.tree["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, f"{kind}/{name}"


def roles_of(route):
    if not route["roles"]:
        return ["anyone"]
    return ["signed_in"] if tuple(route["roles"]) == ROLES else route["roles"]


@each_operation
def test_who_may_call_it(operation):
    roles = operation.item["x-roles"]
    assert roles == roles_of(routes[operation.name])
    security = operation.item.get("security", document.tree["security"])
    assert (security[:1] == [{"token": []}]) == (roles != ["anyone"])


def named(fields):
    """The fields of a table by name."""
    return {
        field["name"]: {k: named(v) if k == "items" else v for k, v in field.items() if k != "name"}
        for field in fields or []
    }


@each_operation
def test_what_it_takes(operation):
    route = routes[operation.name]
    query = {
        name: document.field(entry["schema"], entry.get("required", False))
        for name, entry in operation.parameters_in("query").items()
    }
    assert query == named(route["query"])
    assert (operation.body is None) == (route["body"] is None)
    assert operation.takes_csv == route["takes_csv"]
    if operation.body:
        assert document.fields(operation.body) == named(route["body"])
        required = document.resolve(operation.item["requestBody"])["required"]
        assert required == any(field["required"] for field in route["body"])


@each_operation
def test_what_its_path_and_headers_are(operation):
    parts = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    in_path = operation.parameters_in("path")
    assert sorted(in_path) == sorted(parts)
    assert all(entry["required"] for entry in in_path.values())
    headers = operation.parameters_in("header")
    assert ("Idempotency-Key" in headers) == routes[operation.name]["idempotent"]
    assert ("If-None-Match" in headers) == (304 in operation.statuses)


def expected_codes(route):
    """Problems that every route of its kind can answer, by status."""
    codes = defaultdict(set)
    codes[400] |= {"bad_field"}
    if route["body"] is not None:
        codes[400] |= {"bad_json"}
    if route["body"] is not None or route["takes_csv"]:
        codes[415] |= {"bad_media_type"}
    if route["roles"]:
        codes[401] |= {"unauthenticated", "token_expired"}
    if route["roles"] and tuple(route["roles"]) != ROLES:
        codes[403] |= {"forbidden"}
    if "{" in route["path"]:
        codes[404] |= {"not_found"}
    if route["runs_on"] == "query" or route["idempotent"]:
        codes[503] |= {"busy"}
    if route["idempotent"]:
        codes[400] |= {"idempotency_key_missing", "idempotency_key_bad"}
        codes[401] |= {"signed_out"}
        codes[409] |= {"idempotency_key_in_flight"}
        codes[422] |= {"idempotency_key_reused"}
    return codes


@each_operation
def test_which_problems_it_has(operation):
    for status, codes in expected_codes(routes[operation.name]).items():
        assert codes <= operation.codes(status), f"{status}: {codes - operation.codes(status)}"
    known = {(problem["status"], problem["code"]) for problem in tables["problems"]}
    for status in operation.statuses:
        if status >= 400:
            assert {(status, code) for code in operation.codes(status)} <= known
    assert "default" in operation.item["responses"]


# Against real answers


def blocks(api):
    """How many there are: one more when points moved."""
    return api.server.sql("SELECT SUM(height) AS n FROM lanes")[0]["n"]


@pytest.fixture(scope="module")
def seen():
    """
    The statuses that each operation has answered. Every answer of this module is checked, and that
    what asked without an Idempotency-Key has moved no points.
    """
    statuses = defaultdict(set)
    plain = Api.request

    def checked(api, method, path, *arguments, **options):
        operation = document.operation(method, path)
        assert operation, f"{method} {path} is not described"
        may_move = method == "GET" or routes[operation.name]["idempotent"]
        before = None if may_move else blocks(api)
        answer = plain(api, method, path, *arguments, **options)
        operation.check(answer)
        statuses[operation.name].add(answer.status)
        assert may_move or blocks(api) == before, f"{operation.name} needs a key"
        return answer

    Api.request = checked
    yield statuses
    Api.request = plain


@pytest.fixture(scope="module")
def walk(seen, world, sms):
    market = world.market()
    try:
        yield Walk(market, sms).go()
    finally:
        world.server.sql("DELETE FROM disputes WHERE merchant_id = %s", market.id)  # of no statement


reads = pytest.mark.parametrize(
    "operation",
    [operation for operation in document.operations if operation.method == "GET"],
    ids=[operation.path for operation in document.operations if operation.method == "GET"],
)


@reads
def test_a_read_answers_as_described(walk, operation):
    caller, target = walk.caller(operation), walk.target(operation)
    answer = caller.get(target)
    assert answer.status == 200
    for role in operation.item["x-roles"][1:]:
        assert walk.callers[role].get(target).status in (200, 404)
    if 304 in operation.statuses:
        tag = {"If-None-Match": answer.headers["ETag"]}
        assert caller.get(target, headers=tag).status == 304


@reads
def test_a_list_goes_on_to_its_end(walk, operation):
    if "limit" not in operation.parameters_in("query"):
        return
    caller, cursor, pages = walk.caller(operation), None, 0
    while pages < 5:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = caller.get(walk.target(operation), query=query).expect(200)
        cursor, pages = page["next"], pages + 1
        assert len(page["items"]) <= 2
        if not cursor:
            break
        assert len(page["items"]) == 2


@each_operation
def test_who_may_not_is_told_as_described(walk, operation):
    roles = operation.item["x-roles"]
    if roles == ["anyone"]:
        return
    target = walk.target(operation, NOWHERE)
    assert walk.api.request(operation.method, target).status == 401
    for role, caller in walk.callers.items():
        if roles != ["signed_in"] and role not in roles:
            assert walk.api.request(operation.method, target, token=caller.token).code == "forbidden"


@each_operation
def test_what_is_wrong_is_told_as_described(walk, operation):
    """With the caller's token and key, but an unknown parameter, body field or object."""
    caller = walk.caller(operation)
    options = {"token": caller.token}
    if routes[operation.name]["idempotent"]:
        options["key"] = new_key()
    target = walk.target(operation, NOWHERE)
    separator = "&" if "?" in target else "?"
    answer = walk.api.request(operation.method, f"{target}{separator}no=1", **options)
    assert (answer.status, answer.code) == (400, "bad_field")
    assert answer.json["fields"][0]["pointer"] == "/no"
    if operation.takes_csv:
        answer = walk.api.request(operation.method, target, {"no": 1}, **options)
        assert answer.code == "bad_media_type"
    elif operation.method != "GET":
        answer = walk.api.request(operation.method, target, {"no": 1}, **options)
        assert (answer.status, answer.json["fields"][0]["code"]) == (400, "unknown_field")
    if operation.body:
        headers = {"Content-Type": "text/plain"}
        answer = walk.api.request(operation.method, target, {}, headers=headers, **options)
        assert answer.code == "bad_media_type"
    elif "{" in operation.path and not operation.takes_csv:
        assert walk.api.request(operation.method, target, **options).code == "not_found"
    if "key" in options:
        options["key"] = "not visible"
        answer = walk.api.request(operation.method, target, **options)
        assert answer.code == "idempotency_key_bad"


def test_every_operation_was_answered_well(walk, seen):
    missing = [
        operation.name
        for operation in document.operations
        if not any(status < 300 for status in seen[operation.name])
    ]
    # Those of this list are answered by reads, whose tests may run apart.
    assert [name for name in missing if not name.startswith("GET ")] == []


def test_a_member_whose_wallet_was_frozen_reads_their_transfers(walk):
    kinds = [
        (transfer["kind"], transfer["from"], transfer["to"])
        for transfer in walk.member.get("/v1/wallet/transfers", query={"limit": 100}).json["items"]
    ]
    assert ("freeze", None, None) in kinds
