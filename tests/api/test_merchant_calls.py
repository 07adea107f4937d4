"""
Merchants whose vouchers others issue: what members, clerks and administrators see of them, and that
in the end both sides tell the same, or a person has it in their queue.
"""

import json
import shlex
import time

import pytest

from support import pages, plugins
from support.books import check_books
from support.merchant_simulator import FAULTS, SECRET
from support.merchants import connect, connected, credential, notice_of, operations, redeem, wait_for
from support.parallel import in_parallel
from support.processes import wait_until
from support.server import ROOT


@pytest.fixture
def world(merchant_world):
    return merchant_world


@pytest.fixture
def market(world, shop):
    return connected(world, shop)


# The ways of one voucher


def test_a_voucher_waits_for_its_merchant_and_is_confirmed_there_too(world, market, calm):
    member = world.member(points=10)
    voucher = redeem(market, member, market.reward(stock=1, price=10))
    assert member.wallet()["held"] == "10.00"
    voucher = wait_for(member, voucher, "issued")
    assert voucher["merchant_code"].startswith("V")
    market.clerk.confirm(voucher).expect(200)
    wait_for(member, voucher, "confirmed")
    kinds = [(row["kind"], row["state"]) for row in operations(world, voucher)]
    assert kinds == [("reserve", "done"), ("confirm", "done")]
    assert calm.bad_signatures == 0


def test_what_a_member_does_meanwhile_is_done_afterwards(world, market, calm):
    member = world.member(points=10)
    reward = market.reward(stock=1, price=10)
    calm.down = True
    voucher = redeem(market, member, reward)
    assert member.cancel(voucher).expect(200)["state"] == "issuing"
    seen = member.redemption(voucher)
    assert seen["wanted"] == "cancel" and seen["waiting_for"] == "reserve"
    calm.down = False
    wait_for(member, voucher, "cancelled")
    assert member.available == "10.00"


def test_a_slip_is_told_and_the_voucher_is_good_again(world, market, calm):
    member = world.member(points=10)
    voucher = wait_for(member, redeem(market, member, market.reward(stock=1)), "issued")
    market.clerk.confirm(voucher).expect(200)
    market.clerk.undo(voucher).expect(200)
    wait_for(member, voucher, "issued")
    assert not list(calm.vouchers.values())[-1].used
    market.clerk.confirm(voucher).expect(200)
    market.manager.refund(wait_for(member, voucher, "confirmed")).expect(200)
    wait_for(member, voucher, "refunded")
    assert list(calm.vouchers.values())[-1].refunded and member.available == "10.00"


def test_a_merchant_may_say_no(world, market, calm):
    member = world.member(points=10)
    calm.declines = 1.0
    voucher = redeem(market, member, market.reward(stock=1))
    wait_for(member, voucher, "cancelled")
    assert member.available == "10.00"
    assert notice_of(member)["kind"] == "voucher_declined"
    assert market.stock(market_reward(world, voucher)) == (1, 0, 0)


def market_reward(world, voucher):
    row = world.server.sql("SELECT reward_id FROM redemptions WHERE redemption_id=%s", voucher["id"])
    return type("R", (), {"id": str(row[0]["reward_id"])})


def test_points_come_back_when_a_merchant_was_never_reached(world, calm):
    market = world.market()
    credential(world, "nowhere", "localhost:1").expect(200)
    connect(market, "http_json", base="https://localhost:1", credential="nowhere").expect(200)
    member = world.member(points=10)
    voucher = redeem(market, member, market.reward(stock=1))
    wait_for(member, voucher, "cancelled", seconds=20)
    assert member.available == "10.00"


# What nobody can find out


def decide(world, who, voucher, decision):
    dead = world.administrator.get("/v1/merchant-calls?state=dead&limit=100").expect(200)["items"]
    ids = {row["redemption_id"]: row["id"] for row in dead}
    body = {"decision": decision, "why": "asked them by phone"}
    return who.post(f"/v1/merchant-calls/{ids[voucher['id']]}/decide", body, key=True)


