"""Small plans of an export, for tests."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from ningde_sim.shipping.schema import ExportTable


def q(value: float, unit: str, low: float | None = None, high: float | None = None) -> Any:
    """A quantity as a file has it."""
    quantity = {"value": value, "unit": unit, "evidence": "assumed", "source": "a test"}
    return quantity | ({} if low is None else {"low": low, "high": high})


def leg(lot=240, per_day=10.0, share=1.0, hours=0.0, wait=3.0, **more: Any) -> Any:
    """A way over land that takes no time."""
    return {
        "share": q(share, "-"),
        "lot": q(lot, "units"),
        "per_day": q(per_day, "lots/day"),
        "loading": q(0, "h"),
        "transit": q(hours, "h"),
        "unloading": q(0, "h"),
        "longest_wait": q(wait, "days"),
        **more,
    }


def gateway(yard=5_000, rate=1e6, clearance=0.0, legs: Any = None, **more: Any) -> Any:
    """A port that loads in no time."""
    return {
        "yard": q(yard, "cars"),
        "loading_rate": q(rate, "cars/day"),
        "clearance": q(clearance, "days"),
        "legs": {"rail": leg()} if legs is None else legs,
        **more,
    }


def service(to=("a",), slots=800, slip=0.0, at="port", **more: Any) -> Any:
    """Ships on time: 4 a month unless dates are given."""
    when = {} if "dates" in more or "calls" in more else {"calls": q(4, "calls/month")}
    return {
        "gateway": at,
        "destinations": list(to),
        "slots": q(slots, "units"),
        "slip": q(slip, "days"),
        **when,
        **more,
    }


def tables(**more: Any) -> dict[str, Any]:
    """The tables of a plan: all cars to one destination, through one port, on one service."""
    return {
        "vehicle_share": q(1, "-"),
        "ckd_share": q(0, "-"),
        "initial": q(0, "units"),
        "yard": q(100_000, "cars"),
        "destinations": {"a": {"share": q(1, "-"), "voyage": q(10, "days")}},
        "gateways": {"port": gateway()},
        "services": {"ships": service()},
    } | more


def export(**more: Any) -> ExportTable:
    """The plan of these tables."""
    return TypeAdapter(ExportTable).validate_python(tables(**more))
