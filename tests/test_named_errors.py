"""Errors and warnings lead on: they say what is possible instead."""

from __future__ import annotations

import dataclasses
import io
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ningde_sim import (
    Estimate,
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    PlannedStop,
    Product,
    Quantity,
    Robot,
    Shop,
    Station,
    Store,
    Uniform,
    Weibull,
    compare,
    plots,
    read_shop,
    replicate,
    scenario,
    simulate,
    sweep,
)
from ningde_sim.exceptions import NoEffect
from ningde_sim.studies import sweep as module_of_sweep
from tests.synthetic import Year

BRACKETS = "OP 1.5 [left]"


def shop(name: str = "demo", station: str = "A", setup: float | None = None, **more: Any) -> Shop:
    jam = Failure("jam", Exponential(50), Lognormal(3, 1), crew=True)
    first = Line("L", [Station(station, 60, failures=[jam], setup=setup)], puts="s")
    return Shop(
        name, [first, Line("M", [Station("B", 50)], takes="s")], stores=[Store("s", 5)], **more
    )


# ------------------------------------------------------------------ distributions


@pytest.mark.parametrize(
    ("make", "bound"),
    [
        (lambda: Gamma(10, cv=1e-160), "cv must be at least 1e-05"),
        (lambda: Lognormal(60, 1e200), "cv must be at most 100"),
        (lambda: Weibull(3, 1e5), "shape must be at most 1000"),
        (lambda: Exponential(1e13), r"mean must be at most 1e\+12"),
        (lambda: Exponential(1e-10), "mean must be at least 1e-09"),
        (lambda: Fixed(1e13), r"v must be at most 1e\+12"),
        (lambda: Uniform(0, 1e13), r"high must be at most 1e\+12"),
        (lambda: Fixed(10**5000), "v must be a finite number, got a int too long to write out"),
    ],
)
def test_every_parameter_of_a_distribution_has_bounds(make: Any, bound: str) -> None:
    with pytest.raises(ValueError, match=bound):
        make()


@pytest.mark.parametrize(
    "law", [Gamma(60, 1e-5), Gamma(60, 100), Lognormal(60, 100), Lognormal(1e12, 100)]
)
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_draws_at_the_bounds_end_and_fit_the_clock(law: Any, engine: Any) -> None:
    line = Line("L", [Station("A", law)])
    run = simulate(Shop("one", [line]), hours=1, seed=0, engine=engine)
    assert run.stations.loc["A", "working"] <= 1
    assert run.bodies >= 0


def test_a_cv_of_a_file_has_the_same_bounds() -> None:
    plan = scenario("ningde-2020-12")
    for cv, words in ((1e-160, "value must be 0 or at least 1e-05"), (101, "at most 100")):
        with pytest.raises(ValueError, match=words):
            plan.replace({"body_shop.failures.minor.cv": cv})


# ------------------------------------------------------------------ frozen


def test_assigning_to_a_description_tells_how_to_get_a_changed_copy() -> None:
    this, stop = shop(), PlannedStop("tips", 30, 20)
    with pytest.raises(
        dataclasses.FrozenInstanceError, match=r'shop.replace\({"repair_crews": 3}\)'
    ):
        this.repair_crews = 3  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match=r"replace\(plannedstop, every=40\)"):
        stop.every = 40  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="no such field; it has name, every"):
        del stop.evry  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError, match=r"replace\(scenario, name='x'\)"):
        scenario("ningde-2020-12").name = "x"  # type: ignore[misc]


# ------------------------------------------------------------------ messages


def test_a_store_named_twice_is_refused_with_the_way_to_say_it() -> None:
    with pytest.raises(ValueError, match=r"Name each store once: {'wheels': 4} takes four parts"):
        Line("L", [Station("A", 60)], takes=["wheels"] * 4)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("lines.M.stations", "have no path: build each plant, and compare them"),
        ("names", "have no path: build each plant, and compare them"),
        ("lines.M", "It holds several values: name one of them, such as lines.M.buffers"),
        ("lines.M.takes", "A path joins lines and stores anew, but adds and removes none"),
    ],
)
def test_what_a_sweep_cannot_vary_is_told_with_what_it_can(path: str, words: str) -> None:
    with pytest.raises((KeyError, ValueError), match=words):
        sweep(shop(), {path: [(), ("s", "s2")]}, runs=2, seed=0, hours=2, progress=False)


def test_a_name_with_brackets_is_shown_in_quotes() -> None:
    this = shop(station=BRACKETS)
    with pytest.raises(KeyError, match="in double quotes") as caught:
        this.get(f"stations.{BRACKETS}.failures.*.repair.mean")
    quoted = str(caught.value.args[0]).rpartition(": ")[2].removesuffix(".")
    assert this.get(quoted) == 3.0


