"""The hours in which a shop, a line or a store works."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from ningde_sim._support import checks
from ningde_sim._support.frozen import unchangeable
from ningde_sim._support.units import MAX_TIME, hours_to_ms

MOST_PERIODS = 10_000_000
"""Repeats of the windows in one run."""


@unchangeable
@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Windows of work; outside them everything with this working time stands still.

    Cycles, repairs, transits and the clocks of failures pause there, those of time-dependent
    failures (TDF) too. What ends at the instant of closing still ends, and its body moves on.

    Parameters
    ----------
    windows : sequence of (float, float)
        Opening and closing hour of each window, counted from the start of the run, in rising order
        without overlap. [h]
    every : float, optional
        Period after which the windows repeat, 24 for a day, 168 for a week; None means that they do
        not. [h]

    Examples
    --------
    >>> two_shifts = WorkingTime([(0, 8), (9, 17)], every=24)
    >>> two_shifts.hours_until(48)
    32.0
    """

    windows: Sequence[tuple[float, float]]
    _: KW_ONLY
    every: float | None = None

    def __post_init__(self) -> None:
        owner = "WorkingTime"
        if self.every is not None:
            every = checks.number(owner, "every", self.every, above=True, high=MAX_TIME)
            object.__setattr__(self, "every", every)
        pairs = "pairs of an opening and a closing hour, such as (0, 8)"
        windows = []
        earlier = 0.0
        for window in checks.listed(owner, "windows", self.windows, pairs):
            if (
                not isinstance(window, Sequence)
                or isinstance(window, (str, bytes))
                or len(window) != 2
            ):
                rule = "each window must be a pair of an opening and a closing hour"
                raise ValueError(checks.complain(owner, rule, window))
            cure = "Windows must rise without overlap; a night shift is two: (0, 6) and (22, 24)."
            opening = checks.number(owner, "an opening hour", window[0], low=earlier, cure=cure)
            closing = checks.number(
                owner,
                "a closing hour",
                window[1],
                low=opening,
                high=MAX_TIME,
                above=True,
                cure=cure,
            )
            if hours_to_ms(closing) == hours_to_ms(opening):
                rule = "each window must last at least a millisecond"
                raise ValueError(checks.complain(owner, rule, window))
            windows.append((opening, closing))
            earlier = closing
        if not windows:
            raise ValueError(checks.complain(owner, "windows must hold at least one", self.windows))
        if self.every is not None and earlier > self.every:
            rule = f"the last window must close within the period of {self.every:g} h"
            raise ValueError(checks.complain(owner, rule, earlier))
        object.__setattr__(self, "windows", tuple(windows))

    def until(self, hours: float) -> list[tuple[float, float]]:
        """The windows that open before `hours`; those that touch are joined. [h]"""
        rounds = 1 if self.every is None else math.ceil(hours / self.every)
        if rounds > MOST_PERIODS:
            rule = f"{hours:g} h must hold at most {MOST_PERIODS:,} periods of `every`"
            raise ValueError(checks.complain("WorkingTime", rule, self.every))
        joined: list[tuple[float, float]] = []
        for k in range(rounds):
            shift = 0.0 if self.every is None else k * self.every
            for opening, closing in ((a + shift, b + shift) for a, b in self.windows):
                if opening >= hours:
                    return joined
                if joined and joined[-1][1] == opening:
                    joined[-1] = (joined[-1][0], closing)
                else:
                    joined.append((opening, closing))
        return joined

    def seen_from(self, hours: float) -> WorkingTime:
        """The same times of one that repeats, counted from some `hours` later. [h]

        Examples
        --------
        >>> WorkingTime([(6, 14), (22, 24)], every=24).seen_from(8).windows
        ((0.0, 6.0), (14.0, 16.0), (22.0, 24.0))
        """
        assert self.every is not None
        windows: list[tuple[float, float]] = []
        for opening, closing in self.windows:
            begin = (opening - hours) % self.every
            end = begin + closing - opening
            windows.append((begin, min(end, self.every)))
            if end > self.every:
                windows.append((0.0, end - self.every))
        return WorkingTime(sorted(windows), every=self.every)

    def hours_until(self, hours: float) -> float:
        """Working hours from the start of the run to `hours`. [h]"""
        return math.fsum(min(closing, hours) - opening for opening, closing in self.until(hours))


def check_working_time(owner: str, value: object) -> None:
    """Raise a TypeError for what is neither a WorkingTime nor None, which is round the clock."""
    if value is not None and not isinstance(value, WorkingTime):
        raise TypeError(checks.complain(owner, "working_time must be a WorkingTime or None", value))
