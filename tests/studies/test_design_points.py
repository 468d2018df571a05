"""Which values a sweep puts together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ningde_sim import Fixed
from ningde_sim.studies.design_points import design_points
from ningde_sim.studies.designs import latin_hypercube, sobol


def test_a_grid_has_all_combinations_the_last_path_running_fastest() -> None:
    points = design_points("t", {"a": [1, 2], "b": range(3)})
    assert points.paths == ("a", "b")
    assert points.shape == (2, 3)
    assert points.changes[:4] == (
        {"a": 1, "b": 0},
        {"a": 1, "b": 1},
        {"a": 1, "b": 2},
        {"a": 2, "b": 0},
    )


def test_a_list_may_change_other_paths_in_each_design_point() -> None:
    points = design_points("t", [{}, {"a": 1}, {"b": 2, "a": 3}])
    assert points.paths == ("a", "b")
    assert points.axes is None
    assert points.label(0) == "as it is"
    assert points.label(2) == "b = 2, a = 3"


def test_design_points_may_have_names() -> None:
    points = design_points("t", {"as it is": {}, "both": {"b": 2, "a": 3}})
    assert points.names == ("as it is", "both")
    assert points.changes == ({}, {"b": 2, "a": 3})
    assert (points.paths, points.axes, points.shape) == (("b", "a"), None, (2,))
    assert [points.label(k) for k in range(2)] == ["as it is", "both"]
    assert points.changed(1) == "b = 2, a = 3"
    assert points.changed(1, 1) == "b = 2 ..."


def test_numbers_of_numpy_become_those_of_python() -> None:
    points = design_points("t", {"a": np.arange(2), "b": np.array([0.5])})
    assert [type(v) for v in points.changes[0].values()] == [int, float]


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({}, "at least one path"),
        ([], "change at least one path"),
        ([{}], "change at least one path"),
        ({"a": []}, "a needs at least one value"),
        ({"a": [1, 2, 1]}, r"no value of a may stand twice, got 1\. Leave one"),
        ({"a": [4, 4.0]}, "no value of a may stand twice"),
        ({"a": [Fixed(1), Fixed(1)]}, "no value of a may stand twice"),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], "no value of over may stand twice"),
        ({"": [1]}, "must not be empty"),
        ({"one": {}}, "change at least one path"),
        ({"": {"a": 1}}, "each name of a design point must not be empty"),
        ({"one": {"a": 1}, "two": {"a": 1}}, "may stand twice, got {'two': {'a': 1}}"),
    ],
)
def test_bad_values_are_refused(over: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        design_points("sweep 'x'", over)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"a": 5}, "the values of a must be a list, got 5. One value alone"),
        ({"a": "xy"}, "must be a list"),
        ("a", "over must be {path: values}, {name: {path: value}} or a list"),
        (7, "over must be {path: values}, {name: {path: value}} or a list"),
        (["a"], "over must be {path: values}, {name: {path: value}} or a list"),
        ({3: [1]}, "must be text"),
        ({3: {"a": 1}}, "each name of a design point must be text"),
        ({"one": {"a": 1}, "a": [1, 2]}, "values by path or named design points, not some of each"),
    ],
)
def test_what_is_no_choice_of_values_is_refused(over: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        design_points("sweep 'x'", over)


# ---------------------------------------------------------------- designs

SPACE = {"crews": (1, 4), "cycle": (50.0, 60.0)}


@pytest.mark.parametrize("design", [latin_hypercube, sobol])
def test_a_design_meets_each_part_of_each_range_once(design: Any) -> None:
    points = design({"x": (10.0, 26.0), "y": (-1.0, 1.0)}, 16, seed=3)
    assert sorted(int(point["x"]) for point in points) == list(range(10, 26))
    assert sorted(int((point["y"] + 1) * 8) for point in points) == list(range(16))


@pytest.mark.parametrize("design", [latin_hypercube, sobol])
def test_whole_ends_give_whole_numbers_each_as_likely(design: Any) -> None:
    points = design(SPACE, 16, seed=0)
    crews = [point["crews"] for point in points]
    assert sorted(crews) == sorted([1, 2, 3, 4] * 4)
    assert all(isinstance(n, int) for n in crews)
    assert all(isinstance(point["cycle"], float) for point in points)


def test_equal_design_points_of_a_design_are_left_out() -> None:
    assert sorted(point["n"] for point in latin_hypercube({"n": (1, 3)}, 12, seed=0)) == [1, 2, 3]


def test_a_design_is_that_of_its_seed() -> None:
    assert latin_hypercube(SPACE, 8, seed=0) == latin_hypercube(SPACE, 8, seed=0)
    assert latin_hypercube(SPACE, 8, seed=0) != latin_hypercube(SPACE, 8, seed=1)
    assert sobol(SPACE, 8, seed=0) != sobol(SPACE, 8, seed=1)


@pytest.mark.parametrize(
    ("ranges", "size", "words"),
    [
        ({}, 4, "ranges by path are needed"),
        ({"x": (2, 1)}, 4, "low < high"),
        ({"x": (1, 1)}, 4, "low < high"),
        ({"x": (0.0, np.inf)}, 4, "finite"),
        ({"x": (0, 1)}, 1, "size must be at least 2"),
    ],
)
def test_a_design_of_nothing_is_refused(ranges: Any, size: int, words: str) -> None:
    for design in (latin_hypercube, sobol):
        with pytest.raises(ValueError, match=words):
            design(ranges, size, seed=0)


def test_a_sobol_design_needs_a_power_of_two() -> None:
    with pytest.raises(ValueError, match=r"power of 2, got 12\. Take 8 or 16"):
        sobol(SPACE, 12, seed=0)
    with pytest.raises(TypeError, match="must be"):
        sobol({"x": 3}, 4, seed=0)  # type: ignore[dict-item]
