"""Where the compiled engine is cached: beside the package, in the user's folder, or nowhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ningde_sim

CODE = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import ningde_sim
    from ningde_sim.engine import _kernel
    words = _kernel.philox(*(_kernel.np.uint64(i) for i in range(6)))
print(ningde_sim.__file__)
print([str(w.message) for w in caught if w.category is RuntimeWarning])
"""


@pytest.fixture
def read_only(tmp_path):
    """A copy of the package; nothing can be written beside it, not even by root."""
    copy = tmp_path / "site" / "ningde_sim"
    source = Path(ningde_sim.__file__).parent
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (copy / "engine", copy):
        (folder / "__pycache__").write_text("in the way")
    return copy.parent


def imported(site, home):
    """Import the copy and draw; the warnings that it raises."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("NUMBA", "XDG"))}
    env |= {"HOME": str(home), "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        env=env,
        cwd=site,
        check=True,
    )
    file, warned = done.stdout.splitlines()
    assert Path(file).is_relative_to(site)
    return eval(warned)


def test_a_read_only_install_keeps_it_in_the_users_cache_folder(read_only, tmp_path):
    """Silently."""
    home = tmp_path / "home"
    home.mkdir()
    assert imported(read_only, home) == []
    assert list(home.rglob("*.nbi"))


def test_if_nothing_can_be_written_it_is_compiled_anew_with_one_warning(read_only, tmp_path):
    """It works all the same."""
    home = tmp_path / "home"
    home.write_text("in the way")
    (warning,) = imported(read_only, home)
    assert "Set NUMBA_CACHE_DIR to a folder that can be written" in warning


@pytest.mark.parametrize(("ending", "keep"), [("nbi", 0), ("nbi", 0.5), ("nbc", 0), ("nbc", 0.5)])
def test_a_damaged_cache_is_made_anew(read_only, tmp_path, ending, keep):
    """Cut to nothing or to half; the next process then finds it whole."""
    home = tmp_path / "home"
    home.mkdir()
    imported(read_only, home)
    damaged = [*home.rglob(f"*.{ending}")]
    assert damaged
    sizes = [file.stat().st_size for file in damaged]
    for file, size in zip(damaged, sizes, strict=True):
        os.truncate(file, int(keep * size))
    assert imported(read_only, home) == []
    assert max(file.stat().st_size for file in home.rglob(f"*.{ending}")) >= max(sizes) // 2
    assert imported(read_only, home) == []
