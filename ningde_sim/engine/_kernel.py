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
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

import numpy as np
from llvmlite import ir
from llvmlite.binding import Linkage
from numba import from_dtype, njit, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.datamodel.models import OpaqueModel
from numba.core.imputils import lower_getattr_generic
from numba.core.typed_passes import NativeLowering
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    overload,
    register_model,
    unbox,
)
from numba.np.arrayobj import make_array, populate_array

Function = TypeVar("Function", bound=Callable[..., Any])


_OPTIONS: Any = {"nogil": True, "_nrt": False}
"""Threads may run side by side. The kernel allocates nothing: counting references to the arrays
of `Floor` at each access would make it twenty times slower, so Numba is told not to."""


class _Whole(JITCodeLibrary):
    """The code of a function that Python calls, with all that it calls.

    Numba optimises and assembles each function with all that it calls, and anew in each of its
    callers, which takes twice the time.
    """

    def add_linking_library(self, library: Any) -> None:
        """Link a part with all its parts, once."""
        library._ensure_finalized()
        parts = [library, *(library._linking_libraries if isinstance(library, _Part) else ())]
        self._linking_libraries += [part for part in parts if part not in self._linking_libraries]

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if function.linkage == Linkage.weak_odr:  # all parts are here: what is inlined may go
                function.linkage = Linkage.linkonce_odr
        super()._optimize_final_module()