# ------------------------------------------------------------------ names


@pytest.mark.parametrize("name", ["A\x1b[2J", "A\n", "A\x1f", "\ud800", "A\u2028", "A\x00"])
def test_a_name_holds_no_control_character(name: str, tmp_path: Path) -> None:
    for make in (
        lambda: Station(name, 60),
        lambda: Store(name, 3),
        lambda: Shop(name, shop().lines),
    ):
        with pytest.raises(ValueError, match="must hold no control character"):
            make()
    with pytest.raises(ValueError, match="must hold no control character"):
        sweep(shop(), {name: {"repair_crews": 2}}, runs=1, seed=0, hours=1, progress=False)


def test_names_with_dollars_are_no_mathematics() -> None:
    """A picture of them is drawn, although what stands between the dollars is none."""
    import matplotlib.pyplot as plt

    this = shop(name=r"a $\frac$ shop", station=r"$\x$")
    run = simulate(this, hours=20, seed=0, trace=True, critical_path=True, every=1)
    dollars = [Product(r"$\y$"), Product(r"$\z$")]
    made = simulate(shop(station=r"$\x$", setup=9, products=dollars), hours=20, seed=0)
    study = replicate(this, hours=20, runs=12, seed=0, progress=False)
    swept = sweep(
        this, {"$\\x$": {"repair_crews": 2}, "b": {}}, hours=5, runs=3, seed=0, progress=False
    )
    for draw in (
        lambda: plots.plot_products(made),
        lambda: plots.plot_sequence(made),
        lambda: plots.plot_products_in_stores(made),
        lambda: plots.plot_changeovers(made),
        lambda: plots.plot_states(run),
        lambda: plots.plot_states(run, by="station"),
        lambda: plots.plot_gantt(run),
        lambda: plots.plot_levels(run),
        lambda: plots.plot_lead_times(run),
        lambda: plots.plot_wip(run),
        lambda: plots.plot_stores(run),
        lambda: plots.plot_critical_path(run),
        lambda: plots.plot_bottleneck(run),
        lambda: plots.plot_distribution(study),
        lambda: plots.plot_sweep(swept),
    ):
        draw().figure.savefig(io.BytesIO())
        plt.close("all")


def test_a_report_holds_the_name_as_it_is(tmp_path: Path) -> None:
    study = replicate(shop(name=r"a $\frac$ shop"), hours=20, runs=12, seed=0, progress=False)
    page = study.report(tmp_path / "page.html").read_text("utf-8")
    assert r'alt="a $\frac$ shop' in page


def test_a_plan_named_as_a_formula_is_text_in_a_csv(tmp_path: Path) -> None:
    plans = {"=cmd|' /C calc'!A0": {}, "-2 crews": {"repair_crews": 2}}
    swept = sweep(shop(), plans, hours=5, runs=3, seed=0, progress=False)
    for runs in (False, True):
        swept.to_csv(tmp_path / "a.csv", runs=runs)
        names = pd.read_csv(tmp_path / "a.csv")["name"].unique().tolist()
        assert names == ["'=cmd|' /C calc'!A0", "'-2 crews"]
    assert swept.table["name"].tolist() == [*plans]


# ------------------------------------------------------------------ results in words


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12, "0.12"), (0.1 + 0.2, "0.3"), (29_915.125, "29,915.125"), (240.0, "240"), (0.0, "0")],
)
def test_an_estimate_without_spread_prints_its_value(value: float, text: str) -> None:
    assert str(Estimate(value, value, value, 0.95, 12)).startswith(f"{text} ({text} to {text};")
    if value:
        above = math.nextafter(value, math.inf)
        assert str(Estimate(value, value, above, 0.95, 12)).startswith(f"{text} ({text} to {text};")


def test_what_has_no_bound_is_said_in_words() -> None:
    slow = Shop("slow", [Line("L", [Station("A", 60)])])
    found = compare(slow, slow.replace({"stations.A.cycle_time": 50}), hours=8, runs=12, seed=0)
    assert "1.0 times the runs for as narrow a difference (at least 0.5; 95 %)" in found.summary()
    shifted = compare(Year(), Year(noise=2.0), runs=20, seed=0, progress=False)
    assert math.isinf(shifted.variance_reduction().value)
    assert "could not match this, which is exact: all runs differ by the same" in shifted.summary()
    for text in (found.summary(), shifted.summary()):
        assert not re.search(r"\binf\b", text)


