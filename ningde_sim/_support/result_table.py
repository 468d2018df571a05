"""A table of a result: made once; each reader gets a copy, so that nobody changes the result."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NoReturn, Self, overload

import pandas as pd


class result_table(cached_property[pd.DataFrame]):
    """A property with a table of a result; a change of the copy does not change the result.

    Examples
    --------
    >>> import pandas as pd
    >>> class Run:
    ...     @result_table
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
        """A copy of the table; from the class, the property itself."""
        table = super().__get__(instance, owner)
        return table.copy() if isinstance(table, pd.DataFrame) else table

    def __set__(self, instance: object, value: object) -> NoReturn:
        """Refused. Because this method exists, Python calls `__get__` each time, not only once."""
        raise AttributeError(f"{self.attrname}: a result cannot be set.")
