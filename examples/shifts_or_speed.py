"""A third crew, Saturdays, or a faster finish line: what does each bring in a year?

Question: Which of them brings how many vehicles a year, and can their ranks be told apart?
Shows:    sweep over plans by name, on the same luck and the same inputs; paired differences that
          hold together; which plan may be the best; compare of two of them.

The year is 2022, the first full one of the shop after the retooling: what is decided is decided for
full years.

    python examples/shifts_or_speed.py [--runs 24] [--resume shifts.db]
"""

from __future__ import annotations

import argparse
import warnings

from ningde_sim import Comparison, Scale, Scenario, Sweep, plots, scenario, sweep
from ningde_sim.exceptions import (
    CalendarWarning,
    CheckpointFailed,
    CheckpointRefused,
    EstimateWarning,
)

RUNS = 24
"""Years of each plan: about four minutes on two cores."""

SEED = 2022

FINISH = "body_shop.finish.cycle_time"

PLANS = {
    "as it is": {},
    "no Saturdays": {"calendar.saturdays": 0},
    "a six-day week": {"calendar.saturdays": 5},  # 40 h of overtime in July: the cap is 36
    "third crew, 2 x 9 h": {"calendar.shift_hours": 9, "calendar.crews": 3},
    "third crew, 2 x 10 h": {
        "calendar.shift_hours": 10,
        "calendar.crews": 3,
        "calendar.saturdays": 3,  # with four the overtime cap would not hold
    },
    "finish line 2 % faster": {FINISH: Scale(0.98)},
    "finish line 5 % faster": {FINISH: Scale(0.95)},
    "finish line and assembly 5 % faster": {FINISH: Scale(0.95), "assembly.rate": Scale(1.05)},
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="What a third crew, Saturdays or a faster finish line bring in a year.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--scenario", default="ningde-2022", help="a name that ships, or a file")
    parser.add_argument("--runs", type=int, default=RUNS, help="years of each plan")
    parser.add_argument("--seed", type=int, default=SEED, help="which luck")
    parser.add_argument("--resume", metavar="FILE", help="finished runs, to go on from")
    parser.add_argument("--plot", metavar="FILE", help="draw the plans, PNG or SVG")
    return parser.parse_args()


def run_plans(plan: Scenario, options: argparse.Namespace) -> Sweep:
    return sweep(
        plan,
        PLANS,
        runs=options.runs,
        seed=options.seed,
        resume=options.resume,
        progress=True,
    )


def say_gains(found: Sweep) -> None:
    """A row a plan: what it brings against the plan as it is."""
    base, odds = found.study("as it is"), found.estimates()
    print(f"As it is: {base.mean()} vehicles a year, the mean")
    print(f"          P(>= {found.target:,.0f}) {base.probability()}")
    print("\nAgainst it, vehicles a year; all intervals together at 95 %")
    print(f"  {'plan':<38}{'difference':>10}{'from':>9}{'to':>9}{'P':>7}  verdict")
    for cell, row in found.against("as it is").iterrows():
        ends = "".join(f"{row[end]:>9,.0f}" for end in ("low", "high"))
        chance = odds.loc[cell, "probability"]
        print(
            f"  {row['plan']:<38}{row['difference']:>10,.0f}{ends}{chance:>7.2f}  {row['verdict']}"
        )
    best = ", ".join(found.best()["plan"])
    print(f"\nThe best of them, with 95 % confidence, is among: {best}.")


def say_duel(found: Sweep, first: str, second: str) -> None:
    """Two plans beside each other."""
    duel = Comparison(found.study(first), found.study(second))
    print(f"\n{second} less {first}: {duel.difference()} vehicles a year.")
    if found.n < 3:
        return
    saved = duel.variance_reduction()
    print(f"Independent luck would have needed {saved.value:,.0f} times the years for that")
    print(f"({saved.low:,.0f} to {saved.high:,.0f}; 95 %).")


def main() -> None:
    options = arguments()
    for kind in (EstimateWarning, CalendarWarning):  # said once, at the end
        warnings.simplefilter("ignore", kind)
    try:
        plan = scenario(options.scenario)
        found = run_plans(plan, options)
    except KeyboardInterrupt:
        raise SystemExit("Stopped; with --resume FILE it would go on from here.") from None
    except KeyError as error:
        raise SystemExit(error.args[0]) from None
    except (OSError, ValueError, CheckpointFailed, CheckpointRefused) as error:
        raise SystemExit(str(error)) from None
    if not found.complete:
        raise SystemExit("Stopped; with --resume FILE it would go on from here.")
    for note in plan.notes:
        print(f"Note: {note}")
    say_gains(found)
    say_duel(found, "a six-day week", "third crew, 2 x 9 h")
    print("\nTimes of the finish line and rates are known here, at their typical values;")
    print(
        f"all else is drawn from its ranges, the same in all plans, in {options.runs} years each."
    )
    if options.runs < 24:
        print(f"{options.runs} years say little.")
    if options.plot:
        plots.plot_sweep(found, show="mean").figure.savefig(options.plot, dpi=150)
        print(f"The plans are drawn in {options.plot}.")


if __name__ == "__main__":
    main()
