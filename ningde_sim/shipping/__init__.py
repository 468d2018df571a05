"""Export: from the gate to the ship, and whether the cars can leave."""

from ningde_sim.shipping.ship import ShippingRun, ship

__all__ = ["ShippingRun", "ship"]
