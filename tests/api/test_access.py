"""
Each route × each role × somebody else's object: nothing leaks, nothing changes. Generated from the
route tables: a new route is tried as soon as it exists, and fails here until this file knows what
object its {id} stands for.
"""

import json
import re

import pytest

from support.server import Server, run_cli
from support.world import World, rfc3339

tables = json.loads(run_cli("routes", "--json").stdout)
routes = {f"{route['method']} {route['path']}": route for route in tables["routes"]}
each_route = pytest.mark.parametrize("name", sorted(routes))

# Roles that see everything by their office. What they may not do is refused by role.
WIDE = {"administrator", "auditor"}

# Open to others on purpose, with the reason. Everything else of theirs is 403 or 404.
OPEN = {
    "PUT /v1/activities/{id}/sign-up": "members sign up wherever something is published",
    "DELETE /v1/activities/{id}/sign-up": "takes back one's own; whoever has none takes back none",
    "POST /v1/activities/{id}/check-in": "whoever has the code that is shown there",
    "POST /v1/activities/{id}/check-out": "as check-in",
    "GET /v1/sponsors/{id}": "managers choose among the programme's sponsors",
    "POST /v1/redemptions": "members redeem at every merchant",
}

# Written by the server itself, or of the attempt alone.
RESTLESS = {
    "answers", "audit_trail", "blocks", "checkpoints", "instances", "lanes", "notices",
    "refresh_tokens", "revocations", "sign_in_attempts", "sign_in_codes", "transfers",
}  # fmt: skip


