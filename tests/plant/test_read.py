"""Shops as files."""

from __future__ import annotations

import copy
import dataclasses
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import TypeAdapter

from ningde_sim.learn import fit_downtime
from ningde_sim.plant.distributions import Exponential, Lognormal
from ningde_sim.plant.quantity import EVIDENCES
from ningde_sim.plant.read import build, load, quantities, read_shop
from ningde_sim.plant.schema import ROLES, ShopFile
from ningde_sim.plant.shipped import ningde_2021
from ningde_sim.plant.station import Failure
from ningde_sim.year.read import scenario

DEFAULTS = [files("ningde_sim.data") / f"body_shop_{year}.toml" for year in (2020, 2021)]

SMALL = """
name = "small"

[zones.floor]
title = "Floor"
lines = ["A1", "A2"]
cycle_time = { value = 60, unit = "s", low = 55, high = 70, evidence = "found", source = "x" }
puts = "floor"
evidence = "assumed"
source = "x"
stations = [
  { suffix = "010", weld = 2, spots = 40 },
  { suffix = "020", manual = true },
]

[zones.body]
title = "Body"
lines = ["B1", "B2"]
cycle_time = { value = 50, unit = "s", evidence = "assumed", source = "x" }
takes = "floor"
joins = { "020" = "roof" }
evidence = "assumed"
source = "x"
stations = [{ suffix = "010", weld = 1 }, { suffix = "020", weld = 1 }]

[zones.roof]
title = "Roof"
lines = ["R"]
cycle_time = { value = 25, unit = "s", evidence = "assumed", source = "x" }
puts = ["roof"]
evidence = "assumed"
source = "x"
stations = [{ suffix = "010", handling = 1 }]

[stores.floor]
title = "skids"
per_line = true
capacity = { value = 8, unit = "parts", evidence = "assumed", source = "x" }
transit_time = { value = 5, unit = "s", evidence = "assumed", source = "x" }

[stores.roof]
title = "racks"
capacity = { value = 4, unit = "parts", evidence = "assumed", source = "x" }
transit_time = { value = 0, unit = "s", evidence = "assumed", source = "x" }
initial = { value = 2, unit = "parts", evidence = "assumed", source = "x" }
"""


def small(**changes: Any) -> dict[str, Any]:
    """The tables of the small shop, changed at dotted paths written with two underscores."""
    data = tomllib.loads(SMALL)
    for path, value in changes.items():
        *way, last = path.split("__")
        table = data
        for key in way:
            table = table.setdefault(key, {})
        table[last] = copy.deepcopy(value)
    return data


def quantity(value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "evidence": "assumed", "source": "x", **more}


def message(data: dict[str, Any]) -> str:
    with pytest.raises(ValueError, match="faults found") as caught:
        load(data)
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "small.toml"
    file.write_text(SMALL, encoding="utf-8")
    return file


def test_a_file_becomes_a_shop(path: Path) -> None:
    shop = read_shop(path)
    assert (shop.name, shop.n_stations, shop.n_robots) == ("small", 9, 9)
    assert shop.station("A1-010").cycle_time == 60


def test_a_copy_of_a_default_gives_the_default(tmp_path: Path) -> None:
    copied = tmp_path / "mine.toml"
    copied.write_bytes(DEFAULTS[1].read_bytes())
    assert read_shop(copied) == ningde_2021()


def test_a_store_per_line_is_one_store_for_each() -> None:
    shop = build(load(small()))
    assert [store.name for store in shop.stores][:3] == ["floor_1", "floor_2", "roof"]
    assert [line.puts for line in shop.lines[:2]] == [("floor_1",), ("floor_2",)]


def test_a_join_cuts_each_line_hand_to_hand() -> None:
    shop = build(load(small()))
    lines = {line.name: (line.takes, line.puts) for line in shop.lines if line.zone == "Body"}
    assert lines == {
        "B1-010-010": (("floor_1",), ("body_020_1",)),
        "B1-020-020": (("body_020_1", "roof"), ()),
        "B2-010-010": (("floor_2",), ("body_020_2",)),
        "B2-020-020": (("body_020_2", "roof"), ()),
    }
    assert [store.capacity for store in shop.stores if store.name.startswith("body")] == [0, 0]


