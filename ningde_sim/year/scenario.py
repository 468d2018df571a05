"""A scenario: one plant with one year, every number with its doubt, each addressable by path."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import tomli_w
from pydantic import model_validator

from ningde_sim._support import checks
from ningde_sim._support.frozen import Entries, Named
from ningde_sim._support.summary import wrapped
from ningde_sim.plant.faults import fault
from ningde_sim.plant.nested import plain
from ningde_sim.plant.paths import differences, nearest
from ningde_sim.plant.quantity import Quantity, Text, in_unit
from ningde_sim.plant.schema import ShopFile, record
from ningde_sim.shipping.schema import ExportTable
from ningde_sim.year import uncertainty
from ningde_sim.year.scenario_paths import Addressed, written
from ningde_sim.year.schema import (
    LOST_CAUSES,
    AssemblyTable,
    CalendarTable,
    CkdTable,
    LaunchTable,
    PaintTable,
    RetoolingTable,
    SlowdownTable,
    StopTable,
    StoresTable,
)
from ningde_sim.year.without import WITHOUT


@record
class Scenario(Addressed):
    """A plant with one year, as a TOML file describes it; `scenario()` reads one.

    Every number is a `Quantity`: value, unit, low, high, evidence, source. Dotted paths address
    them: `body_shop.finish.cycle_time`, `retooling.full_stop_days`, `calendar.shift_hours`.

    Attributes
    ----------
    name, title : str
    target : Quantity
        Vehicles of the whole time that are aimed at. [vehicles]
    month_target : Quantity
        Bodies of a month that are aimed at. [bodies]
    calendar, retooling, launches, supply, slowdowns, stores, paint, assembly, ckd : tables
        Those of the file.
    export : ExportTable, optional
        From the gate to the ship; without it nothing is exported.
    body_shop : ShopFile
        After the retooling, or all the time when there are none.
    body_shop_before : ShopFile, optional
        Until the retooling. A quantity with the same value and range in both shops is one thing: it
        is drawn once, and changed in both by its path in `body_shop`.
    notes : tuple of str
        What a reader of the results has to know.

    Examples
    --------
    >>> from ningde_sim import scenario
    >>> plan = scenario("ningde-2021")
    >>> plan.diff(plan.replace({"retooling.full_stop_days": 12})).index.tolist()
    ['retooling.full_stop_days']
    """

    name: Text
    title: Text
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
    launches: Named[LaunchTable] = dataclasses.field(default_factory=Entries)
    supply: Named[StopTable] = dataclasses.field(default_factory=Entries)
    slowdowns: Named[SlowdownTable] = dataclasses.field(default_factory=Entries)
    export: ExportTable | None = None
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        taken = ["nominal", "made", *LOST_CAUSES]
        for key in ("supply", "slowdowns"):
            for cause in getattr(self, key):
                if cause in taken:
                    raise fault("no two causes of lost hours may have one name", cause, key, cause)
                taken.append(cause)
        mix = math.fsum(launch.mix.most for launch in self.launches.values())
        if mix > 1:
            rule = "the launches must not make more than all bodies: their mix adds up to 1 at most"
            raise fault(rule, round(mix, 9), "launches")
        if self.body_shop_before is not None:
            if self.retooling is None:
                raise fault(
                    "it ends with the retooling: the file must have [retooling]", None, "retooling"
                )
            crews = [shop.shop.repair_crews for shop in (self.body_shop, self.body_shop_before)]
            if _span(crews[0]) != _span(crews[1]):
                rule = "body_shop and body_shop_before must have the same number, range and doubt"
                got = [_words(c) for c in crews]
                raise fault(rule, got, "body_shop_before", "repair_crews")
        return self

    # ------------------------------------------------------------------ with its doubt

    def typical(self) -> Scenario:
        """The same with every number at its typical value, without ranges."""
        return self._fixed({})

    def uncertain_inputs(self) -> dict[str, Quantity]:
        """What `draw` draws: quantities with a range, by path.

        Of those that share a `drawn_with` the first stands for all, under the name of that doubt.
        """
        found: dict[str, Quantity] = {}
        for name, value in self._ranges().values():
            found.setdefault(name, value)
        return found

    def uncertain_only(self, heads: tuple[str, ...]) -> set[str]:
        """The names in `uncertain` of what stands only at paths that begin with one of `heads`."""
        ranges = self._ranges().items()
        inside = {name for path, (name, _) in ranges if path.startswith(heads)}
        return inside - {name for path, (name, _) in ranges if not path.startswith(heads)}

    def inputs(self, seed: int, run: int) -> dict[str, float]:
        """The values that `draw`, with this `seed` and `run`, draws. [unit of each]"""
        named = {name: (name, q) for name, q in self.uncertain_inputs().items()}
        return uncertainty.drawn(named, *self._luck(seed, run))

    def draw(self, seed: int, run: int) -> Scenario:
        """The same with each range drawn from, as run number `run` of a study has it.

        Parameters
        ----------
        seed, run : int
            From 0 to 2**63 - 1.

        Returns
        -------
        Scenario
            Without ranges.
        """
        return self._fixed(uncertainty.drawn(self._ranges(), *self._luck(seed, run)))

    def at(self, shares: Mapping[str, float]) -> Scenario:
        """The same with some uncertain inputs at given places of their distributions.

        Parameters
        ----------
        shares : mapping
            By names as in `uncertain`: the share of the distribution that lies below, from 0 for
            the low to 1 for the high end. What shares a doubt moves together. [-]

        Returns
        -------
        Scenario
            Without ranges: all other inputs have their typical values.

        Raises
        ------
        KeyError
            Nothing uncertain has this name; the message names the nearest.
        TypeError, ValueError
            A share is no number from 0 to 1.
        """
        owner, ranges = f"Scenario {self.name!r}", self._ranges()
        known = [name for name, _ in ranges.values()]
        for name, share in shares.items():
            if name not in known:
                rule = "each input must be uncertain"
                cure = f"It is drawn as {ranges[name][0]!r}." if name in ranges else ""
                cure = cure or nearest(str(name), [*dict.fromkeys(known)])
                raise KeyError(checks.complain(owner, rule, name, cure))
            checks.number(owner, f"share of {name}", share, high=1)
        moved = {path: of for path, of in ranges.items() if of[0] in shares}
        return self._fixed(uncertainty.placed(moved, shares))

    def _fixed(self, new: Mapping[str, float]) -> Scenario:
        """Without ranges: at these values by path, and typical where there is none."""
        if self.export is not None:
            new = self.export.balanced(new, "export")

        def change(path: tuple[str, ...], value: Any) -> Any:
            return value.fixed(new.get(written(path))) if _is_uncertain(value) else value

        return self._changed(change)

    def _luck(self, seed: int, run: int) -> tuple[int, int]:
        owner = f"Scenario {self.name!r}"
        seed = checks.stream_number(owner, "seed", seed)
        return seed, checks.stream_number(owner, "run", run)

    def _ranges(self) -> dict[str, tuple[str, Quantity]]:
        """By path each quantity with a range, and the name under which it is drawn."""
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
            "calendar" leaves the official working days, without closures, overtime, Saturdays and
            maintenance. "retooling" gives `body_shop` the whole time. "supply" is all stops
            and slowdowns. "failures" are breakdowns, planned stops and random cycles. "quality" is
            scrap, rework, repaints, and CKD sets where they are taken from the bodies.
        """
        found = self
        for loss in losses:
            if loss not in WITHOUT:
                rule = f"each loss must be one of {', '.join(WITHOUT)}"
                raise ValueError(checks.complain(f"Scenario {self.name!r}", rule, loss))
            found = WITHOUT[loss](found)
        return found

    # ------------------------------------------------------------------ to look at

    def assumptions(self) -> pd.DataFrame:
        """A row a quantity: value, unit, low, high, evidence, source, note, what it was tuned to.

        The index is the path; `drawn_with` names the doubt that it shares with others.
        """
        rows = {
            path: {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            for path, (_, value) in self._leaves().items()
            if isinstance(value, Quantity)
        }
        first = [
            "value",
            "unit",
            "low",
            "high",
            "evidence",
            "source",
            "note",
            "tuned",
            "drawn_with",
        ]
        table = pd.DataFrame.from_dict(rows, orient="index")[first]
        return table.rename_axis("path")

    def diff(self, other: Scenario) -> pd.DataFrame:
        """A row a path at which this one and `other` differ; missing where one has no such path."""
        if not isinstance(other, Scenario):
            rule = "diff must be given a Scenario"
            raise TypeError(checks.complain(f"Scenario {self.name!r}", rule, other))
        ours, theirs = (
            {path: value for path, (_, value) in there._leaves().items()} for there in (self, other)
        )
        return differences(ours, theirs).map(_words)

    def to_toml(self, path: str | os.PathLike[str]) -> None:
        """Write the scenario to a file that `scenario()` reads; its shops stand in it as tables.

        Parameters
        ----------
        path : str or path
            Such as "mine.toml"; a file of that name is replaced.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        text = f"# Written by ningde_sim; scenario({str(path)!r}) reads it.\n\n"
        Path(path).write_text(text + tomli_w.dumps(plain(self)), encoding="utf-8")

    @staticmethod
    def names() -> list[str]:
        """The scenarios that ship with the library."""
        found = (Path(str(entry)).name for entry in files("ningde_sim.data").iterdir())
        return sorted(
            name.removesuffix(".toml")
            for name in found
            if name.endswith(".toml") and not name.startswith("body_shop")
        )

    def __repr__(self) -> str:
        days = f"{self.calendar.start} to {self.calendar.end}"
        return f"Scenario({self.name!r}, {days}, {len(self.uncertain_inputs())} uncertain inputs)"

    def __str__(self) -> str:
        """Name, time and the quantities by evidence."""
        counts = self.assumptions()["evidence"].value_counts()
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        lines = [f"{self.name}: {self.title}", f"  {self.calendar.start} to {self.calendar.end}"]
        lines += [
            f"  quantities  {words}; {len(self.uncertain_inputs())} of them drawn from their ranges"
        ]
        return wrapped("\n".join([*lines, *(f"  note        {note}" for note in self.notes)]))


def _words(value: Any) -> Any:
    return str(value) if isinstance(value, Quantity) else value


def _span(quantity: Quantity | None) -> tuple[float, float, float, str] | None:
    """What decides which value is drawn."""
    if quantity is None:
        return None
    return quantity.least, quantity.value, quantity.most, quantity.drawn_with


def _is_uncertain(value: Any) -> bool:
    return isinstance(value, Quantity) and value.uncertain
