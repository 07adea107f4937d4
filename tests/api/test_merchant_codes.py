"""
A merchant's own code, which members show and clerks type, and what a merchant learns of a member.
"""

import re

import pytest

from support import plugins
from support.api import new_key
from support.merchants import connect, connected, notice_of, operations, redeem, wait_for
from support.world import Member


@pytest.fixture
def world(merchant_world):
    return merchant_world


@pytest.fixture
def market(world, shop):
    return connected(world, shop)


# The merchant's own code


def issued(market, member, reward):
    return wait_for(member, redeem(market, member, reward), "issued")


def test_a_clerk_finds_a_voucher_by_its_merchants_own_code(world, market, calm):
    calm.code = f"Tee {world.new_id()}-ü"
    member = world.member(points=10)
    voucher = issued(market, member, market.reward(stock=1, price=10))
    assert voucher["merchant_code"] == calm.code != voucher["code"]
    typed = {"code": calm.code.upper().replace("-", " - ").replace("Ü", "ü")}
    elsewhere = world.market().clerk
    assert elsewhere.preview(typed).status == elsewhere.confirm(typed).status == 404
    seen = market.clerk.preview(typed).expect(200)
    assert (seen["id"], seen["usable"]) == (voucher["id"], True) and calm.code not in str(seen)
    assert market.clerk.confirm(typed).expect(200)["id"] == voucher["id"]
    assert market.clerk.preview(voucher).expect(200)["refusal"] == "voucher_used"
    assert market.clerk.confirm(typed).code == "voucher_used"
    row = world.server.sql("SELECT * FROM merchant_vouchers WHERE redemption_id=%s", voucher["id"])
    assert not any(word.encode() in bytes(row[0][kept]) for word in calm.code.split() for kept in ("hash", "code"))


def test_guessing_a_merchants_codes_is_limited(world, market, calm):
    member, other = world.member(points=10), world.market()
    calm.code = f"{world.new_id()}"
    issued(market, member, market.reward(stock=1))
    guess = {"code": calm.code}
    assert [other.clerk.preview(guess).status for _ in range(20)] == [404] * 20
    assert other.clerk.confirm(guess).status == 429
    assert market.clerk.preview(guess).status == 200


def test_a_code_that_several_open_vouchers_have_is_not_guessed_at(world, market, calm):
    calm.code, reward = f"T{world.new_id()}", market.reward(stock=4, price=1)
    member, typed, key = world.member(points=10), {"code": calm.code}, new_key()
    first, second, third = [issued(market, member, reward) for _ in range(3)]
    assert market.clerk.preview(typed).code == "ambiguous_code"
    assert market.clerk.confirm(typed).code == "ambiguous_code"
    market.clerk.confirm(second).expect(200)
    member.cancel(third).expect(200)
    wait_for(member, third, "cancelled")
    used = market.clerk.confirm(typed, key=key).expect(200)
    assert used["id"] == first["id"]  # the only one left
    assert market.clerk.confirm(typed).code == "voucher_used"
    for member in world.members(2, points=1):
        issued(market, member, reward)
    again = market.clerk.confirm(typed, key=key)
    assert (again.status, again.json["id"]) == (200, first["id"])  # whatever has the code by now


def png_height(png):
    return int.from_bytes(png[20:24], "big")


def test_the_merchants_code_is_on_paper_and_in_the_image(world, market, calm):
    """What the image says is known by another voucher, whose own code is the same text."""
    twin_owner, twin = world.market().voucher()
    calm.code = twin["code"].replace("-", "")
    member = world.member(points=20)
    voucher = issued(market, member, market.reward(stock=2, price=10))
    path = f"/v1/redemptions/{voucher['id']}"
    theirs, ours = member.get(f"{path}/qr").body, member.get(f"{path}/qr?code=linli").body
    assert theirs == twin_owner.get(f"/v1/redemptions/{twin['id']}/qr").body != ours
    image = member.get(f"{path}/qr?format=png").body
    assert image == twin_owner.get(f"/v1/redemptions/{twin['id']}/qr?format=png").body
    lettered = f"{path}/qr?format=png&letters=true"
    height = [png_height(member.get(lettered + of).body) for of in ("", "&code=linli")]
    assert png_height(image) < height[1] < height[0]  # one line below it, and two
    page = member.get(f"{path}/print").body
    assert page.count(theirs) == page.count(ours) == 1
    assert re.findall(r'class="code">([^<]+)<', page.decode()) == [calm.code, voucher["code"]]
    calm.down = True
    waiting = redeem(market, member, market.reward(stock=1, price=10))
    assert member.get(f"/v1/redemptions/{waiting['id']}/print").code == "waiting_for_merchant"
    calm.down, calm.code = False, "<b>&"
    assert "&lt;b&gt;&amp;" in member.get(
        f"/v1/redemptions/{wait_for(member, waiting, 'issued')['id']}/print"
    ).body.decode()


