"""Certificates: what a member takes away of their service, and how anybody checks it."""

import re
import subprocess
from datetime import datetime, timedelta, timezone

import pytest

from support.parallel import in_parallel
from support.processes import wait_until
from support.server import Server
from support.world import Member, World, unique

SITE = "https://points.example"
LOCAL = timezone(timedelta(hours=8))
GUESSES_OF_ADDRESS = 500


@pytest.fixture(scope="module")
def world(sms):
    """A server of its own: its address will have guessed too often."""
    with Server(sms.options | {"programme.public_url": SITE}) as server:
        yield World(server)


def served(world, member, *minutes):
    """Approved records of one day each, the newest last; their ids."""
    records = []
    for days_ago, length in zip(range(len(minutes), 0, -1), minutes):
        records += world.records([member], minutes=length, days_ago=days_ago)
    for record in records:
        world.award(record).expect(200)
    return records


def certify(member, **wanted):
    return member.post("/v1/certificates", wanted).expect(201)


def check(world, certificate, **options):
    return world.api.get(f"/v1/checks/{certificate['code']}", **options)


def paper(person, certificate, kind):
    return person.get(f"/v1/certificates/{certificate['id']}/paper", query={"format": kind})


def text_of_pdf(pdf):
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def today():
    return datetime.now(LOCAL).date()


def with_phone(world):
    body = {"name": "李晓红", "unit_id": world.unit_id, "consent": True}
    body["phone"] = f"139{int(unique('p')[-7:], 16) % 10**8:08d}"
    return Member(world, world.make("/v1/members", **body)["id"], "member")


# What it says


def test_it_states_what_the_records_say(world):
    member = world.member()
    served(world, member, 60, 90, 45)
    rejected = world.records([member], minutes=500)[0]
    world.coordinator.post(f"/v1/records/{rejected}/reject", key=True).expect(200)
    world.records([member], minutes=300)  # still pending
    certificate = certify(member)
    approved = member.get("/v1/records", query={"state": "approved"}).expect(200)["items"]
    assert certificate["activities"] == len(approved) == 3
    assert certificate["minutes"] == sum(record["minutes"] for record in approved) == 195
    assert [(c["category"], c["minutes"]) for c in certificate["categories"]] == [("clean_homes", 195)]
    assert [(g["grade"], g["activities"]) for g in certificate["grades"]] == [("C", 3)]
    first = min(datetime.fromisoformat(r["started_at"].replace("Z", "+00:00")) for r in approved)
    assert certificate["from"] == str(first.astimezone(LOCAL).date())
    assert certificate["through"] == str(today())
    assert (certificate["state"], certificate["unit_name"]) == ("current", "玫瑰社区")
    assert certificate["check_url"] == f"{SITE}/v1/checks/{certificate['code']}?format=html"


def test_a_period_has_what_began_in_it(world):
    member = world.member()
    served(world, member, 60, 90, 45)
    start = {
        record["minutes"]: datetime.fromisoformat(record["started_at"].replace("Z", "+00:00"))
        for record in member.get("/v1/records").expect(200)["items"]
    }
    day = str(start[90].astimezone(LOCAL).date())
    of_one_day = certify(member, **{"from": day, "through": day})
    assert (of_one_day["from"], of_one_day["through"]) == (day, day)
    assert of_one_day["minutes"] == 90
    later = {"from": str(today() + timedelta(days=1))}
    assert member.post("/v1/certificates", later).status == 400
    assert member.post("/v1/certificates", {"through": later["from"]}).status == 400
    before = {"from": "2001-01-01", "through": "2001-12-31"}
    assert member.post("/v1/certificates", before).code == "nothing_to_certify"


def test_the_same_words_are_the_same_certificate(world):
    member = world.member()
    served(world, member, 60)
    certificate = certify(member)
    assert certify(member) == certificate
    assert certify(member, shows_name=True)["id"] != certificate["id"]
    assert len(member.get("/v1/certificates").expect(200)["items"]) == 2


# On paper


