"""Values of a shop by their dotted paths."""

from __future__ import annotations

import pytest

from ningde_sim import (
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    PlannedStop,
    Robot,
    Scale,
    Shop,
    Split,
    Station,
    Store,
    ningde_2021,
    scenario,
)

ARM = Failure("arm", uptime=Exponential(40), repair=Exponential(8), crew=True)
TIPS = PlannedStop("tips", every=50, duration=30)


def shop() -> Shop:
    robots = [Robot(f"R{i}", "weld", failures=[ARM], planned_stops=[TIPS]) for i in (1, 2)]
    weld = Line(
        "weld", [Station("W1", 55, robots=robots), Station("W2", 50)], buffers=1, puts="skid.1"
    )
    fit = Line("fit", [Station("F1", 52, failures=[ARM])], takes="skid.1")
    return Shop("demo", [weld, fit], stores=[Store("skid.1", 20)], repair_crews=2)


@pytest.mark.parametrize(
    ("path", "value", "new"),
    [
        ("repair_crews", 2, 3),
        ("repair_crews", 2, None),
        ("stores.skid.1.capacity", 20, 5),
        ("lines.weld.buffers", (1,), (4,)),
        ("stations.W1.cycle_time", 55.0, 54.0),
        ("stations.W2.scrap", 0.0, 0.1),
        ("stations.F1.failures.arm.crew", True, False),
        ("stations.F1.failures", (ARM,), ()),
        ("robots.R2.failures.arm.repair.mean", 8.0, 6.0),
        ("robots.R2.failures.arm.repair", Exponential(8), Fixed(8)),
        ("robots.R1.planned_stops.tips.every", 50, 60),
    ],
)
def test_a_value_is_read_and_replaced_by_its_path(path: str, value: object, new: object) -> None:
    plant = shop()
    assert plant.get(path) == value
    other = plant.replace({path: new})
    assert other.get(path) == new
    assert other.replace({path: value}) == plant


def test_only_what_is_named_changes() -> None:
    plant, path = shop(), "robots.R2.failures.arm.repair.mean"
    other = plant.replace({path: 6})
    assert other.get("robots.R1.failures.arm.repair.mean") == 8
    assert other.get("stations.F1.failures.arm.repair.mean") == 8
    assert other.lines[1] is plant.lines[1]


def test_a_star_stands_for_any_text() -> None:
    other = shop().replace({"stations.*.cycle_time": 60, "robots.*.uptime.mean": 80})
    assert [s.cycle_time for s in other.stations] == [60, 60, 60]
    assert other.get("robots.*.failures.arm.uptime.mean") == 80
    assert other.get("stations.F1.failures.arm.uptime.mean") == 40
    assert shop().replace({"*.failures.arm.uptime.mean": 9}).get("*.uptime.mean") == 9


def test_a_star_reads_equal_values_only() -> None:
    with pytest.raises(ValueError, match=r"must stand for one value, got .*W1.*55.*W2.*50"):
        shop().get("stations.*.cycle_time")


def test_the_buffers_of_a_line_may_be_given_as_one_number() -> None:
    assert shop().replace({"lines.weld.buffers": 3}).get("lines.weld.buffers") == (3,)


@pytest.mark.parametrize(
    "path", ["stores.skid.1.capacty", "station.W1.cycle_time", "", "stores.x*"]
)
def test_an_unknown_path_is_refused_with_the_nearest(path: str) -> None:
    for act in (lambda: shop().get(path), lambda: shop().replace({path: 1})):
        with pytest.raises((KeyError, ValueError), match=r"Did you mean|must not be empty"):
            act()


def test_a_path_is_text() -> None:
    with pytest.raises(TypeError, match="path must be text, got 5"):
        shop().get(5)  # type: ignore[arg-type]


