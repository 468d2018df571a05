"""Workbooks of any shop: what Python says, sheets say, and nothing that is written is ignored."""

from __future__ import annotations

import datetime
import io
import itertools
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given

from ningde_sim import (
    Crew,
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Line,
    Lognormal,
    PlannedStop,
    Product,
    Robot,
    Sequence,
    Setup,
    Shifted,
    Shop,
    Start,
    Station,
    Store,
    Triangular,
    WorkingTime,
    ningde_2020,
    ningde_2021,
    read_shop,
    simulate,
)
from ningde_sim.plant.to_sheets import COLUMNS, UNITS
from tests.plant.test_any_shop import built, with_everything
from tests.shops import UNUSUAL, mixed_shops, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)

Sheets = dict[str, list[list[object]]]


def written(path: Path, sheets: Sheets) -> Path:
    """A workbook as a planner types it: what begins with = is a formula."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("workbooks")


def assert_survives(shop: Shop, folder: Path) -> None:
    path = folder / "shop.xlsx"
    shop.to_excel(path)
    back = read_shop(path)
    assert back == shop
    assert repr(back) == repr(shop)  # 5 and 5.0 are equal


# ------------------------------------------------------------------ there and back


def test_built_shops_survive(folder):
    @built(30)
    @given(shop=shops())
    def survive(shop):
        assert_survives(shop, folder)

    survive()


def test_built_shops_with_products_survive(folder):
    @built(30)
    @given(shop=mixed_shops())
    def survive(shop):
        assert_survives(shop, folder)

    survive()


@pytest.mark.slow
def test_hundreds_of_built_shops_survive(folder):
    @built(400)
    @given(shop=mixed_shops())
    def survive(shop):
        assert_survives(shop, folder)

    survive()


@pytest.mark.parametrize("make", [ningde_2020, ningde_2021, with_everything])
def test_shops_survive(make, folder):
    assert_survives(make(), folder)


LINE = Line("L", [Station("S", {"A": 5, "B": 6})])
PRODUCTS = [Product("A"), Product("B")]


@pytest.mark.parametrize(
    "sequence",
    [
        *(Sequence.random(), Sequence.random(batch=7), Sequence.cycle(["A", "A", "B"])),
        *(Sequence.orders({"A": 3, "B": 7}), Sequence.orders([("A", 1), ("B", 2)] * 9_000)),
    ],
    ids=["random", "batches", "cycle", "orders", "long"],
)
def test_sequences_survive(sequence, folder):
    assert_survives(Shop("s", [LINE], products=PRODUCTS, sequence=sequence), folder)


def test_numbers_survive_to_the_last_digit(folder):
    stations = [Station(f"S{k}", 1 + x) for k, x in enumerate([0.1 + 0.2, 1 / 3, 1e-9, 2**0.5])]
    stations += [Station("T", Empirical([0.1 + 0.2, 1 / 3, 5])), Station("U", 60 + 2**-40)]
    assert_survives(Shop("s", [Line("L", stations)]), folder)


NAMES = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "'", '"quoted"', '"', "a, b", "[a]", "{a}", "#N/A", "#REF!"),
    *("60", "TRUE", "true", " edges ", "6:30", "_x0041_", "a_x0042_", "distribution", "\\n", "2e3"),
    *("日本", "x" * 300, "a.b", "=HYPERLINK(1)", "never", "fixed(3)", "a=b", "# a", "<&>", "😀"),
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_survives_everywhere(name, folder):
    jam = Failure(name, Exponential(3), Lognormal(2, 0.5), crew=name)
    stop = PlannedStop(name, 5, 6, crew=name)
    day = WorkingTime([(6, 14)], every=24)
    station = Station(
        *(name, {name: 5.0, "other": Shifted(1, Exponential(2))}),
        robots=[Robot(f"{name} R", name, failures=[jam], planned_stops=[stop])],
        setup=Setup({name: {"other": 5}, "other": {name: 6}}, crew=name),
        scrap={name: 0.5, "other": 0.0},
    )
    lines = [
        Line("first", [station], puts={name: 2}, zone=name, working_time=day),
        Line(name, [Station(f"{name} 2", 3)], takes=[(name, "other")], makes=[name, "other"]),
        Line("third", [Station("3", 3)], puts=["other"]),
    ]
    shop = Shop(
        *(name, lines),
        stores=[Store(name, 9), Store("other", 9)],
        crews=[Crew(name, 1, skills=["a", name + "!"])],
        products=[Product(name), Product("other")],
        sequence=Sequence.orders([(name, 3), ("other", 2)]),
        start=Start({name: "working"}, {name: 1}, {name: 0.5}),
        output=[name],
        notes=[name, f"{name}\r\n\t{name}", "", " "],
    )
    assert_survives(shop, folder)


def test_a_working_time_without_end_survives(folder):
    line = replace(LINE, stations=[Station("S", 5)], working_time=WorkingTime([(0.1, 0.7)]))
    assert_survives(Shop("s", [line]), folder)


# ------------------------------------------------------------------ what is written


def test_no_text_becomes_a_formula(tmp_path):
    texts = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", '=cmd|" /C calc"!A0']
    stations = [Station(text, 5) for text in texts]
    Shop("=1", [Line("=2", stations)], notes=["=3", "\t=4"]).to_excel(tmp_path / "shop.xlsx")
    book = openpyxl.load_workbook(tmp_path / "shop.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b"}
    risky = [cell for cell in cells if str(cell.value).startswith(("=", "+", "-", "@"))]
    assert len(risky) >= 10
    assert all(cell.quotePrefix for cell in risky)  # nor when someone edits it
    with zipfile.ZipFile(tmp_path / "shop.xlsx") as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


def test_no_text_is_taken_for_a_character(tmp_path):
    """Of which spreadsheet programs write the number so."""
    line = Line("_x0041_", [Station("S", 5)])
    Shop("s", [line]).to_excel(tmp_path / "shop.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "shop.xlsx")["Lines"]["A2"]
    assert cell.value == '"\\u005fx0041_"'


def test_a_workbook_is_a_form(tmp_path):
    """It has all sheets and columns, with units, whether they are used or not."""
    Shop("s", [Line("L", [Station("S", 5)])]).to_excel(tmp_path / "shop.xlsx")
    book = openpyxl.load_workbook(tmp_path / "shop.xlsx")
    assert book.sheetnames == [*COLUMNS]
    assert [cell.value for cell in book["Stations"][1]][:4] == [
        *("line", "station", "cycle_time [s]", "robots"),
    ]
    assert [cell.value for cell in book["Stations"][2]][:4] == ["L", "S", 5, None]


CLASSES = {
    "Stations": Station,
    "Lines": Line,
    "Stores": Store,
    "Failures": Failure,
    "Planned stops": PlannedStop,
    "Crews": Crew,
    "Products": Product,
}


@pytest.mark.parametrize("title", CLASSES)
def test_units_are_those_of_the_arguments(title):
    doc = CLASSES[title].__doc__
    told = dict(re.findall(r"^    (\w+) :.*\n((?:        .*\n)+)", doc, re.MULTILINE))
    units = {key: re.findall(r"\[(\w+)\]$", " ".join(text.split())) for key, text in told.items()}
    wanted = {key: found[-1] for key, found in units.items() if found}
    wanted.pop("every", None)  # what the column `unit` tells
    assert UNITS[title] == wanted


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("shop.toml", ValueError, "the name of a workbook must end in .xlsx, got '"),
        ("shop.xls", ValueError, "the name of a workbook must end in .xlsx, got '"),
        ("none/shop.xlsx", FileNotFoundError, "the folder of path must exist, got '"),
    ],
)
def test_where_no_workbook_can_be_written(name, error, text, tmp_path):
    with pytest.raises(error, match=re.escape(text)):
        Shop("s", [Line("L", [Station("S", 5)])]).to_excel(tmp_path / name)


def test_what_is_too_long_for_a_cell_is_refused_and_the_old_file_stays(tmp_path):
    path = tmp_path / "shop.xlsx"
    line = Line("L", [Station("S", 5)])
    Shop("s", [line]).to_excel(path)
    long = Station("S", Empirical([k + 0.123 for k in range(10_000)]))
    with pytest.raises(ValueError, match=r"a cell of the sheet Stations must have at most 32,767"):
        Shop("s", [Line("L", [long])]).to_excel(path)
    assert read_shop(path) == Shop("s", [line])


# ------------------------------------------------------------------ as a planner types it

STATIONS = [
    ["line", "station", "cycle_time [s]"],
    ["BODY", "B1", 60],
    ["BODY", "B2", 55],
    ["PAINT", "P1", 50],
]
STORES = [["store", "capacity [parts]"], ["between", 20]]


def test_stations_alone_are_a_shop(tmp_path):
    """Lines as they appear, named as the file."""
    shop = read_shop(written(tmp_path / "plant.xlsx", {"Stations": STATIONS}))
    body = Line("BODY", [Station("B1", 60), Station("B2", 55)])
    assert shop == Shop("plant", [body, Line("PAINT", [Station("P1", 50)])])
    assert simulate(shop, hours=10, seed=0, engine="reference").bodies > 1000


def test_stores_lie_between_the_lines(tmp_path):
    sheets = {"Stations": STATIONS, "Stores": STORES, "Sheet3": []}
    body = Line("BODY", [Station("B1", 60), Station("B2", 55)], puts="between")
    lines = [body, Line("PAINT", [Station("P1", 50)], takes="between")]
    shop = Shop("plant", lines, stores=[Store("between", 20)])
    assert read_shop(written(tmp_path / "plant.xlsx", sheets)) == shop


def test_headings_are_read_as_people_write_them(tmp_path):
    heading = ["Line", "  NAME", "Cycle time\n(s)"]
    rows = [[], [None, None, None, None], heading, [], *STATIONS[1:], ["  ", None]]
    sheets = {" stations": rows, "STORES": [["Store", "Capacity"], *STORES[1:]]}
    plain = {"Stations": STATIONS, "Stores": STORES}
    (tmp_path / "a").mkdir()
    read = read_shop(written(tmp_path / "plant.XLSX", sheets))
    assert read == read_shop(written(tmp_path / "a" / "plant.xlsx", plain))


def test_cells_are_read_as_people_write_them(tmp_path):
    """Numbers as text, names as numbers, distributions as in Python or in TOML, times of day."""
    half = datetime.time(14, 30)
    sheets: Sheets = {
        "Stations": [
            [*("line", "station", "cycle_time", "robots", "robot_failures", "failures", "scrap")],
            [1, 10, " 60 ", "weld, weld", "gun", "jam, 7", "0.25"],
            [1, 20, "lognormal(mean=12, cv = 0.8)", None, None, '["jam"]', 0.0],
            [1, 30, "Triangular(1, 2.5, 3)", None, None, '"jam", "7"', None],
            [1, 40, '{ distribution = "lognormal", mean = 12, cv = 0.8 }', None, None, 7, None],
        ],
        "Failures": [
            ["failure", "uptime [h]", "repair [min]", "aged", "crew"],
            ["gun", "Exponential(60)", "shifted(1, lognormal(1.5, 0.8))", "TRUE", True],
            ["jam", "exponential( mean = 4 )", "Empirical([1, 2, 4])", None, "fitters"],
            [7, "exponential(7)", "shifted(low = 2, of = Fixed(3))", None, None],
        ],
        "Crews": [["crew", "number"], ["fitters", "2"]],
        "Shifts": [
            ["shift", "opening [h]", "closing [h]", "every [h]"],
            ["early", datetime.time(6), half, None],
            ["early", "14:45", datetime.timedelta(days=1), 24],
        ],
        "Shop": [["name", "working_time"], ["plant", "early"]],
    }
    gun = Failure("gun", Exponential(60), Shifted(1, Lognormal(1.5, 0.8)), aged=True, crew=True)
    jam = Failure("jam", Exponential(4), Empirical([1, 2, 4]), crew="fitters")
    seven = Failure("7", Exponential(7), Shifted(2, Fixed(3)))
    robots = [Robot(f"10-R{k}", "weld", failures=[gun]) for k in (1, 2)]
    stations = [
        Station("10", 60, robots=robots, failures=[jam, seven], scrap=0.25),
        Station("20", Lognormal(12, 0.8), failures=[jam]),
        Station("30", Triangular(1, 2.5, 3), failures=[jam, seven]),
        Station("40", Lognormal(12, 0.8), failures=[seven]),
    ]
    day = WorkingTime([(6, 14.5), (14.75, 24)], every=24)
    shop = Shop("plant", [Line("1", stations)], working_time=day, crews=[Crew("fitters", 2)])
    assert read_shop(written(tmp_path / "any.xlsx", sheets)) == shop


def test_a_formula_gives_the_value_that_the_program_has_kept(tmp_path):
    path = written(tmp_path / "plant.xlsx", {"Stations": [*STATIONS, ["PAINT", "P2", 1234.5]]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b"<v>1234.5</v></c></row>" in parts[sheet]
    empty = b'</c><c r="D5" t="str"><f>IF(1,"","x")</f><v></v></c></row>'
    new = b"<f>60*2</f><v>120</v>" + empty
    parts[sheet] = parts[sheet].replace(b"<v>1234.5</v></c></row>", new)
    path.write_bytes(zipped(parts))
    assert read_shop(path).station("P2").cycle_time == 120


def test_what_a_file_says_of_the_size_of_a_sheet_need_not_be_so(tmp_path):
    path = written(tmp_path / "plant.xlsx", {"Stations": STATIONS})
    shop = read_shop(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b'<dimension ref="A1:C4"' in parts[sheet]
    parts[sheet] = parts[sheet].replace(b'"A1:C4"', b'"A1:C3"')
    path.write_bytes(zipped(parts))
    assert read_shop(path) == shop


# ------------------------------------------------------------------ faults

GOOD: Sheets = {
    "Stations": [
        ["line", "station", "cycle_time [s]", "robots", "robot_failures", "failures", "scrap"],
        ["BODY", "B1", 60, "weld, weld", "gun", "jam", None],
        ["BODY", "B2", "lognormal(mean = 12, cv = 0.8)", None, None, "jam", 0.1],
        ["PAINT", "P1", 50, None, None, None, None],
    ],
    "Lines": [
        ["line", "buffers [parts]", "takes", "puts", "working_time"],
        ["BODY", 3, None, "between", "early"],
        ["PAINT", None, "between", None, None],
    ],
    "Stores": [["store", "capacity [parts]", "initial"], ["between", 20, 2]],
    "Failures": [
        ["failure", "uptime [h]", "repair [min]", "crew", "clock"],
        ["gun", "exponential(60)", "lognormal(1.5, 0.8)", True, None],
        ["jam", "exponential(4)", "exponential(2)", None, "calendar"],
    ],
    "Robots": [["station", "robot", "role"], ["P1", "R1", "spray"]],
    "Shifts": [
        ["shift", "opening [h]", "closing [h]", "every [h]"],
        ["early", 6, 14, 24],
        ["early", 15, 16, None],
    ],
    "Products": [["product", "share"], ["A", 0.25], ["B", 0.75]],
    "Orders": [["product", "number"], ["A", 3], ["B", 7]],
    "Shop": [["name", "repair_crews", "sequence"], ["plant", 2, None]],
    "Start": [["place", "body", "age", "parts"], ["B1", "working", 0.5, None]],
}

FORMULA = "its formula has no value, got '=1+1'. Save"
TOML = "must be a number, or a text, a list or a table as in TOML, got"

# What a cell has in place of what it should have, and the fault, which begins with its cell.
FAULTS = [
    ("Stations!A1", "lime", "unknown column, got 'lime'. Did you mean line"),
    ("Stations!A1", "zzz", "unknown column, got 'zzz'. There are line, station, cycle_time"),
    ("Stations!C1", "cycle_time [min]", "the unit of cycle_time must be s, got 'cycle_time [min]'"),
    ("Stations!C1", "cycle_time (ms)", "the unit of cycle_time must be s, got 'cycle_time (ms)'"),
    ("Stations!G1", "scrap [%]", "scrap has no unit, got 'scrap [%]'"),
    ("Stations!G1", "cycle time", "there are two such columns, got 'cycle time'"),
    ("Stations!G1", None, "there is no heading above it, got 0.1", "Stations!G3"),
    ("Stations!A2", None, "line must not be empty."),
    ("Stations!B2", None, "station must not be empty."),
    ("Stations!A4", "PAIMT", "no such line in the sheet Lines, got 'PAIMT'. Did you mean PAINT"),
    ("Stations!B3", "B1", "Shop 'plant': duplicate name in stations and robots, got 'B1'"),
    ("Stations!B3", True, "station must be text, no truth value, got True"),
    ("Stations!C2", None, "cycle_time: this key is missing."),
    ("Stations!C2", -1, "Station 'B1': cycle_time must be at least 0, got -1"),
    ("Stations!C2", "60 s", f"cycle_time {TOML} '60 s'. Such as 60.5"),
    ("Stations!C2", "60,5", f"cycle_time {TOML} '60,5'. Such as 60.5"),
    ("Stations!C2", "60 # s", f"cycle_time {TOML} '60 # s'"),
    ("Stations!C2", "1\nx = 2", f"cycle_time {TOML} '1\\nx = 2'"),
    ("Stations!C2", "=1+1", FORMULA),
    ("Stations!C2", "#N/A", "it must hold no error, got '#N/A'"),
    ("Stations!C2", datetime.time(0, 1), "cycle_time must be a number, got datetime.time(0, 1)"),
    ("Stations!C2", datetime.date(2020, 1, 1), "cycle_time must be a number, got datetime"),
    ("Stations!C2", "{ A = 60, C = 50 }", "Shop 'plant': unknown product in station 'B1', got 'C'"),
    ("Stations!C3", "lognorm(12, 0.8)", "cycle_time.distribution: unknown distribution, got 'logn"),
    ("Stations!C3", "lognormal(12, cv = 0.8)", f"cycle_time {TOML}"),
    ("Stations!C3", "lognormal(12, 0.8, 3)", f"cycle_time {TOML}"),
    ("Stations!C3", "lognormal(12]", f"cycle_time {TOML}"),
    ("Stations!C3", "lognormal(12", f"cycle_time {TOML}"),
    ("Stations!C3", "12)", f"cycle_time {TOML}"),
    ("Stations!C3", "lognormal(12)", "cycle_time.cv: this key is missing."),
    ("Stations!C3", "lognormal(mean = 12, sd = 8)", "cycle_time.sd: unknown key, got 8"),
    ("Stations!C3", "lognormal(-12, 0.8)", "cycle_time: Lognormal: mean must be"),
    ("Stations!C3", "[" * 30_000, f"cycle_time {TOML}"),
    ("Stations!C3", "fixed(" * 5_000, f"cycle_time {TOML}"),
    ("Stations!D2", 2, "robots must be the roles of the robots, not their number, got 2"),
    ("Stations!D4", "spray", "the sheet Stations tells its robots too, got 'P1'", "Robots!A2"),
    ("Stations!D2", None, "robot: there are no robots that could share this"),
    ("Stations!E2", "gum", "B1-R1.failures.gum: no name in [failures]; the file has gun, jam, got"),
    ("Stations!F3", "jam, jm", "failures.jm: no name in [failures]; the file has gun, jam, got 'j"),
    ("Stations!F3", "jam,", "failures.: no name in [failures]; the file has gun, jam, got ''"),
    ("Stations!G3", 1.5, "Station 'B2': scrap must be at most 1, got 1.5"),
    ("Lines!A2", "PAINT", "duplicate name, got 'PAINT'", "Lines!A3"),
    ("Lines!B2", 3.5, "Line 'BODY': buffers must be a whole number, got 3.5"),
    ("Lines!C3", "betwen", "Shop 'plant': unknown store in the `takes` of line 'PAINT', got 'bet"),
    ("Lines!E2", "late", "working_time: no name in [working_times]; the file has early, got 'la"),
    ("Stores!B2", None, "capacity: this key is missing."),
    ("Stores!B2", 20.5, "Store 'between': capacity must be a whole number, got 20.5"),
    ("Stores!C2", 21, "Store 'between': initial must be at most"),
    ("Failures!B2", 60, "Failure 'gun': uptime must be a Distribution, got 60. An availability"),
    ("Failures!A3", "gun", "duplicate name, got 'gun'"),
    ("Failures!D2", "fitters", "Shop 'plant': unknown crew"),
    ("Failures!E3", "clock", "Failure 'jam': clock must be 'operating' or 'calendar', got 'clock'"),
    ("Robots!A2", "P2", "no such station, got 'P2'. Did you mean P1"),
    ("Robots!C2", None, "role: this key is missing."),
    ("Shifts!B2", None, "opening must not be empty."),
    ("Shifts!C2", 6, "WorkingTime: a closing hour must be greater than 6, got 6"),
    ("Shifts!B3", 13, "WorkingTime: an opening hour must be at least 14, got 13"),
    ("Shifts!D2", None, "every must tell after which hours the windows of 'early' repeat"),
    ("Shifts!D3", 25, "every must tell after which hours the windows of 'e", "Shifts!D2"),
    ("Shifts!C2", datetime.date(2020, 1, 1), "closing must be an hour or a time of day, not a da"),
    ("Shifts!C2", "25:70", f"closing {TOML} '25:70'"),
    ("Products!B2", 1.5, "Product 'A': share must be at most 1, got 1.5"),
    ("Orders!A2", "C", "Shop 'plant': unknown product"),
    ("Orders!B2", 0.5, "Sequence: the count of an order of 'A' must be a whole number, got 0.5"),
    ("Shop!B2", 0, "Shop 'plant': repair_crews must be at least 1, got 0"),
    ("Shop!C2", '{ kind = "cycle", products = ["A"] }', "the sheet Orders tells it too"),
    ("Shop!A3", "other", "this sheet must have one row, got 'other'"),
    ("Start!B2", "sleeping", "Start: the state of station 'B1' must be one of"),
    ("Start!A2", "B9", "Shop 'plant': unknown station in start, got 'B9'"),
]


def changed(cell: str, new: object) -> Sheets:
    """The good sheets with something else in one cell."""
    title, column, row = re.fullmatch(r"(.*)!([A-Z])(\d+)", cell).groups()
    sheets = {name: [[*each] for each in rows] for name, rows in GOOD.items()}
    rows = sheets[title]
    rows += [[None] * len(rows[0]) for _ in range(int(row) - len(rows))]
    rows[int(row) - 1][ord(column) - ord("A")] = new
    return sheets


def faults(path: Path) -> list[str]:
    with pytest.raises(ValueError) as caught:  # noqa: PT011, the text is checked
        read_shop(path)
    first, *lines = str(caught.value).split("\n  ")
    assert first == f"{path}: faults found: {len(lines)}"
    return lines


def test_the_good_workbook_is_good(tmp_path):
    shop = read_shop(written(tmp_path / "good.xlsx", GOOD))
    assert shop.n_robots == 3
    assert_survives(shop, tmp_path)


@pytest.mark.parametrize("case", FAULTS, ids=[f"{case[0]}-{case[1]!s:.20}" for case in FAULTS])
def test_a_fault_is_told_with_its_cell(case, tmp_path):
    cell, new, text, *where = case
    lines = faults(written(tmp_path / "bad.xlsx", changed(cell, new)))
    place = where[0] if where else cell
    assert [line for line in lines if line.startswith((f"{place}: {text}", f"{place}, {text}"))]
    assert len(lines) <= 3  # two robots, or a name that others use


def test_all_faults_are_told_at_once(tmp_path):
    sheets = changed("Stations!C2", "60 s")
    for cell, new in {"Stores!B2": -1, "Lines!B2": "x", "Failures!B3": None}.items():
        title = cell.partition("!")[0]
        sheets[title] = changed(cell, new)[title]
    sheets["Stocks"] = [["store", "capacity"], ["x", 1]]
    lines = faults(written(tmp_path / "bad.xlsx", sheets))
    assert sorted(line.partition(":")[0] for line in lines) == [
        *("Failures!B3, uptime", "Lines!B2", "Stations!C2", "Stocks!A1", "Stores!B2"),
    ]


SHEETS = {
    "unknown": ({"Storse": STORES}, "Storse!A1: unknown sheet, got 'Storse'. Did you mean Stores"),
    "twice": (
        {"Planned stops": [["planned_stop"], ["a"]], "planned_stops": [["planned_stop"], ["b"]]},
        "planned_stops!A1: there are two such sheets, got 'planned_stops'. Leave one out.",
    ),
    "none": ({"Stations": []}, "Stations: there must be such a sheet, with a row for each station"),
    "no row": ({"Stations": STATIONS[:1]}, "Stations: there must be such a sheet, with a row for"),
    "no column": ({"Stores": [["capacity"], [3]]}, "Stores!A1: there must be a column store."),
    "three stores": (
        {"Stores": [["store", "capacity"], ["a", 1], ["b", 1]]},
        "Stores!A2: Shop 'bad': each store must be filled by a line, or hold `initial` parts",
    ),
}


@pytest.mark.parametrize("case", SHEETS)
def test_a_fault_of_a_sheet_is_told(case, tmp_path):
    sheets, text = SHEETS[case]
    lines = faults(written(tmp_path / "bad.xlsx", {"Stations": STATIONS, **sheets}))
    assert [line for line in lines if line.startswith(text)]


def test_whatever_stands_in_a_cell_its_fault_names_a_cell(tmp_path):
    """A shop, or faults each of which begins with a cell."""
    cells = [
        f"{title}!{'ABCDEFG'[column]}{row}"
        for title, rows in GOOD.items()
        for row, values in enumerate(rows, start=1)
        for column, value in enumerate(values)
        if value is not None
    ]
    told = []
    for cell, new in zip(cells, itertools.cycle(["[[1]]", "{ x = 1 }", True, -1, "a, b"])):
        path = written(tmp_path / "any.xlsx", changed(cell, new))
        try:
            read_shop(path)
        except ValueError as error:
            told.append(str(error))
    assert len(told) > 0.8 * len(cells)
    lines = [line for text in told for line in text.split("\n  ")[1:]]
    assert [line for line in lines if not re.match(r"\w+![A-G]\d+[:,] ", line)] == []


# ------------------------------------------------------------------ files that are no workbooks


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def good_parts(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(written(folder / "good.xlsx", GOOD)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows_of(inside: bytes) -> bytes:
    name = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (name, inside)


ENTITIES = b"".join(b'<!ENTITY e%d "%s">' % (k, b"&e%d;" % (k - 1) * 10) for k in range(1, 12))
PARTS = {
    "bomb": (b" " * 2**28, "unpacked it must be at most 128 MiB, got 268,"),
    "far": (rows_of(b'<row r="99999999999"><c r="A1"><v>1</v></c></row>'), "a sheet must have at"),
    "wide": (
        rows_of(b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (k, k) for k in range(1, 999))),
        "a sheet must have at most 1,048,576 rows and 5,000,000 cells",
    ),
    "number": (rows_of(b'<row r="1"><c r="A1"><v>one</v></c></row>'), "not a workbook (.xlsx), or"),
    "digits": (rows_of(b'<row r="1"><c r="A1"><v>%s</v></c></row>' % (b"9" * 9999)), "not a work"),
    "cut": (rows_of(b"")[:-9], "this is not a workbook (.xlsx), or it is damaged: ParseError"),
    "entities": (
        b'<!DOCTYPE a [<!ENTITY e0 "aaaaaaaaaa">%s]>' % ENTITIES
        + rows_of(b'<row r="1"><c r="A1" t="inlineStr"><is><t>&e11;</t></is></c></row>'),
        "this is not a workbook (.xlsx), or it is damaged",
    ),
}


@pytest.mark.parametrize("case", PARTS)
def test_a_file_that_is_damaged_or_too_large_is_refused(case, tmp_path):
    part, text = PARTS[case]
    path = tmp_path / "bad.xlsx"
    path.write_bytes(zipped({**good_parts(tmp_path), "xl/worksheets/sheet1.xml": part}))
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: .*{re.escape(text)}"):
        read_shop(path)


@pytest.mark.parametrize(
    "raw",
    [b"", b"line,station,cycle_time", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", zipped({"a": b"b"})],
    ids=["empty", "text", "with a password", "another zip"],
)
def test_what_is_no_workbook_is_refused(raw, tmp_path):
    path = tmp_path / "bad.xlsx"
    path.write_bytes(raw)
    cure = "Save it as .xlsx, without a password."
    with pytest.raises(ValueError, match=rf"this is not a workbook \(.xlsx\), or .*{cure}$"):
        read_shop(path)


def test_a_file_cut_short_is_refused_wherever_it_is_cut(tmp_path):
    raw = written(tmp_path / "good.xlsx", GOOD).read_bytes()
    path = tmp_path / "bad.xlsx"
    for end in range(0, len(raw), len(raw) // 30):
        path.write_bytes(raw[:end])
        with pytest.raises(ValueError, match="this is not a workbook"):
            read_shop(path)


def test_a_folder_and_a_missing_file_are_told(tmp_path):
    (tmp_path / "folder.xlsx").mkdir()
    with pytest.raises(IsADirectoryError, match="it is a folder, not a file"):
        read_shop(tmp_path / "folder.xlsx")
    written(tmp_path / "shop.xlsx", GOOD)
    with pytest.raises(FileNotFoundError, match=r"no such file.*similar names there: shop.xlsx"):
        read_shop(tmp_path / "shp.xlsx")


def test_without_openpyxl_the_error_tells_what_to_install(tmp_path, monkeypatch):
    path = written(tmp_path / "shop.xlsx", GOOD)
    shop = read_shop(path)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    for call in (lambda: read_shop(path), lambda: shop.to_excel(path)):
        with pytest.raises(ImportError, match=r'pip install "ningde_sim\[excel\]" installs it'):
            call()
