"""A shop as plain tables; `ningde_sim.plant.from_tables` reads them, and tells their form."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

from ningde_sim.plant.distributions import Distribution, Shifted
from ningde_sim.plant.entries import Entry, Split
from ningde_sim.plant.line import Line
from ningde_sim.plant.product import Sequence
from ningde_sim.plant.station import Failure, PlannedStop
from ningde_sim.plant.working_time import WorkingTime

NAMED = {"failures": Failure, "planned_stops": PlannedStop, "working_times": WorkingTime}
"""What stands once, under a name, at the top of a file."""

NOT_LOADED = "not loaded"
"""The age of a part that was not loaded yet, in the `parts` of a start."""


def tables_of(shop: Any) -> dict[str, Any]:
    """A shop as plain tables, without what is as by default; `shop_of` makes it again, equal.

    Parameters
    ----------
    shop : Shop
    """
    once = _Once()
    table = once.plain(shop)
    assert isinstance(table, dict)
    lines = table.pop("lines")
    return {**table, **{key: named for key, named in once.named.items() if named}, "lines": lines}


class _Once:
    """Makes tables; failures, planned stops and working times once each, under a name."""

    def __init__(self) -> None:
        self.named: dict[str, dict[str, Any]] = {key: {} for key in NAMED}
        self._names: dict[str, dict[Any, str]] = {key: {} for key in NAMED}

    def plain(self, value: Any) -> Any:
        for key, kind in NAMED.items():
            if isinstance(value, kind):
                return self._name(key, value)
        if isinstance(value, Distribution):
            fields = self._fields(value)
            if isinstance(value, Shifted):
                fields["of"] = fields.pop("distribution")
            return {"distribution": type(value).__name__.lower(), **fields}
        if isinstance(value, Entry):
            number = {} if value.number == 1 else {"number": value.number}
            return {"stores": [*value.stores], **number}
        if isinstance(value, Split):
            return {"split": dict(value.shares)}
        if isinstance(value, Sequence):
            return _plain_sequence(value)
        if dataclasses.is_dataclass(value):
            return self._fields(value)
        if isinstance(value, Mapping):
            return {key: self.plain(inner) for key, inner in value.items()}
        if isinstance(value, (tuple, list)):
            return [NOT_LOADED if inner is None else self.plain(inner) for inner in value]
        return value

    def _fields(self, value: Any) -> dict[str, Any]:
        """The fields that differ from their defaults."""
        table = {}
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            if isinstance(value, Line) and field.name == "buffers" and len({*inner}) < 2:
                inner = next(iter(inner), 0)
            if inner is not None and inner != default_of(field):
                table[field.name] = self.plain(inner)
        return table

    def _name(self, key: str, value: Any) -> str:
        """The name of what stands once; several things of one name are numbered."""
        names, wanted = self._names[key], getattr(value, "name", "hours")
        if value not in names:
            taken = {*names.values()}
            numbered = (f"{wanted} #{n}" for n in itertools.count(2))
            names[value] = next(
                name for name in itertools.chain([wanted], numbered) if name not in taken
            )
            fields = self._fields(value)
            if fields.get("name") == names[value]:
                del fields["name"]
            self.named[key][names[value]] = fields
        return names[value]


def default_of(field: dataclasses.Field[Any]) -> Any:
    """The default of an argument; `dataclasses.MISSING` of one that has none."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _plain_sequence(sequence: Sequence) -> dict[str, Any]:
    table: dict[str, Any] = {"kind": sequence.kind}
    if sequence.kind == "random":
        return table | ({} if sequence.batch == 1 else {"batch": sequence.batch})
    if sequence.kind == "cycle":
        return table | {"products": [name for name, n in sequence.runs for _ in range(n)]}
    return table | {"orders": [[name, n] for name, n in sequence.runs]}
