"""The product before the week's customers.

Real are all its decisions, read from the events that it wrote: which messages belong together,
what is answered by an article and which, what comes to a person, to whom next and in which order,
for which team, what is escalated, and which facts go along. Its specialists are the seats, each
with room for one ticket: so the queue is the product's own.

Modelled is what people do: how long they have a ticket in hand and whether that solves it, by the
same draws as at the other desks. A person works through every issue whose messages the product put
into the ticket and that nobody replied to, passes on one that came to the wrong team (in another
language than the product took it for, likewise), and says that the ticket is solved when done.

A suggested article ("did you mean") is no reply here: a colleague looks at it as well, and the
customer waits for them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import msgspec

from schemas.event import Intent
from schemas.events.choices import ContextTransferred
from schemas.events.decisions import AnswerChosen, ContactLinked
from schemas.events.intents import ReplyWritten, ResolveAsked, TransferAsked
from schemas.events.tickets import (
    TicketAssigned,
    TicketEscalated,
    TicketsMerged,
    TicketTransferred,
    TicketTriaged,
)
from schemas.record import Record
from schemas.vocabulary import rfc3339
from streams.simulating.week.agenda import Agenda
from streams.simulating.week.assumptions import Assumptions
from streams.simulating.week.crew import effort
from streams.simulating.week.customers import Customers
from streams.simulating.week.draws import Draws
from streams.simulating.week.issues import BEFORE, Document, Issue, Said, moment, plain, seconds
from streams.simulating.week.lives import Life
from streams.simulating.week.product import Product

HOUR = 3600.0

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Quoted(msgspec.Struct):
    """A fact of a packet: what it says, and the contact that said it."""

    text: str
    contact_id: str


_facts = msgspec.json.Decoder(list[Quoted])


class Answer(NamedTuple):
    """An automatic answer.

    Attributes:
        issue: What was asked.
        article: What was sent.
        confidence: How sure the product was.
    """

    issue: Issue
    article: str
    confidence: float

    @property
    def right(self) -> bool:
        """Whether it is the article that answers the issue."""
        return self.article == self.issue.article


class Packet(NamedTuple):
    """What went along when a person took a ticket up, held against what the customer had given.

    Attributes:
        issue: The issue.
        facts: The facts that were given before, and whether each is in the packet.
        handed_on: Whether it was a hand-over: somebody dealt with it before, or it changed channel.
        strange: How many facts of other people are in the packet.
    """

    issue: Issue
    facts: tuple[tuple[str, bool], ...]
    handed_on: bool
    strange: int


@dataclass(slots=True)
class Ledger:
    """What only the product leaves behind.

    Attributes:
        answers: Every automatic answer.
        packets: Every packet.
        routed: By issue, whether an issue that takes a specialist came to the right one at first.
        messages: How many messages came in.
        traced: How many of these were linked to exactly one ticket.
    """

    answers: list[Answer] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    routed: dict[str, bool] = field(default_factory=dict)
    messages: int = 0
    traced: int = 0


def seats(assumed: Assumptions) -> list[Document]:
    """The people at work as the product's specialists: each may take any ticket, one at a time."""
    hours = [[f"{int(assumed.opens):02}:00", f"{int(assumed.shuts):02}:00"]]
    return [
        {
            "type": "specialist",
            "specialist_id": f"seat-{number:02}",
            "name": f"Seat {number}",
            "languages": ["en"],
            "capacity": 1,
            "hours": dict.fromkeys(DAYS, hours),
            "at": BEFORE,
        }
        for number in range(1, assumed.seats + 1)
    ]


