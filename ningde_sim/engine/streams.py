"""Random numbers by name: the k-th draw of a stream is a function of its key, the run and k.

A stream is one row of `Streams.arrays()`: a 128-bit key, hashed from the kind and the name of the
thing and the purpose, and the distribution to draw from. The counter-based generator Philox turns
key, seed, run and k into random bits. It has no state to create, store or share, so nothing that
is added or left out elsewhere changes a draw.

References
----------
Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3. SC'11.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ningde_sim.engine import _kernel
from ningde_sim.plant.distributions import (
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Normal,
    Shifted,
    Triangular,
    Uniform,
    Weibull,
)

UNIT = Uniform(0, 1)
"""Of a share, or of a chance."""


@lru_cache(maxsize=1 << 16)  # the runs of a study lay out the same shop again and again
def key(kind: str, name: str, purpose: str) -> tuple[int, int]:
    """The 128-bit key of a stream, as two 64-bit words."""
    text = "\x1f".join((kind, name, purpose)).encode()
    digest = hashlib.blake2b(text, digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


@lru_cache(maxsize=1 << 10)  # the robots of a kind have the same
def encode(distribution: Distribution, low: float = 0.0) -> tuple[int, float, float, float]:
    """The kernel's code and three parameters of a distribution that is `low` above its own.

    Where it has at most two parameters of its own, the third is `low`.
    """
    match distribution:
        case Shifted(own, law):
            return encode(law, low + own)
        case Fixed(v):
            return _kernel.FIXED, v + low, 0.0, 0.0
        case Exponential(mean):
            return _kernel.EXPONENTIAL, mean, 0.0, low
        case Lognormal(mean, cv) if cv > 0:
            variance = math.log1p(cv * cv)
            return _kernel.LOGNORMAL, math.log(mean) - variance / 2, math.sqrt(variance), low
        case Gamma(mean, cv) if cv > 0:
            return _kernel.GAMMA, 1.0 / (cv * cv), mean * cv * cv, low
        case Normal(_, std) if std > 0:
            return _kernel.NORMAL, *distribution.whole, low
        case Lognormal(mean, _) | Gamma(mean, _) | Normal(mean, _):
            return _kernel.FIXED, mean + low, 0.0, 0.0
        case Weibull():
            return _kernel.WEIBULL, distribution.scale, 1.0 / distribution.shape, low
        case Uniform(least, most):
            return _kernel.UNIFORM, least + low, most + low, 0.0
        case Triangular(least, mode, most):
            return _kernel.TRIANGULAR, least + low, mode + low, most + low
        case Empirical(values, in_order):
            code = _kernel.IN_ORDER if in_order else _kernel.EMPIRICAL
            return code, 0.0, float(len(values)), low
    raise TypeError(f"{type(distribution).__name__}: the engines cannot draw from it.")


class Streams:
    """All streams of a shop, in the order in which the layout adds them."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self._values: list[float] = []

    def add(
        self,
        kind: str,
        name: str,
        purpose: str,
        distribution: Distribution,
        unit: float,
        least: int,
    ) -> int:
        """Add a stream; its index. The unit of its draws is `unit` ms, the shortest `least` ms."""
        code, a, b, c = encode(distribution)
        if code in (_kernel.EMPIRICAL, _kernel.IN_ORDER):
            law = distribution.distribution if isinstance(distribution, Shifted) else distribution
            a = float(len(self._values))
            self._values.extend(law.values)  # type: ignore[attr-defined]
        self._rows.append((*key(kind, name, purpose), code, a, b, c, unit, least))
        return len(self._rows) - 1

    def arrays(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """A record of dtype `_kernel.STREAM` for each stream; the values of all Empirical ones.

        Plain arrays: Numba asks a recarray, which is Python, for attributes at each call, and
        swallows a Ctrl-C that comes meanwhile.
        """
        rows = np.array(self._rows, dtype=_kernel.STREAM)
        return rows, np.array(self._values or [0.0], dtype=np.float64)


class Draws:
    """The draws of one stream, for code outside the engines.

    Parameters
    ----------
    kind, name, purpose : str
        As in `key`.
    distribution : Distribution, optional
        By default uniform between 0 and 1.
    """

    def __init__(
        self, kind: str, name: str, purpose: str, distribution: Distribution | None = None
    ) -> None:
        streams = Streams()
        streams.add(kind, name, purpose, distribution or UNIT, 1, 0)
        self._rows, self._values = streams.arrays()

    def __call__(self, seed: int, run: int, k: int) -> float:
        """The k-th draw, in the unit of the distribution."""
        return float(_kernel.draw(self._rows[0], self._values, seed, run, k))

    def first(self, n: int, seed: int, run: int) -> Iterator[float]:
        """The draws from the first on, n of which are made at once."""
        table = np.empty((1, n))
        _kernel.fill_draws(table, self._rows, self._values, seed, run)
        yield from table[0].tolist()
        for k in itertools.count(n):
            yield self(seed, run, k)


def first_draws(
    kind: str, names: Sequence[str], purpose: str, *, seed: int, run: int, n: int
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The first n numbers between 0 and 1 of many streams, shape (n_names, n). [-]"""
    streams = Streams()
    for name in names:
        streams.add(kind, name, purpose, UNIT, 1, 0)
    table = np.empty((len(names), n))
    _kernel.fill_draws(table, *streams.arrays(), seed, run)
    return table
