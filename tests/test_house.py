"""The house and its words: folders that a stranger can read, the field's language."""

from __future__ import annotations

import pydoc
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import ningde_sim
from ningde_sim.engine import rules

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ningde_sim"

FOLDERS = {
    *("_support", "data", "engine", "improve", "learn", "measures", "plant", "plots"),
    *("report", "sensitivity", "shipping", "statistics", "studies", "theory", "year"),
}

TWICE = {"__init__.py", "read.py", "schema.py"}
"""The only names that more than one folder has: a schema and its reader belong to each file."""

OLD_WORDS = re.compile(r"\b(luck|doubt|doubts|doubtful|twins?|ledgers?|worth)\b", re.IGNORECASE)
"""Words that stood for random variation, uncertainty, repeats, the critical path and gains."""


def modules() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts]


def read_by_users() -> Iterator[Path]:
    """What the old words may not stand in."""
    yield ROOT / "README.md"
    yield ROOT / "CONTRIBUTING.md"
    for folder in (PACKAGE, ROOT / "examples", ROOT / "notebooks"):
        for path in folder.rglob("*"):
            if path.suffix in {".py", ".toml", ".md", ".ipynb"} and "." not in path.parts:
                yield path


def test_the_top_of_the_package_is_eight_files_at_most_and_the_folders() -> None:
    entries = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert {path.name for path in entries if path.is_dir()} == FOLDERS
    assert sum(path.is_file() for path in entries) <= 8


def test_no_file_name_stands_twice() -> None:
    names = Counter(path.name for path in modules())
    assert {name for name, n in names.items() if n > 1} <= TWICE


def test_imports_run_down_thirteen_layers_at_most_without_exception() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = config["contracts"][0]["layers"]
    assert len(layers) <= 13
    named = {name for layer in layers for name in re.findall(r"\w+", layer)}
    assert named >= FOLDERS
    assert not [contract for contract in config["contracts"] if "ignore_imports" in contract]


def test_modules_say_their_one_idea_first() -> None:
    for path in modules():
        if "data" not in path.parts:
            assert path.read_text("utf-8").startswith('"""'), path


@pytest.mark.parametrize("path", [*read_by_users()], ids=lambda path: str(path.relative_to(ROOT)))
def test_old_words_are_gone(path: Path) -> None:
    text = re.sub(r'"image/png": "[^"]*"', "", path.read_text("utf-8"))
    assert [match[0] for match in OLD_WORDS.finditer(text)] == []


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (ningde_sim.Failure, ("MTBF", "MTTR", "ODF", "TDF")),
        (ningde_sim.ShopRun, ("JPH",)),
        (ningde_sim.replicate, ("replication", "Monte Carlo")),
        (ningde_sim.compare, ("common random numbers",)),
        (ningde_sim.sweep, ("common random numbers",)),
        (rules, ("stochastic", "blocking", "starved")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_help_holds_the_words_of_the_field(thing: object, words: tuple[str, ...]) -> None:
    text = pydoc.render_doc(thing, renderer=pydoc.plaintext).lower()
    assert [word for word in words if word.lower() not in text] == []


def test_the_rules_are_seventeen_and_name_every_state() -> None:
    text = rules.__doc__ or ""
    assert re.findall(r"^\*\*(\d+)\. ", text, re.MULTILINE) == [str(n) for n in range(1, 18)]
    assert all(state in text for state in rules.STATES)


@pytest.mark.parametrize(
    "word", ["MTBF", "MTTR", "JPH", "OEE", "common random numbers", "ODF", "TDF", "Monte Carlo"]
)
def test_the_readme_holds_the_words_of_the_field(word: str) -> None:
    assert word in (ROOT / "README.md").read_text("utf-8")


def test_the_files_named_for_a_change_are_there() -> None:
    """In the table of CONTRIBUTING, as many as it says."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| ([a-z][^|]+) \| (\d) \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) == 12
    for change, n, files in rows:
        paths = re.findall(r"`([\w/-]+\.(?:py|toml))`", files)
        assert len(paths) + files.startswith("a module") == int(n), change
        for path in paths:
            assert (PACKAGE / path).is_file() or (ROOT / path).is_file(), path
