"""Malformed scenario files of own plants: every fault is told with its path, none slips through."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from ningde_sim import scenario
from ningde_sim.exceptions import CalendarWarning, NoEffect

pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{w.__module__}.{w.__name__}")
    for w in (CalendarWarning, NoEffect)
]


def q(value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "evidence": "assumed", "source": "a test", **more}


PUMPS: dict[str, Any] = {
    "name": "pumps",
    "title": "Pump plant",
    "shops": ["machining", "wash", "assembly"],
    "target": q(30000, "pumps"),
    "month_target": q(3000, "pumps"),
    "notes": ["made up"],
    "calendar": {
        "start": "2026-01-01",
        "end": "2026-03-31",
        "shifts": {
            "early": {"start": "06:00", "end": "14:00", "breaks": [["10:00", "10:30"]]},
            "late": {"start": "14:00", "end": "22:00"},
            "sat": {"start": "06:00", "end": "12:00", "weekdays": ["sat"]},
        },
        "weekdays": ["mon", "tue", "wed", "thu", "fri"],
        "country": "DE",
        "region": "BY",
        "overtime": q(4, "h/month", low=0, high=8),
        "maintenance": 1,
        "closures": {"winter": {"start": "2026-02-02", "days": 3}},
    },
    "calendars": {
        "assembly": {"shifts": 1, "shift_hours": 8, "saturdays": q(1, "days/month"), "crews": 2}
    },
    "stores": {"castings": 40, "clean": q(30, "parts", low=20, high=40)},
    "entries": {"assembly": ["bodies"]},
    "columns": {"machining": "castings made"},
    "machining": {
        "name": "machining",
        "repair_crews": q(2, "crews", low=1, high=3),
        "failures": {
            "jam": {
                "uptime": {"distribution": "exponential", "mean": q(5, "h", low=4, high=9)},
                "repair": {"distribution": "lognormal", "mean": q(6, "min"), "cv": 0.5},
                "crew": True,
            }
        },
        "lines": [
            {
                "name": "L",
                "stations": [
                    {
                        "name": "A",
                        "cycle_time": q(40, "s", low=38, high=44),
                        "failures": ["jam"],
                        "scrap": q(0.01, "-"),
                    },
                    {"name": "B", "cycle_time": 38.0},
                ],
                "buffers": 4,
            }
        ],
    },
    "wash": {
        "rate": 100,
        "uptime": q(0.95, "-", low=0.9, high=0.97),
        "stop": 5,
        "lead_time": 0.5,
        "spare_capacity": 5,
        "first_time_ok": 0.95,
        "repeated": 0.02,
        "scrap": 0.01,
        "extra_hours": 1,
        "station": "washer",
        "check": "look",
    },
    "assembly": {
        "name": "assembly",
        "stores": [
            {"name": "q", "capacity": q(8, "parts"), "transit_time": 30},
            {"name": "lids", "capacity": 8},
        ],
        "lines": [
            {"name": "bodies", "stations": [{"name": "X", "cycle_time": 35}], "puts": ["q"]},
            {"name": "lid", "stations": [{"name": "Y", "cycle_time": 34}], "puts": ["lids"]},
            {
                "name": "join",
                "stations": [{"name": "J", "cycle_time": 36}],
                "takes": ["q", "lids"],
            },
        ],
    },
    "retooling": {
        "start": "2026-02-10",
        "delay": q(0, "days", low=0, high=5),
        "full_stop_days": 3,
        "partial_weeks": 1,
        "night_rate": 0.8,
        "shops": ["assembly"],
    },
    "supply": {
        "chips": {
            "share": 0.02,
            "duration": 4,
            "cv": 1,
            "shops": ["assembly"],
            "season": [1.0] * 12,
        },
        "steel": {"per_month": 2, "duration": 3, "cv": 0.5, "shops": ["machining"]},
    },
    "slowdowns": {"flu": {"start": "2026-03-02", "days": 5, "rate": 0.7, "shops": ["wash"]}},
    "products": {
        "small": {},
        "large": {
            "share": 0.3,
            "start": "2026-02-01",
            "delay": 2,
            "ramp": {"initial_speed": 0.5, "days_to_90": 10, "stations": ["X", "A"]},
        },
    },
}

CANS: dict[str, Any] = {
    "name": "cans",
    "title": "Can plant",
    "shops": ["body", "paint"],
    "calendar": {
        "start": "2026-01-01",
        "end": "2026-01-31",
        "shifts": 2,
        "shift_hours": 8,
        "crews": 2,
        "saturdays": 1,
        "overtime": 3,
        "shift_hours_by_month": [8.0] * 12,
        "crews_by_month": [2.0] * 12,
        "saturdays_by_month": [1.0] * 12,
        "overtime_by_month": [2.0] * 12,
    },
    "stores": {"s": q(9, "parts")},
    "body": {"rate": q(60, "parts/h", low=50, high=70)},
    "paint": {"rate": 55},
    "ckd": {"share": q(0.1, "-"), "uses_body_shop": True},
}

WRONG: tuple[Any, ...] = ([[1]], {"x": {"y": 1}}, "no such thing", True, -1e9, float("nan"), 1e13)
WRONG += ([], "")

ANY_TEXT = """
pumps: name title target.source month_target.source notes.0 calendar.overtime.source
  calendars.assembly.saturdays.source stores.clean.source columns.machining machining.name
  machining.repair_crews.source machining.failures.jam.uptime.mean.source
  machining.failures.jam.repair.mean.source machining.lines.0.name
  machining.lines.0.stations.0.cycle_time.source machining.lines.0.stations.0.scrap.source
  machining.lines.0.stations.1.name wash.uptime.source wash.station wash.check assembly.name
  assembly.stores.0.capacity.source assembly.lines.1.name assembly.lines.1.stations.0.name
  assembly.lines.2.name assembly.lines.2.stations.0.name retooling.delay.source
