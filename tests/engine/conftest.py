"""Either engine, for cases in seconds."""

from __future__ import annotations

import pytest

from ningde_sim import simulate
from tests.engine.by_hand import HOUR


@pytest.fixture(params=["reference", "compiled"])
def run(request):
    """Simulate a number of seconds with one of the engines."""

    def run_seconds(shop, seconds, warm_up=0.0, **options):
        return simulate(
            shop,
            hours=seconds / HOUR,
            warm_up=warm_up / HOUR,
            seed=0,
            engine=request.param,
            **options,
        )

    return run_seconds
