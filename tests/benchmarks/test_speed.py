"""How fast, how large: ratios measured in one run, since absolute times depend on the machine.

python -m pytest -n 0 tests/benchmarks [--write-readme]
"""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import joblib
import numpy as np
import pandas as pd
import pytest
from numba import njit

from ningde_sim import (
    Exponential,
    Failure,
    Line,
    Lognormal,
    PlannedStop,
    Shop,
    Split,
    Station,
    Store,
    ningde_2021,
    replicate,
    scenario,
    simulate,
    simulate_year,
    sweep,
)
from ningde_sim.learn import fit_downtime
from ningde_sim.plant.entries import store_names
from ningde_sim.shipping import ship
from ningde_sim.studies.cheap_runs import A_RUN
from ningde_sim.studies.of_year import YearExperiment

SHOP = ningde_2021()


def visits(shop, hours, engine="compiled", seed=0):
    """Station visits and seconds of one run."""
    begin = time.perf_counter()
    run = simulate(shop, hours=hours, seed=seed, engine=engine, progress=False)
    seconds = time.perf_counter() - begin
    return int(run.counts.stations["cycles"].sum()), seconds


def rate(shop, hours, engine="compiled"):
    """Station visits a second."""
    n, seconds = visits(shop, hours, engine)
    return n / seconds


def line_of(n, buffers=3, reliable=False):
    """A line of n stations with places between; a bare one has none: hand to hand."""
    stops = [] if reliable else [Failure("stop", Exponential(10), Lognormal(5, 0.8))]
    stations = [Station(f"S{i}", 60, failures=stops) for i in range(n)]
    return Shop(f"line of {n}", [Line("L", stations, buffers=buffers)])


@pytest.fixture(scope="module", autouse=True)
def compiled_once():
    """The first call compiles, or reads from the cache."""
    simulate(SHOP, hours=1, seed=0)


def test_reference_engine(benchmark):
    """SimPy on the 620-robot shop, all statistics on."""
    benchmark.pedantic(lambda: visits(SHOP, 5, "reference"), rounds=3)


def test_compiled_engine(benchmark):
    """The compiled engine on the same."""
    benchmark.pedantic(lambda: visits(SHOP, 500), rounds=5)


def test_compiled_against_reference(report):
    """At least 100 times as fast, and 10**7 station visits a second on one core."""
    pairs = [(rate(SHOP, 500), rate(SHOP, 10, "reference")) for _ in range(5)]
    ratio = median(a / b for a, b in pairs)
    compiled, reference = (median(column) for column in zip(*pairs, strict=True))
    report("SimPy engine, 620-robot shop", f"{reference:,.0f} station visits a second")
    report("compiled engine, the same", f"{compiled / 1e6:.1f} million station visits a second")
    report("compiled to SimPy", f"{ratio:.0f} times")
    assert ratio >= 100
    assert compiled >= 1e7


def test_flow_against_events(report):
    """Bodies that flow beside the same engine event by event, run by run in turn."""

    def gain(shop, hours):
        ratios = []
        for seed in range(5):
            n, flow = visits(shop, hours, seed=seed)
            same, events = visits(shop, hours, "events", seed=seed)
            assert n == same
            ratios.append(events / flow)
        return median(ratios)

    shops = {
        "the 620-robot shop": (SHOP, 400),
        "a line of 150 stations with places between": (line_of(150), 600),
        "a bare line of 20": (line_of(20, 0, True), 6000),
    }
    gains = {name: gain(*each) for name, each in shops.items()}
    text = ", ".join(f"{value:.1f} times on {name}" for name, value in gains.items())
    report("bodies that flow, to event by event", text)
    assert min(gains.values()) > 1.8


FIRST_KERNEL = "78ef1ea~1"
"""The commit of version 0.1.0 before its indices were unsigned."""

VISITS = f"""
import sys
import time
from ningde_sim import *

{inspect.getsource(line_of)}
shops = {{
    "shop": (ningde_2021(), 400),
    "bare 20": (line_of(20, 0, True), 4000),
    "bare 150": (line_of(150, 0, True), 600),
    "unreliable 150": (line_of(150, 0), 600),
    "places 20": (line_of(20), 4000),
    "places 150": (line_of(150), 600),
}}
known = set()


def run_of(name):
    if name == "year":
        year = scenario("ningde-2021").draw(0, 1)
        return simulate_year(year, seed=0, run=1, progress=False).shop_run
    shop, hours = shops[name]
    return simulate(shop, hours=hours, seed=0, progress=False)


for line in sys.stdin:
    name = line.strip()
    if name not in known:  # it compiles, or reads from the cache
        run_of(name)
        known.add(name)
    begin = time.process_time()
    run = run_of(name)
    took = time.process_time() - begin
    print(1e9 * took / int(run.counts.stations["cycles"].sum()), flush=True)
"""


