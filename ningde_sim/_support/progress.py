"""A progress bar for long work: in a terminal, or where it was asked for."""

from __future__ import annotations

import warnings
from typing import Any

with warnings.catch_warnings():
    # In a notebook without ipywidgets it warns, and falls back to a bar of text: which will do.
    warnings.filterwarnings("ignore", message="IProgress not found")
    from tqdm.auto import tqdm


def bar(
    title: str,
    *,
    total: float,
    unit: str,
    shown: bool | None,
    delay: float = 0.0,
    done: float = 0,
) -> Any:
    """A bar to be used in a `with`, which `.update(amount)` moves on.

    Parameters
    ----------
    title : str
    total : float  What there is to do. [unit]
    unit : str
    shown : bool, optional  None shows it where there is a terminal.
    delay : float  It appears once the work has taken this long. [s]
    done : float  What was done before, which says nothing about the time left. [unit]
    """
    hidden = None if shown is None else not shown
    return tqdm(total=total, initial=done, desc=title, unit=unit, delay=delay, disable=hidden)
