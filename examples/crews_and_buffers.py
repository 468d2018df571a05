"""How many repair crews, and how many places for closures, does a month of 30,000 bodies need?

Question: Which numbers of crews and places make P(month >= 30,000) likely, at what price?
Shows:    sweep over a grid, on the same luck, resumable; the heat map; which cells may be best,
          what they gain against today's, which is the cheapest that reaches the target.

The closures are doors, hood and tailgate: each has a store before the finish line. Crews and
places have assumed prices: change them below.

    python examples/crews_and_buffers.py [--runs 20] [--resume crews.db]
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

from ningde_sim import Sweep, ningde_2021, plots, sweep
from ningde_sim.exceptions import CheckpointFailed, CheckpointRefused, EstimateWarning

CREWS = range(1, 9)
PLACES = (15, 30, 45, 60, 75, 90)

CREW = "repair_crews"
CLOSURES = "stores.[dht]*.capacity"  # doors, hood, tailgate
TODAY = {CREW: 4, CLOSURES: 60}

CREW_PRICE, PLACE_PRICE = 500.0, 3.0
"""A year of a crew over three shifts, and of one place in each of six stores; assumed.
[1,000 yuan]"""

MONTH_HOURS, WARM_UP_HOURS = 500.0, 20.0
TARGET = 30_000
SEED = 2021
RUNS = 20


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Crews and places for closures, and P(month >= target).",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="months of each cell")
    parser.add_argument("--hours", type=float, default=MONTH_HOURS, help="counted hours of each")
    parser.add_argument("--target", type=float, default=TARGET, help="bodies in these hours")
    parser.add_argument("--seed", type=int, default=SEED, help="which luck")
    parser.add_argument("--probability", type=float, default=0.8, help="that the month is wanted")
    parser.add_argument("--resume", metavar="FILE", help="finished runs, to go on from")
    parser.add_argument("--plot", default="crews_and_buffers.png", help="the heat map, PNG or SVG")
    return parser.parse_args()


def say_cheapest(found: Sweep, wanted: float) -> None:
    table = found.cheapest(cost={CREW: CREW_PRICE, CLOSURES: 6 * PLACE_PRICE}, probability=wanted)
    print(f"\nThe cheapest with P >= {wanted:.0%}, in 1,000 yuan a year (assumed prices):")
    if table.empty:
        print("  none of these cells reaches it, with 95 % confidence.")
        return
    shown = [CREW, CLOSURES, "cost", "probability", "low", "high", "verdict"]
    print(table[shown].round(2).to_string(index=False))
    if table["verdict"].iloc[-1] != "reaches":
        print("open: these runs cannot tell; more of them would.")


def main() -> None:
    options = arguments()
    warnings.simplefilter("ignore", EstimateWarning)  # said below
    try:
        found = sweep(
            ningde_2021(),
            {CREW: CREWS, CLOSURES: PLACES},
            hours=options.hours,
            warm_up=WARM_UP_HOURS,
            runs=options.runs,
            seed=options.seed,
            target=options.target,
            resume=options.resume,
            progress=True,
        )
    except KeyboardInterrupt:
        raise SystemExit("Stopped; with --resume FILE it would go on from here.") from None
    except (ValueError, CheckpointFailed, CheckpointRefused) as error:
        raise SystemExit(str(error)) from None
    print(found.summary())
    if not found.complete:
        raise SystemExit("Stopped; with --resume FILE it would go on from here.")
    print(f"\nAgainst today's {TODAY[CREW]} crews and {TODAY[CLOSURES]} places: bodies a month,")
    print("all intervals together at 95 %")
    gains = found.against(TODAY)
    print(
        gains[[CREW, CLOSURES, "difference", "low", "high", "verdict"]]
        .round(0)
        .to_string(index=False)
    )
    factor = gains["variance_reduction"].median()
    print(f"Independent luck would need {factor:,.0f} times the runs (median of the cells).")
    print(f"\nCells that may have the greatest P(month >= {options.target:,.0f}):")
    best = found.best(target=options.target)
    odds = ["probability", "probability_low", "probability_high"]
    print(best[[CREW, CLOSURES, *odds]].round(2).to_string(index=False))
    say_cheapest(found, options.probability)
    plots.plot_sweep(found).figure.savefig(options.plot, dpi=150)
    print(f"\nThe heat map is in {Path(options.plot)}.")


if __name__ == "__main__":
    main()
