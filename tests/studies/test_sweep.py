"""Sweeps: many design points on the same random variation."""

from __future__ import annotations

import itertools
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ningde_sim import (
    Exponential,
    Failure,
    Fixed,
    Line,
    Shop,
    Station,
    Store,
    Sweep,
    replicate,
    sweep,
)
from ningde_sim._support.version import VERSIONS
from ningde_sim.exceptions import (
    CheckpointFailed,
    CheckpointRefused,
    IncompleteStudy,
    NoneReaches,
    WorkerDied,
)
from ningde_sim.statistics import selection
from ningde_sim.studies import designs
from ningde_sim.studies.checkpoint import Checkpoint
from ningde_sim.studies.cost import runs_to_tell
from tests.synthetic import Year
from tests.years import small_year

STOP = Failure("stop", uptime=Exponential(4), repair=Exponential(20), crew=True)


def shop() -> Shop:
    first = Line("a", [Station(f"A{i}", 55, failures=[STOP]) for i in range(3)], puts="gap")
    last = Line("b", [Station(f"B{i}", 54, failures=[STOP]) for i in range(3)], takes="gap")
    return Shop("six", [first, last], stores=[Store("gap", 10)], repair_crews=1)


GRID = {"repair_crews": [1, 2], "stores.gap.capacity": [5, 10, 20]}


def toy(over: Any = GRID, **more: Any) -> Sweep:
    asked = {"hours": 40, "runs": 12, "seed": 3, "target": 2000, "progress": False}
    return sweep(shop(), over, **{**asked, **more})


@pytest.fixture(scope="module")
def found() -> Sweep:
    return toy()


# ---------------------------------------------------------------- what it gives


def test_each_design_point_is_the_study_of_its_plant(found: Sweep) -> None:
    for point, (crews, places) in enumerate(itertools.product(*GRID.values())):
        there = shop().replace({"repair_crews": crews, "stores.gap.capacity": places})
        alone = replicate(there, hours=40, runs=12, seed=3, target=2000, progress=False)
        assert found.study(point).digest == alone.digest
        assert found.study({"repair_crews": crews, "stores.gap.capacity": places}).n == 12


def test_a_row_a_design_point_holds_the_estimates_of_its_study(found: Sweep) -> None:
    table = found.table
    assert list(table.columns[:2]) == list(GRID)
    assert len(table) == 6
    for point, row in table.iterrows():
        study = found.study(point)
        mean, odds = study.mean(), study.probability()
        assert (row["mean"], row["mean_low"], row["mean_high"]) == (mean.value, mean.low, mean.high)
        assert row["probability_low"] == odds.low
        assert (row["n"], row["level"]) == (12, 0.95)
    assert "probability" not in found.estimates(of="failures")
    assert (
        found.estimates(of="failures")["mean"].iloc[0] == found.study(0).mean(of="failures").value
    )


def test_a_row_a_run(found: Sweep) -> None:
    runs = found.runs
    assert len(runs) == 72
    assert list(runs.columns[:4]) == ["design_point", *GRID, "run"]
    third = runs[(runs["design_point"] == 3)]
    assert third["bodies"].tolist() == found.study(3).column().tolist()


def test_xarray_has_a_dimension_a_path(found: Sweep) -> None:
    data = found.to_xarray()
    assert dict(data.sizes) == {"repair_crews": 2, "stores.gap.capacity": 3, "run": 12}
    there = data["bodies"].sel({"repair_crews": 2, "stores.gap.capacity": 20})
    assert there.values.tolist() == found.study(5).column().tolist()
    assert data["bodies"].attrs["units"] == "bodies"
    assert data.attrs["digest"] == found.digest


def test_xarray_of_a_list_has_a_dimension_design_point() -> None:
    data = toy([{"repair_crews": 2}, {"stores.gap.capacity": 5}], runs=2).to_xarray()
    assert dict(data.sizes) == {"design_point": 2, "run": 2}
    assert data["repair_crews"].values.tolist() == [2, None]


# ---------------------------------------------------------------- plans by name

PLANS = {"as it is": {}, "two crews": {"repair_crews": 2}, "roomy": {"stores.gap.capacity": 20}}


@pytest.fixture(scope="module")
def named() -> Sweep:
    return toy(PLANS)


