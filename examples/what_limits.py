"""What limits the plant?

Question: Where do the hours of the target month and of the year go, and what would help most?
Shows:    simulate(..., critical_path=True), improve.gains with reruns, plot_critical_path,
          plot_bottleneck.

The critical path follows back what the last body waited for: its hours add up to the counted hours
exactly.

    python examples/what_limits.py [--runs 10] [--verify 10]
"""

from __future__ import annotations

import argparse

import pandas as pd

from ningde_sim import ningde_2021, plots, scenario, simulate, simulate_year
from ningde_sim.improve import gains

MONTH_HOURS, WARM_UP_HOURS = 500.0, 20.0
SEED = 2021
RUNS, VERIFY = 10, 10
N_SHOWN = 10


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="What limits the month and the year, and what would help most.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="months of which the path is read")
    parser.add_argument("--verify", type=int, default=VERIFY, help="actions that are run again")
    parser.add_argument("--hours", type=float, default=MONTH_HOURS, help="counted hours of a month")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    parser.add_argument(
        "--plot", nargs=2, metavar="FILE", help="plots: waterfall, heat map of days"
    )
    return parser.parse_args()


def say(title: str, table: pd.DataFrame, hours: float) -> None:
    """The largest parts of a critical path, by station and cause."""
    station = table["station"].where(table["station"] != "", table["thing"])
    sums = table.assign(station=station).groupby(["station", "cause"])["hours"].sum()
    shown = sums.sort_values(ascending=False).head(N_SHOWN).reset_index()
    shown["share [%]"] = 100 * shown["hours"] / hours
    print(f"\n{title} [h]")
    print(shown.to_string(index=False, float_format="{:.1f}".format))
    causes = sums.groupby("cause").sum().sort_values(ascending=False)
    print("  all of it by cause: " + ", ".join(f"{cause} {h:,.1f}" for cause, h in causes.items()))
    exact = "exactly" if table["ms"].sum() == round(hours * 3_600_000) else "NOT exactly"
    print(f"  the path adds up to {hours:,g} h {exact}")


def main() -> None:
    options = arguments()
    print("The first run on a machine compiles the engine: 10 s to a minute, once.")
    shop = ningde_2021()
    month = simulate(
        shop, hours=options.hours, warm_up=WARM_UP_HOURS, seed=options.seed, critical_path=True
    )
    say(
        f"The month: what its {month.bodies:,} bodies waited for",
        month.critical_path(),
        options.hours,
    )

    plan = scenario("ningde-2021").typical()
    year = simulate_year(plan, seed=options.seed, critical_path=True)
    hours = year.shop_run.hours
    say(f"The year: what its {year.vehicles:,} vehicles waited for", year.critical_path(), hours)

    print(f"\nGains of single actions in the month, from {options.runs} critical paths", flush=True)
    result = gains(
        shop,
        hours=options.hours,
        warm_up=WARM_UP_HOURS,
        runs=options.runs,
        seed=options.seed,
        verify=options.verify,
        progress=True,
    )
    print(result.summary(options.verify + 5))
    if options.plot:
        plots.plot_critical_path(month).figure.savefig(options.plot[0], dpi=150)
        plots.plot_bottleneck(month).figure.savefig(options.plot[1], dpi=150)
        print(f"\nWrote {options.plot[0]} and {options.plot[1]}.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
