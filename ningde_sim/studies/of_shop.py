"""A shop as a case: some hours, whose runs differ by luck only."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from ningde_sim._support import units
from ningde_sim.engine.rules import STATES, State
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.engine.simulate import Engine, simulate
from ningde_sim.plant import addressed
from ningde_sim.plant.shop import Shop
from ningde_sim.studies.experiment import Row, Workers

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
    plan: ClassVar[Mapping[str, float]] = MappingProxyType({})

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

    def idle(self, of: str) -> Collection[str]:
        """There are no inputs."""
        return ()

    @property
    def content(self) -> Mapping[str, str]:
        """Hours, engine, and all values of the shop."""
        asked = {"hours": self.hours, "warm_up": self.warm_up, "engine": self.engine}
        there = {"shop": self.shop.name, **asked, **dict(addressed.values(self.shop))}
        return {path: str(value) for path, value in there.items()}

    @property
    def digest(self) -> str:
        """SHA-256 of hours, engine and the representation of the shop, which tells all of it."""
        told = (self.hours, self.warm_up, self.engine, self.shop)
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def replace(self, changes: Mapping[str, Any], known: Collection[str] = ()) -> ShopCase:
        """The same with other values of the shop, by its paths; nothing of it is in doubt."""
        return dataclasses.replace(self, shop=self.shop.replace(changes))

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
    """What a study keeps of a run; the arrays stay in the worker.

    It is taken straight from them: a table takes longer than a short run.
    """
    counted = run.counts.stations
    counts = {name: int(counted[name].sum()) for name in ("scrapped", "reworked", "failures")}
    hours = {
        state: float(units.ms_to_hours(int(run.state_ms(State[state.upper()]).sum())))
        for state in STATES
    }
    return {"bodies": run.bodies, "throughput": run.throughput, **counts, **hours}
