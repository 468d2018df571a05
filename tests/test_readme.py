"""What the README says is so."""

import re
from importlib.metadata import metadata
from pathlib import Path

import pytest

from ningde_sim import Scale, compare, ningde_2021, read_shop, scenario, simulate_year
from ningde_sim.facts import FACTS, PUBLISHED

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", README, re.DOTALL)
"""Code, and the output printed below it, "" where it has none."""

SLOW = ("replicate(", "sweep(")

EACH = [
    pytest.param(code, output, marks=[pytest.mark.slow] * any(call in code for call in SLOW))
    for code, output in BLOCKS
]


@pytest.mark.parametrize(("code", "output"), EACH)
def test_its_python_prints_what_stands_below_it(code, output, capsys, monkeypatch, tmp_path):
    """Each block by itself, as it stands; its plots go to the folder where it runs."""
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README block", "exec"), {})
    printed = capsys.readouterr().out
    assert printed
    if output:
        assert printed.rstrip("\n") == output.rstrip("\n")


def test_its_own_plant_runs_for_its_year(tmp_path):
    """Its two files as they stand: the rate of the press, less what its failures take."""
    (block,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    shop, plan = re.split(r"# -+\n", block)
    (tmp_path / "frames.toml").write_text(shop, "utf-8")
    (tmp_path / "year.toml").write_text(plan, "utf-8")
    assert read_shop(tmp_path / "frames.toml").n_stations == 3
    year = simulate_year(scenario(tmp_path / "year.toml"), seed=0)
    hours = year.lost_hours.loc["nominal", "frames"]
    assert hours == (261 - 7) * 15.5  # weekdays and holidays in Germany; two shifts less 30 min
    assert 0.94 * hours * 80 < year.vehicles < hours * 80  # 45 s; two stations with 12 min in 8 h


@pytest.mark.slow
def test_the_month_is_not_the_year():
    """What it says that a faster finish line brings, in the month and in the year."""
    shop, plan, faster = ningde_2021(), scenario("ningde-2021").typical(), Scale(0.95)
    paths = [f"{name}.finish.cycle_time" for name in ("body_shop", "body_shop_before")]
    quicker = shop.replace({"stations.FIN-*.cycle_time": faster})
    month = compare(shop, quicker, hours=500, warm_up=20, runs=16, seed=0).difference()
    year = compare(plan, plan.replace(dict.fromkeys(paths, faster)), runs=16, seed=0).difference()
    bodies, vehicles = (f"{d.value:.0f} ({d.low:.0f} to {d.high:.0f})" for d in (month, year))
    assert f"5 % faster brings {bodies} bodies in this month, but {vehicles} vehicles" in README


def test_it_is_a_front_page():
    """A page and a half; a month in five lines, each question in eight lines of code at most."""
    assert len(README.splitlines()) <= 150
    first, *questions = [code.strip().splitlines() for code, _ in BLOCKS]
    assert len(first) == 5
    assert [len([line for line in lines if line]) <= 8 for lines in questions] == [True] * 3
    assert all(output for _, output in BLOCKS[1:])


def test_its_facts_are_those_of_the_package():
    """Robots, targets, date, the tuned cycle."""
    shop = ningde_2021()
    assert f"article of {PUBLISHED}" in README
    assert f"{FACTS['F2'].value('robots')} robots after the retooling" in README
    assert f"{FACTS['F2'].value('bodies_per_month'):,} bodies a month" in README
    assert f"{FACTS['F3'].value('vehicles_per_year'):,} vehicles a year" in README
    assert f"finish line's {shop.station('FIN-010').cycle_time:g} s" in README
    assert f"{sum(robot.role == 'weld' for robot in shop.robots)} robots that weld" in README


def test_its_files_are_there():
    """Files that it shows or links to."""
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_the_citation_is_of_this_version():
    """Its version, title and license are those of the package."""
    lines = (ROOT / "CITATION.cff").read_text("utf-8").splitlines()
    citation = dict(line.split(": ", 1) for line in lines if ": " in line)
    package = metadata("ningde-sim")
    assert citation["version"] == package["Version"]
    assert citation["license"] == package["License-Expression"]
    assert "ningde_sim" in citation["title"]
