"""The grammar of dotted paths, by which users name the values of a shop or of a scenario.

A path joins the names from the outermost to the value by dots: `stores.roof.capacity`,
`body_shop.finish.cycle_time`. Wildcards are those of file names: `*` stands for any text, dots
included, `?` for one character, `[dh]` for one of these two: `stations.FIN-*.cycle_time` names the
cycle times of all stations whose names begin with "FIN-".

A path that exists as written is that path, whatever its names contain: `stations.OP 1.5
[left].cycle_time` is the cycle time of the station "OP 1.5 [left]". Inside a pattern put such a
name in double quotes: `stations."OP 1.5 [left]".failures.*.repair.mean`.
"""

from __future__ import annotations

import difflib
import heapq
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from ningde_sim._support import checks

WILDCARDS = re.compile(r"[*?[]")
"""The characters that begin a wildcard, outside quotes."""

QUOTED = re.compile(r'"[^"]*"')
"""A part of a path that is taken as written."""

BRACKETS = re.compile(r"[^.]*\[[^.]*")
"""A part of a path, up to the next dots, that holds a bracket."""

STRUCTURE = ("name", "names", "notes", "lines", "stations", "robots")
"""What has no path in a shop."""

MANY = 500
"""Of more known words than this, only those that share the most at both ends are compared."""


def first(path: str) -> str:
    """The first name of a path, "" where it may be any."""
    head = path.partition(".")[0].strip('"')
    return "" if WILDCARDS.search(head) else head


def matching(path: str, known: Collection[str]) -> list[str]:
    """The known paths that a path or a pattern names.

    Examples
    --------
    >>> known = ["stations.A[1].scrap", "stations.A2.scrap", "stores.A 2.capacity"]
    >>> matching("stations.A[1].scrap", known), matching('stations."A[1]".*', known)
    (['stations.A[1].scrap'], ['stations.A[1].scrap'])
    >>> matching("stations.A*.scrap", known)
    ['stations.A[1].scrap', 'stations.A2.scrap']
    """
    if path in known:
        return [path]
    pattern = QUOTED.sub(lambda quoted: WILDCARDS.sub(r"[\g<0>]", quoted[0][1:-1]), path)
    return [other for other in known if fnmatchcase(other, pattern)]


def unknown(owner: str, path: object, known: Iterable[str]) -> KeyError:
    """The error for a path that names nothing: with the nearest paths, or how paths begin."""
    known = list(known)
    return KeyError(checks.complain(owner, "unknown path", path, _cure(str(path), known)))


def _cure(path: str, known: list[str]) -> str:
    """What to write in place of an unknown path."""
    if inside := [other for other in known if other.startswith(f"{path}.")]:
        return f"It holds several values: name one of them, such as {', '.join(inside[:3])}."
    quoted = BRACKETS.sub(r'"\g<0>"', path)
    if quoted != path and '"' not in path and matching(quoted, known):
        return f"Put a name with brackets in double quotes: {quoted}."
    begins = dict.fromkeys(other.partition(".")[0] for other in known)
    near = nearest(path, known) or f"Paths begin with {', '.join(begins)}."
    if path.rpartition(".")[2] in STRUCTURE:
        rule = "Names, and which lines, stations and robots there are, have no path:"
        return f"{rule} build each plant, and compare them. {near}"
    return near


def only(owner: str, path: str, matches: Mapping[str, Any]) -> Any:
    """The one value that all paths named by a pattern have.

    Raises
    ------
    ValueError
        The values differ.
    """
    (path_of_first, value), *others = matches.items()
    for other, that in others:
        if that != value:
            as_text = str if str(value) != str(that) else repr
            both = f"{path_of_first}: {as_text(value)}; {other}: {as_text(that)}"
            rule = f"{path} must stand for one value, got {both}."
            raise ValueError(f"{owner}: {rule} Name one of them.")
    return value


def assigned(
    owner: str,
    changes: Mapping[str, Any],
    matches: Callable[[str], Mapping[str, Any]],
    value: Callable[[str, Any, Any], Any],
) -> dict[str, Any]:
    """The new value at each single path.

    Parameters
    ----------
    owner : str
        Whose values are changed, for errors.
    changes : mapping of path or pattern to value
    matches : callable
        Takes one of those; returns the paths that it names with their values now.
    value : callable
        Takes a path, its value now and the value of the change; returns the new value.

    Raises
    ------
    TypeError, ValueError
        A path that is not text; two changes of one value; one of a value and one of a part of it.
    """
    checks.mapping(owner, "changes", changes, "Such as {path: value}.")
    new: dict[str, Any] = {}
    for pattern, wanted in changes.items():
        for path, now in matches(checks.text(owner, "path", pattern)).items():
            if path in new:
                rule = "two changes of the same value"
                raise ValueError(checks.complain(owner, rule, path, "Leave one of them out."))
            new[path] = value(path, now, wanted)
    for path in new:
        if whole := [outer for outer in enclosing(path) if outer in new]:
            rule = f"a value and a part of it, {path}, cannot both be changed"
            raise ValueError(checks.complain(owner, rule, whole[0], "Leave one of them out."))
    return new


def enclosing(path: str) -> Iterator[str]:
    """The paths of which a path is a part, the longest first."""
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> pd.DataFrame:
    """A row for each path at which two mappings differ; missing where one has no such path.

    Where a value and its parts are paths, and the parts differ, only the parts are shown. If one
    mapping does not have these parts, only the whole value is shown.
    """
    paths = dict.fromkeys([*ours, *theirs])
    unequal = {path for path in paths if ours.get(path) != theirs.get(path)}
    hidden = set()
    for path in unequal:
        for outer in enclosing(path):
            if outer in unequal:
                hidden.add(outer if path in ours and path in theirs else path)
    rows = [(path, ours.get(path), theirs.get(path)) for path in paths if path in unequal - hidden]
    table = pd.DataFrame(rows, columns=["path", "this", "other"], dtype=object)  # None stays None
    return table.set_index("path")


def nearest(word: str, known: list[str]) -> str:
    """A question for the known words that look or end like an unknown one; "" where none does."""
    if len(known) > MANY:
        known = heapq.nlargest(MANY, known, key=lambda other: _shared_ends(word, other))
    last = word.rsplit(".", 1)[-1]
    alike = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    alike += [other for other in known if other.rsplit(".", 1)[-1] == last][:3]
    alike += difflib.get_close_matches(word, known, n=3, cutoff=0.3)
    closest = list(dict.fromkeys(alike))[:3]
    return f"Did you mean {', '.join(closest)}?" if closest else ""


def _shared_ends(word: str, other: str) -> int:
    """How many characters two words share at their begin and at their end."""
    return _shared_begin(word, other) + _shared_begin(word[::-1], other[::-1])


def _shared_begin(word: str, other: str) -> int:
    pairs = enumerate(zip(word, other, strict=False))
    return next((k for k, (a, b) in pairs if a != b), min(len(word), len(other)))
