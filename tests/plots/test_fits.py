"""The plot of a fit: steps of the times seen, the line that was taken, the one that was not."""

from __future__ import annotations

import numpy as np
import pytest

from ningde_sim.learn import Downtime
from ningde_sim.plots import plot_fit, plot_pareto
from tests.plot_checks import legend


def test_a_fit_that_does_not_fit_is_a_broken_line(micro_stops: Downtime) -> None:
    ax = plot_fit(micro_stops)
    rejected, seen = ax.lines
    assert rejected.get_linestyle() == "--"
    assert legend(ax) == ["Lognormal, which does not fit", "as seen, and taken (n = 400, 0 cut)"]
    times = micro_stops.fits["R1", "tip"].times.repairs
    assert seen.get_xdata()[1:] == pytest.approx(np.sort(times.complete))
    assert seen.get_ydata() == pytest.approx(1 - np.arange(401) / 400)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert "Lognormal does not fit (p < 0.001" in ax.get_title("left")
    plain = next(axes for axes in ax.figure.axes if axes is not ax)
    assert plain.get_xscale() == plain.get_yscale() == "linear"
    assert len(plain.lines) == 2


def test_a_fit_that_fits_is_a_line(micro_stops: Downtime) -> None:
    ax = plot_fit(micro_stops, equipment="R1", reason="tip", of="uptime")
    fitted, _ = ax.lines
    x = np.asarray(fitted.get_xdata(), dtype=float)
    mean = micro_stops.table["uptime"][0]
    assert fitted.get_ydata() == pytest.approx(np.exp(-x / mean))
    assert ax.get_xlabel() == "uptime [h]"


def test_what_cannot_be_drawn_is_named(micro_stops: Downtime) -> None:
    with pytest.raises(ValueError, match="equipment must be one of the table, got 'R9'"):
        plot_fit(micro_stops, equipment="R9")
    with pytest.raises(ValueError, match="of must be 'repair' or 'uptime'"):
        plot_fit(micro_stops, of="both")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be given a Downtime"):
        plot_fit(5)  # type: ignore[arg-type]


def test_most_hours_come_first(micro_stops: Downtime) -> None:
    ax = plot_pareto(micro_stops, by="equipment")
    (bar,) = ax.patches
    assert bar.get_width() == pytest.approx(micro_stops.pareto()["hours"][0])  # type: ignore[attr-defined]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["R1"]
    assert " 400 stops, 100%" in [text.get_text() for text in ax.texts]
