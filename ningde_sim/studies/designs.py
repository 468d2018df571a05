"""Design points for a sweep that fill a space evenly, where a full grid would be too many.

Each gives a list of {path: value} for the `over` of `sweep`. Where both ends of a range are whole
numbers (1, 8) the values are whole, each as likely; ranges of floats (50.0, 56.0) give floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy

from ningde_sim._support import checks

MOST = 2**20
"""Design points."""

Ranges = Mapping[str, tuple[float, float]]


def latin_hypercube(ranges: Ranges, size: int, *, seed: int) -> list[dict[str, float]]:
    """A Latin hypercube: the range of each path in `size` equal parts, each of them met once.

    Parameters
    ----------
    ranges : mapping of path to (low, high)
    size : int
        Design points, from 2 to 1,048,576. Of whole numbers as many design points may be equal and
        are left out.
    seed : int
        Of the design; that of the runs is another matter.

    Returns
    -------
    list of dict
        At most `size`.

    Raises
    ------
    TypeError, ValueError
        A range without two numbers, low < high; a size out of bounds.

    References
    ----------
    McKay, Beckman, Conover (1979), Technometrics 21, 239-245.

    Examples
    --------
    >>> points = latin_hypercube({"repair_crews": (1, 4), "L.cycle_time": (50.0, 60.0)}, 4, seed=0)
    >>> sorted(point["repair_crews"] for point in points)
    [1, 2, 3, 4]
    """
    size = checks.whole("latin_hypercube", "size", size, low=2, high=MOST)
    ends = _ends("latin_hypercube", ranges)
    rng = np.random.default_rng(checks.stream_number("latin_hypercube", "seed", seed))
    return _scaled(ends, scipy.stats.qmc.LatinHypercube(len(ends), seed=rng).random(size))


def sobol(ranges: Ranges, size: int, *, seed: int) -> list[dict[str, float]]:
    """Points of a scrambled Sobol sequence: even in every pair of paths, and in every first half.

    `ranges`, `size`, `seed`, results and errors as for `latin_hypercube`; `size` must be a power of
    2.

    References
    ----------
    Sobol' (1967), USSR Computational Mathematics and Mathematical Physics 7(4), 86-112. Owen
    (1998), Journal of Complexity 14, 466-489.

    Examples
    --------
    >>> len(sobol({"x": (0.0, 1.0), "y": (0.0, 1.0)}, 8, seed=0))
    8
    """
    size = checks.whole("sobol", "size", size, low=2, high=MOST)
    if size & (size - 1):
        below = 2 ** (size.bit_length() - 1)
        cure = f"Take {below} or {2 * below}."
        raise ValueError(checks.complain("sobol", "size must be a power of 2", size, cure))
    ends = _ends("sobol", ranges)
    rng = np.random.default_rng(checks.stream_number("sobol", "seed", seed))
    return _scaled(ends, scipy.stats.qmc.Sobol(len(ends), seed=rng).random(size))


def _ends(owner: str, ranges: Ranges) -> dict[str, tuple[Any, Any]]:
    if not isinstance(ranges, Mapping) or not ranges:
        cure = 'Such as {"repair_crews": (1, 8)}.'
        raise ValueError(checks.complain(owner, "ranges by path are needed", ranges, cure))
    ends = {}
    for path, span in ranges.items():
        if not isinstance(span, (tuple, list)) or len(span) != 2:
            rule = f"the range of {path} must be (low, high)"
            raise TypeError(checks.complain(owner, rule, span))
        low, high = (checks.number(owner, path, end, low=-1e300) for end in span)
        if low >= high:
            rule = f"the range of {path} must be (low, high) with low < high"
            raise ValueError(checks.complain(owner, rule, span))
        ends[path] = span[0], span[1]
    return ends


def _scaled(ends: Mapping[str, tuple[Any, Any]], points: Any) -> list[dict[str, float]]:
    """The points of a unit cube in the ranges, no two alike."""
    columns = {}
    for (path, (low, high)), share in zip(ends.items(), points.T, strict=True):
        if isinstance(low, int) and isinstance(high, int):
            columns[path] = np.minimum(np.floor(low + share * (high - low + 1)), high).astype(int)
        else:
            columns[path] = low + share * (high - low)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in dict.fromkeys(rows)]
