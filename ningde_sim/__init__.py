"""A discrete-event model of a car plant: is the target reachable, what limits it, at what price."""

from importlib import import_module
from importlib.metadata import version
from types import ModuleType

from ningde_sim.comparison import Comparison, compare
from ningde_sim.downtime.fitting import fit_downtime
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.engine.simulation import simulate
from ningde_sim.estimate import DoubtfulEstimate, Estimate
from ningde_sim.plant.defaults import ningde_2020, ningde_2021
from ningde_sim.plant.distributions import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Triangular,
    Uniform,
    Weibull,
)
from ningde_sim.plant.files import read_shop
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.quantity import Quantity
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Failure, PlannedStop, Robot, Station
from ningde_sim.plant.times import Times
from ningde_sim.plant.working_time import WorkingTime
from ningde_sim.production.year import YearRun, simulate_year
from ningde_sim.replication import replicate
from ningde_sim.scenarios.files import scenario
from ningde_sim.scenarios.scenario import Scenario
from ningde_sim.study import Study
from ningde_sim.sweeping import sweep
from ningde_sim.sweeps import Sweep

__version__ = version("ningde-sim")

__all__ = [
    "Comparison",
    "DoubtfulEstimate",
    "Empirical",
    "Estimate",
    "Exponential",
    "Failure",
    "Fixed",
    "Gamma",
    "Line",
    "Lognormal",
    "PlannedStop",
    "Quantity",
    "Robot",
    "Scenario",
    "Shop",
    "ShopRun",
    "Station",
    "Store",
    "Study",
    "Sweep",
    "Times",
    "Triangular",
    "Uniform",
    "Weibull",
    "WorkingTime",
    "YearRun",
    "compare",
    "fit_downtime",
    "ningde_2020",
    "ningde_2021",
    "read_shop",
    "replicate",
    "scenario",
    "simulate",
    "simulate_year",
    "sweep",
]


_MODULES = (
    "designs",
    "downtime",
    "facts",
    "ledger",
    "measures",
    "plots",
    "sensitivity",
    "shipping",
    "theory",
    "warm_up",
)


def __dir__() -> list[str]:
    """The public names and modules."""
    return [*__all__, *_MODULES, "__version__"]


def __getattr__(name: str) -> ModuleType:
    """`ningde_sim.plots` and the other modules are there when asked for."""
    if name in _MODULES:
        return import_module(f"ningde_sim.{name}")
    raise AttributeError(f"module 'ningde_sim' has no attribute {name!r}")
