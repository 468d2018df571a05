"""The three plants that ship and are no body shops: their files, and answers by hand."""

from __future__ import annotations

import math
import runpy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ningde_sim import (
    Line,
    Product,
    Scenario,
    Sequence,
    Shop,
    ShopRun,
    Station,
    ningde_2020,
    ningde_2021,
    read_shop,
    replicate,
    scenario,
    simulate,
    theory,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
PLANTS = ("appliance", "bottling", "engine_block")

each_plant = pytest.mark.parametrize("name", PLANTS)


def bare(
    shop: Shop, *, keep_stops: bool = False, keep_setups: bool = False, keep_rejects: bool = False
) -> Shop:
    """The shop without failures and spread, and without what is not kept."""

    def station(one: Station) -> Station:
        cycle = {p.name: one.cycle_of(p.name).mean for p in shop.products}
        return replace(
            one,
            cycle_time=cycle or one.cycle_distribution.mean,
            failures=(),
            planned_stops=one.planned_stops if keep_stops else (),
            setup=one.setup if keep_setups else None,
            **({} if keep_rejects else {"scrap": 0.0, "reject": 0.0}),
        )

    def line(one: Line) -> Line:
        kept = {} if keep_rejects else {"rejects": (), "rounds": None}
        return replace(one, stations=[station(each) for each in one.stations], failures=(), **kept)

    lines = [line(each) for each in shop.lines]
    stores = list(shop.stores)
    if not keep_rejects:  # nobody fills the stores of what failed, so nobody can empty them
        gone = {name for each in shop.lines for name in each.rejects}
        mending = [each for each in lines if {*map(str, each.takes)} & gone]
        gone |= {str(name) for each in mending for name in each.puts}
        lines = [
            replace(each, takes=[left_of(flow, gone) for flow in each.takes])
            for each in lines
            if each not in mending
        ]
        stores = [store for store in stores if store.name not in gone]
    asks = any(stop.crew for each in lines for s in each.stations for stop in s.planned_stops)
    return replace(shop, lines=lines, stores=stores, crews=shop.crews if asks else ())


def left_of(flow: object, gone: set[str]) -> str:
    """The one store of a flow that is still there."""
    names = (flow,) if isinstance(flow, str) else flow.stores  # type: ignore[attr-defined]
    (left,) = (name for name in names if name not in gone)
    return str(left)


def inside(run: ShopRun) -> int:
    """Parts on stations and in stores at the end."""
    stores = (n if isinstance(n, int) else len(n) for n in run.end.parts.values())
    return len(run.end.bodies) + sum(stores)


def born(run: ShopRun, *first: str) -> int:
    """Parts that were loaded at some first stations of an empty shop."""
    in_work = sum(
        state == "working" and name.split(" #")[0] in first
        for name, state in run.end.bodies.items()
    )
    return int(run.stations.loc[[*first], "cycles"].sum()) + in_work


# ---------------------------------------------------------------------- files and names


@each_plant
def test_python_and_toml_say_the_same(name):
    of_python = runpy.run_path(str(EXAMPLES / f"{name}.py"))[name]()
    of_file = read_shop(name)
    assert of_python == of_file
    runs = [simulate(shop, hours=48, seed=3) for shop in (of_python, of_file)]
    for line in of_file.output:
        assert np.array_equal(runs[0].exits[line], runs[1].exits[line])
    assert len(runs[0].exits[of_file.output[0]]) > 1_000


@each_plant
def test_both_engines_run_them_alike(name):
    shop = read_shop(name)
    fast, reference = (
        simulate(shop, hours=6, seed=1, engine=engine) for engine in ("compiled", "reference")
    )
    for line in shop.output:
        assert np.array_equal(fast.exits[line], reference.exits[line])
    assert fast.stations.equals(reference.stations)


@each_plant
def test_a_plant_survives_a_file(name, tmp_path):
    shop = read_shop(name)
    shop.to_toml(tmp_path / "again.toml")
    assert read_shop(tmp_path / "again.toml") == shop


@each_plant
def test_a_plant_says_that_all_is_assumed(name):
    assert "All numbers are assumed" in read_shop(name).notes[0]
    assert "All numbers are assumed" in simulate(read_shop(name), hours=1, seed=0).summary()


def test_shops_and_scenarios_that_ship_have_names():
    assert read_shop("body_shop_2021") == ningde_2021()
    assert read_shop("body_shop_2020") == ningde_2020()
    assert not {*Scenario.names()} & {*PLANTS}
    assert Scenario.names() == ["ningde-2020-12", "ningde-2021", "ningde-2022"]


def test_an_unknown_name_is_told_with_all_names_and_the_nearest():
    with pytest.raises(FileNotFoundError, match="got 'engine-block'") as caught:
        read_shop("engine-block")
    names = "The names are appliance, body_shop_2020, body_shop_2021, bottling, engine_block."
    assert f"{names} Did you mean engine_block" in str(caught.value)
    assert "Looked for in" in str(caught.value)


def test_who_mixes_up_shops_and_scenarios_is_told():
    with pytest.raises(FileNotFoundError, match="name of a scenario: `scenario` reads it"):
        read_shop("ningde-2021")
    with pytest.raises(FileNotFoundError, match="name of a shop: `read_shop` reads it"):
        scenario("bottling")


def test_a_file_of_lines_is_no_scenario(tmp_path):
    read_shop("bottling").to_toml(tmp_path / "mine.toml")
    with pytest.raises(ValueError, match=r'a shop, not a scenario.* `mine = "mine.toml"`'):
        scenario(tmp_path / "mine.toml")


# ---------------------------------------------------------------------- all three


@each_plant
def test_no_part_is_lost(name):
    shop = read_shop(name)
    first = {
        "engine_block": ["OP10"],
        "bottling": ["DEPAL"],
        "appliance": ["CABINET-01", "TUB-01"],  # a cabinet and a tub are one appliance
    }[name]
    run = simulate(shop, hours=60, seed=5)
    scrapped = run.stations["scrapped"].sum()
    joined = run.stations.loc["ASSY-01", "cycles"] if name == "appliance" else 0
    joined += "ASSY-01" in run.end.bodies and run.end.bodies["ASSY-01"] == "working"
    assert born(run, *first) == run.bodies + scrapped + inside(run) + joined


@pytest.mark.parametrize(
    ("name", "bottleneck", "least"),
    [("engine_block", "OP30", 0.93), ("bottling", "FILL", 0.80), ("appliance", "REPAIR", 0.90)],
)
def test_a_capacity_bounds_the_mean(name, bottleneck, least):
    """Over whole weeks, and with orders without end; setups and waits take what is missing."""
    shop = read_shop(name)
    if name == "bottling":
        shop = replace(shop, sequence=Sequence.orders(2 * shop.sequence.runs))
    bound = theory.capacity(shop)
    assert bound.bottleneck == bottleneck
    made = replicate(shop, hours=168, warm_up=168 if name != "bottling" else 0, runs=20, seed=0)
    assert least < made.mean(of="throughput").value / bound.throughput < 1


@pytest.mark.parametrize(
    ("name", "station", "cycle"),
    [("engine_block", "OP30", 110), ("bottling", "FILL", 4), ("appliance", "TEST", 319)],
)
def test_the_oee_of_a_bottleneck_is_a_product_of_three_shares(name, station, cycle):
    """Of its open hours; with the mean cycle of the mix, a place in parallel by place."""
    run = simulate(read_shop(name), hours=168, seed=2)
    row = run.stations.loc[station]
    running = row[["working", "blocked", "starved"]].sum()
    open_hours = running + row[["setup", "planned", "down", "waiting"]].sum()
    good = row["cycles"] - row["scrapped"] - row["rejected"]
    availability = running / open_hours
    performance = cycle / 3600 * row["cycles"] / running
    quality = good / row["cycles"]
    assert 0.7 < availability < 1
    assert 0.7 < performance < 1
    assert 0.9 < quality <= 1
    oee = availability * performance * quality
    assert oee == pytest.approx(good * cycle / 3600 / open_hours)
    assert row["working"] == pytest.approx(row["cycles"] * cycle / 3600, rel=0.003)


# ---------------------------------------------------------------------- engine block


def test_a_week_of_the_machining_line_has_120_hours():
    shop = read_shop("engine_block")
    assert shop.working_time.hours_until(168) == 5 * 3 * 7.5 + 7.5 == 120
    run = simulate(shop, hours=168, seed=0)
    hours = run.exits["GAUGE"] / 3_600_000
    breaks = [(24 * day + a, 24 * day + a + 0.5) for day in range(5) for a in (4, 12, 20)]
    for begin, end in [*breaks, (124, 124.5), (128, 168)]:
        assert not ((begin < hours) & (hours < end)).any()


def test_without_stops_the_slowest_operation_sets_the_week():
    """OP30: two machines of 110 s, a block each 55 s."""
    run = simulate(bare(read_shop("engine_block")), hours=168, warm_up=168, seed=0)
    assert run.bodies == pytest.approx(120 * 3600 / 55, abs=2)


def test_tool_changes_cost_their_share_of_each_cycle():
    """210 s each 80 cycles, 1,200 s each 40 h: 110 + 2.625 + 0.917 s a block and machine."""
    shop = bare(read_shop("engine_block"), keep_stops=True)
    (machine,) = shop.line("OP30").stations
    extra = sum(
        stop.visible * (110 / 3600 if stop.unit == "working h" else 1) / stop.every
        for stop in machine.planned_stops
    )
    assert extra == pytest.approx(2.625 + 0.917, abs=0.001)
    run = simulate(shop, hours=1680, warm_up=168, seed=0)
    bound = 1200 * 3600 / ((110 + extra) / 2)
    assert 0.985 * bound < run.bodies < 1.001 * bound


def test_tools_are_changed_after_their_cycles():
    run = simulate(read_shop("engine_block"), hours=168, seed=0)
    stops = run.planned_stops.set_index(["station", "stop"])["times"]
    cycles = run.stations["cycles"]
    for station, tool, every, machines in [
        ("OP10", "milling heads", 250, 3),
        ("OP20", "drills", 120, 4),
        ("OP30", "inserts", 80, 2),
        ("OP40", "honing stones", 200, 2),
    ]:
        assert 0 <= cycles[station] / every - stops[station, tool] < machines


def test_a_leaking_block_has_one_more_chance():
    """3 % leak, 3 % of these again: 0.09 % are scrapped at the leak test."""
    runs = [simulate(read_shop("engine_block"), hours=168, seed=0, run=k) for k in range(10)]
    leak = sum(run.stations.loc["LEAK", ["cycles", "rejected", "scrapped"]] for run in runs)
    sealed = sum(run.stations.loc["SEAL", "cycles"] for run in runs)
    share = leak["rejected"] / (leak["cycles"] - sealed)
    assert share == pytest.approx(0.03, abs=4 * math.sqrt(0.03 * 0.97 / leak["cycles"]))
    expected = 0.03 * sealed
    assert abs(leak["scrapped"] - expected) < 4 * math.sqrt(expected)


# ---------------------------------------------------------------------- bottling


def test_the_speeds_make_a_v_around_the_filler():
    cycles = [station.cycle_distribution.mean for station in read_shop("bottling").stations]
    names = [station.name for station in read_shop("bottling").stations]
    filler = names.index("FILL")
    assert all(a < b for a, b in pairwise(cycles[: filler + 1]))
    assert all(a > b for a, b in pairwise(cycles[filler:]))
    assert 20 * 3600 / cycles[filler] == 18_000


def test_without_stops_a_case_leaves_each_four_seconds():
    """The first after all cycles and conveyors, 285 s; then one each 4 s, to the end of the day."""
    shop = bare(read_shop("bottling"))
    way = sum(s.cycle_distribution.mean for s in shop.stations)
    way += sum(store.transit_time for store in shop.stores)
    assert way == pytest.approx(285)
    run = simulate(shop, hours=16, seed=0)
    exits = run.exits["PALLET"] / 1000
    assert exits[0] == pytest.approx(285, abs=0.01)
    assert run.bodies == (16 * 3600 - 285) // 4 + 1
    assert set(np.diff(run.exits["PALLET"])) == {4000}


def test_no_week_is_shorter_than_its_orders_and_setups():
    """57,000 cases of 4 s, four other bottles of 60 min and two other beers of 20 min: 68 h."""
    shop = read_shop("bottling")
    runs = shop.sequence.runs
    cases = sum(n for _, n in runs)
    setup = shop.station("FILL").setup
    changes = sum(setup.between(a, b).mean for (a, _), (b, _) in pairwise(runs))
    least = (cases * 4 + changes) / 3600
    assert (cases, changes / 60) == (57_000, 4 * 60 + 2 * 20)
    assert least == pytest.approx(68.0)

    def worked(run: ShopRun) -> float:
        return shop.working_time.hours_until(run.makespan)

    # at worst all machines are set up one after another, and the first case comes after 285 s
    quiet = simulate(bare(shop, keep_setups=True), hours=168, seed=0)
    others = [shop.station(name).setup for name in ("WASH", "LABEL", "PACK")]
    waves = sum(each.between(a, b).mean for each in others for (a, _), (b, _) in pairwise(runs))
    assert waves == 4 * (600 + 1800 + 1500) + 2 * 900
    assert least + 285 / 3600 < worked(quiet) < least + (waves + 285) / 3600
    for k in range(5):
        run = simulate(shop, hours=336, seed=0, run=k)
        assert run.stations.loc["FILL", "setup"] == pytest.approx(changes / 3600)
        assert worked(run) > worked(quiet)


def test_the_orders_are_made_in_their_order_to_the_last_case():
    shop = read_shop("bottling")
    run = simulate(shop, hours=336, seed=0)
    made = run.sequence["product"].tolist()
    assert made == [name for name, n in shop.sequence.runs for _ in range(n)]
    assert inside(run) == 0


def test_grouped_orders_save_their_setups():
    """Two changes in place of six: 80 min in place of 280 at the filler."""
    shop = read_shop("bottling")
    totals: dict[str, int] = {}
    for name, n in shop.sequence.runs:
        totals[name] = totals.get(name, 0) + n
    order = ["lager 0.5", "wheat 0.5", "lager 0.33"]
    grouped = replace(shop, sequence=Sequence.orders({name: totals[name] for name in order}))
    run = simulate(grouped, hours=336, seed=0)
    assert run.stations.loc["FILL", "setup"] == pytest.approx(80 / 60)


# ---------------------------------------------------------------------- appliance


def test_basics_alone_leave_each_fifty_seconds():
    """Tubs, assembly and six test places of 300 s take 50 s each; all else is faster."""
    shop = bare(read_shop("appliance"))
    basic = replace(
        shop, products=[Product("Basic", 1), Product("Comfort", 0), Product("Premium", 0)]
    )
    run = simulate(basic, hours=240, warm_up=24, seed=0)
    assert run.bodies == pytest.approx(10 * 14.5 * 72, abs=2)


def test_the_mix_keeps_below_its_mean_test():
    """Six places of 0.5 * 300 + 0.35 * 320 + 0.15 * 380 = 319 s: 67.7 an hour."""
    shop = bare(read_shop("appliance"))
    on_test = shop.station("TEST").cycle_time
    assert sum(share * on_test[name] for name, share in shop.mix.items()) == pytest.approx(319)
    run = simulate(shop, hours=2400, warm_up=24, seed=0)
    bound = 100 * 14.5 * 6 * 3600 / 319
    assert 0.96 * bound < run.bodies < 1.002 * bound


def test_each_appliance_is_tested_until_it_passes():
    """1 / 0.94 tests and 0.06 / 0.94 repairs for each; the mix is kept."""
    run = simulate(read_shop("appliance"), hours=2400, warm_up=24, seed=0)
    cycles = run.stations["cycles"]
    good = cycles["TEST"] - run.stations.loc["TEST", "rejected"]
    assert cycles["TEST"] / good == pytest.approx(1 / 0.94, abs=0.004)
    assert cycles["REPAIR"] / good == pytest.approx(0.06 / 0.94, abs=0.004)
    shares = run.products["share"]
    for name, share in run.shop.mix.items():
        sigma = math.sqrt(share * (1 - share) / run.bodies)
        assert shares[name] == pytest.approx(share, abs=4 * sigma)


def test_one_repairer_bounds_the_line():
    """4 repairs an hour at 0.06 / 0.94 each: 62.7 appliances in a working hour."""
    shop = read_shop("appliance")
    by_hand = 4 / (0.06 / 0.94)
    bound = theory.capacity(shop)
    assert bound.bottleneck == "REPAIR"
    assert bound.throughput * 24 / 14.5 == pytest.approx(by_hand)
    assert simulate(shop, hours=2400, seed=0).bodies < 100 * 14.5 * by_hand
