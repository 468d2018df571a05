"""A scenario without one kind of losses, to see what that kind costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ningde_sim.plant.shop_tables import ShopTables
from ningde_sim.year.schema import BlockTable

UNRELIABLE = ("failures", "planned_stops", "crews", "repair_crews")
FAULTY = ("scrap", "rework", "reject")
"""Keys of a shop with lines by which it loses time and parts."""


def _at(table: Any, **values: float) -> Any:
    """A table with some of its quantities, where it has them, at these values."""
    given = {key: getattr(table, key) for key in values}
    return replace(table, **{k: q.fixed(values[k]) for k, q in given.items() if q is not None})


def _shops(scenario: Any, change: Callable[[Any], Any]) -> Any:
    """The scenario with all its shops changed, those before the retooling too."""
    return replace(
        scenario,
        **{
            group: {key: change(shop) for key, shop in getattr(scenario, group).items()}
            for group in ("shops", "before")
        },
    )


def _no_calendar(scenario: Any) -> Any:
    def bare(table: Any) -> Any:
        return replace(
            _at(table, saturdays=0, overtime=0, maintenance=0),
            **dict.fromkeys(f"{key}_by_month" for key in ("shift_hours", "saturdays", "overtime")),
            closures={},
        )

    def change(shop: Any) -> Any:
        return _at(shop, extra_hours=0) if isinstance(shop, BlockTable) else shop

    calendars = {key: bare(own) for key, own in scenario.calendars.items()}
    plan = replace(scenario, calendar=bare(scenario.calendar), calendars=calendars)
    return _shops(plan, change)


def _no_failures(scenario: Any) -> Any:
    def change(shop: Any) -> Any:
        if isinstance(shop, BlockTable):
            return _at(shop, uptime=1)
        if isinstance(shop, ShopTables):
            return shop.without(UNRELIABLE, steady=True)
        steady = replace(shop.shop, cycle_time_cv=None, repair_crews=None)
        return replace(shop, shop=steady, failures={}, planned_stops={})

    return _shops(scenario, change)


def _no_launches(scenario: Any) -> Any:
    """Without new products; where cycles of a shop differ by product, all are made as mature."""
    shops = scenario.shops.values()
    if any(isinstance(shop, ShopTables) and shop.shop.products for shop in shops):
        mature = {
            name: replace(table, start=None, delay=None, ramp=None)
            for name, table in scenario.products.items()
        }
        return replace(scenario, products=mature)
    return replace(scenario, products={})


def _no_quality(scenario: Any) -> Any:
    def change(shop: Any) -> Any:
        if isinstance(shop, BlockTable):
            return _at(shop, first_time_ok=1, repeated=0, scrap=0)
        if isinstance(shop, ShopTables):
            return shop.without(FAULTY)
        zones = {key: replace(zone, inspection=None) for key, zone in shop.zones.items()}
        return replace(shop, zones=zones)

    ckd = scenario.ckd
    whole = None if ckd is None else replace(ckd, uses_body_shop=False)
    return _shops(replace(scenario, ckd=whole), change)


WITHOUT: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "calendar": _no_calendar,
        "retooling": lambda scenario: replace(scenario, retooling=None, before={}),
        "launches": _no_launches,
        "supply": lambda scenario: replace(scenario, supply={}, slowdowns={}),
        "failures": _no_failures,
        "quality": _no_quality,
    }
)
"""The function that leaves each kind of losses out of a Scenario."""
