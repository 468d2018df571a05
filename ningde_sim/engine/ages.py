"""What is left of an uptime that is under way, in a plant that has run for long.

An instant far from the start falls into long uptimes more often than into short ones, in proportion
to their length, and anywhere in them. So what is left is a uniform share of a length-biased uptime:
its density is the share of uptimes that are longer, over the mean (the equilibrium distribution).

References
----------
Cox (1962), Renewal Theory, section 5.4.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.optimize
import scipy.special

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


def remaining(uptime: Distribution, share: float, u: float) -> float:
    """What is left of an uptime that is under way. [unit of the distribution]

    Parameters
    ----------
    share : float
        Of the uptime that is left, between 0 and 1. [-]
    u : float
        Chooses the uptime among those under way, between 0 and 1. [-]
    """
    return share * length_biased(uptime, u)


def length_biased(distribution: Distribution, u: float) -> float:
    """A value drawn in proportion to its size, by a number `u` drawn between 0 and 1."""
    match distribution:
        case Shifted(low, law):
            above = distribution.mean * u - low
            if above < 0:
                return low + quantile(law, u * distribution.mean / low)
            return low + length_biased(law, above / law.mean)
        case Normal(mean, std) if std > 0:
            return _bell(distribution, u)
        case Exponential(mean):
            return float(mean * scipy.special.gammaincinv(2.0, u))
        case Lognormal(mean, cv) if cv > 0:
            variance = math.log1p(cv * cv)
            normal = float(scipy.special.ndtri(u))
            return float(mean * math.exp(variance / 2 + math.sqrt(variance) * normal))
        case Gamma(mean, cv) if cv > 0:
            shape = 1.0 / (cv * cv)
            return float(mean / shape * scipy.special.gammaincinv(shape + 1.0, u))
        case Fixed() | Lognormal() | Gamma() | Normal():
            return float(distribution.mean)
        case Weibull():
            power = float(scipy.special.gammaincinv(1.0 + 1.0 / distribution.shape, u))
            return float(distribution.scale * power ** (1.0 / distribution.shape))
        case Uniform(low, high):
            return float(math.sqrt(low * low + u * (high * high - low * low)))
        case Triangular():
            return _triangular(distribution, u)
        case Empirical(values):
            ordered = np.sort(np.array(values))
            sums = np.cumsum(ordered)
            return float(ordered[np.searchsorted(sums, u * sums[-1])])
    raise TypeError(f"{type(distribution).__name__}: the engines cannot draw from it.")


def quantile(distribution: Distribution, u: float) -> float:
    """The value that a share `u` of all draws stays below. [unit of the distribution]"""
    match distribution:
        case Exponential(mean):
            return -mean * math.log1p(-u)
        case Lognormal(mean, cv) if cv > 0:
            variance = math.log1p(cv * cv)
            normal = float(scipy.special.ndtri(u))
            return float(mean * math.exp(math.sqrt(variance) * normal - variance / 2))
        case Gamma(mean, cv) if cv > 0:
            shape = 1.0 / (cv * cv)
            return float(mean / shape * scipy.special.gammaincinv(shape, u))
        case Normal(mean, std) if std > 0:
            middle, sigma = distribution.whole
            cut = float(scipy.special.ndtr(-middle / sigma))
            return float(middle + sigma * scipy.special.ndtri(cut + u * (1 - cut)))
        case Fixed() | Lognormal() | Gamma() | Normal():
            return float(distribution.mean)
        case Weibull():
            return float(distribution.scale * (-math.log1p(-u)) ** (1.0 / distribution.shape))
        case Uniform(low, high):
            return low + u * (high - low)
        case Triangular(low, mode, high):
            if u * (high - low) < mode - low:
                return low + math.sqrt(u * (high - low) * (mode - low))
            return high - math.sqrt((1.0 - u) * (high - low) * (high - mode))
        case Empirical(values):
            return float(np.sort(np.array(values))[int(u * len(values))])
    raise TypeError(f"{type(distribution).__name__}: the engines cannot draw from it.")


def _bell(distribution: Normal, u: float) -> float:
    """Where the mean of what is below is a share `u` of the mean of the bell above 0."""
    middle, sigma = distribution.whole
    cut = -middle / sigma
    above = float(scipy.special.ndtr(-cut))

    def density(z: float) -> float:
        return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    def short(z: float) -> float:
        share = float(scipy.special.ndtr(z)) - (1 - above)
        return (
            middle * share - sigma * (density(z) - density(cut))
        ) / above - u * distribution.mean

    far = max(cut, 0.0) + 40.0
    return max(0.0, middle + sigma * float(scipy.optimize.brentq(short, cut, far)))


def _triangular(distribution: Triangular, u: float) -> float:
    low, mode, high = distribution.low, distribution.mode, distribution.high
    if low == high:
        return low

    def moment(x: float) -> float:
        """The mean of what is at most x."""
        if x <= mode:
            part = (2 * x**3 - 3 * low * x**2 + low**3) / (3 * (mode - low)) if x > low else 0.0
            return part / (high - low)
        rest = (high**3 - 3 * high * x**2 + 2 * x**3) / (3 * (high - mode)) if x < high else 0.0
        return distribution.mean - rest / (high - low)

    aim = u * distribution.mean
    return float(scipy.optimize.brentq(lambda x: moment(x) - aim, low, high))
