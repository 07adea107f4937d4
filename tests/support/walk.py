"""A walk over every operation of the API, as the people of a programme would come to it."""

import itertools
import uuid

from support import plugins, reviews
from support.api import new_key
from support.merchants import connect_a_merchant, dispute_a_line
from support.processes import wait_until
from support.world import unique

# A PNG of one pixel.
SMALL_PHOTO = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGOoBwAAgQCA_vY2VgAAAABJRU5ErkJggg"
)


class Walk:
    """Every operation once, as the people of a programme would come to it."""

    def __init__(self, market, sms):
        self.market, self.world, self.sms = market, market.world, sms
        self.api = market.world.api
        self.callers = {
            "administrator": self.world.administrator,
            "auditor": self.world.staff("auditor"),
            "coordinator": self.world.coordinator,
            "unit_reader": self.world.staff("unit_reader", self.world.unit_id),
            "manager": market.manager,
            "clerk": market.clerk,
            "member": market.member(),
        }
        self.member = self.callers["member"]
        self.ids = {}  # an id to ask for, by path

    def go(self):
        self.sign_in()
        self.meet_people()
        self.say_and_take_back()
        self.serve()
        self.redeem()
        self.correct()
        self.certify()
        self.prove()
        self.extend()
        self.ids |= reviews.hold_and_deny(self.member, self.market) | connect_a_merchant(self.market)
        self.assess()
        return self

    def sign_in(self):
        phone = f"+86137{uuid.uuid4().int % 10**8:08d}"
        self.api.post("/v1/sign-in/codes", {"phone": phone}).expect(202)
        code = self.sms.code(phone)
        step = self.api.post("/v1/sign-in/phone", {"phone": phone, "code": code}).expect(200)
        body = {"registration_token": step["registration_token"], "name": "邓小云"}
        body |= {"unit_id": self.world.unit_id, "consent": True}
        session = self.api.post("/v1/sign-in/registration", body).expect(201)
        body = {"refresh_token": session["refresh_token"]}
        session = self.api.post("/v1/sign-in/refresh", body).expect(200)
        self.api.post("/v1/sign-in/refresh", body).expect(401)
        self.api.post("/v1/sign-out", {}, token=session["access_token"]).expect(204)
        wrong = {"login": unique("nobody"), "password": "guess"}
        self.api.post("/v1/sign-in/staff", wrong).expect(401)
        self.api.post("/v1/sign-in/codes", {"phone": phone}).expect(202)
        self.api.post("/v1/sign-in/codes", {"phone": phone}).expect(429)

    def meet_people(self):
        world = self.world
        child = world.make("/v1/units", kind="group", name="三组", parent_id=world.unit_id)
        body = {"login": unique("clerk"), "password": "long enough"}
        further = {"role": "clerk", "display_name": "店员", "scope_id": self.market.id}
        clerk = self.market.manager.post("/v1/staff", body | further).expect(201)
        self.api.post("/v1/sign-in/staff", body).expect(200)
        revoke = f"/v1/staff/{clerk['id']}/revoke"
        self.market.manager.post(revoke, {"why": "离职", "suspend": True}).expect(204)
        for path, found in (("units", child), ("staff", clerk), ("members", {"id": self.member.id})):
            self.ids[f"/v1/{path}/{{id}}"] = found["id"]
        self.ids["/v1/merchants/{id}"] = self.market.id
        notice = "account_id, kind, ref, details, created_us, read_us"
        world.insert("notices", notice, [(self.member.id, 2, 7, '{"title":"活动"}', 1, 0)] * 3)
        told = self.member.get("/v1/inbox").expect(200)["items"][0]
        self.member.post(f"/v1/inbox/{told['id']}/read").expect(204)

    def say_and_take_back(self):
        """What is the member's own to say."""
        world, member = self.world, self.member
        member.put("/v1/me/consents", {"purpose": "photos", "given": True}).expect(200)
        skills = world.api.get("/v1/skills").expect(200)["items"]
        times = [{"weekday": 6, "part": "evening"}]
        body = {"skills": [skills[0]["id"]], "free_times": times}
        assert member.put("/v1/me/profile", body).expect(200) == body
        self.market.member().post("/v1/me/erasure", {"confirm": True}).expect(204)
        place = {"kind": "work", "unit_id": world.unit_id}
        member.post(f"/v1/members/{member.id}/affiliations", place).expect(200)
        where = f"/v1/members/{member.id}/registrations"
        member.post(where, {"unit_id": world.unit_id}).expect(200)
        due = {"unit_id": world.unit_id, "title": "七月应报到", "due_day": "2026-07-31"}
        made = world.coordinator.post("/v1/due-lists", due | {"people": [{"name": "钱七"}]})
        people = f"/v1/due-lists/{made.expect(201)['id']}/people"
        exempt = {"line": 1, "state": "exempt", "why": "调离"}
        world.coordinator.put(people, exempt).expect(200)
        for path in ("", "/people"):
            self.ids["/v1/due-lists/{id}" + path] = made.json["id"]
        for path in ("affiliations", "registrations", "receipts"):
            self.ids["/v1/members/{id}/" + path] = member.id
        kind = {"code": "lane", "name_zh": "里弄", "name_en": "Lane", "position": 45}
        kinds = world.administrator.put("/v1/unit-kinds", kind).expect(200)["items"]
        assert kind in kinds
        csv = {"headers": {"Content-Type": "text/csv"}}
        people = "name,unit\r\n周九,没有的地方\r\n".encode()
        post = world.administrator.post
        post("/v1/imports", people, query={"dry_run": "true"}, **csv).expect(422)
        people = f"name,unit\r\n周九,{world.unit_id}\r\n".encode()
        post("/v1/imports", people, query={"consented": "true"}, **csv).expect(200)
        together = {"unit_id": world.unit_id, "consent": True, "people": [{"name": "孙八"}] * 3}
        world.coordinator.post("/v1/delegations", together).expect(200)
        unmask = f"/v1/members/{member.id}/unmask"
        self.callers["auditor"].post(unmask, {"why": "抽查服务记录"}).expect(200)

    def serve(self):
        """From the activity to the points."""
        world, member = self.world, self.member
        activity = world.activity(capacity=3, starts_in_hours=-0.25)
        path = f"/v1/activities/{activity}"
        world.coordinator.post(f"{path}/publish").expect(409)
        member.put(f"{path}/sign-up").expect(200)
        codes = world.coordinator.get(f"{path}/codes").expect(200)
        member.post(f"{path}/check-in", {"code": codes["check_in"]}).expect(200)
        member.post(f"{path}/check-out", {"code": codes["check_out"]}).expect(200)
        later = f"/v1/activities/{world.activity(capacity=3)}/sign-up"
        member.put(later).expect(200)
        member.delete(later).expect(204)
        shown = world.coordinator.get(path).expect(200)
        names = "category", "title", "starts_at", "ends_at", "capacity"
        terms = {name: shown[name] for name in names} | {"why": "改地点", "place": "河边"}
        world.coordinator.put(path, terms).expect(200)
        world.coordinator.post(f"{path}/sign-ups", {"member_ids": [member.id]}).expect(200)
        call = {"member_ids": [member.id], "direction": "check_out"}
        world.coordinator.post(f"{path}/roll-call", call).expect(200)
        cancelled = f"/v1/activities/{world.activity(capacity=3)}/cancel"
        world.coordinator.post(cancelled, {"why": "台风"}).expect(200)
        weekly = f"/v1/activities/{world.activity(capacity=3)}"
        post = {name: world.api.get(weekly).json[name] for name in ("starts_at", "ends_at")}
        post |= {"post": "东门岗", "capacity": 2}
        world.coordinator.post(f"{weekly}/shifts", post).expect(201)
        world.coordinator.put(f"{weekly}/series", {"weeks_ahead": 1}).expect(200)
        world.coordinator.delete(f"{weekly}/series").expect(204)
        past = world.coordinator.get(f"/v1/records/{world.records([member])[0]}").expect(200)
        entered = {"member_id": self.market.member().id, "why": "漏登记"}
        entered |= {name: past[name] for name in ("started_at", "ended_at")}
        backfill = f"/v1/activities/{past['activity_id']}/backfill"
        world.coordinator.post(backfill, entered).expect(201)
        many = {"record_ids": world.records([self.market.member()])}
        world.coordinator.post("/v1/records/approve", many, key=True).expect(200)
        self.ids["/v1/units/{id}/public-notices"] = world.unit_id
        for path in ("figures", "figures/{word}", "demand", "participation", "participation/{word}"):
            self.ids["/v1/units/{id}/" + path] = world.unit_id
        self.ids["/v1/units/{id}/work-figures"] = world.unit_id
        of = f"/v1/records/{world.records([member])[0]}/evidence"
        kept = member.post(of, {"note": "现场", "photo": SMALL_PHOTO}).expect(201)
        gone = member.post(of, {"note": "误发"}).expect(201)
        member.delete(f"/v1/evidence/{gone['id']}").expect(204)
        counts = {"volunteers": 3, "attendances": 4, "residents": 60, "households": 9, "cases": 1}
        world.coordinator.put(f"/v1/activities/{past['activity_id']}/counts", counts).expect(200)
        self.ids["/v1/evidence/{id}/photo"] = kept["id"]
        self.ids["/v1/records/{id}/evidence"] = kept["record_id"]
        self.ids["/v1/activities/{id}/counts"] = past["activity_id"]
        first, second = itertools.chain(*(world.records([member], minutes=200) for _ in range(2)))
        key = new_key()
        world.award(first, key=key).expect(200)
        assert world.award(first, key=key).headers["Idempotency-Replayed"] == "true"
        world.award(first).expect(409)
        times = world.coordinator.get(f"/v1/records/{second}").expect(200)
        times = {"started_at": times["started_at"], "ended_at": times["ended_at"], "why": "改正"}
        world.coordinator.post(f"/v1/records/{second}/correct", times).expect(200)
        self.state_time(second)
        world.coordinator.post(f"/v1/records/{second}/reject", key=True).expect(200)
        self.record = first
        for name in ("", "/codes", "/codes/qr", "/history", "/roster"):
            self.ids[f"/v1/activities/{{id}}{name}"] = activity
        for name in ("", "/history"):
            self.ids[f"/v1/records/{{id}}{name}"] = first

    def state_time(self, record):
        """As if the member had not checked out of it."""
        update = "UPDATE records SET state = 5, statement_until_us = %s WHERE record_id = %s"
        self.world.server.sql(update, self.world.now_us() + 10**9, record)
        shown = self.member.get(f"/v1/records/{record}").expect(200)
        activity = self.member.get(f"/v1/activities/{shown['activity_id']}").expect(200)
        left = {"left_at": activity["ends_at"]}
        self.member.post(f"/v1/records/{record}/statement", left).expect(200)

    def redeem(self):
        market, member = self.market, self.member
        self.world.give([member], 100)
        reward = market.change_terms(market.reward(stock=9, price=2, limit_count=5), valid_days=5)
        vouchers = [member.redeem(reward).expect(201) for _ in range(4)]
        assert member.redeem(market.reward(stock=1, price=5000)).code == "not_enough_points"
        member.cancel(vouchers[0]).expect(200)
        market.clerk.preview(vouchers[1]).expect(200)
        for voucher in vouchers[1:3]:
            market.clerk.confirm(voucher).expect(200)
        market.clerk.undo(vouchers[1]).expect(200)
        market.manager.refund(vouchers[2]).expect(200)
        self.keep_shop(vouchers[3])
        statement = market.settle()
        path = f"/v1/statements/{statement['id']}"
        market.manager.post(f"{path}/sign").expect(200)
        self.world.administrator.post(f"{path}/sign").expect(403)
        self.world.administrator.post(f"{path}/pay", {"note": "转账 17"}).expect(200)
        market.manager.post(f"{path}/sign").expect(409)
        for name in ("", "/lines"):
            self.ids[f"/v1/statements/{{id}}{name}"] = statement["id"]
        self.ids["/v1/disputes/{id}"] = dispute_a_line(market)
        self.ids["/v1/rewards/{id}"] = reward.id
        member = self.market.member(points=9)
        path = f"/v1/members/{member.id}/redemptions"
        body = market.reward(stock=1, price=9).asked()
        made = self.world.coordinator.post(path, body, key=True).expect(201)
        member.get(f"/v1/redemptions/{made['id']}").expect(200)
        for name in ("", "/qr", "/print"):
            self.ids[f"/v1/redemptions/{{id}}{name}"] = vouchers[3]["id"]

    def keep_shop(self, voucher):
        """A shop, and a merchant that leaves."""
        market, administrator = self.market, self.world.administrator
        body = {"name": "祖庙店", "address": "祖庙路 21 号"}
        body["hours"] = [{"weekday": 1, "opens": "09:00", "closes": "21:00"}]
        shop = market.manager.post(f"/v1/merchants/{market.id}/shops", body).expect(201)
        market.manager.put(f"/v1/shops/{shop['id']}", body).expect(200)
        market.clerk.confirm(voucher).expect(200)
        market.clerk.confirm(voucher).expect(409)
        market.clerk.undo(voucher).expect(200)
        other = self.world.market()
        _, returned = other.voucher()
        for name, status in (("return-vouchers", 409), ("leave", 200), ("return-vouchers", 200),
                             ("rejoin", 200)):  # fmt: skip
            path = f"/v1/merchants/{other.id}/{name}"
            key = name == "return-vouchers" or None
            administrator.post(path, {"why": "合同到期"}, key=key).expect(status)
        self.ids["/v1/merchants/{id}/shops"] = market.id
        sponsor = self.world.make("/v1/sponsors", name="爱心企业")
        self.ids["/v1/sponsors/{id}"] = sponsor["id"]
        self.ids["/v1/shops/{id}"] = shop["id"]

    def extend(self):
        """A plugin of one's own, never in force."""
        administrator = self.world.administrator
        plugin = plugins.upload(administrator, plugins.built("plain")).expect(201)
        self.ids["/v1/plugins/{id}"] = plugin["id"]
        for path in ("changes", "faults"):
            self.ids[f"/v1/plugins/{{id}}/{path}"] = plugin["id"]
        plugins.upload(administrator, b"no plugin").expect(409)
        plugins.change(administrator, "plain", settings={"most": 5}, rank=7).expect(200)
        plugins.change(administrator, "plain", settings={"most": "many"}).expect(409)
        velocity = plugins.find(administrator, "velocity")["id"]
        past = {"from": "2026-01-01", "to": "2036-01-01", "settings": {"most_24h": 1}}
        administrator.post(f"/v1/plugins/{velocity}/replay", past).expect(200)
        back = f"/v1/plugins/{plugin['id']}/roll-back"
        administrator.post(back, {"why": "zurück"}).expect(200)
        fault = "plugin_id, version_id, policy_id, fault, detail, question, at_us"
        self.world.insert("plugin_faults", fault, [(plugin["id"], 1, 1, 1, 11, "{}", 1)] * 3)

    def assess(self):
        """From the policy to the signature, with an appeal in between."""
        world, administrator = self.world, self.world.administrator
        policy = plugins.change(administrator, "annual_review", mode="shadow").expect(200)
        wanted = {"plugin_id": policy["id"], "unit_id": world.unit_id, "by": "residence"}
        wanted |= {"from": "2026-01-01", "to": "2026-10-31"}
        run = administrator.post("/v1/assessments", wanted).expect(201)
        path = f"/v1/assessments/{run['id']}"
        wait_until(lambda: administrator.get(path).json["state"] == "draft", 20, "the draft")
        columns = "run_id, scope, subject_id, unit_id, rating, drafted, counts, fails, reasons, facts"
        rated = [(run["id"], 1, self.member.id, world.unit_id, "reported", "reported", 0, 0, "[]", "{}")]
        world.insert("ratings", columns, rated)  # who came after the period is not in it
        administrator.post(f"{path}/sign", {"name": "何主任"}).expect(409)
        administrator.post(f"{path}/show", {"appeal_days": 7}).expect(200)
        self.member.post(f"{path}/appeal", {"words": "我五月报到"}).expect(204)
        answer = {"member_id": self.member.id, "answer": "已更正", "rating": "qualified"}
        administrator.post(f"{path}/decide-appeal", answer).expect(204)
        wait_until(lambda: administrator.get(path).json["state"] == "shown", 20, "the units again")
        world.server.sql("UPDATE assessment_runs SET appeals_until_us = 1 WHERE run_id = %s", run["id"])
        administrator.post(f"{path}/sign", {"name": "何主任", "appeals_read": 1}).expect(403)
        second = world.staff("administrator")
        read = second.get(f"{path}/appeals").expect(200)["decided"]
        signed = {"name": "何主任", "appeals_read": read}  # 409 while it follows a merge or an erasure
        wait_until(lambda: second.post(f"{path}/sign", signed).status == 200, 20, "the signature")
        administrator.post(f"{path}/publish").expect(200)
        self.ids["/v1/assessments/{id}"] = run["id"]
        for inner in ("ratings", "appeals"):
            self.ids[f"/v1/assessments/{{id}}/{inner}"] = run["id"]
        self.ids["/v1/units/{id}/assessment"] = world.unit_id

    def correct(self):
        """What administrators do to wallets, alone and in pairs."""
        world, member = self.world, self.member
        world.adjust(member, "-2.50").expect(200)
        world.decide(kind="claw_back", member_id=member.id, record_id=self.record).expect(200)
        waive = {"kind": "waive", "member_id": member.id, "points": "1", "reason": "不再追讨"}
        made = world.make("/v1/proposals", **waive)
        world.administrator.post(f"/v1/proposals/{made['id']}/reject", key=True).expect(200)
        freeze = f"/v1/members/{member.id}/wallet/freeze"
        for frozen in (True, False):
            body = {"frozen": frozen, "why": "异常核查"}
            world.administrator.post(freeze, body, key=True).expect(200)
        body = {"into": member.id, "why": "同一个人"}
        other = self.market.member(points=1)
        world.administrator.post(f"/v1/members/{other.id}/wallet/merge", body, key=True).expect(200)
        self.ids["/v1/proposals/{id}"] = made["id"]
        self.ids["/v1/members/{id}/wallet"] = member.id

    def certify(self):
        world, member = self.world, self.member
        world.award(world.records([member])[0]).expect(200)
        made = member.post("/v1/certificates", {}).expect(201)
        gone = member.post("/v1/certificates", {"shows_name": True}).expect(201)
        member.post(f"/v1/certificates/{gone['id']}/withdraw").expect(200)
        for name in ("", "/paper"):
            self.ids[f"/v1/certificates/{{id}}{name}"] = made["id"]
        self.ids["/v1/checks/{word}"] = made["code"]

    def prove(self):
        self.world.server.cli("ledger", "checkpoint")
        transfers = self.member.get("/v1/wallet/transfers", query={"limit": 100}).expect(200)
        self.ids["/v1/transfers/{word}/receipt"] = transfers["items"][-1]["id"]

    def caller(self, operation):
        """Somebody who may, nobody where anyone may."""
        role = operation.item["x-roles"][0]
        return self.callers.get("member" if role == "signed_in" else role, self.api)

    def word(self, operation, sample):
        """One that names the object, or says what is wanted of the one that {id} names."""
        if "{id}" in operation.path:
            return operation.parameters_in("path").get("word", {}).get("example", "")
        return sample or self.ids[operation.path]

    def target(self, operation, sample=None):
        path = operation.path
        if "{" in path:
            path = path.replace("{id}", sample or self.ids[operation.path])
            path = path.replace("{word}", self.word(operation, sample))
        required = [
            name
            for name, entry in operation.parameters_in("query").items()
            if entry.get("required")
        ]
        return path + ("?day=2026-01-31" if required == ["day"] else "")
