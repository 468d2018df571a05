"""Malformed files of shops and scenarios: each is an error that names the file and the key."""

from __future__ import annotations

import copy
import datetime
import random
import shutil
import time
import tomllib
import warnings
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from ningde_sim import scenario
from ningde_sim.exceptions import CalendarWarning
from ningde_sim.plant.read import read_shop

DATA = Path(str(files("ningde_sim.data")))
SHIPPED = ["body_shop_2021.toml", "ningde-2021.toml", "ningde-2022.toml", "ningde-2020-12.toml"]
TEXTS = {name: (DATA / name).read_text("utf-8") for name in SHIPPED}
TABLES = {name: tomllib.loads(text) for name, text in TEXTS.items()}

ERRORS = (TypeError, ValueError, KeyError, OSError)


def read(path: Path) -> Any:
    """The shop or the scenario; a file of neither hangs."""
    begin = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CalendarWarning)
            return read_shop(path) if path.name.startswith("body_shop") else scenario(path)
    finally:
        assert time.monotonic() - begin < 10


def placed(folder: Path, name: str) -> Path:
    """A path in a folder of its own: a scenario looks for its shop beside it first."""
    folder.mkdir()
    return folder / name


def places(table: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The paths of all values below a table, those of tables and lists included."""
    items = table.items() if isinstance(table, dict) else enumerate(table)
    for key, value in items:
        yield *path, key
        if isinstance(value, (dict, list)):
            yield from places(value, *path, key)


def at(table: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        table = table[key]
    return table


def named(path: tuple[Any, ...]) -> str:
    """The last name of a path; the places in a list have none."""
    return str(next(key for key in reversed(path) if isinstance(key, str)))


# ---------------------------------------------------------------- values that no table takes


def replaced(
    data: dict[str, Any], chance: random.Random, kind: type | tuple[type, ...], new: Any
) -> str:
    """Replace a value of some kind; the key that an error must name.

    Not in [changes], which take a number in place of a quantity.
    """
    paths = [p for p in places(data) if type(at(data, p)) in _kinds(kind) and p[0] != "changes"]
    path = chance.choice(paths)
    at(data, path[:-1])[path[-1]] = new
    return named(path)


def _kinds(kind: Any) -> tuple[type, ...]:
    return kind if isinstance(kind, tuple) else (kind,)


def number_as_text(data: dict[str, Any], chance: random.Random) -> str:
    return replaced(data, chance, (int, float), chance.choice(["12", "", "x", "1e9"]))


def number_as_table(data: dict[str, Any], chance: random.Random) -> str:
    return replaced(data, chance, (int, float), chance.choice([{"a": 1}, [1], [], {}]))


def number_as_flag(data: dict[str, Any], chance: random.Random) -> str:
    return replaced(data, chance, (int, float), chance.choice([True, False]))


def text_as_number(data: dict[str, Any], chance: random.Random) -> str:
    return replaced(data, chance, str, chance.choice([1, 1.5, True, {"a": "b"}, [[1]]]))


def table_as_value(data: dict[str, Any], chance: random.Random) -> str:
    """But no number, which stands for a quantity."""
    return replaced(data, chance, dict, chance.choice(["x", True, [1, 2], [{"value": 1}]]))


def list_as_value(data: dict[str, Any], chance: random.Random) -> str:
    return replaced(data, chance, list, chance.choice([1, True, {"a": 1}, [[[]]]]))


def huge_number(data: dict[str, Any], chance: random.Random) -> str:
    huge = [1e300, -1e300, float("inf"), float("nan"), 10**30, -(10**30), 99999999999999999999]
    return replaced(data, chance, (int, float), chance.choice(huge))


def date_far_away(data: dict[str, Any], chance: random.Random) -> str:
    data["calendar"] = data.get("calendar", {})
    data["calendar"]["start"] = datetime.date(chance.choice([1, 1800, 2201, 9999]), 1, 1)
    return "calendar"


def unknown_key(data: dict[str, Any], chance: random.Random) -> str:
    path = chance.choice([(), *(p for p in places(data) if isinstance(at(data, p), dict))])
    key = chance.choice(["zzz", "valu", "", "a.b", "ключ", "x" * 3000])
    at(data, path)[key] = chance.choice([1, "x", [], {"zzz": {"zzz": 1}}])
    return key[:100]


def deep(data: dict[str, Any], chance: random.Random) -> str:
    value: Any = 1
    for _ in range(chance.choice([25, 60, 90])):
        value = [value] if chance.random() < 0.5 else {"a": value}
    path = chance.choice([p for p in places(data) if isinstance(at(data, p[:-1]), dict)])
    at(data, path[:-1])[path[-1]] = value
    return path[0]


WAYS: list[Callable[[dict[str, Any], random.Random], str]] = [
    *(number_as_text, number_as_table, number_as_flag, text_as_number, table_as_value),
    *(list_as_value, huge_number, date_far_away, unknown_key, deep),
]


@pytest.mark.parametrize("way", WAYS)
def test_a_value_that_no_table_takes_is_told_with_file_and_key(tmp_path: Path, way: Any) -> None:
    """Thirty files each way."""
    for seed in range(30):
        chance = random.Random(f"{way.__name__} {seed}")
        name = SHIPPED[seed % len(SHIPPED)]
        data = copy.deepcopy(TABLES[name])
        key = way(data, chance)
        path = placed(tmp_path / str(seed), name)
        path.write_text(tomli_w.dumps(data), "utf-8")
        with pytest.raises(ERRORS) as caught:
            read(path)
        message = str(caught.value)
        assert name in message, seed
        assert key in message, (seed, key)
        assert len(message) < 100_000


# ---------------------------------------------------------------- texts that are no TOML


def nul(raw: bytes, chance: random.Random) -> bytes:
    return inserted(raw, chance, b"\0")


def no_utf_8(raw: bytes, chance: random.Random) -> bytes:
    """Behind a letter of its own, so that it ends no other character."""
    at = chance.choice([k for k, byte in enumerate(raw) if byte == ord("a")])
    return raw[:at] + chance.choice([b"\xff", b"\xc3", b"\x80", b"\xed\xa0\x80"]) + raw[at:]


def control(raw: bytes, chance: random.Random) -> bytes:
    return inserted(raw, chance, chance.choice([b"\x07", b"\x1b", b"\x7f", b"\x0b"]))


def syntax(raw: bytes, chance: random.Random) -> bytes:
    """A sign too many, too few, or another."""
    signs = [k for k, byte in enumerate(raw) if byte in b'"[]{}=,.\n']
    at = chance.choice(signs)
    new = chance.choice([b"", b'"', b"[", b"}", b"=", b"=="])
    return raw[:at] + new + raw[at + 1 :]


def cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw))]


def twice(raw: bytes, chance: random.Random) -> bytes:
    """A part of the file stands there twice."""
    begin = chance.randrange(len(raw))
    return raw + raw[begin : begin + chance.choice([10, 1000])]


def other_byte(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]


def inserted(raw: bytes, chance: random.Random, new: bytes) -> bytes:
    at = chance.choice([k for k, byte in enumerate(raw) if byte < 128])
    return raw[:at] + new + raw[at:]


def nested(raw: bytes, chance: random.Random) -> bytes:
    n = chance.choice([1_000, 100_000])
    return raw + b"\n" + chance.choice([b"a = " + b"[" * n, b"a = " + b"{a=" * n, b"[" * n])


def long_key(raw: bytes, chance: random.Random) -> bytes:
    key = chance.choice([b"a.", b"a . ", b'"a".', b"'a' .\t"]) * 100_000 + b"a"
    return raw + b"\n" + chance.choice([key + b" = 1\n", b"[" + key + b"]\n"])


def long_number(raw: bytes, chance: random.Random) -> bytes:
    return raw + b"\na = " + chance.choice([b"9", b"0x9", b"1_0"]) * 5_000 + b"\n"


TEXT_WAYS: list[Callable[[bytes, random.Random], bytes]] = [
    *(nul, no_utf_8, control, syntax, cut, twice, other_byte, nested, long_key, long_number)
]


@pytest.mark.filterwarnings("ignore::ningde_sim.exceptions.NoEffect")  # a name of drawn_with
@pytest.mark.parametrize("way", TEXT_WAYS)
def test_a_text_that_is_no_toml_is_told_with_its_file(tmp_path: Path, way: Any) -> None:
    """Thirty files each way. What is still TOML, such as a cut note, may be accepted."""
    for seed in range(30):
        chance = random.Random(f"{way.__name__} {seed}")
        name = SHIPPED[seed % len(SHIPPED)]
        path = placed(tmp_path / str(seed), name)
        path.write_bytes(way(TEXTS[name].encode(), chance))
        try:
            read(path)
        except ERRORS as error:
            message = str(error)
        else:
            message = name
            assert isinstance(tomllib.loads(path.read_text("utf-8")), dict)
        assert name in message, seed
        assert len(message) < 100_000


@pytest.mark.parametrize("way", [nul, no_utf_8, control, nested, long_key, long_number])
def test_what_is_never_toml_is_never_accepted(tmp_path: Path, way: Any) -> None:
    for seed in range(10):
        path = tmp_path / SHIPPED[0]
        path.write_bytes(way(TEXTS[path.name].encode(), random.Random(f"never {seed}")))
        with pytest.raises(ERRORS):
            read(path)


# ---------------------------------------------------------------- files that name others


def test_a_long_chain_and_a_loop_of_bases_are_told(tmp_path: Path) -> None:
    for k in range(1000):
        (tmp_path / f"{k}.toml").write_text(f'name = "x"\nbase = "{k + 1}.toml"\n')
    with pytest.raises(ValueError, match=r"\d+\.toml: base must lead through at most 20 files"):
        scenario(tmp_path / "0.toml")
    (tmp_path / "5.toml").write_text('name = "x"\nbase = "0.toml"\n')
    with pytest.raises(ValueError, match=r"5\.toml: base must not lead back to this file"):
        scenario(tmp_path / "0.toml")


@pytest.mark.parametrize("named", ["\0", "x" * 5000, ".", "", "../..", "\n"])
@pytest.mark.parametrize("key", ["base", "body_shop"])
def test_a_name_of_no_file_is_told(tmp_path: Path, key: str, named: str) -> None:
    path = tmp_path / "mine.toml"
    data = {"name": "mine", **({"base": "ningde-2022"} if key != "base" else {}), key: named}
    path.write_text(tomli_w.dumps(data))
    with pytest.raises(ERRORS):
        scenario(path)


def test_many_faults_are_counted_and_the_first_listed(tmp_path: Path) -> None:
    path = tmp_path / "body_shop.toml"
    shutil.copy(DATA / "body_shop_2021.toml", path)
    with path.open("a") as file:
        file.writelines(f"[zones.z{k}]\nzzz = {k}\n" for k in range(5000))
    with pytest.raises(ValueError, match=r"(?s)faults found: 35000\n.*and 34,800 more$"):
        read(path)


def test_many_changes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    changes = "".join(f'"a{k}" = {k}\n' for k in range(5000))
    path.write_text(f'name = "mine"\nbase = "ningde-2022"\n[changes]\n{changes}')
    with pytest.raises(ValueError, match="changes: at most 1,000"):
        read(path)
