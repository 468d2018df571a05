"""Every example runs from a clean checkout, at a small size, and prints what it promises."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from ningde_sim import scenario

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

SMALL = {
    "appliance.py": ["--runs", "2", "--days", "2"],
    "bottling.py": ["--runs", "2"],
    "crews_and_buffers.py": ["--runs", "2", "--hours", "20", "--target", "1180"],
    "shifts_or_speed.py": ["--runs", "3"],
    "engine_block.py": ["--runs", "3"],
    "export_2021.py": ["--runs", "10", "--yard-runs", "2"],
    "ship_slip.py": [],
    "model_mix.py": ["--runs", "2", "--hours", "40", "--shares", "0", "0.5"],
    "month.py": ["--hours", "10"],
    "reach_240k.py": ["--scenario", "ningde-2020-12", "--runs", "48"],
    "what_limits.py": ["--runs", "2", "--hours", "20", "--verify", "3"],
    "retooling_and_launches.py": ["--runs", "2"],
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
    plot = tmp_path / "states.png"
    text = run("month.py", "--plot", str(plot))
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
    assert plot.stat().st_size > 10_000


def test_the_reach_has_intervals_losses_spread_and_plots(tmp_path: Path) -> None:
    text = run("reach_240k.py", "--plots", str(tmp_path / "plots"))
    interval = r"[\d,.]+ \(-?[\d,.inf]+ to [\d,.inf]+; [\d.]+ %, n = 48\)"
    assert re.search(rf"P\(year >= 18,688\) +{interval}", text)
    for line in ("median", "5 % of years", "95 % of years", "mean bodies"):
        assert re.search(rf"{line} +{interval}", text)
    assert re.search(r"2020-12 +\d+% \(\d+% to \d+%\) +1\d,\d{3}", text)
    losses = text.split("Where vehicles were lost")[1].split("Where the spread")[0]
    figures = [float(x.replace(",", "")) for x in re.findall(r" ([+-]?[\d,]+)(?:  |\n)", losses)]
    assert sum(figures[:-1]) == pytest.approx(figures[-1], abs=len(figures))
    assert re.search(r"random variation +[\d.]+ \([\d.]+ to [\d.]+; 95 %, n = 10\)", text)
    assert len(re.findall(r"[+-]0\.\d\d \([+-]\d\.\d\d to [+-]\d\.\d\d", text)) == 3
    for words in ("2021-09-03", "Our reading, not reported", "assumed", "P with CKD sets"):
        assert words in text
    for name in ("distribution.png", "fan.png"):
        assert (tmp_path / "plots" / name).stat().st_size > 10_000


def test_retooling_and_launches_have_their_latest_days(tmp_path: Path) -> None:
    days = {"calendar.start": date(2021, 8, 23), "calendar.end": date(2021, 10, 31)}
    outside = ("calendar.closures.spring_festival", "calendar.closures.summer_leave")
    for what in (*outside, "products.model_b"):  # dates outside the calendar would be warned of
        days[f"{what}.start"] = date(2021, 10, 9)
    scenario("ningde-2021").replace(days).to_toml(tmp_path / "autumn.toml")
    autumn = ("--scenario", str(tmp_path / "autumn.toml"))
    text = run("retooling_and_launches.py", *autumn, "--targets", "1000", "900000")
    for heading in ("Full stop of the retooling", "Days to 90 %"):
        table = text.split(heading)[1]
        assert re.search(r"^ +1,000 +(>\d+ \(.*?\) *){3}$", table, re.MULTILINE)
        assert re.search(r"^ +900,000 +(none \(.*?\) *){3}$", table, re.MULTILINE)
    assert re.search(r"from first to last -\d", text)


@pytest.mark.slow
def test_the_exports_have_probabilities_a_table_and_a_plot(tmp_path: Path) -> None:
    plot = tmp_path / "yard.png"
    text = run("export_2021.py", "--plot", str(plot))
    assert re.search(r"P\(38,000 by the end of 2021-08\) +[\d.]+ \(", text)
    assert len(re.findall(r"P\(year >= [\d,]+\) +[\d.]+ \(", text)) == 5
    rows = re.findall(r"^ +\d((?: +[\d,]+ / \d+){4})$", text, re.MULTILINE)
    assert len(rows) == 5
    cars = [[int(n.replace(",", "")) for n in re.findall(r"([\d,]+) /", row)] for row in rows]
    assert cars[0][0] <= 12 * 800 < cars[-1][-1]
    assert plot.stat().st_size > 10_000


def test_a_late_ship_is_made_up_when_it_leaves() -> None:
    text = run("ship_slip.py")
    late, shut = text.split("days later")[1].split("are shut for 21 days")
    for part in (late, shut):
        assert re.search(r"most behind +[\d,]+ units on 2021-", part)
        assert re.search(r"made up on +(2021-\d\d-\d\d|not within the year)", part)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_text_whatever_the_workers(tmp_path: Path) -> None:
    one, two = (run("reach_240k.py", "--workers", str(n), "--plots", str(tmp_path)) for n in (1, 2))
    assert one.split("The year:")[1] == two.split("The year:")[1]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_explains_its_options(path: Path) -> None:
    done = subprocess.run(
        command(path.name, "--help"), capture_output=True, env=environment(), check=True
    )
    assert b"--seed" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C in another way")
def test_ctrl_c_ends_the_reach_with_what_it_has(tmp_path: Path) -> None:
    arguments = ("--runs", "100000", "--scenario", "ningde-2020-12", "--plots", str(tmp_path))
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
    assert re.search(r"Stopped after [\d,]+ years in \d+ s", text)
    assert re.search(r"median +[\d,.]+", text)


def test_crews_and_buffers_have_gains_and_the_cheapest_and_a_heat_map(tmp_path: Path) -> None:
    plot, file = tmp_path / "map.png", tmp_path / "crews.db"
    more = ["--plot", str(plot), "--resume", str(file)]
    text = run("crews_and_buffers.py", *more)
    assert "48 design points of 2 runs: 20 h after 20 h" in text
    table = text.split("Against today, 4 crews and a capacity of 60")[1].split("Without common")[0]
    assert (
        len(re.findall(r"^ +\d +\d\d .*(?:more|less|distinguishable)$", table, re.MULTILINE)) == 47
    )
    assert "Design points that may have the greatest P(month >= 1,180)" in text
    assert "The cheapest with P >= 80%" in text
    assert plot.stat().st_size > 10_000
    assert run("crews_and_buffers.py", *more) == text  # from its file


@pytest.mark.slow
def test_shifts_or_speed_shows_what_each_plan_brings(tmp_path: Path) -> None:
    plot = tmp_path / "plans.png"
    text = run("shifts_or_speed.py", "--plot", str(plot))
    rows = r"^  [a-z].{36} +-?[\d,]+ +-?[\d,]+ +-?[\d,]+ +\d\.\d\d  (?:more|less|not dis.*)$"
    assert len(re.findall(rows, text, re.MULTILINE)) == 7
    assert "The best of them, with 95 % confidence, is among:" in text
    assert re.search(r"third crew, 2 x 9 h less a six-day week: -?[\d,.]+ \(", text)
    assert "3 years are few" in text
    assert plot.stat().st_size > 10_000


def test_the_model_mix_names_the_sub_line_that_chokes_and_what_a_line_brings() -> None:
    text = run("model_mix.py")
    assert "what limits it at each share" in text
    shares = re.findall(r"^ +(\d+)% +([\d,]+)  \w.* \d+%", text, re.MULTILINE)
    assert [int(share) for share, _ in shares] == [0, 50]
    assert "At 35% new models the sub line that chokes is 'Rear floor'." in text
    rows = re.findall(r"^ +\d+%((?: +[\d,]+){3})  (-?[\d,]+) \(", text, re.MULTILINE)
    made = [[int(number.replace(",", "")) for number in row[0].split()] for row in rows]
    assert len(made) == 2
    assert made[1][1] < made[1][0] < made[1][2]  # dedicated, as it is, flexible


def test_what_limits_names_the_path_of_month_and_year_and_verifies_actions(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("path.png", "days.png")]
    text = run("what_limits.py", "--plot", *map(str, files))
    for step in ("FIN-220 +working", "assembly line +closed"):  # of the month, of the year
        assert re.search(rf"^ *{step} +[\d.]+ +\d+\.\d$", text, re.MULTILINE)
    assert "path adds up to 20 h exactly" in text
    assert "path adds up to 8,760 h exactly" in text
    assert re.search(r"\+[\d.]+ \(.* to .*\)(: may be chance)?, predicted", text)
    assert "NOT VERIFIED" in text
    for file in files:
        assert file.stat().st_size > 10_000


ESTIMATE = r"[\d,.]+ \([\d,.]+ to [\d,.]+; 95 %, n = \d\)"
BROAD = r"\(-?[\d,.]+ to [\d,.]+\)"
"""Intervals as the plants print them."""


def test_the_engine_block_says_whether_a_week_reaches_its_target_and_what_helps() -> None:
    text = run("engine_block.py")
    assert "All numbers are assumed. OP30 lets through at most 7,453 blocks a week" in text
    assert re.search(r"As it is, a week makes 7,\d\d\d \(.* to .*; 95 %, n = 3\) blocks\.", text)
    assert re.search(rf"It reaches 7,200 with probability {ESTIMATE}\.", text)
    gains = re.findall(r"^  (.{35})([+-]\d+) \(.* to .*\) +P\(target\) [\d.]+$", text, re.MULTILINE)
    assert len(gains) == 5
    assert [int(gain) for _, gain in gains] == sorted((int(g) for _, g in gains), reverse=True)
    assert f"the change that brings most is {gains[0][0].strip()}." in text


def test_the_bottling_says_when_the_orders_are_done_and_what_helps() -> None:
    text = run("bottling.py")
    assert "18,000 bottles an hour: 57,000 cases take it 63.3 h without a stop" in text
    rows = re.findall(rf"^  (.{{36}})([\d.]+) \(.*\) +({ESTIMATE})$", text, re.MULTILINE)
    assert len(rows) == 5
    done = {name.strip(): float(hours) for name, hours, _ in rows}
    assert min(done, key=lambda name: done[name]) == "with grouped orders"
    assert all(68 < hours < 168 for hours in done.values())
    assert re.search(rf"The orders are likeliest done in time .*: P = {ESTIMATE}\.", text)


def test_the_appliance_says_the_cheapest_that_reaches_the_target() -> None:
    text = run("appliance.py", "--target", "1")
    rows = re.findall(rf"^  (\d) test places, (\d) repairer.* +(\d+) {BROAD} ", text, re.MULTILINE)
    assert [(int(places), int(n)) for places, n, _ in rows] == [
        (places, n) for places in (6, 7, 8) for n in (1, 2)
    ]
    assert all(750 < int(made) < 14.5 * 72 for _, _, made in rows)
    assert "1 a day with a probability of 80%: no design point reaches it for sure." in text
    more = ("--target", "500", "--runs", "12", "--days", "1", "--probability", "0.5")
    text = run("appliance.py", *more)
    assert "the cheapest that does has 6 test places and 1 repairer(s), 180 thousand euro" in text
