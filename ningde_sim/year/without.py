"""A scenario without one kind of losses, to see what that kind costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any


def _at(table: Any, **values: float) -> Any:
    """A table with some of its quantities at these values."""
    return replace(table, **{key: getattr(table, key).fixed(v) for key, v in values.items()})


def _shops(scenario: Any, change: Callable[[Any], Any]) -> dict[str, Any]:
    """Both body shops, changed."""
    before = scenario.body_shop_before
    return {
        "body_shop": change(scenario.body_shop),
        "body_shop_before": None if before is None else change(before),
    }


def _no_calendar(scenario: Any) -> Any:
    plan = replace(
        _at(scenario.calendar, saturdays=0, overtime=0, maintenance=0),
        **dict.fromkeys(f"{key}_by_month" for key in ("shift_hours", "saturdays", "overtime")),
        closures={},
    )
    paint, assembly = _at(scenario.paint, extra_hours=0), _at(scenario.assembly, extra_hours=0)
    return replace(scenario, calendar=plan, paint=paint, assembly=assembly)


def _no_failures(scenario: Any) -> Any:
    def change(shop: Any) -> Any:
        steady = replace(shop.shop, cycle_time_cv=None, repair_crews=None)
        return replace(shop, shop=steady, failures={}, planned_stops={})

    return replace(scenario, **_shops(scenario, change), assembly=_at(scenario.assembly, uptime=1))


def _no_quality(scenario: Any) -> Any:
    def change(shop: Any) -> Any:
        zones = {key: replace(zone, inspection=None) for key, zone in shop.zones.items()}
        return replace(shop, zones=zones)

    return replace(
        scenario,
        **_shops(scenario, change),
        paint=_at(scenario.paint, first_time_ok=1, full_repaint=0, scrap=0),
        assembly=_at(scenario.assembly, first_time_pass=1),
        ckd=replace(scenario.ckd, uses_body_shop=False),
    )


WITHOUT: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "calendar": _no_calendar,
        "retooling": lambda scenario: replace(scenario, retooling=None, body_shop_before=None),
        "launches": lambda scenario: replace(scenario, products={}),
        "supply": lambda scenario: replace(scenario, supply={}, slowdowns={}),
        "failures": _no_failures,
        "quality": _no_quality,
    }
)
"""The function that leaves each kind of losses out of a Scenario."""
