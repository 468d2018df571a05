"""The two shops that ship with the library."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

from ningde_sim.plant.read import read_shop
from ningde_sim.plant.shop import Shop


@cache
def ningde_2020() -> Shop:
    """The body shop of December 2020: 511 robots, 163 stations.

    Examples
    --------
    >>> ningde_2020().n_robots
    511
    """
    return _read("body_shop_2020.toml")


@cache
def ningde_2021() -> Shop:
    """The body shop after the works of 2021: 620 robots, 167 stations.

    Examples
    --------
    >>> ningde_2021().n_robots, ningde_2021().n_stations
    (620, 167)
    """
    return _read("body_shop_2021.toml")


def _read(name: str) -> Shop:
    with as_file(files("ningde_sim.data") / name) as path:
        return read_shop(path)
