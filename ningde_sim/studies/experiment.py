"""What a study repeats: a case, which run by run draws its inputs and gives its results."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, Protocol, Self, runtime_checkable

Row = dict[str, float]
"""One value a column, the same columns in the same order in each run."""

Workers = Literal["threads", "processes"]


@runtime_checkable
class Case(Protocol):
    """What can be repeated: a frozen, picklable description that knows how to run itself.

    A run is a function of the seed, its number and its luck alone.
    """

    @property
    def title(self) -> str:
        """Its name in texts and pictures."""
        ...

    @property
    def description(self) -> str:
        """What one run is: "500 h after 20 h"; only studies of equal ones are compared by run."""
        ...

    @property
    def of(self) -> str:
        """The main column of the results, such as bodies or vehicles."""
        ...

    @property
    def also(self) -> Sequence[str]:
        """Further columns whose means the summary tells."""
        ...

    @property
    def target(self) -> float | None:
        """The least of the main column that counts as reached. [units[of]]"""
        ...

    @property
    def units(self) -> Mapping[str, str]:
        """The unit of each column of the results."""
        ...

    @property
    def months(self) -> Sequence[str]:
        """Months such as "2021-01" of which the results hold columns `f"{of}_{month}"`, in order.

        They add up to the main column. Empty where there are none.
        """
        ...

    @property
    def plan(self) -> Mapping[str, float]:
        """What of the target each of the months is meant to make, a share. [-]"""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What the reader of any result must know."""
        ...

    @property
    def engine(self) -> str:
        """Which engine runs."""
        ...

    @property
    def prefer(self) -> Workers:
        """Threads where a run lets go of Python's lock, else processes."""
        ...

    def idle(self, of: str) -> Collection[str]:
        """Inputs that cannot bear on a column of the results, by the way that the case is built."""
        ...

    def run(self, seed: int, run: int, luck: int | None = None) -> tuple[Row, Row]:
        """The doubtful inputs drawn for a run, {} where nothing is drawn; and its results.

        Parameters
        ----------
        seed, run : int  They fix the inputs.
        luck : int, optional  The number of the luck, by default that of the run: so that
            `run(seed, 5, luck=1005)` has the inputs of run 5 and other luck.
        """
        ...


@runtime_checkable
class Tunable(Case, Protocol):
    """A case of which single values can be changed by path: what a sweep tunes."""

    @property
    def content(self) -> Mapping[str, str]:
        """All that fixes its results, as text by path; words that do not are left out."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of the same: cases of equal results have equal ones."""
        ...

    def replace(self, changes: Mapping[str, Any], known: Collection[str] = ()) -> Self:
        """The same with other values at some paths.

        Parameters
        ----------
        changes : mapping of path to value
        known : collection of str  Paths whose doubtful inputs lose their doubt where they are not
            changed: they keep their typical values.

        Raises
        ------
        KeyError, TypeError, ValueError
            An unknown path, with the nearest; a value that breaks a rule.
        """
        ...
