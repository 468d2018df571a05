"""Copies of tables with other values, made without checks."""

from __future__ import annotations

from ningde_sim.plant.nested import Copies
from ningde_sim.year.read import scenario


def test_a_copy_has_the_new_values_and_shares_all_else() -> None:
    """Also of a quantity in a list, which is named by its number."""
    plan = scenario("ningde-2021")
    paths = ["retooling.full_stop_days", "calendar.shift_hours_by_month.12", "paint.rate"]
    located = plan.located
    copy = Copies(plan, [located[path] for path in paths]).at([12.0, 9.5, 61.0])
    assert [copy.get(path).value for path in paths] == [12.0, 9.5, 61.0]
    assert copy.get("paint.rate") == plan.get("paint.rate").fixed(61.0)
    assert copy.get("calendar.shift_hours_by_month")[10] == plan.get(
        "calendar.shift_hours_by_month.11"
    )
    assert copy.shops["assembly"] is plan.shops["assembly"]
    assert copy.supply is plan.supply
    assert plan.get("paint.rate").value == 62


def test_a_copy_without_changes_is_the_table() -> None:
    """Nothing is copied."""
    plan = scenario("ningde-2021")
    assert Copies(plan, []).at([]) is plan
