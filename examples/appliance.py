"""How many test places and repairers do 920 washing machines a day need, at what price?

Question: Which number of test places and of repairers reaches 920 a day, and which is the cheapest?
Shows:    an assembly line in Python: stations by hand, variants in the mix, a rework loop, test
          places in parallel; a sweep over copies of lines, the cheapest design point.

All numbers and prices are assumed: plausible magnitudes, measured in no plant.
`read_shop("appliance")` reads the same shop from a file.

    python examples/appliance.py [--runs 40] [--target 920]
"""

from __future__ import annotations

import argparse
import warnings

from ningde_sim import (
    Exponential,
    Failure,
    Line,
    Lognormal,
    Product,
    Shop,
    Station,
    Store,
    Sweep,
    WorkingTime,
    sweep,
)
from ningde_sim.exceptions import EstimateWarning

SHARES = {"Basic": 0.5, "Comfort": 0.35, "Premium": 0.15}
BY_HAND = {"Basic": 50, "Comfort": 53, "Premium": 58}
"""Mean cycle of a station of the assembly line. [s]"""

ON_TEST = {"Basic": 300, "Comfort": 320, "Premium": 380}
"""Cycle of a test place. [s]"""

PLACES, REPAIRERS = "lines.TEST.copies", "lines.REPAIR.copies"
OVER = {PLACES: (6, 7, 8), REPAIRERS: (1, 2)}
PRICES = {PLACES: 15.0, REPAIRERS: 90.0}
"""A year of a test place, and of a repairer over two shifts; assumed. [1,000 euro]"""

DAY = 24.0
"""Of 14.5 working hours. [h]"""

DAYS, WARM_UP_DAYS = 10, 2
TARGET = 920
SEED = 2021
RUNS = 40


def appliance() -> Shop:
    """Presses and tubs feed ten stations by hand; test places, a repairer, packing."""
    jam = Failure("jam", Exponential(4), Lognormal(5, 0.8))
    conveyor = Failure("conveyor", Exponential(20), Lognormal(8, 0.8))
    connector = Failure("connector", Exponential(30), Lognormal(15, 0.8))
    work = {name: Lognormal(mean, 0.2) for name, mean in BY_HAND.items()}
    lines = [
        Line(
            "CABINET",
            [Station(f"CABINET-0{k}", 48, failures=[jam]) for k in (1, 2, 3)],
            puts="cabinets",
            zone="Presses",
        ),
        Line(
            "TUB",
            [Station(f"TUB-0{k}", Lognormal(50, 0.2)) for k in (1, 2, 3, 4)],
            buffers=1,
            puts="tubs",
            zone="Tubs",
        ),
        Line(
            "ASSY",
            [Station(f"ASSY-{k:02}", work) for k in range(1, 11)],
            buffers=1,
            takes=["cabinets", "tubs"],
            puts="assembled",
            failures=[conveyor],
            at_close="finish",
            zone="Assembly",
        ),
        Line(
            "TEST",
            [Station("TEST", ON_TEST, reject=0.06, failures=[connector])],
            copies=6,
            takes=[("repaired", "assembled")],
            puts="tested",
            rejects="faulty",
            zone="Test and repair",
        ),
        Line(
            "REPAIR",
            [Station("REPAIR", Lognormal(900, 0.7))],
            takes="faulty",
            puts="repaired",
            zone="Test and repair",
        ),
        Line(
            "PACK",
            [Station("EYE", Lognormal(40, 0.15)), Station("CARTON", 45, failures=[jam])],
            buffers=2,
            takes="tested",
            zone="Packing",
        ),
    ]
    shifts = [(0, 2), (2.25, 4.5), (5, 8), (8, 10), (10.25, 12.5), (13, 16)]
    return Shop(
        "Appliance",
        lines,
        stores=[
            Store("cabinets", 15, transit_time=90),
            Store("tubs", 10),
            Store("assembled", 12, transit_time=30),
            Store("faulty", 15),
            Store("repaired", 10),
            Store("tested", 10),
        ],
        working_time=WorkingTime(shifts, every=DAY),
        products=[Product(name, share) for name, share in SHARES.items()],
        notes=[
            "All numbers are assumed: plausible magnitudes, measured in no plant.",
            "People do not tire, learn or help each other; a station has one worker.",
        ],
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Test places and repairers for a number of washing machines a day.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of each design point")
    parser.add_argument("--days", type=int, default=DAYS, help="working days of each run")
    parser.add_argument("--target", type=float, default=TARGET, help="appliances a day")
    parser.add_argument("--probability", type=float, default=0.8, help="of the target, wanted")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    return parser.parse_args()


def say(grid: Sweep, options: argparse.Namespace) -> None:
    """The answer, in sentences."""
    print(f"\nAppliances a day, over {options.days} days:")
    for k, point in grid.table.iterrows():
        study = grid.study(int(str(k)))
        made, chance = study.mean(), study.probability()
        words = f"{point[PLACES]:g} test places, {point[REPAIRERS]:g} repairer(s)"
        interval = "{:,.0f} ({:,.0f} to {:,.0f})".format(
            *(x / options.days for x in (made.value, made.low, made.high))
        )
        print(f"  {words:<32}{interval:<22}P(target) {chance}")
    cheapest = grid.cheapest(cost=PRICES, probability=options.probability)
    reached = cheapest[cheapest["verdict"] == "reaches"]
    print(f"\n{options.target:g} a day with a probability of {options.probability:.0%}:", end=" ")
    if reached.empty:
        print("no design point reaches it for sure.")
        return
    best = reached.iloc[0]
    print(f"the cheapest that does has {best[PLACES]:g} test places and", end=" ")
    print(f"{best[REPAIRERS]:g} repairer(s), {best['cost']:,.0f} thousand euro a year (assumed).")


def main() -> None:
    options = arguments()
    warnings.simplefilter("ignore", EstimateWarning)  # the intervals say so
    print("The first run on a machine compiles the engine: 10 s to a minute, once.")
    print("All numbers and prices are assumed.", flush=True)
    try:
        grid = sweep(
            appliance(),
            OVER,
            hours=DAY * options.days,
            warm_up=DAY * WARM_UP_DAYS,
            runs=options.runs,
            seed=options.seed,
            target=options.target * options.days,
            progress=True,
        )
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
    except ValueError as error:
        raise SystemExit(str(error)) from None
    if not grid.complete:
        raise SystemExit("Stopped.")
    say(grid, options)


if __name__ == "__main__":
    main()
