"""Quantities in the tables of a shop with lines: units, ranges, draws, changes by path."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ningde_sim import Quantity, Scale, Scenario
from ningde_sim.plant.nested import leaves
from ningde_sim.plant.shop_tables import BY_PRODUCT, EVERY, PURE, UNITS, ShopTables
from ningde_sim.plant.to_tables import tables_of
from tests.shops import UNUSUAL, mixed_shops, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)

NOTE = "Of its numbers"
"""How the note begins that counts quantities."""


def q(value: float, unit: str, low: float | None = None, high: float | None = None, **more: Any):
    table = {"value": value, "unit": unit, "evidence": "measured", "source": "a test", **more}
    return table | ({} if low is None else {"low": low, "high": high})


def press(**changes: Any) -> dict[str, Any]:
    """The tables of a press of two stations."""
    return {
        "name": "press",
        "repair_crews": q(2, "crews", 1, 4),
        "failures": {
            "jam": {
                "uptime": {"distribution": "exponential", "mean": q(5, "h", 4, 9)},
                "repair": {"distribution": "lognormal", "mean": q(6, "min"), "cv": q(0.5, "-")},
                "crew": True,
            }
        },
        "planned_stops": {"oil": {"every": q(90, "cycles", 50, 120), "duration": q(60, "s")}},
        "lines": [
            {
                "name": "L",
                "stations": [
                    {
                        "name": "A",
                        "cycle_time": q(40, "s", 38, 44, drawn_with="pace"),
                        "failures": ["jam"],
                        "planned_stops": ["oil"],
                        "scrap": q(0.01, "-", 0, 0.02),
                    },
                    {"name": "B", "cycle_time": q(38, "s", 36, 42, drawn_with="pace")},
                ],
                "buffers": q(4, "parts", 2, 8),
            }
        ],
        **changes,
    }


def plan(*names: str) -> Scenario:
    """A year of one press or of several."""
    described = {}
    for name in names or ("press",):
        tables = press(name=name)
        (line,) = tables["lines"]
        line["name"] = f"line of {name}"
        for station in line["stations"]:
            station["name"] += f" of {name}"
        described[name] = ShopTables.read(tables)
    stores = {f"s{k}": 9 for k in range(len(described) - 1)}
    calendar = {"shifts": 2, "shift_hours": 8}
    blank = Scenario.of({"x": {"rate": 60}}, calendar=calendar, start="2026-03-02")
    first = next(iter(described))
    return Scenario(
        name=first, title=first, calendar=blank.calendar, shops=described, stores=stores
    )


def refused(tables: Any) -> str:
    with pytest.raises(ValueError, match="faults found") as caught:
        ShopTables.read(tables)
    return str(caught.value)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The press with another value at a path of keys and numbers."""
    tables = press()
    *outer, last = path.split(".")
    at: Any = tables
    for part in outer:
        at = at[int(part)] if part.isdigit() else at[part]
    at[last] = value
    return tables


