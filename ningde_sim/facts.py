"""What the article of 2021-09-03 reports about the Ningde base."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PUBLISHED = "2021-09-03"
"""Date of the article, ISO."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a sentence of the article.

    Parameters
    ----------
    name : str
        Unique within the fact.
    value : float
        As reported. [unit]
    unit : str
    date : str
        Time to which the number refers, not the day of the article: an ISO day, month, year or
        range of months, or the article's words where it names none.
    qualifier : str
        The article's word before the number: about, nearly, more than, expected.
    """

    name: str
    value: float
    unit: str
    date: str
    qualifier: str = ""

    def __str__(self) -> str:
        """For example `exports: about 7,000 vehicles (sets) (2020)`."""
        number = f"{self.value:,} {self.unit} ({self.date})"
        if self.unit == "year":
            number = f"{self.value}"
        return f"{self.name}: {self.qualifier} {number}".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence of the article, with its numbers and our reading.

    Parameters
    ----------
    key : str
        F1 to F9.
    quote : str
        Verbatim.
    figures : tuple of Figure
        Each with its unit and date; F1 has none.
    date : str
        ISO day, month, year or range of months to which the sentence refers.
    reading : str
        How the model uses it.
    """

    key: str
    quote: str
    figures: tuple[Figure, ...]
    date: str
    reading: str

    def value(self, name: str) -> float:
        """The number of that `name`. [its unit]

        Raises
        ------
        KeyError
            An unknown number; the message names the known ones.
        """
        for figure in self.figures:
            if figure.name == name:
                return figure.value
        known = ", ".join(figure.name for figure in self.figures) or "none"
        raise KeyError(f"Fact {self.key}: unknown number, got {name!r}. It has {known}.")


@dataclass(frozen=True, slots=True)
class Clash:
    """Numbers of the article that contradict each other, or that are easily misread.

    Parameters
    ----------
    key : str
        C1 to C6.
    text : str
        The contradiction.
    facts : tuple of str
        Keys of the facts concerned.
    reading : str
        How the model resolves it.
    """

    key: str
    text: str
    facts: tuple[str, ...]
    reading: str


_FACTS = (
    Fact(
        "F1",
        "the staff were transforming the production line to adapt to the introduction of new "
        "models.",
        (),
        "2021-09-03",
        "The retooling is under way on the day of the article; the rate of F2 comes after it.",
    ),
    Fact(
        "F2",
        "After the transformation is completed, 620 welding robots can weld 30,000 passenger car "
        "bodies every month.",
        (
            Figure("robots", 620, "robots", "2021"),
            Figure("bodies_per_month", 30_000, "bodies/month", "2021"),
        ),
        "2021",
        "A peak month after the retooling; all robots of the body shop, of which about 60 % weld.",
    ),
    Fact(
        "F3",
        "two new models will be mass-produced within this year, and the annual production volume "
        "of the Ningde base is expected to reach 240,000.",
        (
            Figure("new_models", 2, "models", "2021"),
            Figure("vehicles_per_year", 240_000, "vehicles/year", "2021", "expected"),
        ),
        "2021",
        "An expectation for the plan year 2021, in finished vehicles; two launches fall into it.",
    ),
    Fact(
        "F4",
        "landed in Ningde City in 2018",
        (Figure("year", 2018, "year", "2018"),),
        "2018",
        "The base is three years old when the article appears.",
    ),
    Fact(
        "F5",
        "The total investment in the first phase and supporting facilities of the project is about "
        "10 billion yuan (RMB, the same below), and the output value is about 50 billion yuan; "
        "after the second phase is completed and put into production, including supporting "
        "business projects, the annual output value can reach nearly 100 billion yuan.",
        (
            Figure("investment", 10, "bn yuan", "2021", "about"),
            Figure("output_value", 50, "bn yuan/year", "2021", "about"),
            Figure(
                "output_value_both_phases", 100, "bn yuan/year", "after the second phase", "nearly"
            ),
        ),
        "2021",
        "Background only: the model counts cars, not money. The first phase is what it describes.",
    ),
    Fact(
        "F6",
        "more than 40 first- and second-tier supporting suppliers",
        (Figure("suppliers", 40, "suppliers", "2021", "more than"),),
        "2021",
        "A lower bound; the model has interruptions of supply, but no single suppliers.",
    ),
    Fact(
        "F7",
        "In May of this year, 1,600 passenger cars produced by SAIC Motor's Ningde base were sent "
        "to Pakistan and Israel ... in two ships via Xiamen Port",
        (
            Figure("cars", 1_600, "vehicles", "2021-05"),
            Figure("ships", 2, "ships", "2021-05"),
        ),
        "2021-05",
        "The rail-sea channel Ningde-Xiamen-Pakistan: train to Xiamen, then a ship.",
    ),
    Fact(
        "F8",
        "completed the export of about 7,000 vehicles (sets) last year, which are mainly sold in "
        "Southeast Asia, Europe, South America, the Middle East",
        (Figure("exports", 7_000, "vehicles (sets)", "2020", "about"),),
        "2020",
        "Rounded; built cars and CKD sets. Regions are named, their shares are not.",
    ),
    Fact(
        "F9",
        "about 38,000 units (sets) have been exported from January to August this year, a "
        "year-on-year increase of 440%.",
        (
            Figure("exports", 38_000, "vehicles (sets)", "2021-01/2021-08", "about"),
            Figure("increase", 440, "%", "2021-01/2021-08"),
        ),
        "2021-01/2021-08",
        "Rounded; built cars and CKD sets. The increase is on the whole of 2020.",
    ),
)