class Victim:
    """A community, a merchant and a member with something of everything; and others beside them."""

    def __init__(self, server, sms):
        self.server, self.world = server, World(server)
        world = self.world
        self.market = world.market()
        self.member = world.member(points=50)
        self.voucher = self.member.redeem(self.market.reward(stock=5, price=5)).expect(201)
        self.reward = self.market.reward(stock=5, price=5)
        self.activity = world.activity(capacity=5)
        self.member.put(f"/v1/activities/{self.activity}/sign-up").expect(200)
        self.record = world.records([self.member])[0]
        proposal = {"kind": "adjust", "member_id": self.member.id, "points": "1"}
        self.proposal = world.make("/v1/proposals", reason="两人核对", **proposal)["id"]
        self.strangers = self.make_strangers()
        self.objects = {}
        self.callers = self.strangers | {
            "administrator": world.administrator,
            "auditor": world.staff("auditor"),
        }
        self.objects = self.name_objects()

    def make_strangers(self):
        world = self.world
        unit = world.make("/v1/units", kind="community", name="湖景社区")["id"]
        elsewhere = world.market()
        made = world.make("/v1/members", name="外人", unit_id=unit, consent=True)
        return {
            "member": type(self.member)(world, made["id"], "member"),
            "coordinator": world.staff("coordinator", unit),
            "unit_reader": world.staff("unit_reader", unit),
            "clerk": elsewhere.clerk,
            "manager": elsewhere.manager,
        }

    def name_objects(self):
        """What an {id} below each resource stands for."""
        return {
            "merchant-calls": self.merchant_call(),
            "disputes": self.dispute(),
            "units": self.world.unit_id,
            "members": self.member.id,
            "staff": self.market.clerk.id,
            "activities": self.activity,
            "records": self.record,
            "merchants": self.market.id,
            "rewards": self.reward.id,
            "redemptions": self.voucher["id"],
            "proposals": self.proposal,
        } | self.made_over_the_api()

    def made_over_the_api(self):
        """What is made by a POST whose answer names it."""
        world, manager = self.world, self.market.manager
        now = rfc3339(world.now_us())
        due = {"unit_id": world.unit_id, "title": "应报到", "due_day": now[:10]}
        shop = f"/v1/merchants/{self.market.id}/shops"
        statement = f"/v1/merchants/{self.market.id}/statements"
        makings = {
            "shops": (manager, shop, self.required("POST /v1/merchants/{id}/shops")),
            "statements": (world.administrator, statement, {"cut_off": now}),
            "due-lists": (world.coordinator, "/v1/due-lists", due | {"people": [{"name": "赵"}]}),
        }
        return {
            resource: caller.post(path, body, key=resource == "statements" or None).json["id"]
            for resource, (caller, path, body) in makings.items()
            if any(route["path"].startswith(f"/v1/{resource}/") for route in routes.values())
        } | {"inbox": self.notice(), "evidence": self.photo(), "certificates": self.certificate(),
            "plugins": self.plugin(), "assessments": self.assessment(),
            "reviews": self.review(), "decisions": self.decision(),
        }  # fmt: skip

    def required(self, name):
        return self.body(routes[name]["body"]) if name in routes else None

    def photo(self):
        """Of the member's record."""
        columns = "evidence_id, record_id, added_by, added_us, media_type, note, photo"
        row = (self.world.new_id(), self.record, self.member.id, 1, "image/png", "", b"png")
        return self.world.insert("evidence", columns, [row])[0][0]

    def certificate(self):
        """That staff made for the member."""
        columns = "certificate_id, member_id, unit_id, shows_name, from_day, through_day, issued_us"
        columns += ", issued_by, withdrawn_us, code_hash, code_key, service"
        row = (self.world.new_id(), self.member.id, self.world.unit_id, 0, 1, 9, 1)
        row += (self.world.coordinator.id, 0, bytes(16), 196609, b"")
        return self.world.insert("certificates", columns, [row])[0][0]

    def plugin(self):
        """One that came with the server."""
        return self.server.sql("SELECT plugin_id AS id FROM plugins WHERE name = 'velocity'")[0]["id"]

    def assessment(self):
        """Shown to the member, who was rated in it."""
        numbers = "plugin_id, version_id, policy_id, affiliation, revision, from_day, to_day, from_us"
        numbers += ", until_us, asked_us, forecast, step, last_id, members, members_done, faults"
        numbers += ", created_by, finished_us, shown_us, signed_by, signed_us, published_us"
        columns = f"run_id, unit_id, state, appeals_until_us, failure, signed_name, {numbers}"
        run_id, later = self.world.new_id(), self.world.now_us() + 3_600_000_000
        row = (run_id, self.world.unit_id, 3, later, "", "", *[1] * len(numbers.split(",")))
        self.world.insert("assessment_runs", columns, [row])
        columns = "run_id, scope, subject_id, unit_id, rating, drafted, counts, fails, reasons, facts"
        unit = self.world.unit_id
        rated = [(run_id, 1, self.member.id, unit, "x", "x", 1, 1, "[]", "{}")]
        rated += [(run_id, 2, unit, unit, "x", "x", 1, 1, "[]", "{}")]
        self.world.insert("ratings", columns, rated)
        return run_id
    def review(self):
        """Of the member's record, which waits for it."""
        columns = "check_id, kind, state, held, member_id, ref, subject, merchant_id, asked_by, points"
        columns += ", opened_us, due_us, daily_cap, day, day_ends_us, expires_us, decided_by"
        columns += ", decided_us, reason"
        row = (self.world.new_id(), 1, 1, 1, self.member.id, self.record, 1, 0, 1, 100)
        row += (1, 2, 0, 1, 2, 2, 0, 0, "")
        return self.world.insert("checks", columns, [row])[0][0]

    def decision(self):
        """That denied the member something."""
        columns = "decision_id, check_id, at_us, kind, ref, member_id, actor, merchant_id, subject"
        columns += ", points, plugin_id, version_id, policy_id, mode, verdict, effect, fault, code"
        columns += ", words_zh, words_en"
        row = (self.world.new_id(), 0, 1, 2, self.voucher["id"], self.member.id, 0, 0, 1)
        row += (100, 1, 1, 1, 3, 2, 4, 0, "code", "核对", "checked")
        return self.world.insert("decisions", columns, [row])[0][0]

    def merchant_call(self):
        """About the member's voucher, of a merchant that others issue for."""
        columns = "integration_id, merchant_id, plugin, current, calls, key_id, settings"
        market, ids = self.market.id, [self.world.new_id() for _ in range(2)]
        row = (ids[0], market, "http_json", 0, 3, 0, b"", 0, 0)
        self.world.insert("integrations", columns + ", changed_by, changed_us", [row])
        columns = "operation_id, redemption_id, merchant_id, integration_id, kind, state, created_us"
        row = (ids[1], self.voucher["id"], market, ids[0], 1, 2, 0)
        return self.world.insert("operations", columns, [row])[0][0]

    def dispute(self):
        """Of a line of the merchant's."""
        columns = "dispute_id, statement_id, redemption_id, merchant_id, state, fen, reason"
        later_us = self.world.now_us() + 3_600_000_000  # nobody is told that it is late
        row = (self.world.new_id(), 1, self.voucher["id"], self.market.id, 1, 5, "x", 1, 1, later_us)
        columns += ", opened_by, opened_us, due_us"
        return self.world.insert("disputes", columns, [row])[0][0]

    def notice(self):
        """In the member's inbox."""
        columns = "account_id, kind, ref, details, created_us, read_us"
        self.world.insert("notices", columns, [(self.member.id, 1, 1, '{"title":"x"}', 1, 0)])
        return self.server.sql("SELECT MAX(notice_id) AS id FROM notices")[0]["id"]

    def object_of(self, resource):
        """What this file names, or else what a POST to the resource makes."""
        if resource not in self.objects:
            making = routes.get(f"POST /v1/{resource}")
            assert making, f"say in this file what /v1/{resource}/{{id}} is of"
            insiders = {
                "administrator": self.world.administrator,
                "coordinator": self.world.coordinator,
                "manager": self.market.manager,
                "member": self.member,
            }
            caller = next(insiders[role] for role in insiders if role in making["roles"])
            body = self.full_body(making["body"] or [])
            made = caller.post(f"/v1/{resource}", body, key=making["idempotent"] or None)
            assert made.status in (200, 201), f"make one of /v1/{resource} in this file: {made}"
            self.objects[resource] = made.json["id"]
        return self.objects[resource]

    # What is sent

    def value(self, field):
        """A value that passes the table, and where it names something, names what is theirs."""
        name, kind = field["name"], field["type"]
        ids = {
            "unit_id": "units", "parent_id": "units", "work_unit_id": "units", "under": "units",
            "member_id": "members", "person_id": "members", "into": "members",
            "merchant_id": "merchants", "scope_id": "merchants", "reward_id": "rewards",
            "record_id": "records", "activity_id": "activities",
        }  # fmt: skip
        if kind == "id":
            return self.objects[ids[name]] if name in ids else "1"
        if kind == "ids":
            return [self.objects.get(name, "1")]
        if kind == "objects":
            return [self.body(field["items"])]
        return self.plain(field)

    def plain(self, field):
        kind = field["type"]
        if field["name"] == "code":
            return self.voucher["code"][: field["max"]]
        if field["name"] == "phone":
            return "13900001234"
        if kind == "text":
            return "为了核对情况"[: field["max"]].ljust(field["min"], "好")
        if kind in ("int", "points"):
            return field["min"] if kind == "points" else max(1, field["min"])
        if kind == "choice":
            return field["choices"][0]
        now = rfc3339(self.world.now_us() + 3_600_000_000)
        return {"flag": True, "time": now, "day": now[:10], "document": {}}[kind]

    def body(self, fields):
        return {field["name"]: self.value(field) for field in fields if field["required"]}

    def full_body(self, fields):
        """With the optional names of objects too."""
        named = [f for f in fields if f["required"] or f["type"] in ("id", "ids")]
        return {field["name"]: self.value(field) for field in named}

    def target(self, route):
        resource = route["path"].split("/")[2]
        path = route["path"]
        if "{id}" in path:
            path = path.replace("{id}", str(self.object_of(resource)))
        return re.sub(r"\{\w+\}", "nothing", path)

    def ask(self, route, caller, body):
        key = True if route["idempotent"] else None
        target = self.target(route)
        required = [field for field in route["query"] or [] if field["required"]]
        query = {field["name"]: self.value(field) for field in required}
        if route["method"] == "GET":
            return caller.get(target, query=query)
        options = {"token": caller.token, "key": key, "query": query}
        if route["takes_csv"] and "{id}" in route["path"]:
            body, options["headers"] = b"code\nX\n", {"Content-Type": "text/csv"}
        return self.world.api.request(route["method"], target, body, **options)

    # What has changed

    def state(self):
        """A checksum of each table that only requests change."""
        names = [next(iter(row.values())) for row in self.server.sql("SHOW TABLES")]
        watched = ", ".join(f"`{name}`" for name in names if name not in RESTLESS)
        return {r["Table"]: r["Checksum"] for r in self.server.sql(f"CHECKSUM TABLE {watched}")}


