"""Tables that a study keeps of each run, on their way home and put together."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.result_table import result_table
from ningde_sim.engine.run_tables import DESCRIBED
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Values


def tables_of(result: type) -> tuple[str, ...]:
    """The names of the tables of a run: properties, and methods that need nothing to give one."""
    return tuple(name for name, member in vars(result).items() if _is_table(member))


def _is_table(member: object) -> bool:
    if inspect.isfunction(member):
        signature = inspect.signature(member)
        return len(signature.parameters) == 1 and signature.return_annotation == "pd.DataFrame"
    return isinstance(member, result_table)


def checked(owner: str, keep: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The names of what a run is to keep, if all are known."""
    if isinstance(keep, str):
        rule, cure = "keep must be a list of names", f"Write keep=[{keep!r}]."
        raise TypeError(checks.complain(owner, rule, keep, cure))
    names = checks.listed(owner, "keep", keep, "names")
    for name in names:
        checks.one_of(owner, "each of keep", name, known)
    checks.distinct(owner, "keep", names)
    return names


def taken(run: object, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Tables of a run by name."""
    members = {name: getattr(run, name) for name in names}
    return {name: table() if callable(table) else table for name, table in members.items()}


@dataclass(frozen=True, eq=False)
class RunTable:
    """A table of one run: its numbers, and of the first run its labels too.

    Attributes
    ----------
    labels : DataFrame or None
        Its index, and its columns that hold no results.
    columns : tuple of str
        All columns.
    digest : bytes
        Of labels and columns.
    numbers : dict of arrays, shape (n_rows,)
        Its columns of results.
    """

    labels: pd.DataFrame | None
    columns: tuple[str, ...]
    digest: bytes
    numbers: dict[str, Values]


def packed(table: pd.DataFrame, *, with_labels: bool) -> RunTable:
    """A table of a run, whose labels stay behind where they are known from another run."""
    numbers = map(str, table.select_dtypes("number"))
    results = [name for name in numbers if name not in DESCRIBED]
    labels = table.drop(columns=results)
    rows = pd.util.hash_pandas_object(labels).to_numpy()
    digest = hashlib.sha256(repr((*table.columns, *table.index.names)).encode())
    digest.update(rows.tobytes())
    return RunTable(
        labels if with_labels else None,
        tuple(table.columns),
        digest.digest(),
        {name: table[name].to_numpy() for name in results},
    )


@dataclass(frozen=True, repr=False, eq=False)
class KeptTable:
    """A table of all runs.

    Attributes
    ----------
    labels : DataFrame
        Its index, and its columns that hold no results.
    columns : tuple of str
        All columns.
    digest : bytes
        SHA-256 of labels and columns.
    values : mapping of arrays, shape (n_runs, n_rows)
        Its columns of results, run by run. [as in the table of a run]
    """

    labels: pd.DataFrame
    columns: tuple[str, ...]
    digest: bytes
    values: Mapping[str, Values]

    def __post_init__(self) -> None:
        for values in self.values.values():
            values.flags.writeable = False

    def with_intervals(self, level: float) -> pd.DataFrame:
        """The table of the means, each column of results followed by its `_low` and `_high`."""
        table: dict[str, Values | pd.Series] = {}
        for name in self.columns:
            if name in self.values:
                mean, low, high = estimate.means(self.values[name], level=level)
                table |= {name: mean, f"{name}_low": low, f"{name}_high": high}
            else:
                table[name] = self.labels[name]
        return pd.DataFrame(table, index=self.labels.index)


def stacked(owner: str, name: str, tables: Sequence[RunTable]) -> KeptTable:
    """The table of all runs, in their order.

    Raises
    ------
    ValueError
        The rows or columns of a run are others than those of the first.
    """
    first = tables[0]
    for run, table in enumerate(tables):
        if table.digest != first.digest:
            rule = f"the table {name!r} must have the same rows and columns in each run"
            raise ValueError(checks.complain(owner, rule, f"others in run {run} than in run 0"))
    assert first.labels is not None  # those of run 0 come home
    values = {of: np.stack([table.numbers[of] for table in tables]) for of in first.numbers}
    return KeptTable(first.labels, first.columns, first.digest, values)
