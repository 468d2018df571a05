"""A multiple of the value at a path, given in place of a new value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ningde_sim._support import checks
from ningde_sim._support.frozen import unchangeable


@unchangeable
@dataclass(frozen=True, slots=True)
class Scale:
    """A factor on the value at a path: `{"stations.FIN-040.failures.*.repair.mean": Scale(0.8)}`.

    Where a path names many values, each is multiplied.

    Parameters
    ----------
    factor : float
        At least 0. [-]

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station
    >>> shop = Shop("one", [Line("L", [Station("A", 60)])])
    >>> shop.replace({"stations.A.cycle_time": Scale(0.9)}).station("A").cycle_time
    54.0
    """

    factor: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "factor", checks.number("Scale", "factor", self.factor))

    def of(self, owner: str, path: str, value: Any) -> Any:
        """The multiple of the `value` at a `path` of `owner`; whole numbers stay whole if they can.

        Raises
        ------
        TypeError
            The value is not a number.
        """
        cure = "Name a number, such as .mean of a distribution."
        product = self.factor * checks.number(owner, path, value, low=-1e300, cure=cure)
        return int(product) if isinstance(value, int) and product.is_integer() else product

    def __str__(self) -> str:
        """For example `x 0.8`."""
        return f"x {self.factor:g}"
