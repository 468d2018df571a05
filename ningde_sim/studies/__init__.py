"""Repeat a shop or a year: replications, comparisons, sweeps."""
