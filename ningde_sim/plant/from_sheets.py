"""A shop from the sheets of a workbook, by way of the plain tables that `from_tables` reads.

The docstring of `read_shop` tells what stands in them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ningde_sim._support import checks, workbook
from ningde_sim._support.workbook import Cell, Row
from ningde_sim.plant.cells import Unfit, value_of
from ningde_sim.plant.from_tables import LACKING, shop_of
from ningde_sim.plant.paths import enclosing, nearest
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.to_sheets import COLUMNS, LISTED, NAMED, NEVER, UNITS

OWN = {title: columns[0] for title, columns in COLUMNS.items()} | {
    "Stations": "station",
    "Robots": "robot",
}
"""The column that names the thing in a row."""

MUST = {title: (own,) for title, own in OWN.items()} | {
    "Stations": ("line", "station"),
    "Robots": ("station", "robot"),
    "Shop": (),
}
"""What each row of a sheet must tell."""

NEEDED = {
    *("cycle_time", "role", "capacity", "uptime", "repair", "duration", "every", "number"),
    *("opening", "closing"),
}
"""Columns that have no default; below a wrong heading they are not missed once more."""

SHARED = {"robot_failures": "failures", "robot_planned_stops": "planned_stops"}
"""What the robots of a station share, and its keys in `robot`."""

START = {"body": "bodies", "parts": "parts", "age": "ages"}
"""The columns of Start, and the arguments of a `Start`."""


def shop_of_workbook(path: str | os.PathLike[str]) -> Shop:
    """The shop that a workbook describes.

    Raises
    ------
    FileNotFoundError, OSError
        There is no such file, or it cannot be read.
    ImportError
        Without openpyxl, which the extra `[excel]` brings.
    ValueError
        With every fault: its cell, the rule, the value given, the cure.
    """
    reader = _Reader(workbook.rows(path))
    data = {"name": Path(path).stem, **reader.tables()}
    return shop_of(data, str(path), place=reader.place, faults=reader.faults)


@dataclass(frozen=True, slots=True)
class _Record:
    """A row of a sheet: its cells by column, the empty ones too, and the values of the filled."""

    title: str
    cells: dict[str, Cell]
    values: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.values.get(OWN[self.title]))

    def table(self) -> dict[str, Any]:
        """What it tells of the thing that it names."""
        rest = {key: v for key, v in self.values.items() if key not in MUST[self.title]}
        return {"name": self.name, **rest}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A cell that a fault may tell of, what it is of and its value in the tables."""

    cell: Cell
    key: str
    name: str
    value: Any


