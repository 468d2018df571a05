"""Whatever the plan: each day every car and CKD set is at one location, and at no other."""

from __future__ import annotations

import datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ningde_sim.shipping import ShippingRun, ship
from tests.exports import export, gateway, leg, q, service

START = datetime.date(2021, 6, 20)
DAYS = 50


@st.composite
def legs(draw, carries="cars"):
    """Two legs, each of which may take the overflow of the other."""
    share = draw(st.sampled_from([1.0, 0.7, 0.0]))
    tables = {}
    for name, part in (("rail", share), ("road", 1 - share)):
        tables[f"{name}_{carries}"] = leg(
            lot=draw(st.sampled_from([1, 7, 240, 5_000])),
            per_day=draw(st.sampled_from([0.0, 0.3, 2.0, 50.0])),
            share=part,
            hours=draw(st.sampled_from([0.0, 7.0, 200.0])),
            wait=draw(st.sampled_from([0.0, 2.0, 100.0])),
            carries=carries,
            overflow=draw(st.booleans()),
        )
    return tables


@st.composite
def closures(draw):
    """None, one on a date, or some at random."""
    closes = draw(st.sampled_from([["land"], ["sea"], ["land", "sea"]]))
    days = q(draw(st.sampled_from([0.0, 2.5, 300.0])), "days")
    dated = {
        "closes": closes,
        "days": days,
        "start": datetime.date(2021, 6, draw(st.integers(1, 30))),
    }
    random = {"closes": closes, "days": days, "per_year": q(30, "closures/year")}
    return draw(st.sampled_from([{}, {"outbreak": dated}, {"typhoon": random}]))


@st.composite
def plans(draw):
    """No sailings and giant ships, no trains, tiny yards, one or two of everything."""
    shares = draw(st.sampled_from([(1.0,), (0.5, 0.5), (0.62, 0.3, 0.08), (1.0, 0.0)]))
    to = [f"d{k}" for k in range(len(shares))]
    ports = ["north", "south"][: draw(st.integers(1, 2))]
    services = {}
    for kind in ("cars", "ckd_sets"):
        for k, port in enumerate(ports):
            services[f"{kind}_{port}"] = service(
                to=to if k == 0 else to[:1],
                slots=draw(st.sampled_from([0, 1, 100, 1_000_000])),
                slip=draw(st.sampled_from([0.0, 3.0, 40.0])),
                at=port,
                calls=q(draw(st.sampled_from([0.0, 0.5, 4.0, 30.0])), "calls/month"),
                carries=kind,
                order=draw(st.sampled_from(["age", "destination", "waiting"])),
            )
    return export(
        vehicle_share=q(draw(st.sampled_from([0.0, 0.25, 1.0])), "-"),
        ckd_share=q(draw(st.sampled_from([0.0, 0.5, 1.0])), "-"),
        initial=q(draw(st.sampled_from([0, 300])), "units"),
        yard=q(draw(st.sampled_from([0, 30, 1_000, 1_000_000])), "cars"),
        destinations={
            name: {"share": q(share, "-"), "voyage": q(6, "days")}
            for name, share in zip(to, shares, strict=True)
        },
        gateways={
            port: gateway(
                yard=draw(st.sampled_from([0, 10, 500, 1_000_000])),
                rate=draw(st.sampled_from([1.0, 1_700.0])),
                clearance=draw(st.sampled_from([0.0, 3.0])),
                legs=draw(legs()) | draw(legs("ckd_sets")),
                closures=draw(closures()),
            )
            for port in ports
        },
        services=services,
    )


@st.composite
def runs(draw) -> ShippingRun:
    """A plan with any numbers made."""
    numbers = st.lists(st.integers(0, 900), min_size=DAYS, max_size=DAYS)
    made, packed = draw(numbers), draw(numbers)
    return ship(draw(plans()), made, packed, start=START, seed=draw(st.integers(0, 5)))


@given(runs())
@settings(max_examples=150)
def test_what_passed_the_gate_is_somewhere(run):
    daily = run.daily
    yards = [name for name in daily if name.startswith("yard_")]
    inside = daily[["held", "plant_yard", "on_land", *yards, "loading"]].sum(axis=1)
    assert (daily["made_cars"].cumsum() == inside + daily["exported_cars"].cumsum()).all()
    levels = [f"ckd_sets_{key}" for key in ("at_plant", "on_land", "at_port", "loading")]
    inside = daily[levels].sum(axis=1)
    assert (daily["made_ckd_sets"].cumsum() == inside + daily["exported_ckd_sets"].cumsum()).all()
    assert (daily.to_numpy() >= 0).all()


@given(runs())
@settings(max_examples=100)
def test_nothing_holds_more_than_it_can(run):
    daily, plan = run.daily, run.export
    assert (daily["plant_yard"] <= plan.yard.value).all()
    assert (daily["plant_yard"][daily["held"] > 0] == plan.yard.value).all()
    for name, port in plan.gateways.items():
        if f"yard_{name}" in daily:
            assert (daily[f"yard_{name}"] <= port.yard.value).all()
        for way, table in port.legs.items() if len(plan.gateways) == 1 else ():
            lots, sent = daily[f"lots_{way}"], daily[f"sent_{way}"]
            assert (sent <= lots * table.lot.value).all()
            days = np.arange(DAYS) + 2  # with the lots of the day before the first
            most = table.per_day.value * days + 1  # whole ones: some days hold one more than that
            assert (lots.cumsum() < most + 1e-9).all()
    voyages = run.voyages
    assert (voyages["loaded"] <= voyages["slots"]).all()
    assert (voyages["late"] >= 0).all()
    assert ((voyages["left_behind"] == 0) | (voyages["loaded"] == voyages["slots"])).all()


@given(runs())
@settings(max_examples=100)
def test_all_counts_of_the_exports_agree(run):
    daily, voyages = run.daily, run.voyages
    assert run.exports == daily["exported"].sum() == voyages["loaded"].sum()
    for head in ("exported_to_", "exported_by_"):
        columns = [name for name in daily if name.startswith(head)]
        assert (daily[columns].sum(axis=1) == daily["exported"]).all()
    by_day = voyages.groupby("departed")["loaded"].sum()
    assert (by_day.reindex(daily.index, fill_value=0) == daily["exported"]).all()
    assert daily["arrived"].sum() == run.arrivals <= run.exports
    assert (daily["arrived"].cumsum() <= daily["exported"].cumsum()).all()
    assert run.cars.ages.sum() == run.exported_cars
    assert run.ckd_sets.ages.sum() == run.exported_ckd_sets
    assert run.exports + sum(run.left.values()) == daily[["made_cars", "made_ckd_sets"]].sum().sum()
    assert run.monthly["exported"].sum() == run.exports


@given(runs(), st.floats(0, 1))
@settings(max_examples=50)
def test_every_run_has_a_summary_and_an_age(run, q):
    assert f"{run.exports:,}" in run.summary()
    age = run.age(q)
    assert np.isnan(age) if run.exported_cars == 0 else 0 <= age <= DAYS + 1
