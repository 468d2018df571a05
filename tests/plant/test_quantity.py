"""A number with its uncertainty."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest

from ningde_sim.plant.quantity import Quantity

CYCLE = Quantity(53, "s", low=52, high=56, evidence="assumed", source="a guess")


def test_it_shows_its_range_and_evidence() -> None:
    assert str(CYCLE) == "53 s (52-56), assumed"


def test_it_may_lack_a_range() -> None:
    assert str(Quantity(620, "robots", evidence="reported", source="the article")) == (
        "620 robots, reported"
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
            "'reported', 'found', 'measured', 'derived', 'recalled' or 'assumed'",
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
        (
            (3,),
            {},
            "Quantity(3): unit: this field is missing; evidence: this field is missing; source: ",
        ),
        (("a", "s"), {"evidence": "found", "source": "x"}, "value: Input should be a valid numb"),
        (
            (3, "s", 4),
            {"evidence": "found", "source": "x"},
            "arguments: only value and unit may be given without a name",
        ),
        ((3, "s"), {"evidence": "found", "source": "x", "hgih": 5}, "hgih: unknown field, got 5"),
        (
            (3, "s"),
            {"evidence": "found", "source": "x", "low": 5},
            "low: low must be at most the value of 3, got 5",
        ),
    ],
)
def test_an_error_names_each_fault_with_the_cure(
    args: tuple[Any, ...], fields: dict[str, Any], wanted: str
) -> None:
    """In one line, without a word of pydantic."""
    with pytest.raises(ValueError, match="For example Quantity") as caught:
        Quantity(*args, **fields)
    assert wanted in str(caught.value)
    assert "pydantic" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert type(caught.value) is ValueError
