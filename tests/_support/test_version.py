"""What two runs must share to have equal results."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import ningde_sim
from ningde_sim._support.version import ROOMS, VERSIONS, code_digest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    copy = tmp_path / "ningde_sim"
    shutil.copytree(Path(ningde_sim.__file__).parent, copy)
    return copy


def test_a_change_of_code_or_data_is_another_source_code(package: Path) -> None:
    before = code_digest(package)
    assert before[:16] == VERSIONS["source code"]
    for room in ROOMS:
        file = sorted([*(package / room).glob("*.toml"), *(package / room).glob("*.py")])[-1]
        text = file.read_text("utf-8")
        file.write_text(text + "# more\n", "utf-8")
        assert code_digest(package) != before, room
        file.write_text(text, "utf-8")
    (package / "engine" / "new.py").touch()
    assert code_digest(package) != before


def test_plots_caches_and_line_ends_are_not(package: Path) -> None:
    before = code_digest(package)
    (package / "plots" / "axes.py").write_text("")
    (package / "engine" / "__pycache__").mkdir(exist_ok=True)
    (package / "engine" / "__pycache__" / "x.py").touch()
    rules = package / "engine" / "rules.py"
    rules.write_bytes(rules.read_bytes().replace(b"\n", b"\r\n"))
    assert code_digest(package) == before
