"""How a duration varies: ten distributions, each given by numbers that a planner knows.

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
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Self

import scipy

from ningde_sim._support import checks
from ningde_sim._support.frozen import unchangeable
from ningde_sim._support.units import MAX_TIME

LEAST_MEAN = 1e-9
"""Of every distribution but `Fixed` and those with bounds. [unit of the field]"""

LEAST_CV, MOST_CV = 1e-5, 100.0
"""Of what varies; a cv of 0 is allowed too. [-]"""

LEAST_SHAPE, MOST_SHAPE = 0.05, 1000.0
"""Of `Weibull`: cv 371,000 and 0.0013. [-]"""

MOST_NORMAL_CV = 0.8
"""Of `Normal`; at 0.76 half of the bell is cut off. [-]"""


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
        for name in (each.name for each in dataclasses.fields(self)):  # type: ignore[arg-type]
            value = getattr(self, name)
            if isinstance(value, tuple):
                longer[name] = tuple(factor * v for v in value)
            elif isinstance(value, Distribution):
                longer[name] = value.times(factor)
            elif name not in ("cv", "shape", "in_order"):
                longer[name] = factor * value
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


@lru_cache(maxsize=1 << 10)  # each layout asks for those of all its stations
def fixed(v: float) -> Fixed:
    """A time that is always the same; few differ, and each was checked where it was written."""
    return Fixed(v)


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
class Normal(Distribution):
    """The bell curve, without its part below 0: no duration is negative.

    `mean` and `std` are those of what is drawn, exactly. Where the std is less than an eighth of
    the mean, what is cut off is too little to matter.

    Parameters
    ----------
    mean : float
        From 1e-9 to 1e12. [unit of the field]
    std : float
        Standard deviation: 0, or from 0.00001 to 0.8 times the mean. [unit of the field]

    Examples
    --------
    >>> Normal(60, 5).std
    5.0
    """

    mean: float
    std: float = field()  # the property of the class above would be taken for a default

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", _mean(self))
        std = checks.number("Normal", "std", self.std)
        object.__setattr__(self, "std", std)
        if 0 < std / self.mean < LEAST_CV * (1 - ROUNDING):
            rule = f"std must be 0 or at least {LEAST_CV:g} times the mean of {self.mean:g}"
            raise ValueError(checks.complain("Normal", rule, std))
        if std / self.mean > MOST_NORMAL_CV * (1 + ROUNDING):
            rule = f"std must be at most {MOST_NORMAL_CV:g} times the mean of {self.mean:g}"
            cure = "Take Gamma or Lognormal, whose long tails lie above the mean."
            raise ValueError(checks.complain("Normal", rule, std, cure))

    @property
    def whole(self) -> tuple[float, float]:
        """Mean and standard deviation of the bell before its part below 0 is cut off.

        Both in [unit of the field].
        """
        ratio = _bell(self.std / self.mean)
        sigma = self.mean / (ratio + _hazard(ratio))
        return ratio * sigma, sigma


ROUNDING = 1e-9
"""By which a std may miss its bounds: a multiple of a legal `Normal` is legal. [-]"""


def _hazard(ratio: float) -> float:
    """Density over share of a bell above 0 at its cut, with `ratio` of its mean to its std. [-]"""
    density = math.exp(-ratio * ratio / 2) / math.sqrt(2 * math.pi)
    return density / (math.erfc(-ratio / math.sqrt(2)) / 2)


@cache
def _bell(cv: float) -> float:
    """Mean over std of the bell whose part above 0 has this cv.

    References
    ----------
    Johnson, Kotz, Balakrishnan (1994), Continuous Univariate Distributions, vol. 1, section 13.10.
    """
    if cv < 1 / 8:
        return 1 / cv

    def excess(ratio: float) -> float:
        hazard = _hazard(ratio)
        return math.sqrt(1 - hazard * (ratio + hazard)) / (ratio + hazard) - cv

    return float(scipy.optimize.brentq(excess, -1.0, 9.0, xtol=1e-14, rtol=1e-14))


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
    """One of the observed values, each with equal probability; or all of them in their order.

    Parameters
    ----------
    values : sequence of float
        At least one, each from 0 to 1e12. [unit of the field]
    in_order : bool
        Whether the first draw is the first value, the second the second, and so on, from the
        start again after the last; with no random variation.

    Examples
    --------
    >>> Empirical([4, 6, 11]).mean
    7.0
    """

    values: Sequence[float]
    in_order: bool = False

    def __post_init__(self) -> None:
        given = checks.listed(_owner(self), "values", self.values)
        values = tuple(checks.number(_owner(self), "values", v, high=MAX_TIME) for v in given)
        if not values:
            raise ValueError(checks.complain(_owner(self), "values must hold at least one", values))
        object.__setattr__(self, "values", values)
        checks.flag(_owner(self), "in_order", self.in_order)

    @property
    def mean(self) -> float:  # type: ignore[override]
        """The average of the values."""
        return math.fsum(self.values) / len(self.values)

    @property
    def std(self) -> float:
        """The standard deviation of the values."""
        mean = self.mean
        return math.sqrt(math.fsum((v - mean) ** 2 for v in self.values) / len(self.values))


@unchangeable
@dataclass(frozen=True, slots=True)
class Shifted(Distribution):
    """A fixed time and a random one on top of it: no value is below `low`.

    Parameters
    ----------
    low : float
        From 0 to 1e12. [unit of the field]
    distribution : Distribution
        Of what comes on top; where that is `Shifted` itself, both lows are added up.

    Examples
    --------
    >>> Shifted(2, Exponential(6)).mean
    8.0
    """

    low: float
    distribution: Distribution

    def __post_init__(self) -> None:
        low, on_top = _time(self, "low"), self.distribution
        checks.kind("Shifted", "distribution", on_top, Distribution, "Fixed(5) is one.")
        if isinstance(on_top, Shifted):
            low, on_top = low + on_top.low, on_top.distribution
        object.__setattr__(self, "low", checks.number("Shifted", "low", low, high=MAX_TIME))
        object.__setattr__(self, "distribution", on_top)

    @property
    def mean(self) -> float:  # type: ignore[override]
        """The low and the mean of what comes on top."""
        return self.low + self.distribution.mean

    @property
    def std(self) -> float:
        """That of what comes on top."""
        return self.distribution.std


def repeats_values(distribution: Distribution) -> bool:
    """Whether it has a few values only, so that two such clocks may stay in step for ever."""
    law = distribution.distribution if isinstance(distribution, Shifted) else distribution
    return law.std == 0 or isinstance(law, Empirical)
