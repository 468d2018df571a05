"""Workbooks (xlsx): the cells of their sheets, read within bounds and written as values only."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ningde_sim._support import checks, files
from ningde_sim._support.spreadsheet import FORMULA

ENDING = ".xlsx"

MOST_MIB = 16
"""Largest file; a shop of 20,000 stations has some 0.4. [MiB]"""

MOST_UNPACKED_MIB = 128
"""Of all that is packed in a file. [MiB]"""

MOST_ROWS = 2**20
"""Of a sheet, as spreadsheet programs have it. [rows]"""

MOST_CELLS = 5_000_000
"""Of a sheet, the empty ones before a filled one included. [cells]"""

MOST_CHARACTERS = 32_767
"""Of a cell, as spreadsheet programs have it. [characters]"""

WIDTHS = (12, 40)
"""Least and greatest width of a column. [characters]"""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a sheet.

    Attributes
    ----------
    sheet, column : str
        Such as "Stores" and "C".
    row : int
        From 1 on.
    value : None, bool, int, float, str, datetime, date, time or timedelta
    fault : str
        Why it has no value; "" where it has one, or is empty.
    """

    sheet: str
    column: str
    row: int
    value: Any = None
    fault: str = ""

    @property
    def place(self) -> str:
        """How a formula calls it, such as "Stores!C7"."""
        return f"{self.sheet}!{self.column}{self.row}"


Row = list[Cell]
"""The cells of a row that are not empty."""


def is_workbook(path: Any) -> bool:
    """Whether the name of a file says that it is a workbook."""
    return str(path).lower().endswith(ENDING)


# ------------------------------------------------------------------ reading


def rows(path: str | os.PathLike[str]) -> dict[str, list[Row]]:
    """The rows of each sheet that are not empty.

    Of a formula it is the value that a spreadsheet program has kept.

    Raises
    ------
    FileNotFoundError, OSError
        There is no such file, or it cannot be read.
    ImportError
        Without openpyxl.
    ValueError
        It is no workbook, damaged, or too large.
    """
    raw = files.content(path, most=MOST_MIB)
    _openpyxl(str(path))
    cure = "Save it as .xlsx, without a password."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is no cell: styles, rules for input
            _check_unpacked(raw)
            sheets = _sheets(raw, formulas=True)
            if any(each.fault for table in sheets.values() for row in table for each in row):
                sheets = _worked_out(sheets, _sheets(raw, formulas=False))
    except _TooLarge as error:
        raise ValueError(f"{path}: {error}") from None
    except Exception as error:  # a damaged file is told in many ways
        reason = checks.shortened(f"{type(error).__name__}: {error}")
        rule = f"this is not a workbook ({ENDING}), or it is damaged"
        raise ValueError(f"{path}: {rule}: {reason}. {cure}") from error
    return sheets


class _TooLarge(Exception):
    pass


