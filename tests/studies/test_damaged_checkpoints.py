"""Damaged and forged checkpoints: each gives what was added, or is refused by name."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ningde_sim import Line, Shop, Station
from ningde_sim._support.version import VERSIONS
from ningde_sim.exceptions import CheckpointFailed, CheckpointRefused
from ningde_sim.studies import checkpoint_texts
from ningde_sim.studies.checkpoint import Checkpoint
from ningde_sim.studies.sweep import sweep
from tests.studies.test_checkpoint import CONTENT, checkpoint

DIGESTS = ("one", "two", "three")
RUNS = 20

Runs = dict[str, dict[int, Any]]


def intact(path: Path) -> Runs:
    """Write a file of several pages; what is in it."""
    chance = random.Random(0)
    with checkpoint(path) as file:
        for digest in DIGESTS:
            for run in range(RUNS):
                results = {"bodies": run, "throughput": chance.random(), "vehicles": 0.0}
                file.add(digest, run, {"days": chance.random()}, results)
        return {digest: file.finished(digest) for digest in DIGESTS}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Runs]:
    path = tmp_path_factory.mktemp("intact") / "a.db"
    runs = intact(path)
    return path.read_bytes(), runs


# ---------------------------------------------------------------- ways to damage a file


def flip_bits(path: Path, chance: random.Random) -> None:
    raw = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 1, 1, 2, 20])):
        # Half of them in the header and the schema, in which most bits mean something.
        end = chance.choice([100, len(raw), 4096, len(raw)])
        raw[chance.randrange(end)] ^= 1 << chance.randrange(8)
    path.write_bytes(raw)


def truncate(path: Path, chance: random.Random) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: chance.randrange(1, len(raw))])


def swap_names(path: Path, chance: random.Random) -> None:
    """Another name in the raw bytes, or the names of columns in another order."""
    if chance.random() < 0.5:
        raw = path.read_bytes()
        path.write_bytes(raw.replace(b'"throughput"', b'"the output"', chance.choice([1, 3])))
        return
    names = ["bodies", "throughput", "vehicles"]
    chance.shuffle(names)
    change(path, "UPDATE design_points SET results = ?", json.dumps(names))


def change(path: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA ignore_check_constraints=ON")
        db.execute(statement, values)
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode=DELETE")


ODD: list[Any] = [
    *("", "[]", "{}", "null", "[1", "[" * 100_000, '["zz"]', '["00"]', "[true, 1, 2]", "[1e999]"),
    *(b"\xff\xfe", b"[1]", "\ud7ff", 7, 1.5, "9" * 5000, "[" + "9" * 5000 + "]", "\x00", "NaN"),
]
"""Values that no `add` writes."""


def wrong_types(path: Path, chance: random.Random) -> None:
    table, column = chance.choice(
        [
            *(("runs", "inputs"), ("runs", "results"), ("runs", "checksum"), ("runs", "run")),
            *(("design_points", name) for name in ("digest", "inputs", "results", "checksum")),
            *(("about", "key"), ("about", "value")),
        ]
    )
    few = "rowid = 1" if table == "design_points" else "key = 'seed'"
    few = "point = 1 AND run = 3" if table == "runs" else few
    change(path, f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {few}", chance.choice(ODD))


def content(path: Path, chance: random.Random) -> None:
    change(path, "UPDATE about SET value = ? WHERE key = 'content'", chance.choice(ODD))


def forge_rows(path: Path, chance: random.Random) -> None:
    """Rows whose texts no `add` writes, some of them with the checksum that fits."""
    run, texts = chance.choice([99, 3, -1]), [chance.choice(ODD), chance.choice(ODD)]
    point, digest = chance.choice([(1, "one"), (77, "none")])
    names = [["days"], ["bodies", "throughput", "vehicles"]]
    fits = checkpoint_texts.checksum(digest, run, *names, *texts)
    values = point, run, *texts, chance.choice([fits, "0" * 32, 5])
    change(path, "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", *values)


def move_rows(path: Path, chance: random.Random) -> None:
    change(
        path,
        chance.choice(
            [
                "UPDATE runs SET results = (SELECT results FROM runs AS other"
                " WHERE other.point = 4 - runs.point AND other.run = runs.run)",
                "UPDATE runs SET run = -1 - run WHERE point = 2",
                "UPDATE runs SET point = 9 WHERE point = 1",
                "UPDATE design_points SET point = 9 WHERE point = 1",
                "UPDATE runs SET results = (SELECT results FROM runs WHERE run = 7)",
                "UPDATE runs SET inputs = results, results = inputs WHERE run = 2",
                "UPDATE design_points SET digest = digest || '_'",
            ]
        ),
    )


def foreign(path: Path, chance: random.Random) -> None:
    """Tables, indexes, views and triggers of others; a table of ours that is a view."""
    change(
        path,
        chance.choice(
            [
                "CREATE TABLE love (letters TEXT)",
                "CREATE VIEW fast AS SELECT * FROM runs",
                "CREATE INDEX fast ON runs (run)",
                "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM runs; END",
                "CREATE TRIGGER t AFTER INSERT ON design_points BEGIN DELETE FROM runs; END",
                "ALTER TABLE runs ADD COLUMN more TEXT",
                "ALTER TABLE runs RENAME COLUMN inputs TO results_",
                "ALTER TABLE about RENAME TO others",
                "DROP TABLE runs",
            ]
        ),
    )


def endless_view(path: Path, chance: random.Random) -> None:
    """Who reads this view waits for ever."""
    change(path, "ALTER TABLE about RENAME TO others")
    numbers = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n)"
    change(path, f"CREATE VIEW about AS {numbers} SELECT k AS key, k AS value FROM n")


def overwrite(path: Path, chance: random.Random) -> None:
    raw = bytearray(path.read_bytes())
    at = chance.randrange(len(raw))
    raw[at : at + 64] = chance.choice([b"\0" * 64, b"\xff" * 64, chance.randbytes(64)])
    path.write_bytes(raw)


WAYS: list[Callable[[Path, random.Random], None]] = [
    *(flip_bits, flip_bits, flip_bits, truncate, swap_names, wrong_types, content),
    *(forge_rows, move_rows, foreign, endless_view, overwrite),
]

ALWAYS = (truncate, wrong_types, content, forge_rows, move_rows, foreign, endless_view)
"""Ways after which no file is as it was; a bit or a name may lie where nothing is."""

EACH = 42
"""Files that are damaged each way: 504 in all."""


@pytest.mark.parametrize("k", range(len(WAYS)), ids=lambda k: f"{WAYS[k].__name__}-{k}")
def test_a_damaged_file_gives_what_was_added_or_is_refused(
    tmp_path: Path, original: tuple[bytes, Runs], k: int
) -> None:
    """As many files each way; what a file lacks is run again, so a part of the runs is fine."""
    raw, runs = original
    refused = []
    for seed in range(EACH):
        path = tmp_path / f"{seed}.db"
        path.write_bytes(raw)
        WAYS[k](path, random.Random(f"{k} {seed}"))
        try:
            with checkpoint(path) as file:
                for digest in DIGESTS:
                    there = file.finished(digest)
                    assert there == {run: runs[digest][run] for run in there}, (seed, digest)
        except CheckpointRefused as error:
            refused.append(str(error))
    assert all(str(tmp_path) in error for error in refused)
    assert len(refused) == EACH if WAYS[k] in ALWAYS else len(refused) >= 3


def test_a_name_that_one_bit_renames_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    intact(path)
    raw = path.read_bytes()
    assert raw.count(b'"vehicles"') == len(DIGESTS)
    path.write_bytes(raw.replace(b'"vehicles"', b'"vehiclas"', 1))
    with pytest.raises(CheckpointRefused, match=r"design point .* was changed"):
        checkpoint(path)


def test_a_schema_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """SQLite quotes it in its error."""
    path = tmp_path / "a.db"
    intact(path)
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE runs", b"CREATE TABL\xc5 runs"))
    with pytest.raises(CheckpointRefused, match="it is damaged"):
        checkpoint(path)


@pytest.mark.parametrize("end", ["-journal", "-wal"])
def test_a_pipe_in_place_of_a_file_beside_it_is_told_at_once(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.db"
    intact(path)
    os.mkfifo(tmp_path / f"a.db{end}")
    with pytest.raises(CheckpointFailed, match=f"beside it stands a.db{end}, which is no file"):
        checkpoint(path)


@pytest.mark.parametrize("beside", ["a.db-journal", "a.db-wal"])
def test_junk_beside_it_changes_no_value(tmp_path: Path, beside: str) -> None:
    runs = intact(tmp_path / "a.db")
    (tmp_path / beside).write_bytes(random.Random(0).randbytes(5000))
    with checkpoint(tmp_path / "a.db") as file:
        assert {digest: file.finished(digest) for digest in DIGESTS} == runs


# ---------------------------------------------------------------- made by other code


@pytest.mark.parametrize("name", VERSIONS)
def test_a_sweep_does_not_go_on_with_runs_of_other_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shop = Shop("two", [Line("L", [Station("A", 50), Station("B", 60)])])
    path, over = tmp_path / "a.db", {"repair_crews": [1, 2]}
    asked: dict[str, Any] = {"runs": 1, "seed": 0, "hours": 1, "resume": path, "progress": False}
    sweep(shop, over, **asked)
    before = path.read_bytes()
    monkeypatch.setitem(VERSIONS, name, "other")
    words = f"another {name}: other here, .* in the file"
    with pytest.raises(CheckpointRefused, match=words):
        sweep(shop, over, **asked)
    assert path.read_bytes() == before


def test_all_that_differs_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with checkpoint(path, versions={"numpy": "1", "scipy": "1"}):
        pass
    with pytest.raises(CheckpointRefused, match=r"another numpy: 2 .*; another seed: 5 here, 0 in"):
        Checkpoint(path, content=CONTENT, seed=5, versions={"numpy": "2", "scipy": "1"})
