"""The Monte Carlo: the same runs however they are spread, enough of them, and none lost."""

from __future__ import annotations

import dataclasses
import pickle
import signal
import sys
import threading
import time
from typing import Any

import joblib
import numpy as np
import pytest

from ningde_sim import Exponential, Failure, Line, Lognormal, Shop, Station
from ningde_sim.exceptions import IncompleteStudy, PrecisionMissed, WorkerDied
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from tests.synthetic import Year

JAM = Failure("jam", Exponential(0.5), Lognormal(3, 1))
SHOP = Shop("lucky", [Line("A", [Station("A1", 50, failures=[JAM]), Station("A2", 55)])])


# ------------------------------------------------------------------ the same runs


def test_a_digest_is_the_same_for_any_workers() -> None:
    one = replicate(SHOP, hours=8, runs=12, seed=5, workers=1).digest
    assert replicate(SHOP, hours=8, runs=12, seed=5, workers=2).digest == one
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert replicate(SHOP, hours=8, runs=12, seed=5).digest == one
        drawn = replicate(Year(), runs=12, seed=5).digest
    assert replicate(Year(), runs=12, seed=5, workers=1).digest == drawn


def test_a_digest_tells_one_bit() -> None:
    study = replicate(Year(), runs=12, seed=5)
    for part in ("inputs", "values", "repeats"):
        columns = {name: column.copy() for name, column in getattr(study, part).items()}
        last = [*columns.values()][-1]
        last[0] = np.nextafter(last[0], np.inf)
        assert dataclasses.replace(study, **{part: columns}).digest != study.digest
    renamed = {"pace": study.inputs["rate"], **dict(list(study.inputs.items())[1:])}
    assert dataclasses.replace(study, inputs=renamed).digest != study.digest


def test_a_study_holds_the_inputs_and_results_of_each_run() -> None:
    study = replicate(Year(), runs=12, seed=5)
    assert list(study.runs.columns) == ["run", "rate", "crews", "tea", "cars"]
    inputs, results = Year().run(5, 7)
    assert study.runs.loc[7].to_dict() == {"run": 7, **inputs, **results}


def test_a_study_of_a_case_can_be_sent() -> None:
    study = replicate(Year(), runs=12, seed=5)
    sent = pickle.loads(pickle.dumps(study))
    assert sent.digest == study.digest
    assert sent.experiment == study.experiment


def test_one_run_in_five_is_repeated_with_other_streams() -> None:
    study = replicate(Year(), runs=12, seed=5)
    assert list(study.repeats["run"]) == [0, 5, 10]
    expected = [Year().run(5, run, streams=run + 2**31)[1]["cars"] for run in (0, 5, 10)]
    assert list(study.repeats["cars"]) == expected


def test_an_experiment_without_inputs_has_no_repeats() -> None:
    assert replicate(Year(weights={}), runs=12, seed=5).repeats == {}


def test_neither_runs_nor_precision_makes_200_runs() -> None:
    assert replicate(Year(), seed=5).n == 200


def test_the_target_is_that_of_the_experiment_by_default() -> None:
    assert replicate(Year(target=7.0), runs=1, seed=5).target == 7
    assert replicate(Year(target=7.0), runs=1, seed=5, target=8).target == 8


# ------------------------------------------------------------------ precision


def test_it_stops_at_the_first_look_that_is_precise_whatever_the_workers() -> None:
    one, two = (replicate(Year(), precision=0.05, seed=1, workers=w) for w in (1, 2))
    assert one.digest == two.digest
    assert one.n == 480
    found = one.probability()
    assert (found.high - found.low) / 2 <= 0.05


def test_the_precision_of_a_mean_is_in_its_unit() -> None:
    study = replicate(Year(), precision={"mean": 0.5}, seed=1)
    found = study.mean()
    assert study.n == 288
    assert (found.high - found.low) / 2 <= 0.5


def test_runs_that_end_too_soon_are_told_with_the_estimate() -> None:
    with pytest.warns(PrecisionMissed, match=r"n = 100.*takes about [34]\d\d\.") as told:
        study = replicate(Year(), precision=0.05, runs=100, seed=1)
    assert told[0].filename == __file__
    assert told[0].message.estimate == study.probability()  # type: ignore[union-attr]
    assert study.n == 100
    assert "imprecise" in study.summary()
    assert "imprecise" not in replicate(Year(), precision=0.05, seed=1).summary()