def test_names_stand_in_tables_in_place_of_values(named: Sweep) -> None:
    assert named.table["name"].tolist() == [*PLANS]
    assert set(named.best()["name"]) <= {*PLANS}
    others = named.against("as it is")
    assert others["name"].tolist() == ["two crews", "roomy"]
    assert named.runs["name"].tolist() == [name for name in PLANS for _ in range(12)]
    for table in (named.table, named.best(), others, named.runs):
        assert not {"repair_crews", "stores.gap.capacity"} & {*table.columns}
        assert next(of for of in table.columns if of != "design_point") == "name"
    along = named.to_xarray()["name"]
    assert (along.dims, along.values.tolist()) == (("design_point",), [*PLANS])


def test_a_design_point_goes_by_its_name(named: Sweep) -> None:
    assert [named.number(name) for name in PLANS] == [0, 1, 2]
    assert named.study("roomy").digest == named.study({"stores.gap.capacity": 20}).digest
    with pytest.raises(ValueError, match=r"got 'two crew'\. Did you mean two crews"):
        named.study("two crew")
    with pytest.raises(ValueError, match="They are as it is, two crews, roomy"):
        named.against("zzz")


def test_without_names_none_is_found(found: Sweep) -> None:
    with pytest.raises(ValueError, match="They have no names here: take the number"):
        found.study("as it is")


def test_the_summary_lists_each_name_with_its_first_changes(named: Sweep) -> None:
    text = named.summary()
    assert "as it is: no change" in text
    assert "two crews: repair_crews = 2\n" in text
    assert "over as it is, two crews, roomy" in repr(named)
    over = {f"p{k}": {f"stations.A{i}.cycle_time": 50 + k for i in range(3)} for k in range(12)}
    over["p0"]["repair_crews"] = 3
    text = " ".join(toy(over, runs=1).summary().split())
    assert "stations.A2.cycle_time = 50 ..." in text
    assert "p9: " in text
    assert "p10: " not in text
    assert "and 2 more" in text


def test_names_change_no_result_and_no_file(named: Sweep, tmp_path: Path) -> None:
    file, log = tmp_path / "a.db", tmp_path / "log"
    assert toy([*PLANS.values()]).digest == named.digest
    year = Year(log=str(log), target=None)
    one, asked = {"noise": 1.0}, {"runs": 3, "seed": 0, "resume": file, "progress": False}
    first = sweep(year, [{}, one], **asked)  # type: ignore[arg-type]
    assert len(log.read_text().splitlines()) == 6
    for over in ({"today": {}, "calm": one}, {"calm": one, "now": {}}, {"noise": [2.0, 1.0]}):
        again = sweep(year, over, **asked)  # type: ignore[arg-type]
        assert np.array_equal(again.study(one).column(), first.study(one).column())
    assert len(log.read_text().splitlines()) == 6


def test_faults_of_a_design_point_are_told_with_its_name() -> None:
    with pytest.raises(ValueError, match=r"at nobody: .*at least 1, got 0"):
        toy({"as it is": {}, "nobody": {"repair_crews": 0}})
    with pytest.raises(ValueError, match="the same plant, got 'as it is; one crew'"):
        toy({"as it is": {}, "one crew": {"repair_crews": 1}})


# ---------------------------------------------------------------- tables in files


def test_tables_are_written_to_files(found: Sweep, tmp_path: Path) -> None:
    found.to_csv(tmp_path / "a.csv")
    assert pd.read_csv(tmp_path / "a.csv")["mean"].tolist() == found.table["mean"].tolist()
    found.to_parquet(tmp_path / "a.parquet", runs=True)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.parquet"), found.runs)
    mixed = toy({"stations.A0.cycle_time": [50, Exponential(50)]}, runs=2)
    mixed.to_parquet(tmp_path / "b.parquet")
    written = pd.read_parquet(tmp_path / "b.parquet")["stations.A0.cycle_time"]
    assert written.tolist() == ["50", "Exponential(mean=50.0)"]


def test_it_is_a_frozen_record_that_tells_what_it_is(found: Sweep) -> None:
    assert repr(found).startswith(
        "Sweep('six', 6 design points of 12 runs of 40 h, over repair_crews"
    )
    text = found.summary()
    for words in (
        "6 design points",
        "repair_crews: 1, 2",
        "may be best",
        "seed 3",
        "random variation only",
    ):
        assert words in text
    alike = toy({"repair_crews": [5, 6, 7]}, runs=3).summary()
    assert alike.count(", and 2 more") == 2  # there are so few failures that crews do not matter
    with pytest.raises(ValueError, match="read-only"):
        found.values[0]["bodies"][0] = 1
    assert pickle.loads(pickle.dumps(found)).digest == found.digest


