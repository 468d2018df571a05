"""Nested tables of a file: all their values by path, to read and to replace."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from ningde_sim._support.frozen import Entries
from ningde_sim.plant.faults import fault_lines, found_by_pydantic
from ningde_sim.plant.quantity import Quantity

Table = TypeVar("Table")


class Listed(Entries[Any]):
    """A list of tables, by the names that they have."""

    __slots__ = ()


def _items(table: Any) -> Iterator[tuple[str, Any]] | None:
    """Keys and values of a table; None for what is no table."""
    if isinstance(table, Mapping):
        return iter(table.items())
    if dataclasses.is_dataclass(table) and not isinstance(table, Quantity):
        fields = (field for field in dataclasses.fields(table) if field.init)
        return ((field.name, getattr(table, field.name)) for field in fields)
    return None


def _quantities(value: Any) -> list[tuple[int, Quantity]]:
    """The quantities in a list, with their numbers."""
    listed = value if isinstance(value, tuple) else ()
    return [(k, each) for k, each in enumerate(listed) if isinstance(each, Quantity)]


def leaves(table: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value below a table with its path: quantities, dates, words, lists, but no tables.

    A list that holds quantities is a value, and they are too, by their number from 1 on.
    """
    items = _items(table)
    if items is None:
        yield path, table
        for number, inner in _quantities(table):
            yield (*path, str(number + 1)), inner
        return
    for key, inner in items:
        yield from leaves(inner, *path, key)


def changed(table: Table, change: Callable[[tuple[str, ...], Any], Any], *path: str) -> Table:
    """The same tables with `change(path, value)` in place of each value, checked again.

    Raises
    ------
    ValueError
        A new value breaks a rule of its table; with path, rule and value.
    """
    items = _items(table)
    if items is None:
        new: Any = change(path, table)
        inner = {k: change((*path, str(k + 1)), quantity) for k, quantity in _quantities(new)}
        if any(value is not new[k] for k, value in inner.items()):
            new = tuple(inner.get(k, each) for k, each in enumerate(new))
        return new  # type: ignore[no-any-return]
    values = {key: changed(inner, change, *path, key) for key, inner in items}
    if isinstance(table, Mapping):
        same = all(values[key] is inner for key, inner in table.items())
        return table if same else type(table)(values)  # type: ignore[call-arg]
    other = {key: value for key, value in values.items() if value is not getattr(table, key)}
    if not other:
        return table
    try:
        return dataclasses.replace(table, **other)  # type: ignore[type-var]
    except ValueError as error:
        if (found := found_by_pydantic(error)) is None:
            raise
        raise ValueError("\n".join(fault_lines(found, type(table), *path))) from None


class Copies:
    """Copies of tables with other values at some paths, made fast, because unchecked.

    Parameters
    ----------
    table : table
    paths : sequence of tuple of str
        Of quantities in it, as `leaves` tells them, whose values a copy replaces. Those of the
        copies must keep the rules of the tables.
    """

    def __init__(self, table: Any, paths: Sequence[tuple[str, ...]]) -> None:
        self._table = table
        self._place = paths.index(()) if () in paths else None
        within: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
        for place, path in enumerate(paths):
            if path:
                within.setdefault(path[0], []).append((place, path[1:]))
        inner = [
            (key, [place for place, _ in told], Copies(_at(table, key), [path for _, path in told]))
            for key, told in within.items()
        ]
        self._leaves = [(k, places[0], c._table) for k, places, c in inner if c._place is not None]
        self._inner = [each for each in inner if each[2]._place is None]
        self._is_list, self._is_mapping = isinstance(table, tuple), isinstance(table, Mapping)

    def at(self, values: Sequence[float]) -> Any:
        """The copy with these values, one for each of the paths. [unit of each]"""
        table = self._table
        if self._place is not None:
            return _with_value(table, values[self._place])
        new = {key: _with_value(leaf, values[place]) for key, place, leaf in self._leaves}
        new |= {key: inner.at([values[k] for k in places]) for key, places, inner in self._inner}
        if not new:
            return table
        if self._is_list:
            return tuple(new.get(str(k), each) for k, each in enumerate(table, start=1))
        return type(table)({**table, **new}) if self._is_mapping else _copied(table, new)


def _at(table: Any, key: str) -> Any:
    """What stands in a table under a key, or in a list of quantities under its number."""
    if isinstance(table, tuple):
        return table[int(key) - 1]
    return table[key] if isinstance(table, Mapping) else getattr(table, key)


def _with_value(quantity: Any, value: float) -> Any:
    """A quantity without a range."""
    return _copied(quantity, {"value": value, "low": None, "high": None})


def _copied(table: Any, new: Mapping[str, Any]) -> Any:
    """A copy of a frozen dataclass with other fields, unchecked."""
    cls: Any = type(table)
    copy = object.__new__(cls)
    for name, get, write in _slots(cls):
        write(copy, new[name] if name in new else get(table))
    return copy


@cache
def _slots(cls: Any) -> tuple[tuple[str, Callable[..., Any], Callable[..., None]], ...]:
    """The fields of a slotted dataclass, with what reads and what writes each."""
    slots = ((field.name, getattr(cls, field.name)) for field in dataclasses.fields(cls))
    return tuple((name, slot.__get__, slot.__set__) for name, slot in slots)


def plain(value: Any) -> Any:
    """Tables as the nested dictionaries of a TOML file, without empty values."""
    items = _items(value)
    if isinstance(value, Listed):
        return [plain(inner) for inner in value.values()]
    if isinstance(value, Quantity):
        items = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
    if items is not None:
        return {key: plain(inner) for key, inner in items if inner not in (None, "", (), {})}
    return [plain(inner) for inner in value] if isinstance(value, tuple) else value
