"""Rows of a log that break a rule: each is named, none is dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.learn.instants import Bools, is_missing

OWNER = "Downtime log"
"""What to call a log that has no name."""

COLUMNS = ("row", "equipment", "reason", "problem", "given", "done")

MOST_LINES = 200
"""Faulty rows that an error tells one by one."""


@dataclass(eq=False)
class Sieve:
    """The rows of a log, and what was found in them.

    Attributes
    ----------
    where : str
        The log, for complaints.
    rows : DataFrame
        row (how people find it), equipment, reason, and all other columns as given.
    alive : array of bool
        Which rows broke no rule so far.
    """

    where: str
    rows: pd.DataFrame
    alive: Bools = field(init=False)
    _found: list[tuple[Any, ...]] = field(default_factory=list)
    _lines: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alive = np.ones(len(self.rows), dtype=bool)

    def refuse(self, wrong: Bools, column: str, rule: str, cure: str) -> None:
        """Set aside the rows that break a rule, unless an earlier one has done so."""
        wrong = wrong & self.alive
        for k in np.flatnonzero(wrong):
            self.refuse_one(int(k), column, rule, cure)

    def refuse_one(self, k: int, column: str, rule: str, cure: str) -> None:
        """The same for one row that is alive."""
        given = self._given(k, column)
        self._add(k, rule, given, "set aside")
        self._lines.append((k, checks.complain(self._name(k), rule, given, cure)))
        self.alive[k] = False

    def note(self, those: Bools, column: str, problem: str, done: str) -> None:
        """Write down of living rows what was made of them."""
        for k in np.flatnonzero(those & self.alive):
            self._add(int(k), problem, self._given(int(k), column), done)

    def settle(self, *, report: bool) -> pd.DataFrame:
        """All that was found, a row each.

        Raises
        ------
        ValueError
            Rows were set aside, and not to be reported but to be refused: it tells each of them.
        """
        if self._lines and not report:
            n, most = len(self._lines), [line for _, line in sorted(self._lines)[:MOST_LINES]]
            more = [f"... and {n - MOST_LINES} more"] if n > MOST_LINES else []
            cure = 'on_problem="report" sets them aside and lists them in .problems.'
            head = f"{self.where}: faulty rows: {n}. Mend them, or {cure}"
            raise ValueError("\n  ".join([head, *most, *more]))
        found = sorted(self._found, key=lambda one: one[0])  # as the log has them
        return pd.DataFrame([one[1:] for one in found], columns=list(COLUMNS))

    def label(self, k: int) -> Any:
        """How people find a row."""
        return self.rows["row"].iloc[k]

    def _add(self, k: int, problem: str, given: object, done: str) -> None:
        row = self.rows.iloc[k]
        known = (row["row"], row["equipment"], row["reason"])
        self._found.append((k, *known, problem, given, done))

    def _name(self, k: int) -> str:
        equipment, reason = self.rows["equipment"].iloc[k], self.rows["reason"].iloc[k]
        known = ", ".join(word for word in (equipment, reason) if word)
        return f"row {self.label(k)}" + (f" ({known})" if known else "")

    def _given(self, k: int, column: str) -> str:
        """The cell as people read it."""
        value = self.rows[column].iloc[[k]].tolist()[0]
        return value if isinstance(value, str) else "" if is_missing(value) else str(value)
