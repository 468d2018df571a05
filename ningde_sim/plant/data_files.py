"""The files of plants that ship, by name: shops, scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from ningde_sim._support.toml import tables

OF_SHOP = ("lines", "zones")
"""Keys of which each shop's file has one, and no scenario's."""

OF_SCENARIO = ("base", "calendar", "body_shop")
"""Keys of which each scenario's file has one, and no shop's."""

Kind = Literal["shop", "scenario"]


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
    files = sorted(Path(str(entry)) for entry in resources.files("ningde_sim.data").iterdir())
    return tuple(
        path.stem for path in files if path.suffix == ".toml" and kind_of(tables(path)) == kind
    )


def path_of(name: str) -> Path:
    """The file of a shop or a scenario that ships.

    Parameters
    ----------
    name : str
    """
    return Path(str(resources.files("ningde_sim.data") / f"{name}.toml"))
