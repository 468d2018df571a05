"""One task on many arguments, spread over workers, with a progress bar."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Generic, Literal, Self, TypeVar

import joblib

from ningde_sim._support import checks

with warnings.catch_warnings():
    # In a notebook without ipywidgets tqdm warns and falls back to a text bar, which is enough.
    warnings.filterwarnings("ignore", message="IProgress not found")
    from tqdm.auto import tqdm

Argument = TypeVar("Argument")
Result = TypeVar("Result")

Workers = Literal["threads", "processes"]

MOST_RUNS = 100_000
"""Of a task that keeps a series of each run."""

MOST_WORKERS = 1000
"""At a time; each of them takes memory before it works."""


def bar(
    title: str,
    *,
    total: float,
    unit: str,
    shown: bool | None,
    delay: float = 0.0,
    done: float = 0,
) -> Any:
    """A progress bar for a `with` statement; `.update(amount)` moves it on.

    Parameters
    ----------
    title : str
    total : float
        All the work. [unit]
    unit : str
    shown : bool, optional
        Whether the bar is shown; None shows it where there is a terminal.
    delay : float
        The bar appears after this time. [s]
    done : float
        Work done before, which does not count for the estimate of the time left. [unit]
    """
    if shown is not None:
        checks.flag(title, "progress", shown)
    hidden = None if shown is None else not shown
    return tqdm(total=total, initial=done, desc=title, unit=unit, delay=delay, disable=hidden)


def number_of_workers(owner: str, workers: int | None) -> int | None:
    """The number of workers, checked; None for all cores."""
    if workers is None:
        return None
    cure = "None takes all cores."
    return checks.whole(owner, "workers", workers, low=1, high=MOST_WORKERS, cure=cure)


class Work(AbstractContextManager["Work[Result]"], Generic[Result]):
    """The results of `task` for each argument, one by one, with a progress bar.

    The workers are always a few calls ahead; calls that still run at the end are dropped. A
    `joblib.parallel_config` around it overrides `workers` and `prefer`.

    Parameters
    ----------
    task : callable
        Takes one argument; both must be picklable where workers are processes.
    arguments : iterable
    title : str
        Of the bar.
    total : int
        Of the bar. [runs]
    done : int
        Runs that were made before.
    workers : int or None
        Number of calls at a time; None for all cores.
    prefer : {"threads", "processes"}
    shown : bool or None
        Whether the bar is shown; None shows it where there is a terminal.
    ordered : bool
        Whether results come in the order of the arguments, or each as soon as it is ready.
    unit : str
        What the bar calls a result.
    """

    def __init__(
        self,
        task: Callable[[Argument], Result],
        arguments: Iterable[Argument],
        *,
        title: str,
        total: int,
        done: int = 0,
        workers: int | None,
        prefer: Workers,
        shown: bool | None,
        ordered: bool = True,
        unit: str = "run",
    ) -> None:
        parallel = joblib.Parallel(
            n_jobs=-1 if workers is None else workers,
            prefer=prefer,
            return_as="generator" if ordered else "generator_unordered",
        )
        calls = (joblib.delayed(task)(argument) for argument in arguments)
        self._results: Generator[Result, None, None] = parallel(calls)
        self._bar = bar(title, total=total, unit=unit, shown=shown, done=done)

    def __iter__(self) -> Iterator[Result]:
        for result in self._results:
            try:
                yield result
            finally:  # what the bar counts has been taken, whenever Ctrl-C comes
                self._bar.update(1)

    def show(self, note: str, *, total: int | None = None) -> None:
        """Write a note behind the bar, and set another total."""
        self._bar.set_postfix_str(note, refresh=False)
        if total is not None:
            self._bar.total = total

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()
        with warnings.catch_warnings():
            # joblib warns that it cancels running calls, which is intended here
            warnings.simplefilter("ignore", UserWarning)
            self._results.close()


def run_all(
    task: Callable[[Argument], Result],
    arguments: Iterable[Argument],
    *,
    title: str,
    workers: int | None,
    prefer: Workers = "threads",
    shown: bool | None,
    unit: str = "run",
) -> list[Result]:
    """The results of `task` for all arguments, in their order; parameters as for `Work`."""
    all_arguments = list(arguments)
    options: dict[str, Any] = {"workers": workers, "prefer": prefer, "shown": shown}
    options |= {"title": title, "total": len(all_arguments), "unit": unit}
    with Work(task, all_arguments, **options) as work:
        return list(work)
