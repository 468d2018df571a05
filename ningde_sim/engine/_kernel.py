"""The compiled engine: numbers and arrays in, numbers and arrays out.

Everything that Numba compiles is in this file, since its cache notices changes only in the file
of the function called. The rules are those of `ningde_sim.engine.rules`, one function each; the
names are those of `ningde_sim.engine.reference`, which says the same in SimPy.

Records are read in place: `s = f.stations[k]` refers to the row, it does not copy it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


_OPTIONS: Any = {"nogil": True, "_nrt": False}
"""Threads may run side by side. The kernel allocates nothing: counting references to the arrays
of `Floor` at each access would make it twenty times slower, so Numba is told not to."""


def _compiled(function: Function) -> Function:
    """Compile at the first call; keep the result on disk if a folder is writable."""
    if _OPTIONS.get("cache", True):
        try:
            cached: Function = njit(cache=True, **_OPTIONS)(function)
            return cached
        except RuntimeError:
            _OPTIONS["cache"] = False
            warnings.warn(
                "Neither the package's folder nor the user's cache folder can be written: the "
                "engine is compiled anew in each process, which takes some ten seconds. Set "
                "NUMBA_CACHE_DIR to a folder that can be written.",
                RuntimeWarning,
                stacklevel=2,
            )
    compiled: Function = njit(**_OPTIONS)(function)
    return compiled


def _inlined(function: Function) -> Function:
    """Compile into each caller: these run at every event."""
    compiled: Function = njit(forceinline=True, **_OPTIONS)(function)
    return compiled


NEVER = 2**62
"""A time that never comes. [ms]"""

LONGEST = 2**53
"""The longest duration: 285,000 years. [ms]"""

MOST_STEPS = 8
"""Room for the steps that one event ends, two at most, with some to spare."""

# --------------------------------------------------------------------------- random numbers

FIXED, EXPONENTIAL, LOGNORMAL, GAMMA, WEIBULL, UNIFORM, TRIANGULAR, EMPIRICAL = range(8)

STREAM = np.dtype(
    [
        ("key0", np.uint64),
        ("key1", np.uint64),
        ("code", np.int64),
        ("a", np.float64),
        ("b", np.float64),
        ("c", np.float64),
        ("unit", np.float64),  # ms in one unit of the distribution
        ("least", np.int64),  # no draw is shorter, ms
    ]
)

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0 = np.uint64(0xD2E7470EE14C6C93)
_M1 = np.uint64(0xCA5A826395121157)
_W0 = np.uint64(0x9E3779B97F4A7C15)
_W1 = np.uint64(0xBB67AE8584CAA73B)
_DROP = np.uint64(12)
_TWO_PI = 2.0 * math.pi


@_compiled
def _multiply(a, b):
    """High and low word of a product, in halves that cannot overflow."""
    a0, a1, b0, b1 = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    low, left, right = a0 * b0, a1 * b0, a0 * b1
    middle = (low >> _HALF) + (left & _LOW) + (right & _LOW)
    high = a1 * b1 + (left >> _HALF) + (right >> _HALF) + (middle >> _HALF)
    return high, (middle << _HALF) | (low & _LOW)


@_compiled
def _add(a, b):
    """The sum modulo 2**64, in halves that cannot overflow."""
    low = (a & _LOW) + (b & _LOW)
    high = (a >> _HALF) + (b >> _HALF) + (low >> _HALF)
    return (high << _HALF) | (low & _LOW)


@_compiled
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x64-10: four random words from a counter of four and a key of two, all uint64."""
    for _ in range(10):
        high0, low0 = _multiply(_M0, c0)
        high1, low1 = _multiply(_M1, c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = _add(k0, _W0), _add(k1, _W1)
    return c0, c1, c2, c3


@_compiled
def _unit(word):
    """A number between 0 and 1 from 52 random bits; of 53 the greatest would round to 1."""
    return (np.float64(word >> _DROP) + 0.5) * 2.0**-52


@_compiled
def uniform(stream, seed, run, k):
    """The k-th number between 0 and 1 of a stream."""
    words = philox(
        np.uint64(k), np.uint64(0), np.uint64(run), np.uint64(seed), stream.key0, stream.key1
    )
    return _unit(words[0])


@_compiled
def _gamma(stream, shape, seed, run, k):
    """Marsaglia and Tsang (2000), ACM TOMS 26:363-372; attempt i has a counter of its own."""
    d = (shape if shape >= 1.0 else shape + 1.0) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    attempt = 0
    while True:
        w0, w1, w2, w3 = philox(
            np.uint64(k),
            np.uint64(attempt),
            np.uint64(run),
            np.uint64(seed),
            stream.key0,
            stream.key1,
        )
        x = math.sqrt(-2.0 * math.log(_unit(w0))) * math.cos(_TWO_PI * _unit(w1))
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(_unit(w2)) < 0.5 * x * x + d - d * v + d * math.log(v):
            boost = 1.0 if shape >= 1.0 else _unit(w3) ** (1.0 / shape)
            return d * v * boost
        attempt += 1


@_compiled
def draw(stream, values, seed, run, k):
    """The k-th draw of a stream, in the unit of its distribution."""
    code, a, b, c = stream.code, stream.a, stream.b, stream.c
    if code == FIXED:
        return a
    if code == GAMMA:
        return b * _gamma(stream, a, seed, run, k)
    w0, w1, _, _ = philox(
        np.uint64(k), np.uint64(0), np.uint64(run), np.uint64(seed), stream.key0, stream.key1
    )
    u = _unit(w0)
    if code == EXPONENTIAL:
        return -a * math.log(u)
    if code == LOGNORMAL:
        return math.exp(a + b * math.sqrt(-2.0 * math.log(u)) * math.cos(_TWO_PI * _unit(w1)))
    if code == WEIBULL:
        return a * (-math.log(u)) ** b
    if code == UNIFORM:
        return a + (b - a) * u
    if code == TRIANGULAR:
        if u * (c - a) < b - a:
            return a + math.sqrt(u * (c - a) * (b - a))
        return c - math.sqrt((1.0 - u) * (c - a) * (c - b))
    return values[np.int64(a) + np.int64(u * b)]


@_compiled
def draw_ms(streams, values, i, seed, run, k):
    """The k-th draw of stream i, rounded to the clock; draws are rounded only here. [ms]"""
    stream = streams[i]
    ms = draw(stream, values, seed, run, k) * stream.unit
    if ms >= LONGEST:
        return LONGEST
    return max(np.int64(np.rint(ms)), stream.least)


# --------------------------------------------------------------------------- the floor

EMPTY, LOADED, FINISHED = range(3)  # what is at a station
DOWN, WAITING, PLANNED, WORKING, BLOCKED, STARVED = range(6)  # as in rules.State
RUNNING, IN_QUEUE, IN_REPAIR = range(3)  # what a failure is doing

STATION = np.dtype(
    [
        (name, np.float64 if name in ("scrap", "rework") else np.int64)
        for name in (
            # what it is
            *("time", "takes", "takes_end", "puts", "puts_end", "failures", "failures_end"),
            *("stops", "stops_end", "cycle", "fixed", "quality", "scrap", "rework", "line"),
            # how it is: `left` of the body or stop, `began` on the clock of its working time
            *("content", "task", "running", "left", "began", "in_repair", "in_queue", "state"),
            *("since", "since_wall", "done", "next_stop", "worked", "fails_at", "woken"),
            # why: the step that woke it last; the start of its own step, and the step before
            *("cause", "started", "before"),
            # what is counted
            *("cycles", "scrapped", "reworked", "n_failures"),
        )
    ]
)

STORE = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("capacity", "transit", "time", "takers", "putters", "under_way"),
            *("n_takers", "n_putters", "n_under_way", "first", "level", "ready", "since"),
            *("level_ms", "full_ms", "empty_ms", "none_ready_ms", "n_put", "n_taken"),
        )
    ]
)

