"""Results to plot: runs, studies, sweeps."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ningde_sim import (
    Exponential,
    Line,
    Product,
    Sequence,
    Shop,
    ShopRun,
    Split,
    Station,
    Store,
    Sweep,
    ningde_2021,
    simulate,
    sweep,
)
from ningde_sim.learn import Downtime, fit_downtime
from ningde_sim.sensitivity.tornado import Tornado, swings
from ningde_sim.shipping import ShippingRun, ship
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from ningde_sim.warm_up import WarmUp, how_long
from tests.exports import export, q, service
from tests.synthetic import MONTHS, Year

ENDS = {"rate": (58.0, 62.0, "cars/h"), "stop": (2.0, 9.0, "days"), "tea": (1.0, 3.0, "cups")}


AB = [Product("A"), Product("B")]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def study() -> Study:
    shop = Shop("coin", [Line("L", [Station("A", 36, scrap=0.1)])])
    return replicate(shop, hours=10, runs=200, seed=1, target=905)


@pytest.fixture(scope="session")
def run() -> ShopRun:
    return simulate(
        ningde_2021(), hours=30, warm_up=10, seed=1, trace=True, critical_path=True, every=1.0
    )


def shop_by_hand() -> Shop:
    """Once the store is full, of each 120 s A works 30 s, B 60 s and C all."""
    body = Line("body", [Station("A", 30), Station("B", 60)], puts="skids")
    finish = Line("finish", [Station("C", 120)], takes="skids")
    return Shop("by hand", [body, finish], stores=[Store("skids", 10)])


@pytest.fixture(scope="session")
def by_hand() -> ShopRun:
    return simulate(
        shop_by_hand(), hours=2, warm_up=1, seed=0, trace=True, critical_path=True, every=0.25
    )


@pytest.fixture(scope="session")
def filling() -> ShopRun:
    """The store gains a part every two minutes and is full after some twenty."""
    return simulate(shop_by_hand(), hours=1, seed=0, every=0.1)


@pytest.fixture(scope="session")
def two_exits() -> ShopRun:
    """A needs 50 s a body on average, B 58 s; a body comes each 30 s, half of them to each."""
    lines = [
        Line("F", [Station("F1", Exponential(30))], puts=Split({"a": 0.5, "b": 0.5})),
        Line("A", [Station("A1", Exponential(50))], takes="a"),
        Line("B", [Station("B1", Exponential(58))], takes="b"),
    ]
    shop = Shop("two", lines, stores=[Store("a", 30), Store("b", 30)])
    return simulate(shop, hours=100, warm_up=2, seed=0, every=1)


@pytest.fixture(scope="session")
def mixed() -> ShopRun:
    """A and B in turn; two lanes make batches of them, for a station that is set up for each."""
    lines = [
        Line("body", [Station("side", {"A": 40, "B": 50})], puts="bank"),
        Line("trim", [Station("door", {"A": 50, "B": 55}, setup=30)], takes="bank"),
    ]
    bank = Store.bank("bank", lanes=2, places=5)
    return simulate(
        Shop("mix", lines, stores=[bank], products=AB, sequence=Sequence.cycle(["A", "B"])),
        hours=8,
        warm_up=1,
        seed=0,
    )


@pytest.fixture(scope="session")
def year() -> Study:
    return replicate(Year(months=MONTHS), runs=200, seed=1, target=1_200)


@pytest.fixture(scope="session")
def wide() -> Study:
    """A year whose rate is very uncertain, so that its bands can be seen."""
    return replicate(Year({"rate": 20.0}, months=MONTHS), runs=100, seed=1, target=1_200)


@pytest.fixture(scope="session")
def yards() -> list[ShippingRun]:
    plan = export(services={"ships": service(slip=5, calls=q(4, "calls/month"))})
    start = datetime.date(2021, 1, 1)
    return [ship(plan, [150] * 120, start=start, seed=1, run=k) for k in range(9)]


@pytest.fixture(scope="session")
def coin_sweep() -> Sweep:
    shop = Shop(
        "coin",
        [
            Line("L", [Station("A", 36, scrap=0.1)], puts="s"),
            Line("M", [Station("B", 36)], takes="s"),
        ],
        stores=[Store("s", 5)],
    )
    over = {"stations.A.scrap": [0.0, 0.1, 0.2], "stores.s.capacity": [5, 9]}
    return sweep(shop, over, hours=10, runs=12, seed=1, target=900, progress=False)


@pytest.fixture(scope="session")
def line_sweep(coin_sweep: Sweep) -> Sweep:
    over = {"stations.A.scrap": [0.0, 0.1, 0.2]}
    return sweep(coin_sweep.experiment, over, runs=12, seed=1, target=900, progress=False)


@pytest.fixture(scope="session")
def list_sweep(coin_sweep: Sweep) -> Sweep:
    points = [{}, {"stations.A.scrap": 0.0}, {"stores.s.capacity": 50}]
    return sweep(coin_sweep.experiment, points, runs=12, seed=1, target=900, progress=False)


@pytest.fixture(scope="session")
def one_by_one() -> Tornado:
    """Typical 1,000; 40 up or down with the rate, 9 and 10 in turn less with any stop."""

    def cars(quantiles: Mapping[str, float], run: int) -> float:
        up = 1_000 + 80 * (quantiles.get("rate", 0.5) - 0.5)
        return up - (9 + run % 2) * ("stop" in quantiles)

    return swings(
        cars,
        ENDS,
        title="three",
        of="cars",
        unit="cars",
        runs=4,
        closer=2,
        seed=1,
        between=(0.0, 1.0),
        workers=1,
    )


@pytest.fixture(scope="session")
def draining() -> WarmUp:
    """120 bodies an hour while the store lasts, which loses 60 an hour; then 60."""
    lines = [Line("a", [Station("A", 60)], puts="s"), Line("b", [Station("B", 30)], takes="s")]
    shop = Shop("full", lines, stores=[Store("s", 9_000, initial=300)])
    return how_long(shop, hours=100, runs=2, seed=0)


@pytest.fixture(scope="session")
def micro_stops() -> Downtime:
    """Of 400 stops 95 % of about a minute and a half, the others of about an hour."""
    rng = np.random.default_rng(0)
    repairs = np.where(rng.random(400) < 0.05, rng.uniform(30, 90, 400), rng.uniform(0.5, 2.5, 400))
    end = np.cumsum(rng.exponential(0.14, 400) + repairs / 60)
    begin = pd.Timestamp("2021-03-01")
    start, stop = (begin + pd.to_timedelta(at, unit="h") for at in (end - repairs / 60, end))
    log = pd.DataFrame({"equipment": "R1", "reason": "tip", "start": start, "end": stop})
    return fit_downtime(log, begin=begin)


@pytest.fixture(scope="session")
def with_repair() -> Shop:
    """A line, a side line that feeds its end, and a loop of repair."""
    return Shop(
        "with repair",
        [
            Line("first", [Station("A", 50), Station("B", 50)], puts="mid"),
            Line("side", [Station("S", 40)], puts="parts"),
            Line("second", [Station("C", 50, reject=0.1)], takes="mid", puts="end", rejects="bad"),
            Line("mend", [Station("M", 90)], takes="bad", puts="mid"),
            Line("last", [Station("D", 50)], takes=["end", "parts"], copies=2),
        ],
        stores=[Store(name, 5) for name in ("mid", "parts", "end", "bad")],
    )
