"""What a study repeats: a case, which run by run draws its inputs and gives its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol, runtime_checkable

from ningde_sim.engine.rules import STATES
from ningde_sim.engine.simulation import Engine, ShopRun, simulate
from ningde_sim.plant.shop import Shop

Row = dict[str, float]
"""One value a column, the same columns in the same order in each run."""

Workers = Literal["threads", "processes"]

SHOP_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "bodies": "bodies",
        "throughput": "bodies/h",
        "scrapped": "bodies",
        "reworked": "bodies",
        "failures": "failures",
        **dict.fromkeys(STATES, "station hours"),
    }
)
"""What a study keeps of each run of a shop, and its unit."""


@runtime_checkable
class Case(Protocol):
    """What can be repeated: a frozen, picklable description that knows how to run itself.

    A run is a function of the seed, its number and its luck alone.
    """

    @property
    def title(self) -> str:
        """Its name in texts and pictures."""
        ...

    @property
    def description(self) -> str:
        """What one run is: "500 h after 20 h"; only studies of equal ones are compared by run."""
        ...

    @property
    def of(self) -> str:
        """The main column of the results, such as bodies or vehicles."""
        ...

    @property
    def also(self) -> Sequence[str]:
        """Further columns whose means the summary tells."""
        ...

    @property
    def target(self) -> float | None:
        """The least of the main column that counts as reached. [units[of]]"""
        ...

    @property
    def units(self) -> Mapping[str, str]:
        """The unit of each column of the results."""
        ...

    @property
    def months(self) -> Sequence[str]:
        """Months such as "2021-01" of which the results hold columns `f"{of}_{month}"`, in order.

        They add up to the main column. Empty where there are none.
        """
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What the reader of any result must know."""
        ...

    @property
    def engine(self) -> str:
        """Which engine runs."""
        ...

    @property
    def prefer(self) -> Workers:
        """Threads where a run lets go of Python's lock, else processes."""
        ...

    def run(self, seed: int, run: int, luck: int | None = None) -> tuple[Row, Row]:
        """The doubtful inputs drawn for a run, {} where nothing is drawn; and its results.

        Parameters
        ----------
        seed, run : int  They fix the inputs.
        luck : int, optional  The number of the luck, by default that of the run: so that
            `run(seed, 5, luck=1005)` has the inputs of run 5 and other luck.
        """
        ...


@dataclass(frozen=True)
class ShopCase:
    """A shop, run for some hours; its inputs are known, so that its runs differ by luck only.

    Parameters
    ----------
    shop : Shop
    hours : float  Counted hours of each run. [h]
    warm_up : float  Hours before them that do not count. [h]
    target : float, optional  Bodies in the counted hours that are aimed at. [bodies]
    engine : {"compiled", "reference"}
    """

    shop: Shop
    hours: float
    warm_up: float = 0.0
    target: float | None = None
    engine: Engine = "compiled"

    of = "bodies"
    also = ("throughput", "failures")
    units = SHOP_UNITS
    months = ()

    @property
    def title(self) -> str:
        """The name of the shop."""
        return self.shop.name

    @property
    def description(self) -> str:
        """Its hours, and those of the warm-up where there is one."""
        after = f" after {self.warm_up:g} h" if self.warm_up else ""
        return f"{self.hours:g} h{after}"

    @property
    def notes(self) -> Sequence[str]:
        """Those of the shop."""
        return self.shop.notes

    @property
    def prefer(self) -> Workers:
        """Threads for the compiled engine, processes for the reference."""
        return "threads" if self.engine == "compiled" else "processes"

    def run(self, seed: int, run: int, luck: int | None = None) -> tuple[Row, Row]:
        """No inputs; the columns of `SHOP_UNITS`. Luck `k` is that of `simulate(..., run=k)`."""
        found = simulate(
            self.shop,
            hours=self.hours,
            warm_up=self.warm_up,
            seed=seed,
            run=run if luck is None else luck,
            engine=self.engine,
            progress=False,
        )
        return {}, _row(found)


def _row(run: ShopRun) -> Row:
    """What a study keeps of a run; the arrays stay in the worker."""
    stations = run.stations
    counts = {name: int(stations[name].sum()) for name in ("scrapped", "reworked", "failures")}
    hours = {state: float(stations[state].sum()) for state in STATES}
    return {"bodies": run.bodies, "throughput": run.throughput, **counts, **hours}
