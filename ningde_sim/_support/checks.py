"""What a number, a name or a list in a description has to be.

Every complaint reads: which object, the rule, the value given, the cure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

MOST_CHARACTERS = 200
"""Of the value in a complaint."""


def complain(owner: str, rule: str, got: object, cure: str = "") -> str:
    """The text of an error: object, rule, value, cure."""
    given = repr(got)
    given = given if len(given) <= MOST_CHARACTERS else f"{given[:MOST_CHARACTERS]} ..."
    return f"{owner}: {rule}, got {given}." + (f" {cure}" if cure else "")


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
        The value must be greater than `low`, not only equal to it.

    Raises
    ------
    TypeError
        The value is not a number (text, None, a truth value).
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
    """Return `value` as a float when it is a finite number, also below 0, such as a target."""
    return number(owner, field, value, low=-math.inf, cure=cure)


def share(owner: str, field: str, value: Any) -> float:
    """Return `value` as a float when it lies between 0 and 1, such as a level of confidence."""
    found = number(owner, field, value, above=True)
    if found >= 1:
        cure = "It is a share: 0.95 for 95 %."
        raise ValueError(complain(owner, f"{field} must be less than 1", value, cure))
    return found


def whole(
    owner: str,
    field: str,
    value: Any,
    *,
    low: int = 0,
    high: int = 2**31,
    cure: str = "",
) -> int:
    """Return `value` as an int when it is a whole number of at least `low`."""
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
    """Return `value` when it is text and not empty."""
    if not isinstance(value, str):
        raise TypeError(complain(owner, f"{field} must be text", value))
    if not value.strip():
        raise ValueError(complain(owner, f"{field} must not be empty", value))
    return value


def members(owner: str, field: str, values: Any, kind: type) -> tuple[Any, ...]:
    """Return `values` as a tuple when each is a `kind`; a single one is taken as a list of one."""
    if isinstance(values, kind):
        values = (values,)
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(complain(owner, f"{field} must be a list of {kind.__name__}", values))
    found = tuple(values)
    for value in found:
        if not isinstance(value, kind):
            raise TypeError(complain(owner, f"each of {field} must be a {kind.__name__}", value))
    return found


def distinct(owner: str, field: str, names: Iterable[str]) -> None:
    """Complain when a name stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(
                complain(owner, f"no two {field} may have one name", name, "Rename one of them.")
            )
        seen.add(name)
