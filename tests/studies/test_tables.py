"""Tables that a study keeps of each run, and the intervals of their cells."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ningde_sim import (
    Empirical,
    Exponential,
    Failure,
    Line,
    Lognormal,
    Shop,
    Station,
    Store,
    WorkingTime,
    ningde_2020,
    replicate,
    simulate,
    simulate_year,
    sweep,
)
from ningde_sim.engine.period_tables import BY_DATE
from ningde_sim.exceptions import FewRuns, NotReached, OpenInterval
from ningde_sim.report.program import program
from ningde_sim.statistics import estimate
from ningde_sim.studies.experiment import Kept, Row
from ningde_sim.studies.of_shop import KEPT
from tests.synthetic import Year
from tests.years import small_year

JAM = Failure("jam", Exponential(0.5), Lognormal(3, 1), crew=True)
RARE = Failure("rare", Exponential(40), Lognormal(9, 1))
FIRST = Line("A", [Station("A1", 50, failures=[JAM]), Station("A2", 55)], buffers=2, puts="q")
SECOND = Line("B", [Station("B1", Exponential(52), failures=[RARE], scrap=0.02)], takes="q")
SHOP = Shop("lucky", [FIRST, SECOND], stores=[Store("q", 3)], repair_crews=1)
TABLES = ["stations", "failures", "stores", "crews", "utilisation", "stores_by_period", "periods"]


def study(**options: Any) -> Any:
    given = {"hours": 8, "warm_up": 1, "runs": 12, "seed": 5, "keep": TABLES, "every": 3.0}
    return replicate(SHOP, **(given | options))


# ------------------------------------------------------------------ what is kept


def test_each_cell_is_that_of_the_runs() -> None:
    """Means of the tables of `simulate`, with the interval that the mean of a column has."""
    kept = study()
    runs = [simulate(SHOP, hours=8, warm_up=1, seed=5, run=k, every=3.0) for k in range(12)]
    for name in TABLES:
        table, each = kept.table(name, level=0.9), [getattr(run, name) for run in runs]
        pd.testing.assert_index_equal(table.index, each[0].index)
        numbers = [c for c in each[0].select_dtypes("number") if f"{c}_low" in table]
        assert [c for c in table if not c.endswith(("_low", "_high"))] == list(each[0].columns)
        for column in numbers:
            for row in range(len(table)):
                values = np.array([one[column].iloc[row] for one in each], dtype=float)
                values = values[~np.isnan(values)]
                cell = table[[column, f"{column}_low", f"{column}_high"]].iloc[row].to_numpy()
                if len(values):
                    one = estimate.mean(values, level=0.9)
                    assert cell == pytest.approx((one.value, one.low, one.high), rel=1e-9)
                else:
                    assert np.isnan(cell).all()


def test_what_describes_the_shop_has_no_interval() -> None:
    """Names, capacities, number of crews, ends of periods."""
    kept = study()
    assert list(kept.table("stores").columns[:4]) == ["capacity", "put", "put_low", "put_high"]
    assert kept.table("stations")["line"].tolist() == ["A", "A", "B"]
    assert kept.table("crews").columns[0] == "crews"
    assert kept.table("periods")["end"].tolist() == [3, 6, 8]


def test_every_table_of_a_run_can_be_kept() -> None:
    """All but the trace, the sequence and the critical path, whose rows differ by run."""
    tables = {"stations", "utilisation", "robots", "failures", "stores", "buffers", "crews"}
    by_period = {"periods", "stations_by_period", "stores_by_period", "buffers_by_period"}
    assert {*KEPT} >= {*tables, *by_period, "exits"}
    assert not {"trace", "sequence", "critical_path"} & {*KEPT}
    assert {*KEPT} >= {*BY_DATE}
    for name in {*KEPT} - {"exits", *BY_DATE}:  # by date see test_dates_of_studies
        kept = study(runs=10, keep=[name], every=3.0 if name in by_period else None).table(name)
        run = simulate(SHOP, hours=8, warm_up=1, seed=0, every=3.0)
        assert kept.index.tolist() == getattr(run, name).index.tolist()


def test_a_study_without_tables_is_as_before() -> None:
    """Bit by bit; and tables change nothing else."""
    plain, kept = study(keep=(), every=None), study()
    assert plain.tables == {}
    assert plain.exits == ()
    pd.testing.assert_frame_equal(plain.runs, kept.runs)
    sha = hashlib.sha256()
    for name, column in {"run": np.arange(12), **plain.values}.items():
        part = "runs" if name == "run" else "values"
        sha.update(f"{part} {name} {column.dtype.str} 12\n".encode() + column.tobytes())
    assert plain.digest == sha.hexdigest() != kept.digest


def test_a_digest_tells_a_bit_of_a_table() -> None:
    kept, again, others = study(), study(), study(keep=["stations"], every=None)
    assert kept.digest == again.digest != others.digest
    values = again.tables["stores"].values["level"].copy()
    values[3, 0] = np.nextafter(values[3, 0], 9)
    again.tables["stores"].values["level"] = values
    assert again.digest != kept.digest


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_any_number_of_workers_keeps_the_same(engine: Any) -> None:
    """Threads or processes."""
    keep = [*TABLES, "exits"]
    one = study(workers=1, engine=engine, keep=keep)
    assert study(workers=2, engine=engine, keep=keep).digest == one.digest
    with joblib.parallel_config(backend="loky", n_jobs=2):
        sent = study(engine=engine, keep=keep)
    assert sent.digest == one.digest
    pd.testing.assert_frame_equal(sent.table("crews"), one.table("crews"))
    assert sent.time_of(300) == one.time_of(300)


def test_the_engines_keep_the_same() -> None:
    assert study(engine="reference").digest == study().digest


def test_the_program_of_a_report_keeps_the_same() -> None:
    """It checks the digest, which holds what is kept."""
    options: Any = {"hours": 2, "runs": 2, "seed": 0, "progress": False}
    kept = replicate(ningde_2020(), **options, keep=["periods", "exits"], every=0.5)
    names: dict[str, Any] = {}
    exec(program(kept), names)
    assert names["study"].tables.keys() == {"periods"}


def test_a_table_can_be_written_and_read(tmp_path: Any) -> None:
    """Its columns are flat, so that a sheet has one row of names."""
    table = study().table("stations")
    table.to_csv(tmp_path / "stations.csv")
    read = pd.read_csv(tmp_path / "stations.csv", index_col="station", keep_default_na=False)
    assert read.columns.tolist() == table.columns.tolist()
    assert read["working_low"].astype(float).tolist() == pytest.approx(
        table["working_low"].tolist()
    )


def test_the_tables_of_a_year_have_intervals() -> None:
    """Of each run with its own inputs; `given` leaves them out, since it moves the results."""
    plan = small_year()
    kept = replicate(plan, runs=10, seed=3, keep=["monthly", "lost_hours"], progress=False)
    runs = [simulate_year(plan.draw(3, k), seed=3, run=k, progress=False) for k in range(10)]
    made = np.array([run.monthly["bodies"] for run in runs], dtype=float)
    table = kept.table("monthly")
    assert table["bodies"].tolist() == pytest.approx(made.mean(axis=0).tolist())
    assert table["bodies_high"].iloc[0] == pytest.approx(estimate.mean(made[:, 0], level=0.95).high)
    again = replicate(plan, runs=10, seed=3, progress=False)
    pd.testing.assert_frame_equal(kept.runs, again.runs)
    after = kept.given([22_000])
    with pytest.raises(ValueError, match="it keeps, none"):
        after.table("monthly")


# ------------------------------------------------------------------ intervals


def test_intervals_hold_the_true_mean_as_often_as_they_say() -> None:
    """Scrap of a station that never waits, 90 in the mean: 800 studies of 5 runs at 90 %.

    By chance it fails once in 1,000 seeds. With the normal quantile in place of Student's the
    intervals would hold 82.5 %, which it sees in 99.9 %.
    """
    shop = Shop("one", [Line("L", [Station("A", Exponential(60), scrap=0.3)])])
    runs = replicate(shop, hours=5, runs=4000, seed=3, keep=["stations"], progress=False)
    scrapped = runs.tables["stations"].values["scrapped"].reshape(5, 800)
    _, low, high = estimate.means(scrapped, level=0.9)
    fewest, most = stats.binom.ppf([0.0005, 0.9995], 800, 0.9)
    assert fewest <= np.sum((low <= 90) & (high >= 90)) <= most


def test_a_cell_without_a_value_in_some_runs_is_the_mean_of_the_others() -> None:
    """One value has no interval, and none has no mean."""
    nan = np.nan
    values = np.array([[1.0, nan, nan, 4.0], [3.0, nan, 2.0, 4.0], [nan, nan, nan, 4.0]])
    mean, low, high = estimate.means(values, level=0.95)
    np.testing.assert_array_equal(mean, [2, nan, 2, 4])
    two = estimate.mean(np.array([1.0, 3.0]), level=0.95)
    np.testing.assert_allclose(low, [two.low, nan, -np.inf, 4])
    np.testing.assert_allclose(high, [two.high, nan, np.inf, 4])


def test_few_runs_warn_once() -> None:
    """Not for each cell; a single run has no interval."""
    few, one = study(runs=3), study(runs=1)
    with pytest.warns(FewRuns) as caught:
        few.table("stations")
    assert len(caught) == 1
    with pytest.warns(OpenInterval) as caught:
        table = one.table("stations")
    assert len(caught) == 1
    assert np.isneginf(table["working_low"]).all()


# ------------------------------------------------------------------ time of the n-th body


STEPS = Line("L", [Station("A", Exponential(3600 / 50))])


def test_the_time_of_a_body_is_a_quantile_over_the_runs() -> None:
    """Of the sorted exits of all output lines."""
    shop = Shop("two", [STEPS, Line("M", [Station("B", 100)])])
    kept = replicate(shop, hours=4, warm_up=1, runs=40, seed=2, keep=["exits"])
    times = []
    for k in range(40):
        run = simulate(shop, hours=4, warm_up=1, seed=2, run=k)
        times.append(np.sort(np.concatenate([*run.exits.values()]))[149] / 3_600_000)
    for q in (0.1, 0.5, 0.8):
        with estimate.unwarned():
            assert kept.time_of(150, q=q) == estimate.quantile(np.array(times), q, level=0.95)


def test_a_run_that_did_not_get_there_counts_as_infinite() -> None:
    """The median is finite while more than half get there; beyond, it says what to do."""
    kept = replicate(Shop("s", [STEPS]), hours=2, runs=101, seed=2, keep=["exits"])
    n = kept.column() >= 105
    assert 10 < n.sum() < 50
    with pytest.warns(
        NotReached, match=r"in \d+ of 101 runs 105 bodies did not.*Ask for more hours"
    ):
        late = kept.time_of(105)
    assert np.isinf(late.value)
    assert np.isinf(late.high)
    assert "inf" in str(late)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kept.time_of(90).bounded
    with pytest.warns(NotReached, match="in 101 of 101 runs"):
        assert str(kept.time_of(10_000)) == "inf (inf to inf; 95.4 %, n = 101)"


def test_quantiles_of_times_cover_the_true_one() -> None:
    """The 60th body of an exponential station comes after a gamma time: 300 studies of 30 runs."""
    kept = replicate(Shop("s", [STEPS]), hours=3, runs=9000, seed=4, keep=["exits"], progress=False)
    times = np.array([exits.array()[59] for exits in kept.exits]).reshape(300, 30) / 3_600_000
    true = stats.gamma(60, scale=1 / 50).ppf(0.5)
    held = 0
    for values in times:
        interval = estimate.quantile(values, 0.5, level=0.95)
        held += interval.low <= true <= interval.high
    fewest, most = stats.binom.ppf([0.0005, 0.9995], 300, interval.level)
    assert fewest <= held <= most


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"keep": ["station"]}, ValueError, "each of keep must be one of stations, "),
        ({"keep": ["trace"]}, ValueError, "each of keep must be one of"),
        ({"keep": "stations"}, TypeError, r"keep must be a list of names.*\['stations'\]"),
        ({"keep": [3]}, ValueError, "each of keep must be one of"),
        ({"keep": ["stores", "stores"]}, ValueError, "duplicate name in keep, got 'stores'"),
        ({"keep": ["periods"], "every": None}, ValueError, "periods needs every, .*every=24.0"),
        ({"keep": ["stores"]}, ValueError, "every has no effect without a table by period"),
        ({"keep": ["periods"], "every": -1}, ValueError, "every must be greater than 0, got -1"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_the_first_run(
    options: Mapping[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        study(**options)


def test_a_year_keeps_its_own_tables_without_periods() -> None:
    plan = small_year()
    with pytest.raises(ValueError, match=r"each of keep must be one of .*monthly.*'stations'"):
        replicate(plan, runs=2, seed=0, keep=["stations"])
    with pytest.raises(ValueError, match="every is an argument for a Shop only, got 24"):
        replicate(plan, runs=2, seed=0, keep=["monthly"], every=24)


def test_an_experiment_of_ones_own_keeps_what_it_gives() -> None:
    with pytest.raises(
        ValueError, match=r"keep is an argument for a Shop or a Scenario only.*run_keeping"
    ):
        replicate(Year(), runs=2, seed=0, keep=["stations"])


def test_a_study_says_what_it_keeps() -> None:
    with pytest.raises(ValueError, match=r"name must be a table that it keeps.*keep=\['robots'\]"):
        study().table("robots")
    with pytest.raises(ValueError, match=r"it must have kept the exits.*keep=\['exits'\]"):
        study().time_of(3)
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        study(keep=["exits"], every=None).time_of(0)
    with pytest.raises(ValueError, match="q must be less than 1"):
        study(keep=["exits"], every=None).time_of(3, q=1)
    with pytest.raises(ValueError, match="level must be less than 1"):
        study().table("stores", level=95)


def test_a_sweep_keeps_no_tables() -> None:
    """Nor do the studies of its design points; an experiment that keeps some is refused."""
    with pytest.raises(ValueError, match="a sweep keeps no tables, got"):
        sweep(study().experiment, {"repair_crews": [1, 2]}, runs=2, seed=0)


class Own(Year):
    """An experiment with a table of its own, whose rows may differ."""

    def run_keeping(self, seed: int, run: int) -> tuple[Row, Row, Kept]:
        rows = ["x", "y"] if run != self.dies_at else ["x", "z"]
        table = pd.DataFrame({"cars": [1.0 * run, np.nan], "of": ["a", "b"]}, index=rows)
        return *self.run(seed, run), Kept({"own": table})

    def run(self, seed: int, run: int, streams: int | None = None) -> tuple[Row, Row]:
        return {}, {self.of: float(run)}


def test_an_experiment_of_ones_own_may_keep_tables() -> None:
    table = replicate(Own(), runs=11, seed=0).table("own")
    assert table.columns.tolist() == ["cars", "cars_low", "cars_high", "of"]
    assert table.loc["x", "cars"] == 5


def test_the_rows_of_a_table_must_be_the_same_in_each_run() -> None:
    with pytest.raises(ValueError, match="'own' must have the same rows and columns in each run"):
        replicate(Own(dies_at=7), runs=11, seed=0)


def test_shares_of_a_shop_that_closes() -> None:
    """The utilisation of a shop that is closed half of the time, over runs."""
    half = WorkingTime([(0, 0.5)], every=1)
    shop = Shop("s", [Line("L", [Station("A", Empirical([50, 70]))])], working_time=half)
    table = replicate(shop, hours=4, runs=10, seed=0, keep=["utilisation"]).table("utilisation")
    assert table.loc["A", ["utilisation", "working", "off"]].tolist() == [1, 1, 0.5]
