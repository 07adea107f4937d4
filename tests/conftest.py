"""Fixtures and rules for all Python tests."""

import os
import signal

import pytest

from support import plugins
from support.server import Server
from support.sms import SmsGateway

USUAL_LIMIT_SECONDS = 120
DEEP = bool(os.environ.get("LINLI_DEEP"))


@pytest.fixture(scope="session")
def deep():
    """True under `./dev test --deep`: kill more often, run longer."""
    return DEEP


@pytest.fixture(scope="session")
def sms():
    """Where the servers below send sign-in codes: `sms.code(phone)`."""
    with SmsGateway() as gateway:
        yield gateway


@pytest.fixture(scope="session")
def server(sms):
    """One server for the whole run, without demo data. Tests share it: make your own units,
    members and rewards, stop nothing, enforce no audit rule, and count only what is yours."""
    with Server(sms.options | plugins.TRUSTED) as running:
        yield running


@pytest.fixture
def api(server):
    """The shared server as a stranger sees it."""
    client = server.api()
    yield client
    client.close()


@pytest.fixture
def fresh_server(sms):
    """A server with an empty database, for one test: kill it, restart it, break its database."""
    with Server(sms.options) as running:
        yield running


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("deep") and not DEEP:
            item.add_marker(pytest.mark.skip(reason="only with ./dev test --deep"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """No test hangs: setup, test and teardown together have two minutes, or `limit(seconds)`."""
    marker = item.get_closest_marker("limit")
    seconds = marker.args[0] if marker else USUAL_LIMIT_SECONDS

    def too_long(*_):
        raise TimeoutError(f"the test took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds * (5 if DEEP else 1))
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
