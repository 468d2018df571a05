"""A scenario: its paths, changes, uncertain inputs, and what it is without a kind of losses."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import pickle
import re
import warnings

import pandas as pd
import pytest

from ningde_sim.exceptions import CalendarWarning
from ningde_sim.plant.quantity import Quantity
from ningde_sim.year.read import scenario
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.uncertainty import share
from tests.years import small_year


@pytest.fixture(scope="module")
def year() -> Scenario:
    """The year 2021."""
    return scenario("ningde-2021")


# ------------------------------------------------------------------ paths


@pytest.mark.parametrize(
    ("path", "value", "unit"),
    [
        ("body_shop.finish.cycle_time", 52.2, "s"),
        ("body_shop.zones.finish.cycle_time", 52.2, "s"),
        ("body_shop.repair_crews", 4, "crews"),
        ("body_shop.shop.repair_crews", 4, "crews"),
        ("body_shop.failures.fixture.uptime", 120, "h"),
        ("body_shop.stores.hood.capacity", 60, "parts"),
        ("retooling.full_stop_days", 8, "days"),
        ("calendar.shift_hours", 8, "h"),
        ("supply.chips.share", 0.076, "-"),
        ("target", 240_000, "vehicles"),
        ("export.services.europe.calls", 1, "calls/month"),
        ("export.gateways.xiamen.legs.rail.lot", 240, "units"),
    ],
)
def test_a_path_leads_to_a_quantity(year, path, value, unit):
    """The headings [zones] and [shop] may be left out."""
    quantity = year.get(path)
    assert (quantity.value, quantity.unit) == (value, unit)
    assert float(quantity) == value


def test_a_path_leads_to_dates_and_words_too(year):
    """Whatever stands in the file."""
    assert year.get("retooling.start") == datetime.date(2021, 8, 30)
    assert year.get("supply.chips.shops") == ("assembly",)


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("body_shop.finish.cycletime", "body_shop.finish.cycle_time"),
        ("retooling.full_stop", "retooling.full_stop_days"),
        ("repair_crews", "body_shop.repair_crews"),
        ("calender.shift_hours", "calendar.shift_hours"),
    ],
)
def test_an_unknown_path_names_the_nearest(year, path, nearest):
    """Whether it is read or replaced."""
    for ask in (year.get, lambda p: year.replace({p: 1})):
        with pytest.raises(KeyError, match="unknown path") as caught:
            ask(path)
        assert nearest in str(caught.value)


def test_a_number_replaces_a_value_and_its_range(year):
    """The old scenario stays as it was."""
    new = year.replace({"retooling.full_stop_days": 12, "body_shop.finish.cycle_time": 54})
    assert new.get("retooling.full_stop_days") == Quantity(
        12, "days", evidence="assumed", source="set by the user"
    )
    assert "retooling.full_stop_days" not in new.uncertain_inputs()
    assert year.get("supply.chips.share").evidence != "assumed"
    assert year.replace({"supply.chips.share": 0.05}).get("supply.chips.share").evidence == (
        "assumed"  # the value that was found is gone
    )
    assert year.get("retooling.full_stop_days").value == 8
    assert new.diff(year)["this"].to_dict() == {
        "body_shop.finish.cycle_time": "54 s, assumed",
        "retooling.full_stop_days": "12 days, assumed",
    }


def test_a_quantity_replaces_all_and_a_date_a_date(year):
    """Its range too."""
    uncertain = Quantity(6, "days", low=2, high=9, evidence="recalled", source="a test")
    later = datetime.date(2021, 10, 1)
    new = year.replace({"retooling.full_stop_days": uncertain, "retooling.start": later})
    assert new.get("retooling.full_stop_days") == uncertain
    assert new.get("retooling.start") == later


def test_a_quantity_that_is_equal_in_both_shops_changes_in_both(year):
    """Unless a change names the path in the shop before, or the two differ."""
    path, before = "body_shop.failures.minor.repair", "body_shop_before.failures.minor.repair"
    new = year.replace({path: 15})
    assert new.get(before).value == new.get(path).value == 15
    assert year.replace({before: 10, path: 15}).get(before).value == 10
    crews = {"body_shop_before.shop.repair_crews": 3, "body_shop.repair_crews": 3}
    assert year.replace(crews).get("body_shop_before.repair_crews").value == 3
    finish = year.replace({"body_shop.finish.cycle_time": 55})
    assert finish.get("body_shop_before.finish.cycle_time").value == 52.5


def test_one_number_for_all_months_replaces_a_list(year):
    """Unless the list is given too."""
    assert [*map(float, year.get("calendar.shift_hours_by_month")[9:])] == [10, 10, 10]
    assert year.replace({"calendar.shift_hours": 7}).calendar.of_month("shift_hours", 12) == 7
    by_month = {"calendar.shift_hours": 7, "calendar.shift_hours_by_month": (8.0,) * 12}
    assert year.replace(by_month).calendar.of_month("shift_hours", 12) == 8


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (
            "body_shop.finish.cycle_time",
            -3,
            "cycle_time.value: value must be at least 0.001",
        ),
        ("assembly.uptime", 1.2, "assembly.uptime.value: value must be at most 1, got 1.2"),
        ("calendar.shifts", 2.5, "calendar.shifts.value: value must be a whole number, got 2.5"),
        ("calendar.shift_hours", 13, "2 shifts must fit into 24 h, not make 26 h"),
        ("calendar.end", datetime.date(2020, 1, 1), "end must not be before start"),
        ("supply.chips.shops", ("welding",), "supply.chips.shops"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_its_path(year, path, value, text):
    """By the rules that a file is read by."""
    with pytest.raises(ValueError, match=r"Scenario 'ningde-2021': ") as caught:
        year.replace({path: value})
    assert text in str(caught.value)


def between(low, value, high, unit="-"):
    """An uncertain quantity."""
    return Quantity(value, unit, low=low, high=high, evidence="assumed", source="a test")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"supply.chips.share": between(0.1, 0.4, 0.9)}, "season must be below 1, got 0.9"),
        ({"paint.first_time_ok": between(0.3, 0.5, 0.9)}, "its low must be at least 0.4, got 0.3"),
        (
            {"paint.repeated": between(0, 0.02, 0.1)},
            "its sum with first_time_ok, 0.94, must be at most 1, got 0.1",
        ),
        (
            {"calendar.shift_hours": between(11, 11.5, 13, "h"), "calendar.crews": 4},
            "2 shifts must fit into 24 h, not make 26 h, got 13",
        ),
        (
            {"products.model_a.share": 0.8},
            "shares of all products must add up to at most 1, got 1.1",
        ),
        (
            {"body_shop_before.repair_crews": between(3, 4, 8, "crews")},
            "must have equal numbers, drawn together, got ['4 crews (2-8), assumed', ",
        ),
    ],
)
def test_a_range_that_could_be_drawn_into_nonsense_is_refused_at_once(year, changes, text):
    """Not in the middle of a study."""
    with pytest.raises(ValueError, match=r"Scenario 'ningde-2021': ") as caught:
        year.replace(changes)
    assert text in str(caught.value)


def test_a_value_of_another_kind_is_refused(year):
    """No truth value, no text for a number."""
    with pytest.raises(TypeError, match=r"retooling\.full_stop_days must be a number, got 'long'"):
        year.replace({"retooling.full_stop_days": "long"})
    with pytest.raises(ValueError, match="the unit must be 'days'"):
        year.replace(
            {"retooling.full_stop_days": Quantity(3, "h", evidence="found", source="a test")}
        )


# ------------------------------------------------------------------ uncertain inputs


def test_the_typical_scenario_has_no_ranges(year):
    """And the same values."""
    typical = year.typical()
    assert typical.uncertain_inputs() == {}
    assert typical.draw(0, 5) == typical
    table, other = year.assumptions(), typical.assumptions()
    assert (table["value"] == other["value"]).all()
    assert other["low"].isna().all()


def test_a_draw_takes_each_uncertain_value_from_its_range(year):
    """And leaves the others alone."""
    drawn = year.draw(3, 17)
    inputs = year.inputs(3, 17)
    assert inputs.keys() == year.uncertain_inputs().keys()
    for path, row in year.assumptions().iterrows():
        if row["low"] < row["high"] and "destinations" not in path:  # those shares are scaled
            assert row["low"] <= drawn.get(path).value <= row["high"]
            assert drawn.get(path).value == inputs.get(path, drawn.get(path).value)
    assert drawn.get("calendar.shift_hours") == year.get("calendar.shift_hours")
    assert drawn.uncertain_inputs() == {}
    assert drawn == year.draw(3, 17)
    assert drawn != year.draw(3, 18)
    assert drawn != year.draw(4, 17)


def test_shares_of_destinations_that_are_drawn_add_up_to_1(year):
    """In proportion to what was drawn for each."""
    inputs, drawn = year.inputs(3, 17), year.draw(3, 17)
    paths = [f"export.destinations.{to}.share" for to in year.export.destinations]
    shares = [drawn.get(path).value for path in paths]
    assert sum(shares) == pytest.approx(1)
    ratios = [share / inputs[path] for share, path in zip(shares, paths, strict=True)]
    assert ratios == pytest.approx([ratios[0]] * len(paths))


def test_a_quantity_that_is_equal_in_both_shops_is_drawn_once(year):
    """And is one input."""
    inputs = year.inputs(3, 17)
    assert "body_shop_before.failures.minor.repair" not in inputs
    assert "body_shop_before.finish.cycle_time" in inputs
    drawn = year.draw(3, 17)
    one, other = (f"{shop}.failures.minor.repair" for shop in ("body_shop", "body_shop_before"))
    assert drawn.get(one).value == drawn.get(other).value == inputs[one]


def test_quantities_that_are_drawn_together_are_one_input(year):
    """The six stores of the closures, before and after the retooling."""
    drawn, inputs = year.draw(3, 17), year.inputs(3, 17)
    for shop in ("body_shop", "body_shop_before"):
        for store in ("door_fl", "hood", "tailgate"):
            capacity = drawn.get(f"{shop}.stores.{store}.capacity").value
            assert capacity == inputs["stores of closures"]
    assert "body_shop.stores.hood.capacity" not in inputs


def test_inputs_are_set_to_quantiles_of_their_distributions(year):
    """From one end to the other; those drawn together move together; the others are typical."""
    moved = {
        "body_shop.repair_crews": {"body_shop.repair_crews", "body_shop_before.repair_crews"},
        "start of launches": {f"products.model_{x}.ramp.initial_speed" for x in "ab"},
    }
    paths = set().union(*moved.values())
    for place, end in ((0, "low"), (1, "high")):
        plan = year.at(dict.fromkeys(moved, place))
        assert plan.uncertain_inputs() == {}
        for path in paths:
            assert plan.get(path).value == getattr(year.get(path), end)
        assert set(plan.diff(year.typical()).index) <= paths
    assert year.at({}) == year.typical()


def test_a_draw_is_a_quantile(year):
    """Run 3 of seed 7, by the number between 0 and 1 of each input."""
    shares = {name: share(name, 7, 3) for name in year.uncertain_inputs()}
    assert year.at(shares) == year.draw(7, 3)


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        (
            {"paint.rat": 0.5},
            KeyError,
            r"be uncertain, got 'paint.rat'.*Did you mean paint.rate",
        ),
        (
            {"products.model_a.ramp.days_to_90": 0.5},
            KeyError,
            r"got 'products.model_a.ramp.days_to_90'. It is drawn with 'ramp of launches'",
        ),
        ({"paint.rate": 1.5}, ValueError, r"share of paint.rate must be at most 1, got 1.5"),
        ({"paint.rate": "half"}, TypeError, r"share of paint.rate must be a number"),
    ],
)
def test_a_share_that_makes_no_sense_is_refused(year, given, kind, text):
    """The message names what may have been meant."""
    with pytest.raises(kind, match=text):
        year.at(given)


def test_fixing_one_input_changes_no_other_draw(year):
    """Inputs are streams by name."""
    fixed = year.replace({"retooling.full_stop_days": 8}).inputs(3, 17)
    everything = year.inputs(3, 17)
    assert everything.pop("retooling.full_stop_days") != 8
    assert fixed == everything


# ------------------------------------------------------------------ views


def test_the_assumptions_are_a_table_of_every_quantity(year):
    """With unit, range, evidence and source; most are assumed."""
    table = year.assumptions()
    assert list(table.columns[:6]) == ["value", "unit", "low", "high", "evidence", "source"]
    assert table.loc["retooling.full_stop_days", ["value", "low", "high"]].tolist() == [8, 3, 20]
    assert (table["source"] != "").all()
    assert (table["evidence"] == "assumed").mean() > 0.5


def test_a_difference_names_what_the_other_lacks(year):
    """None stands for nothing."""
    table = year.diff(scenario("ningde-2022"))
    assert isinstance(table, pd.DataFrame)
    assert table.loc["retooling.full_stop_days", "other"] is None
    assert year.diff(year).empty


def test_a_scenario_is_a_frozen_record_that_can_be_sent(year):
    """And printed."""
    assert pickle.loads(pickle.dumps(year)) == year
    with pytest.raises(dataclasses.FrozenInstanceError):
        year.name = "other"
    assert repr(year).startswith("Scenario('ningde-2021', 2021-01-01 to 2021-12-31, ")
    assert "drawn from their ranges" in " ".join(str(year).split())


# ------------------------------------------------------------------ without


def tables(thing):
    """Every table by name inside a scenario."""
    if isinstance(thing, dict):
        yield thing
        parts = thing.values()
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, Quantity):
        parts = [getattr(thing, field.name) for field in dataclasses.fields(thing)]
    else:
        parts = []
    for part in parts:
        yield from tables(part)


WRITES = {
    "set": lambda table: table.__setitem__("new", None),
    "delete": lambda table: table.__delitem__(next(iter(table), "none")),
    "clear": lambda table: table.clear(),
    "pop": lambda table: table.pop("none", None),
    "popitem": lambda table: table.popitem(),
    "setdefault": lambda table: table.setdefault("new", None),
    "update": lambda table: table.update(new=None),
    "join": lambda table: table.__ior__({"new": None}),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("name", Scenario.names())
def test_no_table_of_a_scenario_can_be_written(name, write):
    """Nor of what `replace`, a draw or a pickle makes of it."""
    plan = scenario(name)
    sent = pickle.loads(pickle.dumps(plan))
    for other in (plan, plan.replace({"paint.rate": 61}), plan.draw(0, 0), sent):
        written = list(tables(other))
        assert len(written) > 20
        for table in written:
            with pytest.raises(TypeError, match=r"belong to a frozen description\. Its replace"):
                WRITES[write](table)
    assert plan == sent == scenario(name)


def test_equal_scenarios_have_equal_hashes(year):
    assert hash(scenario("ningde-2021")) == hash(scenario("ningde-2021"))
    assert len({year, copy.deepcopy(year), year.replace({"paint.rate": 61})}) == 2


def test_a_table_of_a_scenario_is_replaced_as_a_whole(year):
    fewer = {key: table for key, table in year.supply.items() if key != "power"}
    plan = dataclasses.replace(year, supply=fewer)
    assert list(plan.supply) == ["chips", "stock_outs"]
    assert dataclasses.replace(plan, supply=plan.supply | {"power": year.supply["power"]}) == year


def test_each_kind_of_losses_can_be_left_out():
    """One after the other, in any order."""
    year = small_year()
    assert year.without("retooling").retooling is None
    assert year.without("launches").products == {}
    assert year.without("supply").supply == {}
    assert year.without("failures").shops["body_shop"].failures == {}
    assert year.without("quality").shops["paint"].first_time_ok.value == 1
    assert year.without("calendar").calendar.closures == {}
    assert year.without("retooling", "supply") == year.without("supply").without("retooling")


def test_an_unknown_kind_of_losses_is_refused(year):
    """With those that there are."""
    with pytest.raises(
        ValueError, match=r"each loss must be one of calendar, retooling, .* got 'rain'"
    ):
        year.without("rain")


def test_what_begins_after_the_end_of_the_calendar_warns(year):
    """A year whose retooling or launches never come is easily taken for a better one."""
    with pytest.warns(CalendarWarning, match=r"retooling\.start: must begin by the end"):
        year.replace({"retooling.delay": 150})
    with pytest.warns(CalendarWarning, match=r"products\.model_a\.start.*got 2022-01-05"):
        year.replace({"products.model_a.start": datetime.date(2022, 1, 5)})


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"calendar.closures.spring_festival.start": datetime.date(2020, 12, 1)},
            "spring_festival",
        ),
        ({"slowdowns.outbreak.start": datetime.date(2020, 9, 10)}, r"outbreak\.start.*got 2020-09"),
        ({"retooling.start": datetime.date(2019, 8, 30)}, r"retooling\.start: must end after"),
        (
            {
                "retooling.start": datetime.date(2017, 8, 30),
                "products.model_a.start": datetime.date(2018, 9, 8),
            },
            r"retooling\.start, products\.model_a\.start",
        ),
        (
            {"export.gateways.xiamen.closures.outbreak.start": datetime.date(2020, 9, 13)},
            r"xiamen\.closures\.outbreak\.start",
        ),
    ],
)
def test_what_is_over_before_the_calendar_warns(year, changes, fault):
    """Otherwise it would have no effect without a word."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        year = year.replace({"products.model_b.start": datetime.date(2021, 11, 2), **changes})
    (only,) = (str(each.message) for each in caught)
    assert re.search(fault, only)
    assert "must end after the start of the calendar, 2021-01-01, to have any effect" in only
    assert "model_b" not in only