cans: name title stores.s.source body.rate.source ckd.share.source
"""
"""Names and words, of which any will do, by plant."""

REMOVED = """
pumps: month_target notes calendar.shifts.early calendar.shifts.early.breaks
  calendar.shifts.late calendar.shifts.sat calendar.weekdays calendar.region calendar.overtime
  calendar.maintenance calendar.closures calendar.closures.winter
  calendars calendars.assembly calendars.assembly.saturdays calendars.assembly.crews
  columns columns.machining machining.repair_crews machining.failures.jam.crew
  machining.lines.0.stations.0.scrap machining.lines.0.buffers wash.spare_capacity
  wash.first_time_ok wash.repeated wash.scrap wash.extra_hours wash.station wash.check
  assembly.stores.0.transit_time retooling
  retooling.shops supply supply.chips supply.chips.season supply.steel slowdowns slowdowns.flu
  products products.large products.large.delay products.large.ramp products.large.ramp.stations
cans: calendar.crews calendar.saturdays calendar.overtime calendar.shift_hours_by_month
  calendar.crews_by_month calendar.saturdays_by_month calendar.overtime_by_month
  ckd ckd.uses_body_shop
"""
"""What may be left out, by plant."""

EMPTY = """
pumps: notes calendar.shifts.early.breaks retooling.shops products.large.ramp.stations
"""
"""Lists that may be empty, by plant."""

TWICE = """
pumps: notes products.large.ramp.stations
"""
"""Lists whose members may stand twice, by plant."""

MISSPELT = """
pumps: calendar.shifts.early calendar.shifts.late calendar.shifts.sat calendar.closures.winter
  stores.castings stores.clean supply.chips supply.steel slowdowns.flu products.small
  products.large
