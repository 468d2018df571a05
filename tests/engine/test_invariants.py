"""What holds in every shop that Hypothesis builds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ningde_sim import Exponential, Failure, Line, Shop, Station, Store, Uniform, simulate
from ningde_sim.engine import _kernel
from ningde_sim.engine.rules import STATES, State
from tests.shops import UNUSUAL, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)

SEEDS = st.integers(0, 2**63 - 1)
BUILT = settings(max_examples=150, suppress_health_check=list(HealthCheck))
EMPTY, LOADED, FINISHED = _kernel.EMPTY, _kernel.LOADED, _kernel.FINISHED


@BUILT
@given(shop=shops(), seed=SEEDS)
def test_bodies_are_conserved(shop, seed):
    """At every station: in = out + inside + scrapped; in every store: put = taken + more inside.

    Where alternatives or splits leave open which store it was, over all stores together.
    """
    run = simulate(shop, hours=2, seed=seed)
    counted, content = run.counts.stations, run.counts.stations["content"]
    done = counted["cycles"] - counted["reworked"]
    lost = counted["scrapped"] + counted["rejected"]
    moved = {
        "takes": done + (content == LOADED),
        "puts": done - lost - (content == FINISHED),
        "returns": counted["scrapped"] - (content == _kernel.SCRAPPED),
        "rejects": counted["rejected"] - (content == _kernel.REJECTED),
    }
    stores = pd.concat([run.stores, run.buffers])
    open_to_choice = set()
    expected = {"put": dict.fromkeys(stores.index, 0), "taken": dict.fromkeys(stores.index, 0)}
    total = dict.fromkeys(expected, 0)
    for k, row in enumerate(run.layout.stations):
        for field, times in moved.items():
            for join in (run.layout.joins[j] for j in getattr(row, field)):
                names = [run.layout.stores[s].name for s in join.stores]
                parts = join.number * times[k]
                if names[0] not in stores.index:  # a buffer of capacity 0
                    continue
                way = "taken" if field == "takes" else "put"
                total[way] += parts
                if len(names) > 1:
                    open_to_choice.update(names)
                else:
                    expected[way][names[0]] += parts
    for way, parts in total.items():
        assert stores[way].sum() == parts
        for name in stores.index.difference(open_to_choice):
            assert stores.loc[name, way] == expected[way][name]
    more = stores["level_end"] - stores["level_start"]
    assert (more == stores["put"] - stores["taken"]).all()
    for line, times in run.exits.items():
        last = [r.last and shop.lines[r.line].name == line for r in run.layout.stations]
        assert len(times) == moved["puts"][last].sum()


@BUILT
@given(shop=shops(), seed=SEEDS)
def test_lead_times_add_up_to_the_work_in_process(shop, seed):
    """Little's law without chance: in a line of its own, the integral of the WIP is all stays."""
    line = shop.lines[0]
    stations = [dataclasses.replace(s, scrap=0.0, rework=0.0, reject=0.0) for s in line.stations]
    alone = dataclasses.replace(
        line, stations=stations, takes=(), puts=(), rejects=(), returns=(), rounds=None, copies=1
    )
    kept = {"crews": shop.crews, "repair_crews": shop.repair_crews}
    of_its_own = Shop("alone", [alone], working_time=shop.working_time, **kept)
    run = simulate(of_its_own, hours=2, seed=seed)
    born = run.exits[line.name] - run.lead_times[line.name]
    assert (np.diff(born) >= 0).all()
    stays = run.lead_times[line.name].sum()
    inside = run.counts.wip["end"]
    assert stays <= run.counts.wip["ms"] <= stays + inside * 7_200_000
    loaded = run.counts.stations["content"] > 0
    assert inside == loaded.sum() + run.counts.stores["level_end"].sum()


@BUILT
@given(shop=shops(), seed=SEEDS, warm_up=st.sampled_from([0.0, 0.777]))
def test_the_states_of_a_station_add_up_to_the_horizon(shop, seed, warm_up):
    """Exactly, in whole milliseconds; and none is negative."""
    run = simulate(shop, hours=1.2345, warm_up=warm_up, seed=seed)
    states = run.counts.spent.sum(axis=1) + run.state_ms(State.OFF)
    assert (run.counts.spent >= 0).all()
    assert states.tolist() == [4_444_200] * shop.n_stations
    hours = run.stations[list(STATES)].sum(axis=1) / run.stations["copies"]
    assert hours.to_numpy() == pytest.approx(1.2345, abs=1e-12)


