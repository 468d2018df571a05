"""Plots of studies show every run, the target, the months."""

from __future__ import annotations

import numpy as np
import pytest

from ningde_sim import Line, Shop, Station
from ningde_sim.plots import plot_distribution, plot_fan
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from tests.plot_checks import assert_readable, bars, legend
from tests.synthetic import Year


def test_the_distribution_shows_every_run_on_its_side_of_the_target(study: Study) -> None:
    ax = plot_distribution(study)
    below, reached = bars(ax)
    values = study.column("bodies")
    assert sum(bar.get_height() for bar in below) == (values < 905).sum()
    assert sum(bar.get_height() for bar in reached) == (values >= 905).sum()
    assert all(bar.get_x() + bar.get_width() <= 905 + 1e-9 for bar in below)
    assert all(bar.get_x() >= 905 for bar in reached)


def test_the_distribution_marks_mean_target_and_range(study: Study) -> None:
    ax = plot_distribution(study)
    marks = {str(line.get_label()): line.get_xdata()[0] for line in ax.lines}  # type: ignore[index]
    assert marks == {"mean": study.mean().value, "target 905": 905}
    span = next(p for p in ax.patches if p.get_label() == "5-95 % of runs")
    ends = span.get_extents().transformed(ax.transData.inverted())
    assert (ends.x0, ends.x1) == pytest.approx(
        (study.quantile(0.05).value, study.quantile(0.95).value)
    )
    assert str(study.probability()) in ax.get_title("left")
    assert str(study.mean()) in ax.get_title("left")
    assert ax.get_xlabel() == "bodies, 10 h [bodies]"
    assert ax.get_ylabel() == "number of runs [-]"
    assert len(legend(ax)) == 5


@pytest.mark.parametrize("target", [None, 80, 103, 500])
def test_the_distribution_of_another_column_has_its_unit(
    study: Study, target: float | None
) -> None:
    ax = plot_distribution(study, target=target, of="scrapped")
    assert ax.get_xlabel() == "scrapped, 10 h [bodies]"
    assert sum(bar.get_height() for group in bars(ax) for bar in group) == study.n
    assert_readable(ax)


def test_the_throughput_of_a_distribution_is_in_jph_too(study: Study) -> None:
    assert plot_distribution(study, of="throughput").get_xlabel() == (
        "throughput (JPH), 10 h [bodies/h]"
    )


def test_the_distribution_of_another_experiment_is_of_its_main_column() -> None:
    ax = plot_distribution(replicate(Year(), runs=50, seed=1))
    assert ax.get_xlabel() == "cars, a year [cars]"
    assert "P(cars >= 100)" in ax.get_title("left")
    assert_readable(ax)


def test_a_distribution_without_spread_is_one_bar() -> None:
    shop = Shop("fixed", [Line("L", [Station("A", 36)])])
    ax = plot_distribution(replicate(shop, hours=1, runs=12, seed=0, target=100))
    assert [bar.get_height() for group in bars(ax) for bar in group] == [12]


def test_the_fan_ends_where_the_runs_end(year: Study) -> None:
    ax = plot_fan(year)
    (median,) = (line for line in ax.get_lines() if line.get_label() == "median")
    assert median.get_xdata()[0] == median.get_ydata()[0] == 0
    ends = {q: np.quantile(year.column(), q, method="inverted_cdf") for q in (0.05, 0.5, 0.95)}
    assert median.get_ydata()[-1] == pytest.approx(ends[0.5])
    assert len(median.get_xdata()) == 13
    outer = ax.collections[0].get_paths()[0].vertices
    assert outer[outer[:, 0] == 12][:, 1].min() == pytest.approx(ends[0.05])
    assert outer[outer[:, 0] == 12][:, 1].max() == pytest.approx(ends[0.95])
    assert_readable(ax)


def test_the_fan_shows_the_plan_and_the_months(year: Study) -> None:
    ax = plot_fan(year)
    (plan,) = (line for line in ax.get_lines() if line.get_label() == "plan")
    assert plan.get_ydata()[-1] == 1_200
    assert plan.get_ydata()[6] == pytest.approx(600)
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[:2] == ["Jan\n2021", "Feb"]
    assert labels[-1] == "Dec"
    assert legend(ax) == ["90 % of runs", "50 % of runs", "median", "plan", "target 1,200"]
    assert ax.get_ylabel() == "cumulative cars [cars]"


def test_the_fan_marks_the_months_already_built(year: Study) -> None:
    ax = plot_fan(year.given([100.0] * 8))
    (built,) = (line for line in ax.get_lines() if line.get_label() == "built so far")
    assert (built.get_xdata()[-1], built.get_ydata()[-1]) == (8, 800)


def test_a_fan_wants_months() -> None:
    with pytest.raises(ValueError, match="it must be given a study whose runs have months"):
        plot_fan(replicate(Year(), runs=10, seed=1))
