"""Many strangers at one door: those who belong inside still come in."""

import http.client
import json
import threading

from support.clock import TimeServer
from support.processes import wait_until
from support.server import Server
from support.world import PASSWORD, World, unique

STRANGERS = 12
OPTIONS = {"sign_in.failures_per_network": "5", "sign_in.passwords_at_once": "1"}


def sign_in(server, login, password, address="127.0.0.1"):
    """From an address of one's own: the whole of 127/8 is this machine."""
    connection = http.client.HTTPConnection(server.address, timeout=30, source_address=(address, 0))
    try:
        body = json.dumps({"login": login, "password": password})
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/v1/sign-in/staff", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_guessers_do_not_take_the_places_of_those_who_know(sms):
    with Server(sms.options | OPTIONS) as server:
        world, login = World(server), unique("honest")
        world.make("/v1/staff", role="auditor", login=login, password=PASSWORD, display_name="审计")
        answers, stop = set(), threading.Event()

        def guess():
            while not stop.is_set():
                answers.add(sign_in(server, unique("nobody"), "wrong guess"))

        strangers = [threading.Thread(target=guess) for _ in range(STRANGERS)]
        for stranger in strangers:
            stranger.start()
        try:
            wait_until(lambda: 429 in answers, 30, "the strangers' network to be throttled")
            wait_until(lambda: sign_in(server, login, PASSWORD, "127.0.7.1") == 200, 10, "a way in")
            # Trusted from now on.
            known = [sign_in(server, login, PASSWORD, "127.0.7.1") for _ in range(10)]
        finally:
            stop.set()
            for stranger in strangers:
                stranger.join()
        assert known == [200] * 10


def test_who_failed_while_the_clock_was_ahead_waits_no_longer_for_it(sms):
    with TimeServer("2030-03-01T10:00:00+08:00", sms.options) as server:
        server.advance(days=300)
        while sign_in(server, "nobody", "wrong guess") != 429:
            pass
        server.advance(days=-300)
        assert sign_in(server, "nobody", "wrong guess") == 401