cans: stores.s
"""
"""Names, which may be others, by plant."""

ANOTHER_PLAN = {
    "removed": REMOVED,
    "misspelt": MISSPELT,
    "'no such thing'": ANY_TEXT,
    "[]": EMPTY,
    "twice": TWICE,
}
"""By the kind of change, where it makes another plan that is right."""


def another_plan(plant: str, kind: str) -> set[str]:
    """The paths at which this kind of change makes another plan that is right."""
    words = iter(ANOTHER_PLAN.get(kind, "").split())
    paths: set[str] = set()
    of = ""
    for word in words:
        if word.endswith(":"):
            of = word[:-1]
        elif of == plant:
            paths.add(word)
    return paths


def places(table: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = table.items() if isinstance(table, dict) else enumerate(table)
    for key, value in inner:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def at(table: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        table = table[part]
    return table


def changed(good: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any, Any], Any]) -> Any:
    table = copy.deepcopy(good)
    change(at(table, path[:-1]), path[-1])
    return table


def malformed(good: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], str, dict[str, Any]]]:
    """Each key removed, misspelt, of every other kind; each list with one member twice."""
    for path in places(good):
        old = at(good, path)
        if isinstance(path[-1], str):
            yield path, "removed", changed(good, path, lambda t, k: t.pop(k))
            yield (
                path,
                "misspelt",
                changed(good, path, lambda t, k: t.__setitem__(f"{k}x", t.pop(k))),
            )
        for wrong in WRONG:
            if wrong != old:
                table = changed(good, path, lambda t, k, w=wrong: t.__setitem__(k, w))
                yield path, repr(wrong), table
        if isinstance(old, list) and old:
            twice = [*old, old[0]]
            yield path, "twice", changed(good, path, lambda t, k, w=twice: t.__setitem__(k, w))
        if path[-1] == "unit":
            yield path, "unit", changed(good, path, lambda t, k: t.__setitem__(k, "furlongs"))


def refusal(table: dict[str, Any], file: Path) -> str:
    """What is said of a file; "" if it is read."""
    file.write_text(tomli_w.dumps(table))
    try:
        scenario(file)
    except (ValueError, OSError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("good", [PUMPS, CANS], ids=["pumps", "cans"])
def test_the_good_files_are_read_and_written_again(good, tmp_path):
    (tmp_path / "good.toml").write_text(tomli_w.dumps(good))
    plan = scenario(tmp_path / "good.toml")
    plan.to_toml(tmp_path / "again.toml")
    again = scenario(tmp_path / "again.toml")
    assert again == plan
    assert again.diff(plan).empty


def assert_told(plant: str, every: int, file: Path) -> int:
    """Plant one of so many faults; how many files are refused."""
    refused = 0
    for path, kind, table in [*malformed(PLANTS[plant])][::every]:
        where, text = ".".join(map(str, path)), refusal(table, file)
        assert (text == "") == (where in another_plan(plant, kind)), (where, kind, text)
        if text:
            assert text.startswith(f"{file}: faults found: "), (where, kind, text)
            named = [part for part in path if isinstance(part, str)]
            names = {*named[-2:], *ELSEWHERE.get(where, ())}
            assert any(name in text for name in names), (where, kind, text)
            refused += 1
    return refused


PLANTS = {"pumps": PUMPS, "cans": CANS}

ELSEWHERE = {
    "shops.0": ("the shop of this name is missing",),
    "shops.1": ("the shop of this name is missing",),
    "shops.2": ("the shop of this name is missing",),
    "assembly.lines.0.name": ("entries.assembly: unknown line",),
}
"""What is told of a fault that shows where its name is used."""


@pytest.mark.parametrize(("plant", "least"), [("pumps", 500), ("cans", 180)])
def test_each_single_fault_is_told_where_it_stands(plant, least, tmp_path):
    every = 5 if plant == "pumps" else 3
    assert assert_told(plant, every, tmp_path / "plan.toml") > least


@pytest.mark.slow
@pytest.mark.parametrize(("plant", "least"), [("pumps", 2_500), ("cans", 550)])
def test_every_single_fault_is_told_where_it_stands(plant, least, tmp_path):
    assert assert_told(plant, 1, tmp_path / "plan.toml") > least


PLANTED: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "region": (("calendar", "region"), "XX", "calendar.region: DE has BB"),
    "crews": (("calendar", "crews_by_month"), [0.0] * 12, "calendar.crews_by_month: each month"),
    "supply": (("supply", "chips", "shops"), ["assemly"], "supply.chips.shops: unknown shop; the"),
    "flu": (("slowdowns", "flu", "shops"), ["x"], "slowdowns.flu.shops: unknown shop; the plant"),
    "own": (("calendars", "paint"), {"crews": 2}, "calendars.paint: unknown shop; the plant has"),
    "column": (("columns", "y"), "z", "columns.y: one of machining, wash, assembly, castings"),
    "unit": (
        ("machining", "lines", 0, "stations", 0, "cycle_time", "unit"),
        "min",
        "machining: lines.L.stations.A.cycle_time: the unit must be 's', got 'min'",
    ),
    "key": (
        ("machining", "lines", 0, "stations", 1, "cycle_tme"),
        3,
        "machining: lines.L.stations.B.cycle_tme: unknown key, got 3. Did you mean cycle_time",
    ),
    "rate": (("wash", "rate"), -1, "wash.rate.value: value must be at least 1, got -1.0"),
    "target": (("target", "value"), "a", "target.value: "),
    "store": (("stores", "more"), 3, "stores: one store between each two of machining, wash"),
}


def test_all_faults_are_told_at_once(tmp_path):
    table = copy.deepcopy(PUMPS)
    for path, value, _ in PLANTED.values():
        at(table, path[:-1])[path[-1]] = value
    text = refusal(table, tmp_path / "plan.toml")
    assert f"faults found: {len(PLANTED)}" in text
    for _, _, part in PLANTED.values():
        assert part in text


def test_every_pair_of_faults_is_told(tmp_path):
    for first in PLANTED.values():
        for second in PLANTED.values():
            table = copy.deepcopy(PUMPS)
            for path, value, _ in (first, second):
                at(table, path[:-1])[path[-1]] = value
            text = refusal(table, tmp_path / "plan.toml")
            assert first[2] in text, text
            assert second[2] in text, text
