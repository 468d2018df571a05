"""A scenario: one plant with one year, each number with its uncertainty, at a path of its own."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Annotated, Any

import pandas as pd
from pydantic import model_validator

from ningde_sim._support import checks, toml
from ningde_sim._support.frozen import Entries, Named, unchangeable
from ningde_sim._support.summary import wrapped
from ningde_sim.plant import data_files
from ningde_sim.plant.faults import fault
from ningde_sim.plant.nested import plain
from ningde_sim.plant.paths import differences, nearest
from ningde_sim.plant.quantity import Name, Quantity, Text, in_unit
from ningde_sim.plant.schema import ShopFile, record
from ningde_sim.shipping.schema import ExportTable
from ningde_sim.year import uncertainty
from ningde_sim.year.launches import CHECK, INSPECTION, LINE, PACKING, TOPCOAT, check_products
from ningde_sim.year.scenario_paths import Addressed, written
from ningde_sim.year.schema import (
    LOST_CAUSES,
    AssemblyTable,
    CalendarTable,
    CkdTable,
    PaintTable,
    ProductTable,
    RetoolingTable,
    SlowdownTable,
    StopTable,
    StoresTable,
)
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
    target : Quantity
        Vehicles to make within the calendar. [vehicles]
    month_target : Quantity
        Bodies to make in a month. [bodies]
    calendar, retooling, products, supply, slowdowns, stores, paint, assembly, ckd : tables
        The tables of the file.
    export : ExportTable, optional
        From the gate to the ship; without it nothing is exported.
    body_shop : ShopFile
        After the retooling, or all the time if there is none.
    body_shop_before : ShopFile, optional
        Until the retooling. A quantity with the same value and range in both shops is one and the
        same: it is drawn once, and a change of its path in `body_shop` changes both.
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
    target: Annotated[Quantity, in_unit("vehicles", least=1)]
    month_target: Annotated[Quantity, in_unit("bodies", least=1)]
    calendar: CalendarTable
    body_shop: ShopFile
    stores: StoresTable
    paint: PaintTable
    assembly: AssemblyTable
    ckd: CkdTable
    body_shop_before: ShopFile | None = None
    retooling: RetoolingTable | None = None
    products: Named[ProductTable] = dataclasses.field(default_factory=Entries)
    supply: Named[StopTable] = dataclasses.field(default_factory=Entries)
    slowdowns: Named[SlowdownTable] = dataclasses.field(default_factory=Entries)
    export: ExportTable | None = None
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        names = ["nominal", "made", *LOST_CAUSES]
        for key in ("supply", "slowdowns"):
            for cause in getattr(self, key):
                if cause in names:
                    raise fault("duplicate name of a cause of lost hours", cause, key, cause)
                names.append(cause)
        behind = [TOPCOAT, INSPECTION, LINE, CHECK]
        behind += [PACKING] if self.ckd.packs_bodies else []
        check_products(self.products, self.body_shop, behind)
        if self.body_shop_before is not None:
            if self.retooling is None:
                raise fault("body_shop_before needs [retooling], which ends it", None, "retooling")
            crews = [shop.shop.repair_crews for shop in (self.body_shop, self.body_shop_before)]
            if _range(crews[0]) != _range(crews[1]):
                rule = "body_shop and body_shop_before must have equal numbers, drawn together"
                got = [_words(c) for c in crews]
                raise fault(rule, got, "body_shop_before", "repair_crews")
        return self

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
        for name, value in self._ranges().values():
            inputs.setdefault(name, value)
        return inputs

    def uncertain_only(self, heads: tuple[str, ...]) -> set[str]:
        """The names in `uncertain_inputs` whose paths all begin with one of `heads`."""
        ranges = self._ranges().items()
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
        return self._fixed(uncertainty.drawn(self._ranges(), *self._stream_numbers(seed, run)))

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
        owner, ranges = f"Scenario {self.name!r}", self._ranges()
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

    def _ranges(self) -> dict[str, tuple[str, Quantity]]:
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
            overtime, Saturdays and maintenance. Without "retooling" `body_shop` runs the whole
            time. Without "launches" all bodies are of the product that takes the rest. "supply" is
            all stops and slowdowns. "failures" are breakdowns, planned stops and random cycles.
            "quality" is scrap, rework, repaints, and CKD sets that are taken from the bodies.
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
        toml.write(f"Scenario {self.name!r}", path, plain(self), "scenario")

    @staticmethod
    def names() -> list[str]:
        """The scenarios that ship with the library."""
        return [*data_files.names("scenario")]

    def __repr__(self) -> str:
        days = f"{self.calendar.start} to {self.calendar.end}"
        return f"Scenario({self.name!r}, {days}, {len(self.uncertain_inputs())} uncertain inputs)"

    def __str__(self) -> str:
        """Name, calendar, the number of quantities by evidence, notes."""
        counts = self.assumptions()["evidence"].value_counts()
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        lines = [f"{self.name}: {self.title}", f"  {self.calendar.start} to {self.calendar.end}"]
        lines += [
            f"  quantities  {words}; {len(self.uncertain_inputs())} of them drawn from their ranges"
        ]
        return wrapped("\n".join([*lines, *(f"  note        {note}" for note in self.notes)]))


def _words(value: Any) -> Any:
    return str(value) if isinstance(value, Quantity) else value


def _range(quantity: Quantity | None) -> tuple[float, float, float, str] | None:
    """What the value that is drawn depends on."""
    if quantity is None:
        return None
    return quantity.least, quantity.value, quantity.most, quantity.drawn_with


def _is_uncertain(value: Any) -> bool:
    return isinstance(value, Quantity) and value.uncertain
