"""Groups of repair crews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from ningde_sim._support import checks
from ningde_sim._support.frozen import unchangeable
from ningde_sim.plant.working_time import WorkingTime, check_working_time

ALL_CREWS = "repair crews"
"""The name of the one group of a shop that gives only a number of `repair_crews`."""


@unchangeable
@dataclass(frozen=True, slots=True)
class Crew:
    """A group of repair crews: they do the same, at the same time.

    Parameters
    ----------
    name : str
        Unique among the groups of the shop.
    number : int
        Crews in the group; each does one repair at a time. [crews]
    working_time : WorkingTime, optional
        In which they repair, whether the line is open or not. Without it they work where the line
        can work: what is under repair rests while the line is closed.
    skills : str or sequence of str
        What they can do: a failure with `crew="robots"` goes to the group of that name, and to
        those with that skill.

    Examples
    --------
    >>> Crew("night", 2, working_time=WorkingTime([(16, 24)], every=24), skills="robots").skills
    ('robots',)
    """

    name: str
    number: int
    _: KW_ONLY
    working_time: WorkingTime | None = None
    skills: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        owner = f"Crew {self.name!r}"
        checks.text("Crew", "name", self.name)
        cure = "Leave the group out if it has none."
        object.__setattr__(
            self, "number", checks.whole(owner, "number", self.number, low=1, cure=cure)
        )
        check_working_time(owner, self.working_time)
        skills = checks.members(owner, "skills", self.skills, str)
        for skill in skills:
            checks.text(owner, "each of skills", skill)
        checks.distinct(owner, "skills", skills)
        object.__setattr__(self, "skills", skills)

    def serves(self, asked: bool | str) -> bool:
        """Whether what has `asked` as its crew asks for this group: by name, by skill, or any."""
        return asked is True or asked == self.name or asked in self.skills


def check_asked(owner: str, asked: object) -> None:
    """Raise an error for what is no `crew` of a failure or a planned stop."""
    if not isinstance(asked, bool):
        if not isinstance(asked, str):
            rule = "crew must be True, False or the name of a group or a skill"
            raise TypeError(checks.complain(owner, rule, asked))
        checks.text(owner, "crew", asked)
