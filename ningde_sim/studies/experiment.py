"""What a study repeats: an experiment, which draws its inputs and gives its results run by run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.exceptions import ShopStuck
from ningde_sim.statistics.estimate import Estimate, Values

Row = dict[str, float]
"""One value a column, the same columns in the same order in each run."""


def columns(rows: Sequence[Row]) -> dict[str, Values]:
    """The rows of all runs as columns, each of shape (n,)."""
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


class Kept(NamedTuple):
    """What a run keeps besides its results.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        Tables with the same rows and columns in each run.
    exits : array, shape (n_bodies,), or None
        Finish times since the start of the counted hours, rising. [ms, int64]
    """

    tables: Mapping[str, pd.DataFrame]
    exits: np.ndarray[Any, np.dtype[np.int64]] | None = None


Workers = Literal["threads", "processes"]


@dataclass(frozen=True)
class Call:
    """How a program makes the experiment again.

    Parameters
    ----------
    imports : sequence of str
        Lines of the program.
    what : str
        The expression that gives what `replicate` is given.
    arguments : mapping
        Arguments of `replicate` that belong to the experiment.
    file : tuple of (str, str), optional
        Name and text of a file that the expression reads; None where what it names ships.
    """

    imports: Sequence[str]
    what: str
    arguments: Mapping[str, object]
    file: tuple[str, str] | None = None


class Experiment(ABC):
    """What can be repeated: a frozen, picklable description that knows how to run itself.

    A run is a function of the seed, its number and its random streams alone. A class of one's own
    needs `title`, `description`, `of`, `units` and `run`; `sweep` needs `content`, `digest` and
    `replace` besides.
    """

    @property
    @abstractmethod
    def title(self) -> str:
        """Its name in texts and plots."""

    @property
    @abstractmethod
    def description(self) -> str:
        """What one run is: "500 h after 20 h". Only studies of equal ones are compared by run."""

    @property
    @abstractmethod
    def of(self) -> str:
        """The main column of the results, such as bodies or vehicles."""

    @property
    @abstractmethod
    def units(self) -> Mapping[str, str]:
        """The unit of each column of the results."""

    @property
    def also(self) -> Sequence[str]:
        """Further columns whose means the summary shows."""
        return ()

    @property
    def readings(self) -> Mapping[str, str]:
        """Columns that the target may mean besides the main one, and how to say so."""
        return {}

    @property
    def parts(self) -> Mapping[str, str]:
        """Parts of the plant by the column that is 1 in runs that the part limits, else 0. [-]"""
        return {}

    @property
    def target(self) -> float | None:
        """The least of the main column that counts as reached. [units[of]]"""
        return None

    @property
    def months(self) -> Sequence[str]:
        """Months such as "2021-01" of which the results hold columns `f"{of}_{month}"`, in order.

        They add up to the main column. Empty where there are none.
        """
        return ()

    @property
    def month_shares(self) -> Mapping[str, float]:
        """The share of the target that each of the months is meant to make. [-]"""
        return {}

    @property
    def notes(self) -> Sequence[str]:
        """What the reader of any result must know."""
        return ()

    @property
    def engine(self) -> str:
        """Which engine runs."""
        return ""

    @property
    def prefer(self) -> Workers:
        """Threads where a run releases Python's lock, else processes."""
        return "processes"

    @abstractmethod
    def run(self, seed: int, run: int, streams: int | None = None) -> tuple[Row, Row]:
        """One run: the uncertain inputs drawn for it, {} where none are; and its results.

        Parameters
        ----------
        seed, run : int
            They fix the inputs.
        streams : int, optional
            The run whose random streams are used, by default its own: `run(seed, 5, streams=1005)`
            has the inputs of run 5 and other random variation.
        """

    @property
    def keep(self) -> Sequence[str]:
        """What each run keeps besides its results: names of tables."""
        return ()

    def run_keeping(self, seed: int, run: int) -> tuple[Row, Row, Kept]:
        """Run `run` of `seed` with its own streams, and what it keeps besides its results."""
        return *self.run(seed, run), Kept({})

    def cheap(self, seed: int, run: int) -> dict[str, float]:
        """Readings of a cheap model of run `run` of `seed`; {} where there is none.

        They are of the same inputs and random streams as the run, so that they are correlated with
        its results, by the names of the columns of the results that the model knows: the same for
        each run.
        """
        return {}

    def idle(self, of: str) -> Collection[str]:
        """Inputs that cannot affect the column `of` of the results, whatever their values."""
        return ()

    def check(self, counted: Estimate, seed: int) -> None:  # noqa: B027, nothing by default
        """Warn of what the results of `seed` cannot show; `counted` is the main column's mean."""

    def stuck(self, values: Mapping[str, Any], seed: int) -> ShopStuck | None:
        """What to warn of where runs got stuck; None where none did.

        Parameters
        ----------
        values : mapping of str to arrays
            Results of the runs of `seed`, from run 0 on; with a column `stuck`.
        """
        return None

    def call(self) -> Call:
        """How a program makes it again."""
        return Call(["from ningde_sim import replicate"], f"...  # {self!r}", {})

    def assumptions(self) -> pd.DataFrame | None:
        """Its quantities by path, as `Scenario.assumptions` has them; None where it has none."""
        return None

    # ------------------------------------------------------------------ what a sweep needs

    @property
    def content(self) -> Mapping[str, str]:
        """All that fixes its results, as text by path; empty where it has no paths."""
        return {}

    @property
    def digest(self) -> str:
        """SHA-256 of the content: experiments of equal results have equal ones."""
        return ""

    def replace(self, changes: Mapping[str, Any], known: Collection[str] = ()) -> Self:
        """The same experiment with other values at some paths.

        Parameters
        ----------
        changes : mapping of path to value
        known : collection of str
            Paths whose uncertain inputs become known where they are not changed: they keep their
            typical values.

        Raises
        ------
        KeyError, TypeError, ValueError
            An unknown path, with the nearest; a value that breaks a rule.
        """
        rule = "it must have values by path: a Shop, a Scenario or an Experiment with `replace`"
        raise TypeError(checks.complain(f"Experiment {self.title!r}", rule, dict(changes)))