FAILURE = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("station", "time", "uptime", "repair", "calendar", "crew"),
            *("state", "since", "since_wall", "fails_at", "n_up", "n_repair", "behind", "cut_off"),
            *("n_failures", "repair_ms", "queue_ms", "n_queued", "longest_ms"),
        )
    ]
)

TIME = np.dtype(
    [(name, np.int64) for name in ("windows", "windows_end", "end", "now", "close", "closed_ms")]
)

GLOBAL = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("now", "seed", "run", "width", "n_due_now", "n_woken", "first_woken"),
            *("crews", "busy_crews", "first_queued", "last_queued"),
            *("n_exits", "tracing", "n_trace"),
            *("noting", "n_steps", "cause", "exit_of", "exit_at", "exit_cause"),
        )
    ]
)


class Floor(NamedTuple):
    """Everything that the kernel reads and writes."""

    g: Any  # one GLOBAL
    times: Any  # TIME
    stations: Any  # STATION
    stores: Any  # STORE
    failures: Any  # FAILURE
    streams: Any  # STREAM
    values: Any  # float64: of the Empirical distributions
    windows: Any  # int64 (n, 2): opening, closing
    joins: Any  # int64: stores that stations take from and put to
    stops: Any  # int64 (n, 2): every, visible ms
    queues: Any  # int64: takers, putters, parts under way of each store
    ways: Any  # int64 (n, 2): when the transit of a part began, and the step before
    spent: Any  # int64 (stations, 6): ms in each state
    due: Any  # int64: when the slot's event is due, or NEVER
    after: Any  # int64: next slot in the same bucket
    buckets: Any  # int64: first slot of each bucket
    due_now: Any  # int64: heap of the slots due at this instant
    woken: Any  # int64: ring of stations that will try to move
    team: Any  # int64: stations that move together
    exits: Any  # int64 (n, 2): line, time
    trace: Any  # int64 (n, 4): thing, state, begin, end
    steps: Any  # int64 (n, 4): what it is, begin, end, the step before
    marks: Any  # int64 (n,): how often something refers to a step
    path: Any  # int64 (n, 4): steps that all paths have in common


