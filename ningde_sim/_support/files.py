"""Files that users name: read within bounds, written as a whole or not at all."""

from __future__ import annotations

import difflib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ningde_sim._support import checks

MIB = 2**20
"""Of the bounds on sizes. [bytes]"""

SAVE_AS = "Save it as UTF-8."
"""The cure for a text in another encoding."""


# ------------------------------------------------------------------ reading


def text(path: str | os.PathLike[str], *, most: int, cure: str = SAVE_AS) -> str:
    """The text of a file: UTF-8, with or without a byte-order mark.

    Parameters
    ----------
    path : path
    most : int
        Largest size that is read. [MiB]
    cure : str
        What to do about a text in another encoding.

    Raises
    ------
    FileNotFoundError
        No such file; the message names the folder and the files in it with similar names.
    OSError
        It is a folder, a pipe or a device, or cannot be read.
    ValueError
        It is larger than `most`, not UTF-8, or holds the character NUL.
    """
    return decoded(path, content(path, most=most), cure=lambda _: cure)


def decoded(
    path: str | os.PathLike[str],
    raw: bytes,
    *,
    cure: Callable[[bytes], str],
    encoding: str = "utf-8-sig",
) -> str:
    """The text of a file that was read.

    Parameters
    ----------
    path : path
        For complaints.
    raw : bytes
        All of it.
    cure : function of bytes
        What to do about a text in another encoding.
    encoding : str
        One that Python knows.

    Raises
    ------
    ValueError
        It is not in this encoding, or holds the character NUL.
    """
    try:
        read = raw.decode(encoding)
    except UnicodeDecodeError as error:
        start = error.start + len(raw) - len(error.object)  # behind the byte-order mark
        got = raw[start : start + error.end - error.start]
        line = raw.count(b"\n", 0, start) + 1
        named = "UTF-8" if encoding == "utf-8-sig" else encoding
        rule = f"it must be {named} text, byte {start + 1} in line {line} is not"
        raise ValueError(checks.complain(str(path), rule, got, cure(raw))) from error
    if "\0" in read:
        line = read.count("\n", 0, read.index("\0")) + 1
        rule = f"it must be text, line {line} holds the character NUL"
        raise ValueError(checks.complain(str(path), rule, "\0", cure(raw)))
    return read


def content(path: str | os.PathLike[str], *, most: int) -> bytes:
    """All bytes of a file; of what never ends, such as a pipe, none is read.

    Parameters
    ----------
    path : path
    most : int
        Largest size that is read. [MiB]

    Raises
    ------
    FileNotFoundError, OSError, ValueError
        As of `text`.
    """
    check_exists(path)
    with _told(path, "read"):
        _check_regular(path, Path(path).stat().st_mode)
        with Path(path).open("rb") as file:
            raw = file.read(most * MIB + 1)
    if len(raw) > most * MIB:
        rule = f"it must be at most {most} MiB"
        raise ValueError(checks.complain(str(path), rule, f"{Path(path).stat().st_size:,} bytes"))
    return raw


def _check_regular(path: str | os.PathLike[str], mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder, not a file")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file")


@contextmanager
def _told(path: str | os.PathLike[str], act: str, end: str = "") -> Iterator[None]:
    """Errors of the system with the name of the file, as the same class."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"{path}: the file cannot be {act}: {reason}.{end}"
        raise OSError(error.errno or errno.EIO, message) from error


def check_exists(path: str | os.PathLike[str]) -> None:
    """Raise a FileNotFoundError when there is no such file, a TypeError for no path."""
    checks.path("The file", "path", path)
    if not exists(path):
        raise FileNotFoundError(f"{path}: no such file. {near(path)}")


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether there is such a file, folder, pipe or device."""
    with _told(path, "read"):
        return Path(path).exists()


def near(path: str | os.PathLike[str]) -> str:
    """The folder in which a file was looked for, and the files in it with similar names."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        return f"There is no folder {folder}."
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    alike = difflib.get_close_matches(Path(path).name, names, n=3, cutoff=0.5)
    similar = ", ".join(alike) or "none"
    return f"Looked for in {folder}; similar names there: {similar}."


# ------------------------------------------------------------------ writing


@contextmanager
def replaced(path: str | os.PathLike[str], owner: str) -> Iterator[Path]:
    """A path to write to, whose file then replaces that at `path`; after an error the old stays.

    Parameters
    ----------
    path : path
    owner : str
        Whose file it is, for errors.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        The folder does not exist; the path is a folder.
    OSError
        It cannot be written, such as on a full disk.
    """
    file = _target(path)
    if file.is_dir():
        rule, cure = "path must be a file, not a folder", f"Name a file in {str(path)!r}."
        raise IsADirectoryError(checks.complain(owner, rule, str(path), cure))
    if not file.parent.is_dir():
        rule, cure = "the folder of path must exist", f"Create {str(file.parent)!r} first."
        raise FileNotFoundError(checks.complain(owner, rule, str(path), cure))
    with _told(path, "written", " What stood there stays."):
        if is_old := file.exists():
            _check_regular(path, file.stat().st_mode)
            if not os.access(file, os.W_OK):
                raise PermissionError(errno.EACCES, "Permission denied")
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".ningde-") as scratch:
            new = Path(scratch) / file.name  # its ending says its format
            yield new
            if is_old:
                shutil.copymode(file, new)
            _to_disk(new)
            new.replace(file)


def _target(path: str | os.PathLike[str]) -> Path:
    """The file itself where the path is a link, which stays one."""
    with _told(path, "written"):
        if "\0" in os.fspath(path):
            raise OSError(errno.EINVAL, "its name holds the character NUL")
        file = Path(os.path.realpath(path))
        file.exists()  # may fail, as of a name that is too long
        return file


def _to_disk(path: Path) -> None:
    """Wait until a file is on disk: some systems tell only then that it is full."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
