"""Cycles that a plant has measured, without what the station waited in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ningde_sim import Empirical, Fixed, Gamma, Line, Lognormal, Shop, Station, simulate
from ningde_sim.learn import fit_cycles


def measured(seed: int, n: int = 400, mean: float = 60, cv: float = 0.1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(cv**-2, mean * cv**2, n)


def test_cycles_have_the_family_that_fits() -> None:
    table = pd.DataFrame({"equipment": "A", "cycle": measured(0)})
    found = fit_cycles(table)
    (row,) = found.table.to_dict("records")
    assert row["n"] == 400
    assert isinstance(found.cycle_times["A"], (Gamma, Lognormal))
    assert row["low"] < 60 < row["high"]
    assert row["cv"] == pytest.approx(0.1, rel=0.15)
    assert row["note"] == ""
    assert "A: 59.7 s (59.1 to 60.2; Gamma), cv 0.098" in str(found)
    assert repr(found) == "CycleTimes('Cycle times', 1 stations)"
    line = Line("L", [Station("A", found.cycle_times["A"])])
    assert simulate(Shop("one", [line]), hours=200, seed=0).throughput == pytest.approx(
        60, rel=0.01
    )


def test_what_is_blocked_and_starved_is_no_work() -> None:
    work, rng = measured(1), np.random.default_rng(2)
    blocked = rng.exponential(20, 400) * (rng.random(400) < 0.3)
    table = pd.DataFrame({"equipment": "A", "cycle": work + blocked + 1, "blocked": blocked})
    table["starved"] = 1.0
    (row,) = fit_cycles(table).table.to_dict("records")
    assert row["mean"] == pytest.approx(work.mean(), rel=1e-3)
    assert (row["blocked"], row["starved"]) == (pytest.approx(blocked.mean()), 1)
    (as_it_is,) = fit_cycles(table[["equipment", "cycle"]]).table.to_dict("records")
    assert as_it_is["mean"] > row["mean"] + 5


def test_two_kinds_of_bodies_are_taken_as_seen() -> None:
    cycles = np.append(measured(3, 200, 50, 0.02), measured(4, 200, 80, 0.02))
    found = fit_cycles(pd.DataFrame({"equipment": "A", "cycle": cycles}))
    assert isinstance(found.cycle_times["A"], Empirical)
    assert found.table["mean"][0] == pytest.approx(cycles.mean())
    assert "does not fit" in found.table["note"][0]


def test_stops_in_cycles_are_told() -> None:
    cycles = measured(5)
    cycles[::40] += 400
    (row,) = fit_cycles(pd.DataFrame({"equipment": "A", "cycle": cycles})).table.to_dict("records")
    assert row["long"] == 0.025
    assert "2.5% of cycles take over 3 medians: stops, most likely" in row["note"]


def test_a_few_cycles_give_their_mean() -> None:
    found = fit_cycles(pd.DataFrame({"equipment": ["A", "A", 7.0], "cycle": ["60", "62,5", 70]}))
    assert found.cycle_times == {"7": Fixed(70.0), "A": Fixed(61.25)}
    assert "too few for a distribution" in str(found)


def test_a_file_with_headings_of_its_own_is_read(tmp_path: Any) -> None:
    path = tmp_path / "cycles.csv"
    path.write_text("Takte\nStation;Takt\nA;60\nA;61,5\n", "utf-8")
    found = fit_cycles(path, columns={"equipment": "Station", "cycle": "Takt"})
    assert found.cycle_times == {"A": Fixed(60.75)}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("", 60, 0), "equipment must be named"),
        (("A", "long", 0), "cycle must be a number of seconds from 0.001 to 1e+06, got 'long'"),
        (("A", -1, 0), "cycle must be a number of seconds"),
        (("A", None, 0), "cycle must be a number of seconds"),
        (("A", 60, -1), "blocked must be a number of seconds from 0 to 1e+06, got '-1'"),
        (("A", 60, 60), "cycle must be longer than what is blocked and starved of it"),
    ],
)
def test_faulty_rows_are_told(row: tuple[Any, ...], told: str) -> None:
    table = pd.DataFrame([("A", 60, 0), row], columns=["equipment", "cycle", "blocked"])
    with pytest.raises(ValueError, match="faulty rows: 1") as caught:
        fit_cycles(table)
    assert told in str(caught.value)


def test_wrong_arguments_are_told() -> None:
    table = pd.DataFrame({"equipment": ["A"], "cycle": [60]})
    with pytest.raises(ValueError, match="families must be one of"):
        fit_cycles(table, families=["Normal"])
    with pytest.raises(ValueError, match="column 'cycle' is missing, got"):
        fit_cycles(table.drop(columns="cycle"))
    with pytest.raises(ValueError, match="columns must name columns of a log, equipment, cycle, b"):
        fit_cycles(table, columns={"start": "begin"})
