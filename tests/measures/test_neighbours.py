"""Arrows and turning points: by hand on lines and on stations that feed several."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

from ningde_sim import Line, Shop, Station, Store, simulate
from ningde_sim.measures import arrows, joined_stations, turning_points
from tests.measures.logs import one_line


def table(blocked: list[float], starved: list[float]) -> pd.DataFrame:
    """Stations A, B, ... with these shares."""
    index = list("ABCDEFGH"[: len(blocked)])
    return pd.DataFrame({"blocked": blocked, "starved": starved}, index=index)


def ranked(result: pd.DataFrame) -> list[str]:
    """The bottlenecks by rank."""
    return list(result.index[result["bottleneck"]][result["rank"][result["bottleneck"]].argsort()])


# ------------------------------------------------------------------ arrows


def test_arrows_meet_at_the_bottleneck() -> None:
    """A > B, B < C, C < D: severity of B (0.06 - 0.05) + (0.2 - 0.1)."""
    result = arrows(table([0.2, 0.05, 0.15, 0], [0, 0.1, 0.06, 0.3]))
    assert result["arrows_out"].tolist() == [1, 0, 1, 1]
    assert result["arrows_in"].tolist() == [0, 2, 1, 0]
    assert result["severity"].tolist() == pytest.approx([-0.1, 0.11, 0.14, -0.15])
    assert ranked(result) == ["B"]
    assert result["rank"].tolist() == [3, 1, 2, 4]  # C has an outgoing arrow, whatever its severity


def test_of_two_bottlenecks_the_more_severe_comes_first() -> None:
    """A < B > C < D: of A 0.1 - 0.05, one side only; of C (0.2 - 0.05) + (0.2 - 0.1)."""
    result = arrows(table([0.05, 0.2, 0.05, 0], [0, 0.1, 0.1, 0.2]))
    assert ranked(result) == ["C", "A"]
    assert result["severity"][["A", "C"]].tolist() == pytest.approx([0.05, 0.25])


def test_the_last_of_a_line_has_one_side_only() -> None:
    """A > B > C: of C 0.3 - 0.02."""
    result = arrows(table([0.4, 0.3, 0], [0, 0.01, 0.02]))
    assert ranked(result) == ["C"]
    assert result["severity"]["C"] == pytest.approx(0.28)


def test_stations_with_equal_shares_have_no_arrow_between_them() -> None:
    """Neither waits more than the other."""
    result = arrows(table([0.1, 0], [0, 0.1]))
    assert result["arrows_out"].tolist() == result["arrows_in"].tolist() == [0, 0]
    assert result["rank"].tolist() == [1, 1]


def test_stations_may_feed_several_and_be_fed_by_several() -> None:
    """A and B feed C: A > C, B < C; the severity of C is the mean of 0.3 - 0.2 and 0.1 - 0.2."""
    result = arrows(table([0.3, 0.1, 0], [0, 0, 0.2]), [("A", "C"), ("B", "C")])
    assert result["arrows_out"].tolist() == [1, 0, 1]
    assert result["arrows_in"].tolist() == [0, 1, 1]
    assert result["severity"].tolist() == pytest.approx([-0.1, 0.1, 0])
    assert ranked(result) == ["B"]


def test_stations_may_be_a_column_and_a_join_may_be_given_twice() -> None:
    """As in tables of users."""
    plain = table([0.2, 0.05, 0], [0, 0.1, 0.3])
    column = plain.rename_axis("station").reset_index()
    joins = [*pairwise("ABC"), ("A", "B")]
    for measure in (arrows, turning_points):
        pd.testing.assert_frame_equal(measure(column, joins), measure(plain))


def test_the_given_table_stays_unchanged() -> None:
    """No column is added to it."""
    plain = table([0.2, 0.05, 0], [0, 0.1, 0.3])
    before = plain.copy()
    arrows(plain)
    pd.testing.assert_frame_equal(plain, before)


# ------------------------------------------------------------------ turning points


def test_a_line_turns_where_it_waits_least() -> None:
    """Blocked before C, starved after it; waits 0.3, 0.21, 0.05, 0.4."""
    result = turning_points(table([0.3, 0.2, 0.02, 0], [0, 0.01, 0.03, 0.4]))
    assert ranked(result) == ["C"]
    assert result["blocked_less_starved"].tolist() == pytest.approx([0.3, 0.19, -0.01, -0.4])
    assert result["blocked_and_starved"].tolist() == pytest.approx([0.3, 0.21, 0.05, 0.4])
    expected = [0.21 - 0.3, (0.3 + 0.05) / 2 - 0.21, (0.21 + 0.4) / 2 - 0.05, 0.05 - 0.4]
    assert result["index"].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("blocked", "starved", "turning"),
    [
        ([0.01, 0, 0], [0, 0.3, 0.3], ["A"]),
        ([0.3, 0.3, 0], [0, 0, 0.01], ["C"]),
        ([0.3, 0.3, 0], [0, 0, 0.5], []),  # C waits more than B, B is before no starved station
        ([0.3, 0.2, 0.3], [0, 0, 0.2], []),  # after B a station that is more blocked
        ([0.1, 0.1, 0], [0.2, 0, 0.4], []),  # before B a station that is more starved
        ([0.1, 0, 0], [0.1, 0, 0.3], []),  # before B a station that is as blocked as starved
        ([0, 0.1], [0, 0.1], []),  # after A such a station
        ([0, 0], [0, 0], []),
        ([0], [0], ["A"]),
    ],
)
def test_ends_and_lines_that_do_not_turn(blocked, starved, turning) -> None:
    """The ends need their one neighbour only."""
    assert ranked(turning_points(table(blocked, starved))) == turning


def test_of_two_turning_points_the_one_with_the_greater_index_comes_first() -> None:
    """B by 0.07, E by 0.24, on average."""
    result = turning_points(table([0.1, 0.02, 0, 0.3, 0.05, 0], [0, 0.03, 0.14, 0, 0.05, 0.38]))
    assert ranked(result) == ["E", "B"]
    assert result["index"][["B", "E"]].tolist() == pytest.approx([0.07, 0.24])


def test_all_that_feed_a_turning_point_must_be_blocked() -> None:
    """C waits for B."""
    joins = [("A", "C"), ("B", "C"), ("C", "D")]
    result = turning_points(table([0.3, 0, 0.02, 0], [0, 0.1, 0.06, 0.2]), joins)
    assert ranked(result) == []
    result = turning_points(table([0.3, 0.2, 0.02, 0], [0, 0.1, 0.06, 0.2]), joins)
    assert ranked(result) == ["C"]


# ------------------------------------------------------------------ shops


def test_the_joins_of_a_shop_are_inside_its_lines_and_through_its_stores() -> None:
    """Two lines feed one store, two take from it; empties return; a loop of one station is none."""
    shop = Shop(
        "s",
        [
            Line("A", [Station("A1", 1), Station("A2", 1)], takes="empty", puts="q"),
            Line("B", [Station("B1", 1)], puts=["q", "r"]),
            Line("C", [Station("C1", 1), Station("C2", 1)], takes=["q", "r"], puts="empty"),
            Line("D", [Station("D1", 1)], takes=["q", "own"], puts="own"),
        ],
        stores=[
            Store("empty", 9, initial=3),
            Store("q", 2),
            Store("r", 2),
            Store("own", 1, initial=1),
        ],
        output="C",
    )
    inside = [("A1", "A2"), ("C1", "C2")]
    q = [("A2", "C1"), ("A2", "D1"), ("B1", "C1"), ("B1", "D1")]
    assert joined_stations(shop) == [*inside, ("C2", "A1"), *q]


def test_the_slow_branch_of_an_assembly_is_the_bottleneck() -> None:
    """A and B join at C; B takes 60 s, the others 50 s."""
    shop = Shop(
        "s",
        [
            Line("A", [Station("A1", 50), Station("A2", 50)], puts="a"),
            Line("B", [Station("B1", 50), Station("B2", 60)], puts="b"),
            Line("C", [Station("C1", 50), Station("C2", 50)], takes=["a", "b"]),
        ],
        stores=[Store("a", 2), Store("b", 2)],
    )
    run = simulate(shop, hours=8, warm_up=1, seed=0)
    assert ranked(arrows(run))[0] == ranked(turning_points(run))[0] == "B2"


def test_shares_of_a_run_are_of_its_working_time() -> None:
    """B 60 s between A 50 s and C 45 s: A blocked 10 of 60 s, C starved 15 of 60 s."""
    run = simulate(one_line(50, 60, 45), hours=2, warm_up=1, seed=0)
    result = arrows(run)
    assert result["blocked"].tolist() == pytest.approx([10 / 60, 0, 0])
    assert result["starved"].tolist() == pytest.approx([0, 0, 15 / 60])
    assert result["severity"]["B"] == pytest.approx(25 / 60)


# ------------------------------------------------------------------ what is refused


def given(**changed) -> pd.DataFrame:
    return table([0.2, 0.05], [0, 0.1]).assign(**changed)


@pytest.mark.parametrize("measure", [arrows, turning_points])
@pytest.mark.parametrize(
    ("source", "joins", "kind", "text"),
    [
        (7, None, TypeError, r"must be a ShopRun or a DataFrame, got 7"),
        (given().iloc[:0], None, ValueError, r"must have at least one station, got 0"),
        (
            given().drop(columns="blocked"),
            None,
            ValueError,
            r"column 'blocked' is missing, got \['starved'\]",
        ),
        (given(station="A"), None, ValueError, r"duplicate station, got 'A'. Take one"),
        (given(blocked=[0.1, -0.1]), None, ValueError, r"row 'B': blocked must be at least 0, got"),
        (given(starved=[0, 5.0]), None, ValueError, r"at most 1, got 5.0. Divide hours by the hou"),
        (given(starved=[0.0, None]), None, ValueError, r"row 'B': starved must be a finite number"),
        (given(starved=["x", 0]), None, TypeError, r"row 'A': starved must be a number, got 'x'"),
        (given(starved=[0.9, 0]), None, ValueError, r"row 'A': blocked and starved together must"),
        (
            given(),
            [("A", "X")],
            ValueError,
            r"unknown station in the join \('A', 'X'\), got 'X'. The stations are A, B\.$",
        ),
        (given(), [("A", "A")], ValueError, r"pair of two stations \(feeding, taking\), got \('A'"),
        (given(), ["A"], ValueError, r"each join must be a pair of two stations"),
    ],
)
def test_invalid_arguments_are_refused(measure, source, joins, kind, text) -> None:
    """The message names the measure, the row and the cure."""
    with pytest.raises(kind, match=f"{measure.__name__}.*{text}"):
        measure(source, joins)
