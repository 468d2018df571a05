"""A real browser without a network: Chromium, from its command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from html import escape
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((path for name in NAMES if (path := shutil.which(name))), "")
REQUIRED = os.environ.get("NINGDE_BROWSER") == "required"

needs_browser = pytest.mark.skipif(
    not BROWSER and not REQUIRED,
    reason=f"none of {', '.join(NAMES)} is installed; NINGDE_BROWSER=required makes that a failure",
)


def _run(folder: Path, *arguments: str) -> str:
    assert BROWSER, f"NINGDE_BROWSER=required, but none of {', '.join(NAMES)} is installed"
    command = [
        BROWSER,
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-dev-shm-usage", "--disable-quic"),
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
        "--disable-sync",
        *("--force-device-scale-factor=1", f"--user-data-dir={folder / 'profile'}"),
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pixels(page: Path, folder: Path, width: int, height: int) -> np.ndarray:
    """What the window shows, shape (height, width, 3), from 0 to 255."""
    shot = folder / "shot.png"
    _run(folder, f"--window-size={width},{height}", f"--screenshot={shot}", page.as_uri())
    return np.rint(255 * matplotlib.image.imread(shot)[:, :, :3]).astype(int)


def measured(page: Path, folder: Path, width: int) -> dict[str, int]:
    """Width and height of a page in a frame of this width [px], and how many images it shows."""
    script = """
        const page = document.querySelector("iframe").contentDocument;
        const seen = [...page.images].filter(i => i.complete && i.naturalWidth && i.clientWidth);
        const root = page.documentElement;
        document.title = `width=${root.scrollWidth} height=${root.scrollHeight} ` +
            `images=${seen.length}`;
    """
    frame = folder / "frame.html"
    inside = escape(page.read_text("utf-8"))
    frame.write_text(
        f'<!DOCTYPE html><title>not loaded</title><iframe style="border:0;width:{width}px;'
        f'height:900px" onload="measure()" srcdoc="{inside}"></iframe>'
        f"<script>function measure() {{ {script} }}</script>",
        encoding="utf-8",
    )
    dom = _run(folder, "--virtual-time-budget=5000", "--dump-dom", frame.as_uri())
    title = re.search(r"<title>(.*?)</title>", dom)
    assert title, dom[:200]
    return {name: int(n) for name, n in re.findall(r"(\w+)=(\d+)", title[1])}
