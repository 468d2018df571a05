"""The article's facts."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ningde_sim import facts

STATIONS = Path(__file__).parent / "data" / "stations_620.csv"


def test_there_are_nine_facts_in_order() -> None:
    assert list(facts.FACTS) == [f"F{number}" for number in range(1, 10)]
    assert all(key == fact.key for key, fact in facts.FACTS.items())


@pytest.mark.parametrize(
    ("key", "name", "value", "unit", "date"),
    [
        ("F2", "robots", 620, "robots", "2021"),
        ("F2", "bodies_per_month", 30_000, "bodies/month", "2021"),
        ("F3", "vehicles_per_year", 240_000, "vehicles/year", "2021"),
        ("F7", "cars", 1_600, "vehicles", "2021-05"),
        ("F8", "exports", 7_000, "vehicles (sets)", "2020"),
        ("F9", "exports", 38_000, "vehicles (sets)", "2021-01/2021-08"),
        ("F9", "increase", 440, "%", "2021-01/2021-08"),
    ],
)
def test_a_number_has_unit_and_date(
    key: str, name: str, value: float, unit: str, date: str
) -> None:
    fact = facts.FACTS[key]
    (figure,) = (figure for figure in fact.figures if figure.name == name)
    assert fact.value(name) == value
    assert (figure.unit, figure.date) == (unit, date)


@pytest.mark.parametrize("fact", facts.FACTS.values(), ids=lambda fact: fact.key)
def test_numbers_and_their_qualifiers_stand_in_the_quote(fact: facts.Fact) -> None:
    quote = fact.quote.replace("two", "2")
    for figure in fact.figures:
        number = str(figure.value) if figure.unit == "year" else f"{figure.value:,}"
        assert number in quote
        assert figure.qualifier in quote


def test_an_unknown_number_names_the_known_ones() -> None:
    with pytest.raises(
        KeyError, match=r"F2: unknown number, got 'guns'\. It has robots, bodies_per_month"
    ):
        facts.FACTS["F2"].value("guns")


def test_clashes_concern_facts_that_exist() -> None:
    assert len(facts.CLASHES) == 6
    assert all(key in facts.FACTS for clash in facts.CLASHES for key in clash.facts)


def test_the_numbers_of_the_clashes_follow_from_the_facts() -> None:
    text = {clash.key: clash.text for clash in facts.CLASHES}
    f2, f7, f9 = facts.FACTS["F2"], facts.FACTS["F7"], facts.FACTS["F9"]
    assert f"{12 * f2.value('bodies_per_month'):,}" in text["C1"]
    implied = f9.value("exports") / (1 + f9.value("increase") / 100)
    assert f"{implied:,.0f}" in text["C2"]
    assert f"{f7.value('cars') / f7.value('ships'):.0f} a ship" in text["C6"]


def test_as_many_guns_as_robots_would_place_6400_spots() -> None:
    with STATIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    guns = sum(int(row["weld"]) for row in rows)
    spots = sum(int(row["spots_per_cycle"]) for row in rows if row["line"] == "1")
    robots = facts.FACTS["F2"].value("robots")
    assert round(spots / guns * robots, -2) == 6_400


def test_the_table_shows_every_quote_and_reading() -> None:
    text = " ".join(facts.table().split())
    for fact in facts.FACTS.values():
        assert fact.quote in text
        assert fact.reading in text
    for clash in facts.CLASHES:
        assert clash.text in text
        assert clash.reading in text


def test_facts_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        facts.FACTS["F2"] = facts.FACTS["F3"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        facts.FACTS["F2"].quote = "..."  # type: ignore[misc]