@BUILT
@given(shop=shops(), seed=SEEDS, seconds=st.integers(1, 7200))
def test_stores_never_hold_more_than_their_capacity(shop, seed, seconds):
    """At any instant at which Hypothesis looks."""
    run = simulate(shop, hours=seconds / 3600, seed=seed)
    for table in (run.stores, run.buffers):
        assert (table["level_end"] >= 0).all()
        assert (table["level_end"] <= table["capacity"]).all()
        assert (table["level"].dropna() <= table["capacity"][table["level"].notna()] + 1e-9).all()


@BUILT
@given(shop=shops(), seed=SEEDS)
def test_exits_rise_and_lie_in_the_counted_hours(shop, seed):
    """Finish times of a line are in order, and every body falls in one hour."""
    run = simulate(shop, hours=2.5, warm_up=0.3, seed=seed)
    for times in run.exits.values():
        assert (np.diff(times) >= 0).all()
        assert ((times > 0) & (times <= 9_000_000)).all()
    assert run.per_hour().sum() == run.bodies
    assert run.per_hour().shape == (3,)


@pytest.mark.parametrize("transit", [0.0, 45.0])
def test_first_in_is_first_out(transit):
    """The j-th body leaves a store no earlier than the j-th body came in, plus the transit."""
    fed = [Line(f"F{i}", [Station(f"F{i}", Exponential(20 + i))], puts="q") for i in range(2)]
    taken = [Line(f"T{i}", [Station(f"T{i}", Uniform(5, 30))], takes="q") for i in range(2)]
    lines = [*fed, *taken]
    shop = Shop(
        "s",
        lines,
        stores=[Store("q", 6, transit_time=transit)],
        output=[line.name for line in lines],
    )
    run = simulate(shop, hours=100, seed=3)
    entered = np.sort(np.concatenate([run.exits["F0"], run.exits["F1"]]))
    left = np.sort(np.concatenate([run.exits["T0"], run.exits["T1"]]))
    assert len(left) > 5_000
    assert (left - entered[: len(left)] >= transit * 1000 + 5_000).all()


def unreliable(prefix, *, n=4, **options):
    """A small line with random streams of its own."""
    mode = Failure("stop", Exponential(0.3), Exponential(2), **options)
    stations = [Station(f"{prefix}{i}", Exponential(10), failures=[mode]) for i in range(n)]
    return Line(prefix, stations, buffers=2)


def test_a_line_added_elsewhere_changes_nobody_elses_draws():
    """The exits of a line are the same to the millisecond, whatever is declared before or after."""
    alone = simulate(Shop("one", [unreliable("A")]), hours=50, seed=1)
    for lines in ([unreliable("A"), unreliable("B")], [unreliable("B", n=7), unreliable("A")]):
        more = simulate(Shop("two", lines), hours=50, seed=1)
        np.testing.assert_array_equal(more.exits["A"], alone.exits["A"])


def test_the_repairs_of_a_station_are_the_same_under_another_crew_rule():
    """The k-th repair is the same draw: with one crew it waits, but lasts as long."""
    shop = Shop("s", [unreliable("A", crew=True)])
    free = simulate(shop, hours=20, seed=5, trace=True)
    tight = simulate(dataclasses.replace(shop, repair_crews=1), hours=20, seed=5, trace=True)
    assert tight.crews["waited"].item() > 0
    for thing in ("A0: stop", "A1: stop"):
        repairs = [
            (trace["end"] - trace["begin"])[(trace["thing"] == thing) & (trace["state"] == "down")]
            for trace in (free.trace, tight.trace)
        ]
        n = min(map(len, repairs)) - 1  # the last may be cut by the horizon
        assert n > 10
        assert repairs[0].tolist()[:n] == repairs[1].tolist()[:n]


def test_another_seed_or_run_has_other_random_streams():
    """Seed 0 is a seed; seeds and runs differ from each other and repeat themselves."""
    shop = Shop("s", [unreliable("A")])
    pairs = [(0, 0), (1, 0), (0, 1), (1, 1), (2**63 - 1, 2**63 - 1)]
    exits = [tuple(simulate(shop, hours=5, seed=s, run=r).exits["A"]) for s, r in pairs]
    assert len(set(exits)) == len(pairs)
    assert exits[0] == tuple(simulate(shop, hours=5, seed=0, run=0).exits["A"])
