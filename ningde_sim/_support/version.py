"""The version of this library, which every result records, and all else that results hang on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import metadata, resources
from importlib.resources.abc import Traversable

VERSION = metadata.version("ningde-sim")

ROOMS = ("_support", "plant", "statistics", "engine", "shipping", "year", "studies", "data")
"""The folders whose code and data make the results of a run; others only show or explain them."""

PACKAGES = ("numpy", "scipy", "pandas", "numba", "simpy", "holidays")
"""Other packages that draw or count what a run gives, or say which days are worked."""


def code_digest(package: Traversable) -> str:
    """SHA-256 of the files in these folders of the package, with the line ends of any system."""
    sha = hashlib.sha256()
    for room in ROOMS:
        for name, file in _files(package / room, room):
            lines = file.read_bytes().replace(b"\r\n", b"\n")
            sha.update(f"{name} {len(lines)}\n".encode() + lines)
    return sha.hexdigest()


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry, f"{path}/{entry.name}")
        elif entry.name.endswith((".py", ".toml")):
            yield f"{path}/{entry.name}", entry


VERSIONS = {
    "version": VERSION,
    # Once, when it is loaded: later changes on disk do not run.
    "source code": code_digest(resources.files("ningde_sim"))[:16],
    **{package: metadata.version(package) for package in PACKAGES},
}
"""By name, all that two runs of the same plant and seed must share to have equal results."""
