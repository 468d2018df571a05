"""Malformed arguments end in errors that name the object, the rule and the value, at once."""

from __future__ import annotations

import datetime
import math
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import pytest

from ningde_sim import (
    Comparison,
    Crew,
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    Normal,
    PlannedStop,
    Product,
    Quantity,
    Robot,
    Scale,
    Shifted,
    Shop,
    Station,
    Store,
    Triangular,
    Uniform,
    Weibull,
    WorkingTime,
    compare,
    designs,
    improve,
    learn,
    measures,
    plots,
    read_shop,
    replicate,
    scenario,
    sensitivity,
    shipping,
    simulate,
    simulate_year,
    sweep,
    theory,
    warm_up,
)
from ningde_sim.report import write

EACH = 15
"""Values drawn for each argument."""

Legal = Callable[[Any], bool]
"""Whether a value is legal for an argument."""


# ------------------------------------------------------------------ values


def texts(rng: random.Random) -> str:
    """Text that no name may be: blank, or with a control character or half of one."""
    evil = rng.choice(["\x00", "\x1b[2J", "\n", "\x7f", "\x9b", "\u2028", "\ud800", "\udfff"])
    return rng.choice(["", " ", "\t", f"{evil}A", f"A{evil}B", f"A{evil}"])


def numbers(rng: random.Random) -> Any:
    """Numbers, most of them out of any bounds."""
    huge = 10 ** rng.randint(309, 6000)
    tiny = rng.random() * 10.0 ** -rng.randint(100, 320)
    special = rng.choice([math.nan, math.inf, -math.inf, -0.5, -3, 1e300, 2j, huge + 1j * 0])
    return rng.choice([huge, -huge, -tiny - 1e-300, special])


def things(rng: random.Random) -> Any:
    """Objects of no use: containers, functions, dates, types."""
    inner = rng.choice([None, 3, "x", [], {}, object()])
    return rng.choice(
        [
            *(object(), None, True, b"s", b"", int, lambda: 1, datetime.date(2021, 1, 1)),
            *([inner], [[inner]], {"x": inner}, {1, 2}, {3: inner}, range(3), (1, 2, 3, 4)),
        ]
    )


def values(name: str, argument: str) -> Iterator[Any]:
    """Malformed values for an argument: the same in each run of the tests."""
    rng = random.Random(f"{name} {argument}")
    for k in range(EACH):
        try:
            yield (things, numbers, texts)[k % 3](rng)
        except OverflowError:  # of 10**6000 as a complex number
            yield math.inf


# ------------------------------------------------------------------ what is legal


def nothing(value: Any) -> bool:
    return False


def anything(value: Any) -> bool:
    return True


def optional(legal: Legal) -> Legal:
    return lambda value: value is None or legal(value)


def number(low: float = -math.inf, high: float = math.inf) -> Legal:
    def legal(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, Real):
            return False
        return -1e308 < value < 1e308 and low <= value <= high

    return legal


def whole(low: int, high: int) -> Legal:
    return lambda value: (
        isinstance(value, Integral) and not isinstance(value, bool) and low <= value <= high
    )


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def empty(value: Any) -> bool:
    """No members is as good as none of them."""
    return value == [] or value == ()


def file(value: Any) -> bool:
    return (
        isinstance(value, str) and bool(value.strip()) and not re.search("[\0\ud800-\udfff]", value)
    )


def prose(value: Any) -> bool:
    """Words that people read may be empty, and have several lines."""
    return isinstance(value, str) and not re.search(r"[\0\x1b\x7f\x9b\u2028\ud800-\udfff]", value)


seed, level, positive = whole(0, 2**63 - 1), nothing, number(0, 1e12)

# ------------------------------------------------------------------ descriptions

A, B = Station("A", 60), Station("B", 50)
JAM = Failure("jam", Exponential(2), Lognormal(5, 1), crew=True)
SHOP = Shop(
    "demo",
    [Line("L", [Station("A", 60, failures=[JAM])], puts="s"), Line("M", [B], takes="s")],
    stores=[Store("s", 5)],
    repair_crews=1,
)
MIXED = Shop(
    "mixed",
    [Line("L", [Station("A", 60, setup=9)], puts="s"), Line("M", [B], takes="s")],
    stores=[Store("s", 5)],
    products=[Product("X"), Product("Y")],
)

Arguments = Mapping[str, tuple[Any, Legal]]
"""By name a good value, and which of the malformed ones are legal nevertheless."""


@dataclass(frozen=True)
class Case:
    call: Callable[..., Any]
    arguments: Arguments


