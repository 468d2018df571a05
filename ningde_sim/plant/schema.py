"""The tables of a shop's file; `ningde_sim/data/body_shop_2021.toml` has them all."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections import defaultdict
from collections.abc import Collection
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    Strict,
    ValidationInfo,
    model_validator,
)
from pydantic.dataclasses import dataclass

from ningde_sim._support import checks
from ningde_sim._support.frozen import FROZEN, Entries, Named
from ningde_sim._support.units import MAX_CAPACITY
from ningde_sim.plant.distributions import (
    LEAST_CV,
    MOST_CV,
    Exponential,
    Lognormal,
    steady_if_small,
)
from ningde_sim.plant.faults import fault
from ningde_sim.plant.quantity import (
    STRICT_KEYS,
    Evidence,
    Name,
    Number,
    Quantity,
    Text,
    Words,
    in_unit,
)
from ningde_sim.plant.station import Clock, Failure, PlannedStop, Then

Role = Literal[
    "weld", "handling", "sealing", "stud", "hemming", "laser", "measuring", "bolting", "brushing"
]
ROLES: tuple[str, ...] = get_args(Role)
"""What robots do, in the order in which the robots of a station are named."""


MOST_ROBOTS = 1_000
"""Robots of one role at a station."""

MOST_SPOTS = 1_000_000
"""Spots that a station places in a cycle."""

MOST_CREWS = 100_000
"""Of a shop."""

MOST_MACHINES = 200_000
"""Stations and robots of a shop: 20,000 lines of ten."""


def _known_store(name: str, info: ValidationInfo) -> str:
    stores = (info.context or {}).get("stores")
    if stores is not None and name not in stores:
        raise fault(f"unknown store; the file has {_listed(stores)}", name)
    return name


def _listed(names: Collection[str]) -> str:
    """The first of some names."""
    return checks.shortened(", ".join(itertools.islice(names, MOST_NAMED))) or "none"


MOST_NAMED = 50
"""Names that a fault lists."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _visible_cv(cv: Quantity) -> Quantity:
    for name in ("value", "low", "high"):
        if 0 < (getattr(cv, name) or 0) < LEAST_CV:
            raise fault(f"{name} must be 0 or at least {LEAST_CV:g}", getattr(cv, name), name)
    return cv


Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0, le=MOST_ROBOTS)]
Duration = Annotated[Quantity, in_unit("s")]
Cycle = Annotated[Quantity, in_unit("s", least=0.001)]
Hours = Annotated[Quantity, in_unit("h", least=0.001)]
Minutes = Annotated[Quantity, in_unit("min", least=0.001)]
Days = Annotated[Quantity, in_unit("days", most=10_000)]
Date = Annotated[datetime.date, Field(ge=datetime.date(1900, 1, 1), le=datetime.date(2200, 12, 31))]
Share = Annotated[Quantity, in_unit("-", most=1.0)]
Cv = Annotated[Quantity, in_unit("-", most=MOST_CV), AfterValidator(_visible_cv)]
Spots = Annotated[Quantity, in_unit("spots", least=1.0)]
Parts = Annotated[Quantity, in_unit("parts", most=MAX_CAPACITY, whole=True)]
Crews = Annotated[Quantity, in_unit("crews", least=1.0, most=MOST_CREWS, whole=True)]
StoreNames = Annotated[
    tuple[Annotated[str, AfterValidator(_known_store)], ...], BeforeValidator(_as_list)
]


def _check_season(season: tuple[float, ...]) -> tuple[float, ...]:
    if abs(sum(season) - 12) > 0.05:
        raise fault("the twelve weights must add up to 12, so that their mean is 1", season)
    return season


Season = Annotated[
    tuple[Annotated[Number, Field(ge=0)], ...],
    Field(min_length=12, max_length=12),
    AfterValidator(_check_season),
]
"""A weight for each month from January on, 1 in the mean."""

record = dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)


@record
class ShopTable:
    """[shop]: what the whole shop shares. Without `repair_crews` a crew is always free."""

    repair_crews: Crews | None = None
    cycle_time_cv: Cv | None = None


@record
class FailureTable:
    """[failures.<mode>]: of each robot, of each station, or of the first station of each line.

    The mean of `uptime` is the MTBF, of `repair` the MTTR.
    """

    per: Literal["robot", "station", "line"]
    uptime: Hours
    repair: Minutes
    cv: Cv
    clock: Clock = "operating"
    crew: Flag = False
    then: Then = "resume"
    aged: Flag = False

    def failure(self, name: str) -> Failure:
        """The failure that this table describes."""
        repair = Lognormal(self.repair.value, steady_if_small(self.cv.value))
        options: dict[str, Any] = {"clock": self.clock, "crew": self.crew}
        options |= {"then": self.then, "aged": self.aged}
        return Failure(name, Exponential(self.uptime.value), repair, **options)


@record
class PlannedStopTable:
    """[planned_stops.<name>]: of weld robots, due after a number of spots."""

    interval: Spots
    duration: Duration
    hidden: Share

    def stop(self, name: str, spots: float) -> PlannedStop:
        """The stop of a robot that places this many `spots` in a cycle."""
        every = max(1, round(self.interval.value / spots))
        return PlannedStop(name, every, self.duration.value, hidden=self.hidden.value)


