"""The report page: whole, true to the study, the same each time, seen in a real browser."""

from __future__ import annotations

import dataclasses
import html
import re
import warnings
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

import ningde_sim
from ningde_sim import Line, Scenario, Shop, Station, ningde_2021, scenario, sweep
from ningde_sim.plant.shipped import SHIPPED
from ningde_sim.plots.axes import GREEN, SKY
from ningde_sim.report.study_page import page
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from tests.browser import measured, needs_browser, pixels
from tests.synthetic import MONTHS, Year
from tests.years import small_year

VOID = {"meta", "img", "br", "link", "hr", "wbr"}


class Reader(HTMLParser):
    """Reads a page as a browser would, and complains of what a browser would repair."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.words.append(" ")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def own_shop() -> Shop:
    return Shop('<b>"R&D"', [Line("L", [Station("A", 36, scrap=0.1)])])


def study_of_a_shop(**more) -> Study:
    return replicate(own_shop(), **{"hours": 10, "runs": 60, "seed": 1, "target": 900} | more)


def study_of_months(runs: int = 60) -> Study:
    return replicate(Year(months=MONTHS, target=1200.0), runs=runs, seed=0)


@cache
def study_of_a_year(runs: int = 4, **more) -> Study:
    return replicate(small_year(), runs=runs, seed=1, **more)


def design_point() -> Study:
    return sweep(Year(), {"weights.rate": [3.0, 4.0]}, runs=50, seed=0).study(0)


KINDS: dict[str, Callable[[], Study]] = {
    "a shop": study_of_a_shop,
    "a shop without a target": lambda: study_of_a_shop(target=None),
    "one run": lambda: study_of_a_shop(runs=1),
    "runs that do not differ": lambda: replicate(
        Shop("fixed", [Line("L", [Station("A", 36)])]), hours=10, runs=5, seed=0
    ),
    "months": study_of_months,
    "months already built": lambda: study_of_months().given([100.0, 104.0]),
    "a year": study_of_a_year,
    "random variation only": lambda: study_of_a_year(inputs="typical"),
    "an interrupted one": lambda: dataclasses.replace(study_of_months(), complete=False),
    "a design point of a sweep": design_point,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_study_has_a_page_without_a_fault(kind: str, tmp_path: Path) -> None:
    study = KINDS[kind]()
    file = study.report(tmp_path / "report.html")
    read = Reader(file.read_text("utf-8"))
    names = [tag for tag, _ in read.tags]
    assert names.count("h1") == 1
    assert names.count("img") == 1 + bool(study.experiment.months)
    assert all(values["alt"] for tag, values in read.tags if tag == "img")
    assert "nan" not in read.text.split()
    for note in study.experiment.notes:
        assert " ".join(note.split()) in read.text


@pytest.mark.parametrize("kind", ["a shop", "a year"])
def test_a_page_asks_for_nothing_and_runs_nothing(kind: str) -> None:
    read = Reader(page(KINDS[kind]()))
    for tag, values in read.tags:
        assert tag not in {"script", "link", "iframe", "object", "base"}
        assert not [name for name in values if name.startswith("on")]
        for name in ("src", "href", "srcset", "action"):
            assert (values.get(name) or "data:").startswith("data:")
    assert any("default-src 'none'" in (values.get("content") or "") for _, values in read.tags)
    assert "url(" not in read.text
    assert "@import" not in read.text


def test_names_are_shown_as_they_are() -> None:
    read = Reader(page(study_of_a_shop()))
    assert '<b>"R&D"' in read.text
    assert "b" not in [tag for tag, _ in read.tags]


# ------------------------------------------------------------------ what it says


def test_the_answer_is_that_of_the_study() -> None:
    study = study_of_a_shop()
    share = study.probability()
    hits = round(share.value * 60)
    low, high = round(100 * share.low), round(100 * share.high)
    text = Reader(page(study)).text
    assert f"900 bodies are reached in {hits} of 60 runs" in text
    assert f"{round(100 * share.value)} % (95 % interval {low} % to {high} %)" in text
    assert f"Half of the runs make {study.quantile(0.5).value:,.0f} or less." in text


def test_rare_is_not_shown_as_never() -> None:
    study = replicate(Year(), runs=400, seed=0)
    ranked = np.sort(study.column())
    once, often = (page(dataclasses.replace(study, target=ranked[k])) for k in (-1, 1))
    few, many = (Reader(text).text for text in (once, often))
    assert "reached in 1 of 400 runs, that is <1 % (95 % interval <1 % to 1 %)" in few
    assert "reached in 399 of 400 runs, that is >99 % (95 % interval 99 % to >99 %)" in many


def test_the_months_are_beside_what_the_target_needs() -> None:
    study = study_of_months()
    text = Reader(page(study)).text
    for month in MONTHS:
        values = study.column(f"cars_{month}")
        half = float(np.quantile(values, 0.5, method="inverted_cdf"))
        assert re.search(rf"{month} \S+ {_figure(half)} \S+ {_figure(values.mean())} 100 ", text)


def _figure(x: float) -> str:
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def test_every_result_that_is_no_month_has_a_row() -> None:
    study = study_of_a_year()
    text = Reader(page(study)).text
    for of, unit in study.experiment.units.items():
        assert (f" {of} {unit} " in text) == (not re.search(r"_\d{4}-\d\d$", of)), of


def test_every_quantity_is_listed_with_its_source() -> None:
    plan = small_year()
    read = Reader(page(study_of_a_year()))
    for path, row in plan.assumptions().iterrows():
        words = " ".join(f"{path} {row['value']:,.6g} {row['unit']}".split())
        assert words in read.text
        assert " ".join(row["source"].split()) in read.text
    counts = plan.assumptions()["evidence"].value_counts()
    assert f"{counts['assumed']} assumed" in read.text


def test_the_shop_that_ships_shows_the_sources_of_its_file() -> None:
    for shipped in SHIPPED:
        text = page(replicate(shipped.function(), hours=1, runs=2, seed=0))
        table = scenario(shipped.scenario).assumptions()
        for path in table.index[table.index.str.startswith("body_shop.")]:
            assert path in Reader(text).text
    assert "assumed" in text


def test_what_to_find_out_first_is_that_of_the_study() -> None:
    study = study_of_months()
    text = Reader(page(study)).text
    assert study.information().table.index[0] == "rate"
    assert study.information().advice.partition(" ")[2] in text
    assert "may be chance low third middle third high third rate" in text
    assert "What to find out first" not in page(study_of_months(runs=20))


def test_a_page_is_the_same_to_the_last_byte_whatever_the_style(tmp_path: Path) -> None:
    study = study_of_months()
    plt.close("all")
    first = study.report(tmp_path / "first.html").read_bytes()
    with plt.style.context("dark_background"):
        assert study.report(str(tmp_path / "second.html")).read_bytes() == first
    assert not plt.get_fignums()


def test_the_page_of_the_620_robots_is_below_a_megabyte() -> None:
    assert len(page(replicate(ningde_2021(), hours=1, runs=2, seed=0)).encode()) < 1_000_000
    changed = ningde_2021().replace({"repair_crews": 3})
    assert len(page(replicate(changed, hours=1, runs=2, seed=0)).encode()) < 1_000_000


# ------------------------------------------------------------------ it can be run again


def changed_plan() -> Scenario:
    return small_year().replace({"retooling.full_stop_days": 12})


AGAIN: dict[str, Callable[[], Study]] = {
    "a shop of one's own": study_of_a_shop,
    "a shop that ships": lambda: replicate(ningde_2021(), hours=2, warm_up=5, runs=2, seed=0),
    "a plan that ships": lambda: replicate(
        scenario("ningde-2021"), runs=1, seed=0, inputs="typical"
    ),
    "a plan of one's own": lambda: replicate(changed_plan(), runs=3, seed=4, target=200_000),
    "a total given": lambda: study_of_a_year(runs=10).given(150_000, through="2021-08"),
    "months given": lambda: study_of_a_year(runs=10).given([19_000, 15_000]),
}


@pytest.mark.parametrize("kind", AGAIN)
def test_the_program_of_a_page_makes_the_same_study(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = AGAIN[kind]()
    text = page(study)
    monkeypatch.chdir(tmp_path)
    for name, words in re.findall(
        r'<summary>The text of (.*?)</summary>\n<pre class="text">(.*?)</pre>', text, re.DOTALL
    ):
        (tmp_path / name).write_text(html.unescape(words), "utf-8")
    (program,) = re.findall(r'<pre class="python">(.*?)</pre>', text, re.DOTALL)
    assert study.digest in program
    space: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ningde_sim.EstimateWarning)
        exec(html.unescape(program), space)
    again = space["study"]
    assert isinstance(again, Study)
    assert again.digest == study.digest
    assert page(again) == text


# ------------------------------------------------------------------ where it goes


def test_an_existing_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("old")
    assert study_of_a_shop(runs=3).report(file) == file
    assert file.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert list(tmp_path.iterdir()) == [file]


def test_a_failure_leaves_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report.html"
    file.write_text("old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        study_of_a_shop(runs=3).report(file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_folder_and_a_folder_are_refused(tmp_path: Path) -> None:
    study = study_of_a_shop(runs=3)
    with pytest.raises(FileNotFoundError, match=r"the folder of path must exist, got .*Create"):
        study.report(tmp_path / "missing" / "report.html")
    with pytest.raises(
        IsADirectoryError, match=r"path must be a file, not a folder, got .*Name a file in"
    ):
        study.report(tmp_path)


# ------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = replicate(small_year(), runs=6, seed=1)
    middle = float(np.median(study.column()))
    study = dataclasses.replace(study, target=middle)  # so that some runs reach it
    return study.report(tmp_path_factory.mktemp("page") / "report.html")


def has(seen: np.ndarray, colour: str) -> int:
    """How many pixels have a colour."""
    wanted = np.rint(255 * np.array(to_rgb(colour)))
    return int((np.abs(seen - wanted).max(axis=2) <= 3).sum())


@needs_browser
def test_a_browser_shows_text_and_plots(shown: Path, tmp_path: Path) -> None:
    seen = pixels(shown, tmp_path, 1200, 1600)
    assert seen.shape == (1600, 1200, 3)
    assert has(seen, GREEN) > 5_000  # runs that reach the target
    assert has(seen, SKY) > 5_000
    assert has(seen, "#1a1a1a") > 1_000  # letters
    assert has(seen, "#fff4ec") > 20_000  # the warning
    assert has(seen, "white") > seen.shape[0] * seen.shape[1] / 2


@needs_browser
@pytest.mark.parametrize("width", [1200, 400])
def test_the_page_is_no_wider_than_the_window(shown: Path, tmp_path: Path, width: int) -> None:
    size = measured(shown, tmp_path, width)
    assert size["width"] == width
    assert size["height"] > 2_000
    assert size["images"] == 2
