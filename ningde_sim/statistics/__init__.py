"""Estimates from independent runs: intervals, differences, shares of variance, stopping."""
