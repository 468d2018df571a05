"""The shops of a year: what their parts are called, and the rules between them.

A shop is detailed, with lines and stations, or a block, told by its rate. They follow one another
in the order of the scenario, with a store between each two; what leaves the last is at the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ningde_sim.plant.faults import fault, together
from ningde_sim.plant.line import Line
from ningde_sim.plant.product import Product, Sequence
from ningde_sim.plant.read import build
from ningde_sim.plant.schema import ShopFile
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.shop_tables import ShopTables
from ningde_sim.plant.start import Start
from ningde_sim.year.schema import BlockTable

Detailed = ShopFile | ShopTables
AnyShop = Detailed | BlockTable

TO_PACKING = "to packing"
"""The store before the packing of CKD sets."""

PACKING = "CKD packing"
"""The station that takes CKD sets from the bodies."""


def words(key: str) -> str:
    """A key of a file as people say it."""
    return key.replace("_", " ")


def station_of(key: str, block: BlockTable) -> str:
    """The station of a block that sets its pace."""
    return block.station or f"{words(key)} line"


def check_of(key: str, block: BlockTable) -> str:
    """The station of a block behind it."""
    return block.check or f"{words(key)} check"


def inside_of(key: str) -> str:
    """The store of a block whose parts travel from one to the other."""
    return f"in {words(key)}"


def built(shop: Detailed) -> Shop:
    """A detailed shop, each number at its typical value."""
    return shop.shop if isinstance(shop, ShopTables) else build(shop)


def entry_lines(key: str, shop: Shop, entries: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The lines of a shop that take what the shop before it has made, before all else."""
    if key in entries:
        return entries[key]
    if len(shop.lines) > 1:
        lines = ", ".join(line.name for line in shop.lines)
        rule = f"which of its lines take what the shop before has made? It has {lines}"
        raise fault(rule, None, "entries", key)
    return (shop.lines[0].name,)


NO_MEANING = {
    "start": "a year begins after days of undisturbed work",
    "sequence": "a list of orders ends within the year; give shares of products or a cycle",
}
"""Keys of a shop that mean nothing in a year, or some of their values, and why."""

HOURS = "the hours of a year stand in [calendar] and [calendars.<shop>]"


def _check_meaning(key: str, shop: Shop) -> None:
    """Refuse what a shop says that means nothing in a year, rather than ignore it."""
    if shop.start != Start():
        raise fault(f"{NO_MEANING['start']}; leave it out", shop.start, key, "start")
    if shop.sequence is not None and shop.sequence.kind == "orders":
        raise fault(NO_MEANING["sequence"], "orders", key, "sequence", "kind")
    if shop.working_time is not None:
        raise fault(f"{HOURS}; leave it out", shop.working_time, key, "working_time")
    for head, things in (("lines", shop.lines), ("stores", shop.stores)):
        for each in things:
            if each.working_time is not None:
                where = (key, head, each.name, "working_time")
                raise fault(f"{HOURS}; leave it out", each.working_time, *where)
    for crew in shop.crew_groups:
        every = crew.working_time.every if crew.working_time else 24.0
        if every is None or 24.0 % every:
            rule = "a crew has its hours by the clock, from midnight on: `every` must be 24"
            raise fault(rule, every, key, "crews", crew.name, "working_time")
    for product in shop.products:
        for name, rule in (
            ("start", "in a year [products] of the scenario tells the day of a start"),
            ("ramp", "in a year [products] of the scenario tells the ramp of a product"),
        ):
            if given := getattr(product, name):
                raise fault(rule, given, key, "products", product.name, name)


def check_shops(plan: Any) -> None:
    """Raise a fault for shops, stores and names of a scenario that do not fit together."""
    shops: Mapping[str, AnyShop] = plan.shops
    if not shops:
        raise fault("a plant has at least one shop", [], "shops")
    together(
        [
            lambda: check_names([*shops], {key: getattr(plan, key) for key in NAMING}),
            lambda: _check_parts(plan),
            lambda: _check_products(plan),
        ]
    )


def _check_parts(plan: Any) -> None:
    """Raise a fault for names that stand twice, and for what means nothing in a year."""
    shops: Mapping[str, AnyShop] = plan.shops
    several = sum(not isinstance(shop, BlockTable) for shop in shops.values()) > 1
    names: dict[tuple[str, str], str] = {}
    for store in plan.stores:
        names["store", words(plan.columns.get(store, store))] = "plant itself"
    if plan.ckd is not None and plan.ckd.packs_bodies:
        names |= {("station", PACKING): "packing of CKD sets", ("line", PACKING): "packing"}
        names["store", TO_PACKING] = "packing of CKD sets"
    for key, shop in [*shops.items(), *plan.before.items()]:
        if isinstance(shop, ShopTables):
            _check_meaning(key, shop.shop)
    for number, (key, shop) in enumerate(shops.items()):
        if number and not isinstance(shop, BlockTable):
            own = built(shop)
            _check_entry(key, own, entry_lines(key, own, plan.entries))
        for kind, name in _names_in(key, shop, several=several):
            if (kind, name) in names:
                other = names[kind, name]
                owner = f"shop {other!r}" if other in shops else other
                raise fault(f"the {owner} has a {kind} of this name too", name, key)
            names[kind, name] = key
    if len({words(plan.columns.get(store, store)) for store in plan.stores}) < len(plan.stores):
        raise fault("two stores have one name", dict(plan.columns), "columns")
    for key in plan.entries.keys() & shops.keys():
        if isinstance(shops[key], BlockTable) or key == next(iter(shops)):
            rule = "it names lines of a detailed shop behind the first"
            raise fault(rule, key, "entries", key)
    if plan.ckd is not None and plan.ckd.packs_bodies and len(shops) < 2:
        rule = "CKD sets are taken from what leaves the last shop but one, and there is one shop"
        raise fault(rule, True, "ckd", "uses_body_shop")


