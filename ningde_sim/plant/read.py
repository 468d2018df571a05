"""Reading a shop from a file that a person edits."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ningde_sim._support.toml import tables
from ningde_sim.plant.distributions import Lognormal
from ningde_sim.plant.faults import fault_lines
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.nested import leaves
from ningde_sim.plant.quantity import EVIDENCES, Evidence, Quantity
from ningde_sim.plant.schema import ShopFile, StationEntry, ZoneTable
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Failure, Robot, Station

OF_SCENARIO = ("base", "calendar", "body_shop")
"""Keys that a scenario's file has and a shop's has not."""


def load(path_or_data: str | os.PathLike[str] | Mapping[str, Any]) -> ShopFile:
    """The tables of a TOML file, or of the nested dictionaries that such a file holds, checked.

    Raises
    ------
    ValueError
        With every fault found: its path in the file, the rule, the value given.
    """
    where, data = "The shop", path_or_data
    if not isinstance(data, Mapping):
        where, data = str(data), tables(data)
        if "zones" not in data and any(key in data for key in OF_SCENARIO):
            rule = (
                "this is a scenario, not a shop: `scenario` reads it; its shop is its `.body_shop`"
            )
            raise ValueError(f"{where}: {rule}.")
    stores = data.get("stores")
    known = list(stores) if isinstance(stores, Mapping) else []
    try:
        return TypeAdapter(ShopFile).validate_python(dict(data), context={"stores": known})
    except ValidationError as error:
        faults = fault_lines(error, ShopFile)
        raise ValueError("\n  ".join([f"{where}: faults found: {len(faults)}", *faults])) from None


def quantities(
    path_or_data: str | os.PathLike[str] | Mapping[str, Any] | ShopFile,
) -> list[tuple[str, Quantity]]:
    """Every quantity with its dotted path, such as `zones.finish.cycle_time`, in file order."""
    file = path_or_data if isinstance(path_or_data, ShopFile) else load(path_or_data)
    return [(".".join(path), v) for path, v in leaves(file) if isinstance(v, Quantity)]


def read_shop(path: str | os.PathLike[str]) -> Shop:
    """The shop that the TOML file at `path` describes, each quantity at its typical value.

    Ranges in the file are not drawn by `replicate(read_shop(...))`: a `Shop` has plain numbers.
    They are by `replicate(scenario(...))` of a scenario whose `body_shop` is that file.

    Notes
    -----
    The keys of the file, with a unit where they are quantities: tables of value, unit, evidence
    and source, and, if need be, low, high, note, tuned, doubt.

    ================================  ========  ===================================================
    key                               required  unit, or what it is
    ================================  ========  ===================================================
    name                              yes       text
    notes                             no        list of texts: what a reader has to know
    shop.repair_crews                 no        [crews]; without it one is always free
    shop.cycle_time_cv                no        [-] spread of cycle times over their mean
    zones                             yes       tables, one at least
    zones.*.title                     yes       text
    zones.*.lines                     yes       list of names: lines alike, side by side
    zones.*.cycle_time                yes       [s]
    zones.*.evidence                yes       of the list of stations, a word as in `Quantity`
    zones.*.source                    yes       text
    zones.*.note                      no        text
    zones.*.takes                     no        store, or list of them, that the first station needs
    zones.*.puts                      no        store, or list of them, behind the last station
    zones.*.joins.<suffix>            no        store, or list of them, that a later station needs
    zones.*.buffers                   no        [places] in each gap between two stations
    zones.*.cycle_times.<suffix>      no        [s] of stations that differ from their zone
    zones.*.inspection.station        yes       suffix of the station that inspects
    zones.*.inspection.scrap          yes       [-] share of the bodies
    zones.*.inspection.rework         yes       [-] share of the bodies
    zones.*.stations                  yes       list of tables, one at least
    zones.*.stations.suffix           yes       text, such as "010"
    zones.*.stations.<role>           no        number of robots that weld, or of another role below
    zones.*.stations.spots            no        number that its weld robots place in a cycle
    zones.*.stations.manual           no        true: no robots; it has robots or says so
    stores                            no        tables
    stores.*.title                    yes       text
    stores.*.capacity                 yes       [places]
    stores.*.transit_time             yes       [s]
    stores.*.initial                  no        [places] that are full at the start
    stores.*.per_line                 no        true: one for each line of the zones that use it
    failures                          no        tables
    failures.*.per                    yes       "robot", "station" or "line" (its first station)
    failures.*.uptime                 yes       [h] mean between a repair and the next failure
    failures.*.repair                 yes       [min] mean
    failures.*.cv                     yes       [-] spread of the repairs over their mean
    failures.*.clock                  no        "operating", as without it, or "calendar"
    failures.*.crew                   no        true: the repair needs one of the crews
    planned_stops                     no        tables: of weld robots that place spots
    planned_stops.*.interval          yes       [spots]
    planned_stops.*.duration          yes       [s]
    planned_stops.*.hidden            yes       [-] share of them that costs no time
    ================================  ========  ===================================================

    Roles are weld, handling, sealing, stud, hemming, laser, measuring, bolting and brushing. What
    is required in a table is so where that table stands.

    Raises
    ------
    ValueError
        With every fault of the file: its path in the file, the rule, the value given.

    Examples
    --------
    >>> from importlib.resources import as_file, files
    >>> with as_file(files("ningde_sim.data") / "body_shop_2021.toml") as path:
    ...     read_shop(path).n_robots
    620
    """
    file = load(path)
    try:
        return build(file)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def build(file: ShopFile) -> Shop:
    """The shop that these tables describe, each quantity at its typical value."""
    stores = list(_stores(file))
    lines: list[Line] = []
    for key, zone in file.zones.items():
        for index, name in enumerate(zone.lines):
            pieces = _pieces(zone)
            gates = [_gate(key, zone, piece, index) for piece in pieces[1:]]
            stores += [Store(gate, _places(zone)) for gate in gates]
            for number, piece in enumerate(pieces):
                takes = zone.joins[piece[0].suffix] if number else zone.takes
                inward = [*gates[:number][-1:], *_own(file, takes, index)]
                outward = gates[number : number + 1] or _own(file, zone.puts, index)
                lines.append(_line(file, zone, name, piece, inward, outward))
    crews = file.shop.repair_crews
    return Shop(
        file.name,
        lines,
        stores=stores,
        repair_crews=None if crews is None else int(crews.value),
        notes=(*file.notes, _doubt(file)),
    )


def _stores(file: ShopFile) -> Iterator[Store]:
    for key, table in file.stores.items():
        initial = 0 if table.initial is None else int(table.initial.value)
        for index in range(file.n_copies(key)):
            (name,) = _own(file, [key], index)
            yield Store(
                name,
                int(table.capacity.value),
                transit_time=table.transit_time.value,
                initial=initial,
            )


def _own(file: ShopFile, stores: Iterable[str], index: int) -> list[str]:
    """The stores that a line uses: its own copy of those that are per line."""
    return [f"{key}_{index + 1}" if file.stores[key].per_line else key for key in stores]


def _pieces(zone: ZoneTable) -> list[list[StationEntry]]:
    """The stations of a line, cut before each one at which parts join."""
    pieces: list[list[StationEntry]] = [[]]
    for entry in zone.stations:
        if entry.suffix in zone.joins:
            pieces.append([])
        pieces[-1].append(entry)
    return pieces


def _gate(key: str, zone: ZoneTable, piece: list[StationEntry], index: int) -> str:
    """The store that hands bodies to a piece of a line."""
    name = f"{key}_{piece[0].suffix}"
    return f"{name}_{index + 1}" if len(zone.lines) > 1 else name


def _line(
    file: ShopFile,
    zone: ZoneTable,
    name: str,
    piece: list[StationEntry],
    takes: list[str],
    puts: list[str],
) -> Line:
    stations = [
        _station(file, zone, f"{name}-{entry.suffix}", entry, first=entry is piece[0])
        for entry in piece
    ]
    if zone.joins:
        name = f"{name}-{piece[0].suffix}-{piece[-1].suffix}"
    return Line(name, stations, buffers=_places(zone), takes=takes, puts=puts, zone=zone.title)


def _places(zone: ZoneTable) -> int:
    """Places in each gap of the lines of a zone."""
    return 0 if zone.buffers is None else int(zone.buffers.value)


def _station(
    file: ShopFile, zone: ZoneTable, name: str, entry: StationEntry, *, first: bool
) -> Station:
    cycle = zone.cycle_times.get(entry.suffix, zone.cycle_time).value
    cv = file.shop.cycle_time_cv
    inspection = zone.inspection
    inspects = inspection is not None and inspection.station == entry.suffix
    own = _failures(file, "station") + (_failures(file, "line") if first else [])
    return Station(
        name,
        Lognormal(cycle, cv.value) if cv is not None and cv.value > 0 else cycle,
        robots=list(_robots(file, name, entry)),
        failures=own,
        scrap=inspection.scrap.value if inspection and inspects else 0.0,
        rework=inspection.rework.value if inspection and inspects else 0.0,
    )


def _robots(file: ShopFile, station: str, entry: StationEntry) -> Iterator[Robot]:
    failures = _failures(file, "robot")
    stops = []
    if entry.spots:
        spots = entry.spots / entry.weld
        stops = [table.stop(_words(key), spots) for key, table in file.planned_stops.items()]
    for number, role in enumerate(entry.roles, start=1):
        yield Robot(
            f"{station}-R{number}",
            role,
            failures=failures,
            planned_stops=stops if role == "weld" else (),
        )


def _failures(file: ShopFile, per: str) -> list[Failure]:
    return [t.failure(_words(key)) for key, t in file.failures.items() if t.per == per]


def _words(key: str) -> str:
    return key.replace("_", " ")


def _doubt(file: ShopFile) -> str:
    """How much of the file is known, counted."""
    numbers = Counter(quantity.evidence for _, quantity in quantities(file))
    lists = Counter(zone.evidence for zone in file.zones.values())
    return (
        f"Of its {numbers.total()} quantities {_counts(numbers)}; "
        f"of its {lists.total()} lists of stations {_counts(lists)}."
    )


def _counts(found: Counter[Evidence]) -> str:
    return ", ".join(f"{found[word]} {word}" for word in EVIDENCES if found[word])