@pytest.fixture(scope="module")
def victim(sms):
    with Server(sms.options) as server:
        yield Victim(server, sms)


def is_public(route):
    return route["roles"] == []


def names_something(route):
    named = {field["name"] for field in route["body"] or []}
    return named & {"unit_id", "member_id", "merchant_id", "scope_id", "record_id", "into", "code"}


@each_route
def test_who_has_not_the_role_is_refused_and_changes_nothing(victim, name):
    route = routes[name]
    if is_public(route):
        return
    victim.target(route)
    before = victim.state()
    for role, caller in victim.callers.items():
        if role not in route["roles"]:
            answer = victim.ask(route, caller, victim.body(route["body"] or []) or None)
            assert (answer.status, answer.code) == (403, "forbidden"), role
    assert victim.state() == before


@each_route
def test_an_object_of_others_is_not_there_and_does_not_change(victim, name):
    """404 whether it exists or not; 403 where the whole action is not theirs."""
    route = routes[name]
    if "{id}" not in route["path"] or is_public(route) or name in OPEN:
        return
    victim.target(route)
    for role in set(route["roles"]) - WIDE:
        before = victim.state()
        answer = victim.ask(route, victim.strangers[role], victim.body(route["body"] or []) or None)
        assert answer.status in (403, 404), f"{role}: {answer.status} {answer.body[:300]}"
        assert victim.state() == before, role


