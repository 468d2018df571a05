"""The JSON Schema of a shop's file, from the classes that it describes: for editors.

Editors complete the keys of a TOML file and mark those that do not exist. What only the whole
shop tells, such as a store that no line fills, `read_shop` alone can say.

`ningde_sim/data/shop.schema.json` is what `shop_schema` gives; this writes it anew:

    python -m ningde_sim.plant.json_schema
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from ningde_sim.plant.calendar import WEEKDAYS
from ningde_sim.plant.crew import Crew
from ningde_sim.plant.distributions import Distribution
from ningde_sim.plant.from_tables import DISTRIBUTIONS, FLOWS, MOST_STATIONS, OWN_NAME
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.product import Product, Ramp, Sequence, Setup
from ningde_sim.plant.quantity import EVIDENCES
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.start import Start
from ningde_sim.plant.station import Failure, PlannedStop, Robot, Station
from ningde_sim.plant.to_tables import NAMED, NOT_LOADED, default_of
from ningde_sim.plant.working_time import WorkingTime

Schema = dict[str, Any]

_CLASSES: tuple[type, ...] = (
    *(Line, Station, Robot, Failure, PlannedStop, Store, Crew, Product, Ramp, Setup, Start),
    WorkingTime,
)
_TEXT: Schema = {"type": "string"}
_SIMPLE: dict[Any, Schema] = {
    str: _TEXT,
    bool: {"type": "boolean"},
    int: {"anyOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/$defs/Quantity"}]},
    float: {"anyOf": [{"type": "number", "minimum": 0}, {"$ref": "#/$defs/Quantity"}]},
}


def shop_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a file with `lines`.

    Examples
    --------
    >>> sorted(shop_schema()["$defs"]["Store"]["properties"])[:3]
    ['capacity', 'headway', 'in_order']
    """
    definitions = {each.__name__: _table(each) for each in _CLASSES}
    definitions["Line"]["properties"]["station"] = _shared("Station")
    definitions["Station"]["properties"]["robot"] = _shared("Robot")
    definitions |= {
        f"Shared{name}": {
            key: value for key, value in definitions[name].items() if key != "required"
        }
        for name in ("Line", "Station", "Robot")
    }
    definitions |= {"Distribution": _distribution(), "Flow": _flow(), "Sequence": _sequence()}
    definitions["Quantity"] = _quantity()
    root = _table(Shop)
    for key, kind in NAMED.items():
        named = _table(kind)
        named["required"] = [each for each in named.get("required", ()) if each != OWN_NAME]
        options = [named, _week()] if kind is WorkingTime else [named]
        root["properties"][key] = {"type": "object", "additionalProperties": _any_of(options)}
    zones = {"type": "object", "additionalProperties": _shared("Line")}
    root["properties"]["zones"] = zones
    title = "A shop of ningde_sim"
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return {**schema, **root, "$defs": definitions}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _shared(name: str) -> Schema:
    """What many share: any of its keys."""
    return _reference(f"Shared{name}")


def _table(kind: type) -> Schema:
    """The arguments of a class."""
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    properties = {field.name: _argument(kind, field.name, hints[field.name]) for field in fields}
    required = [each.name for each in fields if default_of(each) is dataclasses.MISSING]
    if kind in (Line, Station, Robot):  # the rest may stand in what many share
        required = [OWN_NAME]
    described = {"description": (kind.__doc__ or "").splitlines()[0]}
    closed = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**described, **closed, **({"required": required} if required else {})}


def _argument(kind: type, name: str, hint: Any) -> Schema:
    """What may stand under a key of a class."""
    if name in NAMED:
        return _list(_any_of([_TEXT, _reference(NAMED[name].__name__)]))
    if name == "working_time":
        return _any_of([_TEXT, _reference("WorkingTime")])
    if name in FLOWS:
        return _any_of([_reference("Flow"), _list(_reference("Flow"))])
    if (kind, name) == (Line, "stations"):
        number = {"type": "integer", "minimum": 1, "maximum": MOST_STATIONS}
        return _any_of([number, _list(_reference("Station"))])
    if (kind, name) == (Station, "robots"):
        return _list(_any_of([_TEXT, _reference("Robot")]))
    if (kind, name) == (Failure, "priority"):
        return {"type": "integer"}
    if (kind, name) == (Start, "parts"):
        ages = _list(_any_of([_SIMPLE[float], {"const": NOT_LOADED}]))
        return {"type": "object", "additionalProperties": _any_of([_SIMPLE[int], ages])}
    return _of(hint)


