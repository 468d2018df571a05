"""Reading and writing a TOML file that people edit."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from ningde_sim._support import checks, files

MOST_MIB = 16
"""Largest file; a shop of 20,000 lines has some 10. [MiB]"""

MOST_LEVELS = 20
"""Deepest nesting of tables and lists; scenarios have some 8. [levels]"""


def tables(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The tables of a TOML file: UTF-8, with or without a byte-order mark.

    Raises
    ------
    FileNotFoundError
        No such file; the message names the folder and the files in it with similar names.
    OSError
        It is a folder, a pipe or a device, or cannot be read.
    ValueError
        The file is not UTF-8, not TOML, too large or too deeply nested.
    """
    return parsed(str(path), files.text(path, most=MOST_MIB))


def parsed(owner: str, text: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Parameters
    ----------
    owner : str
        Who complains.
    text : str

    Raises
    ------
    ValueError
        It is not TOML, or too deeply nested.
    """
    _check_keys(owner, text)
    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(f"{owner}: {_TOO_DEEP}") from error
    except ValueError as error:  # tomllib leaves whole numbers of 5,000 digits to Python
        raise ValueError(f"{owner}: this is not TOML: {error}") from error
    _check_levels(owner, data)
    return data


def write(owner: str, path: str | os.PathLike[str], data: Mapping[str, Any], reader: str) -> None:
    """Write tables to a file; an existing one is replaced as a whole, or stays as it was.

    Parameters
    ----------
    owner : str
        Who writes, and complains.
    path : str or path
    data : mapping
    reader : str
        The name of the function that reads the file, for its first line.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    checks.path(owner, "path", path)
    text = f"# Written by ningde_sim; {reader}({str(path)!r}) reads it.\n\n"
    with files.replaced(path, f"{owner} to_toml") as new:
        new.write_text(text + tomli_w.dumps(data), encoding="utf-8")


_TOO_DEEP = f"tables and lists must be nested at most {MOST_LEVELS} deep."


MOST_NAMES = 100
"""Longest dotted key; tomllib takes minutes for one of 100,000. [names]"""

KEY = re.compile(r"[\w.\"'-]+")
"""What may be a dotted key, once spaces are left out."""


def _check_keys(owner: str, text: str) -> None:
    for key in KEY.finditer(re.sub(r"[ \t]+", "", text)):
        if key[0].count(".") >= MOST_NAMES and len([*filter(None, key[0].split("."))]) > MOST_NAMES:
            rule = f"a key must have at most {MOST_NAMES} names"
            raise ValueError(checks.complain(owner, rule, key[0]))


def _check_levels(owner: str, data: dict[str, Any]) -> None:
    level: list[tuple[str, Any]] = list(data.items())
    for _ in range(MOST_LEVELS):
        level = [(key, inner) for key, value in level for inner in _inside(value)]
        if not level:
            return
    raise ValueError(f"{owner}, {checks.shortened(level[0][0])}: {_TOO_DEEP}")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
