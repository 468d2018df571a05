"""Repair crews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ningde_sim.engine.counts import COUNTED
from ningde_sim.engine.layout import CrewLayout

if TYPE_CHECKING:
    from ningde_sim.engine.reference.failures import FailureProcess
    from ningde_sim.engine.reference.floor import Floor


class CrewGroup:
    """A group of repair crews."""

    def __init__(self, floor: Floor, row: CrewLayout) -> None:
        self.time = floor.times[row.time] if row.time >= 0 else None
        self.free = row.crew.number
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.counted = dict.fromkeys(COUNTED["crews"], 0)

    def can_come(self, failure: FailureProcess) -> bool:
        """Whether one of them is free, in its working time or where work can go on."""
        return self.free > 0 and (self.time or failure.own_clock).can_work()


class Crews:
    """All crews: they go to the highest priority, then to who asked first."""

    def __init__(self, floor: Floor) -> None:
        self.groups = [CrewGroup(floor, row) for row in floor.layout.crews]
        self.asked = 0
        self.waiting: list[FailureProcess] = []

    def ask(self, failure: FailureProcess) -> CrewGroup | None:
        """Note the request of a failure; the group that comes at once, or the failure waits."""
        self.asked += 1
        failure.request = self.asked
        group = self.first_for(failure)
        if group is None:
            self.waiting.append(failure)
        return group

    def first_for(self, failure: FailureProcess) -> CrewGroup | None:
        """The first group that could come now."""
        groups = (self.groups[i] for i in failure.row.groups)
        return next((group for group in groups if group.can_come(failure)), None)

    def leave(self, group: CrewGroup | None) -> None:
        """A crew is free, if one was there."""
        if group is not None:
            group.free += 1
            self.serve()

    def serve(self) -> None:
        """The free crews go to those that wait."""
        for failure in sorted(self.waiting, key=lambda f: (-f.row.priority, f.request)):
            group = self.first_for(failure)
            if group is not None:
                self.waiting.remove(failure)
                failure.crew_comes(group)
