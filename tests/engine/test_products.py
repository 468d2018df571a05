"""Products: rule 16, for both engines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ningde_sim import (
    Crew,
    Exponential,
    Failure,
    Fixed,
    Line,
    Product,
    Ramp,
    Scale,
    Sequence,
    Setup,
    Shop,
    Station,
    Store,
    ningde_2021,
    simulate,
    theory,
)

each_engine = pytest.mark.parametrize("engine", ["compiled", "reference"])

TWO = (Product("A", 0.5), Product("B", 0.5))


def one_station(sequence: Sequence, products=TWO, **changes) -> Shop:
    station = Station("S", {"A": 70, "B": 50}, **changes)
    return Shop("one", [Line("L", [station])], products=products, sequence=sequence)


def products_of(run) -> str:
    return "".join(run.sequence["product"])


@each_engine
def test_orders_come_in_their_order_and_end(engine):
    run = simulate(one_station(Sequence.orders({"A": 2, "B": 3})), hours=1, seed=0, engine=engine)
    assert products_of(run) == "AABBB"
    assert run.exits["L"].tolist() == [70_000, 140_000, 190_000, 240_000, 290_000]
    assert run.makespan == pytest.approx(290 / 3600)
    assert run.stuck is None


@each_engine
def test_a_setup_is_a_state_and_comes_at_a_change_alone(engine):
    shop = one_station(Sequence.cycle(["A", "A", "B", "B"]), setup=30)
    run = simulate(shop, hours=10, seed=0, engine=engine)
    station = run.stations.loc["S"]
    # a round of four takes 2 * 70 + 2 * 50 + 2 * 30 = 300 s; the first body needs no setup
    assert run.bodies == pytest.approx(4 * 36_000 / 300, abs=1)
    assert station["setup"] == pytest.approx(30 * station["setups"] / 3600, abs=30 / 3600)
    assert station["setup"] + station["working"] == pytest.approx(10)


@each_engine
def test_a_hidden_share_and_a_time_between_equals(engine):
    shop = one_station(Sequence.cycle(["A", "A", "B", "B"]), setup=Setup(30, same=10, hidden=0.5))
    run = simulate(shop, hours=100, seed=0, engine=engine)
    assert run.throughput == pytest.approx(3600 * 4 / (240 + 2 * 15 + 2 * 5), abs=0.02)


@each_engine
def test_a_setup_with_a_crew_waits_for_it(engine):
    lines = [
        Line(name, [Station(name, 60, setup=Setup(60, crew="setters"))]) for name in ("L", "M")
    ]
    sequence = Sequence.cycle(["A", "A", "B", "B"])
    crews = [Crew("setters", 1)]
    shop = Shop("two", lines, products=TWO, sequence=sequence, crews=crews)
    run = simulate(shop, hours=50, seed=0, engine=engine)
    assert run.stations["waiting"].sum() == pytest.approx(60 / 3600)  # then they alternate
    assert run.crews.loc["setters", "busy"] == pytest.approx(run.stations["setup"].sum())


@each_engine
def test_one_product_gives_the_bits_of_none(engine):
    shop = replace(ningde_2021(), name="one")
    plain = simulate(shop, hours=3, seed=4, engine=engine, trace=True)
    one = replace(shop, products=[Product("A")])
    run = simulate(one, hours=3, seed=4, engine=engine, trace=True)
    np.testing.assert_array_equal(plain.counts.trace, run.counts.trace)
    np.testing.assert_array_equal(plain.counts.spent, run.counts.spent)
    for line, times in plain.exits.items():
        np.testing.assert_array_equal(times, run.exits[line])


@each_engine
def test_one_product_with_tables_gives_the_bits_of_plain_numbers(engine):
    fail = Failure("f", Exponential(0.2), Exponential(2))

    def shop(cycle, scrap, products) -> Shop:
        stations = [Station(f"S{i}", cycle, scrap=scrap, failures=[fail]) for i in range(3)]
        return Shop("x", [Line("L", stations, buffers=1)], products=products)

    plain, told = (
        simulate(each, hours=20, seed=1, engine=engine)
        for each in (
            shop(Exponential(50), 0.1, ()),
            shop({"A": Exponential(50)}, {"A": 0.1}, [Product("A")]),
        )
    )
    np.testing.assert_array_equal(plain.exits["L"], told.exits["L"])
    np.testing.assert_array_equal(plain.counts.spent, told.counts.spent)


def test_a_change_of_mix_changes_no_failure():
    """Calendar clocks: their failures and repairs are the same to the ms whatever is made."""
    fail = Failure("f", Exponential(0.5), Exponential(3), clock="calendar")

    def failures(share: float) -> list:
        station = Station("S", {"A": 70, "B": 50}, failures=[fail])
        products = [Product("A", share), Product("B", 1 - share)]
        shop = Shop("x", [Line("L", [station])], products=products)
        run = simulate(shop, hours=100, seed=0, trace=True)
        repairs = run.trace[run.trace["thing"] == "S: f"]
        return repairs[["begin", "end"]].to_numpy().tolist()

    assert failures(0.2) == failures(0.7)


@each_engine
def test_shares_are_those_asked_for_and_batches_hold(engine):
    shop = one_station(Sequence.random(batch=5))
    run = simulate(shop, hours=100, seed=0, engine=engine)
    made = products_of(run)
    assert {made[i : i + 5] for i in range(0, len(made) - 5, 5)} == {"AAAAA", "BBBBB"}
    assert made.count("A") / len(made) == pytest.approx(0.5, abs=0.06)


@each_engine
def test_a_product_comes_from_its_start_on_and_its_ramp_slows_it_alone(engine):
    ramp = Ramp(start=0.5, days_to_90=1)
    products = [Product("A", 0.5), Product("B", 0.5, start=10, ramp=ramp)]
    shop = Shop("x", [Line("L", [Station("S", 60)])], products=products)
    run = simulate(shop, hours=80, seed=0, engine=engine)
    table = run.sequence
    begun = np.concatenate([[0.0], table["time"].to_numpy()[:-1]])  # the station never waits
    lasted = 3600 * (table["time"].to_numpy() - begun)
    is_b = (table["product"] == "B").to_numpy()
    assert begun[is_b].min() == pytest.approx(10, abs=0.1)
    assert lasted[~is_b] == pytest.approx(60, abs=0.001)
    expected = [60 / ramp.speed((hours - 10) / 24) for hours in begun[is_b]]
    assert lasted[is_b] == pytest.approx(expected, abs=0.001)
    assert ramp.speed(0) == 0.5
    assert ramp.speed(1) == pytest.approx(0.9)


@each_engine
def test_the_dedicated_line_is_served_first(engine):
    """Both wait when the part comes: the line that makes A alone has it, though it asked later."""
    lines = [
        Line("source", [Station("source", 100)], puts="q"),
        Line("flexible", [Station("flexible", 10)], takes="q"),
        Line("dedicated", [Station("dedicated", 10)], takes="q", makes="A"),
    ]
    shop = Shop(
        "x", lines, stores=[Store("q", 5)], products=TWO, sequence=Sequence.cycle(["A", "B"])
    )
    run = simulate(shop, hours=1, seed=0, engine=engine)
    by_line = run.sequence.groupby("line")["product"].unique()
    assert by_line["dedicated"].tolist() == ["A"]
    assert by_line["flexible"].tolist() == ["B"]


@each_engine
def test_a_line_passes_parts_it_cannot_make_unless_the_store_is_in_order(engine):
    def shop(**how) -> Shop:
        lines = [
            Line("source", [Station("source", 10)], puts="q"),
            Line("B", [Station("B", 20)], takes="q", makes="B"),
        ]
        sequence = Sequence.orders([("A", 2), ("B", 2), ("A", 1)])
        return Shop("x", lines, stores=[Store("q", 10, **how)], products=TWO, sequence=sequence)

    with pytest.warns(UserWarning, match="part of its product"):
        passed = simulate(shop(), hours=1, seed=0, engine=engine)
    assert products_of(passed) == "BB"
    with pytest.warns(UserWarning, match="part of its product"):
        held = simulate(shop(in_order=True), hours=1, seed=0, engine=engine)
    assert held.bodies == 0


def test_paths_lead_to_products():
    shop = one_station(Sequence.random(), setup=30)
    assert shop.get("stations.S.cycle_time.B") == 50
    changed = shop.replace(
        {
            "stations.S.cycle_time.B": Scale(0.8),
            "products.A.share": 0.3,
            "products.B.share": 0.7,
            "stations.S.setup.time": 20,
        }
    )
    assert changed.station("S").cycle_time == {"A": 70, "B": 40}
    assert changed.mix == {"A": 0.3, "B": 0.7}
    assert changed.station("S").setup == Setup(20)


def test_the_bound_without_a_run_is_that_of_the_mix():
    assert theory.capacity(one_station(Sequence.random())).throughput == pytest.approx(60)
    shop = one_station(Sequence.cycle(["A", "B", "B"]))
    assert theory.capacity(shop).throughput == pytest.approx(3 * 3600 / 170)


L = [Line("L", [Station("S", 60)])]


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (lambda: Shop("x", L, products=[Product("A", 0.5)]), "add up to 1"),
        (lambda: Shop("x", L, products=[Product("A", 0.5), Product("B")]), "or none"),
        (lambda: Shop("x", L, products=[Product("A"), Product("A")]), "products"),
        (lambda: Shop("x", L, sequence=Sequence.random()), "a sequence is one of products"),
        (lambda: Shop("x", L, products=TWO, sequence=Sequence.cycle(["C"])), "unknown product"),
        (lambda: Shop("x", L, products=[Product("A", start=3)]), "from the start"),
        (
            lambda: Shop("x", L, products=[Product("A", start=3)], sequence=Sequence.cycle(["A"])),
            "has no effect",
        ),
        (lambda: Shop("x", [Line("L", [Station("S", {"A": 3})])]), "unknown product"),
        (lambda: Shop("x", [Line("L", [Station("S", 5, setup=3)])]), "no effect without products"),
        (lambda: Shop("x", [Line("L", [Station("S", 5)], makes="A")]), "no effect without"),
        (
            lambda: Shop("x", [Line("L", [Station("S", {"A": 3})])], products=TWO),
            "must tell all its products",
        ),
        (
            lambda: Shop("x", [Line("L", [Station("S", 5, setup={"A": {"B": 3}})])], products=TWO),
            "from 'B' to 'A'",
        ),
        (lambda: Line("L", [Station("S", 5)], takes="q", match="q"), "behind the first entry"),
        (lambda: Setup(10, hidden=0.5, crew=True), "can't be hidden"),
        (lambda: Sequence.orders([("A", 0)]), "at least 1"),
        (lambda: Sequence.orders(["A"]), "pair of product and count"),
        (lambda: Sequence.cycle([]), "at least one product"),
        (lambda: Store("q", 7, lanes=2), "multiple of its 2 lanes"),
        (lambda: Store("q", 7, rule="sequence"), "no effect without lanes"),
        (lambda: Ramp(start=0.95), "at most 0.9"),
        (
            lambda: Shop("x", L, products=[Product("A", ramp=Ramp(stations="T*"))]),
            "no station has the name",
        ),
        (
            lambda: Shop(
                "x",
                [
                    Line("a", [Station("a", 5)], puts="q"),
                    Line("b", [Station("b", 5)], takes="q", makes="A"),
                ],
                stores=[Store("q", 0)],
                products=TWO,
            ),
            "need a capacity of 1",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(build, rule):
    with pytest.raises((TypeError, ValueError), match=rule):
        build()


def test_fixed_cycles_keep_their_rate_product_by_product():
    """1,000 cycles of 50.0005 s last 50,000.5 s, whatever comes between them."""
    station = Station("S", {"A": Fixed(50.0005), "B": 10})
    sequence = Sequence.cycle(["A", "B"])
    shop = Shop("x", [Line("L", [station])], products=TWO, sequence=sequence)
    run = simulate(shop, hours=17, seed=0)
    assert run.exits["L"][1999] == pytest.approx(1000 * 50_000.5 + 1000 * 10_000, abs=1)
