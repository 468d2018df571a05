"""A shop's plain tables as sheets of a workbook; `from_sheets` reads them, and tells their form."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

from ningde_sim.plant.crew import Crew
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.product import Product
from ningde_sim.plant.station import Failure, PlannedStop, Robot, Station


def _columns(*first: str, of: type, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What names a row, then the arguments of a class."""
    names = (field.name for field in dataclasses.fields(of))
    return (*first, *(name for name in names if name not in ("name", *without)))


COLUMNS: dict[str, tuple[str, ...]] = {
    "Stations": (
        *_columns("line", "station", of=Station),
        *("robot_failures", "robot_planned_stops"),
    ),
    "Lines": _columns("line", of=Line, without=("stations",)),
    "Stores": _columns("store", of=Store),
    "Failures": (*_columns("failure", of=Failure), "name"),
    "Planned stops": (*_columns("planned_stop", of=PlannedStop), "name"),
    "Robots": _columns("station", "robot", of=Robot),
    "Crews": _columns("crew", of=Crew),
    "Products": _columns("product", of=Product),
    "Orders": ("product", "number"),
    "Shifts": ("shift", "opening", "closing", "every"),
    "Shop": ("name", "working_time", "repair_crews", "output", "sequence"),
    "Start": ("place", "body", "age", "parts"),
    "Notes": ("note",),
}
"""The columns of each sheet: the keys of a table."""

UNITS = {
    "Stations": {"cycle_time": "s", "setup": "s"},
    "Lines": {"buffers": "parts", "rounds": "times", "copies": "lines"},
    "Stores": {
        "capacity": "parts",
        "initial": "parts",
        "lanes": "lanes",
        "transit_time": "s",
        "headway": "s",
    },
    "Failures": {"uptime": "h", "repair": "min"},
    "Planned stops": {"duration": "s"},
    "Crews": {"number": "crews"},
    "Products": {"start": "h"},
    "Orders": {"number": "parts"},
    "Shifts": {"opening": "h", "closing": "h", "every": "h"},
    "Start": {"age": "h"},
}
"""Of the numbers in a column; the arguments of the classes have them."""

NAMES = {
    *("failures", "planned_stops", "robot_failures", "robot_planned_stops", "robots"),
    *("takes", "puts", "rejects", "returns", "makes", "match", "output", "skills"),
}
"""Columns with lists of names."""

TEXTS = {
    *("line", "station", "store", "failure", "planned_stop", "robot", "crew", "product", "shift"),
    *("name", "place", "note", "role", "zone", "clock", "then", "unit", "rule", "body"),
    *("working_time", "transfer", "at_close"),
}
"""Columns with one text."""

LISTED = {"Stores": "stores", "Crews": "crews", "Products": "products"}
"""Sheets of what a table lists, and its keys."""

NAMED = {"Failures": "failures", "Planned stops": "planned_stops"}
"""Sheets of what stands once, under a name, and its keys."""

NEVER = "never"
"""In place of the hours after which a working time repeats."""


def sheets_of(data: Mapping[str, Any]) -> dict[str, list[list[Any]]]:
    """The sheets of a workbook, each with its heading: what `tables_of` gives, in rows.

    Parameters
    ----------
    data : mapping
    """
    rows: dict[str, list[dict[str, Any]]] = {title: [] for title in COLUMNS}
    for line in data["lines"]:
        rows["Lines"].append({"line": line["name"], **line})
        for station in line["stations"]:
            of_station = {"station": station["name"], **station, "robots": None}
            rows["Stations"].append({"line": line["name"], **of_station})
            rows["Robots"] += [
                {"station": station["name"], "robot": robot["name"], **robot}
                for robot in station.get("robots", ())
            ]
    for title, key in LISTED.items():
        own = COLUMNS[title][0]
        rows[title] = [{own: each["name"], **each} for each in data.get(key, ())]
    for title, key in NAMED.items():
        own = COLUMNS[title][0]
        rows[title] = [{own: name, **each} for name, each in data.get(key, {}).items()]
    rows["Shifts"] = [
        {"shift": name, "opening": opening, "closing": closing, "every": each.get("every", NEVER)}
        for name, each in data.get("working_times", {}).items()
        for opening, closing in each["windows"]
    ]
    orders = data.get("sequence", {}).get("orders", ())
    rows["Orders"] = [{"product": product, "number": number} for product, number in orders]
    rows["Shop"] = [{**data, "sequence": None} if orders else {**data}]
    rows["Start"] = _start(data.get("start", {}))
    rows["Notes"] = [{"note": note} for note in data.get("notes", ())]
    return {
        title: [
            [heading(title, key) for key in columns],
            *([_written(key, row.get(key)) for key in columns] for row in rows[title]),
        ]
        for title, columns in COLUMNS.items()
    }


def _start(start: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = {"body": "bodies", "age": "ages", "parts": "parts"}
    places = dict.fromkeys(name for key in columns.values() for name in start.get(key, ()))
    return [
        {"place": name, **{key: start.get(of, {}).get(name) for key, of in columns.items()}}
        for name in places
    ]


def heading(title: str, key: str) -> str:
    """What stands at the top of a column, with its unit."""
    unit = UNITS.get(title, {}).get(key)
    return f"{key} [{unit}]" if unit else key


# ------------------------------------------------------------------ cells


def _written(key: str, value: Any) -> Any:
    """A value as a cell holds it."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value if _is_plain(value) else quoted(value)
    if key in NAMES and all(isinstance(name, str) and _is_word(name) for name in value):
        return ", ".join(value)
    return inline(value)


def _is_plain(text: str) -> bool:
    """Whether a cell gives a text back as it is."""
    bare = text == text.strip() and not text.startswith('"') and "\r" not in text
    return bool(text) and bare and not _ESCAPE.search(text)


def _is_word(name: str) -> bool:
    """Whether a name can stand in a list without quotation marks."""
    return _is_plain(name) and not re.search(r"^[\[{]|,", name)


_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Programs take _x0041_ for an A."""


def quoted(text: str) -> str:
    """A text as TOML has it."""
    return _ESCAPE.sub(r"\\u005f", json.dumps(text, ensure_ascii=False))


def inline(value: Any) -> str:
    """A value in one line, as TOML has it; a distribution as a call.

    Examples
    --------
    >>> inline({"A": 60.0, "B 2": {"distribution": "lognormal", "mean": 70.0, "cv": 0.5}})
    '{ A = 60.0, "B 2" = lognormal(mean = 70.0, cv = 0.5) }'
    """
    if isinstance(value, Mapping):
        word = value.get("distribution")
        is_call = isinstance(word, str)  # else it is a product that has this name
        inside = (each for each in value.items() if not (is_call and each[0] == "distribution"))
        pairs = ", ".join(f"{_key(key)} = {inline(inner)}" for key, inner in inside)
        return f"{word}({pairs})" if is_call else f"{{ {pairs} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(inline, value))}]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def _key(key: str) -> str:
    is_bare = re.fullmatch("[A-Za-z0-9_-]+", key) and not _ESCAPE.search(key)
    return key if is_bare else quoted(key)
