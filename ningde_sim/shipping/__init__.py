"""The export of cars and CKD sets: from the gate of the plant to the ship."""

from ningde_sim.shipping.ship import ShippingRun, ship

__all__ = ["ShippingRun", "ship"]