def test_buffers_lie_between_all_stations_also_where_parts_join() -> None:
    shop = build(load(small(zones__body__buffers=quantity(3, "parts"))))
    assert [store.capacity for store in shop.stores if store.name.startswith("body")] == [3, 3]
    shop = build(load(small(zones__floor__buffers=quantity(2, "parts"))))
    assert [line.buffers for line in shop.lines if line.zone == "Floor"] == [(2,), (2,)]
    assert [line.buffers for line in shop.lines if line.zone != "Floor"] == [()] * 5


def test_a_station_may_have_its_own_cycle_time() -> None:
    own = {"020": quantity(57, "s", low=50, high=60)}
    data = small(zones__floor__cycle_times=own)
    cycles = {s.name: s.cycle_time for s in build(load(data)).stations if s.name[0] == "A"}
    assert cycles == {"A1-010": 60, "A1-020": 57, "A2-010": 60, "A2-020": 57}
    assert dict(quantities(data))["zones.floor.cycle_times.020"].high == 60


def test_a_store_may_hold_parts_at_the_start() -> None:
    assert build(load(small())).stores[2].initial == 2


def test_without_crews_one_is_always_free() -> None:
    assert build(load(small())).repair_crews is None
    assert build(load(small(shop__repair_crews=quantity(2, "crews")))).repair_crews == 2


def test_a_cycle_time_with_cv_is_lognormal() -> None:
    shop = build(load(small(shop__cycle_time_cv=quantity(0.02, "-"))))
    assert shop.station("A1-010").cycle_time == Lognormal(60, 0.02)


def test_a_failure_mode_reaches_the_station() -> None:
    mode = {
        "per": "station",
        "uptime": quantity(120, "h"),
        "repair": quantity(10, "min"),
        "cv": quantity(1, "-"),
        "clock": "calendar",
        "crew": True,
    }
    shop = build(load(small(failures__torn_clamp=mode)))
    wanted = Failure("torn clamp", Exponential(120), Lognormal(10, 1), clock="calendar", crew=True)
    assert all(station.failures == (wanted,) for station in shop.stations)


def test_the_notes_count_the_evidence() -> None:
    assert build(load(small())).notes == (
        "Of its 8 quantities 1 found, 7 assumed; of its 3 lists of stations 3 assumed.",
    )


def test_quantities_come_with_their_paths(path: Path) -> None:
    by_path = dict(quantities(path))
    assert by_path["zones.floor.cycle_time"].high == 70
    assert set(by_path) == {
        "zones.floor.cycle_time",
        "zones.body.cycle_time",
        "zones.roof.cycle_time",
        "stores.floor.capacity",
        "stores.floor.transit_time",
        "stores.roof.capacity",
        "stores.roof.transit_time",
        "stores.roof.initial",
    }


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda file: file.name)
def test_every_default_quantity_has_a_range(default: Any) -> None:
    for path, each in quantities(tomllib.loads(default.read_text(encoding="utf-8"))):
        assert each.low is not None, path
        assert each.high is not None, path
        assert each.low < each.high, path


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda file: file.name)
def test_the_paths_that_users_write_exist(default: Any) -> None:
    by_path = dict(quantities(tomllib.loads(default.read_text(encoding="utf-8"))))
    assert {
        "failures.fixture.uptime",
        "planned_stops.tip_dressing.interval",
        "zones.finish.cycle_time",
        "zones.finish.inspection.rework",
        "stores.hood.capacity",
        "shop.repair_crews",
        "shop.cycle_time_cv",
    } <= set(by_path)
    assert {each.evidence for each in by_path.values()} <= set(EVIDENCES)


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda file: file.name)
def test_most_of_a_default_is_assumed(default: Any) -> None:
    by_path = dict(quantities(tomllib.loads(default.read_text(encoding="utf-8"))))
    assert 2 * sum(each.evidence == "assumed" for each in by_path.values()) > len(by_path)


def test_the_2021_finish_cycle_says_what_it_was_tuned_to() -> None:
    by_path = dict(quantities(tomllib.loads(DEFAULTS[1].read_text(encoding="utf-8"))))
    assert "30,000" in by_path["zones.finish.cycle_time"].tuned