def test_what_reaches_into_the_calendar_does_not_warn(year):
    """A closure of 9 to 15 days from 20 December; a retooling that ends in the new year."""
    year.replace(
        {
            "calendar.closures.spring_festival.start": datetime.date(2020, 12, 20),
            "retooling.start": datetime.date(2020, 12, 1),
            "products.model_a.start": datetime.date(2020, 12, 1),
        }
    )


def test_a_launch_that_waits_for_the_retooling_does_not_warn(year):
    """Planned for years before, it begins after the full stop."""
    year.replace({"products.model_a.start": datetime.date(2018, 9, 8)})
    with pytest.warns(CalendarWarning, match=r"products\.model_a\.start: must end after"):
        year.without("retooling").replace({"products.model_a.start": datetime.date(2018, 9, 8)})


def test_a_calendar_moved_away_from_its_dates_warns(year):
    """One that is only cut shorter leaves out the rest on purpose."""
    later = {"calendar.start": datetime.date(2026, 1, 1)}
    with pytest.warns(
        CalendarWarning, match=r"spring_festival\..*retooling\.start.* must end after"
    ):
        year.replace({**later, "calendar.end": datetime.date(2026, 12, 31)})
    year.replace({"calendar.end": datetime.date(2021, 3, 31)})


def test_ships_on_dates_of_which_none_is_in_the_calendar_warn(year):
    """None of them would come."""
    assert year.export is not None
    name, table = next(iter(year.export.services.items()))
    day = datetime.date(2021, 5, 1)
    dated = dataclasses.replace(table, calls=None, dates=(day,))
    export = dataclasses.replace(year.export, services={**year.export.services, name: dated})
    with pytest.warns(CalendarWarning, match=rf"services\.{name}\.dates: must begin by the end"):
        dataclasses.replace(year, export=export).replace(
            {f"export.services.{name}.dates": (datetime.date(2022, 2, 1),)}
        )


def test_a_draw_refuses_what_is_no_seed(year):
    """With the rule."""
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        year.draw(-1, 0)
    with pytest.raises(TypeError, match="seed must be a whole number, got 'a'"):
        year.draw("a", 0)


def test_dates_moved_by_a_pattern_are_checked_like_others() -> None:
    plan = scenario("ningde-2021")
    late = datetime.date(2023, 5, 1)
    with pytest.warns(CalendarWarning, match=r"products\.model_a\.start, products\.model_b\.start"):
        plan.replace({"products.model_*.start": late})
