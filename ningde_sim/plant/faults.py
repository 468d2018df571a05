"""The faults of a file or a table: path, rule, value, cure."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from ningde_sim.plant.paths import nearest


def fault(rule: str, got: object, *where: str | int) -> ValidationError:
    """An error for a validator to raise, at a place below the thing that it checks."""
    # Pydantic reads braces in a message as fields.
    kind = PydanticCustomError("rule", "{rule}", {"rule": rule})
    return ValidationError.from_exception_data(
        "fault", [InitErrorDetails(type=kind, loc=where, input=got)]
    )


_RULES = {
    "missing": "this key is missing",
    "unexpected_keyword_argument": "there is no such key here",
    "dataclass_type": "it must be a table, such as { value = 60, unit = 's', ... } for a quantity",
}


def fault_lines(error: ValidationError, root: type, *path: str) -> list[str]:
    """The faults that pydantic found below a table, a line each: path, rule, value, nearest key."""
    lines = []
    for fault in error.errors(include_url=False):
        where = [str(part) for part in fault["loc"]]
        rule, given = _RULES.get(fault["type"], fault["msg"]), repr(fault["input"])
        given = given if len(given) <= 80 else f"{given[:76]} ..."
        line = f"{'.'.join([*path, *where])}: {rule}"
        line += "." if fault["type"] == "missing" else f", got {given}."
        if fault["type"] == "unexpected_keyword_argument":
            line = f"{line} {nearest(where[-1], _keys(root, where[:-1]))}".rstrip()
        lines.append(line)
    return lines


def _keys(table: Any, path: list[str]) -> list[str]:
    """The keys that a table may have at a path below another."""
    for part in path:
        options = [table, *typing.get_args(table)]
        known = [option for option in options if dataclasses.is_dataclass(option)]
        if known and part in (names := typing.get_type_hints(known[0])):
            table = names[part]
        else:  # a mapping of tables, a list of them
            table = next((t for t in reversed(options) if t not in (str, type(None), ...)), table)
    options = [table, *typing.get_args(table)]
    return [f.name for t in options if dataclasses.is_dataclass(t) for f in dataclasses.fields(t)]
