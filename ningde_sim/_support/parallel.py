"""Work that is spread over workers, with a progress bar."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Generic, Literal, Self, TypeVar

import joblib

from ningde_sim._support import checks

with warnings.catch_warnings():
    # In a notebook without ipywidgets it warns, and falls back to a bar of text: which will do.
    warnings.filterwarnings("ignore", message="IProgress not found")
    from tqdm.auto import tqdm

Argument = TypeVar("Argument")
Result = TypeVar("Result")

Workers = Literal["threads", "processes"]


def bar(
    title: str,
    *,
    total: float,
    unit: str,
    shown: bool | None,
    delay: float = 0.0,
    done: float = 0,
) -> Any:
    """A progress bar to be used in a `with`, which `.update(amount)` moves on.

    Parameters
    ----------
    title : str
    total : float
        What there is to do. [unit]
    unit : str
    shown : bool, optional
        None shows it where there is a terminal.
    delay : float
        It appears once the work has taken this long. [s]
    done : float
        What was done before, which says nothing about the time left. [unit]
    """
    hidden = None if shown is None else not shown
    return tqdm(total=total, initial=done, desc=title, unit=unit, delay=delay, disable=hidden)


def number_of_workers(owner: str, workers: int | None) -> int | None:
    """How many workers were asked for, checked; None for all cores."""
    if workers is None:
        return None
    return checks.whole(owner, "workers", workers, low=1, cure="None takes all cores.")


class Work(AbstractContextManager["Work[Result]"], Generic[Result]):
    """The results of `task` for each argument as they come, with a bar of runs.

    The workers are always a few calls ahead; what they are doing when it ends is dropped. A
    `joblib.parallel_config` around it decides instead of `workers` and `prefer`.

    Parameters
    ----------
    task : callable
        Of one argument, which both can be pickled where workers are processes.
    arguments : iterable
    title : str
        Of the bar.
    total : int
        Runs to be shown in the bar.
    done : int
        Runs that were made before.
    workers : int or None
        How many calls at a time; None for all cores.
    prefer : {"threads", "processes"}
    shown : bool or None
        Whether the bar is shown; None shows it where there is a terminal.
    ordered : bool
        In the order of the arguments; or each as soon as it is there.
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
    ) -> None:
        parallel = joblib.Parallel(
            n_jobs=-1 if workers is None else workers,
            prefer=prefer,
            return_as="generator" if ordered else "generator_unordered",
        )
        calls = (joblib.delayed(task)(argument) for argument in arguments)
        self._results: Generator[Result, None, None] = parallel(calls)
        self._bar = bar(title, total=total, unit="run", shown=shown, done=done)

    def __iter__(self) -> Iterator[Result]:
        for result in self._results:
            self._bar.update(1)
            yield result

    def show(self, note: str, *, total: int | None = None) -> None:
        """Write a note behind the bar, and another total."""
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
            # joblib warns that it cancels what they do, which is what was asked for
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
) -> list[Result]:
    """The results of `task` for all arguments, in their order; parameters as of `Work`."""
    all_arguments = list(arguments)
    options: dict[str, Any] = {"workers": workers, "prefer": prefer, "shown": shown}
    with Work(task, all_arguments, title=title, total=len(all_arguments), **options) as work:
        return list(work)
