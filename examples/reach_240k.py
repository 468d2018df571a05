"""Does the base reach 240,000 vehicles in 2021?

Question: How likely is it, with everything that is not known? What takes the rest, and what would
          be worth knowing better?
Shows:    replicate on a scenario: whole years at robot level, inputs drawn from their ranges,
          estimates with their intervals, luck apart from ignorance, where the hours went.

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
"""Years without which neither the share of luck nor the weight of an input is worth a word."""

SEED = 2021
WIDTH = 96


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="How likely are 240,000 vehicles in the year, and what takes the rest?",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--scenario", default="ningde-2021", help="a name that ships, or a file")
    parser.add_argument("--runs", type=int, default=RUNS, help="years that are run")
    parser.add_argument("--seed", type=int, default=SEED, help="which luck")
    parser.add_argument("--workers", type=int, help="how many at a time; all cores when not given")
    parser.add_argument("--plots", default="reach_240k", help="folder for the two pictures")
    return parser.parse_args()


def say(text: str, mark: str = "") -> None:
    print(textwrap.fill(text, WIDTH, initial_indent=f"  {mark:<4}", subsequent_indent=" " * 6))


def say_what_is_known(plan: Scenario) -> None:
    print(f"Reported in the article of {PUBLISHED}")
    for key in ("F1", "F2", "F3"):
        say(f'"{FACTS[key].quote}"', key)
    print("Our reading, not reported")
    say(CLASHES[0].reading, "C1")
    counts = plan.assumptions()["evidence"].value_counts()
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    print(f"Of {counts.sum()} numbers are {words}")
    for note in plan.notes:
        say(note, "-")


def say_year(study: Study) -> None:
    print(f"\nThe year: {study.n:,} years, each with inputs of its own (interval; level, runs)")
    print(f"  {f'P(year >= {study.target:,.0f})':<22} {study.probability()}")
    print(f"  median                 {study.quantile(0.5)} vehicles")
    print(f"  5 % of years           {study.quantile(0.05)} or less")
    print(f"  95 % of years          {study.quantile(0.95)} or less")
    print(f"  mean bodies            {study.mean(of='bodies')}")
    print(f"  mean CKD sets   {study.mean(of='ckd_sets')}, not among the vehicles")
    both = study.probability(study.target, of="with_ckd_sets")
    print(f"  P if sets counted too  {both}; the article does not say")


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
    print("\nWhere the vehicles went: means at the gate, which add up")
    print(f"  {'nominal':<16}{nominal:>10,.0f}   rate x shifts of the official working days")
    for column in study.values:
        lost = -study.column(column).mean()
        if column.startswith("lost_") and abs(lost) >= 0.5:
            name = column.removeprefix("lost_").replace("_", " ")
            print(f"  {name:<16}{lost:>+10,.0f}{WORDS.get(name, '')}")
    print(f"  {'made':<16}{made:>10,.0f}")
    hours = {name: study.column(f"body_shop_{name}").mean() for name in ("breakdown", "blocked")}
    say(
        f"Of its hours the body shop lost {hours['breakdown']:,.0f} to its own breakdowns and was "
        f"blocked for {hours['blocked']:,.0f} by what follows it.",
        "-",
    )


WORDS = {
    "overtime": "   Saturdays and overtime, a gain",
    "closures": "   beyond the public holidays",
    "retooling": "   full stop",
    "works nights": "   nights and Saturdays at a reduced rate",
    "chips": "   and other stops of the supply below",
    "breakdown": "   of the assembly line",
    "starved": "   no painted body: stops of the shops ahead",
}


def say_doubt(study: Study) -> None:
    print("\nWhat the spread is made of")
    if study.n < ENOUGH:
        print(f"  too few years to tell: {ENOUGH} would say how much is luck, which inputs matter")
        return
    luck = study.random_share()
    print(f"  luck                   {luck} of the variance; the rest is what is not known")
    print("  the inputs that matter most (rank correlation with the year's vehicles)")
    for path, row in study.input_shares().head(3).iterrows():
        sure = "" if row["beyond_chance"] else "; may be chance"
        print(f"    {path:<34} {row['correlation']:+.2f} ({row['low']:+.2f} to ", end="")
        print(f"{row['high']:+.2f}{sure})")
    say(
        "The intervals are of the number of runs. What is not known is in the spread of the years, "
        "as far as its ranges are stated; most of these are assumed.",
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
    say_what_is_known(plan)
    print(
        f"\n{options.runs:,} years, station by station."
        "\nThe first run on a machine compiles the engine, 10 s to a minute; then it is there.",
        flush=True,
    )
    began = time.perf_counter()
    with warnings.catch_warnings(record=True) as doubts:
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
        say_doubt(study)
    for doubt in dict.fromkeys(str(warning.message) for warning in doubts):
        say(doubt, "!")
    print()
    save_plots(study, Path(options.plots))
    if not study.complete:
        raise SystemExit("Stopped.")


if __name__ == "__main__":
    main()
