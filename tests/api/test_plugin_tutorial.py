"""
docs/plugins.md, typed as it stands there by an author who has nothing but the installed SDK: from an
empty folder to a shop and a rule that run in a server. LINLI_UPDATE_README=1 writes what is printed
into the page.
"""

import os
import re
import socket
import subprocess

from support import pages
from support.processes import kill_all, processes_of
from support.server import BINARY, ROOT

PAGE = ROOT / "docs" / "plugins.md"
TITLE = "From nothing to a running shop"
FIRST = "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\nset -e\n"


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return str(any_port.getsockname()[1])


def steady(text):
    return re.sub(r"version \d+", "version ID", text)


def type_in(commands, home):
    """As on a machine of one's own: a home, a state directory, two ports."""
    state = home / "state"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    port = free_port()
    script = FIRST + pages.script_of(commands)
    script = script.replace("cmake --install build ", f"cmake --install '{BINARY.parent}' ")
    script = script.replace("8443", free_port()).replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    try:
        return subprocess.run(
            ["bash", "-c", script],
            cwd=home,
            env=plain | {"HOME": str(home), "LINLI_STATE_DIR": str(state), "LINLI_PORT": port},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        kill_all(processes_of(state))  # none, but when it took too long


def test_the_tutorial_prints_what_the_page_shows(tmp_path):
    page = PAGE.read_text()
    done = type_in(pages.blocks(page, TITLE, "sh"), tmp_path)
    log = tmp_path / "tea_house" / "server.log"
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{log.exists() and log.read_text()}"
    outputs = pages.outputs_of(done.stdout)
    if os.environ.get("LINLI_UPDATE_README"):
        PAGE.write_text(pages.with_outputs(page, TITLE, outputs))
    shown = pages.blocks(PAGE.read_text(), TITLE, "text")
    assert [steady(output) for output in outputs] == [steady(text) for text in shown]
