"""The faults of a file or a table: path, rule, value, cure."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from ningde_sim.plant.paths import nearest

Table = TypeVar("Table")


def fault(rule: str, got: object, *where: str | int) -> ValidationError:
    """An error for a validator to raise, at a path below the table that it checks."""
    # Pydantic reads braces in a message as fields.
    kind = PydanticCustomError("rule", "{rule}", {"rule": rule})
    return ValidationError.from_exception_data(
        "fault", [InitErrorDetails(type=kind, loc=where, input=got)]
    )


def clear_faults(cls: type[Table]) -> type[Table]:
    """The same class, whose errors list each fault in a line: its key, the rule, the value."""
    init = cls.__init__

    @wraps(init)
    def __init__(self: Table, *args: Any, **kwargs: Any) -> None:
        try:
            init(self, *args, **kwargs)
        except ValidationError as error:
            text = faults_found(cls.__name__, fault_lines(error, cls))
            raise ValueError(text) from error

    cls.__init__ = __init__  # type: ignore[method-assign, assignment]
    return cls


def found_by_pydantic(error: ValueError) -> ValidationError | None:
    """The faults that pydantic found, behind an error of a class with clear faults too."""
    cause = error if isinstance(error, ValidationError) else error.__cause__
    return cause if isinstance(cause, ValidationError) else None


def together(checks: Iterable[Callable[[], object]]) -> None:
    """Make some checks and raise one error with the faults of all.

    Raises
    ------
    ValidationError
        With every fault that a check has raised.
    """
    details: list[InitErrorDetails] = []
    for check in checks:
        try:
            check()
        except ValidationError as error:
            for each in error.errors(include_url=False):
                kind = PydanticCustomError("rule", "{rule}", {"rule": each["msg"]})
                details.append(InitErrorDetails(type=kind, loc=each["loc"], input=each["input"]))
    if details:
        raise ValidationError.from_exception_data("fault", details)


def below(error: ValueError, *where: str | int) -> ValidationError:
    """The first fault of a table, as an error at the path at which the table stands."""
    found = found_by_pydantic(error)
    if found is None:
        return fault(str(error), None, *where)
    first = found.errors(include_url=False)[0]
    return fault(first["msg"], first["input"], *where, *first["loc"])


_RULES = {
    "missing": "this key is missing",
    "unexpected_keyword_argument": "unknown key",
    "dataclass_type": "it must be a table, for a quantity { value = 60, unit = 's', ... }",
}


MOST_LISTED = 200
"""Faults that an error lists one by one."""


def faults_found(owner: str, faults: list[str]) -> str:
    """The text of an error for all faults of a file: their number, a line for each."""
    more = [f"... and {len(faults) - MOST_LISTED:,} more"] if len(faults) > MOST_LISTED else []
    return "\n  ".join([f"{owner}: faults found: {len(faults)}", *faults[:MOST_LISTED], *more])


def fault_lines(error: ValidationError, root: type, *path: str) -> list[str]:
    """A line for each fault that pydantic found below a table: path, rule, value, nearest key."""
    lines: list[str] = []
    for each in error.errors(include_url=False):
        where = [str(part) for part in each["loc"] if not str(part).startswith("<")]
        line = f"{'.'.join([*path, *where])}: {_RULES.get(each['type'], each['msg'])}"
        line += "." if each["type"] == "missing" else f", got {_given(each['input'])}."
        if each["type"] == "unexpected_keyword_argument" and len(lines) < MOST_LISTED:
            line = f"{line} {nearest(where[-1], _keys(root, where[:-1]))}".rstrip()
        lines.append(line)
    return lines


def _given(value: Any) -> str:
    given = repr(value)
    return given if len(given) <= 80 else f"{given[:76]} ..."


def _keys(table: Any, path: list[str]) -> list[str]:
    """The keys that the table at a path below another may have."""
    for part in path:
        options = [table, *typing.get_args(table)]
        known = [option for option in options if dataclasses.is_dataclass(option)]
        if known and part in (names := typing.get_type_hints(known[0])):
            table = names[part]
        else:  # a mapping of tables, a list of them
            table = next((t for t in reversed(options) if t not in (str, type(None), ...)), table)
    options = [table, *typing.get_args(table)]
    return [f.name for t in options if dataclasses.is_dataclass(t) for f in dataclasses.fields(t)]