def case(call: Callable[..., Any], **arguments: tuple[Any, Legal]) -> Case:
    return Case(call, arguments)


DESCRIPTIONS = {
    "Fixed": case(Fixed, v=(3, positive)),
    "Exponential": case(Exponential, mean=(3, nothing)),
    "Lognormal": case(Lognormal, mean=(3, nothing), cv=(1, nothing)),
    "Gamma": case(Gamma, mean=(3, nothing), cv=(1, nothing)),
    "Weibull": case(Weibull, mean=(3, nothing), shape=(1, nothing)),
    "Uniform": case(Uniform, low=(1, nothing), high=(3, nothing)),
    "Triangular": case(Triangular, low=(1, nothing), mode=(2, nothing), high=(3, nothing)),
    "Normal": case(Normal, mean=(3, number(2 / 0.8, 2e5)), std=(2, number(3e-5, 2.4))),
    "Shifted": case(Shifted, low=(1, positive), distribution=(Fixed(3), nothing)),
    "Empirical": case(
        Empirical,
        values=([1, 2], lambda v: v in ([3], range(3), (1, 2, 3, 4))),
        in_order=(False, flag),
    ),
    "Scale": case(Scale, factor=(2, number(0))),
    "WorkingTime": case(
        WorkingTime, windows=([(0, 8)], nothing), every=(24, lambda value: value is None)
    ),
    "Failure": case(
        Failure,
        name=("f", nothing),
        uptime=(Exponential(9), nothing),
        repair=(Exponential(9), nothing),
        clock=("operating", nothing),
        crew=(False, lambda value: isinstance(value, (bool, str)) and value != ""),
        then=("resume", nothing),
        aged=(False, flag),
        priority=(0, whole(0, 0)),
    ),
    "Crew": case(
        Crew,
        name=("c", nothing),
        number=(1, whole(1, 2**31)),
        working_time=(None, lambda value: value is None),
        skills=((), lambda value: value in ([], ["x"])),
    ),
    "PlannedStop": case(
        PlannedStop,
        name=("p", nothing),
        every=(3, whole(1, 2**31)),
        duration=(3, positive),
        unit=("cycles", nothing),
        hidden=(0.2, number(0, 1)),
        crew=(False, lambda value: value is False),
    ),
    "Robot": case(
        Robot,
        name=("R", nothing),
        role=("weld", nothing),
        failures=((), empty),
        planned_stops=((), empty),
    ),
    "Station": case(
        Station,
        name=("S", nothing),
        cycle_time=(3, number(0.001, 1e12)),
        robots=((), empty),
        failures=((), empty),
        planned_stops=((), empty),
        scrap=(0.1, number(0, 0.9)),
        rework=(0.1, number(0, 0.9)),
    ),
    "Line": case(
        Line,
        name=("L", nothing),
        stations=([A, B], nothing),
        buffers=(1, lambda value: value == [3]),
        takes=((), lambda value: value in ([], ["x"])),
        puts=((), lambda value: value in ([], ["x"])),
        returns=((), lambda value: value in ([], ["x"])),
        failures=((), empty),
        zone=("z", lambda value: value is None),
        working_time=(None, lambda value: value is None),
        at_close=("pause", nothing),
    ),
    "Store": case(
        Store,
        name=("s", nothing),
        capacity=(3, whole(0, 10**6)),
        transit_time=(2, positive),
        initial=(1, whole(0, 3)),
        working_time=(None, lambda value: value is None),
    ),
    "Quantity": case(
        lambda **fields: Quantity(**{"evidence": "assumed", "source": "x", **fields}),
        value=(3.0, number(1, 4)),
        unit=("s", lambda value: value in (" ", "\t")),
        evidence=("assumed", nothing),
        source=("x", lambda value: prose(value) and value != ""),
        low=(1.0, optional(number(high=3))),
        high=(4.0, optional(number(low=3))),
        note=("", prose),
        tuned=("", prose),
        drawn_with=("", lambda value: value in ("", " ")),
    ),
    "Shop": case(
        Shop,
        name=("demo", nothing),
        lines=(SHOP.lines, nothing),
        stores=(SHOP.stores, nothing),
        repair_crews=(1, optional(whole(1, 2**31))),
        output=("M", lambda value: value is None),
        working_time=(None, lambda value: value is None),
        notes=((), lambda value: prose(value) or value in ([], ["x"])),
    ),
}

# ------------------------------------------------------------------ functions