def test_what_nobody_can_tell_is_decided_by_a_person(world, market, shop, calm):
    calm.trouble, calm.faults = 1.0, ["swallow"]
    markets = [market] + [world.market() for _ in range(5)]
    for one in markets[1:]:
        connect(one, "http_json", base=shop.base, credential="shop").expect(200)
    members = world.members(6, points=10)
    vouchers = [redeem(m, member, m.reward(stock=1)) for m, member in zip(markets, members)]
    all_of = lambda: [m.redemption(v)["state"] for m, v in zip(members, vouchers)]  # noqa: E731
    wait_until(lambda: all_of() == ["stuck"] * 6, 25, all_of)
    calm.trouble, calm.faults = 0.0, list(FAULTS)
    assert members[0].wallet()["held"] == "10.00"
    assert market.clerk.confirm(members[0].redemption(vouchers[0])).code == "waiting_for_merchant"
    assert decide(world, market.manager, vouchers[0], "cancelled").status == 403
    row = operations(world, vouchers[0])[0]["id"]
    answer = decide(world, world.administrator, vouchers[0], "cancelled")
    assert answer.expect(200)["state"] == "cancelled"
    again = {"decision": "cancelled", "why": "asked them by phone"}
    path = f"/v1/merchant-calls/{row}/decide"
    assert world.administrator.post(path, again, key=True).code == "already_decided"
    answer = decide(world, world.administrator, vouchers[1], "ask_again")
    assert answer.expect(200)["state"] == "issuing"
    wait_for(members[1], vouchers[1], "issued")
    type_the_page(world, markets[5], vouchers[2:])
    assert members[2].available == "10.00"
    assert members[3].redemption(vouchers[3])["state"] == "confirmed"
    for member, voucher in zip(members[4:], vouchers[4:]):
        wait_for(member, voucher, "issued")
    check_books(world.server)


PAGE = (ROOT / "docs" / "operations.md").read_text()


def type_the_page(world, last, vouchers):
    """What it tells operators to type, about the four in the queue instead of its own."""
    cli, listed = world.server.cli, "merchant-calls list".split()
    merchant = f"--merchant={last.id}"
    queue = [operations(world, voucher)[0] for voucher in vouchers]
    assert json.loads(cli(*listed, "--json").stdout) == queue
    assert json.loads(cli(*listed, merchant, "--json").stdout) == queue[3:]
    plain = cli(*listed).stdout
    assert [line.split()[0] for line in plain.splitlines()] == [row["id"] for row in queue]
    typed, *_ = pages.blocks(PAGE, "Merchants who do not answer", "sh")
    for ours, theirs in zip(("8589934761", "8589934762", "8589934763"), queue):
        assert ours in typed
        typed = typed.replace(ours, theirs["id"])
    told = [cli(*shlex.split(line, comments=True)[1:]).stdout
            for line in typed.replace("8589934906", last.id).splitlines()]
    ids = [row["id"] for row in queue]
    assert json.loads(told[1])["id"] == ids[0]
    assert told[2] == f"{ids[0]} cancelled: redemption {vouchers[0]['id']} is cancelled\n"
    assert told[5] == f"{ids[3]} ask_again: redemption {vouchers[3]['id']} is issuing\n"
    assert cli(*listed, merchant).stdout == ""
    trail = world.server.sql(
        "SELECT value_after, reason FROM audit_trail WHERE action = 'merchant_call.decide'"
        " AND actor = 0 ORDER BY audit_id"
    )
    assert [row["value_after"] for row in trail] == ["cancelled", "confirmed", "ask_again", "ask_again"]
    assert trail[0]["reason"] == "by telephone: they never issued it"
    refuse_at_the_command_line(world, ids[0])


