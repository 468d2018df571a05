"""If new models reach 35 % of the mix, which sub line chokes, and what does a flexible line bring?

Question: Which sub line limits at each share, and is one more better dedicated or flexible?
Shows:    products with cycles of their own, lines that make some products only, bodies that get
          the parts of their own product, the critical path by zone, common random numbers (CRN).

The new models are electric, with a battery in the floor: their sub assemblies take longer. By how
much is assumed, as is that doors, hood and tailgate take the same for all models: change it below.

    python examples/model_mix.py [--runs 3] [--shares 0 0.2 0.35 0.5]
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import replace

import pandas as pd

from ningde_sim import Line, Product, Shop, Station, Study, ningde_2021, replicate, simulate
from ningde_sim.exceptions import EstimateWarning

OLD, NEW = "petrol", "electric"
SHARES = (0.0, 0.2, 0.35, 0.5)
"""Of the new models in the mix. [-]"""

QUESTION = 0.35
"""The share at which the sub line that chokes gets one more line. [-]"""

SLOWER = {
    "Engine compartment": 0.9,  # no engine
    "Front floor": 1.6,
    "Rear floor": 1.9,
    "Body side, left": 1.2,
    "Body side, right": 1.2,
}
"""Cycle of the new models by zone, as a multiple of that of the old ones; assumed. [-]"""

MONTH_HOURS, WARM_UP_HOURS = 500.0, 20.0
SEED = 2021
RUNS = 3


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="The share of new models, the sub line that chokes, and one more line.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="months of each shop")
    parser.add_argument("--hours", type=float, default=MONTH_HOURS, help="hours of each month")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES, help="of new models")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    return parser.parse_args()


def with_products(shop: Shop, share: float) -> Shop:
    """The shop making both: slower in some zones, each body of parts of its own product."""
    return replace(
        shop,
        lines=[both(line) for line in shop.lines],
        products=[Product(OLD, 1 - share), Product(NEW, share)],
    )


def both(line: Line) -> Line:
    """A line with a cycle for each product; main lines take the sub assemblies that match."""
    factor = SLOWER.get(line.zone or "")
    if factor is not None:
        return replace(line, stations=[slower(station, factor) for station in line.stations])
    if line.zone in ("Underbody and respot", "Framing (geo)"):
        return replace(line, match=[str(store) for store in line.takes[1:]])
    return line


def slower(station: Station, factor: float) -> Station:
    cycle = station.cycle_distribution.mean
    return replace(station, cycle_time={OLD: cycle, NEW: factor * cycle})


def one_more(shop: Shop, zone: str, *, dedicated: bool) -> Shop:
    """The shop with one more line in a zone: for the new models only, or all for all."""
    there = [line for line in shop.lines if line.zone == zone]
    first = there[0].name
    more = renamed(there[0], first, first[:-1] + str(len(there) + 1))
    lines = []
    for line in shop.lines:
        lines.append(replace(line, makes=[OLD]) if dedicated and line in there else line)
        if line is there[-1]:
            lines.append(replace(more, makes=[NEW]) if dedicated else more)
    return replace(shop, lines=lines)


def renamed(line: Line, old: str, new: str) -> Line:
    stations = [
        replace(
            station,
            name=station.name.replace(old, new),
            robots=[replace(each, name=each.name.replace(old, new)) for each in station.robots],
        )
        for station in line.stations
    ]
    return replace(line, name=new, stations=stations)


def path_by_zone(shop: Shop, options: argparse.Namespace) -> pd.Series:
    """How many hours of the month's critical path each zone has."""
    run = simulate(
        shop, hours=options.hours, warm_up=WARM_UP_HOURS, seed=options.seed, critical_path=True
    )
    path = run.critical_path()
    zone = path["station"].map(run.stations["zone"]).fillna("stores")
    return path.groupby(zone)["hours"].sum().sort_values(ascending=False)


def study(shop: Shop, options: argparse.Namespace) -> Study:
    return replicate(
        shop,
        hours=options.hours,
        warm_up=WARM_UP_HOURS,
        runs=options.runs,
        seed=options.seed,
        progress=True,
    )


def say_constraints(shop: Shop, options: argparse.Namespace) -> None:
    print(f"\nThe shop as it is, {options.hours:g} h: what limits it at each share")
    print(f"  {'share':>5}{'bodies':>9}  zones with most of the critical path")
    for share in options.shares:
        made = study(with_products(shop, share), options).mean().value
        path = path_by_zone(with_products(shop, share), options).head(3)
        words = ", ".join(f"{zone} {hours / options.hours:.0%}" for zone, hours in path.items())
        print(f"  {share:>5.0%}{made:>9,.0f}  {words}")


def choking(shop: Shop, options: argparse.Namespace) -> str:
    """The sub line with most of the critical path at the share of the question."""
    path = path_by_zone(with_products(shop, QUESTION), options)
    return str(path.reindex([*SLOWER]).fillna(0).idxmax())


def say_one_more(shop: Shop, zone: str, options: argparse.Namespace) -> None:
    print(f"\nOne more line in the zone {zone!r}: bodies, 95 % interval from {options.runs} months")
    print(f"  {'share':>5}{'as it is':>10}{'dedicated':>11}{'flexible':>10}  flexible - dedicated")
    for share in options.shares:
        today = with_products(shop, share)
        plans = [today, *(one_more(today, zone, dedicated=each) for each in (True, False))]
        if share == 0:
            plans[1] = today  # its line would never start
        studies = [study(plan, options) for plan in plans]
        as_is, dedicated, flexible = (each.mean().value for each in studies)
        gain = studies[2].minus(studies[1])
        print(f"  {share:>5.0%}{as_is:>10,.0f}{dedicated:>11,.0f}{flexible:>10,.0f}  {gain}")


def main() -> None:
    options = arguments()
    if not all(0 <= share <= 1 for share in options.shares):
        raise SystemExit("--shares: each must be from 0 to 1.")
    print("Assumed, cycle of a new model as a multiple of an old one:")
    print("  " + ", ".join(f"{zone} {factor:g}" for zone, factor in SLOWER.items()))
    warnings.simplefilter("ignore", EstimateWarning)  # the intervals say so
    shop = ningde_2021()
    try:
        say_constraints(shop, options)
        zone = choking(shop, options)
        print(f"\nAt {QUESTION:.0%} new models the sub line that chokes is {zone!r}.")
        say_one_more(shop, zone, options)
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
    except ValueError as error:
        raise SystemExit(str(error)) from None
    print("\nDedicated: the old lines make old models only, the new line new models only.")
    print("Flexible: each line of the zone makes both. All else is equal, random numbers included.")


if __name__ == "__main__":
    main()
