"""The table of a log as its plant keeps it: files and their headings, to the columns of a log."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ningde_sim._support import checks, files, workbook
from ningde_sim.learn.instants import is_missing
from ningde_sim.learn.row_checks import OWNER
from ningde_sim.plant.paths import nearest

COLUMNS = ("equipment", "start", "end", "reason")
"""Of a log; `duration` may stand in place of `end`."""

KNOWN = (*COLUMNS, "duration", "date")

SEPARATORS = ",;\t|"
"""Signs between the cells of a file."""

UNIT = re.compile(r"[\[(]\s*(s|sec|seconds?|ms|h|hrs?|hours?|d|days?)\s*[\])]", re.IGNORECASE)
"""In a heading: not minutes."""

MOST_COLUMNS = 1_000
"""Of a file; each takes its time."""

MOST_MIB = 256
"""Largest log, some three million stops. [MiB]"""

TITLES = 30
"""Lines among which the headings are looked for, below titles."""

Line = tuple[Any, list[Any]]
"""What people call a row, and its cells."""


@dataclass(frozen=True)
class Wanted:
    """The columns of a log.

    Attributes
    ----------
    needed : tuple of str
        Without these it is no such log; the first two tell where its headings are.
    known : tuple of str
        All that are read.
    columns : mapping of str to str
        Some of them to the headings that they have in this log.
    title : str
        Of a log that has no name of its own.
    """

    needed: tuple[str, ...] = COLUMNS
    known: tuple[str, ...] = KNOWN
    columns: Mapping[str, str] = field(default_factory=dict)
    title: str = OWNER


STOPS = Wanted()
"""Of a log of stops."""


def read_table(
    table: str | os.PathLike[str] | pd.DataFrame,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    wanted: Wanted = STOPS,
) -> tuple[str, pd.DataFrame]:
    """The name of the log, and its rows: "row", which is their label for people, and the columns.

    Parameters
    ----------
    table : path or DataFrame
    columns : mapping of str to str, optional
        Column of a log to the heading that it has here.
    encoding : str, optional
        Of a text file; by default UTF-8, or UTF-16 where its first bytes say so.
    wanted : Wanted

    Raises
    ------
    TypeError, ValueError
        It is no table; a column is missing, or stands there twice; there is no row.
    """
    wanted = replace(wanted, columns=_checked(columns, wanted))
    if isinstance(table, pd.DataFrame):
        log_name, rows = wanted.title, table.copy()
        labels = table.index.tolist()
    elif isinstance(table, (str, os.PathLike)):
        checks.path(OWNER, "table", table)
        log_name = Path(table).name
        lines = _lines_of(table, wanted, encoding)
        headings, labels, cells = _grid(log_name, lines)
        rows = pd.DataFrame(cells, columns=headings, dtype=object)
    else:
        rule = "it must be the path of a CSV file or a DataFrame"
        raise TypeError(checks.complain(OWNER, rule, table, "Workbooks (.xlsx) are read too."))
    rows.columns = _named(log_name, rows.columns.tolist(), wanted)
    rows = rows.reset_index(drop=True)
    rows["row"] = labels
    for column in {"equipment", "reason"}.intersection(rows.columns):
        rows[column] = [word(value) for value in rows[column].tolist()]
    if rows.empty:
        raise ValueError(checks.complain(log_name, "it must have at least one row", 0))
    return log_name, rows


def word(value: Any) -> str:
    """A name, or "" where the cell is empty; whole numbers have no decimals."""
    if not isinstance(value, str) and is_missing(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


# ------------------------------------------------------------------ headings


def _checked(columns: object, wanted: Wanted) -> Mapping[str, str]:
    if columns is None:
        return {}
    cure = 'Such as columns={"equipment": "Asset", "start": "Begin"}.'
    checks.mapping(wanted.title, "columns", columns, cure)
    given: Mapping[str, str] = columns  # type: ignore[assignment]
    for name in given:
        rule = "columns must name columns of a log"
        if name not in wanted.known:
            swapped = "It is ours to yours: " if given[name] in wanted.known else ""
            rule = f"{rule}, {', '.join(wanted.known)}"
            raise ValueError(checks.complain(wanted.title, rule, name, f"{swapped}{cure}"))
    return given


def _folded(name: Any) -> str:
    return str(name).strip().casefold()


def _meant(heading: Any, wanted: Wanted) -> Any:
    """The column that a heading is, or the heading itself."""
    folded = _folded(heading)
    for ours, theirs in wanted.columns.items():
        if folded == _folded(theirs):
            return ours
    if folded in wanted.columns:  # another one is meant
        return f"{heading} "
    return folded if folded in wanted.known else heading


def _named(log_name: str, headings: list[Any], wanted: Wanted) -> list[Any]:
    """The headings, those of the columns of a log by their names."""
    named = [_meant(heading, wanted) for heading in headings]
    for ours, theirs in wanted.columns.items():
        if ours not in named:
            rule = f"columns must name a heading for {ours!r}"
            near = nearest(str(theirs), [str(each) for each in headings])
            raise ValueError(checks.complain(log_name, rule, theirs, near))
    for column in wanted.known:
        if named.count(column) > 1:
            rule = f"column {column!r} must stand there once, whether in capitals or not"
            raise ValueError(checks.complain(log_name, rule, headings, "Rename the others."))
    for column in wanted.needed:
        if column not in named and not (column == "end" and "duration" in named):
            cure = (
                f"A log needs {', '.join(wanted.needed)}: say which of yours it is, "
                f'columns={{"{column}": "..."}}.'
            )
            rule = f"column {column!r} is missing" + (", or 'duration'" if column == "end" else "")
            raise ValueError(checks.complain(log_name, rule, headings, cure))
    unit = UNIT.search(str(headings[named.index("duration")])) if "duration" in named else None
    if unit:
        rule, got = "a duration must be minutes", headings[named.index("duration")]
        cure = "Turn the column into minutes, or into text such as 0:12:30."
        raise ValueError(checks.complain(log_name, rule, got, cure))
    if "end" in named and "duration" in wanted.columns:
        rule, got = "columns must name an end or a duration, not both", dict(wanted.columns)
        raise ValueError(checks.complain(log_name, rule, got, "The log has a column 'end'."))
    return named


# ------------------------------------------------------------------ files


def _lines_of(path: str | os.PathLike[str], wanted: Wanted, encoding: str | None) -> list[Line]:
    """All lines of a file from that of the headings on."""
    if workbook.is_workbook(path):
        sheets = [_cells_of(rows) for rows in workbook.rows(path).values() if rows]
        named = [lines for lines in sheets if _heading(lines, wanted) is not None]
        if len(named) > 1:
            rule = "it must have one sheet with the headings of a log"
            cure = "Join them: pd.concat(pd.read_excel(path, sheet_name=None).values())."
            raise ValueError(checks.complain(Path(path).name, rule, len(named), cure))
        lines = next(iter(named or sheets), [])
        return lines[_heading(lines, wanted) or 0 :]
    text = _text(path, encoding)
    lines = _split(path, text, _separator(text, wanted))
    return lines[_heading(lines, wanted) or 0 :]


def _separator(text: str, wanted: Wanted) -> str:
    """The sign between the headings that are needed, or that the first line has most."""
    sample = [line for line in text[:100_000].splitlines() if line.strip()][:TITLES]
    for sign in SEPARATORS:
        lines = [(0, cells) for cells in csv.reader(sample, delimiter=sign)]
        if _heading(lines, wanted) is not None:
            return sign
    return max(SEPARATORS, key=sample[0].count) if sample else ","


def _text(path: str | os.PathLike[str], encoding: str | None) -> str:
    raw = files.content(path, most=MOST_MIB)
    if encoding is None:
        marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        encoding = "utf-16" if marked else "utf-8-sig"
    checks.text(OWNER, "encoding", encoding)
    try:
        return files.decoded(path, raw, cure=_looks_like, encoding=encoding)
    except LookupError:
        cure = 'Such as "utf-8", "cp1252", "gb18030".'
        raise ValueError(checks.complain(OWNER, "encoding must be known", encoding, cure)) from None


def _looks_like(raw: bytes) -> str:
    """What the bytes of a file that is not UTF-8 look like."""
    text = raw.decode("gb18030", errors="replace")
    strange = [sign.encode("gb2312", errors="ignore") for sign in text if ord(sign) > 127]
    common = sum(b"\xb0\xa1" <= sign <= b"\xd7\xf9" for sign in strange)  # the 3,755 most common
    if 2 * common > len(strange):
        return 'They look like Chinese: encoding="gb18030".'
    return 'They look like Western Europe: encoding="cp1252"; or name its own encoding.'


def _split(path: str | os.PathLike[str], text: str, sign: str) -> list[Line]:
    """The lines that are not blank, with their numbers."""
    name = Path(path).name
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    lines: list[Line] = []
    number = 1
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                rule = f"it must have at most {MOST_COLUMNS:,} columns, in line {number} too"
                raise ValueError(checks.complain(name, rule, len(cells)))
            if any(cell.strip() for cell in cells):
                lines.append((number, cells))
            number = reader.line_num + 1
    except csv.Error as error:
        rule = f"it must be a table, line {number} is not ({error})"
        cure = 'A sign " within a cell is written twice, and the cell between two more.'
        raise ValueError(checks.complain(name, rule, text.splitlines()[:1], cure)) from error
    return lines


def _cells_of(rows: Sequence[workbook.Row]) -> list[Line]:
    """The lines of a sheet."""
    width = 1 + max(_number(cell.column) for row in rows for cell in row)
    lines = []
    for row in rows:
        cells = [None] * width
        for cell in row:
            if cell.fault:
                raise ValueError(f"{cell.place}: {cell.fault}")
            cells[_number(cell.column)] = cell.value
        lines.append((row[0].row, cells))
    return lines


def _number(letters: str) -> int:
    """Of a column of a sheet, A being 0."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _heading(lines: Sequence[Line], wanted: Wanted) -> int | None:
    """Which line has the headings of the first two columns that are needed."""
    for k, (_, cells) in enumerate(lines[:TITLES]):
        named = [_meant(cell, wanted) for cell in cells]
        if set(wanted.needed[:2]) <= set(named):
            return k
    return None


