"""Each figure in the tables of tests/benchmarks/README.md is what the runs that it names give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from ningde_sim import (
    Comparison,
    Line,
    Scale,
    Scenario,
    Shop,
    ningde_2021,
    replicate,
    scenario,
    simulate,
    sweep,
)
from ningde_sim.statistics.estimate import Estimate

ROOT = Path(__file__).parents[1]
TEXT = "".join(
    (ROOT / name).read_text("utf-8") for name in ("README.md", "tests/benchmarks/README.md")
)
MONTHS = {"hours": 500, "warm_up": 20, "seed": 0, "progress": False}

pytestmark = pytest.mark.slow


def assert_written(words: str) -> None:
    print(words)  # what to write, should it differ
    assert words in TEXT


def rounded(x: float) -> str:
    """To three figures."""
    return f"{float(f'{x:.3g}'):,.0f}"


CHANGES = {
    "repair time -20 % at FIN-040": (
        {
            "stations.FIN-040.failures.*.repair.mean": Scale(0.8),
            "robots.FIN-040-R*.failures.*.repair.mean": Scale(0.8),
        },
        20,
    ),
    "store behind the roofs 60 to 30": ({"stores.roof.capacity": 30}, 10),
    "store of one door 60 to 45": ({"stores.door_fl.capacity": 45}, 10),
    "stores of all four doors 60 to 15": ({"stores.door_*.capacity": 15}, 10),
}


def test_how_many_runs_common_random_numbers_save() -> None:
    points = [{}, *(change for change, _ in CHANGES.values())]
    grid = sweep(ningde_2021(), points, runs=60, **MONTHS)
    for k, (name, (_, least)) in enumerate(CHANGES.items(), start=1):
        pair = Comparison(grid.study(0), grid.study(k))
        gain, saved = pair.difference(), pair.variance_reduction()
        assert saved.low > least
        times = f"{rounded(saved.value)} times ({rounded(saved.low)} to {rounded(saved.high)})"
        assert_written(f"| {name} | {signed(gain)} | {times} |")


def signed(gain: Estimate) -> str:
    value, low, high = (round(x) for x in (gain.value, gain.low, gain.high))
    return f"{'+' if value > 0 else ''}{value} ({low} to {high})"


def shorter(line: Line, factor: float) -> dict[str, object]:
    """All repairs of a line's stations and robots."""
    return {
        f"{group}.{owner.name}.failures.{mode.name}.repair": mode.repair.times(factor)
        for station in line.stations
        for group, owner in [("stations", station), *(("robots", r) for r in station.robots)]
        for mode in owner.failures
    }


def measured(shop: Shop, runs: int) -> pd.DataFrame:
    """Mean of the runs by line: repair on the path [h], cycles worked [share], down [h]."""
    lines = pd.Index([line.name for line in shop.lines], name="line")
    tables = []
    for run in range(runs):
        month = simulate(shop, run=run, critical_path=True, **MONTHS)
        path, stations = month.critical_path(), month.stations.groupby("line", sort=False)
        repairs = path[path["cause"] == "repair"].groupby("line")["hours"].sum()
        columns = {
            "repair": repairs.reindex(lines, fill_value=0.0),
            "used": stations["working"].max().reindex(lines) / month.hours,
            "down": stations["down"].sum().reindex(lines),
            "rate": month.throughput,
        }
        tables.append(pd.DataFrame(columns, index=lines))
    return sum(tables) / runs


def test_the_critical_path_ranks_the_lines_as_brute_force_does() -> None:
    """Repairs 20 % shorter in each line: no table of use or downtime ranks like it."""
    shop, runs = ningde_2021(), 30
    table = measured(shop, runs)
    grid = sweep(shop, [{}, *(shorter(line, 0.8) for line in shop.lines)], runs=runs, **MONTHS)
    base = grid.study(0)
    gains = {line.name: grid.study(k + 1).minus(base) for k, line in enumerate(shop.lines)}
    truth = [gains[line].value for line in table.index]
    ranks = {
        name: spearmanr(table[column], truth).statistic
        for name, column in (
            ("critical path", "repair"),
            ("utilisation", "used"),
            ("downtime", "down"),
        )
    }
    print(ranks)
    assert ranks["critical path"] >= 0.9
    assert ranks["critical path"] > max(ranks["utilisation"], ranks["downtime"])
    gain = table["rate"] * 0.2 * table["repair"]
    for line in ("FIN-100-220", "FIN-010-030", "CLO-TG", "CLO-HD", "MAIN-UB1", "SUB-BL2"):
        used, down = table.loc[line, "used"], table.loc[line, "down"]
        predicted = f"{'+' if gain[line] >= 0.5 else ''}{gain[line]:.0f}"
        assert_written(
            f"| {line} | {signed(gains[line])} | {predicted} | {100 * used:.0f} % | {down:.1f} |"
        )
    assert_written(
        f"{ranks['critical path']:.2f} for the critical path, {ranks['utilisation']:.2f} for\n"
        f"utilisation and {ranks['downtime']:.2f} for downtime"
    )


def test_the_checked_month() -> None:
    """The 511 shop on one long shift of about 311 h: 18,688 lies between 5 % and 95 % of runs."""
    month: Scenario = scenario("ningde-2020-12")
    assert 27 * month.get("calendar.shift_hours").value == pytest.approx(311, abs=1)
    study = replicate(month, runs=160, seed=2020, progress=False)
    low, high = (study.quantile(q).value for q in (0.05, 0.95))
    assert low < 18_688 < high
    assert study.quantile(0.5).value == pytest.approx(18_688, rel=0.08)
    hundreds = [f"{round(x, -2):,.0f}" for x in (low, high)]
    share = f"{100 * np.mean(study.column() < 18_688):.0f} %"
    assert_written(
        f"nine tenths of the model's runs lie from {hundreds[0]} to {hundreds[1]}, {share} below it"
    )
