"""Checks of the numbers, names and lists in a description.

Every error reads: which object, the rule, the value given, the cure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

MOST_CHARACTERS = 200
"""Longest text of a value in an error. [characters]"""


def shortened(value: str) -> str:
    """The text of a value, cut when it is long."""
    return value if len(value) <= MOST_CHARACTERS else f"{value[:MOST_CHARACTERS]} ..."


def complain(owner: str, rule: str, got: object, cure: str = "") -> str:
    """The text of an error: object, rule, value, cure."""
    return f"{owner}: {rule}, got {shortened(repr(got))}." + (f" {cure}" if cure else "")


def number(
    owner: str,
    field: str,
    value: Any,
    *,
    low: float = 0.0,
    high: float = math.inf,
    above: bool = False,
    cure: str = "",
) -> float:
    """Return `value` as a float when it is a finite number within its bounds.

    Parameters
    ----------
    low, high : float
        Least and greatest value allowed.
    above : bool
        Whether `low` itself is not allowed.

    Raises
    ------
    TypeError
        The value is not a number (text, None, True).
    ValueError
        The value is not finite or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(complain(owner, f"{field} must be a number", value, cure))
    as_float = float(value)
    if not math.isfinite(as_float):
        raise ValueError(complain(owner, f"{field} must be a finite number", value, cure))
    if as_float < low or (above and as_float == low):
        bound = f"greater than {low:g}" if above else f"at least {low:g}"
        raise ValueError(complain(owner, f"{field} must be {bound}", value, cure))
    if as_float > high:
        raise ValueError(complain(owner, f"{field} must be at most {high:g}", value, cure))
    return as_float


def finite(owner: str, field: str, value: Any, *, cure: str = "") -> float:
    """Return `value` as a float when it is a finite number, which may be negative."""
    return number(owner, field, value, low=-math.inf, cure=cure)


def share(owner: str, field: str, value: Any) -> float:
    """Return `value` as a float when it lies between 0 and 1, such as a confidence level."""
    as_float = number(owner, field, value, above=True)
    if as_float >= 1:
        cure = "It is a share: write 0.95 for 95 %."
        raise ValueError(complain(owner, f"{field} must be less than 1", value, cure))
    return as_float


def whole(
    owner: str,
    field: str,
    value: Any,
    *,
    low: int = 0,
    high: int = 2**31,
    cure: str = "",
) -> int:
    """Return `value` as an int when it is a whole number within its bounds."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(complain(owner, f"{field} must be a whole number", value, cure))
    as_int = int(value)
    if as_int < low:
        raise ValueError(complain(owner, f"{field} must be at least {low}", value, cure))
    if as_int > high:
        raise ValueError(complain(owner, f"{field} must be at most {high}", value, cure))
    return as_int


def stream_number(owner: str, field: str, value: Any) -> int:
    """Return `value` as an int when it can be a seed, or the number of a run."""
    return whole(owner, field, value, high=2**63 - 1)


def text(owner: str, field: str, value: Any) -> str:
    """Return `value` when it is text that is not blank."""
    if not isinstance(value, str):
        raise TypeError(complain(owner, f"{field} must be text", value))
    if not value.strip():
        raise ValueError(complain(owner, f"{field} must not be empty", value))
    return value


def members(owner: str, field: str, values: Any, kind: type) -> tuple[Any, ...]:
    """Return `values` as a tuple when each is a `kind`; a single one becomes a tuple of one."""
    if isinstance(values, kind):
        values = (values,)
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(complain(owner, f"{field} must be a list of {kind.__name__}", values))
    items = tuple(values)
    for value in items:
        if not isinstance(value, kind):
            raise TypeError(complain(owner, f"each of {field} must be a {kind.__name__}", value))
    return items


def distinct(owner: str, field: str, names: Iterable[str]) -> None:
    """Raise a ValueError when a name occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            rule = f"duplicate name in {field}"
            raise ValueError(complain(owner, rule, name, "Rename one of them, or leave one out."))
        seen.add(name)