# ------------------------------------------------------------ events: a calendar queue of slots
#
# Every thing has one slot: working times, stores, stations, failures, in this order, so
# that the number of the slot is the order of events at one instant. A slot waits in the bucket
# of its time; the slots of the present instant wait in a heap.


@_inlined
def _push(heap, n, slot):
    i = n
    while i > 0:
        parent = (i - 1) >> 1
        if heap[parent] <= slot:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = slot


@_inlined
def _pop(heap, n):
    """Take the lowest of n."""
    lowest, last = heap[0], heap[n - 1]
    i, child = 0, 1
    while child < n - 1:
        if child + 1 < n - 1 and heap[child + 1] < heap[child]:
            child += 1
        if last <= heap[child]:
            break
        heap[i] = heap[child]
        i, child = child, 2 * child + 1
    heap[i] = last
    return lowest


@_inlined
def _schedule(f, slot, when):
    g = f.g[0]
    f.due[slot] = when
    if when == g.now:
        _push(f.due_now, g.n_due_now, slot)
        g.n_due_now += 1
    elif when < NEVER:
        bucket = (when >> g.width) & (len(f.buckets) - 1)
        f.after[slot] = f.buckets[bucket]
        f.buckets[bucket] = slot


@_inlined
def _unlink(f, slot, bucket):
    at = f.buckets[bucket]
    if at == slot:
        f.buckets[bucket] = f.after[slot]
        return
    while f.after[at] != slot:
        at = f.after[at]
    f.after[at] = f.after[slot]


@_compiled
def _cancel(f, slot):
    """Cancel a station's event, which is not due now: it would come before what cancels it."""
    when = f.due[slot]
    if when < NEVER:
        _unlink(f, slot, (when >> f.g[0].width) & (len(f.buckets) - 1))
        f.due[slot] = NEVER


@_inlined
def _next_instant(f, until):
    """Move the clock to the next instant with events, if that is no later than `until`."""
    g = f.g[0]
    mask = len(f.buckets) - 1
    period = g.now >> g.width
    last = period + mask
    best = NEVER
    while True:
        slot = f.buckets[period & mask]
        while slot >= 0:
            if f.due[slot] < best and f.due[slot] >> g.width == period:
                best = f.due[slot]
            slot = f.after[slot]
        if best < NEVER:
            break
        period += 1
        if period << g.width > until:
            return False
        if period > last:  # nothing for a whole round: look everywhere
            for i in range(len(f.due)):
                best = min(best, f.due[i])
            break
    if best > until:
        return False
    g.now = best
    bucket = (best >> g.width) & mask
    slot, previous = f.buckets[bucket], -1
    while slot >= 0:
        following = f.after[slot]
        if f.due[slot] == best:
            if previous < 0:
                f.buckets[bucket] = following
            else:
                f.after[previous] = following
            _push(f.due_now, g.n_due_now, slot)
            g.n_due_now += 1
        else:
            previous = slot
        slot = following
    return True


# --------------------------------------------------------------------------- working time


@_inlined
def _reading(f, time):
    """Working time since the start of the run. [ms]"""
    t = f.times[time]
    return min(f.g[0].now, t.close) - t.closed_ms


@_inlined
def _is_open(f, time):
    return f.g[0].now <= f.times[time].close


@_inlined
def _after(f, time, duration):
    """The instant at which a working time has run for a duration from now on."""
    t = f.times[time]
    now = f.g[0].now
    if duration <= t.close - now:
        return now + duration
    return _after_closing(f, time, duration)


@_compiled
def _after_closing(f, time, duration):
    t = f.times[time]
    left = duration - max(t.close - f.g[0].now, 0)
    for i in range(t.now + 1, t.windows_end):
        opening, length = f.windows[i, 0], f.windows[i, 1] - f.windows[i, 0]
        if left <= length:
            return opening + left
        left -= length
    return NEVER


