"""The shops of a year: what their parts are called, and the rules between them.

A shop is detailed, with lines and stations, or a block, told by its rate. They follow one another
in the order of the scenario, with a store between each two; what leaves the last is at the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ningde_sim.plant.faults import fault
from ningde_sim.plant.line import Line
from ningde_sim.plant.read import build
from ningde_sim.plant.schema import ShopFile
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.shop_tables import ShopTables
from ningde_sim.year.schema import BlockTable

Detailed = ShopFile | ShopTables
AnyShop = Detailed | BlockTable

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
    free = tuple(line.name for line in shop.lines if not line.takes)
    if len(free) != 1:
        lines = ", ".join(free) or "it has none"
        rule = f"which of its lines without `takes` take from the shop before? {lines}"
        raise fault(rule, None, "entries", key)
    return free


def check_shops(plan: Any) -> None:
    """Raise a fault for shops, stores and names of a scenario that do not fit together."""
    shops: Mapping[str, AnyShop] = plan.shops
    if not shops:
        raise fault("a plant has at least one shop", [], "shops")
    if len(plan.stores) != len(shops) - 1:
        rule = f"one store between each two of {', '.join(shops)}, in their order"
        raise fault(rule, ", ".join(plan.stores) or None, "stores")
    stations: dict[str, str] = {}
    for number, (key, shop) in enumerate(shops.items()):
        if number and not isinstance(shop, BlockTable):
            own = built(shop)
            _check_entry(key, own, entry_lines(key, own, plan.entries))
        for name in stations_in(key, shop):
            if name in stations:
                rule = f"the shop {stations[name]!r} has a station of this name too"
                raise fault(rule, name, key)
            stations[name] = key
    for key in plan.entries:
        if isinstance(shops.get(key), BlockTable | None) or key == next(iter(shops)):
            rule = "it names lines of a detailed shop behind the first"
            raise fault(rule, key, "entries", key)
    for key in plan.columns:
        known = [*shops, *plan.stores, *(f"in_{name}" for name in shops)]
        if key not in known:
            raise fault(f"one of {', '.join(known)}", key, "columns", key)
    for key in plan.calendars:
        if key not in shops:
            raise fault(f"unknown shop; the plant has {', '.join(shops)}", key, "calendars", key)
    for where, named in _named_shops(plan):
        for name in named:
            if name not in shops:
                raise fault(
                    f"unknown shop; the plant has {', '.join(shops)}", name, *where, "shops"
                )
    if plan.ckd is not None and plan.ckd.packs_bodies and len(shops) < 2:
        rule = "CKD sets are taken from what leaves the last shop but one, and there is one shop"
        raise fault(rule, True, "ckd", "uses_body_shop")
    _check_products(plan)


def _check_entry(key: str, shop: Shop, entry: tuple[str, ...]) -> None:
    known = [line.name for line in shop.lines]
    for name in entry:
        if name not in known:
            raise fault(f"unknown line; the shop has {', '.join(known)}", name, "entries", key)


def _check_products(plan: Any) -> None:
    """Refuse products that several tell."""
    shops = plan.shops.items()
    told = [key for key, shop in shops if isinstance(shop, ShopTables) and shop.shop.products]
    if told and plan.products:
        rule = "no shop has products of its own where the scenario has [products]"
        raise fault(rule, told, "products")
    if told not in ([], [next(iter(plan.shops))]):
        raise fault("only the first shop has products, which go through all", told, told[-1])


def _named_shops(plan: Any) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    if plan.retooling is not None:
        yield ("retooling",), plan.retooling.shops
    for head in ("supply", "slowdowns"):
        for cause, table in getattr(plan, head).items():
            yield (head, cause), table.shops


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
