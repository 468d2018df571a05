"""A scenario's file laid over its base, with notes that say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ningde_sim.year.scenario_paths import SHOP_KEYS

PATHS_TOLD = 5
"""Of what a file changes."""

OWN_WORDS = ("name", "title", "notes")
"""Keys that change nothing in the plant or its year."""

OF_BASE = "Of the base, "
"""How the notes of a base begin in what is made from it."""


def over(base: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Tables laid over others; a quantity is replaced as a whole."""
    found = {**base}
    for key, new in data.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and "value" not in new:
            found[key] = over(old, new)
        else:
            found[key] = new
    return found


def told(
    base: Mapping[str, Any], data: Mapping[str, Any], of: str, shop_notes: Iterable[str]
) -> dict[str, Any]:
    """Title and notes of a file that changes its base and gives none of its own.

    Parameters
    ----------
    base, data : mapping
        The tables of the base, and those laid over it.
    of : str
        How the file calls its base.
    shop_notes : iterable of str
        Of the body shops that the file replaces.
    """
    changed = list(_changed(data))
    if not changed:
        return {}
    more = f" and {len(changed) - PATHS_TOLD} more" if len(changed) > PATHS_TOLD else ""
    first = (
        f"Made from {of}, which it changes at {', '.join(changed[:PATHS_TOLD])}{more}; "
        "notes of the base are about the base and may no longer hold."
    )
    notes, title = base.get("notes", []), base.get("title")
    found: dict[str, Any] = {}
    if isinstance(notes, list) and "notes" not in data:
        old = [f"{OF_BASE}{of}: {n}" if not str(n).startswith(OF_BASE) else n for n in notes]
        found["notes"] = [first, *shop_notes, *old]
    if isinstance(title, str) and "title" not in data:
        ending = ", changed"
        found["title"] = title if title.endswith(ending) else title + ending
    return found


def _changed(data: Mapping[str, Any], *path: str) -> Iterator[str]:
    """Paths of what a file says, a shop or a quantity as one."""
    for key, value in data.items():
        here = (*path, key)
        if not path and key in OWN_WORDS:
            continue
        if here == ("changes",) and isinstance(value, Mapping):
            yield from map(str, value)
        elif isinstance(value, Mapping) and "value" not in value and key not in SHOP_KEYS:
            yield from _changed(value, *here)
        else:
            yield ".".join(here)
