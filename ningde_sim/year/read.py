"""Reading a scenario from a TOML file, or by the name of one that ships."""

from __future__ import annotations

import difflib
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ningde_sim._support import checks, files
from ningde_sim._support.toml import tables
from ningde_sim._support.workbook import is_workbook
from ningde_sim.exceptions import NoEffect
from ningde_sim.plant import data_files
from ningde_sim.plant.faults import fault_lines, faults_found
from ningde_sim.plant.from_sheets import shop_of_workbook
from ningde_sim.plant.quantity import Quantity
from ningde_sim.plant.read import checked
from ningde_sim.plant.shop_tables import ShopTables
from ningde_sim.year.overlay import overlaid, title_and_notes
from ningde_sim.year.scenario import RESERVED_RULE, Scenario, is_reserved
from ningde_sim.year.scenario_paths import BEFORE
from ningde_sim.year.schema import BlockTable
from ningde_sim.year.shops import NAMING, AnyShop, check_names

ALIKE = 0.9
"""How similar two names are of which one may be misspelt, from 0 to 1. [-]"""

QUANTITY_KEYS = {"value", "unit"}
"""Keys by which a table is recognised as a quantity."""


MOST_BASES = 20
"""Longest chain of files each of which is the base of the one before. [files]"""

MOST_CHANGES = 1_000
"""Paths that [changes] of a file may hold; each faulty one is looked for."""