class _Reader:
    """Makes tables of sheets, keeps all faults, and knows from which cell each value is."""

    def __init__(self, sheets: dict[str, list[Row]]) -> None:
        self.faults: list[str] = []
        self._sheets: dict[str, list[Row]] = {}
        self._exact: dict[str, _Seen] = {}
        self._rows: dict[str, list[_Seen]] = {}
        known = {_plain(title): title for title in COLUMNS}
        for given, rows in ((given, rows) for given, rows in sheets.items() if rows):
            title = known.get(_plain(given), "")
            if not title:
                self._fault(rows[0][0], "unknown sheet", given, _nearest(given, [*COLUMNS]))
            elif title in self._sheets:
                self._fault(rows[0][0], "there are two such sheets", given, "Leave one out.")
            else:
                self._sheets[title] = rows
        if len(self._sheets.get("Stations", ())) < 2:
            self.faults.append("Stations: there must be such a sheet, with a row for each station.")

    def tables(self) -> dict[str, Any]:
        """What `shop_of` reads."""
        listed = {key: self._listed(title, key) for title, key in LISTED.items()}
        sheets: dict[str, Any] = {
            **listed,
            **{key: self._named(title, key) for title, key in NAMED.items()},
            "working_times": self._shifts(),
            "start": self._start(),
            "notes": [row.values["note"] for row in self._each("Notes", "notes")],
            "lines": self._lines(listed["stores"]) or LACKING,
        }
        return self._shop() | {key: value for key, value in sheets.items() if value}

    # ------------------------------------------------------------------ sheets

    def _shop(self) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for k, row in enumerate(self._each("Shop", "")):
            if k:
                cell = next(iter(row.cells.values()))
                self._fault(cell, "this sheet must have one row", row.name)
            data = data or row.values
        orders = [
            [row.name, row.values.get("number", 1)] for row in self._each("Orders", "sequence")
        ]
        if any(number is LACKING for _, number in orders):
            return {**data, "sequence": LACKING}
        if orders and "sequence" in data:
            seen = self._exact["sequence"]
            self._fault(seen.cell, "the sheet Orders tells it too", seen.value, "Leave one out.")
        return {**data, "sequence": {"kind": "orders", "orders": orders}} if orders else data

    def _listed(self, title: str, key: str) -> list[dict[str, Any]]:
        return [row.table() for row in self._each(title, f"{key}.")]

    def _named(self, title: str, key: str) -> dict[str, dict[str, Any]]:
        """Tables by name, each of which stands once."""
        tables: dict[str, dict[str, Any]] = {}
        for row in self._each(title, f"{key}."):
            self._check_once(row, tables)
            tables[row.name] = {k: v for k, v in row.values.items() if k != OWN[title]}
        return tables

    def _lines(self, stores: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lines = self._named("Lines", "lines")
        is_told = bool(lines)
        stations: dict[str, dict[str, Any]] = {}
        paths: dict[str, str] = {}
        for row in self._table("Stations"):
            line, cell = row.values["line"], row.cells["line"]
            if line not in lines and is_told:
                cure = _nearest(line, [*lines])
                self._fault(cell, "no such line in the sheet Lines", line, cure)
            elif line not in lines:
                self._see(f"lines.{line}", _Record("Lines", {"line": cell}, {"line": line}))
            path = f"lines.{line}.stations.{row.name}"
            station = self._station(path, row)
            if line in lines or not is_told:
                lines.setdefault(line, {}).setdefault("stations", []).append(station)
            stations.setdefault(row.name, station)
            paths.setdefault(row.name, path)
        self._robots(stations, paths)
        if not is_told and 0 < len(stores) == len(lines) - 1:
            names = [*lines]
            for store, before, after in zip(stores, names, names[1:], strict=False):
                lines[before]["puts"] = lines[after]["takes"] = [store["name"]]
        none = LACKING if self.faults else []
        return [{"name": name, "stations": none, **line} for name, line in lines.items()]

    def _station(self, path: str, row: _Record) -> dict[str, Any]:
        self._see(path, row)
        of_robots = [self._exact.pop(f"{path}.{key}", None) for key in ("robots", *SHARED)]
        self._rows[f"{path}.robots"] = [*filter(None, of_robots)] or self._rows[path]
        station = row.table()
        shared = {key: station.pop(column) for column, key in SHARED.items() if column in station}
        return {**station, "robot": shared} if shared else station

    def _robots(self, stations: dict[str, dict[str, Any]], paths: dict[str, str]) -> None:
        """Those of the sheet Robots, each to its station."""
        with_roles = {name for name, station in stations.items() if "robots" in station}
        for row in self._table("Robots"):
            name, cell = row.values["station"], row.cells["station"]
            if not stations:
                continue  # the sheet Stations cannot be read
            if name not in stations:
                self._fault(cell, "no such station", name, _nearest(name, [*stations]))
            elif name in with_roles:
                rule, cure = "the sheet Stations tells its robots too", "Leave one out."
                self._fault(cell, rule, name, cure)
            else:
                self._see(f"{paths[name]}.robots.{row.name}", row)
                stations[name].setdefault("robots", []).append(row.table())

    def _shifts(self) -> dict[str, dict[str, Any]]:
        shifts: dict[str, dict[str, Any]] = {}
        every: dict[str, list[Any]] = {}
        for row in self._each("Shifts", "working_times."):
            shift = shifts.setdefault(row.name, {"windows": []})
            for key in ("opening", "closing"):
                if key not in row.values:
                    cell = row.cells.get(key, row.cells["shift"])
                    self.faults.append(f"{cell.place}: {key} must not be empty.")
            window = [row.values.get(key, LACKING) for key in ("opening", "closing")]
            shift["windows"].append(window)
            told = every.setdefault(row.name, [])
            told += [row.values["every"]] if "every" in row.values else []
        for name, told in every.items():
            if not told or told != [told[0]] * len(told):
                rule = f"every must tell after which hours the windows of {name!r} repeat, once"
                cure = f"Such as 24 for each day, 168 for each week, or {NEVER}."
                rows = self._rows[f"working_times.{name}"]
                cell = next((seen.cell for seen in rows if seen.key == "every"), rows[0].cell)
                self._fault(cell, rule, told or None, cure)
            elif told[0] != NEVER:
                shifts[name]["every"] = told[0]
        return shifts

    def _start(self) -> dict[str, dict[str, Any]]:
        start: dict[str, dict[str, Any]] = {}
        places: dict[str, _Record] = {}
        for row in self._each("Start", "start"):
            self._check_once(row, places)
            places[row.name] = row
            for column, key in START.items():
                if column in row.values:
                    start.setdefault(key, {})[row.name] = row.values[column]
            if len(row.values) == 1:
                rule, cure = "it must have a body, an age or parts", "Leave the row out."
                self._fault(row.cells["place"], rule, row.name, cure)
        return start

    # ------------------------------------------------------------------ rows

    def _each(self, title: str, path: str) -> Iterator[_Record]:
        """The rows of a sheet, seen at a path, to which the name is added behind a dot."""
        for row in self._table(title):
            self._see(path + row.name if path.endswith(".") else path, row)
            yield row

    def _table(self, title: str) -> Iterator[_Record]:
        """The rows of a sheet that tell what they must."""
        if len(self._sheets.get(title, ())) < 2:
            return  # a form that nobody filled in
        heading, *rows = self._sheets[title]
        keys = self._heading(title, heading)
        for key in MUST[title]:
            if key not in keys.values():
                self.faults.append(f"{heading[0].place}: there must be a column {key}.")
        for cells in rows:
            row = self._row(title, keys, cells)
            if all(row.values.get(key, LACKING) is not LACKING for key in MUST[title]):
                yield row

    def _row(self, title: str, keys: dict[str, str], cells: Row) -> _Record:
        number = cells[0].row
        empty = {key: Cell(cells[0].sheet, column, number) for column, key in keys.items() if key}
        filled = {keys[cell.column]: cell for cell in cells if keys.get(cell.column)}
        for cell in cells:
            if cell.column not in keys:
                self._fault(cell, "there is no heading above it", cell.value, "Write one.")
        for key in MUST[title]:
            if key in empty and key not in filled:
                self.faults.append(f"{empty[key].place}: {key} must not be empty.")
        values = {key: self._read(title, key, cell) for key, cell in filled.items()}
        if "" in keys.values():
            values |= {key: LACKING for key in COLUMNS[title] if key in NEEDED - {*empty}}
        return _Record(title, empty | filled, values)

    def _heading(self, title: str, heading: Row) -> dict[str, str]:
        """The key of each column that has a heading; "" where it is a wrong one."""
        keys: dict[str, str] = {}
        for cell in heading:
            word = str(cell.value).strip()
            if told := re.fullmatch(r"(.*?)\s*[\[(](.*)[\])]", word, re.DOTALL):
                word = told[1]
            key = _plain(word)
            if key == "name" and key not in COLUMNS[title]:
                key = OWN[title]
            known = UNITS.get(title, {}).get(key)
            keys[cell.column] = ""
            if key not in COLUMNS[title]:
                self._fault(cell, "unknown column", cell.value, _nearest(key, [*COLUMNS[title]]))
            elif key in keys.values():
                self._fault(cell, "there are two such columns", cell.value, "Leave one out.")
            elif told and told[2].strip() != known:
                rule = f"the unit of {key} must be {known}" if known else f"{key} has no unit"
                self._fault(cell, rule, cell.value, "Convert the numbers.")
            else:
                keys[cell.column] = key
        return keys

    def _read(self, title: str, key: str, cell: Cell) -> Any:
        """The value of a cell in the tables."""
        if cell.fault:
            self.faults.append(f"{cell.place}: {cell.fault}")
            return LACKING
        try:
            return value_of(title, key, cell.value)
        except Unfit as error:
            rule, cure = error.args
            return self._fault(cell, f"{key} {rule}", cell.value, cure)

    # ------------------------------------------------------------------ faults

    def _fault(self, cell: Cell, rule: str, got: Any, cure: str = "") -> Any:
        self.faults.append(checks.complain(cell.place, rule, got, cure))
        return LACKING

    def _check_once(self, row: _Record, tables: dict[str, Any]) -> None:
        if row.name in tables:
            cell = row.cells[OWN[row.title]]
            self._fault(cell, "duplicate name", row.name, "Rename one of them, or leave one out.")

    def _see(self, path: str, row: _Record) -> None:
        """Keep the cells of a row by the path that their table has."""
        for column, cell in row.cells.items():
            key = "name" if column == OWN[row.title] else column
            seen = _Seen(cell, key, row.name, row.values.get(column))
            self._rows.setdefault(path, []).append(seen)
            self._exact[f"{path}.{key}".lstrip(".")] = seen

    def place(self, where: str, text: str) -> str:
        """The cell that a fault at a path tells of, and what in it."""
        for path in (where, *enclosing(where)):
            tail = where.removeprefix(path)
            rows, seen = self._rows.get(path), self._exact.get(path)
            if seen and (seen.value is not None or not rows):
                return f"{seen.cell.place}, {seen.key}{tail}"
            if rows:
                return f"{_most_alike(rows, text).cell.place}, {tail[1:]}".removesuffix(", ")
        every = [seen for rows in self._rows.values() for seen in rows]
        return _most_alike(every, text).cell.place if every else where


def _most_alike(rows: Sequence[_Seen], text: str) -> _Seen:
    """The cell that the text of a fault has most of: name, column, value; of several the last."""
    text = text.partition(": ")[2] or text  # without who complains
    words = {*re.findall(r"\w+", text.partition(", got ")[0])}

    def alike(seen: _Seen) -> float:
        told = any(f"got {checks.shown(value)}." in text for value in _inside(seen.value))
        of_name = 2 * (repr(seen.name) in text) + (seen.key == "name") / 2
        return of_name + (seen.key in words) + told

    return max(reversed(rows), key=alike)


def _inside(value: Any) -> Iterator[Any]:
    """A value, and all that is in it."""
    if value is not None:
        yield value
    if isinstance(value, dict):
        yield from value
        value = [*value.values()]
    for each in value if isinstance(value, list) else ():
        yield from _inside(each)


def _plain(text: str) -> str:
    """A heading or a title without what people write in several ways."""
    return re.sub(r"[\s_-]+", "_", text.strip().lower())


def _nearest(word: str, known: list[str]) -> str:
    return nearest(word, known) or f"There are {', '.join(known)}."
