"""What a line takes or puts at one instant: stores, quantities, alternatives, shares.

A user writes names: `"doors"`, `["bodies", "doors"]`, `{"wheels": 4}`, `[("repaired", "new")]`,
`Split({"paint": 0.9, "audit": 0.1})`. A line keeps them as a tuple whose members are the name of a
store, where one part of it is meant, an `Entry` or a `Split`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ningde_sim._support import checks
from ningde_sim._support.frozen import Entries, unchangeable
from ningde_sim._support.units import MAX_CAPACITY

SHARES_ADD_UP = 1e-9
"""How far the sum of shares may be from 1. [-]"""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """Parts of one store; of several stores, the first that can serve.

    Attributes
    ----------
    stores : tuple of str
        Alternatives in order of preference.
    number : int
        How many parts at one instant, all of one store. [parts]
    """

    stores: tuple[str, ...]
    number: int = 1

    def __repr__(self) -> str:
        """As a user writes it."""
        key = self.stores if len(self.stores) > 1 else self.stores[0]
        return repr(key) if self.number == 1 else repr({key: self.number})


@unchangeable
@dataclass(frozen=True, slots=True, repr=False)
class Split:
    """Sends each body to one of several stores, by chance.

    The k-th cycle of the station draws the store, whether it has a place or not; the body waits for
    a place there. For the first store that has a place, name alternatives: `puts=[("a", "b")]`.

    Parameters
    ----------
    shares : mapping of str to float
        Probability of each store; they add up to 1. [-]

    Raises
    ------
    TypeError, ValueError
        No mapping, a share out of bounds, shares that do not add up to 1.

    Examples
    --------
    >>> Split({"paint": 0.9, "audit": 0.1}).stores
    ('audit', 'paint')
    """

    shares: Mapping[str, float]

    def __post_init__(self) -> None:
        cure = 'Such as Split({"paint": 0.9, "audit": 0.1}).'
        checks.mapping("Split", "shares", self.shares, cure)
        pairs = []
        for name, share in self.shares.items():
            checks.text("Split", "each name of a store", name)
            pairs.append((name, checks.number("Split", f"the share of {name!r}", share, high=1.0)))
        total = math.fsum(share for _, share in pairs)
        if abs(total - 1.0) > SHARES_ADD_UP:
            rule = "the shares must add up to 1"
            cure = f"They add up to {total:g}."
            raise ValueError(checks.complain("Split", rule, dict(pairs), cure))
        object.__setattr__(self, "shares", Entries(sorted(pairs)))  # as written makes no difference

    def __repr__(self) -> str:
        return f"Split({dict(self.shares)!r})"

    @property
    def stores(self) -> tuple[str, ...]:
        """The stores, by name."""
        return tuple(self.shares)


Flow = str | Entry | Split
"""What stands in `takes`, `puts`, `returns` and `rejects` of a line, once it was checked."""


def stores_of(flow: Flow) -> tuple[str, ...]:
    """The stores of which one is used."""
    return (flow,) if isinstance(flow, str) else flow.stores


def number_of(flow: Flow) -> int:
    """How many parts at one instant. [parts]"""
    return flow.number if isinstance(flow, Entry) else 1


def store_names(flows: Sequence[Flow]) -> tuple[str, ...]:
    """All stores that are named, alternatives included."""
    return tuple(name for flow in flows for name in stores_of(flow))


def renamed(flows: Sequence[Flow], rename: Callable[[str], str]) -> tuple[Flow, ...]:
    """The same with other names of the stores."""
    return tuple(_renamed(flow, rename) for flow in flows)


def _renamed(flow: Flow, rename: Callable[[str], str]) -> Flow:
    if isinstance(flow, str):
        return rename(flow)
    if isinstance(flow, Split):
        return Split({rename(name): share for name, share in flow.shares.items()})
    return replace(flow, stores=tuple(map(rename, flow.stores)))


def check_flows(owner: str, field: str, given: object, *, split: bool) -> tuple[Flow, ...]:
    """What a user wrote, as a tuple of flows.

    Parameters
    ----------
    split : bool
        Whether a `Split` has a meaning here.

    Raises
    ------
    TypeError, ValueError
        Something else than names, a quantity out of bounds, a store named twice.
    """
    flows = tuple(_flows(owner, field, given, split))
    cure = (
        "Name each store once: {'wheels': 4} takes four parts of it, [('a', 'b')] one part of a or "
        "b."
    )
    checks.distinct(owner, field, store_names(flows), cure=cure)
    return flows


def _flows(owner: str, field: str, given: object, split: bool) -> Iterator[Flow]:
    if isinstance(given, (str, Entry, Split)):
        given = (given,)
    if isinstance(given, Mapping):
        for key, number in given.items():
            rule = f"the quantity of {key!r} in {field}"
            number = checks.whole(owner, rule, number, low=1, high=MAX_CAPACITY)
            yield _entry(owner, field, key, number)
        return
    for each in checks.listed(owner, field, given, "names of stores"):
        if isinstance(each, Mapping):
            yield from _flows(owner, field, each, split)
        elif isinstance(each, Split):
            if not split:
                cure = "A Split sends bodies: it belongs into puts or rejects."
                raise TypeError(checks.complain(owner, f"{field} must hold no Split", each, cure))
            yield each
        else:
            yield each if isinstance(each, Entry) else _entry(owner, field, each, 1)


def _entry(owner: str, field: str, key: object, number: int) -> Flow:
    if isinstance(key, str):
        checks.text(owner, field, key)
        return key if number == 1 else Entry((key,), number)
    if not isinstance(key, (tuple, list)):
        rule = f"each of {field} must be the name of a store, or a tuple of alternatives"
        raise TypeError(checks.complain(owner, rule, key))
    for name in key:
        checks.text(owner, f"each alternative in {field}", name)
    if not key:
        rule = f"alternatives in {field} must name at least one store"
        raise ValueError(checks.complain(owner, rule, key))
    return key[0] if len(key) == 1 and number == 1 else Entry(tuple(key), number)
