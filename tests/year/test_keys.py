"""The table of keys in the help of `scenario` is that of the classes: key, unit, default."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from pydantic import WrapValidator

from ningde_sim import scenario
from ningde_sim.plant.quantity import Quantity
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import BlockTable

BY_SHOP = "calendars.<shop>.<key>"
NO_FIELDS = ("base", "changes.<path>", "<shop>", "<shop>_before", "calendar.shifts.<name>", BY_SHOP)
"""What stands in the table and is no field of a class: keys of the file alone, and short forms."""


class Key(NamedTuple):
    """A key of the classes: its unit, where it is a quantity, and whether it must be given."""

    unit: str | None
    required: bool


def fields(cls: Any, path: str, *, needed: bool = True) -> Iterator[tuple[str, Key]]:
    """All keys below a class."""
    hints = typing.get_type_hints(cls, include_extras=True)
    for field in dataclasses.fields(cls):
        has_default = field.default is not dataclasses.MISSING
        required = not (has_default or field.default_factory is not dataclasses.MISSING)
        yield from keys(hints[field.name], f"{path}{field.name}", required)


def keys(hint: Any, path: str, required: bool) -> Iterator[tuple[str, Key]]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated and inner[0] is Quantity:
        yield path, Key(unit(hint), required)
    elif origin is typing.Annotated:
        yield from keys(inner[0], path, required)
    elif origin in (typing.Union, types.UnionType):
        for option in inner:
            if option is not type(None):
                yield from keys(option, path, required)
    elif origin is dict:
        yield from keys(inner[1], f"{path}.<>", required)
    elif dataclasses.is_dataclass(hint):
        yield from fields(hint, f"{path}.")
    else:
        yield path, Key(None, required)


def unit(hint: Any) -> str:
    """The unit that a quantity must have."""
    (wrap,) = (each for each in hint.__metadata__ if isinstance(each, WrapValidator))
    names = wrap.func.__code__.co_freevars  # type: ignore[attr-defined]
    cells = wrap.func.__closure__  # type: ignore[attr-defined]
    given = dict(zip(names, (cell.cell_contents for cell in cells), strict=True))
    return str(given["unit"])


def in_classes() -> dict[str, Key]:
    """The keys of a scenario, with `<>` for names."""
    found = {
        path: key
        for path, key in fields(Scenario, "")
        if not path.startswith(("shops.", "before", "calendars."))
    }
    return found | dict(fields(BlockTable, "<>.")) | {"shops": Key(None, True)}


def in_help() -> dict[str, list[str]]:
    """The rows of the table, with `<>` for names."""
    text = scenario.__doc__ or ""
    table = re.split(r"^ +=+  =[= ]+\n", text, flags=re.MULTILINE)[2]
    rows = [re.split(r" {2,}", line.strip()) for line in table.splitlines()]
    return {row[0].replace("...", "export.gateways.<g>", 1): row[1:] for row in rows}


ROWS = in_help()


def test_each_key_stands_in_the_table_and_no_other() -> None:
    given = {re.sub("<[^>]*>", "<>", key) for key in ROWS if key not in NO_FIELDS}
    assert given == set(in_classes())
    assert set(NO_FIELDS) <= set(ROWS)


@pytest.mark.parametrize("key", [key for key in ROWS if key not in NO_FIELDS])
def test_a_row_tells_unit_default_and_an_example(key: str) -> None:
    what, default, example = ROWS[key]
    known = in_classes()[re.sub("<[^>]*>", "<>", key)]
    if known.unit:
        told = what.partition(";")[0].partition(",")[0].split()[0]
        assert told.endswith(known.unit) if known.unit[0] == "/" else told == known.unit
    if known.required and not key.startswith("calendar.s"):
        assert default == "required"
    if default == "required":
        assert known.required or key in ("calendar.start", "calendar.end", "calendar.shift_hours")
    assert example
