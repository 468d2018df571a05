"""The tables of [export] in a scenario's file: from the gate of the plant to the ship.

Nearly every number is assumed for Ningde, and says so itself. Cars are built vehicles. Units are
cars or CKD sets, whichever a leg or a service carries.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ningde_sim._support.frozen import FROZEN, Entries, Named
from ningde_sim._support.units import MAX_CAPACITY
from ningde_sim.plant.faults import fault
from ningde_sim.plant.quantity import Quantity, in_unit
from ningde_sim.plant.schema import Date, Days, Flag, Season, Share, record

Kind = Literal["cars", "ckd_sets"]
KINDS: tuple[Kind, ...] = ("cars", "ckd_sets")

LotSize = Annotated[Quantity, in_unit("units", least=1, most=MAX_CAPACITY, whole=True)]
Cars = Annotated[Quantity, in_unit("cars", most=MAX_CAPACITY, whole=True)]
WholeUnits = Annotated[Quantity, in_unit("units", most=MAX_CAPACITY, whole=True)]
LegHours = Annotated[Quantity, in_unit("h")]


@record
class DestinationTable:
    """[export.destinations.<name>]: its share of the cars and of the CKD sets, and the time at sea.

    The shares of all destinations add up to 1. Shares that are drawn from a range are scaled so
    that they still do. Without any `ckd_share` the CKD sets go where the cars go.
    """

    share: Share
    voyage: Days
    ckd_share: Share | None = None

    def of(self, kind: Kind) -> Quantity:
        """Share of the cars or of the CKD sets. [-]"""
        return self.share if kind == "cars" or self.ckd_share is None else self.ckd_share


@record
class LegTable:
    """[export.gateways.<name>.legs.<leg>]: a way over land, such as rail, road or containers.

    It moves whole lots (a train, a truck, a container) of `lot` units, at most `per_day`, at the
    end of each day. A lot leaves when it is full, or when its oldest unit has waited
    `longest_wait`. At each gateway the shares of all legs for cars add up to 1, and so do those of
    all legs for CKD sets. An `overflow` leg also takes what the others lack lots for.
    """

    carries: Kind = "cars"
    share: Share
    lot: LotSize
    per_day: Annotated[Quantity, in_unit("lots/day", most=MAX_CAPACITY)]
    loading: LegHours
    transit: LegHours
    unloading: LegHours
    longest_wait: Days
    overflow: Flag = False


@record
class ShutTable:
    """[export.gateways.<name>.closures.<cause>]: nothing moves by land, by sea, or by both.

    It begins on a date, or at random so many times a year with the weights of a `season`, and lasts
    `days` each time. What is on its way or being loaded waits, and goes on afterwards.
    """

    closes: Annotated[tuple[Literal["land", "sea"], ...], Field(min_length=1)]
    days: Days
    start: Date | None = None
    per_year: Annotated[Quantity, in_unit("closures/year", most=1_000)] | None = None
    season: Season | None = None

    @model_validator(mode="after")
    def _check(self) -> ShutTable:
        if (self.start is None) == (self.per_year is None):
            raise fault("give either start or per_year", None, "start")
        if self.start is not None and self.season is not None:
            raise fault("a season needs per_year, not a start", self.season, "season")
        return self


@record
class GatewayTable:
    """[export.gateways.<name>]: a port with its yard for cars, one berth, the ways to it.

    A car may be loaded once it has stood there for `clearance` (customs, inspection, cut-off).
    CKD sets stand in a container terminal that is never full, and wait for no berth.
    """

    yard: Cars
    loading_rate: Annotated[Quantity, in_unit("cars/day", least=1, most=MAX_CAPACITY)]
    clearance: Days
    legs: Annotated[dict[str, LegTable], Field(min_length=1), FROZEN]
    closures: Named[ShutTable] = dataclasses.field(default_factory=Entries)


@record
class ServiceTable:
    """[export.services.<name>]: ships that call at a gateway, either `calls` a month or on `dates`.

    Calls are spread evenly over each month. Each is late by an exponential time, whose mean and
    standard deviation are `slip`, and takes up to `slots` units. With `order = "age"` the units
    built first go first; with "destination" one destination after the other, as listed; with
    "waiting" the slots are shared in proportion to what waits for each. The rest waits for a later
    call.
    """

    gateway: str
    destinations: Annotated[tuple[str, ...], Field(min_length=1)]
    carries: Kind = "cars"
    slots: WholeUnits
    slip: Days
    calls: Annotated[Quantity, in_unit("calls/month", most=100)] | None = None
    dates: tuple[Date, ...] | None = None
    order: Literal["age", "destination", "waiting"] = "age"

    @model_validator(mode="after")
    def _check(self) -> ServiceTable:
        if (self.calls is None) == (self.dates is None):
            raise fault("give either calls or dates", None, "calls")
        return self


@record
class ExportTable:
    """[export]: which vehicles and CKD sets leave the country, which way, on which ships.

    `vehicle_share` and `ckd_share` of the vehicles and CKD sets made are exported. `initial` cars
    stand behind the gate at the start. `yard` is the plant's own, for the cars to be exported.
    """

    vehicle_share: Share
    ckd_share: Share
    initial: WholeUnits
    yard: Cars
    destinations: Annotated[dict[str, DestinationTable], Field(min_length=1), FROZEN]
    gateways: Annotated[dict[str, GatewayTable], Field(min_length=1), FROZEN]
    services: Annotated[dict[str, ServiceTable], Field(min_length=1), FROZEN]

    @model_validator(mode="after")
    def _check(self) -> ExportTable:
        for name, service in self.services.items():
            if service.gateway not in self.gateways:
                rule = f"gateway must be one of {', '.join(self.gateways)}"
                raise fault(rule, service.gateway, "services", name, "gateway")
            for to in service.destinations:
                if to not in self.destinations:
                    rule = f"each destination must be one of {', '.join(self.destinations)}"
                    raise fault(rule, to, "services", name, "destinations")
        given = [to for to, table in self.destinations.items() if table.ckd_share is not None]
        if given and len(given) < len(self.destinations):
            raise fault("all destinations need a ckd_share, or none", given, "destinations")
        for kind, where, shares in self._groups():
            total = sum(share.value for share in shares.values())
            if abs(total - 1) > 1e-6:
                rule = f"the shares of {kind} must add up to 1, not {total:.6g}"
                got = {path[-2]: share.value for path, share in shares.items()}
                raise fault(rule, got, *where)
        for kind in KINDS:
            self._check_ways(kind)
        return self

    def _check_ways(self, kind: Kind) -> None:
        """Check that every destination has a service, and every service a way over land."""
        if kind == "ckd_sets" and self.ckd_share.value == 0:
            return
        for to, table in self.destinations.items():
            if table.of(kind).value > 0 and not self.calling(kind, to):
                rule = f"a destination needs a service that carries {kind}"
                raise fault(rule, to, "destinations", to)
        for service in self.services.values():
            if service.carries == kind and not self.legs(service.gateway, kind):
                rule = f"a gateway whose services carry {kind} needs a leg that does"
                raise fault(rule, [], "gateways", service.gateway, "legs")

    def calling(self, kind: Kind, to: str) -> list[ServiceTable]:
        """The services that carry a kind to a destination."""
        of_kind = (s for s in self.services.values() if s.carries == kind)
        return [service for service in of_kind if to in service.destinations]

    def legs(self, gateway: str, kind: Kind) -> dict[str, LegTable]:
        """The legs of a gateway that carry a kind."""
        legs = self.gateways[gateway].legs
        return {name: leg for name, leg in legs.items() if leg.carries == kind}

    def _groups(self) -> Iterator[tuple[Kind, tuple[str, ...], dict[tuple[str, ...], Quantity]]]:
        """Each group of shares that add up to 1: the kind, where they stand, the shares by path."""
        for kind in KINDS:
            key = "share" if kind == "cars" else "ckd_share"
            shares: dict[tuple[str, ...], Quantity] = {
                ("destinations", to, key): getattr(table, key)
                for to, table in self.destinations.items()
                if getattr(table, key) is not None
            }
            if shares:
                yield kind, ("destinations",), shares
            for name in self.gateways:
                where = ("gateways", name, "legs")
                legs = self.legs(name, kind)
                if legs:
                    yield kind, where, {(*where, leg, "share"): t.share for leg, t in legs.items()}

    def balanced(self, drawn: Mapping[str, float], *path: str) -> dict[str, float]:
        """Values that were drawn, with the shares among them scaled so that they add up to 1.

        Shares that were not drawn stay as they are.

        Parameters
        ----------
        drawn : mapping of path to value
        *path : str
            The path of this table.
        """
        new = dict(drawn)
        for _, _, shares in self._groups():
            names = {".".join((*path, *inner)): share.value for inner, share in shares.items()}
            fixed = sum(value for name, value in names.items() if name not in drawn)
            total = sum(drawn[name] for name in names if name in drawn)
            if total > 0:
                new |= {n: drawn[n] * (1 - fixed) / total for n in names if n in drawn}
        return new
