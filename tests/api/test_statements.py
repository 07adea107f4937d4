"""Settlement statements: what a merchant is owed, line by line, and that nobody can shift a line."""

import csv
import io
import json
from contextlib import contextmanager

import pytest

from support.api import new_key
from support.clock import TimeServer
from support.parallel import in_parallel
from support.processes import wait_until
from support.world import Market, World, hundredths, rfc3339, time_us


@pytest.fixture(scope="module")
def later(sms):
    """A server in a time that the tests move, begun in the morning of 1 March."""
    with TimeServer("2030-03-01T10:00:00+08:00", sms.options) as server:
        yield server


@pytest.fixture(scope="module")
def world_of_later(later):
    return World(later)


@pytest.fixture
def shop(world_of_later):
    return Market(world_of_later)


def confirmed(shop, count=1, **reward):
    """Vouchers that were just confirmed."""
    terms = {"stock": count, "price": 3, "reimburse_fen": 250} | reward
    offered, vouchers = shop.reward(**terms), []
    for member in shop.members(count, points=terms["price"]):
        vouchers.append(member.redeem(offered).expect(201))
        shop.clerk.confirm(vouchers[-1]).expect(200)
    return vouchers


def lines(person, statement):
    path, query = f"/v1/statements/{statement['id']}/lines", {"limit": 2}
    while True:
        page = person.get(path, query=query).expect(200)
        yield from page["items"]
        if page["next"] is None:
            return
        query["cursor"] = page["next"]


def settled_account(server, merchant_id):
    account = 5 << 56 | int(merchant_id)
    return server.sql("SELECT SUM(balance) AS points FROM balances WHERE account = %s", account)[0][
        "points"
    ]


def test_each_line_leads_to_its_confirmation(later, shop):
    vouchers = confirmed(shop, 5)
    later.advance(minutes=6)
    statement = shop.settle()
    assert (statement["state"], statement["lines"]) == ("draft", 5)
    assert (statement["points"], statement["reimburse_fen"]) == ("15.00", 1250)
    listed = list(lines(shop.manager, statement))
    assert [line["redemption_id"] for line in listed] == [voucher["id"] for voucher in vouchers]
    for line in listed:
        voucher = shop.manager.get(f"/v1/redemptions/{line['redemption_id']}").expect(200)
        assert (voucher["state"], voucher["confirmed_at"]) == ("settled", line["confirmed_at"])
        assert line["confirmed_by"] == {"id": shop.clerk.id, "name": "clerk"}
        assert (line["points"], line["reimburse_fen"]) == ("3.00", 250)
    assert settled_account(later, shop.id) == 1500
    shop.verify_ledger()


def test_statements_follow_each_other_without_gap_or_overlap(later, shop):
    first = confirmed(shop, 2)
    later.advance(minutes=6)
    one = shop.settle()
    second = confirmed(shop, 3)
    later.advance(minutes=6)
    two = shop.settle()
    assert (one["from"], two["from"]) == (None, one["cut_off"])
    ids = [{line["redemption_id"] for line in lines(shop.manager, s)} for s in (one, two)]
    assert ids == [{voucher["id"] for voucher in vouchers} for vouchers in (first, second)]
    assert settled_account(later, shop.id) == hundredths(one["points"]) + hundredths(two["points"])
    early = {"cut_off": rfc3339(time_us(one["cut_off"]) - 1_000_000)}
    refused = shop.world.administrator.post(f"/v1/merchants/{shop.id}/statements", early, key=True)
    assert (refused.status, refused.code) == (409, "conflict")


def test_the_same_cut_off_is_the_same_statement(later, shop):
    confirmed(shop, 4)
    later.advance(minutes=6)
    cut_off = rfc3339(shop.world.now_us() - 60_000_000)
    made = in_parallel(lambda _: shop.settle(cut_off), range(6))
    assert len({statement["id"] for statement in made}) == 1
    statement = shop.settle(cut_off)
    assert (statement["state"], statement["lines"]) == ("draft", 4)
    shop.verify_ledger()


