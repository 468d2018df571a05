"""A number with its uncertainty: value, unit, range, evidence, source."""

from __future__ import annotations

import dataclasses
from dataclasses import KW_ONLY
from functools import wraps
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    ConfigDict,
    Strict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.dataclasses import dataclass

from ningde_sim._support import checks
from ningde_sim._support.frozen import unchangeable
from ningde_sim._support.units import MAX_TIME
from ningde_sim.plant.faults import fault

Record = TypeVar("Record")

Evidence = Literal["reported", "found", "measured", "derived", "recalled", "assumed"]
EVIDENCES: tuple[Evidence, ...] = get_args(Evidence)

Number = Annotated[float, Strict()]


def _check_name(name: str) -> str:
    if rule := checks.unprintable(name):
        raise fault(f"it {rule}", name)
    return name


def _check_prose(text: str) -> str:
    if rule := checks.unprintable(text, lines=True):
        raise fault(f"it {rule}", text)
    return text


Words = Annotated[str, Strict(), AfterValidator(_check_prose)]
"""What people read, possibly empty, of one line or several."""

Text = Annotated[str, StringConstraints(min_length=1, strict=True), AfterValidator(_check_prose)]
"""The same, not empty."""

Name = Annotated[str, StringConstraints(min_length=1, strict=True), AfterValidator(_check_name)]
"""What things are called, in pictures and files and by the random streams."""

WHOLE_UNITS = ("parts", "bodies", "cars", "crews", "shifts", "days/month", "units")
"""Units that are counted in whole numbers."""

STRICT_KEYS = ConfigDict(extra="forbid", allow_inf_nan=False)
"""Every record of a file is read so: no unknown key, no infinite number."""

_RULES = {
    "missing": "this field is missing",
    "unexpected_keyword_argument": "unknown field",
    "unexpected_positional_argument": "only value and unit may be given without a name",
}


def _short_errors(cls: type[Record]) -> type[Record]:
    """The same class, which raises a one-line ValueError where pydantic's own has many lines."""
    init = cls.__init__

    @wraps(init)
    def __init__(self: Record, *args: Any, **kwargs: Any) -> None:
        try:
            init(self, *args, **kwargs)
        except ValidationError as error:
            raise ValueError(_complaint(error, args, kwargs)) from None

    cls.__init__ = __init__  # type: ignore[method-assign, assignment]
    return cls


def _complaint(error: ValidationError, args: Any, kwargs: Any) -> str:
    """The text of an error: the quantity, rule and value of each fault, the cure."""
    given = ", ".join([*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())])
    given = checks.shortened(given)
    faults = []
    for each in error.errors(include_url=False):
        field, rule = each["loc"][0], _RULES.get(each["type"], each["msg"])
        name = ("value", "unit")[field] if field in (0, 1) else f"{field}"
        name = "arguments" if each["type"] == "unexpected_positional_argument" else name
        got = "" if each["type"] == "missing" else f", got {each['input']!r}"
        faults.append(f"{name}: {rule}{got}")
    cure = 'For example Quantity(53, "s", low=52, high=56, evidence="assumed", source="a guess").'
    return f"Quantity({given}): {'; '.join(faults)}. {cure}"


