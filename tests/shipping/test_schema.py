"""The tables of export: what is refused, and how shares that are drawn stay whole."""

from __future__ import annotations

import datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from ningde_sim.plant.faults import fault_lines
from ningde_sim.shipping.schema import ExportTable
from tests.exports import export, gateway, leg, q, service, tables


def faults(**more) -> str:
    """What is told about a plan."""
    with pytest.raises(ValidationError) as told:
        TypeAdapter(ExportTable).validate_python(tables(**more))
    return "\n".join(fault_lines(told.value, ExportTable, "export"))


TWO = {"a": {"share": q(0.5, "-"), "voyage": q(1, "days")}}
HALVES = {"rail": leg(share=0.5), "road": leg(lot=7, share=0.6)}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"destinations": TWO},
            "export.destinations: the shares of cars must add up to 1, they make 0.5, "
            "got {'a': 0.5}.",
        ),
        (
            {"gateways": {"port": gateway(legs=HALVES)}},
            "export.gateways.port.legs: the shares of cars must add up to 1, they make 1.1, "
            "got {'rail': 0.5, 'road': 0.6}.",
        ),
        (
            {"services": {"ships": service(at="prot")}},
            "export.services.ships.gateway: there is no such gateway; there are port, got 'prot'.",
        ),
        (
            {"services": {"ships": service(to=["b"])}},
            "export.services.ships.destinations: there is no such destination; there are a, "
            "got 'b'.",
        ),
        (
            {"services": {"ships": service(carries="ckd_sets")}},
            "export.destinations.a: a service that carries cars must serve it, got 'a'.",
        ),
        (
            {"ckd_share": q(1, "-")},
            "export.destinations.a: a service that carries sets must serve it, got 'a'.",
        ),
        (
            {"gateways": {"port": gateway(legs={"boxes": leg(carries="ckd_sets")})}},
            "export.gateways.port.legs: it must have a leg that carries cars, since services do, "
            "got [].",
        ),
        (
            {"services": {"ships": service(dates=[datetime.date(2021, 1, 1)], calls=q(1, "-"))}},
            "export.services.ships.calls.unit: the unit must be 'calls/month', got '-'.",
        ),
        ({"yard": q(-1, "places")}, "export.yard.value: value must be at least 0, got -1.0."),
        ({"initial": q(1.5, "units")}, "initial.value: value must be a whole number, got 1.5."),
        ({"yrad": q(1, "places")}, "export.yrad: unknown key, got "),
        ({"services": {}}, "export.services: "),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_path_rule_and_value(more, told):
    assert told in faults(**more)


def test_calls_or_dates_but_not_both():
    both = service(dates=[datetime.date(2021, 1, 1)], calls=q(1, "calls/month"))
    neither = {k: v for k, v in service().items() if k != "calls"}
    for wrong in (both, neither):
        assert "ships.calls: it must have either calls a month or dates" in faults(
            services={"ships": wrong}
        )


def test_a_closure_comes_on_a_date_or_at_random():
    day = datetime.date(2021, 1, 1)
    common = {"closes": ["sea"], "days": q(2, "days")}
    often = q(3, "closures/year")
    for wrong, told in (
        ({}, "storm.start: it must have either a start or a number per_year"),
        ({"start": day, "per_year": often}, "storm.start: it must have either"),
        ({"start": day, "season": [1.0] * 12}, "storm.season: only what comes at random"),
        ({"per_year": often, "season": [2.0] * 12}, "weights must have the mean 1"),
        ({"start": day, "closes": []}, "storm.closes: "),
    ):
        closed = {"storm": common | wrong}
        assert told in faults(gateways={"port": gateway(closures=closed)})


def test_all_destinations_share_the_sets_or_none():
    some = {
        "a": {"share": q(0.5, "-"), "voyage": q(1, "days"), "ckd_share": q(1, "-")},
        "b": {"share": q(0.5, "-"), "voyage": q(1, "days")},
    }
    assert "destinations: all destinations must have a ckd_share, or none, got ['a']" in faults(
        destinations=some, services={"ships": service(to=["a", "b"])}
    )


def test_shares_that_are_drawn_are_scaled_and_known_ones_stay():
    shares = {"a": q(0.5, "-", 0.2, 0.8), "b": q(0.3, "-", 0.1, 0.5), "c": q(0.2, "-")}
    plan = export(
        destinations={to: {"share": s, "voyage": q(1, "days")} for to, s in shares.items()},
        services={"ships": service(to=shares)},
    )
    drawn = {"export.destinations.a.share": 0.8, "export.destinations.b.share": 0.4, "other": 7.0}
    new = plan.balanced(drawn, "export")
    assert new["export.destinations.a.share"] == pytest.approx(0.8 * 0.8 / 1.2)
    assert new["export.destinations.b.share"] == pytest.approx(0.4 * 0.8 / 1.2)
    assert new["other"] == 7
    assert len(new) == 3
