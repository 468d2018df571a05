"""Every value of nested tables by its dotted path."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from ningde_sim.plant.quantity import Quantity

Table = TypeVar("Table")


def _items(table: Any) -> Iterator[tuple[str, Any]] | None:
    """Keys and values of a table; None of what is a value itself."""
    if isinstance(table, Mapping):
        return iter(table.items())
    if dataclasses.is_dataclass(table) and not isinstance(table, Quantity):
        return ((field.name, getattr(table, field.name)) for field in dataclasses.fields(table))
    return None


def leaves(table: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value below a table with its path: quantities, dates, words, lists; no tables."""
    items = _items(table)
    if items is None:
        yield path, table
        return
    for key, inner in items:
        yield from leaves(inner, *path, key)


def changed(table: Table, change: Callable[[tuple[str, ...], Any], Any], *path: str) -> Table:
    """The same tables with `change(path, value)` in the place of each value, checked again.

    Raises
    ------
    ValueError
        A changed value breaks a rule of its table; with path, rule and value.
    """
    items = _items(table)
    if items is None:
        new: Table = change(path, table)
        return new
    found = {key: changed(inner, change, *path, key) for key, inner in items}
    if isinstance(table, Mapping):
        same = all(found[key] is inner for key, inner in table.items())
        return table if same else found  # type: ignore[return-value]
    new_values = {key: value for key, value in found.items() if value is not getattr(table, key)}
    if not new_values:
        return table
    try:
        return dataclasses.replace(table, **new_values)  # type: ignore[type-var]
    except ValidationError as error:
        lines = [fault_line(dict(fault), *path) for fault in error.errors(include_url=False)]
        raise ValueError("\n".join(lines)) from None


def plain(value: Any) -> Any:
    """Tables as the nested dictionaries of a TOML file, without what is not there."""
    items = _items(value)
    if isinstance(value, Quantity):
        items = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
    if items is not None:
        return {key: plain(inner) for key, inner in items if inner not in (None, "", (), {})}
    return [plain(inner) for inner in value] if isinstance(value, tuple) else value


_RULES = {
    "missing": "this key is missing",
    "unexpected_keyword_argument": "there is no such key here",
    "dataclass_type": "it must be a table, such as { value = 60, unit = 's', ... } for a quantity",
}


def fault_line(found: dict[str, Any], *path: str) -> str:
    """One fault that pydantic found: path, rule, value given."""
    where = ".".join(str(part) for part in (*path, *found["loc"]))
    rule = _RULES.get(found["type"], found["msg"])
    given = repr(found["input"])
    given = given if len(given) <= 80 else f"{given[:76]} ..."
    return f"{where}: {rule}." if found["type"] == "missing" else f"{where}: {rule}, got {given}."


def nearest(word: str, known: list[str]) -> str:
    """What may have been meant: the known ones that look alike, or end alike."""
    last = word.rsplit(".", 1)[-1]
    alike = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    alike += [other for other in known if other.rsplit(".", 1)[-1] == last][:3]
    alike += difflib.get_close_matches(word, known, n=3, cutoff=0.3)
    found = list(dict.fromkeys(alike))[:3]
    return f"The nearest: {', '.join(found)}." if found else ""
