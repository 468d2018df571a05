"""Intervals, quantiles, warm-up and delays against the reference cases of group F.

Exact answers are compared within the tolerance of the case. Simulated answers have Student's
interval at 99.99 %; with about 10 of them a correct library has a false alarm for 0.1 % of the
choices of seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.statistics.answers import EXACT, LONG, SIMULATED, Answers
from tests.theory.reference import record

LEVEL = 0.9999

WIDEST = 0.06
"""Greatest half-width, as a share of one plus the reference. It is 2 points for a coverage of 88 %,
which distinguishes it from 94 %."""


def each(answers: list[Answers]) -> pytest.MarkDecorator:
    claims = [(a.file, quantity, answer) for a in answers for quantity, answer in a.claims.items()]
    names = [f"{file} {quantity}" for file, quantity, _ in claims]
    return pytest.mark.parametrize(("file", "quantity", "answer"), claims, ids=names)


@each(EXACT)
def test_the_answer_is_that_of_the_reference(file: str, quantity: str, answer: Callable[[], Any]):
    expected = record(file, quantity)
    np.testing.assert_allclose(answer(), expected["value"], rtol=0, atol=expected["tolerance_abs"])


def assert_held(file: str, quantity: str, samples: np.ndarray) -> None:
    """The reference lies in the interval of the samples, and the interval is narrow."""
    expected = record(file, quantity)
    reference = np.array(expected["value"], dtype=float)
    simulated = expected["kind"].startswith("Monte Carlo")  # its tolerance is 4 standard errors
    own = expected["tolerance_abs"] / 4 if simulated else 0.0
    error = np.hypot(samples.std(axis=0, ddof=1) / np.sqrt(len(samples)), own)
    half = stats.t.ppf((1 + LEVEL) / 2, len(samples) - 1) * error
    assert (abs(samples.mean(axis=0) - reference) <= half).all(), (samples.mean(axis=0), half)
    assert (half <= WIDEST * (1 + reference)).all()


@each(SIMULATED)
def test_the_reference_lies_in_the_interval(file: str, quantity: str, answer: Callable[[], Any]):
    assert_held(file, quantity, answer())


@pytest.mark.slow
@each(LONG)
def test_the_reference_of_long_runs_lies_in_the_interval(
    file: str, quantity: str, answer: Callable[[], Any]
):
    assert_held(file, quantity, answer())


def test_a_wrong_reference_does_not_lie_in_the_interval():
    """Batches of 50 cover more often than those of 10; the first 25 wait less than the 25th."""
    answers = {q: answer for a in SIMULATED for q, answer in a.claims.items()}
    for quantity, wrong in (
        ("coverage of the 95 % CI from 20 batches of 10", "20 batches of 50"),
        ("E of the 25th delay", "mean over the first 25 delays"),
    ):
        (other,) = [q for q in answers if wrong in q]
        file = "F13" if "CI" in quantity else "F01"
        with pytest.raises(AssertionError):
            assert_held(file, quantity, answers[other]())
