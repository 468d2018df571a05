"""The reference cases as shops: the only module that translates their conventions into ours.

* Time. An abstract unit is `UNIT` seconds, so that a millisecond is 1/60,000 of it.
* Buffers. Capacities are those strictly between machines, as ours; where a case counts the machine
  too (TpMax), the catalogue takes one off.
* Failures. ODF is the clock "operating", TDF the clock "calendar"; times to failure run on it.
* Erlang-k is the Gamma with cv = 1 / sqrt(k).
* Blocked and starved. Our states exclude each other and `down` has priority; `blocked_or_down` and
  `starved_or_down` count a station also while it is down, as C13 and C14 do.
* Parts in a line are those on stations and in stores: a station holds one unless it is starved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np

from ningde_sim import (
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    Shop,
    ShopRun,
    Station,
    Uniform,
)
from ningde_sim.plant.distributions import Distribution

FOLDER = Path(__file__).parents[1] / "reference"

UNIT = 60.0
"""One abstract unit of time. [s]"""

ERLANG = ((2, 2, 0), (2, 3, 0), (2, 3, 1), (3, 3, 1), (4, 3, 2), (2, 4, 1), (2, 5, 0))
"""A07: phases, stations, capacity of each store."""

CLOCK = {"ODF": "operating", "TDF": "calendar"}

Spec = Mapping[str, Any]
Measure = Callable[[ShopRun, float], Any]
"""How a quantity of a case is measured on a run, with the unit in seconds."""


@cache
def load(case: str) -> dict[str, Any]:
    """The case whose file name begins with this number."""
    (path,) = FOLDER.glob(f"{case}-*.json")
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def record(case: str, quantity: str) -> dict[str, Any]:
    """The only reference of a case with this text."""
    (entry,) = [r for r in load(case)["reference"] if r["quantity"] == quantity]
    return entry


# ------------------------------------------------------------------------------- descriptions


def distribution(spec: Spec, scale: float) -> Distribution:
    """A duration of a case; `scale` of our units make one of its."""
    match spec["distribution"]:
        case "deterministic":
            return Fixed(spec["value"] * scale)
        case "exponential":
            return Exponential((spec["mean"] if "mean" in spec else 1 / spec["rate"]) * scale)
        case "erlang":
            return Gamma(spec["mean"] * scale, 1 / sqrt(spec["shape"]))
        case "lognormal":
            return Lognormal(spec["mean"] * scale, spec["cv"])
        case "uniform":
            return Uniform(spec["low"] * scale, spec["high"] * scale)
    raise ValueError(spec)


def failure(spec: Spec, unit: float, *, mode: str | None = None, crew: bool = False) -> Failure:
    """A failure of a case, in ODF or TDF."""
    return Failure(
        "failure",
        uptime=distribution(spec["time_to_failure"], unit / 3600),
        repair=distribution(spec["time_to_repair"], unit / 60),
        clock=CLOCK[mode or spec["mode"]],
        crew=crew,
    )


def station(
    spec: Spec, unit: float, *, name: str = "", mode: str | None = None, crew: bool = False, **more
) -> Station:
    """A machine of a case; `more` are fields of our Station."""
    fails = spec.get("failure")
    return Station(
        name or spec["name"],
        distribution(spec["service"], unit),
        failures=[failure(fails, unit, mode=mode, crew=crew)] if fails else [],
        **more,
    )


def serial_line(
    case: str,
    unit: float,
    *,
    buffers: int | Sequence[int] | None = None,
    services: Sequence[Spec] | None = None,
    mode: str | None = None,
    crews: int | None = None,
) -> Shop:
    """A serial line of a case; arguments give what the case leaves open."""
    model = load(case)["model"]
    machines = model["stations"]
    if services is not None:
        machines = [
            {"name": f"M{i + 1}", "service": s, "failure": None} for i, s in enumerate(services)
        ]
    stations = [station(m, unit, mode=mode, crew=crews is not None) for m in machines]
    if buffers is None:
        buffers = [gap["capacity"] for gap in model["buffers"]]
    return Shop(case, [Line("line", stations, buffers=buffers)], repair_crews=crews)


def exponential(mean: float) -> Spec:
    """An exponential service, as the cases write it."""
    return {"distribution": "exponential", "mean": mean}


# --------------------------------------------------------------------------------- quantities


def units_of(run: ShopRun, unit: float) -> float:
    """The counted time of a run, in abstract units."""
    return run.hours * 3600 / unit


def throughput(run: ShopRun, unit: float) -> float:
    """Good bodies in a unit of time."""
    return run.bodies / units_of(run, unit)


def share(state: str) -> Measure:
    """The share of time of each station in a state."""
    return lambda run, unit: run.stations[state].to_numpy() / run.hours


def first(measure: Measure) -> Measure:
    """The value of the first station."""
    return lambda run, unit: measure(run, unit)[0]


def last(measure: Measure) -> Measure:
    """The value of the last station."""
    return lambda run, unit: measure(run, unit)[-1]


def average(measure: Measure) -> Measure:
    """The average over the stations."""
    return lambda run, unit: measure(run, unit).mean()


def store_contents(run: ShopRun, unit: float) -> np.ndarray:
    """The mean content of each buffer with a capacity above 0."""
    return run.buffers["level"].to_numpy()


def first_store_content(run: ShopRun, unit: float) -> float:
    """The mean content of the first buffer with a capacity above 0."""
    return float(store_contents(run, unit)[0])


def parts_in_line(run: ShopRun, unit: float) -> float:
    """Parts on stations, also blocked ones, and in stores."""
    return float((1 - share("starved")(run, unit)).sum() + store_contents(run, unit).sum())


def parts_between_two(run: ShopRun, unit: float) -> float:
    """Parts blocked on the first of two machines, in the store, on the second."""
    blocked, starved = share("blocked")(run, unit)[0], share("starved")(run, unit)[1]
    return float(blocked + store_contents(run, unit).sum() + 1 - starved)


def crew_utilisation(run: ShopRun, unit: float) -> float:
    """The share of time in which a crew is at work."""
    return float(run.crews["share_busy"].iloc[0])


def crew_free_at_failure(run: ShopRun, unit: float) -> float:
    """The share of failures whose repair begins at once."""
    return 1 - float(run.crews["waited"].iloc[0] / run.crews["asked"].iloc[0])


# ------------------------------------------------------- blocked or starved also while down (TDF)


def blocked_or_down(run: ShopRun, unit: float) -> np.ndarray:
    """Shares of time in which the first of two machines holds a finished part, down or not.

    The store is full then, so the part leaves at the next departure from the second machine.
    """
    begins = _begins(run, 0, "blocked")
    return np.array([_until_next(begins, run.exits["line"], run), 0.0])


def starved_or_down(run: ShopRun, unit: float) -> np.ndarray:
    """Shares of time in which the second of two machines is empty, down or not.

    The store is empty then, so a part comes when the first machine finishes one. Its cycle is
    fixed: it finishes whenever it has worked for a whole number of cycles, counted from the
    start, since the run has no warm-up.
    """
    begins = _begins(run, 1, "starved")
    name = run.shop.stations[0].name
    work = run.trace[(run.trace["thing"] == name) & (run.trace["state"] == "working")]
    lengths = (work["end"] - work["begin"]).to_numpy()
    done, cycle = np.cumsum(lengths), round(unit * 1000)
    finished = np.arange(cycle, done[-1] + 1, cycle)
    interval = np.searchsorted(done, finished)
    ends = work["end"].to_numpy()[interval] - (done[interval] - finished)
    return np.array([0.0, _until_next(begins, ends, run)])


def _begins(run: ShopRun, number: int, state: str) -> np.ndarray:
    name = run.shop.stations[number].name
    rows = run.trace[(run.trace["thing"] == name) & (run.trace["state"] == state)]
    return rows["begin"].to_numpy()


def _until_next(begins: np.ndarray, ends: np.ndarray, run: ShopRun) -> float:
    """The share of time from a begin to the next end; two begins with one end are one interval."""
    horizon = run.hours * 3_600_000
    following = np.append(ends, horizon)[np.searchsorted(ends, begins, side="right")]
    _, opening = np.unique(following, return_index=True)
    return float((following[opening] - begins[opening]).sum() / horizon)
