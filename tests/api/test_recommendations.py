"""Recommendations say why: skills, place, free times, what was done before."""

import itertools
from datetime import datetime, timedelta, timezone

from support.world import Member, rfc3339

CHINA = timezone(timedelta(hours=8))


def evening(world, days):
    """18:30 to 20:30 in so many days: (start, end, weekday)."""
    now = datetime.fromtimestamp(world.now_us() / 1e6, CHINA)
    start = (now + timedelta(days=days)).replace(hour=18, minute=30, second=0, microsecond=0)
    times = (round(at.timestamp() * 1e6) for at in (start, start + timedelta(hours=2)))
    return *map(rfc3339, times), start.isoweekday()


def publish(world, unit_id, days=2, **terms):
    start, end, _ = evening(world, days)
    body = {"unit_id": unit_id, "category": "sharing", "title": "四点半课堂", "capacity": 5}
    made = world.make("/v1/activities", **(body | {"starts_at": start, "ends_at": end} | terms))
    world.administrator.post(f"/v1/activities/{made['id']}/publish").expect(200)
    return made["id"]


def join(world, unit_id):
    made = world.make("/v1/members", name="陈晚", unit_id=unit_id, consent=True)
    return Member(world, made["id"], "member")


def recommended(member):
    items = member.get("/v1/recommendations").expect(200)["items"]
    return {item["activity"]["id"]: [why["code"] for why in item["reasons"]] for item in items}


def place(world):
    """Two communities of one street, far from all others."""
    street = world.make("/v1/units", kind="street", name="远街")["id"]
    return [
        world.make("/v1/units", kind="community", name=name, parent_id=street)["id"]
        for name in ("东社区", "西社区")
    ]


def test_each_reason_is_named_and_the_best_come_first(world):
    """A member who offers evenings for children's homework help."""
    home, next_door = place(world)
    member = join(world, home)
    skills = world.api.get("/v1/skills").expect(200)["items"]
    homework = next(skill for skill in skills if skill["code"] == "homework_help")
    _, _, weekday = evening(world, 2)
    free = [{"weekday": weekday, "part": "evening"}]
    body = {"skills": [homework["id"]], "free_times": free}
    member.put("/v1/me/profile", body).expect(200)
    plain = publish(world, home, days=1)
    best = publish(world, next_door, skill="homework_help")
    beside = publish(world, next_door, days=1)
    shown = recommended(member)
    assert shown[best] == ["skill", "near", "free_time"]
    assert shown[plain] == ["own_unit"]
    assert shown[beside] == ["near"]
    ours = [found for found in shown if found in (plain, best, beside)]
    assert ours == [best, plain, beside]
    english = member.get("/v1/recommendations", headers={"Accept-Language": "en"}).expect(200)
    words = itertools.chain(*(item["reasons"] for item in english["items"]))
    assert "Wants a skill of yours" in [reason["text"] for reason in words]


def test_what_is_full_or_chosen_is_not_recommended(world):
    home, _ = place(world)
    member, other = join(world, home), join(world, home)
    chosen, full = publish(world, home), publish(world, home, capacity=1)
    member.put(f"/v1/activities/{chosen}/sign-up").expect(200)
    other.put(f"/v1/activities/{full}/sign-up").expect(200)
    assert chosen not in recommended(member) and full not in recommended(member)
    assert chosen in recommended(other)


def test_what_was_done_before_counts(world):
    member = world.member()
    world.award(world.records([member])[0]).expect(200)
    far, _ = place(world)
    again = publish(world, far, category="clean_homes", days=1)
    assert recommended(member)[again] == ["done_before"]
