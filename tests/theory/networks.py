"""The cases with more than a line: assembly, loops, quality, shared crews, a queue."""

from __future__ import annotations

from functools import partial

from ningde_sim import Exponential, Failure, Fixed, Line, Shop, Station, Store, WorkingTime
from tests.theory.intervals import Instance
from tests.theory.reference import (
    average,
    crew_free_at_failure,
    crew_utilisation,
    distribution,
    exponential,
    failure,
    first,
    first_store_content,
    last,
    load,
    serial_line,
    share,
    station,
    throughput,
)

# ------------------------------------------------------------------------------------- assembly


def assembly(b: int, unit: float) -> Shop:
    """E01: M1 and M2, each through a store of capacity b, to M3."""
    m1, m2, m3 = (station(m, unit) for m in load("E01")["model"]["stations"])
    lines = [
        Line("first", [m1], puts="one"),
        Line("second", [m2], puts="two"),
        Line("join", [m3], takes=["one", "two"]),
    ]
    return Shop("E01", lines, stores=[Store("one", b), Store("two", b)])


def indexing_line(unit: float) -> Shop:
    """B12: machines that move together pass bodies straight to one that takes almost no time."""
    fails = Failure("failure", Exponential(300 * unit / 3600), Exponential(5 * unit / 60))
    names = [f"M{i}" for i in range(12)]
    machines = [
        Line(name, [Station(name, Fixed(unit), failures=[fails])], puts=f"{name} out")
        for name in names
    ]
    outs = [f"{name} out" for name in names]
    move = Line("move", [Station("move", Fixed(0.001))], takes=outs)
    return Shop("B12", [*machines, move], stores=[Store(out, 0) for out in outs])


# ---------------------------------------------------------------------------------------- loops


def pallet_ring(n: int, unit: float) -> Shop:
    """E04: up to one pallet in each store at the start; a loader brings in the others.

    The loader takes its pallets from a store; the line that would fill this store never opens. Once
    all pallets are in the ring, the loader stands still for good.
    """
    machines = [station(m, unit) for m in load("E04")["model"]["stations"]]
    start = [1 if i < n else 0 for i in range(3)]
    stores = [Store(f"before M{i + 1}", 1, initial=start[i]) for i in range(3)]
    lines = [
        Line(m.name, [m], takes=stores[i].name, puts=stores[(i + 1) % 3].name)
        for i, m in enumerate(machines)
    ]
    if n > 3:
        stores.append(Store("more pallets", 3, initial=n - 3))
        loader = Station("loader", 0.001)
        lines.append(Line("loader", [loader], takes="more pallets", puts="before M1"))
        never = WorkingTime([(1e8, 1e8 + 1)])
        lines.append(Line("never", [Station("never", 1)], puts="more pallets", working_time=never))
    return Shop("E04", lines, stores=stores, output="M1")


def conwip(w: int, unit: float) -> Shop:
    """E06: four stations, with stores that hold all jobs."""
    stores = [Store(f"queue {i}", w, initial=w if i == 0 else 0) for i in range(4)]
    lines = [
        Line(
            f"M{i}",
            [Station(f"M{i}", Exponential(2 * unit))],
            takes=f"queue {i}",
            puts=f"queue {(i + 1) % 4}",
        )
        for i in range(4)
    ]
    return Shop("E06", lines, stores=stores, output="M3")


# -------------------------------------------------------------------------- quality, crews, queue


def quality(policy: str, unit: float) -> Shop:
    """E08: scrap at the last machine, or rework there at once."""
    model = load("E08")["model"]
    m1, m2 = model["stations"]
    field = {"scrap": "scrap", "same": "rework"}[policy]
    bad = {field: model["bad_probability_at_end_of_M2"]}
    stations = [station(m1, unit), station(m2, unit, **bad)]
    return Shop("E08", [Line("line", stations, buffers=model["store_capacity"])])


def repairman(crews: int, unit: float) -> Shop:
    """E11: machines that always have work."""
    model = load("E11")["model"]
    fails = failure(
        {"time_to_failure": model["up"], "time_to_repair": model["repair"]},
        unit,
        mode="ODF",
        crew=True,
    )
    names = [f"M{i}" for i in range(model["machines"])]
    lines = [Line(name, [Station(name, Fixed(unit), failures=[fails])]) for name in names]
    return Shop("E11", lines, repair_crews=crews)


def queue(unit: float) -> Shop:
    """F01: an endless supply makes arrivals that wait for a server in a buffer of 3,000."""
    model = load("F01")["model"]
    arrivals = Exponential(unit / model["arrival_rate"])
    server = distribution(exponential(model["service_mean"]), unit)
    stations = [Station("arrivals", arrivals), Station("server", server)]
    return Shop("F01", [Line("line", stations, buffers=3_000)])


def shared_crew(crews: int, mode: str) -> Instance:
    """E13."""
    claims = {f"throughput c={crews} {mode}": throughput}
    if (crews, mode) == (1, "ODF"):
        claims["crew utilisation c=1 ODF"] = crew_utilisation
    shop = partial(serial_line, "E13", mode=mode, crews=crews)
    return Instance("E13", f"c={crews} {mode}", shop, claims, units=80_000, warm_up=2_000)


def loop(n: int) -> Instance:
    """E04."""
    return Instance("E04", f"N={n}", partial(pallet_ring, n), {f"throughput N={n}": throughput})


def jobs(w: int) -> Instance:
    """E06."""
    quantity = f"Penny Fab One practical worst case TH, w={w} jobs"
    return Instance("E06", f"w={w}", partial(conwip, w), {quantity: throughput}, units=60_000)


def repairmen(crews: int) -> Instance:
    """E11."""
    men = "1 repairman" if crews == 1 else f"{crews} repairmen"
    claims = {f"availability, {men}": average(share("working"))}
    if crews == 1:
        claims["P(repairman free at a breakdown), 1 repairman"] = crew_free_at_failure
    return Instance("E11", men, partial(repairman, crews), claims)


NETWORKS = [
    Instance("E01", "b=0", partial(assembly, 0), {"throughput b=0": throughput}),
    Instance(
        "E01",
        "b=1",
        partial(assembly, 1),
        {
            "throughput b=1": throughput,
            "P(M1 blocked) b=1": first(share("blocked")),
            "P(M3 starved) b=1": last(share("starved")),
        },
    ),
    Instance(
        "B12",
        "indexing line",
        indexing_line,
        {
            "indexing line, 12 stations, cycle 1, MTBF 300 work units, MTTR 5: cycles per time": (
                throughput
            )
        },
        units=40_000,
        warm_up=0,
    ),
    *(loop(n) for n in range(1, 6)),
    *(jobs(w) for w in (1, 2, 4, 8, 16)),
    Instance("E08", "scrap", partial(quality, "scrap"), {"good throughput, scrap": throughput}),
    Instance("E08", "same", partial(quality, "same"), {"good throughput, same": throughput}),
    repairmen(1),
    repairmen(2),
    *(shared_crew(c, mode) for c in (1, 2) for mode in ("ODF", "TDF")),
    Instance(  # by Little's law: the delay is the mean queue over the arrival rate of 1
        "F01",
        "steady",
        queue,
        {"steady mean delay in queue": first_store_content},
        units=150_000,
        warm_up=5_000,
        widest_other=0.04,  # 1 % more of the service is 10 % more of the delay
    ),
]
