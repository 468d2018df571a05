"""A discrete-event model of a car plant: is the target reachable, what limits it, at what price."""

from importlib import import_module
from types import ModuleType

from ningde_sim._support.version import VERSION
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.engine.simulate import simulate
from ningde_sim.exceptions import EstimateWarning
from ningde_sim.plant.calendar import Calendar, Shift
from ningde_sim.plant.crew import Crew
from ningde_sim.plant.distributions import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Normal,
    Shifted,
    Triangular,
    Uniform,
    Weibull,
)
from ningde_sim.plant.entries import Split
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.product import Product, Ramp, Sequence, Setup
from ningde_sim.plant.quantity import Quantity
from ningde_sim.plant.read import read_shop
from ningde_sim.plant.scale import Scale
from ningde_sim.plant.shipped import ningde_2020, ningde_2021
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.start import Start
from ningde_sim.plant.station import Failure, PlannedStop, Robot, Station
from ningde_sim.plant.working_time import WorkingTime
from ningde_sim.statistics.estimate import Estimate
from ningde_sim.studies.compare import Comparison, compare
from ningde_sim.studies.experiment import Experiment
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from ningde_sim.studies.sweep import sweep
from ningde_sim.studies.sweep_result import Sweep
from ningde_sim.year.fluid_year import FluidYear, fluid_year
from ningde_sim.year.read import scenario
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.year_run import YearRun, simulate_year

__version__ = VERSION

__all__ = [
    "Calendar",
    "Comparison",
    "Crew",
    "Empirical",
    "Estimate",
    "EstimateWarning",
    "Experiment",
    "Exponential",
    "Failure",
    "Fixed",
    "FluidYear",
    "Gamma",
    "Line",
    "Lognormal",
    "Normal",
    "PlannedStop",
    "Product",
    "Quantity",
    "Ramp",
    "Robot",
    "Scale",
    "Scenario",
    "Sequence",
    "Setup",
    "Shift",
    "Shifted",
    "Shop",
    "ShopRun",
    "Split",
    "Start",
    "Station",
    "Store",
    "Study",
    "Sweep",
    "Triangular",
    "Uniform",
    "Weibull",
    "WorkingTime",
    "YearRun",
    "compare",
    "fluid_year",
    "ningde_2020",
    "ningde_2021",
    "read_shop",
    "replicate",
    "scenario",
    "simulate",
    "simulate_year",
    "sweep",
]


_MODULES = {
    "designs": "studies.designs",
    "exceptions": "exceptions",
    "facts": "facts",
    "improve": "improve",
    "learn": "learn",
    "measures": "measures",
    "plots": "plots",
    "sensitivity": "sensitivity",
    "shipping": "shipping",
    "theory": "theory",
    "warm_up": "warm_up",
}
"""Public modules, imported when asked for, and where they stand."""


def __dir__() -> list[str]:
    """The public names and modules."""
    return [*__all__, *_MODULES, "__version__"]


def __getattr__(name: str) -> ModuleType:
    """`ningde_sim.plots` and the other modules are there when asked for."""
    if name in _MODULES:
        return import_module(f"ningde_sim.{_MODULES[name]}")
    raise AttributeError(f"module 'ningde_sim' has no attribute {name!r}")
