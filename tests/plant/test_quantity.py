"""A number with its doubt."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest

from ningde_sim.plant.quantity import Quantity

CYCLE = Quantity(53, "s", low=52, high=56, evidence="assumed", source="a guess")


def test_it_shows_its_range_and_confidence() -> None:
    assert str(CYCLE) == "53 s (52-56), assumption"


def test_it_may_lack_a_range() -> None:
    assert str(Quantity(620, "robots", evidence="reported", source="the article")) == (
        "620 robots, seed"
    )


def test_a_share_shows_no_unit() -> None:
    share = Quantity(0.5, "-", low=0.3, high=0.8, evidence="found", source="a page")
    assert str(share) == "0.5 (0.3-0.8), found"


def test_it_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(CYCLE)) == CYCLE


def test_it_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        CYCLE.value = 54.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": 57}, "high must be at least the value of 57"),
        ({"value": 51}, "low must be at most the value of 51"),
        ({"low": 60}, "low must be at most high, which is 56"),
        ({"value": "53"}, "valid number"),
        ({"value": True}, "valid number"),
        ({"value": float("nan")}, "finite number"),
        (
            {"evidence": "sure"},
            "'seed', 'found', 'measured', 'derived', 'recalled' or 'assumption'",
        ),
        ({"source": ""}, "at least 1 character"),
    ],
)
def test_a_replacement_is_checked_again(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CYCLE, **change)


@pytest.mark.parametrize(
    ("args", "fields", "wanted"),
    [
        ((3,), {}, "Quantity(3): unit: it must be given; confidence: it must be given; source: it"),
        (("a", "s"), {"evidence": "found", "source": "x"}, "value: Input should be a valid numb"),
        ((3, "s", 4), {"evidence": "found", "source": "x"}, "what follows value and unit must b"),
        ((3, "s"), {"evidence": "found", "source": "x", "hgih": 5}, "hgih: there is no such fi"),
        ((3, "s"), {"evidence": "found", "source": "x", "low": 5}, "low: low must be at most th"),
    ],
)
def test_what_is_no_quantity_is_told_with_the_cure(
    args: tuple[Any, ...], fields: dict[str, Any], wanted: str
) -> None:
    """Each fault in one line, and nothing of the library that found it."""
    with pytest.raises(ValueError, match="Such as Quantity") as told:
        Quantity(*args, **fields)
    assert wanted in str(told.value)
    assert "pydantic" not in str(told.value)
    assert "\n" not in str(told.value)
    assert type(told.value) is ValueError
