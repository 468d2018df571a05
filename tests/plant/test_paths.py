"""The one grammar of paths, and that shops and scenarios follow it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ningde_sim import (
    Exponential,
    Failure,
    Line,
    Scale,
    Shop,
    Station,
    Store,
    ningde_2021,
    scenario,
)
from ningde_sim.plant import paths

KNOWN = [
    "stations.A.cycle_time",
    "stations.A2.cycle_time",
    "stations.B.cycle_time",
    "stations.OP 1.5 [left].cycle_time",
    "stations.OP 1.5 [left].repair",
    "stations.OP 1.5 [left].repair.mean",
    "stores.*.capacity",
    "stores.a.b.capacity",
]


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("stations.A.cycle_time", ["stations.A.cycle_time"]),
        ("stations.A*.cycle_time", ["stations.A.cycle_time", "stations.A2.cycle_time"]),
        ("stations.A?.cycle_time", ["stations.A2.cycle_time"]),
        ("stations.[AB].cycle_time", ["stations.A.cycle_time", "stations.B.cycle_time"]),
        ("stations.[!A].cycle_time", ["stations.B.cycle_time"]),
        ("*.capacity", ["stores.*.capacity", "stores.a.b.capacity"]),
        ("stores.?.?.capacity", ["stores.a.b.capacity"]),
        ("Stations.A.cycle_time", []),
        ("stations.A", []),
        ("", []),
    ],
)
def test_wildcards_are_those_of_file_names(path: str, matches: list[str]) -> None:
    assert paths.matching(path, KNOWN) == matches


@pytest.mark.parametrize("path", KNOWN)
def test_a_path_that_exists_as_written_is_that_path(path: str) -> None:
    """Whatever brackets, stars, dots and blanks its names contain."""
    assert paths.matching(path, KNOWN) == [path]


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ('stations."OP 1.5 [left]".*', KNOWN[3:6]),
        ('stations."OP 1.5 [left]".cycle_time', KNOWN[3:4]),
        ('*."OP 1.5 [left]".repair.m?an', KNOWN[5:6]),
        ('"stations.OP 1.5 [left]".*.mean', KNOWN[5:6]),
        ('stores."*".*', ["stores.*.capacity"]),
        ('stores."a.b".*', ["stores.a.b.capacity"]),
        ('stations."A*".cycle_time', []),
    ],
)
def test_what_is_quoted_in_a_pattern_is_taken_as_written(path: str, matches: list[str]) -> None:
    assert paths.matching(path, KNOWN) == matches


def test_without_quotes_brackets_in_a_pattern_stand_for_one_character() -> None:
    assert paths.matching("stations.OP 1.5 [left].*", KNOWN) == []
    assert paths.matching("stations.OP 1.5 [left].*", [*KNOWN, "stations.OP 1.5 e.scrap"]) == [
        "stations.OP 1.5 e.scrap"
    ]


def test_a_name_may_contain_a_quote() -> None:
    known = ['stations.5" valve.scrap', "stations.other.scrap"]
    assert paths.matching('stations.5" valve.scrap', known) == known[:1]
    assert paths.matching('stations.5" v*.scrap', known) == known[:1]


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("stations.A.cycle_time", "stations"),
        ("repair_crews", "repair_crews"),
        ('"stations".A*', "stations"),
        ('"stations.A".*', "stations"),
        ("*.capacity", ""),
        ("st[ao]*.x", ""),
        ("", ""),
    ],
)
def test_the_first_name_of_a_path_is_empty_where_it_may_be_any(path: str, first: str) -> None:
    assert paths.first(path) == first


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("stations.A.cycle_tme", "Did you mean stations.A.cycle_time, "),
        ("station.B.cycle_time", "Did you mean stations.B.cycle_time, "),
        ("stores.capacity", "Did you mean stores.*.capacity, stores.a.b.capacity"),
        ("zzz", "Paths begin with stations, stores."),
    ],
)
def test_an_unknown_path_is_answered_with_the_nearest_or_with_how_paths_begin(
    word: str, nearest: str
) -> None:
    error = paths.unknown("Shop 'x'", word, KNOWN)
    assert str(error.args[0]).startswith(f"Shop 'x': unknown path, got {word!r}. {nearest}")


@pytest.mark.parametrize(
    "path",
    [
        "stations.FIN-210.cycle_tme",
        "station.FIN-210.cycle_time",
        "stations.FIN-21O.cycle_time",
        "stations.FIN210.cycle_time",
        "statoins.FIN-210.cycletime",
    ],
)
def test_of_the_thousands_of_paths_of_a_big_shop_the_right_one_is_nearest(path: str) -> None:
    with pytest.raises(KeyError, match=r"Did you mean .*stations\.FIN-210\.cycle_time"):
        ningde_2021().get(path)


def test_only_one_value_may_stand_at_all_matches() -> None:
    assert paths.only("Shop 'x'", "a*", {"a1": 5, "a2": 5}) == 5
    rule = r"Shop 'x': a\* must stand for one value, got a1: 5; a3: 6\. Name one of them\."
    with pytest.raises(ValueError, match=rule):
        paths.only("Shop 'x'", "a*", {"a1": 5, "a2": 5, "a3": 6})


def assigned(changes: dict[Any, Any]) -> dict[str, Any]:
    """Changes of the known paths, each of which has the value 1; new values are added to it."""
    return paths.assigned(
        "Shop 'x'",
        changes,
        lambda path: dict.fromkeys(paths.matching(path, KNOWN), 1),
        lambda path, now, wanted: now + wanted,
    )


def test_a_pattern_assigns_a_value_to_each_match() -> None:
    assert assigned({"stations.[AB].cycle_time": 4, "*.mean": 1}) == {
        "stations.A.cycle_time": 5,
        "stations.B.cycle_time": 5,
        "stations.OP 1.5 [left].repair.mean": 2,
    }


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"stations.A.cycle_time": 1, "*A*.cycle_time": 2},
            ValueError,
            "Shop 'x': two changes of the same value, got 'stations.A.cycle_time'. Leave one of th",
        ),
        (
            {"*.repair": 1, "*.repair.mean": 2},
            ValueError,
            "a value and a part of it, stations.OP 1.5 [left].repair.mean, cannot both be changed, "
            "got 'stations.OP 1.5 [left].repair'. Leave one of them out.",
        ),
        ({7: 1}, TypeError, "Shop 'x': path must be text, got 7."),
        ({" ": 1}, ValueError, "Shop 'x': path must not be empty, got ' '."),
    ],
)
def test_two_changes_of_one_value_are_refused(
    changes: dict[Any, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        assigned(changes)


def test_a_difference_is_shown_at_the_parts_if_both_have_them() -> None:
    ours = {"a": "A(1)", "a.mean": 1, "b": "B(1, 2)", "b.low": 1, "same": 0}
    theirs = {"a": "A(2)", "a.mean": 2, "b": "A(1)", "b.mean": 1, "same": 0, "more": 3}
    table = paths.differences(ours, theirs)
    assert dict(zip(table.index, table["this"], strict=True)) == {
        "a.mean": 1,
        "b": "B(1, 2)",
        "more": None,
    }


LEFT, RIGHT = "OP 1.5 [left]", "OP 1.5 [right]"


def shop() -> Shop:
    """Two stations and a store whose names look like patterns."""
    arm = Failure("arm.*", Exponential(40), Exponential(8))
    stations = [Station(name, 50, failures=[arm]) for name in (LEFT, RIGHT)]
    first = Line("first line", stations, puts="skid ?")
    second = Line("second line", [Station("end", 40)], takes="skid ?")
    return Shop("demo", [first, second], stores=[Store("skid ?", 5)])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"stations.{LEFT}.cycle_time", 50),
        (f"stations.{LEFT}.failures.arm.*.repair.mean", 8),
        (f'stations."{LEFT}".failures.*.repair.mean', 8),
        ('stations.*."arm.*".uptime.mean', 40),
        ("stores.skid ?.capacity", 5),
        ("lines.first line.buffers", (0,)),
        ("*.capacity", 5),
    ],
)
def test_a_shop_follows_the_grammar(path: str, value: object) -> None:
    assert shop().get(path) == value
    assert shop().replace({path: value}) == shop()


def test_a_quoted_name_in_a_pattern_changes_its_own_station_only() -> None:
    other = shop().replace({f'stations."{LEFT}".*.repair.mean': 6, f"stations.{RIGHT}.scrap": 0.1})
    assert [s.failures[0].repair.mean for s in other.stations[:2]] == [6, 8]
    assert [s.scrap for s in other.stations[:2]] == [0, 0.1]


def test_a_pattern_scales_each_value_of_a_shop() -> None:
    plant = shop().replace({f"stations.{LEFT}.cycle_time": 60})
    other = plant.replace({"stations.OP*.cycle_time": Scale(0.5)})
    assert [s.cycle_time for s in other.stations] == [30, 25, 40]


YARDS = "export.gateways.*.yard"


def test_a_pattern_reads_one_value_of_a_scenario() -> None:
    plan = scenario("ningde-2021")
    with pytest.raises(
        ValueError, match=r"export\.gateways\.\*\.yard must stand for one value, go"
    ):
        plan.get(YARDS)
    assert plan.replace({YARDS: 3_000}).get(YARDS).value == 3_000


def test_a_number_sets_each_quantity_of_a_scenario_in_its_unit() -> None:
    plan = scenario("ningde-2021")
    gateways = plan.replace({YARDS: 3_000, "paint.rate": 50}).export.gateways
    assert len(gateways) > 1
    for gateway in gateways.values():
        assert (gateway.yard.value, gateway.yard.unit) == (3_000, "cars")
        assert not gateway.yard.uncertain


def test_a_pattern_scales_each_quantity_of_a_scenario() -> None:
    plan = scenario("ningde-2021")
    other = plan.replace({YARDS: Scale(2)})
    for name, gateway in plan.export.gateways.items():
        assert other.get(f"export.gateways.{name}.yard").value == 2 * gateway.yard.value


def test_zones_and_shop_may_stand_in_a_path_of_a_scenario() -> None:
    plan = scenario("ningde-2021")
    for long, short in (
        ("body_shop.zones.finish.cycle_time", "body_shop.finish.cycle_time"),
        ("body_shop.shop.repair_crews", "body_shop.repair_crews"),
    ):
        assert plan.get(long) == plan.get(short)
        with pytest.raises(ValueError, match="two changes of the same value"):
            plan.replace({long: 40, short: 40})


def test_an_unknown_path_of_a_scenario_is_answered_with_the_nearest() -> None:
    plan = scenario("ningde-2021")
    with pytest.raises(KeyError, match=r"Did you mean export\.gateways\.[a-z]+\.yard"):
        plan.get("export.gateways.*.yrad")
    with pytest.raises(KeyError, match=r"Did you mean retooling\.full_stop_days"):
        plan.replace({"works.full_stop_days": 3})
