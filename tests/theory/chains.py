"""Shops whose Markov chains `markov_cases` solves, and two that a formula solves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from math import exp, inf
from typing import Any

import numpy as np

from ningde_sim import Crew, Exponential, Failure, Fixed, Line, Shop, Station, Store
from tests.theory.intervals import Instance
from tests.theory.markov_cases import Kind, batches, crew_groups, rework_loop, stopped_line
from tests.theory.reference import Measure, first, first_store_content, last, share, throughput

STOCK = 200_000
"""Parts that outlast every run. [parts]"""


def level(store: str) -> Measure:
    """The mean content of a store."""
    return lambda run, unit: run.stores.loc[store, "level"]


def one(station: str, state: str) -> Measure:
    """The share of time of one station in a state."""
    return lambda run, unit: run.stations.loc[station, state] / run.hours


# ------------------------------------------------------------------------- rework with priority


def loop(means: Mapping[str, float], reject: float, capacities: tuple[int, int, int], unit: float):
    """As `rework_loop` writes it."""
    m, i, r = (Exponential(means[station] * unit) for station in ("merge", "inspection", "repair"))
    lines = [
        Line("merge", [Station("M", m)], takes=[("repaired", "new")], puts="waiting"),
        Line("inspection", [Station("I", i, reject=reject)], takes="waiting", rejects="rejected"),
        Line("repair", [Station("R", r)], takes="rejected", puts="repaired"),
    ]
    names = "waiting", "rejected", "repaired"
    stores = [Store(name, capacity) for name, capacity in zip(names, capacities, strict=True)]
    new = Store("new", STOCK, initial=STOCK)
    return Shop("loop", lines, stores=[*stores, new], output="inspection")


def rework(
    name: str,
    means: Mapping[str, float],
    reject: float,
    capacities: tuple[int, int, int],
    units: float = 60_000,
) -> Instance:
    """Good bodies, waits and levels of a rework loop."""

    @cache
    def exact() -> dict[str, Any]:
        case = rework_loop(**means, reject=reject, capacities=capacities)
        return {
            "throughput": case.throughput,
            "merge blocked": case.merge_blocked,
            "inspection blocked": case.inspection_blocked,
            "repairing": case.repairing,
            "level before the inspection": case.waiting,
            "level of repaired bodies": case.repaired,
        }

    claims = {
        "throughput": throughput,
        "merge blocked": one("M", "blocked"),
        "inspection blocked": one("I", "blocked"),
        "repairing": one("R", "working"),
        "level before the inspection": level("waiting"),
        "level of repaired bodies": level("repaired"),
    }
    shop = partial(loop, means, reject, capacities)
    return Instance("rework", name, shop, claims, units=units, exact=exact)


# ------------------------------------------------------------------------- quantities


def pairs(feeder: float, station: float, number: int, capacity: int, unit: float) -> Shop:
    """As `batches` writes it."""
    lines = [
        Line("feeder", [Station("F", Exponential(feeder * unit))], puts="parts"),
        Line("station", [Station("S", Exponential(station * unit))], takes={"parts": number}),
    ]
    return Shop("batches", lines, stores=[Store("parts", capacity)])


def assembly(
    feeder: float, station: float, number: int, capacity: int, units: float = 30_000
) -> Instance:
    """Bodies of several parts each."""

    @cache
    def exact() -> dict[str, Any]:
        case = batches(feeder=feeder, station=station, number=number, capacity=capacity)
        return {
            "throughput": case.throughput,
            "feeder blocked": case.feeder_blocked,
            "station starved": case.station_starved,
            "level": case.level,
        }

    claims = {
        "throughput": throughput,
        "feeder blocked": one("F", "blocked"),
        "station starved": one("S", "starved"),
        "level": level("parts"),
    }
    shop = partial(pairs, feeder, station, number, capacity)
    name = f"{number} of {capacity}"
    return Instance("quantities", name, shop, claims, units=units, exact=exact)


# ------------------------------------------------------------------------- groups of crews

Groups = tuple[tuple[int, tuple[str, ...]], ...]


def skilled(kinds: tuple[Kind, ...], groups: Groups, unit: float) -> Shop:
    """As `crew_groups` writes it; a cycle takes ten units."""
    lines = []
    for kind in kinds:
        mode = Failure(
            "f",
            Exponential(kind.uptime * unit / 3600),
            Exponential(kind.repair * unit / 60),
            crew=kind.skill,
            priority=kind.priority,
        )
        for k in range(kind.machines):
            name = f"{kind.skill} {k}"
            lines.append(Line(name, [Station(name, Fixed(10 * unit), failures=[mode])]))
    crews = [Crew(f"group {i}", n, skills=skills) for i, (n, skills) in enumerate(groups)]
    return Shop("skills", lines, crews=crews)


def skills(name: str, kinds: tuple[Kind, ...], groups: Groups) -> Instance:
    """How much the machines of each kind work, and the crews of each group."""

    @cache
    def exact() -> dict[str, Any]:
        case = crew_groups(kinds, groups)
        return {"availability": np.array(case.availability), "busy crews": np.array(case.busy)}

    def availability(run, unit) -> np.ndarray:
        works = run.stations["working"] / run.hours
        of = works.index.str.rsplit(" ", n=1).str[0]
        return works.groupby(of).mean()[[kind.skill for kind in kinds]].to_numpy()

    def busy(run, unit) -> np.ndarray:
        return run.crews["busy"].to_numpy() / run.hours

    claims = {"availability": availability, "busy crews": busy}
    return Instance(
        "crews", name, partial(skilled, kinds, groups), claims, units=90_000, exact=exact
    )


ARC, BOLT = Kind("arc", 4, 10, 3), Kind("bolt", 3, 14, 5)
URGENT = Kind("bolt", 3, 14, 5, priority=1)
CROSS: Groups = (1, ("arc",)), (1, ("bolt", "arc"))

# ------------------------------------------------------------------------- a line that stops


def gated(
    means: tuple[float, float], buffer: int, clock: str, times: Mapping[str, float], unit: float
) -> Shop:
    """As `stopped_line` writes it."""

    def mode(name: str, up: str, repair: str, **more: Any) -> list[Failure]:
        mean = times.get(up, inf)
        if mean == inf:
            return []
        uptime, repairs = Exponential(mean * unit / 3600), Exponential(times[repair] * unit / 60)
        return [Failure(name, uptime, repairs, **more)]

    own = mode("own", "own_uptime", "own_repair")
    stations = [
        Station(name, Exponential(mean * unit), failures=own)
        for name, mean in zip("AB", means, strict=True)
    ]
    gate = mode("gate", "uptime", "repair", clock=clock)
    return Shop("gate", [Line("line", stations, buffers=buffer, failures=gate)])


def gate(
    name: str, means: tuple[float, float], buffer: int, clock: str, **times: float
) -> Instance:
    """Two stations that one failure stops."""

    @cache
    def exact() -> dict[str, Any]:
        case = stopped_line(means, buffer, calendar=clock == "calendar", **times)
        values = {
            "throughput": case.throughput,
            "blocked": case.blocked,
            "starved": case.starved,
            "content": case.content,
            "down": np.full(2, case.down),
        }
        return {claim: values[claim] for claim in claims}

    claims: dict[str, Measure] = {
        "throughput": throughput,
        "blocked": first(share("blocked")),
        "starved": last(share("starved")),
    }
    if buffer:
        claims["content"] = first_store_content
    if "own_uptime" not in times:
        claims["down"] = share("down")
    shop = partial(gated, means, buffer, clock, times)
    units = 130_000 if "own_uptime" in times else 80_000
    return Instance("gate", f"{name} {clock}", shop, claims, units=units, exact=exact)


OWN = {"own_uptime": 15.0, "own_repair": 4.0}

# ------------------------------------------------------------------------- formulas


def by_formula(
    name: str, shop: Callable[[float], Shop], value: float, *, units: float = 60_000
) -> Instance:
    """A throughput that a formula gives. [bodies per unit of time]"""
    claims = {"throughput": throughput}
    return Instance("formula", name, shop, claims, units=units, exact=lambda: {"throughput": value})


def indexing(n: int, unit: float) -> Shop:
    """All move on when the last of n has finished."""
    stations = [Station(f"S{i}", Exponential(unit)) for i in range(n)]
    return Shop("indexing", [Line("line", stations, transfer="together")])


def begun_anew(then: str, clock_rate: float, repair: float, unit: float) -> Shop:
    """A fixed cycle, and a failure that loses the work or the body."""
    mode = Failure(
        "f", Exponential(unit / 3600 / clock_rate), Exponential(repair * unit / 60), then=then
    )
    return Shop("anew", [Line("line", [Station("S", Fixed(unit), failures=[mode])])])


RATE, REPAIR = 0.4, 1.5
LOST = RATE / ((exp(RATE) - 1) * (1 + RATE * REPAIR))
"""A body in (e^a - 1) (1 / a + r), for a clock of rate a, repairs of r and a cycle of 1: the mean
time to a run of 1 without a failure; scrapped or begun anew, it takes the same. [bodies]"""

CHAINS = [
    rework("alike", {"merge": 1.0, "inspection": 0.9, "repair": 2.5}, 0.25, (1, 1, 1)),
    rework(
        "slow repair",
        {"merge": 0.9, "inspection": 0.8, "repair": 4.0},
        0.3,
        (2, 1, 2),
        units=120_000,
    ),
    rework("fast merge", {"merge": 0.3, "inspection": 1.0, "repair": 2.0}, 0.4, (1, 2, 1)),
    assembly(1.0, 2.0, 2, 2, units=60_000),
    assembly(0.25, 1.0, 4, 6),
    assembly(0.3, 0.8, 3, 4),
    skills("apart", (ARC, BOLT), ((1, ("arc",)), (2, ("bolt",)))),
    skills("cross", (ARC, BOLT), CROSS),
    skills("cross, urgent", (ARC, URGENT), CROSS),
    *(
        gate(*each, clock, uptime=20.0, repair=5.0, **own)
        for each, own in (
            (("plain", (1.0, 0.8), 2), {}),
            (("hand to hand", (1.0, 1.0), 0), OWN),
            (("buffered", (0.9, 1.0), 3), OWN),
        )
        for clock in ("operating", "calendar")
    ),
    by_formula("ten that index", partial(indexing, 10), 1 / sum(1 / k for k in range(1, 11))),
    by_formula("restart", partial(begun_anew, "restart", RATE, REPAIR), LOST),
    by_formula("scrap", partial(begun_anew, "scrap", RATE, REPAIR), LOST),
]
