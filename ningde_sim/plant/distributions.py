"""How a duration varies: eight distributions, each given by numbers that a planner knows.

All are frozen and comparable, and hold no random state; the engines draw from them. Their unit is
that of the field that they fill: seconds for cycle times, minutes for repairs (mean: MTTR), hours
for uptimes (mean: MTBF).

Each parameter has bounds, far beyond those of any real plant. Within them draws are numbers that
fit the clock, and come at once.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from ningde_sim._support import checks
from ningde_sim._support.frozen import unchangeable
from ningde_sim._support.units import MAX_TIME

LEAST_MEAN = 1e-9
"""Of every distribution but `Fixed` and those with bounds. [unit of the field]"""

LEAST_CV, MOST_CV = 1e-5, 100.0
"""Of what varies; a cv of 0 is allowed too. [-]"""

LEAST_SHAPE, MOST_SHAPE = 0.05, 1000.0
"""Of `Weibull`: cv 371,000 and 0.0013. [-]"""


class Distribution:
    """A duration, never negative.

    Attributes
    ----------
    mean : float
        Its expected value; the MTBF of an `uptime`, the MTTR of a `repair`. [unit of the field]
    std : float
        Its standard deviation. [unit of the field]
    """

    __slots__ = ()

    mean: float

    @property
    def std(self) -> float:
        """Standard deviation. [unit of the field]"""
        raise NotImplementedError

    def times(self, factor: float) -> Self:
        """The same shape with every value multiplied by `factor`."""
        longer: dict[str, Any] = {}
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                longer[field.name] = tuple(factor * v for v in value)
            elif field.name not in ("cv", "shape"):
                longer[field.name] = factor * value
        return dataclasses.replace(self, **longer)  # type: ignore[type-var]


def steady_if_small(cv: float) -> float:
    """A cv drawn from a range that begins at 0: 0 where it is too small to be seen. [-]"""
    return cv if cv >= LEAST_CV else 0.0


def _owner(distribution: Distribution) -> str:
    return type(distribution).__name__


def _time(distribution: Distribution, field: str, low: float = 0.0) -> float:
    value = getattr(distribution, field)
    return checks.number(_owner(distribution), field, value, low=low, high=MAX_TIME)


def _mean(distribution: Any) -> float:
    checks.number(_owner(distribution), "mean", distribution.mean, above=True)
    return _time(distribution, "mean", LEAST_MEAN)


def _cv(distribution: Any) -> float:
    owner, cv = _owner(distribution), checks.number(_owner(distribution), "cv", distribution.cv)
    if cv == 0:
        return cv
    cure = "0 is without variation."
    return checks.number(owner, "cv", distribution.cv, low=LEAST_CV, high=MOST_CV, cure=cure)


@unchangeable
@dataclass(frozen=True, slots=True)
class Fixed(Distribution):
    """Always the same.

    Parameters
    ----------
    v : float
        The value, from 0 to 1e12. [unit of the field]

    Examples
    --------
    >>> Fixed(55).mean
    55.0
    """

    v: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "v", _time(self, "v"))

    @property
    def mean(self) -> float:  # type: ignore[override]
        """The value itself."""
        return self.v

    @property
    def std(self) -> float:
        """Zero."""
        return 0.0


@unchangeable
@dataclass(frozen=True, slots=True)
class Exponential(Distribution):
    """Memoryless: the usual shape of uptimes.

    Parameters
    ----------
    mean : float
        From 1e-9 to 1e12; the MTBF of an `uptime`. [unit of the field]

    Examples
    --------
    >>> Exponential(40).times(0.5)
    Exponential(mean=20.0)
    """

    mean: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", _mean(self))

    @property
    def std(self) -> float:
        """Equal to the mean."""
        return self.mean


@unchangeable
@dataclass(frozen=True, slots=True)
class _MeanAndCv(Distribution):
    mean: float
    cv: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", _mean(self))
        object.__setattr__(self, "cv", _cv(self))

    @property
    def std(self) -> float:
        """Mean times cv."""
        return self.mean * self.cv


@unchangeable
@dataclass(frozen=True, slots=True)
class Lognormal(_MeanAndCv):
    """The usual shape of repair times.

    Parameters
    ----------
    mean : float
        From 1e-9 to 1e12; the MTTR of a `repair`. [unit of the field]
    cv : float
        Standard deviation over mean: 0, or from 0.00001 to 100. [-]

    Examples
    --------
    >>> Lognormal(8, 1.5).std
    12.0
    """


@unchangeable
@dataclass(frozen=True, slots=True)
class Gamma(_MeanAndCv):
    """Gamma; with cv = 1 / sqrt(k) the Erlang distribution of k phases.

    Parameters
    ----------
    mean : float
        From 1e-9 to 1e12. [unit of the field]
    cv : float
        Standard deviation over mean: 0, or from 0.00001 to 100. [-]

    Examples
    --------
    >>> Gamma(8, 0.5).std
    4.0
    """


@unchangeable
@dataclass(frozen=True, slots=True)
class Weibull(Distribution):
    """Weibull: wear-out for a shape above 1, early failures for a shape below 1.

    Parameters
    ----------
    mean : float
        From 1e-9 to 1e12. [unit of the field]
    shape : float
        Greater than 0.05, at most 1000. [-]

    Examples
    --------
    >>> Weibull(40, 1.5).std < Exponential(40).std
    True
    """

    mean: float
    shape: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", _mean(self))
        bounds: Any = {"low": LEAST_SHAPE, "high": MOST_SHAPE, "above": True}
        shape = checks.number(_owner(self), "shape", self.shape, **bounds)
        object.__setattr__(self, "shape", shape)

    @property
    def scale(self) -> float:
        """The value that is exceeded with probability 1/e. [unit of the field]"""
        return self.mean / math.gamma(1.0 + 1.0 / self.shape)

    @property
    def std(self) -> float:
        """From the first two moments."""
        second = math.gamma(1.0 + 2.0 / self.shape)
        return self.scale * math.sqrt(second - math.gamma(1.0 + 1.0 / self.shape) ** 2)


@unchangeable
@dataclass(frozen=True, slots=True)
class Uniform(Distribution):
    """Every value between two bounds, with equal probability.

    Parameters
    ----------
    low, high : float
        Bounds, 0 <= low <= high <= 1e12. [unit of the field]

    Examples
    --------
    >>> Uniform(50, 60).mean
    55.0
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        low = _time(self, "low")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", _time(self, "high", low))

    @property
    def mean(self) -> float:  # type: ignore[override]
        """The middle."""
        return (self.low + self.high) / 2.0

    @property
    def std(self) -> float:
        """The width over the square root of 12."""
        return (self.high - self.low) / math.sqrt(12.0)