def test_a_design_point_is_named_by_its_number_or_its_values(found: Sweep) -> None:
    assert found.number({"stores.gap.capacity": 20, "repair_crews": 1}) == 2
    for point, words in (
        ({"repair_crews": 1}, "one design point must have these values, 3 have"),
        ({"repair_crews": 9}, "0 have"),
        (6, "at most 5"),
    ):
        with pytest.raises(ValueError, match=words):
            found.number(point)  # type: ignore[arg-type]


# ---------------------------------------------------------------- years


def test_a_year_has_the_same_other_inputs_in_all_design_points() -> None:
    path = "retooling.full_stop_days"
    found = sweep(small_year(), {path: [5, 12]}, runs=4, seed=1, progress=False)
    few, many = found.study(0), found.study(1)
    assert path not in few.inputs
    assert all(np.array_equal(few.inputs[name], many.inputs[name]) for name in few.inputs)
    assert (few.column() > many.column()).all()
    alone = replicate(small_year().replace({path: 5}), runs=4, seed=1, progress=False)
    assert np.array_equal(few.column(), alone.column())


def test_what_one_design_point_of_a_list_sets_is_known_in_all() -> None:
    path, year = "retooling.full_stop_days", small_year()
    found = sweep(year, [{}, {path: 12}], runs=3, seed=1, progress=False)
    settled = year.replace({path: year.get(path).fixed()})
    alone = replicate(settled, runs=3, seed=1, progress=False)
    assert np.array_equal(found.study({}).column(), alone.column())
    assert found.table[path].isna().tolist() == [True, False]


# ---------------------------------------------------------------- compared


def test_against_a_baseline_the_differences_are_paired(found: Sweep) -> None:
    table = found.against({"repair_crews": 1, "stores.gap.capacity": 10}, level=0.9)
    assert list(table.index) == [0, 2, 3, 4, 5]
    alone = found.study(4).column() - found.study(1).column()
    assert table.loc[4, "difference"] == alone.mean()
    assert set(table["verdict"]) <= {"more", "less", "not distinguishable"}
    assert (table["level"] == 0.9).all()
    odds = found.against(1, target=2000)
    assert odds.loc[4, "verdict"] in ("more", "not distinguishable")


def test_how_many_runs_crn_save_belongs_to_the_difference_beside_it(found: Sweep) -> None:
    both = [found.study(k).column().astype(float) for k in (0, 5)]
    least = float(np.median(both))
    for hits, target in ((both, None), ([1.0 * (x >= least) for x in both], least)):
        fewer = (np.var(hits[0]) + np.var(hits[1])) / np.var(hits[1] - hits[0])
        row = found.against(0, target=target).loc[5]
        assert row["variance_reduction"] == pytest.approx(fewer)


def test_all_intervals_against_a_baseline_hold_together(found: Sweep) -> None:
    gain, k = found.study(3).column() - found.study(0).column(), 5
    half = stats.t.ppf(1 - 0.05 / (2 * k), 11) * gain.std(ddof=1) / np.sqrt(12)
    row = found.against(0, level=0.95).loc[3]
    assert row["high"] - row["difference"] == pytest.approx(half)


def test_the_best_of_all_is_kept_and_the_plainly_worse_are_not(found: Sweep) -> None:
    kept = found.best()
    assert kept["mean"].iloc[0] == found.table["mean"].max()
    assert not set(kept.index) & {0, 1, 2}  # one crew is plainly worse
    likely = found.best(target=2000, confidence=0.9)
    assert likely["probability"].iloc[0] == found.table["probability"].max()


def test_the_cheapest_is_that_which_reaches_for_sure_after_those_that_may() -> None:
    shop = Shop("coin", [Line("L", [Station("A", 36, scrap=0.1)])])
    over = {"stations.A.scrap": [0.0, 0.02, 0.1, 0.11, 0.5]}  # 0.0 reaches too, and costs more
    coin = sweep(shop, over, hours=10, runs=60, seed=0, target=900, progress=False)
    table = coin.cheapest(cost=lambda point: -point["stations.A.scrap"], probability=0.5)
    assert table["stations.A.scrap"].tolist()[-1] == 0.02
    assert table["verdict"].tolist()[-1] == "reaches"
    assert 0.5 not in table["stations.A.scrap"].tolist()
    assert (table["verdict"].iloc[:-1] == "open").all()
    priced = coin.cheapest(cost={"stations.A.scrap": -3}, probability=0.5)
    assert priced["cost"].iloc[-1] == pytest.approx(-0.06)
    short = r"bodies >= 5,000 with probability 0\.5 .* all fall short\. .*scrap = 0\.0: 0"
    with pytest.warns(NoneReaches, match=short) as told:
        none = coin.cheapest(cost={"stations.A.scrap": 1}, probability=0.5, target=5000)
    assert none.empty
    assert told[0].message.needed is None  # type: ignore[union-attr]
    assert told[0].filename == __file__


