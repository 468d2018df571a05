"""Docstrings of the public names are complete: parameters, units, shapes, examples."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import ningde_sim
from ningde_sim import Comparison, EstimateWarning, Experiment, Sweep

RESULTS = {ningde_sim.ShopRun, ningde_sim.Study, ningde_sim.YearRun, Comparison, Sweep}
"""Made by functions, which hold the example; so are warnings."""

MODULES = sorted(set(dir(ningde_sim)) - {*ningde_sim.__all__, "__version__"})

Named = tuple[str, Any, str]


def own(module: Any) -> list[str]:
    """The names that a public module is there for."""
    made_here = (n for n, thing in vars(module).items() if _module(thing) == module.__name__)
    return list(getattr(module, "__all__", [n for n in made_here if not n.startswith("_")]))


def _module(thing: Any) -> str:
    return getattr(thing, "__module__", "") if callable(thing) else ""


def public() -> Iterator[tuple[str, Any]]:
    """Every public function and class."""
    for name in ningde_sim.__all__:
        yield name, getattr(ningde_sim, name)
    for module in MODULES:
        for name in own(there := getattr(ningde_sim, module)):
            if callable(thing := getattr(there, name)):
                yield f"{module}.{name}", thing


def documented() -> Iterator[Named]:
    """All of them with their public members: name, function, what is said of its class."""
    for name, thing in public():
        if inspect.isclass(thing) and issubclass(thing, Exception):
            continue  # users catch them, the library makes them
        yield name, thing, ""
        if inspect.isclass(thing):
            of_class = inspect.getdoc(thing) or ""
            for key in dir(thing):
                member = inspect.getattr_static(thing, key)
                member = getattr(member, "__func__", member)  # of a static or a class method
                member = getattr(member, "fget", member)  # of a property
                member = getattr(member, "func", member)  # of a cached one
                ours = (getattr(member, "__module__", "") or "").startswith("ningde_sim")
                if not key.startswith("_") and inspect.isfunction(member) and ours:
                    yield f"{name}.{key}", member, of_class


EACH = list(documented())
each = pytest.mark.parametrize(("name", "thing", "of_class"), EACH, ids=[n for n, _, _ in EACH])


def sections(doc: str) -> dict[str, str]:
    """What stands under each heading of a docstring."""
    pieces = re.split(r"^(\w[\w ]*)\n-+\n", f"{doc}\n", flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def entries(doc: str) -> dict[str, str]:
    """What is said of each parameter or attribute."""
    words: dict[str, str] = {}
    text = "".join(sections(doc).get(key, "") for key in ("Parameters", "Attributes"))
    for entry in re.split(r"\n(?=\S)", text):
        head, _, text = entry.partition("\n")
        names, _, kind = head.partition(" :")
        words |= {name.strip(" *"): f"{kind} {text}" for name in names.split(",")}
    return words


def parameters(thing: Any) -> list[inspect.Parameter]:
    told = inspect.signature(thing).parameters.values()
    return [p for p in told if p.name not in ("self", "cls") and not p.name.startswith("_")]


@each
def test_each_parameter_is_told(name: str, thing: Any, of_class: str) -> None:
    """In its section, or in `backticks` in the words of the function or its class."""
    doc = inspect.getdoc(thing)
    assert doc, name
    told = entries(doc)
    for parameter in parameters(thing):
        words = f"`{parameter.name}`"
        assert parameter.name in told or words in doc + of_class, f"{name}: {parameter.name}"


@each
def test_no_parameter_is_told_that_is_not_there(name: str, thing: Any, of_class: str) -> None:
    there = {parameter.name for parameter in parameters(thing)}
    doc = inspect.getdoc(thing) or ""
    if "Parameters" in sections(doc):
        told = entries(re.sub(r"^Attributes\n-+\n", "Others\n------\n", doc, flags=re.MULTILINE))
        assert {key for key in told if key} <= there


@each
def test_a_type_stands_alone_on_its_line(name: str, thing: Any, of_class: str) -> None:
    """As numpydoc reads it: the text begins on the line below, indented."""
    for section in ("Parameters", "Attributes", "Returns"):
        text = sections(inspect.getdoc(thing) or "").get(section, "")
        heads = [line for line in text.splitlines() if line and not line.startswith(" ")]
        assert [line for line in heads if "  " in line or " : as " in line] == [], name


@each
def test_a_number_has_its_unit(name: str, thing: Any, of_class: str) -> None:
    """In brackets, [-] where it has none; whole numbers say what they count."""
    told = entries(inspect.getdoc(thing) or "")
    for parameter in parameters(thing):
        if re.match(r"float( \| None)?$", str(parameter.annotation)) and parameter.name in told:
            words = told[parameter.name]
            assert "[" in words or "as for `" in words.lower(), f"{name}: {parameter.name}: {words}"


@each
def test_an_array_has_its_shape(name: str, thing: Any, of_class: str) -> None:
    if not inspect.isclass(thing):
        given = str(inspect.signature(thing).return_annotation)
        if re.search(r"\b(ndarray|Values|Ints|Floats)\b", given):
            assert "shape" in (inspect.getdoc(thing) or ""), name


EXAMPLES = [
    (name, thing)
    for name, thing in public()
    if "." not in name
    and thing not in RESULTS
    and not (inspect.isclass(thing) and issubclass(thing, (EstimateWarning, Experiment)))
]


@pytest.mark.parametrize(("name", "thing"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_there_is_an_example(name: str, thing: Any) -> None:
    """Which runs as a doctest."""
    assert ">>> " in (inspect.getdoc(thing) or "")


def test_the_checks_see_a_fault() -> None:
    def wrong(of: str, share: float, rest: float) -> None:
        """Parameters of all kinds.

        Parameters
        ----------
        share : float  How much.
        gone : int
        """

    for check in (
        test_each_parameter_is_told,
        test_no_parameter_is_told_that_is_not_there,
        test_a_number_has_its_unit,
    ):
        with pytest.raises(AssertionError):
            check("wrong", wrong, "")
