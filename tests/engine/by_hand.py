"""Short functions for cases worked out by hand, in seconds."""

from __future__ import annotations

from ningde_sim import Failure, Fixed, WorkingTime

HOUR = 3600.0


def every(seconds, repair_s, name="stop", **options):
    """A failure after a fixed time on its clock, repaired in a fixed time."""
    return Failure(name, Fixed(seconds / HOUR), Fixed(repair_s / 60), **options)


def windows(*pairs):
    """A working time from seconds."""
    return WorkingTime([(a / HOUR, b / HOUR) for a, b in pairs])


def exits(result, line):
    """Finish times in seconds."""
    return (result.exits[line] / 1000).tolist()


def states(result, station):
    """Seconds in each state that the station was in."""
    row = result.stations.loc[station]
    names = ("working", "planned", "down", "waiting", "blocked", "starved", "off")
    return {name: round(row[name] * HOUR, 6) for name in names if row[name]}