def test_page_and_pdf_say_the_same_in_chinese(world):
    member = world.member()
    served(world, member, 60, 95)
    certificate = certify(member)
    page, pdf = paper(member, certificate, "html"), paper(member, certificate, "pdf")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert pdf.headers["Content-Type"] == "application/pdf"
    words = "志愿服务证明", "王小明", "玫瑰社区", "洁净家园", "Clean homes", "1:35", certificate["code"]
    html, text = page.body.decode(), text_of_pdf(pdf.body)
    for word in words:
        assert word in html and word in text, word
    assert "2 小时 35 分" in html.replace("\u00a0", " ")
    assert "2 小时 35 分" in text.replace("\u00a0", " ")
    assert "@page" in html and "<script" not in html
    assert paper(member, certificate, "pdf").body == pdf.body


def test_the_pdf_brings_its_fonts(world, tmp_path):
    member = world.member()
    served(world, member, 60)
    file = tmp_path / "certificate.pdf"
    file.write_bytes(paper(member, certify(member), "pdf").body)
    lines = subprocess.run(["pdffonts", file], capture_output=True, check=True, text=True).stdout
    fonts = lines.splitlines()[2:]
    assert fonts
    for font in fonts:
        assert re.search(r"\s(yes)\s+(yes)\s+(yes)\s+\d+\s+\d+$", font), font


@pytest.mark.parametrize("title", ["洁净\ufffe家园", "洁净\ufdd0家园\U0010ffff"])
def test_a_title_with_what_is_no_character_is_printed_all_the_same(world, title):
    member = world.member()
    (record,) = served(world, member, 60)
    retitle = "UPDATE activities SET title = %s WHERE activity_id ="
    retitle += " (SELECT activity_id FROM records WHERE record_id = %s)"
    world.server.sql(retitle, title, record)
    answer = paper(member, certify(member), "pdf")
    assert answer.status == 200, answer.body
    assert "洁净" in text_of_pdf(answer.body)


def test_two_thousand_records_are_summed_and_the_newest_listed(world):
    member, now = world.member(), world.now_us()
    hour = 3_600_000_000
    begins = [now - (day + 1) * 24 * hour for day in range(2000)]
    ids = [(world.new_id(), world.new_id()) for _ in begins]
    world.insert(
        "activities",
        "activity_id, unit_id, category, state, title, description, place, starts_us, ends_us,"
        " capacity, signed_up, created_by, created_us",
        [(activity, world.unit_id, 1 + n % 10, 5, f"第{n}次", "", "某楼某户", at, at + hour, 1, 1,
          world.coordinator.id, at) for n, ((activity, _), at) in enumerate(zip(ids, begins))],
    )  # fmt: skip
    world.insert(
        "records",
        "record_id, activity_id, member_id, state, grade, started_us, ended_us, minutes, points,"
        " reviewed_by, reviewed_us, note",
        [(record, activity, member.id, 3, 2, at, at + hour, 60, 0, 1, now, "")
         for (activity, record), at in zip(ids, begins)],
    )  # fmt: skip
    certificate = certify(member)
    assert (certificate["activities"], certificate["minutes"]) == (2000, 120_000)
    text = text_of_pdf(paper(member, certificate, "pdf").body)
    html = paper(member, certificate, "html").body.decode()
    for shown in (text, html):
        assert "第499次" in shown and "第500次" not in shown
        assert "1500" in shown and "某楼某户" not in shown
    assert text.count("\f") <= 25  # pages


def test_many_pdfs_at_once_leave_room_for_others(world):
    member = world.member()
    served(world, member, 60)
    certificate = certify(member)
    answers = in_parallel(lambda _: paper(member, certificate, "pdf"), range(40), 16)
    made = {answer.body for answer in answers if answer.status == 200}
    assert len(made) == 1
    assert {(a.status, a.code) for a in answers if a.status != 200} <= {(503, "busy")}
    assert paper(member, certificate, "pdf").status == 200


def test_without_a_chinese_font_it_says_so(sms, tmp_path, monkeypatch):
    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig/>')
    monkeypatch.setenv("FONTCONFIG_FILE", str(empty))
    with Server(sms.options) as server:
        bare = World(server)
        member = bare.member()
        served(bare, member, 60)
        certificate = certify(member)
        assert certificate["check_url"] is None
        answer = paper(member, certificate, "pdf")
        assert (answer.status, answer.code) == (503, "pdf_unavailable")
        assert "fonts-wqy-microhei" in server.events("paper.no_font")[0]["detail"]
        assert paper(member, certificate, "html").status == 200


