"""A ship slips a week, a corridor shuts for three weeks: what does it cost?

Question: What do a late ship and a corridor shut for three weeks cost, and when are they made up?
Shows:    the exports of one year alone, ships on fixed dates, a closure of the land legs.

Each case differs from the plan in one thing only and uses common random numbers (CRN), so the whole
difference comes from that thing.

    python examples/ship_slip.py [--scenario ningde-2021] [--seed 2021]
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime

import numpy as np

from ningde_sim import scenario, simulate_year
from ningde_sim.plant.quantity import Quantity
from ningde_sim.shipping import ShippingRun, ship
from ningde_sim.shipping.schema import ExportTable, ShutTable

SEED = 2021
SERVICE, GATEWAY = "europe", "xiamen"
WHICH = 4
"""Number of the ship that slips, counted from 0. [-]"""

SLIP, SHUT = 7, 21
"""[days]"""

SHUT_FROM = datetime.date(2021, 5, 10)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="A ship slips a week, a corridor shuts for three weeks.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--scenario", default="ningde-2021", help="a name that ships, or a file")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    return parser.parse_args()


def on_dates(export: ExportTable, dates: list[datetime.date]) -> ExportTable:
    """The same exports with the ships of the service on these dates, none of them late."""
    service = export.services[SERVICE]
    slip = service.slip.fixed(0.0)
    new = dataclasses.replace(service, calls=None, dates=tuple(dates), slip=slip)
    return dataclasses.replace(export, services={**export.services, SERVICE: new})


def shut_corridor(export: ExportTable) -> ExportTable:
    """The same exports with rail and road to the gateway shut for some days."""
    days = Quantity(SHUT, "days", evidence="assumed", source="the question of this example")
    closed = ShutTable(closes=("land",), days=days, start=SHUT_FROM)
    gateway = export.gateways[GATEWAY]
    new = dataclasses.replace(gateway, closures={**gateway.closures, "corridor": closed})
    return dataclasses.replace(export, gateways={**export.gateways, GATEWAY: new})


def say(name: str, plan: ShippingRun, other: ShippingRun) -> None:
    behind = (plan.daily["exported"].cumsum() - other.daily["exported"].cumsum()).to_numpy()
    yards = f"{other.daily[f'yard_{GATEWAY}'].max():,} / {other.daily['plant_yard'].max():,}"
    print(f"\n{name}")
    if not behind.any():
        print("  costs nothing")
        return
    begin, most = int(np.flatnonzero(behind > 0)[0]), int(behind.argmax())
    days = plan.daily.index
    after = np.flatnonzero(behind[most:] <= 0)
    made_up = f"{days[most + int(after[0])]}" if len(after) else "not within the year"
    print(f"  first behind       {days[begin]}")
    print(f"  most behind        {behind[most]:,} units on {days[most]}")
    print(f"  made up on         {made_up}")
    print(f"  behind at the end  {behind[-1]:,} units of {plan.exports:,}")
    print(f"  unit-days late     {behind.clip(min=0).sum():,}")
    print(f"  fullest yards      {yards} cars, port / plant")
    print(f"  days over capacity {other.days_over}, in the plan {plan.days_over}")


def main() -> None:
    options = arguments()
    try:
        typical = scenario(options.scenario).typical()
        year = simulate_year(typical, seed=options.seed)
        if typical.export is None:
            raise ValueError(f"{options.scenario} has no [export].")
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    vehicles, ckd_sets = (year.daily[key].to_numpy() for key in ("vehicles", "ckd_sets"))
    start, seed = typical.calendar.first_day, options.seed

    def run(export: ExportTable) -> ShippingRun:
        return ship(export, vehicles, ckd_sets, start=start, seed=seed)

    drawn = run(typical.export).voyages
    dates = drawn.loc[drawn["service"] == SERVICE, "departed"].tolist()
    export = on_dates(typical.export, dates)
    plan = run(export)
    print(plan.summary())
    late = [*dates]
    late[WHICH] += datetime.timedelta(days=SLIP)
    say(
        f"The ship of {dates[WHICH]} to {SERVICE} leaves {SLIP} days later",
        plan,
        run(on_dates(export, late)),
    )
    say(
        f"Rail and road to {GATEWAY} are shut for {SHUT} days from {SHUT_FROM} on",
        plan,
        run(shut_corridor(export)),
    )


if __name__ == "__main__":
    main()
