"""Scenario files: those that ship, those that users write, and their faults."""

from __future__ import annotations

import tomllib
import warnings

import pytest
import tomli_w

from ningde_sim.exceptions import CalendarWarning
from ningde_sim.plant.read import read_shop
from ningde_sim.year.read import scenario
from ningde_sim.year.scenario import Scenario
from tests.years import small_shop, small_year


@pytest.fixture
def text(tmp_path):
    """The text of a small scenario."""
    small_year().to_toml(tmp_path / "small.toml")
    return (tmp_path / "small.toml").read_text("utf-8")


def read(tmp_path, text, name="mine.toml"):
    """Read a text as a scenario."""
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return scenario(path)


def test_the_scenarios_that_ship_have_names():
    """And are what their names say."""
    assert Scenario.names() == ["ningde-2020-12", "ningde-2021", "ningde-2022"]
    assert [scenario(name).name for name in Scenario.names()] == Scenario.names()


def test_every_quantity_that_ships_has_a_source_and_most_a_range():
    """Plans have none: they are decided."""
    for name in Scenario.names():
        table = scenario(name).assumptions()
        assert (table["source"].str.len() > 2).all()
        assert table["low"].notna().mean() > 0.7


def test_the_year_2021_carries_what_the_article_reports():
    """240,000 vehicles, 30,000 bodies, two new models, the retooling in September."""
    year = scenario("ningde-2021")
    assert year.target.value == 240_000
    assert year.month_target.value == 30_000
    assert [*year.products] == ["base", "model_a", "model_b"]
    assert year.retooling is not None


@pytest.mark.parametrize("name", ["ningde-2020-12", "ningde-2021", "ningde-2022"])
def test_a_written_scenario_is_read_again(name, tmp_path):
    """To the last number, shops included."""
    plan = scenario(name)
    plan.to_toml(tmp_path / "copy.toml")
    assert scenario(tmp_path / "copy.toml") == plan
    assert scenario(str(tmp_path / "copy.toml")) == plan


def test_a_shop_may_be_a_file_beside_the_scenario_or_one_that_ships(tmp_path, text):
    """By its name; changes replace its values."""
    data = tomllib.loads(text)
    data["body_shop"] = "body_shop_2021.toml"
    for key in ("body_shop_before", "retooling"):
        del data[key]
    for name in ("model_a", "model_b"):  # of which stations the other shop has none
        del data["products"][name]["ramp"]["stations"]
    rest = tomli_w.dumps(data)
    change = (
        '\n[changes]\n"body_shop.finish.cycle_time" = '
        '{ value = 54, unit = "s", evidence = "found", source = "a test" }\n'
    )
    plan = read(tmp_path, rest + change)
    assert plan.get("body_shop.finish.cycle_time").value == 54
    assert plan.get("body_shop.framing.cycle_time").value == 90


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("[retooling]", "[retoling]", r"retoling: unknown key.* Did you mean retooling"),
        (
            "[calendar.maintenance]",
            "[calendar.maintainance]",
            r"calendar\.maintainance: .* Did you mean maintenance",
        ),
        ("[supply.chips.share]", "[supply.chips.shar]", r"chips\.shar: .* Did you mean share"),
        ("\nnote =", "\nnoet =", r"noet: unknown key.* Did you mean note"),
        ('unit = "days"', 'unit = "h"', r"the unit must be 'days', got 'h'"),
        ("full_stop_days", "full_stop_day", r"retooling\.full_stop_days: this key is missing"),
        (
            "[assembly.rate]\nvalue = 60.0",
            "[assembly.rate]\nvalue = 70.0",
            r"high must be at least",
        ),
        (
            "[assembly.rate]\nvalue = 60.0",
            "[assembly.rate]\nvalue = -60.0",
            r"assembly\.rate\.low: low must be at most the value of -60",
        ),
        ('evidence = "recalled"', 'evidence = "sure"', r"evidence: Input should be 'reported'"),
        ("start = 2021-08-30", "start = 30", r"retooling\.start"),
        ("0.5,\n    0.5,\n    0.6", "9.5,\n    0.5,\n    0.6", r"weights must add up to 12"),
        ("[supply.power", "[supply.retooling", r"duplicate name of a cause of lost hours"),
    ],
)
def test_a_fault_of_a_file_is_named_with_its_path(tmp_path, text, old, new, fault):
    """And with the rule and the value."""
    assert old in text
    with pytest.raises(ValueError, match=fault) as caught:
        read(
            tmp_path,
            text.replace(old, new) if old.startswith("[supply") else text.replace(old, new, 1),
        )
    assert "mine.toml: faults found:" in str(caught.value)


def test_a_missing_section_is_named(tmp_path, text):
    """By its name."""
    data = tomllib.loads(text)
    del data["paint"]
    with pytest.raises(
        ValueError, match=r"paint: the shop of this name is missing, .* as a table \[paint\]"
    ):
        read(tmp_path, tomli_w.dumps(data))