def test_where_all_are_open_it_tells_about_how_many_runs_would_tell() -> None:
    shop = Shop("coin", [Line("L", [Station("A", 36, scrap=0.1)])])
    asked = {"hours": 10, "seed": 0, "target": 900, "progress": False}
    over = {"stations.A.scrap": [0.09, 0.095]}
    coin = sweep(shop, over, runs=4, **asked)  # type: ignore[arg-type]
    with pytest.warns(
        NoneReaches, match=r"some are open.* runs of each design point would settle"
    ) as told:
        table = coin.cheapest(cost={"stations.A.scrap": -1}, probability=0.5)
    assert (table["verdict"] == "open").all()
    warning = told[0].message
    assert isinstance(warning, NoneReaches)
    best = table.sort_values("probability").iloc[-1]
    ends = warning.estimate.low, warning.estimate.value, warning.estimate.high
    assert ends == (best["low"], best["probability"], best["high"])
    assert warning.estimate.level == pytest.approx(
        0.95
    )  # each end of two design points fails in 2.5 %
    assert str(pickle.loads(pickle.dumps(warning))) == str(warning)
    assert warning.needed
    assert warning.needed > 4
    more = sweep(shop, over, runs=2 * warning.needed, **asked)  # type: ignore[arg-type]
    assert "reaches" in set(more.cheapest(cost=lambda point: 0, probability=0.5)["verdict"])