def _of(hint: Any) -> Schema:
    """What a type says."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if isinstance(hint, type) and issubclass(hint, Distribution):
        return _reference("Distribution")
    if hint is Sequence or hint in _CLASSES:
        return _reference(hint.__name__)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _any_of([_of(each) for each in inner if each is not type(None)])
    if origin is Literal:
        return {"enum": [*inner]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(inner[1])}
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _list(_of(inner[0]))
    assert hint is Any, hint  # by product: a duration, or those of the changes to each
    each = [_SIMPLE[float], _reference("Distribution")]
    return _any_of([*each, {"type": "object", "additionalProperties": _any_of(each)}])


def _any_of(options: list[Schema]) -> Schema:
    return options[0] if len(options) == 1 else {"anyOf": options}


def _list(each: Schema) -> Schema:
    return {"type": "array", "items": each}


def _distribution() -> Schema:
    options = []
    for word, kind in DISTRIBUTIONS.items():
        table = _table(kind)
        arguments = table["properties"]
        required = [each if each != "distribution" else "of" for each in table["required"]]
        if "distribution" in arguments:  # of a shifted one
            arguments["of"] = arguments.pop("distribution")
        arguments["distribution"] = {"const": word}
        options.append({**table, "required": ["distribution", *required]})
    return {"oneOf": options}


def _week() -> Schema:
    """The shifts of a week, in place of the windows of a working time."""
    pair = {**_list(_TEXT), "minItems": 2, "maxItems": 2}
    days = _list({"enum": [*WEEKDAYS]})
    shift = {"start": _TEXT, "end": _TEXT, "breaks": _list(pair), "weekdays": days}
    shifts = {"additionalProperties": _any_of([pair, _closed(shift, "start", "end")])}
    by_name = {"type": "object", **shifts}
    number = {"type": "integer", "minimum": 1}
    week = {"shifts": _any_of([number, by_name]), "shift_hours": {"type": "number"}}
    return _closed({**week, "weekdays": days}, "shifts")


def _quantity() -> Schema:
    """A number with its uncertainty; `ShopTables` tells which unit it must have where."""
    number, kinds = {"type": "number"}, {"enum": [*EVIDENCES]}
    numbers = dict.fromkeys(("value", "low", "high"), number)
    words = dict.fromkeys(("unit", "source", "note", "tuned", "drawn_with"), _TEXT)
    required = ("value", "unit", "evidence", "source")
    return _closed({**numbers, **words, "evidence": kinds}, *required)


def _flow() -> Schema:
    entry = {"stores": _any_of([_TEXT, _list(_TEXT)]), "number": {"type": "integer", "minimum": 1}}
    shares = {"type": "object", "additionalProperties": {"type": "number"}}
    numbers = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
    return _any_of([_TEXT, _closed(entry, "stores"), _closed({"split": shares}, "split"), numbers])


def _sequence() -> Schema:
    order = {"type": "array", "minItems": 2, "maxItems": 2}
    return _any_of(
        [
            _closed({"kind": {"const": "random"}, "batch": {"type": "integer", "minimum": 1}}),
            _closed({"kind": {"const": "cycle"}, "products": _list(_TEXT)}, "kind", "products"),
            _closed({"kind": {"const": "orders"}, "orders": _list(order)}, "kind", "orders"),
        ]
    )


def _closed(properties: Schema, *required: str) -> Schema:
    table = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**table, **({"required": [*required]} if required else {})}


SHIPPED = Path(str(resources.files("ningde_sim.data"))) / "shop.schema.json"
"""The file for editors."""


def text() -> str:
    """The content of the file."""
    return json.dumps(shop_schema(), indent=1) + "\n"


if __name__ == "__main__":
    SHIPPED.write_text(text(), encoding="utf-8")
