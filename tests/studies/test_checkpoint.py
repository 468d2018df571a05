"""Finished runs on disk: nothing good is lost, nothing foreign is touched."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ningde_sim.exceptions import CheckpointFailed, CheckpointRefused
from ningde_sim.studies.checkpoint import Checkpoint

ROOT = Path(__file__).parents[2]
CONTENT = {"repair_crews": "4", "stores.roof.capacity": "60"}


def checkpoint(path: Path, **other: Any) -> Checkpoint:
    asked: dict[str, Any] = {"content": CONTENT, "seed": 0, "versions": {"version": "1.0"}}
    return Checkpoint(path, **{**asked, **other})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with three runs of two design points."""
    path = tmp_path / "a.db"
    with checkpoint(path) as there:
        there.add("one", 0, {}, {"bodies": 3})
        there.add("one", 1, {}, {"bodies": 4})
        there.add("two", 7, {"days": 2.5}, {"bodies": 5})
    return path


# ---------------------------------------------------------------- what comes back


def test_runs_come_back_by_design_point(file: Path) -> None:
    with checkpoint(file) as there:
        assert there.finished("one") == {0: ({}, {"bodies": 3}), 1: ({}, {"bodies": 4})}
        assert there.finished("two") == {7: ({"days": 2.5}, {"bodies": 5})}
        assert there.finished("three") == {}
        there.add("one", 2, {}, {"bodies": 6})
    with checkpoint(file) as there:
        assert sorted(there.finished("one")) == [0, 1, 2]


def test_values_keep_their_bits_their_types_and_their_order(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "z": 0.1 + 0.2,
        "a": 5e-324,
        "whole": 2**70,
        "float": 3.0,
        "minus": -0.0,
        "infinite": math.inf,
    }
    with checkpoint(tmp_path / "a.db") as there:
        there.add("one", 0, row, {"nan": math.nan, "n": np.int64(3), "x": np.float64(0.1)})
        inputs, results = there.finished("one")[0]
    assert [*inputs.items()] == [*row.items()]
    assert [type(v) for v in inputs.values()] == [type(v) for v in row.values()]
    assert math.copysign(1, inputs["minus"]) == -1
    assert math.isnan(results["nan"])
    assert [type(v) for v in results.values()] == [float, int, float]


def test_not_a_number_keeps_its_bits(tmp_path: Path) -> None:
    odd = struct.unpack(">d", bytes.fromhex("fff8000000000123"))[0]
    with checkpoint(tmp_path / "a.db") as there:
        there.add("one", 0, {}, {"odd": odd})
        back = there.finished("one")[0][1]["odd"]
    assert struct.pack(">d", back).hex() == "fff8000000000123"


def test_only_numbers_are_kept(tmp_path: Path) -> None:
    with checkpoint(tmp_path / "a.db") as there:
        with pytest.raises(TypeError, match="only numbers can be kept"):
            there.add("one", 0, {}, {"thing": object()})  # type: ignore[dict-item]
        with pytest.raises(TypeError, match="only numbers can be kept"):
            there.add("one", 0, {}, {"thing": "4"})  # type: ignore[dict-item]
        assert there.finished("one") == {}
        there.add("one", 0, {}, {"bodies": 1})
        assert there.finished("one") == {0: ({}, {"bodies": 1})}


def test_columns_of_a_design_point_do_not_change(file: Path) -> None:
    with checkpoint(file) as there:
        with pytest.raises(ValueError, match="must have the same columns"):
            there.add("one", 5, {}, {"cars": 3})
        assert sorted(there.finished("one")) == [0, 1]


def test_a_run_is_added_once(file: Path) -> None:
    with checkpoint(file) as there:
        with pytest.raises(ValueError, match="run 0 of one is in the file already"):
            there.add("one", 0, {}, {"bodies": 9})
        assert there.finished("one")[0] == ({}, {"bodies": 3})


def test_a_closed_file_stands_alone(file: Path) -> None:
    assert [*file.parent.iterdir()] == [file]
    with checkpoint(file):
        pass
    assert [*file.parent.iterdir()] == [file]


def test_it_may_be_closed_twice(file: Path) -> None:
    there = checkpoint(file)
    there.close()
    there.close()


# ---------------------------------------------------------------- another plant


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"seed": 1}, r"another seed: 1 here, 0 in the file\. Name another file"),
        ({"versions": {"version": "2.0"}}, r"another version: 2\.0 here, 1\.0 in the file"),
        ({"content": {**CONTENT, "repair_crews": "5"}}, "repair_crews: 5 here, 4 in the file"),
        ({"content": {**CONTENT, "new": "1"}}, "new: 1 here, nothing in the file"),
        ({"content": dict(reversed(CONTENT.items()))}, "the same values in another order"),
        ({"content": {f"p{k}": "1" for k in range(9)}}, "6 more"),
    ],
)
def test_the_file_of_another_plant_is_refused_with_the_difference(
    other: dict[str, Any], words: str, file: Path
) -> None:
    before = file.read_bytes()
    with pytest.raises(CheckpointRefused, match=words):
        checkpoint(file, **other)
    assert file.read_bytes() == before
    assert [*file.parent.iterdir()] == [file]


