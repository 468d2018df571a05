"""The cases that are serial lines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ningde_sim import Exponential, Failure, Fixed, Line, Robot, Shop, Station
from tests.theory.intervals import Instance
from tests.theory.reference import (
    ERLANG,
    Spec,
    average,
    blocked_or_down,
    exponential,
    first,
    first_store_content,
    last,
    parts_between_two,
    parts_in_line,
    serial_line,
    share,
    starved_or_down,
    store_contents,
    throughput,
)


def balanced(file: str, b: int) -> Instance:
    """A01-A03: every quantity."""
    every = f"every store = {b}"
    parts = "mean total parts in the line (on machines, blocked and in stores; M1 always holds one)"
    return Instance(
        file,
        f"b={b}",
        partial(serial_line, file, buffers=b),
        {
            f"throughput, {every}": throughput,
            f"{parts}, {every}": parts_in_line,
            f"fraction of time blocked per station, {every}": share("blocked"),
            f"fraction of time starved per station, {every}": share("starved"),
        },
    )


def services(
    file: str, name: str, quantity: str, machines: Sequence[Spec], buffers: Any = 0, **more: Any
) -> Instance:
    """A line of these machines, for its throughput."""
    shop = partial(serial_line, file, services=machines, buffers=buffers)
    return Instance(file, name, shop, {quantity: throughput}, **more)


def erlang(k: int, n: int, b: int) -> Instance:
    """A07."""
    spec = {"distribution": "erlang", "shape": k, "mean": 1.0}
    quantity = f"throughput, Erlang-{k}, K={n} stations, every store = {b}"
    return services("A07", f"Erlang-{k} {n} stations b={b}", quantity, [spec] * n, b)


def bowl(b: int, *means: float) -> Instance:
    """A10: the throughput at the best cycle times, as printed; it is flat there."""
    quantity = f"optimal throughput, K={len(means)}, every store={b}"
    machines = [exponential(mean) for mean in means]
    return services("A10", f"{len(means)} stations b={b}", quantity, machines, b)


def tpmax(name: str, quantity: str, rates: Sequence[int], capacities: Sequence[int]) -> Instance:
    """D01: its buffer capacities count the machine behind them."""
    machines = [exponential(1 / rate) for rate in rates]
    buffers = [b - 1 for b in capacities]
    return services("D01", name, quantity, machines, buffers, units=10_000, warm_up=500)


def allocation(total: int, which: str, *buffers: int) -> Instance:
    """D02."""
    n = len(buffers) + 1
    quantity = f"K={n}, Q={total}: {which} throughput"
    return services("D02", f"{which} {buffers}", quantity, [exponential(1.0)] * n, buffers)


LOGNORMAL = {"distribution": "lognormal", "mean": 1.0, "cv": 0.5}
ERLANG_2 = {"distribution": "erlang", "shape": 2, "mean": 1.0}
UNIFORM = {"distribution": "uniform", "low": 0.5, "high": 1.5}
ONE, ONE_AND_A_QUARTER = ({"distribution": "deterministic", "value": v} for v in (1.0, 1.25))

RELIABLE = [
    *(balanced(file, b) for file in ("A01", "A02", "A03") for b in range(4)),
    *(erlang(*case) for case in ERLANG),
    services("A09", "uniform", "throughput, both uniform(0.5,1.5)", [UNIFORM] * 2),
    services(
        "A09",
        "lognormal",
        "throughput, both lognormal mean 1, CV 0.5 (sigma^2=ln 1.25)",
        [LOGNORMAL] * 2,
    ),
    services("A09", "Erlang-2", "throughput, both Erlang-2 mean 1", [ERLANG_2] * 2),
    services("A09", "exponential", "throughput, both exponential mean 1", [exponential(1.0)] * 2),
    bowl(0, 1.08553, 0.82893, 1.08553),
    bowl(1, 1.0592, 0.88159, 1.0592),
    bowl(2, 1.04414, 0.91172, 1.04414),
    bowl(0, 1.13654, 0.86346, 0.86346, 1.13654),
    bowl(1, 1.09272, 0.90728, 0.90728, 1.09272),
    tpmax("best", "best throughput", (6, 7, 7), (12, 8)),
    tpmax("best mirrored", "best throughput", (7, 7, 6), (8, 12)),
    tpmax("second", "second best throughput (6,7,7,13,7) / (7,7,6,7,13)", (6, 7, 7), (13, 7)),
    tpmax("third", "third best (6,7,7,11,9) / (7,7,6,9,11)", (7, 7, 6), (9, 11)),
    services(  # one of the systems that come to 2/3
        "D01",
        "worst",
        "worst throughput",
        [exponential(1 / 18), exponential(1.0), exponential(1.0)],
        (18, 0),
    ),
    allocation(4, "best", 1, 2, 1),
    allocation(4, "worst", 4, 0, 0),
    allocation(7, "best", 2, 3, 2),
    allocation(7, "worst", 7, 0, 0),
    allocation(6, "best", 1, 2, 2, 1),
    allocation(6, "worst", 6, 0, 0, 0),
]

DETERMINISTIC = [
    services(
        "A09",
        "deterministic",
        "throughput, deterministic 1 and 1.25",
        [ONE, ONE_AND_A_QUARTER],
        units=2_000,
    ),
]


# ----------------------------------------------------------------------------------- unreliable


def two_machines(file: str, mode: str, units: float) -> Instance:
    """B05, B06."""
    claims: dict[str, Any] = {f"throughput {mode}": throughput}
    if mode == "ODF":
        claims |= {
            "mean number n (0..b+2: blocked on M1 + store + on M2) ODF": parts_between_two,
            "mean store content ODF": first_store_content,
            "P(M1 blocked) ODF": first(share("blocked")),
            "P(M2 starved) ODF": last(share("starved")),
        }
    shop = partial(serial_line, file, mode=mode)
    return Instance(file, mode, shop, claims, units=units, warm_up=5_000)


def more_machines(file: str, mode: str, units: float) -> Instance:
    """C01, C02."""
    claims: dict[str, Any] = {
        f"throughput {mode}": throughput,
        f"fraction down {mode}": share("down"),
    }
    if mode == "ODF":
        claims |= {
            "mean store contents ODF": store_contents,
            "fraction blocked ODF": share("blocked"),
            "fraction starved ODF": share("starved"),
            "mean total parts ODF": parts_in_line,
        }
    shop = partial(serial_line, file, mode=mode)
    return Instance(file, mode, shop, claims, units=units, warm_up=5_000)


def fixed_cycle(file: str, **more: Any) -> Instance:
    """C13, C14: no warm-up, since completions are counted from the start."""
    odf = file == "C13"
    claims = {
        "throughput per time unit": throughput,
        "mean store contents": store_contents,
        "fraction down": share("down"),
        "fraction blocked (counted also while down)": share("blocked") if odf else blocked_or_down,
        "fraction starved (counted also while down)": share("starved") if odf else starved_or_down,
    }
    return Instance(file, "", partial(serial_line, file), claims, warm_up=0, **more)


def one_spare_set(c: int) -> Instance:
    """C05 with Q = (1, 1), a machine without spare parts: repair 1 / 0.05."""
    quantity = f"throughput C={c}, Q=(1, 1)"
    shop = partial(serial_line, "B06", buffers=c)
    return Instance(
        "C05", f"C={c} Q=(1, 1)", shop, {quantity: throughput}, units=200_000, warm_up=5_000
    )


def robots(n: int, up: float, repair: float, clock: str, unit: float) -> Shop:
    """B12: machines that stop together are robots of one station."""
    fails = Failure(
        "f", Exponential(up * unit / 3600), Exponential(repair * unit / 60), clock=clock
    )
    arms = [Robot(f"R{i}", "weld", failures=[fails]) for i in range(n)]
    return Shop("B12", [Line("line", [Station("S", Fixed(unit), robots=arms)])])


def stop_together(
    quantity: str, n: int, up: float, repair: float, clock: str, **more: Any
) -> Instance:
    """B12: a station works while all of its robots do."""
    shop = partial(robots, n, up, repair, clock)
    return Instance("B12", f"{n} {clock}", shop, {quantity: average(share("working"))}, **more)


UNRELIABLE = [
    *(two_machines("B05", mode, 70_000) for mode in ("ODF", "TDF")),
    *(two_machines("B06", mode, 150_000) for mode in ("ODF", "TDF")),
    *(more_machines("C01", mode, 110_000) for mode in ("ODF", "TDF")),
    *(more_machines("C02", mode, 110_000) for mode in ("ODF", "TDF")),
    one_spare_set(1),
    one_spare_set(2),
    fixed_cycle("C13", units=120_000),
    fixed_cycle("C14", units=120_000, trace=True),
    Instance(
        "C17",
        "",
        partial(serial_line, "C17"),
        {
            "mean throughput of the 20 published runs (2000..20000)": throughput,
            "mean store content of the 20 runs": first_store_content,
        },
        widest=0.01,  # soft: the tolerance of the case alone is 0.3 %
        widest_other=0.05,
    ),
    stop_together(
        "620 machines MTBF 200.0 MTTR 0.1: 1/(1+n MTTR/MTBF) (ODF, all stop together)",
        *(620, 200.0, 0.1, "operating"),
        units=3_000,
        warm_up=0,
    ),
    stop_together(
        "620 machines: product of availabilities (TDF, all must be up)",
        *(620, 200.0, 0.1, "calendar"),
        units=3_000,
        warm_up=10,
    ),
    stop_together(
        "5 machines MTBF 90.0 MTTR 5.0: 1/(1+n MTTR/MTBF) (ODF, all stop together)",
        *(5, 90.0, 5.0, "operating"),
        units=50_000,
    ),
    stop_together(
        "5 machines: product of availabilities (TDF, all must be up)",
        *(5, 90.0, 5.0, "calendar"),
        units=50_000,
    ),
]
