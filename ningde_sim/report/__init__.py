"""Web pages of results that need neither network nor script."""

from ningde_sim.report.study_page import write

__all__ = ["write"]
