"""Members are told 30 and 7 days before their points run out, once each."""

from datetime import datetime, timedelta, timezone

import pytest

from support.clock import TimeServer
from support.processes import wait_until
from support.world import World

CHINA = timezone(timedelta(hours=8))


def notices(member):
    items = member.get("/v1/inbox").expect(200)["items"]
    return [item for item in items if item["kind"] == "points_expiring"]


def set_expiry(server, member, local):
    at = datetime.fromisoformat(local).replace(tzinfo=CHINA)
    server.sql(
        "UPDATE lots SET expires_us = %s WHERE member_id = %s", int(at.timestamp() * 1e6), member.id
    )


@pytest.mark.limit(240)
def test_told_once_at_30_and_once_at_7_days(sms):
    with TimeServer("2030-11-20T10:00:00+08:00", sms.options) as server:
        world = World(server)
        member, spent, later = world.members(3, points=10)
        for person in (member, spent):
            set_expiry(server, person, "2031-01-01T00:00:00")
        set_expiry(server, later, "2031-06-01T00:00:00")
        world.give([later], 1)
        server.sql("UPDATE lots SET remaining = 0 WHERE member_id = %s", spent.id)
        assert notices(member) == []

        server.advance(days=11)  # 1 December: its last day, the 31st, is 30 days ahead
        (first,) = wait_until(lambda: notices(member), 30, "the notice at 30 days")
        assert first["details"] == {"points": "10.00", "day": "2030-12-31"}
        assert "2030-12-31" in first["text"] and "10.00" in first["text"]
        server.restart()
        server.advance(days=23)  # Christmas Eve
        told = wait_until(lambda: len(notices(member)) > 1 and notices(member), 30, "7 days")
        assert [notice["details"] for notice in told] == [first["details"]] * 2
        probe = world.member(points=3)
        set_expiry(server, probe, "2030-12-30T00:00:00")
        server.advance(days=2)
        wait_until(lambda: notices(probe), 30, "the probe")
        assert len(notices(member)) == 2
        assert notices(spent) == notices(later) == []
