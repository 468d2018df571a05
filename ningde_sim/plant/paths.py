"""The grammar of dotted paths: how a user names values of a shop or of a scenario.

A path is the names from the outermost to the value, joined by dots: `stores.roof.capacity`,
`body_shop.finish.cycle_time`. As in the names of files `*` stands for anything, dots included, `?`
for one character and `[dh]` for one of these: `stations.FIN-*.cycle_time` names the cycle times of
all stations that begin so.

A path that stands there as it is written is that path, whatever its names hold: `stations.OP 1.5
[left].cycle_time` is the cycle time of the station "OP 1.5 [left]". Where such a name is part of a
pattern it is put in quotes: `stations."OP 1.5 [left]".failures.*.repair.mean`.
"""

from __future__ import annotations

import difflib
import glob
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from ningde_sim._support import checks

WILDCARDS = "*?["
"""What begins a pattern outside quotes."""

QUOTED = re.compile(r'"[^"]*"')
"""A part of a path that is taken as it is written."""


def is_pattern(path: str) -> bool:
    """Whether it has wildcards outside quotes."""
    return any(sign in QUOTED.sub("", path) for sign in WILDCARDS)


def first(path: str) -> str:
    """The first name of a path, "" where it may be any."""
    head = path.partition(".")[0].strip('"')
    return "" if any(sign in head for sign in WILDCARDS) else head


def matching(path: str, known: Iterable[str]) -> list[str]:
    """The known paths that a path or a pattern names.

    Examples
    --------
    >>> known = ["stations.A[1].scrap", "stations.A2.scrap", "stores.A 2.capacity"]
    >>> matching("stations.A[1].scrap", known), matching('stations."A[1]".*', known)
    (['stations.A[1].scrap'], ['stations.A[1].scrap'])
    >>> matching("stations.A*.scrap", known)
    ['stations.A[1].scrap', 'stations.A2.scrap']
    """
    known = list(known)
    if path in known:
        return [path]
    pattern = QUOTED.sub(lambda quoted: glob.escape(quoted[0][1:-1]), path)
    return [other for other in known if fnmatchcase(other, pattern)]


def unknown(owner: str, path: object, known: Iterable[str]) -> KeyError:
    """The error for a path that names nothing, with the nearest."""
    return KeyError(checks.complain(owner, "unknown path", path, nearest(str(path), [*known])))


def only(owner: str, path: str, matches: Mapping[str, Any]) -> Any:
    """The one value of all that a path names.

    Raises
    ------
    ValueError
        The values differ.
    """
    (path_of_first, value), *others = matches.items()
    for other, that in others:
        if that != value:
            rule = f"{path} must stand for one value"
            raise ValueError(checks.complain(owner, rule, {path_of_first: value, other: that}))
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
        The values now at all paths that one of them names.
    value : callable
        Of path, value now and value asked for: the value to be put there.

    Raises
    ------
    TypeError, ValueError
        A path that is not text; two changes of one value; one of a value and one of a part of it.
    """
    new: dict[str, Any] = {}
    for path, asked in changes.items():
        for known, now in matches(checks.text(owner, "path", path)).items():
            if known in new:
                rule = "two changes of the same value"
                raise ValueError(checks.complain(owner, rule, known, "Leave one of them out."))
            new[known] = value(known, now, asked)
    for path in new:
        if inside := [above for above in outer(path) if above in new]:
            rule = f"a value and what it is part of, {inside[0]}, cannot both be changed"
            raise ValueError(checks.complain(owner, rule, path))
    return new


def outer(path: str) -> Iterator[str]:
    """The paths of all that it is part of."""
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> pd.DataFrame:
    """A row a path at which two mappings differ; missing where one has no such path.

    Of a value and what it is part of, where both are paths, the inner ones tell more; but where
    one of the two has no such inner one, the whole does.
    """
    paths = dict.fromkeys([*ours, *theirs])
    unequal = {path for path in paths if ours.get(path) != theirs.get(path)}
    hidden = set()
    for path in unequal:
        for above in outer(path):
            if above in unequal:
                hidden.add(above if path in ours and path in theirs else path)
    rows = [(path, ours.get(path), theirs.get(path)) for path in paths if path in unequal - hidden]
    table = pd.DataFrame(rows, columns=["path", "this", "other"], dtype=object)  # None stays None
    return table.set_index("path")


def nearest(word: str, known: list[str]) -> str:
    """What may have been meant: the known ones that look alike, or end alike."""
    last = word.rsplit(".", 1)[-1]
    alike = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    alike += [other for other in known if other.rsplit(".", 1)[-1] == last][:3]
    alike += difflib.get_close_matches(word, known, n=3, cutoff=0.3)
    closest = list(dict.fromkeys(alike))[:3]
    return f"Did you mean {', '.join(closest)}?" if closest else ""