# ------------------------------------------------------------------ silence


def test_crews_that_no_repair_needs_are_told() -> None:
    idle = Shop("idle", [Line("L", [Station("A", 60)])], repair_crews=2)
    with pytest.warns(NoEffect, match="Shop 'idle': repair_crews has no effect"):
        simulate(idle, hours=1, seed=0)
    with pytest.warns(NoEffect, match="no failure has crew=True, got 2"):
        replicate(idle, hours=1, runs=12, seed=0, progress=False)
    assert not shop(repair_crews=2).crews_idle


MANUAL = """
name = "hand"
[zones.z]
title = "z"
lines = ["Z"]
cycle_time = { value = 60, unit = "s", evidence = "assumed", source = "x" }
evidence = "assumed"
source = "x"
stations = [{ suffix = "010", manual = true }]
"""
STOP = """
[planned_stops.tips]
interval = { value = 600, unit = "spots", evidence = "assumed", source = "x" }
duration = { value = 20, unit = "s", evidence = "assumed", source = "x" }
hidden = { value = 0, unit = "-", evidence = "assumed", source = "x" }
"""
MINOR = """
[failures.minor]
per = "robot"
uptime = { value = 60, unit = "h", evidence = "assumed", source = "x" }
repair = { value = 2, unit = "min", evidence = "assumed", source = "x" }
cv = { value = 1, unit = "-", evidence = "assumed", source = "x" }
"""


def test_stops_and_failures_of_robots_need_robots(tmp_path: Path) -> None:
    file = tmp_path / "hand.toml"
    file.write_text(MANUAL)
    assert read_shop(file).n_robots == 0
    file.write_text(MANUAL + STOP)
    with pytest.raises(ValueError, match=r"planned_stops.tips: .* so this stop never comes"):
        read_shop(file)
    file.write_text(MANUAL + MINOR)
    with pytest.raises(ValueError, match=r"failures.minor.per: no station has robots"):
        read_shop(file)


def test_a_misspelt_shared_draw_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    cv = 'value = 1, unit = "-", low = 0.7, high = 1.5, evidence = "assumed", source = "x"'
    change = '[changes]\n"body_shop.failures.minor.cv" = {{ {}, drawn_with = "{}" }}\n'
    head = 'base = "ningde-2021"\n'
    file.write_text(head + change.format(cv, "spread of repair"))
    with pytest.warns(NoEffect, match=r"minor.cv: .* Did you mean 'spread of repairs'\?"):
        scenario(file)
    file.write_text(head + change.format(cv, "spread of repairs"))
    scenario(file)


def test_an_unknown_store_is_refused_when_a_scenario_is_changed() -> None:
    with pytest.raises(ValueError, match=r"body_shop.finish: unknown store; .* got 'nowhere'"):
        scenario("ningde-2021").replace({"body_shop.finish.takes": ["nowhere"]})


# ------------------------------------------------------------------ bar


def test_the_check_of_design_points_has_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module_of_sweep, "CHECKS_SHOWN", 0.0)
    sweep(shop(), {"repair_crews": [1, 2, 3]}, hours=1, runs=1, seed=0, progress=True)
    assert "demo: checking: 100%" in capsys.readouterr().err


# ------------------------------------------------------------------ nonsense


@pytest.mark.parametrize(
    "call",
    [
        lambda: replicate(shop(), hours=1, runs=2, seed=0, inputs="lucky"),  # type: ignore[arg-type]
        lambda: Line("L", [Station("A", 60)], zone=0),  # type: ignore[arg-type]
        lambda: simulate(shop(), hours=1, seed=0, trace=-1),  # type: ignore[arg-type]
        lambda: simulate(shop(), hours=1, seed=0, critical_path=3),  # type: ignore[arg-type]
        lambda: Quantity(1.0, b"s", evidence="assumed", source="x"),  # type: ignore[arg-type]
        lambda: Quantity(10**400, "s", evidence="assumed", source="x"),
        lambda: sweep(shop(), {"repair_crews": [1]}, hours=1, runs=1, seed=0, resume=":memory:"),
        lambda: Robot("R", "weld", failures={}),  # type: ignore[arg-type]
        lambda: Line("L", [Station("A", 60)], takes={"s", "t"}),  # type: ignore[arg-type]
        lambda: simulate(shop(), hours=1, seed=0, engine=[]),  # type: ignore[arg-type]
        lambda: replicate(shop(), hours=1, runs=2, seed=0, workers=10**9),
    ],
)
def test_nonsense_is_not_accepted_in_silence(call: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r": .*, got "):
        call()
