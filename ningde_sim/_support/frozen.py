"""Tables by name of a description, which cannot be changed after the check."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator

Table = TypeVar("Table")


class Entries(dict[str, Table]):
    """A dict that cannot be changed: it can be read, compared, hashed and pickled.

    Examples
    --------
    >>> tables = Entries(chips=0.076)
    >>> tables["chips"] = 0.0
    Traceback (most recent call last):
    TypeError: These tables belong to a frozen description. Its replace returns a changed copy.
    >>> tables | {"power": 0.1}
    {'chips': 0.076, 'power': 0.1}
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        rule = "These tables belong to a frozen description."
        raise TypeError(f"{rule} Its replace returns a changed copy.")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


FROZEN = AfterValidator(Entries)
"""Marks a field of a description that holds tables by name."""

Named = Annotated[dict[str, Table], FROZEN]
"""Tables by name, possibly none: use `Entries` as the default factory."""
