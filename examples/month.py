"""One target month of the body shop with 620 robots.

Question: What does the shop make in a month of 500 hours, and where does the time go?
Shows:    ningde_2021, simulate, the tables of a run, plot_states.

One month is one replication; others differ by chance. examples/reach_240k.py runs 96 years.
"""

from __future__ import annotations

import argparse

import pandas as pd

from ningde_sim import ShopRun, ningde_2021, plots, simulate
from ningde_sim.facts import FACTS

MONTH_HOURS = 500.0
"""Counted hours: 25 days of 20 h, our reading of the month in fact F2. [h]"""

WARM_UP_HOURS = 20.0
"""Hours in which the empty shop fills. [h]"""

SEED = 2021
N_WORST = 10
SHOWN = ["working", "planned", "down", "waiting", "blocked", "starved"]


def zone_table(month: ShopRun) -> pd.DataFrame:
    """A row for each zone: stations, robots, and the share of their time in each state. [%]"""
    stations = month.stations
    robots = month.robots.groupby("station").size()
    stations = stations.assign(robots=robots.reindex(stations.index, fill_value=0))
    zones = stations.groupby("zone", sort=False)
    table = pd.DataFrame({"stations": zones.size(), "robots": zones["robots"].sum()})
    hours = zones[SHOWN].sum()
    return table.join(100 * hours.div(table["stations"] * month.hours, axis=0))


def worst_robots(month: ShopRun) -> pd.DataFrame:
    """The robots that stopped their station longest. [h]"""
    robots = month.robots.assign(stopped=month.robots["down"] + month.robots["waiting"])
    worst = robots.sort_values("stopped", ascending=False, kind="stable").head(N_WORST)
    return worst[["role", "failures", "down", "waiting", "stopped"]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description="One target month of the body shop with 620 robots.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--hours", type=float, default=MONTH_HOURS, help="counted hours")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    parser.add_argument("--plot", metavar="FILE", help="file for the plot of the zones, PNG or SVG")
    options = parser.parse_args()

    print("The first run on a machine compiles the engine: 10 s to a minute, once.")
    print(f"Running {options.hours:g} h after {WARM_UP_HOURS:g} h of warm-up ...", flush=True)
    shop = ningde_2021()
    month = simulate(shop, hours=options.hours, warm_up=WARM_UP_HOURS, seed=options.seed)
    target = FACTS["F2"].value("bodies_per_month")
    rate = f"{target:,} in {MONTH_HOURS:g} h are {target / MONTH_HOURS:.2f}"
    print(f"\n{shop.name}: {shop.n_stations} stations, {shop.n_robots} robots")
    print(f"  bodies       {month.bodies:,} in {month.hours:g} h")
    print(f"  JPH          {month.throughput:.2f} bodies/h; {rate}")

    print("\nWhere the time of the stations went [% of their time]")
    print(zone_table(month).to_string(float_format="{:.1f}".format))

    print(f"\nThe {N_WORST} robots that stopped their station longest [h]")
    print(worst_robots(month).to_string(float_format="{:.2f}".format))
    print("The shop assumes equal failures for all robots: this order is chance, not knowledge.")

    print("\nNotes")
    for note in shop.notes:
        print(f"  - {note}")
    print(f"  - One replication, seed {options.seed}; others differ from it by 1 to 2 %.")
    if options.plot:
        plots.plot_states(month).figure.savefig(options.plot)
        print(f"\nWrote {options.plot}.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
