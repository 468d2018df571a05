"""A year of a small plant: the scenario that ships, with body shops of three stations."""

from __future__ import annotations

import dataclasses
import datetime
from functools import cache
from typing import Any

from ningde_sim.plant.read import load
from ningde_sim.year.read import scenario
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import ProductTable


def _q(value: float, unit: str, low: float | None = None, high: float | None = None) -> Any:
    quantity = {"value": value, "unit": unit, "evidence": "assumed", "source": "a test"}
    return quantity | ({} if low is None else {"low": low, "high": high})


def small_shop(name: str, cycle: float) -> dict[str, Any]:
    """The tables of a body shop: two lines that join in a third."""
    zone = {"evidence": "assumed", "source": "a test", "cycle_time": _q(cycle, "s", 50, 60)}
    station = {"suffix": "010", "weld": 2, "spots": 20}
    return {
        "name": name,
        "shop": {"repair_crews": _q(2, "crews", 1, 3)},
        "failures": {
            "minor": {
                "per": "robot",
                "uptime": _q(40, "h", 20, 80),
                "repair": _q(10, "min", 5, 20),
                "cv": _q(1, "-"),
                "crew": True,
            }
        },
        "stores": {
            key: {"title": key, "capacity": _q(20, "parts", 5, 40), "transit_time": _q(60, "s")}
            for key in ("floor", "side")
        },
        "zones": {
            "floor": zone
            | {"title": "Floor", "lines": ["FL"], "puts": "floor"}
            | {"stations": [station]},
            "side": zone
            | {"title": "Side", "lines": ["SI"], "puts": "side"}
            | {"stations": [station]},
            "finish": zone
            | {"title": "Finish", "lines": ["FI"], "takes": ["floor", "side"]}
            | {"stations": [station, {"suffix": "020", "manual": True}]},
        },
    }


def _loads(product: ProductTable) -> ProductTable:
    """The same with a ramp that loads a feeder, the last line and assembly."""
    if product.ramp is None:
        return product
    ramp = dataclasses.replace(product.ramp, stations=("SI-*", "FI-*", "assembly line"))
    return dataclasses.replace(product, ramp=ramp)


@cache
def small_year(name: str = "ningde-2021") -> Scenario:
    """A scenario that ships with small body shops: 53 s before the retooling, 52 s after."""
    plan = scenario(name)
    before = {"body_shop": load(small_shop("small before", 53.0))} if plan.before else {}
    shops = {**plan.shops, "body_shop": load(small_shop("small", 52.0))}
    products = {key: _loads(table) for key, table in plan.products.items()}
    return dataclasses.replace(plan, shops=shops, before=before, products=products)


@cache
def winter() -> Scenario:
    """January and February 2021, before the retooling, whose stop can't affect them."""
    return small_year().replace({"calendar.end": datetime.date(2021, 2, 28)})