def scenario(name_or_path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario that ships, or that a TOML file describes.

    Each of its `shops` is a file, one beside it or one that ships, or a table: a shop with its
    `lines`, as `read_shop` reads it, or a block, told by its rate. A number is a plain number, in
    the unit below, or a quantity: { value = 60, unit = "s", low = 55, high = 70, evidence =
    "measured", source = "a study of May" }. What has a range is drawn anew in each run of a study.

    A block is a station that sets the pace and a check behind it. Parts that are not right first
    time are checked once more, without slowing the shop; what is `repeated` goes through the
    station again. With a `lead_time` they travel so long from one to the other, at most rate times
    lead time and `spare_capacity` of them: without spare, its stops block the station.

    Of a shop with several lines behind the first shop `entries` says which lines take what the
    shop before has made. `calendars.<shop>.shifts` replaces all shifts; closures add up, by name.

    With `base = "ningde-2021"`, or the name of a file beside it, a file needs to hold only what
    differs: its tables are laid over those of the base. Its [changes] then replace values by path,
    with a quantity, a number, a date or a word. `title` and `notes` of a file replace those of its
    base; without `notes` of its own, its first note says what it changes.

    Bounds beside those of `read_shop`: 20 bases, 1,000 changes, dates from 1900 to 2200, durations
    of 10,000 days, 10,000 stops a month, 1,000,000 cars, units, lots or bodies.

    Parameters
    ----------
    name_or_path : str or path
        Such as "ningde-2021" (`Scenario.names()` lists them), or "my_plant/2025.toml".

    Raises
    ------
    FileNotFoundError
        Unknown name or file; the message names the nearest.
    ValueError
        A faulty file; the message lists every fault: its path in the file, the rule, the value.

    Warns
    -----
    NoEffect
        A `drawn_with` that no other quantity has, although others have one that is nearly the same.
    CalendarWarning
        A plan beyond the overtime cap or beyond the announced holidays; a date outside the
        calendar.

    Notes
    -----
    Its keys; `<...>` is a name, a table that is optional may be left out as a whole, and
    `...` stands for `export.gateways.<g>`.

    =================================  =========================  ==============  ==================
    key                                unit, or what it is        default         example
    =================================  =========================  ==============  ==================
    name                               text                       required        "mine"
    title                              text                       required        "Two shops"
    notes                              list of texts              none            ["All assumed."]
    base                               a scenario, or a file      none            "ningde-2021"
    changes.<path>                     a value, by its path       none            64
    shops                              names, in flow order       required        ["press", "paint"]
    <shop>                             a file, or a table         required        "press.toml"
    <shop>_before                      until the retooling        none            "old.toml"
    <block>.rate                       parts/h, bodies/h, ...     required        60
    <block>.uptime                     -                          1               0.95
    <block>.stop                       min, the mean (MTTR)       with uptime     5
    <block>.lead_time                  h                          none            9
    <block>.spare_capacity             parts beside the lead      0               90
    <block>.first_time_ok              -                          1               0.88
    <block>.repeated                   -                          0               0.02
    <block>.scrap                      -                          0               0.001
    <block>.extra_hours                h a working day            0               2
    <block>.station                    name of what sets pace     <shop> line     "topcoat"
    <block>.check                      name of what follows       <shop> check    "inspection"
    stores.<store>                     parts; between two shops   none            120
    entries.<shop>                     lines that take from it    its only one    ["trim"]
    columns.<shop or store>            name in tables of results  its key         "bodies"
    target                             any; it says what is made  none            240_000
    month_target                       a column of `monthly`      none            30_000
    calendar.start                     date                       required        2026-01-01
    calendar.end                       date                       required        2026-12-31
    calendar.shifts                    shifts, a day              or by name      2
    calendar.shift_hours               h, of a number of shifts   required        8
    calendar.shifts.<name>             a table, or two times      or a number     ["06:00", "14:00"]
    calendar.shifts.<name>.start       time of day                required        "22:00"
    calendar.shifts.<name>.end         time of day                required        "06:00"
    calendar.shifts.<name>.breaks      pairs of times             none            [["9:00", "9:15"]]
    calendar.shifts.<name>.weekdays    list of days               the calendar's  ["sat"]
    calendar.weekdays                  list of days               mon to fri      ["mon", "tue"]
    calendar.country                   code: public holidays      none            "DE"
    calendar.region                    code of a part of it       none            "BY"
    calendar.saturdays                 days/month                 0               4
    calendar.overtime                  h/month, of a crew         0               12
    calendar.maintenance               h a day not worked         0               4
    calendar.crews                     crews                      one a shift     3
    calendar.shift_hours_by_month      h, 12 from January on      none            [8, ..., 10]
    calendar.crews_by_month            crews, the same            none            [2, ..., 3]
    calendar.saturdays_by_month        days/month, the same       none            [4, ..., 2]
    calendar.overtime_by_month         h/month, the same          none            [0, ..., 17]
    calendar.closures.<name>.start     date                       required        2026-08-03
    calendar.closures.<name>.days      days in a row              required        14
    calendars.<shop>.<key>             as [calendar]              the plant's     shifts = 3
    retooling.start                    date                       required        2026-07-01
    retooling.delay                    days                       required        0
    retooling.full_stop_days           days, those worked         required        8
    retooling.partial_weeks            weeks                      required        4
    retooling.night_rate               - at nights, week-ends     required        0.5
    retooling.shops                    list of shops              all             ["press"]
    products.<p>.share                 -; of one none             none            0.3
    products.<p>.start                 date                       from the first  2026-09-01
    products.<p>.delay                 days                       0               7
    products.<p>.ramp.initial_speed    -                          required        0.6
    products.<p>.ramp.days_to_90       days                       required        60
    products.<p>.ramp.stations         names or patterns          all             ["FIN-*"]
    supply.<cause>.share               - of the hours             none            0.05
    supply.<cause>.per_month           stops/month                none            0.6
    supply.<cause>.duration            h of work, the mean        required        16
    supply.<cause>.cv                  -                          required        1
    supply.<cause>.shops               list of shops              required        ["paint"]
    supply.<cause>.season              12 weights, mean 1         all 1           [0.5, ..., 1]
    slowdowns.<cause>.start            date                       required        2026-02-01
    slowdowns.<cause>.days             days                       required        21
    slowdowns.<cause>.rate             - of the full rate         required        0.85
    slowdowns.<cause>.shops            list of shops              required        ["paint"]
    ckd.share                          - of sets and vehicles     required        0.15
    ckd.uses_body_shop                 whether from bodies        false           true
    export.vehicle_share               -                          required        0.15
    export.ckd_share                   -                          required        0.5
    export.initial                     units at the start         required        300
    export.yard                        cars                       required        3000
    export.destinations.<d>.share      -                          required        0.2
    export.destinations.<d>.ckd_share  -                          its share       0.1
    export.destinations.<d>.voyage     days                       required        15
    export.gateways.<g>.yard           cars                       required        4000
    export.gateways.<g>.loading_rate   cars/day                   required        1700
    export.gateways.<g>.clearance      days                       required        3
    ....legs.<leg>.carries             cars, ckd_sets             "cars"          "ckd_sets"
    ....legs.<leg>.share               -                          required        1
    ....legs.<leg>.lot                 units                      required        240
    ....legs.<leg>.per_day             lots/day                   required        2
    ....legs.<leg>.loading             h                          required        5
    ....legs.<leg>.transit             h                          required        16
    ....legs.<leg>.unloading           h                          required        5
    ....legs.<leg>.longest_wait        days                       required        5
    ....legs.<leg>.overflow            true: takes the rest       false           true
    ....closures.<c>.closes            land, sea                  required        ["sea"]
    ....closures.<c>.days              days                       required        2
    ....closures.<c>.start             date, or per_year          none            2026-09-13
    ....closures.<c>.per_year          closures/year              none            3
    ....closures.<c>.season            12 weights, mean 1         all 1           [0, 0, ..., 4]
    export.services.<s>.gateway        name of a gateway          required        "xiamen"
    export.services.<s>.destinations   destinations               required        ["europe"]
    export.services.<s>.carries        cars, ckd_sets             "cars"          "ckd_sets"
    export.services.<s>.slots          units a call               required        800
    export.services.<s>.slip           days, the mean             required        3
    export.services.<s>.calls          calls/month, or dates      none            2
    export.services.<s>.dates          dates of calls             none            [2026-03-01]
    export.services.<s>.order          age, destination, waiting  "age"           "waiting"
    =================================  =========================  ==============  ==================

    Examples
    --------
    >>> plan = scenario("ningde-2021")
    >>> print(plan.get("retooling.full_stop_days"))
    8 days (3-20), assumed
    """
    path = data_files.find("scenario", name_or_path)
    plan, faults = _read(_load(path), path.parent)
    if plan is None:
        raise ValueError(faults_found(str(path), faults))
    plan.check_plan()
    _warn_of_misspelt(plan)
    return plan


def _warn_of_misspelt(plan: Scenario) -> None:
    """Warn of a `drawn_with` that one quantity has alone, where others have nearly the same."""
    given = plan.assumptions()["drawn_with"]
    names: dict[str, set[str]] = {}
    for path, name in given.items():  # a quantity may stand in both body shops
        names.setdefault(name or str(path), set()).add(str(path).replace(f"{BEFORE}.", "."))
    for name, at in names.items():
        if len(at) > 1 or name not in set(given):
            continue
        alike = difflib.get_close_matches(name, names.keys() - {name}, cutoff=ALIKE)
        if alike:
            owner = f"Scenario {plan.name!r}: {next(iter(at))}"
            rule = "no other quantity is drawn with it, so its drawn_with has no effect"
            text = checks.complain(owner, rule, name, f"Did you mean {alike[0]!r}?")
            warnings.warn(NoEffect(text), stacklevel=3)


def _load(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The tables of a file, laid over those of its base."""
    data = tables(path)
    if data_files.kind_of(data) == "shop":
        rule = "this is a shop, not a scenario: `read_shop` reads it"
        cure = f'Its scenario has `base = "ningde-2022"` and `body_shop = "{path.name}"`.'
        if "lines" in data:
            cure = f'Its scenario has `shops = ["mine"]` and `mine = "{path.name}"`.'
        raise ValueError(f"{path}: {rule}. {cure}")
    if "base" not in data:
        return data
    base = data.pop("base")
    beside = path.parent / str(base)
    is_beside = files.exists(beside) and not beside.is_dir()
    under = beside if is_beside else data_files.find("scenario", str(base), path.parent)
    above = (*above, path.resolve())
    if under.resolve() in above:
        raise ValueError(f"{path}: base must not lead back to this file, got {base!r}.")
    if len(above) > MOST_BASES:
        rule = f"base must lead through at most {MOST_BASES} files"
        raise ValueError(checks.complain(str(path), rule, base))
    of_base = _load(under, above)
    old, new = (names if isinstance(names, list) else [] for names in _shops(of_base, data))
    keys = [name + end for name in {*old, *new} for end in ("", BEFORE)]
    brought = {key: data[key] for key in keys if key in data and not _is_block(data[key])}
    texts = title_and_notes(of_base, data, str(base), brought, _shop_notes(brought, path.parent))
    left_out = [name + end for name in old if name not in new for end in ("", BEFORE)]
    kept = {key: value for key, value in of_base.items() if key not in left_out}
    if left_out:  # what was between them or of them goes too
        kept.pop("stores", None)
        for head in ("calendars", "entries", "columns"):
            if isinstance(kept.get(head), dict):
                kept[head] = {k: v for k, v in kept[head].items() if k not in left_out}
    return overlaid(kept, {**texts, **data})


def _is_block(shop: Any) -> bool:
    return isinstance(shop, Mapping) and not {"zones", "lines"} & shop.keys()


def _shops(base: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[Any, Any]:
    """The names of the shops of a base, and of what is laid over it."""
    old = base.get("shops")
    return old, data.get("shops", old)


def _shop_notes(brought: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """The notes of the shops that a file brings, each with the name of its shop."""
    for key, shop in brought.items():
        if isinstance(shop, str) and files.exists(path := _shop_path(shop, folder)):
            shop = tables(path)
        if isinstance(shop, Mapping) and isinstance(notes := shop.get("notes"), list):
            yield from (f"Of the shop {shop.get('name', key)}: {note}" for note in notes)


def _read(data: dict[str, Any], folder: Path) -> tuple[Scenario | None, list[str]]:
    """The scenario or None, and all faults."""
    faults: list[str] = []
    changes = data.pop("changes", {})
    names = data.get("shops")
    if names == []:
        faults.append(checks.complain("shops", "a plant has at least one shop", names))
    elif not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        rule = 'it must be a list of names, in the order of the flow, such as ["press", "paint"]'
        if names is not None:
            faults.append(checks.complain("shops", rule, names))
        names = []
    for name in {name for name in names if names.count(name) > 1}:
        faults.append(checks.complain("shops", "each shop must stand once", name))
    names = [*dict.fromkeys(names)]
    groups: dict[str, dict[str, AnyShop]] = {"shops": {}, "before": {}}
    for name in names:
        if is_reserved(name):
            faults.append(checks.complain("shops", RESERVED_RULE, name))
            continue
        if name not in data:
            rule = "the shop of this name is missing"
            cure = f'Give it by `{name} = "FILE.toml"` or as a table [{name}].'
            faults.append(checks.complain(name, rule, None, cure))
        for group, key in (("shops", name), ("before", name + BEFORE)):
            if key in data:
                shop = _shop(key, data.pop(key), folder, faults)
                groups[group] |= {name: shop} if shop is not None else {}
    if "shops" in data:
        data |= {"shops": None} if faults else groups
    try:
        plan = TypeAdapter(Scenario).validate_python(data)
    except ValidationError as error:
        lines = fault_lines(error, Scenario)
        if faults:
            lines = [line for line in lines if not line.startswith("shops: ")]
        return None, [*dict.fromkeys([*faults, *lines, *_unknown_names(names, data)])]
    return _changed(plan, changes)


def _unknown_names(shops: list[str], data: Mapping[str, Any]) -> list[str]:
    """The faults of names in tables that could not be read for other faults."""
    if not shops:
        return []
    try:
        check_names(shops, {key: data.get(key) or {} for key in NAMING})
    except ValidationError as error:
        return fault_lines(error, Scenario)
    return []


def _shop(key: str, given: Any, folder: Path, faults: list[str]) -> AnyShop | None:
    """A shop from its file or table; its faults are added."""
    try:
        return _read_shop(given, folder)
    except ValidationError as error:
        faults += fault_lines(error, BlockTable, key)
    except (ValueError, OSError) as error:
        lines = [line.strip() for line in str(error).splitlines()]
        faults += [f"{key}: {line}" for line in lines if not FOUND.search(line)]
    return None


FOUND = re.compile(r": faults found: \d+$")
"""How the first line of an error ends that lists faults."""


def _read_shop(given: Any, folder: Path) -> AnyShop:
    if isinstance(given, str):
        path = _shop_path(given, folder)
        if not files.exists(path):
            raise ValueError(f"no such file, got {given!r}. {files.near(folder / given)}")
        if is_workbook(path):
            return ShopTables.of(shop_of_workbook(path))
        data, owner = tables(path), str(path)
    elif isinstance(given, Mapping):
        data, owner = dict(given), "The shop"
    else:
        raise ValueError(f"a shop must be the name of a file or a table, got {given!r}.")
    if "lines" in data:
        return ShopTables.read(data, owner)
    if "zones" in data or isinstance(given, str):
        return checked(owner, data)
    block: BlockTable = TypeAdapter(BlockTable).validate_python(data)
    return block


def _shop_path(given: str, folder: Path) -> Path:
    """The file of a shop: one beside the scenario, or one that ships."""
    beside = folder / given
    return beside if files.exists(beside) else Path(str(resources.files("ningde_sim.data") / given))


def _changed(plan: Scenario, changes: Any) -> tuple[Scenario | None, list[str]]:
    """The scenario after its changes or None, and all their faults."""
    if not isinstance(changes, Mapping):
        return None, [f"changes must be a table of paths, got {changes!r}."]
    if len(changes) > MOST_CHANGES:
        return None, [checks.complain("changes", f"at most {MOST_CHANGES:,}", len(changes))]
    faults, new = [], {}
    for path, value in changes.items():
        if isinstance(value, Mapping) and not QUANTITY_KEYS & value.keys():
            rule = "a change must be a quantity, a number, a date, a word or a list"
            cure = f"Put a new table outside [changes], under the heading [{path}]."
            faults.append(checks.complain(f"changes.{path}", rule, dict(value), cure))
            continue
        try:
            is_table = isinstance(value, Mapping)
            new[path] = TypeAdapter(Quantity).validate_python(value) if is_table else value
        except ValidationError as error:
            faults += fault_lines(error, Quantity, "changes", path)
    together = _refused(plan, new)
    if not faults and not together:
        return plan.replaced(new), []
    alone = [fault for path, value in new.items() for fault in _refused(plan, {path: value})]
    return None, [*faults, *(alone or together)]


def _refused(plan: Scenario, changes: Mapping[str, Any]) -> list[str]:
    """The faults of some changes."""
    try:
        plan.replaced(changes)
    except (KeyError, TypeError, ValueError) as error:
        return [f"changes: {line}" for line in str(error.args[0]).splitlines()]
    return []
