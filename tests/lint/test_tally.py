"""The last line of `./dev test` must not be able to lie."""

import pytest
from support.tally import main


def report(folder, suite, status, tests=None, failures=0, errors=0, skipped=0):
    (folder / f"{suite}.status").write_text(f"{status}\n")
    if tests is not None:
        (folder / f"{suite}.xml").write_text(
            f'<testsuites><testsuite tests="{tests}" failures="{failures}" errors="{errors}"'
            f' skipped="{skipped}"/></testsuites>'
        )


@pytest.fixture
def tally(tmp_path, capsys):
    def run():
        status = main(tmp_path)
        return capsys.readouterr().out.splitlines()[-1], status

    return run


def test_sums_all_suites(tmp_path, tally):
    report(tmp_path, "unit", 0, tests=5)
    report(tmp_path, "python", 0, tests=4, skipped=1)
    assert tally() == ("8 passed, 0 failed, 1 skipped", 0)


def test_failures_and_errors_fail(tmp_path, tally):
    report(tmp_path, "unit", 0, tests=5)
    report(tmp_path, "python", 1, tests=4, failures=1, errors=2)
    assert tally() == ("6 passed, 3 failed", 1)


def test_a_suite_without_a_report_counts_as_one(tmp_path, tally):
    report(tmp_path, "fuzz_http", 0)
    report(tmp_path, "fuzz_json", 77)
    assert tally() == ("1 passed, 1 failed", 1)


def test_a_runner_that_died_is_a_failure_whatever_its_report_says(tmp_path, tally):
    report(tmp_path, "python", 139, tests=4)
    assert tally() == ("4 passed, 1 failed", 1)


def test_a_report_cut_short_is_a_failure(tmp_path, tally):
    report(tmp_path, "python", 0)
    (tmp_path / "python.xml").write_text("<testsuites><testsu")
    assert tally() == ("0 passed, 1 failed", 1)


def test_nothing_run_is_no_success(tmp_path, tally):
    report(tmp_path, "unit", 0, tests=0)
    report(tmp_path, "python", 5, tests=0)
    assert tally() == ("0 passed, 0 failed", 1)
    report(tmp_path, "unit", 0, tests=2, skipped=2)
    assert tally() == ("0 passed, 0 failed, 2 skipped", 1)
