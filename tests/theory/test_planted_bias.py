"""A bias of 1 % planted in one engine is caught by theory, or by the other engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ningde_sim
from ningde_sim.engine import reference
from tests.theory.lines import RELIABLE, UNRELIABLE

CASES = {case.label: case for case in [*RELIABLE, *UNRELIABLE]}

PLANTED = {
    "cycles": (
        "s.left = <draw_ms(f.streams, f.values, s.cycle, f.g[0].seed, f.g[0].run, s.done)>",
        "events",
        "A03 b=0",
    ),
    "fixed cycles": ("s.left = <s.fixed>\n", "events", "C13"),
    "cycles that flow": (
        "left = <draw_ms(f.streams, f.values, s.cycle, g.seed, g.run, done)>",
        "flow",
        "A03 b=0",
    ),
    "fixed cycles that flow": ("return <h.fixed>\n", "flow", "C13"),
    "every draw": (
        'ms = <draw(stream, values, seed, run, k) * stream["unit"]>',
        "flow",
        "A03 b=0",
    ),
}
"""A number of the kernel that becomes 1 % longer, what then runs, the case that must detect it."""

PROGRAM = """
import json, sys
import numpy as np
import ningde_sim
from ningde_sim.engine import compiled
from tests.theory.intervals import compare
from tests.theory.test_planted_bias import CASES
if sys.argv[2] == "events":
    compiled.hindrance = lambda layout: "the events are asked for"
case = CASES[sys.argv[1]]
runs = [case.run(0, units=400, engine=engine) for engine in ("compiled", "reference")]
fast, readable = (run.exits["line"] for run in runs)
print(json.dumps({
    "file": ningde_sim.__file__,
    "ran": runs[0].engine,
    "agrees": compare(case)[0].agrees,
    "equal": bool(np.array_equal(fast, readable)),
}))
"""


def run_copy(folder: Path, label: str, ran: str = "flow", place: str = "") -> dict[str, object]:
    """Compare a case with the engine of a copy of the package that has a number 1 % off."""
    site = folder / "site"
    source = Path(ningde_sim.__file__).parent
    shutil.copytree(source, site / "ningde_sim", ignore=shutil.ignore_patterns("__pycache__"))
    kernel = site / "ningde_sim" / "engine" / "_kernel.py"
    text = kernel.read_text(encoding="utf-8")
    if place:
        before, value, after = re.split("[<>]", place)
        assert text.count(before + value + after) == 1
        longer = f"{before}_whole(1.01 * ({value})){after}"
        kernel.write_text(text.replace(before + value + after, longer), encoding="utf-8")
    env = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA")}
    paths = [site, Path(__file__).parents[2]]
    env |= {"PYTHONPATH": os.pathsep.join(map(str, paths)), "NUMBA_CACHE_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, label, ran],
        capture_output=True,
        text=True,
        env=env,
        cwd=site,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdict: dict[str, object] = json.loads(done.stdout)
    assert Path(str(verdict.pop("file"))).is_relative_to(site)
    return verdict


@pytest.mark.slow
@pytest.mark.parametrize("what", PLANTED)
def test_a_kernel_that_takes_1_percent_longer_is_caught(what: str, tmp_path: Path) -> None:
    """Always by theory; by the other engine too, unless both draw the same wrong numbers."""
    place, ran, label = PLANTED[what]
    verdict = run_copy(tmp_path, label, ran, place)
    assert verdict == {"ran": ran, "agrees": False, "equal": what == "every draw"}


@pytest.mark.slow
def test_the_unchanged_kernel_is_not_caught(tmp_path: Path) -> None:
    assert run_copy(tmp_path, "A03 b=0") == {"ran": "flow", "agrees": True, "equal": True}


@pytest.mark.parametrize("label", ["A03 b=0", "C01 ODF"])
def test_a_reference_engine_that_takes_1_percent_longer_is_not_equal(
    label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the comparison of `test_both_engines_finish_the_same_bodies_at_the_same_times`."""
    case = CASES[label]
    right = case.run(0, units=400, engine="reference")
    drawn = reference.Floor.draw
    monkeypatch.setattr(
        reference.Floor, "draw", lambda self, stream, k: round(1.01 * drawn(self, stream, k))
    )
    biased = case.run(0, units=400, engine="reference")
    fast = case.run(0, units=400)
    np.testing.assert_array_equal(fast.exits["line"], right.exits["line"])
    assert biased.bodies != fast.bodies or (biased.exits["line"] != fast.exits["line"]).any()