CYCLE = quantity(60, "s")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param(
            {"zones__floor__cycle_time__unit": "min"},
            "zones.floor.cycle_time.unit: the unit must be 's', got 'min'.",
            id="unit",
        ),
        pytest.param(
            {"zones__floor__cycle_time__low": 61},
            "zones.floor.cycle_time.low: low must be at most the value of 60, got 61.0.",
            id="low above value",
        ),
        pytest.param(
            {"zones__floor__cycle_time__value": "60"},
            "zones.floor.cycle_time.value: Input should be a valid number, got '60'.",
            id="text for a number",
        ),
        pytest.param(
            {"zones__floor__cycle_time": 60},
            "zones.floor.cycle_time: it must be a table, for a quantity "
            "{ value = 60, unit = 's', ... }, got 60.",
            id="bare number",
        ),
        pytest.param(
            {"zones__floor__cycle_tme": CYCLE},
            "zones.floor.cycle_tme: unknown key, got {'value': 60,",
            id="misspelt key",
        ),
        pytest.param(
            {"zones__floor__cycle_time": quantity(0, "s")},
            "zones.floor.cycle_time.value: value must be at least 0.001, got 0.0.",
            id="no cycle time",
        ),
        pytest.param(
            {"stores__roof__capacity": quantity(4.5, "parts")},
            "stores.roof.capacity.value: value must be a whole number, got 4.5.",
            id="half a part",
        ),
        pytest.param(
            {"zones__floor__inspection": {"station": "020", "rework": quantity(0, "-")}},
            "zones.floor.inspection.scrap: this key is missing.",
            id="missing key",
        ),
        pytest.param(
            {"zones__floor__puts": ["flor"]},
            "zones.floor.puts.0: unknown store; the file has floor, roof, got 'flor'.",
            id="unknown store",
        ),
        pytest.param(
            {"zones__body__joins": {"030": "roof"}},
            "zones.body.joins.030: parts join at one of 020; at the first use `takes`, got '030'.",
            id="join at an unknown station",
        ),
        pytest.param(
            {"zones__body__cycle_times": {"030": CYCLE}},
            "zones.body.cycle_times.030: unknown station; the zone has 010, 020, got '030'.",
            id="cycle time of an unknown station",
        ),
        pytest.param(
            {"zones__body__buffers": quantity(0.5, "parts")},
            "zones.body.buffers.value: value must be a whole number, got 0.5.",
            id="half a part in a buffer",
        ),
        pytest.param(
            {"zones__roof__lines": ["R1", "R2", "R3"], "stores__roof__per_line": True},
            "stores.roof.per_line: the zones that use a store per line must have equal numbers",
            id="store per line",
        ),
        pytest.param(
            {"zones__roof__stations": [{"suffix": "010"}]},
            "zones.roof.stations.0: a station must have robots or manual = true, got '010'.",
            id="station without hands",
        ),
        pytest.param(
            {"zones__roof__stations": [{"suffix": "010", "weld": 1.5}]},
            "zones.roof.stations.0.weld: Input should be a valid integer, got 1.5.",
            id="half a robot",
        ),
        pytest.param(
            {"zones__roof__evidence": "sure"},
            "zones.roof.evidence: Input should be 'reported', 'found', 'measured', 'derived', "
            "'recalled' or 'assumed', got 'sure'.",
            id="unknown evidence",
        ),
    ],
)
def test_a_fault_has_path_rule_and_value(changes: dict[str, Any], wanted: str) -> None:
    assert wanted in message(small(**changes))


