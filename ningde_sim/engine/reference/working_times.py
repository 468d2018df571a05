"""Working times: their windows, and a clock that runs only in them."""

from __future__ import annotations

import simpy

from ningde_sim.engine._kernel import NEVER


class WorkingTimeProcess:
    """A working time: its windows, and a clock that runs only in them."""

    def __init__(self, env: simpy.Environment, windows: list[tuple[int, int]]) -> None:
        self.env = env
        self.windows = windows
        self.passed = 0
        self.opening = self.closing = -1
        if windows and windows[0][0] == 0:
            self.open(*windows[0])

    def open(self, opening: int, closing: int) -> None:
        """The next window opens."""
        self.passed += self.closing - self.opening
        self.opening, self.closing = opening, closing

    def is_open(self) -> bool:
        """Whether a window is open; the instant of closing still is."""
        return bool(self.env.now <= self.closing)

    def reading(self) -> int:
        """Working time since the start of the run. [ms]"""
        return self.passed + min(int(self.env.now), self.closing) - self.opening

    def after(self, duration: int) -> int:
        """The instant at which the clock will have gone on by `duration`. [ms]"""
        left = duration
        for opening, closing in [(int(self.env.now), self.closing), *self.later()]:
            if left <= closing - opening:
                return opening + left
            left -= max(0, closing - opening)
        return NEVER

    def stays(self) -> bool:
        """Whether it goes on at closing."""
        return False

    def can_work(self) -> bool:
        """Whether a window goes on from now on."""
        return self.env.now < self.closing

    def later(self) -> list[tuple[int, int]]:
        """The windows that have not opened yet."""
        return [window for window in self.windows if window[0] > self.opening]