@_compiled
def _open(f, time):
    """A working time opens: its empty and finished stations try to move."""
    t = f.times[time]
    f.g[0].cause = -1
    passed = t.close - t.closed_ms
    t.now += 1
    t.close = f.windows[t.now, 1]
    t.closed_ms = f.windows[t.now, 0] - passed
    if t.now + 1 < t.windows_end:
        _schedule(f, time, f.windows[t.now + 1, 0])
    for k in range(len(f.stations)):
        if f.stations[k].time == time and f.stations[k].content != LOADED:
            _wake(f, k)


# --------------------------------------------------------------------------- accounts


@_inlined
def _record(f, thing, state, begin):
    g = f.g[0]
    if g.tracing and g.now > begin:
        f.trace[g.n_trace, 0] = thing
        f.trace[g.n_trace, 1] = state
        f.trace[g.n_trace, 2] = begin
        f.trace[g.n_trace, 3] = g.now
        g.n_trace += 1


@_inlined
def _state(s):
    if s.in_repair > 0:
        return DOWN
    if s.in_queue > 0:
        return WAITING
    if s.content == LOADED:
        return s.task
    return BLOCKED if s.content == FINISHED else STARVED


@_inlined
def _account_station(f, k):
    """Book the time up to now on the state that the station was in."""
    s = f.stations[k]
    reading = _reading(f, s.time)
    f.spent[k, s.state] += reading - s.since
    _record(f, k, s.state, s.since_wall)
    s.since = reading
    s.since_wall = f.g[0].now


@_inlined
def _show(f, k):
    s = f.stations[k]
    state = _state(s)
    if state != s.state:
        _account_station(f, k)
        s.state = state


@_inlined
def _account_store(f, i):
    q = f.stores[i]
    now = f.g[0].now
    passed = now - q.since
    if passed > 0:
        q.level_ms += passed * q.level
        if q.level == q.capacity:
            q.full_ms += passed
        if q.level == 0:
            q.empty_ms += passed
        if q.ready == 0:
            q.none_ready_ms += passed
        q.since = now


@_compiled
def _account_failure(f, i):
    failure = f.failures[i]
    reading = _reading(f, failure.time)
    if failure.state == IN_REPAIR:
        failure.repair_ms += reading - failure.since
        _record(f, len(f.stations) + i, DOWN, failure.since_wall)
    elif failure.state == IN_QUEUE:
        failure.queue_ms += reading - failure.since
        _record(f, len(f.stations) + i, WAITING, failure.since_wall)
    failure.since = reading
    failure.since_wall = f.g[0].now


@_compiled
def close_accounts(f):
    """Book the time up to now on everything."""
    for k in range(len(f.stations)):
        _account_station(f, k)
    for i in range(len(f.stores)):
        _account_store(f, i)
    for i in range(len(f.failures)):
        _account_failure(f, i)


# --------------------------------------------------------------------------- causes
#
# What a step is has a number: the work of each station, its planned stops, the repairs of each
# failure, its waits for a crew, then the transits of each store. A step holds twice that number,
# plus one if it came to its end.


@_inlined
def _repairs(f, i):
    return 2 * len(f.stations) + i


@_inlined
def _waits(f, i):
    return 2 * len(f.stations) + len(f.failures) + i


@_inlined
def _transits(f, i):
    return 2 * len(f.stations) + 2 * len(f.failures) + i


@_inlined
def _part_slot(q, m):
    """The row of the m-th part under way in a store."""
    return q.under_way + (q.first + m) % q.capacity


@_inlined
def _note(f, what, begin, before):
    """Write down a step that ends now; its number."""
    g = f.g[0]
    step = g.n_steps
    f.steps[step, 0] = what
    f.steps[step, 1] = begin
    f.steps[step, 2] = g.now
    f.steps[step, 3] = before
    g.n_steps = step + 1
    return step


@_compiled
def doing(f, k):
    """The step of a loaded station; of several repairs or waits the first declared counts."""
    s = f.stations[k]
    if s.in_repair == 0 and s.in_queue == 0:
        return 2 * (k if s.task == WORKING else len(f.stations) + k)
    sought = IN_REPAIR if s.in_repair > 0 else IN_QUEUE
    i = s.failures
    while f.failures[i].state != sought:
        i += 1
    return 2 * (_repairs(f, i) if s.in_repair > 0 else _waits(f, i))


@_compiled
def _step(f, k, ending):
    """The step of a loaded station ends, or is broken off because something else happens."""
    s = f.stations[k]
    g = f.g[0]
    if g.noting and s.content == LOADED:
        what = doing(f, k)
        if what == ending:
            s.before = _note(f, what + 1, s.started, s.before)
        elif g.now > s.started:
            s.before = _note(f, what, s.started, s.before)
        s.started = g.now