def refuse_at_the_command_line(world, decided):
    why, resolve = "--why=by telephone", ("merchant-calls", "resolve")
    for words, status, told in (
        ([*resolve, decided, "--as=cancelled", why], 1, "is decided: only dead ones"),
        ([*resolve, "17", "--as=cancelled", why], 1, "there is no call 17"),
        ([*resolve, decided, "--as=cancelled"], 2, "--why is missing"),
        ([*resolve, decided, "--as=ask_again", why], 2, "--as=confirmed"),
        (["merchant-calls", "replay", why], 2, "--merchant=ID"),
        (["merchant-calls", "list", "--state=lost"], 2, "--state is waiting"),
    ):
        done = world.server.cli(*words, check=False)
        assert done.returncode == status and told in done.stderr, (words, done.stderr)


def test_a_merchant_that_does_not_answer_delays_no_other(world, market, calm, tarpit):
    dumb, members = world.market(), world.members(25, points=10)
    credential(world, "tarpit", tarpit).expect(200)
    connect(dumb, "http_json", base=f"https://{tarpit}", credential="tarpit").expect(200)
    reward = dumb.reward(stock=24)
    vouchers = [redeem(dumb, member, reward) for member in members[:24]]
    began = time.monotonic()
    wait_for(members[24], redeem(market, members[24], market.reward(stock=1)), "issued", seconds=3)
    took = time.monotonic() - began
    seen = world.administrator.get(f"/v1/merchants/{dumb.id}/plugin").expect(200)
    assert took < 2 and all(m.redemption(v)["state"] == "issuing" for m, v in zip(members, vouchers))
    wait_until(lambda: plugin_of(world, dumb)["rests_until"], 5, lambda: f"{took} {seen}")
    for member, voucher in zip(members, vouchers):
        member.cancel(voucher).expect(200)
    for member, voucher in zip(members, vouchers):
        wait_for(member, voucher, "cancelled", seconds=30)  # it was surely never reached


def plugin_of(world, market):
    return world.administrator.get(f"/v1/merchants/{market.id}/plugin").expect(200)


def test_verify_names_what_does_not_fit(world, market, calm):
    member = world.member(points=10)
    calm.down = True
    voucher = redeem(market, member, market.reward(stock=1))
    row = operations(world, voucher)[0]["id"]
    spoil = "UPDATE operations SET state = %s WHERE operation_id = %s"
    world.server.sql(spoil, 2, row)
    told = world.server.cli("ledger", "verify", check=False)
    assert told.returncode == 1 and f"redemption_id={voucher['id']}" in told.stdout
    world.server.sql(spoil, 1, row)
    calm.down = False
    wait_for(member, voucher, "issued", "cancelled")
    world.server.sql(spoil, 5, row)
    told = world.server.cli("ledger", "verify", check=False)
    assert told.returncode == 1 and f"operation_id={row}" in told.stdout
    world.server.sql(spoil, 2, row)
    world.verify_ledger()


# What is not let out


SLIPS = [
    ({"base": "http://{host}"}, "not_configured", "base: write https://"),
    ({"base": "https://user:password@{host}"}, "not_configured", "base: write https://"),
    ({"base": "https://"}, "not_configured", "base: "),
    ({"base": "https://{host}#x"}, "not_configured", "base: "),
    ({"base": "https://{host}/a b"}, "not_configured", "base: "),
    ({"base": "https://localhost:99999"}, "not_configured", "base: "),
    ({"base": ""}, "not_configured", "base: "),
    ({"refund": "POST"}, "not_configured", "refund: write a method and a path"),
    ({"body": "{{item}}"}, "not_configured", "body: "),
    ({"credential": "none"}, "no_credential", "reserve: make the credential"),
    ({"credential": ""}, "no_credential", "reserve: make the credential"),
    ({"base": "https://127.0.0.1:{port}"}, "host_not_allowed", "add the host to the credential"),
    ({"base": "https://[::1]:{port}"}, "host_not_allowed", "(shop, ::1:"),
    ({"base": "https://other.example"}, "host_not_allowed", "(shop, other.example:443)"),
    ({"字" * 60: "x"}, "bad_setting", "setting 字"),
]


