"""A third crew, Saturdays, or a faster finish line: what does each bring in a year?

Question: How many vehicles a year does each of them bring, and is one of them clearly the best?
Shows:    sweep over named plans with common random numbers (CRN) and the same inputs; paired
          differences with simultaneous intervals; which plans may be the best; Comparison of two.

The year is 2022, the first full year of the shop after the retooling.

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
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    parser.add_argument("--resume", metavar="FILE", help="file of finished runs, to resume from")
    parser.add_argument("--plot", metavar="FILE", help="file for the plot of the plans, PNG or SVG")
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


def say_gains(plans: Sweep) -> None:
    """A row for each plan: what it brings against the plan as it is."""
    base, estimates = plans.study("as it is"), plans.estimates()
    print(f"As it is: {base.mean()} vehicles a year, the mean")
    print(f"          P(>= {plans.target:,.0f}) {base.probability()}")
    print("\nAgainst it, vehicles a year; all intervals together at 95 %")
    print(f"  {'plan':<38}{'difference':>10}{'from':>9}{'to':>9}{'P':>7}  verdict")
    for number, row in plans.against("as it is").iterrows():
        ends = "".join(f"{row[end]:>9,.0f}" for end in ("low", "high"))
        reached = estimates.loc[number, "probability"]
        print(
            f"  {row['name']:<38}{row['difference']:>10,.0f}{ends}{reached:>7.2f}  {row['verdict']}"
        )
    best = ", ".join(plans.best()["name"])
    print(f"\nThe best of them, with 95 % confidence, is among: {best}.")


def say_comparison(plans: Sweep, first: str, second: str) -> None:
    """Two plans side by side."""
    pair = Comparison(plans.study(first), plans.study(second))
    print(f"\n{second} less {first}: {pair.difference()} vehicles a year.")
    if plans.n < 3:
        return
    factor = pair.variance_reduction()
    print(f"Without common random numbers that would take {factor.value:,.0f} times the years")
    print(f"({factor.low:,.0f} to {factor.high:,.0f}; 95 %).")


def main() -> None:
    options = arguments()
    for kind in (EstimateWarning, CalendarWarning):  # the last lines say so
        warnings.simplefilter("ignore", kind)
    try:
        plan = scenario(options.scenario)
        plans = run_plans(plan, options)
    except KeyboardInterrupt:
        raise SystemExit("Stopped; with --resume FILE it goes on from here.") from None
    except KeyError as error:
        raise SystemExit(error.args[0]) from None
    except (OSError, ValueError, CheckpointFailed, CheckpointRefused) as error:
        raise SystemExit(str(error)) from None
    if not plans.complete:
        raise SystemExit("Stopped; with --resume FILE it goes on from here.")
    for note in plan.notes:
        print(f"Note: {note}")
    say_gains(plans)
    say_comparison(plans, "a six-day week", "third crew, 2 x 9 h")
    print("\nCycle times of the finish line and rates have their typical values here;")
    print(f"all else is drawn from its ranges, the same in all plans, {options.runs} years each.")
    if options.runs < 24:
        print(f"{options.runs} years are few: the intervals are wide.")
    if options.plot:
        plots.plot_sweep(plans, show="mean").figure.savefig(options.plot, dpi=150)
        print(f"Wrote {options.plot}.")


if __name__ == "__main__":
    main()
