"""What the keeper does by itself. Its first run is two seconds after a start."""

from datetime import datetime, timedelta, timezone

from api.test_long_polls import Town
from support.processes import wait_until


def test_points_of_a_lot_that_ran_out_leave_the_wallet(fresh_server, sms):
    town = Town(fresh_server, sms)
    member, other = town.member(), town.member()
    for points in ("2.00", "3.00"):
        town.give(member, points)
    town.give(other, "5.00")
    first = fresh_server.sql(
        "SELECT lot_id FROM lots WHERE member_id = %s ORDER BY points LIMIT 1", member.id
    )[0]["lot_id"]
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    fresh_server.sql(
        "UPDATE lots SET expires_us = %s WHERE member_id = %s AND lot_id = %s",
        int(yesterday.timestamp() * 1e6), member.id, first,
    )  # fmt: skip
    assert member.get("/v1/wallet").expect(200)["available"] == "3.00"  # dead before it is swept
    fresh_server.restart()
    member.close()
    other.close()

    def swept():
        return fresh_server.sql(
            "SELECT points FROM transfers WHERE member_id = %s AND ref = %s AND to_account >> 56 = 6",
            member.id, first,
        )  # fmt: skip

    assert wait_until(swept, 20, "the lot to be swept") == [{"points": 200}]
    assert member.get("/v1/wallet").expect(200)["available"] == "3.00"
    assert other.get("/v1/wallet").expect(200)["available"] == "5.00"
    remaining = fresh_server.sql("SELECT remaining FROM lots WHERE lot_id = %s", first)
    assert remaining == [{"remaining": 0}]
