"""Is the week's schedule bottled by Friday, 22:00, and do grouped orders or quick changeovers help?

Question: How likely is it that the week's orders are done by Friday night, and what helps most?
Shows:    a bottling line in Python: a part for 20 bottles, accumulating conveyors, a list of
          orders, setups by change of product, micro stops; studies with common random numbers.

All numbers are assumed: plausible magnitudes, measured in no plant. `read_shop("bottling")` reads
the same shop from a file.

    python examples/bottling.py [--runs 24] [--deadline 112]
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import replace

from ningde_sim import (
    Crew,
    Exponential,
    Failure,
    Line,
    Lognormal,
    PlannedStop,
    Product,
    Scale,
    Sequence,
    Setup,
    Shop,
    Station,
    Store,
    Study,
    WorkingTime,
    replicate,
)
from ningde_sim.exceptions import EstimateWarning

BOTTLES_A_CASE = 20
LAGER, WHEAT, SMALL = "lager 0.5", "wheat 0.5", "lager 0.33"
ORDERS = [
    (LAGER, 10_000),
    (SMALL, 6_000),
    (WHEAT, 6_000),
    (LAGER, 13_000),
    (SMALL, 6_000),
    (WHEAT, 6_000),
    (LAGER, 10_000),
]
"""In the order in which they were promised. [cases]"""

GROUPED = [(LAGER, 33_000), (WHEAT, 12_000), (SMALL, 12_000)]
WEEK, FRIDAY = 168.0, 112.0
"""Hours from Monday, 6:00; to Friday, 22:00. The early shift of Saturday is in reserve. [h]"""

SEED = 2021
RUNS = 24


def changeover(beer: float, bottle: float) -> Setup:
    """The setup of a machine for another beer in the same bottle, and for another bottle. [s]"""
    return Setup(
        {
            LAGER: {WHEAT: beer, SMALL: bottle},
            WHEAT: {LAGER: beer, SMALL: bottle},
            SMALL: {LAGER: bottle, WHEAT: bottle},
        }
    )


def bottling() -> Shop:
    """Six machines with accumulating conveyors between; the filler is the slowest by design."""
    micro = Failure("micro stop", Exponential(0.4), Lognormal(0.6, 0.6))
    fallen = Failure("fallen bottle", Exponential(0.25), Lognormal(0.8, 0.6))
    jam = Failure("jam", Exponential(3), Lognormal(5, 0.8))
    breakdown = Failure("breakdown", Exponential(40), Lognormal(30, 1), crew="mechanics")
    rinse = PlannedStop("rinse", 8, 900, unit="working h")
    machines = [  # with the cycle of a case: a V of speeds around the filler
        Station("DEPAL", 3, failures=[jam]),
        Station("WASH", 3.4, failures=[micro, breakdown], setup=changeover(0, 600)),
        Station(
            "FILL",
            4,
            failures=[micro, jam, breakdown],
            planned_stops=[rinse],
            setup=changeover(1_200, 3_600),
        ),
        Station("LABEL", 3.5, failures=[fallen, breakdown], setup=changeover(900, 1_800)),
        Station("PACK", 3.2, failures=[micro, jam], setup=changeover(0, 1_500)),
        Station("PALLET", 2.9, failures=[jam, breakdown]),
    ]
    zones = 2 * ["Dry, before the filler"] + ["Wet"] + 3 * ["Dry, behind the filler"]
    conveyors = [
        Store("bottles", 60, transit_time=40),
        Store("clean", 80, transit_time=60),
        Store("filled", 80, transit_time=60),
        Store("labelled", 60, transit_time=45),
        Store("cases", 60, transit_time=60),
    ]
    names = [conveyor.name for conveyor in conveyors]
    lines = [
        Line(machine.name, [machine], takes=names[max(k - 1, 0) : k], puts=names[k : k + 1], zone=z)
        for k, (machine, z) in enumerate(zip(machines, zones, strict=True))
    ]
    shifts = [(24 * day, 24 * day + 16) for day in range(5)]
    return Shop(
        "Bottling",
        lines,
        stores=conveyors,
        crews=[Crew("mechanics", 1)],
        working_time=WorkingTime([*shifts, (120, 128)], every=WEEK),
        products=[Product(LAGER), Product(WHEAT), Product(SMALL)],
        sequence=Sequence.orders(ORDERS),
        notes=[
            "All numbers are assumed: plausible magnitudes, measured in no plant.",
            "A part is a case of 20 bottles on all machines; broken and rejected bottles are left "
            "out.",
        ],
    )


def quicker(shop: Shop) -> Shop:
    """The shop with half the changeover of the filler."""
    return shop.replace({"stations.FILL.setup": changeover(600, 1_800)})


def in_the_meantime(shop: Shop) -> Shop:
    """The shop whose labeller and packer are set up while the filler is, at no time of their own.

    As it is, a machine is set up when the first case of another product is there: one after the
    other, and the conveyors between hide a part of it only.
    """
    return shop.replace({f"stations.{name}.setup.hidden": 1.0 for name in ("LABEL", "PACK")})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="When the week's orders are bottled, and what helps.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="weeks of each plan")
    parser.add_argument("--deadline", type=float, default=FRIDAY, help="hours from Monday, 6:00")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    return parser.parse_args()


def study(shop: Shop, hours: float, options: argparse.Namespace) -> Study:
    return replicate(
        shop,
        hours=hours,
        runs=options.runs,
        seed=options.seed,
        target=shop.sequence.n_orders if shop.sequence else None,
        keep=["exits"],
        progress=True,
    )


def say(plans: dict[str, Shop], options: argparse.Namespace) -> None:
    """When each plan is done, and how likely by the deadline."""
    print(f"{'':<38}done after, median [h]        P(done by hour {options.deadline:g})")
    chances = {}
    for name, shop in plans.items():
        assert shop.sequence is not None
        week = study(shop, WEEK, options)
        done = week.time_of(shop.sequence.n_orders or 0)
        chances[name] = study(shop, options.deadline, options).probability()
        time = f"{done.value:.1f} ({done.low:.1f} to {done.high:.1f})"
        print(f"  {name:<36}{time:<30}{chances[name]}", flush=True)
    best = max(chances, key=lambda name: chances[name].value)
    print(f"\nThe orders are likeliest done in time {best}: P = {chances[best]}.")


def main() -> None:
    options = arguments()
    warnings.simplefilter("ignore", EstimateWarning)  # the intervals say so
    print("The first run on a machine compiles the engine: 10 s to a minute, once.")
    shop = bottling()
    cases = sum(n for _, n in ORDERS)
    filler = shop.station("FILL").cycle_distribution.mean
    print("All numbers are assumed.", end=" ")
    print(f"The filler makes {BOTTLES_A_CASE * 3600 / filler:,.0f} bottles an hour:", end=" ")
    print(f"{cases:,} cases take it {cases * filler / 3600:.1f} h without a stop.\n", flush=True)
    plans = {
        "as promised": shop,
        "with grouped orders": replace(shop, sequence=Sequence.orders(GROUPED)),
        "with half the filler's changeover": quicker(shop),
        "with the dry end set up meanwhile": in_the_meantime(shop),
        "with conveyors of twice the length": shop.replace(
            {"stores.*.capacity": Scale(2), "stores.*.transit_time": Scale(2)}
        ),
    }
    try:
        say(plans, options)
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
    except ValueError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