def test_all_faults_are_listed_at_once(tmp_path, text):
    """So that one round mends them."""
    spoilt = text.replace("[retooling]", "[work]", 1).replace("[paint.rate]", "[paint.rat]", 1)
    with pytest.raises(ValueError, match="faults found") as caught:
        read(tmp_path, spoilt)
    for path in ("work: ", "paint.rate: ", "paint.rat: "):
        assert path in str(caught.value)


def test_a_file_that_is_no_toml_or_missing_is_refused(tmp_path):
    """With what there is."""
    with pytest.raises(ValueError, match="this is not TOML"):
        read(tmp_path, "import os\nos.system('true')\n")
    with pytest.raises(FileNotFoundError, match=r"got 'ningde-2012'\. .* Did you mean ningde"):
        scenario("ningde-2012")
    with pytest.raises(TypeError, match="name_or_path must be a name or a path, got 5"):
        scenario(5)


def test_a_fault_in_a_shop_is_named_with_the_shop(tmp_path, text):
    """And its path in the shop."""
    spoilt = text.replace(
        "[body_shop.zones.finish.cycle_time]\nvalue = 52.0",
        "[body_shop.zones.finish.cycle_time]\nvalue = 49.0",
    )
    assert spoilt != text
    with pytest.raises(ValueError, match=r"body_shop: zones\.finish\.cycle_time\.low"):
        read(tmp_path, spoilt)


def test_a_change_of_an_unknown_path_is_refused(tmp_path, text):
    """With the nearest."""
    change = '\n[changes]\n"body_shop.finnish.cycle_time" = 5\n'
    with pytest.raises(ValueError, match=r"changes: .*finnish.*Did you mean body_shop\.finish"):
        read(tmp_path, text + change)


def test_all_faulty_changes_are_listed_at_once(tmp_path, text):
    """Paths, units, evidence."""
    words = 'unit = "s", evidence = "found", source = "a test"'
    changes = [
        '"body_shop.finnish.cycle_time" = 5',
        f'"body_shop.framing.cycle_time" = {{ value = 54, {words.replace("found", "sure")} }}',
        f'"retooling.full_stop_days" = {{ value = 9, {words} }}',
        '"retooling.night_rate" = "half"',
    ]
    with pytest.raises(ValueError, match="faults found: 4") as caught:
        read(tmp_path, text + "\n[changes]\n" + "\n".join(changes) + "\n")
    for path in ("finnish", "framing.cycle_time.evidence", "full_stop_days", "night_rate"):
        assert path in str(caught.value)


def test_a_file_may_hold_only_what_differs_from_its_base(tmp_path):
    """Tables are laid over each other, quantities replaced as a whole."""
    mine = """
base = "ningde-2021"
name = "mine"
[retooling]
full_stop_days = { value = 12, unit = "days", evidence = "found", source = "a test" }
[supply.strike]
per_month = { value = 0.1, unit = "stops/month", evidence = "found", source = "a test" }
duration = { value = 8, unit = "h", evidence = "found", source = "a test" }
cv = { value = 1, unit = "-", evidence = "found", source = "a test" }
shops = ["assembly"]
"""
    plan, base = read(tmp_path, mine), scenario("ningde-2021")
    assert plan.name == "mine"
    assert str(plan.get("retooling.full_stop_days")) == "12 days, found"
    assert plan.retooling.start == base.retooling.start
    assert [*plan.supply] == [*base.supply, "strike"]
    assert plan.shops == base.shops
    again = read(tmp_path, 'base = "mine.toml"\nname = "again"\n', "again.toml")
    assert again.supply == plan.supply


def test_a_base_must_exist_and_not_lead_back(tmp_path):
    """To the file itself."""
    with pytest.raises(FileNotFoundError, match="Did you mean ningde-202"):
        read(tmp_path, 'base = "ningde-202"\n')
    with pytest.raises(ValueError, match=r"base must not lead back to this file, got 'mine\.toml'"):
        read(tmp_path, 'base = "mine.toml"\n')


def test_a_file_whose_calendar_leaves_out_dates_of_its_base_warns(tmp_path):
    """A year whose closures never come is easily taken for a better one."""
    later = 'base = "ningde-2022"\n[calendar]\nstart = 2024-01-01\nend = 2024-12-31\n'
    with pytest.warns(CalendarWarning, match=r"spring_festival\.start, .*start of the calendar"):
        read(tmp_path, later)


def test_a_missing_base_or_shop_is_looked_for_beside_the_file(tmp_path, text):
    """The message names files with similar names there, not in the working directory."""
    (tmp_path / "common.toml").touch()
    with pytest.raises(FileNotFoundError, match=rf"Looked for in {tmp_path}; .*: common\.toml"):
        read(tmp_path, 'base = "comon.toml"\n')
    data = tomllib.loads(text)
    data["body_shop"] = "comon.toml"
    with pytest.raises(ValueError, match=rf"body_shop: .*Looked for in {tmp_path}; .*common\.toml"):
        read(tmp_path, tomli_w.dumps(data))


