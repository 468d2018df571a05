"""The tables of [export]: what is refused, and how shares that are drawn add up to 1."""

from __future__ import annotations

import datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from ningde_sim.plant.faults import fault_lines
from ningde_sim.shipping.schema import ExportTable
from tests.exports import export, gateway, leg, q, service, tables


def faults(**more) -> str:
    """The faults of a plan."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(ExportTable).validate_python(tables(**more))
    return "\n".join(fault_lines(caught.value, ExportTable, "export"))


TWO = {"a": {"share": q(0.5, "-"), "voyage": q(1, "days")}}
HALVES = {"rail": leg(share=0.5), "road": leg(lot=7, share=0.6)}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"destinations": TWO},
            "export.destinations: the shares of cars must add up to 1, not 0.5, got {'a': 0.5}.",
        ),
        (
            {"gateways": {"port": gateway(legs=HALVES)}},
            "export.gateways.port.legs: the shares of cars must add up to 1, not 1.1, "
            "got {'rail': 0.5, 'road': 0.6}.",
        ),
        (
            {"services": {"ships": service(at="prot")}},
            "export.services.ships.gateway: gateway must be one of port, got 'prot'.",
        ),
        (
            {"services": {"ships": service(to=["b"])}},
            "export.services.ships.destinations: each destination must be one of a, got 'b'.",
        ),
        (
            {"services": {"ships": service(carries="ckd_sets")}},
            "export.destinations.a: a destination needs a service that carries cars, got 'a'.",
        ),
        (
            {"ckd_share": q(1, "-")},
            "export.destinations.a: a destination needs a service that carries ckd_sets, got 'a'.",
        ),
        (
            {"gateways": {"port": gateway(legs={"boxes": leg(carries="ckd_sets")})}},
            "export.gateways.port.legs: a gateway whose services carry cars needs a leg that does, "
            "got [].",
        ),
        (
            {"services": {"ships": service(dates=[datetime.date(2021, 1, 1)], calls=q(1, "-"))}},
            "export.services.ships.calls.unit: the unit must be 'calls/month', got '-'.",
        ),
        ({"yard": q(-1, "cars")}, "export.yard.value: value must be at least 0, got -1.0."),
        ({"initial": q(1.5, "units")}, "initial.value: value must be a whole number, got 1.5."),
        ({"yrad": q(1, "cars")}, "export.yrad: unknown key, got "),
        ({"services": {}}, "export.services: "),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_path_rule_and_value(more, message):
    assert message in faults(**more)


def test_calls_or_dates_but_not_both():
    both = service(dates=[datetime.date(2021, 1, 1)], calls=q(1, "calls/month"))
    neither = {k: v for k, v in service().items() if k != "calls"}
    for wrong in (both, neither):
        assert "ships.calls: give either calls or dates" in faults(services={"ships": wrong})


def test_a_closure_comes_on_a_date_or_at_random():
    day = datetime.date(2021, 1, 1)
    common = {"closes": ["sea"], "days": q(2, "days")}
    often = q(3, "closures/year")
    for wrong, message in (
        ({}, "storm.start: give either start or per_year"),
        ({"start": day, "per_year": often}, "storm.start: give either"),
        ({"start": day, "season": [1.0] * 12}, "storm.season: a season needs per_year"),
        ({"per_year": often, "season": [2.0] * 12}, "weights must add up to 12"),
        ({"start": day, "closes": []}, "storm.closes: "),
    ):
        closed = {"storm": common | wrong}
        assert message in faults(gateways={"port": gateway(closures=closed)})


def test_all_destinations_have_a_share_of_the_ckd_sets_or_none():
    some = {
        "a": {"share": q(0.5, "-"), "voyage": q(1, "days"), "ckd_share": q(1, "-")},
        "b": {"share": q(0.5, "-"), "voyage": q(1, "days")},
    }
    assert "destinations: all destinations need a ckd_share, or none, got ['a']" in faults(
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
