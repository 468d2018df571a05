"""The two shops that ship."""

from __future__ import annotations

import csv
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ningde_sim import facts
from ningde_sim.plant.schema import ROLES
from ningde_sim.plant.shipped import ningde_2020, ningde_2021
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Station

STATIONS = Path(__file__).parents[1] / "data" / "stations_620.csv"
COLUMNS = dict(
    zip(
        ("weld", "handle", "seal", "stud", "hem", "laser", "measure", "bolt", "brush"),
        ROLES,
        strict=True,
    )
)
BOTH = pytest.mark.parametrize("make", [ningde_2020, ningde_2021])


def listed() -> list[dict[str, str]]:
    with STATIONS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def roles(station: Station) -> Counter[str]:
    return Counter(robot.role for robot in station.robots)


def robots_by_zone(shop: Shop) -> dict[str | None, list[int]]:
    """Of each zone the number of robots in each line."""
    robots: dict[str | None, list[int]] = {}
    for line in shop.lines:
        robots.setdefault(line.zone, []).append(sum(len(s.robots) for s in line.stations))
    return robots


def test_2021_has_the_robots_of_the_article_in_167_stations() -> None:
    shop = ningde_2021()
    assert shop.n_robots == facts.FACTS["F2"].value("robots")
    assert shop.n_stations == 167


def test_2021_equals_the_list_station_by_station() -> None:
    shop = ningde_2021()
    assert [station.name for station in shop.stations] == [row["station"] for row in listed()]
    for row in listed():
        station = shop.station(row["station"])
        wanted = {role: int(row[column]) for column, role in COLUMNS.items() if int(row[column])}
        assert roles(station) == wanted
        tuned = row["station"].startswith("FIN-")
        assert station.cycle_time == (52.2 if tuned else float(row["cycle_s"]))


def test_2021_has_the_robots_by_role() -> None:
    assert Counter(robot.role for robot in ningde_2021().robots) == {
        "weld": 369,
        "handling": 125,
        "sealing": 42,
        "hemming": 36,
        "measuring": 20,
        "stud": 10,
        "bolting": 8,
        "laser": 6,
        "brushing": 4,
    }


def test_robots_are_named_in_the_order_of_their_roles() -> None:
    station = ningde_2021().station("SUB-EC1-040")
    assert [(robot.name, robot.role) for robot in station.robots] == [
        ("SUB-EC1-040-R1", "weld"),
        ("SUB-EC1-040-R2", "weld"),
        ("SUB-EC1-040-R3", "handling"),
        ("SUB-EC1-040-R4", "stud"),
    ]


def test_2020_has_511_robots_in_163_stations() -> None:
    shop = ningde_2020()
    assert (shop.n_robots, shop.n_stations) == (511, 163)


def test_2020_has_the_robots_of_each_zone() -> None:
    assert list(robots_by_zone(ningde_2020()).values())[:-1] == [
        *([robots] * 3 for robots in (13, 11, 15, 15, 14)),
        *([robots] * 2 for robots in (29, 16, 25, 14)),
        *([robots] for robots in (18, 18, 17, 17, 16, 21)),
    ]
    assert sum(robots_by_zone(ningde_2020())["Hang-on, fit and finish"]) == 32


def test_2020_is_2021_with_robots_left_out() -> None:
    later = ningde_2021()
    for station in ningde_2020().stations:
        assert roles(station) <= roles(later.station(station.name))


def test_2020_has_the_published_measuring_and_laser_systems() -> None:
    systems = Counter(role for s in ningde_2020().stations for role in roles(s))
    assert (systems["measuring"], systems["laser"]) == (4, 3)


def test_2020_finishes_a_body_per_minute() -> None:
    assert ningde_2020().station("FIN-220").cycle_time == 60


