"""Events in their order, and steps of the critical path with the step before each."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import simpy

from ningde_sim.engine._kernel import NEVER
from ningde_sim.engine.critical_path import PathStep

Process = Generator[simpy.Event, Any, None]


class Due(simpy.Event):
    """A timeout to an instant, with the rank that orders the events of that instant."""

    def __init__(self, env: simpy.Environment, when: int, rank: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        if when < NEVER:
            env.schedule(self, priority=2 + rank, delay=when - env.now)  # type: ignore[arg-type]


class Step(NamedTuple):
    """Something that a thing did, and the step that it had waited for before it began.

    `number` grows with the time of the end. A step that nothing refers to any more is freed.
    """

    number: int
    what: int
    begin: int
    end: int
    before: Step | None


def backwards(step: Step | None) -> Iterator[PathStep]:
    """A step and those before it, last first."""
    while step is not None:
        yield step.what, step.begin, step.end
        step = step.before


def later(a: Step | None, b: Step | None) -> Step | None:
    """The later of two causes."""
    if a is None or b is None:
        return a or b
    return a if a.number > b.number else b