A = "lines.0.stations.0"
FAULTS = {
    "unit": (
        f"{A}.cycle_time",
        q(40, "min"),
        "lines.L.stations.A.cycle_time: the unit must be 's'",
    ),
    "share": (f"{A}.scrap", q(1, "%"), "lines.L.stations.A.scrap: the unit must be '-', got '%'"),
    "hours": ("failures.jam.uptime", q(5, "min"), "failures.jam.uptime: the unit must be 'h'"),
    "mean": ("failures.jam.repair.mean", q(5, "h"), "jam.repair.mean: the unit must be 'min'"),
    "cv": ("failures.jam.repair.cv", q(5, "min"), "failures.jam.repair.cv: the unit must be '-'"),
    "cycles": ("planned_stops.oil.every", q(5, "h"), "oil.every: the unit must be 'cycles'"),
    "parts": ("lines.0.buffers", q(5, "bodies"), "lines.L.buffers: the unit must be 'parts'"),
    "whole": ("lines.0.buffers", q(1.5, "parts"), "lines.L.buffers.value: it must be whole"),
    "whole end": ("repair_crews", q(2, "crews", 1.5, 3), "repair_crews.low: it must be whole"),
    "number": ("lines.0.rounds", q(2, "parts"), "lines.L.rounds: here stands a plain number"),
    "name": ("lines.0.name", q(2, "parts"), "name: here stands a plain number, without a unit"),
    "low": (
        f"{A}.cycle_time",
        q(40, "s", -1, 50),
        "with all ranges at their low ends: Station 'A'",
    ),
    "high": (f"{A}.scrap", q(0.1, "-", 0, 1.5), "with all ranges at their high ends: Station 'A'"),
    "order": (f"{A}.cycle_time", q(40, "s", 50, 60), "A.cycle_time.low: low must be at most"),
    "evidence": (f"{A}.cycle_time", q(40, "s", evidence="guess"), "A.cycle_time.evidence: "),
    "text": (f"{A}.cycle_time", q("40", "s"), "lines.L.stations.A.cycle_time.value: "),
    "sum": (f"{A}.rework", q(0.5, "-", 0.4, 0.99), "with all ranges at their high ends: "),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_faulty_quantity_is_told_with_its_path(case):
    path, value, text = FAULTS[case]
    assert text in refused(changed(path, value))


def test_faulty_quantities_and_keys_are_told_together():
    tables = changed(f"{A}.cycle_time", q(40, "min"))
    tables["lines"][0]["stations"][1]["cycle_tme"] = 3
    tables["failures"]["jam"]["repair"]["mean"] = q(1, "h")
    text = refused(tables)
    assert "faults found: 3" in text
    for part in ("A.cycle_time: the unit", "B.cycle_tme: unknown key", "repair.mean: the unit"):
        assert part in text


def test_what_is_drawn_lies_in_its_range_and_is_whole_where_it_counts():
    year = plan()
    inputs = year.uncertain_inputs()
    assert "pace" in inputs
    assert "press.lines.line of press.stations.A of press.cycle_time" not in inputs
    for run in range(20):
        drawn = year.draw(seed=0, run=run)
        shop = drawn.shops["press"].shop
        assert not drawn.uncertain_inputs()
        first, second = (station.cycle_distribution.mean for station in shop.stations)
        assert 38 <= first <= 44
        assert (first - 38) / 6 == pytest.approx((second - 36) / 6, abs=0.2)
        assert shop.repair_crews in (1, 2, 3, 4)
        assert shop.lines[0].buffers[0] in range(2, 9)


def test_what_is_drawn_together_is_so_across_shops():
    year = plan("one", "two")
    assert [name for name in year.uncertain_inputs() if "cycle_time" in name] == []
    for run in range(5):
        shops = year.draw(seed=1, run=run).shops.values()
        cycles = [shop.shop.stations[0].cycle_distribution.mean for shop in shops]
        assert cycles[0] == cycles[1]
    apart = year.replace({"two.lines.line of two.stations.A of two.cycle_time": 41})
    drawn = apart.draw(seed=1, run=0).shops
    assert drawn["two"].shop.stations[0].cycle_distribution.mean == 41


CYCLE = "press.lines.line of press.stations.A of press.cycle_time"


def test_numbers_are_replaced_and_scaled_by_path():
    year = plan()
    assert year.get(CYCLE).value == 40
    assert year.replace({CYCLE: 41}).shops["press"].shop.stations[0].cycle_distribution.mean == 41
    scaled = year.replace({"press.lines.*.cycle_time": Scale(0.5)})
    cycles = [station.cycle_distribution.mean for station in scaled.shops["press"].shop.stations]
    assert cycles == [20, 19]
    new = Quantity(50, "s", low=45, high=55, evidence="assumed", source="x")
    assert year.replace({CYCLE: new}).get(CYCLE) == new
    repair = year.replace({"press.failures.jam.repair.mean": 12}).shops["press"].shop
    assert repair.stations[0].failures[0].repair.mean == 12
    with pytest.raises(ValueError, match="cycle_time"):
        year.replace({CYCLE: -1})
    with pytest.raises(ValueError, match="the unit must be 's'"):
        year.replace({CYCLE: Quantity(1, "min", evidence="assumed", source="x")})
    with pytest.raises(ValueError, match="names have no path"):
        year.replace({CYCLE.replace("cycle_time", "name"): "Q"})
    with pytest.raises(KeyError, match="Did you mean"):
        year.replace({CYCLE.replace("cycle_time", "cycle_tim"): 3})


def test_differences_and_assumptions_name_the_paths():
    year = plan()
    other = year.replace({CYCLE: 41})
    assert year.diff(other).index.tolist() == [CYCLE]
    table = year.assumptions()
    assert table.loc[CYCLE, ["value", "low", "high"]].tolist() == [40, 38, 44]
    assert table.loc[CYCLE, "drawn_with"] == "pace"
    assert table.loc["press.failures.jam.uptime.mean", "evidence"] == "measured"


def test_a_year_without_failures_keeps_its_other_ranges():
    left = plan().without("failures").uncertain_inputs()
    assert "pace" in left
    assert any(name.endswith("scrap") for name in left)
    assert not any("jam" in name or "crews" in name or "oil" in name for name in left)


def test_a_product_may_be_called_like_a_key():
    tables = changed(f"{A}.cycle_time", {"share": q(40, "s", 30, 50), "time": q(50, "s")})
    tables["products"] = [{"name": "share"}, {"name": "time"}]
    tables["lines"][0]["stations"][1]["cycle_time"] = {"share": 30, "time": 20}
    station = ShopTables.read(tables).shop.stations[0]
    assert dict(station.cycle_time) == {"share": 40, "time": 50}


# ------------------------------------------------------------------ any shop


def quantified(table: Any, chance: random.Random, unit: str | None = None, key: str = "") -> Any:
    """Tables with some of their numbers as quantities, with the units of their keys."""
    if isinstance(table, dict):
        inner = {}
        for name, value in table.items():
            if name == "every" and "duration" in table:
                own = EVERY.get(str(table.get("unit", "cycles")))
            elif key in BY_PRODUCT and "distribution" not in table:
                own = unit
            else:
                own = "-" if name in PURE else UNITS.get(name, unit)
            own = None if name == "start" else own
            inner[name] = quantified(value, chance, own, name)
        return inner
    if isinstance(table, list):
        return [quantified(each, chance) for each in table]
    whole = unit in ("parts", "crews", "cycles")
    if not isinstance(table, (int, float)) or isinstance(table, bool) or unit is None:
        return table
    if chance.random() < 0.5 or (whole and table != int(table)):
        return table
    return q(table, unit)


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(shop=st.one_of(shops(), mixed_shops()), seed=st.integers(0, 2**32))
def test_a_built_shop_with_quantities_is_the_plain_one(shop, seed):
    tables = tables_of(shop)
    described = ShopTables.read(quantified(tables, random.Random(seed)))
    notes = [note for note in described.shop.notes if not note.startswith(NOTE)]
    assert tables_of(described.shop) | {"notes": notes} == tables | {"notes": [*shop.notes]}
    again = ShopTables.read(described.plain)
    assert again == described
    n = sum(isinstance(value, Quantity) for _, value in leaves(described.tables))
    assert len(described.shop.notes) - len(notes) == (n > 0)
