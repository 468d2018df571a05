"""The tables of a scenario's file laid over those of its base."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

PATHS_NAMED = 5
"""Paths that the first note names; it counts the others."""

NO_CHANGE = ("name", "title", "notes")
"""Keys that change nothing in the plant or its year."""

OF_BASE = "Of the base, "
"""How a note of the base begins in the scenario made from it."""


def overlaid(base: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Tables laid over those of a base; a quantity is replaced as a whole."""
    tables = {**base}
    for key, new in data.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and "value" not in new:
            tables[key] = overlaid(old, new)
        else:
            tables[key] = new
    return tables


def title_and_notes(
    base: Mapping[str, Any],
    data: Mapping[str, Any],
    name: str,
    shops: Collection[str],
    shop_notes: Iterable[str],
) -> dict[str, Any]:
    """Title and notes for a file that changes its base, where it has none of its own.

    Parameters
    ----------
    base, data : mapping
        The tables of the base, and those laid over it.
    name : str
        The base, as the file calls it.
    shops : collection of str
        The keys under which the file has shops.
    shop_notes : iterable of str
        Notes of the shops that the file replaces.
    """
    changed = list(_changed(data, shops))
    if not changed:
        return {}
    more = f" and {len(changed) - PATHS_NAMED} more" if len(changed) > PATHS_NAMED else ""
    first = (
        f"Made from {name} with changes at {', '.join(changed[:PATHS_NAMED])}{more}. "
        "The notes of the base may no longer hold."
    )
    notes, title = base.get("notes", []), base.get("title")
    texts: dict[str, Any] = {}
    if isinstance(notes, list) and "notes" not in data:
        old = [f"{OF_BASE}{name}: {n}" if not str(n).startswith(OF_BASE) else n for n in notes]
        texts["notes"] = [first, *shop_notes, *old]
    if isinstance(title, str) and "title" not in data:
        ending = ", changed"
        texts["title"] = title if title.endswith(ending) else title + ending
    return texts


def _changed(data: Mapping[str, Any], shops: Collection[str], *path: str) -> Iterator[str]:
    """The paths that a file changes; a shop or a quantity counts as one."""
    for key, value in data.items():
        inner = (*path, key)
        if not path and key in NO_CHANGE:
            continue
        if inner == ("changes",) and isinstance(value, Mapping):
            yield from map(str, value)
        elif isinstance(value, Mapping) and "value" not in value and key not in shops:
            yield from _changed(value, shops, *inner)
        else:
            yield ".".join(inner)
