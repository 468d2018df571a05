"""A shop with products as one that makes their mix."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from ningde_sim.plant.distributions import Distribution, Gamma, fixed
from ningde_sim.plant.line import Line
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Station


def of_one_product(shop: Shop) -> Shop:
    """A shop without products that can make at least as much as this one.

    Each station has the mean cycle and quality of the products by their shares in the mix. Where a
    line makes some products only, or where products are scrapped or rejected differently, the mix
    that comes to a station is not known beforehand: it has the shortest of its cycles and the best
    quality. Setups and ramps are left out, and any part fits.
    """
    if not shop.products:
        return shop
    shares = shop.mix
    known = not any(line.makes for line in shop.lines) and not any(
        isinstance(getattr(station, field), Mapping)
        for station in shop.stations
        for field in ("scrap", "rework", "reject")
    )
    lines = [_line(line, shares, known) for line in shop.lines]
    stores = [replace(store, lanes=0, rule="batch", in_order=False) for store in shop.stores]
    return replace(shop, lines=lines, stores=stores, products=(), sequence=None)


def _line(line: Line, shares: Mapping[str, float], known: bool) -> Line:
    made = {name: share for name, share in shares.items() if not line.makes or name in line.makes}
    stations = [_station(station, made, known) for station in line.stations]
    return replace(line, stations=stations, makes=(), match=())


def _station(station: Station, shares: Mapping[str, float], known: bool) -> Station:
    quality = {
        field: min(station.share_of(field, product) for product in shares)
        for field in ("scrap", "rework", "reject")
    }
    cycle = _cycle(station, shares, known)
    return replace(station, cycle_time=cycle, setup=None, **quality)  # type: ignore[arg-type]


def _cycle(station: Station, shares: Mapping[str, float], known: bool) -> Distribution:
    """A cycle of the first two moments of the mix, or the shortest in the mean."""
    cycles = {product: station.cycle_of(product) for product in shares}
    if len({*cycles.values()}) == 1 or not known:
        return min(cycles.values(), key=lambda cycle: cycle.mean)
    whole = math.fsum(shares.values())
    mean = math.fsum(share * cycles[p].mean for p, share in shares.items()) / whole
    squares = (share * (cycles[p].mean ** 2 + cycles[p].std ** 2) for p, share in shares.items())
    cv = math.sqrt(max(0.0, math.fsum(squares) / whole / mean**2 - 1.0))
    return Gamma(mean, cv) if cv > 0.001 else fixed(mean)
