"""Reading a shop from a file that people edit."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ningde_sim._support.toml import tables
from ningde_sim._support.workbook import is_workbook
from ningde_sim.plant import data_files
from ningde_sim.plant.distributions import Lognormal, steady_if_small
from ningde_sim.plant.faults import fault_lines, faults_found
from ningde_sim.plant.from_sheets import shop_of_workbook
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.nested import leaves
from ningde_sim.plant.quantity import EVIDENCES, Evidence, Quantity
from ningde_sim.plant.schema import ShopFile, StationEntry, ZoneTable
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.shop_tables import ShopTables
from ningde_sim.plant.station import Failure, Robot, Station


def load(path_or_data: str | os.PathLike[str] | Mapping[str, Any]) -> ShopFile:
    """The tables of a shop's TOML file, or of nested dictionaries with the same keys, checked.

    Raises
    ------
    ValueError
        With every fault: its path in the file, the rule, the value given.
    """
    if isinstance(path_or_data, Mapping):
        return checked("The shop", path_or_data)
    return checked(str(path_or_data), tables(path_or_data))


def checked(owner: str, data: Mapping[str, Any]) -> ShopFile:
    """The tables of a body shop's file, checked; errors as of `load`."""
    if data_files.kind_of(data) == "scenario":
        rule = "this is a scenario, not a shop: `scenario` reads it; its shops are `.shops`"
        raise ValueError(f"{owner}: {rule}.")
    stores = data.get("stores")
    known = dict.fromkeys(stores) if isinstance(stores, Mapping) else {}
    try:
        context = {"stores": known, "sources": True}
        return TypeAdapter(ShopFile).validate_python(dict(data), context=context)
    except ValidationError as error:
        raise ValueError(faults_found(owner, fault_lines(error, ShopFile))) from None


def quantities(
    path_or_data: str | os.PathLike[str] | Mapping[str, Any] | ShopFile,
) -> list[tuple[str, Quantity]]:
    """All quantities with their dotted paths, such as `zones.finish.cycle_time`, in file order."""
    file = path_or_data if isinstance(path_or_data, ShopFile) else load(path_or_data)
    return [(".".join(path), v) for path, v in leaves(file) if isinstance(v, Quantity)]