NUMBERS: Legal = lambda value: value in ([3], range(3), (1, 2, 3, 4))  # noqa: E731
OF: Legal = lambda value: value is None  # noqa: E731
TARGET = optional(number())
RUNS: Mapping[str, tuple[Any, Legal]] = {
    "hours": (2, number(0.001, 1e6)),
    "calendar": (None, OF),
    "start": (None, OF),
    "days": (None, OF),
    "warm_up": (0, number(0, 1e6)),
    "runs": (2, optional(whole(1, 9))),
    "seed": (0, seed),
    "workers": (1, optional(whole(1, 9))),
    "inputs": ("drawn", nothing),
    "target": (None, TARGET),
    "control_runs": (0, optional(whole(0, 9))),
    "engine": ("compiled", nothing),
    "progress": (False, optional(flag)),
}


@cache
def functions() -> dict[str, Case]:
    quiet: Any = {"progress": False, "workers": 1}
    run = simulate(SHOP, hours=20, seed=0, trace=True, critical_path=True, every=1)
    mixed = simulate(MIXED, hours=20, seed=0)
    keep: Any = {"keep": ["stations", "exits"]}
    study = replicate(SHOP, hours=20, runs=12, seed=0, target=100, **keep, **quiet)
    grid = {"stations.B.cycle_time": [50, 55], "stores.s.capacity": [3, 5]}
    swept = sweep(SHOP, grid, hours=5, runs=12, seed=0, target=100, **quiet)
    filled = warm_up.how_long(SHOP, hours=200, runs=2, seed=0, **quiet)
    log = learn.downtime_log(run, start="2021-01-01")
    plan, both = scenario("ningde-2020-12"), Comparison(study, study)
    of, conf, ax = ("bodies", OF), (0.9, nothing), (None, OF)
    target = (100, TARGET)
    pair: Arguments = {"uptimes": ([9, 9], nothing), "repairs": ([1, 1], nothing)}
    slots: Arguments = {"up": ([0.9, 0.9], nothing), "buffers": ([1], lambda v: v == [3])}
    return {
        "simulate": case(
            simulate,
            shop=(SHOP, nothing),
            run=(0, seed),
            critical_path=(False, flag),
            trace=(False, flag),
            every=(None, optional(number(0.001, 1e6))),
            **{key: RUNS[key] for key in ("hours", "calendar", "start", "days")},
            **{key: RUNS[key] for key in ("warm_up", "seed", "engine", "progress")},
        ),
        "simulate on dates": case(
            simulate,
            shop=(SHOP, nothing),
            hours=(None, OF),
            calendar=({"shifts": 2, "shift_hours": 0.5}, nothing),
            start=("2026-03-02", lambda value: value == datetime.date(2021, 1, 1)),
            days=(2, whole(1, 9)),
            warm_up=(0, number(0, 1e6)),
            seed=(0, seed),
        ),
        "replicate": case(
            replicate,
            what=(SHOP, nothing),
            precision=(None, OF),
            keep=(["periods"], nothing),
            every=(1, number(0.001, 1e6)),
            **RUNS,
        ),
        "sweep": case(
            sweep,
            what=(SHOP, nothing),
            over=({"repair_crews": [1, 2]}, nothing),
            resume=(None, lambda value: value is None or file(value)),
            **RUNS | {"runs": (2, whole(1, 9))},
        ),
        "compare": case(compare, a=(SHOP, nothing), b=(SHOP, nothing), **RUNS),
        "simulate_year": case(
            simulate_year,
            scenario=(plan, nothing),
            engine=("compiled", nothing),
            seed=(-1, nothing),
            critical_path=(False, nothing),
        ),
        "how_long": case(
            warm_up.how_long,
            shop=(SHOP, nothing),
            hours=(60, nothing),
            runs=(2, whole(2, 9)),
            every=(0.5, OF),
            seed=(0, seed),
            **{key: RUNS[key] for key in ("workers", "engine", "progress")},
        ),
        "gains": case(
            improve.gains,
            shop=(SHOP, nothing),
            runs=(2, whole(2, 9)),
            verify=(0, whole(0, 9)),
            **{key: RUNS[key] for key in ("hours", "warm_up", "seed", "workers", "progress")},
        ),
        "tornado": case(
            sensitivity.tornado,
            scenario=(plan, nothing),
            inputs=(["no such input"], nothing),
            seed=(0, nothing),
            of=("vehicles", nothing),
        ),
        "sobol": case(
            sensitivity.sobol,
            scenario=(plan, nothing),
            inputs=(["no such input"], nothing),
            seed=(0, nothing),
        ),
        "latin_hypercube": case(
            designs.latin_hypercube,
            ranges=({"a": (1, 4)}, nothing),
            size=(4, whole(2, 100)),
            seed=(0, seed),
        ),
        "read_shop": case(read_shop, name_or_path=("none.toml", nothing)),
        "scenario": case(scenario, name_or_path=("ningde-2020-12", nothing)),
        "ship": case(
            shipping.ship,
            export=(scenario("ningde-2021").export, nothing),
            vehicles=([100] * 5, NUMBERS),
            ckd_sets=(None, OF),
            start=(datetime.date(2021, 1, 4), lambda value: isinstance(value, datetime.date)),
            seed=(0, seed),
            run=(0, seed),
            horizon_days=(None, OF),
        ),
        "downtime_log": case(
            learn.downtime_log,
            run=(run, nothing),
            start=("2021-01-01", lambda value: isinstance(value, datetime.date)),
        ),
        "fit_downtime": case(
            learn.fit_downtime,
            table=(log, nothing),
            begin=("2021-01-01", OF),
            tz=(None, OF),
            equipment=(None, OF),
            pool=(None, OF),
            clock=("operating", nothing),
            working_time=(None, OF),
            operating=(None, OF),
            crew=(False, flag),
            new=(False, flag),
            level=conf,
            on_problem=("raise", nothing),
        ),
        "Shop.station": case(SHOP.station, name=("A", nothing)),
        "Shop.get": case(SHOP.get, path=("repair_crews", nothing)),
        "Shop.replace": case(SHOP.replace, changes=({}, lambda value: value == {})),
        "Shop.diff": case(SHOP.diff, other=(SHOP, nothing)),
        "crews": case(
            lambda value: SHOP.replace({"repair_crews": value}), value=(1, optional(whole(1, 99)))
        ),
        "Scenario.get": case(plan.get, path=("target", nothing)),
        "Scenario.replace": case(plan.replace, changes=({}, lambda value: value == {})),
        "target": case(lambda value: plan.replace({"target": value}), value=(9, number(1, 1e12))),
        "Scenario.at": case(plan.at, shares=({}, lambda value: value == {})),
        "Scenario.draw": case(plan.draw, seed=(0, seed), run=(0, seed)),
        "Scenario.without": case(lambda loss: plan.without(loss), loss=("supply", nothing)),
        "Scenario.to_toml": case(plan.to_toml, path=("plan.toml", file)),
        "Study.probability": case(study.probability, target=target, of=of, level=conf),
        "Study.quantile": case(study.quantile, q=conf, of=of, level=conf),
        "Study.table": case(study.table, name=("stations", nothing), level=conf),
        "Study.time_of": case(study.time_of, n=(3, whole(1, 2**31)), q=conf, level=conf),
        "Study.minus": case(study.minus, other=(study, nothing), of=of, level=conf),
        "Study.random_share": case(study.random_share, of=of, level=conf),
        "Study.information": case(study.information, target=target, of=of, level=conf),
        "Study.report": case(study.report, path=("page.html", file)),
        "report.write": case(write, study=(study, nothing), path=("page.html", file)),
        "Comparison": case(Comparison, first=(study, nothing), second=(study, nothing)),
        "Comparison.difference": case(both.difference, of=of, level=conf),
        "Comparison.probability": case(
            both.probability_difference, target=target, of=of, level=conf
        ),
        "Sweep.study": case(swept.study, point=(0, whole(0, 3))),
        "Sweep.estimates": case(swept.estimates, of=of, target=target, level=conf),
        "Sweep.to_csv": case(swept.to_csv, path=("sweep.csv", file), runs=(False, flag)),
        "Sweep.against": case(
            swept.against, baseline=(0, whole(0, 3)), of=of, target=target, level=conf
        ),
        "Sweep.best": case(swept.best, of=of, target=target, confidence=conf),
        "Sweep.cheapest": case(
            swept.cheapest,
            cost=({"stores.s.capacity": 1}, lambda value: value == {} or callable(value)),
            probability=(0.5, nothing),
            target=target,
        ),
        "plot_distribution": case(
            plots.plot_distribution, study=(study, nothing), ax=ax, target=target, of=of
        ),
        "plot_sweep": case(
            plots.plot_sweep, sweep=(swept, nothing), ax=ax, show=(None, OF), of=of, target=target
        ),
        "plot_warm_up": case(plots.plot_warm_up, result=(filled, nothing), ax=ax),
        "plot_states": case(plots.plot_states, run=(run, nothing), ax=ax, by=("zone", nothing)),
        "plot_gantt": case(
            plots.plot_gantt,
            run=(run, nothing),
            ax=ax,
            begin=(0, number(0, 4)),
            end=(5, optional(number(1, 20))),
            things=(None, OF),
        ),
        "plot_levels": case(plots.plot_levels, run=(run, nothing), ax=ax, stores=(None, OF)),
        "plot_lead_times": case(plots.plot_lead_times, run=(run, nothing), ax=ax, exits=(None, OF)),
        "plot_wip": case(plots.plot_wip, run=(run, nothing), ax=ax),
        "plot_products": case(
            plots.plot_products,
            run=(mixed, nothing),
            ax=ax,
            every=(1, optional(number(0.001, 1e6))),
        ),
        "plot_sequence": case(
            plots.plot_sequence,
            run=(mixed, nothing),
            ax=ax,
            first=(0, whole(0, 9)),
            most=(9, whole(1, 1_000_000)),
        ),
        "plot_products_in_stores": case(plots.plot_products_in_stores, run=(mixed, nothing), ax=ax),
        "plot_changeovers": case(plots.plot_changeovers, run=(mixed, nothing), ax=ax),
        "plot_bottleneck": case(
            plots.plot_bottleneck,
            run=(run, nothing),
            ax=ax,
            every=(5, number(0.01, 1e6)),
            most=(5, whole(1, 99)),
        ),
        "arrows": case(
            measures.arrows,
            run_or_table=(run, nothing),
            joins=(None, lambda value: value is None or value == []),
        ),
        "joined_stations": case(measures.joined_stations, shop=(SHOP, nothing)),
        "ranking": case(
            measures.ranking,
            run_or_log=(run, nothing),
            joins=(None, lambda value: value is None or value == []),
        ),
        "active_periods": case(measures.active_periods, run_or_log=(run, nothing), level=conf),
        "capacity": case(theory.capacity, shop=(SHOP, nothing), hours=(None, OF)),
        "all_up": case(theory.all_up, **pair),
        "indexing_line": case(theory.indexing_line, cycle=(1, number(0.001, 1e4)), **pair),
        "bernoulli_line": case(theory.bernoulli_line, **slots),
        "exponential_line": case(
            theory.exponential_line,
            service=([1, 1], lambda value: value in ([3], (1, 2, 3, 4))),
            buffers=(1, lambda value: value == [3]),
            uptime=(None, OF),
            repair=(None, OF),
        ),
        "fluid_pair": case(
            theory.fluid_pair,
            fails=([0.1, 0.1], nothing),
            repairs=([1, 1], nothing),
            buffer=(3, number(0)),
            clock=("operating", nothing),
        ),
        "machine_repairman": case(
            theory.machine_repairman,
            machines=(3, whole(1, 99)),
            crews=(1, whole(1, 99)),
            uptime=(3, number(1e-9)),
            repair=(1, number(1e-9)),
        ),
    }


