"""Run the notebooks and store their outputs: `python -m tests.notebooks_tool [01 04 ...]`.

Each runs in a fresh kernel of this interpreter that sees nothing of the user's settings. What is
stored depends on the results only, so running it twice changes no file. Plots are stored twice: as
images for readers, and in the metadata of their cell as records of their data, which the tests
compare.
"""

from __future__ import annotations

import math
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import nbformat
from ipykernel.kernelspec import write_kernel_spec
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.notebook_plots import MIME

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

KERNEL = "ningde-sim-notebooks"
LONGEST_CELL = 1800  # [s], on a busy machine

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""Of each notebook: no version of Python, which would differ by machine."""

TOLERANCE = 1e-6
"""By which printed numbers may differ, relative."""

NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?")
"""Without its sign, which is compared as the rest of the text."""


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


# ---------------------------------------------------------------------- run


def run(notebook: NotebookNode) -> NotebookNode:
    """The notebook as it is to be stored, after a run in a fresh kernel and an empty folder.

    Raises
    ------
    CellExecutionError
        A cell failed; a warning that a user would see counts as a failure.
    RuntimeError
        The notebook left files in its folder.
    """
    notebook = nbformat.from_dict(notebook)
    with TemporaryDirectory() as folder:
        own, work = Path(folder) / "own", Path(folder) / "work"
        work.mkdir()
        environment = {
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error::UserWarning,error::RuntimeWarning",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "IPYTHONDIR": str(own / "ipython"),
        }
        write_kernel_spec(
            own / "share/jupyter/kernels" / KERNEL,
            overrides={"env": environment},
            extra_arguments=["--ext=tests.notebook_plots", "--log-level=ERROR"],
        )
        settings = {
            "JUPYTER_PATH": str(own / "share/jupyter"),
            "JUPYTER_CONFIG_DIR": str(own / "config"),
            "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
            "JUPYTER_PLATFORM_DIRS": "1",  # else jupyter_core warns of its new folders
        }
        with patch.dict(os.environ, settings):
            NotebookClient(
                notebook,
                kernel_name=KERNEL,
                timeout=LONGEST_CELL,
                record_timing=False,
                resources={"metadata": {"path": str(work)}},
            ).execute()
        if left := sorted(path.name for path in work.iterdir()):
            raise RuntimeError(f"a notebook must leave no files behind, got {left}")
    return as_stored(notebook)


def as_stored(notebook: NotebookNode) -> NotebookNode:
    """A notebook that was run, without what depends on the machine or the moment."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(code_cells(notebook), start=1):
        records = [output for output in cell.outputs if MIME in output.get("data", {})]
        cell.outputs = _joined(output for output in cell.outputs if output not in records)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
        cell.execution_count = number
        plots = [plot for output in records for plot in output.data[MIME]]
        cell.metadata = nbformat.from_dict({"plots": plots} if plots else {})
    return notebook


def _joined(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """The outputs with neighbouring pieces of a stream as one: where it is cut depends on time."""
    joined: list[NotebookNode] = []
    for output in outputs:
        is_stream = output.output_type == "stream"
        if is_stream and joined and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


# ---------------------------------------------------------------------- compare


def differences(stored: NotebookNode, again: NotebookNode) -> list[str]:
    """Where two runs of a notebook differ: a line each, with the cell, what was and what is."""
    return [
        f"cell {before.id}, {what}"
        for before, after in zip(code_cells(stored), code_cells(again), strict=True)
        for what in _cell_differences(before, after)
    ]


def _cell_differences(before: NotebookNode, after: NotebookNode) -> Iterator[str]:
    lines = zip_longest(printed(before), printed(after), fillvalue="nothing")
    for number, (was, now) in enumerate(lines, start=1):
        if not same_text(was, now):
            yield f"line {number} of the output: stored {was!r}, now {now!r}"
    pairs = zip_longest(before.metadata.get("plots", []), after.metadata.get("plots", []))
    for number, (was, now) in enumerate(pairs, start=1):
        if was is None or now is None:
            yield f"plot {number}: {'not stored' if was is None else 'stored, but not drawn now'}"
            continue
        for kind in sorted((was.keys() | now.keys()) - {"texts"}):
            if was.get(kind) != now.get(kind):
                yield f"plot {number}: stored {kind} {was.get(kind)}, now {now.get(kind)}"
        for old, new in zip_longest(was["texts"], now["texts"], fillvalue="nothing"):
            if not same_text(old, new):
                yield f"plot {number}: stored text {old!r}, now {new!r}"


def printed(cell: NotebookNode) -> list[str]:
    """All that a cell printed or showed, as plain text, in order."""
    texts = [output.get("text") or output.data["text/plain"] for output in cell.outputs]
    return [line for text in texts for line in text.splitlines()]


def same_text(before: str, after: str) -> bool:
    """Whether two texts have the same characters, and numbers within the tolerance."""
    if NUMBER.split(before) != NUMBER.split(after):
        return False
    both = [[float(n.replace(",", "")) for n in NUMBER.findall(t)] for t in (before, after)]
    return all(math.isclose(a, b, rel_tol=TOLERANCE) for a, b in zip(*both, strict=True))


# ---------------------------------------------------------------------- store


def main(wanted: list[str]) -> None:
    """Run the notebooks whose names begin so, by default all, and store what they give."""
    for path in NOTEBOOKS:
        if wanted and not path.name.startswith(tuple(wanted)):
            continue
        print(f"{path.name} ", end="", flush=True)
        began, stored = time.perf_counter(), read(path)
        again = run(stored)
        nbformat.write(again, path)
        seconds, size = time.perf_counter() - began, path.stat().st_size / 1024
        changes = differences(stored, again)
        print(f"{seconds:,.0f} s, {size:,.0f} kB, {len(changes)} differences to what was stored")


if __name__ == "__main__":
    main(sys.argv[1:])
