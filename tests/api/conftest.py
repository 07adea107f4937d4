"""Fixtures for tests of the market."""

import pytest

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
