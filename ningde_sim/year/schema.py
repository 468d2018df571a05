"""The tables of a scenario's file; `ningde_sim/data/ningde-2021.toml` shows them all."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from ningde_sim._support.units import MAX_CAPACITY
from ningde_sim.plant.calendar import HoursADay
from ningde_sim.plant.faults import fault
from ningde_sim.plant.quantity import Name, Quantity, in_unit
from ningde_sim.plant.schema import (
    Cv,
    Date,
    Days,
    Flag,
    Hours,
    Minutes,
    Season,
    Share,
    record,
)

LOST_CAUSES = (
    *("overtime", "closures", "maintenance", "retooling", "retooling_nights", "launches"),
    *("breakdown", "blocked", "starved", "rework"),
)
"""Causes of lost hours in every year; stops of the supply and slowdowns have their own names."""

Shops = tuple[Name, ...]
"""Shops of the scenario, by name."""

Weeks = Annotated[Quantity, in_unit("weeks", most=1_500)]
Bodies = Annotated[Quantity, in_unit("bodies", most=MAX_CAPACITY, whole=True)]
Rate = Annotated[Quantity, in_unit("/h", least=1, most=3_600)]
Capacity = Annotated[Quantity, in_unit("", least=1, most=MAX_CAPACITY, whole=True)]
PositiveShare = Annotated[Quantity, in_unit("-", least=0.01, most=1.0)]


@record
class RetoolingTable:
    """[retooling]: a full stop, then weeks in which nights and week-ends run at a reduced rate.

    A shop that stands in the file a second time, with `_before` behind its name, is like that until
    the stop. `delay` moves the whole retooling. Without `shops` it stops all.
    """

    start: Date
    delay: Days
    full_stop_days: Days
    partial_weeks: Weeks
    night_rate: PositiveShare
    shops: Shops = ()


@record
class RampTable:
    """[products.<product>.ramp]: the speed of the stations that a new model loads, as it rises.

    The cycle of its bodies there is the mature one, divided by the speed 1 - (1 - s) exp(-t / tau),
    with s the initial speed and tau such that it reaches 0.9 after `days_to_90`. `stations` are
    names or patterns such as "FIN-*", of stations of any shop, a block's `station` and `check`
    included; without them it loads all.
    """

    initial_speed: Annotated[Quantity, in_unit("-", least=0.01, most=0.9)]
    days_to_90: Annotated[Quantity, in_unit("days", least=0.001)]
    stations: tuple[Name, ...] = ()


@record
class ProductTable:
    """[products.<product>]: what the plant makes, by its share of the bodies.

    One product has no `share`: it takes what the others leave, and is made from the first day on.
    The others are made from their `start` on, or from the end of the full stop of the retooling if
    that is later; shares hold among those that are made.
    """

    share: Share | None = None
    start: Date | None = None
    delay: Days | None = None
    ramp: RampTable | None = None

    @model_validator(mode="after")
    def _check(self) -> ProductTable:
        if self.start is None:
            for key in ("delay", "ramp"):
                if getattr(self, key) is not None:
                    raise fault(f"{key} needs the start from which the product is made", None, key)
        elif self.share is None:
            rule = "the product without a share takes the rest from the first day on"
            raise fault(rule, str(self.start), "start")
        return self


@record
class StopTable:
    """[supply.<cause>]: stops at random, by their `share` of the time or number `per_month`."""

    duration: Hours
    cv: Cv
    shops: Annotated[Shops, Field(min_length=1)]
    share: Annotated[Quantity, in_unit("-", most=0.9)] | None = None
    per_month: Annotated[Quantity, in_unit("stops/month", most=10_000)] | None = None
    season: Season | None = None

    @model_validator(mode="after")
    def _check(self) -> StopTable:
        if (self.share is None) == (self.per_month is None):
            raise fault("give either share or per_month", None, "share")
        if self.share is not None and self.share.most * max(self.season or (1.0,)) >= 1:
            rule = "share times the greatest weight of the season must be below 1"
            raise fault(rule, self.share.most, "share")
        return self


@record
class SlowdownTable:
    """[slowdowns.<cause>]: days at a reduced rate, such as in an outbreak."""

    start: Date
    days: Days
    rate: PositiveShare
    shops: Annotated[Shops, Field(min_length=1)]


@record
class BlockTable:
    """[<shop>]: a shop that is told by its rate, not by its stations.

    A `station` sets the pace and stops as a whole; then a `check`, which does not. With a
    `lead_time` the parts travel so long from one to the other, at most rate times lead time and
    `spare_capacity` of them; without one they stand close together. Of the parts a share is
    `repeated`: it goes through the station again; what is neither right first time nor repeated is
    checked once more, without slowing the shop. `extra_hours` are worked on each working day beyond
    the shifts of its calendar.
    """

    rate: Rate
    uptime: Annotated[Quantity, in_unit("-", least=0.01, most=1.0)] | None = None
    stop: Minutes | None = None
    lead_time: Hours | None = None
    spare_capacity: Annotated[Quantity, in_unit("", most=MAX_CAPACITY, whole=True)] | None = None
    first_time_ok: PositiveShare | None = None
    repeated: Annotated[Quantity, in_unit("-", most=0.5)] | None = None
    scrap: Annotated[Quantity, in_unit("-", most=0.5)] | None = None
    extra_hours: HoursADay | None = None
    station: Name | None = None
    check: Name | None = None

    @model_validator(mode="after")
    def _check(self) -> BlockTable:
        if self.uptime is not None and self.uptime.least < 1 and self.stop is None:
            raise fault("an uptime below 1 needs it: the mean length of a stop", None, "stop")
        if self.stop is not None and self.uptime is None:
            raise fault("a stop needs it, or has no effect", None, "uptime")
        if self.spare_capacity is not None and self.lead_time is None:
            rule = "it lies beside what the lead_time holds, and there is none"
            raise fault(rule, str(self.spare_capacity), "spare_capacity")
        if self.first_time_ok is not None and self.repeated is not None:
            if self.first_time_ok.most + self.repeated.most > 1:
                rule = f"its sum with first_time_ok, {self.first_time_ok.most:g}, must be at most 1"
                raise fault(rule, self.repeated.most, "repeated")
            if self.first_time_ok.least < 0.4:
                least = self.first_time_ok.least
                raise fault("its low must be at least 0.4", least, "first_time_ok")
        return self

    def number(self, key: str, default: float = 0.0) -> float:
        """The value at a key, or what holds without it. [its unit]"""
        quantity: Quantity | None = getattr(self, key)
        return default if quantity is None else quantity.value


@record
class CkdTable:
    """[ckd]: CKD sets, as a share of CKD sets and vehicles together.

    With `uses_body_shop` they are taken from what leaves the last shop but one; otherwise they are
    packed from parts and skip all shops.
    """

    share: Annotated[Quantity, in_unit("-", most=0.9)]
    uses_body_shop: Flag = False

    @property
    def packs_bodies(self) -> bool:
        """Whether CKD sets are taken from the bodies."""
        return self.uses_body_shop and self.share.value > 0