def child(arguments, folder, **options):
    """A Python that answers each line by a number."""
    command = [sys.executable, *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, **pipes, **options)


def ask(process, what):
    """The number that it answers."""
    process.stdin.write(f"{what}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def test_against_the_first_kernel(report, tmp_path):
    """Beside version 0.1.0 with negative indices, whole calls in turn.

    Wanted: the shop 6 times, the year 5, bare lines 9.
    """
    old = tmp_path / "old"
    root = Path(__file__).parents[2]
    git = subprocess.run(
        ["git", "archive", "--output", str(tmp_path / "old.tar"), FIRST_KERNEL, "ningde_sim"],
        cwd=root,
        check=False,
    )
    if git.returncode:
        pytest.skip("no history")
    shutil.unpack_archive(tmp_path / "old.tar", old)

    def start(folder):
        return child(["-c", VISITS], tmp_path, env=os.environ | {"PYTHONPATH": str(folder)})

    names = {  # and what is asserted; this leaves room for noise
        "shop": ("the 620-robot shop", 3),
        "year": ("a year, layout and all", 1.9),
        "bare 20": ("a bare line of 20", 9),
        "bare 150": ("one of 150", 9),
        "unreliable 150": ("one of 150 unreliable stations", 9),
        "places 20": ("a line of 20 with places between", 3.5),
        "places 150": ("one of 150", 4),
    }
    with start(old) as first, start(root) as ours:
        gains = {}
        for name in names:
            pairs = [(ask(first, name), ask(ours, name)) for _ in range(5)]
            gains[name] = median(a / b for a, b in pairs)
    text = ", ".join(f"{gains[name]:.1f} times on {told}" for name, (told, _) in names.items())
    report("compiled engine, to that of version 0.1.0 with negative indices", text)
    assert all(gains[name] > least for name, (_, least) in names.items())


def cimba_line(n):
    """A line of n stations of 60 s, 5 places between, in Cimba; they fail as they work."""
    stations = range(n)
    places = [f"    places_{i}: cb.Store[int] = cb.Store(capacity=5)" for i in stations[1:]]
    processes = [
        f"""
    @cb.process
    def station_{i}(self):
        left = self.uptime.next()
        while True:
            part = {f"self.places_{i}.get()" if i else 1}
            work = 60.0
            while left < work:
                cb.hold(left)
                work -= left
                cb.hold(self.repair.next())
                left = self.uptime.next()
            cb.hold(work)
            left -= work
            self.{f"places_{i + 1}.put(part)" if i + 1 < n else "done.put(part)"}
"""
        for i in stations
    ]
    return f"""
import cimba as cb
from cimba import inputs


class Line(cb.Model):
    uptime: cb.Input[float] = inputs.dist.exponential(mean=6000)
    repair: cb.Input[float] = inputs.dist.exponential(mean=300)
    done: cb.Container
    made: cb.Output[float]
{chr(10).join(places)}
{"".join(processes)}
    @cb.on_end
    def measure(self):
        self.made = float(self.done.level())
"""


RUN_CIMBA = """
import sys
import time
import cimba as cb
from line_in_cimba import Line

line, window = Line(), cb.Window(warmup=0, duration=4000 * 3600)
for seed in sys.stdin:
    begin = time.perf_counter()
    results = cb.Experiment(line, replications=1, window=window, seed=int(seed)).run()
    took = time.perf_counter() - begin
    print(took / float(results[line].made.values.ravel()[0]), flush=True)
"""


def test_against_cimba(report, tmp_path):
    """At least 6 times as many bodies a second as Cimba, which measures nothing else of its line.

    The rival that comes nearest is no part of `[test]`: python -m pip install cimba==0.9.6
    """
    try:
        its_version = version("cimba")
    except PackageNotFoundError:
        pytest.skip("no cimba")
    (tmp_path / "line_in_cimba.py").write_text(cimba_line(20), "utf-8")
    (tmp_path / "run.py").write_text(RUN_CIMBA, "utf-8")
    stop = Failure("stop", Exponential(6000 / 3600), Exponential(300 / 60))
    stations = [Station(f"S{i}", 60, failures=[stop]) for i in range(20)]
    shop = Shop("common", [Line("L", stations, buffers=5)])

    def ours(seed):
        begin = time.perf_counter()
        run = simulate(shop, hours=4000, seed=seed, progress=False)
        return (time.perf_counter() - begin) / run.bodies

    with child(["run.py"], tmp_path) as cimba:  # it has to compile before all else of Numba
        ask(cimba, 0), ours(0)  # both compile
        pairs = [(ask(cimba, seed), ours(seed)) for seed in range(1, 8)]
    gain = median(a / b for a, b in pairs)
    each = [f"{1e9 * median(column) / 20:.0f}" for column in zip(*pairs, strict=True)]
    text = f"{gain:.1f} times Cimba {its_version} ({each[1]} ns a visit, {each[0]} in Cimba)"
    report("a line of 20 unreliable stations, 5 places between", text)
    assert gain >= 6


def test_two_threads(report):
    """At least 1.8 times one thread: the kernel releases the GIL."""

    def seconds(threads):
        begin = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda k: visits(SHOP, 1000, seed=k), range(4)))
        return time.perf_counter() - begin

    gain = median(seconds(1) / seconds(2) for _ in range(5))
    report("two threads to one", f"{gain:.2f} times")
    assert gain >= 1.8


