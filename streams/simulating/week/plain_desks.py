"""The two desks to compare with: a queue for each channel, and one queue for all. No automation.

A silo knows its channel and nothing else. What comes from one address about one issue is a ticket
of the channel's queue, first in, first out; nobody sees what was said elsewhere, and who gets a
ticket from a colleague gets no facts with it. The unified desk is made as good as one without
automation can be: it knows which messages belong together and how pressing each issue is without
ever being wrong, and facts are never lost. Both keep two questions apart that come from one
address. Nobody notices that a waiting ticket is solved already or given up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush

from schemas.vocabulary import CHANNELS, priority_rank
from streams.simulating.week.agenda import Agenda
from streams.simulating.week.assumptions import Assumptions
from streams.simulating.week.crew import effort
from streams.simulating.week.customers import Customers
from streams.simulating.week.draws import Draws
from streams.simulating.week.issues import DAY, Issue, Said, plain
from streams.simulating.week.lives import Life

ALL = "all"
"""The name of a queue for all channels."""


@dataclass(slots=True)
class Ticket:
    """One ticket of such a desk.

    Attributes:
        life: Its issue.
        queue: In which queue it waits.
        number: How manieth ticket of its issue it is.
        facts: The facts that were said in it.
        busy: Whether it waits or is in somebody's hand.
        routed: Whether somebody had it before.
        passed_on: Whether it came from a colleague who could not help.
    """

    life: Life
    queue: str
    number: int
    facts: set[str] = field(default_factory=set)
    busy: bool = False
    routed: bool = False
    passed_on: bool = False


class PlainDesk:
    """A desk without automation.

    Args:
        agenda: When what happens.
        draws: Decides.
        assumed: How people are.
        seats: How many people are at work, by queue; one queue for `ALL`, or one for each channel.
        misrouted: With which chance an issue that takes a specialist comes to the wrong one.
    """

    def __init__(
        self,
        agenda: Agenda,
        draws: Draws,
        assumed: Assumptions,
        seats: dict[str, int],
        misrouted: float,
    ) -> None:
        self._agenda = agenda
        self._draws = draws
        self._assumed = assumed
        self._free = dict(seats)
        self._unified = ALL in seats
        self._misrouted = misrouted
        self._tickets: dict[tuple[str, ...], Ticket] = {}
        self._waiting: defaultdict[str, list[tuple[int, int, Ticket]]] = defaultdict(list)
        self._arrivals = 0

    def begin(self, customers: Customers, until: float) -> None:
        """It serves some customers from now on: its people come every day until a moment."""
        self._customers = customers
        morning = self._assumed.opens * 3600.0
        while morning < until:
            self._agenda.at(morning, self._open)
            morning += DAY

    def hear(self, life: Life, said: Said, at: float) -> None:
        """A message has come in; one that was delivered before is known as such."""
        if said.repeat:
            return
        key = (life.issue.id,) if self._unified else (life.issue.id, said.channel, said.handle)
        ticket = self._tickets.get(key)
        if ticket is None:
            queue = ALL if self._unified else said.channel
            ticket = self._tickets[key] = Ticket(life, queue, life.tickets)
            life.tickets += 1
        text = plain(said.text)
        ticket.facts.update(fact for fact in life.issue.facts if plain(fact) in text)
        if not ticket.busy:
            self._queue(ticket, at)

    def _queue(self, ticket: Ticket, at: float) -> None:
        ticket.busy = True
        self._arrivals += 1
        rank = -priority_rank(ticket.life.issue.priority) if self._unified else 0
        heappush(self._waiting[ticket.queue], (rank, self._arrivals, ticket))
        self._serve(ticket.queue, at)

    def _open(self, at: float) -> None:
        for queue in self._free:
            self._serve(queue, at)

    def _serve(self, queue: str, at: float) -> None:
        waiting = self._waiting[queue]
        while waiting and self._free[queue] and self._assumed.staffed(at):
            self._free[queue] -= 1
            self._take(heappop(waiting)[2], at)

    def _take(self, ticket: Ticket, at: float) -> None:
        life = ticket.life
        wrong = (
            life.issue.specialist
            and not ticket.routed
            and self._draws.share(life.issue.id, "misrouted", ticket.number) < self._misrouted
        )
        ticket.routed = True
        done = effort(life, self._draws, self._assumed, informed=self._informed(ticket))
        if not wrong:
            self._customers.taken_up(life, at)
        ends = max(at + done.seconds, life.issue.ends)
        self._agenda.at(ends, partial(self._end, ticket, wrong, done.solves))

    def _informed(self, ticket: Ticket) -> bool:
        if self._unified:
            return True
        known: set[str] = set() if ticket.passed_on else ticket.facts
        return ticket.life.given <= known

    def _end(self, ticket: Ticket, wrong: bool, solves: bool, at: float) -> None:  # noqa: FBT001  # bound by `partial`
        ticket.busy = False
        self._free[ticket.queue] += 1
        if wrong:
            ticket.life.transfers += 1
            ticket.passed_on = True
            self._customers.passed_on(ticket.life, at)
            self._queue(ticket, at)
        else:
            ticket.passed_on = False
            self._customers.replied(ticket.life, at, "person", right=solves)
            self._serve(ticket.queue, at)


def shared_out(seats: int, issues: Iterable[Issue]) -> dict[str, int]:
    """Seats for each channel by its share of the issues, at least one for each that is used."""
    counts = dict.fromkeys(CHANNELS, 0)
    for issue in issues:
        counts[issue.said[0].channel] += 1
    found = dict.fromkeys(CHANNELS, 1)
    for _ in range(seats - len(found)):
        most = max(CHANNELS, key=lambda one: (counts[one] / found[one], counts[one]))
        found[most] += 1
    return found