# The check


def test_anybody_checks_it_by_its_code(world):
    member = world.member()
    served(world, member, 60, 30)
    certificate = certify(member)
    typed = certificate["code"].replace("-", " ").lower().replace("0", "o")
    seen = world.api.get(f"/v1/checks/{typed.replace(' ', '%20')}").expect(200)
    same = "state", "activities", "minutes", "categories", "grades", "lost", "from", "through"
    assert {name: seen[name] for name in same} == {name: certificate[name] for name in same}
    assert not {"id", "member_id", "code"} & set(seen)
    page = check(world, certificate, query={"format": "html"})
    assert page.status == 200 and "证明真实有效" in page.body.decode()
    assert "王小明" not in page.body.decode()


def test_the_masked_name_is_shown_only_where_the_member_agreed(world):
    member = world.member()
    served(world, member, 60)
    silent, named = certify(member), certify(member, shows_name=True)
    assert check(world, silent).expect(200)["member"] is None
    assert check(world, named).expect(200)["member"] == "王*"
    assert "王*" in check(world, named, query={"format": "html"}).body.decode()


def test_every_code_that_is_none_gets_the_same_answer(world):
    member = world.member()
    served(world, member, 60)
    code = certify(member)["code"]
    wrong = [code[:-1] + ("0" if code[-1] != "0" else "1"), "0" * 17, "nothing", "%E4%BD%A0", "-"]
    answers = [world.api.get(f"/v1/checks/{word}") for word in wrong]
    assert {(a.status, a.body) for a in answers} == {(404, answers[0].body)}
    page = world.api.get(f"/v1/checks/{wrong[0]}", query={"format": "html"})
    assert page.status == 404 and "查无此证明" in page.body.decode()


def test_a_row_that_was_changed_is_no_certificate(world):
    member = world.member()
    served(world, member, 60)
    certificate = certify(member)
    world.server.sql(
        "UPDATE certificates SET service = CONCAT(LEFT(service, 12), UNHEX('00001000'),"
        " SUBSTRING(service, 17)) WHERE certificate_id = %s", certificate["id"]
    )  # fmt: skip
    assert check(world, certificate).status == 404
    assert world.server.events("certificate.misfit")


# What becomes of it


def test_service_that_is_clawed_back_shows(world):
    member = world.member()
    first, _ = served(world, member, 60, 90)
    certificate = certify(member)
    world.decide(kind="claw_back", member_id=member.id, record_id=first).expect(200)
    seen = check(world, certificate).expect(200)
    assert (seen["state"], seen["minutes"]) == ("revoked", 150)
    assert seen["lost"] == {"activities": 1, "minutes": 60}
    assert "已被撤销或更正" in check(world, certificate, query={"format": "html"}).body.decode()
    assert paper(member, certificate, "pdf").status == 409
    anew = certify(member)
    assert (anew["minutes"], anew["state"]) == (90, "current")


def test_a_newer_one_supersedes_it(world):
    member = world.member()
    served(world, member, 60)
    older = certify(member)
    world.award(world.records([member], minutes=30, days_ago=0)[0]).expect(200)
    assert check(world, older).expect(200)["state"] == "current"  # what it states stands
    newer = certify(member)
    assert check(world, older).expect(200)["state"] == "superseded"
    assert check(world, newer).expect(200)["state"] == "current"
    assert paper(member, older, "html").status == 200


def test_withdrawn_it_says_nothing_more(world):
    member = world.member()
    served(world, member, 60)
    certificate = certify(member, shows_name=True)
    path = f"/v1/certificates/{certificate['id']}/withdraw"
    gone = member.post(path).expect(200)
    assert (gone["state"], gone["activities"], gone["code"]) == ("withdrawn", 0, None)
    assert member.post(path).expect(200) == gone
    seen = check(world, certificate).expect(200)
    assert set(seen) == {"state", "issued_at", "withdrawn_at"}
    assert paper(member, certificate, "html").status == 409
    assert certify(member, shows_name=True)["id"] != certificate["id"]