def test_all_faults_are_listed_under_the_name_of_the_file(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    text = SMALL.replace('puts = "floor"', 'puts = "flor"')
    text = text.replace('value = 60, unit = "s"', 'value = 60, unit = "min"')
    text = text.replace('value = 25, unit = "s"', 'value = 25, unit = "s", low = 26')
    bad.write_text(text.replace("per_line", "per_lin"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.toml: faults found: 4\n") as caught:
        read_shop(bad)
    for fault in (
        "zones.floor.puts.0",
        "zones.floor.cycle_time.unit",
        "zones.roof.cycle_time.low",
        "stores.floor.per_lin",
    ):
        assert f"\n  {fault}: " in str(caught.value)


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("name = small\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.toml: this is not TOML: .*line 1"):
        read_shop(bad)


def test_an_impossible_shop_is_refused_under_the_name_of_the_file(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(SMALL.replace('lines = ["A1", "A2"]', 'lines = ["A1", "A1"]'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.toml: Shop 'small': duplicate name .* got 'A1"):
        read_shop(bad)


def test_a_file_of_windows_is_read(tmp_path):
    """With its byte-order mark and line ends."""
    path = tmp_path / "shop.toml"
    path.write_bytes(SMALL.replace("\n", "\r\n").encode("utf-8-sig"))
    assert read_shop(path).name == load(tomllib.loads(SMALL)).name


@pytest.mark.parametrize("read", [read_shop, scenario])
def test_an_error_for_a_file_that_is_not_utf_8_has_the_cure(tmp_path, read):
    """It names the byte, here an umlaut in Latin-1."""
    path = tmp_path / "shop.toml"
    path.write_bytes('name = "Köln"\n'.encode("latin-1"))
    with pytest.raises(
        ValueError, match=r"shop\.toml: .*UTF-8 text, byte 10 in line 1 is not, got b.*Save it as U"
    ):
        read(path)


@pytest.mark.parametrize("read", [read_shop, scenario, fit_downtime])
def test_an_error_for_a_missing_file_names_similar_ones(tmp_path, read):
    """And the folder in which it was looked for."""
    (tmp_path / "plant.toml").touch()
    with pytest.raises(
        FileNotFoundError, match=r"plnt\.toml.*Looked for in .*: plant\.toml\."
    ) as caught:
        read(tmp_path / "plnt.toml")
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(FileNotFoundError, match="similar names there: none"):
        read(tmp_path / "qqqqqq")
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        read(tmp_path / "nowhere" / "plant.toml")


def test_what_was_measured_in_ones_own_plant_is_counted():
    """Beside the other words of evidence."""
    data = small()
    data["zones"]["body"]["cycle_time"] = {
        "value": 49.2,
        "unit": "s",
        "evidence": "measured",
        "source": "stop-watch, line B, May",
    }
    assert "1 found, 1 measured, " in build(load(data)).notes[-1]


def keys_of(table: type, path: str = "") -> dict[str, tuple[bool, Any]]:
    """Whether each key of a file is required, and its type, by its path."""
    keys: dict[str, tuple[bool, Any]] = {}
    for field in dataclasses.fields(table):
        here, hint = f"{path}{field.name}", get_type_hints(table, include_extras=True)[field.name]
        plain = (field.default, field.default_factory)
        keys[here] = (all(given is dataclasses.MISSING for given in plain), hint)
        outer = get_args(hint)
        parts = (hint, *outer, *(part for each in outer for part in get_args(each)))
        for inner in (p for p in parts if getattr(p, "__module__", "") == ShopFile.__module__):
            keys |= keys_of(inner, f"{here}." if here in ONE_OF_EACH else f"{here}.*.")
    return keys


ONE_OF_EACH = ("shop", "zones.*.inspection", "zones.*.stations")


def test_the_help_of_read_shop_lists_every_key() -> None:
    """With its unit, and whether it is required."""
    doc = read_shop.__doc__
    assert doc is not None
    rows = re.findall(r"^    ([a-z_.*<>]+) +(yes|no) +(\[.*?\])?", doc, re.MULTILINE)
    listed = {re.sub(r"\.<suffix>", "", key): (word == "yes", unit) for key, word, unit in rows}
    keys = keys_of(ShopFile)
    del keys["shop"], keys["zones.*.inspection"]  # their own keys are listed
    roles = {f"zones.*.stations.{role}" for role in ROLES}
    assert {*listed} - {"zones.*.stations.<role>"} == {*keys} - roles
    for role in ROLES:
        assert re.search(rf"\b{role}\b", doc.partition("Roles are")[2])
    for key, (required, hint) in keys.items():
        if key in roles:
            continue
        assert listed[key][0] == required, key
        if unit := listed[key][1].strip("[]"):
            one = {"value": 1, "unit": unit, "evidence": "found", "source": "x"}
            of = get_args(get_args(hint)[0])[1] if key.endswith("cycle_times") else hint
            TypeAdapter(of).validate_python(one)
        else:
            assert "Quantity" not in str(hint), key