@pytest.mark.parametrize(
    ("share", "wanted"), [(1.0, 0.8), (0.9, 0.8), (0.7, 0.8), (0.6, 0.5), (0.3, 0.5)]
)
@pytest.mark.parametrize("points", [1, 20])
def test_so_many_runs_tell_a_share_from_the_one_wanted(
    share: float, wanted: float, points: int
) -> None:
    """At twice as many the exact bounds do, at a third they do not."""
    n = runs_to_tell(share, wanted, tail=0.05 / points)
    assert n

    def tells(runs: int) -> bool:
        hits = np.full(points, round(share * runs))
        low, high = selection.chances(hits, runs, confidence=0.95)
        return bool(low[0] >= wanted or high[0] < wanted)

    assert tells(2 * n)
    assert not tells(n // 3)
    assert runs_to_tell(wanted, wanted, tail=0.05) is None


def test_design_points_have_prices_by_name(named: Sweep) -> None:
    price = {"as it is": 0, "two crews": 5.0, "roomy": 2}
    table = named.cheapest(cost=price, probability=0.01, target=0)
    assert table["name"].tolist() == ["as it is"]
    with pytest.warns(NoneReaches, match=r"best is (as it is|two crews|roomy): 0"):
        named.cheapest(cost=price, probability=0.5, target=10**6)
    for cost, words in (
        ({**price, "two crew": 1}, r"each name.* got 'two crew'\. Did you mean two crews"),
        (
            {"two crew": 1},
            r"or the name of a design point, got 'two crew'\. Did you mean two crews",
        ),
        ({"as it is": 1}, r"each name must have a price, got .* 'two crews' has none"),
        (
            {"repair_crews": 1},
            r"each design point must have a value for it, got 'as it is'\. Set it",
        ),
    ):
        with pytest.raises(ValueError, match=words):
            named.cheapest(cost=cost, probability=0.5)


def test_what_design_points_may_be_the_best_by_is_told(found: Sweep) -> None:
    """By probability more are left than by the mean: a hit tells less than a result."""
    by_mean, by_odds = found.best(), found.best(target=2000)
    assert set(by_mean["by"]) == {"mean"}
    assert set(by_odds["by"]) == {"probability"}
    assert len(by_odds) > len(by_mean)
    by = f"{len(by_odds)} by P(bodies >= 2,000), {len(by_mean)} by the mean"
    told = f"of 6 design points {by}; with 95 %"
    assert told in " ".join(found.summary().split())
    alone = toy(target=None)
    assert f"of 6 design points {len(by_mean)} by the mean; with" in " ".join(
        alone.summary().split()
    )


def test_costs_and_targets_must_be_there(found: Sweep) -> None:
    for wrong, words in (
        (
            {"cost": {"repair_crew": 1}},
            r"sweep varies, got 'repair_crew'\. Did you mean repair_crews",
        ),
        ({"cost": {"nothing": float("inf")}}, r"varies, got 'nothing'"),
        ({"cost": {"repair_crews": float("inf")}}, "cost of repair_crews must be a finite"),
        (
            {"cost": lambda point: float("nan")},
            "cost of repair_crews = 1, .* must be a finite number",
        ),
        ({"cost": {"repair_crews": 1}, "of": "failures"}, "a target is needed"),
        ({"cost": {"repair_crews": 1}, "probability": 1.2}, "probability must be less than 1"),
    ):
        with pytest.raises(ValueError, match=words):
            found.cheapest(**{"probability": 0.8, **wrong})  # type: ignore[arg-type]
    for cost, words in (
        ([1, 2], r"prices by path or by name, or a function .*, got \[1, 2\]\. Such as"),
        ({"repair_crews": "1.2 Mio"}, "cost of repair_crews must be a number, got '1.2 Mio'"),
    ):
        with pytest.raises(TypeError, match=words):
            found.cheapest(cost=cost, probability=0.8)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"values must be numbers, got Fixed.* Give a function"):
        toy({"stations.A0.cycle_time": [Fixed(50)]}, runs=2).cheapest(
            cost={"stations.A0.cycle_time": 1}, probability=0.8
        )
    with pytest.raises(ValueError, match="besides the baseline"):
        toy({"repair_crews": [1]}, runs=2).against(0)
    with pytest.raises(ValueError, match=r"column of the results, got 'cars'\. They are bodies"):
        found.best(of="cars")


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("over", "kind", "words"),
    [
        (
            {"repair_crew": [1]},
            KeyError,
            r"got 'repair_crew'\. Did you mean repair_crews",
        ),
        ({"repair_crews": [2, 0]}, ValueError, r"at repair_crews = 0: .*at least 1, got 0"),
        ({"stores.gap.capacity": [5, "x"]}, TypeError, "must be a whole number, got 'x'"),
        ({}, ValueError, "at least one path"),
        ({"repair_crews": []}, ValueError, "needs at least one value"),
        ({"repair_crews": [1, 1]}, ValueError, "may stand twice"),
        ([{}, {"repair_crews": 1}], ValueError, "no two design points may be the same plant"),
    ],
)
def test_faults_are_told_before_the_first_run(
    over: Any, kind: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "ningde_sim.studies.of_shop.run_shop", lambda *a, **k: pytest.fail("it ran")
    )
    with pytest.raises(kind, match=words):
        toy(over, resume=tmp_path / "a.db")
    assert not list(tmp_path.iterdir())


