"""Settings for all tests, and the plants that they share."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")

# Who is started in the background of a shell ignores Ctrl-C, and so do all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The first call of a compiled function takes seconds, hence no deadline. The same examples every
# time, so that a suite that passed passes; --hypothesis-profile=explore looks further.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("same")

QUICK = (
    *("_support", "plant", "measures", "learn/test_stop_log.py"),
    *("engine/test_rules.py", "engine/test_one_instant.py", "engine/test_same_bits.py"),
    *("statistics/test_estimate.py", "statistics/test_conditioning.py"),
    *("studies/test_experiment.py", "studies/test_design_points.py", "studies/test_checkpoint.py"),
    *("year/test_calendar.py", "shipping/test_by_hand.py", "theory/test_exact_cases.py"),
    *("test_house.py", "test_public_names.py", "test_facts.py"),
)
"""Folders and files whose tests make a minute: `python -m pytest -m quick`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick tests."""
    here = Path(__file__).parent
    quick = [here / name for name in QUICK]
    for item in items:
        if any(item.path.is_relative_to(path) for path in quick) and not [
            *item.iter_markers("slow")
        ]:
            item.add_marker("quick")