def test_nothing_before_the_cut_off_is_undone_after_it(later, shop):
    (voucher,) = confirmed(shop)
    statement = shop.settle()
    assert (statement["state"], statement["lines"]) == ("filling", 0)
    assert shop.clerk.undo(voucher).code == "undo_too_late"  # its five minutes are not over
    (next_one,) = confirmed(shop)
    assert shop.clerk.undo(next_one).expect(200)["state"] == "issued"
    later.advance(seconds=2)
    other = {"cut_off": rfc3339(shop.world.now_us())}
    path = f"/v1/merchants/{shop.id}/statements"
    assert shop.world.administrator.post(path, other, key=True).status == 409  # the first is not complete
    later.advance(minutes=6)
    assert shop.settle(statement["cut_off"])["lines"] == 1


def test_what_was_refunded_in_time_is_not_owed(later, shop):
    kept, returned = confirmed(shop, 2)
    statement = shop.settle()
    shop.manager.refund(returned).expect(200)
    later.advance(minutes=6)
    statement = shop.settle(statement["cut_off"])
    assert [line["redemption_id"] for line in lines(shop.manager, statement)] == [kept["id"]]
    assert shop.manager.refund(kept).code == "wrong_state"


def test_a_day_ends_at_local_midnight(later, shop):
    confirmed(shop)
    day = rfc3339(shop.world.now_us() + 8 * 3_600_000_000)[:10]
    path, administrator = f"/v1/merchants/{shop.id}/statements", shop.world.administrator
    for bad in ({"through": day}, {}, {"through": day, "cut_off": rfc3339(shop.world.now_us())}):
        answer = administrator.post(path, bad, key=True)
        assert (answer.status, answer.code) == (400, "bad_field"), bad
    later.advance(days=1)
    statement = administrator.post(path, {"through": day}, key=True).expect(200)
    assert (statement["lines"], statement["cut_off"]) == (1, f"{day}T16:00:00Z")


def test_a_statement_is_cut_once_by_its_key(later, shop):
    confirmed(shop)
    later.advance(minutes=6)
    path, post, key = f"/v1/merchants/{shop.id}/statements", shop.world.administrator.post, new_key()
    body = {"cut_off": rfc3339(shop.world.now_us())}
    assert post(path, body).code == "idempotency_key_missing"
    first = post(path, body, key=key).expect(200)
    again = post(path, body, key=key)
    assert again.expect(200) == first and again.headers["Idempotency-Replayed"] == "true"
    later.advance(minutes=1)
    other = post(path, {"cut_off": rfc3339(shop.world.now_us())}, key=key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert len(shop.manager.get("/v1/statements").expect(200)["items"]) == 1


def test_the_keeper_completes_what_was_left(later, shop):
    confirmed(shop, 2)
    statement = shop.settle()
    assert statement["state"] == "filling"
    later.advance(minutes=6)
    path = f"/v1/statements/{statement['id']}"

    def is_draft():
        return shop.manager.get(path).expect(200)["state"] == "draft"

    wait_until(is_draft, 15, "the keeper")
    assert shop.manager.get(path).json["lines"] == 2


def test_each_sponsor_is_told_what_it_owes(later, shop):
    world, other = shop.world, Market(shop.world)
    one, two = (world.make("/v1/sponsors", name=name)["id"] for name in ("爱心企业", "=慈善会"))
    confirmed(shop, 2, sponsor_id=one)
    confirmed(shop, 1, reimburse_fen=100, sponsor_id=two)
    confirmed(shop, 1)
    confirmed(other, 1, sponsor_id=one)
    later.advance(minutes=6)
    statements = shop.settle(), other.settle()
    path = "/v1/statements/by-sponsor"
    found = shop.manager.get(path).expect(200)["items"]
    totals = [(t["sponsor"] and t["sponsor"]["id"], t["lines"], t["reimburse_fen"]) for t in found]
    assert totals == [(None, 1, 250), (one, 2, 500), (two, 1, 100)]
    assert sum(t["reimburse_fen"] for t in found) == statements[0]["reimburse_fen"]
    assert sum(hundredths(t["points"]) for t in found) == hundredths(statements[0]["points"])
    everywhere = world.administrator.get(path, query={"state": "draft"}).expect(200)["items"]
    (shared,) = [t for t in everywhere if t["sponsor"] and t["sponsor"]["id"] == one]
    assert (shared["statements"], shared["lines"], shared["points"]) == (2, 3, "9.00")
    paid = world.administrator.get(path, query={"state": "paid", "merchant_id": shop.id})
    assert paid.expect(200)["items"] == []
    query = {"statement_id": statements[0]["id"], "format": "csv"}
    table = world.administrator.get(path, query=query).body.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["sponsor"] for row in rows] == ["", "爱心企业", "'=慈善会"]
    assert [int(row["reimburse_fen"]) for row in rows] == [250, 500, 100]
    foreign = other.manager.get(path, query={"statement_id": statements[0]["id"]})
    assert foreign.expect(200)["items"] == []


