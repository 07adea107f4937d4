"""Pages of documentation whose commands are typed by tests, and whose outputs are compared."""

import re

BLOCK = re.compile(r"```(sh|text)\n(.*?)```\n", re.DOTALL)
END_OF_BLOCK = "=== end of block ==="


def section(page, title):
    """Where a section begins and ends in the page."""
    begin = page.index(f"\n## {title}\n")
    end = page.find("\n## ", begin + 1)
    return begin, end if end >= 0 else len(page)


def blocks(page, title, kind):
    return [found[2] for found in BLOCK.finditer(page, *section(page, title)) if found[1] == kind]


def script_of(commands):
    """A shell script that says where each block ends."""
    return "".join(f"{block}echo '{END_OF_BLOCK}'\n" for block in commands)


def outputs_of(printed):
    """What each block printed; a block that prints nothing has no output on the page."""
    return [output for output in printed.split(f"{END_OF_BLOCK}\n")[:-1] if output]


def with_outputs(page, title, outputs):
    """The page with these instead of its outputs."""
    begin, end = section(page, title)
    printed = iter(outputs)
    new = BLOCK.sub(
        lambda found: f"```text\n{next(printed)}```\n" if found[1] == "text" else found[0],
        page[begin:end],
    )
    return page[:begin] + new + page[end:]