@BOTH
def test_parts_flow_from_the_sub_lines_to_the_finish(make: Callable[[], Shop]) -> None:
    flow = {line.name: (line.takes, line.puts) for line in make().lines}
    assert flow["SUB-EC3"] == ((), ("engine_compartment",))
    assert flow["MAIN-UB2"] == (
        ("engine_compartment", "front_floor", "rear_floor"),
        ("underbody_2",),
    )
    assert flow["MAIN-FR1"] == (("underbody_1", "side_left", "side_right"), ("framing_1",))
    assert flow["MAIN-RO2"] == (("respot_2",), ("roof",))
    assert flow["FIN-010-030"] == (("roof",), ("finish_040",))
    assert flow["FIN-040-050"] == (("finish_040", "door_rl", "door_rr"), ("finish_060",))
    assert flow["FIN-060-070"] == (("finish_060", "door_fl", "door_fr"), ("finish_080",))
    assert flow["FIN-080-090"] == (("finish_080", "tailgate"), ("finish_100",))
    assert flow["FIN-100-220"] == (("finish_100", "hood"), ())


@BOTH
def test_bodies_leave_at_the_end_of_the_finish_line_only(make: Callable[[], Shop]) -> None:
    assert make().output == ("FIN-100-220",)


@BOTH
def test_stores_have_their_capacity(make: Callable[[], Shop]) -> None:
    capacity = {store.name: store.capacity for store in make().stores}
    closures = ("door_fl", "door_fr", "door_rl", "door_rr", "hood", "tailgate")
    assert capacity == {
        **dict.fromkeys(("engine_compartment", "front_floor", "rear_floor"), 24),
        **dict.fromkeys(("side_left", "side_right"), 30),
        **dict.fromkeys(("underbody_1", "underbody_2"), 8),
        **dict.fromkeys(("framing_1", "framing_2", "respot_1", "respot_2"), 6),
        **dict.fromkeys(("roof", *closures), 60),
        **dict.fromkeys(("finish_040", "finish_060", "finish_080", "finish_100"), 0),
    }


@BOTH
def test_no_store_is_a_bottleneck_for_its_transit(make: Callable[[], Shop]) -> None:
    """With a rate of `capacity` parts per transit time, all stores pass 120 parts an hour."""
    for store in make().stores:
        assert store.transit_time * 120 <= store.capacity * 3600


@BOTH
def test_the_conveyor_fails_at_the_first_station_of_each_line(make: Callable[[], Shop]) -> None:
    for line in make().lines:
        for index, station in enumerate(line.stations):
            names = [failure.name for failure in station.failures]
            assert names == (["fixture", "conveyor"] if index == 0 else ["fixture"])


@BOTH
def test_each_robot_fails_in_three_ways(make: Callable[[], Shop]) -> None:
    for robot in make().robots:
        failures = {failure.name: failure.crew for failure in robot.failures}
        assert failures == {"micro stop": False, "minor": True, "major": True}


@pytest.mark.parametrize(
    ("station", "every"),
    [
        ("SUB-EC1-010", 7),  # 95 spots, 3 guns
        ("MAIN-UB1-030", 10),  # 93 spots, 4 guns
        ("CLO-FDL-010", 27),  # 25 spots, 3 guns
    ],
)
def test_tips_are_dressed_after_225_spots(station: str, every: int) -> None:
    robots = ningde_2021().station(station).robots
    (stop,) = robots[0].planned_stops
    assert (stop.name, stop.every, stop.duration, stop.hidden) == ("tip dressing", every, 12, 0.6)


@BOTH
def test_only_weld_robots_dress_their_tips(make: Callable[[], Shop]) -> None:
    assert {robot.role for robot in make().robots if robot.planned_stops} == {"weld"}


def test_weld_robots_without_spots_dress_no_tips() -> None:
    assert not any(robot.planned_stops for robot in ningde_2021().station("FIN-020").robots)


@BOTH
def test_scrap_and_rework_happen_at_one_station(make: Callable[[], Shop]) -> None:
    shares = {s.name: (s.scrap, s.rework) for s in make().stations if s.scrap or s.rework}
    assert shares == {"FIN-210": (0.001, 0.03)}


@BOTH
def test_four_crews_repair(make: Callable[[], Shop]) -> None:
    assert make().repair_crews == 4


@BOTH
def test_the_notes_say_that_most_is_assumed(make: Callable[[], Shop]) -> None:
    notes = " ".join(make().notes)
    assert "most of this plant is assumed" in notes
    assert "Of its 68 quantities" in notes


@BOTH
def test_a_default_is_made_once(make: Callable[[], Shop]) -> None:
    assert make() is make()


@BOTH
def test_a_default_survives_pickling(make: Callable[[], Shop]) -> None:
    assert pickle.loads(pickle.dumps(make())) == make()
