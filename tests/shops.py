"""Shops that Hypothesis builds: small, over all the rules, with ties where times are fixed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume
from hypothesis import strategies as st

from ningde_sim.plant.crew import Crew
from ningde_sim.plant.distributions import (
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Normal,
    Shifted,
    Triangular,
    Uniform,
    Weibull,
)
from ningde_sim.plant.entries import Split, number_of, store_names, stores_of
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.product import Product, Ramp, Sequence, Setup
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Failure, PlannedStop, Robot, Station
from ningde_sim.plant.working_time import WorkingTime

UNUSUAL = (
    "ignore::ningde_sim.exceptions.ShopStuck",
    "ignore::ningde_sim.exceptions.LineUnfed",
    "ignore::ningde_sim.exceptions.NoEffect",
)
"""Warnings that shops built at random raise."""

AT_CLOSE = ("pause", "finish", "hold")


@st.composite
def durations(draw: st.DrawFn, mean: float, fixed: bool) -> Distribution:
    """A distribution whose mean is about `mean`; fixed ones are small multiples of it."""
    if fixed:
        return Fixed(mean * draw(st.integers(1, 4)))
    observed = (0.0, mean, mean, 3 * mean)
    laws = (
        Fixed(mean),
        Exponential(mean),
        Lognormal(mean, 0.8),
        Gamma(mean, 0.5),
        Gamma(mean, 1.7),
        Weibull(mean, 1.5),
        Uniform(0.0, 2 * mean),
        Triangular(0.0, mean, 2 * mean),
        Empirical(observed),
        Empirical(observed, in_order=True),
        Normal(mean, 0.6 * mean),
        Shifted(mean / 2, Exponential(mean / 2)),
        Shifted(mean / 2, Empirical(observed)),
    )
    return laws[draw(st.integers(0, len(laws) - 1))]


def asked(groups: bool) -> st.SearchStrategy[bool | str]:
    """A crew of any group, or of one or two of them."""
    named = ["A", "B", "both"] if groups else []
    return st.sampled_from([False, True, *named])


@st.composite
def failures(draw: st.DrawFn, name: str, fixed: bool, groups: bool) -> Failure:
    """A failure after some hundred seconds of a repair of some ten."""
    crew = draw(asked(groups))
    return Failure(
        name,
        uptime=draw(durations(0.05, fixed)),
        repair=draw(durations(0.5, fixed)),
        clock=draw(st.sampled_from(["operating", "calendar"])),
        crew=crew,
        then=draw(st.sampled_from(["resume", "resume", "restart", "scrap"])),
        aged=draw(st.booleans()),
        priority=draw(st.sampled_from([0, 0, 1])) if crew else 0,
    )


@st.composite
def stops(draw: st.DrawFn, name: str, fixed: bool, groups: bool) -> PlannedStop:
    """A planned stop of some seconds after some cycles, or some ten seconds."""
    by_cycles = draw(st.booleans())
    crew = draw(asked(groups))
    varies = draw(st.booleans())
    return PlannedStop(
        name,
        every=draw(st.integers(1, 5)) * (1 if by_cycles else 0.01),
        duration=draw(durations(4.0, fixed)) if varies else draw(st.integers(0, 12)),
        unit="cycles" if by_cycles else draw(st.sampled_from(["working h", "clock h"])),
        hidden=0.0 if crew else draw(st.sampled_from([0.0, 0.5, 1.0])),
        crew=crew,
    )


@st.composite
def stations(draw: st.DrawFn, name: str, fixed: bool, groups: bool, rejects: bool) -> Station:
    """A station with up to two robots, each with up to one failure and one planned stop."""
    robots = [
        Robot(
            f"{name}-R{i}",
            "weld",
            failures=[draw(failures("arm", fixed, groups))] if draw(st.booleans()) else [],
            planned_stops=[draw(stops("tips", fixed, groups))] if draw(st.booleans()) else [],
        )
        for i in range(draw(st.integers(0, 2)))
    ]
    own = [draw(failures(f"mode {i}", fixed, groups)) for i in range(draw(st.integers(0, 2)))]
    quality = draw(st.sampled_from([(0.0, 0.0), (0.0, 0.0), (0.1, 0.0), (0.0, 0.2), (0.05, 0.1)]))
    reject = draw(st.sampled_from([0.0, 0.3])) if rejects else 0.0
    return Station(
        name,
        draw(durations(10.0, fixed)),
        robots=robots,
        failures=own,
        planned_stops=[draw(stops("clean", fixed, groups))] if draw(st.integers(0, 3)) == 0 else [],
        scrap=quality[0],
        rework=quality[1],
        reject=reject,
    )


def working_times() -> st.SearchStrategy[WorkingTime | None]:
    """Mostly round the clock; otherwise shifts, one that opens late, two that end for good."""
    return st.sampled_from(
        [
            None,
            None,
            None,
            WorkingTime([(0, 0.5), (0.75, 1)], every=1.5),
            WorkingTime([(0.1, 1.0)], every=1.0),
            WorkingTime([(0, 0.25), (0.25, 0.5)], every=0.75),
            WorkingTime([(0.5, 2), (3, 30)]),
            WorkingTime([(0, 1.25)]),
        ]
    )


@st.composite
def flows(draw: st.DrawFn, stores: list[Store], split: bool = False) -> list[object]:
    """What a line takes or puts: now and then several parts, alternatives or a split."""
    kind = draw(st.integers(0, 5))
    names = [store.name for store in stores]
    if any(store.headway for store in stores):
        kind = min(kind, 1)  # a conveyor takes one part after another
    if kind == 0 and len(names) > 1:
        return [tuple(names[:2]), *names[2:]]
    if kind == 1 and len(names) > 1 and split:
        return [Split({names[0]: 0.25, names[1]: 0.75}), *names[2:]]
    if kind == 2:
        return [{store.name: draw(st.integers(1, max(1, store.capacity)))} for store in stores]
    if kind == 3 and all(store.capacity for store in stores) and len(names) > 1:
        most = min(store.capacity for store in stores)
        return [{tuple(names): draw(st.integers(1, most))}]
    return list(names)


@st.composite
def crews(draw: st.DrawFn) -> list[Crew]:
    """Two groups, each with a skill of its own and one in common."""
    return [
        Crew(
            name,
            draw(st.integers(1, 2)),
            working_time=draw(working_times()),
            skills=["both"],
        )
        for name in ("A", "B")
    ]


@st.composite
def shops(draw: st.DrawFn) -> Shop:
    """A shop of one to five lines, some with copies, joined at random by up to four stores."""
    fixed, groups = draw(st.booleans()), draw(st.booleans())
    n_lines = draw(st.integers(1, 5))
    n_stores = draw(st.integers(0, 4))
    numbers = st.integers(0, n_lines - 1)
    some = st.sampled_from([1, 1, 1, 1, 0])
    feeders = [draw(st.sets(numbers, min_size=draw(some), max_size=3)) for _ in range(n_stores)]
    takers = [draw(st.sets(numbers, min_size=1, max_size=3)) for _ in range(n_stores)]
    stores = []
    for i in range(n_stores):
        capacity = draw(st.integers(0, 4))
        if capacity == 0 and takers[i] - feeders[i]:  # a line that hands to itself never moves
            takers[i] -= feeders[i]
        stock = 0 if feeders[i] else 300  # and then no more
        stores.append(
            Store(
                f"store {i}",
                max(capacity, stock),
                transit_time=draw(st.sampled_from([0, 0, 7, 20])) if capacity else 0,
                headway=draw(st.sampled_from([0, 0, 0, 5])) if capacity else 0,
                initial=stock or draw(st.integers(0, capacity)),
                working_time=draw(working_times()),
            )
        )
    own_times, shop_time = draw(st.booleans()), draw(working_times())
    returning = st.sets(st.sampled_from(stores), max_size=2) if stores else st.just(set())
    lines = []
    for n in range(n_lines):
        length = draw(st.integers(1, 3))
        time = draw(working_times()) if own_times else None
        together = draw(st.integers(0, 4)) == 0
        rejects = [s for s in stores if n not in takers[int(s.name[-1])] or s.capacity]
        rejects = rejects[: draw(st.integers(0, 2))] if draw(st.integers(0, 3)) == 0 else []
        machines = [
            draw(stations(f"L{n}-{i}", fixed, groups, bool(rejects))) for i in range(length)
        ]
        rejecting = any(station.reject for station in machines)
        again = rejecting or any(station.rework for station in machines)
        lines.append(
            Line(
                f"L{n}",
                machines,
                buffers=[0 if together else draw(st.integers(0, 2)) for _ in range(length - 1)],
                transfer="together" if together else "each",
                takes=draw(flows([s for s, by in zip(stores, takers, strict=True) if n in by])),
                puts=draw(
                    flows([s for s, by in zip(stores, feeders, strict=True) if n in by], True)
                ),
                rejects=draw(flows(rejects, True)) if rejecting else (),
                rounds=draw(st.sampled_from([None, 0, 1, 3])) if again else None,
                returns=sorted(store.name for store in draw(returning)),
                copies=draw(st.sampled_from([1, 1, 1, 2, 3])),
                failures=[
                    draw(failures(f"gate {i}", fixed, groups))
                    for i in range(draw(st.sampled_from([0, 0, 1, 2])))
                ],
                working_time=time,
                at_close=draw(st.sampled_from(AT_CLOSE)) if time or shop_time else "pause",
            )
        )
    names = [line.name for line in lines]
    outputs = draw(st.sets(st.sampled_from(names), min_size=1))
    try:
        return Shop(
            "built",
            lines,
            stores=stores,
            crews=draw(crews()) if groups else [],
            repair_crews=None if groups else draw(st.sampled_from([None, 1, 2])),
            output=[name for name in names if name in outputs],
            working_time=shop_time,
        )
    except ValueError as error:
        assume("hold parts at the start" not in str(error))
        raise


PRODUCTS = ("A", "B", "C")


@st.composite
def setups(draw: st.DrawFn, fixed: bool, groups: bool) -> Setup:
    """A setup of one time, of two, or by a matrix; with a crew now and then."""
    crew = draw(asked(groups))
    times = st.sampled_from([0.0, 5.0, 20.0])
    time = draw(durations(10.0, fixed))
    matrix = {a: {b: draw(times) for b in PRODUCTS if b != a} for a in PRODUCTS}
    return Setup(
        matrix if draw(st.booleans()) else time,
        same=draw(st.sampled_from([0.0, 0.0, 3.0])),
        hidden=0.0 if crew else draw(st.sampled_from([0.0, 0.5])),
        crew=crew,
    )


@st.composite
def by_product(draw: st.DrawFn, station: Station, fixed: bool, groups: bool) -> Station:
    """A station whose cycle, quality or setup differ by product, now and then."""
    changes: dict[str, object] = {}
    if draw(st.booleans()):
        changes["cycle_time"] = {p: draw(durations(10.0, fixed)) for p in PRODUCTS}
    if draw(st.integers(0, 2)) == 0:
        changes["scrap"] = {p: draw(st.sampled_from([0.0, 0.1])) for p in PRODUCTS}
    if draw(st.booleans()):
        changes["setup"] = draw(setups(fixed, groups))
    return replace(station, **changes)  # type: ignore[arg-type]


@st.composite
def sequences(draw: st.DrawFn) -> Sequence:
    """By shares in batches, in a cycle, or so many orders that some shops work them all off."""
    names = st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=6)
    return draw(
        st.one_of(
            st.builds(Sequence.random, st.integers(1, 4)),
            st.builds(Sequence.cycle, names),
            names.map(lambda each: Sequence.orders([(name, 4) for name in each])),
        )
    )


@st.composite
def mixed_shops(draw: st.DrawFn) -> Shop:
    """A shop of three products: setups, banks, lines that make some of them, parts that match."""
    shop = draw(shops())
    fixed, groups = draw(st.booleans()), bool(shop.crews)
    sequence = draw(sequences())
    late = sequence.kind == "random" and draw(st.booleans())
    ramps = st.sampled_from([None, Ramp(0.5, 0.02), Ramp(0.2, 0.05, stations="L0*")])
    products = [
        Product(
            name,
            share,
            start=0.1 if late and name == "C" else 0.0,
            ramp=draw(ramps),
        )
        for name, share in zip(PRODUCTS, (0.5, 0.3, 0.2), strict=True)
    ]
    several = {
        name
        for line in shop.lines
        for flow in (*line.takes, *line.puts, *line.rejects, *line.returns)
        if number_of(flow) > 1
        for name in stores_of(flow)
    }
    stores = []
    for store in shop.stores:
        plain = store.capacity and not (store.transit_time or store.headway or store.initial)
        if plain and store.name not in several and draw(st.booleans()):
            lanes, places, rule = draw(st.sampled_from([(2, 2, "batch"), (3, 2, "sequence")]))
            same = {"working_time": store.working_time}
            store = Store.bank(store.name, lanes=lanes, places=places, rule=rule, **same)
        elif draw(st.integers(0, 2)) == 0:
            store = replace(store, in_order=True)
        stores.append(store)
    lines = []
    for line in shop.lines:
        taken = [store for store in stores if store.name in store_names(line.takes)]
        reachable = all(store.capacity for store in taken)
        changes: dict[str, object] = {}
        if reachable and draw(st.integers(0, 2)) == 0:
            changes["makes"] = draw(st.sampled_from([("A",), ("B", "A"), ("B", "C")]))
        if reachable and draw(st.booleans()):
            beside = [flow for flow in line.takes[1:] if all(map(shop.way_to, stores_of(flow)))]
            changes["match"] = store_names(beside[:1])
        stations = [draw(by_product(station, fixed, groups)) for station in line.stations]
        lines.append(replace(line, stations=stations, **changes))  # type: ignore[arg-type]
    try:
        return replace(shop, lines=lines, stores=stores, products=products, sequence=sequence)
    except ValueError as error:
        assume("chooses its parts" not in str(error))
        raise


def flowing(shop: Shop) -> Shop:
    """The same shop without what makes the compiled engine go from event to event."""

    def tamed(thing: Line | Station | Robot) -> dict[str, object]:
        failures = [
            replace(each, clock="operating", then="resume" if each.then == "scrap" else each.then)
            for each in thing.failures
        ]
        return {"failures": failures}

    lines = []
    for line in shop.lines:
        stations = [
            replace(
                station,
                robots=[replace(robot, **tamed(robot)) for robot in station.robots],
                **tamed(station),
            )
            for station in line.stations
        ]
        plain = {"failures": (), "makes": (), "match": (), "transfer": "each"}
        lines.append(replace(line, stations=stations, **plain))
    stores = [
        Store(
            store.name,
            max(1, store.capacity),
            transit_time=store.transit_time or store.headway,
            initial=store.initial,
            working_time=store.working_time,
        )
        for store in shop.stores
    ]
    sequence = shop.sequence
    if sequence is not None and sequence.kind == "orders":
        sequence = Sequence.cycle(["A", "B", "A", "C"])
    return replace(shop, lines=lines, stores=stores, sequence=sequence)
