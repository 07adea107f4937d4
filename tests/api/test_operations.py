"""The table of settings in docs/operations.md is that of the binary. LINLI_UPDATE_README=1 writes it."""

import os
import re

from support.server import ROOT, run_cli

PAGE = ROOT / "docs" / "operations.md"
TABLE = re.compile(r"(<!-- settings.*?-->\n)(.*?)(<!-- end of settings -->)", re.DOTALL)
SETTING = re.compile(r"# (?P<help>.*)\n#   (?P<type>.*); from .*\n(?P<name>[\w.]+) =(?P<value>.*)\n")


# How the binary says it, and how a narrow column does.
SHORTER = {
    "a size like 64k, 16M or 1G, ": "size, ",
    "a duration like 250ms, 30s, 5m, 12h or 30d, ": "time, ",
    "a whole number, ": "number, ",
    "; reloadable": "",
    "|": r"\|",
}


def row(setting):
    allows, mark = setting["type"], " *" if "; reloadable" in setting["type"] else ""
    for long, short in SHORTER.items():
        allows = allows.replace(long, short)
    default = setting["value"].strip().replace("|", r"\|")
    return f"| `{setting['name']}`{mark} | {default} | {allows} | {setting['help']} |"


def table():
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    settings = SETTING.finditer(run_cli("config", env=plain).stdout)
    head = ["", "| setting | default | allows | |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *map(row, settings), "", ""])


def test_the_table_of_settings_is_the_binarys():
    wanted = table()
    assert wanted.count("\n") > 40
    if os.environ.get("LINLI_UPDATE_README"):
        page = PAGE.read_text()
        PAGE.write_text(TABLE.sub(lambda match: match[1] + wanted + match[3], page))
    assert TABLE.search(PAGE.read_text())[2] == wanted
