"""The version of this library, which every result carries."""

from importlib.metadata import version

VERSION = version("ningde-sim")