def test_what_members_would_wait_for_in_vain_is_refused_at_the_door(world, market, calm):
    there = {"host": calm.host, "port": calm.port}
    before, asked = plugin_of(world, market), len(calm.requests)
    for slip, code, words in SLIPS:
        changed = {name: value.format(**there) for name, value in slip.items()}
        settings = {"base": calm.base, "credential": "shop"} | changed
        refused = connect(market, "http_json", **settings)
        assert refused.code == "bad_field", slip
        field = refused.json["fields"][0]
        assert (field["pointer"], field["code"]) == ("/settings", code), slip
        assert words in field["expected"], (slip, field)
    assert plugin_of(world, market) == before and len(calm.requests) == asked
    told = connect(market, "http_json", language="zh-CN", base="http://x").json["fields"][0]
    assert "base 应为 https://主机" in told["expected"] and told["expected"].endswith("末尾无 /")
    own = plugins.change(world.administrator, "http_json", settings={"base": "http://a.example"})
    assert own.code == "conflict" and "base: write https://" in own.json["detail"]


@pytest.mark.parametrize("hosts", ["a:99999", "a.example a:0", "https://a.example", "a..b", " ,"])
def test_a_credential_lists_hosts_or_is_refused(world, hosts):
    refused = credential(world, "nonsense", hosts)
    assert refused.code == "bad_field"
    field = refused.json["fields"][0]
    assert (field["pointer"], field["code"]) == ("/hosts", "bad_hosts")
    assert f"not '{hosts.strip(' ,').split(' ')[-1]}'" in field["expected"]


def test_hosts_of_the_configuration_are_held_to_the_same(world):
    told = world.server.cli("config", "--outbox.private_hosts=a.example b:99999", check=False)
    assert told.returncode == 2 and "outbox.private_hosts: 'b:99999' is no host" in told.stderr


@pytest.mark.parametrize(
    "base, hosts, fault",
    [
        ("https://{host}", "other.example", "host_not_allowed"),
        ("https://private.localhost:{port}", None, "no_connection"),
    ],
)
def test_calls_go_where_the_credential_says_or_nowhere(world, calm, base, hosts, fault):
    market, name = world.market(), f"c{world.new_id()}"
    credential(world, name, f"{calm.host} private.localhost:{calm.port}").expect(200)
    base = base.format(host=calm.host, port=calm.port)
    connect(market, "http_json", base=base, credential=name).expect(200)
    if hosts:
        credential(world, name, hosts).expect(200)
    member, before = world.member(points=10), len(calm.requests)
    voucher = redeem(market, member, market.reward(stock=1))
    row = wait_until(
        lambda: next((row for row in operations(world, voucher) if row["fault"]), None), 5, "a fault"
    )
    assert row["fault"] == fault and not row["sent"]
    assert len(calm.requests) == before


# Codes bought in advance, and points for a cause


def test_codes_of_a_pool_go_to_exactly_one_each(world):
    market = world.market()
    connect(market, "coupon_pool").expect(200)
    reward = market.reward(stock=10)
    path = f"/v1/rewards/{reward.id}/codes"
    csv = {"Content-Type": "text/csv"}
    added = market.manager.post(path, b"code\nK1\nK2\nK3\nK2\n", headers=csv).expect(200)
    assert (added["added"], added["left"]) == (3, 3)
    members = world.members(5, points=10)
    vouchers = in_parallel(lambda member: redeem(market, member, reward), members)
    seen = [wait_for(m, v, "confirmed", "cancelled") for m, v in zip(members, vouchers)]
    codes = [voucher.get("merchant_code") for voucher in seen]
    assert sorted(code for code in codes if code) == ["K1", "K2", "K3"]
    assert [v["state"] for v in seen].count("cancelled") == 2
    assert market.manager.get(path).expect(200)["left"] == 0
    assert market.manager.get("/v1/inbox").expect(200)["items"][0]["kind"] == "codes_low"


def test_a_donation_is_given_at_once_and_not_undone(world):
    market = world.market()
    connect(market, "donation").expect(200)
    member = world.member(points=10)
    voucher = redeem(market, member, market.reward(stock=1))
    wait_for(member, voucher, "confirmed")
    assert market.clerk.undo(voucher).code == "cannot_undo"
    assert member.cancel(voucher).code == "voucher_used"
    market.manager.refund(voucher).expect(200)
    assert member.available == "10.00"


