"""Do three shifts make 7,200 engine blocks a week, and which one change brings most?

Question: Does a week reach its target, and is it a machine, a tool, a fitter or room that helps?
Shows:    a machining line in Python: machines in parallel (`copies`), tool changes, shifts by
          weekday, failures on two clocks, a crew, rejects; a sweep over plans by name.

All numbers are assumed: plausible magnitudes, measured in no plant. `read_shop("engine_block")`
reads the same shop from a file.

    python examples/engine_block.py [--runs 100] [--target 7200]
"""

from __future__ import annotations

import argparse
import warnings

from ningde_sim import (
    Crew,
    Exponential,
    Failure,
    Line,
    Lognormal,
    PlannedStop,
    Scale,
    Shop,
    Station,
    Store,
    Sweep,
    Triangular,
    WorkingTime,
    sweep,
    theory,
)
from ningde_sim.exceptions import EstimateWarning

DAYS = 5
SHIFTS_OF_A_DAY = [(0, 4), (4.5, 12), (12.5, 20), (20.5, 24)]
"""Three shifts, each with a break of half an hour in its middle; hour 0 is 6:00. [h]"""

SATURDAY = [(120, 124), (124.5, 128)]
WEEK = 168.0
TARGET = 7_200
SEED = 2021
RUNS = 100

PLANS: dict[str, dict[str, object]] = {
    "as it is": {},
    "a third machine at OP30": {"lines.OP30.copies": 3},
    "inserts that last twice as long": {"stations.OP30.planned_stops.inserts.every": 160},
    "OP30 faster by 5 s": {"stations.OP30.cycle_time": 105},
    "a third fitter": {"crews.fitters.number": 3},
    "twice the room between operations": {"stores.[mdbh]*.capacity": Scale(2)},
}
"""By path; all stores before the washer begin with m, d, b or h."""


def engine_block() -> Shop:
    """Four operations in parallel machines, washer, leak test, sealing, gauge."""
    windows = [(24 * day + a, 24 * day + b) for day in range(DAYS) for a, b in SHIFTS_OF_A_DAY]
    jam = Failure("jam", Exponential(6), Lognormal(4, 0.8))
    spindle = Failure("spindle", Exponential(120), Lognormal(60, 1), crew="fitters", priority=1)
    coolant = Failure(
        "coolant", Exponential(80), Lognormal(25, 0.8), clock="calendar", crew="fitters"
    )
    pump = Failure(
        "washer pump", Exponential(60), Lognormal(20, 0.8), clock="calendar", crew="fitters"
    )
    heads = PlannedStop("milling heads", 250, 240)  # [cycles], [s]
    drills, taps = PlannedStop("drills", 120, 150), PlannedStop("taps", 400, 210)
    inserts = PlannedStop("inserts", 80, Triangular(150, 180, 300))
    stones = PlannedStop("honing stones", 200, 240)
    greasing = PlannedStop("greasing", 40, 1200, unit="working h", crew="fitters")
    master_part = PlannedStop("master part", 8, 300, unit="clock h")
    operations = {  # machines, cycle of each, tools
        "OP10": (3, 162, [heads]),
        "OP20": (4, 218, [drills, taps]),
        "OP30": (2, 110, [inserts]),
        "OP40": (2, 108, [stones]),
    }
    flows = ["milled", "drilled", "bored", "honed"]
    lines = [
        Line(
            name,
            [
                Station(
                    name,
                    cycle,
                    failures=[jam, spindle, coolant],
                    planned_stops=[*tools, greasing],
                )
            ],
            copies=machines,
            takes=flows[k - 1 : k],
            puts=flows[k],
            zone="Machining",
        )
        for k, (name, (machines, cycle, tools)) in enumerate(operations.items())
    ]
    end = "Wash and test"
    lines += [
        Line(
            "WASH",
            [Station(f"WASH-0{k}", 46) for k in (1, 2, 3)],
            takes="honed",
            puts="washed",
            transfer="together",
            failures=[pump],
            zone=end,
        ),
        Line(
            "LEAK",
            [Station("LEAK", 92, reject=0.03, planned_stops=[master_part])],
            copies=2,
            takes=[("sealed", "washed")],
            puts="tight",
            rejects="leaky",
            rounds=1,
            zone=end,
        ),
        Line("SEAL", [Station("SEAL", 900)], takes="leaky", puts="sealed", zone=end),
        Line("GAUGE", [Station("GAUGE", 48, scrap=0.005, failures=[jam])], takes="tight", zone=end),
    ]
    return Shop(
        "Engine block",
        lines,
        stores=[
            Store("milled", 12, transit_time=40),
            Store("drilled", 12, transit_time=40),
            Store("bored", 10, transit_time=40),
            Store("honed", 10, transit_time=40),
            Store("washed", 8, transit_time=30),
            Store("leaky", 20),
            Store("sealed", 20),
            Store("tight", 8, transit_time=30),
        ],
        crews=[Crew("fitters", 2)],
        working_time=WorkingTime([*windows, *SATURDAY], every=WEEK),
        notes=[
            "All numbers are assumed: plausible magnitudes, measured in no plant.",
            "Cycle times hold loading by the gantry. All machines stand still in breaks and at the "
            "weekend.",
        ],
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="The blocks of a week, and what each change brings.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="weeks of each plan")
    parser.add_argument("--target", type=float, default=TARGET, help="blocks in a week")
    parser.add_argument("--seed", type=int, default=SEED, help="random streams")
    return parser.parse_args()


def say(plans: Sweep, options: argparse.Namespace) -> None:
    """The answer, in sentences."""
    today = plans.study("as it is")
    print(f"\nAs it is, a week makes {today.mean()} blocks.")
    print(f"It reaches {options.target:,.0f} with probability {today.probability()}.")
    print("\nMore blocks a week than today, all intervals together at 95 %:")
    gains = plans.against("as it is").set_index("name").drop("as it is", errors="ignore")
    gains = gains.sort_values("difference", ascending=False)
    for name, gain in gains.iterrows():
        reached = plans.study(str(name)).probability()
        interval = f"{gain['difference']:+,.0f} ({gain['low']:+,.0f} to {gain['high']:+,.0f})"
        print(f"  {name:<35}{interval:<28}P(target) {reached.value:.2f}")
    print(f"\nIn these runs the change that brings most is {gains.index[0]}.")


def main() -> None:
    options = arguments()
    warnings.simplefilter("ignore", EstimateWarning)  # the intervals say so
    print("The first run on a machine compiles the engine: 10 s to a minute, once.")
    shop = engine_block()
    bound = theory.capacity(shop)
    print(f"All numbers are assumed. {bound.bottleneck} lets through at most", end=" ")
    print(f"{WEEK * bound.throughput:,.0f} blocks a week, if nothing ever waited.", flush=True)
    try:
        plans = sweep(
            shop,
            PLANS,
            hours=WEEK,
            warm_up=WEEK,
            runs=options.runs,
            seed=options.seed,
            target=options.target,
            progress=True,
        )
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
    except ValueError as error:
        raise SystemExit(str(error)) from None
    if not plans.complete:
        raise SystemExit("Stopped.")
    say(plans, options)


if __name__ == "__main__":
    main()