@unchangeable
@_short_errors
@dataclass(frozen=True, slots=True, config=STRICT_KEYS)
class Quantity:
    """A number with its unit, its range, where it comes from.

    Parameters
    ----------
    value : float
        Typical value. [unit]
    unit : str
        Such as "s", "min", "h", "parts"; "-" for a share.
    low, high : float, optional
        Range in which it probably lies, low <= value <= high: both or none. [unit]
    evidence : str
        "reported" (in the article that the project starts from), "found" (read on a public page),
        "measured" (in one's own plant), "derived" (calculated from those), "recalled" (general
        knowledge, not checked) or "assumed" (chosen so that everything fits together).
    source : str
        Where it comes from.
    note : str, optional
        What else a reader should know.
    tuned : str, optional
        What it was tuned to; empty when it was not.
    drawn_with : str, optional
        Name of an uncertainty that it shares. Quantities with the same name are drawn together: all
        low or all high.

    Raises
    ------
    ValueError
        A range without the value, an unknown evidence, a number that is not finite; with each
        field, its rule and the value given.

    Examples
    --------
    >>> Quantity(53, "s", low=52, high=56, evidence="assumed", source="a guess").value
    53.0
    """

    value: Number
    unit: Name
    _: KW_ONLY
    evidence: Evidence
    source: Text
    low: Number | None = None
    high: Number | None = None
    note: Words = ""
    tuned: Words = ""
    drawn_with: Annotated[str, Strict(), AfterValidator(_check_name)] = ""

    @model_validator(mode="after")
    def _check_range(self) -> Quantity:
        low, high = self.low, self.high
        if low is not None and high is not None and low > high:
            raise fault(f"low must be at most high, which is {high:g}", low, "low")
        if low is not None and low > self.value:
            raise fault(f"low must be at most the value of {self.value:g}", low, "low")
        if high is not None and high < self.value:
            raise fault(f"high must be at least the value of {self.value:g}", high, "high")
        if (low is None) != (high is None):
            missing = "low" if low is None else "high"
            raise fault("a range has both ends, low and high", None, missing)
        return self

    def __float__(self) -> float:
        """The value alone. [unit]"""
        return self.value

    @property
    def uncertain(self) -> bool:
        """Whether it has a range of more than one value."""
        return self.low is not None and self.high is not None and self.low < self.high

    @property
    def least(self) -> float:
        """The lowest value that may be drawn. [unit]"""
        return self.low if self.uncertain and self.low is not None else self.value

    @property
    def most(self) -> float:
        """The highest value that may be drawn. [unit]"""
        return self.high if self.uncertain and self.high is not None else self.value

    def fixed(self, value: float | None = None) -> Quantity:
        """The same without a range, at its own value or at another `value`. [unit]"""
        at = self.value if value is None else value
        return dataclasses.replace(self, value=at, low=None, high=None)

    def __str__(self) -> str:
        """For example `53 s (52-56), assumed`; of a share `0.5 (0.3-0.8), found`, without unit."""
        spread = "" if self.low is None else f" ({self.low:g}-{self.high:g})"
        unit = "" if self.unit == "-" else f" {self.unit}"
        return f"{self.value:g}{unit}{spread}, {self.evidence}"


UNSTATED: dict[str, Any] = {"evidence": "assumed", "source": "not stated"}
"""What a plain number in place of a quantity says of itself."""


def in_unit(unit: str, *, least: float = 0.0, most: float = MAX_TIME, whole: bool = False) -> Any:
    """The rule of a field that holds a quantity: its unit, its bounds, whether it is whole.

    A unit that begins with "/" is that of a rate of anything, "" any unit. A plain number is in
    this unit, assumed, without a source; not where the context of the reading asks for `sources`.
    """
    own = unit if unit and unit[0] != "/" else f"parts{unit}"

    def check(
        given: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo[Any]
    ) -> Quantity:
        plain = isinstance(given, (int, float)) and not isinstance(given, bool)
        if plain and not (info.context or {}).get("sources"):
            given = {"value": given, "unit": own, **UNSTATED}
        quantity: Quantity = read(given)
        if quantity.unit != unit and (own == unit or not quantity.unit.endswith(unit)):
            wanted = repr(unit) if own == unit else f"one of {unit!r}, such as {own!r}"
            raise fault(f"the unit must be {wanted}", quantity.unit, "unit")
        if whole and quantity.unit not in WHOLE_UNITS:
            raise fault(f"the unit must be one of {', '.join(WHOLE_UNITS)}", quantity.unit, "unit")
        for name in ("value", "low", "high"):
            number = getattr(quantity, name)
            if number is None:
                continue
            if number < least:
                raise fault(f"{name} must be at least {least:g}", number, name)
            if number > most:
                raise fault(f"{name} must be at most {most:g}", number, name)
            if whole and number != int(number):
                raise fault(f"{name} must be a whole number", number, name)
        return quantity

    return WrapValidator(check)
