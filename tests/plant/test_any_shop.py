"""Files of any shop: what Python says, TOML says, and nothing that is written is ignored."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, Phase, given, settings

from ningde_sim import (
    Crew,
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    Normal,
    PlannedStop,
    Product,
    Ramp,
    Robot,
    Sequence,
    Setup,
    Shifted,
    Shop,
    Split,
    Start,
    Station,
    Store,
    Triangular,
    Uniform,
    Weibull,
    WorkingTime,
    ningde_2020,
    ningde_2021,
    read_shop,
    simulate,
)
from ningde_sim.plant.from_tables import shop_of
from ningde_sim.plant.to_tables import tables_of
from tests.shops import UNUSUAL, mixed_shops, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)


def again(shop: Shop) -> Shop:
    """The shop after a way through the text of a file."""
    return shop_of(tomllib.loads(tomli_w.dumps(tables_of(shop))))


def assert_survives(shop: Shop) -> None:
    back = again(shop)
    assert back == shop
    assert repr(back) == repr(shop)  # 5 and 5.0 are equal


def built(n: int):
    return settings(
        max_examples=n,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@built(60)
@given(shop=shops())
def test_built_shops_survive(shop):
    assert_survives(shop)


@built(60)
@given(shop=mixed_shops())
def test_built_shops_with_products_survive(shop):
    assert_survives(shop)


@pytest.mark.slow
@built(1000)
@given(shop=mixed_shops())
def test_a_thousand_built_shops_survive(shop):
    assert_survives(shop)


@pytest.mark.parametrize("make", [ningde_2020, ningde_2021])
def test_shipped_shops_survive(make):
    assert_survives(make())


DAY = WorkingTime([(0, 8), (9, 17)], every=24)
JAM = Failure("jam", Exponential(10), Lognormal(5, 0.8))


def with_everything() -> Shop:
    """A shop in which no argument of any class has its default."""
    durations = [Fixed(5), Gamma(5, 0.5), Weibull(5, 2), Uniform(1, 2), Triangular(1, 2, 3)]
    durations += [Empirical([1, 2, 3], in_order=True), Normal(5, 1), Shifted(2, Exponential(3))]
    stations = [Station(f"D{k}", each) for k, each in enumerate(durations)]
    worn = Failure(
        *("worn", Shifted(1, Exponential(9)), Fixed(3)),
        clock="calendar",
        crew="fitters",
        then="restart",
        aged=True,
        priority=2,
    )
    stop = PlannedStop("tips", 50, Uniform(5, 9), unit="working h", crew="welding")
    hidden = PlannedStop("clean", 20, 30, hidden=0.5)
    robots = [Robot("R1", "weld", failures=[JAM, worn], planned_stops=[stop])]
    matrix = Setup({"A": {"B": 20, "A": 3}, "B": {"A": Fixed(30)}}, same=1, hidden=0.2)
    lines = [
        Line(
            *(
                "first",
                [Station("S1", 10, setup=Setup(9, crew="fitters")), Station("S2", 9, reject=0.1)],
            ),
            buffers=[3],
            puts=Split({"a": 0.25, "b": 0.75}),
            rejects="scrapyard",
            failures=[replace(JAM, name="belt")],
            working_time=DAY,
            at_close="finish",
            zone="Front",
            makes="A",
        ),
        Line("other", [Station("O1", 8)], puts=["a", "b"], copies=2, makes=["A", "B"]),
        Line(
            "last",
            [
                Station(
                    *("S3", {"A": 10, "B": Lognormal(20, 0.5)}),
                    robots=robots,
                    failures=[JAM],
                    planned_stops=[hidden],
                    scrap={"A": 0.1, "B": 0.0},
                    rework=0.2,
                    setup=matrix,
                )
            ],
            takes={("a", "b"): 2},
            returns="carriers",
            rounds=2,
            transfer="together",
        ),
        Line("mend", [Station("M", 5)], takes=["scrapyard", "carriers"]),
        Line("durations", stations, buffers=2),
    ]
    return Shop(
        "everything",
        lines,
        stores=[
            Store("a", 9, transit_time=30, in_order=True, working_time=DAY),
            Store("b", 9, initial=4),
            Store.bank("scrapyard", lanes=2, places=3, rule="sequence"),
            Store("carriers", 5, initial=2),
        ],
        crews=[
            Crew("fitters", 2, working_time=WorkingTime([(6, 14)]), skills=["welding", "belts"])
        ],
        output=["last", "durations"],
        working_time=WorkingTime([(0, 20)], every=24),
        products=[Product("A", 0.4), Product("B", 0.6, start=5, ramp=Ramp(0.5, 9, stations="S*"))],
        sequence=Sequence.random(batch=3),
        start=Start({"S1": "working"}, {"a": 1, "b": (0.5, None)}, {"S1": 0.1}),
        notes=["assumed"],
    )


def test_every_construct_survives():
    assert_survives(with_everything())
    lines = [
        Line(
            "one",
            [Station("S1", 5, reject=0.1)],
            puts="a",
            rejects="b",
            at_close="hold",
            working_time=DAY,
        ),
        Line("two", [Station("S2", 5, scrap=0.1)], takes=[("a", "b")], returns="carriers"),
        Line("three", [Station("S3", 5, setup=None)], takes=["carriers", "c"]),
    ]
    stores = [Store("a", 2), Store("b", 2, headway=3, transit_time=9), Store("carriers", 4)]
    stores += [Store("c", 3, initial=3)]
    assert_survives(Shop("plain", lines, stores=stores, repair_crews=None))
    worn = replace(JAM, crew=True)
    line = Line("L", [Station("S", 5, failures=[worn])])
    assert_survives(Shop("crewed", [line], repair_crews=2))


@pytest.mark.parametrize(
    "sequence", [Sequence.cycle(["A", "A", "B"]), Sequence.orders({"A": 3, "B": 7})], ids=str
)
def test_sequences_survive(sequence):
    products = [Product("A"), Product("B")]
    line = Line("L", [Station("S", {"A": 5, "B": 6})])
    assert_survives(Shop("s", [line], products=products, sequence=sequence))


def test_failures_of_one_name_stay_apart():
    other = replace(JAM, uptime=Exponential(20))
    stations = [Station("S1", 5, failures=[JAM]), Station("S2", 5, failures=[other])]
    shop = Shop("s", [Line("L", [*stations, Station("S3", 5, failures=[JAM])])])
    assert sorted(tables_of(shop)["failures"]) == ["jam", "jam #2"]
    assert_survives(shop)


BOTTLING = """
name = "bottling"
working_time = "early and late"
[working_times."early and late"]
windows = [[6, 14], [14, 22]]
every = 24

