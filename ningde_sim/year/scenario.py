"""A scenario: one plant with one year, each number with its uncertainty, at a path of its own."""

from __future__ import annotations

import dataclasses
import datetime
import os
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pandas as pd
from pydantic import TypeAdapter, ValidationError, model_validator

from ningde_sim._support import checks, toml
from ningde_sim._support.frozen import Entries, Named, unchangeable
from ningde_sim._support.summary import wrapped
from ningde_sim.plant import data_files
from ningde_sim.plant.calendar import Calendar, ShopCalendar
from ningde_sim.plant.faults import below, fault, fault_lines, faults_found, together
from ningde_sim.plant.nested import plain
from ningde_sim.plant.paths import differences, nearest
from ningde_sim.plant.quantity import Name, Quantity, Text, in_unit
from ningde_sim.plant.schema import record
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.shop_tables import ShopTables
from ningde_sim.shipping.schema import ExportTable
from ningde_sim.year import uncertainty
from ningde_sim.year.launches import check_products
from ningde_sim.year.scenario_paths import BEFORE, Addressed, written
from ningde_sim.year.schema import (
    LOST_CAUSES,
    BlockTable,
    Capacity,
    CkdTable,
    ProductTable,
    RetoolingTable,
    SlowdownTable,
    StopTable,
)
from ningde_sim.year.shops import PACKING, AnyShop, check_shops, crews_of, stations_in
from ningde_sim.year.without import WITHOUT


