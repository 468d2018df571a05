"""Finished runs on disk: one SQLite file with one writer, from which a sweep goes on.

A file belongs to one plant, seed and version. It holds texts and numbers only, so nothing that it
says is ever executed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import numpy as np

from ningde_sim._support import checks
from ningde_sim.exceptions import CheckpointFailed, CheckpointRefused
from ningde_sim.studies.experiment import Row

APPLICATION, FORMAT = 0x4E44_5253, 2  # "NDRS"
"""Application and format number, by which a file is recognised."""

SHOWN = 5
"""Differences that an error lists."""

TABLES = (
    "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE design_points (point INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,"
    " inputs TEXT NOT NULL, results TEXT NOT NULL)",
    "CREATE TABLE runs (point INTEGER NOT NULL, run INTEGER NOT NULL,"
    " inputs TEXT NOT NULL, results TEXT NOT NULL, checksum INTEGER NOT NULL,"
    " PRIMARY KEY (point, run)) WITHOUT ROWID",
)


class Checkpoint:
    """The finished runs of one plant, seed and version.

    Parameters
    ----------
    path : path
        An existing file is continued; a missing or empty one is created.
    content : mapping of path to text
        All that fixes the results of the plant as it is.
    seed : int
    version : str
        Of this library.

    Raises
    ------
    CheckpointRefused
        With the difference; the file is as it was.
    CheckpointFailed
        It cannot be opened, or another process writes it.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, content: Mapping[str, str], seed: int, version: str
    ) -> None:
        self._path = Path(path)
        self._points: dict[str, tuple[int, list[str], list[str]]] = {}  # with names of columns
        about = {"version": version, "seed": str(seed), "content": json.dumps(dict(content))}
        is_new = self._is_new()
        if not is_new and not self._path.with_name(f"{self._path.name}-journal").exists():
            self._look(about)
        with self._as_ours("be opened"):
            # Nothing is written by opening; transactions are begun and ended here by hand.
            self._db = sqlite3.connect(self._path, timeout=0.2, isolation_level=None)
        try:
            with self._as_ours("be opened"):
                self._open(about)
        except BaseException:
            self.close()
            if is_new:
                self._remove_if_empty()
            raise

    def finished(self, digest: str) -> dict[int, tuple[Row, Row]]:
        """Inputs and results by run of the design point with this digest, to the last bit.

        Raises
        ------
        CheckpointRefused
            A value is not what was added.
        """
        if digest not in self._points:
            return {}
        point, inputs, results = self._points[digest]
        with self._as_ours("be read"):
            rows = self._db.execute(
                "SELECT run, inputs, results, checksum FROM runs WHERE point = ? ORDER BY run",
                (point,),
            ).fetchall()
        for run, *texts, checksum in rows:
            if checksum != _checksum(digest, run, *texts):
                raise CheckpointRefused(self._damaged(f"run {run} of {digest} was changed"))
        return {
            run: (
                dict(zip(inputs, _numbers(drawn), strict=True)),
                dict(zip(results, _numbers(texts_of_results), strict=True)),
            )
            for run, drawn, texts_of_results, _ in rows
        }

    def add(self, digest: str, run: int, inputs: Row, results: Row) -> None:
        """Write a run; it is on disk when this returns.

        Raises
        ------
        CheckpointFailed
            The disk is full, or the file cannot be written; all runs added before stay.
        ValueError
            The run is in the file already; its columns differ from those of other runs there.
        """
        names = [*inputs], [*results]
        known = self._points.get(digest)
        if known and known[1:] != names:
            rule = "all runs of a design point must have the same columns"
            raise ValueError(checks.complain(f"Checkpoint {str(self._path)!r}", rule, names))
        with self._as_ours("be written"), self._transaction():
            if known is None:
                row = (digest, json.dumps(names[0]), json.dumps(names[1]))
                columns = "(digest, inputs, results) VALUES (?, ?, ?) RETURNING point"
                new = f"INSERT INTO design_points {columns}"
                known = (self._db.execute(new, row).fetchone()[0], *names)
            texts = _text(inputs), _text(results)
            values = (known[0], run, *texts, _checksum(digest, run, *texts))
            try:
                self._db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", values)
            except sqlite3.IntegrityError:
                rule = f"run {run} of {digest} is in the file already: it was run twice"
                raise ValueError(f"Checkpoint {str(self._path)!r}: {rule}.") from None
        self._points[digest] = known

    def close(self) -> None:
        """Close the file, which stands alone then; a second time does nothing."""
        with suppress(sqlite3.Error):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # ------------------------------------------------------------------ opening

    def _is_new(self) -> bool:
        """Whether the file is missing or empty."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            if not self._path.parent.is_dir():
                raise CheckpointFailed(
                    self._words("its folder does not exist", "Create it.")
                ) from None
            return True
        except OSError as error:
            raise CheckpointFailed(self._words(f"it cannot be opened, {error.strerror}")) from error
        if not stat.S_ISREG(status.st_mode):
            raise CheckpointFailed(self._words("it cannot be opened, it is no file"))
        if not os.access(self._path, os.R_OK | os.W_OK):
            raise CheckpointFailed(self._words("it cannot be opened, Permission denied"))
        return status.st_size == 0

    def _look(self, about: Mapping[str, str]) -> None:
        """Refuse what is foreign or of something else without touching anything.

        SQLite reads the file for this too: to open and close it otherwise would drop the locks that
        this process holds on it (POSIX).
        """
        uri = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as db:
                self._check(db, about)
        except sqlite3.Error as error:
            if "file is not a database" in str(error):
                raise CheckpointRefused(self._words("it is no checkpoint of a sweep")) from error
            raise CheckpointRefused(self._damaged(str(error))) from error

    def _open(self, about: Mapping[str, str]) -> None:
        """Lock the file, put in what a kill has left beside it, and make it where it is new."""
        # Before the first look: then WAL needs no shared memory beside the file, and the lock lasts
        # until the process ends, however it ends.
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        with self._transaction():  # takes the lock
            is_empty = not self._db.execute("SELECT 1 FROM sqlite_master").fetchall()
            if is_empty:
                self._make(about)
        if not is_empty:
            self._check(self._db, about)
            faults = [row[0] for row in self._db.execute("PRAGMA quick_check(1)")]
            if faults != ["ok"]:
                raise CheckpointRefused(self._damaged(faults[0]))
        # Only now, so that a file that has one page holds all that identifies it. A kill loses
        # nothing so; a power cut may lose the last runs, but no more.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._points = {
            digest: (point, json.loads(inputs), json.loads(results))
            for point, digest, inputs, results in self._db.execute("SELECT * FROM design_points")
        }

    def _check(self, db: sqlite3.Connection, about: Mapping[str, str]) -> None:
        """Refuse what is foreign or of something else."""
        ((application,),) = db.execute("PRAGMA application_id")
        if application != APPLICATION:
            raise CheckpointRefused(self._words("it is a database of another program"))
        ((form,),) = db.execute("PRAGMA user_version")
        if form != FORMAT:
            rule = f"its format is {form}, and this version reads {FORMAT}"
            raise CheckpointRefused(self._words(rule))
        stored = dict(db.execute("SELECT key, value FROM about"))
        if stored.keys() != about.keys():
            raise CheckpointRefused(self._damaged("it does not say what it is of"))
        for key in ("version", "seed"):
            if stored[key] != about[key]:
                rule = f"it is of another {key}: {about[key]} here, {stored[key]} in the file"
                raise CheckpointRefused(self._words(rule))
        if stored["content"] != about["content"]:
            pair = json.loads(about["content"]), json.loads(stored["content"])
            raise CheckpointRefused(self._words(f"it is of another plant: {_differences(*pair)}"))

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
    def _as_ours(self, act: str) -> Iterator[None]:
        """Errors of SQLite as those of this file."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if not isinstance(error, sqlite3.OperationalError):
                raise CheckpointRefused(self._damaged(str(error))) from error
            rule, cure = f"it cannot {act}, {error}", "All runs that were in it stay."
            if "locked" in str(error):
                rule, cure = "another process is writing it", "Wait for it, or name another file."
            raise CheckpointFailed(self._words(rule, cure)) from error

    def _words(self, rule: str, cure: str = "Name another file; this one stays as it is.") -> str:
        return f"Checkpoint {str(self._path)!r}: {rule}. {cure}"

    def _damaged(self, fault: str) -> str:
        return self._words(f"it is damaged ({fault})")


