"""Reading a TOML file that people edit."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any

from ningde_sim._support import checks


def tables(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The tables of a TOML file: UTF-8, with or without a byte-order mark.

    Raises
    ------
    FileNotFoundError
        No such file; the message names the folder and the files in it with similar names.
    ValueError
        The file is not UTF-8, or not TOML.
    """
    try:
        return tomllib.loads(text(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: this is not TOML: {error}") from error


def text(path: str | os.PathLike[str]) -> str:
    """The text of a file; errors as of `tables`."""
    checks.path("The file", "path", path)
    check_exists(path)
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        got = error.object[error.start : error.end]
        rule = f"the file must be UTF-8 text, byte {error.start + 1} is not"
        raise ValueError(checks.complain(str(path), rule, got, "Save it as UTF-8.")) from error


def check_exists(path: str | os.PathLike[str]) -> None:
    """Raise a FileNotFoundError when there is no such file."""
    if not Path(path).exists():
        raise FileNotFoundError(f"{path}: no such file. {near(path)}")


def near(path: str | os.PathLike[str]) -> str:
    """The folder in which a file was looked for, and the files in it with similar names."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        return f"There is no folder {folder}."
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    alike = difflib.get_close_matches(Path(path).name, names, n=3, cutoff=0.5)
    similar = ", ".join(alike) or "none"
    return f"Looked for in {folder}; similar names there: {similar}."
