"""Tables of results: made once, handed out as copies that readers may change."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NoReturn, Self, overload

import pandas as pd


class tabled(cached_property[pd.DataFrame]):
    """A property that holds a table; what is written into a copy stays there.

    Examples
    --------
    >>> import pandas as pd
    >>> class Run:
    ...     @tabled
    ...     def stations(self):
    ...         return pd.DataFrame({"cycles": [5, 7]}, index=["A", "B"])
    >>> run = Run()
    >>> table = run.stations
    >>> table["cycles"] = 0
    >>> run.stations["cycles"].tolist()
    [5, 7]
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> pd.DataFrame: ...

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Self | pd.DataFrame:
        """A copy; of the class the property itself."""
        found = super().__get__(instance, owner)
        return found.copy() if isinstance(found, pd.DataFrame) else found

    def __set__(self, instance: object, value: object) -> NoReturn:
        """Refused. That there is it makes every look come here, not only the first."""
        raise AttributeError(f"{self.attrname} is a result, which can't be set.")
