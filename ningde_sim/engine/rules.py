"""The rules by which a shop runs.

Both engines follow these rules. The SimPy engine (`reference`) defines them; the compiled engine
(`compiled`, `_kernel`) gives equal arrays.

**1. Clock.** The clock counts whole milliseconds. A drawn duration is rounded to the clock once.
Descriptions give cycles in seconds, repairs in minutes, uptimes and horizons in hours.

**2. Station.** A station holds one body. At each instant it is in one state: off (outside its
working time), down (under repair), waiting (for a crew), planned (in a planned stop), working,
blocked or starved. Where several apply, the first in this list counts. The hours of a station in
its states add up to the horizon exactly.

**3. Blocking.** A finished body stays on its station until there is room behind it (blocking after
service). The transfer is part of the cycle.

**4. Buffers.** The buffers of a line lie strictly between its stations; 0 is hand to hand. Papers
often count the place on the station as well.

**5. Ends.** A line that takes from no store has endless supply; a line that puts to no store is
never blocked. A body counts when it leaves the last station of an `output` line.

**6. Store.** A store is a buffer shared by lines: first in, first out, with a capacity and a
transit time. A part in transit takes up capacity, but is not ready. Any number of lines put to a
store and take from it; first come, first served. With `initial` parts it is a pool of skids,
pallets or cards.

- An empty station joins the queue for parts of each store that it takes from. A finished station
  joins the queue for free places of each store that it puts to. A buffer inside a line works the
  same way, with one station on each side.
- The k-th station in a queue has a part when k parts are ready, and a place when k places are
  free. So a station that came first keeps its claim, even while it waits for something else.
- A station moves when each of its stores has a part (a place) for it.
- At capacity 0 the k-th station that puts meets the k-th that takes. They move together, and with
  all stations that they in turn have to meet.

**7. Assembly.** The first station of a line takes one part from each store in `takes` at the same
instant. The last station puts one part to each store in `puts` at the same instant.

**8. Failures.** A failure belongs to a robot or to a station; either way it stops the station. Its
clock runs until it fails, and starts afresh after the repair. The clock "operating" runs only
while the station works (operation-dependent failures, ODF). The clock "calendar" runs in all
working time, except from its failure to the end of its repair (time-dependent failures, TDF). The
same MTBF and MTTR give different answers on the two clocks. Interrupted work resumes where it
stopped.

- A station under repair still takes a body and gives one away; it does not work on it.
- A calendar clock also runs while the station is idle or under another repair, so several repairs
  may go on at one station. The station works again after the last of them.
- If an operating clock runs out at the instant at which a body is finished, the station stops at
  its next start.
- If two operating clocks run out together, the failure declared first comes first; the other comes
  when work goes on.
- An uptime lasts at least 1 ms.

**9. Crews.** A failure with `crew=True` waits for one of the shop's repair crews; first come, first
served. If the shop gives no number of crews, one is always free.

**10. Planned stops.** A planned stop is due after every n cycles of its station, and comes before
the next start, when the next body is there. Only the part of it that the transfer does not hide
counts. Of the stops that are due together the longest counts.

**11. Scrap and rework.** A finished body is scrapped at its station with the probability `scrap`,
and processed there again at once with the probability `rework`.

**12. Working time.** Outside its windows a station neither works nor moves. Its failure clocks, its
repairs and the transit of its stores pause, and go on at the next opening. What ends at the
instant of closing ends, and moves. If a station closes for good during a repair, its crew goes
free then; no crew comes to it any more.

**13. One instant, many events.** Events of one millisecond happen in this order:

1. a working time opens; in the order in which shop, stores and lines first name it;
2. a part ends its transit; in the order of the stores;
3. a station ends its planned stop or its body, or an operating clock runs out; in the order of the
   stations;
4. a repair ends, or a calendar clock runs out; in the order of the stations, at each station its
   robots' failures before its own.

Stores come in the order of declaration, then the buffers line by line; stations come line by line.
Nothing depends on the order in which an engine creates things, or on draws. Each event is followed
through before the next: the moves that it makes possible are tried, first come, first served. A
move wakes other stations. It goes through the stations that move, in the order in which they were
found to move together: for each it wakes first those that wait for the place or the part that this
station sets free, then the station itself, if it is now empty. At the start all stations join
their queues in order.

**14. Random streams.** All stochastic times are drawn by name: the k-th draw of a thing depends on
seed, run, its name and the purpose alone. Run 37 alone is run 37 of 200, and any number of workers
gives the same. Two shops run on common random numbers: their results differ only by what differs
between the shops.

- The k-th cycle of a station, repeats counted, has the k-th draw of its cycle time, and the k-th
  number between 0 and 1 for its quality: scrap below `scrap`, rework below `scrap + rework`.
- The k-th uptime and the k-th repair of a failure have the k-th draws of theirs.

**What counts.** Everything after the warm-up counts, up to and including the last instant; without
a warm-up the first instant counts too. If something lasts across either end, its part inside
counts. A wait for a crew counts as one of the waits if it ends inside.

`critical_path` says which step made a move or another step possible.
"""

from __future__ import annotations

from enum import IntEnum

from ningde_sim._support import units
from ningde_sim.plant.station import PlannedStop


class State(IntEnum):
    """What a station is doing; where several apply, the lowest number counts, `OFF` before all."""

    DOWN = 0
    WAITING = 1
    PLANNED = 2
    WORKING = 3
    BLOCKED = 4
    STARVED = 5
    OFF = 6


STATES = ("working", "planned", "down", "waiting", "blocked", "starved", "off")
"""The states in the order of the tables."""


def visible_ms(stop: PlannedStop) -> int:
    """What of a planned stop delays the next start. [ms]"""
    return round(stop.visible * units.MS_PER_S)
