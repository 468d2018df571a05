"""The mean rate of each shop of a year, if it never waited for the others.

Of a block it is rate times uptime, less what is repeated. Of a shop of zones it follows from a
formula (`ningde_sim.year.zone_rates`). Of any other shop it is its `theory.capacity`; that at drawn
inputs is taken as a product of what each of them does alone, known at its low, typical and high
value, and in between straight on logarithmic axes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ningde_sim.plant.schema import ShopFile
from ningde_sim.plant.shop_tables import ShopTables
from ningde_sim.theory.capacity import capacity
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.scenario_paths import BEFORE
from ningde_sim.year.schema import BlockTable
from ningde_sim.year.zone_rates import ZoneRates

LEAST_VALUE = 1e-3
"""Below it values count as they are, above it by their logarithms. [unit of each]"""

LEAST_RATE = 1e-9
"""Of a shop that makes nothing, so that its logarithm exists. [bodies/h]"""

Rate = tuple[float, float]
"""Good bodies in an open hour [1/h]; their share of all that the shop began [-]."""


def block_rate(block: BlockTable) -> Rate:
    """The mean rate of a block."""
    good = 1 - block.number("scrap")
    first = 1 - block.number("repeated")
    return block.rate.value * block.number("uptime", 1.0) * first * good, good


class TableRates:
    """The mean rate of a shop with lines, at any values of its uncertain inputs.

    Parameters
    ----------
    scenario : Scenario
    head : str
        The shop, as paths begin with it: its name, with `_before` behind it for what it was before
        the retooling.
    paths : sequence of str
        Those whose values are given to `at`; all others have their typical values.
    """

    def __init__(self, scenario: Scenario, head: str, paths: Sequence[str]) -> None:
        self._typical = _log_capacity(scenario, head)
        uncertain = scenario.ranges()
        self._given = [k for k, path in enumerate(paths) if path.startswith(f"{head}.")]
        self._curves = []
        for k in self._given:
            _, quantity = uncertain[paths[k]]
            known = [quantity.least, quantity.value, quantity.most]
            rates = [_log_capacity(scenario.replaced({paths[k]: x}), head) for x in known]
            self._curves.append(([_scaled(x) for x in known], rates))

    def at(self, values: Sequence[float]) -> Rate:
        """The mean rate of the shop, scrap left out.

        Parameters
        ----------
        values : sequence of float
            One for each of the paths. [unit of each]
        """
        total = self._typical
        for k, (known, rates) in zip(self._given, self._curves, strict=True):
            total += float(np.interp(_scaled(values[k]), known, rates)) - self._typical
        return math.exp(total), 1.0


def _scaled(value: float) -> float:
    """A value on the axis of a curve: its logarithm, straight near 0."""
    return math.asinh(value / LEAST_VALUE)


def _log_capacity(scenario: Scenario, head: str) -> float:
    shop = _detailed(scenario, head)
    assert isinstance(shop, ShopTables)
    return math.log(max(capacity(shop.shop).throughput, LEAST_RATE))


def _detailed(scenario: Scenario, head: str) -> object:
    """A shop, or what it was before the retooling."""
    if head in scenario.shops:
        return scenario.shops[head]
    return scenario.before[head.removesuffix(BEFORE)]


def detailed_rates(scenario: Scenario, head: str, paths: Sequence[str]) -> ZoneRates | TableRates:
    """The mean rates of a detailed shop, as `TableRates` takes its arguments."""
    shop = _detailed(scenario, head)
    if isinstance(shop, ShopFile):
        return ZoneRates(shop, head, paths)
    return TableRates(scenario, head, paths)
