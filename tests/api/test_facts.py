"""The catalogue of facts: the command line, the API and the guide say the same."""

import json
from pathlib import Path

from support.server import ROOT, run_cli


def test_the_guide_lists_the_catalogue_as_it_is():
    guide = (Path(ROOT) / "docs" / "facts.md").read_text()
    assert guide.endswith(run_cli("facts", "--markdown").stdout)


def test_the_api_and_the_command_line_list_the_same(server, world):
    listed = json.loads(run_cli("facts", "--json").stdout)
    assert {fact["name"] for fact in listed} >= {"member.redemptions_24h", "period.minutes"}
    assert world.administrator.get("/v1/facts").expect(200)["items"] == listed
    plain = run_cli("facts").stdout
    assert all(fact["name"] in plain for fact in listed)
