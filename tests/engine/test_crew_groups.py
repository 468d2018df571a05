"""Groups of crews: who comes, in whose working time, and to whom first."""

import pytest

from ningde_sim import Crew, Failure, Fixed, Line, Shop, Station, WorkingTime, simulate
from ningde_sim.exceptions import NoEffect
from tests.engine.by_hand import HOUR, every, exits, states, windows


def lines(*modes):
    """A line of one station for each failure: A, B, C."""
    return [
        Line(name, [Station(name, 1000, failures=[mode])])
        for name, mode in zip("ABC", modes, strict=False)
    ]


def test_the_highest_priority_comes_first_then_the_first_request(run):
    """One crew is with A from 5 to 15 s; C asked at 7 s, B at 6 s."""
    modes = [
        every(5, 10, crew=True),
        every(6, 3, crew=True),
        every(7, 4, crew=True, priority=1),
    ]
    result = run(Shop("s", lines(*modes), repair_crews=1), 22)
    # A works until 20 s, then asks again, behind B, which has a crew from 19 to 22 s.
    assert states(result, "C") == {"working": 7 + 3, "waiting": 8, "down": 4}
    assert states(result, "B") == {"working": 6, "waiting": 13, "down": 3}


def test_a_failure_goes_to_the_groups_with_the_name_or_the_skill(run):
    """A and B need an electrician: B waits until 15 s; C takes the mechanic at once."""
    crews = [Crew("electric", 1, skills=["robots"]), Crew("mechanic", 1)]
    modes = [every(5, 10, crew="robots"), every(6, 3, crew="electric"), every(7, 4, crew=True)]
    result = run(Shop("s", lines(*modes), crews=crews), 17)
    assert states(result, "B") == {"working": 6, "waiting": 9, "down": 2}
    assert states(result, "C") == {"working": 7 + 6, "down": 4}
    assert result.crews["asked"].to_dict() == {"electric": 3, "mechanic": 1}
    assert result.crews["waited"].to_dict() == {"electric": 1, "mechanic": 0}
    assert (result.crews["busy"] * HOUR).round(6).to_dict() == {"electric": 12, "mechanic": 4}


def test_among_those_who_could_come_the_first_declared_comes(run):
    """Both could: the mechanic stands first."""
    crews = [Crew("mechanic", 1), Crew("electric", 1)]
    result = run(Shop("s", lines(every(5, 10, crew=True)), crews=crews), 15)
    assert (result.crews["busy"] * HOUR).round(6).to_dict() == {"mechanic": 10, "electric": 0}
    assert result.crews["asked"].to_dict() == {"mechanic": 1, "electric": 1}


def test_another_group_takes_over_at_once_what_rests(run):
    """The day group leaves at 10 s, when the night group comes: 5 s and 3 s."""
    crews = [
        Crew("day", 1, working_time=windows((0, 10))),
        Crew("night", 1, working_time=windows((10, 99))),
    ]
    result = run(Shop("s", lines(every(5, 8, crew=True)), crews=crews), 15)
    assert states(result, "A") == {"working": 7, "down": 8}
    assert (result.crews["busy"] * HOUR).round(6).to_dict() == {"day": 5, "night": 3}
    assert result.crews["waited"].tolist() == [0, 0]
    assert result.crews["share_busy"].round(6).tolist() == [0.5, 0.6]


def test_a_group_with_a_working_time_repairs_while_the_line_is_closed(run):
    """The night group comes at 10 s, when the line closes, for 4 s; the line opens at 20 s."""
    crews = [Crew("night", 1, working_time=windows((10, 20)))]
    [line] = lines(every(5, 4, crew=True))
    shop = Shop("s", [line], crews=crews, working_time=windows((0, 10), (20, 99)))
    result = run(shop, 24)
    assert states(result, "A") == {"working": 9, "waiting": 5, "off": 10}
    row = result.failures.iloc[0]
    assert row["mttr"] * 60 == pytest.approx(4)
    assert row["waiting"] * HOUR == pytest.approx(5)
    assert result.crews["share_busy"].tolist() == [pytest.approx(0.4)]


