"""Shops of thousands of lines: twice the lines, twice the work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ningde_sim.plant.read import build, load
from ningde_sim.plant.shop import Shop


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "evidence": "assumed", "source": "a guess"}


def chain(n: int) -> dict[str, Any]:
    """The tables of a shop of n zones in a row, the last first, with a store between each two."""
    zones = {
        f"z{k}": {
            "title": f"Zone {k}",
            "lines": [f"L{k}"],
            "cycle_time": quantity(60, "s"),
            "evidence": "assumed",
            "source": "a guess",
            "takes": [f"s{k - 1}"] if k else [],
            "puts": [f"s{k}"] if k < n - 1 else [],
            "stations": [{"suffix": "010", "weld": 1}],
        }
        for k in reversed(range(n))
    }
    store = {"capacity": quantity(5, "parts"), "transit_time": quantity(5, "s"), "per_line": True}
    stores = {f"s{k}": {"title": f"Store {k}", **store} for k in range(n - 1)}
    return {"name": "chain", "zones": zones, "stores": stores}


def calls(work: Callable[[], object]) -> int:
    """Calls of functions; time would tell the machine."""
    number = 0

    def count(*_: object) -> None:
        nonlocal number
        number += 1

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number


WORK: dict[str, Callable[[Shop, int], Callable[[], object]]] = {
    "read": lambda shop, n: lambda: build(load(chain(n))),
    "print": lambda shop, n: lambda: str(shop),
    "replace all": lambda shop, n: lambda: shop.replace({"lines.*.buffers": 3}),
    "replace each": lambda shop, n: (
        lambda: shop.replace({f"stores.s{k}_1.capacity": 9 for k in range(n - 1)})
    ),
}


@pytest.mark.parametrize("work", WORK)
def test_twice_the_lines_are_twice_the_work(work: str) -> None:
    numbers = []
    for n in (100, 200):
        shop = build(load(chain(n)))
        WORK[work](shop, n)()  # once before, for what is made once
        numbers.append(calls(WORK[work](shop, n)))
    assert numbers[1] < 2.2 * numbers[0]


def test_a_shop_of_four_thousand_lines_is_read_whole() -> None:
    shop = build(load(chain(4000)))
    assert (len(shop.lines), shop.output) == (4000, ("L3999",))


def test_a_file_says_how_far_it_may_go(tmp_path: Path) -> None:
    for key, value, words in [
        ("weld", 99999999999999999999, r"weld: .*less than or equal to 1000, got 999999"),
        ("spots", 1e7, r"spots: .*less than or equal to 1000000, got 1000"),
    ]:
        data = chain(2)
        data["zones"]["z0"]["stations"][0][key] = value
        with pytest.raises(ValueError, match=words):
            load(data)
    data = chain(2)
    data["zones"]["z0"]["lines"] = [f"L{k}" for k in range(1000)]
    data["zones"]["z0"]["stations"] = [{"suffix": f"{k}", "weld": 100} for k in range(10)]
    with pytest.raises(ValueError, match=r"zones: at most 200,000 stations and robots, got 10100"):
        load(data)
    data = chain(2)
    data["stores"]["s0"]["capacity"]["value"] = 2e6
    data["zones"]["z0"]["cycle_time"]["value"] = 2e12
    with pytest.raises(ValueError, match=r"(?s)at most 1e\+12.*capacity.value.*at most 1e\+06"):
        load(data)
