"""Finished runs on disk: one SQLite file with one writer, from which a sweep goes on.

A file belongs to one plant, seed and version. It holds texts and numbers only, so nothing that it
says is ever executed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ningde_sim.cases import Row
from ningde_sim.plant import checks

APPLICATION, FORMAT = 0x4E44_5253, 1  # "NDRS"
"""How a file tells that it is one of ours, and how its tables are laid out."""

HEADER = b"SQLite format 3\x00"

SHOWN = 5
"""Differences that an error lists."""

TABLES = (
    "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE cells (cell INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,"
    " inputs TEXT NOT NULL, results TEXT NOT NULL)",
    "CREATE TABLE runs (cell INTEGER NOT NULL, run INTEGER NOT NULL,"
    " inputs TEXT NOT NULL, results TEXT NOT NULL, checksum INTEGER NOT NULL,"
    " PRIMARY KEY (cell, run)) WITHOUT ROWID",
)


class ArchiveRefused(ValueError):
    """A file is damaged, of something else, or of another plant, seed or version; it stays."""


class ArchiveFailed(OSError):
    """A file cannot be opened, read or written; what is in it stays."""


class Archive:
    """The finished runs of one plant, seed and version.

    Parameters
    ----------
    path : path  A file that is there is gone on with; one that is not, or is empty, is made.
    content : mapping of path to text  All that fixes the results of the plant as it is.
    seed : int
    version : str  Of this library.

    Raises
    ------
    ArchiveRefused
        With the difference; the file is as it was.
    ArchiveFailed
        It cannot be opened, or another process writes it.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, content: Mapping[str, str], seed: int, version: str
    ) -> None:
        self._path = Path(path)
        self._cells: dict[str, tuple[int, list[str], list[str]]] = {}  # with names of columns
        about = {"version": version, "seed": str(seed), "content": json.dumps(dict(content))}
        is_new = self._is_new()
        with self._told("be opened"):
            # Nothing is written by opening; transactions are begun and ended here by hand.
            self._db = sqlite3.connect(self._path, timeout=0.2, isolation_level=None)
        try:
            with self._told("be opened"):
                # Before the first look at the file: then WAL needs no shared memory beside it, and
                # the lock lasts until the process ends, however it ends.
                self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
                if not is_new:
                    self._check(about)
                self._db.execute("PRAGMA journal_mode=WAL")
                # A kill loses nothing so; a power cut may lose the last runs, but no more.
                self._db.execute("PRAGMA synchronous=NORMAL")
                with self._transaction():
                    if is_new:
                        self._make(about)
                    else:  # takes the lock
                        self._db.execute(f"PRAGMA user_version={FORMAT}")
                self._cells = {
                    digest: (cell, json.loads(inputs), json.loads(results))
                    for cell, digest, inputs, results in self._db.execute("SELECT * FROM cells")
                }
        except BaseException:
            self.close()
            if is_new:
                self._remove_if_empty()
            raise

    def finished(self, digest: str) -> dict[int, tuple[Row, Row]]:
        """Inputs and results by run of the cell with this digest, to the last bit.

        Raises
        ------
        ArchiveRefused
            A value is not what was added.
        """
        if digest not in self._cells:
            return {}
        cell, inputs, results = self._cells[digest]
        with self._told("be read"):
            rows = self._db.execute(
                "SELECT run, inputs, results, checksum FROM runs WHERE cell = ? ORDER BY run",
                (cell,),
            ).fetchall()
        for run, *texts, checksum in rows:
            if checksum != _checksum(digest, run, *texts):
                raise ArchiveRefused(self._damaged(f"run {run} of {digest} was changed"))
        return {
            run: (
                dict(zip(inputs, json.loads(drawn), strict=True)),
                dict(zip(results, json.loads(found), strict=True)),
            )
            for run, drawn, found, _ in rows
        }

    def add(self, digest: str, run: int, inputs: Row, results: Row) -> None:
        """Write a run; it is on disk when this returns.

        Raises
        ------
        ArchiveFailed
            The disk is full, or the file cannot be written; all runs added before stay.
        ValueError
            The columns differ from those of the cell's other runs.

        A run that is there already cannot be added again: ArchiveFailed.
        """
        names = [*inputs], [*results]
        known = self._cells.get(digest)
        if known and known[1:] != names:
            rule = "all runs of a cell must have the same columns"
            raise ValueError(checks.complain(f"Archive {str(self._path)!r}", rule, names))
        with self._told("be written"), self._transaction():
            if known is None:
                row = (digest, json.dumps(names[0]), json.dumps(names[1]))
                new = "INSERT INTO cells (digest, inputs, results) VALUES (?, ?, ?) RETURNING cell"
                known = (self._db.execute(new, row).fetchone()[0], *names)
            texts = _text(inputs), _text(results)
            values = (known[0], run, *texts, _checksum(digest, run, *texts))
            self._db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", values)
        self._cells[digest] = known

    def close(self) -> None:
        """Close the file, which stands alone then; a second time does nothing."""
        with suppress(sqlite3.Error):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ------------------------------------------------------------------ opening

    def _is_new(self) -> bool:
        """Whether there is nothing in the file; what is no file of SQLite is refused."""
        try:
            with self._path.open("r+b") as file:
                header = file.read(len(HEADER))
        except FileNotFoundError:
            if not self._path.parent.is_dir():
                raise ArchiveFailed(self._words("there is no such folder", "Make it.")) from None
            return True
        except OSError as error:
            raise ArchiveFailed(self._words(f"it cannot be opened, {error.strerror}")) from error
        if header and header != HEADER:
            raise ArchiveRefused(self._words("it is no archive of finished runs"))
        return not header

    def _check(self, about: Mapping[str, str]) -> None:
        """Refuse what is foreign, damaged or of something else; nothing is written."""
        try:
            ((application,),) = self._db.execute("PRAGMA application_id")
            if application != APPLICATION:
                raise ArchiveRefused(self._words("it is a database of another program"))
            ((form,),) = self._db.execute("PRAGMA user_version")
            if form != FORMAT:
                rule = f"its format is {form}, and this version reads {FORMAT}"
                raise ArchiveRefused(self._words(rule))
            faults = [row[0] for row in self._db.execute("PRAGMA quick_check(1)")]
            if faults != ["ok"]:
                raise ArchiveRefused(self._damaged(faults[0]))
            there = dict(self._db.execute("SELECT key, value FROM about"))
        except (sqlite3.DatabaseError, sqlite3.ProgrammingError, UnicodeDecodeError) as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise
            raise ArchiveRefused(self._damaged(str(error))) from error
        if there.keys() != about.keys():
            raise ArchiveRefused(self._damaged("it does not say what it is of"))
        for key in ("version", "seed"):
            if there[key] != about[key]:
                rule = f"it is of another {key}: {about[key]} here, {there[key]} in the file"
                raise ArchiveRefused(self._words(rule))
        if there["content"] != about["content"]:
            pair = json.loads(about["content"]), json.loads(there["content"])
            raise ArchiveRefused(self._words(f"it is of another plant: {_differences(*pair)}"))

    def _make(self, about: Mapping[str, str]) -> None:
        for table in TABLES:
            self._db.execute(table)
        self._db.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        self._db.execute(f"PRAGMA application_id={APPLICATION}")
        self._db.execute(f"PRAGMA user_version={FORMAT}")

    def _remove_if_empty(self) -> None:
        with suppress(OSError):
            if self._path.stat().st_size == 0:
                self._path.unlink()

    # ------------------------------------------------------------------ faults

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing, also on Ctrl-C."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite may have rolled back itself
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self, act: str) -> Iterator[None]:
        """Errors of SQLite as those of this file."""
        try:
            yield
        except sqlite3.Error as error:
            rule, cure = f"it cannot {act}, {error}", "All runs that were in it stay."
            if "locked" in str(error):
                rule, cure = "another process is writing it", "Wait for it, or name another file."
            raise ArchiveFailed(f"Archive {str(self._path)!r}: {rule}. {cure}") from error

    def _words(self, rule: str, cure: str = "Name another file; this one stays as it is.") -> str:
        return f"Archive {str(self._path)!r}: {rule}. {cure}"

    def _damaged(self, fault: str) -> str:
        return self._words(f"it is damaged ({fault})")


def _differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Such as `repair_crews: 4 here, 5 in the file`."""
    paths = [p for p in dict.fromkeys([*here, *there]) if here.get(p) != there.get(p)]
    shown = [
        f"{p}: {here.get(p, 'nothing')} here, {there.get(p, 'nothing')} in the file"
        for p in paths[:SHOWN]
    ]
    more = [f"{len(paths) - SHOWN:,} more"] if len(paths) > SHOWN else []
    return "; ".join([*shown, *more]) or "the same values in another order"


def _checksum(digest: str, run: int, inputs: str, results: str) -> int:
    """SQLite checks the order of its pages, not the values in them."""
    return zlib.crc32(json.dumps([digest, run, inputs, results]).encode())


def _text(row: Row) -> str:
    """The values of a row; JSON keeps every bit of a float."""
    return json.dumps([*row.values()], default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"Archive: only numbers can be kept, got {value!r}.")