def test_draft_signed_paid(later, shop):
    confirmed(shop)
    later.advance(minutes=6)
    statement, administrator = shop.settle(), shop.world.administrator
    path, note = f"/v1/statements/{statement['id']}", {"note": "转账 20300301-17"}
    assert administrator.post(f"{path}/pay", note).status == 409
    assert administrator.post(f"{path}/sign").status == 403
    signed = shop.manager.post(f"{path}/sign").expect(200)
    assert (signed["state"], signed["signed_by"]) == ("signed", shop.manager.id)
    assert shop.manager.post(f"{path}/sign").expect(200) == signed
    paid = administrator.post(f"{path}/pay", note).expect(200)
    assert (paid["state"], paid["pay_note"]) == ("paid", note["note"])
    assert administrator.post(f"{path}/pay", {"note": "again"}).expect(200) == paid
    assert shop.manager.post(f"{path}/sign").status == 409
    trail = administrator.get("/v1/audit-trail", query={"object_id": statement["id"]}).expect(200)
    actions = [entry["action"] for entry in trail["items"]]
    assert actions == ["statement.pay", "statement.sign", "statement.open"]


def test_another_merchants_statement_does_not_exist(later, shop):
    other = Market(shop.world)
    statement = shop.settle()
    path = f"/v1/statements/{statement['id']}"
    for answer in (other.manager.get(path), other.manager.get(f"{path}/lines"),
                   other.manager.post(f"{path}/sign")):  # fmt: skip
        assert answer.status == 404
    mine = other.manager.get("/v1/statements", query={"merchant_id": shop.id}).expect(200)
    assert mine["items"] == []
    assert shop.clerk.get(path).status == 403
    assert shop.manager.get("/v1/statements").expect(200)["items"][0]["id"] == statement["id"]


def test_a_spreadsheet_reads_it_and_runs_nothing(later, shop):
    confirmed(shop, title='=HYPERLINK("http://x","领奖")')
    confirmed(shop, title="茶，点心\n两份")
    later.advance(minutes=6)
    statement = shop.settle()
    answer = shop.manager.get(f"/v1/statements/{statement['id']}/lines", query={"format": "csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.body.decode("utf-8")
    assert text.startswith("\ufeffline,") and text.count("\r\n") == 3
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline="")))
    assert [row["reward"] for row in rows] == ['\'=HYPERLINK("http://x","领奖")', "茶，点心\n两份"]
    assert [row["points"] for row in rows] == ["3.00", "3.00"]
    assert all(row["confirmed_at"].endswith("+08:00") for row in rows)


def test_a_line_that_was_moved_is_found(fresh_server):
    world = World(fresh_server)
    shop = Market(world)
    vouchers = confirmed(shop, 2)
    fresh_server.options["programme.undo_window"] = "0s"
    fresh_server.restart()
    statement = shop.settle()
    shop.verify_ledger()
    line = {"statement_id": statement["id"], "redemption_id": vouchers[0]["id"]}
    fresh_server.sql(
        "UPDATE statement_lines SET statement_id = 7 WHERE redemption_id = %s", line["redemption_id"]
    )
    answer = fresh_server.cli("ledger", "verify", "--json", check=False)
    assert json.loads(answer.stdout)["misfit"]["table"] == "statement_lines"
    fresh_server.sql(
        "UPDATE statement_lines SET statement_id = %s WHERE redemption_id = %s",
        line["statement_id"], line["redemption_id"],
    )  # fmt: skip
    fresh_server.sql("UPDATE statements SET points = points + 1")
    answer = fresh_server.cli("ledger", "verify", "--json", check=False)
    assert json.loads(answer.stdout)["misfit"]["table"] == "statements"


