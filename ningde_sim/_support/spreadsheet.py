"""Tables as spreadsheets read them."""

from __future__ import annotations

from typing import Any

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With one of these a formula begins."""


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with an apostrophe before each text that a spreadsheet would run.

    Examples
    --------
    >>> harmless(pd.DataFrame({"name": ["=1+1", "as it is"], "mean": [-2.5, 3.0]})).values.tolist()
    [["'=1+1", -2.5], ['as it is', 3.0]]
    """
    return table.map(_quoted).rename(columns=_quoted)


def _quoted(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
