"""Plots of a yard show its days and its capacity."""

from __future__ import annotations

import numpy as np
import pytest

from ningde_sim.plots import plot_yard
from ningde_sim.shipping import ShippingRun
from tests.plot_checks import legend


def test_the_yard_shows_every_day_and_its_capacity(yards: list[ShippingRun]) -> None:
    ax = plot_yard(yards, gateway="port")
    stock = np.array([run.daily["yard_port"] for run in yards])
    lines = {str(line.get_label()): np.asarray(line.get_ydata()) for line in ax.lines}
    assert lines["median"] == pytest.approx(np.median(stock, axis=0))
    assert lines["median"].max() > 500
    assert lines["capacity 5,000"][0] == 5_000
    outer = ax.collections[0].get_paths()[0].vertices
    assert outer[:, 1].max() == pytest.approx(np.quantile(stock, 0.95, axis=0).max())
    assert len(legend(ax)) == 5
    assert ax.get_ylabel() == "cars in the yard of port [cars]"
    assert ax.get_xlabel() == "end of the day [date]"


def test_an_unknown_yard_is_refused(yards: list[ShippingRun]) -> None:
    with pytest.raises(ValueError, match="plot_yard: gateway must be one of port, got 'xiamen'"):
        plot_yard(yards)
    with pytest.raises(ValueError, match="it must be given runs with the same days"):
        plot_yard([])
    with pytest.raises(TypeError, match="plot_yard: it must be given a ShippingRun, got 5"):
        plot_yard([5], gateway="port")  # type: ignore[list-item]
    with pytest.raises(TypeError, match="plot_yard: it must be given a ShippingRun, got None"):
        plot_yard(None)  # type: ignore[arg-type]
