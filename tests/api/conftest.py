"""Fixtures for tests of the market."""

import socket

import pytest

from support import plugins
from support.merchant_simulator import MerchantSimulator
from support.merchants import credential
from support.server import Server
from support.world import World


@pytest.fixture(scope="session")
def world(server):
    """The shared server's people. Make your own members and shops, count only what is yours."""
    return World(server)


@pytest.fixture
def market(world):
    """A shop of the test's own."""
    return world.market()


@pytest.fixture
def members(market):
    return market.members


# Merchants whose vouchers others issue


@pytest.fixture(scope="session")
def shop():
    with MerchantSimulator(seed=11, patience=0.4) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def tarpit():
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=500) as listening:
        yield f"localhost:{listening.getsockname()[1]}"


@pytest.fixture(scope="session")
def merchant_world(sms, shop, tarpit):
    """A server of its own, whose merchants have systems of their own."""
    patience = {"outbox.decide_after": "3s", "outbox.tell_for": "6s"}
    options = sms.options | shop.options | plugins.TRUSTED | patience
    options["outbox.private_hosts"] = f"{shop.host} {tarpit}"
    with Server(options) as server:
        world = World(server)
        for name in ("http_json", "coupon_pool", "donation", "voucher"):
            plugins.change(world.administrator, name, mode="enforced").expect(200)
        credential(world, "shop", shop.host).expect(200)
        yield world
        world.verify_ledger()


@pytest.fixture
def calm(shop):
    """A merchant that behaves."""
    shop.trouble = shop.declines = 0.0
    shop.down, shop.code, shop.echoes = False, None, False
    yield shop
    shop.trouble = shop.declines = 0.0
    shop.down, shop.code, shop.echoes = False, None, False
