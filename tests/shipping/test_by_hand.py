"""Cases small enough to be worked out by hand."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from ningde_sim.shipping import ship
from tests.exports import export, gateway, leg, q, service

START = datetime.date(2021, 1, 1)
ONE = datetime.timedelta(days=1)


def dates(*days: int) -> list[datetime.date]:
    """Days since the start as dates."""
    return [START + day * ONE for day in days]


def run(plan, vehicles, ckd_sets=None, **more):
    """A run in which nothing is random."""
    return ship(plan, vehicles, ckd_sets, start=START, seed=0, **more)


def on(*days: int, **more):
    """Ships of 800 on some days."""
    return export(services={"ships": service(dates=dates(*days))}, **more)


# ------------------------------------------------------------------ trains


@pytest.mark.parametrize("made", [[1_600], [160] * 10], ids=["at once", "day by day"])
def test_1600_cars_in_two_ships_of_800_take_7_trains(made):
    """1,600 / 240 = 6.67."""
    result = run(on(20, 30), made, horizon_days=40)
    assert result.daily["lots_rail"].sum() == 7
    assert result.voyages["loaded"].tolist() == [800, 800]
    assert result.exports == 1_600
    assert result.voyages["departed"].tolist() == dates(20, 30)


def test_the_last_train_waits_three_days_for_more():
    result = run(on(20, 30), [1_600], horizon_days=40)
    assert result.daily["sent_rail"].tolist()[:5] == [1_440, 0, 0, 160, 0]
    assert result.daily["plant_yard"].tolist()[:5] == [160, 160, 160, 0, 0]


def test_a_train_every_other_day_leaves_every_other_day():
    plan = on(30, gateways={"port": gateway(legs={"rail": leg(per_day=0.5)})})
    sent = run(plan, [1_000], horizon_days=10).daily["sent_rail"]
    assert sent.tolist() == [0, 240, 0, 240, 0, 240, 0, 240, 0, 40]


def test_trucks_take_what_finds_no_train():
    """Two trains of 240 a day, the rest by trucks of 7, as many as are full."""
    legs = {"rail": leg(per_day=2), "road": leg(lot=7, per_day=40, share=0, overflow=True)}
    plan = on(20, gateways={"port": gateway(legs=legs)})
    daily = run(plan, [800, 0, 0, 0], horizon_days=25).daily
    assert daily["sent_rail"].tolist()[:2] == [480, 0]
    assert daily["sent_road"].tolist()[:2] == [240, 0]  # 800 less two trains is one full train
    assert daily["lots_road"].sum() == 35
    assert daily["sent_rail"].sum() == 560  # the last 80 wait for three days
    assert daily[["exported_by_rail", "exported_by_road"]].sum().tolist() == [560, 240]


def test_modes_share_the_cars_exactly():
    legs = {"rail": leg(lot=1, per_day=1e4, share=0.7), "road": leg(lot=1, per_day=1e4, share=0.3)}
    sent = run(on(20, gateways={"port": gateway(legs=legs)}), [33] * 10).daily
    assert sent[["sent_rail", "sent_road"]].sum().tolist() == [231, 99]


def test_a_corridor_that_is_shut_keeps_the_trains_and_those_under_way():
    """Shut from day 2 to day 5: a train of day 1 with 24 h to go arrives on day 5."""
    shut = {"closes": ["land"], "days": q(3, "days"), "start": START + 2 * ONE}
    legs = {"rail": leg(lot=100, hours=36)}
    plan = on(30, gateways={"port": gateway(legs=legs, closures={"outbreak": shut})})
    daily = run(plan, [100] * 8).daily
    assert daily["sent_rail"].tolist() == [100, 0, 0, 0, 400, 100, 100, 100]
    assert daily["yard_port"].tolist() == [0, 0, 0, 0, 0, 100, 500, 600]
    assert daily["plant_yard"].tolist() == [0, 100, 200, 300, 0, 0, 0, 0]


# ------------------------------------------------------------------ yards


def test_a_ship_every_five_days_keeps_the_yard_from_its_capacity():
    """160 a day are 800 in five days."""
    plan = on(*range(4, 365, 5), gateways={"port": gateway(legs={"rail": leg(lot=160)})})
    result = run(plan, [160] * 365)
    assert result.days_over == 0
    assert result.daily["yard_port"].max() <= 800


def test_a_ship_every_seven_days_fills_the_yard_on_the_day_computed():
    """On day n, from 1, 160 n have come and 800 floor(n / 7) have left.

    Just before the j-th ship leaves that is 160 (7 j + 6) - 800 j = 320 j + 960 with j ships gone:
    4,800 for j = 12 and 5,120 for j = 13, on day 97. That is 7 April; nothing waited before.
    """
    plan = on(*range(6, 365, 7), gateways={"port": gateway(legs={"rail": leg(lot=160)})})
    result = run(plan, [160] * 365)
    over = result.daily["over_port"]
    assert over[over > 0].index[0] == datetime.date(2021, 4, 7) == START + 96 * ONE
    assert over.loc[datetime.date(2021, 4, 7)] == 160
    assert result.daily["plant_yard"].iloc[:96].max() == 0
    assert result.daily["yard_port"].max() <= 5_000
    assert result.monthly["days_over_port"].sum() == result.days_over > 100


def test_a_full_yard_of_the_plant_stops_the_gate():
    """No ship: room for 500 at the port, for 300 at the plant, then 100 a day are held."""
    plan = export(
        yard=q(300, "cars"),
        gateways={"port": gateway(yard=500, legs={"rail": leg(lot=100)})},
        services={"ships": service(dates=dates(14))},
    )
    result = run(plan, [100] * 14 + [0] * 4)
    daily = result.daily
    # The train of a day is on its way when the day ends.
    assert (daily["yard_port"] + daily["on_land"]).tolist()[:7] == [
        100,
        200,
        300,
        400,
        500,
        500,
        500,
    ]
    assert daily["plant_yard"].tolist()[4:9] == [0, 100, 200, 300, 300]
    assert daily["held"].tolist()[7:14] == [0, 100, 200, 300, 400, 500, 600]
    # The ship of day 14 takes 500: the plant sends its 300 and lets as many in, then 200 more.
    assert daily["held"].tolist()[14:] == [300, 100, 100, 100]
    assert result.days_held == result.monthly["days_held"].sum() == 10
    assert result.left == {"held": 100, "plant": 300, "on_land": 0, "yard port": 500} | {
        "loading": 0,
        "ckd_sets": 0,
    }


# ------------------------------------------------------------------ ships


def test_48_calls_of_800_carry_38400():
    """Four a month, all full."""
    plan = export(initial=q(2_000, "units"), gateways={"port": gateway(yard=10**6)})
    result = run(plan, [150] * 365)
    assert len(result.voyages) == 48
    assert (result.voyages["fill"] == 1).all()
    assert result.exports == result.exported_cars == 38_400
    months = result.voyages.groupby(result.voyages["departed"].map(lambda day: day.month)).size()
    assert (months == 4).all()
    assert (result.monthly["exported"] == 3_200).all()


def test_what_does_not_fit_goes_with_the_next_ship():
    voyages = run(on(5, 10, 15), [1_000], horizon_days=20).voyages
    assert voyages["loaded"].tolist() == [800, 200, 0]
    assert voyages["left_behind"].tolist() == [200, 0, 0]
    assert voyages["fill"].tolist() == [1, 0.25, 0]
    assert voyages["age"].tolist()[:2] == [5, 10]


def test_loading_takes_its_time_and_closures_lengthen_it():
    """800 at 400 a day from noon of day 10 on: till noon of day 12; a storm of a day, one more."""
    slow = gateway(rate=400)
    assert run(on(10, gateways={"port": slow}), [800], horizon_days=20).voyages["departed"][
        0
    ] == START + (12 * ONE)
    shut = {"closes": ["sea"], "days": q(1, "days"), "start": START + 11 * ONE}
    storm = gateway(rate=400, closures={"typhoon": shut})
    result = run(on(10, gateways={"port": storm}), [800], horizon_days=20)
    assert result.voyages["departed"][0] == START + 13 * ONE
    assert result.daily["loading"].tolist()[9:14] == [0, 800, 800, 800, 0]


def test_a_ship_waits_for_the_berth():
    """Two ships come on one day; the second begins when the first has left."""
    services = {name: service(dates=dates(10)) for name in ("one", "two")}
    plan = export(services=services, gateways={"port": gateway(rate=400)})
    result = run(plan, [1_600], horizon_days=20)
    assert result.voyages["departed"].tolist() == dates(12, 14)


def test_a_storm_at_sea_keeps_ships_out():
    shut = {"closes": ["sea"], "days": q(4, "days"), "start": START + 10 * ONE}
    plan = on(10, gateways={"port": gateway(closures={"typhoon": shut})})
    assert run(plan, [800], horizon_days=20).voyages["departed"].tolist() == dates(14)


@pytest.mark.parametrize(("clearance", "loaded"), [(3, [0, 100]), (2.5, [100, 0])])
def test_a_car_is_loaded_once_it_is_cleared(clearance, loaded):
    """In the port at the end of day 0, cleared at noon of day 3 or half a day after its ship."""
    port = gateway(clearance=clearance, legs={"rail": leg(lot=100)})
    result = run(on(3, 4, gateways={"port": port}), [100], horizon_days=9)
    assert result.voyages["loaded"].tolist() == loaded


def test_an_export_counts_at_departure_and_arrives_later():
    result = run(on(5, 15), [800, 800], horizon_days=20)
    assert result.exports == 1_600
    assert result.arrivals == 800
    assert result.daily["exported"].tolist()[5] == result.daily["arrived"].tolist()[15] == 800
    assert result.age(0.5) == 5
    assert result.age(1) == 14


# ------------------------------------------------------------------ destinations

THREE = {"near": 0.5, "far": 0.3, "farther": 0.2}


def several(order="age", slots=100, **more):
    """Three destinations on one service."""
    return export(
        destinations={
            to: {"share": q(share, "-"), "voyage": q(5, "days")} for to, share in THREE.items()
        },
        services={
            "ships": service(
                to=["farther", "near", "far"], slots=slots, dates=dates(9), order=order
            )
        },
        gateways={"port": gateway(legs={"rail": leg(lot=1, per_day=1e6)})},
        **more,
    )


@pytest.mark.parametrize(
    ("order", "loaded"),
    [("destination", [60, 0, 40]), ("waiting", [50, 30, 20]), ("age", [50, 30, 20])],
)
def test_slots_go_by_age_by_destination_or_by_what_waits(order, loaded):
    """100 slots for 50, 30 and 20 of each of two days."""
    daily = run(several(order), [100, 100], horizon_days=12).daily
    columns = [f"exported_to_{to}" for to in THREE]
    assert daily[columns].sum().tolist() == loaded


def test_destinations_have_their_shares_exactly():
    """Day after day within one car, whatever the numbers."""
    made = np.random.default_rng(1).integers(0, 40, 300)
    plan = several(slots=10**6)
    result = run(plan, made[:9])
    columns = [f"exported_to_{to}" for to in THREE]
    assert result.daily[columns].sum().sum() == 0
    for days in range(1, 10):
        exported = run(plan, made[:days], horizon_days=12).daily[columns].sum()
        assert exported.sum() == made[:days].sum()
        assert (
            np.abs(exported.to_numpy() - made[:days].sum() * np.array([*THREE.values()])).max() < 1
        )


def test_two_gateways_share_a_destination_by_their_slots():
    """Three ships of 100 in the north, one in the south."""
    ports = {name: gateway(legs={"rail": leg(lot=1, per_day=1e6)}) for name in ("north", "south")}
    calls = {"north": dates(9, 10, 11), "south": dates(9)}
    services = {name: service(at=name, slots=100, dates=calls[name]) for name in ports}
    result = run(export(gateways=ports, services=services), [100] * 4, horizon_days=9)
    assert result.daily.iloc[-1][["yard_north", "yard_south"]].tolist() == [300, 100]


def test_cars_and_ckd_sets_go_apart():
    """CKD sets in containers of 3, on ships of their own; the full yard for cars is not theirs."""
    legs = {"rail": leg(), "boxes": leg(lot=3, per_day=1e3, carries="ckd_sets")}
    plan = export(
        ckd_share=q(0.5, "-"),
        gateways={"port": gateway(yard=0, legs=legs)},
        services={
            "ships": service(dates=dates(5)),
            "boxes": service(dates=dates(5), carries="ckd_sets", slots=1_000),
        },
    )
    result = run(plan, [100] * 3, [61, 60, 0], horizon_days=10)
    assert result.exported_cars == 0
    assert result.exported_ckd_sets == 61  # a half of 121, rounded
    assert result.daily["lots_boxes"].sum() == 21
    assert result.daily["plant_yard"].iloc[-1] == 300
    assert np.isnan(result.age(0.5))
    assert result.age(1, "ckd_sets") <= 5


def test_the_share_for_export_is_exact_over_time():
    """A quarter of 101 a day."""
    made = run(on(5, vehicle_share=q(0.25, "-")), [101] * 100).daily["made_cars"]
    assert made.sum() == 2_525
    assert set(made) == {25, 26}
