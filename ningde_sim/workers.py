"""Calls that are spread over workers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import joblib

from ningde_sim.cases import Workers
from ningde_sim.plant import checks

Argument = TypeVar("Argument")
Result = TypeVar("Result")


class IncompleteStudy(UserWarning):
    """A study or sweep was interrupted, and holds only a part of what was asked for.

    Attributes
    ----------
    finished, asked : int  Runs.
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
    finished : Study, Sweep or None  The runs of a study that had finished, without a gap, or the
        cells of a sweep; None where none had.
    """

    def __init__(self, text: str, finished: Any) -> None:
        super().__init__(text)
        self.finished = finished


def number_of_workers(owner: str, workers: int | None) -> int | None:
    """How many workers were asked for, checked; None for all cores."""
    if workers is None:
        return None
    return checks.whole(owner, "workers", workers, low=1, cure="None takes all cores.")


@contextmanager
def each(
    task: Callable[[Argument], Result],
    arguments: Iterable[Argument],
    *,
    workers: int | None,
    prefer: Workers,
    ordered: bool = True,
) -> Iterator[Generator[Result, None, None]]:
    """The results of `task` for each argument, as they come.

    The workers are always a few calls ahead; what they are at when it ends is dropped. A
    `joblib.parallel_config` around it decides instead of `workers` and `prefer`.

    Parameters
    ----------
    task : callable  Of one argument, which both can be pickled where workers are processes.
    arguments : iterable
    workers : int or None  How many calls at a time; None for all cores.
    prefer : {"threads", "processes"}
    ordered : bool  In the order of the arguments; or each as soon as it is there.
    """
    parallel = joblib.Parallel(
        n_jobs=-1 if workers is None else workers,
        prefer=prefer,
        return_as="generator" if ordered else "generator_unordered",
    )
    results = parallel(joblib.delayed(task)(argument) for argument in arguments)
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            # joblib warns that it cancels what they do, which is what was asked for
            warnings.simplefilter("ignore", UserWarning)
            results.close()
