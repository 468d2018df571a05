"""Everything that a user may catch or filter: warnings and errors of this library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ningde_sim.statistics.estimate import Estimate

__all__ = [
    "CalendarWarning",
    "CheckpointFailed",
    "CheckpointRefused",
    "EstimateWarning",
    "FewRuns",
    "IncompleteStudy",
    "NoneReaches",
    "OpenInterval",
    "OutsideRuns",
    "PrecisionMissed",
    "SeriesTooShort",
    "WarmUpTooShort",
    "WorkerDied",
]


class EstimateWarning(UserWarning):
    """An estimate to be read with care, most often from too few runs.

    Attributes
    ----------
    estimate : Estimate
    needed : int or None
        Runs that would do; None where no number of them does.
    """

    def __init__(self, estimate: Estimate, needed: int | None) -> None:
        super().__init__(estimate, needed)
        self.estimate, self.needed = estimate, needed


class FewRuns(EstimateWarning):
    """There are fewer than 10 runs."""

    def __str__(self) -> str:
        return f"{self.estimate}: so few runs say little, ask for at least {self.needed}."


class OpenInterval(EstimateWarning):
    """The runs give no finite interval at the level asked for."""

    def __str__(self) -> str:
        return (
            f"{self.estimate}: too few runs for a bound on both sides, "
            f"ask for at least {self.needed}."
        )


class PrecisionMissed(EstimateWarning):
    """The runs ended before the interval was as narrow as asked for."""

    def __str__(self) -> str:
        return (
            f"{self.estimate}: the runs ended before the precision asked for was reached, "
            f"which takes about {self.needed:,}."
        )


class OutsideRuns(EstimateWarning):
    """The months already built made less than in any run, or more: no run is like them.

    Attributes
    ----------
    estimate : Estimate
        What these months make, the mean over the runs.
    actual, low, high : float
        What they made; the least and the most of the runs.
    """

    def __init__(self, estimate: Estimate, actual: float, low: float, high: float) -> None:
        super().__init__(estimate, None)
        self.args = (estimate, actual, low, high)
        self.actual, self.low, self.high = actual, low, high

    def __str__(self) -> str:
        return (
            f"{self.estimate}: the runs made {self.low:,.6g} to {self.high:,.6g} in these months, "
            f"which the actual {self.actual:,.6g} lies outside of; what follows is extrapolated."
        )


class SeriesTooShort(EstimateWarning):
    """The series from the empty start is too short to tell how long the warm-up has to be.

    Attributes
    ----------
    estimate : Estimate
        What the shop makes in the second half of the series. [bodies/h]
    needed : None
        How many hours would do is not known.
    """

    def __str__(self) -> str:
        return (
            f"{self.estimate} bodies an hour: what the shop makes still changes in the second "
            "half of the series, ask for more hours."
        )


class WarmUpTooShort(EstimateWarning):
    """No body had left the shop when its warm-up ended: the time in which it fills was counted.

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
            "ended; ningde_sim.warm_up.how_long tells how long it has to be."
        )


class NoneReaches(EstimateWarning):
    """No design point reaches the target beyond doubt.

    Attributes
    ----------
    estimate : Estimate
        How likely the best design point reaches it.
    needed : int or None
        About so many runs of each design point would tell of that one; None where it falls short already,
        or its share is just the one asked for.
    """

    def __init__(self, estimate: Estimate, needed: int | None, about: str) -> None:
        super().__init__(estimate, needed)
        self.about = about

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.estimate, self.needed, self.about)

    def __str__(self) -> str:
        more = (
            ""
            if self.needed is None
            else f" About {self.needed:,} runs of each design point would tell"
        )
        more += " whether it does, if its share stays." if more else ""
        return f"{self.about}: {self.estimate}.{more}"


class IncompleteStudy(UserWarning):
    """A study or sweep was interrupted, and holds only a part of what was asked for.

    Attributes
    ----------
    finished, asked : int
        Runs.
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
        The runs of a study that had finished, without a gap, or the cells of a sweep; None where
        none had.
    """

    def __init__(self, text: str, finished: Any) -> None:
        super().__init__(text)
        self.finished = finished


class CalendarWarning(UserWarning):
    """A plan that the calendar does not bear out."""


class CheckpointRefused(ValueError):
    """A file is damaged, of something else, or of another plant, seed or version; it stays."""


class CheckpointFailed(OSError):
    """A file cannot be opened, read or written; what is in it stays."""
