"""All warnings and errors of this library that a user may want to filter or catch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ningde_sim.engine.stuck import Stuck
    from ningde_sim.statistics.estimate import Estimate

__all__ = [
    "CalendarWarning",
    "CheckpointFailed",
    "CheckpointRefused",
    "EstimateWarning",
    "FewRuns",
    "IncompleteStudy",
    "LineUnfed",
    "NoEffect",
    "NoneReaches",
    "NotReached",
    "OpenInterval",
    "OutsideRuns",
    "PrecisionMissed",
    "SeriesTooShort",
    "ShopStuck",
    "WarmUpTooShort",
    "WorkerDied",
]


class EstimateWarning(UserWarning):
    """An estimate to be read with care, mostly because of too few runs.

    Attributes
    ----------
    estimate : Estimate
    needed : int or None
        Runs that are enough; None where no number is.
    """

    def __init__(self, estimate: Estimate, needed: int | None) -> None:
        super().__init__(estimate, needed)
        self.estimate, self.needed = estimate, needed


class FewRuns(EstimateWarning):
    """There are fewer than 10 runs."""

    def __str__(self) -> str:
        return f"{self.estimate}: so few runs say little. Make at least {self.needed}."


class OpenInterval(EstimateWarning):
    """The runs give no finite interval at the level of confidence."""

    def __str__(self) -> str:
        return (
            f"{self.estimate}: too few runs for a bound on both sides. Make at least {self.needed}."
        )


class PrecisionMissed(EstimateWarning):
    """The runs ended before the interval was as narrow as `precision` demands."""

    def __str__(self) -> str:
        return (
            f"{self.estimate}: the runs ended before the precision was reached. "
            f"It takes about {self.needed:,}."
        )


class NotReached(EstimateWarning):
    """A time is infinite, or has no bound, because some runs ended before.

    Attributes
    ----------
    estimate : Estimate
        The time. [h]
    body : int
        Which body did not leave in these runs.
    missed, n : int
        Such runs; all runs.
    """

    def __init__(self, estimate: Estimate, body: int, missed: int, n: int) -> None:
        super().__init__(estimate, None)
        self.args = (estimate, body, missed, n)
        self.body, self.missed, self.n = body, missed, n

    def __str__(self) -> str:
        return (
            f"{self.estimate} h: in {self.missed:,} of {self.n:,} runs {self.body:,} bodies did "
            "not leave, so that their time counts as infinite. Ask for more hours."
        )


class OutsideRuns(EstimateWarning):
    """The actual output of past months lies below or above that of all runs.

    Attributes
    ----------
    estimate : Estimate
        Output of these months, mean over the runs.
    actual, low, high : float
        Their actual output; the lowest and the highest of the runs. [unit of the estimate]
    """

    def __init__(self, estimate: Estimate, actual: float, low: float, high: float) -> None:
        super().__init__(estimate, None)
        self.args = (estimate, actual, low, high)
        self.actual, self.low, self.high = actual, low, high

    def __str__(self) -> str:
        return (
            f"{self.estimate}: in these months the actual {self.actual:,.6g} lies outside of the "
            f"runs, {self.low:,.6g} to {self.high:,.6g}; results given it are extrapolated."
        )


class SeriesTooShort(EstimateWarning):
    """The series from the empty start is too short to show how long the warm-up must be.

    Attributes
    ----------
    estimate : Estimate
        Throughput (JPH) in the second half of the series. [bodies/h]
    needed : None
        The hours that are enough are unknown.
    """

    def __str__(self) -> str:
        return (
            f"{self.estimate} bodies an hour: the throughput, or what lies in the stores, still "
            "changes in the second half of the series. Ask for more hours."
        )


class WarmUpTooShort(EstimateWarning):
    """No body had left the shop when its warm-up ended, so that the time of filling was counted.

    Attributes
    ----------
    estimate : Estimate
    hours : float
        The warm-up. [h]
    """

    def __init__(self, estimate: Estimate, hours: float) -> None:
        super().__init__(estimate, None)
        self.args = (estimate, hours)
        self.hours = hours

    def __str__(self) -> str:
        return (
            f"{self.estimate}: no body had left the shop when the warm-up of {self.hours:g} h "
            "ended. ningde_sim.warm_up.how_long finds how long it must be."
        )


class NoneReaches(EstimateWarning):
    """No design point reaches the target with confidence.

    Attributes
    ----------
    estimate : Estimate
        Probability that the best design point reaches it.
    needed : int or None
        Approximate runs of each design point that would settle it for this one; None where it
        already falls short, or where its share equals the one required.
    """

    def __init__(self, estimate: Estimate, needed: int | None, about: str) -> None:
        super().__init__(estimate, needed)
        self.about = about

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.estimate, self.needed, self.about)

    def __str__(self) -> str:
        if self.needed is None:
            return f"{self.about}: {self.estimate}."
        runs = f"About {self.needed:,} runs of each design point"
        return f"{self.about}: {self.estimate}. {runs} would settle it if its share stays."


class ShopStuck(UserWarning):
    """Stations of a shop can never move again: what is counted after that is dead time.

    Attributes
    ----------
    owner : str
        The shop.
    stuck : Stuck
        Since when, which stations, and who waits for what.
    n_stuck, n_runs : int
        How many runs got stuck, of how many; `stuck` is of the first of them.
    where : str
        The design points of a sweep at which they did, else "".
    """

    def __init__(
        self, owner: str, stuck: Stuck, n_stuck: int = 1, n_runs: int = 1, where: str = ""
    ) -> None:
        super().__init__(owner, stuck, n_stuck, n_runs, where)
        self.owner, self.stuck, self.where = owner, stuck, where
        self.n_stuck, self.n_runs = n_stuck, n_runs

    def at(self, where: str) -> ShopStuck:
        """The same of the design points `where`."""
        return ShopStuck(self.owner, self.stuck, self.n_stuck, self.n_runs, where)

    def __str__(self) -> str:
        at = f", at {self.where}" if self.where else ""
        runs = f"{self.n_stuck:,} of {self.n_runs:,} runs got stuck; in the first "
        return (
            f"Shop {self.owner!r}{at}: {runs if self.n_runs > 1 else ''}{self.stuck}. What is "
            "counted after that is dead time. Give the ring more parts or places; `returns` gives "
            "back what carried scrapped bodies; a store that no line fills runs out."
        )


class LineUnfed(UserWarning):
    """Lines took no part in a whole run, while other lines that take the same did.

    Attributes
    ----------
    owner : str
        The shop.
    lines : tuple of str
    """

    def __init__(self, owner: str, lines: tuple[str, ...]) -> None:
        super().__init__(owner, lines)
        self.owner, self.lines = owner, lines

    def __str__(self) -> str:
        return (
            f"Shop {self.owner!r}: {', '.join(self.lines)} took no part in the whole run, while "
            "other lines took parts of the same stores. Does it work at the same time as they do?"
        )


class IncompleteStudy(UserWarning):
    """A study or sweep was interrupted and holds only a part of its runs.

    Attributes
    ----------
    finished, asked : int
        Runs in it; runs that the call asked for.
    """

    def __init__(self, finished: int, asked: int) -> None:
        super().__init__(finished, asked)
        self.finished, self.asked = finished, asked

    def __str__(self) -> str:
        return f"interrupted after {self.finished:,} of at most {self.asked:,} runs."


class WorkerDied(RuntimeError):
    """A worker process ended before its runs did.

    Attributes
    ----------
    finished : Study, Sweep or None
        The finished runs of a study from the first without a gap, or the finished design points of
        a sweep; None where none had finished.
    """

    def __init__(self, text: str, finished: Any) -> None:
        super().__init__(text)
        self.finished = finished


class CalendarWarning(UserWarning):
    """A plan that does not fit its calendar."""


class NoEffect(UserWarning):
    """Something is written that changes nothing, such as crews where no repair needs one."""


class CheckpointRefused(ValueError):
    """A file is damaged, or belongs to another plant, seed, code or task; it stays."""


class CheckpointFailed(OSError):
    """A file cannot be opened, read or written; its content stays."""
