"""The texts in a checkpoint: rows and names written, checked and read."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from ningde_sim._support import checks
from ningde_sim.studies.experiment import Row

SHOWN = 5
"""Differences that an error lists."""


def differences(here: Mapping[str, str], stored: Mapping[str, str]) -> str:
    """Such as `repair_crews: 4 here, 5 in the file`."""
    paths = [p for p in dict.fromkeys([*here, *stored]) if here.get(p) != stored.get(p)]
    shown = [
        f"{p}: {here.get(p, 'nothing')} here, {stored.get(p, 'nothing')} in the file"
        for p in paths[:SHOWN]
    ]
    more = [f"{len(paths) - SHOWN:,} more"] if len(paths) > SHOWN else []
    return "; ".join([*shown, *more]) or "the same values in another order"


def checksum(*parts: object) -> str:
    """SQLite checks the order of its pages, not the values in them."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def of_row(row: Row) -> str:
    """The values of a row. JSON keeps every bit of a number; NaN, which has many, is in hex."""
    return json.dumps([_plain(value) for value in row.values()])


def _plain(value: Any) -> int | float | str:
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, (int, float)):
        raise TypeError(f"Checkpoint: only numbers can be kept, got {value!r}.")
    return value if value == value else struct.pack(">d", value).hex()


class NotOurs(Exception):
    """A text in the file that no `add` wrote."""


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise NotOurs(f"{checks.shortened(repr(text))} is no JSON") from error


def texts(text: Any) -> dict[str, str]:
    """The content that `_make` wrote."""
    texts = _json(text)
    if not isinstance(texts, dict) or not all(isinstance(v, str) for v in texts.values()):
        raise NotOurs("it does not say what it is of")
    return texts


def names(text: Any) -> list[str]:
    """The names of columns that `add` wrote."""
    names = _json(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise NotOurs(f"{checks.shortened(repr(text))} are no names")
    return names


def row(names: list[str], text: Any) -> Row:
    """The row whose values `of_row` wrote."""
    values = _json(text)
    if not isinstance(values, list) or len(values) != len(names):
        raise NotOurs(f"{checks.shortened(repr(text))} are not {len(names)} values")
    return dict(zip(names, map(_number, values), strict=True))


def _number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return struct.unpack(">d", bytes.fromhex(value))[0]
        except (ValueError, struct.error) as error:
            raise NotOurs(f"{checks.shortened(repr(value))} is no number") from error
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NotOurs(f"{checks.shortened(repr(value))} is no number")
    return value
