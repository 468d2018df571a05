"""Each notebook is short, is stored with its outputs, and gives them again in a fresh kernel."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from numba import config

from tests.notebook_plots import record
from tests.notebooks_tool import (
    METADATA,
    NOTEBOOKS,
    NUMBER,
    code_cells,
    differences,
    printed,
    read,
    run,
    same_text,
)

MOST_CELLS = 25
MOST_BYTES = 1_000_000
KINDS = {"stream", "execute_result", "display_data"}
FORMATS = {"text/plain", "text/html", "image/png"}

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def markdown(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def question(notebook: NotebookNode) -> str:
    asked = re.search(r"^\*\*Question:\*\* (.+\?)$", notebook.cells[0].source, re.MULTILINE)
    assert asked, "the first cell must ask a question"
    return asked[1]


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@each_notebook
def test_a_notebook_asks_one_question_in_few_cells_without_helpers(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert len(notebook.cells) <= MOST_CELLS
    assert question(notebook)
    assert markdown(notebook).count("**Question:**") == 1
    nodes = [node for cell in code_cells(notebook) for node in ast.walk(ast.parse(cell.source))]
    helpers = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    assert not [node.lineno for node in nodes if isinstance(node, helpers)]


@each_notebook
def test_the_contents_page_has_the_question_of_a_notebook(path: Path) -> None:
    page = (path.parent / "README.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if f"({path.name})" in line]
    assert len(rows) == 1
    assert question(read(path)) in rows[0]


@each_notebook
def test_each_number_of_the_text_stands_in_a_cell(path: Path) -> None:
    notebook = read(path)
    cells = code_cells(notebook)
    plots = [plot for cell in cells for plot in cell.metadata.get("plots", [])]
    of_cells = [line for cell in cells for line in [cell.source, *printed(cell)]]
    known = {number for text in of_cells for number in numbers(text)}
    known |= {number for plot in plots for text in plot.texts for number in numbers(text)}
    assert numbers(re.sub(r"`[^`]*`", "", markdown(notebook))) <= known


def numbers(text: str) -> set[float]:
    """All numbers of a text or a program, 240_000 and 240,000 alike."""
    plain = re.sub(r"(?<=\d)_(?=\d)", "", text)
    return {float(number.replace(",", "")) for number in NUMBER.findall(plain)}


# ---------------------------------------------------------------------- what is stored


@each_notebook
def test_a_notebook_is_stored_with_its_outputs(path: Path) -> None:
    notebook = read(path)
    assert path.stat().st_size <= MOST_BYTES
    assert notebook.metadata == METADATA  # no widgets
    for number, cell in enumerate(code_cells(notebook), start=1):
        assert cell.execution_count == number
        assert cell.metadata.keys() <= {"plots"}
        assert outputs_of(cell) == outputs_wanted(cell), cell.id
        n_images = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        assert len(cell.metadata.get("plots", [])) == n_images
        for output in cell.outputs:
            assert output.output_type in KINDS
            assert output.get("name") != "stderr"
            assert output.get("data", {}).keys() <= FORMATS


def outputs_of(cell: NotebookNode) -> dict[str, bool]:
    kinds = {output.output_type for output in cell.outputs}
    return {
        "prints": "stream" in kinds,
        "draws": "display_data" in kinds,
        "shows": "execute_result" in kinds,
    }


def outputs_wanted(cell: NotebookNode) -> dict[str, bool]:
    """What the source of a cell lets a reader expect."""
    tree = ast.parse(cell.source)
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    last = tree.body[-1]
    is_value = isinstance(last, ast.Expr) and not cell.source.rstrip().endswith(";")
    return {
        "prints": "print" in calls,
        "draws": any(call == "plt.subplots" or call.startswith("plots.plot_") for call in calls),
        "shows": is_value and not ast.unparse(last).startswith("print("),
    }


@pytest.mark.slow
@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="its months take hours without the compiler")
@each_notebook
def test_a_notebook_gives_what_is_stored(path: Path) -> None:
    stored = read(path)
    assert differences(stored, run(stored)) == []


# ---------------------------------------------------------------------- whether that can fail


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mean 30,016 bodies", "mean 30,017 bodies"),
        ("share 0.123456", "share 0.123458"),
        ("change +12", "change -12"),
        ("12 (10 to 14)", "12 (10 to 14"),
        ("99 bodies", "99  bodies"),
        ("99 bodies", "99 sets"),
        ("run 1", "run"),
    ],
)
def test_a_changed_number_or_word_is_a_difference(before: str, after: str) -> None:
    assert not same_text(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [("mean 30,016", "mean 30,016"), ("1.0000001 h", "1.0000004 h"), ("-2e-3", "-2.000000001e-3")],
)
def test_a_number_may_differ_by_rounding(before: str, after: str) -> None:
    assert same_text(before, after)


CURVE = np.array([3.0, 1.0, 2.0])

DRAWINGS = {
    "lines": lambda ax, y: ax.plot(y),
    "patches": lambda ax, y: ax.bar(["a", "b", "c"], y),
    "collections": lambda ax, y: ax.fill_between(range(3), 0, y),
    "images": lambda ax, y: ax.imshow([y, y]),
    "texts": lambda ax, y: ax.set_yticks(range(3), [f"{value:.7f}" for value in y]),
}


def drawn(draw: Callable[[Axes, np.ndarray], object], values: np.ndarray) -> dict[str, object]:
    figure = Figure()
    draw(figure.subplots(), values)
    return record(figure)


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_changed_curve_is_a_difference(kind: str) -> None:
    as_it_was, changed = (drawn(DRAWINGS[kind], CURVE + end) for end in (0, [0, 0, 1e-4]))
    assert as_it_was == drawn(DRAWINGS[kind], CURVE)
    assert {key for key in as_it_was if as_it_was[key] != changed[key]} == {kind}


def test_a_curve_may_differ_by_rounding() -> None:
    assert drawn(DRAWINGS["lines"], CURVE) == drawn(DRAWINGS["lines"], CURVE * (1 + 1e-15))


def test_a_run_with_another_result_differs_from_the_stored_one() -> None:
    source = (
        "import matplotlib.pyplot as plt\n"
        "for n in (1, 2):\n"
        "    print(n, flush=True)\n"
        "plt.plot([1, 2]);"
    )
    stored = run(
        new_notebook(cells=[new_code_cell(source, id="one"), new_code_cell("n", id="two")])
    )
    one, two = code_cells(stored)
    assert [output.output_type for output in one.outputs] == ["stream", "display_data"]
    assert (one.outputs[0].text, two.outputs[0].data["text/plain"]) == ("1\n2\n", "2")
    assert [cell.execution_count for cell in (one, two)] == [1, 2]
    assert len(one.metadata.plots) == 1

    other_number, other_curve, no_curve = (copy.deepcopy(stored) for _ in range(3))
    other_number.cells[0].outputs[0].text = "1\n3\n"
    other_curve.cells[0].metadata.plots[0].lines = drawn(DRAWINGS["lines"], CURVE)["lines"]
    no_curve.cells[0].metadata = {}
    assert differences(stored, copy.deepcopy(stored)) == []
    (number,) = differences(stored, other_number)
    assert number == "cell one, line 2 of the output: stored '2', now '3'"
    (curve,) = differences(stored, other_curve)
    assert curve.startswith("cell one, plot 1: stored lines 1, ")
    (plot,) = differences(stored, no_curve)
    assert plot == "cell one, plot 1: stored, but not drawn now"


def test_a_warning_stops_a_notebook() -> None:
    cell = new_code_cell("import warnings\nwarnings.warn('of any kind', stacklevel=1)")
    with pytest.raises(CellExecutionError, match="of any kind"):
        run(new_notebook(cells=[cell]))