def test_the_command_line_settles_while_the_server_serves(fresh_server):
    world = World(fresh_server)
    shop, other = Market(world), Market(world)
    vouchers = confirmed(shop, 3)
    confirmed(other)
    two_days_us = 2 * 86_400_000_000
    fresh_server.sql("UPDATE redemptions SET confirmed_us = confirmed_us - %s", two_days_us)
    day = rfc3339(world.now_us() - two_days_us + 8 * 3_600_000_000)[:10]
    printed = fresh_server.cli("statements", "settle", f"--through={day}").stdout.splitlines()
    assert len(printed) == 2
    again = fresh_server.cli("statements", "settle", f"--through={day}", f"--merchant={shop.id}")
    (row,) = again.stdout.splitlines()
    assert "draft" in row and "9.00 points" in row and "7.50 yuan" in row
    statement = row.split()[0]
    shown = json.loads(fresh_server.cli("statements", "show", statement).stdout)
    assert [line["redemption_id"] for line in shown["items"]] == [v["id"] for v in vouchers]
    table = fresh_server.cli("statements", "show", statement, "--format=csv").stdout
    assert len(table.splitlines()) == 4
    early = fresh_server.cli("statements", "pay", statement, "--note=转账 17", check=False)
    assert early.returncode == 1
    shop.manager.post(f"/v1/statements/{statement}/sign").expect(200)
    fresh_server.cli("statements", "pay", statement, "--note=转账 17")
    assert fresh_server.cli("statements", "list", "--state=paid").stdout.split()[0] == statement


def disputed(later, shop, count):
    """Lines of a statement, each disputed: (the statement, its disputes)."""
    confirmed(shop, count)
    later.advance(minutes=10)
    statement = shop.settle()
    path = f"/v1/statements/{statement['id']}/disputes"
    ids = [line["redemption_id"] for line in lines(shop.manager, statement)]
    claims = [{"redemption_id": i, "claimed_fen": 400, "reason": "合同价为 4 元"} for i in ids]
    made = [shop.manager.post(path, claim).expect(201) for claim in claims]
    assert {(d["claimed_fen"], d["difference_fen"]) for d in made} == {(400, 150)}
    assert shop.manager.post(path, claims[0]).status == 409
    assert Market(shop.world).manager.post(path, claims[0]).status == 404
    return statement, made


def answer(person, dispute, accepted):
    body = {"accepted": accepted, "answer": "已核对合同"}
    return person.post(f"/v1/disputes/{dispute['id']}/decide", body)


def told(person, kind, statement):
    items = person.get("/v1/inbox", query={"limit": 100}).expect(200)["items"]
    return [n for n in items if n["kind"] == kind and n["ref"] == statement["id"]]


def test_a_disputed_line_is_corrected_on_the_next_statement(later, world_of_later, shop):
    administrator = world_of_later.administrator
    first, made = disputed(later, shop, 2)
    later.advance(days=13)
    for dispute, accepted in zip(made, (True, False)):
        assert answer(shop.manager, dispute, accepted).status == 403
        answer(administrator, dispute, accepted).expect(200)
        assert answer(administrator, dispute, accepted).status == 409
    confirmed(shop, 1)
    later.advance(minutes=10)
    second = shop.settle()
    assert (second["reimburse_fen"], second["corrections_fen"]) == (250, 150)
    assert second["payable_fen"] == 400
    seen = shop.manager.get(f"/v1/disputes/{made[0]['id']}").expect(200)
    assert seen["corrected_on"] == second["id"]
    later.advance(minutes=10)
    assert shop.settle()["corrections_fen"] == 0
    shop.verify_ledger()