class SystemDesk:
    """The product as a desk of the week.

    Args:
        agenda: When what happens.
        draws: Decides.
        assumed: How people are.
        product: A desk that was taught, and knows its customers and its seats.

    Attributes:
        ledger: What only the product leaves behind.
    """

    def __init__(
        self, agenda: Agenda, draws: Draws, assumed: Assumptions, product: Product
    ) -> None:
        self._agenda = agenda
        self._draws = draws
        self._assumed = assumed
        self._product = product
        self._of_contact: dict[str, Life] = {}
        self._unanswered: defaultdict[str, list[Life]] = defaultdict(list)
        self._latest: dict[str, Life] = {}
        self._teams: dict[str, tuple[str | None, str | None]] = {}
        self._lines: dict[str, str] = {}
        self._packets: dict[str, list[Quoted]] = {}
        self._links: defaultdict[str, int] = defaultdict(int)
        self.ledger = Ledger()

    def begin(self, customers: Customers, until: float) -> None:
        """It serves some customers from now on; its timers are looked at every hour."""
        self._customers = customers
        self._product.take(seats(self._assumed))
        self._product.work()
        hour = 0.0
        while hour < until:
            self._agenda.at(hour, self._work)
            hour += HOUR

    def hear(self, life: Life, said: Said, at: float) -> None:
        """A message has come in."""
        (contact,) = self._product.take(
            [
                {
                    "channel": said.channel,
                    "handle": said.handle,
                    "message": said.text,
                    "provider_id": said.provider_id,
                    "at": rfc3339(moment(said.at)),
                }
            ]
        )
        self._of_contact[contact] = life
        self._work(at)

    def end(self) -> Ledger:
        """What the product leaves behind, all told."""
        self.ledger.messages = len(self._of_contact)
        self.ledger.traced = sum(self._links[one] == 1 for one in self._of_contact)
        return self.ledger

    def _work(self, at: float) -> None:
        taken: list[tuple[str, str]] = []
        for record in self._product.work(at):
            self._read(record, taken)
        for ticket, seat in taken:
            lives = self._unanswered.pop(ticket, None) or [self._latest[ticket]]
            self._take(ticket, seat, lives, at)

    def _read(self, record: Record, taken: list[tuple[str, str]]) -> None:
        event = record.event
        match event:
            case ContactLinked() if event.ticket_id is not None:
                self._linked(event.contact_id, event.ticket_id)
            case AnswerChosen():
                self._answered(event, seconds(record.at))
            case TicketTriaged() | TicketTransferred():
                language = event.language if isinstance(event, TicketTriaged) else None
                self._teams[event.ticket_id] = event.team, language
            case TicketEscalated():
                for life in self._unanswered[event.ticket_id] or [self._latest[event.ticket_id]]:
                    life.escalated = True
            case ContextTransferred() if event.ticket_id is not None:
                self._packets[event.ticket_id] = _facts.decode(event.facts)
            case TicketAssigned():
                self._lines[event.ticket_id] = event.customer_id
                taken.append((event.ticket_id, event.specialist_id))
            case TicketsMerged():
                self._unanswered[event.into] += self._unanswered.pop(event.ticket_id, [])
            case _:
                pass

    def _linked(self, contact: str, ticket: str) -> None:
        life = self._of_contact[contact]
        self._links[contact] += 1
        if ticket not in self._latest:
            life.tickets += 1
        self._latest[ticket] = life
        if life not in self._unanswered[ticket]:
            self._unanswered[ticket].append(life)

    def _answered(self, event: AnswerChosen, at: float) -> None:
        life = self._of_contact[event.contact_id]
        answer = Answer(life.issue, event.solution_id, event.confidence or 0.0)
        self.ledger.answers.append(answer)
        waiting = self._unanswered[event.ticket_id or ""]
        if life in waiting:
            waiting.remove(life)
        self._customers.replied(life, at, "article", right=answer.right)

    def _take(self, ticket: str, seat: str, lives: list[Life], at: float) -> None:
        """Somebody takes up the first of a ticket's issues."""
        life = lives[0]
        informed = self._informed(life, self._packets.get(ticket, []))
        wrong = self._is_wrong(ticket, life)
        done = effort(life, self._draws, self._assumed, informed=informed)
        if not wrong:
            self._customers.taken_up(life, at)
        ends = max(at + done.seconds, life.issue.ends)
        self._agenda.at(ends, partial(self._end, ticket, seat, lives, wrong, done.solves))

    def _is_wrong(self, ticket: str, life: Life) -> bool:
        """Whether an issue that takes a specialist came to the wrong one; asked once an issue."""
        issue = life.issue
        if not issue.specialist or issue.id in self.ledger.routed:
            return False
        team, language = self._teams.get(ticket, (None, None))
        known = issue.kind != "lang" or (language or "").split("-")[0] == issue.language
        right = known and issue.team in {None, team}
        self.ledger.routed[issue.id] = right
        return not right

    def _informed(self, life: Life, packet: list[Quoted]) -> bool:
        own = [one for one in packet if self._is_theirs(one, life)]
        text = [plain(one.text) for one in own]
        facts = tuple(
            (fact, any(plain(fact) in one for one in text)) for fact in sorted(life.given)
        )
        strange = len(packet) - len(own)
        self.ledger.packets.append(Packet(life.issue, facts, life.handed_on, strange))
        return not life.handed_on or all(kept for _, kept in facts)

    def _is_theirs(self, fact: Quoted, life: Life) -> bool:
        return self._of_contact[fact.contact_id].issue.person == life.issue.person

    def _end(
        self,
        ticket: str,
        seat: str,
        lives: list[Life],
        wrong: bool,  # noqa: FBT001  # bound by `partial`
        solves: bool,  # noqa: FBT001  # likewise
        at: float,
    ) -> None:
        """Whoever had the first of a ticket's issues in hand is done with it."""
        life = lives[0]
        came = [one for one in self._unanswered.pop(ticket, []) if one not in lives]
        if wrong:
            life.transfers += 1
            self._customers.passed_on(life, at)
            team = life.issue.team or self._teams[ticket][0] or ""
            if team == self._teams[ticket][0]:  # only who sits beside them speaks the language
                self._take(ticket, seat, lives + came, at)
                return
            self._unanswered[ticket] = lives + came
            self._ask(TransferAsked, ticket, seat, at, team=team)
            return
        self._customers.replied(life, at, "person", right=solves)
        if rest := lives[1:] + came:
            self._take(ticket, seat, rest, at)
            return
        self._ask(ReplyWritten, ticket, seat, at, text="Here is what to do about it.")
        self._ask(ResolveAsked, ticket, seat, at)

    def _ask(self, intent: type[Intent], ticket: str, seat: str, at: float, **fields: str) -> None:
        """A person does something at the desk."""
        named = {"ticket_id": ticket, "by": seat, "customer_id": self._lines[ticket]}
        self._product.ask(intent.model_validate({**named, **fields}), at)
        self._work(at)