def test_the_bar_tells_how_near_the_precision_is(capsys: pytest.CaptureFixture[str]) -> None:
    replicate(Year(), precision=0.05, seed=1, progress=True)
    assert "480/480" in (text := capsys.readouterr().err)
    assert "of 0.05" in text


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"precision": 0}, r"precision must be greater than 0, got 0"),
        ({"precision": 2}, r"precision must be at most 0\.5, got 2\. It is a half-width"),
        ({"precision": {"median": 1}}, r"precision must be of one of 'probability', 'mean'"),
        ({"precision": {}}, r"precision must be of one of"),
        ({"precision": 0.1, "runs": 0}, r"runs must be at least 1, got 0"),
    ],
)
def test_a_precision_that_makes_no_sense_is_refused(asked: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        replicate(Year(), seed=0, **asked)


def test_the_precision_of_a_probability_needs_a_target() -> None:
    with pytest.raises(ValueError, match=r"needs a target, got None\. Give a target, or take"):
        replicate(Year(target=None), seed=0, precision=0.1)


# ------------------------------------------------------------------ interrupts and deaths


def interrupted(seconds: float, **asked: Any) -> Study:
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    with pytest.warns(IncompleteStudy, match=r"interrupted after [\d,]+ of at most") as told:
        study = replicate(**asked)
    assert told[0].filename == __file__
    assert told[0].message.finished == study.n  # type: ignore[union-attr]
    return study


unix = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")


@unix
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_the_runs_that_have_finished(workers: int) -> None:
    """The runs would take minutes; no thread goes on, and the next study works."""
    replicate(SHOP, hours=1, runs=1, seed=0, workers=1)  # compiled, and the bar's own thread runs
    before = threading.active_count()
    began = time.monotonic()
    asked = {"what": SHOP, "hours": 100, "seed": 5, "workers": workers}
    study = interrupted(0.5, runs=1_000_000, **asked)
    while threading.active_count() > before and time.monotonic() - began < 20:
        time.sleep(0.05)
    assert threading.active_count() <= before
    assert time.monotonic() - began < 20
    assert not study.complete
    assert "incomplete" in repr(study)
    assert "incomplete" in study.summary()
    assert study.digest == replicate(**asked, runs=study.n).digest


@unix
def test_ctrl_c_keeps_the_runs_of_processes() -> None:
    with joblib.parallel_config(backend="loky", n_jobs=2):
        replicate(Year(), runs=8, seed=5)  # the processes are there now
        study = interrupted(1.0, what=Year(pause=0.01), runs=100_000, seed=5)
    assert study.digest == replicate(Year(), runs=study.n, seed=5).digest


@unix
def test_ctrl_c_before_any_run_has_finished_is_ctrl_c() -> None:
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        replicate(Year(pause=5), runs=10, seed=0, workers=1)


def test_a_dead_worker_is_an_error_that_keeps_the_finished_runs() -> None:
    with (
        joblib.parallel_config(backend="loky", n_jobs=2),
        pytest.raises(WorkerDied, match=r"died after \d+ of at most 400 .*fewer workers") as told,
    ):
        replicate(Year(pause=0.01, dies_at=100), runs=400, seed=5)
    study = told.value.finished
    assert study is not None
    assert 0 < study.n <= 100
    assert not study.complete
    assert f"after {study.n} of" in str(told.value)
    assert study.digest == replicate(Year(), runs=study.n, seed=5).digest


def test_a_worker_that_dies_at_once_leaves_no_study() -> None:
    with (
        joblib.parallel_config(backend="loky", n_jobs=2),
        pytest.raises(WorkerDied, match="died after 0 of at most 4") as told,
    ):
        replicate(Year(dies_at=0), runs=4, seed=5)
    assert told.value.finished is None


def test_a_study_after_a_death_works() -> None:
    with joblib.parallel_config(backend="loky", n_jobs=2):
        with pytest.raises(WorkerDied):
            replicate(Year(dies_at=0), runs=4, seed=5)
        assert replicate(Year(), runs=4, seed=5).n == 4
