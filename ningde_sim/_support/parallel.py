"""Calls that are spread over workers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import joblib

from ningde_sim._support import checks
from ningde_sim.studies.experiment import Workers

Argument = TypeVar("Argument")
Result = TypeVar("Result")


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
