"""A row that somebody changed by hand costs the commands that touch it, and nobody else."""

import pytest

from support.server import Server
from support.world import Market, World


@pytest.fixture(scope="module")
def market(sms):
    """On a server of its own: its books will not fit."""
    with Server(sms.options) as server:
        yield Market(World(server))


@pytest.fixture
def victim(market):
    """(member with a voucher, its reward, the voucher)"""
    member, reward = market.member(points=20), market.reward(stock=9, price=2)
    return member, reward, member.redeem(reward).expect(201)


@pytest.mark.parametrize(
    "change",
    [
        "stock SET free = free + 1 WHERE reward_id = {reward}",
        "stock SET held = 0, free = initial WHERE reward_id = {reward}",
        "wallets SET available = available + 500 WHERE member_id = {member}",
        "wallets SET available = 0 WHERE member_id = {member}",
        "wallets SET held = 0 WHERE member_id = {member}",
        "wallets SET state = 9 WHERE member_id = {member}",
        "lots SET remaining = remaining + 500 WHERE member_id = {member}",
        "lots SET points = 1 WHERE member_id = {member}",
        "redemptions SET points = points * 100 WHERE redemption_id = {voucher}",
        "redemptions SET allocation = 'x' WHERE redemption_id = {voucher}",
    ],
)
def test_a_spoilt_row_fails_its_own_command_only(market, victim, change):
    member, reward, voucher = victim
    other, unspoilt = market.member(points=9), market.reward(stock=9, price=1)
    change = change.format(reward=reward.id, member=member.id, voucher=voucher["id"])
    market.world.server.sql(f"UPDATE {change}")
    answer = member.cancel(voucher)
    assert (answer.status, answer.code) == (500, "internal")
    other.redeem(unspoilt).expect(201)
    failed = market.world.server.events("teller.failed")[-1]
    assert failed["code"] == "ledger.row_spoilt"
    assert member.wallet()["member_id"] == member.id


def test_a_voucher_of_a_key_that_is_not_known_yet_is_asked_for_again(market, victim):
    member, _, voucher = victim
    set_key = "UPDATE redemptions SET code_key = %s WHERE redemption_id = %s"
    row = "SELECT code_key FROM redemptions WHERE redemption_id = %s"
    known = market.world.server.sql(row, voucher["id"])[0]["code_key"]
    market.world.server.sql(set_key, known + 1, voucher["id"])
    for path in ("", "/qr"):
        answer = member.get(f"/v1/redemptions/{voucher['id']}{path}")
        assert (answer.status, answer.code) == (503, "busy")
    market.world.server.sql(set_key, known, voucher["id"])
    assert member.redemption(voucher)["code"] == voucher["code"]


@pytest.mark.parametrize(
    "change, path",
    [
        ("redemptions SET state = 99 WHERE redemption_id = {voucher}", "/v1/redemptions"),
        ("transfers SET kind = 99 WHERE member_id = {member}", "/v1/wallet/transfers"),
        ("wallets SET state = 99 WHERE member_id = {member}", "/v1/wallet"),
    ],
)
def test_a_spoilt_row_can_be_read(market, victim, change, path):
    member, reward, voucher = victim
    change = change.format(reward=reward.id, member=member.id, voucher=voucher["id"])
    market.world.server.sql(f"UPDATE {change}")
    assert b'"unknown"' in member.get(path).body
