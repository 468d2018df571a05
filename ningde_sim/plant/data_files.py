"""The files of plants that ship, by name: shops, scenarios."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from ningde_sim._support import checks, files
from ningde_sim._support.toml import tables
from ningde_sim.plant.paths import nearest

OF_SHOP = ("lines", "zones")
"""Keys of which each shop's file has one, and no scenario's."""

OF_SCENARIO = ("base", "calendar", "shops")
"""Keys of which each scenario's file has one, and no shop's."""

Kind = Literal["shop", "scenario"]

READERS: dict[Kind, str] = {"shop": "read_shop", "scenario": "scenario"}
"""The function that reads each kind."""


def kind_of(data: Mapping[str, Any]) -> Kind | None:
    """What the tables of a file describe; None where their keys do not tell.

    Parameters
    ----------
    data : mapping
    """
    of_shop, of_scenario = (any(k in data for k in keys) for keys in (OF_SHOP, OF_SCENARIO))
    if of_shop == of_scenario:
        return None
    return "shop" if of_shop else "scenario"


@cache
def names(kind: Kind) -> tuple[str, ...]:
    """The names of all that ships of a kind, in order: those of their files, without the end.

    Parameters
    ----------
    kind : {"shop", "scenario"}
    """
    shipped = sorted(Path(str(entry)) for entry in resources.files("ningde_sim.data").iterdir())
    return tuple(
        path.stem for path in shipped if path.suffix == ".toml" and kind_of(tables(path)) == kind
    )


def path_of(name: str) -> Path:
    """The file of a shop or a scenario that ships.

    Parameters
    ----------
    name : str
    """
    return Path(str(resources.files("ningde_sim.data") / f"{name}.toml"))


def find(kind: Kind, name_or_path: str | os.PathLike[str], folder: Path | None = None) -> Path:
    """The file of a shop or a scenario: by its name, if one of it ships, else at its path.

    Parameters
    ----------
    kind : {"shop", "scenario"}
    name_or_path : str or path
    folder : Path, optional
        Errors name similar files in it; by default those beside the path.

    Raises
    ------
    TypeError, FileNotFoundError
        Neither a name nor a path; no such file, with what is similar.
    """
    if not isinstance(name_or_path, (str, os.PathLike)):
        rule = "name_or_path must be a name or a path"
        raise TypeError(checks.complain(READERS[kind], rule, name_or_path))
    checks.path(READERS[kind], "name_or_path", name_or_path)
    name, path = os.fspath(name_or_path), Path(name_or_path)
    known = [*names(kind)]
    if name in known:
        return path_of(name)
    if files.exists(path):
        return path
    cure = f"The names are {', '.join(known)}. {nearest(str(name), known)}"
    for other, reader in READERS.items():
        if other != kind and name in names(other):
            cure = f"It is the name of a {other}: `{reader}` reads it."
    rule = "unknown name, and no such file"
    cure = f"{cure.strip()} {files.near(path if folder is None else folder / path)}"
    raise FileNotFoundError(checks.complain(READERS[kind], rule, name, cure))
