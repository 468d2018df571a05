"""The inputs of a run of a year, drawn fast: the same values as those of `Scenario.draw`.

A scenario is checked when it is made, the ends of its ranges included, and a run draws within them.
So all runs share one checked scenario, and a run copies only the tables that hold drawn values.
"""

from __future__ import annotations

from collections.abc import Mapping

from ningde_sim.plant.nested import Copies
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import BlockTable
from ningde_sim.year.uncertainty import Ranges, shares

Values = Mapping[str, float]
"""By path the values that a run draws. [unit of each]"""


class DrawnPlan:
    """A scenario whose inputs are drawn for many runs, but for those behind the gate.

    Of the export only the shares of vehicles and CKD sets are drawn.

    Parameters
    ----------
    scenario : Scenario
    drawn : bool
        Whether inputs are drawn; otherwise all have their typical values.

    Attributes
    ----------
    inside : tuple of str
        Paths of the uncertain quantities inside detailed shops.
    """

    def __init__(self, scenario: Scenario, *, drawn: bool = True) -> None:
        told = scenario.ranges() if drawn else {}
        uncertain = {path: told[path] for path in told if not _is_transport(path)}
        self._names = tuple(dict.fromkeys(name for name, _ in uncertain.values()))
        number = {name: k for k, name in enumerate(self._names)}
        # equal ranges that are drawn together have one value
        alike = {(name, q.low, q.value, q.high, q.unit): q for name, q in uncertain.values()}
        self._ranges = Ranges.of(alike.values())
        self._share = [number[key[0]] for key in alike]
        row = {key: k for k, key in enumerate(alike)}
        rows = {p: row[n, q.low, q.value, q.high, q.unit] for p, (n, q) in uncertain.items()}
        located = scenario.located
        outside = [path for path in rows if not _is_inside(scenario, located[path])]
        self.inside = tuple(path for path in rows if path not in outside)
        self._outside_rows = [rows[path] for path in outside]
        self._inside_rows = [rows[path] for path in self.inside]
        self._copies = Copies(scenario, [located[path] for path in outside])

    def at(self, seed: int, run: int) -> tuple[Scenario, Values]:
        """The inputs of a run.

        Returns
        -------
        Scenario
            With the values of the run, but not inside detailed shops and behind the gate.
        mapping of str to float
            By path those inside detailed shops. [unit of each]
        """
        if not self._names:
            return self._copies.at(()), {}
        values = self._ranges.at(shares(self._names, seed, run)[self._share]).tolist()
        plan: Scenario = self._copies.at([values[k] for k in self._outside_rows])
        inside = (values[k] for k in self._inside_rows)
        return plan, dict(zip(self.inside, inside, strict=True))


def _is_transport(path: str) -> bool:
    """Whether a value tells how cars and sets travel, rather than how many."""
    return path.startswith("export.") and path not in ("export.vehicle_share", "export.ckd_share")


def _is_inside(plan: Scenario, names: tuple[str, ...]) -> bool:
    """Whether a value stands inside a detailed shop."""
    head, *rest = names
    detailed = head == "shops" and not isinstance(plan.shops[rest[0]], BlockTable)
    return detailed or head == "before"
