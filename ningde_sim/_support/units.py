"""All conversions of units; the clock of both engines counts whole milliseconds."""

from __future__ import annotations

from typing import Any

MS_PER_S = 1_000
MS_PER_MIN = 60_000
MS_PER_H = 3_600_000
MS_PER_DAY = 24 * MS_PER_H

MAX_HOURS = 1e6
"""Longest horizon, more than a century. [h]"""

MAX_TIME = 1e12
"""Longest time in a description: the milliseconds of so many hours fit int64. [s, min or h]"""

MAX_CAPACITY = 1_000_000
"""Largest buffer or store: its part-milliseconds over the longest horizon fit int64. [parts]"""


def hours_to_ms(hours: float) -> int:
    """Round hours to the clock. [ms]"""
    return round(hours * MS_PER_H)


def ms_to_hours(ms: Any) -> Any:
    """A number or an array of milliseconds as hours. [h]"""
    return ms / MS_PER_H
