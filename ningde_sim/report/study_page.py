"""A study as a web page: the answer, its assumptions, how to run it again."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks, files
from ningde_sim.plots import plot_distribution, plot_fan
from ningde_sim.plots.svg import to_svg
from ningde_sim.report import html
from ningde_sim.report.program import program
from ningde_sim.statistics import estimate
from ningde_sim.statistics.variance_shares import ENOUGH
from ningde_sim.studies.study import Study
from ningde_sim.studies.study_summary import cautions, results

LEVEL = 0.95
"""Confidence of all intervals of the page. [-]"""

EVIDENCE = (
    "Evidence: reported, in the article that the project starts from; found, on a public page; "
    "measured, in the plant itself; derived, by arithmetic from those; recalled, from general "
    "knowledge that was not checked; assumed, chosen so that the whole is consistent"
)
"""What the words for the evidence of a quantity mean."""

MOST_VALUES = 500
"""Values of an experiment that are listed one by one; a shop of 620 robots has 18,000."""


def write(study: Study, path: str | os.PathLike[str]) -> Path:
    """Write the page of a study. An existing file is replaced as a whole, or stays as it was.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        The folder does not exist; the path is a folder.
    OSError
        It cannot be written, such as on a full disk.
    """
    checks.kind("report.write", "study", study, Study)
    owner = f"Study {study.experiment.title!r} report"
    file = Path(checks.path(owner, "path", path))
    with files.replaced(file, owner) as new:
        new.write_text(page(study), encoding="utf-8", newline="\n")
    return file


def page(study: Study) -> str:
    """The page as HTML: the same to the last byte for equal studies and the same versions."""
    with estimate.unwarned():
        return html.page(f"{study.experiment.title}: {answer(study)}", _body(study))


def _body(study: Study) -> Iterator[str]:
    experiment = study.experiment
    yield html.heading(experiment.title, level=1)
    yield html.paragraph(f"{study.n:,} runs of {experiment.description}.")
    yield html.paragraph(answer(study), "answer")
    yield html.warning(warnings(study))
    yield html.figure(*to_svg(lambda ax: plot_distribution(study, ax=ax), height=4.2))
    if experiment.months:
        yield html.figure(*to_svg(lambda ax: plot_fan(study, ax=ax)))
    yield html.heading("What came out")
    yield html.table(
        ("", "value (interval; confidence, number of runs)"), results(study), kinds="n-"
    )
    yield html.heading("How to read it")
    yield html.table(("", ""), cautions(study), kinds="n-")
    yield from _information(study)
    if experiment.months:
        yield html.heading("Month by month")
        yield _months(study)
    yield html.heading("All results")
    yield _columns(study)
    yield html.heading("How to run it again")
    yield from _program(study)
    yield from _values(study)


# ------------------------------------------------------------------ in words


def answer(study: Study) -> str:
    """What came out, in two sentences."""
    experiment, n = study.experiment, study.n
    given = f"Given {study.known}: " if study.known else ""
    if study.target is None:
        mean = study.mean(level=LEVEL)
        ends = f", 95 % interval {_number(mean.low)} to {_number(mean.high)}"
        result = (
            f"{_number(mean.value)} {experiment.units[experiment.of]} in the mean of {n:,} runs"
        )
        result += ends if mean.bounded else ""
    else:
        share = study.probability(level=LEVEL)
        ends = f"95 % interval {_percent(share.low)} to {_percent(share.high)}"
        result = f"{study.target:,.6g} {experiment.units[experiment.of]} are reached in "
        hits = int((study.column() >= study.target).sum())
        that_is = "with the control" if study.control() else "that is"
        result += f"{hits:,} of {n:,} runs, {that_is} {_percent(share.value)} ({ends})"
        for of, words in experiment.readings.items():
            other = study.probability(study.target, of=of, level=LEVEL)
            ends = f"{_percent(other.low)} to {_percent(other.high)}"
            result += f", and {words} in {_percent(other.value)} ({ends})"
    half = study.quantile(0.5, level=LEVEL)
    return f"{given}{result}. Half of the runs make {_number(half.value)} or less."


def warnings(study: Study) -> Iterator[str]:
    """What the reader must know before the first figure."""
    table = study.experiment.assumptions()
    if table is not None:
        counts = table["evidence"].value_counts()
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        yield f"Evidence of the {len(table)} quantities of this plan: {words}."
    yield from study.known.cautions()
    yield from study.experiment.notes
    if not study.experiment.notes:
        yield "The numbers of this plant come from its author; they are at the end of the page."
    if not study.complete:
        yield "The study was interrupted: these are its first runs only."


def _number(x: float) -> str:
    """Whole if it is large, else to three figures; what a run without a body lacks is unknown."""
    if np.isnan(x):
        return "unknown"
    return f"{x:,.0f}" if abs(x) >= 100 or x == round(x) else f"{x:.3g}"


def _percent(share: float) -> str:
    """Whole, but never 0 % or 100 % for a share in between; empty for none."""
    if np.isnan(share):
        return ""
    whole = round(100 * float(f"{share:.2f}"))  # as an estimate rounds it
    if 0 < share < 1 and whole in (0, 100):
        return "<1 %" if whole == 0 else ">99 %"
    return f"{whole} %"


# ------------------------------------------------------------------ tables


def _information(study: Study) -> Iterator[str]:
    """The value of information: which uncertain inputs affect the result most."""
    if not study.inputs or study.n < ENOUGH or np.ptp(study.column()) == 0:
        return
    yield html.heading("What to find out first")
    information = study.information(level=LEVEL)
    advice = information.advice
    yield html.paragraph(f"{advice[:1].upper()}{advice[1:]}.")
    heads = ["input", "share of the variance", "95 % interval", "may be chance"]
    thirds = [] if information.target is None else ["low", "middle", "high"]
    heads += [f"{third} third" for third in thirds]
    if thirds:
        yield html.paragraph("The last columns: P(target) where the input is low, middle, high.")
    rows = [
        (
            name,
            _percent(row["share"]),
            f"{_percent(row['share_low'])} to {_percent(row['share_high'])}",
            "" if row["beyond_chance"] else "yes",
            *(_percent(row[f"p_{third}"]) for third in thirds),
        )
        for name, row in information.table.head(12).iterrows()
    ]
    yield html.table(heads, rows, kinds="prr-" + "r" * len(thirds))


def _months(study: Study) -> str:
    """The months of the main column, beside what the target needs of them."""
    experiment = study.experiment
    heads = ["month", "5 % of runs", "half of them", "95 % of runs", "mean"]
    heads += [] if study.target is None else ["needed for the target"]
    rows = []
    for month in experiment.months:
        values = study.column(f"{experiment.of}_{month}")
        figures = [*_quantiles(values), float(values.mean())]
        figures += (
            [] if study.target is None else [study.target * experiment.month_shares.get(month, 0.0)]
        )
        rows.append((month, *map(_number, figures)))
    unit = experiment.units[experiment.of]
    caption = f"{experiment.of} [{unit}]: 5 %, half, 95 % of the runs make this much or less."
    return html.paragraph(caption) + html.table(heads, rows, kinds="nrrrrr")


def _columns(study: Study) -> str:
    """All results except those of single months."""
    experiment, monthly = study.experiment, tuple(f"_{month}" for month in study.experiment.months)
    heads = ["", "unit", "mean", "95 % interval", "5 % of runs", "half of them", "95 % of runs"]
    rows = []
    for of, values in study.values.items():
        if not of.endswith(monthly or ("\0",)):
            mean = study.mean(of=of, level=LEVEL)
            ends = f"{_number(mean.low)} to {_number(mean.high)}" if mean.bounded else "none"
            figures = map(_number, _quantiles(values))
            rows.append((of, experiment.units[of], _number(mean.value), ends, *figures))
    return html.table(heads, rows, kinds="n-rrrrr")


def _quantiles(values: estimate.Values) -> list[float]:
    """The 5, 50 and 95 % quantiles of the runs."""
    return [float(np.quantile(values, q, method="inverted_cdf")) for q in (0.05, 0.5, 0.95)]


# ------------------------------------------------------------------ program and inputs


def _program(study: Study) -> Iterator[str]:
    """The program, the versions, the digest."""
    yield html.code(program(study), "python")
    if file_text := study.experiment.call().file:
        file, words = file_text
        yield html.folded(f"The text of {file}", html.code(words, "text"))
    yield html.paragraph(
        f"Run by ningde_sim {study.version}; this page was made with Python "
        f"{platform.python_version()}, NumPy {np.__version__}, pandas {pd.__version__}. The seed "
        "fixes all random numbers: the same version gives the same digest on any machine, with any "
        "number of workers."
    )
    if digest := study.experiment.digest:
        yield html.paragraph(f"Digest of what was run: {digest}")


def _values(study: Study) -> Iterator[str]:
    """All quantities with their sources, or the bare values where there are no sources."""
    experiment = study.experiment
    table = experiment.assumptions()
    if table is not None:
        yield html.heading("What is known and what is assumed")
        yield html.paragraph(
            "Low and high are the range of an uncertain quantity. "
            + ("Each run drew its own value from it." if study.inputs else "No run drew from it.")
        )
        yield html.paragraph(f"{EVIDENCE}.")
        columns = ["value", "unit", "low", "high", "evidence"]
        rows = (
            (path, *(_cell(row[column]) for column in columns), _source(row))
            for path, row in table.iterrows()
        )
        yield html.table(("quantity", *columns, "source"), rows, kinds="pr-rr-w")
    elif experiment.content:
        yield html.heading("What was run")
        values = list(experiment.content.items())
        listed = html.table(("path", "value"), values[:MOST_VALUES], kinds="p-")
        yield html.folded(f"{min(len(values), MOST_VALUES):,} values", listed)
        if len(values) > MOST_VALUES:
            yield html.paragraph(f"{len(values) - MOST_VALUES:,} more are in the text above.")


def _source(row: pd.Series[Any]) -> str:
    """Where a quantity comes from, and what else a reader should know."""
    tuned = f"tuned to {row['tuned']}" if row["tuned"] else ""
    return "; ".join(words for words in (row["source"], row["note"], tuned) if words)


def _cell(x: object) -> str:
    """A value of a table; empty if there is none."""
    if isinstance(x, float):
        return "" if np.isnan(x) else f"{x:,.6g}"
    return "" if x is None else str(x)