def test_a_clock_of_the_calendar_is_read_in_working_time_alone(run):
    """It runs for 5 s; the repair at night takes nothing from it."""
    crews = [Crew("night", 1, working_time=windows((10, 20)))]
    [line] = lines(every(5, 4, crew=True, clock="calendar"))
    shop = Shop("s", [line], crews=crews, working_time=windows((0, 10), (20, 99)))
    assert run(shop, 24).failures.loc[0, "mtbf"] * HOUR == pytest.approx(5 + 4)


def test_what_rests_is_not_repaired_by_a_group_without_a_working_time(run):
    """It works where the line can work: 5 s until 10 s, the rest from 20 s on."""
    [line] = lines(every(5, 8, crew="all"))
    shop = Shop("s", [line], crews=[Crew("all", 2)], working_time=windows((0, 10), (20, 99)))
    result = run(shop, 24)
    assert states(result, "A") == {"working": 6, "down": 8, "off": 10}


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize(("night", "bodies"), [(True, 840), (False, 720)])
def test_a_night_crew_repairs_before_the_morning(engine, night, bodies):
    """A shift of 8 h, a failure each 7 h of work for 4 h: 420 bodies a day, or 420 and 300."""
    mode = Failure("stop", Fixed(7), Fixed(240), crew=True)
    time = WorkingTime([(8, 24)], every=24) if night else None
    shop = Shop(
        "s",
        [Line("L", [Station("A", 60, failures=[mode])])],
        crews=[Crew("crew", 1, working_time=time)],
        working_time=WorkingTime([(0, 8)], every=24),
    )
    assert simulate(shop, hours=48, seed=0, engine=engine).bodies == bodies


def test_overtime_goes_on_after_a_repair_at_night(run):
    """12 to 16 s, then the 8 s that are left of the body; it leaves at the opening at 40 s."""
    crews = [Crew("night", 1, working_time=windows((10, 30)))]
    line = Line(
        "A",
        [Station("A", 10, failures=[every(12, 4, crew=True)])],
        at_close="finish",
        working_time=windows((0, 15), (40, 99)),
    )
    result = run(Shop("s", [line], crews=crews), 44)
    assert states(result, "A") == {"working": 10 + 2 + 8 + 4, "down": 4, "off": 16}
    assert exits(result, "A") == [10, 40]


BAD = [
    ({"crews": [Crew("a", 1)], "repair_crews": 1}, "crews must not stand beside repair_crews"),
    ({"crews": [Crew("a", 1), Crew("a", 2)]}, "duplicate name in crews, got 'a'"),
    ({"crews": [Crew("a", 1, skills="weld")]}, r"got 'night'\. The shop has .*: a, weld\."),
    ({}, r"unknown crew of 'stop' of 'A', got 'night'\. The shop has .*: none\."),
    ({"repair_crews": 2}, r"got 'night'\. The shop has .*: repair crews\."),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_crews_are_refused(options, words):
    """With the cure."""
    with pytest.raises(ValueError, match=words):
        Shop("s", lines(every(5, 1, crew="night")), **options)


def test_a_group_that_nothing_asks_for_is_told():
    """By its name; a planned stop may ask too."""
    shop = Shop("s", lines(every(5, 1, crew="a")), crews=[Crew("a", 1), Crew("b", 1)])
    assert shop.crews_idle == ("b",)
    with pytest.warns(NoEffect, match="these have no effect, got 'b'"):
        simulate(shop, hours=1, seed=0)


def test_a_number_of_a_group_has_a_path():
    """`crews.night.number`."""
    shop = Shop("s", lines(every(5, 1, crew=True)), crews=[Crew("night", 1)])
    other = shop.replace({"crews.night.number": 3})
    assert other.crews[0].number == 3
    assert shop.diff(other).index.tolist() == ["crews.night.number"]
    assert "repair crews: 3 night;" in str(other)
    text = simulate(other, hours=1, seed=0).summary()
    assert "  repair crews      night: 3, busy " in text
