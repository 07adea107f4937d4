"""A lint that cannot find anything is a bug: each rule is shown what it must refuse."""

import pytest
from lint.house_rules import check_file


def messages(path, source):
    return [f"{line}: {message}" for line, message in check_file(path, source)]


def function_of(lines):
    return "int f(void)\n{\n" + "    work();\n" * lines + "}\n"


@pytest.mark.parametrize(
    "path, included, allowed",
    [
        ("src/ledger/book.c", "base/log.h", True),
        ("src/ledger/book.c", "ledger/book.h", True),
        ("src/ledger/book.c", "market/redemption.h", False),
        ("src/base/log.c", "store/db.h", False),
        ("src/api/routes.c", "cli/cli.h", False),
        ("src/main.c", "cli/cli.h", True),
        ("src/plugin/host.c", "linli/plugin.h", True),
        ("include/linli/plugin.h", "base/base.h", False),
        ("include/linli/plugin.h", "linli/version.h", True),
    ],
)
def test_rooms_include_only_lower_rooms(path, included, allowed):
    assert (messages(path, f'#include "{included}"\n') == []) == allowed


@pytest.mark.parametrize("call", ["strcpy(a, b)", "atoi (a)", "system(a)", "x = rand()"])
def test_banned_functions_are_refused(call):
    assert len(messages("src/base/log.c", f"\n    {call};\n")) == 1


@pytest.mark.parametrize(
    "innocent",
    [
        "/* never strcpy(a, b) */",
        "// sprintf(a)",
        'log("system(1)");',
        "own_strtok(a);",
        "host->system(a);",
        "strtoll(a, &end, 10);",
    ],
)
def test_words_that_only_look_banned_pass(innocent):
    assert messages("src/base/log.c", innocent + "\n") == []


def test_the_api_has_one_door_to_the_teller():
    line = "\n    teller_submit(call->app->teller, command);\n"
    assert len(messages("src/api/records.c", line)) == 1
    assert messages("src/api/submit.c", line) == messages("src/cli/serve.c", line) == []


def test_functions_have_at_most_sixty_lines():
    assert messages("src/base/log.c", function_of(60)) == []
    assert len(messages("src/base/log.c", function_of(61))) == 1


def test_tables_may_be_long():
    table = "static const int table[] = {\n" + "    1,\n" * 100 + "};\n"
    assert messages("src/base/log.c", table) == []


def test_files_have_at_most_six_hundred_lines():
    assert messages("tests/api/test_x.py", "x = 1\n" * 600) == []
    assert len(messages("tests/api/test_x.py", "x = 1\n" * 601)) == 1


def test_a_quote_inside_a_character_does_not_open_a_string():
    assert len(messages("src/base/log.c", "c = '\"'; strcpy(a, b); d = '\"';\n")) == 1
