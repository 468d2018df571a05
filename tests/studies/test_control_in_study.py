"""Studies of an experiment with a cheap model: narrower by default, otherwise as without."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from ningde_sim import Comparison, Line, Shop, Station, compare, replicate, sweep
from ningde_sim.exceptions import PrecisionMissed
from ningde_sim.report.program import program
from ningde_sim.report.study_page import answer
from ningde_sim.statistics import control
from ningde_sim.statistics.cross_fit import BATCH, Control
from ningde_sim.studies.cheap_runs import A_RUN, FURTHER, MOST
from ningde_sim.studies.experiment import Experiment, Row, Workers
from ningde_sim.year.uncertainty import BLOCK

SHOP = Shop("coin", [Line("L", [Station("A", 36, scrap=0.1)])])


@dataclass(frozen=True)
class Plant(Experiment):
    """Cars, rate + 10 (4 input + random variation); the cheap model sees the input and a part."""

    rate: float = 1000.0
    seen: float = 0.8
    prefer: Workers = "threads"
    log: str | None = None
    target: float | None = 1000.0
    title = "plant"
    description = "a week"
    of = "cars"
    units = MappingProxyType(dict.fromkeys(("cars", "cars_2021-01", "scrapped"), "cars"))
    engine = "numpy"

    def run(self, seed: int, run: int, streams: int | None = None) -> tuple[Row, Row]:
        if self.log:
            with Path(self.log).open("a") as log:
                log.write(f"run {run}\n")
        drawn, random = self._drawn(seed, run, run if streams is None else streams)
        cars = self.rate + 10 * (4 * drawn + random.sum())
        return {"input": drawn}, {"cars": cars, "cars_2021-01": cars / 2, "scrapped": -cars}

    def cheap(self, seed: int, run: int) -> dict[str, float]:
        if not self.seen:
            return {}
        if self.log:
            with Path(self.log).open("a") as log:
                log.write(f"cheap {run}\n")
        drawn, random = self._drawn(seed, run, run)
        cars = 0.9 * self.rate + 7 * (4 * drawn + self.seen * random[0])
        return {"cars": cars, "cars_2021-01": cars / 3}

    def _drawn(self, seed: int, run: int, streams: int) -> tuple[float, Any]:
        drawn = float(np.random.default_rng([seed, run, 0]).normal())
        return drawn, np.random.default_rng([seed, streams, 1]).normal(size=2)

    @property
    def content(self) -> dict[str, str]:
        return {"rate": str(self.rate)}

    @property
    def digest(self) -> str:
        return hashlib.sha256(str(self.rate).encode()).hexdigest()

    def replace(self, changes: Mapping[str, Any], known: Collection[str] = ()) -> Plant:
        return dataclasses.replace(self, **changes)


def width(estimated) -> float:
    return estimated.high - estimated.low


@pytest.fixture(scope="module")
def study():
    return replicate(Plant(), runs=100, seed=3, progress=False)


# ------------------------------------------------------------------ a study


def test_estimates_are_narrower_by_default(study) -> None:
    assert study.cheap.m == 3_200
    assert width(study.mean()) < 0.5 * width(study.plain.mean())
    assert width(study.probability()) < 0.8 * width(study.plain.probability())
    assert width(study.quantile(0.5)) < 0.8 * width(study.plain.quantile(0.5))


def test_they_are_those_of_the_runs_and_the_further_runs(study) -> None:
    own = np.array([Plant().cheap(3, run)["cars"] for run in range(100)])
    further = np.array([Plant().cheap(3, FURTHER + run)["cars"] for run in range(3_200)])
    expected = control.mean(study.column(), Control(own, further), level=0.95)
    assert study.mean() == expected


def test_batches_of_further_runs_are_whole_hypercubes() -> None:
    for runs in (FURTHER, BATCH, A_RUN, MOST):
        assert runs % BLOCK == 0


def test_a_column_has_its_own_readings_or_else_those_of_the_main_one(study) -> None:
    assert study.control("cars_2021-01").own == pytest.approx(study.control().own / 3)
    assert study.control("scrapped").own is study.control().own
    assert width(study.mean(of="scrapped")) == pytest.approx(width(study.mean()))


def test_it_can_be_switched_off(study) -> None:
    off = replicate(Plant(), runs=100, seed=3, control_runs=0, progress=False)
    without = replicate(Plant(seen=0.0), runs=100, seed=3, progress=False)
    assert off.digest == without.digest == study.plain.digest != study.digest
    assert str(off) == str(without) == str(study.plain)
    assert off.mean() == without.mean() == study.plain.mean()


def test_further_runs_can_be_asked_for() -> None:
    few = replicate(Plant(), runs=40, seed=3, control_runs=50, progress=False)
    assert few.cheap.m == 50
    assert replicate(Plant(), runs=40, seed=3, progress=False).cheap.m == 1_280


@pytest.mark.parametrize("wrong", [-1, 2.5, "many", True])
def test_a_wrong_number_of_further_runs_is_refused(wrong) -> None:
    with pytest.raises((TypeError, ValueError), match="control_runs"):
        replicate(Plant(), runs=40, seed=3, control_runs=wrong)


def test_the_summary_tells_how_many_runs_would_do_as_well(study) -> None:
    mean, share = (
        round(100 * (width(plain) / width(own)) ** 2)
        for own, plain in (
            (study.mean(), study.plain.mean()),
            (study.probability(), study.plain.probability()),
        )
    )
    told = "3,200 runs of a cheap model: as narrow as, without it, the mean with"
    text = " ".join(str(study).split())
    assert f"{told} {mean:,} and P(>= 1,000) with {share:,} runs" in text
    without_target = " ".join(str(dataclasses.replace(study, target=None)).split())
    assert f"{told} {mean:,} runs" in without_target
    assert "cheap" not in str(study.plain)


def test_the_spread_is_still_of_the_runs_alone(study) -> None:
    assert study.random_share() == study.plain.random_share()
    assert study.input_shares().equals(study.plain.input_shares())


def test_few_runs_have_no_control_and_make_no_cheap_run(tmp_path) -> None:
    log = tmp_path / "log"
    few = replicate(Plant(log=str(log)), runs=29, seed=3, workers=1, progress=False)
    assert not few.cheap
    assert "cheap" not in log.read_text()
    assert "cheap" not in str(few)


def test_the_number_of_workers_changes_nothing(study) -> None:
    for workers, prefer in ((1, "threads"), (2, "processes")):
        same = replicate(Plant(prefer=prefer), runs=100, seed=3, workers=workers, progress=False)
        assert same.digest == study.digest
        assert same.mean() == study.mean()


def test_a_study_can_be_pickled_and_not_changed(study) -> None:
    copy = pickle.loads(pickle.dumps(study))
    assert copy.digest == study.digest
    assert copy.mean() == study.mean()
    with pytest.raises(ValueError, match="read-only"):
        study.cheap.own["cars"][0] = 0.0


def test_a_shop_has_no_control() -> None:
    study = replicate(SHOP, hours=1, runs=40, seed=0, target=90, progress=False)
    assert not study.cheap
    assert study.digest == study.plain.digest
    assert "cheap" not in str(study)


def test_a_precision_is_reached_with_fewer_runs() -> None:
    precise = {"precision": {"mean": 3.0}, "seed": 5, "progress": False}
    with_control, without = replicate(Plant(), **precise), replicate(Plant(seen=0.0), **precise)
    assert with_control.n < 0.5 * without.n
    assert width(with_control.mean()) <= 6.0
    assert "imprecise" not in str(with_control)


def test_a_missed_precision_tells_the_runs_with_control() -> None:
    with pytest.warns(PrecisionMissed) as caught:
        replicate(Plant(), runs=40, precision={"mean": 1.0}, seed=5, progress=False)
    with pytest.warns(PrecisionMissed) as plain:
        replicate(Plant(seen=0.0), runs=40, precision={"mean": 1.0}, seed=5, progress=False)
    assert caught[0].message.needed < 0.5 * plain[0].message.needed


def test_the_program_that_runs_it_again_has_the_same_further_runs(study) -> None:
    assert "control_runs=3200," in program(study)
    assert "control_runs=0," in program(study.plain)
    without = replicate(Plant(seen=0.0), runs=5, seed=3, progress=False)
    assert "control_runs" not in program(without)


def test_the_page_tells_runs_that_reached_apart_from_the_probability(study) -> None:
    hits = int((study.column() >= 1000).sum())
    share = round(100 * study.probability().value)
    assert f"reached in {hits} of 100 runs, with the control {share} %" in answer(study)
    assert f"reached in {hits} of 100 runs, that is {hits} %" in answer(study.plain)


# ------------------------------------------------------------------ two studies


def test_differences_are_narrower_and_those_of_the_two_estimates() -> None:
    first, second = (
        replicate(Plant(rate=rate, seen=0.9), runs=100, seed=seed, progress=False)
        for rate, seed in ((1000.0, 3), (1010.0, 3))
    )
    both, plain = Comparison(first, second), Comparison(first.plain, second.plain)
    assert both.difference().value == pytest.approx(second.mean().value - first.mean().value)
    assert width(both.difference()) == pytest.approx(0, abs=1e-6)  # as without: runs differ by 10
    apart = both.probability_difference(1020.0)
    assert 0 < width(apart) < width(plain.probability_difference(1020.0))
    assert both.variance_reduction() == plain.variance_reduction()
    assert "3,200 runs of a cheap model of each" in str(both)
    assert "cheap" not in str(plain)
    assert both.table.loc["cars", "first"] == first.mean().value


def test_compare_passes_the_number_of_further_runs_on() -> None:
    both = compare(Plant(), Plant(rate=990.0), runs=40, seed=3, control_runs=100, progress=False)
    assert [each.cheap.m for each in (both.first, both.second)] == [100, 100]


# ------------------------------------------------------------------ sweeps

RATES = {"rate": [990.0, 1000.0, 1020.0]}


@pytest.fixture(scope="module")
def swept():
    return sweep(Plant(), RATES, runs=60, seed=3, progress=False)


def test_a_design_point_is_the_study_of_its_experiment(swept) -> None:
    alone = replicate(Plant(rate=1020.0), runs=60, seed=3, progress=False)
    assert swept.study(2).mean() == alone.mean()
    assert swept.study(2).probability() == alone.probability()
    assert swept.table.loc[2, "mean"] == alone.mean().value
    assert swept.table.loc[2, "probability_high"] == alone.probability().high


def test_a_sweep_is_narrower(swept) -> None:
    for name, less in (("mean", 0.5), ("probability", 0.9)):
        own, plain = (
            each.table[f"{name}_high"] - each.table[f"{name}_low"] for each in (swept, swept.plain)
        )
        assert (own < less * plain).all()
    own, plain = (each.against(1, target=1010.0) for each in (swept, swept.plain))
    narrower = (own["high"] - own["low"]) / (plain["high"] - plain["low"])
    assert narrower[0] == pytest.approx(1)  # they differ in 6 runs only
    assert narrower[2] < 0.9
    assert swept.against(1)["difference"].tolist() == pytest.approx([-10, 20])
    assert "1,920 runs of a cheap model at each design point" in str(swept)
    assert "cheap" not in str(swept.plain)


def test_a_sweep_without_a_control_is_as_it_was(swept) -> None:
    off = sweep(Plant(), RATES, runs=60, seed=3, control_runs=0, progress=False)
    without = sweep(Plant(seen=0.0), RATES, runs=60, seed=3, progress=False)
    assert off.digest == without.digest == swept.plain.digest != swept.digest
    assert str(off) == str(without) == str(swept.plain)


def test_a_sweep_goes_on_from_its_file_without_a_run_or_cheap_run_anew(swept, tmp_path) -> None:
    log, file = tmp_path / "log", tmp_path / "runs.db"
    plant, often = Plant(log=str(log)), {"seed": 3, "control_runs": 200, "workers": 1}
    first = sweep(plant, {"rate": [990.0]}, runs=40, resume=file, progress=False, **often)
    log.unlink()
    grown = sweep(plant, {"rate": [990.0, 1000.0]}, runs=40, resume=file, progress=False, **often)
    lines = log.read_text().split("\n")
    assert sum(line.startswith("run") for line in lines) == 40
    assert sum(line.startswith("cheap") for line in lines) <= 241  # one to see what it knows
    assert grown.study(0).digest == first.study(0).digest
    fresh = sweep(plant, {"rate": [990.0, 1000.0]}, runs=40, progress=False, **often)
    assert grown.digest == fresh.digest


def test_a_sweep_is_the_same_for_any_number_of_workers_and_pickled(swept) -> None:
    same = sweep(Plant(prefer="processes"), RATES, runs=60, seed=3, workers=2, progress=False)
    assert same.digest == swept.digest == pickle.loads(pickle.dumps(swept)).digest
