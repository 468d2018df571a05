"""What a study repeats: a case, which run by run draws its inputs and gives its results."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal, Protocol, runtime_checkable

import pandas as pd

from ningde_sim.engine.rules import STATES
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.engine.simulation import Engine, simulate
from ningde_sim.plant.shop import Shop
from ningde_sim.production.year import YearRun, simulate_year
from ningde_sim.scenarios.calendar import production_days
from ningde_sim.scenarios.scenario import Scenario
from ningde_sim.scenarios.tables import LOST_CAUSES

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
    def plan(self) -> Mapping[str, float]:
        """What of the target each of the months is meant to make, a share. [-]"""
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

    def idle(self, of: str) -> Collection[str]:
        """Inputs that cannot bear on a column of the results, by the way that the case is built."""
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


Uncertainty = Literal["all", "luck"]


@dataclass(frozen=True)
class YearCase:
    """A scenario, run for its whole time; its doubtful inputs are drawn for each run.

    Results: vehicles, bodies, sets, with_sets (vehicles and sets), scrapped, nominal;
    `lost_<cause>`, the vehicles that each cause took at the gate, so that nominal less these is
    vehicles; `body_shop_<cause>`, hours of the body shop; `bodies_<month>` and `vehicles_<month>`.
    With [export] besides: exports, of these exported_sets, `exports_<month>`, `exports_by_<month>`
    from the start to its end; days_over, on which cars waited for a place in a port's yard.

    Parameters
    ----------
    scenario : Scenario
    uncertainty : {"all", "luck"}  "luck" keeps all inputs at their typical values.
    engine : {"compiled", "reference"}
    """

    scenario: Scenario
    uncertainty: Uncertainty = "all"
    engine: Engine = "compiled"

    of = "vehicles"
    also = ("bodies", "sets")
    prefer: ClassVar[Workers] = "threads"

    @property
    def title(self) -> str:
        """The name of the scenario."""
        return self.scenario.name

    @property
    def description(self) -> str:
        """Its days, and how its inputs are taken."""
        calendar = self.scenario.calendar
        taken = "inputs drawn" if self.uncertainty == "all" else "typical inputs"
        return f"{calendar.start} to {calendar.end}, {taken}"

    @property
    def target(self) -> float:
        """That of the scenario. [vehicles]"""
        return self.scenario.target.value

    @property
    def months(self) -> Sequence[str]:
        """Those of the calendar."""
        return tuple(dict.fromkeys(production_days(self.scenario.calendar).months))

    @property
    def plan(self) -> Mapping[str, float]:
        """By the shifts of the official working days; nothing where there are none."""
        days = production_days(self.scenario.calendar)
        hours = pd.Series(days.nominal).groupby(days.months, sort=False).sum()
        return {str(month): float(share) for month, share in (hours / (hours.sum() or 1)).items()}

    @property
    def units(self) -> Mapping[str, str]:
        """Vehicles, bodies, sets and hours."""
        supply = (*self.scenario.supply, *self.scenario.slowdowns)
        lost = [f"lost_{cause}" for cause in (*LOST_CAUSES, *supply)]
        return {
            "vehicles": "vehicles",
            "bodies": "bodies",
            "sets": "sets",
            "with_sets": "units",
            "scrapped": "bodies",
            **dict.fromkeys(("nominal", *lost), "vehicles"),
            **dict.fromkeys((f"body_shop_{cause}" for cause in BODY_SHOP_CAUSES), "h"),
            **{f"{of}_{month}": of for of in ("bodies", "vehicles") for month in self.months},
            **(self._export_units() if self.scenario.export is not None else {}),
        }

    def _export_units(self) -> dict[str, str]:
        """Of the results that only a scenario with [export] has."""
        months = {f"{key}_{m}": "units" for key in ("exports", "exports_by") for m in self.months}
        return {"exports": "units", "exported_sets": "sets", "days_over": "days", **months}

    @property
    def notes(self) -> Sequence[str]:
        """Those of the scenario."""
        return self.scenario.notes

    def idle(self, of: str) -> Collection[str]:
        """Those of the export for all that happens before; sets of parts for all but sets."""
        if of in self._export_units() or of in ("sets", "with_sets"):
            return ()
        behind = ("export.",) if self.scenario.knock_down.uses_body_shop else ("export.", SETS)
        return self.scenario.doubtful_only(behind)

    def run(self, seed: int, run: int, luck: int | None = None) -> tuple[Row, Row]:
        """Inputs by path or doubt; results. Luck `k` is that of `simulate_year(..., run=k)`."""
        drawn = self.uncertainty == "all"
        inputs = self.scenario.inputs(seed, run) if drawn else {}
        found = simulate_year(
            self.scenario.draw(seed, run) if drawn else self.scenario,
            seed=seed,
            run=run if luck is None else luck,
            engine=self.engine,
            progress=False,
        )
        return inputs, _year_row(found)


SETS = "knock_down.share"
"""Without the body shop the sets are packed from parts, beside the vehicles."""

BODY_SHOP_CAUSES = ("breakdown", "blocked")
"""Of the hours of the body shop, what a study keeps."""


def _year_row(run: YearRun) -> Row:
    """What a study keeps of a year."""
    monthly, vehicles = run.monthly, run.losses["vehicles"].drop(["nominal", "made"])
    hours = run.lost_hours["body_shop"]
    return {
        "vehicles": run.vehicles,
        "bodies": run.bodies,
        "sets": run.sets,
        "with_sets": run.vehicles + run.sets,
        "scrapped": int(run.daily["scrapped"].sum()),
        "nominal": run.nominal,
        **{f"lost_{cause}": float(lost) for cause, lost in vehicles.items()},
        **{f"body_shop_{cause}": float(hours[cause]) for cause in BODY_SHOP_CAUSES},
        **{
            f"{of}_{month}": int(made)
            for of in ("bodies", "vehicles")
            for month, made in monthly[of].items()
        },
        **_export_row(run),
    }


def _export_row(run: YearRun) -> Row:
    """What a study keeps of the export of a year; nothing where there is none."""
    shipping = run.shipping
    if shipping is None:
        return {}
    exported = run.monthly["exported"]
    months = {f"exports_{month}": int(n) for month, n in exported.items()}
    months |= {f"exports_by_{month}": int(n) for month, n in exported.cumsum().items()}
    return {
        "exports": shipping.exports,
        "exported_sets": shipping.exported_sets,
        "days_over": shipping.days_over,
        **months,
    }