@_inlined
def _latest_cause(f, n):
    """The last cause of a move of a team of n."""
    cause = f.stations[f.team[0]].cause
    for i in range(1, n):
        cause = max(cause, f.stations[f.team[i]].cause)
    return cause


@_compiled
def note_causes(f):
    """Note causes from now on."""
    g = f.g[0]
    g.noting = 1
    g.n_steps = 0
    g.cause = g.exit_cause = -1
    g.exit_at = g.now
    for k in range(len(f.stations)):
        f.stations[k].cause = f.stations[k].before = -1
        f.stations[k].started = g.now
    for i in range(len(f.ways)):
        f.ways[i, 0] = g.now
        f.ways[i, 1] = -1


@_inlined
def _hold(f, step):
    """Mark a step that a path may still go through, and all before it; 1 if there is none.

    A mark counts 2 for what goes on now, 1 for each marked step that follows.
    """
    if step < 0:
        return 1
    mark = 2
    while step >= 0:
        marked = f.marks[step] > 0
        f.marks[step] += mark
        if marked:
            break
        step = f.steps[step, 3]
        mark = 1
    return 0


@_compiled
def _hold_all(f):
    """Mark all steps that a path may still go through; how many beginnings the paths have."""
    beginnings = _hold(f, f.g[0].exit_cause)
    for k in range(len(f.stations)):
        s = f.stations[k]
        if s.content == LOADED:
            s.cause = -1
            beginnings += _hold(f, s.before)
        else:
            s.before = -1
            beginnings += _hold(f, s.cause)
    for i in range(len(f.stores)):
        q = f.stores[i]
        for m in range(q.n_under_way):
            beginnings += _hold(f, f.ways[_part_slot(q, m), 1])
    for i in range(f.g[0].n_steps):
        beginnings += f.marks[i] > 0 and f.steps[i, 3] < 0
    return beginnings


@_inlined
def _copy(rows, i, to, k):
    for j in range(4):
        to[k, j] = rows[i, j]


@_compiled
def compact(f):
    """Make room for steps: drop those on no path, hand over those that all paths share.

    The latter go to the front of `path`, in order of time; their number is returned.
    """
    g = f.g[0]
    g.cause = -1
    for i in range(g.n_steps):
        f.marks[i] = 0
    in_common = _hold_all(f) == 1
    n, kept = 0, 0
    for i in range(g.n_steps):
        mark = f.marks[i]
        if mark > 0 and kept == 0 and in_common and mark == 1:
            _copy(f.steps, i, f.path, n)
            n += 1
            f.marks[i] = -1
        elif mark > 0:
            before = f.steps[i, 3]
            _copy(f.steps, i, f.steps, kept)
            f.steps[kept, 3] = f.marks[before] if before >= 0 else -1
            f.marks[i] = kept
            kept += 1
    g.n_steps = kept
    _renumber(f)
    return n


@_compiled
def _renumber(f):
    """Refer to steps by their new numbers."""
    g = f.g[0]
    g.exit_cause = f.marks[g.exit_cause] if g.exit_cause >= 0 else -1
    for k in range(len(f.stations)):
        s = f.stations[k]
        s.cause = f.marks[s.cause] if s.cause >= 0 else -1
        s.before = f.marks[s.before] if s.before >= 0 else -1
    for i in range(len(f.stores)):
        q = f.stores[i]
        for m in range(q.n_under_way):
            at = _part_slot(q, m)
            f.ways[at, 1] = f.marks[f.ways[at, 1]] if f.ways[at, 1] >= 0 else -1


# --------------------------------------------------------------------------- moves


@_inlined
def _wake(f, k):
    """Put a station in the ring of stations that will try to move."""
    s = f.stations[k]
    g = f.g[0]
    s.cause = max(s.cause, g.cause)
    if not s.woken:
        s.woken = 1
        at = g.first_woken + g.n_woken
        f.woken[at if at < len(f.woken) else at - len(f.woken)] = k
        g.n_woken += 1


@_inlined
def _position(f, first, k):
    at = first
    while f.queues[at] != k:
        at += 1
    return at - first


@_inlined
def _leave_queue(f, first, n, k):
    at = first + _position(f, first, k)
    while at < first + n - 1:
        f.queues[at] = f.queues[at + 1]
        at += 1


@_inlined
def _ask(f, k):
    """An empty station joins the queue for parts of each store that it takes from."""
    s = f.stations[k]
    for j in range(s.takes, s.takes_end):
        q = f.stores[f.joins[j]]
        f.queues[q.takers + q.n_takers] = k
        q.n_takers += 1
    _wake(f, k)


