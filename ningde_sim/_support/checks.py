"""Checks of the numbers, names and lists in a description.

Every error reads: which object, the rule, the value given, the cure.
"""

from __future__ import annotations

import datetime
import math
import os
import re
from collections.abc import Iterable, Mapping, Set
from numbers import Integral, Real
from typing import Any

MOST_CHARACTERS = 200
"""Longest text of a value in an error. [characters]"""


CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""No part of a name: terminals obey them, and files, SVG and random streams cannot hold them."""


def shown(value: object) -> str:
    """A value as the text of an error: cut when it is long, and none that its repr cannot write.

    Python writes out no whole number of more than 4,300 digits.
    """
    try:
        return shortened(repr(value))
    except ValueError:
        return f"a {type(value).__name__} too long to write out"


def shortened(value: str) -> str:
    """A text, cut when it is long."""
    return value if len(value) <= MOST_CHARACTERS else f"{value[:MOST_CHARACTERS]} ..."


def complain(owner: str, rule: str, got: object, cure: str = "") -> str:
    """The text of an error: object, rule, value, cure."""
    return f"{owner}: {rule}, got {shown(got)}." + (f" {cure}" if cure else "")


def _as_float(value: Real) -> float:
    """A number as a float; infinite where no float is so large."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


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
    as_float = _as_float(value)
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


def flag(owner: str, field: str, value: Any) -> bool:
    """Return `value` when it is True or False; no other value stands for one of them."""
    if not isinstance(value, bool):
        raise TypeError(complain(owner, f"{field} must be True or False", value))
    return value


def one_of(owner: str, field: str, value: Any, known: Iterable[str], cure: str = "") -> str:
    """Return `value` when it is one of the known words."""
    words = [*known]
    if not isinstance(value, str) or value not in words:
        few = len(words) in (2, 3)
        choice = " or ".join(map(repr, words)) if few else f"one of {', '.join(words)}"
        raise ValueError(complain(owner, f"{field} must be {choice}", value, cure))
    return value


def path(owner: str, field: str, value: Any) -> str | os.PathLike[str]:
    """Return `value` when it can be the path of a file: text that is not blank, or a path."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(complain(owner, f"{field} must be the path of a file", value))
    try:
        named = bool(os.fsencode(value).strip()) and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        named = False
    if not named:
        raise ValueError(complain(owner, f"{field} must be the path of a file", value))
    return value


def kind(owner: str, field: str, value: Any, wanted: type, cure: str = "") -> None:
    """Raise a TypeError for what is not of the wanted kind."""
    if not isinstance(value, wanted):
        raise TypeError(complain(owner, f"{field} must be a {wanted.__name__}", value, cure))


def text(owner: str, field: str, value: Any) -> str:
    """Return `value` when it is text that is not blank and holds no control character."""
    if not isinstance(value, str):
        raise TypeError(complain(owner, f"{field} must be text", value))
    if not value.strip():
        raise ValueError(complain(owner, f"{field} must not be empty", value))
    if fault := unprintable(value):
        raise ValueError(complain(owner, f"{field} {fault}", value, "Leave it out."))
    return value


def prose(owner: str, field: str, value: str) -> str:
    """Return a text, such as a note, when it can be written; it may have several lines."""
    if fault := unprintable(value, lines=True):
        raise ValueError(complain(owner, f"{field} {fault}", value, "Leave it out."))
    return value


def unprintable(value: str, *, lines: bool = False) -> str:
    """The rule that a name breaks by a control character; "" where there is none.

    Parameters
    ----------
    lines : bool
        Whether the text may have several lines.
    """
    control = CONTROL.search(re.sub(r"[\t\r\n]", " ", value) if lines else value)
    if not control:
        return ""
    where = f"character {control.start() + 1} is {control[0]!r}"
    return f"must hold no control character and no half of a character, but {where}"


def listed(owner: str, field: str, values: Any, what: str = "numbers") -> tuple[Any, ...]:
    """Return `values` as a tuple when they have an order; text and mappings are no lists."""
    unordered = isinstance(values, (str, bytes, Mapping, Set))
    if unordered or not isinstance(values, Iterable):
        raise TypeError(complain(owner, f"{field} must be a list of {what}", values))
    return tuple(values)


def numbers(owner: str, field: str, values: Any, each: str = "", **bounds: Any) -> list[float]:
    """Return a list of numbers, each checked by `number`; `each` names one of them in errors."""
    name = each or f"each of {field}"
    return [number(owner, name, value, **bounds) for value in listed(owner, field, values)]


def mapping(owner: str, field: str, value: Any, cure: str = "") -> None:
    """Raise a TypeError for what is no mapping."""
    if not isinstance(value, Mapping):
        raise TypeError(complain(owner, f"{field} must be a mapping", value, cure))


def members(owner: str, field: str, values: Any, kind: type) -> tuple[Any, ...]:
    """Return `values` as a tuple when each is a `kind`; a single one becomes a tuple of one."""
    if isinstance(values, kind):
        values = (values,)
    items = listed(owner, field, values, kind.__name__)
    for value in items:
        if not isinstance(value, kind):
            raise TypeError(complain(owner, f"each of {field} must be a {kind.__name__}", value))
    return items


def distinct(
    owner: str,
    field: str,
    names: Iterable[str],
    *,
    cure: str = "Rename one of them, or leave one out.",
) -> None:
    """Raise a ValueError when a name occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            rule = f"duplicate name in {field}"
            raise ValueError(complain(owner, rule, name, cure))
        seen.add(name)


def date(owner: str, name: str, value: object) -> datetime.date:
    """A day, from a date or from text such as "2026-03-02"."""
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            rule = f'{name} must be a day such as "2026-03-02"'
            raise ValueError(complain(owner, rule, value)) from None
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date):
        raise TypeError(complain(owner, f"{name} must be a date", value))
    return value
