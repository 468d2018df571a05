"""The tables of [export] in a scenario's file: from the gate of the plant to the ship.

Nearly every number of them is assumed for Ningde; each says so itself. Cars are built vehicles,
sets are CKD sets, and units are either, whatever a lot or a slot is for.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ningde_sim._support.frozen import FROZEN, Entries, Named
from ningde_sim.plant.faults import fault
from ningde_sim.plant.quantity import Quantity, in_unit
from ningde_sim.plant.schema import Flag, Share, record
from ningde_sim.year.schema import Days, Season

Kind = Literal["cars", "ckd_sets"]
KINDS: tuple[Kind, ...] = ("cars", "ckd_sets")

Units = Annotated[Quantity, in_unit("units", least=1, whole=True)]
Cars = Annotated[Quantity, in_unit("cars", whole=True)]
Slots = Annotated[Quantity, in_unit("units", whole=True)]
LegHours = Annotated[Quantity, in_unit("h")]


@record
class DestinationTable:
    """[export.destinations.<name>]: its share of the cars and of the sets, how far it is.

    The shares of all destinations add up to 1. Where they have ranges, those drawn are scaled so
    that they still do. Without any `ckd_share` the sets go where the cars go.
    """

    share: Share
    voyage: Days
    ckd_share: Share | None = None

    def of(self, kind: Kind) -> Quantity:
        """Its share of cars or of sets. [-]"""
        return self.share if kind == "cars" or self.ckd_share is None else self.ckd_share


@record
class LegTable:
    """[export.gateways.<name>.legs.<leg>]: a way over land, such as rail, road or containers.

    It moves whole `lots` (a train, a truck, a container), at most `per_day` of them, once a day at
    its end. A lot leaves when it is full, or when its oldest unit has waited `longest_wait`. The
    shares of all legs of a gateway for cars add up to 1, and those for sets. An `overflow` leg also
    takes what the others could not for want of lots.
    """

    carries: Kind = "cars"
    share: Share
    lot: Units
    per_day: Annotated[Quantity, in_unit("lots/day")]
    loading: LegHours
    transit: LegHours
    unloading: LegHours
    longest_wait: Days
    overflow: Flag = False


@record
class ShutTable:
    """[export.gateways.<name>.closures.<cause>]: nothing moves by land, by sea, or either.

    It begins on a date, or at random so many times a year, by the weights of a `season`; each time
    it lasts `days`. What is on its way or being loaded waits, and goes on afterwards.
    """

    closes: Annotated[tuple[Literal["land", "sea"], ...], Field(min_length=1)]
    days: Days
    start: datetime.date | None = None
    per_year: Annotated[Quantity, in_unit("closures/year")] | None = None
    season: Season | None = None

    @model_validator(mode="after")
    def _check(self) -> ShutTable:
        if (self.start is None) == (self.per_year is None):
            raise fault("it must have either a start or a number per_year", None, "start")
        if self.start is not None and self.season is not None:
            raise fault("only what comes at random has a season", self.season, "season")
        return self


@record
class GatewayTable:
    """[export.gateways.<name>]: a port with its yard for cars, one berth, the ways to it.

    A car may be loaded once it has stood there for `clearance` (customs, inspection, cut-off).
    Sets stand in a container terminal, which is never full, and wait for no berth.
    """

    yard: Cars
    loading_rate: Annotated[Quantity, in_unit("cars/day", least=1)]
    clearance: Days
    legs: Annotated[dict[str, LegTable], Field(min_length=1), FROZEN]
    closures: Named[ShutTable] = dataclasses.field(default_factory=Entries)


@record
class ServiceTable:
    """[export.services.<name>]: ships that call at a gateway, either `calls` a month or on `dates`.

    Calls are spread evenly over each month. Each is late by an exponential time of mean `slip`,
    which is then its standard deviation too, and takes up to `slots` units. Those built first go
    first ("age"), or destination by destination in the order given ("destination"), or the slots
    are shared by what waits for each ("waiting"). What does not fit waits for a later call.
    """

    gateway: str
    destinations: Annotated[tuple[str, ...], Field(min_length=1)]
    carries: Kind = "cars"
    slots: Slots
    slip: Days
    calls: Annotated[Quantity, in_unit("calls/month", most=100)] | None = None
    dates: tuple[datetime.date, ...] | None = None
    order: Literal["age", "destination", "waiting"] = "age"

    @model_validator(mode="after")
    def _check(self) -> ServiceTable:
        if (self.calls is None) == (self.dates is None):
            raise fault("it must have either calls a month or dates", None, "calls")
        return self


@record
class ExportTable:
    """[export]: which vehicles and sets leave the country, which way, on which ships.

    `vehicle_share` and `ckd_share` are those of the vehicles and sets made; `initial` cars stand
    behind the gate at the start; `yard` is the plant's own, for the cars to be exported.
    """

    vehicle_share: Share
    ckd_share: Share
    initial: Slots
    yard: Cars
    destinations: Annotated[dict[str, DestinationTable], Field(min_length=1), FROZEN]
    gateways: Annotated[dict[str, GatewayTable], Field(min_length=1), FROZEN]
    services: Annotated[dict[str, ServiceTable], Field(min_length=1), FROZEN]

    @model_validator(mode="after")
    def _check(self) -> ExportTable:
        for name, service in self.services.items():
            if service.gateway not in self.gateways:
                known = ", ".join(self.gateways)
                rule = f"there is no such gateway; there are {known}"
                raise fault(rule, service.gateway, "services", name, "gateway")
            for to in service.destinations:
                if to not in self.destinations:
                    rule = f"there is no such destination; there are {', '.join(self.destinations)}"
                    raise fault(rule, to, "services", name, "destinations")
        given = [to for to, table in self.destinations.items() if table.ckd_share is not None]
        if given and len(given) < len(self.destinations):
            raise fault("all destinations must have a ckd_share, or none", given, "destinations")
        for kind, where, shares in self._mixes():
            total = sum(share.value for share in shares.values())
            if abs(total - 1) > 1e-6:
                rule = f"the shares of {kind} must add up to 1, they make {total:.6g}"
                got = {path[-2]: share.value for path, share in shares.items()}
                raise fault(rule, got, *where)
        for kind in KINDS:
            self._check_ways(kind)
        return self

    def _check_ways(self, kind: Kind) -> None:
        """Every destination has a service, every service a way over land."""
        if kind == "ckd_sets" and self.ckd_share.value == 0:
            return
        for to, table in self.destinations.items():
            if table.of(kind).value > 0 and not self.calling(kind, to):
                rule = f"a service that carries {kind} must serve it"
                raise fault(rule, to, "destinations", to)
        for service in self.services.values():
            if service.carries == kind and not self.legs(service.gateway, kind):
                rule = f"it must have a leg that carries {kind}, since services do"
                raise fault(rule, [], "gateways", service.gateway, "legs")

    def calling(self, kind: Kind, to: str) -> list[ServiceTable]:
        """The services that carry a kind to a destination."""
        of_kind = (s for s in self.services.values() if s.carries == kind)
        return [service for service in of_kind if to in service.destinations]

    def legs(self, gateway: str, kind: Kind) -> dict[str, LegTable]:
        """The legs of a gateway that carry a kind."""
        legs = self.gateways[gateway].legs
        return {name: leg for name, leg in legs.items() if leg.carries == kind}

    def _mixes(self) -> Iterator[tuple[Kind, tuple[str, ...], dict[tuple[str, ...], Quantity]]]:
        """Every group of shares that add up to 1: of what, where, each share by its path."""
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
        """Values drawn by dotted path, with the shares among them scaled so as to add up to 1.

        Shares that are known stay as they are.

        Parameters
        ----------
        drawn : mapping of path to value
        *path : str
            Where this table stands.
        """
        new = dict(drawn)
        for _, _, shares in self._mixes():
            names = {".".join((*path, *inner)): share.value for inner, share in shares.items()}
            known = sum(value for name, value in names.items() if name not in drawn)
            total = sum(drawn[name] for name in names if name in drawn)
            if total > 0:
                new |= {n: drawn[n] * (1 - known) / total for n in names if n in drawn}
        return new