@unchangeable
@dataclass(frozen=True, slots=True)
class Triangular(Distribution):
    """Lowest, most likely and highest value, as people estimate them.

    Parameters
    ----------
    low, mode, high : float
        0 <= low <= mode <= high <= 1e12. [unit of the field]

    Examples
    --------
    >>> Triangular(3, 5, 13).mean
    7.0
    """

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        low = _time(self, "low")
        mode = _time(self, "mode", low)
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "mode", mode)
        object.__setattr__(self, "high", _time(self, "high", mode))

    @property
    def mean(self) -> float:  # type: ignore[override]
        """A third of the sum."""
        return (self.low + self.mode + self.high) / 3.0

    @property
    def std(self) -> float:
        """From the second moment."""
        a, c, b = self.low, self.mode, self.high
        return math.sqrt(max(0.0, (a * a + b * b + c * c - a * b - a * c - b * c) / 18.0))


@unchangeable
@dataclass(frozen=True, slots=True)
class Empirical(Distribution):
    """One of the observed values, each with equal probability.

    Parameters
    ----------
    values : sequence of float
        At least one, each from 0 to 1e12. [unit of the field]

    Examples
    --------
    >>> Empirical([4, 6, 11]).mean
    7.0
    """

    values: Sequence[float]

    def __post_init__(self) -> None:
        given = checks.listed(_owner(self), "values", self.values)
        values = tuple(checks.number(_owner(self), "values", v, high=MAX_TIME) for v in given)
        if not values:
            raise ValueError(checks.complain(_owner(self), "values must hold at least one", values))
        object.__setattr__(self, "values", values)

    @property
    def mean(self) -> float:  # type: ignore[override]
        """The average of the values."""
        return math.fsum(self.values) / len(self.values)

    @property
    def std(self) -> float:
        """The standard deviation of the values."""
        mean = self.mean
        return math.sqrt(math.fsum((v - mean) ** 2 for v in self.values) / len(self.values))
