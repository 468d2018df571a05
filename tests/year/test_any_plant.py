"""Years of own plants, worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ningde_sim import (
    Crew,
    Exponential,
    Failure,
    Fixed,
    Line,
    Lognormal,
    Product,
    Ramp,
    Scenario,
    Sequence,
    Setup,
    Shop,
    Split,
    Start,
    Station,
    Store,
    WorkingTime,
    plots,
    replicate,
    scenario,
    simulate_year,
    sweep,
)
from ningde_sim.plant.entries import store_names
from ningde_sim.plant.shop_tables import ShopTables
from ningde_sim.year.without import WITHOUT

SHIFTS = {"shifts": 2, "shift_hours": 8}
FOUR_WEEKS = {"calendar": SHIFTS, "start": "2026-03-02", "end": "2026-03-29"}
"""20 working days of 16 h."""

HOURS = 20 * 16
JAM = Failure("jam", Exponential(5), Fixed(7), crew="fitters")


def one_station(name: str = "press", cycle: float = 40, **of_station) -> Shop:
    line = Line(f"{name} line", [Station(f"{name} 1", cycle, **of_station)])
    return Shop(name, [line])


def year(shops, *, run: int = 0, **tables):
    return simulate_year(Scenario.of(shops, **{**FOUR_WEEKS, **tables}), seed=0, run=run)


def crewed(name: str) -> Shop:
    jam = Failure("jam", Exponential(1), Fixed(20), crew="fitters")
    line = Line(name, [Station(f"{name} 1", 40, failures=[jam])])
    return Shop(name, [line], crews=[Crew("fitters", 1)])


def press_and_wash(**tables) -> Scenario:
    """A detailed shop and a block with everything that loses time and parts."""
    lines = [
        Line(
            *("A", [Station("A1", Lognormal(40, 0.3), scrap=0.05, rework=0.02, failures=[JAM])]),
            puts="s",
        ),
        Line("B", [Station("B1", 40)], takes="s"),
    ]
    shop = Shop("w", lines, stores=[Store("s", 3)], crews=[Crew("fitters", 1)])
    keys = {
        "calendar": {
            **SHIFTS,
            "overtime": 10,
            "maintenance": 1,
            "closures": {"x": {"start": "2026-03-10", "days": 2}},
        },
        "stores": {"q": 10},
        "supply": {"chips": {"share": 0.1, "duration": 3, "cv": 1, "shops": ["w"]}},
        "slowdowns": {"flu": {"start": "2026-03-16", "days": 3, "rate": 0.5, "shops": ["b"]}},
        "retooling": {
            "start": "2026-03-18",
            "delay": 0,
            "full_stop_days": 2,
            "partial_weeks": 1,
            "night_rate": 0.5,
            "shops": ["b"],
        },
    }
    rate = {"value": 80, "unit": "parts/h", "low": 70, "high": 85}
    block = {"rate": {**rate, "evidence": "assumed", "source": "a test"}, "uptime": 0.9, "stop": 3}
    block |= {"lead_time": 0.5, "scrap": 0.02, "first_time_ok": 0.9, "repeated": 0.05}
    return Scenario.of({"w": shop, "b": block}, **{**FOUR_WEEKS, **keys, **tables})


# ------------------------------------------------------------------ output


def test_one_steady_shop_makes_its_hours_times_its_rate():
    run = year(one_station())
    assert run.vehicles == run.nominal == HOURS * 3600 / 40
    assert run.lost_hours["press"]["made"] == HOURS


@pytest.mark.parametrize(("uptime", "tolerance"), [(0.9, 0.01), (0.5, 0.03)])
def test_a_block_makes_its_uptime_times_its_rate(uptime, tolerance):
    made = [
        year({"a": {"rate": 60, "uptime": uptime, "stop": 5}}, run=k, end="2026-12-31").vehicles
        for k in range(4)
    ]
    nominal = year({"a": {"rate": 60}}, end="2026-12-31").nominal
    assert np.mean(made) / nominal == pytest.approx(uptime, abs=tolerance)


def test_quality_of_a_block_by_hand():
    """Of a hundred cycles 5 are repeats and 10 scrap; 5 more parts are repaired on the spot."""
    block = {"rate": 60, "first_time_ok": 0.9, "repeated": 0.05, "scrap": 0.1}
    run = year({"a": block}, end="2026-12-31")
    assert run.vehicles / run.nominal == pytest.approx(0.85, abs=0.005)
    assert run.daily["scrapped"].sum() / run.nominal == pytest.approx(0.1, abs=0.005)


TURNS = {"a": {"shifts": {"n": ("22:00", "14:00")}}, "b": {"shifts": {"d": ("06:00", "22:00")}}}
"""Both work 16 h, 8 of them together. The night of Friday ends on Saturday."""


def two_turns(places: int):
    shops = {"a": one_station("a"), "b": one_station("b")}
    return year(shops, stores={"s": places}, calendars=TURNS)


def test_a_large_store_carries_a_plant_from_shift_to_shift():
    run = two_turns(2000)
    assert run.bodies == HOURS * 90
    assert run.vehicles == (HOURS - 8) * 90  # on the first morning nothing is there yet
    assert run.lost_hours["b"]["starved"] == 8
    saturday = run.daily.iloc[5]
    assert (saturday["a"], saturday["parts"]) == (8 * 90, 0)
    assert run.lost_hours.loc[["overtime", "closures", "rework"]].abs().to_numpy().max() == 0


def test_a_small_store_leaves_what_both_shifts_share():
    run = two_turns(4)
    shared = 16 * 8 * 90  # the mornings after a night: Tuesday to Friday
    assert run.vehicles == pytest.approx(shared, abs=16 * 7)
    assert run.lost_hours["a"]["blocked"] == pytest.approx(HOURS - 16 * 8, abs=2)


def test_a_shop_with_a_faster_shop_behind_it_sets_the_pace():
    run = year({"a": one_station("a", 50), "b": one_station("b", 40)}, stores={"s": 4})
    assert run.vehicles == pytest.approx(HOURS * 72, abs=1)
    assert run.lost_hours["b"]["starved"] == pytest.approx(HOURS * 0.2, abs=0.1)


# ------------------------------------------------------------------ flows


def assembly() -> Shop:
    lines = [
        Line("body", [Station("X1", 50)], puts="bodies"),
        Line("lid", [Station("Y1", 50)], puts="lids"),
        Line("join", [Station("J1", 50)], takes=["bodies", "lids"]),
    ]
    return Shop("assembly", lines, stores=[Store("bodies", 3), Store("lids", 3)])


@pytest.mark.parametrize("entry", ["body", "join"])
def test_an_assembly_line_takes_from_the_shop_before_it(entry):
    shops = {"a": one_station("a", 60), "assembly": assembly(), "pack": {"rate": 100}}
    run = year(shops, stores={"s": 4, "t": 4}, entries={"assembly": [entry]})
    assert run.vehicles == pytest.approx(HOURS * 60, abs=2)
    line = run.shop_run.shop.line(entry)
    assert store_names(line.takes)[0] == "s"


def test_an_entry_must_be_named_where_several_lines_could_be_it():
    shops = {"a": one_station("a"), "assembly": assembly()}
    with pytest.raises(ValueError, match=r"entries\.assembly: which of its lines.*body, lid"):
        year(shops, stores={"s": 4})


def test_crews_of_two_shops_stay_apart():
    both = year({"a": crewed("A"), "b": crewed("B")}, stores={"s": 2000})
    assert [crew.name for crew in both.shop_run.shop.crews] == ["a fitters", "b fitters"]
    waiting = both.shop_run.stations["waiting"]
    assert waiting.max() == 0


def test_lost_hours_of_copies_add_up_exactly():
    jam = dataclasses.replace(JAM, crew=False)
    line = Line("A", [Station("A1", 40, failures=[jam])], copies=3)
    run = year(Shop("w", [line]))
    hours = run.lost_ms()
    causes = hours.drop(columns=["nominal", "made"]).sum(axis=1)
    assert (hours["nominal"] - causes - hours["made"]).abs().max() == 0
    assert run.nominal == 3 * HOURS * 90
    assert run.vehicles == pytest.approx(hours["made"].sum() / 3.6e6 * 3 * 90, abs=3)


@pytest.mark.parametrize("seed", range(3))
def test_what_left_the_first_shop_is_at_the_gate_scrapped_or_inside(seed):
    run = simulate_year(press_and_wash(), seed=seed)
    daily = run.daily
    net = (daily["w"] - daily["parts"] - daily["scrapped"]).cumsum()
    assert (daily["inside"] - net).nunique() == 1
    assert daily["inside"].min() >= 0
    for shop in ("w", "b"):
        hours = run.lost_ms(shop)
        causes = hours.drop(columns=["nominal", "made"]).sum(axis=1)
        assert (hours["nominal"] - causes - hours["made"]).abs().max() == 0
    assert (run.lost_hours.loc["made"] > 0).all()


def test_rejects_at_the_gate_do_not_count_as_made():
    lines = [
        Line("A", [Station("A1", 40, reject=0.1)], rejects="bin"),
        Line("bin", [Station("B1", 9)], takes="bin"),
    ]
    run = year(Shop("w", lines, stores=[Store("bin", 5)], output=["A"]))
    assert run.vehicles / run.nominal == pytest.approx(0.9, abs=0.01)
    assert run.lost_hours["w"]["made"] == pytest.approx(run.vehicles / 90)


# ------------------------------------------------------------------ products


def test_products_of_the_first_shop_go_through_all():
    first = Shop(
        *("a", [Line("A", [Station("A1", {"X": 40, "Y": 50})])]),
        products=[Product("X", 0.5), Product("Y", 0.5)],
    )
    last = Shop(
        *("b", [Line("B", [Station("B1", {"X": 40, "Y": 41})])]),
        products=[Product("X"), Product("Y")],
    )
    run = year({"a": first, "b": last}, stores={"s": 10})
    assert run.products.columns.tolist() == ["X", "Y"]
    assert run.products.to_numpy().sum() == run.vehicles
    assert run.vehicles == pytest.approx(HOURS * 80, rel=0.01)


def test_cycles_of_a_shop_may_differ_by_the_products_of_the_plan():
    products = [Product("X"), Product("Y")]
    shop = Shop("b", [Line("B", [Station("B1", {"X": 40, "Y": 60})])], products=products)
    tables = {"X": {}, "Y": {"share": 0.5, "start": "2026-03-09"}}
    run = year({"a": {"rate": 200}, "b": shop}, stores={"s": 10}, products=tables)
    week, rest = HOURS / 4 * 90, HOURS * 3 / 4 * 72
    assert run.vehicles == pytest.approx(week + rest, rel=0.02)
    assert run.products["Y"].sum() == pytest.approx(rest / 2, rel=0.05)
    mature = simulate_year(run.scenario.without("launches"), seed=0)
    assert mature.vehicles == pytest.approx(HOURS * 72, rel=0.02)


@pytest.mark.parametrize(
    ("products", "rule"),
    [
        ([Product("X"), Product("Z")], "tells the products, which go through all: X, Y"),
        ([Product("X", 0.5), Product("Y", 0.5)], "tells shares"),
    ],
)
def test_products_that_several_tell_are_refused(products, rule):
    shop = Shop("b", [Line("B", [Station("B1", 40)])], products=products)
    with pytest.raises(ValueError, match=rule):
        year({"b": shop}, products={"X": {}, "Y": {"share": 0.5}})


# ------------------------------------------------------------------ what has no meaning

DAY = WorkingTime([(0, 4)], every=24)


def with_(line=None, store=None, **of_shop) -> Shop:
    lines = [
        Line("A", [Station("A1", 40)], puts="s", **(line or {})),
        Line("B", [Station("B1", 40)], takes="s"),
    ]
    return Shop("w", lines, stores=[Store("s", 4, **(store or {}))], **of_shop)


TWO = [Product("X"), Product("Y")]
NO_MEANING = {
    "shop hours": (with_(working_time=DAY), r"w\.working_time: the hours of a year stand in \[cal"),
    "line hours": (with_(line={"working_time": DAY}), r"w\.lines\.A\.working_time: the hours of"),
    "store hours": (with_(store={"working_time": DAY}), r"w\.stores\.s\.working_time: the hours"),
    "crew hours": (
        with_(crews=[Crew("c", 1, working_time=WorkingTime([(0, 40)], every=168))]),
        r"w\.crews\.c\.working_time: a crew has its hours by the clock, from midnight on",
    ),
    "start": (with_(start=Start({"A1": "working"})), r"w\.start: a year begins after days of und"),
    "orders": (
        with_(products=TWO, sequence=Sequence.orders({"X": 3, "Y": 4})),
        r"w\.sequence\.kind: a list of orders ends within the year; give shares",
    ),
    "product start": (
        with_(products=[Product("X", 0.5), Product("Y", 0.5, start=100)]),
        r"w\.products\.Y\.start: in a year \[products\] of the scenario tells the day",
    ),
    "product ramp": (
        with_(products=[Product("X", 0.5), Product("Y", 0.5, start=9, ramp=Ramp(0.5, 9))]),
        r"w\.products\.Y\.start: in a year",
    ),
}


@pytest.mark.parametrize("case", NO_MEANING)
def test_what_has_no_meaning_in_a_year_is_refused(case):
    shop, text = NO_MEANING[case]
    with pytest.raises(ValueError, match=text):
        year(shop)


def test_a_crew_may_have_hours_of_its_production_day():
    crew = Crew("fitters", 1, working_time=DAY)
    slow = Failure("jam", Exponential(5), Fixed(7), crew=True)
    line = Line("A", [Station("A1", 40, failures=[slow])])
    some, all_day = (
        year(Shop("w", [line], crews=[each])).vehicles
        for each in (crew, dataclasses.replace(crew, working_time=None))
    )
    assert 0.3 * all_day < some < 0.7 * all_day


@pytest.mark.parametrize("key", ["calendar", "a.b", "a_before", "changes"])
def test_a_shop_may_not_be_called_like_a_table(key):
    with pytest.raises(ValueError, match="no shop may be called so"):
        year({key: {"rate": 60}})


def flow(line: str, store: str) -> Shop:
    lines = [Line(line, [Station(f"{line} 1", 40)], puts=store)]
    lines += [Line(f"{line} 2", [Station(f"{line} 3", 40)], takes=store)]
    return Shop("w", lines, stores=[Store(store, 3)])


CLASHES = {
    "line": ({"a": flow("A", "p"), "b": flow("A", "q")}, "s", "'a' has a station of this name too"),
    "store": ({"a": flow("A", "p"), "b": flow("B", "p")}, "s", "'a' has a store of this name too"),
    "between": ({"a": flow("A", "p"), "b": flow("B", "q")}, "q", "itself has a store of this name"),
    "block": (
        {"a": {"rate": 60}, "b": {"rate": 60, "station": "a line"}},
        "s",
        "'a' has a station of this name too, got 'a line'",
    ),
    "inside": (
        {"a": {"rate": 60, "lead_time": 1}, "b": {"rate": 60}},
        "in_a",
        "itself has a store of this name too, got 'in a'",
    ),
}


@pytest.mark.parametrize("case", CLASHES)
def test_a_name_that_stands_twice_in_the_plant_is_refused(case):
    shops, between, text = CLASHES[case]
    last = shops["b"]
    entries = {"b": [last.lines[0].name]} if isinstance(last, Shop) else {}
    with pytest.raises(ValueError, match=text):
        year(shops, stores={between: 5}, entries=entries)


# ------------------------------------------------------------------ retooling, CKD sets, export


def test_a_retooling_speeds_the_first_shop_up():
    before = {"a": ShopTables.of(one_station("a", 60))}
    stop = {"start": "2026-03-16", "delay": 0, "full_stop_days": 2, "partial_weeks": 0}
    run = year(
        {"a": one_station("a", 40), "b": {"rate": 100}},
        stores={"s": 10},
        before=before,
        retooling={**stop, "night_rate": 1},
    )
    assert run.bodies == run.vehicles == 10 * 16 * 60 + 8 * 16 * 90
    assert run.lost_hours.loc["retooling"].tolist() == [32, 32]


def test_week_ends_are_the_days_off_of_the_shop():
    """After a retooling days off run at half the rate: here Fridays, and Sundays do not."""
    stop = {"start": "2026-03-02", "delay": 0, "full_stop_days": 0, "partial_weeks": 4}
    week = {"shifts": 1, "shift_hours": 8, "weekdays": ["sun", "mon", "tue", "wed", "thu"]}
    run = year({"a": {"rate": 60}}, calendar=week, retooling={**stop, "night_rate": 0.5})
    assert run.vehicles == 20 * 8 * 60


def test_ckd_sets_are_taken_from_what_leaves_the_last_shop_but_one():
    shops = {"a": one_station("a"), "b": {"rate": 100}}
    run = year(shops, stores={"s": 10}, ckd={"share": 0.2, "uses_body_shop": True})
    assert run.ckd_sets + run.vehicles == pytest.approx(HOURS * 90, abs=12)
    assert run.ckd_sets / (HOURS * 90) == pytest.approx(0.2, abs=0.01)
    one = year(one_station(), ckd={"share": 0.2})
    assert (one.vehicles, one.ckd_sets) == (HOURS * 90, HOURS * 90 / 4)
    assert "7,200 CKD sets" in one.summary()
    with pytest.raises(ValueError, match="there is one shop"):
        year(one_station(), ckd={"share": 0.2, "uses_body_shop": True})


@pytest.mark.filterwarnings("ignore::ningde_sim.exceptions.CalendarWarning")
def test_an_own_plant_exports():
    run = year(one_station(), export=scenario("ningde-2021").export)
    assert 0 < run.exports <= run.vehicles
    assert run.daily["exported"].sum() == run.exports


# ------------------------------------------------------------------ without


@pytest.mark.parametrize("loss", WITHOUT)
def test_a_year_without_some_losses_makes_more(loss):
    plan = press_and_wash()
    with_all, without = (
        np.mean([simulate_year(each, seed=0, run=k).vehicles for k in range(3)])
        for each in (plan, plan.without(loss))
    )
    if loss == "launches":
        assert without == with_all
    elif loss != "calendar":  # which takes overtime, too
        assert without > with_all


def repair_loop() -> Shop:
    lines = [
        Line("weld", [Station("W", 40)], puts="new"),
        Line("test", [Station("T", 30, reject=0.1)], takes=[("mended", "new")], rejects="bad"),
        Line("mend", [Station("M", 90)], takes="bad", puts="mended"),
    ]
    stores = [Store(name, 5) for name in ("new", "bad", "mended")]
    return Shop("loop", lines, stores=stores, output=["test"])


def names_like_keys() -> Shop:
    lines = [
        Line("first", [Station("scrap", 40, reject=0.1)], puts="rework", rejects="reject"),
        Line("failures", [Station("robots", 40, failures=[JAM])], takes="rework"),
        Line("bin", [Station("zones", 10)], takes="reject"),
    ]
    stores = [Store("rework", 9), Store("reject", 3)]
    return Shop("k", lines, stores=stores, output=["failures"], crews=[Crew("fitters", 1)])


HALVES = Split({"scrap": 0.5, "b": 0.5})


def split_loop() -> Shop:
    lines = [
        Line(
            "A", [Station("A1", 40, reject=0.1)], puts=Split({"scrap": 0.5, "b": 0.5}), rejects="r"
        ),
        Line("B", [Station("B1", 20)], takes=[("scrap", "b")]),
        Line("R", [Station("R1", 30)], takes="r", puts="b"),
    ]
    stores = [Store(name, 9) for name in ("scrap", "b", "r")]
    return Shop("s", lines, stores=stores, output=["B"])


@pytest.mark.parametrize(
    ("shop", "stations"),
    [(repair_loop, ["W", "T"]), (names_like_keys, ["scrap", "robots"]), (split_loop, ["A1", "B1"])],
)
def test_a_shop_without_rejects_has_no_flow_that_they_fed(shop, stations):
    plan = Scenario.of(shop(), **FOUR_WEEKS).without("quality", "failures")
    run = simulate_year(plan, seed=0)
    assert [station.name for station in run.shop_run.shop.stations] == stations
    assert run.vehicles == pytest.approx(HOURS * 90, abs=2)


def test_setups_ask_for_no_crew_without_failures():
    setup = Setup(100, crew="fitters")
    line = Line("A", [Station("A1", 40, setup=setup, failures=[JAM])])
    shop = Shop("w", [line], crews=[Crew("fitters", 1)], products=TWO)
    plan = Scenario.of(shop, **FOUR_WEEKS)
    assert simulate_year(plan.without("failures"), seed=0).vehicles > 0


# ------------------------------------------------------------------ runs, files, studies


def test_engines_and_files_give_equal_years(tmp_path):
    week = {"calendar": {"shifts": {"e": ("06:00", "14:00"), "n": ("22:00", "06:00")}}}
    plan = press_and_wash(**week, end="2026-03-08", retooling=None, slowdowns={})
    run = simulate_year(plan, seed=0)
    reference = simulate_year(plan, seed=0, engine="reference")
    assert run.daily.equals(reference.daily)
    assert run.lost_hours.equals(reference.lost_hours)
    plan.to_toml(tmp_path / "plan.toml")
    again = scenario(tmp_path / "plan.toml")
    assert again == plan
    assert simulate_year(again, seed=0).daily.equals(run.daily)


def test_a_plan_without_work_makes_nothing():
    run = year(one_station(), calendar={**SHIFTS, "maintenance": 24})
    assert (run.vehicles, run.lost_hours["press"]["maintenance"]) == (0, HOURS)
    free = year(one_station(), start="2026-03-07", end="2026-03-08")
    assert (free.vehicles, free.nominal) == (0, 0)
    assert "0 parts" in free.summary()


@pytest.mark.filterwarnings("ignore::ningde_sim.exceptions.FewRuns")
@pytest.mark.parametrize("plan", ["one shop", "two shops"])
def test_studies_of_an_own_plan_speak_its_words(plan, tmp_path):
    plan = press_and_wash() if plan == "two shops" else Scenario.of(one_station(), **FOUR_WEEKS)
    study = replicate(plan, runs=4, seed=0, workers=1, progress=False)
    lines = study.summary().splitlines()
    assert sum(line.startswith("  parts") for line in lines) == 1
    assert "vehicles" not in study.summary()
    assert "bodies" not in study.summary()
    study.report(tmp_path / "report.html")
    assert "parts" in (tmp_path / "report.html").read_text()
    for plot in (plots.plot_distribution, plots.plot_fan):
        labels = plot(study).get_xlabel() + plot(study).get_ylabel()
        assert "vehicles" not in labels
    swept = sweep(
        plan,
        over={"calendar.shift_hours": [7, 8]},
        runs=2,
        seed=0,
        workers=1,
        progress=False,
    )
    assert "parts" in swept.summary()


BASE = """
name = "base"
title = "Press and wash"
shops = ["press", "wash"]
press = "press.toml"
[wash]
rate = 100
[stores]
between = 4
[calendar]
start = 2026-03-02
end = 2026-03-29
shifts = { early = { start = 06:00:00, end = 14:00:00 } }
[calendars.press]
maintenance = 17
"""


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", 20 * 7 * 90),
        ("[wash]\nrate = 50\n", 20 * (7 * 50 + 4)),  # in the last hour what the store holds
        ('shops = ["wash"]\n', 20 * 8 * 100),
        ('shops = ["press"]\n', 20 * 7 * 90),
        ('shops = ["press", "wash", "pack"]\n[pack]\nrate = 30\n[stores]\nb = 3\n', 20 * 8 * 30),
        ('[changes]\n"calendar.shifts.early.end" = "10:00"\n', 20 * 4 * 90),
        ('[changes]\n"press.lines.press line.stations.press 1.cycle_time" = 80\n', 20 * 7 * 45),
    ],
)
def test_a_file_is_laid_over_that_of_an_own_plant(text, made, tmp_path):
    one_station().to_toml(tmp_path / "press.toml")
    (tmp_path / "base.toml").write_text(BASE)
    (tmp_path / "plan.toml").write_text(f'base = "base.toml"\nname = "plan"\n{text}')
    run = simulate_year(scenario(tmp_path / "plan.toml"), seed=0)
    assert run.vehicles == pytest.approx(made, rel=0.005)
