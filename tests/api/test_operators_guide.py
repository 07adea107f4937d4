"""What docs/operations.md tells operators to type, typed as it stands there against a demo."""

import re
import subprocess

import pytest

from support.server import BINARY, ROOT, Server

PAGE = (ROOT / "docs" / "operations.md").read_text()
BLOCK = re.compile(r"```sh\n(.*?)```\n", re.DOTALL)
SECTIONS = (
    "Keys",
    "Backup and restore",
    "Staff and units",
    "Exports",
    "Upgrade",
    "When something is wrong",
)


def blocks(section):
    begin = PAGE.index(f"\n## {section}\n")
    end = PAGE.find("\n## ", begin + 1)
    return [block[1] for block in BLOCK.finditer(PAGE, begin, end)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with Server(arguments=["--demo=small"]) as server:
        server.folder = tmp_path_factory.mktemp("operator")
        yield server


@pytest.mark.parametrize("section", SECTIONS)
def test_a_sections_commands_do_what_they_say(demo, section):
    commands = "".join(blocks(section)).replace("/var/backups/linli", f"{demo.folder}/backups")
    assert commands
    done = subprocess.run(
        ["bash", "-ec", f'linli() {{ "{BINARY}" "$@"; }}\n{commands}'],
        cwd=demo.folder,
        env=demo.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"


def test_the_restore_that_the_page_describes(demo):
    """Its three steps, after the backup that the page has made."""
    saved = next((demo.folder / "backups").glob("linli-*Z"))
    whole = demo.cli("restore", saved, "--check").stdout
    assert "is whole" in whole
    assert (demo.folder / "backups" / "erased.txt").read_text().startswith("# as of ")