@_inlined
def _offer(f, k):
    """A finished station joins the queue for free places of each store that it puts to."""
    s = f.stations[k]
    for j in range(s.puts, s.puts_end):
        q = f.stores[f.joins[j]]
        f.queues[q.putters + q.n_putters] = k
        q.n_putters += 1
    _wake(f, k)


@_inlined
def _gather(f, k):
    """Find the stations that must move together with station k: their number, 0 if one can't."""
    f.team[0] = k
    n, i = 1, 0
    while i < n:
        member = f.team[i]
        s = f.stations[member]
        if s.content == LOADED or not _is_open(f, s.time):
            return 0
        empty = s.content == EMPTY
        for j in range(s.takes if empty else s.puts, s.takes_end if empty else s.puts_end):
            q = f.stores[f.joins[j]]
            position = _position(f, q.takers if empty else q.putters, member)
            if q.capacity > 0:
                if position >= (q.ready if empty else q.capacity - q.level):
                    return 0
                continue
            if position >= (q.n_putters if empty else q.n_takers):
                return 0
            partner = f.queues[(q.putters if empty else q.takers) + position]
            in_team = False
            for m in range(n):
                in_team = in_team or f.team[m] == partner
            if not in_team:
                f.team[n] = partner
                n += 1
        i += 1
    return n


@_inlined
def _take(f, k):
    s = f.stations[k]
    for j in range(s.takes, s.takes_end):
        i = f.joins[j]
        q = f.stores[i]
        _leave_queue(f, q.takers, q.n_takers, k)
        q.n_takers -= 1
        q.n_taken += 1
        if q.capacity > 0:
            _account_store(f, i)
            q.level -= 1
            q.ready -= 1


@_inlined
def _put(f, k):
    s = f.stations[k]
    for j in range(s.puts, s.puts_end):
        i = f.joins[j]
        q = f.stores[i]
        _leave_queue(f, q.putters, q.n_putters, k)
        q.n_putters -= 1
        q.n_put += 1
        if q.capacity > 0:
            _account_store(f, i)
            q.level += 1
            if q.transit == 0:
                q.ready += 1
            else:
                _send(f, i)


@_compiled
def _send(f, i):
    """A part starts its transit through store i."""
    q = f.stores[i]
    when = _after(f, q.time, q.transit)
    at = _part_slot(q, q.n_under_way)
    f.queues[at] = when
    f.ways[at, 0] = f.g[0].now
    f.ways[at, 1] = f.g[0].cause
    q.n_under_way += 1
    if q.n_under_way == 1:
        _schedule(f, len(f.times) + i, when)


@_compiled
def _arrive(f, i):
    """A part ends its transit: the stations that wait for it try to move."""
    _account_store(f, i)
    q = f.stores[i]
    if f.g[0].noting:
        at = _part_slot(q, 0)
        f.g[0].cause = _note(f, 2 * _transits(f, i) + 1, f.ways[at, 0], f.ways[at, 1])
    q.first = (q.first + 1) % q.capacity
    q.n_under_way -= 1
    q.ready += 1
    if q.n_under_way > 0:
        _schedule(f, len(f.times) + i, f.queues[q.under_way + q.first])
    for m in range(min(q.n_takers, q.ready)):
        _wake(f, f.queues[q.takers + m])


@_inlined
def _exchange(f, n):
    """Move a team of n: all leave their queues, then all go on."""
    f.g[0].cause = _latest_cause(f, n)
    for i in range(n):
        k = f.team[i]
        if f.stations[k].content == EMPTY:
            _take(f, k)
        else:
            _put(f, k)
    for i in range(n):
        k = f.team[i]
        s = f.stations[k]
        if s.content == EMPTY:
            for j in range(s.takes, s.takes_end):
                q = f.stores[f.joins[j]]
                for m in range(min(q.n_putters, q.capacity - q.level)):
                    _wake(f, f.queues[q.putters + m])
            _load(f, k)
        else:
            for j in range(s.puts, s.puts_end):
                q = f.stores[f.joins[j]]
                for m in range(min(q.n_takers, q.ready)):
                    _wake(f, f.queues[q.takers + m])
            if s.line >= 0:
                g = f.g[0]
                f.exits[g.n_exits, 0] = s.line
                f.exits[g.n_exits, 1] = g.now
                g.n_exits += 1
                g.exit_of, g.exit_at, g.exit_cause = k, g.now, g.cause
            _empty(f, k)


