"""What the README says is so."""

import re
from importlib.metadata import metadata
from pathlib import Path

import pytest

from ningde_sim import ningde_2021, scenario
from ningde_sim.engine.rules import STATES
from ningde_sim.facts import FACTS, PUBLISHED

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def _some(slow):
    """Those that compare, sweep or verify take their time."""
    calls = ("compare(", "sweep(", "improve.gains(")
    return [n for n, block in enumerate(BLOCKS) if slow == any(call in block for call in calls)]


SLOW = [pytest.param(number, marks=pytest.mark.slow) for number in _some(slow=True)]


@pytest.mark.parametrize("number", [*_some(slow=False), *SLOW])
def test_its_python_runs(number, capsys, monkeypatch, tmp_path):
    """Each block by itself, as it stands."""
    monkeypatch.chdir(tmp_path)  # where its files go
    exec(compile(BLOCKS[number], f"README block {number}", "exec"), {})
    assert "bodies" in capsys.readouterr().out


def test_its_first_example_is_five_lines():
    """Import, plant, run, answer."""
    assert len(BLOCKS[0].splitlines()) == 5


def test_its_table_of_facts_is_that_of_the_package():
    """Robots, targets, date, the tuned cycle."""
    shop = ningde_2021()
    assert f"article of {PUBLISHED}" in README
    assert f"{FACTS['F2'].value('robots')} after the retooling" in README
    assert f"{FACTS['F2'].value('bodies_per_month'):,} bodies a month" in README
    assert f"{FACTS['F3'].value('vehicles_per_year'):,} vehicles a year" in README
    assert f"finish line {shop.station('FIN-010').cycle_time:g} s" in README
    assert f"{sum(robot.role == 'weld' for robot in shop.robots)} of them weld" in README


def test_its_pictures_are_there():
    """Files that it shows or links to."""
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (Path(__file__).parents[1] / target).is_file(), target


def test_its_scenario_files_are_read(tmp_path):
    """Each TOML block as a file."""
    blocks = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        path = tmp_path / "mine.toml"
        path.write_text(block.replace("\n  ", "\n"), "utf-8")
        assert scenario(path).get("retooling.full_stop_days").value == 12


def test_the_citation_is_of_this_version():
    """Its version, title and license are those of the package."""
    lines = (Path(__file__).parents[1] / "CITATION.cff").read_text("utf-8").splitlines()
    there = dict(line.split(": ", 1) for line in lines if ": " in line)
    told = metadata("ningde-sim")
    assert there["version"] == told["Version"]
    assert there["license"] == told["License-Expression"]
    assert "ningde_sim" in there["title"]


def test_its_rules_are_those_of_the_engines():
    """As many, and each of the states."""
    rules = README.partition("## The rules of the model")[2].partition("**What it does not")[0]
    assert re.findall(r"^(\d+)\. \*\*", rules, re.MULTILINE) == [str(n) for n in range(1, 15)]
    assert all(state in rules for state in STATES)
