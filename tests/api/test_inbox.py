"""The inbox: what people are told, in their language, at once, and only they."""

import threading
import time

KIND_CANCELLED = 2


def tell(world, member, title="洁净家园"):
    """A notice written past the server, as another server of the database would."""
    details = '{"title": "%s", "reason": "台风"}' % title
    columns = "account_id, kind, ref, details, created_us, read_us"
    row = (member.id, KIND_CANCELLED, 7, details, world.now_us(), 0)
    world.insert("notices", columns, [row])


def test_notices_come_newest_first_and_are_worded_for_the_reader(world):
    member = world.member()
    assert member.get("/v1/inbox").expect(200) == {
        "items": [], "next": None, "newest": None, "unread": 0
    }  # fmt: skip
    tell(world, member, "早的")
    tell(world, member, "晚的")
    inbox = member.get("/v1/inbox").expect(200)
    assert [item["details"]["title"] for item in inbox["items"]] == ["晚的", "早的"]
    assert inbox["items"][0]["text"] == "活动“晚的”已取消：台风"
    assert inbox["items"][0]["kind"] == "activity_cancelled"
    assert inbox["newest"] == inbox["items"][0]["id"]
    english = member.get("/v1/inbox", headers={"Accept-Language": "en"}).expect(200)
    assert english["items"][1]["text"] == "“早的” was cancelled: 台风"


def test_reading_is_counted_once_and_is_the_readers_own(world):
    member, stranger = world.members(2)
    tell(world, member)
    tell(world, member)
    first = member.get("/v1/inbox").expect(200)["items"][0]
    path = f"/v1/inbox/{first['id']}/read"
    stranger.post(path).expect(404)
    assert member.get("/v1/inbox").expect(200)["unread"] == 2
    member.post(path).expect(204)
    read_at = member.get("/v1/inbox").expect(200)["items"][0]["read_at"]
    member.post(path).expect(204)
    inbox = member.get("/v1/inbox").expect(200)
    assert (inbox["unread"], inbox["items"][0]["read_at"]) == (1, read_at)
    assert stranger.get("/v1/inbox").expect(200)["items"] == []


def test_who_waits_is_told_at_once(world):
    member = world.member()
    tell(world, member)
    seen = member.get("/v1/inbox").expect(200)["newest"]
    answers = []

    def wait():
        start = time.monotonic()
        inbox = member.get("/v1/inbox", query={"newest": seen, "wait": 20}).expect(200)
        answers.append((inbox, time.monotonic() - start))

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(1)
    tell(world, member, "新的")
    waiting.join()
    inbox, took = answers[0]
    assert inbox["items"][0]["details"]["title"] == "新的"
    assert 1 <= took < 5


def test_no_news_is_answered_when_the_time_is_over(world):
    member = world.member()
    start = time.monotonic()
    assert member.get("/v1/inbox", query={"wait": 1}).expect(200)["newest"] is None
    assert time.monotonic() - start >= 0.9
