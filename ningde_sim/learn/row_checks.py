"""Rows of a log that break a rule: each is named, none is dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.learn.instants import Bools, is_missing

OWNER = "Downtime log"
"""Name of a log that has none."""

COLUMNS = ("row", "equipment", "reason", "problem", "given", "done")

MOST_LINES = 200
"""Faulty rows that an error lists."""


@dataclass(eq=False)
class CheckedRows:
    """The rows of a log, and the problems in them.

    Attributes
    ----------
    log_name : str
        The log, for complaints.
    table : DataFrame
        row (the label of a row for people), equipment, reason, and all other columns as given.
    valid : array of bool
        Which rows broke no rule so far.
    left_out : int
        Rows that are no fault, but lie outside of the window.
    """

    log_name: str
    table: pd.DataFrame
    valid: Bools = field(init=False)
    left_out: int = 0
    _problems: list[tuple[Any, ...]] = field(default_factory=list)
    _complaints: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.valid = np.ones(len(self.table), dtype=bool)

    def set_aside(self, wrong: Bools, column: str, rule: str, cure: str) -> None:
        """Set aside the rows that break a rule, unless they broke an earlier one."""
        wrong = wrong & self.valid
        for k in np.flatnonzero(wrong):
            self.set_aside_one(int(k), column, rule, cure)

    def set_aside_one(self, k: int, column: str, rule: str, cure: str) -> None:
        """Set aside one valid row."""
        given = self._given(k, column)
        self._add(k, rule, given, "set aside")
        self._complaints.append((k, checks.complain(self._name(k), rule, given, cure)))
        self.valid[k] = False

    def set_aside_unnamed(self, column: str) -> None:
        """Set aside the rows that name no equipment, or no reason."""
        empty = (self.table[column] == "").to_numpy(dtype=bool)
        self.set_aside(empty, column, f"{column} must be named", "Name it, or drop the row.")

    def leave_out(self, rows: Bools) -> None:
        """Leave valid rows out that are no fault."""
        self.left_out += int(np.count_nonzero(rows & self.valid))
        self.valid &= ~rows

    def join(self, k: int, column: str, problem: str, done: str) -> None:
        """Record that a valid row is a part of another, and no longer one by itself."""
        self._add(k, problem, self._given(k, column), done)
        self.valid[k] = False

    def note(self, noted: Bools, column: str, problem: str, done: str) -> None:
        """Record what was done with valid rows."""
        for k in np.flatnonzero(noted & self.valid):
            self._add(int(k), problem, self._given(int(k), column), done)

    def problems(self, *, report: bool, choice: bool = True) -> pd.DataFrame:
        """All problems, a row each; `choice` is whether the user may ask for that report.

        Raises
        ------
        ValueError
            Rows were set aside and `report` is False; the message names each of them.
        """
        if self._complaints and not report:
            n = len(self._complaints)
            lines = [line for _, line in sorted(self._complaints)[:MOST_LINES]]
            more = [f"... and {n - MOST_LINES} more"] if n > MOST_LINES else []
            cure = 'on_problem="report" sets them aside and lists them in .problems.'
            head = f"{self.log_name}: faulty rows: {n}. Correct them"
            head += f", or {cure}" if choice else "."
            raise ValueError("\n  ".join([head, *lines, *more]))
        rows = sorted(self._problems, key=lambda problem: problem[0])  # in the order of the log
        return pd.DataFrame([row[1:] for row in rows], columns=list(COLUMNS))

    def label(self, k: int) -> Any:
        """The label of a row for people."""
        return self.table["row"].iloc[k]

    def _add(self, k: int, problem: str, given: object, done: str) -> None:
        row = self.table.iloc[k]
        names = (row["row"], row["equipment"], row["reason"])
        self._problems.append((k, *names, problem, given, done))

    def _name(self, k: int) -> str:
        equipment, reason = self.table["equipment"].iloc[k], self.table["reason"].iloc[k]
        names = ", ".join(word for word in (equipment, reason) if word)
        return f"row {self.label(k)}" + (f" ({names})" if names else "")

    def _given(self, k: int, column: str) -> str:
        """The cell as people read it."""
        value = self.table[column].iloc[[k]].tolist()[0]
        return value if isinstance(value, str) else "" if is_missing(value) else str(value)