def test_two_changes_of_one_value_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two changes of the same value, got 'stations\.W1"):
        shop().replace({"stations.W1.cycle_time": 50, "stations.W*.cycle_time": 51})
    both = {"stations.F1.failures.arm.repair": Fixed(3), "stations.F1.failures.arm.repair.mean": 3}
    with pytest.raises(ValueError, match="cannot both be changed"):
        shop().replace(both)


def test_names_and_notes_have_no_path() -> None:
    for path in ("name", "notes", "stations.W1.name"):
        with pytest.raises(KeyError, match="unknown path"):
            shop().get(path)


def test_a_value_that_breaks_a_rule_is_refused_in_the_name_of_its_owner() -> None:
    with pytest.raises(ValueError, match=r"Store 'skid\.1': capacity must be at least 0, got -1"):
        shop().replace({"stores.skid.1.capacity": -1})


def test_every_value_of_the_default_shop_can_be_put_back() -> None:
    plant = ningde_2021()
    for path in ("repair_crews", "stores.roof.capacity", "stations.FIN-210.cycle_time"):
        assert plant.replace({path: plant.get(path)}) == plant
    doors = plant.replace({"stores.door_*.capacity": 15})
    assert [s.capacity for s in doors.stores if s.name.startswith("door")] == [15] * 4


def test_scale_multiplies_the_value_at_each_path() -> None:
    changes = {"stations.*.cycle_time": Scale(0.5), "repair_crews": Scale(2)}
    other = shop().replace(changes)
    assert [s.cycle_time for s in other.stations] == [27.5, 25, 26]
    assert other.repair_crews == 4
    assert str(Scale(0.8)) == "x 0.8"
    with pytest.raises(TypeError, match=r"repair must be a number.*\.mean of a distribution"):
        shop().replace({"stations.F1.failures.arm.repair": Scale(2)})
    with pytest.raises(ValueError, match="factor must be at least 0"):
        Scale(-1)


def test_a_shop_with_alternatives_and_splits_has_paths() -> None:
    """A flow is one value: nothing below it has a path."""
    lines = [
        Line("new", [Station("N", 50)], puts=Split({"left": 0.5, "right": 0.5})),
        Line("join", [Station("J", 20)], takes=[("left", "right")]),
    ]
    plant = Shop("flows", lines, stores=[Store("left", 2), Store("right", 2)])
    assert plant.replace({"lines.join.copies": 2}).line("join").copies == 2
    assert plant.get("lines.join.takes") == plant.line("join").takes
    swapped = plant.replace({"lines.join.takes": [("right", "left")]})
    assert list(plant.diff(swapped).index) == ["lines.join.takes"]


def test_a_scaled_quantity_of_a_scenario_is_not_uncertain() -> None:
    plan, path = scenario("ningde-2021"), "retooling.full_stop_days"
    twice = plan.replace({path: Scale(2)}).get(path)
    assert twice.value == 2 * plan.get(path).value
    assert not twice.uncertain


def test_a_difference_names_the_innermost_values_that_both_have() -> None:
    changes = {"stations.F1.failures.arm.repair.mean": 9, "stores.skid.1.capacity": 7}
    table = shop().diff(shop().replace(changes))
    assert table["other"].to_dict() == {path: float(value) for path, value in changes.items()}
    assert table["this"].to_dict() == {path: shop().get(path) for path in changes}
    assert shop().diff(shop()).empty


def test_a_difference_of_kind_is_one_of_the_whole_value() -> None:
    changes = {
        "stations.F1.failures.arm.repair": Fixed(9),
        "stations.W1.cycle_time": Gamma(50, 0.1),
        "repair_crews": None,
    }
    assert dict(shop().diff(shop().replace(changes))["other"]) == changes
    assert [*shop().diff(ningde_2021()).columns] == ["this", "other"]
    with pytest.raises(TypeError, match=r"Shop 'demo': the argument of diff must be a Shop, got 3"):
        shop().diff(3)  # type: ignore[arg-type]