[failures.jam]
uptime = { distribution = "exponential", mean = 2 }
repair = { distribution = "lognormal", mean = 3, cv = 1.2 }

[zones.Wet]
buffers = 10
[zones.Wet.station]
failures = ["jam"]

[[lines]]
name = "FILL"
zone = "Wet"
stations = 3
station = { cycle_time = 4 }
puts = "conveyor"

[[lines]]
name = "PACK"
takes = "conveyor"
[[lines.stations]]
name = "PACK-01"
cycle_time = 3.5
robots = ["handling", "handling"]
robot = { failures = ["jam"] }

[[stores]]
name = "conveyor"
capacity = 40
transit_time = 20
"""


def test_a_file_says_many_alike_once(tmp_path):
    path = tmp_path / "bottling.toml"
    path.write_text(BOTTLING)
    shop = read_shop(path)
    jam = Failure("jam", Exponential(2), Lognormal(3, 1.2))
    fill = [Station(f"FILL-0{k}", 4, failures=[jam]) for k in (1, 2, 3)]
    robots = [Robot(f"PACK-01-R{k}", "handling", failures=[jam]) for k in (1, 2)]
    by_hand = Shop(
        "bottling",
        [
            Line("FILL", fill, buffers=10, puts="conveyor", zone="Wet"),
            Line("PACK", [Station("PACK-01", 3.5, robots=robots)], takes="conveyor"),
        ],
        stores=[Store("conveyor", 40, transit_time=20)],
        working_time=WorkingTime([(6, 14), (14, 22)], every=24),
    )
    assert shop == by_hand
    ours, theirs = (simulate(each, hours=48, seed=0) for each in (shop, by_hand))
    assert np.array_equal(ours.exits["PACK"], theirs.exits["PACK"])


def test_a_shop_is_written_to_a_file_and_read(tmp_path):
    path = tmp_path / "mine.toml"
    shop = with_everything()
    shop.to_toml(path)
    assert read_shop(path) == shop
    assert path.read_text().startswith("# Written by ningde_sim; read_shop(")


FAULTS = {
    "name": ('name = "bottling"', "", "name: this key is missing"),
    "key": ("capacity = 40", "capacty = 40", "stores.conveyor.capacty: unknown key, got 40. Did"),
    "value": ("capacity = 40", "capacity = -1", "capacity must be at least 0, got -1"),
    "text": ("cycle_time = 3.5", 'cycle_time = "3.5"', "lines.PACK.stations.PACK-01: Station"),
    "failure": ('robot = { failures = ["jam"] }', 'robot = { failures = ["jm"] }', "the file has"),
    "time": ('working_time = "early and late"', 'working_time = "late"', "no name in [working_"),
    "law": ('"lognormal"', '"lognorm"', "failures.jam.repair.distribution: unknown distribution"),
    "argument": ("cv = 1.2", "cv = 1.2, std = 3", "failures.jam.repair.std: unknown key, got 3."),
    "number": ("stations = 3\n", "stations = 0\n", "lines.FILL.stations: a number of stations is"),
    "bool": ("stations = 3\n", "stations = true\n", "lines.FILL.stations: it must be a list"),
    "unused": ("[zones.Wet]", "[zones.Dry]\nbuffers = 1\n[zones.Wet]", "zones.Dry: it is given to"),
    "idle": (
        "[failures.jam]",
        "[failures.x]\nuptime = 1\nrepair = 1\n[failures.jam]",
        "failures.x",
    ),
    "store": ('takes = "conveyor"', 'takes = "convoyer"', "unknown store in the `takes`"),
    "robot": ('robots = ["handling", "handling"]\n', "", "PACK-01.robot: there are no robots that"),
    "table": ("[[stores]]", "[stores]", "stores: it must be"),
    "sequence": (
        'name = "bottling"',
        'name = "b"\nsequence = { kind = "rnd" }',
        "it is random, cycl",
    ),
    "lines": ('[[lines]]\nname = "PACK"', "[[lines]]", "lines.2.name: this key is missing"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_told_with_its_path(case, tmp_path):
    old, new, text = FAULTS[case]
    assert old in BOTTLING
    path = tmp_path / "bad.toml"
    path.write_text(BOTTLING.replace(old, new, 1))
    with pytest.raises(ValueError) as caught:  # noqa: PT011, the text is checked below
        read_shop(path)
    assert text in str(caught.value)
    assert str(caught.value).startswith(f"{path}: faults found: ")


def test_all_faults_are_told_at_once(tmp_path):
    text = BOTTLING
    for case in ("key", "law", "time"):
        old, new, _ = FAULTS[case]
        text = text.replace(old, new, 1)
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match="faults found: 4") as caught:  # capacity lacks, too
        read_shop(path)
    for case in ("key", "law", "time"):
        assert FAULTS[case][2] in str(caught.value)


def broken(table: object, path: tuple = ()):
    """Every way of putting something of another kind in place of one value."""
    if isinstance(table, dict):
        for key, inner in table.items():
            for name, other in broken(inner, (*path, key)):
                yield name, {**table, key: other}
        yield (*path, "+"), {**table, "no such key": 1}
    elif isinstance(table, list):
        for k, inner in enumerate(table[:2]):
            for name, other in broken(inner, (*path, k)):
                yield name, [*table[:k], other, *table[k + 1 :]]
    for wrong in ([[1]], {"x": {"y": 1}}, "no such thing", -1, float("nan")):
        yield (*path, repr(wrong)), wrong


def refusal(table: object) -> str:
    """What is said of some tables; "" if they make a shop other than that with everything."""
    try:
        assert shop_of(table) != with_everything()
    except ValueError as error:
        return str(error)
    return ""


def test_what_is_broken_is_refused_or_means_something_else():
    texts = {where: refusal(table) for where, table in broken(tables_of(with_everything()))}
    told = [text for text in texts.values() if text]
    assert len(told) > 800
    assert all(text.startswith("The shop: faults found: ") for text in told)
    accepted = [where for where, text in texts.items() if not text]
    names = {"name", "zone", "notes", "skills", "priority"}  # of which any text or number is one
    assert all(names & {*where} for where in accepted), accepted
