"""What stands in the cells of a workbook, as the values of plain tables."""

from __future__ import annotations

import dataclasses
import re
from datetime import date, datetime, time, timedelta
from typing import Any

from ningde_sim._support import toml
from ningde_sim._support.workbook import MOST_CHARACTERS
from ningde_sim.plant.from_tables import DISTRIBUTIONS
from ningde_sim.plant.to_sheets import NAMES, NEVER, TEXTS


class Unfit(Exception):
    """A cell breaks a rule; its arguments are the rule and the cure."""


_OF_TOML = "Such as 60.5, lognormal(mean = 12, cv = 0.8), Lognormal(12, 0.8), { A = 60, B = 70 }."
_AS_TIME = "Format the cell as a number or as text: it is a time or a date now."
_TIME = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")


def value_of(title: str, key: str, value: Any) -> Any:
    """What a table holds for what is in a cell.

    Parameters
    ----------
    title, key : str
        Of its sheet and its column.
    value : None, bool, int, float, str, datetime, date, time or timedelta

    Raises
    ------
    Unfit
        It breaks a rule of its column.

    Examples
    --------
    >>> value_of("Stations", "cycle_time", "{ A = 60, B = Lognormal(70, 0.5) }")
    {'A': 60, 'B': {'distribution': 'lognormal', 'mean': 70, 'cv': 0.5}}
    >>> value_of("Shifts", "opening", "6:30")
    6.5
    """
    if title == "Shifts" and key != "shift":
        return _hours(value)
    if key == "robots":
        return _roles(value)
    if key == "crew" and title != "Crews" and isinstance(value, bool):
        return value  # any crew
    return _text(value) if key in TEXTS else _names(value) if key in NAMES else _value(value)


def _text(value: Any) -> Any:
    """A text; a number may be a name."""
    if isinstance(value, (date, time, timedelta)):
        raise Unfit("must be text", _AS_TIME)
    if isinstance(value, bool):
        raise Unfit("must be text, no truth value", "Put it in quotation marks.")
    if not isinstance(value, str):
        return str(value)
    return _toml(value) if value.strip().startswith('"') else value.strip()


def _names(value: Any) -> Any:
    """Names separated by commas, or as TOML has them."""
    if not isinstance(value, str) or ("," not in value and value.strip()[:1] not in "[{"):
        return [_text(value)]
    if value.strip().startswith('"'):
        return _toml(f"[{value}]")
    if value.strip().startswith(("[", "{")):
        return _toml(value)
    return [name.strip() for name in value.split(",")]


def _roles(value: Any) -> Any:
    if isinstance(value, (int, float)):
        raise Unfit("must be the roles of the robots, not their number", "Such as weld, weld.")
    return _names(value)


def _hours(value: Any) -> Any:
    """Hours, from a number or a time of day. [h]"""
    if isinstance(value, str) and (told := _TIME.fullmatch(value.strip())):
        value = timedelta(hours=int(told[1]), minutes=int(told[2]), seconds=int(told[3] or 0))
    if isinstance(value, time):
        value = datetime.combine(datetime.min, value) - datetime.min
    if isinstance(value, timedelta):
        return _whole(value / timedelta(hours=1))
    if isinstance(value, date):
        raise Unfit("must be an hour or a time of day, not a date", "Such as 22.5 or 22:30.")
    return NEVER if str(value).strip().lower() == NEVER else _value(value)


def _value(value: Any) -> Any:
    """A number, a truth value, or what TOML has behind the equals sign."""
    if isinstance(value, (date, time, timedelta)):
        raise Unfit("must be a number", _AS_TIME)
    if not isinstance(value, str):
        return value
    return _whole(_toml(value.lower() if value.lower() in ("true", "false") else value))


def _whole(value: Any) -> Any:
    """A whole number as one: in cells 40 and 40.0 are the same."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _toml(text: str) -> Any:
    """The value of a text as TOML has it, or of one with calls of distributions."""
    if len(text) > MOST_CHARACTERS:
        raise Unfit(f"must have at most {MOST_CHARACTERS:,} characters", "")
    try:
        data = toml.parsed("cell", f"cell = {_without_calls(text.strip())}")
        if [*data] == ["cell"]:
            return _with_arguments(data["cell"])
    except ValueError:
        pass
    raise Unfit("must be a number, or a text, a list or a table as in TOML", _OF_TOML)


_PIECE = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"(?!")|'[^'\n]*'(?!'))
    |(?P<call>[A-Za-z]+)\(
    |(?P<opens>[\[{])
    |(?P<closes>[\])}])
    |[A-Za-z]+
    |[^"'()\[\]{}\#A-Za-z]+""",
    re.VERBOSE,
)
"""A piece of TOML with calls, without comments and without strings of several lines."""

_ARGUMENTS = ""
"""The key of what a call has without names, which is the key of nothing else."""


def _without_calls(text: str) -> str:
    """TOML with a table for each call, `Fixed(3)` or `fixed(v = 3)`."""
    made: list[str] = []
    open_: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if not piece:
            raise ValueError(text[at:])
        part, at = piece[0], piece.end()
        if piece["call"]:
            is_named = re.match(r"\s*\w+\s*=", text[at:])
            open_.append((")", " }" if is_named else "] }"))
            part = f'{{ distribution = "{piece["call"].lower()}", '
            part += "" if is_named else f'"{_ARGUMENTS}" = ['
        elif piece["opens"]:
            open_.append(("]", "]") if part == "[" else ("}", "}"))
        elif piece["closes"]:
            closes, part = open_.pop() if open_ else ("", "")
            if closes != piece["closes"]:
                raise ValueError(text[at:])
        made.append(part)
    return "".join(made)


def _with_arguments(value: Any) -> Any:
    """The same with the names of the arguments of each call."""
    if isinstance(value, list):
        return [_with_arguments(each) for each in value]
    if not isinstance(value, dict):
        return value
    value = {key: _with_arguments(each) for key, each in value.items()}
    given = value.pop(_ARGUMENTS, None)
    kind = DISTRIBUTIONS.get(str(value.get("distribution")))
    if given is None or kind is None:
        return value
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    named = zip(["of" if name == "distribution" else name for name in names], given, strict=False)
    if len(given) > len(names):
        raise ValueError(given)
    return value | dict(named)
