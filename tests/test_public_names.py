"""The public names are a promise: adding one or losing one is a decision."""

import ningde_sim


def test_the_public_names_are_these():
    """And nothing else."""
    assert sorted(ningde_sim.__all__) == [
        "Comparison",
        "DoubtfulEstimate",
        "Empirical",
        "Estimate",
        "Exponential",
        "Failure",
        "Fixed",
        "Gamma",
        "Line",
        "Lognormal",
        "PlannedStop",
        "Quantity",
        "Robot",
        "Scenario",
        "Shop",
        "ShopRun",
        "Station",
        "Store",
        "Study",
        "Sweep",
        "Times",
        "Triangular",
        "Uniform",
        "Weibull",
        "WorkingTime",
        "YearRun",
        "compare",
        "fit_downtime",
        "ningde_2020",
        "ningde_2021",
        "read_shop",
        "replicate",
        "scenario",
        "simulate",
        "simulate_year",
        "sweep",
    ]


def test_these_modules_are_there_when_asked_for():
    """And are listed among the names."""
    modules = (
        "designs",
        "downtime",
        "facts",
        "ledger",
        "measures",
        "plots",
        "sensitivity",
        "shipping",
        "theory",
        "warm_up",
    )
    assert set(dir(ningde_sim)) == {*ningde_sim.__all__, *modules, "__version__"}
    for name in modules:
        assert getattr(ningde_sim, name).__name__ == f"ningde_sim.{name}"
