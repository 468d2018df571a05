"""The public names are a promise: adding one or losing one is a decision."""

import inspect

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
        "facts",
        "ledger",
        "measures",
        "plots",
        "sensitivity",
        "shipping",
        "warm_up",
    )
    assert set(dir(ningde_sim)) == {*ningde_sim.__all__, *modules, "__version__"}
    for name in modules:
        assert getattr(ningde_sim, name).__name__ == f"ningde_sim.{name}"


def test_every_public_name_has_a_docstring():
    """Public methods and properties too."""
    for name in ningde_sim.__all__:
        thing = getattr(ningde_sim, name)
        assert inspect.getdoc(thing), name
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                    assert inspect.getdoc(value), f"{name}.{member}"
