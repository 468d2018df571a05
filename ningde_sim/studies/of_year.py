"""A scenario as an experiment: its whole time, uncertain inputs drawn anew for each run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import pandas as pd
import tomli_w

from ningde_sim.engine.simulate import Engine
from ningde_sim.plant.quantity import Quantity
from ningde_sim.studies.experiment import Call, Experiment, Kept, Row, Workers
from ningde_sim.studies.fluid_row import fluid_row
from ningde_sim.studies.kept_tables import tables_of, taken
from ningde_sim.year.fluid_model import FluidModel
from ningde_sim.year.overtime import days_of
from ningde_sim.year.read import scenario
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import LOST_CAUSES
from ningde_sim.year.year_run import YearRun, simulate_year

Inputs = Literal["drawn", "typical"]


@dataclass(frozen=True)
class YearExperiment(Experiment):
    """A scenario, run for its whole time; its uncertain inputs are drawn for each run.

    Results: what leaves each shop, by its name (vehicles, bodies), scrapped, nominal;
    `lost_<cause>`, the vehicles that each cause took at the gate, so that nominal less these is
    vehicles; `<shop>_<cause>`, hours of the first shop; `<shop>_limits`, 1 for the shop that limits
    the year, else 0; `bodies_<month>` and `vehicles_<month>`, of the first and the last shop. With
    [ckd] besides: ckd_sets, with_ckd_sets (vehicles and CKD sets). With [export] besides: exports,
    of these exported_ckd_sets, `exports_<month>`, `exports_by_<month>` from the start to its end;
    days_over, on which cars waited for a place in a port's yard.

    Parameters
    ----------
    scenario : Scenario
    inputs : {"drawn", "typical"}
        "typical" keeps all inputs at their typical values.
    engine : {"compiled", "events", "reference"}
    keep : sequence of str
        Tables of `YearRun` that each run keeps besides its results.
    """

    scenario: Scenario
    inputs: Inputs = "drawn"
    engine: Engine = "compiled"
    keep: Sequence[str] = ()

    prefer: ClassVar[Workers] = "threads"

    @property
    def of(self) -> str:
        """What leaves the last shop."""
        return self.scenario.made[-1]

    @property
    def also(self) -> Sequence[str]:
        """What leaves the first shop, CKD sets."""
        names = [name for name in (self._first, "ckd_sets") if name != self.of]
        return tuple(name for name in names if name in self.units)

    @property
    def readings(self) -> Mapping[str, str]:
        """With CKD sets, if there are any."""
        return {"with_ckd_sets": "with CKD sets"} if self.scenario.ckd is not None else {}

    @property
    def parts(self) -> Mapping[str, str]:
        """The shops, if there are several."""
        return _parts(self.scenario)

    @property
    def _first(self) -> str:
        return self.scenario.made[0]

    @property
    def title(self) -> str:
        """The name of the scenario."""
        return self.scenario.name

    @property
    def description(self) -> str:
        """Its days, and how its inputs are taken."""
        calendar = self.scenario.calendar
        taken = "inputs drawn" if self.inputs == "drawn" else "typical inputs"
        return f"{calendar.first_day} to {calendar.last_day}, {taken}"

    @property
    def target(self) -> float | None:
        """That of the scenario, if it has one. [vehicles]"""
        return None if self.scenario.target is None else self.scenario.target.value

    @property
    def months(self) -> Sequence[str]:
        """Those of the calendar."""
        return tuple(dict.fromkeys(days_of(self.scenario.calendar).months))

    @property
    def month_shares(self) -> Mapping[str, float]:
        """By the shifts of the official working days; 0 where there are none."""
        days = days_of(self.scenario.calendar)
        hours = pd.Series(days.nominal).groupby(days.months, sort=False).sum()
        return {str(month): float(share) for month, share in (hours / (hours.sum() or 1)).items()}

    @property
    def units(self) -> Mapping[str, str]:
        """Vehicles, bodies, CKD sets and hours."""
        supply = (*self.scenario.supply, *self.scenario.slowdowns)
        lost = [f"lost_{cause}" for cause in (*LOST_CAUSES, *supply)]
        plan, of = self.scenario, self.of
        sets = {"ckd_sets": "ckd_sets", "with_ckd_sets": "units"} if plan.ckd is not None else {}
        first = next(iter(plan.shops))
        return {
            of: of,
            **{word: word for word in plan.made},
            **sets,
            "scrapped": self._first,
            **dict.fromkeys(("nominal", *lost), of),
            **dict.fromkeys((f"{first}_{cause}" for cause in FIRST_SHOP_CAUSES), "h"),
            **dict.fromkeys(self.parts, "-"),
            **{f"{of}_{month}": of for of in (self._first, of) for month in self.months},
            **(self._export_units() if plan.export is not None else {}),
        }

    def _export_units(self) -> dict[str, str]:
        """Of the results that only a scenario with [export] has."""
        months = {f"{key}_{m}": "units" for key in ("exports", "exports_by") for m in self.months}
        return {"exports": "units", "exported_ckd_sets": "ckd_sets", "days_over": "days", **months}

    @property
    def notes(self) -> Sequence[str]:
        """Those of the scenario."""
        return self.scenario.notes

    def idle(self, of: str) -> Collection[str]:
        """Inputs of the export, for all columns before it; the share of CKD sets likewise."""
        if of in self._export_units() or of in ("ckd_sets", "with_ckd_sets"):
            return ()
        ckd = self.scenario.ckd
        behind = ("export.", CKD_SHARE) if ckd and not ckd.uses_body_shop else ("export.",)
        return self.scenario.uncertain_only(behind)

    @property
    def content(self) -> Mapping[str, str]:
        """How inputs are taken, engine, and all values of the scenario."""
        return {"inputs": self.inputs, "engine": self.engine, **self.scenario.content}

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return hashlib.sha256(json.dumps(dict(self.content)).encode()).hexdigest()

    def replace(self, changes: Mapping[str, Any], known: Collection[str] = ()) -> YearExperiment:
        """The same with other values of the scenario, by its paths."""
        current = {path: self.scenario.get(path) for path in known if path not in changes}
        settled = {
            path: value.fixed()
            for path, value in current.items()
            if isinstance(value, Quantity) and value.uncertain
        }
        return dataclasses.replace(self, scenario=self.scenario.replace({**settled, **changes}))

    def run(self, seed: int, run: int, streams: int | None = None) -> tuple[Row, Row]:
        """Inputs by path or by the name that they are drawn with; results."""
        year_run = self._run(seed, run, run if streams is None else streams)
        return self._inputs(seed, run), _year_row(year_run)

    def run_keeping(self, seed: int, run: int) -> tuple[Row, Row, Kept]:
        """The same, and of the run the tables to be kept."""
        year_run = self._run(seed, run, run)
        return self._inputs(seed, run), _year_row(year_run), Kept(taken(year_run, self.keep))

    def _inputs(self, seed: int, run: int) -> Row:
        return self.scenario.inputs(seed, run) if self.inputs == "drawn" else {}

    def _run(self, seed: int, run: int, streams: int) -> YearRun:
        return simulate_year(
            self.scenario.draw(seed, run) if self.inputs == "drawn" else self.scenario,
            seed=seed,
            run=streams,
            engine=self.engine,
            progress=False,
        )

    def cheap(self, seed: int, run: int) -> Row:
        """Readings of the year as a continuous flow, see `ningde_sim.year.fluid_model`.

        It knows what leaves each shop, CKD sets, scrapped, in all and by month; of the hours, which
        are those of the year, nominal and `lost_<cause>`, where the last shop is a block; of the
        export the share of what is made, some days later.
        """
        return fluid_row(self._fluid, seed, run)

    @cached_property
    def _fluid(self) -> FluidModel:
        return FluidModel(self.scenario, drawn=self.inputs == "drawn")

    def call(self) -> Call:
        """By its name where the scenario ships, else from its file."""
        arguments: dict[str, object] = {"inputs": self.inputs, "engine": self.engine}
        if self.keep:
            arguments["keep"] = [*self.keep]
        name = self.scenario.name
        ships = name in Scenario.names() and self.scenario == scenario(name)
        file = None if ships else (SCENARIO_FILE, tomli_w.dumps(self.scenario.tables))
        what = f"scenario({(name if ships else SCENARIO_FILE)!r})"
        return Call(["from ningde_sim import replicate, scenario"], what, arguments, file)

    def assumptions(self) -> pd.DataFrame:
        """Those of the scenario."""
        return self.scenario.assumptions()


KEPT = tables_of(YearRun)
"""What a study can keep of each run."""

SCENARIO_FILE = "plan.toml"
"""Where a program looks for a scenario that does not ship."""

CKD_SHARE = "ckd.share"
"""Without the body shop the CKD sets are packed from parts, beside the vehicles."""

FIRST_SHOP_CAUSES = ("breakdown", "blocked")
"""Of the hours of the first shop, what a study keeps."""


def _parts(plan: Scenario) -> dict[str, str]:
    """The shops by their columns, if there are several."""
    return {f"{shop}_limits": shop for shop in plan.shops} if len(plan.shops) > 1 else {}


def _year_row(run: YearRun) -> Row:
    """What a study keeps of a year."""
    plan, monthly, daily = run.scenario, run.monthly, run.daily
    first, of, limiting = plan.made[0], plan.made[-1], run.limiting_shop
    lost = run.losses[of].drop(["nominal", "made"])
    name = next(iter(plan.shops))
    hours = run.lost_hours[name]
    sets = {"ckd_sets": run.ckd_sets, "with_ckd_sets": run.vehicles + run.ckd_sets}
    return {
        of: run.vehicles,
        **{word: int(daily[word].sum()) for word in plan.made},
        **(sets if plan.ckd is not None else {}),
        "scrapped": int(daily["scrapped"].sum()),
        "nominal": run.nominal,
        **{f"lost_{cause}": float(vehicles) for cause, vehicles in lost.items()},
        **{f"{name}_{cause}": float(hours[cause]) for cause in FIRST_SHOP_CAUSES},
        **{column: float(shop == limiting) for column, shop in _parts(plan).items()},
        **{
            f"{word}_{month}": int(made)
            for word in dict.fromkeys((first, of))
            for month, made in monthly[word].items()
        },
        **_export_row(run),
    }


def _export_row(run: YearRun) -> Row:
    """What a study keeps of the export of a year; nothing where it has none."""
    shipping = run.shipping
    if shipping is None:
        return {}
    exported = run.monthly["exported"]
    months = {f"exports_{month}": int(n) for month, n in exported.items()}
    months |= {f"exports_by_{month}": int(n) for month, n in exported.cumsum().items()}
    return {
        "exports": shipping.exports,
        "exported_ckd_sets": shipping.exported_ckd_sets,
        "days_over": shipping.days_over,
        **months,
    }