def test_all_changes_warn_together_and_once(tmp_path):
    """Not one by one while faults are searched, nor as changes and then as a plan."""
    longer = 'base = "ningde-2022"\n[changes]\n"calendar.shift_hours" = 10\n'
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="faults found: 1"):
            read(tmp_path, longer + '"calendar.crews" = 3\n"calendar.crew" = 3\n')
    with pytest.warns(CalendarWarning, match="overtime") as caught:
        read(tmp_path, longer)
    assert [each.filename for each in caught] == [__file__]


def test_the_first_note_says_what_a_file_changes_of_its_base(tmp_path):
    """The notes of the base, which may no longer hold, are marked. No change, no such note."""
    quantity = '= { value = 3e5, unit = "vehicles", evidence = "reported", source = "a test" }'
    mine = f'base = "ningde-2022"\nname = "mine"\ntarget {quantity}\n'
    changes = '[changes]\n"calendar.saturdays" = 2\n'
    base = scenario("ningde-2022")
    plan = read(tmp_path, mine + changes)
    first, *rest = plan.notes
    assert first.startswith("Made from ningde-2022 with changes at target, calendar.saturdays.")
    assert rest == [f"Of the base, ningde-2022: {note}" for note in base.notes]
    assert plan.title == f"{base.title}, changed"
    again = read(tmp_path, f'base = "mine.toml"\n{changes}', "again.toml")
    assert again.title == plan.title
    assert again.notes[0].startswith("Made from mine.toml")
    assert again.notes[1] == f"Of the base, mine.toml: {first}"
    assert again.notes[2:] == tuple(rest)
    same = read(tmp_path, 'base = "ningde-2022"\nname = "same"\n', "same.toml")
    assert (same.title, same.notes) == (base.title, base.notes)


def test_a_file_may_have_title_and_notes_of_its_own(tmp_path):
    """They replace those of its base."""
    words = 'base = "ningde-2022"\ntitle = "Mine"\nnotes = ["Guessed."]\n'
    plan = read(tmp_path, words + '[changes]\n"calendar.saturdays" = 2\n')
    assert (plan.title, plan.notes) == ("Mine", ("Guessed.",))


@pytest.mark.parametrize("as_file", [True, False])
def test_a_body_shop_of_its_own_brings_its_notes(tmp_path, as_file):
    """Not those of the shop that it replaces."""
    shop = small_shop("mini", 52.0) | {"notes": ["Three stations."]}
    (tmp_path / "mini.toml").write_text(tomli_w.dumps(shop), "utf-8")
    mine = {"base": "ningde-2022", "body_shop": "mini.toml" if as_file else shop}
    plan = read(tmp_path, tomli_w.dumps(mine))
    assert "changes at body_shop." in plan.notes[0]
    assert plan.notes[1] == "Of the shop mini: Three stations."
    assert all(note.startswith("Of the base, ningde-2022: ") for note in plan.notes[2:])
    assert plan.shops["body_shop"].notes == ("Three stations.",)


def test_a_shop_is_no_scenario_and_a_scenario_no_shop(tmp_path):
    """The message names the function that reads the file."""
    small_year().to_toml(tmp_path / "year.toml")
    (tmp_path / "based.toml").write_text('base = "ningde-2022"\n', "utf-8")
    for name in ("year.toml", "based.toml"):
        with pytest.raises(
            ValueError, match=rf"{name}: this is a scenario, .* `scenario` reads it"
        ):
            read_shop(tmp_path / name)
    (tmp_path / "mini.toml").write_text(tomli_w.dumps(small_shop("mini", 52.0)), "utf-8")
    with pytest.raises(
        ValueError, match=r"mini\.toml: this is a shop.* `read_shop` reads it"
    ) as caught:
        scenario(tmp_path / "mini.toml")
    assert 'body_shop = "mini.toml"' in str(caught.value)


def test_a_new_table_among_the_changes_is_refused_with_its_heading(tmp_path):
    """As one fault; under that heading it is read."""
    days = '{ value = 7, unit = "days", evidence = "found", source = "a test" }'
    base, key = 'base = "ningde-2022"\n', "calendar.closures.national_day"
    change = f'[changes]\n"{key}" = {{ start = 2022-10-01, days = {days} }}\n'
    with pytest.raises(ValueError, match=r"faults found: 1\n") as caught:
        read(tmp_path, base + change)
    assert f"outside [changes], under the heading [{key}]." in str(caught.value)
    plan = read(tmp_path, f"{base}[{key}]\nstart = 2022-10-01\ndays = {days}\n")
    assert plan.calendar.closures["national_day"].days.value == 7
