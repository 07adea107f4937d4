"""
README.md's walk, typed as it stands there against a fresh demo: each block prints what the page
shows. After a change that is meant, LINLI_UPDATE_README=1 writes what is printed into the page.
"""

import os
import re
import subprocess

from support.server import BINARY, ROOT, Server

README = ROOT / "README.md"
BLOCK = re.compile(r"```(sh|text)\n(.*?)```\n", re.DOTALL)
END_OF_BLOCK = "=== end of block ==="

# Instead of the person who reads the log and types the code.
TYPE_THE_CODE = r"""
read() {
    until code=$(grep -o '"code":"[0-9]*"' "$SERVER_LOG" | tail -n 1 | grep -o '[0-9]*'); do
        sleep 0.05
    done
}
"""

# What differs from run to run; the demo itself is the same each time.
CHANGING = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"([0-9A-Z]{4}-){4}[0-9A-Z]", "VOUCHER"),
    (r'"\d+-\d+-\d+"', "TRANSFER"),
    (r'"17179[0-9]{6}"', "NUMBER"),  # of this start: those of the plugins that came with it go first
    (r"\d+ blocks", "BLOCKS"),
    (r"\d+ checkpoints", "CHECKPOINTS"),
    (r"\d+ rows", "ROWS"),
    (r"\d+\.\d s\b", "SECONDS"),
)


def walk(page):
    """Where the walk begins and ends in the page."""
    begin = page.index("\n## A walk\n")
    return begin, page.index("\n## ", begin + 1)


def type_in(blocks, server):
    """What each of the blocks prints."""
    script = TYPE_THE_CODE + "".join(f"{block}echo '{END_OF_BLOCK}'\n" for block in blocks)
    script = script.replace("127.0.0.1:8080", server.address).replace("build/linli", str(BINARY))
    done = subprocess.run(
        ["bash", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=server.environment(SERVER_LOG=str(server.log_path)),
        timeout=60,
    )
    return done.stdout.split(f"{END_OF_BLOCK}\n")[:-1]


def steady(text):
    for pattern, word in CHANGING:
        text = re.sub(pattern, word, text)
    return text


def with_outputs(page, outputs):
    """The page with these instead of its outputs; a block that prints nothing has none."""
    begin, end = walk(page)
    printed = iter([output for output in outputs if output])
    new = BLOCK.sub(
        lambda block: f"```text\n{next(printed)}```\n" if block[1] == "text" else block[0],
        page[begin:end],
    )
    return page[:begin] + new + page[end:]


def blocks_of(page, kind):
    begin, end = walk(page)
    return [block[2] for block in BLOCK.finditer(page, begin, end) if block[1] == kind]


def test_the_readmes_walk_prints_what_the_page_shows():
    with Server(arguments=["--demo=small"]) as server:
        outputs = type_in(blocks_of(README.read_text(), "sh"), server)
    if os.environ.get("LINLI_UPDATE_README"):
        README.write_text(with_outputs(README.read_text(), outputs))
    printed = [steady(output) for output in outputs if output]
    assert printed == [steady(text) for text in blocks_of(README.read_text(), "text")]
