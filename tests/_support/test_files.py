"""Files that users name: whole or as they were, read within bounds, never waited for."""

from __future__ import annotations

import os
import resource
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ningde_sim import Line, Shop, Station, replicate, scenario, sweep
from ningde_sim._support import files
from ningde_sim.learn import fit_downtime
from ningde_sim.plant.read import read_shop

SHOP = Shop("two", [Line("L", [Station("A", 50), Station("B", 60)])])
OVER = {"stations.B.cycle_time": [50, 60, 70]}


def _sweep() -> Any:
    return sweep(SHOP, OVER, hours=8, runs=2, seed=0, progress=False)


def _report(path: Path) -> None:
    replicate(SHOP, hours=8, runs=10, seed=0, progress=False).report(path)


WRITERS: dict[str, Callable[[Path], object]] = {
    "plan.toml": lambda path: scenario("ningde-2021").to_toml(path),
    "sweep.csv": lambda path: _sweep().to_csv(path),
    "sweep.parquet": lambda path: _sweep().to_parquet(path),
    "study.html": _report,
}
"""Every function of the library that writes a file."""

READERS = [read_shop, scenario, fit_downtime]
"""Every function of the library that reads a file that its user names."""


@contextmanager
def full_disk(most: int = 50) -> Iterator[None]:
    """No file may grow beyond this size. [bytes]"""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


# ---------------------------------------------------------------- writing


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_what_stood_there(tmp_path: Path, name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    path = tmp_path / name
    path.write_text("what stood there")
    with full_disk(), pytest.raises(OSError, match=f"{name}: the file cannot be written: .*stays"):
        WRITERS[name](path)
    assert path.read_text() == "what stood there"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("name", WRITERS)
def test_a_whole_file_replaces_the_old_and_keeps_its_permissions(tmp_path: Path, name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    path, link = tmp_path / name, tmp_path / f"link-{name}"
    path.write_text("what stood there")
    path.chmod(0o640)
    link.symlink_to(path)
    WRITERS[name](link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() != b"what stood there"
    assert sorted(tmp_path.iterdir()) == [link, path]


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_no_file_is_not_replaced(tmp_path: Path, name: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="pipe: the file cannot be written: it is a pipe or a device"):
        WRITERS[name](pipe)
    with pytest.raises(IsADirectoryError, match="path must be a file, not a folder"):
        WRITERS[name](tmp_path)
    with pytest.raises(FileNotFoundError, match=r"the folder of path must exist.*Create"):
        WRITERS[name](tmp_path / "missing" / name)
    with pytest.raises(OSError, match="cannot be written: File name too long"):
        WRITERS[name](tmp_path / ("x" * 300))
    with pytest.raises(ValueError, match=r"path must be the path of a file, got .*a.x00b"):
        WRITERS[name](tmp_path / "a\0b")
    assert [*tmp_path.iterdir()] == [pipe]


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    with files.replaced(tmp_path / "new", "x") as new:
        new.touch()
    (tmp_path / "other").touch()
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_ctrl_c_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), files.replaced(path, "x") as new:  # noqa: PT012
        new.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_a_device_and_a_folder_are_told_at_once(tmp_path: Path, read: Any) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="pipe: the file cannot be read: it is a pipe or a device"):
        read(pipe)
    with pytest.raises(OSError, match="/dev/zero: the file cannot be read: it is a pipe or a dev"):
        read("/dev/zero")
    with pytest.raises(IsADirectoryError, match="cannot be read: it is a folder, not a file"):
        read(tmp_path)
    with pytest.raises(OSError, match="cannot be read: File name too long"):
        read("x" * 5000)


@pytest.mark.parametrize("read", READERS)
def test_a_file_that_is_too_large_is_told_before_it_is_read(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ValueError, match=r"large: it must be at most \d+ MiB, got '1,099,511,627"):
        read(path)


def test_an_error_of_encoding_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + b"one\ntwo\n\xff")
        with pytest.raises(ValueError, match=f"byte {len(mark) + 9} in line 3 is not, got b'.xff'"):
            files.text(path, most=1)
    path.write_bytes(b"one\ntwo \0")
    with pytest.raises(ValueError, match="line 2 holds the character NUL"):
        files.text(path, most=1)
