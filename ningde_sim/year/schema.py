"""The tables of a scenario's file; `ningde_sim/data/ningde-2021.toml` shows them all."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ningde_sim._support.frozen import Entries, Named
from ningde_sim._support.units import MAX_CAPACITY
from ningde_sim.plant.faults import fault
from ningde_sim.plant.quantity import Name, Number, Quantity, in_unit
from ningde_sim.plant.schema import (
    MOST_CREWS,
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

ShopName = Literal["body_shop", "paint", "assembly"]
SHOPS: tuple[ShopName, ...] = ("body_shop", "paint", "assembly")

MOST_DAYS = 3701
"""Longest calendar, ten years. [days]"""

HOURS_OF_A_MONTH = 744
"""Of the longest. [h]"""

Weeks = Annotated[Quantity, in_unit("weeks", most=1_500)]
HoursADay = Annotated[Quantity, in_unit("h", most=24)]
HoursAMonth = Annotated[Quantity, in_unit("h/month", most=HOURS_OF_A_MONTH)]
Bodies = Annotated[Quantity, in_unit("bodies", most=MAX_CAPACITY, whole=True)]
PositiveShare = Annotated[Quantity, in_unit("-", least=0.01, most=1.0)]

_EACH_MONTH = Field(min_length=12, max_length=12)

HoursByMonth = Annotated[tuple[Annotated[Number, Field(ge=0, le=24)], ...], _EACH_MONTH]
CrewsByMonth = Annotated[tuple[Annotated[Number, Field(ge=0, le=MOST_CREWS)], ...], _EACH_MONTH]
SaturdaysByMonth = Annotated[tuple[Annotated[Number, Field(ge=0, le=5)], ...], _EACH_MONTH]
OvertimeByMonth = Annotated[
    tuple[Annotated[Number, Field(ge=0, le=HOURS_OF_A_MONTH)], ...], _EACH_MONTH
]
"""A number for each month from January on, in place of one for all."""


@record
class ClosureTable:
    """[calendar.closures.<name>]: days in a row on which nobody works, working days or not."""

    start: Date
    days: Days


@record
class CalendarTable:
    """[calendar]: which days are worked, and how long.

    The plant works on the official working days of China, make-up days included, less the closures,
    and on the first `saturdays` free Saturdays of a month; 5 of them make a six-day week. Each crew
    works `overtime` besides, spread over the days worked in the month. Four of the numbers may be
    given by month, from January on. Nominal hours always follow `shift_hours`.
    """

    start: Date
    end: Date
    shifts: Annotated[Quantity, in_unit("shifts", least=1, most=3, whole=True)]
    shift_hours: Annotated[Quantity, in_unit("h", least=0.5, most=24)]
    crews: Annotated[Quantity, in_unit("crews", least=1, most=MOST_CREWS, whole=True)]
    saturdays: Annotated[Quantity, in_unit("days/month", most=5, whole=True)]
    overtime: HoursAMonth
    maintenance: HoursADay
    shift_hours_by_month: HoursByMonth | None = None
    crews_by_month: CrewsByMonth | None = None
    saturdays_by_month: SaturdaysByMonth | None = None
    overtime_by_month: OvertimeByMonth | None = None
    closures: Named[ClosureTable] = dataclasses.field(default_factory=Entries)

    @model_validator(mode="after")
    def _check(self) -> CalendarTable:
        if self.end < self.start:
            raise fault(f"end must not be before start, {self.start}", str(self.end), "end")
        if (self.end - self.start).days >= MOST_DAYS:
            raise fault("a calendar must not be longer than ten years", str(self.end), "end")
        by_month = self.shift_hours_by_month or (0.0,)
        hours = {"shift_hours": self.shift_hours.most, "shift_hours_by_month": max(by_month)}
        for key, longest in hours.items():
            day = self.shifts.most * longest
            if day > 24:
                rule = f"{self.shifts.most:g} shifts must fit into 24 h, not make {day:g} h"
                raise fault(rule, longest, key)
        if min(self.crews_by_month or (1,)) < 1:
            raise fault("each month needs a crew", self.crews_by_month, "crews_by_month")
        return self

    def of_month(self, key: str, month: int) -> float:
        """Shift hours, crews, Saturdays or overtime of a month, from 1 to 12."""
        by_month: tuple[float, ...] | None = getattr(self, f"{key}_by_month")
        every: Quantity = getattr(self, key)
        return every.value if by_month is None else by_month[month - 1]


@record
class RetoolingTable:
    """[retooling]: a full stop, then weeks in which nights and week-ends run at a reduced rate.

    `body_shop_before` runs until the stop, `body_shop` after it. `delay` moves the whole retooling.
    """

    start: Date
    delay: Days
    full_stop_days: Days
    partial_weeks: Weeks
    night_rate: PositiveShare
    shops: tuple[ShopName, ...] = SHOPS


@record
class RampTable:
    """[products.<product>.ramp]: the speed of the stations that a new model loads, as it rises.

    The cycle of its bodies there is the mature one, divided by the speed 1 - (1 - s) exp(-t / tau),
    with s the initial speed and tau such that it reaches 0.9 after `days_to_90`. `stations` are
    names or patterns such as "FIN-*", of the body shop or of those behind it: "topcoat",
    "inspection", "assembly line", "final check"; without them it loads all.
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
    shops: Annotated[tuple[ShopName, ...], Field(min_length=1)]
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
    shops: Annotated[tuple[ShopName, ...], Field(min_length=1)]


@record
class StoresTable:
    """[stores]: capacities between the shops."""

    body_in_white: Annotated[Quantity, in_unit("bodies", least=1, most=MAX_CAPACITY, whole=True)]
    painted_body: Annotated[Quantity, in_unit("bodies", least=1, most=MAX_CAPACITY, whole=True)]


@record
class PaintTable:
    """[paint]: the topcoat line sets the pace; a full repaint takes a second cycle of it.

    What is neither right first time nor repainted is repaired on the spot, without slowing the
    line.
    """

    rate: Annotated[Quantity, in_unit("bodies/h", least=1, most=3_600)]
    lead_time: Hours
    spare_capacity: Bodies
    first_time_ok: Share
    full_repaint: Annotated[Quantity, in_unit("-", most=0.5)]
    scrap: Annotated[Quantity, in_unit("-", most=0.5)]
    extra_hours: HoursADay

    @model_validator(mode="after")
    def _check(self) -> PaintTable:
        if self.first_time_ok.most + self.full_repaint.most > 1:
            rule = f"its sum with first_time_ok, {self.first_time_ok.most:g}, must be at most 1"
            raise fault(rule, self.full_repaint.most, "full_repaint")
        if self.first_time_ok.least < 0.4:
            raise fault("its low must be at least 0.4", self.first_time_ok.least, "first_time_ok")
        return self


@record
class AssemblyTable:
    """[assembly]: an indexed line that stops as a whole, then the final check."""

    rate: Annotated[Quantity, in_unit("vehicles/h", least=1, most=3_600)]
    uptime: PositiveShare
    stop: Minutes
    first_time_pass: PositiveShare
    extra_hours: HoursADay


@record
class CkdTable:
    """[ckd]: CKD sets, as a share of CKD sets and vehicles together."""

    share: Annotated[Quantity, in_unit("-", most=0.9)]
    uses_body_shop: Flag = False

    @property
    def packs_bodies(self) -> bool:
        """Whether CKD sets are taken from the bodies."""
        return self.uses_body_shop and self.share.value > 0