FACTS: Mapping[str, Fact] = MappingProxyType({fact.key: fact for fact in _FACTS})
"""The facts by key, F1 to F9."""

CLASHES: tuple[Clash, ...] = (
    Clash(
        "C1",
        "30,000 bodies a month are 360,000 a year, not 240,000.",
        ("F1", "F2", "F3"),
        "30,000 is a peak month (25 days of 20 h), 240,000 a plan year (250 days of 16 h), and the "
        "monthly rate exists only after the retooling.",
    ),
    Clash(
        "C2",
        "An increase of 440 % to 38,000 implies 7,037 for January to August 2020, which is not "
        "below the about 7,000 of all of 2020.",
        ("F8", "F9"),
        "The base of the increase is almost surely the whole year 2020.",
    ),
    Clash(
        "C3",
        "Exports are counted in units (sets); a set is a CKD kit, not a built car.",
        ("F8", "F9"),
        "The model has a share of CKD sets and reports built cars and CKD sets separately.",
    ),
    Clash(
        "C4",
        "620 weld guns would place about 6,400 spots on a body, which no such car has.",
        ("F2",),
        "620 counts all robots of the body shop; about 60 % of them hold a weld gun.",
    ),
    Clash(
        "C5",
        "F2 counts bodies, F3 vehicles.",
        ("F2", "F3"),
        "Paint and assembly, one car per 60 s, lie between the two.",
    ),
    Clash(
        "C6",
        "1,600 cars in two ships are 800 a ship, but the split is not reported.",
        ("F7",),
        "800 is an average of two ships, not a lot size.",
    ),
)
"""Where the facts contradict each other, with our reading."""


def table() -> str:
    """Facts and clashes as text for people to read."""
    parts = [f"Reported in the article of {PUBLISHED}:"]
    for fact in FACTS.values():
        numbers = "; ".join(str(figure) for figure in fact.figures) or f"no number ({fact.date})"
        parts += _block(fact.key, f'"{fact.quote}"', numbers, f"Our reading: {fact.reading}")
    parts += ["", "Where they clash:"]
    for clash in CLASHES:
        concerned = f"{clash.text} [{', '.join(clash.facts)}]"
        parts += _block(clash.key, concerned, f"Our reading: {clash.reading}")
    return "\n".join(parts)


def _block(key: str, *paragraphs: str) -> list[str]:
    first = textwrap.fill(paragraphs[0], 100, initial_indent=f"{key}  ", subsequent_indent="    ")
    rest = [
        textwrap.fill(paragraph, 100, initial_indent="    ", subsequent_indent="    ")
        for paragraph in paragraphs[1:]
    ]
    return [first, *rest]