def test_growth_with_stations(report):
    """Time a visit of 20 and of 1,000 stations: the same within a third."""
    times = {}
    for n in (20, 150, 1000):
        shop = line_of(n)
        _, *each = [1e9 / rate(shop, 80_000 / n) for _ in range(6)]  # the first lays it out
        times[n] = median(each)
    text = ", ".join(f"{value:.0f} ns with {n:,}" for n, value in times.items())
    report("one visit in a line of n stations", text)
    assert 3 / 4 < times[1000] / times[20] < 4 / 3


def test_growth_with_hours(report):
    """Time an hour from 10 to 10,000 hours: linear."""
    hours = (10, 100, 1_000, 10_000)
    per_hour = {h: median(visits(SHOP, h)[1] / h * 1e3 for _ in range(3)) for h in hours[:3]}
    per_hour[10_000] = visits(SHOP, 10_000)[1] / 10
    text = ", ".join(f"{value:.2f} ms over {h:,} h" for h, value in per_hour.items())
    report("one hour of the 620-robot shop", text)
    assert per_hour[10_000] < 1.5 * per_hour[1_000]


@njit(nogil=True)
def max_plus(random, n_bodies, n_stations, places, cycle, mean_up, mean_down):
    """A body leaves when it is finished and the one `places` + 1 ahead has left: nothing else."""
    left = np.zeros((places + 2, n_stations + 1))
    fails = random.exponential(mean_up, n_stations)
    worked = np.zeros(n_stations)
    for body in range(n_bodies):
        row = left[body % (places + 2)]
        before, ahead = left[(body - 1) % (places + 2)], left[(body + 1) % (places + 2)]
        arrives = 0.0
        for j in range(n_stations):
            finished = max(arrives, before[j]) + cycle
            worked[j] += cycle
            while worked[j] > fails[j]:
                finished += random.exponential(mean_down)
                fails[j] += random.exponential(mean_up)
            arrives = max(finished, ahead[j + 1]) if j + 1 < n_stations else finished
            row[j] = arrives
    return arrives


def test_distance_to_the_bare_recursion(report):
    """A line of 150 stations beside a max-plus loop that knows no rule but blocking."""
    shop = line_of(150)
    random = np.random.default_rng(0)
    max_plus(random, 10, 150, 3, 60.0, 36_000.0, 300.0)

    def bare():
        begin = time.perf_counter()
        max_plus(random, 20_000, 150, 3, 60.0, 36_000.0, 300.0)
        return 20_000 * 150 / (time.perf_counter() - begin)

    pairs = [(bare(), rate(shop, 200)) for _ in range(5)]
    ratio = median(a / b for a, b in pairs)
    report(
        "line of 150 stations with places between",
        f"{median(b for _, b in pairs) / 1e6:.1f} million visits a second; a plain max-plus loop "
        f"of the same line {ratio:.0f} times that",
    )