class _Part(_Whole):
    """The code of a function that only others here call: it is linked into theirs as it is."""

    def finalize(self) -> None:
        """There is nothing to do."""
        self._finalized = True

    def _get_module_for_linking(self) -> Any:
        for function in self._final_module.functions:
            if not function.is_declaration:
                function.linkage = Linkage.weak_odr
        return self._final_module


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerWhole(NativeLowering):
    _name = "lower_whole"

    def run_pass(self, state: Any) -> bool:
        """Write the code into a library of ours."""
        state.library = _Whole(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return bool(super().run_pass(state))


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerPart(NativeLowering):
    _name = "lower_part"

    def run_pass(self, state: Any) -> bool:
        """Write the code into a library, of which nothing is to be called from Python."""
        state.library = _Part(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        entry: Any = [].copy  # Numba knows functions by a builtin, a different one each
        state["cr"] = state.cr._replace(cfunc=entry)
        state.targetctx.insert_user_function(entry, state.cr.fndesc, [state.library])
        return True


class _WholeCompiler(CompilerBase):
    lowering: Any = _LowerWhole

    def define_pipelines(self) -> list[Any]:
        """As Numba's own, but for the last step."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.add_pass_after(self.lowering, NativeLowering)
        manager.passes = [each for each in manager.passes if each[0] is not NativeLowering]
        manager.finalize()
        return [manager]


class _PartCompiler(_WholeCompiler):
    lowering = _LowerPart


_WITHOUT_C: Any = _OPTIONS | {"no_cfunc_wrapper": True}
_WHOLE: Any = _WITHOUT_C | {"cache": True, "pipeline_class": _WholeCompiler}


def _compiled(function: Function) -> Function:
    """Compile at the first call; keep the result on disk if a folder is writable."""
    if _WHOLE["cache"]:
        try:
            cached: Function = njit(**_WHOLE)(function)
            if cache := getattr(cached, "_cache", None):  # there is none where nothing is compiled
                cache.load_overload = partial(_load_cached, cache, cache.load_overload)
            return cached
        except RuntimeError:
            _WHOLE["cache"] = False
            warnings.warn(
                "Neither the package's folder nor the user's cache folder can be written: the "
                "engine is compiled anew in each process, which takes some twenty seconds. Set "
                "NUMBA_CACHE_DIR to a folder that can be written.",
                RuntimeWarning,
                stacklevel=2,
            )
    compiled: Function = njit(**_WHOLE)(function)
    return compiled


def _load_cached(cache: Any, load: Callable[..., Any], *arguments: Any) -> Any:
    """Load what was compiled; what is damaged on disk is compiled anew, and replaced."""
    try:
        return load(*arguments)
    except Exception:  # whatever reading a pickle that was cut or changed may raise
        cache.flush()
        return None


_INNER: Any = _WITHOUT_C | {"no_cpython_wrapper": True, "pipeline_class": _PartCompiler}
"""Of what only the kernel calls: it needs no way in from Python, and is cached with its callers."""


def _inner(function: Function) -> Function:
    """Compile a function that others here call."""
    compiled: Function = njit(**_INNER)(function)
    return compiled


def _inlined(function: Function) -> Function:
    """Compile into each caller: these run at every event."""
    compiled: Function = njit(forceinline=True, **_INNER)(function)
    return compiled


NEVER = 2**62
"""A time that never comes. [ms]"""

_REPAIR = 2**60
"""The turn of a station under repair comes after that of all others."""

RANK = 2**48
"""The turn of a line comes after those of lines that make fewer products."""

_NOT_CLEAR = 2**40
"""Places that a conveyor lacks as long as the last part has not left its entry."""

UNBORN = -(2**62)
"""The birth of a part that was not loaded yet. [ms]"""

LONGEST = 2**53
"""The longest duration: 285,000 years. [ms]"""

KEPT_PRODUCTS = 4096
"""Numbers whose products are kept once drawn, in a random sequence; a power of two."""

MOST_STEPS = 8
"""Room for the steps that one event ends; it may end three at each station besides."""

# --------------------------------------------------------------------------- random numbers

FIXED, EXPONENTIAL, LOGNORMAL, GAMMA, WEIBULL, UNIFORM, TRIANGULAR, EMPIRICAL = range(8)
NORMAL, IN_ORDER = 8, 9

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

_M0 = np.uint64(0xD2E7470EE14C6C93)
_M1 = np.uint64(0xCA5A826395121157)
_W0 = np.uint64(0x9E3779B97F4A7C15)
_W1 = np.uint64(0xBB67AE8584CAA73B)
_DROP = np.uint64(12)
_TWO_PI = 2.0 * math.pi

_U = np.uint64
"""Of each index: Numba looks whether a signed one is negative, which takes 40 % of the time."""


def _multiply(a, b):
    """High and low word of a product."""
    product = int(a) * int(b)
    return np.uint64(product >> 64), np.uint64(product & 2**64 - 1)


def _add(a, b):
    """The sum modulo 2**64."""
    return np.uint64(int(a) + int(b) & 2**64 - 1)


@intrinsic
def _wide_product(typing_context, a, b):
    """One instruction of the processor, which no arithmetic of 64 bits reaches."""

    def generate(context, builder, signature, arguments):
        wide = ir.IntType(128)
        a, b = (builder.zext(each, wide) for each in arguments)
        product = builder.mul(a, b)
        words = (builder.lshr(product, ir.Constant(wide, 64)), product)
        low = [builder.trunc(each, ir.IntType(64)) for each in words]
        return context.make_tuple(builder, signature.return_type, low)

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), generate


@overload(_multiply)
def _compile_multiply(a, b):
    return lambda a, b: _wide_product(a, b)


@overload(_add)
def _compile_add(a, b):
    return lambda a, b: a + b


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
        np.uint64(k), np.uint64(0), np.uint64(run), np.uint64(seed), stream["key0"], stream["key1"]
    )
    return _unit(words[0])


@_inner
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
            stream["key0"],
            stream["key1"],
        )
        x = math.sqrt(-2.0 * math.log(_unit(w0))) * math.cos(_TWO_PI * _unit(w1))
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(_unit(w2)) < 0.5 * x * x + d - d * v + d * math.log(v):
            boost = 1.0 if shape >= 1.0 else _unit(w3) ** (1.0 / shape)
            return d * v * boost
        attempt += 1


@_inner
def _normal(stream, mean, std, seed, run, k):
    """What lies above 0 of a normal distribution; attempt i has a counter of its own."""
    attempt = 0
    while True:
        w0, w1, _, _ = philox(
            np.uint64(k),
            np.uint64(attempt),
            np.uint64(run),
            np.uint64(seed),
            stream["key0"],
            stream["key1"],
        )
        x = math.sqrt(-2.0 * math.log(_unit(w0))) * math.cos(_TWO_PI * _unit(w1))
        if mean + std * x >= 0.0:
            return mean + std * x
        attempt += 1


@_compiled
def draw(stream, values, seed, run, k):
    """The k-th draw of a stream, in the unit of its distribution."""
    code, a, b, c = stream["code"], stream["a"], stream["b"], stream["c"]
    if code == FIXED:
        return a
    if code == GAMMA:
        return c + b * _gamma(stream, a, seed, run, k)
    if code == NORMAL:
        return c + _normal(stream, a, b, seed, run, k)
    if code == IN_ORDER:
        return c + values[_U(np.int64(a) + np.int64(k) % np.int64(b))]
    w0, w1, _, _ = philox(
        np.uint64(k), np.uint64(0), np.uint64(run), np.uint64(seed), stream["key0"], stream["key1"]
    )
    u = _unit(w0)
    if code == EXPONENTIAL:
        return c - a * math.log(u)
    if code == LOGNORMAL:
        return c + math.exp(a + b * math.sqrt(-2.0 * math.log(u)) * math.cos(_TWO_PI * _unit(w1)))
    if code == WEIBULL:
        return c + a * (-math.log(u)) ** b
    if code == UNIFORM:
        return a + (b - a) * u
    if code == TRIANGULAR:
        if u * (c - a) < b - a:
            return a + math.sqrt(u * (c - a) * (b - a))
        return c - math.sqrt((1.0 - u) * (c - a) * (c - b))
    return c + values[_U(np.int64(a) + np.int64(u * b))]


@_compiled
def fill_draws(table, streams, values, seed, run):
    """Fill a table of shape (n_streams, n) with the first n draws of each stream."""
    for i in range(table.shape[0]):
        for k in range(table.shape[1]):
            table[_U(i), _U(k)] = draw(streams[_U(i)], values, seed, run, k)


@_inlined
def _whole(ms):
    """Durations are rounded to the clock here, and only here. [ms]"""
    return np.int64(np.rint(ms))


@_compiled
def draw_ms(streams, values, i, seed, run, k):
    """The k-th draw of stream i, rounded to the clock. [ms]

    What is always the same keeps its rate: k of them last as long as k times the exact value.
    """
    stream = streams[_U(i)]
    if stream["code"] == FIXED:
        each = stream["a"] * stream["unit"]
        if each * (k + 1) < LONGEST:
            return max(_whole(each * (k + 1)) - _whole(each * k), stream["least"])
    ms = draw(stream, values, seed, run, k) * stream["unit"]
    if ms >= LONGEST:
        return LONGEST
    return max(_whole(ms), stream["least"])


# --------------------------------------------------------------------------- the floor

EMPTY, LOADED, FINISHED, SCRAPPED, REJECTED = range(5)  # what is at a station
DOWN, WAITING, PLANNED, SETUP, WORKING, BLOCKED, STARVED, OFF = range(8)  # as in rules.State
OVERTIME = 8  # of rows of the trace: a station worked on after its closing
PAUSE, FINISH, HOLD = range(3)  # what it does at closing
RUNNING, IN_QUEUE, IN_REPAIR = range(3)  # what a failure is doing, or a stop with a crew
ANYONE, NOBODY = -1, -2  # whom a station meets at a store
RESUME, RESTART, SCRAP = range(3)  # what becomes of the body in work when it fails
RANDOM, CYCLE, ORDERS = range(3)  # the sequence of products
BATCH, SEQUENCE = range(2)  # the rule of a bank
FAILURE_OF, STOP_OF, SETUP_OF = range(3)  # what asks for a repair or a crew
CYCLES, WORKING_H, CLOCK_H = range(3)  # what counts for a planned stop

STATION = np.dtype(
    [
        (name, np.float64 if name in ("scrap", "again", "fails") else np.int64)
        for name in (
            # what each cycle reads comes first, and shares cache lines; how it is: `left` of the
            # body or stop, `whole` cycle, `began` on the clock of its working time; how many
            # failures and stops with a crew are open
            *("content", "task", "state", "open", "woken", "asked", "wants", "wants_end"),
            *("time", "part", "mates_end", "splits", "hands_on", "one_way", "clock", "at_close"),
            *("takes", "takes_end", "puts", "puts_end", "left", "whole", "began", "running"),
            # of a shop with products: whether it `varies` by product, its first recipe; which
            # product it is `set_for`, its changes; whether it chooses its parts, and in what order
            *("varies", "recipes", "drawn", "set_for", "changes", "choosy", "picks", "rank"),
            *("done", "next_stop", "worked", "fails_at", "begun", "held", "overtime", "fixed"),
            # `scrap` and less are scrapped, `again` reworked, `fails` rejected; why: the step that
            # woke it last; the start of its own step, and the step before
            *("since", "since_wall", "asked_at", "cycles", "fails", "cause", "started", "before"),
            *("cycle", "quality", "scrap", "again", "most_rounds", "returns", "returns_end"),
            *("rejects", "rejects_end", "mates", "indexed_at", "failures", "failures_end"),
            *("stops", "stops_end", "line_failures", "line_failures_end"),
            *("line",),  # -1 if its bodies do not count
            # its setups; which products it `makes`, in bits, and may now; its count of births
            *("setup_failure", "n_changes", "makes", "choosing", "group"),
            # what is counted
            *("scrapped", "reworked", "rejected", "n_failures", "setups"),
            # of those that are open: repaired, waiting for a crew, stops and setups, setups
            *("in_repair", "in_queue", "open_stops", "open_setups"),
        )
    ]
)

STORE = np.dtype(
    [
        (name, np.int64)
        for name in (
            # what each part reads comes first, and shares cache lines
            *("capacity", "level", "out", "in_", "places", "places_end", "transit", "n_put"),
            *("level_ms", "full_ms", "empty_ms", "none_ready_ms", "n_taken", "time"),
            # of the flow: when a part was last put and taken
            *("last_put", "last_take"),
            # of the flow: several take from it or put to it; the next arrival that someone waits
            # for, the last keys at which someone asked, or took and put, and since when they waited
            *("shared", "awaited", "asked_takes", "asked_puts"),
            *("took", "put_in", "taker_since", "putter_since"),
            *("takers", "takers_end", "putters", "putters_end"),
            *("ready", "free", "headway", "since"),
            *("under_way", "n_under_way", "first", "end_is_free"),
            *("claimed_parts", "claimed_places"),
            # of a shop with products: only the first can be taken; a bank; the last product each
            # way, the highest number that left; batches each way, parts that were overtaken
            *("declared", "selects", "in_order", "lanes", "rule"),
            *("last_in", "last_out", "most_out"),
            *("batches_in", "batches_out", "overtaken"),
        )
    ]
)

JOIN = np.dtype(
    [
        (name, np.int64)
        for name in (
            # `store`: the only one, or the one chosen by a split; -1 if there are alternatives
            *("store", "number", "takes", "alternatives", "alternatives_end", "route"),
            # `partner`: hand to hand the station that it meets, `ANYONE` of several; else `NOBODY`
            *("partner", "used", "met", "matches"),
        )
    ]
)

PART = np.dtype(
    [
        (name, np.int64)
        # `product` and its `number` in the sequence: -1 before its birth; `lane` of a bank
        for name in ("born", "rounds", "free", "product", "number", "lane")
    ]
)

PRODUCT = np.dtype(
    [
        ("share", np.float64),
        ("start", np.int64),  # ms
        ("first", np.int64),  # the first number that may be of it
        ("ramp", np.float64),  # speed at the start
        ("tau", np.float64),  # ms; 0 without a ramp
        ("wip", np.int64),
        ("wip_ms", np.int64),
        ("wip_since", np.int64),
    ]
)

GROUP = np.dtype([(name, np.int64) for name in ("next", "head", "choosy", "last_birth")])
"""A count of births: its next number, that product, whether lines wait until it is theirs; the key
of the last birth in the flow."""

RECIPE = np.dtype(
    [
        (name, np.float64 if name in ("scrap", "again", "fails") else np.int64)
        for name in ("cycle", "fixed", "scrap", "again", "fails", "ramps")
    ]
)

FAILURE = np.dtype(
    [
        (name, np.int64)
        for name in (
            # what it is, a planned stop with a crew too; what it stops; who repairs it
            *("station", "stations_end", "of_line", "planned", "time", "uptime", "repair", "first"),
            *("calendar", "clock", "then", "priority", "groups", "groups_end"),
            *("state", "group", "since", "since_wall", "fails_at", "n_up", "n_repair"),
            *("request", "behind", "left", "rests", "worked", "stopped_at"),
            *("n_failures", "repair_ms", "queue_ms", "n_queued", "longest_ms", "clock_ms"),
        )
    ]
)

LINE = np.dtype(
    [
        (name, np.int64)
        for name in ("time", "failures", "failures_end", "n_working", "worked", "since")
    ]
)

STOP = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("every", "unit", "duration", "failure"),
            *("next", "n", "left", "n_stops", "stop_ms"),
        )
    ]
)

CREW = np.dtype([(name, np.int64) for name in ("number", "time", "busy", "busy_ms")])

TIME = np.dtype(
    [(name, np.int64) for name in ("windows", "windows_end", "now", "close", "closed_ms")]
)

GLOBAL = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("now", "seed", "run", "width", "n_due_now", "n_woken", "n_requests"),
            *("free_crews", "first_queued", "n_crew_requests"),
            *("n_exits", "tracing", "n_trace"),
            *("n_parts", "first_free", "wip", "wip_ms", "wip_since"),
            # the sequence of products, how many there are, when the next of them starts
            *("sequence", "batch", "choices_of", "n_products", "next_start"),
            *("noting", "n_steps", "cause", "exit_of", "exit_at", "exit_cause"),
            # of the flow: whether it flows; the key of what happens; from when, up to when;
            # bits of the number of an event; sizes; why it gave up; time from exit to exit [ms]
            *("flowing", "key", "began", "end", "end_key", "bits", "n_heap", "n_calls"),
            *("last_begin", "gave_up", "exit_gap"),
        )
    ]
)


class Arrays(NamedTuple):
    """Everything that the kernel reads and writes."""

    by_product: Any  # None where all parts are alike: products cost such a shop nothing
    g: Any  # one GLOBAL
    times: Any  # TIME
    stations: Any  # STATION
    stores: Any  # STORE
    failures: Any  # FAILURE
    lines: Any  # LINE: those with a failure whose clock runs while any of their stations works
    stops: Any  # STOP
    crews: Any  # CREW
    groups: Any  # int64: groups of crews that may repair each failure
    streams: Any  # STREAM
    values: Any  # float64: of the Empirical distributions
    windows: Any  # int64 (n, 2): opening, closing
    joins: Any  # JOIN
    alternatives: Any  # int64: stores of the joins that have several
    shares: Any  # float64: of each alternative, the share of a split up to and including it
    parts: Any  # PART
    products: Any  # PRODUCT
    groups_of_lines: Any  # GROUP: lines whose births have one count
    orders: Any  # int64: the product of each number of a cycle or of orders, or those drawn last
    recipes: Any  # RECIPE: of each station, of each product where they differ
    changes: Any  # int64: stream of a setup from a product to another, or -1
    drawn: Any  # int64: cycles of each product at stations where they differ
    tally: Any  # int64 (stations, products, 3): scrapped, reworked, rejected
    held: Any  # int64 (stores, products, 3): level, its time integral, up to when
    lanes: Any  # int64 (lanes, 3): of a bank, while a part goes in
    places: Any  # int64: the parts in each store, first in, first out, in a ring
    queues: Any  # int64: takers, putters, parts under way of each store
    choices: Any  # int64 (n, 6): what a team has chosen: see `_gather`
    ways: Any  # int64 (n, 2): when the transit of a part began, and the step before
    spent: Any  # int64 (stations, 7): ms in each state
    due: Any  # int64: when the slot's event is due, or NEVER
    after: Any  # int64: next slot in the same bucket
    buckets: Any  # int64: first slot of each bucket
    due_now: Any  # int64: heap of the slots due at this instant
    woken: Any  # int64: stations that will try to move
    team: Any  # int64: stations that move together
    exits: Any  # int64 (n, 5): line, time, lead time, product, number
    exit_keys: Any  # int64 (n,): keys of the exits, which are not in order where bodies flow
    trace: Any  # int64 (n, 4): thing, state, begin, end
    steps: Any  # int64 (n, 4): what it is, begin, end, the step before
    marks: Any  # int64 (n,): how often something refers to a step
    path: Any  # int64 (n, 4): steps that all paths have in common
    flow: Any  # FLOW: the stations where bodies flow
    ring: Any  # RING: beside `places`
    heap: Any  # int64 (n, 2): events of the flow: key, what it is
    calls: Any  # int64: stations that try to move at a shared store


_ROOM = 4
"""Numbers that describe an array: where it is, and its shape, of at most three dimensions."""


class Floor:
    """All arrays as one argument: a pointer to where they are.

    To hand them over one by one would take longer than most functions do, and most of the time in
    which they are compiled.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        table = np.zeros((len(arrays), _ROOM), np.int64)
        for row, array in zip(table, arrays, strict=True):
            if isinstance(array, np.ndarray):
                row[0] = array.ctypes.data
                row[1 : 1 + array.ndim] = array.shape
        self._table = table
        self.address = table.ctypes.data
        self._numba_type_ = _floor_type(arrays)

    def __getattr__(self, name: str) -> Any:
        """One of the arrays."""
        return getattr(self.arrays, name)

    def copy(self) -> Floor:
        """Arrays of its own, with the same in them."""
        copies = (each.copy() for each in self.arrays[1:])
        return Floor(Arrays(self.arrays.by_product, *copies))

    def replace(self, **arrays: Any) -> Floor:
        """The same arrays but for some."""
        return Floor(self.arrays._replace(**arrays))


class FloorType(types.Type):
    """What Numba knows of a floor: the types of its arrays, by name."""

    def __init__(self, kinds: tuple[tuple[str, Any], ...]) -> None:
        self.kinds = dict(kinds)
        # short, since it is a part of the name of each compiled function
        super().__init__(name=f"Floor_{sha256(repr(kinds).encode()).hexdigest()[:16]}")


def _floor_type(arrays: Arrays) -> FloorType:
    shapes = tuple(
        (name, (array.dtype, array.ndim) if isinstance(array, np.ndarray) else None)
        for name, array in zip(Arrays._fields, arrays, strict=True)
    )
    return _floor_type_of(arrays.by_product is not None, shapes)


@lru_cache
def _floor_type_of(by_product: bool, shapes: tuple[tuple[str, Any], ...]) -> FloorType:
    def kind(shape: Any) -> Any:
        if shape is None:
            return types.int64 if by_product else types.none
        return types.Array(from_dtype(shape[0]), shape[1], "C")

    return FloorType(tuple((name, kind(shape)) for name, shape in shapes))


@register_model(FloorType)
class _FloorModel(OpaqueModel):
    """A pointer."""


@unbox(FloorType)
def _unbox_floor(kind: Any, floor: Any, context: Any) -> NativeValue:
    address = context.pyapi.object_getattr_string(floor, "address")
    pointer = context.pyapi.long_as_voidptr(address)
    context.pyapi.decref(address)
    return NativeValue(pointer)


@infer_getattr
class _FloorAttributes(AttributeTemplate):
    key = FloorType

    def generic_resolve(self, floor: FloorType, name: str) -> Any:  # type: ignore[override]
        """The type of an array."""
        return floor.kinds.get(name)


@lower_getattr_generic(FloorType)
def _read_array(context: Any, builder: Any, kind: FloorType, floor: Any, name: str) -> Any:
    """An array; where it is does not change, so it is looked up once in each function."""
    array_type = kind.kinds[name]
    if not isinstance(array_type, types.Array):
        return context.get_constant_null(array_type)
    word = ir.IntType(64)
    numbers = builder.bitcast(floor, word.as_pointer())
    first = _ROOM * list(kind.kinds).index(name)

    def number(at: int) -> Any:
        place = builder.gep(numbers, [ir.Constant(word, first + at)], inbounds=True)
        loaded = builder.load(place)
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    array = make_array(array_type)(context, builder)
    size = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    if isinstance(array_type.dtype, types.Record):
        size = array_type.dtype.size
    shape = [number(1 + axis) for axis in range(array_type.ndim)]
    strides = [ir.Constant(word, size)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    populate_array(
        array,
        data=builder.inttoptr(number(0), context.get_data_type(array_type.dtype).as_pointer()),
        shape=shape,
        strides=strides,
        itemsize=ir.Constant(word, size),
        meminfo=None,
    )
    return array._getvalue()


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
        if heap[_U(parent)] <= slot:
            break
        heap[_U(i)] = heap[_U(parent)]
        i = parent
    heap[_U(i)] = slot


@_inlined
def _pop(heap, n):
    """Take the lowest of n."""
    lowest, last = heap[0], heap[_U(n - 1)]
    i, child = 0, 1
    while child < n - 1:
        if child + 1 < n - 1 and heap[_U(child + 1)] < heap[_U(child)]:
            child += 1
        if last <= heap[_U(child)]:
            break
        heap[_U(i)] = heap[_U(child)]
        i, child = child, 2 * child + 1
    heap[_U(i)] = last
    return lowest


@_inner
def _schedule_flow(f, slot):
    """In the flow only repairs by crews are events; stations are followed."""
    i = slot - _failure_slot(f, 0)
    if i >= 0 and f.failures[_U(i)].groups < f.failures[_U(i)].groups_end:
        _plan(f, slot)


@_inner
def _schedule(f, slot, when):
    g = f.g[0]
    f.due[_U(slot)] = when
    if g.flowing:
        _schedule_flow(f, slot)
    elif when == g.now:
        _push(f.due_now, g.n_due_now, slot)
        g.n_due_now += 1
    elif when < NEVER:
        bucket = (when >> g.width) & (len(f.buckets) - 1)
        f.after[_U(slot)] = f.buckets[_U(bucket)]
        f.buckets[_U(bucket)] = slot


@_inlined
def _unlink(f, slot, bucket):
    at = f.buckets[_U(bucket)]
    if at == slot:
        f.buckets[_U(bucket)] = f.after[_U(slot)]
        return
    while f.after[_U(at)] != slot:
        at = f.after[_U(at)]
    f.after[_U(at)] = f.after[_U(slot)]


@_inner
def _cancel(f, slot):
    """Cancel a station's event, which is not due now: it would come before what cancels it."""
    when = f.due[_U(slot)]
    if when < NEVER:
        if not f.g[0].flowing:
            _unlink(f, slot, (when >> f.g[0].width) & (len(f.buckets) - 1))
        f.due[_U(slot)] = NEVER


@_inlined
def _next_instant(f, until):
    """Move the clock to the next instant with events, if that is no later than `until`."""
    g = f.g[0]
    mask = len(f.buckets) - 1
    period = g.now >> g.width
    last = period + mask
    best = NEVER
    while True:
        slot = f.buckets[_U(period & mask)]
        while slot >= 0:
            if f.due[_U(slot)] < best and f.due[_U(slot)] >> g.width == period:
                best = f.due[_U(slot)]
            slot = f.after[_U(slot)]
        if best < NEVER:
            break
        period += 1
        if period << g.width > until:
            return False
        if period > last:  # nothing for a whole round: look everywhere
            for i in range(len(f.due)):
                best = min(best, f.due[_U(i)])
            break
    if best > until:
        return False
    g.now = best
    bucket = (best >> g.width) & mask
    slot, previous = f.buckets[_U(bucket)], -1
    while slot >= 0:
        following = f.after[_U(slot)]
        if f.due[_U(slot)] == best:
            if previous < 0:
                f.buckets[_U(bucket)] = following
            else:
                f.after[_U(previous)] = following
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
    t = f.times[_U(time)]
    return min(f.g[0].now, t.close) - t.closed_ms


@_inlined
def _is_open(f, time):
    return f.g[0].now <= f.times[_U(time)].close


@_inlined
def _after(f, time, duration):
    """The instant at which a working time has run for a duration from now on."""
    t = f.times[_U(time)]
    now = f.g[0].now
    if duration <= t.close - now:
        return now + duration
    return _after_closing(f, time, duration)


@_inner
def _after_closing(f, time, duration):
    t = f.times[_U(time)]
    left = duration - max(t.close - f.g[0].now, 0)
    for i in range(t.now + 1, t.windows_end):
        opening, length = f.windows[_U(i), 0], f.windows[_U(i), 1] - f.windows[_U(i), 0]
        if left <= length:
            return opening + left
        left -= length
    return NEVER


@_inlined
def _stays(s):
    """Whether a station finishes its body first when its working time closes."""
    return s.begun and s.at_close == FINISH


@_inlined
def _late_by(f, s):
    """The overtime of a station since the last closing. [ms]"""
    return max(f.g[0].now - f.times[_U(s.time)].close, 0) if _stays(s) else 0


@_inlined
def _station_reading(f, s):
    """Working time and overtime of a station since the start of the run. [ms]"""
    return _reading(f, s.time) + s.overtime + _late_by(f, s)


@_inlined
def _station_after(f, s, duration):
    """The instant at which the clock of a station has run for a duration from now on."""
    return f.g[0].now + duration if _stays(s) else _after(f, s.time, duration)


@_inlined
def _can_work(f, s):
    """Whether work goes on at a station from now on."""
    return f.g[0].now < f.times[_U(s.time)].close or _stays(s)


@_inlined
def _may_begin(f, s):
    """Whether a station begins its body now."""
    left = f.times[_U(s.time)].close - f.g[0].now
    return left > 0 and (s.at_close == FINISH or s.left <= left)


@_inlined
def _record_overtime(f, k):
    s = f.stations[_U(k)]
    if _late_by(f, s) > 0:
        _record(f, k, OVERTIME, f.times[_U(s.time)].close)


@_inner
def _end_overtime(f, time):
    """A working time opens, the last closing is still known."""
    for k in range(len(f.stations)):
        s = f.stations[_U(k)]
        if s.time == time and _late_by(f, s) > 0:
            _step(f, k, -1)
            _record_overtime(f, k)
            s.overtime += _late_by(f, s)


@_inner
def _open(f, time):
    """A working time opens: those that wait try to move, and what rested goes on."""
    t = f.times[_U(time)]
    _end_overtime(f, time)
    f.g[0].cause = -1
    passed = t.close - t.closed_ms
    t.now += 1
    t.close = f.windows[_U(t.now), 1]
    t.closed_ms = f.windows[_U(t.now), 0] - passed
    if t.now + 1 < t.windows_end:
        _schedule(f, time, f.windows[_U(t.now + 1), 0])
    for k in range(len(f.stations)):
        s = f.stations[_U(k)]
        if s.time == time and s.content != LOADED:
            _wake(f, k)
        elif s.time == time and s.held and _goes_on(s):
            _run(f, k)
            _show(f, k)
    _serve(f)


# --------------------------------------------------------------------------- accounts


@_inner
def _record(f, thing, state, begin):
    g = f.g[0]
    if g.tracing and g.now > begin and state != OFF:
        f.trace[_U(g.n_trace), 0] = thing
        f.trace[_U(g.n_trace), 1] = state
        f.trace[_U(g.n_trace), 2] = begin
        f.trace[_U(g.n_trace), 3] = g.now
        g.n_trace += 1


@_inlined
def _goes_on(s):
    """Whether nothing stops the task; planned stops with a crew go on beside those without."""
    return s.open == 0 or (s.task == PLANNED and s.open == s.open_stops)


@_inlined
def _state(s):
    if s.open > 0:
        if s.in_repair > 0 or s.in_queue > 0:
            return DOWN if s.in_repair > 0 else WAITING
        return PLANNED if s.open_stops > s.open_setups else SETUP
    if s.content == LOADED:
        return OFF if s.held else s.task
    return STARVED if s.content == EMPTY else BLOCKED


@_inner
def _account_station(f, k):
    """Book the time up to now on the state that the station was in."""
    s = f.stations[_U(k)]
    reading = _station_reading(f, s)
    f.spent[_U(k), _U(s.state)] += reading - s.since
    _record(f, k, s.state, s.since_wall)
    s.since = reading
    s.since_wall = f.g[0].now


@_inner
def _show(f, k):
    s = f.stations[_U(k)]
    state = _state(s)
    if state != s.state:
        if f.g[0].now > s.since_wall:
            _account_station(f, k)
        s.state = state


@_inner
def _account_store(f, i):
    q = f.stores[_U(i)]
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


@_inlined
def _account_held(held, product, now):
    """Book the time up to now on the parts of a product in a store."""
    held[_U(product), 1] += (now - held[_U(product), 2]) * held[_U(product), 0]
    held[_U(product), 2] = now


@_inlined
def _repairs_in(f, failure):
    """The working time in which a failure is repaired if it is not that of the station, or -1."""
    if failure.group >= 0 and f.crews[_U(failure.group)].time >= 0:
        return f.crews[_U(failure.group)].time
    return failure.time if failure.of_line else -1


@_inlined
def _failure_reading(f, failure):
    """The clock on which a repair passes, or a wait for a crew. [ms]"""
    time = _repairs_in(f, failure)
    if time >= 0:
        return _reading(f, time)
    return _station_reading(f, f.stations[_U(failure.station)])


@_inner
def _account_failure(f, i):
    failure = f.failures[_U(i)]
    passed = _failure_reading(f, failure) - failure.since
    if failure.state == IN_REPAIR:
        failure.repair_ms += passed
        state = DOWN if failure.planned == FAILURE_OF else failure.planned + 1
        _record(f, len(f.stations) + i, state, failure.since_wall)
    elif failure.state == IN_QUEUE:
        failure.queue_ms += passed
        _record(f, len(f.stations) + i, WAITING, failure.since_wall)
    if failure.clock >= 0:
        worked = _line_reading(f, f.lines[_U(failure.clock)])
        failure.clock_ms += worked - failure.worked
        failure.worked = worked
    elif failure.state == RUNNING:
        failure.clock_ms += passed
    if failure.group >= 0:
        f.crews[_U(failure.group)].busy_ms += passed
    failure.since += passed
    failure.since_wall = f.g[0].now


@_inner
def _book_stops(f, k, passed):
    """Book the time that passed on each planned stop of a station that lasts on."""
    s = f.stations[_U(k)]
    for j in range(s.stops, s.stops_end):
        stop = f.stops[_U(j)]
        part = min(passed, stop.left)
        stop.left -= part
        stop.stop_ms += part


@_compiled
def close_accounts(f, of_failures=True):
    """Book the time up to now on everything; or leave the accounts of the failures open."""
    for product in range(f.g[0].n_products):
        _count_wip(f, product, 0)
        for i in range(len(f.stores)):
            _account_held(f.held[_U(i)], product, f.g[0].now)
    for k in range(len(f.stations)):
        _account_station(f, k)
        _record_overtime(f, k)
        s = f.stations[_U(k)]
        if s.running and s.task != WORKING:
            passed = _station_reading(f, s) - s.began
            s.began += passed
            s.left -= passed
            _book_stops(f, k, passed)
    for i in range(len(f.stores)):
        _account_store(f, i)
    for i in range(len(f.failures) if of_failures else 0):
        _account_failure(f, i)


# --------------------------------------------------------------------------- causes
#
# What a step is has a number: the work of each station, its planned stops, its setups, the repairs
# of each failure, its waits for a crew, then the transits of each store; then the closed time of
# stations and of stores, one for a shop that is stuck, and the overtime of each station. A step
# holds twice that number, plus one if it came to its end.


@_inlined
def _repairs(f, i):
    return 3 * len(f.stations) + i


@_inlined
def _waits(f, i):
    return 3 * len(f.stations) + len(f.failures) + i


@_inlined
def _transits(f, i):
    return 3 * len(f.stations) + 2 * len(f.failures) + i


@_inlined
def _closed(f, k):
    return _transits(f, len(f.stores)) + k


@_inlined
def _overtime(f, k):
    return _closed(f, len(f.stations)) + len(f.stores) + 1 + k


@_inlined
def _part_slot(q, m):
    """The row of the m-th part under way in a store."""
    return q.under_way + (q.first + m) % q.capacity


@_inlined
def _note(f, what, begin, before):
    """Write down a step that ends now; its number."""
    return _note_until(f, what, begin, f.g[0].now, before)


@_inlined
def _note_until(f, what, begin, end, before):
    g = f.g[0]
    step = g.n_steps
    f.steps[_U(step), 0] = what
    f.steps[_U(step), 1] = begin
    f.steps[_U(step), 2] = end
    f.steps[_U(step), 3] = before
    g.n_steps = step + 1
    return step


@_compiled
def doing(f, k):
    """The step of a loaded station."""
    return 2 * _overtime(f, k) if _late_by(f, f.stations[_U(k)]) > 0 else _activity(f, k)


@_inner
def _activity(f, k):
    """What a loaded station does, in overtime or not; of several repairs or waits the first."""
    s = f.stations[_U(k)]
    if s.open == 0:
        if s.held:
            return 2 * _closed(f, k)
        return 2 * _task_of(f, k, s.task)
    waits = s.in_repair == 0 and s.in_queue > 0
    sought = IN_QUEUE if waits else IN_REPAIR
    i, end = s.failures, s.failures_end
    while True:
        if i == end:
            i, end = s.line_failures, s.line_failures_end
        failure = f.failures[_U(i)]
        if failure.state == sought and (waits or (failure.planned > 0) == (s.in_repair == 0)):
            return 2 * (_waits(f, i) if waits else _repairs(f, i))
        i += 1


@_inlined
def _task_of(f, k, task):
    """The number of what a station does by itself."""
    return k + (0 if task == WORKING else task - PLANNED + 1) * len(f.stations)


@_inner
def _step(f, k, ending):
    """The step of a loaded station ends, or is broken off because something else happens."""
    s = f.stations[_U(k)]
    g = f.g[0]
    if g.noting and s.content == LOADED:
        split(f, k)
        what = doing(f, k)
        if what == ending:
            s.before = _note(f, what + 1, s.started, s.before)
        elif g.now > s.started:
            s.before = _note(f, what, s.started, s.before)
        s.started = g.now


@_compiled
def split(f, k):
    """In overtime: the step of a station up to the closing ends there."""
    s = f.stations[_U(k)]
    close = f.times[_U(s.time)].close
    if _late_by(f, s) > 0 and s.started < close:
        s.before = _note_until(f, _activity(f, k), s.started, close, s.before)
        s.started = close


@_inlined
def _latest_cause(f, n):
    """The last cause of a move of a team of n."""
    cause = f.stations[_U(f.team[0])].cause
    for i in range(1, n):
        cause = max(cause, f.stations[_U(f.team[_U(i)])].cause)
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
        f.stations[_U(k)].cause = f.stations[_U(k)].before = -1
        f.stations[_U(k)].started = g.now
    for i in range(len(f.ways)):
        f.ways[_U(i), 0] = g.now
        f.ways[_U(i), 1] = -1


@_inlined
def _hold(f, step):
    """Mark a step that a path may still go through, and all before it; 1 if there is none.

    A mark counts 2 for what goes on now, 1 for each marked step that follows.
    """
    if step < 0:
        return 1
    mark = 2
    while step >= 0:
        marked = f.marks[_U(step)] > 0
        f.marks[_U(step)] += mark
        if marked:
            break
        step = f.steps[_U(step), 3]
        mark = 1
    return 0


@_inner
def _hold_all(f):
    """Mark all steps that a path may still go through; how many beginnings the paths have."""
    beginnings = _hold(f, f.g[0].exit_cause)
    for k in range(len(f.stations)):
        s = f.stations[_U(k)]
        if s.content == LOADED:
            s.cause = -1
            beginnings += _hold(f, s.before)
        else:
            s.before = -1
            beginnings += _hold(f, s.cause)
    for i in range(len(f.stores)):
        q = f.stores[_U(i)]
        for m in range(q.n_under_way):
            beginnings += _hold(f, f.ways[_U(_part_slot(q, m)), 1])
        if q.free < 0:
            beginnings += _hold(f, f.ways[_U(q.under_way + q.capacity), 1])
    for i in range(f.g[0].n_steps):
        beginnings += f.marks[_U(i)] > 0 and f.steps[_U(i), 3] < 0
    return beginnings


@_inlined
def _copy(rows, i, to, k):
    for j in range(4):
        to[_U(k), _U(j)] = rows[_U(i), _U(j)]


@_compiled
def compact(f):
    """Make room for steps: drop those on no path, hand over those that all paths share.

    The latter go to the front of `path`, in order of time; their number is returned.
    """
    g = f.g[0]
    g.cause = -1
    for i in range(g.n_steps):
        f.marks[_U(i)] = 0
    in_common = _hold_all(f) == 1
    n, kept = 0, 0
    for i in range(g.n_steps):
        mark = f.marks[_U(i)]
        if mark > 0 and kept == 0 and in_common and mark == 1:
            _copy(f.steps, i, f.path, n)
            n += 1
            f.marks[_U(i)] = -1
        elif mark > 0:
            before = f.steps[_U(i), 3]
            _copy(f.steps, i, f.steps, kept)
            f.steps[_U(kept), 3] = f.marks[_U(before)] if before >= 0 else -1
            f.marks[_U(i)] = kept
            kept += 1
    g.n_steps = kept
    _renumber(f)
    return n


@_compiled
def most_steps(f):
    """How many steps there may be before the next event."""
    return len(f.steps) - MOST_STEPS - 3 * len(f.stations)


@_inner
def _renumber(f):
    """Refer to steps by their new numbers."""
    g = f.g[0]
    g.exit_cause = f.marks[_U(g.exit_cause)] if g.exit_cause >= 0 else -1
    for k in range(len(f.stations)):
        s = f.stations[_U(k)]
        s.cause = f.marks[_U(s.cause)] if s.cause >= 0 else -1
        s.before = f.marks[_U(s.before)] if s.before >= 0 else -1
    for i in range(len(f.stores)):
        q = f.stores[_U(i)]
        for m in range(q.n_under_way):
            at = _part_slot(q, m)
            f.ways[_U(at), 1] = f.marks[_U(f.ways[_U(at), 1])] if f.ways[_U(at), 1] >= 0 else -1
        if q.free < 0:
            at = q.under_way + q.capacity
            f.ways[_U(at), 1] = f.marks[_U(f.ways[_U(at), 1])] if f.ways[_U(at), 1] >= 0 else -1


# --------------------------------------------------------------------------- moves


@_inlined
def _wake(f, k):
    """Add a station to those that will try to move."""
    s = f.stations[_U(k)]
    g = f.g[0]
    s.cause = max(s.cause, g.cause)
    if not s.woken:
        s.woken = 1
        f.woken[_U(g.n_woken)] = k
        g.n_woken += 1


@_inlined
def _turn(s):
    """Who asked first comes first; those under repair come after the others."""
    return s.asked + _REPAIR if s.open > 0 else s.asked


@_inner
def _ask(f, k, content):
    """A station waits from now on: empty for parts, finished or scrapped for places."""
    s = f.stations[_U(k)]
    g = f.g[0]
    s.content = content
    g.n_requests += 1
    s.asked = g.n_requests
    s.asked_at = g.now
    if content == EMPTY:
        if f.by_product is not None:
            s.asked += s.rank
        s.wants, s.wants_end = s.takes, s.takes_end
    elif content == FINISHED:
        s.wants, s.wants_end = s.puts, s.puts_end
    elif content == SCRAPPED:
        s.wants, s.wants_end = s.returns, s.returns_end
    else:
        s.wants, s.wants_end = s.rejects, s.rejects_end
    if s.splits:
        _choose(f, k)
    _show(f, k)
    _wake(f, k)
    if s.mates_end:
        _wake_mates(f, s)


@_inner
def _join(f, s, store, empty):
    """Where a station waits for a part (a place) in a store; -1 if it does not."""
    if s.content != LOADED and (s.content == EMPTY) == empty:
        for j in range(s.wants, s.wants_end):
            if f.joins[_U(j)].store == store:
                return j
            if f.joins[_U(j)].store < 0 and _is_alternative(f, j, store):
                return j
    return -1


@_inner
def _is_alternative(f, j, store):
    """Whether a store is one of those that a join may use."""
    for a in range(f.joins[_U(j)].alternatives, f.joins[_U(j)].alternatives_end):
        if f.alternatives[_U(a)] == store:
            return True
    return False


@_inner
def _choose(f, k):
    """Of the splits of a station, choose the stores for its body of this cycle."""
    s = f.stations[_U(k)]
    for j in range(s.wants, s.wants_end):
        join = f.joins[_U(j)]
        if join.route >= 0:
            join.store = _goes_to(f, join, s.done)


@_inlined
def _goes_to(f, join, done):
    """The store to which a split sends the body of the last cycle of so many."""
    u = uniform(f.streams[_U(join.route)], f.g[0].seed, f.g[0].run, max(done - 1, 0))
    a = join.alternatives
    while a < join.alternatives_end - 1 and u >= f.shares[_U(a)]:
        a += 1
    return f.alternatives[_U(a)]


@_inner
def _forget_choice(f, k):
    """The body has left: the next one is sent anew."""
    s = f.stations[_U(k)]
    for j in range(s.wants, s.wants_end):
        if f.joins[_U(j)].route >= 0:
            f.joins[_U(j)].store = -1


@_inner
def _wake_waiting(f, store, empty):
    """Those that wait for a part (a place) in a store try to move if there is one."""
    q = f.stores[_U(store)]
    if empty:
        if q.ready > 0:
            for m in range(q.takers, q.takers_end):
                if f.stations[_U(f.queues[_U(m)])].content == EMPTY:
                    _wake(f, f.queues[_U(m)])
    elif q.free > 0:
        for m in range(q.putters, q.putters_end):
            s = f.stations[_U(f.queues[_U(m)])]
            if s.content > LOADED and (s.one_way or _join(f, s, store, False) >= 0):
                _wake(f, f.queues[_U(m)])


@_inlined
def _in_team(f, n, k):
    in_team = False
    for i in range(n):
        in_team = in_team or f.team[_U(i)] == k
    return in_team


@_inner
def _next_partner(f, n, store, empty, turn):
    """The first station after `turn` that a team of n may meet at a store, -1 if there is none."""
    q = f.stores[_U(store)]
    best, best_turn = -1, NEVER
    for m in range(q.takers if empty else q.putters, q.takers_end if empty else q.putters_end):
        k = f.queues[_U(m)]
        s = f.stations[_U(k)]
        join = _join(f, s, store, empty)
        if (
            join >= 0
            and not f.joins[_U(join)].met
            and _can_move(f, k)
            and turn < _turn(s) < best_turn
        ):
            best, best_turn = k, _turn(s)
    return best


@_inner
def _meet(f, k):
    """The team of a station that can meet only one other, with nothing else to move: 2, or 0.

    So it is in a line without buffers, where `_gather` would find the same; elsewhere -1.
    """
    s = f.stations[_U(k)]
    join = f.joins[_U(s.wants)]
    partner = join.partner
    if partner < 0 or s.wants_end - s.wants != 1:
        return -1
    p = f.stations[_U(partner)]
    if p.content == LOADED or (p.content == EMPTY) == (s.content == EMPTY):
        return 0
    if p.wants_end - p.wants != 1 or f.joins[_U(p.wants)].partner != k:
        return -1
    if not _can_move(f, partner):
        return 0
    join.used = f.joins[_U(p.wants)].used = join.store
    f.team[0] = k
    f.team[1] = partner
    return 2


@_inlined
def _available(q, empty):
    """The parts that are ready for an empty station, or the places that are free."""
    return q.ready if empty else q.free


@_inner
def _n_stores(f, j):
    """How many stores a join may use now."""
    join = f.joins[_U(j)]
    return 1 if join.store >= 0 else join.alternatives_end - join.alternatives


@_inner
def _nth_store(f, j, a):
    join = f.joins[_U(j)]
    return join.store if join.store >= 0 else f.alternatives[_U(join.alternatives + a)]


@_inner
def _gather(f, k):
    """Find the stations that must move together with station k: their number, 0 if one can't.

    The members of the team are gone through in turn, the joins of each, the stores of each join.
    Hand to hand a member meets the first partner that asked; if this leads nowhere, the last choice
    is taken back and the next one tried. A choice is: the member, the join, which of its stores,
    the join of the partner (-1 if there is none), the partner's turn, and the size of the team
    before.
    """
    f.team[0] = k
    n, i, chosen, a, turn, partner = 1, 0, 0, 0, -1, -1
    j = f.stations[_U(k)].wants
    while i < n:
        s = f.stations[_U(f.team[_U(i)])]
        empty = s.content == EMPTY
        dead_end = False
        while j < s.wants_end and not dead_end:
            if f.joins[_U(j)].met:
                j += 1
                continue
            dead_end = a == _n_stores(f, j)
            if dead_end:
                break
            store = _nth_store(f, j, a)
            other = -1
            if f.stores[_U(store)].capacity > 0:
                served = _has_more(f, j, store, empty)
            else:
                partner = _next_partner(f, n, store, not empty, turn)
                served = partner >= 0
                if served:
                    other = _join(f, f.stations[_U(partner)], store, not empty)
                    turn = _turn(f.stations[_U(partner)])
            if not served:
                a += 1
                turn = -1
                continue
            f.choices[_U(chosen), 0] = i
            f.choices[_U(chosen), 1] = j
            f.choices[_U(chosen), 2] = a
            f.choices[_U(chosen), 3] = other
            f.choices[_U(chosen), 4] = turn
            f.choices[_U(chosen), 5] = n
            chosen += 1
            _claim(f, j, store)
            if other >= 0:
                _claim(f, other, store)
                if not _in_team(f, n, partner):
                    f.team[_U(n)] = partner
                    n += 1
            a, turn = 0, -1
            j += 1
        if not dead_end:
            i += 1
            j = f.stations[_U(f.team[_U(i)])].wants if i < n else 0
            continue
        if chosen == 0:
            return 0
        chosen -= 1
        i, j, a, turn, n = (
            f.choices[_U(chosen), 0],
            f.choices[_U(chosen), 1],
            f.choices[_U(chosen), 2],
            f.choices[_U(chosen), 4],
            f.choices[_U(chosen), 5],
        )
        _take_back(f, chosen)
        if f.choices[_U(chosen), 3] < 0:
            a, turn = a + 1, -1
    for c in range(chosen):
        _take_back(f, c)
    return n


@_inner
def _has_more(f, j, store, empty):
    """Whether a store can serve a join besides those of the team that use it already."""
    q = f.stores[_U(store)]
    claimed = q.claimed_parts if empty else q.claimed_places
    return claimed + f.joins[_U(j)].number <= _available(q, empty)


@_inner
def _claim(f, j, store):
    """A member of a team uses a store."""
    join = f.joins[_U(j)]
    join.used = store
    join.met = 1
    _change_claim(f, join, join.number)


@_inner
def _take_back(f, c):
    """The joins of a choice use no store any more."""
    for side in (1, 3):
        j = f.choices[_U(c), _U(side)]
        if j >= 0:
            join = f.joins[_U(j)]
            join.met = 0
            _change_claim(f, join, -join.number)


@_inner
def _change_claim(f, join, number):
    q = f.stores[_U(join.used)]
    if join.takes:
        q.claimed_parts += number
    else:
        q.claimed_places += number


@_inner
def _can_move_alone(f, k):
    """Whether a station can move if it meets nobody: 1 or 0; -1 if it may have to meet partners."""
    s = f.stations[_U(k)]
    empty = s.content == EMPTY
    for j in range(s.wants, s.wants_end):
        join = f.joins[_U(j)]
        if join.partner > NOBODY:
            return -1
        if join.store >= 0:
            if _available(f.stores[_U(join.store)], empty) < join.number:
                return 0
            join.used = join.store
        elif not _one_serves(f, j, empty):
            return 0
    return 1


@_inner
def _one_serves(f, j, empty):
    """Whether one of the stores of a join can serve it; the first is used."""
    join = f.joins[_U(j)]
    for a in range(join.alternatives, join.alternatives_end):
        if _available(f.stores[_U(f.alternatives[_U(a)])], empty) >= join.number:
            join.used = f.alternatives[_U(a)]
            return True
    return False


@_inner
def _take(f, i, m):
    """The m-th of the parts in store i leaves."""
    q = f.stores[_U(i)]
    if f.g[0].flowing:
        if q.capacity > 0:
            _ring_take(f, i, f.g[0].key)
    elif q.capacity > 0:
        _account_store(f, i)
        q.level -= 1
        q.ready -= 1
        q.free += 1
        if q.headway > 0:
            _come_up(f, i)
    if m > 0:
        _bring_forward(f, q, m)
    return _first_leaves(f, i, f.g[0].now)


@_inlined
def _first_leaves(f, i, now):
    """The first part of store i is no more in it."""
    q = f.stores[_U(i)]
    q.n_taken += 1
    part = f.places[_U(q.out)]
    if f.by_product is not None and q.declared:
        p = f.parts[_U(part)]
        _count_out(q, f.held[_U(i)], now, p.product, p.number)
    q.out = _following(q, q.out)
    return part


@_inner
def _put(f, i, part):
    """A part comes to store i."""
    q = f.stores[_U(i)]
    if f.by_product is not None and q.lanes > 0:
        _choose_lane(f, q, part)
    if f.g[0].flowing and q.capacity > 0:
        _ring_put(f, i, f.g[0].key)
    _last_comes(f, i, part, f.g[0].now)
    if q.capacity > 0 and not f.g[0].flowing:
        _account_store(f, i)
        q.level += 1
        q.free -= 1
        if q.headway > 0:
            _go_in(f, i)
        elif q.transit == 0:
            q.ready += 1
        else:
            _send(f, i)


@_inlined
def _last_comes(f, i, part, now):
    """A part is the last in store i."""
    q = f.stores[_U(i)]
    q.n_put += 1
    if f.by_product is not None and q.declared:
        _count_in(q, f.held[_U(i)], now, f.parts[_U(part)].product)
    f.places[_U(q.in_)] = part
    q.in_ = _following(q, q.in_)


@_inner
def _send(f, i):
    """A part starts its transit through store i."""
    q = f.stores[_U(i)]
    when = _after(f, q.time, q.transit)
    at = _part_slot(q, q.n_under_way)
    f.queues[_U(at)] = when
    f.ways[_U(at), 0] = f.g[0].now
    f.ways[_U(at), 1] = f.g[0].cause
    q.n_under_way += 1
    if q.n_under_way == 1:
        _schedule(f, len(f.times) + i, when)


@_inner
def _arrive(f, i):
    """A part ends its transit: the stations that wait for it try to move."""
    _account_store(f, i)
    q = f.stores[_U(i)]
    if f.g[0].noting:
        at = _part_slot(q, 0)
        f.g[0].cause = _note(f, 2 * _transits(f, i) + 1, f.ways[_U(at), 0], f.ways[_U(at), 1])
    q.first = (q.first + 1) % q.capacity
    q.n_under_way -= 1
    q.ready += 1
    if q.n_under_way > 0 and q.headway == 0:
        _schedule(f, len(f.times) + i, f.queues[_U(q.under_way + q.first)])
    _wake_waiting(f, i, True)


@_inner
def _go_in(f, i):
    """A part goes onto conveyor i, whose entry is not clear for a headway."""
    q = f.stores[_U(i)]
    g = f.g[0]
    reaches_end = _after(f, q.time, q.transit)
    at = _part_slot(q, q.n_under_way)
    f.queues[_U(at)] = reaches_end
    entry = q.under_way + q.capacity
    for row in (at, entry):
        f.ways[_U(row), 0] = g.now
        f.ways[_U(row), 1] = g.cause
    q.n_under_way += 1
    if q.ready == 0 and q.n_under_way == 1:
        _schedule(f, len(f.times) + i, max(reaches_end, q.end_is_free))
    q.free -= _NOT_CLEAR
    _schedule(f, _first_entry(f) + i, _after(f, q.time, q.headway))


@_inner
def _come_up(f, i):
    """The part at the end of conveyor i has left, the next one comes up a headway later."""
    q = f.stores[_U(i)]
    q.end_is_free = _after(f, q.time, q.headway)
    if q.n_under_way > 0:
        at = _part_slot(q, 0)
        if f.queues[_U(at)] < q.end_is_free:
            f.ways[_U(at), 0] = f.g[0].now
            f.ways[_U(at), 1] = f.g[0].cause
        _schedule(f, len(f.times) + i, max(f.queues[_U(at)], q.end_is_free))


@_inner
def _leave_entry(f, i):
    """The last part leaves the entry of conveyor i."""
    q = f.stores[_U(i)]
    q.free += _NOT_CLEAR
    entry = q.under_way + q.capacity
    if f.g[0].noting:
        f.g[0].cause = _note(f, 2 * _transits(f, i), f.ways[_U(entry), 0], f.ways[_U(entry), 1])
    _wake_waiting(f, i, False)


@_inlined
def _first_entry(f):
    """The first of the slots at which entries of conveyors get clear."""
    return len(f.times) + len(f.stores) + len(f.stations) + len(f.failures)


# A line that indexes together


@_inner
def _all_done(f, s):
    """Whether a line can index: no body is in work or on its way out, nothing is down."""
    for k in range(s.mates, s.mates_end):
        mate = f.stations[_U(k)]
        if mate.open > 0 or (mate.content != EMPTY and mate.content != FINISHED):
            return False
    return True


@_inner
def _may_index(f, k):
    """Whether a station may move with its line: the last body leaves first, then all at once."""
    s = f.stations[_U(k)]
    if s.content == SCRAPPED or s.content == REJECTED:
        return True
    if f.stations[_U(s.mates)].indexed_at == f.g[0].now:
        return True
    last = s.mates_end - 1
    return (k == last or f.stations[_U(last)].content == EMPTY) and _all_done(f, s)


@_inlined
def _can_move(f, k):
    """Whether a station that waits may move: in its working time, if its line does not hold it."""
    s = f.stations[_U(k)]
    return _is_open(f, s.time) and (s.mates_end == 0 or _may_index(f, k))


@_inner
def _wake_mates(f, s):
    """If its line can index, all try to move."""
    if _all_done(f, s):
        for k in range(s.mates, s.mates_end):
            _wake(f, k)


@_inner
def _index(f, s):
    """A station moves with its line."""
    if s.content == EMPTY or s.content == FINISHED:
        f.stations[_U(s.mates)].indexed_at = f.g[0].now


@_inner
def _exchange(f, n):
    """Move a team of n: all put, then all take, then all go on."""
    f.g[0].cause = _latest_cause(f, n)
    for i in range(n):
        if f.stations[_U(f.team[_U(i)])].mates_end:
            _index(f, f.stations[_U(f.team[_U(i)])])
        if f.stations[_U(f.team[_U(i)])].content != EMPTY:
            _give(f, f.team[_U(i)])
    for i in range(n):
        if f.stations[_U(f.team[_U(i)])].content == EMPTY:
            _receive(f, f.team[_U(i)])
    for i in range(n):
        _go_on(f, f.team[_U(i)])


@_inner
def _go_on(f, k):
    """A station has moved: those that wait for what it took or gave try to move; it goes on."""
    s = f.stations[_U(k)]
    for j in range(s.wants, s.wants_end):
        _wake_waiting(f, f.joins[_U(j)].used, s.content != EMPTY)
        if f.by_product is not None and s.content == EMPTY:
            used = f.joins[_U(j)].used
            if f.stores[_U(used)].selects:  # another part is the first of it, or of a lane, now
                _wake_waiting(f, used, True)
    if s.splits:
        _forget_choice(f, k)
    if s.content == EMPTY:
        _load(f, k)
    else:
        _ask(f, k, EMPTY)


@_inner
def _receive(f, k):
    """Take all parts; the one of the first join that was born first becomes the body."""
    s = f.stations[_U(k)]
    if s.takes == s.takes_end:
        s.part = _new_part(f)
    elif (
        s.takes + 1 == s.takes_end
        and f.joins[_U(s.takes)].number == 1
        and not (f.by_product is not None and s.picks)
    ):
        s.part = _take(f, f.joins[_U(s.takes)].used, 0)
    else:
        _assemble(f, k)
    part = f.parts[_U(s.part)]
    if part.born == UNBORN:
        part.born = f.g[0].now
        if f.by_product is not None and part.product < 0:
            _make_next(f, k)
        _count_wip(f, part.product, 1)


@_inner
def _assemble(f, k):
    s = f.stations[_U(k)]
    body = -1
    for j in range(s.takes, s.takes_end):
        join = f.joins[_U(j)]
        makes = ALL
        if j == s.takes:
            makes = s.choosing
        elif join.matches:
            makes = 1 << _product_of(f, s, body)
        for _ in range(join.number):
            m = _pick(f, s, join.used, makes) if s.picks else 0
            part = _take(f, join.used, m)
            if body < 0:
                body = part
            elif j == s.takes and _is_older(f, part, body):
                _end_part(f, body)
                body = part
            else:
                _end_part(f, part)
    s.part = body


@_inner
def _is_older(f, part, other):
    born, others = f.parts[_U(part)].born, f.parts[_U(other)].born
    return born != UNBORN and (others == UNBORN or born < others)


@_inner
def _give(f, k):
    """Put all parts."""
    s = f.stations[_U(k)]
    if s.hands_on and s.content == FINISHED:
        _put(f, f.joins[_U(s.puts)].used, s.part)
    else:
        _leave_line(f, k)


@_inner
def _leave_line(f, k):
    """Put all parts; more than one are copies of the body, carriers are not born yet."""
    s = f.stations[_U(k)]
    if s.content == FINISHED:
        if s.line >= 0:
            _exit(f, k)
        if s.most_rounds < NEVER:
            f.parts[_U(s.part)].rounds = 0
    body = s.part
    for j in range(s.wants, s.wants_end):
        for _ in range(f.joins[_U(j)].number):
            part = s.part if body >= 0 else _copy_part(f, s.part)
            _put(f, f.joins[_U(j)].used, part)
            body = -1
    if body >= 0:
        _end_part(f, body)


@_inner
def _exit(f, k):
    """A body leaves the shop; what is left of it carried the body."""
    s, g = f.stations[_U(k)], f.g[0]
    body = f.parts[_U(s.part)]
    if g.n_exits == len(f.exits):
        g.gave_up = NO_ROOM
        return
    f.exit_keys[_U(g.n_exits)] = g.key if g.flowing else g.now << g.bits
    f.exits[_U(g.n_exits), 0] = s.line
    f.exits[_U(g.n_exits), 1] = g.now
    f.exits[_U(g.n_exits), 2] = g.now - body.born
    f.exits[_U(g.n_exits), 3] = body.product
    f.exits[_U(g.n_exits), 4] = body.number
    g.n_exits += 1
    g.exit_of, g.exit_at, g.exit_cause = k, g.now, g.cause
    _count_wip(f, body.product, -1)
    body.born = UNBORN
    _forget_product(f, s.part)


@_inner
def _new_part(f):
    """A part that is not born yet."""
    g = f.g[0]
    part = g.first_free
    if part >= 0:
        g.first_free = f.parts[_U(part)].free
    else:
        part = g.n_parts
        g.n_parts += 1
    f.parts[_U(part)].born = UNBORN
    f.parts[_U(part)].rounds = 0
    _forget_product(f, part)
    return part


@_inlined
def _forget_product(f, part):
    """What carried a body has no product up to its next birth; where all are alike, the one."""
    f.parts[_U(part)].product = f.parts[_U(part)].number = -1 if f.by_product is not None else 0


@_inner
def _copy_part(f, part):
    """One part more like this one."""
    other = _new_part(f)
    f.parts[_U(other)].born = f.parts[_U(part)].born
    f.parts[_U(other)].rounds = f.parts[_U(part)].rounds
    f.parts[_U(other)].product = f.parts[_U(part)].product
    f.parts[_U(other)].number = f.parts[_U(part)].number
    if f.parts[_U(part)].born != UNBORN:
        _count_wip(f, f.parts[_U(part)].product, 1)
    return other


@_inner
def _end_part(f, part):
    """A part is no more."""
    if f.parts[_U(part)].born != UNBORN:
        _count_wip(f, f.parts[_U(part)].product, -1)
    f.parts[_U(part)].free = f.g[0].first_free
    f.g[0].first_free = part


@_inner
def _count_wip(f, product, change):
    """Book the work in process up to now, then change it."""
    g = f.g[0]
    g.wip_ms += g.wip * (g.now - g.wip_since)
    if f.by_product is not None:
        _count_wip_of(f, product, change)
    g.wip_since = g.now
    g.wip += change


@_inlined
def _count_wip_of(f, product, change):
    made = f.products[_U(product)]
    made.wip_ms += made.wip * (f.g[0].now - made.wip_since)
    made.wip_since = f.g[0].now
    made.wip += change


# Products


ALL = -1
"""All products, in bits."""


@_compiled
def product_of_number(f, n):
    """The product of the n-th part in the sequence; -1 behind the last order.

    Counts ask for the same number, one behind the other: what was drawn is kept for a while, the
    product in 6 bits, with its number above.
    """
    if f.g[0].sequence == ORDERS and n >= len(f.orders):
        return -1
    if f.g[0].sequence != RANDOM:
        return f.orders[_U(n % len(f.orders))]
    slot = _U(n & (len(f.orders) - 1))
    if f.orders[slot] >> 6 != n + 1:
        f.orders[slot] = (n + 1) << 6 | _draw_product(f, n)
    return f.orders[slot] & 63


@_inner
def _draw_product(f, n):
    """The product of the n-th part, by the shares of those that have started."""
    g = f.g[0]
    total = 0.0
    for p in range(g.n_products):
        if f.products[_U(p)].first <= n:
            total += f.products[_U(p)].share
    left = total * uniform(f.streams[_U(g.choices_of)], g.seed, g.run, n // g.batch)
    last = -1
    for p in range(g.n_products):
        product = f.products[_U(p)]
        if product.first <= n and product.share > 0.0:
            last = p
            if left < product.share:
                break
            left -= product.share
    return last


@_inner
def look_ahead(f, group):
    """Which product comes next in a count: those that have started by now may come from it on."""
    g = f.g[0]
    if g.next_start <= g.now:
        g.next_start = NEVER
        for p in range(g.n_products):
            product = f.products[_U(p)]
            if product.first == NEVER and product.start <= g.now:
                product.first = _first_undecided(f, group)
            elif product.first == NEVER:
                g.next_start = min(g.next_start, product.start)
    f.groups_of_lines[_U(group)].head = product_of_number(f, f.groups_of_lines[_U(group)].next)


@_inner
def _first_undecided(f, group):
    """The first number, at the start of a batch, of which no count knows the product."""
    first = f.groups_of_lines[_U(group)].next
    for other in range(len(f.groups_of_lines)):
        if other != group:
            first = max(first, f.groups_of_lines[_U(other)].next + 1)
    return -(-first // f.g[0].batch) * f.g[0].batch


@_inlined
def _make_next(f, k):
    """The body that is born at a station is the next in the count of its line."""
    s = f.stations[_U(k)]
    group = f.groups_of_lines[_U(s.group)]
    f.parts[_U(s.part)].product = group.head
    f.parts[_U(s.part)].number = group.next
    group.next += 1
    g = f.g[0]
    kept = f.orders[_U(group.next & (len(f.orders) - 1))]
    known = g.sequence == RANDOM and kept >> 6 == group.next + 1 and g.next_start > g.now
    if known and not group.choosy:
        group.head = kept & 63
    else:
        _look_further(f, s.group)


@_inner
def _look_further(f, group):
    """The next in a count is not known yet, or there are stations that wait until it is theirs."""
    look_ahead(f, group)
    for k in range(len(f.stations) if f.groups_of_lines[_U(group)].choosy else 0):
        s = f.stations[_U(k)]
        if s.choosy and s.group == group and s.content == EMPTY:
            _wake(f, k)


@_inlined
def _product_of(f, s, part):
    """The product of a part; of one that is not born yet that which a station would make of it."""
    product = f.parts[_U(part)].product
    return product if product >= 0 else f.groups_of_lines[_U(s.group)].head


@_inlined
def _makes(makes, product):
    return product >= 0 and (makes >> product) & 1 == 1


@_inner
def _pick(f, s, i, makes):
    """Which of the parts that are ready in store i a station takes; -1 if it can make none."""
    q = f.stores[_U(i)]
    if q.lanes > 0:
        return _leaves_bank(f, s, q, makes)
    at = q.out
    for m in range(min(q.ready, 1) if q.in_order else q.ready):
        if makes == ALL or _makes(makes, _product_of(f, s, f.places[_U(at)])):
            return m
        at = at + 1 if at + 1 < q.places_end else q.places
    return -1


@_inner
def _products_in(f, s, j, makes):
    """Of some products those of which a store of a join has enough parts that can be taken."""
    found = 0
    for product in range(f.g[0].n_products):
        if _makes(makes, product) and _store_of(f, s, j, 1 << product) >= 0:
            found |= 1 << product
    return found


@_inner
def _store_of(f, s, j, makes):
    """The first store of a join that has enough parts of some products; -1 if there is none."""
    for a in range(_n_stores(f, j)):
        store = _nth_store(f, j, a)
        if _n_parts(f, s, store, makes, f.joins[_U(j)].number) == f.joins[_U(j)].number:
            return store
    return -1


@_inner
def _n_parts(f, s, i, makes, most):
    """How many parts of some products can be taken from store i, at most `most`."""
    q = f.stores[_U(i)]
    if q.lanes > 0:
        return 1 if _leaves_bank(f, s, q, makes) >= 0 else 0
    n = 0
    at = q.out
    for _ in range(q.ready):
        if n == most:
            break
        if makes == ALL or _makes(makes, _product_of(f, s, f.places[_U(at)])):
            n += 1
        elif q.in_order:
            break
        at = at + 1 if at + 1 < q.places_end else q.places
    return n


@_inner
def _body_of(f, s, i, makes, number):
    """Of the parts that a station would take from store i that which becomes the body."""
    q = f.stores[_U(i)]
    if q.lanes > 0:
        return f.places[_U(_place(q, _leaves_bank(f, s, q, makes)))]
    body = -1
    n = 0
    at = q.out
    while n < number:
        part = f.places[_U(at)]
        if makes == ALL or _makes(makes, _product_of(f, s, part)):
            n += 1
            if body < 0 or _is_older(f, part, body):
                body = part
        at = at + 1 if at + 1 < q.places_end else q.places
    return body


@_inner
def _can_choose(f, k):
    """Whether a station that chooses its parts finds all that it needs: 1 or 0."""
    s = f.stations[_U(k)]
    if s.takes == s.takes_end:
        return 1 if _makes(s.makes, f.groups_of_lines[_U(s.group)].head) else 0
    makes = s.makes
    for j in range(s.takes + 1, s.takes_end):
        join = f.joins[_U(j)]
        if join.matches:
            makes &= _products_in(f, s, j, makes)
        else:
            join.used = _store_of(f, s, j, ALL)
            if join.used < 0:
                return 0
    first = f.joins[_U(s.takes)]
    first.used = _store_of(f, s, s.takes, makes)
    if first.used < 0:
        return 0
    s.choosing = makes
    body = _body_of(f, s, first.used, makes, first.number)
    for j in range(s.takes + 1, s.takes_end):
        if f.joins[_U(j)].matches:
            f.joins[_U(j)].used = _store_of(f, s, j, 1 << _product_of(f, s, body))
    return 1


@_inlined
def _following(q, place):
    """The next place in the ring of a store."""
    return place + 1 if place + 1 < q.places_end else q.places


@_inlined
def _place(q, m):
    """Where the m-th part of a store lies."""
    at = q.out + m
    return at if at < q.places_end else at - (q.places_end - q.places)


@_inner
def _bring_forward(f, q, m):
    """The m-th part of a store goes past those before it."""
    part = f.places[_U(_place(q, m))]
    while m > 0:
        f.places[_U(_place(q, m))] = f.places[_U(_place(q, m - 1))]
        m -= 1
    f.places[_U(q.out)] = part


@_inner
def _leaves_bank(f, s, q, makes):
    """Which part leaves a bank: the best of the first of each lane that can be made; or -1."""
    best, best_value = -1, -NEVER
    seen = 0
    for m in range(q.level):
        place = f.places[_U(_place(q, m))]
        part = f.parts[_U(place)]
        if (seen >> part.lane) & 1:
            continue
        seen |= 1 << part.lane
        if makes != ALL and not _makes(makes, _product_of(f, s, place)):
            continue
        if q.rule == SEQUENCE:
            value = -part.number
        elif part.product == q.last_out:
            value = NEVER
        else:
            value = _run_of_lane(f, q, m)
        if value > best_value:
            best, best_value = m, value
    return best


@_inner
def _run_of_lane(f, q, m):
    """How many parts of one product stand behind each other from the first of a lane on."""
    first = f.parts[_U(f.places[_U(_place(q, m))])]
    n = 0
    for other in range(m, q.level):
        part = f.parts[_U(f.places[_U(_place(q, other))])]
        if part.lane == first.lane:
            if part.product != first.product:
                break
            n += 1
    return n


@_inner
def _choose_lane(f, q, part):
    """The lane of a bank into which a part goes."""
    for lane in range(q.lanes):
        f.lanes[_U(lane), 0] = 0
        f.lanes[_U(lane), 1] = -1
    for m in range(q.level):
        other = f.places[_U(_place(q, m))]
        lane = f.parts[_U(other)].lane
        f.lanes[_U(lane), 0] += 1
        f.lanes[_U(lane), 1] = other
    places = q.capacity // q.lanes
    best, best_value = 0, -NEVER
    for lane in range(q.lanes):
        n = f.lanes[_U(lane), 0]
        last = f.lanes[_U(lane), 1]
        if n == places:
            continue
        if n == 0:
            value = NEVER // 2
        elif q.rule == SEQUENCE and f.parts[_U(last)].number < f.parts[_U(part)].number:
            value = NEVER // 2 + 2 + f.parts[_U(last)].number  # that of a skid is -1
        elif q.rule == BATCH and f.parts[_U(last)].product == f.parts[_U(part)].product:
            value = NEVER
        else:
            value = places - n
        if value > best_value:
            best, best_value = lane, value
    f.parts[_U(part)].lane = best


# The two that follow run at most moves of a shop with products: they get what they need, since to
# hand over all arrays of `Floor` would take longer than they do.


@_inner
def _count_in(q, held, now, product):
    """A part comes to a store."""
    if product != q.last_in:
        q.batches_in += 1
        q.last_in = product
    if q.capacity > 0 and product >= 0:
        _account_held(held, product, now)
        held[_U(product), 0] += 1


@_inner
def _count_out(q, held, now, product, number):
    """A part leaves a store."""
    if product != q.last_out:
        q.batches_out += 1
        q.last_out = product
    q.overtaken += number >= 0 and number < q.most_out
    q.most_out = max(q.most_out, number)
    if q.capacity > 0 and product >= 0:
        _account_held(held, product, now)
        held[_U(product), 0] -= 1


@_compiled
def ramped(duration, since, start, tau):
    """A duration at the speed that is reached so long after the start of a ramp. [ms]"""
    speed = 1.0 - (1.0 - start) * math.exp(-max(since, 0) / tau)
    return _whole(duration / speed)


@_inner
def _take_recipe(f, k):
    """The body in work has a product of its own: its cycle, and how often it fails; the cycle.

    Fixed cycles keep their rate product by product.
    """
    s = f.stations[_U(k)]
    product = f.parts[_U(s.part)].product
    recipe = f.recipes[_U(s.recipes + product)]
    s.scrap, s.again, s.fails = recipe.scrap, recipe.again, recipe.fails
    n = f.drawn[_U(s.drawn + product)]
    f.drawn[_U(s.drawn + product)] += 1
    left = recipe.fixed
    if left < 0:
        left = draw_ms(f.streams, f.values, recipe.cycle, f.g[0].seed, f.g[0].run, n)
    if recipe.ramps:
        made = f.products[_U(product)]
        left = ramped(left, f.g[0].now - made.start, made.ramp, made.tau)
    return left


@_inner
def _set_up(f, k):
    """The station is set up for its body; whether this takes time before the work.

    A setup with a crew asks for it, and holds the work as a failure does.
    """
    s = f.stations[_U(k)]
    product = f.parts[_U(s.part)].product
    before = s.set_for
    s.set_for = product
    if before < 0:
        return False
    stream = f.changes[_U(s.changes + before * f.g[0].n_products + product)]
    if stream < 0:
        return False
    s.setups += 1
    s.task = WORKING
    s.left = s.whole = 0
    if s.setup_failure >= 0:
        f.failures[_U(s.setup_failure)].repair = stream
        _fail(f, s.setup_failure)
        return False
    s.task = SETUP
    s.left = draw_ms(f.streams, f.values, stream, f.g[0].seed, f.g[0].run, s.n_changes)
    s.whole = s.left
    s.n_changes += 1
    return True


@_inner
def _tally(f, k, column):
    """Count what became of a body, by its product."""
    f.tally[_U(k), _U(f.parts[_U(f.stations[_U(k)].part)].product), _U(column)] += 1


@_inlined
def _settle(f):
    """The woken stations try to move, in turn."""
    g = f.g[0]
    while g.n_woken > 0:
        first = 0
        for m in range(1, g.n_woken):
            if _turn(f.stations[_U(f.woken[_U(m)])]) < _turn(f.stations[_U(f.woken[_U(first)])]):
                first = m
        k = f.woken[_U(first)]
        g.n_woken -= 1
        f.woken[_U(first)] = f.woken[_U(g.n_woken)]
        s = f.stations[_U(k)]
        s.woken = 0
        if s.content == LOADED or not _can_move(f, k):
            continue
        chooses = f.by_product is not None and s.choosy and s.content == EMPTY
        n = _can_choose(f, k) if chooses else _can_move_alone(f, k)
        if n > 0:
            g.cause = s.cause
            if s.mates_end:
                _index(f, s)
            if s.content == EMPTY:
                _receive(f, k)
            else:
                _give(f, k)
            _go_on(f, k)
        elif n < 0:
            n = _meet(f, k)
            if n < 0:
                n = _gather(f, k)
            if n > 0:
                _exchange(f, n)


# --------------------------------------------------------------------------- stations


@_inner
def _load(f, k):
    """A body is there, or is processed again: planned stops that are due, then setup, then work."""
    s = f.stations[_U(k)]
    s.content = LOADED
    s.begun = 0
    s.started = f.g[0].now
    s.before = f.g[0].cause
    if s.done >= s.next_stop:
        _planned_stops(f, k)
    else:
        _prepare(f, k)
    if _goes_on(s):
        _run(f, k)
    _show(f, k)


@_inner
def _prepare(f, k):
    """The setup of a station for its body, or the work."""
    s = f.stations[_U(k)]
    if not f.by_product is not None or s.changes < 0 or not _set_up(f, k):
        _work(f, k)


@_inlined
def _work(f, k):
    s = f.stations[_U(k)]
    s.task = WORKING
    s.left = s.fixed
    if f.by_product is not None and s.varies:
        s.left = _take_recipe(f, k)
    elif s.fixed < 0:
        s.left = draw_ms(f.streams, f.values, s.cycle, f.g[0].seed, f.g[0].run, s.done)
    s.whole = s.left


@_inner
def _planned_stops(f, k):
    """The stops that are due begin side by side: the longest counts; some ask for a crew.

    What is missed several times makes one stop. Where hours count, it has to look at each start.
    """
    s = f.stations[_U(k)]
    s.task = WORKING
    s.left = s.whole = 0
    s.next_stop = NEVER
    for j in range(s.stops, s.stops_end):
        stop = f.stops[_U(j)]
        now = s.done if stop.unit == CYCLES else s.worked if stop.unit == WORKING_H else f.g[0].now
        if now >= stop.next:
            stop.next = (now // stop.every + 1) * stop.every
            if stop.failure >= 0:
                _fail(f, stop.failure)
            else:
                s.task = PLANNED
                stop.n_stops += 1
                stop.left = draw_ms(
                    f.streams, f.values, stop.duration, f.g[0].seed, f.g[0].run, stop.n
                )
                stop.n += 1
                s.left = max(s.left, stop.left)
        s.next_stop = min(s.next_stop, stop.next if stop.unit == CYCLES else 0)
    if s.task == WORKING:
        _prepare(f, k)


@_inner
def _run(f, k):
    """Go on until the task is done or an operating clock runs out, unless the body is held."""
    s = f.stations[_U(k)]
    if s.at_close != PAUSE and s.task == WORKING and not s.begun:
        _step(f, k, -1)
        s.held = not _may_begin(f, s)
        if s.held:
            return
        s.begun = 1
    length = s.left
    if s.task == WORKING:
        length = min(length, s.fails_at - s.worked)
        if s.clock >= 0:
            _line_starts(f, s.clock)
    s.running = 1
    s.began = _station_reading(f, s)
    _schedule(f, len(f.times) + len(f.stores) + k, _station_after(f, s, length))


@_inner
def _pause(f, k):
    s = f.stations[_U(k)]
    passed = _station_reading(f, s) - s.began
    s.running = 0
    s.left -= passed
    if s.task == WORKING:
        s.worked += passed
        if s.clock >= 0:
            _line_rests(f, s.clock)
    elif s.task == PLANNED:
        _book_stops(f, k, passed)


@_inner
def _station_due(f, k):
    """A planned stop or a setup ends, a body is finished, or an operating clock has run out."""
    s = f.stations[_U(k)]
    _pause(f, k)
    if s.left > 0:
        _fail_in_operation(f, k)
    elif s.task != WORKING:
        _end_task(f, k)
    else:
        _finish(f, k)


@_inner
def _end_task(f, k):
    """A planned stop ends: a setup or the work follows; or a setup ends."""
    s = f.stations[_U(k)]
    _step(f, k, 2 * _task_of(f, k, s.task))
    if s.task == PLANNED:
        _prepare(f, k)
    else:
        _work(f, k)
    if _goes_on(s):
        _run(f, k)
    _show(f, k)


@_inner
def _finish(f, k):
    s = f.stations[_U(k)]
    if f.g[0].noting:
        split(f, k)
        f.g[0].cause = _note(f, doing(f, k) + 1, s.started, s.before)
    _record_overtime(f, k)
    s.overtime += _late_by(f, s)
    s.begun = 0
    s.cycles += 1
    u = 1.0
    if s.fails > 0.0:
        u = uniform(f.streams[_U(s.quality)], f.g[0].seed, f.g[0].run, s.done)
    s.done += 1
    if u >= s.fails:
        _ask(f, k, FINISHED)
    elif u < s.scrap or f.parts[_U(s.part)].rounds == s.most_rounds:
        _scrap(f, k)
    else:
        if s.most_rounds < NEVER:
            f.parts[_U(s.part)].rounds += 1
        if f.by_product is not None:
            _tally(f, k, 1 if u < s.again else 2)
        if u < s.again:
            s.reworked += 1
            _load(f, k)
        else:
            s.rejected += 1
            _ask(f, k, REJECTED)


@_inner
def _scrap(f, k):
    """The body is thrown away; what carried it goes back."""
    s = f.stations[_U(k)]
    s.scrapped += 1
    if f.by_product is not None:
        _tally(f, k, 0)
    _end_part(f, s.part)
    if s.returns < s.returns_end:
        s.part = _new_part(f)
        _ask(f, k, SCRAPPED)
    else:
        _ask(f, k, EMPTY)


# --------------------------------------------------------------------------- failures and crews


@_inner
def _fail_in_operation(f, k):
    s = f.stations[_U(k)]
    i = s.failures
    while f.failures[_U(i)].fails_at != s.fails_at:
        i += 1
    f.failures[_U(i)].fails_at = NEVER
    _fail(f, i)


@_inlined
def _failure_slot(f, i):
    return len(f.times) + len(f.stores) + len(f.stations) + i


@_inner
def _failure_due(f, i):
    """A repair ends or rests, or a clock runs out."""
    failure = f.failures[_U(i)]
    if failure.state == RUNNING:
        _fail(f, i)
    elif failure.rests:
        _rest(f, i)
    else:
        _repaired(f, i)


@_inner
def _fail(f, i):
    """Stop the stations of a failure; ask for a crew if one is needed."""
    failure = f.failures[_U(i)]
    s = f.stations[_U(failure.station)]
    g = f.g[0]
    failure.n_failures += 1
    failure.stopped_at = g.now
    s.n_failures += failure.planned == FAILURE_OF and not failure.of_line
    for k in range(failure.station, failure.stations_end):
        _stop_station(f, k, failure)
    s.fails_at = _first_to_fail(f, failure.station)
    failure.left = draw_ms(f.streams, f.values, failure.repair, g.seed, g.run, failure.n_repair)
    failure.n_repair += 1
    group = -1
    if failure.groups < failure.groups_end:
        g.n_crew_requests += 1
        failure.request = g.n_crew_requests
        group = _first_group(f, failure)
    if failure.groups < failure.groups_end and group < 0:
        _change(f, i, IN_QUEUE, -1)
        _queue_for_crew(f, i)
    else:
        _repair(f, i, group)
    _show_all(f, failure)


@_inner
def _stop_station(f, k, failure):
    """The task of a station rests; the body in work may be done again or scrapped."""
    s = f.stations[_U(k)]
    if s.running:
        _cancel(f, len(f.times) + len(f.stores) + k)
        _pause(f, k)
    _step(f, k, -1)
    scraps = False
    if s.content == LOADED and s.task == WORKING and not s.held and s.left < s.whole:
        scraps = failure.then == SCRAP
        if failure.then == RESTART:
            s.left = s.whole
    if scraps or failure.of_line:
        _leave_overtime(f, k)
    if scraps:
        f.g[0].cause = s.before
        s.begun = 0
        s.cycles += 1
        s.done += 1
        _scrap(f, k)


@_inner
def _leave_overtime(f, k):
    """A station does not stay at closing any more: the repairs that go on are timed anew."""
    s = f.stations[_U(k)]
    if _stays(s):
        _record_overtime(f, k)
        s.overtime += _late_by(f, s)
        s.begun = 0
        for i in range(s.failures, s.failures_end):
            failure = f.failures[_U(i)]
            left = f.due[_U(_failure_slot(f, i))] - f.g[0].now
            if failure.state == IN_REPAIR and _repairs_in(f, failure) < 0 and left > 0:
                _cancel(f, _failure_slot(f, i))
                failure.left += left
                _time_repair(f, i)


@_inner
def _change(f, i, state, group):
    """A failure waits for a crew, is repaired by a group, or its clock runs again."""
    failure = f.failures[_U(i)]
    _account_failure(f, i)
    _count(f, failure, -1)
    failure.state = state
    failure.group = group
    _count(f, failure, 1)
    failure.since = _failure_reading(f, failure)


@_inlined
def _count(f, failure, n):
    """Count a failure among those of its stations, or not any more."""
    if failure.state == RUNNING:
        return
    for k in range(failure.station, failure.stations_end):
        s = f.stations[_U(k)]
        s.open += n
        s.open_stops += n * (failure.planned != FAILURE_OF)
        s.open_setups += n * (failure.planned == SETUP_OF)
        if failure.state == IN_QUEUE:
            s.in_queue += n
        elif failure.planned == FAILURE_OF:
            s.in_repair += n


@_inlined
def _show_all(f, failure):
    for k in range(failure.station, failure.stations_end):
        _show(f, k)


@_inner
def _can_come(f, failure, group):
    """Whether a group has a free crew, in its working time or where work can go on."""
    crew = f.crews[_U(group)]
    if crew.busy == crew.number:
        return False
    time = crew.time
    if time < 0 and not failure.of_line:
        return _can_work(f, f.stations[_U(failure.station)])
    return f.g[0].now < f.times[_U(failure.time if time < 0 else time)].close


@_inlined
def _first_group(f, failure):
    """The first group of crews that could come now; -1 if there is none."""
    for j in range(failure.groups, failure.groups_end):
        if _can_come(f, failure, f.groups[_U(j)]):
            return f.groups[_U(j)]
    return -1


@_inner
def _queue_for_crew(f, i):
    """A failure waits for a crew: the highest priority comes first, then the first request."""
    failure = f.failures[_U(i)]
    previous, at = -1, f.g[0].first_queued
    while at >= 0:
        other = f.failures[_U(at)]
        if other.priority < failure.priority or (
            other.priority == failure.priority and other.request > failure.request
        ):
            break
        previous, at = at, other.behind
    failure.behind = at
    if previous < 0:
        f.g[0].first_queued = i
    else:
        f.failures[_U(previous)].behind = i


@_inner
def _repair(f, i, group):
    """The repair goes on, with a crew up to the closing at most."""
    if group >= 0:
        f.crews[_U(group)].busy += 1
        f.g[0].free_crews -= 1
    _change(f, i, IN_REPAIR, group)
    _time_repair(f, i)


@_inner
def _time_repair(f, i):
    """When a repair ends or rests."""
    failure = f.failures[_U(i)]
    s = f.stations[_U(failure.station)]
    now = f.g[0].now
    time = _repairs_in(f, failure)
    stays = time < 0 and _stays(s)
    close = f.times[_U(s.time if time < 0 else time)].close
    failure.rests = failure.group >= 0 and not stays and close - now < failure.left
    if failure.rests:
        end = close
    elif time < 0:
        end = _station_after(f, s, failure.left)
    else:
        end = _after(f, time, failure.left)
    failure.left -= end - now
    _schedule(f, _failure_slot(f, i), end)


@_inner
def _rest(f, i):
    """The working time closes: the crew leaves; what is left asks again, in its turn."""
    failure = f.failures[_U(i)]
    group = failure.group
    for k in range(failure.station, failure.stations_end):
        _step(f, k, -1)
        _idle_step(f, failure, k, 2 * _repairs(f, i))
    _change(f, i, IN_QUEUE, -1)
    _queue_for_crew(f, i)
    _show_all(f, failure)
    _crew_leaves(f, group)


@_inner
def _repaired(f, i):
    """The clock starts afresh, the crew goes to the next failure, the stations go on."""
    failure = f.failures[_U(i)]
    group = failure.group
    for k in range(failure.station, failure.stations_end):
        _step(f, k, 2 * _repairs(f, i))
    _change(f, i, RUNNING, -1)
    if group >= 0:
        _crew_leaves(f, group)
    start_failure(f, i)
    for k in range(failure.station, failure.stations_end):
        s = f.stations[_U(k)]
        if s.content == LOADED and not s.running and _goes_on(s):
            _run(f, k)
        _show(f, k)
    for k in range(failure.station, failure.stations_end):
        s = f.stations[_U(k)]
        _idle_step(f, failure, k, 2 * _repairs(f, i) + 1)
        if s.mates_end and s.content != LOADED:
            f.g[0].cause = s.cause
            _wake_mates(f, s)


@_inner
def _idle_step(f, failure, k, what):
    """A step of a failure that holds a line that indexes, at a station without a body in work.

    It is what came after the last cause of the line.
    """
    s = f.stations[_U(k)]
    if s.mates_end == 0 or s.content == LOADED or not f.g[0].noting:
        return
    before = -1
    for mate in range(s.mates, s.mates_end):
        before = max(before, f.stations[_U(mate)].cause)
    begin = failure.stopped_at
    if before >= 0:
        begin = max(begin, f.steps[_U(before), 2])
    s.cause = _note(f, what, begin, before)


@_inner
def _crew_leaves(f, group):
    """A crew is free."""
    f.crews[_U(group)].busy -= 1
    f.g[0].free_crews += 1
    _serve(f)


@_inner
def _serve(f):
    """The free crews go to those that wait."""
    g = f.g[0]
    previous, i = -1, g.first_queued
    while i >= 0 and g.free_crews > 0:
        behind = f.failures[_U(i)].behind
        group = _first_group(f, f.failures[_U(i)])
        if group < 0:
            previous = i
        elif previous < 0:
            g.first_queued = behind
            _crew_comes(f, i, group)
        else:
            f.failures[_U(previous)].behind = behind
            _crew_comes(f, i, group)
        i = behind


@_inner
def _crew_comes(f, i, group):
    failure = f.failures[_U(i)]
    waited = _failure_reading(f, failure) - failure.since
    for k in range(failure.station, failure.stations_end):
        _step(f, k, 2 * _waits(f, i) if waited > 0 else -1)
        if waited > 0:
            _idle_step(f, failure, k, 2 * _waits(f, i) + 1)
    if waited > 0:
        failure.n_queued += 1
        failure.longest_ms = max(failure.longest_ms, waited)
    _repair(f, i, group)
    _show_all(f, failure)


@_inlined
def _line_reading(f, line):
    """How long a line has worked. [ms]"""
    return line.worked + (_reading(f, line.time) - line.since if line.n_working > 0 else 0)


@_inner
def _line_starts(f, clock):
    """One more station of a line works: the clocks of its failures run."""
    line = f.lines[_U(clock)]
    line.n_working += 1
    if line.n_working > 1:
        return
    line.since = _reading(f, line.time)
    for i in range(line.failures, line.failures_end):
        failure = f.failures[_U(i)]
        slot = _failure_slot(f, i)
        if failure.clock >= 0 and failure.state == RUNNING and f.due[_U(slot)] == NEVER:
            _schedule(f, slot, _after(f, line.time, failure.fails_at - line.worked))


@_inner
def _line_rests(f, clock):
    """One station of a line less works; a clock that runs out at this instant still does."""
    line = f.lines[_U(clock)]
    line.worked = _line_reading(f, line)
    line.since = _reading(f, line.time)
    line.n_working -= 1
    if line.n_working > 0:
        return
    for i in range(line.failures, line.failures_end):
        failure = f.failures[_U(i)]
        slot = _failure_slot(f, i)
        if failure.clock >= 0 and failure.state == RUNNING and f.due[_U(slot)] > f.g[0].now:
            _cancel(f, slot)


@_inner
def _first_to_fail(f, k):
    s = f.stations[_U(k)]
    first = NEVER
    for i in range(s.failures, s.failures_end):
        first = min(first, f.failures[_U(i)].fails_at)
    return first


@_inner
def start_failure(f, i):
    """The clock of a failure starts afresh; at the start of the run it may be under way."""
    failure = f.failures[_U(i)]
    if failure.planned:
        return
    s = f.stations[_U(failure.station)]
    uptime = failure.first
    if failure.n_up > 0 or uptime < 0:
        uptime = draw_ms(f.streams, f.values, failure.uptime, f.g[0].seed, f.g[0].run, failure.n_up)
    failure.n_up += 1
    if failure.calendar:
        _schedule(f, _failure_slot(f, i), _after(f, failure.time, uptime))
    elif failure.of_line:
        failure.fails_at = f.lines[_U(failure.clock)].worked + uptime
    else:
        failure.fails_at = s.worked + uptime
        s.fails_at = min(s.fails_at, failure.fails_at)


# --------------------------------------------------------------------------- the run


@_compiled
def start(f):
    """Start all failures; all stations go on with what they hold, or ask for parts, in order."""
    if f.by_product is not None:
        for group in range(len(f.groups_of_lines)):
            look_ahead(f, group)
    for time in range(len(f.times)):
        if f.times[_U(time)].now + 1 < f.times[_U(time)].windows_end:
            _schedule(f, time, f.windows[_U(f.times[_U(time)].now + 1), 0])
    for i in range(len(f.failures)):
        start_failure(f, i)
    for k in range(len(f.stations)):
        if f.stations[_U(k)].content == LOADED:
            _load(f, k)
        else:
            _ask(f, k, f.stations[_U(k)].content)


@_compiled
def advance(f, until, events):
    """Run up to and including `until`, for at most `events` events; whether it got there.

    It also returns when the room for exits, the trace or the steps gets short.
    """
    g = f.g[0]
    first_station = len(f.times) + len(f.stores)
    first_failure = first_station + len(f.stations)
    first_entry = first_failure + len(f.failures)
    room = len(f.exits) - len(f.stations)
    room_to_trace = len(f.trace) - 3 * (len(f.stations) + len(f.failures))
    room_to_step = most_steps(f)
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
        f.due[_U(slot)] = NEVER
        if slot >= first_entry:
            _leave_entry(f, slot - first_entry)
        elif slot >= first_failure:
            _failure_due(f, slot - first_failure)
        elif slot >= first_station:
            _station_due(f, slot - first_station)
        elif slot >= len(f.times):
            _arrive(f, slot - len(f.times))
        else:
            _open(f, slot)
        events -= 1
    return False


# --------------------------------------------------------------------------- the flow
#
# Within a stretch in which no working time opens or closes, bodies flow: a move is made as soon as
# what it needs is known, whatever the clocks of others say. An instant is a key: the time and the
# number of the event, in the order of the rules, in whose train something happens. A move happens
# at the greatest of the keys that it needs, so ties come out as from the events one by one. Events
# are only what others' order hangs on: who asks at a store that several share, parts that arrive
# there while someone waits, requests for crews and repairs by them. They wait in a heap; since an
# effect never has a lower key than its cause, the lowest key in the heap is the next, once all that
# can move has moved. What keys cannot order makes the flow give up.
#
# `flow` is one loop, with each of its parts inlined once: compiled functions that hand `Floor` to
# each other cost more than what they do here, at run time and when they are compiled.

IDLE, LOADING, HUNGRY, READY, ASKED = range(5)
"""How a station flows: not, or up to an event; about to begin; empty; finished; the same, and its
record says so."""

GENERIC, COUNTED, SHARED, BY_HAND, BY_RING, ENDLESS, OUT = range(7)
"""How a station takes or puts: with several stores; in turn, births of one count and puts to one
store that is shared; or on its own."""

SAME_STORE, SAME_COUNT, SAME_CREW, NO_ROOM, NO_TIME = range(1, 6)
"""Why the flow gives up."""

MOST_SLOTS = 16
"""Bits of a key for the number of the event, at most."""

LONG = 2**40
"""A cycle that the flow does not count down: 35 years. [ms]"""

FLOW = np.dtype(
    [
        (name, np.float64 if name == "rate" else np.int64)
        for name in (
            # what each cycle reads comes first, and shares cache lines: since when it is empty or
            # finished, as a key; how many cycles are `left` before something else happens; their
            # ms where all are the same, and good; how many bodies `passed` hand to hand
            *("status", "at", "left", "fixed", "part", "slot", "ways_in", "ways_out"),
            *("feeder", "taker", "in_store", "out_store", "blocked", "asked", "passed", "carriers"),
            # keys of when the body in work began, and (`asked`) when the station asked for it; in
            # the cycles since its accounts were booked: worked, up to which work nothing happens;
            # that of the body in work; how many it has done with those `left`
            *("starts", "work", "margin", "cycle", "passes", "ends"),
            # it takes hand to hand, and needs nothing else than its cycles, all alike; a split says
            # where each of its bodies goes
            *("plain", "splits"),
            # of cycles that are `fixed`, but no whole ms (0; -1 of others): their ms, and how long
            # all are that it has done
            *("rate", "told"),
            # others' order hangs on what it takes, puts, gets born; it takes what is not born yet
            # (`carriers`)
            *("shares_in", "shares_out", "counted"),
            # it waits at shared stores; that is planned; it is called; it may need a crew to begin
            *("asking", "asks", "called", "crewed"),
        )
    ]
)

RING = np.dtype([(name, np.int64) for name in ("ready", "free", "since")])
"""A place of a store: keys of when its part is ready and of when it got free; when it was put, if
it takes time to get ready. [key, key, ms]"""

_ASK, _BEGIN, _EVENT = range(3)
_OWN, _TRAIN, _LATER = 0, 2**40, 2**41
"""Of one key: the event itself, what asks in its train, then what becomes due at that instant."""


@_inlined
def _ms(f, key):
    return key >> MOST_SLOTS


@_inlined
def _key(f, when, slot):
    """The key of an event; of one that is due in the train of another it is that of the other."""
    g = f.g[0]
    if when >= NEVER >> MOST_SLOTS:
        return NEVER
    return max((when << MOST_SLOTS) | slot, g.key if when == g.now else 0)


@_inner
def _push_key(g, heap, key, what):
    """Plan an event of the flow."""
    n = g.n_heap
    if n == len(heap):
        g.gave_up = NO_ROOM
        return
    g.n_heap += 1
    _rise(heap, n, key, what)


@_inlined
def _rise(heap, i, key, what):
    """An event rises from a gap in the heap to where it belongs."""
    while i > 0:
        parent = (i - 1) >> 1
        above = heap[_U(parent), 0]
        if above < key or (above == key and heap[_U(parent), 1] <= what):
            break
        heap[_U(i), 0] = above
        heap[_U(i), 1] = heap[_U(parent), 1]
        i = parent
    heap[_U(i), 0] = key
    heap[_U(i), 1] = what


@_inner
def _pop_key(g, heap):
    """Take the event of the lowest key: what it is.

    The gap that it leaves sinks to the bottom before the last one fills it, which belongs there:
    which child is lower is then all that there is to ask, and to be guessed wrong by a processor.
    """
    what = heap[0, 1]
    n = g.n_heap - 1
    g.n_heap = n
    key, last = heap[_U(n), 0], heap[_U(n), 1]
    heap[_U(n), 0] = NEVER
    i, child = 0, 1
    while child < n:
        below, other = heap[_U(child), 0], heap[_U(child + 1), 0]
        second = np.int64(other < below)
        if other == below:
            second = np.int64(heap[_U(child + 1), 1] < heap[_U(child), 1])
        child += second
        heap[_U(i), 0] = heap[_U(child), 0]
        heap[_U(i), 1] = heap[_U(child), 1]
        i, child = child, 2 * child + 1
    _rise(heap, i, key, last)
    return what


@_inlined
def _plan(f, slot):
    """An event of a station or a failure on which others' order hangs."""
    g = f.g[0]
    when = f.due[_U(slot)]
    if when <= g.end:
        key = (when << MOST_SLOTS) | slot
        if when == g.now and slot >= _failure_slot(f, 0):
            g.gave_up = NO_TIME
        order = _OWN if key > g.key else _LATER
        _push_key(g, f.heap, max(key, g.key), order | (slot << 4) | _EVENT)


# Accounts


@_inlined
def _arm(f, k):
    """Count cycles anew: how many there are until something else happens than a good body."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    h.work = h.blocked = 0
    h.margin = s.fails_at - s.worked
    left = s.next_stop - s.done if s.at_close == PAUSE else 0
    h.told = _whole(s.done * h.rate)
    if h.fixed > 0 and left > 0:
        left = min(left, h.margin // h.fixed)
    elif h.fixed == 0 and left > 0:
        left = min(left, np.int64((h.told + h.margin) / h.rate) - s.done)
        if left > 0 and _whole((s.done + left) * h.rate) > h.told + h.margin:
            left -= 1
    h.left = left
    h.ends = s.done + left


@_inlined
def _count_down(h):
    """The next of its cycles, which are good and end before something else happens. [ms]"""
    h.left -= 1
    if h.fixed > 0:
        return h.fixed
    before = h.told
    h.told = _whole((h.ends - h.left) * h.rate)
    return h.told - before


@_inner
def _book(f, k):
    """Book the cycles of a station up to when it became empty or finished."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    n = h.ends - h.left - s.done
    work = h.work
    if h.fixed >= 0:
        work = n * h.fixed if h.fixed > 0 else h.told - _whole(s.done * h.rate)
    reading = _ms(f, h.at) - f.times[_U(s.time)].closed_ms + s.overtime
    f.spent[_U(k), WORKING] += work
    f.spent[_U(k), BLOCKED] += h.blocked
    f.spent[_U(k), STARVED] += reading - s.since - work - h.blocked
    s.done += n
    s.cycles += n
    s.worked += work
    s.since = reading
    s.since_wall = _ms(f, h.at)
    s.part = h.part
    _note_ask(f, s, h.at)
    _arm(f, k)


@_inlined
def _note_ask(f, s, key):
    """A station asked at this key, unless it waits since before the stretch."""
    if _ms(f, key) > f.g[0].began:
        s.asked_at = _ms(f, key)


# How long a store is full or empty are differences of keys: a part that leaves tells how long there
# was none before it, and one that comes how long there was no place.


@_inlined
def _ring_put(f, i, key):
    """A part comes to a place of store i."""
    q = f.stores[_U(i)]
    place = f.ring[_U(q.in_)]
    q.level_ms -= _ms(f, key)
    q.full_ms += max(0, _ms(f, place.free) - q.last_put)
    q.last_put = _ms(f, key)
    q.level += 1
    place.ready = key
    if q.transit > 0:
        _ring_send(f, i, key)


@_inner
def _ring_send(f, i, key):
    """A part goes on its way through store i."""
    q = f.stores[_U(i)]
    place = f.ring[_U(q.in_)]
    f.g[0].now, f.g[0].key = _ms(f, key), key
    place.since = f.g[0].now
    place.ready = _key(f, _after(f, q.time, q.transit), len(f.times) + i)


@_inlined
def _ring_take(f, i, key):
    """The first part of store i leaves."""
    q = f.stores[_U(i)]
    _wait_for_part(f, q)
    q.level_ms += _ms(f, key)
    q.last_take = _ms(f, key)
    q.level -= 1
    f.ring[_U(q.out)].free = key


@_inlined
def _wait_for_part(f, q):
    """Book how long a store had none before its first part, and how long none that was ready."""
    place = f.ring[_U(q.out)]
    waited = max(0, min(_ms(f, place.ready), f.g[0].end) - q.last_take)
    q.none_ready_ms += waited
    if q.transit > 0:
        waited = max(0, place.since - q.last_take)
    q.empty_ms += waited


# Stations


@_inner
def _next_cycle(f, k, key):
    """The next cycle of a station, -1 if its body needs more than a good cycle. [ms]"""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    g = f.g[0]
    done = h.ends - h.left
    left = s.fixed
    drawn = -1
    if f.by_product is not None and (s.changes >= 0 or s.varies):
        product = f.parts[_U(h.part)].product
        if s.changes >= 0 and (
            product != s.set_for or f.changes[_U(s.changes + product * g.n_products + product)] >= 0
        ):
            return -1
        if s.varies:
            s.part = h.part
            g.now, g.key = _ms(f, key), key
            left = _take_recipe(f, k)
            drawn = s.drawn + product
    if left < 0:
        left = draw_ms(f.streams, f.values, s.cycle, g.seed, g.run, done)
    if left >= LONG or h.work + left > h.margin or _fails(f, s, done):
        if drawn >= 0:
            f.drawn[_U(drawn)] -= 1
        return -1
    if left == 0:
        g.gave_up = NO_TIME
    h.work += left
    h.cycle = left
    return left


@_inlined
def _fails(f, s, k):
    """Whether the k-th body of a station is not good."""
    if s.fails == 0.0:
        return False
    return uniform(f.streams[_U(s.quality)], f.g[0].seed, f.g[0].run, k) < s.fails


@_inner
def _follow(f, k, slot):
    """Follow a station from event to event, up to where it waits, or others' order hangs on it.

    The first is that of a slot; -1 if a body has come; -2 if there is none yet.
    """
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    g = f.g[0]
    own_slot = len(f.times) + len(f.stores) + k
    n_requests = g.n_crew_requests
    while True:
        if slot == -1:
            _load(f, k)
            if g.n_crew_requests > n_requests:
                if g.last_begin == g.key:
                    g.gave_up = SAME_CREW
                g.last_begin = g.key
        elif slot == own_slot:
            f.due[_U(slot)] = NEVER
            _station_due(f, k)
        elif slot >= 0:
            f.due[_U(slot)] = NEVER
            _failure_due(f, slot - _failure_slot(f, 0))
        if s.content != LOADED:
            break
        slot = own_slot
        when = f.due[_U(slot)]
        hangs_on = h.crewed or (s.running and _asks_for_crew(f, s))
        for i in range(s.failures, s.failures_end if s.open > 0 else s.failures):
            failure = f.failures[_U(i)]
            due = f.due[_U(_failure_slot(f, i))]
            if failure.groups < failure.groups_end:
                hangs_on |= failure.state != RUNNING
            elif due < when:
                slot, when = _failure_slot(f, i), due
        if when > g.end:
            return
        if when == g.now and (
            slot != own_slot or (s.task == WORKING and s.left <= s.fails_at - s.worked)
        ):
            g.gave_up = NO_TIME
        if hangs_on:
            _plan(f, slot)
            return
        g.key = _key(f, when, slot)
        g.now = when
    h.at = g.key
    _wait(f, k)


@_inlined
def _wait(f, k):
    """The record of a station says that it waits: it does in the flow."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    h.part = s.part
    s.state = STARVED
    _arm(f, k)
    h.asking = h.asks = 0
    h.status = ASKED
    if s.content == EMPTY:
        h.status = HUNGRY
    elif s.content == FINISHED:
        if h.splits:
            _forget_choice(f, k)
            _choose_way(f, k)
        if h.ways_out != GENERIC:
            h.status = READY


@_inlined
def _choose_way(f, k):
    """A split says where the body goes that a station has finished."""
    h = f.flow[_U(k)]
    h.out_store = _goes_to(f, f.joins[_U(f.stations[_U(k)].puts)], h.ends - h.left)
    q = f.stores[_U(h.out_store)]
    h.ways_out = SHARED if q.shared else BY_RING
    h.taker = f.queues[_U(q.takers)]


@_inlined
def _asks_for_crew(f, s):
    """Whether the failure that comes before the body is finished needs a crew."""
    if s.task != WORKING or s.left <= s.fails_at - s.worked:
        return False
    i = s.failures
    while f.failures[_U(i)].fails_at != s.fails_at:
        i += 1
    return f.failures[_U(i)].groups < f.failures[_U(i)].groups_end


# Moves


@_inlined
def _is_shared(f, j):
    """Whether a join uses a store at which several wait for each other."""
    return f.stores[_U(f.joins[_U(j)].store)].shared


@_inner
def _move_key(f, k):
    """When a station that waits has all that it needs of stores of its own; NEVER: not known."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    empty = h.status == HUNGRY
    key = h.at
    for j in range(s.takes if empty else s.wants, s.takes_end if empty else s.wants_end):
        join = f.joins[_U(j)]
        if _is_shared(f, j):
            continue
        join.used = join.store
        q = f.stores[_U(join.store)]
        if q.capacity == 0:
            partner = f.flow[_U(join.partner)]
            if not empty:  # the station behind takes
                _wake(f, join.partner)
                return NEVER
            if partner.status < READY or (
                partner.status == ASKED and f.stations[_U(join.partner)].content != FINISHED
            ):
                return NEVER
            key = max(key, partner.at)
        elif empty:
            if q.level < join.number:
                return NEVER
            key = max(key, f.ring[_U(_place(q, join.number - 1))].ready)
        else:
            if q.level + join.number > q.capacity:
                return NEVER
            at = q.in_ + join.number - 1
            at = at if at < q.places_end else at - (q.places_end - q.places)
            key = max(key, f.ring[_U(at)].free)
    return key


@_inlined
def _shares(f, k):
    """Whether others' order hangs on when a station that waits moves."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    if s.content == EMPTY:
        return h.shares_in
    if s.content == FINISHED:
        return h.shares_out
    shared = False
    for j in range(s.wants, s.wants_end):
        shared = shared or _is_shared(f, j)
    return shared


@_inner
def _serves_now(f, k, key):
    """Whether the shared stores have all that a station waits for.

    Otherwise an event is planned for each part under way that it waits for.
    """
    s = f.stations[_U(k)]
    g = f.g[0]
    empty = s.content == EMPTY
    all_served = True
    for j in range(s.wants, s.wants_end):
        if not _is_shared(f, j):
            continue
        join = f.joins[_U(j)]
        join.used = join.store
        q = f.stores[_U(join.store)]
        served = False
        if not empty:
            served = q.level + join.number <= q.capacity
        elif q.level >= join.number:
            ready = f.ring[_U(_place(q, join.number - 1))].ready
            served = ready <= key
            if key < ready < q.awaited and ready <= g.end_key:
                q.awaited = ready
                slot = len(f.times) + join.store
                _push_key(g, f.heap, ready, _OWN | (slot << 4) | _EVENT)
        all_served = all_served and served
    return all_served


@_inner
def _call(f, store, empty):
    """Those that wait for parts (places) at a shared store try to move at this key."""
    q = f.stores[_U(store)]
    g = f.g[0]
    for m in range(q.takers if empty else q.putters, q.takers_end if empty else q.putters_end):
        k = f.queues[_U(m)]
        h = f.flow[_U(k)]
        if not h.asking or h.called or (h.status == HUNGRY) != empty:
            continue
        s = f.stations[_U(k)]
        if empty or s.one_way or _join(f, s, store, False) >= 0:
            h.called = 1
            f.calls[_U(g.n_calls)] = k
            g.n_calls += 1


@_inner
def _first_called(f):
    """Of those that were called who asked first."""
    g = f.g[0]
    first = 0
    for m in range(1, g.n_calls):
        if f.flow[_U(f.calls[_U(m)])].at < f.flow[_U(f.calls[_U(first)])].at:
            first = m
    k = f.calls[_U(first)]
    g.n_calls -= 1
    f.calls[_U(first)] = f.calls[_U(g.n_calls)]
    f.flow[_U(k)].called = 0
    return k


@_inlined
def _note_turn(f, h, key, asked, moved, since):
    """A station asks at a shared store: one that asked or moved at this key could come first."""
    if asked == key or (moved == key and since > h.at):
        f.g[0].gave_up = SAME_STORE


@_inlined
def _note_birth(f, s, key):
    """A station asks for the next of its count."""
    group = f.groups_of_lines[_U(s.group)]
    if group.last_birth == key:
        f.g[0].gave_up = SAME_COUNT
    group.last_birth = key


@_inner
def _ask_in_turn(f, k, key):
    """A station comes to shared stores, or to its count of births, and is called at once."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    g = f.g[0]
    empty = s.content == EMPTY
    h.asking = h.called = 1
    f.calls[_U(g.n_calls)] = k
    g.n_calls += 1
    if empty and h.counted:
        _note_birth(f, s, key)
    for j in range(s.wants, s.wants_end):
        if not _is_shared(f, j):
            continue
        q = f.stores[_U(f.joins[_U(j)].store)]
        if empty:
            _note_turn(f, h, key, q.asked_takes, q.took, q.taker_since)
            q.asked_takes = key
        else:
            _note_turn(f, h, key, q.asked_puts, q.put_in, q.putter_since)
            q.asked_puts = key


@_inner
def _put_in_turn(f, k, key):
    """A station puts its body to a shared store, or waits for a place there."""
    h = f.flow[_U(k)]
    store = h.out_store
    q = f.stores[_U(store)]
    _note_turn(f, h, key, q.asked_puts, q.put_in, q.putter_since)
    q.asked_puts = key
    if q.level == q.capacity:
        _note_finish(f, k)
        h.asking = 1
        return
    _put(f, store, h.part)
    q.put_in, q.putter_since = key, h.at
    _call(f, store, True)
    h.blocked += _ms(f, key) - _ms(f, h.at)
    h.status, h.at, h.asks = HUNGRY, key, 0
    _wake(f, k)


@_inner
def _birth_in_turn(f, k, key):
    """A body is born at a station, as the next in its count."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    _note_birth(f, s, key)
    _receive(f, k)
    h.part = s.part
    h.status, h.asked, h.starts, h.asks = LOADING, h.at, key, 0
    _wake(f, k)


@_inner
def _note_finish(f, k):
    """A finished station asks for its places: its record says so."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    s.part = h.part
    s.content = FINISHED
    s.wants, s.wants_end = s.puts, s.puts_end
    h.status = ASKED
    h.asking = h.asks = 0
    if s.splits:
        _book(f, k)
        _choose(f, k)


@_inner
def _move(f, k, key):
    """A station moves, or takes from those that hand their bodies to it."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    g = f.g[0]
    g.now, g.key = _ms(f, key), key
    takes = h.status == HUNGRY
    n = 1
    f.team[0] = k
    if takes:
        n = 0
        for j in range(s.takes, s.takes_end):
            join = f.joins[_U(j)]
            if not _is_shared(f, j) and f.stores[_U(join.store)].capacity == 0:
                f.team[_U(n)] = join.partner
                n += 1
    for m in range(n):
        _hand_over(f, f.team[_U(m)], key)
    if not takes:
        return
    _receive(f, k)
    h.part = s.part
    h.asking = h.asks = 0
    _let_others_move(f, h.at, s.takes, s.takes_end, False, key)
    h.asked, h.starts = h.at, key
    h.status = LOADING
    _wake(f, k)


@_inner
def _let_others_move(f, since, first, end, empty, key):
    """A station that waited since a key has moved: those that wait for what it put, or took, may.

    The former are `empty`; what it used are the joins from `first` up to `end`.
    """
    for j in range(first, end):
        used = f.joins[_U(j)].used
        q = f.stores[_U(used)]
        if q.shared:
            if empty:
                q.put_in, q.putter_since = key, since
            else:
                q.took, q.taker_since = key, since
            _call(f, used, empty)
        elif q.capacity > 0:
            others, others_end = q.putters, q.putters_end
            if empty:
                others, others_end = q.takers, q.takers_end
            if others < others_end:
                _wake(f, f.queues[_U(others)])


@_inner
def _hand_over(f, k, key):
    """A station gives its body away, and is empty."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    if h.status == READY:
        _note_finish(f, k)
    h.blocked += _ms(f, key) - _ms(f, h.at)
    _give(f, k)
    _let_others_move(f, h.at, s.wants, s.wants_end, True, key)
    if s.splits:
        _forget_choice(f, k)
    h.status = HUNGRY
    h.at = key
    h.asking = h.asks = 0
    _wake(f, k)


@_inner
def _ask_for_turn(f, k, key):
    """A station asks for its turn at a key, once."""
    h = f.flow[_U(k)]
    if key <= f.g[0].end_key and not h.asking and not h.asks:
        h.asks = 1
        _push_key(f.g[0], f.heap, key, _TRAIN | (k << 4) | _ASK)


@_inlined
def _may_take(f, h):
    """Whether there may be something for a station that is empty."""
    if h.ways_in == BY_RING:
        return f.stores[_U(h.in_store)].level > 0
    return h.ways_in != BY_HAND or f.flow[_U(h.feeder)].status >= READY


@_inlined
def _finish_key(f, key, cycle, slot):
    """When a body is finished that begins at a key."""
    return max(key, ((_ms(f, key) + cycle) << MOST_SLOTS) | slot)


@_inlined
def _hand_on(f, h, b, key):
    """A body goes from a station to the next, hand to hand."""
    h.blocked += _ms(f, key) - _ms(f, h.at)
    h.passed += 1
    h.status, h.at = HUNGRY, key
    b.part, b.asked = h.part, b.at


@_inlined
def _pass_on(f, h):
    """Bodies go from store to store through a station, as long as nothing else happens.

    It is empty; all goes in registers, since most bodies of a line with places go this way.
    """
    q = f.stores[_U(h.in_store)]
    p = f.stores[_U(h.out_store)]
    end, cycle, slot, at = f.g[0].end_key, h.fixed, h.slot, h.at
    whole, rate, told, number = h.fixed > 0, h.rate, h.told, h.ends - h.left
    n = min(q.level, p.capacity - p.level, h.left)
    out, in_ = q.out, p.in_
    last_take, last_put = q.last_take, p.last_put
    took = put = waited = full = blocked = 0
    passed = 0
    while passed < n:
        place, to = f.ring[_U(out)], f.ring[_U(in_)]
        ready, free = place.ready, to.free
        key = max(at, ready)
        if not whole:
            cycle = _whole((number + passed + 1) * rate) - told
        finished = _finish_key(f, key, cycle, slot)
        leaves = max(finished, free)
        if leaves > end:
            break
        passed += 1
        told += cycle
        h.asked = at
        place.free = key
        to.ready = at = leaves
        f.places[_U(in_)] = f.places[_U(out)]
        waited += max(0, _ms(f, ready) - last_take)
        full += max(0, _ms(f, free) - last_put)
        last_take, last_put = _ms(f, key), _ms(f, leaves)
        took += last_take
        put += last_put
        blocked += last_put - _ms(f, finished)
        out, in_ = _following(q, out), _following(p, in_)
    h.at = at
    h.left -= passed
    h.told = told
    h.blocked += blocked
    q.out, p.in_ = out, in_
    q.last_take, p.last_put = last_take, last_put
    q.level -= passed
    p.level += passed
    q.n_taken += passed
    p.n_put += passed
    q.level_ms += took
    p.level_ms -= put
    q.empty_ms += waited
    q.none_ready_ms += waited
    p.full_ms += full
    return passed


@_inlined
def _begin_next(f, h, b, key):
    """A body goes from a station to the next, hand to hand, which does nothing but its cycle."""
    _hand_on(f, h, b, key)
    b.at = _finish_key(f, key, _count_down(b), b.slot)
    b.status = READY


@_inlined
def _move_up(f, k):
    """Bodies of a line hand to hand move up, each to where the one before it was.

    The first to move goes to station k, which is empty; the station that is empty in the end.
    """
    end = f.g[0].end_key
    h = f.flow[_U(k)]
    while h.plain and h.left > 0:
        b = f.flow[_U(h.feeder)]
        key = max(b.at, h.at)
        if b.status != READY or key > end:
            break
        _begin_next(f, b, h, key)
        k, h = h.feeder, b
    return k


@_inlined
def _move_down(f, k):
    """A body of a line hand to hand moves down, through stations that are empty: to which."""
    end = f.g[0].end_key
    h = f.flow[_U(k)]
    while h.ways_out == BY_HAND:
        b = f.flow[_U(h.taker)]
        key = max(h.at, b.at)
        if b.status != HUNGRY or key > end or not b.plain or b.left <= 0:
            break
        _begin_next(f, h, b, key)
        k, h = h.taker, b
    return k


@_inlined
def _flow_on(f, k):
    """Bodies flow on from a station, or to it, as far as they can the simple way.

    The station at which one needs another way, -1 if there is none.
    """
    g = f.g[0]
    end = g.end_key
    further, goes_on = k, False
    h = f.flow[_U(k)]
    status = key = 0
    while True:
        if not goes_on:
            if further < 0:
                return -1
            k, further = further, -1
            h = f.flow[_U(k)]
            if h.status == HUNGRY and h.ways_in == BY_HAND:
                last = k
                k = _move_up(f, k)
                if k != last:
                    if h.ways_out == SHARED:
                        _ask_for_turn(f, last, f.flow[_U(last)].at)
                    elif h.ways_out != BY_HAND or f.flow[_U(h.taker)].status == HUNGRY:
                        further = last
                    h = f.flow[_U(k)]
                if h.ways_in == BY_HAND:  # who hands over to it
                    k = h.feeder
                    h = f.flow[_U(k)]
            status, key = h.status, h.starts
        goes_on = False
        at = h.at
        takes = puts = False
        while True:  # one body after the other
            if status == HUNGRY and h.passes:
                h.at = at
                if _pass_on(f, h) > 0:
                    takes = puts = True
                    at = h.at
            if status == HUNGRY:
                if h.ways_in == BY_RING:
                    q = f.stores[_U(h.in_store)]
                    key = max(at, f.ring[_U(q.out)].ready)
                    if q.level == 0 or key > end:
                        break
                    takes = True
                    _ring_take(f, h.in_store, key)
                    h.part = _first_leaves(f, h.in_store, _ms(f, key))
                elif h.ways_in == ENDLESS and at <= end:
                    key = at
                    h.part = _new_part(f)
                else:
                    break
                h.asked = at
                status = LOADING
            if status == LOADING:
                if h.carriers and f.parts[_U(h.part)].born == UNBORN:
                    g.now, g.key = _ms(f, key), key
                    f.parts[_U(h.part)].born = g.now
                    _count_wip(f, 0, 1)
                if h.left <= 0:
                    break
                if h.fixed >= 0:
                    cycle = _count_down(h)
                else:
                    cycle = _next_cycle(f, k, key)
                    if cycle < 0:
                        break
                    h.left -= 1
                at = _finish_key(f, key, cycle, h.slot)
                status = READY
                if h.splits:
                    _choose_way(f, k)
            if status != READY:
                break
            if further >= 0 and h.ways_out != BY_HAND:  # those behind it move up first
                _wake(f, k)
                break
            if h.ways_out == OUT:
                if at > end:
                    break
                puts = True
                g.now, g.key = _ms(f, at), at
                f.stations[_U(k)].part = h.part
                _exit(f, k)
                _end_part(f, h.part)
                status = HUNGRY
                continue
            if h.ways_out != BY_RING:
                break
            q = f.stores[_U(h.out_store)]
            key = max(at, f.ring[_U(q.in_)].free)
            if q.level == q.capacity or key > end:
                break
            puts = True
            h.blocked += _ms(f, key) - _ms(f, at)
            _ring_put(f, h.out_store, key)
            _last_comes(f, h.out_store, h.part, _ms(f, key))
            at = key
            status = HUNGRY
            if h.splits:  # the next body may go elsewhere
                _wake(f, h.taker)
        h.status, h.at, h.starts = status, at, key
        if takes and f.flow[_U(h.feeder)].status >= READY:
            _wake(f, h.feeder)
        behind = h.taker
        b = f.flow[_U(behind)]
        if puts:
            if status == LOADING or (status == HUNGRY and _may_take(f, h)):
                _wake(f, k)
            if b.status == HUNGRY and h.ways_out == BY_RING:
                goes_on = b.ways_in == BY_RING
                if goes_on:
                    k, h, status = behind, b, HUNGRY
                else:
                    _wake(f, behind)
        elif status == READY and h.ways_out == BY_HAND:
            last = _move_down(f, k)
            if last == k:  # the next has more than a cycle, or cannot take
                key = max(at, b.at)
                if b.status != HUNGRY or key > end:
                    continue
                if b.ways_in != BY_HAND:
                    k = behind
                    break
                _hand_on(f, h, b, key)
                last, status = behind, LOADING
            if _may_take(f, h):
                if further >= 0:
                    _wake(f, further)
                further = k
            k, h, goes_on = last, f.flow[_U(last)], True
        elif status == READY:
            if h.ways_out == SHARED:
                _ask_for_turn(f, k, at)
            elif h.ways_out == GENERIC:
                break
        elif status == HUNGRY:
            if h.ways_in == COUNTED:
                _ask_for_turn(f, k, at)
            elif h.ways_in == GENERIC:
                break
        elif status != IDLE:
            break
    if further >= 0:
        _wake(f, further)
    return k


# A stretch


@_inner
def _take_over(f, end):
    """The state of the event kernel becomes that of the flow, up to an instant."""
    g = f.g[0]
    now = g.now
    g.flowing = 1
    g.began = now
    g.end = end
    g.end_key = (end << MOST_SLOTS) | (2**MOST_SLOTS - 1)
    g.key = (now << MOST_SLOTS) | (2**MOST_SLOTS - 1)
    g.n_heap = g.n_calls = 0
    g.last_begin = -1
    for i in range(len(f.buckets)):
        f.buckets[_U(i)] = -1
    for i in range(len(f.groups_of_lines)):
        f.groups_of_lines[_U(i)].last_birth = -1
    for i in range(len(f.stores)):
        q = f.stores[_U(i)]
        q.asked_takes = q.asked_puts = q.took = q.put_in = -1
        q.awaited = NEVER
        if q.capacity == 0:
            continue
        _account_store(f, i)
        q.level_ms -= q.level * now
        q.last_put = q.last_take = now
        for m in range(q.n_under_way):
            place = f.ring[_U(_place(q, q.ready + m))]
            place.ready = _key(f, f.queues[_U(_part_slot(q, m))], len(f.times) + i)
        if q.n_under_way > 0:
            f.due[_U(len(f.times) + i)] = NEVER
    for i in range(len(f.failures)):
        if f.failures[_U(i)].groups < f.failures[_U(i)].groups_end:
            _plan(f, _failure_slot(f, i))
    for k in range(len(f.stations)):
        f.flow[_U(k)].status = IDLE if f.stations[_U(k)].content == LOADED else HUNGRY
        f.flow[_U(k)].at = f.stations[_U(k)].asked
    n = _line_up(f)
    for m in range(n):
        f.flow[_U(f.team[_U(m)])].starts = m
    for k in range(len(f.stations)):
        s = f.stations[_U(k)]
        h = f.flow[_U(k)]
        h.status = IDLE
        h.asking = h.asks = 0
        if f.times[_U(s.time)].close <= now:
            continue
        if s.content == LOADED:
            h.status = LOADING
            h.starts = -1
        else:
            h.at = now << MOST_SLOTS
            if _shares(f, k):
                h.at += h.starts
            _account_station(f, k)
            _wait(f, k)
        _wake(f, k)


@_inner
def _line_up(f):
    """The stations that wait at shared stores in the order in which they asked: how many."""
    n = 0
    for k in range(len(f.stations)):
        if f.flow[_U(k)].status < HUNGRY or not _shares(f, k):
            continue
        turn = f.flow[_U(k)].at
        i = n
        while i > 0 and f.flow[_U(f.team[_U(i - 1)])].at > turn:
            f.team[_U(i)] = f.team[_U(i - 1)]
            i -= 1
        f.team[_U(i)] = k
        n += 1
    return n


@_inner
def _hand_back(f):
    """The state of the flow becomes that of the event kernel."""
    g = f.g[0]
    end = g.end
    for k in range(len(f.stations)):
        h = f.flow[_U(k)]
        if h.passed > 0:
            f.stores[_U(h.out_store)].n_put += h.passed
            f.stores[_U(h.out_store)].n_taken += h.passed
            h.passed = 0
        if h.status > LOADING:
            _settle_station(f, k)
    n = _line_up(f)
    for m in range(n):
        k = f.team[_U(m)]
        if _ms(f, f.flow[_U(k)].at) > g.began:
            s = f.stations[_U(k)]
            g.n_requests += 1
            s.asked = g.n_requests
            if f.by_product is not None and s.content == EMPTY:
                s.asked += s.rank
    g.flowing = 0
    g.now = end
    for i in range(len(f.stores)):
        if f.stores[_U(i)].capacity > 0:
            _settle_store(f, i)
    for slot in range(len(f.due)):
        when = f.due[_U(slot)]
        if when < NEVER:
            bucket = (when >> g.width) & (len(f.buckets) - 1)
            f.after[_U(slot)] = f.buckets[_U(bucket)]
            f.buckets[_U(bucket)] = slot


@_inner
def _settle_station(f, k):
    """The record of a station says what the flow knows."""
    s = f.stations[_U(k)]
    h = f.flow[_U(k)]
    g = f.g[0]
    if h.status == READY and _ms(f, h.at) > g.end:
        cycle = h.cycle if h.fixed < 0 else h.fixed
        h.left += 1
        if h.fixed == 0:
            cycle = h.told - _whole((h.ends - h.left) * h.rate)
            h.told -= cycle
        h.work -= h.cycle
        g.now = _ms(f, h.at) - cycle
        h.at = g.now << MOST_SLOTS
        h.status = IDLE
        _book(f, k)
        s.content = LOADED
        s.task = s.state = WORKING
        s.left = s.whole = cycle
        s.running = 1
        s.begun = s.held = 0
        s.began = s.since
        _note_ask(f, s, h.asked)
        f.due[_U(len(f.times) + len(f.stores) + k)] = _after(f, s.time, cycle)
        return
    _book(f, k)
    if h.status == HUNGRY:
        s.content = EMPTY
        s.wants, s.wants_end = s.takes, s.takes_end
    elif h.status == READY:
        s.content = FINISHED
        s.wants, s.wants_end = s.puts, s.puts_end
        if s.splits:
            _choose(f, k)
    s.state = STARVED if h.status == HUNGRY else BLOCKED
    if _ms(f, h.at) > g.began:
        g.n_requests += 1
        s.asked = g.n_requests


@_inner
def _settle_store(f, i):
    """The record of a store says what the flow knows."""
    q = f.stores[_U(i)]
    g = f.g[0]
    q.level_ms += q.level * g.end
    full_until = g.end if q.level == q.capacity else _ms(f, f.ring[_U(q.in_)].free)
    q.full_ms += max(0, full_until - q.last_put)
    if q.level > 0:
        _wait_for_part(f, q)
    else:
        q.empty_ms += g.end - q.last_take
        q.none_ready_ms += g.end - q.last_take
    q.since = g.end
    q.ready = q.level
    q.free = q.capacity - q.level
    q.n_under_way = 0
    if q.transit > 0:
        while q.ready > 0 and f.ring[_U(_place(q, q.ready - 1))].ready > g.end_key:
            q.ready -= 1
        q.n_under_way = q.level - q.ready
        q.first = 0
        for m in range(q.n_under_way):
            ready = f.ring[_U(_place(q, q.ready + m))].ready
            when = NEVER if ready == NEVER else _ms(f, ready)
            f.queues[_U(_part_slot(q, m))] = when
            if m == 0:
                f.due[_U(len(f.times) + i)] = when


@_inlined
def _stretch(f, until):
    """Up to when nothing opens or closes, and no product starts. [ms]"""
    g = f.g[0]
    end = until
    for i in range(len(f.times)):
        t = f.times[_U(i)]
        if t.close > g.now:
            end = min(end, t.close)
        if t.now + 1 < t.windows_end:
            end = min(end, f.windows[_U(t.now + 1), 0] - 1)
    if f.by_product is not None and g.next_start < NEVER:
        end = min(end, g.next_start - 1)
    return end


@_inlined
def _is_late(f):
    """Whether a station works overtime."""
    late = False
    for k in range(len(f.stations)):
        s = f.stations[_U(k)]
        closed = f.times[_U(s.time)].close <= f.g[0].now
        late = late or (closed and s.content == LOADED and _stays(s))
    return late


@_compiled
def flow(f, until, events):
    """Run up to and including `until`, or less far; up to where the event kernel must go on.

    Less far for about so many events, or for lack of room: it is where the clock is then. `gave_up`
    of the globals says that the run has to be made anew, by events alone, and why.
    """
    g = f.g[0]
    began = g.now
    end = _stretch(f, until)
    if end <= began:
        return min(until, began + (60_000 if g.next_start <= began + 1 else 1))
    if _is_late(f):
        return end
    room = (len(f.exits) - g.n_exits) // 4 * g.exit_gap
    end = min(end, began + max(1, min(events << g.width, room)))
    _take_over(f, end)
    key = first = 0
    while g.gave_up == 0:
        follows = mover = -1
        slot = -2
        if g.n_calls > 0:
            mover = _first_called(f)
            if not f.flow[_U(mover)].asking or not _serves_now(f, mover, key):
                continue
        elif g.n_woken > 0:  # in turn: each moves several bodies at a time
            k = f.woken[_U(first)]
            f.stations[_U(k)].woken = 0
            first += 1
            if first == g.n_woken or first == len(f.stations):
                g.n_woken -= first
                for m in range(g.n_woken):
                    f.woken[_U(m)] = f.woken[_U(first + m)]
                first = 0
            if f.flow[_U(k)].status == LOADING and f.flow[_U(k)].starts < 0:
                follows = k
                g.now, g.key = g.began, g.began << MOST_SLOTS
            else:
                k = _flow_on(f, k)
                if k < 0:
                    continue
                h = f.flow[_U(k)]
                if h.status == LOADING:
                    if h.crewed:
                        _book(f, k)
                        h.status = IDLE
                        _push_key(g, f.heap, h.starts, _TRAIN | (k << 4) | _BEGIN)
                        continue
                    follows, slot = k, -1
                    _book(f, k)
                    g.now, g.key = _ms(f, h.starts), h.starts
                elif h.at > g.end_key or h.asking or h.asks:
                    continue
                else:
                    s = f.stations[_U(k)]
                    if h.status == HUNGRY:
                        s.content = EMPTY
                        s.wants, s.wants_end = s.takes, s.takes_end
                    elif h.status == READY:
                        _note_finish(f, k)
                    move_key = _move_key(f, k)
                    if move_key > g.end_key:
                        continue
                    if _shares(f, k):
                        _ask_for_turn(f, k, move_key)
                        continue
                    mover, key = k, move_key
        elif g.n_heap > 0:
            key = f.heap[0, 0]
            what = _pop_key(g, f.heap)
            number = (what & (_TRAIN - 1)) >> 4
            g.now, g.key = _ms(f, key), key
            if what & 15 == _ASK:
                h = f.flow[_U(number)]
                if h.status == READY:
                    _put_in_turn(f, number, key)
                elif h.status == HUNGRY and h.ways_in == COUNTED:
                    _birth_in_turn(f, number, key)
                else:
                    _ask_in_turn(f, number, key)
                continue
            if what & 15 == _BEGIN:
                follows, slot = number, -1
            elif number < len(f.times) + len(f.stores):
                f.stores[_U(number - len(f.times))].awaited = NEVER
                _call(f, number - len(f.times), True)
                continue
            elif f.due[_U(number)] != g.now:
                continue
            else:
                slot = number
                follows = number - len(f.times) - len(f.stores)
                if follows >= len(f.stations):
                    follows = f.failures[_U(number - _failure_slot(f, 0))].station
        else:
            break
        if follows >= 0:
            f.flow[_U(follows)].status = IDLE
            _follow(f, follows, slot)
        else:
            _move(f, mover, key)
    if g.gave_up == 0:
        _hand_back(f)
    return g.now