def test_erasure_withdraws_and_no_name_is_left(world):
    member = world.member()
    served(world, member, 60)
    certificate = certify(member, shows_name=True)
    assert check(world, certificate).expect(200)["member"] == "王*"
    member.post("/v1/me/erasure", {"confirm": True}).expect(204)
    answer = check(world, certificate)
    assert answer.expect(200)["state"] == "withdrawn" and "王" not in answer.body.decode()
    page = check(world, certificate, query={"format": "html"}).body.decode()
    assert "证明已撤回" in page and "王" not in page
    (row,) = world.server.sql(
        "SELECT service FROM certificates WHERE certificate_id = %s", certificate["id"]
    )
    assert row["service"] == b""


def test_accounts_that_were_merged_are_one_person(world):
    member, into = world.members(2)
    served(world, member, 60)
    served(world, into, 30)
    before = certify(member)
    body = {"into": into.id, "why": "同一个人"}
    path = f"/v1/members/{member.id}/wallet/merge"
    world.administrator.post(path, body, key=True).expect(200)
    assert check(world, before).expect(200)["state"] == "current"
    wait_until(lambda: certify(into)["minutes"] == 90, 10, "the accounts to be one")
    assert check(world, before).expect(200)["state"] == "superseded"


# Whose it is


def test_nobody_elses_is_there(world):
    member, other = world.members(2)
    served(world, member, 60)
    certificate = certify(member)
    path = f"/v1/certificates/{certificate['id']}"
    for stranger in (other, world.coordinator, world.administrator):
        assert stranger.get(path).status == 404
        assert stranger.get(f"{path}/paper").status == 404
        assert stranger.post(f"{path}/withdraw").status == 404
    assert other.post("/v1/certificates", {"member_id": member.id}).status == 404
    assert world.staff("auditor").get(path).status == 403
    assert other.get("/v1/certificates").expect(200)["items"] == []


def test_staff_print_one_for_who_has_no_phone(world):
    member = world.member()
    served(world, member, 60)
    certificate = certify(world.coordinator, member_id=member.id)
    assert "王小明" in paper(world.coordinator, certificate, "html").body.decode()
    query = {"object_id": certificate["id"]}
    trail = world.administrator.get("/v1/audit-trail", query=query).expect(200)["items"]
    assert [(e["action"], e["actor"]) for e in reversed(trail)] == [
        ("certificate.issue", world.coordinator.id),
        ("certificate.print", world.coordinator.id),
    ]
    assert member.get(f"/v1/certificates/{certificate['id']}").status == 200
    elsewhere = world.make("/v1/units", kind="community", name="湖景社区")["id"]
    stranger = world.staff("coordinator", elsewhere)
    assert stranger.post("/v1/certificates", {"member_id": member.id}).status == 404
    assert stranger.get(f"/v1/certificates/{certificate['id']}/paper").status == 404
    assert world.coordinator.post("/v1/certificates", {}).status == 400


def test_who_has_a_phone_makes_their_own_or_agrees(world):
    member = with_phone(world)
    served(world, member, 60)
    asked = {"member_id": member.id}
    assert world.coordinator.post("/v1/certificates", asked).code == "proxy_not_agreed"
    member.put("/v1/me/consents", {"purpose": "proxy", "given": True}).expect(200)
    certify(world.coordinator, **asked)
    member.put("/v1/me/consents", {"purpose": "proxy", "given": False}).expect(200)
    assert world.coordinator.post("/v1/certificates", asked).code == "proxy_not_agreed"


# Last: from here on the address is stopped


def test_guessing_is_limited_by_address(world):
    member = world.member()
    served(world, member, 60)
    certificate = certify(member)
    answers = in_parallel(
        lambda n: world.api.get(f"/v1/checks/{n:017d}").status, range(GUESSES_OF_ADDRESS + 50), 8
    )
    assert set(answers) == {404, 429}
    stopped = check(world, certificate)
    assert (stopped.status, stopped.code) == (429, "too_many_requests")
    assert int(stopped.headers["Retry-After"]) > 0