@each_route
def test_a_request_that_names_what_is_others_changes_nothing(victim, name):
    route = routes[name]
    if "{id}" in route["path"] or is_public(route) or name in OPEN or not names_something(route):
        return
    for role in set(route["roles"]) - WIDE:
        before = victim.state()
        answer = victim.ask(route, victim.strangers[role], victim.full_body(route["body"]))
        assert answer.status >= 400, f"{role}: {answer.status} {answer.body[:300]}"
        assert victim.state() == before, role


@each_route
def test_no_list_shows_strangers_what_is_others(victim, name):
    route = routes[name]
    if route["method"] != "GET" or "{" in route["path"] or is_public(route):
        return
    secret = [victim.member.id, victim.voucher["id"], victim.record, victim.market.clerk.id]
    for role in set(route["roles"]) - WIDE:
        caller = victim.strangers[role]
        filters = [f for f in route["query"] or [] if f["type"] == "id" and f["name"] != "cursor"]
        for further in [[], *([f] for f in filters)]:
            required = [f for f in route["query"] or [] if f["required"]]
            query = {f["name"]: victim.value(f) for f in required + further}
            answer = caller.get(route["path"], query=query)
            assert answer.status in (200, 400, 403, 404), f"{role}: {answer.status}"
            if answer.status == 200:
                shown = answer.body.decode(errors="replace")
                assert not [s for s in secret if f'"{s}"' in shown], f"{role} {query}"


@each_route
def test_who_reads_all_changes_nothing(victim, name):
    """Auditors see everything, and no route lets them write but the trail of their own looking."""
    route = routes[name]
    if route["method"] == "GET" or "auditor" not in route["roles"] or "sign-out" in name:
        return
    victim.target(route)
    before = victim.state()
    body = victim.body(route["body"] or []) or None
    victim.ask(route, victim.callers["auditor"], body)
    assert victim.state() == before
