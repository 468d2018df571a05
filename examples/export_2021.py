"""The exports of 2021: can the cars leave, and what limits them?

Question: Do 38,000 vehicles and CKD sets leave by the end of August 2021, on how many sailings?
Shows:    exports as results of a study, the yard of the port against its capacity, the exports of
          one year alone.

Reported are 38,000 from January to August. The shares for export are rough guesses: typical inputs
give some 35,700. What counts here is the spread, and what it depends on.

    python examples/export_2021.py [--runs 100] [--seed 2021] [--plot yard.png]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ningde_sim import Scenario, plots, replicate, scenario, simulate_year
from ningde_sim.shipping import ShippingRun, ship

RUNS = 100
SEED = 2021
YARD_RUNS = 24
"""Years in the plot of the yard; each takes about a second."""

REPORTED = 38_000
BY = "2021-08"
TARGETS = (30_000, 40_000, 50_000, 60_000, 70_000)
"""[units a year]"""

SAILINGS = (1, 2, 4, 6, 8)
"""In all; the services that carry cars share them evenly. [calls a month]"""

SLOTS = (800, 1_600, 2_500, 4_000)
"""[cars a call]"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="The exports of 2021.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--scenario", default="ningde-2021", help="a name that ships, or a file")
    parser.add_argument("--runs", type=int, default=RUNS, help="years of the study")
    parser.add_argument("--yard-runs", type=int, default=YARD_RUNS, help="years in the plot")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    parser.add_argument(
        "--plot", type=Path, default=Path("yard.png"), help="file for the plot of the yard"
    )
    return parser.parse_args()


def say_probabilities(plan: Scenario, options: argparse.Namespace) -> None:
    study = replicate(plan, runs=options.runs, seed=options.seed, progress=True)
    by_august = f"exports_by_{BY}"
    figures = {
        f"mean by the end of {BY}": study.mean(of=by_august),
        f"P({REPORTED:,} by the end of {BY})": study.probability(REPORTED, of=by_august),
        "mean of the year": study.mean(of="exports"),
        "CKD sets among them": study.mean(of="exported_ckd_sets"),
    }
    for target in TARGETS:
        figures[f"P(year >= {target:,})"] = study.probability(target, of="exports")
    figures["days over capacity, mean"] = study.mean(of="days_over")
    print(f"\nUnits (cars and CKD sets) on ships that left, {study.n} years, 95 % intervals")
    for name, figure in figures.items():
        print(f"  {name:<33}{figure}")


def draw_yard(plan: Scenario, options: argparse.Namespace) -> None:
    runs = []
    for run in range(options.yard_runs):
        year = simulate_year(plan.draw(options.seed, run), seed=options.seed, run=run)
        assert year.shipping is not None
        runs.append(year.shipping)
    plots.plot_yard(runs).figure.savefig(options.plot, dpi=120)
    print(f"\nThe yard of Xiamen, {len(runs)} years: {options.plot}")


def with_sailings(plan: Scenario, sailings: float, slots: int) -> Scenario:
    """The same plan with other sailings: calls a month in all, slots a call."""
    assert plan.export is not None
    names = [name for name, table in plan.export.services.items() if table.carries == "cars"]
    paths = {f"export.services.{name}.calls": sailings / len(names) for name in names}
    return plan.replace(paths | {f"export.services.{name}.slots": slots for name in names})


def say_sailings(plan: Scenario, seed: int) -> None:
    """Every plan of sailings with the production of one year, typical inputs."""
    year = simulate_year(plan.typical(), seed=seed)
    days = (year.daily["vehicles"].to_numpy(), year.daily["ckd_sets"].to_numpy())

    def shipped(sailings: float, slots: int) -> ShippingRun:
        export = with_sailings(plan.typical(), sailings, slots).export
        assert export is not None
        return ship(export, *days, start=plan.calendar.first_day, seed=seed)

    print("\nCars exported in the year / days over capacity of the yard, one typical year")
    print("  sailings a month" + "".join(f"{f'{slots:,} slots':>20}" for slots in SLOTS))
    for sailings in SAILINGS:
        runs = [shipped(sailings, slots) for slots in SLOTS]
        figures = [f"{run.exported_cars:,} / {run.days_over}" for run in runs]
        print(f"  {sailings:>16}" + "".join(f"{figure:>20}" for figure in figures))


def main() -> None:
    options = arguments()
    try:
        plan = scenario(options.scenario)
        print(
            "Note: 38,000 vehicles and CKD sets in eight months are reported; most else is assumed."
        )
        say_sailings(plan, options.seed)
        say_probabilities(plan, options)
        draw_yard(plan, options)
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
