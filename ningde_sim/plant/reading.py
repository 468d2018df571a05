"""Reading a file that a person edits."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from ningde_sim.plant import checks


def tables(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The tables of a file: UTF-8, with or without a byte-order mark.

    Raises
    ------
    ValueError
        It is not UTF-8, or no TOML.
    """
    try:
        return tomllib.loads(text(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: this is not TOML: {error}") from error


def text(path: str | os.PathLike[str]) -> str:
    """The text of a file; raises what `tables` does."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        got = error.object[error.start : error.end]
        rule = f"it must be text of UTF-8, byte {error.start + 1} is not"
        raise ValueError(checks.complain(str(path), rule, got, "Save it as UTF-8.")) from error
