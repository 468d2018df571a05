"""Every example runs from a clean checkout, at a small size, and says what it promises."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

SMALL = {
    "month.py": ["--hours", "10"],
    "reach_240k.py": ["--hours", "5", "--runs", "80"],
}


def command(name: str, *arguments: str) -> list[str]:
    strict = ["-W", "error::UserWarning", "-W", "error::RuntimeWarning"]
    return [sys.executable, *strict, str(ROOT / "examples" / name), *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "PYTHONUTF8": "1"}


def run(name: str, *arguments: str) -> str:
    done = subprocess.run(
        command(name, *SMALL[name], *arguments),
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_has_a_small_size() -> None:
    assert [path.name for path in EXAMPLES] == sorted(SMALL)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_its_question_and_what_it_shows(path: Path) -> None:
    header = path.read_text(encoding="utf-8").split('"""')[1]
    assert re.search(r"^Question: .+\?", header, re.MULTILINE)
    assert re.search(r"^Shows: .+", header, re.MULTILINE)


def test_a_month_shows_its_zones_and_its_worst_robots(tmp_path: Path) -> None:
    picture = tmp_path / "states.png"
    text = run("month.py", "--plot", str(picture))
    assert "167 stations, 620 robots" in text
    assert re.search(r"bodies +\d{3} in 10 h", text)
    assert re.search(r"JPH +\d\d\.\d\d bodies/h", text)
    rows = re.findall(r"^([A-Z][^\n]*?) +(\d+) +(\d+)((?: +\d+\.\d){6})$", text, re.MULTILINE)
    assert len(rows) == 16
    assert sum(int(row[1]) for row in rows) == 167
    assert sum(int(row[2]) for row in rows) == 620
    for row in rows:
        assert sum(map(float, row[3].split())) == pytest.approx(100, abs=0.4)
    assert len(re.findall(r"^[A-Z]+-\S+-R\d+ ", text, re.MULTILINE)) == 10
    assert picture.stat().st_size > 10_000


def test_the_reach_has_intervals_and_tells_fact_from_assumption(tmp_path: Path) -> None:
    picture = tmp_path / "months.png"
    text = run("reach_240k.py", "--plot", str(picture))
    interval = r"[\d,.]+ \([\d,.]+ to [\d,.]+; [\d.]+ %, n = 80\)"
    assert re.search(rf"P\(month >= 300\) +{interval}", text)  # 30,000 in 500 h are 300 in 5 h
    for line in ("mean month", "5 % of months", "95 % of months", "bodies an hour"):
        assert re.search(rf"{line} +{interval}", text)
    for hours in ("12 such months of 500 h", "250 days of 16 h, 4,000 h"):
        assert re.search(rf"{hours} +{interval} bodies, [+-]\d+\.\d %", text)
    for word in ("2021-09-03", "30,000 bodies/month (2021)", "expected 240,000 vehicles/year"):
        assert word in text
    for word in ("Our reading, not reported", "assumption", "bodies, not vehicles", "luck only"):
        assert word in text
    assert picture.stat().st_size > 10_000


def test_the_same_seed_gives_the_same_text_whatever_the_workers() -> None:
    one, two = (run("reach_240k.py", "--workers", str(n)) for n in (1, 2))
    assert one.split("A month of")[1] == two.split("A month of")[1]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_explains_its_options(path: Path) -> None:
    done = subprocess.run(
        command(path.name, "--help"), capture_output=True, env=environment(), check=True
    )
    assert b"--hours" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_ends_the_reach_with_what_it_has() -> None:
    arguments = ("--runs", "100000", "--hours", "5")
    process = subprocess.Popen(
        command("reach_240k.py", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(),
    )
    assert process.stderr is not None
    bar = ""
    while not re.search(r"[1-9]\d*/100000", bar):  # until the bar shows that a run has finished
        bar += process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    text, rest = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in rest
    assert rest.rstrip().endswith("Stopped.")
    assert re.search(r"Stopped after [\d,]+ months in \d+ s", text)
    assert re.search(r"mean month +[\d,.]+", text)
