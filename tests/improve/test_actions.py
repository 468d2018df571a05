"""The improvements that a shop offers, and what each takes off the critical path of a run."""

from __future__ import annotations

import pytest

from ningde_sim import Crew, Failure, Fixed, Line, Product, Shop, Station, Store
from ningde_sim.improve.actions import (
    CAPACITY,
    COPIES,
    CREW,
    CYCLE,
    FAILURES,
    REPAIRS,
    improvements,
    predict,
)


def small() -> Shop:
    """A line of two stations, one of which fails; a third behind a store; a crew."""
    belt = Failure("belt", uptime=Fixed(1), repair=Fixed(6), crew=True)
    body = Line("body", [Station("A", 60, failures=[belt]), Station("B", 50)], buffers=2, puts="S")
    finish = Line("finish", [Station("C", 40)], takes="S")
    return Shop("small", [body, finish], stores=[Store("S", 3)], repair_crews=1)


def test_each_station_line_buffer_store_and_crew_has_its_actions() -> None:
    actions = [(action.thing, action.kind) for action, _ in improvements(small())]
    assert actions == [
        ("body", f"{CYCLE}, all stations"),
        ("finish", COPIES),
        ("A", CYCLE),
        ("A", REPAIRS),
        ("A", FAILURES),
        ("B", CYCLE),
        ("C", CYCLE),
        ("S", CAPACITY),
        ("A > B", CAPACITY),
        ("small", CREW),
    ]


def test_each_action_can_be_made() -> None:
    """No buffer in a line that moves together; a bank keeps places of whole lanes."""
    lines = [
        Line("body", [Station("A", 60), Station("B", 50)], transfer="together", puts="bank"),
        Line("finish", [Station("C", 40), Station("D", 40)], takes="bank"),
    ]
    stores = [Store.bank("bank", lanes=2, places=3)]
    shop = Shop("rigid", lines, stores=stores, products=[Product("one")])
    actions = [action for action, _ in improvements(shop)]
    for action in actions:
        assert shop.replace(action.changes) != shop
    assert [a.thing for a in actions if a.kind == CAPACITY] == ["C > D"]


def test_copies_have_their_actions_once() -> None:
    """The same actions, by the names of the description, and one line more of several stations."""
    more = small().replace({"lines.body.copies": 3})
    one, three = ([(a.thing, a.kind) for a, _ in improvements(s)] for s in (small(), more))
    assert sorted([*one, ("body", COPIES)]) == sorted(three)
    changes = {(a.thing, a.kind): dict(a.changes) for a, _ in improvements(more)}
    assert changes["body", COPIES] == {"lines.body.copies": 4}
    full = small().replace({"lines.body.copies": 10_000})
    offered = [(a.thing, a.kind) for a, _ in improvements(full)]
    assert ("body", COPIES) not in offered
    assert ("finish", COPIES) in offered


def test_kinds_name_the_measures_of_the_field() -> None:
    assert (REPAIRS, FAILURES) == ("repairs (MTTR) -10%", "uptime (MTBF) +10%")


def test_an_action_changes_what_it_names() -> None:
    shops = {(a.thing, a.kind): small().replace(a.changes) for a, _ in improvements(small())}
    assert shops["A", CYCLE].lines[0].stations[0].cycle_time == Fixed(59)
    assert shops["A", REPAIRS].lines[0].stations[0].failures[0].repair.mean == pytest.approx(5.4)
    assert shops["A", FAILURES].lines[0].stations[0].failures[0].uptime.mean == pytest.approx(1.1)
    assert shops["S", CAPACITY].stores[0].capacity == 4
    assert shops["A > B", CAPACITY].lines[0].buffers == (3,)
    assert shops["small", CREW].repair_crews == 2


def test_lines_and_groups_of_crews_have_theirs() -> None:
    gate = Failure("gate", uptime=Fixed(2), repair=Fixed(3), crew="night", clock="calendar")
    line = Line("body", [Station("A", 60), Station("B", 50)], failures=[gate])
    shop = Shop("s", [line], crews=[Crew("day", 1), Crew("night", 2)])
    found = {(action.thing, action.kind): (action, saving) for action, saving in improvements(shop)}
    action, saving = found["night", CREW]
    assert shop.replace(action.changes).crews[1].number == 3
    assert len(saving.shares) == 1
    assert found["day", CREW][1].shares == {}
    action, saving = found["body", REPAIRS]
    assert shop.replace(action.changes).lines[0].failures[0].repair.mean == pytest.approx(2.7)
    assert len(saving.shares) == 1
    assert len(found["body", FAILURES][1].shares) == 2


def test_a_prediction_is_the_time_saved_at_the_new_pace() -> None:
    """A is the path: 60 s a body and 6 min after each hour of work; one second off saves both."""
    actions, savings = zip(*improvements(small()), strict=True)
    bodies, predicted = predict(small(), 110.0, 1.1, 0, savings, 0)
    by_action = {(a.thing, a.kind): p for a, p in zip(actions, predicted, strict=True)}
    assert bodies == pytest.approx(6_000, abs=1)
    assert by_action["A", CYCLE] == pytest.approx(6_000 / 59, rel=0.01)
    assert by_action["A", REPAIRS] == pytest.approx(6_000 * 0.01 / 1.09, rel=0.01)
    assert by_action["C", CYCLE] < 0.1