def test_faults_of_a_scenario_are_told_before_the_first_run() -> None:
    with pytest.raises(KeyError, match=r"Did you mean retooling\.full_stop_days"):
        sweep(small_year(), {"works.full_stop": [1]}, runs=1, seed=0)
    with pytest.raises(ValueError, match=r"at retooling\.full_stop_days = -3"):
        sweep(small_year(), {"retooling.full_stop_days": [5, -3]}, runs=1, seed=0)


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ({"runs": 0}, ValueError, "runs must be at least 1, got 0"),
        ({"runs": 1.5}, TypeError, "runs must be a whole number"),
        ({"seed": -1}, ValueError, "seed must be at least 0"),
        ({"workers": 0}, ValueError, "workers must be at least 1"),
        ({"hours": None}, ValueError, "it needs hours or a calendar"),
        ({"hours": "8"}, TypeError, "hours must be a number"),
        ({"target": "x"}, TypeError, "target must be a number"),
    ],
)
def test_numbers_out_of_bounds_are_refused(wrong: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        toy(**wrong)


def test_only_what_has_paths_can_be_swept() -> None:
    with pytest.raises(TypeError, match="must be given a Shop"):
        sweep("ningde-2021", {"a": [1]}, runs=1, seed=0)  # type: ignore[arg-type]


# ---------------------------------------------------------------- resumed


def test_a_sweep_goes_on_from_its_file_and_grows(tmp_path: Path) -> None:
    file, log = tmp_path / "a.db", tmp_path / "log"
    year = Year(log=str(log), target=None)
    asked = {"seed": 0, "resume": file, "progress": False}

    def ran() -> list[str]:
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    first = sweep(year, {"noise": [1.0, 2.0]}, runs=3, **asked)  # type: ignore[arg-type]
    assert len(ran()) == 6
    again = sweep(year, {"noise": [1.0, 2.0]}, runs=3, **asked)  # type: ignore[arg-type]
    assert ran() == []
    assert again.digest == first.digest
    more = sweep(year, {"noise": [3.0, 1.0]}, runs=5, **asked)  # type: ignore[arg-type]
    assert len(ran()) == 5 + 2  # a new design point, two more runs of one that was there
    fresh = sweep(year, {"noise": [3.0, 1.0]}, runs=5, seed=0, progress=False)  # type: ignore[arg-type]
    assert more.digest == fresh.digest
    assert len(ran()) == 10
    fewer = sweep(year, {"noise": [1.0]}, runs=2, **asked)  # type: ignore[arg-type]
    assert fewer.n == 2
    assert len(ran()) == 0
    assert [*tmp_path.iterdir()] == [file]


def test_results_come_back_with_their_types(tmp_path: Path) -> None:
    asked = {"runs": 2, "resume": tmp_path / "a.db"}
    whole, again = toy(**asked), toy(**asked)
    assert again.digest == whole.digest == toy(runs=2).digest
    assert again.values[0]["bodies"].dtype == np.int64
    year = {"runs": 2, "seed": 0, "progress": False, "resume": tmp_path / "b.db"}
    over = {"retooling.full_stop_days": [5]}
    both = [sweep(small_year(), over, **year) for _ in range(2)]  # type: ignore[arg-type]
    assert both[0].digest == both[1].digest
    assert both[1].inputs[0].dtype == both[0].inputs[0].dtype


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"seed": 4}, "seed"),
        ({"hours": 41}, r"hours: 41(\.0)? here, 40(\.0)? in the file"),
        ({"engine": "reference"}, "engine: reference here, compiled in the file"),
    ],
)
def test_the_file_of_another_sweep_is_refused_with_the_difference(
    other: Any, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.db"
    toy(runs=1, resume=file)
    before = file.read_bytes()
    with pytest.raises(CheckpointRefused, match=words):
        toy(runs=1, resume=file, **other)
    assert file.read_bytes() == before


def test_the_file_of_another_shop_or_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, over = tmp_path / "a.db", {"repair_crews": [1, 2]}
    toy(over, runs=1, resume=file)
    other = shop().replace({"stores.gap.capacity": 9})
    with pytest.raises(CheckpointRefused, match=r"stores\.gap\.capacity: 9 here, 10 in the file"):
        sweep(other, over, hours=40, runs=1, seed=3, resume=file, progress=False)
    monkeypatch.setitem(VERSIONS, "version", "9.9")
    with pytest.raises(CheckpointRefused, match=r"9\.9"):
        toy(over, runs=1, resume=file)


def test_a_file_that_cannot_be_written_is_told_before_the_first_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ningde_sim.studies.of_shop.run_shop", lambda *a, **k: pytest.fail("it ran")
    )
    with pytest.raises((CheckpointFailed, CheckpointRefused)):
        toy(resume=tmp_path / "no" / "a.db")
    with pytest.raises((CheckpointFailed, CheckpointRefused)):
        toy(resume=tmp_path)
    (tmp_path / "text").write_text("my thesis")
    with pytest.raises(CheckpointRefused):
        toy(resume=tmp_path / "text")
    assert (tmp_path / "text").read_text() == "my thesis"


FULL = """
import resource, signal, sys
from ningde_sim import sweep
from ningde_sim.exceptions import CheckpointFailed
from tests.synthetic import Year
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    over = {"noise": [1.0, 2.0, 3.0]}
    found = sweep(Year(), over, runs=300, seed=0, resume=sys.argv[1], workers=1, progress=False)
    print(found.digest)
except CheckpointFailed as error:
    print(error)
"""


