"""Does the base reach 240,000? So far: what its body shop makes in a target month.

Question: How likely are 30,000 bodies in a month of 500 hours? What then of 240,000 a year?
Shows:    replicate on all cores, estimates with their intervals, what is fact and what assumed.

Counts bodies, the luck of failures and repairs, nothing else yet: paint, assembly, the works, the
launches and the supply of parts still stand between these months and 240,000 vehicles.
"""

from __future__ import annotations

import argparse
import textwrap
import time
import warnings
from pathlib import Path

from ningde_sim import DoubtfulEstimate, Study, ningde_2021, plots, replicate
from ningde_sim.facts import CLASHES, FACTS, PUBLISHED
from ningde_sim.replication import IncompleteStudy

MONTH_HOURS = 500.0
"""Counted hours: 25 days of 20 h, our reading of the month in F2. [h]"""

YEAR_HOURS = 4_000.0
"""250 days of 16 h, our reading of the year in F3. [h]"""

MONTHS = 12
WARM_UP_HOURS = 20.0
"""Hours in which the empty shop fills. [h]"""

RUNS = 200
SEED = 2021

MONTH_TARGET = FACTS["F2"].value("bodies_per_month")
YEAR_TARGET = FACTS["F3"].value("vehicles_per_year")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="How likely are 30,000 bodies a month, and what does that make of 240,000?",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="replications of the month")
    parser.add_argument("--hours", type=float, default=MONTH_HOURS, help="counted hours of each")
    parser.add_argument("--seed", type=int, default=SEED, help="which luck")
    parser.add_argument("--workers", type=int, help="how many at a time; all cores when not given")
    parser.add_argument("--plot", metavar="FILE", help="draw the months, PNG or SVG")
    options = parser.parse_args()
    if options.plot and not Path(options.plot).parent.is_dir():
        parser.error(f"--plot {options.plot}: there is no folder {Path(options.plot).parent}")
    return options


def say(text: str, mark: str = "") -> None:
    print(textwrap.fill(text, 96, initial_indent=f"  {mark:<4}", subsequent_indent=" " * 6))


def say_what_is_known(notes: tuple[str, ...]) -> None:
    print(f"Reported in the article of {PUBLISHED}")
    for key in ("F2", "F3"):
        say(f'"{FACTS[key].quote}"', key)
        say("; ".join(str(figure).replace("_", " ") for figure in FACTS[key].figures))
    print("Our reading, not reported")
    say(CLASHES[0].reading, "C1")
    print("Assumed")
    for note in notes:
        say(note, "-")


def say_month(study: Study) -> None:
    print(f"\nA month of {study.case.description} (interval; its level, number of runs)")
    print(f"  {f'P(month >= {study.target:,.0f})':<21}{study.probability()}")
    print(f"  mean month           {study.mean()} bodies")
    print(f"  5 % of months        {study.quantile(0.05)} bodies or less")
    print(f"  95 % of months       {study.quantile(0.95)} bodies or less")
    print(f"  bodies an hour       {study.mean(of='throughput')}")


def say_year(study: Study) -> None:
    print(f"\nAgainst {YEAR_TARGET:,} a year, if every hour were like the mean of these")
    for words, hours in (
        (f"{MONTHS} such months of {MONTH_HOURS:g} h", MONTHS * MONTH_HOURS),
        (f"250 days of 16 h, {YEAR_HOURS:,.0f} h", YEAR_HOURS),
    ):
        bodies = study.mean(of="throughput").times(hours)
        gap = 100 * (bodies.value / YEAR_TARGET - 1)
        print(f"  {words:<27} {bodies} bodies, {gap:+.1f} %")
    print(f"  {f'needed in {YEAR_HOURS:,.0f} h':<27} {YEAR_TARGET / YEAR_HOURS:.2f} bodies an hour")


def say_what_is_missing() -> None:
    print("\nWhat this does not say")
    say(
        "Both targets ask for 60 bodies an hour, and the finish line was tuned to make 60: that "
        "half of the months reach theirs, and the hours of the year theirs, is by construction.",
        "-",
    )
    say(
        "These are bodies, not vehicles: paint, assembly, the stop for the works, the two launches "
        "and the supply of parts are not in it yet, and all of them take vehicles away.",
        "-",
    )
    say(
        "The intervals are of luck only. They know nothing of the ranges in which the assumed "
        "failures, repairs and cycle times may lie, and those weigh more.",
        "-",
    )


def main() -> None:
    options = arguments()
    shop = ningde_2021()
    print(f"{shop.name}: {shop.n_stations} stations, {shop.n_robots} robots\n")
    say_what_is_known(tuple(shop.notes))
    months = f"{options.runs:,} months of {options.hours:g} h, each after {WARM_UP_HOURS:g} h"
    print(
        f"\n{months} of warm-up."
        "\nThe first run on a machine compiles the engine, 10 s to a minute; then it is there.",
        flush=True,
    )
    began = time.perf_counter()
    warnings.simplefilter("ignore", IncompleteStudy)  # said below
    try:
        study = replicate(  # Ctrl-C ends it with the months it has
            shop,
            hours=options.hours,
            warm_up=WARM_UP_HOURS,
            runs=options.runs,
            seed=options.seed,
            workers=options.workers,
            target=round(MONTH_TARGET * options.hours / MONTH_HOURS),
            progress=True,
        )
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
    except ValueError as error:
        raise SystemExit(str(error)) from None
    done = "Done" if study.complete else f"Stopped after {study.n:,} months"
    print(f"{done} in {time.perf_counter() - began:.0f} s.")
    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always", DoubtfulEstimate)
        say_month(study)
        say_year(study)
    for doubt in dict.fromkeys(str(warning.message) for warning in doubts):
        say(doubt, "!")
    say_what_is_missing()
    if options.plot:
        plots.plot_distribution(study).figure.savefig(options.plot)
        print(f"\nWrote {options.plot}.")
    if not study.complete:
        raise SystemExit("Stopped.")


if __name__ == "__main__":
    main()
