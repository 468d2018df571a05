"""How many repair crews, and how large closure buffers, does a month of 30,000 bodies need?

Question: Which numbers of crews and capacities make a month of 30,000 bodies likely, at what price?
Shows:    sweep over a grid with common random numbers (CRN), resumable; the heat map; the design
          points that may be best, their gains against today, the cheapest that reaches the target.

Closures are doors, hood and tailgate: each has a store before the finish line. The prices of crews
and of capacity are assumed: change them below.

    python examples/crews_and_buffers.py [--runs 20] [--resume crews.db]
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

from ningde_sim import Sweep, ningde_2021, plots, sweep
from ningde_sim.exceptions import CheckpointFailed, CheckpointRefused, EstimateWarning

CREWS = range(1, 9)
CAPACITIES = (15, 30, 45, 60, 75, 90)
"""Of each store of closures. [parts]"""

CREW = "repair_crews"
CLOSURES = "stores.[dht]*.capacity"  # doors, hood, tailgate
TODAY = {CREW: 4, CLOSURES: 60}

N_CLOSURES = 6
"""Stores of closures: four doors, hood, tailgate."""

CREW_PRICE, PART_PRICE = 500.0, 3.0
"""A year of a crew over three shifts, and of room for one part in one store; assumed.
[1,000 yuan]"""

MONTH_HOURS, WARM_UP_HOURS = 500.0, 20.0
TARGET = 30_000
SEED = 2021
RUNS = 20


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Repair crews and closure buffers, and P(month >= target).",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="months of each design point")
    parser.add_argument(
        "--hours", type=float, default=MONTH_HOURS, help="counted hours of each month"
    )
    parser.add_argument("--target", type=float, default=TARGET, help="bodies in these hours")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    parser.add_argument("--probability", type=float, default=0.8, help="wanted P(month >= target)")
    parser.add_argument("--resume", metavar="FILE", help="file of finished runs, to resume from")
    parser.add_argument("--plot", default="crews_and_buffers.png", help="the heat map, PNG or SVG")
    return parser.parse_args()


def say_cheapest(grid: Sweep, wanted: float) -> None:
    prices = {CREW: CREW_PRICE, CLOSURES: N_CLOSURES * PART_PRICE}
    table = grid.cheapest(cost=prices, probability=wanted)
    print(f"\nThe cheapest with P >= {wanted:.0%}, in 1,000 yuan a year (assumed prices):")
    if table.empty:
        print("  none of these design points reaches it, with 95 % confidence.")
        return
    shown = [CREW, CLOSURES, "cost", "probability", "low", "high", "verdict"]
    print(table[shown].round(2).to_string(index=False))
    if table["verdict"].iloc[-1] != "reaches":
        print("open: too few runs to decide; more would.")


def main() -> None:
    options = arguments()
    warnings.simplefilter("ignore", EstimateWarning)  # the texts below say so
    try:
        grid = sweep(
            ningde_2021(),
            {CREW: CREWS, CLOSURES: CAPACITIES},
            hours=options.hours,
            warm_up=WARM_UP_HOURS,
            runs=options.runs,
            seed=options.seed,
            target=options.target,
            resume=options.resume,
            progress=True,
        )
    except KeyboardInterrupt:
        raise SystemExit("Stopped; with --resume FILE it goes on from here.") from None
    except (ValueError, CheckpointFailed, CheckpointRefused) as error:
        raise SystemExit(str(error)) from None
    print(grid.summary())
    if not grid.complete:
        raise SystemExit("Stopped; with --resume FILE it goes on from here.")
    print(
        f"\nAgainst today, {TODAY[CREW]} crews and a capacity of {TODAY[CLOSURES]}: bodies a month,"
    )
    print("all intervals together at 95 %")
    gains = grid.against(TODAY)
    print(
        gains[[CREW, CLOSURES, "difference", "low", "high", "verdict"]]
        .round(0)
        .to_string(index=False)
    )
    factor = gains["variance_reduction"].median()
    print(f"Without common random numbers it would take {factor:,.0f} times the runs (median).")
    print(f"\nDesign points that may have the greatest P(month >= {options.target:,.0f}):")
    best = grid.best(target=options.target)
    interval = ["probability", "probability_low", "probability_high"]
    print(best[[CREW, CLOSURES, *interval]].round(2).to_string(index=False))
    say_cheapest(grid, options.probability)
    plots.plot_sweep(grid).figure.savefig(options.plot, dpi=150)
    print(f"\nThe heat map is in {Path(options.plot)}.")


if __name__ == "__main__":
    main()