# ---------------------------------------------------------------- foreign and damaged files


def refused(path: Path, words: str) -> None:
    before = path.read_bytes()
    with pytest.raises(CheckpointRefused, match=words):
        checkpoint(path)
    assert path.read_bytes() == before
    assert [*path.parent.iterdir()] == [path]


def test_a_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "thesis.txt"
    path.write_text("It was a dark and stormy night.")
    refused(path, "it is no checkpoint of a sweep")


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE love (letters TEXT)")
    db.commit()
    db.close()
    refused(path, "database of another program")


def test_a_newer_format_is_refused(file: Path) -> None:
    db = sqlite3.connect(file)
    db.execute("PRAGMA user_version=9")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    refused(file, "its format is 9, and this version reads 3")


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_truncated_file_is_refused(share: float, file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: max(20, int(share * len(whole)))])
    refused(file, "it is damaged|no checkpoint|another program")


def test_garbage_in_the_middle_is_refused(file: Path) -> None:
    chance = random.Random(1)
    whole, seen = file.read_bytes(), 0
    for page in range(1, len(whole) // 4096):
        at = 4096 * page
        garbage = chance.randbytes(64)
        file.write_bytes(whole[:at] + garbage + whole[at + 64 :])
        refused(file, "it is damaged")
        seen += 1
    assert seen > 2


def test_a_value_that_was_changed_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    assert whole.count(b"[4]") == 1
    file.write_bytes(whole.replace(b"[4]", b"[5]"))
    with checkpoint(file) as there:
        assert there.finished("two")
        with pytest.raises(CheckpointRefused, match="run 1 of one was changed"):
            there.finished("one")


def test_a_folder_and_a_missing_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointFailed, match="cannot be opened"):
        checkpoint(tmp_path)
    with pytest.raises(CheckpointFailed, match=r"its folder does not exist\. Create it"):
        checkpoint(tmp_path / "no" / "a.db")
    assert not [*tmp_path.iterdir()]


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.touch()
    with checkpoint(path) as there:
        there.add("one", 0, {}, {"bodies": 1})
    with checkpoint(path) as there:
        assert there.finished("one")


# ---------------------------------------------------------------- one writer, full disks


def test_there_is_one_writer(file: Path) -> None:
    with checkpoint(file) as first:
        with pytest.raises(CheckpointFailed, match="another process is writing it"):
            checkpoint(file)
        first.add("one", 2, {}, {"bodies": 1})
    with checkpoint(file) as second:
        assert len(second.finished("one")) == 3


SECOND = """
import sys
from pathlib import Path
from tests.studies.test_checkpoint import checkpoint
checkpoint(Path(sys.argv[1])).add("one", 9, {}, {"bodies": 1})
"""


def test_a_second_look_in_the_same_process_does_not_drop_the_lock(file: Path) -> None:
    with checkpoint(file) as first:
        for other in ({}, {"seed": 5}):
            with pytest.raises((CheckpointFailed, CheckpointRefused)):
                checkpoint(file, **other)
        start = [sys.executable, "-c", SECOND, str(file)]
        done = subprocess.run(start, cwd=ROOT, capture_output=True, text=True, check=False)
        assert "another process is writing it" in done.stderr
        first.add("one", 2, {}, {"bodies": 1})


