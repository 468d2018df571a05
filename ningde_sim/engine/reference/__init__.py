"""The SimPy engine: it defines the model, and is written to be read beside `engine.rules`.

Stations, the transits of stores and failures are processes. The priority of an event orders the
events of one instant: it is the number of the thing in the order of the rules. A process that is
resumed changes only its own things, so the order of creation does not matter.

Read `floor` first, then `stations` and `stores`, then `failures` and `crews`.
"""

from ningde_sim.engine.reference.events import Due
from ningde_sim.engine.reference.floor import Floor
from ningde_sim.engine.reference.horizon import LAST, run

__all__ = ["LAST", "Due", "Floor", "run"]
