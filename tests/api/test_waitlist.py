"""The line of those who wait for a place: in order, told at once, free to decline."""

import pytest


@pytest.fixture
def full(world):
    """An activity with two places, both taken, and three who wait: (path, members)."""
    path = f"/v1/activities/{world.activity(capacity=2)}/sign-up"
    members = world.members(5)
    for member in members:
        member.put(path).expect(200)
    return path, members


def sign_up(member, path):
    return member.get(path.removesuffix("/sign-up")).expect(200)["sign_up"]


def test_who_is_too_late_waits_in_order(full):
    path, members = full
    states = [sign_up(member, path) for member in members]
    assert [state["state"] for state in states] == ["signed_up"] * 2 + ["waiting"] * 3
    assert [state["ahead"] for state in states] == [0, 0, 0, 1, 2]
    shown = members[3].put(path).expect(200)  # again changes nothing
    assert (shown["sign_up"]["ahead"], shown["waiting"], shown["places_left"]) == (1, 3, 0)


def test_a_place_given_back_goes_to_the_first_in_line_who_is_told(full):
    path, members = full
    members[0].delete(path).expect(204)
    assert sign_up(members[2], path) == {"state": "signed_up", "ahead": 0}
    assert sign_up(members[3], path) == {"state": "waiting", "ahead": 0}
    notice = members[2].get("/v1/inbox").expect(200)["items"][0]
    assert (notice["kind"], notice["ref"]) == ("waitlist_promoted", path.split("/")[3])
    assert "“洁净家园”" in notice["text"]
    assert members[3].get("/v1/inbox").expect(200)["items"] == []


def test_who_declines_gives_it_to_the_next(full):
    path, members = full
    members[0].delete(path).expect(204)
    members[2].delete(path).expect(204)
    assert sign_up(members[3], path)["state"] == "signed_up"
    members[0].put(path).expect(200)  # who comes back stands at the end
    assert sign_up(members[0], path) == {"state": "waiting", "ahead": 1}


def test_who_leaves_the_line_moves_nobody(full):
    path, members = full
    members[2].delete(path).expect(204)
    assert sign_up(members[3], path) == {"state": "waiting", "ahead": 0}
    shown = members[1].get(path.removesuffix("/sign-up")).expect(200)
    assert (shown["waiting"], shown["places_left"]) == (2, 0)


def test_nobody_joins_a_line_that_no_place_can_come_to(world):
    path = f"/v1/activities/{world.activity(capacity=1, starts_in_hours=-0.5)}/sign-up"
    first, second = world.members(2)
    first.put(path).expect(200)
    assert second.put(path).code == "activity_full"


def test_who_is_erased_gives_their_place_to_the_first_in_line(full):
    path, members = full
    members[0].post("/v1/me/erasure", {"confirm": True}).expect(204)
    assert sign_up(members[2], path)["state"] == "signed_up"