def test_the_critical_path(report):
    """At most 15 % of a run event by event, which it needs; its path packed in a few MB a year."""

    def seconds(engine, asked=False):
        begin = time.perf_counter()
        options = {"engine": engine, "critical_path": asked, "progress": False}
        run = simulate(SHOP, hours=500, seed=0, **options)
        return time.perf_counter() - begin, run

    pairs = [(seconds("events")[0], seconds("events", True)[0]) for _ in range(15)]
    cost = median(b / a for a, b in pairs) - 1
    flow = median(seconds("compiled", True)[0] / seconds("compiled")[0] for _ in range(5))
    run = seconds("compiled", True)[1]
    kept = sum(map(len, run.counts.path._packed)) / 2**20 * 8760 / run.hours
    text = f"{cost:+.0%} of a run event by event, {flow:.1f} times one that flows"
    report("the critical path", f"{text}; {kept:.1f} MB a year")
    assert cost <= 0.15


MEMORY = """
import re, sys
from ningde_sim import ningde_2021, simulate
simulate(ningde_2021(), hours=float(sys.argv[1]), seed=0)
# not ru_maxrss, in which that of the process that starts this one counts too
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


def peak_memory(hours):
    """Peak of a whole process, imports and kernel included. [MB]"""
    command = [sys.executable, "-c", MEMORY, str(hours)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_a_year_of_the_plant(report):
    """At most 5 s on one core, inputs drawn; a year with random cycles is told beside it."""
    plan = scenario("ningde-2021")

    def seconds(year, seed):
        begin = time.perf_counter()
        simulate_year(year, seed=seed, progress=False)
        return time.perf_counter() - begin

    drawn = median(seconds(plan.draw(0, run), run) for run in range(7))
    spread = plan.typical().replace({"body_shop.cycle_time_cv": 0.02})
    random = median(seconds(spread, run) for run in range(3))
    report(
        "a year of the whole plant, one core", f"{drawn:.1f} s; {random:.1f} s with random cycles"
    )
    assert drawn <= 5


def test_a_study_of_years(report):
    """200 years with their twins take a few minutes on two cores: measured on 24."""

    def seconds(workers):
        begin = time.perf_counter()
        replicate(scenario("ningde-2021"), runs=24, seed=0, workers=workers, progress=False)
        return time.perf_counter() - begin

    two = seconds(2)
    gain = seconds(1) / two
    report("a study of 200 years, two workers", f"{two / 24 * 200 / 60:.1f} min")
    report("two workers to one, on years", f"{gain:.2f} times")
    assert two / 24 * 200 < 7 * 60
    assert gain > 1.7


def test_a_cheap_year(report):
    """The year as a continuous flow, beside the simulated one that it is the control of."""
    experiment = YearExperiment(scenario("ningde-2021"))
    experiment.cheap(0, 0)  # prepares the model

    def seconds(call, runs):
        begin = time.perf_counter()
        for run in runs:
            call(0, run)
        return (time.perf_counter() - begin) / len(runs)

    runs = [range(k, k + 2) for k in range(0, 10, 2)]
    pairs = [(seconds(experiment.run, few), seconds(experiment.cheap, range(50))) for few in runs]
    ratio = median(year / cheap for year, cheap in pairs)
    cheap = 1e3 * min(cheap for _, cheap in pairs)
    report("a year to its cheap year", f"{ratio:,.0f} times; a cheap year {cheap:.1f} ms")
    assert ratio > 3 * A_RUN  # further cheap years take less than a third of the time


def test_what_cheap_years_gain(report):
    """Widths of 95 % intervals of 120 years with the control, as shares of those without."""
    study = replicate(scenario("ningde-2021"), runs=120, seed=0, progress=False)

    def share(told):
        with_control, without = told(study), told(study.plain)
        return (with_control.high - with_control.low) / (without.high - without.low)

    shares = {
        "mean": share(lambda one: one.mean()),
        "probability of 240,000": share(lambda one: one.probability(240_000)),
        "median": share(lambda one: one.quantile(0.5)),
    }
    text = ", ".join(f"{name} {value:.2f}" for name, value in shares.items())
    report("120 years, widths of intervals with cheap years to without", text)
    assert shares["mean"] < 0.3
    assert shares["probability of 240,000"] < 0.6


def test_memory_does_not_grow_with_the_horizon(report):
    """Under 500 MB for a year, and the same within 5 % for ten."""
    peak_memory(1)  # it compiles where nobody did before, which takes more
    year, ten_years = peak_memory(8_760), peak_memory(87_600)
    report("peak memory", f"{year:.0f} MB for a year, {ten_years:.0f} MB for ten")
    assert year < 500
    assert ten_years < 1.05 * year


FIRST = """
import time
begin = time.perf_counter()
from ningde_sim import ningde_2021, simulate
imported = time.perf_counter()
simulate(ningde_2021(), hours=1, seed=0)
print(imported - begin, time.perf_counter() - imported)
"""


def test_first_call(report, tmp_path):
    """What the first call of a process costs, with an empty cache and with a filled one."""
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", FIRST]
    times = []
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
        times.append(tuple(map(float, done.stdout.split())))
    (_, cold), (imported, warm) = times
    report("import", f"{imported:.1f} s")
    report("first call on a machine, which compiles", f"{cold:.0f} s")
    report("first call of a later process", f"{warm:.1f} s")
    assert warm < cold / 5


def test_a_year_of_export(report):
    """Under 0.2 s, and under a tenth of the year that it follows."""
    plan = scenario("ningde-2021").typical()
    year = simulate_year(plan, seed=0, progress=False)
    made, sets = (year.daily[key].to_numpy() for key in ("vehicles", "ckd_sets"))

    def seconds(run):
        begin = time.perf_counter()
        ship(plan.export, made, sets, start=plan.calendar.first_day, seed=0, run=run)
        return time.perf_counter() - begin

    taken = median(seconds(run) for run in range(9))
    report("a year of export", f"{1000 * taken:.0f} ms")
    assert taken < 0.2


# ---------------------------------------------------------------- logs


def test_a_log_of_620_robots(report):
    """Five modes of each, some 40,000 stops of a year. Wanted: a few seconds."""
    rng = np.random.default_rng(0)
    means = {"tip": 500, "gun": 900, "arm": 700, "sensor": 600, "cable": 1_200}
    parts = []
    for robot in range(620):
        for mode, mean in means.items():
            start = np.cumsum(rng.gamma(2, mean / 2, 40))
            start = start[start < 8_700]
            minutes = rng.lognormal(2, 0.8, len(start))
            rows = {"equipment": f"R{robot}", "reason": mode, "start": start, "minutes": minutes}
            parts.append(pd.DataFrame(rows))
    log = pd.concat(parts, ignore_index=True)
    begin = pd.Timestamp("2021-01-01")
    log["start"] = begin + pd.to_timedelta(log["start"], unit="h")
    log["duration"] = pd.to_timedelta(log.pop("minutes"), unit="m")
    options = {"begin": begin, "end": "2022-01-01", "on_problem": "report", "progress": False}
    fitted, seconds = timed(lambda: fit_downtime(log, **options))
    n = len(fitted.table)
    report("a log of 620 robots", f"{seconds:.0f} s for {n:,} rows, {len(log):,} stops")
    assert n == 3_100


# ---------------------------------------------------------------- sweeps


def timed(call):
    begin = time.perf_counter()
    found = call()
    return found, time.perf_counter() - begin


def test_a_sweep_of_months(report):
    """200 target months in four design points: a worker, two threads, two processes; one digest."""

    def run(workers):
        over = {"repair_crews": [2, 3, 4, 5]}
        asked = {"hours": 500, "warm_up": 20, "runs": 50, "seed": 0, "progress": False}
        return sweep(SHOP, over, workers=workers, **asked)

    (one, alone), (threads, by_threads) = timed(lambda: run(1)), timed(lambda: run(2))
    with joblib.parallel_config(backend="loky"):
        run_small = {"hours": 1, "runs": 2, "seed": 0, "progress": False}
        sweep(SHOP, {"repair_crews": [2]}, workers=2, **run_small)  # the processes start
        processes, by_processes = timed(lambda: run(2))
    assert one.digest == threads.digest == processes.digest
    text = f"{alone / by_threads:.2f} times with threads, {alone / by_processes:.2f} with processes"
    report("two workers to one, a sweep of 200 months", text)
    assert alone / by_threads >= 1.8


def test_a_design_point_of_a_sweep(report, tmp_path):
    """What a design point costs beyond its run: a toy of two stations, the 620-robot shop."""
    toy = line_of(2)

    def cost(shop, over, **more):
        asked = {"hours": 1, "runs": 1, "seed": 0, "workers": 1, "progress": False}
        found, seconds = timed(lambda: sweep(shop, over, **asked, **more))
        points = len(found.design_points)
        case, seed = found.experiment, found.seed
        begin = time.perf_counter()
        for point in range(points):
            case.run(seed, point)
        return 1e3 * (seconds - (time.perf_counter() - begin)) / points

    cycles = {"stations.S0.cycle_time": np.linspace(50, 60, 500)}
    cost(toy, cycles)
    small, kept = cost(toy, cycles), cost(toy, cycles, resume=tmp_path / "a.db")
    large = cost(SHOP, {"stores.roof.capacity": range(20, 120)})
    text = f"{small:.1f} ms, {kept:.1f} ms with its file; {large:.1f} ms with 620 robots"
    report("a design point of a sweep, beyond its runs", text)
    assert max(small, kept) < 5


def flow(**changes):
    """A feeder, a machine and a last one of the same pace, two stores between: to be changed."""
    feeder, machine, last = {}, {}, {}
    for key, value in changes.items():
        where, _, field = key.partition("_")
        {"feeder": feeder, "machine": machine, "last": last}[where][field] = value
    stations = {"stations": [Station("M", Exponential(60))]} | machine
    lines = [
        Line("F", [Station("F1", Exponential(60))], **({"puts": "s"} | feeder)),
        Line("L", **({"takes": "s", "puts": "t"} | stations)),
        Line("T", [Station("T1", Exponential(60))], **({"takes": "t"} | last)),
    ]
    stores = [Store("s", 20), Store("t", 20), Store("u", 20, initial=1)]
    used = {name for line in lines for name in store_names(line.takes)}
    return Shop("flow", lines, stores=[store for store in stores if store.name in used])


TWICE = [Station("M", Exponential(120))]
"""For parts that go in pairs."""

CONSTRUCTS = {
    "two parts at once": {
        "machine_takes": {"s": 2},
        "machine_puts": {"t": 2},
        "machine_stations": TWICE,
    },
    "alternatives": {"machine_takes": [("u", "s")]},
    "a split": {"machine_puts": Split({"t": 0.9, "u": 0.1}), "last_takes": [("u", "t")]},
    "rejects, with rounds": {
        "machine_stations": [Station("M", Exponential(60), reject=0.1)],
        "machine_rejects": "u",
        "machine_rounds": 2,
        "machine_takes": [("u", "s")],
    },
    "three copies of each line": {"feeder_copies": 3, "machine_copies": 3, "last_copies": 3},
    "a failure of the line": {
        "machine_failures": [Failure("gate", Exponential(2), Exponential(6), clock="calendar")]
    },
    "a planned stop by the hour": {
        "machine_stations": [
            Station(
                "M",
                Exponential(60),
                planned_stops=[PlannedStop("oil", 1, Exponential(60), unit="working h")],
            )
        ]
    },
}
"""What a line of three machines may have besides."""


def indexing(**options):
    """A line of ten stations hand to hand, of random cycles."""
    stations = [Station(f"S{i}", Exponential(60)) for i in range(10)]
    return Shop("ten", [Line("L", stations, **options)])


def on_the_way(store):
    """Two machines and a store between."""
    ends = [("F", {"puts": "s"}), ("T", {"takes": "s"})]
    lines = [Line(name, [Station(f"{name}1", Exponential(60))], **way) for name, way in ends]
    return Shop("belt", lines, stores=[store])


def test_constructs(report):
    """What each costs a cycle, beside the same shop without it; no bound, but none doubles it."""

    def ratio(one, other, hours=20_000):
        for shop in (one, other):
            visits(shop, 10)
        pairs = [(visits(one, hours), visits(other, hours)) for _ in range(7)]
        return median((a[1] / a[0]) / (b[1] / b[0]) for a, b in pairs)

    pairs = {name: (flow(**changes), flow()) for name, changes in CONSTRUCTS.items()}
    pairs["a line that indexes"] = indexing(transfer="together"), indexing()
    belt = Store.conveyor("s", length=20, speed=0.5, spacing=1)
    pairs["a conveyor"] = on_the_way(belt), on_the_way(Store("s", 20, transit_time=40))
    costs = {name: 100 * (ratio(*both) - 1) for name, both in pairs.items()}
    report("more time a cycle with", "; ".join(f"{k} {v:+.0f} %" for k, v in costs.items()))
