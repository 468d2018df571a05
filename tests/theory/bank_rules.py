"""Lanes that put parts into another sequence, second by second, without an engine.

Parts come from lines that follow the plant's sequence, and leave to one station. All times are
whole seconds. At one second the lines come before the station, as they are declared; each is
followed through before the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple


class Part(NamedTuple):
    """A part in the plant's sequence."""

    number: int
    product: str


@dataclass
class Lanes:
    """A bank.

    Attributes
    ----------
    n, places : int
        Lanes, and places of each.
    rule : {"batch", "sequence"}
    came : list of Part
        In the order in which they came.
    left : str
        The product that left last.
    """

    n: int
    places: int
    rule: str
    came: list[Part] = field(default_factory=list)
    left: str = ""

    def __post_init__(self) -> None:
        self.lanes: list[list[Part]] = [[] for _ in range(self.n)]

    @property
    def has_room(self) -> bool:
        return any(len(lane) < self.places for lane in self.lanes)

    def put(self, part: Part) -> None:
        """Into the lane of the rule; among equals the first lane."""
        open_lanes = [lane for lane in self.lanes if len(lane) < self.places]
        if self.rule == "batch":
            fitting = [lane for lane in open_lanes if lane and lane[-1].product == part.product]
        else:
            before = [lane for lane in open_lanes if lane and lane[-1].number < part.number]
            fitting = sorted(before, key=lambda lane: -lane[-1].number)
        empty = [lane for lane in open_lanes if not lane]
        lane = [*fitting, *empty, *sorted(open_lanes, key=len)][0]
        lane.append(part)
        self.came.append(part)

    def take(self) -> Part | None:
        """The first part of the lane of the rule; among equals the part that came first."""
        lanes = sorted((lane for lane in self.lanes if lane), key=lambda x: self.came.index(x[0]))
        if not lanes:
            return None
        if self.rule == "sequence":
            lane = min(lanes, key=lambda lane: lane[0].number)
        else:
            same = [lane for lane in lanes if lane[0].product == self.left]
            lane = same[0] if same else max(lanes, key=run_at_head)
        part = lane.pop(0)
        self.left = part.product
        return part


def run_at_head(lane: Sequence[Part]) -> int:
    """Parts of the product of the first, behind each other."""
    return len([*takewhile(lambda part: part.product == lane[0].product, lane)])


@dataclass
class _Tool:
    """A station: what it makes, what it holds, until when."""

    makes: str
    part: Part | None = None
    until: int = 0


def through_a_bank(
    products: Sequence[str],
    makers: Sequence[str],
    cycle: Mapping[str, int],
    taker: Mapping[str, int],
    bank: Lanes,
) -> list[tuple[int, int]]:
    """The exits of the taker: time [s] and number of each.

    Parameters
    ----------
    products : sequence of str
        Of letters.
    makers : sequence of str
        Of each line before the bank the products that it makes; they share one count.
    cycle, taker : mapping
        Cycle of each product at the makers, and at the station behind the bank. [s]
    """
    tools, last = [_Tool(makes) for makes in makers], _Tool("")
    waiting: list[_Tool] = []
    exits: list[tuple[int, int]] = []
    numbers = iter([Part(k, product) for k, product in enumerate(products)])
    following = next(numbers, None)
    now = 0

    def settle() -> None:
        """Make all moves that are possible."""
        nonlocal following
        while True:
            idle = [t for t in tools if following and not t.part and following.product in t.makes]
            if not last.part and (part := bank.take()):
                last.part, last.until = part, now + taker[part.product]
            elif waiting and bank.has_room:
                tool = waiting.pop(0)
                assert tool.part
                bank.put(tool.part)
                tool.part = None
            elif idle and following:
                idle[0].part, idle[0].until = following, now + cycle[following.product]
                following = next(numbers, None)
            else:
                return

    settle()
    while len(exits) < len(products):
        now += 1
        for tool in tools:
            if tool.part and tool.until == now:
                waiting.append(tool)
                settle()
        if last.part and last.until == now:
            exits.append((now, last.part.number))
            last.part = None
            settle()
    return exits
