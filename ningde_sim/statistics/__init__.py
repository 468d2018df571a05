"""Estimates from independent runs: intervals, differences, selection, shares of variance."""
