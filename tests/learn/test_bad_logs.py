"""Malformed downtime logs: an error that names the file, or a log that says what it says."""

from __future__ import annotations

import csv
import io
import random
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from ningde_sim.learn import Downtime, fit_downtime

HEADER = "equipment,start,end,reason"
ERRORS = (TypeError, ValueError, KeyError, OSError)


def rows(chance: random.Random) -> list[list[str]]:
    """Some stops of two robots, which do not overlap."""
    lines = []
    for robot in ("R1", "R2"):
        for day in range(1, 9):
            begin, minutes = chance.randrange(10, 20), chance.randrange(10, 59)
            start, end = f"2021-03-0{day} {begin}:00:00", f"2021-03-0{day} {begin}:{minutes}:30"
            lines.append([robot, start, end, chance.choice(["tip", "gun"])])
    return lines


def text(lines: list[list[str]], header: str = HEADER) -> bytes:
    return "\n".join([header, *(",".join(cells) for cells in lines)]).encode()


def fit(path: Path) -> Downtime:
    begin = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return fit_downtime(path)
    finally:
        assert time.monotonic() - begin < 10


ODD_DATES = [
    *(
        "99999-01-01",
        "0000-00-00",
        "2021-02-30",
        "NaT",
        "nan",
        "1e999",
        "infinity",
        "-",
        "0001-01-01",
    ),
    *("2021-03-04T25:00", "9" * 30, "9999-12-31", "2021-03-04 08:00+99:00", "now", "today", "None"),
    *(
        "2021-03-04 08:00:00.123456789123",
        "2021-W09-4",
        "20210304",
        "1614844800",
        "٢٠٢١-٠٣-٠٤",
        "=",
    ),
    *("1677-09-21", "2262-04-12", "2300-01-01", "2021-03-04 24:00", "x" * 10_000, "08:00", "2021"),
]

HEADERS = [
    *(
        "equipment,start,end",
        "",
        ",,,",
        "start,start,end,reason",
        "equipment,start,end,reason,reason",
    ),
    *("Equipment,equipment,start,end,reason", "equipment;start,end,reason", "a,b,c,d", "\x0b", '"'),
    *(
        "row,equipment,start,end",
        "equipment start end reason",
        "1,2,3",
    ),
    *(
        '"equipment,start,end,reason"',
        '"equipment","start","end","reason',
        "equipment,start,end,row",
    ),
]


def odd_date(chance: random.Random) -> bytes:
    lines = rows(chance)
    for _ in range(chance.choice([1, 1, 3])):
        chance.choice(lines)[chance.choice([1, 2])] = chance.choice(ODD_DATES)
    return text(lines)


def all_dates_odd(chance: random.Random) -> bytes:
    lines, column, odd = rows(chance), chance.choice([1, 2]), chance.choice(ODD_DATES)
    for line in lines:
        line[column] = odd
    return text(lines)


def odd_header(chance: random.Random) -> bytes:
    return text(rows(chance), chance.choice(HEADERS))


def more_or_fewer_cells(chance: random.Random) -> bytes:
    lines = rows(chance)
    for line in chance.choice([lines, lines[:1], lines[-1:], lines[3:5]]):
        line[1:1] = chance.choice([["x"], ["", ""]])
        del line[chance.choice([4, 3, 2]) :]
        line += chance.choice([[], ["", "", ""], ["a"] * 9])
    return text(lines)


def quotes(chance: random.Random) -> bytes:
    lines = rows(chance)
    line, column = chance.choice(lines), chance.randrange(4)
    line[column] = chance.choice(['"{}', '{}"', '"{}"x', '""{}', '"{}\n"', '"""{}']).format(
        line[column]
    )
    return text(lines)


def swapped(chance: random.Random) -> bytes:
    lines = rows(chance)
    for line in lines:
        chance.shuffle(line)
    return text(lines)


def doubled(chance: random.Random) -> bytes:
    lines = rows(chance)
    return text([*lines, *chance.sample(lines, 3)])


def inserted(chance: random.Random) -> bytes:
    raw = text(rows(chance))
    new = [
        b"\0",
        b"\xff",
        b"\xc3",
        b"\x1a",
        b"\r",
        b"\n",
        b",",
        b";",
        b"\t",
        b"\xef\xbb\xbf",
        b"\x0c",
    ]
    at = chance.randrange(len(raw))
    return raw[:at] + chance.choice(new) + raw[at:]


def cut(chance: random.Random) -> bytes:
    raw = text(rows(chance))
    return raw[: chance.randrange(len(raw))]


def other_bytes(chance: random.Random) -> bytes:
    raw = bytearray(text(rows(chance)))
    for _ in range(chance.choice([1, 1, 10])):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw)


def no_log(chance: random.Random) -> bytes:
    return chance.choice(
        [
            *(
                b"",
                b"\n",
                b"\n\n\n",
                HEADER.encode(),
                HEADER.encode() + b"\n\n,,,\n",
                b"\xef\xbb\xbf",
            ),
            *(chance.randbytes(1000), b"PK\x03\x04" + chance.randbytes(500), b"," * 100_000),
            *(
                b"\x1f\x8b\x08" + chance.randbytes(500),
                b'"' * 1001,
                b"{}",
                b"<html></html>",
                b"\0" * 9,
            ),
            *(text(rows(chance)).decode().encode("utf-32"), b"equipment\n" * 1000, b"\r\r\r"),
        ]
    )


WAYS: list[Callable[[random.Random], bytes]] = [
    *(odd_date, all_dates_odd, odd_header, more_or_fewer_cells, quotes, swapped, doubled, inserted),
    *(cut, other_bytes, no_log),
]

NEVER = (odd_header, swapped, doubled, no_log)
"""Ways after which no log is left."""


@pytest.mark.parametrize("way", WAYS)
def test_a_malformed_log_is_told_with_its_file_or_says_what_it_says(
    tmp_path: Path, way: Callable[[random.Random], bytes]
) -> None:
    """Fifty files each way; no row is dropped in silence."""
    for seed in range(50):
        path = tmp_path / f"{seed}.csv"
        path.write_bytes(way(random.Random(f"{way.__name__} {seed}")))
        try:
            downtime = fit(path)
        except ERRORS as error:
            message = str(error)
        else:
            message = path.name
            assert way not in NEVER, seed
            records = csv.reader(io.StringIO(path.read_text("utf-8-sig")))
            written = [cells for cells in records if any(cell.strip() for cell in cells)][1:]
            assert downtime.table["n"].sum() + len(downtime.problems) >= len(written), seed
        assert path.name in message, seed
        assert len(message) < 100_000
