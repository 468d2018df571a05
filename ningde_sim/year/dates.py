"""When each thing with a date in a scenario begins, and when it is over."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Period:
    """The time that something may take.

    Attributes
    ----------
    begins : date
        Its first day.
    over : date
        The first day after it, at its longest.
    """

    begins: datetime.date
    over: datetime.date


_FOR_GOOD = 1e6
"""Beyond every calendar. [days]"""


def periods(scenario: Any) -> dict[str, Period]:
    """The period of each closure, retooling, ramp, slowdown and ship, by the path of its date.

    A ramp is over after twice its `days_to_90`: what it still costs then is small. A product
    without a ramp is made for good. The full stop of the retooling counts working days; twice as
    many days hold them.
    """
    return dict(_periods(scenario))


def _periods(scenario: Any) -> Iterator[tuple[str, Period]]:
    for name, closure in scenario.calendar.closures.items():
        yield f"calendar.closures.{name}.start", _period(closure.start, 0, closure.days.most)
    for shop, own in scenario.calendars.items():
        for name, closure in own.closures.items():
            path = f"calendars.{shop}.closures.{name}.start"
            yield path, _period(closure.start, 0, closure.days.most)
    retooling, stop_over = scenario.retooling, datetime.date.min
    if retooling is not None:
        stop = _period(retooling.start, retooling.delay, 2 * retooling.full_stop_days.most)
        stop_over = stop.over
        end = _later(stop.over, 7 * retooling.partial_weeks.most)
        yield "retooling.start", Period(stop.begins, end)
    for name, product in scenario.products.items():
        if product.start is None:
            continue
        ramp = 2 * product.ramp.days_to_90.most if product.ramp else _FOR_GOOD
        own = _period(product.start, product.delay, ramp)
        end = max(own.over, _later(stop_over, ramp)) if retooling is not None else own.over
        yield f"products.{name}.start", Period(own.begins, end)
    for name, slowdown in scenario.slowdowns.items():
        yield f"slowdowns.{name}.start", _period(slowdown.start, 0, slowdown.days.most)
    if scenario.export is not None:
        yield from _of_export(scenario.export)


def _of_export(export: Any) -> Iterator[tuple[str, Period]]:
    for gate, gateway in export.gateways.items():
        for name, shut in gateway.closures.items():
            if shut.start is not None:
                path = f"export.gateways.{gate}.closures.{name}.start"
                yield path, _period(shut.start, 0, shut.days.most)
    for name, service in export.services.items():
        if service.dates:
            last = max(service.dates)
            yield f"export.services.{name}.dates", Period(min(service.dates), _later(last, 1))


def _period(start: datetime.date, delay: Any, days: float) -> Period:
    """From `start` after a typical `delay`, for so many days after the longest delay."""
    typical, longest = (delay.value, delay.most) if delay else (0.0, 0.0)
    return Period(_later(start, typical), _later(start, longest + max(days, 1)))


def _later(day: datetime.date, days: float) -> datetime.date:
    """So many days after a day, at most the last day of the calendar."""
    room = (datetime.date.max - day).days
    return day + datetime.timedelta(days=min(round(days), room))
