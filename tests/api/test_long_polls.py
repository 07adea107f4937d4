"""Waiting for news: GET /v1/wallet?version=…&wait=… stands for every long-poll."""

import random
import socket
import threading
import time
import uuid

import pytest

from support.parallel import in_parallel
from support.processes import wait_until
from support.server import Server

PASSWORD = "correct horse battery"


def administrator(server):
    login = f"poll-{uuid.uuid4().hex[:12]}"
    server.cli("admin", "create", f"--login={login}", input=f"{PASSWORD}\n")
    api = server.api()
    session = api.post("/v1/sign-in/staff", {"login": login, "password": PASSWORD}).expect(200)
    return api.signed_in(session["access_token"])


class Town:
    """Two administrators, who together give points, and members."""

    def __init__(self, server, sms):
        self.server, self.sms = server, sms
        self.first, self.second = administrator(server), administrator(server)
        self.unit = self.first.post("/v1/units", {"kind": "street", "name": "等候街"}).expect(201)

    def member(self):
        phone = f"+86199{random.randrange(10**8):08}"
        consented = {"name": "候讯", "phone": phone, "unit_id": self.unit["id"], "consent": True}
        self.first.post("/v1/members", consented).expect(201)
        api = self.server.api()
        api.post("/v1/sign-in/codes", {"phone": phone}).expect(202)
        code = {"phone": phone, "code": self.sms.code(phone)}
        session = api.post("/v1/sign-in/phone", code).expect(200)
        member = api.signed_in(session["access_token"])
        member.id = session["account"]["id"]
        return member

    def give(self, member, points="1.00"):
        wanted = {"kind": "adjust", "member_id": member.id, "points": points, "reason": "奖励一分"}
        proposal = self.first.post("/v1/proposals", wanted).expect(201)
        self.second.post(f"/v1/proposals/{proposal['id']}/approve", key=True).expect(200)


@pytest.fixture(scope="module")
def town(server, sms):
    return Town(server, sms)


def wait_for_news(member, seconds):
    """(answer, how long it took)"""
    version = member.get("/v1/wallet").expect(200)["version"]
    start = time.monotonic()
    answer = member.get("/v1/wallet", query={"version": version, "wait": seconds})
    return answer, time.monotonic() - start


class Waiting(threading.Thread):
    def __init__(self, member, seconds=20):
        super().__init__()
        self.member, self.seconds = member, seconds
        self.start()

    def run(self):
        self.answer, self.took = wait_for_news(self.member, self.seconds)


def waiting_count(server):
    for line in server.api().get("/metrics").body.decode().splitlines():
        if line.startswith("linli_api_long_polls_waiting "):
            return int(line.split()[1])
    raise AssertionError("no such metric")


def test_it_answers_soon_after_points_moved(town):
    member = town.member()
    waiting = Waiting(member)
    time.sleep(1)
    assert waiting.is_alive()
    moved = time.monotonic()
    town.give(member, "7.00")
    waiting.join(5)
    assert not waiting.is_alive()
    assert time.monotonic() - moved < 2
    assert waiting.answer.expect(200)["available"] == "7.00"


def test_it_answers_with_what_there_is_when_time_is_up(town):
    answer, took = wait_for_news(town.member(), 1)
    answer.expect(200)
    assert 0.9 <= took < 3


def test_what_moves_for_others_is_no_news(town):
    one, other = town.member(), town.member()
    waiting = Waiting(one, 3)
    time.sleep(0.5)
    town.give(other)
    waiting.join()
    assert waiting.took >= 2.9


def test_news_that_came_before_the_wait_is_answered_at_once(town):
    member = town.member()
    town.give(member)
    start = time.monotonic()
    member.get("/v1/wallet", query={"version": 0, "wait": 20}).expect(200)
    assert time.monotonic() - start < 2


def test_no_news_is_lost_between_two_waits(town):
    """Gives while the member asks again and again: the last version must show up each time."""
    member = town.member()
    for _ in range(5):
        waiting = Waiting(member)
        time.sleep(random.random() / 4)
        town.give(member)
        waiting.join(5)
        assert not waiting.is_alive()


def test_who_leaves_is_forgotten(town):
    member = town.member()
    version = member.get("/v1/wallet").expect(200)["version"]
    host, _, port = town.server.address.rpartition(":")
    before = waiting_count(town.server)
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            f"GET /v1/wallet?version={version}&wait=30 HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {member.token}\r\n\r\n".encode()
        )
        wait_until(lambda: waiting_count(town.server) == before + 1, 5, "the wait")
    wait_until(lambda: waiting_count(town.server) == before, 5, "the wait to be given up")


def test_too_many_who_wait_are_shed_and_a_stop_wakes_the_others(sms):
    with Server(sms.options | {"long_polls.most": 2}) as server:
        town = Town(server, sms)
        members = [town.member() for _ in range(3)]
        waiting = [Waiting(member) for member in members[:2]]
        wait_until(lambda: waiting_count(server) == 2, 5, "two who wait")
        answer, took = wait_for_news(members[2], 20)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert took < 2
        start = time.monotonic()
        server.stop()
        for thread in waiting:
            thread.join()
            thread.answer.expect(200)
        assert time.monotonic() - start < 5


def test_many_wait_while_one_moves(town):
    members = [town.member() for _ in range(20)]
    waiting = [Waiting(member, 4) for member in members]
    time.sleep(1)
    town.give(members[0])
    for thread in waiting:
        thread.join()
    assert waiting[0].took < 3.5
    assert all(thread.took >= 3.9 for thread in waiting[1:])
    assert in_parallel(lambda m: m.get("/v1/wallet").status, members) == [200] * 20
