"""Times of which the observation window shows only a part: complete, censored, residual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class CensoredTimes:
    """Times between failures, or repairs, in one unit, all above 0, arrays of shape (n,).

    Attributes
    ----------
    complete : array
        Seen from beginning to end.
    right_censored : array
        So long they had lasted when the window closed.
    residual : array
        The rest, from the opening of the window on, of times that ended in it.
    residual_censored : array
        The length of the window, for times that began before it and outlasted it.
    """

    complete: Floats
    right_censored: Floats
    residual: Floats
    residual_censored: Floats

    @property
    def n(self) -> int:
        """Number of times that ended in the window."""
        return len(self.complete) + len(self.residual)

    @property
    def n_censored(self) -> int:
        """Number of times that did not end in the window."""
        return len(self.right_censored) + len(self.residual_censored)

    @property
    def total(self) -> float:
        """Sum of all times. [unit]"""
        parts = (self.complete, self.right_censored, self.residual, self.residual_censored)
        return float(sum(map(np.sum, parts)))