def test_a_full_disk_is_told_and_what_had_finished_is_kept(tmp_path: Path) -> None:
    file, folder = tmp_path / "a.db", Path(__file__).parents[2]

    def run(*more: str) -> str:
        start = [sys.executable, "-c", FULL, str(file), *more]
        return subprocess.run(start, cwd=folder, capture_output=True, text=True, check=True).stdout

    assert "it cannot be written" in run("full")
    with Checkpoint(file, content=Year().content, seed=0, versions=VERSIONS) as checkpoint:
        kept = checkpoint.finished(Year().replace({"noise": 1.0}).digest)
    assert len(kept) > 50
    whole = sweep(Year(), {"noise": [1.0, 2.0, 3.0]}, runs=300, seed=0, progress=False)  # type: ignore[arg-type]
    assert run().strip() == whole.digest
    assert [*tmp_path.iterdir()] == [file]


KILLED = """
from ningde_sim import sweep
from tests.synthetic import Year
if __name__ == "__main__":
    year = Year(log={log!r}, pause=0.01, prefer={prefer!r})
    over = {{"weights.rate": [1.0, 2.0, 3.0, 4.0], "noise": [1.0, 2.0]}}
    found = sweep(year, over, runs=20, seed=0, resume={file!r}, workers=2, progress=False)
    print(found.digest, found.complete)
"""


def finished(file: Path, year: Year) -> set[str]:
    """The runs in a file, which stays as it is."""
    copy = file.parent / "copy"
    copy.mkdir()
    for part in file.parent.glob(f"{file.name}*"):
        shutil.copy(part, copy)
    rows = set()
    try:
        checkpoint = Checkpoint(copy / file.name, content=year.content, seed=0, versions=VERSIONS)
    except CheckpointRefused:
        shutil.rmtree(copy)
        return set()  # not yet made
    with checkpoint:
        for rate, noise in itertools.product([1.0, 2.0, 3.0, 4.0], [1.0, 2.0]):
            digest = year.replace({"weights.rate": rate, "noise": noise}).digest
            rows |= {f"{digest} {run}" for run in checkpoint.finished(digest)}
    shutil.rmtree(copy)
    return rows


@pytest.mark.parametrize("prefer", ["threads", "processes"])
def test_a_sweep_that_is_killed_goes_on_where_it_was(prefer: str, tmp_path: Path) -> None:
    file, logs = tmp_path / "a.db", tmp_path / "logs"
    logs.mkdir()

    def start(log: Path) -> list[str]:
        """A log for each round: workers of a killed process may still write into their own."""
        return [sys.executable, "-c", KILLED.format(log=str(log), file=str(file), prefer=prefer)]

    folder = Path(__file__).parents[2]
    chance = random.Random(prefer)
    for turn in range(5):
        log = logs / str(turn)
        known = finished(file, Year()) if file.exists() and file.stat().st_size else set()
        process = subprocess.Popen(start(log), cwd=folder, stdout=subprocess.PIPE)
        for _ in range(3000):  # until it runs
            if log.exists() or process.poll() is not None:
                break
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout
        process.stdout.close()
        time.sleep(0.3)  # workers of a killed process end by themselves
        ran = log.read_text().splitlines()
        assert not known.intersection(ran)
        assert len(ran) == len(set(ran))
    known = finished(file, Year())
    assert 0 < len(known) < 160
    log = logs / "last"
    ended = subprocess.run(start(log), cwd=folder, capture_output=True, text=True, check=True)
    ran = log.read_text().splitlines()
    assert len(ran) == 160 - len(known)
    assert not known.intersection(ran)
    over = {"weights.rate": [1.0, 2.0, 3.0, 4.0], "noise": [1.0, 2.0]}
    whole = sweep(Year(), over, runs=20, seed=0, progress=False)  # type: ignore[arg-type]
    assert ended.stdout.split() == [whole.digest, "True"]
    assert sorted(tmp_path.iterdir()) == [file, logs]


# ---------------------------------------------------------------- workers


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_workers_change_nothing(found: Sweep, workers: int, backend: str) -> None:
    with joblib.parallel_config(backend=backend):
        assert toy(workers=workers).digest == found.digest


@pytest.mark.filterwarnings("ignore")  # of distributed itself
def test_a_cluster_gives_the_same_also_when_a_worker_is_killed(found: Sweep) -> None:
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        pids = client.run(os.getpid)
        client.run(_importable, str(Path(__file__).parents[2]))
        with joblib.parallel_config(backend="dask"):
            assert toy().digest == found.digest
            year = Year(pause=0.05)
            killer = subprocess.Popen(
                ["sh", "-c", f"sleep 1.0; kill -9 {next(iter(pids.values()))}"]
            )
            over = {"weights.rate": [1.0, 2.0, 3.0, 4.0]}
            there = sweep(year, over, runs=20, seed=0, progress=False)  # type: ignore[arg-type]
            killer.wait()
            assert client.run(os.getpid) != pids
    here = sweep(Year(), over, runs=20, seed=0, progress=False)  # type: ignore[arg-type]
    assert there.complete
    assert there.digest == here.digest