def _grid(log_name: str, lines: Sequence[Line]) -> tuple[list[Any], list[Any], list[list[Any]]]:
    """Headings, labels, and rows of as many cells as there are headings.

    Empty cells behind the last heading, as a separator at the end of each line makes them, are left
    out.
    """
    if not lines:
        raise ValueError(checks.complain(log_name, "it must have at least one row", 0))
    headings = _without_last_blanks(lines[0][1])
    n = len(headings)
    rows = [(label, _without_last_blanks(cells, n)) for label, cells in lines[1:]]
    given = {label: len(cells) for label, cells in lines[1:]}
    ragged = [label for label, cells in rows if len(cells) > n or given[label] < n]
    if ragged:
        few = ", ".join(map(str, ragged[:10])) + (" ..." if len(ragged) > 10 else "")
        rule = f"each line must have {n} cells as the headings, not so lines {few}"
        got = next(cells for label, cells in lines if label == ragged[0])
        cure = 'A text with a separator in it is written between two ".'
        raise ValueError(checks.complain(log_name, rule, got, cure))
    return headings, [label for label, _ in rows], [cells for _, cells in rows]


def _without_last_blanks(cells: Sequence[Any], n: int = 0) -> list[Any]:
    """Cells without the empty ones at the end, but no fewer than n of them."""
    kept = list(cells)
    while len(kept) > n and (kept[-1] is None or not str(kept[-1]).strip()):
        kept.pop()
    return kept
