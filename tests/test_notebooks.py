"""Every notebook is stored without outputs, stays short, and runs in a fresh kernel."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from ipykernel.kernelspec import install
from nbclient import NotebookClient
from numba import config

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_CELLS = 25

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kernel of the interpreter that runs the tests, blind to what the user has set up."""
    install(prefix=str(tmp_path), kernel_name="ningde-sim-tests")
    for name, folder in {
        "JUPYTER_PATH": "share/jupyter",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")  # else jupyter_core warns of its new folders
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("PYTHONWARNINGS", "error::UserWarning,error::RuntimeWarning")
    return "ningde-sim-tests"


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@each_notebook
def test_a_notebook_asks_one_question_in_few_cells_without_helpers(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert len(notebook.cells) <= MOST_CELLS
    assert re.search(r"^\*\*Question:\*\* .+\?", notebook.cells[0].source, re.MULTILINE)
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert "".join(prose).count("**Question:**") == 1
    nodes = [node for cell in code_cells(notebook) for node in ast.walk(ast.parse(cell.source))]
    helpers = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    assert not [node.lineno for node in nodes if isinstance(node, helpers)]


@each_notebook
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    notebook = read(path)
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert all(cell.metadata == {} for cell in notebook.cells)
    assert "widgets" not in notebook.metadata


@pytest.mark.slow
@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="its months take hours without the compiler")
@each_notebook
def test_a_notebook_runs_and_draws_without_a_warning(
    path: Path, tmp_path: Path, kernel: str
) -> None:
    notebook = read(path)
    work = tmp_path / "work"
    work.mkdir()
    NotebookClient(
        notebook, kernel_name=kernel, timeout=300, resources={"metadata": {"path": str(work)}}
    ).execute()
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert list(work.iterdir()) == []
