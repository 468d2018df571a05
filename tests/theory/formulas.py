"""The numbers of the cases that a formula of `ningde_sim.theory` gives without a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from scipy import optimize

from ningde_sim import theory
from tests.theory.reference import CLOCK, ERLANG, load


@dataclass(frozen=True)
class Formula:
    """The value of a formula for a quantity of a case, in the units of the case."""

    file: str
    quantity: str
    value: Callable[[], Any]

    @property
    def label(self) -> str:
        return f"{self.file} {self.quantity}"


def of(file: str, compute: Callable[[], Any], **quantities: Callable[[Any], Any]) -> list[Formula]:
    """Several quantities of one result, which is computed on first use."""
    once = cache(compute)
    return [Formula(file, q, lambda read=read: read(once())) for q, read in quantities.items()]


def attributes(*names: str) -> tuple[Callable[[Any], Any], ...]:
    return tuple(lambda result, name=name: getattr(result, name) for name in names)


throughput, contents, parts, down = attributes("throughput", "contents", "parts", "down")
blocked, starved, content = attributes("blocked", "starved", "content")


# ----------------------------------------------------------------------------- exponential lines


def exact(
    file: str, buffers: Any = None, *, mode: str | None = None, **more: Any
) -> theory.ExactLine:
    """The serial line of a case."""
    model = load(file)["model"]
    machines = model["stations"]
    if buffers is None:
        buffers = [gap["capacity"] for gap in model["buffers"]]
    fails = [m["failure"] for m in machines]
    if all(fails):
        more |= {
            "uptime": [f["time_to_failure"]["mean"] for f in fails],
            "repair": [f["time_to_repair"]["mean"] for f in fails],
            "clock": CLOCK[mode or "ODF"],
        }
    return theory.exponential_line([m["service"]["mean"] for m in machines], buffers, **more)


def balanced(file: str, b: int) -> list[Formula]:
    every = f"every store = {b}"
    inside = (
        "mean total parts in the line (on machines, blocked and in stores; M1 always holds one)"
    )
    return of(
        file,
        lambda: exact(file, b),
        **{
            f"throughput, {every}": throughput,
            f"{inside}, {every}": parts,
            f"fraction of time blocked per station, {every}": blocked,
            f"fraction of time starved per station, {every}": starved,
        },
    )


def erlang(k: int, n: int, b: int) -> Formula:
    quantity = f"throughput, Erlang-{k}, K={n} stations, every store = {b}"
    return Formula(
        "A07", quantity, lambda: theory.exponential_line([1] * n, b, phases=k).throughput
    )


def unreliable_pair(file: str) -> list[Formula]:
    return [
        Formula(file, "throughput TDF", lambda: exact(file, mode="TDF").throughput),
        *of(
            file,
            lambda: exact(file),
            **{
                "throughput ODF": throughput,
                "mean number n (0..b+2: blocked on M1 + store + on M2) ODF": (
                    lambda line: line.blocked[0] + line.contents[0] + 1 - line.starved[1]
                ),
                "mean store content ODF": lambda line: line.contents[0],
                "P(M1 blocked) ODF": lambda line: line.blocked[0],
                "P(M2 starved) ODF": lambda line: line.starved[1],
            },
        ),
    ]


def unreliable(file: str) -> list[Formula]:
    calendar = {"throughput TDF": throughput, "fraction down TDF": down}
    operating = {
        "throughput ODF": throughput,
        "mean store contents ODF": contents,
        "fraction blocked ODF": blocked,
        "fraction starved ODF": starved,
        "fraction down ODF": down,
        "mean total parts ODF": parts,
    }
    return [
        *of(file, lambda: exact(file), **operating),
        *of(file, lambda: exact(file, mode="TDF"), **calendar),
    ]


def shared_crew(crews: int, mode: str) -> list[Formula]:
    claims: dict[str, Callable[[Any], Any]] = {f"throughput c={crews} {mode}": throughput}
    if (crews, mode) == (1, "ODF"):  # each failure, one in 20 of work, keeps the crew for 5
        claims["crew utilisation c=1 ODF"] = lambda line: line.working.sum() * 5 / 20
    return of("E13", lambda: exact("E13", mode=mode, crews=crews), **claims)


def tpmax(quantity: str, rates: Sequence[float], capacities: Sequence[int]) -> Formula:
    """D01: its buffer capacities count the machine behind them."""
    means = [1 / rate for rate in rates]
    buffers = [b - 1 for b in capacities]
    return Formula("D01", quantity, lambda: theory.exponential_line(means, buffers).throughput)


EXPONENTIAL = [
    *(f for file in ("A01", "A02", "A03") for b in range(4) for f in balanced(file, b)),
    *(erlang(*case) for case in ERLANG),
    *unreliable_pair("B05"),
    *unreliable_pair("B06"),
    *unreliable("C01"),
    *unreliable("C02"),
    *(
        Formula("C05", f"throughput C={c}, Q=(1, 1)", lambda c=c: exact("B06", c).throughput)
        for c in (1, 2)
    ),
    tpmax("best throughput", (6, 7, 7), (12, 8)),
    tpmax("second best throughput (6,7,7,13,7) / (7,7,6,7,13)", (6, 7, 7), (13, 7)),
    tpmax("third best (6,7,7,11,9) / (7,7,6,9,11)", (7, 7, 6), (9, 11)),
    tpmax("worst throughput", (18, 1, 1), (19, 1)),
    *(f for c in (1, 2) for mode in ("ODF", "TDF") for f in shared_crew(c, mode)),
]


# --------------------------------------------------------------------------- the best of many lines


def bowl(n: int, b: int) -> list[Formula]:
    """A10: the best cycle times are symmetric, so one number is enough for 3 and 4 machines."""

    def means(outer: float) -> list[float]:
        inner = (n - 2 * outer) / (n - 2)
        return [outer, *[inner] * (n - 2), outer]

    def line(outer: float) -> theory.ExactLine:
        return theory.exponential_line(means(outer), b)

    def best() -> float:
        optimum = optimize.minimize_scalar(
            lambda outer: -line(outer).throughput,
            bounds=(1.0, 1.3),
            method="bounded",
            options={"xatol": 1e-6},
        )
        return float(optimum.x)

    return of(
        "A10",
        best,
        **{
            f"optimal mean service times, K={n}, every store={b}": means,
            f"optimal throughput, K={n}, every store={b}": lambda x: line(x).throughput,
            f"gain over balanced in percent, K={n}, store={b}": (
                lambda x: 100 * (line(x).throughput / line(1.0).throughput - 1)
            ),
        },
    )


def allocations(n: int, total: int) -> list[Formula]:
    """D02: all ways to allocate a total capacity to the buffers."""

    def ranked() -> list[tuple[float, tuple[int, ...]]]:
        bars = combinations(range(total + n - 2), n - 2)
        ways = [np.diff([-1, *bar, total + n - 2]) - 1 for bar in bars]
        rates = [
            (theory.exponential_line([1] * n, way.tolist()).throughput, tuple(way.tolist()))
            for way in ways
        ]
        return sorted(rates, reverse=True)

    def next_best(ranking: list[tuple[float, tuple[int, ...]]]) -> float:
        return next(rate for rate, _ in ranking if rate < ranking[0][0] - 1e-9)

    def best(ranking: list[tuple[float, tuple[int, ...]]]) -> str:
        return str([way for rate, way in ranking if rate > ranking[0][0] - 1e-9])

    this = f"K={n}, Q={total}:"
    return of(
        "D02",
        ranked,
        **{
            f"{this} best allocation(s)": best,
            f"{this} best throughput": lambda ranking: ranking[0][0],
            f"{this} second best throughput": next_best,
            f"{this} worst throughput": lambda ranking: ranking[-1][0],
        },
    )


BEST = [
    *(f for n, b in ((3, 0), (3, 1), (3, 2), (4, 0), (4, 1)) for f in bowl(n, b)),
    *(f for n, total in ((4, 4), (4, 7), (5, 6)) for f in allocations(n, total)),
]


# -------------------------------------------------------------- discrete time, continuous flow


def synchronous(file: str) -> theory.SlotLine:
    model = load(file)["model"]
    buffers = model["store_capacity_N"]
    return theory.synchronous_line(
        model["failure_probability_per_operating_cycle"],
        model["repair_probability_per_down_cycle"],
        buffers if isinstance(buffers, list) else [buffers],
    )


def synchronous_pair(file: str) -> list[Formula]:
    return of(
        file,
        lambda: synchronous(file),
        **{
            "production rate per cycle": throughput,
            "mean store content": lambda line: line.contents[0],
            "P(store empty and M2 up)": lambda line: line.starved[1],
            "P(store full and M1 up)": lambda line: line.blocked[0],
        },
    )


def bernoulli_pair(p: tuple[float, float], n: int) -> list[Formula]:
    this = f"p={p}, N={n}"
    return of(
        "B11",
        lambda: theory.bernoulli_line(p, [n]),
        **{
            f"PR, {this}": throughput,
            f"WIP, {this}": lambda line: line.contents[0],
            f"BL1, {this}": lambda line: line.blocked[0],
            f"ST2, {this}": lambda line: line.starved[1],
        },
    )


def fluid(file: str, mode: str) -> list[Formula]:
    def compute() -> theory.FluidPair:
        model = load(file)["model"]
        return theory.fluid_pair(
            model["failure_rates"],
            model["repair_rates"],
            model["store_capacity"],
            clock=CLOCK[mode],
        )

    quantities = {f"throughput {mode}": throughput, f"mean store level {mode}": content}
    return of(file, compute, **quantities)


def decomposed(number: int) -> Formula:
    given = load("C07")["reference"][number]
    params = given["params"]

    def compute() -> float:
        machines = load("C07")["model"]["stations"][: params["machines"]]
        return theory.fluid_line(
            [m["failure_rate"] for m in machines],
            [m["repair_rate"] for m in machines],
            params["stores"],
        )

    return Formula("C07", given["quantity"], compute)


C11 = {"up": [0.9, 0.9, 0.9], "buffers": [2, 2]}

SLOTS = [
    *synchronous_pair("B01"),
    *synchronous_pair("B02"),
    *of(
        "C09",
        lambda: synchronous("C09"),
        **{"production rate per cycle": throughput, "mean store contents": contents},
    ),
    *bernoulli_pair((0.9, 0.9), 3),
    *bernoulli_pair((0.8, 0.9), 2),
    *bernoulli_pair((0.95, 0.85), 5),
    *bernoulli_pair((0.7, 0.7), 1),
    *of(
        "C11",
        lambda: theory.bernoulli_line(**C11),
        **{
            "exact PR, p=[0.9, 0.9, 0.9], N=[2, 2]": throughput,
            "exact WIP per store": contents,
            "exact BL": blocked,
            "exact ST": starved,
        },
    ),
    Formula(
        "C11",
        "aggregation (Li & Meerkov recursive procedure) PR",
        lambda: theory.bernoulli_aggregation(**C11),
    ),
]

FLUID = [
    *(f for file in ("B07", "B08") for mode in ("ODF", "TDF") for f in fluid(file, mode)),
    *(decomposed(number) for number in range(3)),
]


# --------------------------------------------------------------------- no buffers, crews, queues


def no_buffers(n: int, up: float, repair: float, first: str) -> list[Formula]:
    many = [up] * n, [repair] * n
    return [
        Formula("B12", first, lambda: theory.stop_together(*many)),
        Formula(
            "B12",
            f"{n} machines: product of availabilities (TDF, all must be up)",
            lambda: theory.all_up(*many),
        ),
    ]


def repairmen(crews: int) -> list[Formula]:
    men = "1 repairman" if crews == 1 else f"{crews} repairmen"
    claims: dict[str, Callable[[Any], Any]] = {
        f"availability, {men}": lambda result: result.availability
    }
    if crews == 1:
        free = "P(repairman free at a breakdown), 1 repairman"
        claims[free] = lambda result: 1 - result.waits
    return of("E11", lambda: theory.machine_repairman(2, crews, uptime=1.0, repair=0.5), **claims)


TWELVE = {"uptimes": [300] * 12, "repairs": [5] * 12}

SMALL = [
    *no_buffers(
        620,
        200.0,
        0.1,
        "620 machines MTBF 200.0 MTTR 0.1: 1/(1+n MTTR/MTBF) (ODF, all stop together)",
    ),
    *no_buffers(
        5, 90.0, 5.0, "5 machines MTBF 90.0 MTTR 5.0: 1/(1+n MTTR/MTBF) (ODF, all stop together)"
    ),
    Formula(
        "B12",
        "indexing line, 12 stations, cycle 1, MTBF 300 work units, MTTR 5: cycles per time",
        lambda: theory.indexing_line(**TWELVE, cycle=1),
    ),
    Formula("B12", "Buzacott formula for the same", lambda: theory.stop_together(**TWELVE)),
    *(
        Formula(
            "E06",
            f"Penny Fab One practical worst case TH, w={w} jobs",
            lambda w=w: theory.practical_worst_case(w, rate=0.5, critical=4),
        )
        for w in (1, 2, 4, 8, 16)
    ),
    Formula(
        "E06",
        "HAL case: PWC throughput at w=47000, rb=114, W0=3869 (panels/h)",
        lambda: theory.practical_worst_case(47_000, rate=114, critical=3869),
    ),
    *repairmen(1),
    *repairmen(2),
    Formula("F01", "steady mean delay in queue", lambda: theory.mm1_delay(1.0, 0.9)),
    *of(
        "F01",
        lambda: theory.mm1_delays(1.0, 0.9, 1000),
        **{
            "mean over the first 25 delays, empty start": lambda delays: delays[:25].mean(),
            "E of the 25th delay": lambda delays: delays[24],
            "mean over the first 1000 delays, empty start": lambda delays: delays.mean(),
        },
    ),
]

FORMULAS = [*EXPONENTIAL, *BEST, *SLOTS, *FLUID, *SMALL]