@unchangeable
@record
class Scenario(Addressed):
    """A plant with one year, as a TOML file describes it; `scenario()` reads one.

    Every number is a `Quantity`: value, unit, low, high, evidence, source. It has a dotted path:
    `body_shop.finish.cycle_time`, `retooling.full_stop_days`, `calendar.shift_hours`.

    Attributes
    ----------
    name, title : str
    shops : mapping of ShopFile, ShopTables or BlockTable
        The shops of the plant, in the order in which its bodies pass them.
    before : mapping of ShopFile, ShopTables or BlockTable
        By name the shops that the retooling changes, as they are until then. A quantity with the
        same value and range before and after is one and the same: it is drawn once, and a change of
        its path in the shop changes both.
    stores : mapping of Quantity
        Capacity of the store between each two shops, in the same order. [parts, bodies]
    target : Quantity, optional
        What to make within the calendar. Its unit says what the plant makes. [vehicles]
    month_target : Quantity, optional
        What to make in a month. Its unit is a column of `YearRun.monthly`. [bodies]
    calendar : Calendar
        Of the plant.
    calendars : mapping of ShopCalendar
        Where a shop differs from it.
    retooling, products, supply, slowdowns, ckd : tables
        The tables of the file.
    export : ExportTable, optional
        From the gate to the ship; without it nothing is exported.
    entries : mapping of tuple of str
        Of a detailed shop behind the first, the lines that take what the shop before has made.
    columns : mapping of str
        What tables of results call what leaves a shop, or what is in a store.
    notes : tuple of str
        What readers of the results must know.

    Examples
    --------
    >>> from ningde_sim import scenario
    >>> plan = scenario("ningde-2021")
    >>> plan.diff(plan.replace({"retooling.full_stop_days": 12})).index.tolist()
    ['retooling.full_stop_days']
    """

    name: Name
    title: Name
    calendar: Calendar
    shops: Named[AnyShop]
    target: Annotated[Quantity, in_unit("", least=1)] | None = None
    month_target: Annotated[Quantity, in_unit("", least=1)] | None = None
    stores: Named[Capacity] = dataclasses.field(default_factory=Entries)
    ckd: CkdTable | None = None
    before: Named[AnyShop] = dataclasses.field(default_factory=Entries)
    calendars: Named[ShopCalendar] = dataclasses.field(default_factory=Entries)
    retooling: RetoolingTable | None = None
    products: Named[ProductTable] = dataclasses.field(default_factory=Entries)
    supply: Named[StopTable] = dataclasses.field(default_factory=Entries)
    slowdowns: Named[SlowdownTable] = dataclasses.field(default_factory=Entries)
    export: ExportTable | None = None
    entries: Named[tuple[Name, ...]] = dataclasses.field(default_factory=Entries)
    columns: Named[Name] = dataclasses.field(default_factory=Entries)
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        together(
            [
                self._check_calendars,
                self._check_causes,
                self._check_names,
                lambda: check_shops(self),
                self._check_ramps,
                self._check_before,
                self._check_month_target,
            ]
        )
        return self

    def _check_names(self) -> None:
        for key in self.shops:
            if is_reserved(key):
                raise fault(RESERVED_RULE, key, "shops", key)

    def _check_calendars(self) -> None:
        for key in ("start", "end"):
            if getattr(self.calendar, key) is None:
                raise fault("a year needs its first and its last day", None, "calendar", key)
        for key, own in self.calendars.items():
            try:
                self.calendar.of_shop(own)
            except ValueError as error:
                raise below(error, "calendars", key) from None

    def _check_causes(self) -> None:
        names = ["nominal", "made", *LOST_CAUSES]
        for key in ("supply", "slowdowns"):
            for cause in getattr(self, key):
                if cause in names:
                    raise fault("duplicate name of a cause of lost hours", cause, key, cause)
                names.append(cause)

    def _check_ramps(self) -> None:
        stations = [name for key, shop in self.shops.items() for name in stations_in(key, shop)]
        packs = self.ckd is not None and self.ckd.packs_bodies
        check_products(self.products, [*stations, *([PACKING] if packs else [])])

    def _check_month_target(self) -> None:
        if self.shops and self.month_target is not None and self.month_target.unit not in self.made:
            rule = f"its unit is one of {', '.join(self.made)}"
            raise fault(rule, self.month_target.unit, "month_target", "unit")

    def _check_before(self) -> None:
        stopped = () if self.retooling is None else self.retooling.shops or tuple(self.shops)
        for key, before in self.before.items():
            if key not in self.shops:
                rule = f"unknown shop; the plant has {', '.join(self.shops)}"
                raise fault(rule, key, f"{key}{BEFORE}")
            after = self.shops[key]
            if isinstance(after, BlockTable) or isinstance(before, BlockTable):
                rule = "only a shop with lines or zones may differ before the retooling"
                raise fault(rule, key, f"{key}{BEFORE}")
            if key != next(iter(self.shops)):
                rule = "only the first shop may differ before the retooling"
                raise fault(rule, key, f"{key}{BEFORE}")
            if key not in stopped:
                rule = f"{key}{BEFORE} needs [retooling], which ends it"
                raise fault(rule, None, "retooling")
            ours, theirs = (crews_of(shop) for shop in (after, before))
            if _range(ours) != _range(theirs):
                rule = f"{key} and {key}{BEFORE} must have equal numbers, drawn together"
                got = [_words(ours), _words(theirs)]
                raise fault(rule, got, f"{key}{BEFORE}", "repair_crews")

    @property
    def made(self) -> tuple[str, ...]:
        """What the columns of results call what leaves each shop, in their order."""
        *inner, last = self.shops
        word = self.columns.get(last) or (self.target.unit if self.target else "parts")
        return (*(self.columns.get(key, key) for key in inner), word)

    @classmethod
    def of(
        cls,
        shops: Shop | Sequence[Shop] | Mapping[str, Shop | BlockTable | Mapping[str, Any]],
        *,
        calendar: Calendar | Mapping[str, Any],
        start: datetime.date | str | None = None,
        end: datetime.date | str | None = None,
        target: float | Quantity | None = None,
        name: str | None = None,
        **tables: Any,
    ) -> Scenario:
        """A year of any plant.

        Parameters
        ----------
        shops : Shop, or several in the order of the flow
            A mapping names them; each is a Shop, or a block, told by its rate: a mapping with the
            keys of `BlockTable`, such as {"rate": 60, "uptime": 0.95, "stop": 5}.
        calendar : Calendar or mapping
            Or a mapping with the keys of one, such as {"shifts": 2, "shift_hours": 8}.
        start, end : date or str, optional
            The first and the last day, such as "2026-01-01"; by default those of the calendar. An
            end that is given nowhere lies a year after the start.
        target : float or Quantity, optional
            What to make; a number counts parts. [parts]
        name : str, optional
            By default that of the first shop.
        **tables
            Other keys of a scenario's file, such as `stores={"castings": 40}` between the shops.

        Raises
        ------
        TypeError, ValueError
            A calendar without a start; with every other fault: its key, the rule, the value.

        Examples
        --------
        >>> from ningde_sim import Calendar, Line, Scenario, Shop, Station
        >>> shop = Shop("press", [Line("L", [Station("P1", 40)])])
        >>> plan = Scenario.of(
        ...     shop, calendar={"shifts": 2, "shift_hours": 7.5}, start="2026-01-01"
        ... )
        >>> plan.calendar.last_day.isoformat(), plan.made
        ('2026-12-31', ('parts',))
        """
        owner = "Scenario.of"
        named = _by_name(owner, shops)
        first = next(iter(named.values()))
        title = name or (first.name if isinstance(first, Shop) else next(iter(named)))
        try:
            described = {key: _described(key, shop) for key, shop in named.items()}
            hours = TypeAdapter(Calendar).validate_python(calendar)
            days = _days(owner, hours, start, end)
            given = {"title": title, **tables, "name": title, "shops": described}
            if target is not None:
                given["target"] = target
            calendar = dataclasses.replace(hours, **days)  # type: ignore[type-var]
            plan = TypeAdapter(cls).validate_python({**given, "calendar": calendar})
        except ValidationError as error:
            raise ValueError(faults_found(owner, fault_lines(error, cls))) from None
        plan.check_plan()
        return plan

    # ------------------------------------------------------------------ uncertain inputs

    def typical(self) -> Scenario:
        """The same with every number at its typical value, without ranges."""
        return self._fixed({})

    def uncertain_inputs(self) -> dict[str, Quantity]:
        """The quantities with a range, which `draw` draws.

        Returns
        -------
        dict of str to Quantity
            By path. Of quantities that are drawn together the first stands for all, under the name
            of their `drawn_with`.
        """
        inputs: dict[str, Quantity] = {}
        for name, value in self.ranges().values():
            inputs.setdefault(name, value)
        return inputs

    def uncertain_only(self, heads: tuple[str, ...]) -> set[str]:
        """The names in `uncertain_inputs` whose paths all begin with one of `heads`."""
        ranges = self.ranges().items()
        inside = {name for path, (name, _) in ranges if path.startswith(heads)}
        return inside - {name for path, (name, _) in ranges if not path.startswith(heads)}

    def inputs(self, seed: int, run: int) -> dict[str, float]:
        """The values that `draw` draws with this `seed` and `run`, by name. [unit of each]"""
        named = {name: (name, q) for name, q in self.uncertain_inputs().items()}
        return uncertainty.drawn(named, *self._stream_numbers(seed, run))

    def draw(self, seed: int, run: int) -> Scenario:
        """The same with a value drawn from each range, as in run number `run` of a study.

        Parameters
        ----------
        seed, run : int
            From 0 to 2**63 - 1.

        Returns
        -------
        Scenario
            Without ranges.
        """
        return self._fixed(uncertainty.drawn(self.ranges(), *self._stream_numbers(seed, run)))

    def at(self, shares: Mapping[str, float]) -> Scenario:
        """The same with some uncertain inputs at given quantiles of their distributions.

        Parameters
        ----------
        shares : mapping
            By name as in `uncertain_inputs`: the share of the distribution that lies below, from 0
            at the low end to 1 at the high end. Inputs that are drawn together move together. [-]

        Returns
        -------
        Scenario
            Without ranges: all other inputs have their typical values.

        Raises
        ------
        KeyError
            No uncertain input has this name; the message names the nearest.
        TypeError, ValueError
            A share is not a number from 0 to 1.
        """
        owner, ranges = f"Scenario {self.name!r}", self.ranges()
        checks.mapping(owner, "shares", shares, "Such as {name: 0.05}.")
        names = [name for name, _ in ranges.values()]
        for name, share in shares.items():
            if name not in names:
                rule = "each input must be uncertain"
                cure = f"It is drawn with {ranges[name][0]!r}." if name in ranges else ""
                cure = cure or nearest(str(name), [*dict.fromkeys(names)])
                raise KeyError(checks.complain(owner, rule, name, cure))
            checks.number(owner, f"share of {name}", share, high=1)
        moved = {path: of for path, of in ranges.items() if of[0] in shares}
        return self._fixed(uncertainty.placed(moved, shares))

    def _fixed(self, new: Mapping[str, float]) -> Scenario:
        """The same without ranges: with these values by path, and all others typical."""
        if self.export is not None:
            new = self.export.balanced(new, "export")

        def change(path: tuple[str, ...], value: Any) -> Any:
            return value.fixed(new.get(written(path))) if _is_uncertain(value) else value

        return self._changed(change)

    def _stream_numbers(self, seed: int, run: int) -> tuple[int, int]:
        owner = f"Scenario {self.name!r}"
        seed = checks.stream_number(owner, "seed", seed)
        return seed, checks.stream_number(owner, "run", run)

    def ranges(self) -> dict[str, tuple[str, Quantity]]:
        """By path each quantity with a range, and the name that it is drawn with."""
        known = self._leaves()
        ranges = {path: value for path, (_, value) in known.items() if _is_uncertain(value)}
        before = {self._same_before(path, known): path for path in ranges}
        return {
            path: (value.drawn_with or before.get(path, path), value)
            for path, value in ranges.items()
        }

    def without(self, *losses: str) -> Scenario:
        """The same without some kinds of losses, to see what each of them costs.

        Parameters
        ----------
        *losses : {"calendar", "retooling", "launches", "supply", "failures", "quality"}
            Without "calendar" the plant works on the official working days, without closures,
            overtime, Saturdays and maintenance. Without "retooling" the shops run the whole time as
            they are after it. Without "launches" all bodies are of the product that takes the rest.
            "supply" is all stops and slowdowns. "failures" are breakdowns, planned stops and random
            cycles. "quality" is scrap, rework, rejects, what is repeated, and CKD sets that are
            taken from the bodies.
        """
        plan = self
        for loss in losses:
            checks.one_of(f"Scenario {self.name!r}", "each loss", loss, WITHOUT)
            plan = WITHOUT[loss](plan)
        return plan

    # ------------------------------------------------------------------ views

    def assumptions(self) -> pd.DataFrame:
        """A row a quantity.

        Returns
        -------
        DataFrame
            Index path.

            value, unit
                Typical value. [unit]
            low, high
                Its range; missing where it has none. [unit]
            evidence
                reported, found, measured, derived, recalled or assumed.
            source, note
                Where it comes from; what else a reader should know.
            tuned
                What it was tuned to; empty if it was not.
            drawn_with
                A name that it shares with the quantities that are drawn together with it.
        """
        rows = {
            path: {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            for path, (_, value) in self._leaves().items()
            if isinstance(value, Quantity)
        }
        columns = ["value", "unit", "low", "high"]
        columns += ["evidence", "source", "note", "tuned", "drawn_with"]
        table = pd.DataFrame.from_dict(rows, orient="index")[columns]
        return table.rename_axis("path")

    def diff(self, other: Scenario) -> pd.DataFrame:
        """A row a path at which this scenario and the `other` differ.

        Returns
        -------
        DataFrame
            Index path; columns this, other: the two values, missing where one has no such path.
        """
        if not isinstance(other, Scenario):
            rule = "diff needs a Scenario"
            raise TypeError(checks.complain(f"Scenario {self.name!r}", rule, other))
        ours, theirs = (
            {path: value for path, (_, value) in plan._leaves().items()} for plan in (self, other)
        )
        return differences(ours, theirs).map(_words)

    def to_toml(self, path: str | os.PathLike[str]) -> None:
        """Write the scenario to a file that `scenario()` reads, its shops as tables.

        Parameters
        ----------
        path : str or path
            Such as "mine.toml"; an existing file is replaced as a whole, or stays as it was.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        toml.write(f"Scenario {self.name!r}", path, self.tables, "scenario")

    @property
    def tables(self) -> dict[str, Any]:
        """The scenario as the nested dictionaries of its file."""
        table = plain(self)
        shops, before = (
            {key: _plain(shop) for key, shop in of.items()} for of in (self.shops, self.before)
        )
        table.pop("before", None)
        before = {f"{key}{BEFORE}": shop for key, shop in before.items()}
        return {**table, "shops": [*shops], **shops, **before}

    @staticmethod
    def names() -> list[str]:
        """The scenarios that ship with the library."""
        return [*data_files.names("scenario")]

    def __repr__(self) -> str:
        days = f"{self.calendar.first_day} to {self.calendar.last_day}"
        return f"Scenario({self.name!r}, {days}, {len(self.uncertain_inputs())} uncertain inputs)"

    def __str__(self) -> str:
        """Name, calendar, the number of quantities by evidence, notes."""
        counts = self.assumptions()["evidence"].value_counts()
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        days = f"{self.calendar.first_day} to {self.calendar.last_day}"
        flow = [*self.shops]
        for number, (store, capacity) in enumerate(self.stores.items(), start=1):
            flow.insert(2 * number - 1, f"{store} ({capacity.value:g})")
        into = [f"{', '.join(lines)} of {key}" for key, lines in self.entries.items()]
        more = [f"  they enter at {'; '.join(into)}"] if into else []
        lines = [f"{self.name}: {self.title}", f"  {days}", f"  {' > '.join(flow)}", *more]
        lines += [
            f"  quantities  {words}; {len(self.uncertain_inputs())} of them drawn from their ranges"
        ]
        return wrapped("\n".join([*lines, *(f"  note        {note}" for note in self.notes)]))


_FIELDS = {each.name for each in dataclasses.fields(Scenario)}  # type: ignore[arg-type]
RESERVED = tuple(sorted(_FIELDS | {"base", "changes"}))
"""Keys of a scenario, which no shop may have for a name."""

RESERVED_RULE = f"no shop may be called so: not {', '.join(RESERVED)}"


def check_year(caller: str, argument: str, plan: Scenario, seed: int, run: int) -> tuple[int, int]:
    """Check the arguments of a run of a year: its seed and number."""
    if not isinstance(plan, Scenario):
        cure = 'scenario("ningde-2021") gives one.'
        raise TypeError(checks.complain(caller, f"{argument} must be a Scenario", plan, cure))
    owner = f"{caller} {plan.name!r}"
    return checks.stream_number(owner, "seed", seed), checks.stream_number(owner, "run", run)


def is_reserved(name: str) -> bool:
    """Whether no shop may have this name: it would be another key, or none."""
    return not name or name in RESERVED or "." in name or name.endswith(BEFORE)


def _by_name(owner: str, shops: Any) -> dict[str, Any]:
    """Shops by the names that their paths begin with."""
    if isinstance(shops, Mapping):
        return dict(shops)
    listed = [shops] if isinstance(shops, Shop) else shops
    members = checks.members(owner, "shops", listed, Shop)
    if not members:
        raise ValueError(checks.complain(owner, "it needs at least one shop", shops))
    names = [re.sub(r"\W+", "_", shop.name).strip("_").lower() or "shop" for shop in members]
    checks.distinct(owner, "the names of shops", names)
    return dict(zip(names, members, strict=True))


def _described(key: str, shop: Any) -> AnyShop:
    """A shop as a scenario holds it."""
    if isinstance(shop, Shop):
        return ShopTables.of(shop)
    try:
        block: BlockTable = TypeAdapter(BlockTable).validate_python(shop)
    except ValidationError as error:
        raise below(error, key) from None
    return block


def _days(
    owner: str,
    calendar: Calendar,
    start: datetime.date | str | None,
    end: datetime.date | str | None,
) -> dict[str, datetime.date]:
    """The first and the last day of a year."""
    first = calendar.start if start is None else checks.date(owner, "start", start)
    if first is None:
        cure = 'Give start="2026-01-01", for example.'
        raise ValueError(checks.complain(owner, "a year needs its first day", None, cure))
    last = calendar.end if end is None else checks.date(owner, "end", end)
    if last is None:
        day = min(first.day, 28)  # the same day of the next year, less one
        last = first.replace(year=first.year + 1, day=day) + datetime.timedelta(first.day - day - 1)
    return {"start": first, "end": last}


def _plain(shop: AnyShop) -> Any:
    return shop.plain if isinstance(shop, ShopTables) else plain(shop)


def _words(value: Any) -> Any:
    return str(value) if isinstance(value, Quantity) else value


def _range(quantity: Any) -> Any:
    """What the value that is drawn depends on."""
    if not isinstance(quantity, Quantity):
        return quantity
    return quantity.least, quantity.value, quantity.most, quantity.drawn_with


def _is_uncertain(value: Any) -> bool:
    return isinstance(value, Quantity) and value.uncertain
