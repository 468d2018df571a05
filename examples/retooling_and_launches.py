"""How late may the retooling finish, how slow may the launches be?

Question: How late may they be before P(year >= target) falls below 80 %, 50 %, 20 %?
Shows:    scenarios changed by path, studies paired by common random numbers (CRN), an inverse
          question: for each year the latest date that still reaches the target.

The retooling finishes later the more working days its full stop lasts; a launch is slower the more
days it takes to reach 90 % of its rate.

    python examples/retooling_and_launches.py [--scenario ningde-2021] [--runs 24]
"""

from __future__ import annotations

import argparse
import math
import warnings

import numpy as np

from ningde_sim import Scenario, Study, replicate, scenario
from ningde_sim.exceptions import EstimateWarning
from ningde_sim.statistics import estimate

RUNS = 24
"""Years for each study: about four minutes in all on two cores."""

SEED = 2021
PROBABILITIES = (0.8, 0.5, 0.2)
TARGETS = (240_000, 230_000, 220_000)

STOP = "retooling.full_stop_days"
STOP_DAYS = (0, 12, 30)
"""Each day costs nearly the same number of vehicles, so a few points are enough. [days]"""

RAMPS = [f"products.{model}.ramp.days_to_90" for model in ("model_a", "model_b")]
RAMP_DAYS = (10, 60, 120, 240)
"""[days]"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="How late may the retooling finish, how slow may the launches be?",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--scenario", default="ningde-2021", help="a name that ships, or a file")
    parser.add_argument("--runs", type=int, default=RUNS, help="years for each study")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    parser.add_argument("--targets", type=int, nargs="+", default=TARGETS, help="vehicles a year")
    return parser.parse_args()


def run_studies(
    plan: Scenario, paths: list[str], days: tuple[int, ...], options: argparse.Namespace
) -> list[Study]:
    """A study for each number of days, all with common random numbers."""
    return [
        replicate(
            plan.replace(dict.fromkeys(paths, number)),
            runs=options.runs,
            seed=options.seed,
            progress=True,
        )
        for number in days
    ]


def latest(studies: list[Study], days: tuple[int, ...], target: float) -> np.ndarray:
    """For each year the most days with which it still makes the target; -inf for none. [days]

    Vehicles are interpolated between two numbers of days.
    """
    made = np.minimum.accumulate([study.column() for study in studies])
    between = [np.interp(-target, -year, days, left=-math.inf, right=math.inf) for year in made.T]
    return np.where(made[0] >= target, np.where(made[-1] >= target, math.inf, between), -math.inf)


def words(days: float, points: tuple[int, ...]) -> str:
    if days == -math.inf:
        return "none"
    return f">{points[-1]}" if days == math.inf else f"{days:.0f}"


def say_studies(what: str, studies: list[Study], days: tuple[int, ...]) -> None:
    print(f"\n{what}")
    print(f"  {'days':>6}{'mean vehicles':>15}   P(>= target), 95 % interval")
    for number, study in zip(days, studies, strict=True):
        reached = study.probability()
        interval = f"{reached.value:.0%} ({reached.low:.0%} to {reached.high:.0%})"
        print(f"  {number:>6}{study.mean().value:>15,.0f}   {interval}")
    difference = studies[-1].minus(studies[0])
    print(f"  from first to last {difference}")


def say_latest(
    studies: list[Study], days: tuple[int, ...], targets: list[int], question: str
) -> None:
    print(f"  {question} P is at least (95 % interval from {studies[0].n} years)")
    print("  " + "target".rjust(8) + "".join(f"{p:.0%}".rjust(20) for p in PROBABILITIES))
    for target in targets:
        cells = []
        for probability in PROBABILITIES:
            most = estimate.quantile(latest(studies, days, target), 1 - probability, level=0.95)
            ends = " to ".join(words(end, days) for end in (most.low, most.high))
            cells.append(f"{words(most.value, days)} ({ends})")
        print(f"  {target:>8,}" + "".join(cell.rjust(20) for cell in cells))


def main() -> None:
    options = arguments()
    try:
        plan = scenario(options.scenario)
        for path in (STOP, *RAMPS):
            plan.get(path)
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(str(error.args[0] if isinstance(error, KeyError) else error)) from None
    for note in plan.notes:
        print(f"Note: {note}")
    print(f"{len(STOP_DAYS) + len(RAMP_DAYS)} studies of {options.runs} years each.", flush=True)
    warnings.simplefilter("ignore", EstimateWarning)  # the last lines say so
    try:
        stops = run_studies(plan, [STOP], STOP_DAYS, options)
        ramps = run_studies(plan, RAMPS, RAMP_DAYS, options)
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
    except ValueError as error:
        raise SystemExit(str(error)) from None
    say_studies("Full stop of the retooling, in working days", stops, STOP_DAYS)
    say_latest(stops, STOP_DAYS, options.targets, "The most days it may last so that")
    say_studies("Days to 90 % of the rate, both launches", ramps, RAMP_DAYS)
    say_latest(ramps, RAMP_DAYS, options.targets, "The most days they may take so that")
    print("\nnone: P is lower even with the fewest days; >: more days than were run.")
    print("All else is drawn from its ranges; the intervals are from the number of years only.")
    if options.runs < 24:
        print(f"{options.runs} years are few: the intervals are wide.")


if __name__ == "__main__":
    main()