# What a merchant is told of a member


def market_with(world, shop, plugin):
    if not plugins.find(world.administrator, plugin):
        plugins.upload(world.administrator, plugins.built(plugin)).expect(201)
        plugins.change(world.administrator, plugin, mode="enforced").expect(200)
    market = world.market()
    connect(market, plugin, base=shop.base, credential="shop").expect(200)
    return market


@pytest.fixture
def curious(world, shop):
    """A merchant whose plugin discloses a phone."""
    return market_with(world, shop, "discloses")


def somebody(world, phone, name="欧阳云帆"):
    made = world.make("/v1/members", name=name, phone=phone, unit_id=world.unit_id, consent=True)
    member = Member(world, made["id"], "member")
    world.give([member], 100)
    return member


def kept_anywhere(server, *words):
    """Tables and logs in which one of them stands as it is."""
    found = [word for word in words if word.encode() in server.log_path.read_bytes()]
    tables = "SELECT TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
    for row in server.sql(tables):
        rows = repr([list(kept.values()) for kept in server.sql(f"SELECT * FROM `{row['t']}`")])
        found += [row["t"] for word in words if word in rows or repr(word.encode())[2:-1] in rows]
    return found


def test_a_merchant_learns_what_its_plugin_declares_if_the_member_agrees(world, curious, calm):
    number = f"138{world.new_id() % 10**8:08d}"
    member, reward = somebody(world, number), curious.reward(stock=5, price=1)
    assert member.get(f"/v1/rewards/{reward.id}").expect(200)["discloses"] == ["phone"]
    before = len(calm.bodies)
    for answer in (None, False):
        told = {} if answer is None else {"agree_to_disclose": answer}
        refused = member.redeem(reward, **told)
        assert (refused.status, refused.code) == (409, "must_agree")
        assert refused.json["discloses"] == ["phone"]
    assert len(calm.bodies) == before and member.available == "100.00"

    voucher = redeem(curious, member, reward, agree_to_disclose=True)
    assert wait_for(member, voucher, "issued")["merchant_code"].startswith("D-")
    [body] = calm.bodies[before:]
    assert (body["phone"], body["name"], body["openid"]) == (f"+86{number}", "", "")
    assert member.redeem(reward).code == "must_agree"  # each time anew
    assert kept_anywhere(world.server, number, "欧阳云帆") == []


def test_who_declares_nothing_learns_nothing(world, market, calm):
    number, before = f"138{world.new_id() % 10**8:08d}", len(calm.bodies)
    member = somebody(world, number)
    voucher = redeem(market, member, market.reward(stock=1, price=1), agree_to_disclose=True)
    wait_for(member, voucher, "issued")
    assert number not in str(calm.bodies[before:]) and "欧阳" not in str(calm.bodies[before:])


def test_what_a_merchant_repeats_of_a_member_is_not_kept(world, curious, calm):
    number = f"138{world.new_id() % 10**8:08d}"
    member, reward = somebody(world, number), curious.reward(stock=1, price=1)
    calm.declines, calm.echoes = 1.0, True
    voucher = redeem(curious, member, reward, agree_to_disclose=True)
    wait_for(member, voucher, "cancelled")
    [row] = operations(world, voucher)
    assert row["reason"] == "不认识+86***********" and row["fault"] == ""
    assert "+86***********" in notice_of(member)["text"]
    assert kept_anywhere(world.server, number) == []


def test_a_name_of_stars_is_struck_out_once(world, shop, calm):
    """Every merchant's calls waited for the end of that."""
    market = market_with(world, shop, "gossips")
    member = somebody(world, f"138{world.new_id() % 10**8:08d}", name="*")
    calm.declines, calm.echoes = 1.0, True
    voucher = redeem(market, member, market.reward(stock=1, price=1), agree_to_disclose=True)
    wait_for(member, voucher, "cancelled")
    assert operations(world, voucher)[0]["reason"] == "不认识+86***********"