def _differences(here: Mapping[str, str], stored: Mapping[str, str]) -> str:
    """Such as `repair_crews: 4 here, 5 in the file`."""
    paths = [p for p in dict.fromkeys([*here, *stored]) if here.get(p) != stored.get(p)]
    shown = [
        f"{p}: {here.get(p, 'nothing')} here, {stored.get(p, 'nothing')} in the file"
        for p in paths[:SHOWN]
    ]
    more = [f"{len(paths) - SHOWN:,} more"] if len(paths) > SHOWN else []
    return "; ".join([*shown, *more]) or "the same values in another order"


def _checksum(digest: str, run: int, inputs: str, results: str) -> int:
    """SQLite checks the order of its pages, not the values in them."""
    return zlib.crc32(json.dumps([digest, run, inputs, results]).encode())


def _text(row: Row) -> str:
    """The values of a row. JSON keeps every bit of a number; NaN, which has many, is in hex."""
    return json.dumps([_plain(value) for value in row.values()])


def _plain(value: Any) -> int | float | str:
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, (int, float)):
        raise TypeError(f"Checkpoint: only numbers can be kept, got {value!r}.")
    return value if value == value else struct.pack(">d", value).hex()


def _numbers(text: str) -> list[Any]:
    """The values that `_text` wrote."""
    return [
        struct.unpack(">d", bytes.fromhex(value))[0] if isinstance(value, str) else value
        for value in json.loads(text)
    ]