NAMING = ("stores", "calendars", "entries", "columns", "retooling", "supply", "slowdowns")
"""Tables of a scenario that name its shops."""


def check_names(shops: list[str], tables: Mapping[str, Any]) -> None:
    """Raise faults for unknown names of shops, and for stores that are not between them.

    Parameters
    ----------
    shops : list of str
    tables : mapping
        Those of `NAMING`, as they are read, or as a faulty file has them.
    """
    of = {key: table if isinstance(table, Mapping) else {} for key, table in tables.items()}
    unknown = f"unknown shop; the plant has {', '.join(shops)}"
    columns = [*shops, *of["stores"], *(f"in_{name}" for name in shops)]
    wrong: list[tuple[str, Any, tuple[str, ...]]] = []
    if len(of["stores"]) != len(shops) - 1:
        rule = f"one store between each two of {', '.join(shops)}, in their order"
        wrong.append((rule, ", ".join(of["stores"]) or None, ("stores",)))
    rule = f"one of {', '.join(columns)}"
    wrong += [(rule, key, ("columns", key)) for key in of["columns"] if key not in columns]
    for head in ("calendars", "entries"):
        wrong += [(unknown, key, (head, key)) for key in of[head] if key not in shops]
    for where, named in _named_shops(tables["retooling"], of):
        wrong += [(unknown, name, (*where, "shops")) for name in named if name not in shops]
        twice = {name for name in named if named.count(name) > 1}
        wrong += [("each shop must stand once", name, (*where, "shops")) for name in twice]
    together([lambda each=each: _raise(*each) for each in wrong])  # type: ignore[misc]


def _raise(rule: str, got: Any, where: tuple[str, ...]) -> None:
    raise fault(rule, got, *where)


def _named_shops(
    retooling: Any, of: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Where shops are named, and their names."""
    tables: list[tuple[tuple[str, ...], Any]] = [(("retooling",), retooling)]
    for head in ("supply", "slowdowns"):
        tables += [((head, cause), table) for cause, table in of[head].items()]
    for where, table in tables:
        named = table.get("shops") if isinstance(table, Mapping) else getattr(table, "shops", None)
        if isinstance(named, (list, tuple)):
            yield where, [name for name in named if isinstance(name, str)]


def _check_entry(key: str, shop: Shop, entry: tuple[str, ...]) -> None:
    known = [line.name for line in shop.lines]
    if not entry:
        raise fault(f"at least one of {', '.join(known)}", [], "entries", key)
    for name in entry:
        if name not in known:
            raise fault(f"unknown line; the shop has {', '.join(known)}", name, "entries", key)
        if entry.count(name) > 1:
            raise fault("each line must stand once", name, "entries", key)


def _check_products(plan: Any) -> None:
    """Refuse products that several tell.

    [products] of the scenario or the first shop tells them. Another shop may name the same ones,
    without shares, so that its cycles may differ by product.
    """
    told = {
        key: shop.shop
        for key, shop in plan.shops.items()
        if isinstance(shop, ShopTables) and shop.shop.products
    }
    first = next(iter(plan.shops))
    source = "[products]" if plan.products else f"the shop {first!r}"
    names = [*plan.products]
    if not names and first in told:
        names = [product.name for product in told.pop(first).products]
    for key, shop in told.items():
        own = [product.name for product in shop.products]
        if sorted(own) != sorted(names):
            rule = (
                f"{source} tells the products, which go through all: {', '.join(names) or 'none'}"
            )
            raise fault(rule, own, key, "products")
        for product in shop.products:
            if product != Product(product.name):
                rule = f"only its name: {source} tells shares"
                raise fault(rule, product, key, "products", product.name)
        if shop.sequence is not None and shop.sequence != Sequence.random():
            raise fault(f"{source} tells the sequence", shop.sequence.kind, key, "sequence")


def _names_in(key: str, shop: AnyShop, *, several: bool) -> Iterator[tuple[str, str]]:
    """The names that a shop brings into the plant, which no other shop may have.

    Of a shop of zones, which is built only if there are `several` detailed ones, the stations.
    """
    for name in stations_in(key, shop):
        yield "station", name
    if isinstance(shop, BlockTable):
        yield "line", station_of(key, shop)
        if shop.lead_time is not None:
            yield "line", check_of(key, shop)
            yield "store", inside_of(key)
    elif several or isinstance(shop, ShopTables):
        own = built(shop)
        yield from (("line", line.name) for line in own.lines)
        yield from (("store", store.name) for store in own.stores)
        yield from (("robot", robot.name) for each in own.stations for robot in each.robots)


def stations_in(key: str, shop: AnyShop) -> list[str]:
    """The names of the stations of a shop."""
    if isinstance(shop, BlockTable):
        return [station_of(key, shop), check_of(key, shop)]
    if isinstance(shop, ShopTables):
        return [station.name for station in shop.shop.stations]
    return [
        f"{line}-{entry.suffix}"
        for zone in shop.zones.values()
        for line in zone.lines
        for entry in zone.stations
    ]


def output_lines(shop: Shop) -> list[Line]:
    """The lines whose last station makes what the shop is for."""
    return [shop.line(name) for name in shop.output or ()]


def crews_of(shop: Detailed) -> Any:
    """The number of repair crews: a Quantity, a number or None."""
    return (
        shop.tables.get("repair_crews") if isinstance(shop, ShopTables) else shop.shop.repair_crews
    )
