"""Adds up what the suites of `./dev test` reported.

Usage: tally.py FOLDER. For each SUITE.status (the exit code) there is SUITE.xml as ctest or pytest
wrote it; a suite without one (a fuzzer, a failed build) counts as one test. The last line printed
is the project's result: "N passed, N failed[, N skipped]".
"""

import sys
import xml.etree.ElementTree as xml
from collections import Counter
from pathlib import Path

PYTEST_FOUND_NO_TESTS = 5


def count_report(path):
    """Sums the suites of one JUnit file."""
    root = xml.parse(path).getroot()
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    counts = Counter()
    for suite in suites:
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0)) + int(suite.get("disabled", 0))
        counts["failed"] += failed
        counts["skipped"] += skipped
        counts["passed"] += int(suite.get("tests", 0)) - failed - skipped
    return counts


def count_suite(status_path):
    status = int(status_path.read_text())
    report = status_path.with_suffix(".xml")
    if not report.exists():
        return Counter(passed=int(status == 0), failed=int(status != 0))
    try:
        counts = count_report(report)
    except xml.ParseError:
        counts = Counter(failed=1)  # cut short
    if status not in (0, PYTEST_FOUND_NO_TESTS) and counts["failed"] == 0:
        counts["failed"] = 1  # it died before or after its tests: that is no success
    return counts


def main(folder):
    total = Counter()
    for status_path in sorted(Path(folder).glob("*.status")):
        counts = count_suite(status_path)
        if counts["failed"]:
            print(f"{status_path.stem}: {counts['failed']} failed")
        total += counts
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {total['failed']} failed{skipped}")
    return 0 if total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
