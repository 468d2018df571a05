"""The distribution of a station's cycles, from a table in which a plant has measured them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.summary import wrapped
from ningde_sim.learn.censored_times import CensoredTimes, Floats
from ningde_sim.learn.downtime import SHOWN, fit_columns, note_lines
from ningde_sim.learn.families import LEAST_CV
from ningde_sim.learn.log_table import Wanted, read_table
from ningde_sim.learn.maximum_likelihood import NAMES, Fit, fit
from ningde_sim.learn.row_checks import CheckedRows
from ningde_sim.plant.distributions import Distribution, Empirical, Fixed
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Estimate

OWNER = "fit_cycles"

WAITS = ("blocked", "starved")
"""Parts of a cycle in which the station does not work."""

CYCLES = Wanted(("equipment", "cycle"), ("equipment", "cycle", *WAITS), title="Cycle times")

LONG = 3.0
"""A cycle longer than so many medians has a stop in it, most likely. [-]"""

MOST = 1e6
"""Longest cycle. [s]"""

FEW = 30
"""With fewer cycles nothing is said of their distribution but the mean."""


@dataclass(frozen=True, repr=False, eq=False)
class CycleTimes:
    """The cycles of stations.

    Attributes
    ----------
    title : str
        Name of the table that was read.
    level : float
        Confidence of each interval. [-]
    table : DataFrame
        A row per station: `n`; `family`, `mean`, `low`, `high` [s], `cv`, and so on, as of
        `Downtime.table`; `blocked`, `starved`: the mean of each a cycle [s]; `long`: the share of
        cycles longer than three times the median [-]; `note`.
    cycle_times : dict
        Station to a Distribution [s], for `Station(cycle_time=...)`.
    """

    title: str
    level: float
    table: pd.DataFrame
    cycle_times: Mapping[str, Distribution]

    def __repr__(self) -> str:
        return f"CycleTimes({self.title!r}, {len(self.table)} stations)"

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """Some lines: the slowest stations, notes."""
        return wrapped("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        yield f"{self.title}: {len(self.table)} stations, {self.table['n'].sum():,} cycles"
        slowest = self.table.sort_values("mean", ascending=False, kind="stable")
        for _, row in slowest.head(SHOWN).iterrows():
            yield (
                f"  {row['equipment']}: {row['mean']:.3g} s ({row['low']:.3g} to "
                f"{row['high']:.3g}; {row['family']}), cv {row['cv']:.2g}"
            )
        if len(slowest) > SHOWN:
            yield f"  and       {len(slowest) - SHOWN} faster ones in .table"
        yield from note_lines(self.table)
        yield f"  interval  {100 * self.level:g} %, each by itself"


def fit_cycles(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    families: Iterable[str] = NAMES,
    level: float = 0.95,
) -> CycleTimes:
    """Fit the cycles of stations: those in which they work, without what they wait.

    Families are chosen and tested as by `fit_downtime`; where none fits, the cycles as seen are
    taken. Fewer than 30 cycles give a fixed time, their mean. A table of cycles rarely tells a
    stop from a long cycle: their share is noted, and such rows are best left out.

    Parameters
    ----------
    table : path of a text file or a workbook, or DataFrame
        A row a cycle: equipment, cycle [s], and if known blocked and starved [s], which are parts
        of the cycle and are taken off it.
    columns, encoding
        As of `fit_downtime`.
    families : list of str
        Those that may be taken.
    level : float
        Confidence of each interval. [-]

    Raises
    ------
    TypeError, ValueError
        Faulty rows, listed together; a missing column; an unknown family.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"cycle": [61.0, 59, 60] * 4, "blocked": [1.0, 0, 2] * 4})
    >>> fit_cycles(log.assign(equipment="A")).cycle_times["A"]
    Fixed(v=59.0)
    """
    level = checks.share(OWNER, "level", level)
    known = checks.listed(OWNER, "families", families, "names of families")
    for name in known:
        checks.one_of(OWNER, "families", name, NAMES)
    title, cells = read_table(table, columns, encoding, CYCLES)
    rows = CheckedRows(title, cells.assign(reason=""))
    rows.set_aside_unnamed("equipment")
    cycle = _seconds(rows, "cycle", missing=False)
    waits = {
        name: _seconds(rows, name, missing=True) for name in WAITS if name in rows.table.columns
    }
    work = cycle - sum(waits.values(), np.zeros(len(cycle)))
    rule = "cycle must be longer than what is blocked and starved of it"
    rows.set_aside(work <= 0, "cycle", rule, "Correct it, or drop the row.")
    rows.problems(report=False, choice=False)
    equipment = rows.table["equipment"].to_numpy()
    found, cycle_times = [], {}
    for name in sorted(set(equipment)):
        mine = equipment == name
        fitted = _fitted(work[mine], level, known)
        notes, share = [fitted.note], float(np.mean(work[mine] > LONG * np.median(work[mine])))
        if share:
            notes.append(f"{share:.1%} of cycles take over {LONG:g} medians: stops, most likely")
        row = {key.removeprefix("cycle_"): x for key, x in fit_columns("cycle", fitted).items()}
        found.append(
            {
                "equipment": name,
                "n": int(mine.sum()),
                "mean": row.pop("cycle"),
                **row,
                **{what: float(np.mean(waits[what][mine])) for what in waits},
                "long": share,
                "note": "; ".join(filter(None, notes)),
            }
        )
        cycle_times[name] = fitted.distribution
    return CycleTimes(title, level, pd.DataFrame(found), cycle_times)


def _seconds(rows: CheckedRows, column: str, *, missing: bool) -> Floats:
    """A column of times [s]; 0 where nothing is said, if that may be."""
    text = rows.table[column].map(_decimal)
    blank = rows.table[column].isna() | rows.table[column].astype(str).str.strip().isin(["", "nan"])
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
    if missing:
        values = np.where(blank, 0.0, values)
    least = 0.0 if missing else 1e-3
    rule = f"{column} must be a number of seconds from {least:g} to {MOST:g}"
    wrong = ~((values >= least) & (values <= MOST))
    rows.set_aside(wrong, column, rule, "Correct it, or drop the row.")
    return np.where(wrong, 1.0 if not missing else 0.0, values)


def _decimal(value: Any) -> Any:
    """A number with its decimals behind a dot; 1,234 may be a thousand, and is none."""
    if isinstance(value, str):
        return "?" if re.search(r",\d{3}$", value.strip()) else value.replace(",", ".")
    return value if isinstance(value, float) or abs(value or 0) < MOST * 10 else math.nan


def _fitted(work: Floats, level: float, families: Collection[str]) -> Fit:
    """The distribution of the cycles of a station."""
    none = np.empty(0)
    spread = float(np.std(work) / np.mean(work))
    if len(work) >= FEW and spread > LEAST_CV:
        return fit(CensoredTimes(work, none, none, none), level=level, families=families)
    mean = estimate.mean(work, level=level)
    cv = Estimate(float(np.std(work)) / mean.value, math.nan, math.nan, level, len(work))
    if len(work) >= FEW:  # narrower than the families are
        seen = Empirical(CensoredTimes(work, none, none, none).values_seen().tolist())
        return Fit(seen, mean, cv, "", math.nan, mean.value)
    note = f"{len(work)} cycles are too few for a distribution: their mean is taken"
    return Fit(Fixed(mean.value), mean, cv, "", math.nan, mean.value, note=note)
