"""Does the base reach 240,000 vehicles in 2021?

Question: How likely is it, given all uncertain inputs? What takes the rest, and which inputs should
          be known better?
Shows:    replicate on a scenario: whole years at robot level, inputs drawn from their ranges,
          intervals, random variation apart from uncertainty, where vehicles are lost.

    python examples/reach_240k.py [--scenario ningde-2022] [--runs 96] [--plots FOLDER]
"""

from __future__ import annotations

import argparse
import textwrap
import time
import warnings
from pathlib import Path

from ningde_sim import Scenario, Study, plots, replicate, scenario
from ningde_sim.facts import CLASHES, FACTS, PUBLISHED

RUNS = 96
"""Years: three Latin hypercubes, about two minutes on two cores."""

ENOUGH = 46
"""With fewer years neither the share of random variation nor that of an input can be estimated."""

SEED = 2021
WIDTH = 96
"""Of the printed text. [characters]"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="How likely are 240,000 vehicles in the year, and what takes the rest?",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--scenario", default="ningde-2021", help="a name that ships, or a file")
    parser.add_argument("--runs", type=int, default=RUNS, help="years that are run")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    parser.add_argument("--workers", type=int, help="runs at a time; all cores by default")
    parser.add_argument("--plots", default="reach_240k", help="folder for the two plots")
    return parser.parse_args()


def say(text: str, mark: str = "") -> None:
    print(textwrap.fill(text, WIDTH, initial_indent=f"  {mark:<4}", subsequent_indent=" " * 6))


def say_evidence(plan: Scenario) -> None:
    print(f"Reported in the article of {PUBLISHED}")
    for key in ("F1", "F2", "F3"):
        say(f'"{FACTS[key].quote}"', key)
    print("Our reading, not reported")
    say(CLASHES[0].reading, "C1")
    counts = plan.assumptions()["evidence"].value_counts()
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    print(f"Evidence of the {counts.sum()} quantities: {words}")
    for note in plan.notes:
        say(note, "-")


def say_year(study: Study) -> None:
    print(f"\nThe year: {study.n:,} years, each with its own inputs (interval; level, runs)")
    print(f"  {f'P(year >= {study.target:,.0f})':<22} {study.probability()}")
    print(f"  median                 {study.quantile(0.5)} vehicles")
    print(f"  5 % of years           {study.quantile(0.05)} or less")
    print(f"  95 % of years          {study.quantile(0.95)} or less")
    print(f"  mean bodies            {study.mean(of='bodies')}")
    print(f"  mean CKD sets          {study.mean(of='ckd_sets')}, not among the vehicles")
    both = study.probability(study.target, of="with_ckd_sets")
    print(f"  P with CKD sets        {both}, if they count; the article does not say")


def say_months(study: Study, plan: Scenario) -> None:
    target = plan.month_target.value
    print(f"\nP(month >= {target:,.0f} bodies), mean bodies")
    for month in study.experiment.months:
        column = f"bodies_{month}"
        reached = study.probability(target, of=column)
        print(f"  {month}   {reached.value:4.0%} ({reached.low:.0%} to {reached.high:.0%})", end="")
        print(f"{study.mean(of=column).value:11,.0f}")


def say_losses(study: Study) -> None:
    nominal, made = (study.column(of).mean() for of in ("nominal", "vehicles"))
    print("\nWhere vehicles were lost: means at the gate, which add up")
    print(f"  {'nominal':<16}{nominal:>10,.0f}   rate x shifts of the official working days")
    for column in study.values:
        lost = -study.column(column).mean()
        if column.startswith("lost_") and abs(lost) >= 0.5:
            name = column.removeprefix("lost_").replace("_", " ")
            print(f"  {name:<16}{lost:>+10,.0f}{WORDS.get(name, '')}")
    print(f"  {'made':<16}{made:>10,.0f}")
    hours = {name: study.column(f"body_shop_{name}").mean() for name in ("breakdown", "blocked")}
    say(
        f"The body shop lost {hours['breakdown']:,.0f} h to its own breakdowns and was blocked for "
        f"{hours['blocked']:,.0f} h by the shops behind it.",
        "-",
    )


WORDS = {
    "overtime": "   Saturdays and overtime, a gain",
    "closures": "   beyond the public holidays",
    "retooling": "   full stop",
    "retooling nights": "   nights and Saturdays at a reduced rate",
    "chips": "   no chips; other stops of supply follow",
    "breakdown": "   of the assembly line",
    "starved": "   no painted body: stops of the shops before it",
}


def say_spread(study: Study) -> None:
    print("\nWhere the spread comes from")
    if study.n < ENOUGH:
        print(f"  too few years: {ENOUGH} would show the share of random variation,")
        print("  and which inputs matter most")
        return
    share = study.random_share()
    print(f"  random variation       {share} of the variance; the rest is uncertainty of inputs")
    print("  the inputs that matter most (rank correlation with the year's vehicles)")
    for path, row in study.input_shares().head(3).iterrows():
        chance = "" if row["beyond_chance"] else "; may be chance"
        print(f"    {path:<34} {row['correlation']:+.2f} ({row['low']:+.2f} to ", end="")
        print(f"{row['high']:+.2f}{chance})")
    say(
        "The intervals are from the number of runs only. The uncertainty of the inputs is in the "
        "spread of the years, as far as their ranges are stated; most of these are assumed.",
        "-",
    )


def save_plots(study: Study, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in (("distribution", plots.plot_distribution), ("fan", plots.plot_fan)):
        path = folder / f"{name}.png"
        draw(study).figure.savefig(path, dpi=120)
        print(f"Wrote {path}")


def main() -> None:
    options = arguments()
    try:
        plan = scenario(options.scenario)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    print(f"{plan.title}\n")
    say_evidence(plan)
    print(
        f"\n{options.runs:,} years, station by station."
        "\nThe first run on a machine compiles the engine: 10 s to a minute, once.",
        flush=True,
    )
    began = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            study = replicate(  # Ctrl-C ends it with the years it has
                plan,
                runs=options.runs,
                seed=options.seed,
                workers=options.workers,
                progress=True,
            )
        except KeyboardInterrupt:
            raise SystemExit("Stopped.") from None
        except ValueError as error:
            raise SystemExit(str(error)) from None
        done = "Done" if study.complete else f"Stopped after {study.n:,} years"
        print(f"{done} in {time.perf_counter() - began:.0f} s.")
        say_year(study)
        say_months(study, plan)
        say_losses(study)
        say_spread(study)
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        say(message, "!")
    print()
    save_plots(study, Path(options.plots))
    if not study.complete:
        raise SystemExit("Stopped.")


if __name__ == "__main__":
    main()