# ------------------------------------------------------------------ tests

Call = tuple[str, Case, str, Any]


def malformed(cases: Mapping[str, Case]) -> Iterator[Call]:
    """All calls with one malformed argument."""
    for name, each in cases.items():
        for argument, (_, legal) in each.arguments.items():
            for value in values(name, argument):
                if not legal(value):
                    yield name, each, argument, value


def fault(call: Call) -> str:
    """What is wrong with how a call ends; "" where its error names object, rule and value."""
    name, each, argument, value = call
    good = {key: value for key, (value, _) in each.arguments.items()}
    try:
        shown = f"{name}({argument}={value!r:.60})"
    except ValueError:
        shown = f"{name}({argument}=a huge number)"
    begin = time.perf_counter()
    try:
        each.call(**{**good, argument: value})
    except (TypeError, ValueError, KeyError, FileNotFoundError) as error:
        text = str(error.args[0]) if error.args else ""
        named = re.match(r"[^\n]+: .*(, got | must |no such file)", text, re.DOTALL)
        if not named:
            return f"{shown}: {type(error).__name__}: {text[:120]}"
    except Exception as error:
        return f"{shown}: {type(error).__name__}: {error}"[:200]
    else:
        return f"{shown}: accepted"
    took = time.perf_counter() - begin
    return f"{shown}: it took {took:.1f} s" if took > 1 else ""


def test_malformed_descriptions_are_refused_by_name() -> None:
    calls = [*malformed(DESCRIPTIONS)]
    assert len(calls) >= 500
    assert [words for call in calls if (words := fault(call))] == []


def test_malformed_arguments_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    calls = [*malformed(functions())]
    assert len(calls) >= 500
    assert [words for call in calls if (words := fault(call))] == []
