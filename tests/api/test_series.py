"""Shifts with a time and capacity of their own, weekly series, the roster, and the search."""

from datetime import datetime, timedelta

from support.world import rfc3339, time_us, unique

HOUR_US = 3_600_000_000


def whole(world, hours=6, starts_in_hours=24, **terms):
    starts_us = world.now_us() + starts_in_hours * HOUR_US
    body = {"unit_id": world.unit_id, "category": "public_safety", "title": "平安巡逻"}
    body |= {"starts_at": rfc3339(starts_us), "ends_at": rfc3339(starts_us + hours * HOUR_US)}
    return world.make("/v1/activities", **(body | {"capacity": 10} | terms))


def shift(world, activity, post, first_hour, hours=2, capacity=1):
    starts_us = time_us(activity["starts_at"]) + first_hour * HOUR_US
    body = {"post": post, "capacity": capacity, "starts_at": rfc3339(starts_us)}
    body |= {"ends_at": rfc3339(starts_us + hours * HOUR_US)}
    return world.coordinator.post(f"/v1/activities/{activity['id']}/shifts", body)


def test_shifts_fill_each_on_its_own(world):
    activity = whole(world)
    morning = shift(world, activity, "早班", 0).expect(201)
    evening = shift(world, activity, "晚班", 4).expect(201)
    path = f"/v1/activities/{activity['id']}"
    world.coordinator.post(f"{path}/publish").expect(200)
    first, second = world.members(2)
    assert first.put(f"{path}/sign-up").code == "wrong_state"  # one signs up for a shift
    for member in (first, second):
        member.put(f"/v1/activities/{morning['id']}/sign-up").expect(200)
    second.put(f"/v1/activities/{evening['id']}/sign-up").expect(200)
    listed = world.api.get("/v1/activities", query={"part_of": activity["id"]}).expect(200)
    shown = {item["title"]: (item["places_left"], item["waiting"]) for item in listed["items"]}
    assert shown == {"平安巡逻 · 早班": (0, 1), "平安巡逻 · 晚班": (0, 0)}
    world.coordinator.post(f"{path}/cancel", {"why": "台风"}).expect(200)
    told = second.get("/v1/inbox").expect(200)["items"]
    assert {item["kind"] for item in told} == {"activity_cancelled"} and len(told) == 2
    state = world.api.get(f"/v1/activities/{evening['id']}").expect(200)["state"]
    assert state == "cancelled"


def test_a_shift_lies_within_its_activity(world):
    activity = whole(world)
    assert shift(world, activity, "通宵班", 5).code == "too_much"
    inner = shift(world, activity, "早班", 0).expect(201)
    assert shift(world, inner, "班中班", 0).code == "wrong_state"
    earlier = rfc3339(time_us(activity["starts_at"]) - HOUR_US)
    for made, ends_at in ((inner, inner["ends_at"]), (activity, inner["starts_at"])):
        terms = {name: made[name] for name in ("category", "title", "capacity")}
        terms |= {"starts_at": earlier, "ends_at": ends_at, "why": "改时间"}
        path = f"/v1/activities/{made['id']}"
        assert world.coordinator.put(path, terms).code == "too_much"
    other = world.staff("coordinator", world.make("/v1/units", kind="village", name="别村")["id"])
    body = {"post": "早班", "capacity": 1} | {k: inner[k] for k in ("starts_at", "ends_at")}
    other.post(f"/v1/activities/{activity['id']}/shifts", body).expect(404)


def weeks_of(world, activity):
    query = {"series_id": activity["id"], "limit": 100}
    items = world.api.get("/v1/activities", query=query).expect(200)["items"]
    return sorted(items, key=lambda item: item["starts_at"])


def test_a_series_publishes_the_next_weeks_with_their_shifts(world):
    activity = whole(world)
    shift(world, activity, "早班", 0, capacity=3).expect(201)
    path = f"/v1/activities/{activity['id']}"
    assert world.coordinator.put(f"{path}/series", {"weeks_ahead": 4}).code == "wrong_state"
    world.coordinator.post(f"{path}/publish").expect(200)
    for _ in range(2):  # again publishes nothing twice
        world.coordinator.put(f"{path}/series", {"weeks_ahead": 4}).expect(200)
    weeks = weeks_of(world, activity)
    starts = [datetime.fromisoformat(item["starts_at"].replace("Z", "+00:00")) for item in weeks]
    assert [start - starts[0] for start in starts] == [timedelta(weeks=n) for n in range(4)]
    assert {item["state"] for item in weeks} == {"published"}
    for item in weeks:
        shifts = world.api.get("/v1/activities", query={"part_of": item["id"]}).expect(200)["items"]
        assert [(part["capacity"], part["title"]) for part in shifts] == [(3, "平安巡逻 · 早班")]
        assert shifts[0]["starts_at"] == item["starts_at"]
    # Further ahead there are more; when it is stopped, no more.
    world.coordinator.put(f"{path}/series", {"weeks_ahead": 6}).expect(200)
    assert len(weeks_of(world, activity)) == 6
    world.coordinator.delete(f"{path}/series").expect(204)
    assert world.coordinator.put(
        f"/v1/activities/{weeks[1]['id']}/series", {"weeks_ahead": 1}
    ).code == "wrong_state"


def test_a_series_ends(world):
    activity = whole(world)
    path = f"/v1/activities/{activity['id']}"
    world.coordinator.post(f"{path}/publish").expect(200)
    until = rfc3339(time_us(activity["starts_at"]) + 15 * 24 * HOUR_US)
    body = {"weeks_ahead": 12, "until": until}
    world.coordinator.put(f"{path}/series", body).expect(200)
    assert len(weeks_of(world, activity)) == 3


def test_the_roster_is_a_page_for_paper(world):
    activity = whole(world, insurance_note="主办方投保", place="<东门> & 西门")
    part = shift(world, activity, "早班", 0).expect(201)
    path = f"/v1/activities/{activity['id']}"
    world.coordinator.post(f"{path}/publish").expect(200)
    world.member().put(f"/v1/activities/{part['id']}/sign-up").expect(200)
    answer = world.coordinator.get(f"{path}/roster")
    page = answer.body.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "王小明" in page and "早班" in page and "@page" in page and "主办方投保" in page
    assert "&lt;东门&gt; &amp; 西门" in page
    other = world.staff("coordinator", world.make("/v1/units", kind="village", name="外村")["id"])
    other.get(f"{path}/roster").expect(404)


def test_search(world):
    """By place, time, category, skill, words, and free places."""
    place, skill = unique("园"), unique("skill")[:40]
    near = whole(world, place=f"{place}东门", skill=skill, title="理发义诊")
    later = whole(world, place=f"{place}西门", starts_in_hours=300, category="sharing")
    taken = whole(world, place=place, capacity=1)
    for made in (near, later, taken):
        world.coordinator.post(f"/v1/activities/{made['id']}/publish").expect(200)
    world.member().put(f"/v1/activities/{taken['id']}/sign-up").expect(200)

    def found(**query):
        items = world.api.get("/v1/activities", query=query | {"place": place}).expect(200)["items"]
        return [item["id"] for item in items]

    assert found() == [near["id"], later["id"], taken["id"]]
    assert found(category="sharing") == [later["id"]]
    assert found(skill=skill) == [near["id"]]
    assert found(q="义诊") == [near["id"]]
    assert found(open="true") == [near["id"], later["id"]]
    assert found(**{"from": later["starts_at"]}) == [later["id"]]
    assert found(to=later["starts_at"]) == [near["id"], taken["id"]]
    assert found(q="100%") == []