def _importable(folder: str) -> None:
    sys.path.insert(0, folder)


def test_ctrl_c_leaves_the_design_points_that_have_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = itertools.count()

    def run(self: Year, seed: int, run: int, streams: int | None = None) -> Any:
        if next(calls) == 7:
            raise KeyboardInterrupt
        return {}, {"cars": float(run)}

    monkeypatch.setattr(Year, "run", run)
    over = {"noise": [1.0, 2.0, 3.0]}
    with pytest.warns(IncompleteStudy, match="interrupted after 6 of at most 9 runs"):
        part = sweep(Year(), over, runs=3, seed=0, workers=1, progress=False)  # type: ignore[arg-type]
    assert not part.complete
    assert list(part.table.index) == [0, 1]
    assert np.isnan(part.to_xarray()["cars"].values[2]).all()
    assert "incomplete" in part.summary()
    with pytest.raises(ValueError, match="must have finished"):
        part.study(2)


def test_a_dead_worker_leaves_the_design_points_that_have_finished(tmp_path: Path) -> None:
    year = Year(prefer="processes", dies_at=30)
    over = {"noise": [1.0, 2.0]}
    asked = {"runs": 40, "seed": 0, "workers": 2, "resume": tmp_path / "a.db"}
    with pytest.raises(
        WorkerDied, match=r"died after \d of 2 design points.*the same call goes on"
    ) as told:
        sweep(year, over, progress=False, **asked)  # type: ignore[arg-type]
    assert told.value.finished is None or isinstance(told.value.finished, Sweep)


def test_a_bar_counts_what_was_there_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy({"repair_crews": [1]}, runs=4, resume=tmp_path / "a.db")
    toy({"repair_crews": [1, 2]}, runs=4, resume=tmp_path / "a.db", progress=True)
    shown = capsys.readouterr().err
    assert "4/8" in shown
    assert "8/8" in shown
    assert "2 of 2 design points" in shown


def test_designs_are_design_points() -> None:
    space = {"repair_crews": (1, 3), "stores.gap.capacity": (0, 30)}
    found = toy(designs.latin_hypercube(space, 8, seed=0), runs=2)
    assert len(found.table) == 8
    assert found.table["stores.gap.capacity"].between(0, 30).all()


def test_no_number_is_a_value_and_not_the_same_as_no_change() -> None:
    found = toy([{"repair_crews": None}, {"repair_crews": 2}, {"stores.gap.capacity": 3}], runs=2)
    assert found.table["repair_crews"].tolist()[:2] == ["None", 2]
    assert found.table["repair_crews"].isna().tolist() == [False, False, True]


def test_a_distribution_may_be_a_value() -> None:
    found = toy({"stations.A0.cycle_time": [Fixed(50), Exponential(50)]}, runs=2)
    assert found.table["stations.A0.cycle_time"].tolist() == [
        "Fixed(v=50.0)",
        "Exponential(mean=50.0)",
    ]


# ---------------------------------------------------------------- large


CELLS = """
import numpy as np, tracemalloc
from ningde_sim import Line, Shop, Station, sweep
toy = Shop("toy", [Line("L", [Station("A", 50), Station("B", 60)])])
def cells(n):
    over = {"stations.A.cycle_time": np.linspace(40, 60, n)}
    return sweep(toy, over, hours=1, runs=1, seed=0, workers=1, progress=False)
cells(100)
for n in (1000, 10_000):
    tracemalloc.start()
    found = cells(n)
    print(tracemalloc.get_traced_memory()[1] / n)
    tracemalloc.stop()
"""


@pytest.mark.slow
def test_ten_thousand_design_points_take_their_results_and_no_more() -> None:
    """At the peak some kilobytes each: values by path, digest, twelve results; no plants."""
    folder = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", CELLS], cwd=folder, capture_output=True, text=True, check=True
    )
    thousand, ten_thousand = map(float, done.stdout.split())
    assert ten_thousand < 2_000  # bytes
    assert ten_thousand < 1.1 * thousand
