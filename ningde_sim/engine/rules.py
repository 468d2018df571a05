"""The rules by which a shop runs.

Both engines follow these rules. The SimPy engine (`reference`) defines them; the compiled engine
(`compiled`, `_kernel`) gives equal arrays.

**1. Clock.** The clock counts whole milliseconds. A drawn duration is rounded to the clock once.
A fixed duration of c ms keeps its rate: its k-th repeat, counted from 0, lasts
round((k + 1) c) - round(k c), so that k repeats last k c, to half a millisecond. Descriptions give
cycles in seconds, repairs in minutes, uptimes and horizons in hours.

**2. Station.** A station holds one body. At each instant it is in one state: off (outside its
working time), down (under repair), waiting (for a crew), planned (in a planned stop), setup,
working, blocked or starved. Where several apply, the first in this list counts. The hours of a
station in its states add up to the horizon exactly.

**3. Blocking.** A finished body stays on its station until there is room behind it (blocking after
service). The transfer is part of the cycle. A line with `transfer="together"` indexes: all bodies
move on one station at one instant, as soon as no body is in work or on its way out by scrap or
reject, no station is stopped, and the last station is empty or has a place behind it. If no part is
there for the first station, it stays empty up to the next index.

**4. Buffers.** The buffers of a line lie strictly between its stations; 0 is hand to hand. Papers
often count the place on the station as well.

**5. Ends.** A line that takes from no store has endless supply; a line that puts to no store is
never blocked. A body counts when it leaves the last station of an `output` line, one for each
cycle, whatever it puts to stores. A line with `copies` is as many equal lines side by side, each
with stations, buffers, failures and random streams of its own, which take from the same stores and
put to the same stores.

**6. Store.** A store is a buffer shared by lines: first in, first out, with a capacity and a
transit time. A part in transit takes up capacity, but is not ready. With a headway it is an
accumulating conveyor: a part goes in at the earliest a headway after the one before, and is ready
at the earliest a headway after the one before was taken; both pass in its working time. Any number
of lines put to a store and take from it. With `initial` parts it is a pool of skids, pallets or
cards, or, if no line fills it, a stock that runs out.

- An empty station asks for its parts of each store that it takes from; a finished station asks for
  its places in each store that it puts to. A buffer inside a line works the same way, with one
  station on each side.
- A station can move in its working time, when each of its stores has the parts (the places) for
  it. Of alternatives it uses the first that can serve at that instant, in order of preference. At
  capacity 0 it has to meet a partner that can move too, the first that asked; they move together,
  and with all stations that they in turn have to meet.
- First come, first served among those that can move now: when a part or a place becomes free, when
  a station asks and when a working time opens, those that wait for it are tried in the order in
  which they asked, those under repair or waiting for a crew after the others. Each that can move,
  moves.

So nobody holds a claim while it cannot move, no part lies idle while a station that asked could
take it, and no place stays free while a station that asked could fill it. The price: a line that
needs many things at once may starve beside lines that take one of them as soon as it is there.

**7. Assembly.** The first station of a line takes from all of `takes` at the same instant, in the
quantities given. The last station puts to all of `puts` at the same instant. An entry may be
alternatives in order of preference; all parts of an entry come from (go to) one store. A `Split`
sends the body of the k-th cycle to the store that the k-th number between 0 and 1 of the entry
chooses, whether it has a place or not.

**8. Failures.** A failure belongs to a robot, to a station or to a line. That of a robot stops its
station, that of a line stops all stations of the line, and so their operating clocks. The clock of
a failure runs until it fails, and starts afresh after the repair. The clock "operating" runs only
while the station works (operation-dependent failures, ODF); that of a line runs while any of its
stations works. The clock "calendar" runs in all working time, except from its failure to the end of
its repair (time-dependent failures, TDF). The same MTBF and MTTR give different answers on the two
clocks.

- A station under repair still takes a body and gives one away; it does not work on it.
- A calendar clock also runs while the station is idle or under another repair, so several repairs
  may go on at one station. The station works again after the last of them.
- If an operating clock runs out at the instant at which a body is finished, the station stops at
  its next start; the clock of a line stops the line at that instant.
- If two operating clocks of a station run out together, the failure declared first comes first; the
  other comes when work goes on.
- An uptime lasts at least 1 ms.
- `then` says what becomes of a body whose cycle has begun: some ms of it are done, and the body is
  not held. Work goes on where it stopped ("resume"); or the whole cycle is done again, of the same
  length ("restart"); or the body is scrapped at this instant ("scrap"), as after a cycle: it counts
  as a cycle and as scrapped, its carrier goes back, and the next body may come while the repair
  goes on. A failure between bodies, or at the first instant of one, costs no body.
- With `aged` the first uptime is what is left of one under way in a plant that has run for long.

**9. Crews.** A failure with a `crew` asks for one of the shop's repair crews: of any group, or of
those with that name or skill. Of those that wait the highest priority comes first, then the first
request; each takes the first declared group that has a crew free and can come. If the shop has no
groups, a crew is always free.

- A group without a working time is only where work can go on, so never at a station outside its
  working time. At closing the repair rests and its crew goes free; what is left of the repair asks
  again at once, with its first request.
- A group with a working time of its own repairs in that time, whether the line is open or not, and
  rests at its own closing. What rests may go on with another group at once.
- A repair is booked on the clock on which it passes: at night too with a group that works at night.
  A wait for a crew is booked on the clock of the station or the line.

**10. Planned stops.** A planned stop is due after every n cycles of its station, after so many
hours of its work, or at multiples of so many hours by the clock, nights included, from the start
of the run. It comes before the next start, when the next body is there; what was missed several
times makes one stop. Only the part of it that the transfer does not hide counts. Stops that are due
together run side by side: the longest counts. A failure interrupts them.

- A stop with a crew asks for one as a failure does, with priority 0, and waits and rests as a
  repair does; a failure does not interrupt it. The stops due with it go on meanwhile.

**11. Quality.** A finished body is scrapped at its station with the probability `scrap`, processed
there again at once with the probability `rework`, and leaves the line there with the probability
`reject`, to all of the line's `rejects`. A body that was reworked or rejected `rounds` times in its
line is scrapped instead of once more; who leaves the line good begins anew. What carried a scrapped
body goes to the stores in the `returns` of its line, until they have a place the station is
blocked.

**12. Working time.** Outside its windows a station neither works nor moves. Its failure clocks, its
repairs and the transit of its stores pause, and go on at the next opening. What ends at the
instant of closing ends, and moves. The line's `at_close` says what becomes of a body in work:

- "pause": its work rests too.
- "finish": once its work has begun, the station goes on until the body is finished, in overtime:
  with its operating clocks and the repairs that it then needs, but without calendar clocks. The
  body leaves at the next opening. The clocks and the repairs of a failure of the line do not go on
  in overtime, and a body that such a failure has stopped must begin again: it rests if the line has
  closed. If its body is scrapped, the station works no overtime any more, and its repairs rest.
- "hold": its work does not begin if it would last longer than the window. The station is off until
  the next opening. If a failure holds up a body that was begun, its work rests at closing.

**13. One instant, many events.** Events of one millisecond happen in this order:

1. a working time opens; in the order in which shop, crews, stores and lines first name it;
2. a part ends its transit; in the order of the stores;
3. a station ends its planned stop, its setup or its body, or an operating clock of it runs out; in
   the order of the stations;
4. a repair, a planned stop or a setup with a crew ends or rests, or a calendar clock or one of a
   line runs out; line by line in the order of the stations, at each station its robots' failures
   before its own, then its stops with a crew, then its setup; after the last station of a line the
   failures of the line;
5. the last part leaves the entry of a conveyor; in the order of the stores.

Stores come in the order of declaration, then the buffers line by line; stations come line by line,
the copies of a line one after another.
Nothing depends on the order in which an engine creates things, or on draws. Each event is followed
through before the next: the moves that it makes possible are tried, then those that they make
possible, always the station first that asked first. Stations that move together go on in the order
in which they were found; those that are then empty ask in this order. At the start all stations ask
in order.

**14. Random streams.** All stochastic times are drawn by name: the k-th draw of a thing depends on
seed, run, its name and the purpose alone. Run 37 alone is run 37 of 200, and any number of workers
gives the same. Two shops run on common random numbers: their results differ only by what differs
between the shops.

- The k-th cycle of a station, repeats counted, has the k-th draw of its cycle time, and the k-th
  number between 0 and 1 for its quality: scrap below `scrap`, rework below `scrap + rework`,
  reject below `scrap + rework + reject`.
- The k-th draw of values in a stated order is the k-th value, whatever seed and run; after the last
  value they begin again.
- The k-th uptime and the k-th repair of a failure have the k-th draws of theirs. An age has draws
  of its own, in the place of the first uptime.
- The k-th time of a planned stop has the k-th draw of its duration, the k-th setup of a station
  that of the change that it is.
- The n-th batch of the sequence has the n-th number of the plant: a change of the mix changes no
  failure.
- The first copy of a line has the streams of the plain names, each other copy its own: a copy more
  changes no draw of the others.

**15. Lead time.** A part is born at its first load. An assembled body is the part that was born
first of those of the first entry in `takes`. Of several parts put, the first is the body, the
others are copies of it, born when it was. The lead time of a body goes from its birth to its exit.
There it ends: what an output line puts, and what carried a scrapped body, is born anew at its next
load. Work in process (WIP) is the number of parts that are born and have not ended by exit, scrap
or assembly, on stations and in stores.

**16. Products.** A shop with `products` gives each part a product at its birth, and it keeps it; a
body has that of the part that it is. Number n of a count has the n-th product of the plant's
`sequence`: by shares, drawn anew for each batch (of the products that have started when the first
count comes to the number, or later); in a cycle; or by a list of orders, behind which no part is
born. Lines that put to the same store share one count, and so do all that put to none: the n-th
birth among them has number n, so that every line that feeds a body follows the same sequence. The
parts at the start have the first numbers, those that have come furthest the lowest; skids and
parts of a stock that no line fills have none before their first load.

- A line that `makes` some products takes the first ready part that it can make, of a store
  `in_order` only its first. If it takes from no store it waits until the next number of its count
  is one of its products. `match` names stores of which it takes the first part of the body's
  product; the body is then the first for which all these have one. Among those that wait, first
  stations of lines that make fewer products are tried before others, and inner stations first.
- Cycle, scrap, rework and reject may differ by product. The k-th cycle of a product at a station
  has the k-th draw of its own cycle time, and a fixed one keeps its rate product by product.
- A `ramp` makes a cycle longer by the inverse of the speed that is reached when its work is begun.
- A setup comes before the work, after planned stops that are due without a crew. The first body of
  a run needs none; what is processed again counts as the same product again. It may need a crew:
  then it waits and rests as a repair does.
- A bank is a store of lanes, each first in, first out: `Store.bank` tells which lane a part goes to
  and which leaves. A part of another lane is not reached past the first.
- A shop of one product gives the same results as one without products.

**17. Stuck.** A station is stuck if it waits for a part or a place that can never come: whatever
would bring it waits too, in a ring or for something that nobody makes. A run with stuck stations
says since when, and who waits for whom. Behind the last order stations have nothing to wait for;
then parts that are left tell that it is stuck.

**What counts.** Everything after the warm-up counts, up to and including the last instant; without
a warm-up the first instant counts too. If something lasts across either end, its part inside
counts. A wait for a crew counts as one of the waits if it ends inside.

`critical_path` says which step made a move or another step possible.

**Engines.** The reference, in SimPy, is the definition. The compiled engine goes from event to
event in the same order; or, where it can, it lets bodies flow: between openings and closings a move
is made as soon as all that it needs is known, at the greatest of the keys that it needs. A key is
an instant and the number of the event, in the order of 13, in whose train something happens; so
what others' order hangs on, such as who comes first to a shared store or to a crew, comes out as
from the events. What keys cannot put in order makes the run be made anew, from event to event. All
give equal arrays.
"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """What a station is doing; where several apply, the lowest number counts.

    `OFF` counts before all outside the working time, and after repairs for a body that is held.
    """

    DOWN = 0
    WAITING = 1
    PLANNED = 2
    SETUP = 3
    WORKING = 4
    BLOCKED = 5
    STARVED = 6
    OFF = 7


STATES = ("working", "setup", "planned", "down", "waiting", "blocked", "starved", "off")
"""The states in the order of the tables."""

OPEN_STATES = STATES[:-1]
"""The states but `off`: their shares of the open time add up to 1."""
