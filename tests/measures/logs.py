"""Logs of states written as a text per station, and lines of stations that make logs."""

from __future__ import annotations

import pandas as pd

from ningde_sim import Fixed, Line, Lognormal, Shop, Station

WORDS = {
    "w": "working",
    "p": "planned",
    "d": "down",
    "c": "waiting",
    "b": "blocked",
    "s": "starved",
    "o": "off",
}
MIN = 60_000


def log(unit: int = MIN, **stations: str) -> pd.DataFrame:
    """A log of a letter a minute, such as A="wwbw"; a dot is a minute without a row."""
    rows = [
        (name, WORDS[letter], unit * k, unit * (k + 1))
        for name, letters in stations.items()
        for k, letter in enumerate(letters)
        if letter != "."
    ]
    return pd.DataFrame(rows, columns=["thing", "state", "begin", "end"])


def one_line(*cycles: float, buffers: int = 0, cv: float = 0.0, working_time=None) -> Shop:
    """Stations A, B, ... in a row, of these cycle times [s]."""
    laws = [Lognormal(c, cv) if cv else Fixed(c) for c in cycles]
    stations = [Station(name, law) for name, law in zip("ABCDEFGH", laws, strict=False)]
    line = Line("L", stations, buffers=buffers)
    return Shop("line", [line], working_time=working_time)