def test_an_answer_that_is_late_is_said_to_both_sides_once(later, world_of_later, shop):
    administrator, manager, path = world_of_later.administrator, shop.manager, "/v1/disputes"
    statement, made = disputed(later, shop, 3)
    answer(administrator, made[2], False).expect(200)
    seen = manager.get(path).expect(200)
    assert (seen["open"], seen["overdue"]) == (2, 0)
    later.advance(days=15)
    (notice,) = wait_until(lambda: told(manager, "disputes_wait", statement), 15, "the notice")
    assert notice["details"]["count"] == "2" and "2 项异议" in notice["text"]
    (notice,) = told(administrator, "disputes_late", statement)
    assert notice["details"]["count"] == "2" and notice["details"]["merchant"] in notice["text"]
    seen = manager.get(path, query={"overdue": "true"}).expect(200)
    assert (seen["open"], seen["overdue"]) == (2, 2)
    assert [item["id"] for item in seen["items"]] == [dispute["id"] for dispute in made[:2]]
    assert all(item["overdue"] and item["escalated_at"] for item in seen["items"])
    assert manager.get(f"{path}/{made[2]['id']}").expect(200)["escalated_at"] is None
    other = Market(world_of_later).manager.get(path).expect(200)
    assert (other["open"], other["overdue"]) == (0, 0)
    answer(administrator, made[0], True).expect(200)
    assert manager.get(path).expect(200)["overdue"] == 1
    probe, (late,) = disputed(later, shop, 1)
    later.advance(days=15)
    wait_until(lambda: told(manager, "disputes_wait", probe), 15, "the next one")
    assert len(told(manager, "disputes_wait", statement)) == 1
    assert len(told(administrator, "disputes_late", statement)) == 1
    for dispute in (made[1], late):
        answer(administrator, dispute, False).expect(200)
    shop.verify_ledger()


def test_nobody_answers_a_dispute_of_their_own_merchant(later, world_of_later, shop):
    person = world_of_later.member()
    world_of_later.staff("clerk", shop.id, person_id=person.id)
    also_of_the_shop = world_of_later.staff("administrator", person_id=person.id)
    _, (dispute,) = disputed(later, shop, 1)
    assert answer(also_of_the_shop, dispute, True).code == "forbidden"
    assert shop.manager.get(f"/v1/disputes/{dispute['id']}").expect(200)["state"] == "open"
    answer(world_of_later.administrator, dispute, False).expect(200)


@contextmanager
def spoilt(server, table, key, assignment, *values):
    """The row is as before afterwards."""
    ((column, number),) = key.items()
    where = f"WHERE {column} = %s"
    (before,) = server.sql(f"SELECT * FROM {table} {where}", number)
    server.sql(f"UPDATE {table} SET {assignment} {where}", *values, number)
    assert server.sql(f"SELECT * FROM {table} {where}", number) != [before]
    yield
    back = ", ".join(f"{name} = %s" for name in before)
    server.sql(f"UPDATE {table} SET {back} {where}", *before.values(), number)


def test_verify_names_a_dispute_that_does_not_fit(later, world_of_later, shop):
    administrator = world_of_later.administrator
    first, made = disputed(later, shop, 3)
    accepted, rejected, waiting = [dispute["id"] for dispute in made]
    answer(administrator, made[0], True).expect(200)
    answer(administrator, made[1], False).expect(200)
    confirmed(shop, 1)
    later.advance(minutes=10)
    second = shop.settle()
    shop.verify_ledger()
    entry = {"audit_id": later.sql(
        "SELECT audit_id FROM audit_trail WHERE object_id = %s AND actor <> 0", accepted
    )[0]["audit_id"]}  # fmt: skip
    spoils = [
        (accepted, "claimed_fen = claimed_fen - 1"),
        (accepted, "statement_id = %s", second["id"]),
        (accepted, "redemption_id = 7"),
        (accepted, "merchant_id = merchant_id + 1"),
        (accepted, "decided_by = %s", shop.clerk.id),
        (accepted, "decided_us = opened_us - 1, escalated_us = 1"),
        (accepted, "corrected_on = 0"),
        (accepted, "corrected_on = %s", first["id"]),
        (rejected, "state = 2, corrected_on = %s", second["id"]),
        (waiting, "state = 3"),
    ]
    for dispute, assignment, *values in spoils:
        with spoilt(later, "disputes", {"dispute_id": dispute}, assignment, *values):
            assert_named(later, dispute, assignment)
    with spoilt(later, "audit_trail", entry, "actor = actor + 1"):
        assert_named(later, accepted, "no entry")
    account = {"account_id": administrator.id}
    with spoilt(later, "accounts", account, "role = 16, scope_id = %s", shop.id):
        assert_named(later, accepted, "of the merchant")
    answer(administrator, made[2], False).expect(200)
    shop.verify_ledger()


def assert_named(server, dispute, what):
    told = server.cli("ledger", "verify", "--json", check=False)
    misfit = json.loads(told.stdout).get("misfit")
    assert misfit and misfit["table"] == "disputes", (what, told.stdout)
    assert misfit["key"] == f"dispute_id={dispute}", (what, misfit)