def read_shop(name_or_path: str | os.PathLike[str]) -> Shop:
    """Read a shop that ships, or that a TOML file or a workbook describes.

    The names are "body_shop_2020" and "body_shop_2021", the body shops of `ningde_2020()` and
    `ningde_2021()`, and three plants of other kinds whose numbers are all assumed: "engine_block",
    "bottling" and "appliance".

    A file with `lines` says what Python says: its keys are the arguments of the classes, units
    included. `Shop.to_toml` writes one. A file with `zones` and no `lines` is of a body shop of
    robots, with a range and a source for each number; the shop has their typical values. A `Shop`
    has plain numbers: `replicate(read_shop(...))` does not draw from the ranges in the file.
    `replicate(scenario(...))` does, for a scenario with that file as its `body_shop`.

    Parameters
    ----------
    name_or_path : str or path
        Such as "bottling", or "my_plant/line_3.toml".

    Notes
    -----
    A file with `lines` has these keys besides the arguments of `Shop`, `Line`, `Station`, `Robot`,
    `Store`, `Crew`, `Product`, `Ramp`, `Setup` and `Start`:

    ===========================  ==================================================================
    key                          what it is
    ===========================  ==================================================================
    failures.<name>              the arguments of a `Failure`; where it is of, `failures = ["jam"]`
    planned_stops.<name>         those of a `PlannedStop`
    working_times.<name>         those of a `WorkingTime`; where it is of, `working_time = "day"`;
                                 or `shifts` (with shift_hours, weekdays) of each week as a
                                 `Calendar` has them, its hour 0 the start of Monday
    distribution = "lognormal"   in place of a number: a distribution, beside its arguments
    lines.stations = 22          that many stations, named after the line: "L-01" to "L-22"
    lines.station                what the stations of the line share, unless they say otherwise
    lines.stations.robots        a list of tables, or of roles: robots named "<station>-R1" and on
    lines.stations.robot         what the robots of a station share
    zones.<zone>                 what the lines of that `zone` share; `station`, their stations
    {stores, number}             in `takes` and the like: alternatives, and how many parts
    {split = {a = 0.9, b = 0.1}} in `puts` and `rejects`: a `Split`
    sequence                     kind = "random", with batch; "cycle", with products = ["A", "B"];
                                 "orders", with orders = [["A", 3], ["B", 7]]
    {value, unit, ...}           in place of a number that has a unit: a `Quantity`, with low, high,
                                 evidence, source
    ===========================  ==================================================================

    A workbook, whose name ends in .xlsx, has the same in sheets. Their headings are the arguments
    of the classes, with or without the unit: `cycle_time [s]` or `cycle_time`; the name of a store
    stands under `store`, and so on. An empty cell means the default. Stations with its columns
    line, station and cycle_time makes a shop; `Shop.to_excel` writes all sheets and columns, to be
    filled in. It needs openpyxl: `pip install "ningde_sim[excel]"`.

    ======================  =======================================================================
    sheet                   what a row is
    ======================  =======================================================================
    Stations                a station of a line; its `robots` by their roles, `weld, weld`, what
                            stops each of them in `robot_failures` and `robot_planned_stops`
    Lines                   without this sheet, lines stand in the order of Stations; if there is
                            one store less than lines, each store lies between two of them
    Stores, Crews,          one of them
    Products, Failures,
    Planned stops
    Robots                  a robot of a station, where its role does not tell all
    Shifts                  a window of a working time, in hours or times of day, and after which
                            hours it repeats: 24, 168, never; rows of one name belong together
    Shop                    the only row; without a `name` the shop is called as the file
    Orders                  a product and how many, in place of the `sequence` of Shop
    Start                   a station, a buffer or a store, and what is there when a run starts
    Notes                   one note
    ======================  =======================================================================

    In a cell stands a number, a text, names with commas between them, or what a TOML file has
    behind the equals sign: `{ A = 60, B = 70 }`. A distribution may be written as a call:
    `lognormal(mean = 12, cv = 0.8)` or `Lognormal(12, 0.8)`. A text in quotation marks is taken as
    TOML has it.

    Editors that know JSON Schema complete and check such a file by `data/shop.schema.json` of this
    package: name its path in the first line, after `#:schema`.

    The keys of a file with `zones`. Those with a unit are quantities: tables with value, unit,
    evidence and source, and optionally low, high, note, tuned, drawn_with.

    ================================  ========  ===================================================
    key                               required  unit, or what it is
    ================================  ========  ===================================================
    name                              yes       text
    notes                             no        list of texts: what a reader must know
    shop.repair_crews                 no        [crews]; without it a crew is always free
    shop.cycle_time_cv                no        [-] standard deviation of cycle times over mean
    zones                             yes       tables, at least one
    zones.*.title                     yes       text
    zones.*.lines                     yes       list of names: equal lines, side by side
    zones.*.cycle_time                yes       [s]
    zones.*.evidence                  yes       of the list of stations: a word as in `Quantity`
    zones.*.source                    yes       text
    zones.*.note                      no        text
    zones.*.takes                     no        store or list of stores for the first station
    zones.*.puts                      no        store or list of stores behind the last station
    zones.*.joins.<suffix>            no        store or list of stores for a later station
    zones.*.buffers                   no        [parts] capacity between each two stations
    zones.*.cycle_times.<suffix>      no        [s] of a station that differs from its zone
    zones.*.inspection.station        yes       suffix of the station that inspects
    zones.*.inspection.scrap          yes       [-] share of the bodies
    zones.*.inspection.rework         yes       [-] share of the bodies
    zones.*.stations                  yes       list of tables, at least one
    zones.*.stations.suffix           yes       text, such as "010"
    zones.*.stations.<role>           no        number of robots with this role (below)
    zones.*.stations.spots            no        number that its weld robots place in a cycle
    zones.*.stations.manual           no        true for a station without robots
    stores                            no        tables
    stores.*.title                    yes       text
    stores.*.capacity                 yes       [parts]
    stores.*.transit_time             yes       [s]
    stores.*.initial                  no        [parts] in it at the start
    stores.*.per_line                 no        true: one for each line of the zones that use it
    failures                          no        tables
    failures.*.per                    yes       "robot", "station" or "line" (its first station)
    failures.*.uptime                 yes       [h] mean from a repair to the next failure: MTBF
    failures.*.repair                 yes       [min] mean: MTTR
    failures.*.cv                     yes       [-] standard deviation of repairs over mean
    failures.*.clock                  no        "operating" (ODF, the default), "calendar" (TDF)
    failures.*.crew                   no        true: the repair needs one of the crews
    failures.*.then                   no        "resume" (the default), "restart", "scrap" the body
    failures.*.aged                   no        true: the plant has run for long at the start
    planned_stops                     no        tables: of weld robots that place spots
    planned_stops.*.interval          yes       [spots]
    planned_stops.*.duration          yes       [s]
    planned_stops.*.hidden            yes       [-] share of the duration that costs no time
    ================================  ========  ===================================================

    Roles are weld, handling, sealing, stud, hemming, laser, measuring, bolting and brushing. A key
    that is required in a table may be missing only with the whole table. Bounds: 16 MiB, 200,000
    stations and robots, 1,000 robots of a role at a station, 1,000,000 spots there, 1,000,000
    parts, 100,000 crews; of any other quantity 1e12 in its unit.

    Raises
    ------
    FileNotFoundError
        Unknown name or file; the message tells the names, the nearest, and similar files.
    ImportError
        It is a workbook, and openpyxl is not there.
    OSError
        A folder, a pipe or a device.
    ValueError
        With every fault: its path in the file or its cell, the rule, the value given.

    Examples
    --------
    >>> read_shop("body_shop_2021").n_robots, read_shop("engine_block").n_robots
    (620, 0)
    """
    path = data_files.find("shop", name_or_path)
    if is_workbook(path):
        return shop_of_workbook(path)
    data = tables(path)
    if "lines" in data:
        return ShopTables.read(data, str(path)).shop
    file = checked(str(path), data)
    try:
        return build(file)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def build(file: ShopFile) -> Shop:
    """The shop that the tables of a file describe, each quantity at its typical value."""
    stores = list(_stores(file))
    lines: list[Line] = []
    for key, zone in file.zones.items():
        for index, name in enumerate(zone.lines):
            pieces = _pieces(zone)
            gates = [_gate(key, zone, piece, index) for piece in pieces[1:]]
            stores += [Store(gate, _buffer(zone)) for gate in gates]
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
        notes=(*file.notes, _evidence(file)),
    )


