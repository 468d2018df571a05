"""Every value of nested tables by its dotted path."""

from __future__ import annotations

import dataclasses
import difflib
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import pandas as pd
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
        raise ValueError("\n".join(fault_lines(error, type(table), *path))) from None


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> pd.DataFrame:
    """A row a path at which two mappings differ; missing where one has no such path.

    Of a value and what stands in it, where both are paths, the inner ones tell more; but where one
    of the two has no such inner one, the whole does.
    """
    paths = dict.fromkeys([*ours, *theirs])
    found = {path for path in paths if ours.get(path) != theirs.get(path)}
    hidden = set()
    for path in found:
        for above in outer(path):
            if above in found:
                hidden.add(above if path in ours and path in theirs else path)
    rows = [(path, ours.get(path), theirs.get(path)) for path in paths if path in found - hidden]
    table = pd.DataFrame(rows, columns=["path", "this", "other"], dtype=object)  # None stays None
    return table.set_index("path")


def outer(path: str) -> Iterator[str]:
    """The paths of all that it stands in."""
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


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


def nearest(word: str, known: list[str]) -> str:
    """What may have been meant: the known ones that look alike, or end alike."""
    last = word.rsplit(".", 1)[-1]
    alike = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    alike += [other for other in known if other.rsplit(".", 1)[-1] == last][:3]
    alike += difflib.get_close_matches(word, known, n=3, cutoff=0.3)
    found = list(dict.fromkeys(alike))[:3]
    return f"The nearest: {', '.join(found)}." if found else ""
