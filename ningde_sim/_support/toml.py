"""Reading a file that a person edits."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any

from ningde_sim._support import checks


def tables(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The tables of a file: UTF-8, with or without a byte-order mark.

    Raises
    ------
    FileNotFoundError
        There is no such file; the message names the folder and the files with names near.
    ValueError
        It is not UTF-8, or no TOML.
    """
    try:
        return tomllib.loads(text(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: this is not TOML: {error}") from error


def text(path: str | os.PathLike[str]) -> str:
    """The text of a file; raises what `tables` does."""
    there(path)
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        got = error.object[error.start : error.end]
        rule = f"it must be text of UTF-8, byte {error.start + 1} is not"
        raise ValueError(checks.complain(str(path), rule, got, "Save it as UTF-8.")) from error


def there(path: str | os.PathLike[str]) -> None:
    """Complain when there is no such file."""
    if not Path(path).exists():
        raise FileNotFoundError(f"{path}: there must be such a file. {near(path)}")


def near(path: str | os.PathLike[str]) -> str:
    """In which folder a file was looked for, and which files there have names near."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        return f"There is no folder {folder}."
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    alike = difflib.get_close_matches(Path(path).name, names, n=3, cutoff=0.5)
    found = f"the nearest: {', '.join(alike)}" if alike else "none with a name near"
    return f"Looked for in {folder}; {found}."
