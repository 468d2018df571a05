"""A multiple of what stands at a path, in the place of a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ningde_sim._support import checks


@dataclass(frozen=True, slots=True)
class Scale:
    """What stands there, times a factor: `{"stations.FIN-040.failures.*.repair.mean": Scale(0.8)}`.

    With a path that fits many values each becomes that multiple of its own.

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
        """The multiple of a `value`; whole numbers stay whole where the multiple is.

        Complaints name the `owner` and the `path` at which it stands.

        Raises
        ------
        TypeError
            What stands there is no number.
        """
        cure = "Name a number, such as .mean of a distribution."
        found = self.factor * checks.number(owner, path, value, low=-1e300, cure=cure)
        return int(found) if isinstance(value, int) and found.is_integer() else found

    def __str__(self) -> str:
        """Such as `x 0.8`."""
        return f"x {self.factor:g}"
