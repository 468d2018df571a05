"""Finished runs on disk: one SQLite file with one writer, from which a sweep goes on.

A file belongs to one plant and seed, and to the code and packages that its runs were made with. It
holds texts and numbers only, so nothing that it says is ever executed. Checksums cover every name
and value in it against damage, not against one who computes them anew.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Self

from ningde_sim._support import checks
from ningde_sim.exceptions import CheckpointFailed, CheckpointRefused
from ningde_sim.studies import checkpoint_texts
from ningde_sim.studies.experiment import Row

APPLICATION, FORMAT = 0x4E44_5253, 3  # "NDRS"
"""Application and format number, by which a file is recognised."""

TABLES = (
    "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE design_points (point INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,"
    " inputs TEXT NOT NULL, results TEXT NOT NULL, checksum TEXT NOT NULL)",
    "CREATE TABLE runs (point INTEGER NOT NULL, run INTEGER NOT NULL,"
    " inputs TEXT NOT NULL, results TEXT NOT NULL, checksum TEXT NOT NULL,"
    " PRIMARY KEY (point, run)) WITHOUT ROWID",
)

BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
"""Errors of SQLite because of another process."""

OUTSIDE = (
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY),
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL),
    sqlite3.SQLITE_INTERRUPT,
)
"""Errors of SQLite because of the system; all others say that the file is damaged."""

DAMAGE = (checkpoint_texts.NotOurs, UnicodeDecodeError)
"""Other errors of a damaged file; SQLite quotes it in its own, which Python decodes."""


class Checkpoint:
    """The finished runs of one plant and seed, made with the same code.

    Parameters
    ----------
    path : path
        An existing file is continued; a missing or empty one is created.
    content : mapping of path to text
        All that fixes the results of the plant as it is.
    seed : int
    versions : mapping of name to text
        All else that must be the same for equal results, such as the version of this library.

    Raises
    ------
    CheckpointRefused
        With the difference; the file is as it was.
    CheckpointFailed
        It cannot be opened, or another process writes it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        content: Mapping[str, str],
        seed: int,
        versions: Mapping[str, str],
    ) -> None:
        self._path = Path(path)
        self._points: dict[str, tuple[int, list[str], list[str]]] = {}  # with names of columns
        about = {**versions, "seed": str(seed), "content": json.dumps(dict(content))}
        is_new = self._is_new()
        self._check_beside()
        if not is_new and not self._beside("-journal").exists():
            self._look(about)
        with self._as_ours("be opened"):
            # Nothing is written by opening; transactions are begun and ended here by hand.
            self._db = _connected(self._path)
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
            if checksum != checkpoint_texts.checksum(digest, run, inputs, results, *texts):
                raise CheckpointRefused(self._damaged(f"run {run} of {digest} was changed"))
        with self._as_ours("be read"):
            return {
                run: (checkpoint_texts.row(inputs, drawn), checkpoint_texts.row(results, given))
                for run, drawn, given, _ in rows
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
                row = (digest, *map(json.dumps, names), checkpoint_texts.checksum(digest, *names))
                columns = "digest, inputs, results, checksum"
                new = f"INSERT INTO design_points ({columns}) VALUES (?, ?, ?, ?) RETURNING point"
                known = (self._db.execute(new, row).fetchone()[0], *names)
            texts = checkpoint_texts.of_row(inputs), checkpoint_texts.of_row(results)
            values = (known[0], run, *texts, checkpoint_texts.checksum(digest, run, *names, *texts))
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
        except (OSError, ValueError) as error:  # of a name with a NUL
            reason = getattr(error, "strerror", error)
            raise CheckpointFailed(self._words(f"it cannot be opened, {reason}")) from error
        if not stat.S_ISREG(status.st_mode):
            raise CheckpointFailed(self._words("it cannot be opened, it is no file"))
        if not os.access(self._path, os.R_OK | os.W_OK):
            raise CheckpointFailed(self._words("it cannot be opened, Permission denied"))
        return status.st_size == 0

    def _beside(self, end: str) -> Path:
        """A file that SQLite keeps beside the database while it writes."""
        return self._path.with_name(self._path.name + end)

    def _check_beside(self) -> None:
        """Of a pipe there SQLite would wait for ever."""
        for end in ("-journal", "-wal"):
            file = self._beside(end)
            if file.exists() and not file.is_file():
                raise CheckpointFailed(
                    self._words(f"beside it stands {file.name}, which is no file")
                )

    def _look(self, about: Mapping[str, str]) -> None:
        """Refuse what is foreign or of something else without touching anything.

        SQLite reads the file for this too: to open and close it otherwise would drop the locks that
        this process holds on it (POSIX).
        """
        uri = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(_connected(uri, uri=True)) as db:
                self._check(db, about)
        except sqlite3.Error as error:
            if _code(error) & 0xFF == sqlite3.SQLITE_NOTADB:
                raise CheckpointRefused(self._words("it is no checkpoint of a sweep")) from error
            raise CheckpointRefused(self._damaged(str(error))) from error
        except DAMAGE as error:
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
            self._points = self._design_points()
        # Only now, so that a file that has one page holds all that identifies it. A kill loses
        # nothing so; a power cut may lose the last runs, but no more.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")

    def _design_points(self) -> dict[str, tuple[int, list[str], list[str]]]:
        """Number and names of columns by digest; each run must be of one of them."""
        points = {}
        for point, digest, *texts, checksum in self._db.execute("SELECT * FROM design_points"):
            names = checkpoint_texts.names(texts[0]), checkpoint_texts.names(texts[1])
            if checksum != checkpoint_texts.checksum(digest, *names):
                raise CheckpointRefused(self._damaged(f"design point {digest} was changed"))
            points[digest] = (point, *names)
        numbers = {row[0] for row in self._db.execute("SELECT DISTINCT point FROM runs")}
        if not numbers <= {point for point, *_ in points.values()}:
            raise CheckpointRefused(self._damaged("it has runs of no design point"))
        return points

    def _check(self, db: sqlite3.Connection, about: Mapping[str, str]) -> None:
        """Refuse what is foreign or of something else."""
        ((application,),) = db.execute("PRAGMA application_id")
        if application != APPLICATION:
            raise CheckpointRefused(self._words("it is a database of another program"))
        ((form,),) = db.execute("PRAGMA user_version")
        if form != FORMAT:
            rule = f"its format is {form}, and this version reads {FORMAT}"
            raise CheckpointRefused(self._words(rule))
        # Before anything else is read: what stands in a table, a view or a trigger would compute.
        schema = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        if len(schema) != len(TABLES) or {sql for _, sql in schema} != {*TABLES}:
            foreign = [name for name, sql in schema if sql not in TABLES] or ["a table is missing"]
            raise CheckpointRefused(self._damaged(f"its tables are others: {foreign[0]}"))
        stored = dict(db.execute("SELECT key, value FROM about"))
        if stored.keys() != about.keys():
            raise CheckpointRefused(self._damaged("it does not say what it is of"))
        others = [
            f"another {key}: {here} here, {checks.shortened(str(stored[key]))} in the file"
            for key, here in about.items()
            if key != "content" and stored[key] != here
        ]
        if others:
            raise CheckpointRefused(self._words(f"it is of {'; '.join(others)}"))
        if stored["content"] != about["content"]:
            pair = json.loads(about["content"]), checkpoint_texts.texts(stored["content"])
            raise CheckpointRefused(
                self._words(f"it is of another plant: {checkpoint_texts.differences(*pair)}")
            )

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
        """Errors of SQLite, and those of texts that no `add` wrote, as those of this file."""
        try:
            yield
        except sqlite3.Error as error:
            code = _code(error)
            rule, cure = f"it cannot {act}, {error}", "All runs that were in it stay."
            if code & 0xFF in BUSY:
                rule, cure = "another process is writing it", "Wait for it, or name another file."
            elif code == sqlite3.SQLITE_READONLY or code & 0xFF not in OUTSIDE:
                # Its permissions were asked before: who alone cannot write it is SQLite.
                raise CheckpointRefused(self._damaged(str(error))) from error
            raise CheckpointFailed(self._words(rule, cure)) from error
        except DAMAGE as error:
            raise CheckpointRefused(self._damaged(str(error))) from error

    def _words(self, rule: str, cure: str = "Name another file; this one stays as it is.") -> str:
        return f"Checkpoint {str(self._path)!r}: {rule}. {cure}"

    def _damaged(self, fault: str) -> str:
        return self._words(f"it is damaged ({fault})")


def _code(error: sqlite3.Error) -> int:
    """The code of an error; Python's own has none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)


def _connected(path: str | Path, *, uri: bool = False) -> sqlite3.Connection:
    """A connection that trusts nothing in the file, and in which transactions are begun by hand."""
    db = sqlite3.connect(path, timeout=0.2, isolation_level=None, uri=uri)
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")  # which no checksum fits
    db.execute("PRAGMA trusted_schema=OFF")
    return db