# Configuration


def test_settings_are_checked_and_secrets_stay_inside(world, calm):
    market = world.market()
    assert connect(market, "no_such_plugin").code == "bad_field"
    assert connect(market, "http_json", bass="x").code == "bad_field"
    assert credential(world, "Bad-Name", calm.host).status in (400, 404)
    assert credential(world, "x", calm.host, secret="a b c d e f").code == "bad_field"
    shown = world.administrator.get("/v1/credentials").expect(200)["items"]
    assert "secret" not in shown[0]
    rows = world.server.sql("SELECT secret FROM credentials")
    assert all(SECRET.encode() not in row["secret"] for row in rows)
    connect(market, "http_json", base=calm.base, credential="shop").expect(200)
    other = world.market().manager
    assert other.get(f"/v1/merchants/{market.id}/plugin").status == 404
    connect(market, "").expect(200)
    market.voucher()  # Linli's own again, at once


def test_a_plugin_in_another_version_is_heard_of_what_it_wants(world, market, calm):
    """As if it had been upgraded: what stock carries of it follows."""
    calls = "SELECT MIN(calls) AS calls FROM stock WHERE merchant_id = %s"
    market.reward(stock=1)
    before = world.server.sql(calls, market.id)[0]["calls"]
    for table in ("stock", "integrations"):
        world.server.sql(f"UPDATE {table} SET calls = 3 WHERE merchant_id = %s", market.id)
    wait_until(lambda: world.server.sql(calls, market.id)[0]["calls"] == before, 12, "the same")


# Everything at once


@pytest.mark.limit(110)
def test_whatever_a_merchant_does_both_sides_agree_or_a_person_is_asked(world, market, calm, deep):
    calm.trouble, calm.declines = 0.35, 0.1
    members = world.members(30 if not deep else 200, points=10)
    reward = market.reward(stock=len(members))

    def live(member):
        chance = hash(member.id) % 4
        voucher = redeem(market, member, reward)
        if chance == 0:
            member.cancel(voucher).expect(200)
            return voucher
        deadline = time.monotonic() + 8
        while member.redemption(voucher)["state"] == "issuing" and time.monotonic() < deadline:
            time.sleep(0.1)
        if member.redemption(voucher)["state"] == "issued" and chance > 1:
            market.clerk.confirm(member.redemption(voucher))
        if chance == 3:
            market.clerk.undo(voucher)
        return voucher

    vouchers = in_parallel(live, members, 8)
    path = f"/v1/merchant-calls?state=waiting&merchant_id={market.id}"
    wait_until(
        lambda: not world.administrator.get(path).expect(200)["items"],
        45,
        lambda: f"left: {world.administrator.get(path).json}",
    )
    time.sleep(3 * calm.patience)  # what is on its way still
    check_books(world.server)
    outcomes = [one_outcome(world, calm, m, v) for m, v in zip(members, vouchers)]
    assert all(voucher.issues <= 1 for voucher in calm.vouchers.values())
    assert outcomes.count("agreed") > len(members) / 2, outcomes


def one_outcome(world, shop, member, voucher):
    seen = member.redemption(voucher)
    if seen["waiting_for"]:
        dead = [row for row in operations(world, voucher) if row["state"] == "dead"]
        assert len(dead) == 1, seen
        return "person"
    theirs = shop_voucher(shop, seen, voucher)
    ours = seen["state"]
    assert ours in ("issued", "confirmed", "cancelled"), seen
    if ours == "issued":
        assert theirs.issued and not theirs.used and not theirs.back
    elif ours == "confirmed":
        assert theirs.used and not theirs.back
    else:
        assert theirs is None or not theirs.issued or theirs.back
    return "agreed"


def shop_voucher(shop, seen, voucher):
    """The merchant knows redemptions by numbers of the plugin's own."""
    code = seen.get("merchant_code")
    return shop.vouchers.get(code[1:]) if code else None