@record
class StationEntry:
    """A station of a zone: its robots by role, and the spots that they place in a cycle."""

    suffix: Name
    weld: Count = 0
    handling: Count = 0
    sealing: Count = 0
    stud: Count = 0
    hemming: Count = 0
    laser: Count = 0
    measuring: Count = 0
    bolting: Count = 0
    brushing: Count = 0
    spots: Annotated[Number, Field(ge=0, le=MOST_SPOTS)] = 0.0
    manual: Flag = False

    @property
    def n_robots(self) -> int:
        """Number of robots of all roles."""
        return sum(getattr(self, role) for role in ROLES)

    @property
    def roles(self) -> list[str]:
        """The role of each robot, in the order of their names."""
        return [role for role in ROLES for _ in range(getattr(self, role))]

    @model_validator(mode="after")
    def _check_hands(self) -> StationEntry:
        if not self.n_robots and not self.manual:
            raise fault("a station must have robots or manual = true", self.suffix)
        if self.spots and not self.weld:
            raise fault("a station with spots must have weld robots", self.spots, "spots")
        return self


@record
class InspectionTable:
    """[zones.<zone>.inspection]: the station at which bodies are reworked or scrapped."""

    station: Text
    scrap: Share
    rework: Share


@record
class ZoneTable:
    """[zones.<zone>]: equal lines, side by side.

    By suffix of the station: `cycle_times` that differ from that of the zone; `joins`, the stores
    that a later station takes from. `buffers` is the capacity of each buffer between two stations.
    """

    title: Name
    lines: Annotated[tuple[Name, ...], Field(min_length=1)]
    cycle_time: Cycle
    stations: Annotated[tuple[StationEntry, ...], Field(min_length=1)]
    evidence: Evidence
    source: Text
    takes: StoreNames = ()
    puts: StoreNames = ()
    joins: Named[StoreNames] = dataclasses.field(default_factory=Entries)
    buffers: Parts | None = None
    cycle_times: Named[Cycle] = dataclasses.field(default_factory=Entries)
    inspection: InspectionTable | None = None
    note: Words = ""

    @property
    def stores(self) -> list[str]:
        """All stores that the zone takes from or puts to."""
        return [*self.takes, *self.puts, *(store for join in self.joins.values() for store in join)]

    @model_validator(mode="after")
    def _check_stations(self) -> ZoneTable:
        suffixes = dict.fromkeys(station.suffix for station in self.stations)
        later = suffixes.keys() - {self.stations[0].suffix}
        for suffix in self.joins:
            if suffix not in later:
                names = _listed([suffix for suffix in suffixes if suffix in later])
                rule = f"parts join at one of {names}; at the first use `takes`"
                raise fault(rule, suffix, "joins", suffix)
        paths = {suffix: ("cycle_times", suffix) for suffix in self.cycle_times}
        if self.inspection:
            paths[self.inspection.station] = ("inspection", "station")
        for suffix, path in paths.items():
            if suffix not in suffixes:
                rule = f"unknown station; the zone has {_listed(suffixes)}"
                raise fault(rule, suffix, *path)
        return self


@record
class StoreTable:
    """[stores.<store>]: with `per_line`, one store for each line of the zones that use it."""

    title: Name
    capacity: Parts
    transit_time: Duration
    initial: Parts | None = None
    per_line: Flag = False


@record
class ShopFile:
    """The whole file."""

    name: Name
    zones: Annotated[dict[Name, ZoneTable], Field(min_length=1), FROZEN]
    stores: Named[StoreTable] = dataclasses.field(default_factory=Entries)
    shop: ShopTable = dataclasses.field(default_factory=ShopTable)
    failures: Named[FailureTable] = dataclasses.field(default_factory=Entries)
    planned_stops: Named[PlannedStopTable] = dataclasses.field(default_factory=Entries)
    notes: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _check_stores(self) -> ShopFile:
        for key, zone in self.zones.items():
            for name in zone.stores:
                if name not in self.stores:
                    rule = f"unknown store; the file has {', '.join(self.stores) or 'none'}"
                    raise fault(rule, name, "zones", key)
        return self

    @model_validator(mode="after")
    def _check_used(self) -> ShopFile:
        """Refuse what is of robots where there are none."""
        stations = [station for zone in self.zones.values() for station in zone.stations]
        if not any(station.spots for station in stations):
            for name in self.planned_stops:
                rule = "no station has weld robots with spots, so this stop never comes"
                raise fault(rule, name, "planned_stops", name)
        for name, failure in self.failures.items():
            if failure.per == "robot" and not any(station.roles for station in stations):
                raise fault(
                    "no station has robots, so none fails", "robot", "failures", name, "per"
                )
        return self

    @model_validator(mode="after")
    def _check_machines(self) -> ShopFile:
        zones = self.zones.values()
        number = sum(
            len(z.lines) * (len(z.stations) + sum(s.n_robots for s in z.stations)) for z in zones
        )
        if number > MOST_MACHINES:
            raise fault(f"at most {MOST_MACHINES:,} stations and robots", number, "zones")
        return self

    @model_validator(mode="after")
    def _check_per_line(self) -> ShopFile:
        users = self._users()
        for name in (name for name, store in self.stores.items() if store.per_line):
            if len(set(users[name].values())) > 1:
                rule = "the zones that use a store per line must have equal numbers of lines"
                raise fault(rule, users[name], "stores", name, "per_line")
        return self

    def copies(self) -> dict[str, int]:
        """Number of stores that each [stores.<store>] describes."""
        users = self._users()
        return {
            name: max(users[name].values(), default=1) if store.per_line else 1
            for name, store in self.stores.items()
        }

    def _users(self) -> dict[str, dict[str, int]]:
        """The zones that use each store, with their numbers of lines."""
        users: dict[str, dict[str, int]] = defaultdict(dict)
        for key, zone in self.zones.items():
            for name in zone.stores:
                users[name][key] = len(zone.lines)
        return users