def test_a_refused_file_keeps_what_a_kill_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    start = [sys.executable, "-c", KILLED, str(path), "0"]
    process = subprocess.Popen(start, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for _ in range(20):
        process.stdout.readline()
    process.kill()
    process.communicate()
    before = {part.name: part.read_bytes() for part in tmp_path.iterdir()}
    assert sorted(before) == ["a.db", "a.db-wal"]
    with pytest.raises(CheckpointRefused, match="another seed"):
        checkpoint(path, seed=1)
    assert {part.name: part.read_bytes() for part in tmp_path.iterdir()} == before


def test_a_kill_while_it_is_made_leaves_a_file_that_goes_on(tmp_path: Path) -> None:
    """At eight moments around the making, which takes some milliseconds."""
    made = """
import sys
from pathlib import Path
from tests.studies.test_checkpoint import Checkpoint
content = {f"path {k}": "x" for k in range(20_000)}
print("now", flush=True)
Checkpoint(Path(sys.argv[1]), content=content, seed=0, versions={"version": "1"})
print("made", flush=True)
input()
"""
    content, cut = {f"path {k}": "x" for k in range(20_000)}, 0
    for k in range(8):
        path = tmp_path / f"{k}.db"
        start = [sys.executable, "-c", made, str(path)]
        process = subprocess.Popen(start, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        time.sleep(0.003 * k)
        process.kill()
        told = process.communicate()[0]
        cut += b"made" not in told
        with Checkpoint(path, content=content, seed=0, versions={"version": "1"}) as there:
            there.add("one", 0, {}, {"bodies": 1})
    assert cut > 0
    assert len([*tmp_path.iterdir()]) == 8


def test_a_full_database_keeps_what_it_has(tmp_path: Path) -> None:
    path, n = tmp_path / "a.db", 0
    with checkpoint(path) as there:
        there._db.execute("PRAGMA max_page_count=20")
        words = r"cannot be written.*full.*that were in it stay"
        with pytest.raises(CheckpointFailed, match=words):  # noqa: PT012
            while True:
                there.add("one", n, {}, {"bodies": n, "more": 0.1})
                n += 1
    with checkpoint(path) as there:
        assert sorted(there.finished("one")) == list(range(n))
    assert n > 100


FULL = """
import resource, signal, sys
from pathlib import Path
from tests.studies.test_checkpoint import checkpoint
from ningde_sim.exceptions import CheckpointFailed
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
with checkpoint(Path(sys.argv[1])) as there:
    for n in range(1_000_000):
        try:
            there.add("one", n, {}, {"bodies": n, "more": 0.1})
        except CheckpointFailed as error:
            print(n, error)
            break
"""


def test_a_write_that_the_system_refuses_is_told_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    number, _, words = done.stdout.partition(" ")
    assert "cannot be written" in words
    assert str(path) in words
    with checkpoint(path) as there:
        assert sorted(there.finished("one")) == list(range(int(number)))
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anything")
def test_a_file_that_may_not_be_written_is_told(file: Path) -> None:
    file.chmod(0o400)
    with pytest.raises(CheckpointFailed, match="Permission denied"):
        checkpoint(file)


READ_ONLY = """
import os, sys
from pathlib import Path
from ningde_sim.studies.checkpoint import Checkpoint
os.setgid(65534)
os.setuid(65534)  # nobody
with Checkpoint(Path(sys.argv[1]), content={}, seed=0, versions={"version": "1"}):
    print("opened")
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to be less")
def test_a_folder_that_may_not_be_written_is_told() -> None:
    with tempfile.TemporaryDirectory() as folder:  # those of pytest are closed to others
        path = Path(folder) / "a.db"
        start = [sys.executable, "-c", READ_ONLY, str(path)]
        path.parent.chmod(0o755)
        done = subprocess.run(start, cwd=ROOT, capture_output=True, text=True, check=False)
        assert f"CheckpointFailed: Checkpoint '{path}': it cannot be opened" in done.stderr
        path.parent.chmod(0o777)
        subprocess.run(start, cwd=ROOT, check=True)
        path.chmod(0o444)
        done = subprocess.run(start, cwd=ROOT, capture_output=True, text=True, check=False)
        assert "CheckpointFailed" in done.stderr
        assert "Permission denied" in done.stderr


# ---------------------------------------------------------------- killed


KILLED = """
import sys
from pathlib import Path
from tests.studies.test_checkpoint import checkpoint
with checkpoint(Path(sys.argv[1])) as there:
    for n in range(int(sys.argv[2]), 10**9):
        there.add(f"design point {n // 50}", n, {}, {"bodies": n})
        print(n, flush=True)
"""


def test_what_was_added_survives_a_kill(tmp_path: Path) -> None:
    path, chance, n = tmp_path / "a.db", random.Random(3), 0
    for _ in range(4):
        start = [sys.executable, "-c", KILLED, str(path), str(n)]
        process = subprocess.Popen(start, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        first = process.stdout.readline()
        assert int(first) == n
        time.sleep(chance.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        told = [int(line) for line in process.stdout.read().split("\n")[:-1] if line]
        process.wait()
        process.stdout.close()
        last = max([n, *told])
        with checkpoint(path) as there:
            kept = {r for c in range(last // 50 + 2) for r in there.finished(f"design point {c}")}
        assert set(range(last + 1)) <= kept
        assert kept <= set(range(last + 2))  # one may have been added and not told
        n = max(kept) + 1
        assert [*tmp_path.iterdir()] == [path]


def test_ctrl_c_inside_leaves_it_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with checkpoint(file) as there:
        with monkeypatch.context() as patch:
            patch.setattr(json, "dumps", _interrupt)
            with pytest.raises(KeyboardInterrupt):
                there.add("new", 0, {}, {"bodies": 1})
        there.add("new", 0, {}, {"bodies": 2})
        assert there.finished("new") == {0: ({}, {"bodies": 2})}


def _interrupt(*arguments: Any, **more: Any) -> str:
    raise KeyboardInterrupt
