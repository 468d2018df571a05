"""The tables of a shop's file as a description: each number with its range, at a path of its own.

Lists of what has a name, such as lines and stations, are addressed by these names:
`lines.press.stations.P1.cycle_time`, `failures.jam.repair.mean`.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ningde_sim._support import checks
from ningde_sim._support.frozen import Entries
from ningde_sim.plant.faults import fault_lines, faults_found
from ningde_sim.plant.from_tables import distribution_of, shop_of
from ningde_sim.plant.nested import Listed, leaves, plain
from ningde_sim.plant.quantity import EVIDENCES, WHOLE_UNITS, Quantity
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.to_tables import tables_of

_S, _H, _MIN, _SHARE, _PARTS = "s", "h", "min", "-", "parts"

UNITS = {
    **dict.fromkeys(("cycle_time", "duration", "setup", "time", "same", "other"), _S),
    **dict.fromkeys(("transit_time", "headway"), _S),
    "uptime": _H,
    "repair": _MIN,
    **dict.fromkeys(("scrap", "rework", "reject", "hidden", "share"), _SHARE),
    **dict.fromkeys(("capacity", "initial", "buffers"), _PARTS),
    **dict.fromkeys(("repair_crews", "number"), "crews"),
    "days_to_90": "days",
}
"""Unit of the numbers under a key, be it alone, of a distribution or by product."""

BY_PRODUCT = ("cycle_time", "scrap", "rework", "reject")
"""Keys under which numbers may stand by product."""

PURE = ("cv", "shape", "hidden")
"""What has no unit wherever it stands."""

UNNAMED = "The shop"
"""Who complains where no file is known."""

EVERY = {"cycles": "cycles", "working h": _H, "clock h": _H}
"""Unit of `every`, by the `unit` of a planned stop."""


@dataclasses.dataclass(frozen=True, eq=True)
class ShopTables:
    """The tables of a file with `lines`.

    Attributes
    ----------
    tables : mapping
        Nested; a number may be a Quantity.
    shop : Shop
        What they describe, each number at its typical value.
    """

    tables: Mapping[str, Any]
    shop: Shop = dataclasses.field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        faults = [*_unit_faults(self.tables)]
        try:
            object.__setattr__(self, "shop", self._made())
        except ValueError as error:
            faults += _not_at(faults, error)
        if faults:
            raise ValueError(faults_found(UNNAMED, faults))

    def __hash__(self) -> int:
        return hash(self.tables)

    @classmethod
    def read(cls, data: Mapping[str, Any], owner: str = UNNAMED) -> ShopTables:
        """The description from plain tables, checked.

        Raises
        ------
        ValueError
            With every fault: its path in the tables, the rule, the value given.
        """
        faults: list[str] = []
        tables = _described(data, (), faults)
        try:
            described = cls(tables)
        except ValueError as error:
            faults += _not_at(faults, error)
        if faults:
            raise ValueError(faults_found(owner, faults))
        return described

    @classmethod
    def of(cls, shop: Shop) -> ShopTables:
        """The description of a shop that was made in Python."""
        return cls.read(tables_of(shop))

    @property
    def name(self) -> str:
        """Of the shop."""
        return str(self.tables["name"])

    @property
    def plain(self) -> dict[str, Any]:
        """The tables as the nested dictionaries of a TOML file."""
        data: dict[str, Any] = plain(self.tables)
        return data

    @property
    def typical(self) -> dict[str, Any]:
        """The same with plain numbers in place of quantities."""
        return {key: _typical(value) for key, value in self.tables.items()}

    def _check_ends(self) -> None:
        """Raise an error for ranges whose ends make no shop, all low or all high."""
        for end in ("low", "high"):
            try:
                shop_of({key: _typical(value, end) for key, value in self.tables.items()}, UNNAMED)
            except ValueError as error:
                first, *lines = str(error).splitlines()
                where = f"with all ranges at their {end} ends: "
                lines = [f"{p}: {where}{f}" for p, _, f in (x.partition(": ") for x in lines)]
                raise ValueError("\n".join([first, *lines])) from None

    def _made(self) -> Shop:
        """The shop, each number at its typical value."""
        shop = shop_of(self.typical, UNNAMED)
        if any(isinstance(value, Quantity) and value.uncertain for _, value in leaves(self.tables)):
            self._check_ends()
        numbers = Counter(v.evidence for _, v in leaves(self.tables) if isinstance(v, Quantity))
        if not numbers:
            return shop
        words = ", ".join(f"{numbers[word]} {word}" for word in EVIDENCES if numbers[word])
        note = f"Of its numbers {numbers.total()} have a source: {words}."
        return dataclasses.replace(shop, notes=(*shop.notes, note))

    def without(self, keys: Collection[str], *, steady: bool = False) -> ShopTables:
        """The same shop without what stands under some keys of it, its lines and its stations.

        Parameters
        ----------
        keys : collection of str
            Such as "failures". Without "reject" flows end that only rejects keep alive.
        steady : bool
            Each cycle time at its mean, and setups that ask for no crew.
        """
        left = _Without(keys, steady).of(self.tables, "shop")
        return ShopTables(_without_dry_flows(left) if "reject" in keys else left)


def _not_at(faults: list[str], error: ValueError) -> list[str]:
    """The faults of an error, but for those that follow from others, at their places or above."""
    places = [line.partition(": ")[0] for line in faults]
    lines = [line.strip() for line in str(error).splitlines()[1:]]
    return [
        line
        for line in lines
        if not any(place.startswith(line.partition(": ")[0]) for place in places)
    ]


_BELOW: dict[str, dict[str, Any]] = {
    "shop": {"lines": ("line",), "zones": ("line",)},
    "line": {"stations": ("station",), "station": "station"},
    "station": {"robots": ("robot",), "robot": "robot"},
    "robot": {},
}
"""What stands under the keys of a table; of a tuple, under a name each."""


@dataclasses.dataclass(frozen=True)
class _Without:
    """Leaves some keys out of tables: keys, not names that sound the same."""

    keys: Collection[str]
    steady: bool

    def of(self, table: Any, kind: str) -> Any:
        if not isinstance(table, Mapping):  # such as a number of stations, or a role
            return table
        kept: dict[str, Any] = {}
        for key, inner in table.items():
            below = _BELOW[kind].get(key)
            if key in self.keys:
                continue
            if isinstance(below, tuple):
                kept[key] = self._each(inner, *below)
            elif below:
                kept[key] = self.of(inner, below)
            elif self.steady and kind == "station" and key == "cycle_time":
                kept[key] = _mean(inner)
            elif self.steady and key == "setup" and isinstance(inner, Mapping) and "time" in inner:
                kept[key] = Entries({k: each for k, each in inner.items() if k != "crew"})
            else:
                kept[key] = inner
        return type(table)(kept)  # type: ignore[call-arg]

    def _each(self, tables: Any, kind: str) -> Any:
        if isinstance(tables, Mapping):
            return type(tables)({k: self.of(each, kind) for k, each in tables.items()})  # type: ignore[call-arg]
        if isinstance(tables, tuple):
            return tuple(self.of(each, kind) for each in tables)
        return tables


def _without_dry_flows(tables: Any) -> Any:
    """A shop that rejects nothing, without the stores that nothing fills any more.

    Lines go that take from such a store alone; alternatives to it stay.
    """
    lines: dict[str, Mapping[str, Any]] = {
        name: Entries({key: inner for key, inner in line.items() if key != "rejects"})
        for name, line in tables["lines"].items()
    }
    stores = dict(tables.get("stores", {}))
    while True:
        filled = {name for line in lines.values() for name in _stores_in(line, "puts", "returns")}
        dry = {name for name, own in stores.items() if not own.get("initial")} - filled
        fed = {name: _fed(line, dry) for name, line in lines.items()}
        left = {name: line for name, line in fed.items() if line is not None}
        used = {
            name for line in left.values() for name in _stores_in(line, "takes", "puts", "returns")
        }
        if left == lines and stores.keys() <= used:
            break
        stores = {name: own for name, own in stores.items() if name in used - dry}
        lines = left
    rest = {key: inner for key, inner in tables.items() if key not in ("lines", "stores", "output")}
    output = [name for name in tables.get("output", ()) if name in lines]
    rest |= {"output": tuple(output)} if output else {}
    rest |= {"stores": Listed(stores)} if stores else {}
    return _without_unused({**rest, "lines": Listed(lines)})


def _without_unused(tables: dict[str, Any]) -> Any:
    """Tables without the zones that no line has any more."""
    zones = {line.get("zone") for line in tables["lines"].values()}
    if own := tables.get("zones"):
        tables["zones"] = Entries({key: zone for key, zone in own.items() if key in zones})
    return Entries(tables)


def _flows(line: Mapping[str, Any], key: str) -> tuple[Any, ...]:
    given = line.get(key, ())
    return given if isinstance(given, tuple) else (given,)


def _alternatives(flow: Any) -> list[str]:
    """The stores of a flow: alternatives, shares or a number from each."""
    if not isinstance(flow, Mapping):
        return [str(flow)]
    stores = flow.get("split", flow.get("stores", flow))
    return [stores] if isinstance(stores, str) else [*stores]


def _stores_in(line: Mapping[str, Any], *keys: str) -> list[str]:
    return [name for key in keys for flow in _flows(line, key) for name in _alternatives(flow)]


def _fed(line: Mapping[str, Any], dry: Collection[str]) -> Mapping[str, Any] | None:
    """A line without alternatives that are dry; None if one of its flows is dry altogether."""
    if not dry or "takes" not in line:
        return line
    takes: list[Any] = []
    for flow in _flows(line, "takes"):
        left = [name for name in _alternatives(flow) if name not in dry]
        if not left:
            return None
        if isinstance(flow, Mapping) and "stores" in flow:
            flow = Entries({**flow, "stores": tuple(left)})
        takes.append(flow)
    return Entries({**line, "takes": tuple(takes)})


def _mean(cycle: Any) -> Any:
    """A cycle time without its spread; by product too. [s]"""
    if not isinstance(cycle, Mapping):
        return cycle
    if "distribution" not in cycle:
        return Entries({product: _mean(own) for product, own in cycle.items()})
    if "mean" in cycle:
        return cycle["mean"]
    return distribution_of(_typical(cycle)).mean


def _described(value: Any, path: tuple[str, ...], faults: list[str]) -> Any:
    """Tables that cannot be changed, with quantities in place of their tables."""
    if isinstance(value, Mapping):
        if {"value", "unit"} <= value.keys():
            return _quantity(value, path, faults)
        return Entries(
            {key: _described(inner, (*path, str(key)), faults) for key, inner in value.items()}
        )
    if isinstance(value, (list, tuple)):
        names: list[Any] = [
            each.get("name") if isinstance(each, Mapping) else None for each in value
        ]
        known = all(isinstance(name, str) for name in names) and len({*names}) == len(names)
        if value and known:
            pairs = zip(names, value, strict=True)
            return Listed({n: _described(each, (*path, str(n)), faults) for n, each in pairs})
        return tuple(_described(each, path, faults) for each in value)
    return value


def _unit(table: Mapping[str, Any], path: tuple[str, ...], key: str, above: str | None) -> Any:
    """The unit of a number under a key of a table; that of the table is `above`."""
    if key == "every" and "duration" in table:
        return EVERY.get(str(table.get("unit", "cycles")))
    if path and path[-1] in BY_PRODUCT and "distribution" not in table:
        return above
    if key == "start" and path:
        return _SHARE if path[-1] == "ramp" else _H
    return _SHARE if key in PURE else UNITS.get(key, above)


def _quantity(table: Mapping[str, Any], path: tuple[str, ...], faults: list[str]) -> Any:
    try:
        return TypeAdapter(Quantity).validate_python(dict(table))
    except ValidationError as error:
        faults += fault_lines(error, Quantity, *path)
        return table["value"] if isinstance(table["value"], (int, float)) else 1.0


def _unit_faults(value: Any, path: tuple[str, ...] = (), unit: str | None = None) -> Iterator[str]:
    """The faults of quantities without the unit of their place, or not whole; of other names."""
    if isinstance(value, Listed):
        for name, inner in value.items():
            if inner["name"] != name:
                cure = "Build each plant, and compare them."
                rule = "names have no path"
                yield checks.complain(".".join([*path, name, "name"]), rule, inner["name"], cure)
            yield from _unit_faults(inner, (*path, name))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _unit_faults(inner, (*path, key), _unit(value, path, key, unit))
    elif isinstance(value, tuple):
        for inner in value:
            yield from _unit_faults(inner, path)
    elif isinstance(value, Quantity):
        where = ".".join(path)
        if unit is None:
            rule = "here stands a plain number, without a unit"
            yield checks.complain(where, rule, str(value))
        elif value.unit != unit:
            yield checks.complain(where, f"the unit must be {unit!r}", value.unit)
        elif unit in WHOLE_UNITS:
            for name in ("value", "low", "high"):
                number = getattr(value, name)
                if number is not None and number != int(number):
                    yield checks.complain(f"{where}.{name}", "it must be whole", number)


def _typical(value: Any, end: str = "value") -> Any:
    """Plain tables, with the values of quantities or one of their ends."""
    if isinstance(value, Quantity):
        number: float = {"low": value.least, "high": value.most}.get(end, value.value)
        whole = value.unit in WHOLE_UNITS or value.unit == "cycles"
        return round(number) if whole else number
    if isinstance(value, Listed):
        return [_typical(each, end) for each in value.values()]
    if isinstance(value, Mapping):
        return {key: _typical(each, end) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_typical(each, end) for each in value]
    return value
