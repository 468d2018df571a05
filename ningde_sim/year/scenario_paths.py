"""The values of a scenario by dotted path, in the grammar of `ningde_sim.plant.paths`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any, Self

from ningde_sim._support import checks
from ningde_sim.plant import paths
from ningde_sim.plant.calendar import Calendar, ShopCalendar
from ningde_sim.plant.nested import changed, leaves
from ningde_sim.plant.quantity import Quantity
from ningde_sim.plant.scale import Scale
from ningde_sim.year.dates import Period, periods
from ningde_sim.year.overtime import check_plan
from ningde_sim.year.shops import AnyShop

Leaf = tuple[tuple[str, ...], Any]
"""The names that lead to a value in nested tables, and the value."""

WORDS = ("title", "notes", "note", "evidence", "source")
"""Keys that change no result."""

BEFORE = "_before"
"""Behind the name of a shop: what it was before the retooling."""


def written(path: tuple[str, ...]) -> str:
    """A path as users write it: without the headings `shops`, `zones`, `shop` and `tables`."""
    head = path[:1]
    if head in (("shops",), ("before",)) and len(path) > 1:
        name = path[1] + (BEFORE if head == ("before",) else "")
        inner = path[3:] if path[2:3] in (("zones",), ("shop",), ("tables",)) else path[2:]
        path = (name, *inner)
    return ".".join(path)


class Addressed:
    """Tables whose values are read and replaced by path."""

    __slots__ = ()

    name: str
    calendar: Calendar
    calendars: Mapping[str, ShopCalendar]
    shops: Mapping[str, AnyShop]

    def get(self, path: str) -> Any:
        """The value at a dotted path: a Quantity, a date, a word or a list.

        Parameters
        ----------
        path : str
            A `*` in it stands for any text; all values that it names must then be equal.

        Raises
        ------
        KeyError
            An unknown path; the message names the nearest.
        ValueError
            The values differ.
        """
        return paths.only(self._owner, path, self._matches(path, self._leaves()))

    def replace(self, changes: Mapping[str, Any]) -> Self:
        """The same scenario with other values at some paths.

        Parameters
        ----------
        changes : mapping of path to value
            A number replaces the value of a quantity, in its unit, and removes its range;
            `Scale(0.8)` replaces it with a multiple. A Quantity replaces the whole quantity. Dates,
            words and lists replace what they are. One number for all months also replaces a list
            by month.

        Raises
        ------
        KeyError, TypeError, ValueError
            An unknown path; a value of the wrong kind; a value that breaks a rule.

        Warns
        -----
        CalendarWarning
            A plan beyond the overtime cap or beyond the announced holidays; a date moved out of the
            calendar, or a calendar moved away from the dates.
        """
        new = self._assigned(changes)
        plan = self._with(new)
        plan.check_plan(self._moved(plan, new))
        return plan

    def replaced(self, changes: Mapping[str, Any]) -> Self:
        """The scenario with these `changes`, as `replace`, but without its warnings."""
        return self._with(self._assigned(changes))

    def _with(self, new: Mapping[str, Any]) -> Self:
        return self._changed(lambda path, value: new.get(written(path), value))

    def _assigned(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The new value at each single path."""
        known = self._leaves()
        new = paths.assigned(
            self._owner, changes, lambda path: self._matches(path, known), self._value
        )
        for path in [*new]:
            before = self._same_before(path, known)
            if before is not None:
                new.setdefault(before, new[path])
            if f"{path}_by_month" in known:
                new.setdefault(f"{path}_by_month", None)
        return new

    def check_plan(self, times: Mapping[str, Period] | None = None) -> None:
        """Warn of a plan beyond the overtime cap, the announced holidays or its own calendar.

        Parameters
        ----------
        times : mapping of path to Period, optional
            What must lie in the calendar; by default all that has a date.
        """
        own = {
            f"calendars.{key}": self.calendar.of_shop(each) for key, each in self.calendars.items()
        }
        check_plan(self.name, self.calendar, periods(self) if times is None else times, own)

    def _moved(self, plan: Self, changes: Iterable[str]) -> dict[str, Period]:
        """The periods in a plan that changes moved relative to its calendar.

        A calendar that is only cut shorter leaves out the others on purpose.
        """
        times, ours, theirs = periods(plan), self.calendar, plan.calendar
        if theirs.first_day < ours.first_day or theirs.last_day > ours.last_day:
            return times
        heads = {
            head
            for head, _, last in (path.rpartition(".") for path in changes)
            if last in ("start", "delay", "dates")
        }
        return {path: time for path, time in times.items() if path.rpartition(".")[0] in heads}

    @property
    def content(self) -> dict[str, str]:
        """All that its results depend on, as text by path: no titles, notes and sources."""
        return {
            path: _content(value)
            for path, (_, value) in self._leaves().items()
            if path.rpartition(".")[2] not in WORDS
        }

    def _changed(self, change: Any) -> Self:
        try:
            return changed(self, change)
        except ValueError as error:
            raise ValueError(f"{self._owner}: {_as_written(str(error))}") from None

    @property
    def located(self) -> dict[str, tuple[str, ...]]:
        """By path the names that lead to each value in the nested tables."""
        return {path: names for path, (names, _) in self._leaves().items()}

    def _leaves(self) -> dict[str, Leaf]:
        return {written(path): (path, value) for path, value in leaves(self)}

    def _matches(self, path: str, known: Mapping[str, Leaf]) -> dict[str, Any]:
        """The values that a path or a pattern names, with or without `zones` and `shop`."""
        path = checks.text(self._owner, "path", path)
        matches = paths.matching(path, known)
        head, *inner = path.split(".")
        matches = matches or paths.matching(written(("shops", head, *inner)), known)
        if not matches:
            raise paths.unknown(self._owner, path, known)
        return {match: known[match][1] for match in matches}

    @property
    def _owner(self) -> str:
        return f"Scenario {self.name!r}"

    def _value(self, path: str, old: Any, new: Any) -> Any:
        owner = self._owner
        if isinstance(new, Scale):
            new = new.of(owner, path, old.value if isinstance(old, Quantity) else old)
        if not isinstance(old, Quantity) or isinstance(new, Quantity):
            return new
        cure = "A Quantity replaces unit and range too."
        number = checks.number(owner, path, new, low=-1e300, cure=cure)
        return dataclasses.replace(
            old.fixed(number),
            evidence="assumed",
            source="set by the user",
            note="",
            tuned="",
        )

    def _same_before(self, path: str, known: Mapping[str, Leaf]) -> str | None:
        """The path in the shop before the retooling, if an equal quantity stands there."""
        head, _, rest = path.partition(".")
        other = f"{head}{BEFORE}.{rest}"
        if head not in self.shops or other not in known:
            return None
        ours, theirs = known[path][1], known[other][1]
        if not isinstance(ours, Quantity) or not isinstance(theirs, Quantity):
            return None
        same = all(getattr(ours, f) == getattr(theirs, f) for f in ("value", "unit", "low", "high"))
        return other if same else None


def _as_written(text: str) -> str:
    """Complaints with the paths in them as users write them."""
    text = re.sub(r"\bshops\.(\w+)\.(?:(?:zones|shop|tables)\.)?", r"\1.", text)
    return re.sub(r"\bbefore\.(\w+)\.(?:(?:zones|shop|tables)\.)?", rf"\1{BEFORE}.", text)


def _content(value: Any) -> str:
    """The part of a value that results depend on."""
    if not isinstance(value, Quantity):
        return str(value)
    if not value.uncertain:
        return f"{value.value:.17g} {value.unit}"
    span = f"{value.least:.17g} to {value.value:.17g} to {value.most:.17g} {value.unit}"
    return f"{span}, drawn as {value.drawn_with}" if value.drawn_with else span
