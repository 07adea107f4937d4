"""The rules of this project that no other tool knows: prints what breaks them, FILE:LINE: RULE.

- Rooms include only themselves and lower rooms (docs/architecture.md); the plugin SDK includes
  nothing of the server's.
- Some functions of libc are refused: each has a better one.
- The API reaches the teller by src/api/submit.c alone, which holds that a key was required.
- A function has at most 60 lines, a file 600. Tables are not functions.
"""

import re
import sys
from pathlib import Path

ROOMS = (
    "base store http plugin outbox people ledger market service assess jobs api cli".split()
)
BANNED = {
    "strcpy": "snprintf or a buffer",
    "strncpy": "snprintf or memcpy",
    "strcat": "a buffer",
    "strncat": "a buffer",
    "sprintf": "snprintf",
    "vsprintf": "vsnprintf",
    "gets": "fgets",
    "atoi": "strtoll with checks",
    "atol": "strtoll with checks",
    "atoll": "strtoll with checks",
    "strtok": "strsep on a copy",
    "rand": "randombytes",
    "alloca": "an arena",
    "system": "posix_spawn",
}
TELLER = re.compile(r"\bapp->teller\b")
TELLERS_DOOR = "src/api/submit.c"
LONGEST_FUNCTION = 60
LONGEST_FILE = 600

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')
BANNED_CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED))
COMMENT_OR_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL
)


def blank_out(source):
    """The source without its comments and literals, every line where it was."""
    return COMMENT_OR_LITERAL.sub(lambda m: "\n" * m.group().count("\n") or " ", source)


def may_include(path, included):
    """`path` and `included` are relative to the root and to src: "src/http/parse.c", "base/log.h"."""
    if path.startswith("include/"):
        return included.split("/")[0] not in ROOMS
    if not path.startswith("src/") or path.count("/") < 2:
        return True
    room, other = path.split("/")[1], included.split("/")[0]
    if other not in ROOMS or "/" not in included:
        return True
    return ROOMS.index(other) <= ROOMS.index(room)


def check_includes(path, source):
    for number, line in enumerate(source.splitlines(), 1):
        found = INCLUDE.match(line)
        if found and not may_include(path, found[1]):
            yield number, f"may not include {found[1]}, which is a higher room"


def check_banned(source):
    for number, line in enumerate(blank_out(source).splitlines(), 1):
        for call in BANNED_CALL.finditer(line):
            yield number, f"{call[1]} is banned: use {BANNED[call[1]]}"


def check_teller(path, source):
    if not path.startswith("src/api/") or path == TELLERS_DOOR:
        return
    for number, line in enumerate(blank_out(source).splitlines(), 1):
        if TELLER.search(line):
            yield number, "use call_submit or call_teller: what moves points requires a key"


def check_functions(source):
    """The formatter puts a function's braces, and no others, at the start of a line."""
    start = None
    for number, line in enumerate(blank_out(source).splitlines(), 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            if number - start - 1 > LONGEST_FUNCTION:
                yield start, f"a function of {number - start - 1} lines, over {LONGEST_FUNCTION}"
            start = None


def check_length(source):
    lines = source.count("\n")
    if lines > LONGEST_FILE:
        yield 1, f"a file of {lines} lines, over {LONGEST_FILE}"


def check_file(path, source):
    """`path` relative to the root, with slashes. Yields (line, what is wrong)."""
    yield from check_length(source)
    if path.endswith((".c", ".h")):
        yield from check_includes(path, source)
        yield from check_banned(source)
        yield from check_teller(path, source)
        yield from check_functions(source)


def sources(root):
    for folder in ("src", "include", "plugins", "tests", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".c", ".h", ".py", ".sh"):
                yield path
    yield root / "dev"


def main():
    root = Path(__file__).resolve().parents[2]
    broken = 0
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        for line, message in check_file(name, path.read_text(encoding="utf-8")):
            print(f"{name}:{line}: {message}")
            broken += 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
