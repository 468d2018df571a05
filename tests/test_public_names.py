"""The public names are a promise: adding one or losing one is a decision."""

import ningde_sim


def test_the_public_names_are_these():
    """And nothing else."""
    assert sorted(ningde_sim.__all__) == [
        "Calendar",
        "Comparison",
        "Crew",
        "Empirical",
        "Estimate",
        "EstimateWarning",
        "Experiment",
        "Exponential",
        "Failure",
        "Fixed",
        "FluidYear",
        "Gamma",
        "Line",
        "Lognormal",
        "Normal",
        "PlannedStop",
        "Product",
        "Quantity",
        "Ramp",
        "Robot",
        "Scale",
        "Scenario",
        "Sequence",
        "Setup",
        "Shift",
        "Shifted",
        "Shop",
        "ShopRun",
        "Split",
        "Start",
        "Station",
        "Store",
        "Study",
        "Sweep",
        "Triangular",
        "Uniform",
        "Weibull",
        "WorkingTime",
        "YearRun",
        "compare",
        "fluid_year",
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
    modules = {
        "designs": "studies.designs",
        "exceptions": "exceptions",
        "facts": "facts",
        "improve": "improve",
        "learn": "learn",
        "measures": "measures",
        "plots": "plots",
        "sensitivity": "sensitivity",
        "shipping": "shipping",
        "theory": "theory",
        "warm_up": "warm_up",
    }
    assert set(dir(ningde_sim)) == {*ningde_sim.__all__, *modules, "__version__"}
    for name, path in modules.items():
        assert getattr(ningde_sim, name).__name__ == f"ningde_sim.{path}"
