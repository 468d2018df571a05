"""The table of speeds: filled by the benchmarks, printed, written into the README beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parent / "README.md"
MARKS = re.compile(r"(<!-- speeds: begin -->\n).*?(<!-- speeds: end -->)", re.DOTALL)
ROWS = pytest.StashKey[list[tuple[str, str]]]()


def pytest_addoption(parser):
    """`--write-readme` puts the table into the README beside this file."""
    parser.addoption(
        "--write-readme", action="store_true", help="write the speeds to tests/benchmarks/README.md"
    )


def pytest_configure(config):
    """No rows yet."""
    config.stash[ROWS] = []


@pytest.fixture
def report(request):
    """Add a row: what, and how much."""
    return lambda what, value: request.config.stash[ROWS].append((what, value))


def pytest_terminal_summary(terminalreporter, config):
    """Print the table; write it where it was asked for."""
    rows = config.stash[ROWS]
    table = "| measured | |\n|---|---|\n" + "".join(f"| {a} | {b} |\n" for a, b in rows)
    terminalreporter.write("\n" + table)
    if config.getoption("--write-readme") and rows:
        README.write_text(MARKS.sub(rf"\g<1>{table}\g<2>", README.read_text()))