def _stores(file: ShopFile) -> Iterator[Store]:
    copies = file.copies()
    for key, table in file.stores.items():
        initial = 0 if table.initial is None else int(table.initial.value)
        for index in range(copies[key]):
            (name,) = _own(file, [key], index)
            yield Store(
                name,
                int(table.capacity.value),
                transit_time=table.transit_time.value,
                initial=initial,
            )


def _own(file: ShopFile, stores: Iterable[str], index: int) -> list[str]:
    """The names of stores as a line uses them: of a store per line, its own copy."""
    return [f"{key}_{index + 1}" if file.stores[key].per_line else key for key in stores]


def _pieces(zone: ZoneTable) -> list[list[StationEntry]]:
    """The stations of a line, cut before each station at which parts join."""
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
    return Line(name, stations, buffers=_buffer(zone), takes=takes, puts=puts, zone=zone.title)


def _buffer(zone: ZoneTable) -> int:
    """Capacity of each buffer in the lines of a zone. [parts]"""
    return 0 if zone.buffers is None else int(zone.buffers.value)


def _station(
    file: ShopFile, zone: ZoneTable, name: str, entry: StationEntry, *, first: bool
) -> Station:
    cycle = zone.cycle_times.get(entry.suffix, zone.cycle_time).value
    cv = file.shop.cycle_time_cv
    spread = 0.0 if cv is None else steady_if_small(cv.value)
    inspection = zone.inspection
    inspects = inspection is not None and inspection.station == entry.suffix
    own = _failures(file, "station") + (_failures(file, "line") if first else [])
    return Station(
        name,
        Lognormal(cycle, spread) if spread else cycle,
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


def _evidence(file: ShopFile) -> str:
    """A note that counts the numbers of the file by evidence."""
    numbers = Counter(quantity.evidence for _, quantity in quantities(file))
    lists = Counter(zone.evidence for zone in file.zones.values())
    return (
        f"Of its {numbers.total()} quantities {_counts(numbers)}; "
        f"of its {lists.total()} lists of stations {_counts(lists)}."
    )


def _counts(numbers: Counter[Evidence]) -> str:
    return ", ".join(f"{numbers[word]} {word}" for word in EVIDENCES if numbers[word])
