"""A shop from plain tables: what a file of any plant holds.

The keys are the arguments of the classes, so a table says what Python says. What only Python can
say in one word has a form of its own:

    a distribution      { distribution = "lognormal", mean = 12, cv = 0.8 }; of a shifted one the
                        distribution that it shifts stands under `of`
    alternatives        { stores = ["repaired", "new"], number = 2 } in `takes` and the like
    a split             { split = { paint = 0.9, audit = 0.1 } }
    a sequence          { kind = "cycle", products = ["A", "A", "B"] }, or { kind = "orders",
                        orders = [["A", 3], ["B", 7]] }, or { kind = "random", batch = 5 }

Failures, planned stops and working times stand once, each under a name, and are given by name to
what they are of. Many stations alike: `stations = 22`, with what they share in `station`; robots by
their roles, `robots = ["weld", "weld"]`, with what they share in `robot`. What all lines of a zone
share stands in `zones.<zone>`, what all its stations share in `zones.<zone>.station`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ningde_sim._support import checks
from ningde_sim.plant import distributions
from ningde_sim.plant.calendar import Calendar
from ningde_sim.plant.crew import Crew
from ningde_sim.plant.distributions import Distribution
from ningde_sim.plant.entries import Split
from ningde_sim.plant.faults import fault_lines, faults_found
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.paths import nearest
from ningde_sim.plant.product import Product, Ramp, Sequence, Setup
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.start import Start
from ningde_sim.plant.station import Robot, Station
from ningde_sim.plant.to_tables import NAMED, NOT_LOADED, default_of
from ningde_sim.plant.working_time import WorkingTime

DISTRIBUTIONS: dict[str, type[Distribution]] = {
    name.lower(): getattr(distributions, name)
    for name in (
        *("Fixed", "Exponential", "Lognormal", "Gamma", "Weibull", "Uniform", "Triangular"),
        *("Empirical", "Normal", "Shifted"),
    )
}
"""By the word that a file has for them."""

MOST_STATIONS = 10_000
"""Of a line that tells their number."""

_LISTS = {
    (Station, "robots"): Robot,
    (Shop, "crews"): Crew,
    (Shop, "stores"): Store,
    (Shop, "products"): Product,
}
"""What the lists of tables under some keys of a class describe."""

_TABLES = {(Shop, "start"): Start, (Product, "ramp"): Ramp}
"""What the tables under some keys of a class describe."""

_DURATIONS = ("uptime", "repair", "duration", "cycle_time", "same", "time")
FLOWS = ("takes", "puts", "rejects", "returns")

OF_WEEK = ("shifts", "shift_hours", "weekdays")
"""Keys of a working time that is told by the shifts of a week: those of a `Calendar`."""

OWN_NAME = "name"
"""The key of the name of a thing; what stands once, under a name, may leave it out."""


Place = Callable[[str, str], str]
"""Where a reader finds what is at a path, of which something is told: a path, a cell."""


def shop_of(
    data: Mapping[str, Any],
    owner: str = "The shop",
    *,
    place: Place = lambda path, _: path,
    faults: Collection[str] = (),
) -> Shop:
    """The shop that plain tables describe.

    Parameters
    ----------
    data : mapping
        With the keys of `Shop`, and `failures`, `planned_stops`, `working_times`, `zones`.
    owner : str
        Who complains, such as the path of a file.
    place : callable
        What a fault calls a path in the tables; it also gets the text of the fault.
    faults : collection of str
        Those that who made the tables has found; `LACKING` stands where one kept a value from them.

    Raises
    ------
    ValueError
        With every fault: its place, the rule, the value given.
    """
    reader = _Reader(place)
    shop = reader.shop({**data, "notes": LACKING} if faults else data)
    if shop is None or reader.faults:
        raise ValueError(faults_found(owner, [*faults, *reader.faults]))
    return shop


def distribution_of(table: Mapping[str, Any]) -> Distribution:
    """The distribution that a plain table describes, of one that has been checked."""
    distribution: Distribution = _Reader(lambda path, _: path)._durations("", table)
    return distribution


LACKING: Any = object()
"""In place of what a fault has kept from being made."""


class _Reader:
    """Makes what tables describe, and keeps all faults."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.faults: list[str] = []
        self._named: dict[str, dict[str, Any]] = {}
        self._used: dict[str, set[str]] = {key: set() for key in NAMED}
        self._zones: dict[str, dict[str, Any]] = {}

    def shop(self, data: Mapping[str, Any]) -> Shop | None:
        rest = self._mapping("", data)
        for key, kind in NAMED.items():
            given = self._mapping(key, rest.pop(key, {}))
            self._named[key] = {
                name: self._named_table(kind, f"{key}.{name}", table, name)
                for name, table in given.items()
            }
        zones = self._mapping("zones", rest.pop("zones", {}))
        for key, zone in zones.items():
            table = self._mapping(f"zones.{key}", zone)
            station = self._mapping(f"zones.{key}.station", table.get("station", {}))
            self._zones[key] = {**table, "station": station}
        if rest.get("lines", LACKING) is not LACKING:
            rest["lines"] = self._listed("lines", rest["lines"], self._line)
        shop = self._table(Shop, "", rest, {})
        if isinstance(shop, Shop):
            self._check_used(shop)
        return None if shop is LACKING else shop

    def _named_table(self, kind: type, where: str, given: Any, name: str) -> Any:
        """What stands once, under a name; a working time may be told by the shifts of a week."""
        if kind is not WorkingTime:
            return self._table(kind, where, given, {OWN_NAME: name})
        if not isinstance(given, Mapping) or "shifts" not in given:
            return self._table(kind, where, given, {})
        for key in sorted(given.keys() - {*OF_WEEK}):
            rule = f"unknown key; the shifts of a week have {', '.join(OF_WEEK)}"
            self._fault(f"{where}.{key}", rule, given[key], nearest(key, [*OF_WEEK]))
        week = {key: value for key, value in given.items() if key in OF_WEEK}
        try:
            return TypeAdapter(Calendar).validate_python(week).week
        except ValidationError as error:
            for line in fault_lines(error, Calendar):
                self._tell(f"{where}.{line.partition(':')[0]}", line.partition(": ")[2])
        return LACKING

    def _check_used(self, shop: Shop) -> None:
        """Refuse what is written and given to nothing."""
        zones = {line.zone for line in shop.lines}
        unused = [("zones", name) for name in self._zones if name not in zones]
        unused += [
            (key, name)
            for key, named in self._named.items()
            for name in named
            if name not in self._used[key]
        ]
        for key, name in unused:
            cure = "Name it where it belongs, or leave it out."
            self._fault(f"{key}.{name}", "it is given to nothing", name, cure)

    # ------------------------------------------------------------------ lines and stations

    def _line(self, where: str, given: Any) -> Any:
        own = self._mapping(where, given)
        zone = self._zones.get(str(own.get("zone")), {})
        table = {**zone, **own}
        table.pop("station", None)
        station_of_line = self._mapping(f"{where}.station", own.get("station", {}))
        shared = {**zone.get("station", {}), **station_of_line}
        stations = table.get("stations", LACKING)
        name = table.get("name", "")
        if isinstance(stations, int) and not isinstance(stations, bool):
            if not 1 <= stations <= MOST_STATIONS:
                rule = f"a number of stations is from 1 to {MOST_STATIONS:,}"
                return self._fault(f"{where}.stations", rule, stations)
            digits = max(2, len(str(stations)))
            stations = [{"name": f"{name}-{k:0{digits}}"} for k in range(1, stations + 1)]
        if stations is not LACKING:

            def station(place: str, each: Any) -> Any:
                return self._station(place, {**shared, **self._mapping(place, each)})

            table["stations"] = self._listed(f"{where}.stations", stations, station)
        return self._table(Line, where, table, {})

    def _station(self, where: str, table: dict[str, Any]) -> Any:
        """A station; of robots that are told by their roles, with what they share in `robot`."""
        shared = self._mapping(f"{where}.robot", table.pop("robot", {}))
        if shared and not table.get("robots"):
            self._fault(f"{where}.robot", "there are no robots that could share this", shared)
        if isinstance(table.get("robots"), list):
            table["robots"] = [
                {"name": f"{table.get('name')}-R{k}", "role": robot, **shared}
                if isinstance(robot, str)
                else {**shared, **robot}
                if isinstance(robot, Mapping)
                else robot
                for k, robot in enumerate(table["robots"], start=1)
            ]
        return self._table(Station, where, table, {})

    # ------------------------------------------------------------------ any table

    def _table(self, kind: type, where: str, given: Any, known: dict[str, Any]) -> Any:
        """What a table describes, by the arguments of its class."""
        n = len(self.faults)
        table = {**known, **self._mapping(where, given)}
        fields = {field.name: field for field in dataclasses.fields(kind)}
        values = {}
        for key, value in table.items():
            path = f"{where}.{key}".lstrip(".")
            if key not in fields:
                self._fault(path, "unknown key", value, nearest(key, [*fields]))
            else:
                values[key] = self._value(kind, key, path, value)
        for key, field in fields.items():
            if key not in table and default_of(field) is dataclasses.MISSING:
                self._tell(f"{where}.{key}".lstrip("."), "this key is missing.")
        if len(self.faults) > n or any(_lacks(value) for value in values.values()):
            return LACKING
        return self._made(where or "shop", lambda: kind(**values))

    def _value(self, kind: type, key: str, where: str, given: Any) -> Any:
        if given is LACKING:
            return given
        if key in NAMED and isinstance(given, list):
            return self._listed(where, given, lambda path, each: self._of_name(key, path, each))
        if key == "working_time":
            return self._of_name("working_times", where, given)
        if key in FLOWS:
            flows = given if isinstance(given, list) else [given]
            return self._listed(where, flows, self._flow)
        if kind is Start and key == "parts" and isinstance(given, Mapping):
            return {name: _ages(ages) for name, ages in given.items()}
        if key == "sequence":
            return self._sequence(where, given)
        if key == "setup":
            return self._setup(where, given)
        if key in _DURATIONS:
            return self._durations(where, given)
        if each := _LISTS.get((kind, key)):
            return self._listed(where, given, lambda path, one: self._table(each, path, one, {}))
        if inner := _TABLES.get((kind, key)):
            return self._table(inner, where, given, {})
        return given

    def _of_name(self, key: str, where: str, given: Any) -> Any:
        if isinstance(given, Mapping):
            return self._table(NAMED[key], where, given, {})
        if not isinstance(given, str) or given not in self._named[key]:
            known = ", ".join(self._named[key]) or "none"
            return self._fault(where, f"no name in [{key}]; the file has {known}", given)
        self._used[key].add(given)
        return self._named[key][given]

    def _durations(self, where: str, given: Any) -> Any:
        """A number, a distribution, or either by product."""
        if not isinstance(given, Mapping):
            return given
        word = given.get("distribution")
        if isinstance(word, str):
            if word not in DISTRIBUTIONS:
                cure = f"It may be {', '.join(DISTRIBUTIONS)}."
                return self._fault(f"{where}.distribution", "unknown distribution", word, cure)
            rest = {key: value for key, value in given.items() if key != "distribution"}
            if word == "shifted" and "of" in rest:
                rest["distribution"] = self._durations(f"{where}.of", rest.pop("of"))
            return self._table(DISTRIBUTIONS[word], where, rest, {})
        return {key: self._durations(f"{where}.{key}", inner) for key, inner in given.items()}

    def _setup(self, where: str, given: Any) -> Any:
        if isinstance(given, Mapping) and "time" in given and "distribution" not in given:
            return self._table(Setup, where, given, {})
        return self._durations(where, given)

    def _flow(self, where: str, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        if set(given) == {"split"}:
            return self._made(where, lambda: Split(given["split"]))
        if "stores" in given and set(given) <= {"stores", "number"}:
            stores, number = given["stores"], given.get("number", 1)
            stores = [stores] if isinstance(stores, str) else stores
            if not isinstance(stores, list) or not all(isinstance(each, str) for each in stores):
                return self._fault(f"{where}.stores", "it must be a list of names", stores)
            return {tuple(stores): number} if number != 1 else tuple(stores)
        return dict(given)

    def _sequence(self, where: str, given: Any) -> Any:
        table = self._mapping(where, given)
        forms: dict[str, tuple[str, Callable[[Any], Sequence]]] = {
            "random": ("batch", Sequence.random),
            "cycle": ("products", Sequence.cycle),
            "orders": ("orders", Sequence.orders),
        }
        kind = table.get("kind", "random")
        if not isinstance(kind, str) or kind not in forms:
            return self._fault(f"{where}.kind", "it is random, cycle or orders", kind)
        key, make = forms[kind]
        for other in table:
            if other not in ("kind", key):
                self._fault(f"{where}.{other}", f"unknown key; a {kind} sequence has {key}", other)
        given = table.get(key, 1 if kind == "random" else [])
        if kind == "orders" and isinstance(given, list):
            given = [tuple(each) if isinstance(each, list) else each for each in given]
        return self._made(where, lambda: make(given))

    # ------------------------------------------------------------------ faults

    def _made(self, where: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except (TypeError, ValueError) as error:
            return self._tell(where, str(error))

    def _mapping(self, where: str, given: Any) -> dict[str, Any]:
        if isinstance(given, Mapping):
            return dict(given)
        self._fault(where or "shop", "it must be a table", given)
        return {}

    def _listed(self, where: str, given: Any, make: Callable[[str, Any], Any]) -> Any:
        if not isinstance(given, list):
            return self._fault(where, "it must be a list", given)
        return [make(f"{where}.{_called(each, k)}", each) for k, each in enumerate(given)]

    def _fault(self, where: str, rule: str, got: Any, cure: str = "") -> Any:
        self.faults.append(checks.complain(self._place(where, rule), rule, got, cure))
        return LACKING

    def _tell(self, where: str, text: str) -> Any:
        self.faults.append(f"{self._place(where, text)}: {text}")
        return LACKING


def _ages(given: Any) -> Any:
    if isinstance(given, list):
        return [None if age == NOT_LOADED else age for age in given]
    return given


def _called(each: Any, k: int) -> str:
    """How a path calls a member of a list: by its name, or by its number from 1 on."""
    name = each.get("name") if isinstance(each, Mapping) else each
    return name if isinstance(name, str) else str(k + 1)


def _lacks(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_lacks(inner) for inner in value.values())
    return value is LACKING or (isinstance(value, list) and any(map(_lacks, value)))
