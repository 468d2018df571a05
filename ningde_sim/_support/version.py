"""The version of this library, which every result records."""

from importlib.metadata import version

VERSION = version("ningde-sim")