@_inlined
def _settle(f):
    """The woken stations try to move, first come, first served."""
    g = f.g[0]
    while g.n_woken > 0:
        k = f.woken[g.first_woken]
        g.first_woken += 1
        if g.first_woken == len(f.woken):
            g.first_woken = 0
        g.n_woken -= 1
        f.stations[k].woken = 0
        n = _gather(f, k)
        if n > 0:
            _exchange(f, n)


# --------------------------------------------------------------------------- stations


@_inlined
def _empty(f, k):
    f.stations[k].content = EMPTY
    _show(f, k)
    _ask(f, k)


@_inlined
def _load(f, k):
    """A body is there, or is processed again: first the planned stop if one is due, then work."""
    s = f.stations[k]
    s.content = LOADED
    s.started = f.g[0].now
    s.before = f.g[0].cause
    if s.done == s.next_stop:
        _planned_stop(f, k)
    else:
        _work(f, k)
    if s.in_repair == 0 and s.in_queue == 0:
        _run(f, k)
    _show(f, k)


@_compiled
def _planned_stop(f, k):
    """The longest of the stops that are due counts."""
    s = f.stations[k]
    s.task = PLANNED
    s.left = 0
    s.next_stop = NEVER
    for j in range(s.stops, s.stops_end):
        every = f.stops[j, 0]
        if s.done % every == 0:
            s.left = max(s.left, f.stops[j, 1])
        s.next_stop = min(s.next_stop, (s.done // every + 1) * every)


@_inlined
def _work(f, k):
    s = f.stations[k]
    s.task = WORKING
    s.left = s.fixed
    if s.fixed < 0:
        s.left = draw_ms(f.streams, f.values, s.cycle, f.g[0].seed, f.g[0].run, s.done)


@_inlined
def _run(f, k):
    """Go on until the task is done or an operating clock runs out."""
    s = f.stations[k]
    length = s.left
    if s.task == WORKING:
        length = min(length, s.fails_at - s.worked)
    s.running = 1
    s.began = _reading(f, s.time)
    _schedule(f, len(f.times) + len(f.stores) + k, _after(f, s.time, length))


@_inlined
def _pause(f, k):
    s = f.stations[k]
    passed = _reading(f, s.time) - s.began
    s.running = 0
    s.left -= passed
    if s.task == WORKING:
        s.worked += passed


@_inlined
def _station_due(f, k):
    """A planned stop ends, a body is finished, or an operating clock has run out."""
    s = f.stations[k]
    _pause(f, k)
    if s.left > 0:
        _fail_in_operation(f, k)
    elif s.task == PLANNED:
        _step(f, k, 2 * (len(f.stations) + k))
        _work(f, k)
        _run(f, k)
        _show(f, k)
    else:
        _finish(f, k)


@_inlined
def _finish(f, k):
    s = f.stations[k]
    if f.g[0].noting:
        f.g[0].cause = _note(f, 2 * k + 1, s.started, s.before)
    s.cycles += 1
    if s.scrap > 0.0 or s.rework > 0.0:
        u = uniform(f.streams[s.quality], f.g[0].seed, f.g[0].run, s.done)
        s.done += 1
        if u < s.scrap:
            s.scrapped += 1
            _empty(f, k)
            return
        if u < s.scrap + s.rework:
            s.reworked += 1
            _load(f, k)
            return
    else:
        s.done += 1
    s.content = FINISHED
    _show(f, k)
    _offer(f, k)


# --------------------------------------------------------------------------- failures and crews


@_compiled
def _fail_in_operation(f, k):
    s = f.stations[k]
    i = s.failures
    while f.failures[i].fails_at != s.fails_at:
        i += 1
    f.failures[i].fails_at = NEVER
    _fail(f, i)


@_compiled
def _failure_due(f, i):
    """A repair ends or is cut off, or a calendar clock runs out."""
    failure = f.failures[i]
    if failure.cut_off:
        if failure.crew:
            _crew_leaves(f)
        return
    if failure.state == IN_REPAIR:
        _repaired(f, i)
        return
    k = failure.station
    if f.stations[k].running:
        _cancel(f, len(f.times) + len(f.stores) + k)
        _pause(f, k)
    _fail(f, i)


@_compiled
def _fail(f, i):
    failure = f.failures[i]
    s = f.stations[failure.station]
    g = f.g[0]
    _step(f, failure.station, -1)
    failure.n_failures += 1
    s.n_failures += 1
    s.fails_at = _first_to_fail(f, failure.station)
    _account_failure(f, i)
    if failure.crew and g.busy_crews == g.crews:
        failure.state = IN_QUEUE
        s.in_queue += 1
        failure.behind = -1
        if g.first_queued < 0:
            g.first_queued = i
        else:
            f.failures[g.last_queued].behind = i
        g.last_queued = i
    else:
        g.busy_crews += failure.crew
        _start_repair(f, i)
    _show(f, failure.station)


@_compiled
def _start_repair(f, i):
    failure = f.failures[i]
    failure.state = IN_REPAIR
    f.stations[failure.station].in_repair += 1
    duration = draw_ms(
        f.streams, f.values, failure.repair, f.g[0].seed, f.g[0].run, failure.n_repair
    )
    failure.n_repair += 1
    slot = len(f.times) + len(f.stores) + len(f.stations) + i
    end = _after(f, failure.time, duration)
    failure.cut_off = end == NEVER
    _schedule(f, slot, f.times[failure.time].end if failure.cut_off else end)


@_compiled
def _repaired(f, i):
    """The clock starts afresh, the crew goes to the next failure, the station goes on."""
    failure = f.failures[i]
    s = f.stations[failure.station]
    _step(f, failure.station, 2 * _repairs(f, i))
    _account_failure(f, i)
    failure.state = RUNNING
    s.in_repair -= 1
    if failure.crew:
        _crew_leaves(f)
    start_failure(f, i)
    if s.in_repair == 0 and s.in_queue == 0 and s.content == LOADED:
        _run(f, failure.station)
    _show(f, failure.station)


@_compiled
def _crew_leaves(f):
    """A crew goes to the failure that waits longest, unless its station has closed for good."""
    g = f.g[0]
    g.busy_crews -= 1
    while g.first_queued >= 0 and g.now > f.times[f.failures[g.first_queued].time].end:
        g.first_queued = f.failures[g.first_queued].behind
    if g.first_queued >= 0:
        _crew_comes(f, g.first_queued)


@_compiled
def _crew_comes(f, i):
    failure = f.failures[i]
    g = f.g[0]
    _step(f, failure.station, 2 * _waits(f, i))
    g.first_queued = failure.behind
    g.busy_crews += 1
    waited = _reading(f, failure.time) - failure.since
    if waited > 0:
        failure.n_queued += 1
        failure.longest_ms = max(failure.longest_ms, waited)
    _account_failure(f, i)
    f.stations[failure.station].in_queue -= 1
    _start_repair(f, i)
    _show(f, failure.station)


@_compiled
def _first_to_fail(f, k):
    s = f.stations[k]
    first = NEVER
    for i in range(s.failures, s.failures_end):
        first = min(first, f.failures[i].fails_at)
    return first


@_compiled
def start_failure(f, i):
    """The clock of a failure starts afresh."""
    failure = f.failures[i]
    s = f.stations[failure.station]
    uptime = draw_ms(f.streams, f.values, failure.uptime, f.g[0].seed, f.g[0].run, failure.n_up)
    failure.n_up += 1
    if failure.calendar:
        slot = len(f.times) + len(f.stores) + len(f.stations) + i
        _schedule(f, slot, _after(f, failure.time, uptime))
    else:
        failure.fails_at = s.worked + uptime
        s.fails_at = min(s.fails_at, failure.fails_at)


# --------------------------------------------------------------------------- the run


@_compiled
def start(f):
    """Start all failures; all stations join their queues, in order."""
    for time in range(len(f.times)):
        if f.times[time].now + 1 < f.times[time].windows_end:
            _schedule(f, time, f.windows[f.times[time].now + 1, 0])
    for i in range(len(f.failures)):
        start_failure(f, i)
    for k in range(len(f.stations)):
        _ask(f, k)


@_compiled
def advance(f, until, events):
    """Run up to and including `until`, for at most `events` events; whether it got there.

    It also returns when the room for exits, the trace or the steps gets short.
    """
    g = f.g[0]
    first_station = len(f.times) + len(f.stores)
    first_failure = first_station + len(f.stations)
    room = len(f.exits) - len(f.stations)
    room_to_trace = len(f.trace) - 3 * (len(f.stations) + len(f.failures))
    room_to_step = len(f.steps) - MOST_STEPS
    while events > 0:
        _settle(f)
        if g.n_exits > room or (g.tracing and g.n_trace > room_to_trace):
            return False
        if g.noting and g.n_steps > room_to_step:
            return False
        if g.n_due_now == 0 and not _next_instant(f, until):
            g.now = until
            return True
        slot = _pop(f.due_now, g.n_due_now)
        g.n_due_now -= 1
        f.due[slot] = NEVER
        if slot >= first_failure:
            _failure_due(f, slot - first_failure)
        elif slot >= first_station:
            _station_due(f, slot - first_station)
        elif slot >= len(f.times):
            _arrive(f, slot - len(f.times))
        else:
            _open(f, slot)
        events -= 1
    return False