def _check_unpacked(raw: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        size = sum(each.file_size for each in archive.infolist())
    if size > MOST_UNPACKED_MIB * files.MIB:
        rule = f"unpacked it must be at most {MOST_UNPACKED_MIB} MiB"
        raise _TooLarge(f"{rule}, got {size:,} bytes.")


def _sheets(raw: bytes, *, formulas: bool) -> dict[str, list[Row]]:
    """The rows of each sheet; with `formulas` each of these is a fault, else its value is read."""
    import openpyxl  # an extra

    book = openpyxl.load_workbook(
        io.BytesIO(raw), read_only=True, data_only=not formulas, keep_links=False
    )
    try:
        return {sheet.title: list(_filled(sheet)) for sheet in book.worksheets}
    finally:
        book.close()


def _worked_out(
    formulas: dict[str, list[Row]], values: dict[str, list[Row]]
) -> dict[str, list[Row]]:
    """The same with the values of formulas; without those that give no text."""
    kept = {cell.place: cell for rows in values.values() for row in rows for cell in row}
    sheets = {}
    for title, rows in formulas.items():
        told = [[kept.get(cell.place, cell) for cell in row] for row in rows]
        filled = ([cell for cell in row if cell.value != ""] for row in told)
        sheets[title] = [row for row in filled if row]
    return sheets


def _filled(sheet: Any) -> Iterator[Row]:
    from openpyxl.utils import get_column_letter  # an extra

    n_cells = 0
    sheet.reset_dimensions()  # what the file says of them need not be so
    for number, row in enumerate(sheet.iter_rows(), start=1):
        n_cells += len(row)
        if number > MOST_ROWS or n_cells > MOST_CELLS:
            rule = f"{sheet.title}: a sheet must have at most {MOST_ROWS:,} rows and"
            raise _TooLarge(f"{rule} {MOST_CELLS:,} cells. Delete those that are empty.")
        cells = [
            Cell(sheet.title, get_column_letter(cell.column), number, value, fault)
            for cell in row
            for value, fault in [_value(cell)]
            if value is not None or fault
        ]
        if cells:
            yield cells


def _value(cell: Any) -> tuple[Any, str]:
    """What is in a cell, and its fault."""
    value = cell.value
    if cell.data_type == "f":
        cure = "Save the file with a spreadsheet program, or write the value itself."
        return None, f"its formula has no value, got {checks.shown(value)}. {cure}"
    if cell.data_type == "e":
        return None, f"it must hold no error, got {checks.shown(value)}."
    if cell.data_type == "str" and value is None:
        return "", ""  # what a formula has kept; without it the type is that of numbers
    if isinstance(value, float) and value.is_integer():
        return int(value), ""  # as spreadsheet programs do not tell them apart
    return (None if isinstance(value, str) and not value.strip() else value), ""


# ------------------------------------------------------------------ writing


def write(
    owner: str, path: str | os.PathLike[str], sheets: Mapping[str, Sequence[Sequence[Any]]]
) -> None:
    """Write rows of text, numbers and truth values; an existing file is replaced as a whole.

    Text stays text, whatever it begins with: no program takes it for a formula. A number that a
    workbook cannot hold exactly is written as text.

    Parameters
    ----------
    owner : str
        Who writes, and complains.
    path : str or path
    sheets : mapping of str to rows
        The first row of each sheet is its heading.

    Raises
    ------
    ImportError
        Without openpyxl.
    OSError
        The file cannot be written.
    ValueError
        The name of the file does not end in .xlsx; a text or a sheet is too long.
    """
    if not is_workbook(checks.path(owner, "path", path)):
        rule = f"the name of a workbook must end in {ENDING}"
        raise ValueError(checks.complain(owner, rule, str(path)))
    _openpyxl(owner)
    import openpyxl  # an extra

    book = openpyxl.Workbook()  # not write_only, which leaves open files behind an error
    book.remove(book.worksheets[0])
    for title, table in sheets.items():
        if len(table) > MOST_ROWS:
            rule = f"the sheet {title} must have at most {MOST_ROWS:,} rows"
            raise ValueError(checks.complain(owner, rule, len(table), _TO_TOML))
        _write_sheet(owner, book.create_sheet(title), table)
    with files.replaced(path, f"{owner} to_excel") as new:
        book.save(new)


_TO_TOML = "to_toml writes any."


def _write_sheet(owner: str, sheet: Any, table: Sequence[Sequence[Any]]) -> None:
    from openpyxl.styles import Font  # an extra
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    for k, column in enumerate(zip(*table, strict=True), start=1):
        longest = max(len(str(value)) for value in column) + 2
        width = min(max(longest, WIDTHS[0]), WIDTHS[1])
        sheet.column_dimensions[get_column_letter(k)].width = width
    for k, row in enumerate(table):
        cells = [_cell(owner, sheet, value) for value in row]
        for cell in cells[: None if k == 0 else 0]:
            cell.font = Font(bold=True)
        sheet.append(cells)


def _cell(owner: str, sheet: Any, value: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell  # an extra

    if isinstance(value, float) and float(f"{value:.16g}") != value:
        value = repr(value)
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        rule = f"a cell of the sheet {sheet.title} must have at most {MOST_CHARACTERS:,} characters"
        raise ValueError(checks.complain(owner, rule, value, _TO_TOML))
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # else what begins with = is a formula
        cell.quotePrefix = value.startswith(FORMULA)  # nor is it when someone edits it
    return cell


def _openpyxl(owner: str) -> None:
    """Raise an ImportError that tells what to install when openpyxl is not there."""
    try:
        import openpyxl  # noqa: F401, an extra
    except ImportError as error:
        cure = 'pip install "ningde_sim[excel]" installs it.'
        raise ImportError(f"{owner}: a workbook needs openpyxl. {cure}") from error
