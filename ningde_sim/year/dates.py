"""When what has a date in a scenario begins, and when it is over."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Span:
    """From a day on, and until another that no longer belongs to it, were it as long as may be."""

    begins: datetime.date
    over: datetime.date


def spans(scenario: Any) -> dict[str, Span]:
    """The time of closures, retooling, launches, slowdowns and ships, by the path of their date.

    A launch is over after twice its `days_to_90`: what it then still costs is small. The full stop
    of the retooling counts working days; twice as many days hold them.
    """
    return dict(_spans(scenario))


def _spans(scenario: Any) -> Iterator[tuple[str, Span]]:
    for name, closure in scenario.calendar.closures.items():
        yield f"calendar.closures.{name}.start", _span(closure.start, 0, closure.days.most)
    retooling, stop_over = scenario.retooling, datetime.date.min
    if retooling is not None:
        stop = _span(retooling.start, retooling.delay, 2 * retooling.full_stop_days.most)
        stop_over = stop.over
        yield (
            "retooling.start",
            Span(stop.begins, _later(stop.over, 7 * retooling.partial_weeks.most)),
        )
    for name, launch in scenario.launches.items():
        ramp = 2 * launch.days_to_90.most
        own = _span(launch.start, launch.delay, ramp)
        after = max(own.over, _later(stop_over, ramp)) if retooling is not None else own.over
        yield f"launches.{name}.start", Span(own.begins, after)
    for name, slowdown in scenario.slowdowns.items():
        yield f"slowdowns.{name}.start", _span(slowdown.start, 0, slowdown.days.most)
    if scenario.export is not None:
        yield from _of_export(scenario.export)


def _of_export(export: Any) -> Iterator[tuple[str, Span]]:
    for gate, gateway in export.gateways.items():
        for name, shut in gateway.closures.items():
            if shut.start is not None:
                path = f"export.gateways.{gate}.closures.{name}.start"
                yield path, _span(shut.start, 0, shut.days.most)
    for name, service in export.services.items():
        if service.dates:
            last = max(service.dates)
            yield f"export.services.{name}.dates", Span(min(service.dates), _later(last, 1))


def _span(start: datetime.date, delay: Any, days: float) -> Span:
    """From `start`, later by a typical `delay`, for so many days after the longest."""
    typical, longest = (delay.value, delay.most) if delay else (0.0, 0.0)
    return Span(_later(start, typical), _later(start, longest + max(days, 1)))


def _later(day: datetime.date, days: float) -> datetime.date:
    """So many days after, at most the last day that there is."""
    room = (datetime.date.max - day).days
    return day + datetime.timedelta(days=min(round(days), room))
