"""Which of the facts that customers gave reach whoever takes the ticket over, as figures.

Each customer's line is worked off in memory, by the real agents and models; then the packet is
asked for that goes with the ticket of the last message. A fact counts where the customer said it
literally before: it is kept when something quoted in the packet holds it, letters and digits
compared and nothing else. Three protocols:

- the open week, each issue handed over after its last message, the person known;
- STAR, where the human agent's look-ups name the facts: cut at a random turn of the customer after
  the first look-up, which comes on another channel;
- MultiDoGO, whose slots are the facts, cut likewise after the first slot.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from agents.handover import context
from agents.policy import default_policy
from agents.roster import ROSTERS
from agents.world import Models, World
from bench.linking import START, rows, week
from projections.case import Case
from projections.case.parking import settle
from projections.lines import FOLDS
from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id
from schemas.vocabulary import CHANNELS
from streams.turn import turn
from training.figures import Figure, share

DIALOGUES = 400
"""How many dialogues of a data set are played at most: a few thousand facts."""

SWITCH = timedelta(minutes=20)
"""After how long a dialogue goes on elsewhere."""

_ODD = re.compile(r"[^\w]+")
_QUOTED = re.compile(r'"([^"]+)"')


class Said(NamedTuple):
    """A message of a customer."""

    channel: str
    text: str
    at: datetime


class Dialogue(NamedTuple):
    """What a customer says until somebody takes over, and the facts in it."""

    person: str
    messages: list[Said]
    facts: list[str]


class Kept(NamedTuple):
    """Of the facts given: in the packet's own facts, anywhere in it; and whose are not theirs."""

    given: int
    own: int
    packet: int
    quotes: int
    foreign: int

    def __add__(self, other: object) -> Kept:
        """Both together."""
        assert isinstance(other, Kept)
        return Kept(*(a + b for a, b in zip(self, other, strict=True)))


class Line:
    """A customer's line in memory, their addresses known: no store, no timers, no replies.

    Args:
        models: What every turn sees.
        person: Whose line.
        weights: What linking weighs; without any, what the shipped policy says.
    """

    def __init__(
        self, models: Models, person: str, weights: Mapping[str, float] | None = None
    ) -> None:
        self.case = Case(customer_id=person, handles={c: (f"{c}-{person}",) for c in CHANNELS})
        self.contacts: set[str] = set()
        self._models = models
        self._policy = default_policy().model_copy(update={"linking": dict(weights or {})})

    def take(self, said: Said, number: str | None = None) -> str | None:
        """The ticket that a message went to; None when it was turned away.

        Args:
            said: The message.
            number: The provider's id of it, where that matters.
        """
        number = number or f"{self.case.customer_id}-{len(self.contacts)}"
        event = ContactReceived.model_validate(
            {
                "channel": said.channel,
                "customer_id": self.case.customer_id,
                "handle": f"{said.channel}-{self.case.customer_id}",
                "message": said.text,
                "provider_id": number,
            }
        )
        own = contact_id(said.channel, number)
        key = self.case.customer_id
        record = Record(id=own, key=key, at=said.at, by="test", event=event, correlation=own)
        world = World(now=said.at, policy=self._policy, models=self._models, trigger=record)
        after, _ = turn(self.case, record, world, ROSTERS["customer"], FOLDS["customer"].evolve)
        self.case, _ = settle(after)
        self.contacts.add(own)
        return None if after.contact is None else after.contact.ticket_id

    def kept(self, ticket_id: str | None, given: Sequence[str]) -> Kept:
        """How many of the facts that the customer gave the ticket's packet holds."""
        ticket = self.case.ticket(ticket_id)
        if ticket is None:
            return Kept(len(given), 0, 0, 0, 0)
        packet = context(self.case, ticket)
        own = packet["facts"]
        told = own + [fact for other in packet["history"] for fact in other["facts"]]
        return Kept(
            len(given),
            sum(held(fact, [one["text"] for one in own]) for fact in given),
            sum(held(fact, [one["text"] for one in told]) for fact in given),
            len(told),
            sum(one["contact_id"] not in self.contacts for one in told),
        )


def plain(text: str) -> str:
    """A text in letters and digits, so that words of it can be looked for as a whole."""
    return f" {_ODD.sub(' ', text.casefold()).strip()} "


def held(fact: str, texts: Iterable[str]) -> bool:
    """Whether any of the texts holds a fact."""
    wanted = plain(fact)
    return any(wanted in plain(text) for text in texts)


def literal(facts: Iterable[str], texts: Sequence[str]) -> list[str]:
    """The facts that one of the texts holds, each once."""
    return [fact for fact in dict.fromkeys(facts) if plain(fact).strip() and held(fact, texts)]


def star(data: Path, seed: int = 1) -> Iterator[Dialogue]:
    """Dialogues of STAR, each cut at a random turn after the first look-up."""
    dice = random.Random(seed)  # a sample, no secret
    for row in rows(data, "replay_star_open"):
        events = row["events"]
        first = next((i for i, one in enumerate(events) if one[1] == "lookup"), len(events))
        turns = [i for i, one in enumerate(events) if i > first and one[1] == "customer"]
        if not turns:
            continue
        cut = dice.choice(turns)
        spoken = [one for one in events[: cut + 1] if one[1] == "customer"]
        facts = [
            value
            for one in events[:cut]
            if one[1] == "lookup" and isinstance(one[2], dict)
            for written in one[2].values()
            for value in (_QUOTED.findall(str(written)) or [str(written)])
        ]
        yield _cut(f"star-{row['id']}", [(one[0], one[2]) for one in spoken], facts)


def multidogo(data: Path, seed: int = 1) -> Iterator[Dialogue]:
    """Dialogues of MultiDoGO, each cut at a random turn after the first slot."""
    dice = random.Random(seed)  # a sample, no secret
    for row in rows(data, "dialog_multidogo_open"):
        turns = row["turns"]
        first = next((i for i, one in enumerate(turns) if one[3]), len(turns))
        if first + 1 >= len(turns):
            continue
        cut = dice.randrange(first + 1, len(turns))
        facts = [value for one in turns[:cut] for _, value in one[3]]
        yield _cut(row["id"], [(30 * one[0], one[1]) for one in turns[: cut + 1]], facts)


def _cut(person: str, spoken: Sequence[tuple[float, str]], facts: Iterable[str]) -> Dialogue:
    """A dialogue in a chat whose last turn comes later and on another channel."""
    said = [Said("chat_widget", text, START + timedelta(seconds=at)) for at, text in spoken]
    said[-1] = Said("whatsapp", said[-1].text, said[-1].at + SWITCH)
    return Dialogue(person, said, literal(facts, [one.text for one in said[:-1]]))


def played(dialogues: Iterable[Dialogue], models: Models) -> Kept:
    """What the packets hold at the end of each dialogue."""
    total = Kept(0, 0, 0, 0, 0)
    for person, messages, facts in dialogues:
        line = Line(models, person)
        ticket = None
        for said in messages:
            ticket = line.take(said) or ticket
        total += line.kept(ticket, facts)
    return total


def open_week(data: Path, models: Models) -> Kept:
    """What the packets hold after the last message of each issue of the open week."""
    part = week(data)
    facts = {row["issue"]: row["facts"] for row in rows(data, "workload_truth_issues_open")}
    texts: dict[str, list[str]] = defaultdict(list)
    last: dict[str, str] = {}
    delivered: dict[str, dict[str, Any]] = {}  # Any: an input document
    for message in part.messages:
        true = part.truth[message["provider_id"]]
        delivered.setdefault(message["provider_id"], message)
        texts[true.issue].append(message["message"])
        last[true.issue] = message["provider_id"]
    lines: dict[str, Line] = {}
    total = Kept(0, 0, 0, 0, 0)
    for number, message in delivered.items():
        true = part.truth[number]
        line = lines.setdefault(true.person, Line(models, true.person))
        at = datetime.fromisoformat(message["at"]).astimezone(UTC)
        ticket = line.take(Said(message["channel"], message["message"], at))
        if last[true.issue] == number:
            given = literal((value for _, value in facts[true.issue]), texts[true.issue])
            total += line.kept(ticket, given)
    return total


def figures(data: Path, models: Models, dialogues: int = DIALOGUES) -> list[Figure]:
    """All figures of the hand-over."""
    star_part = _some(list(star(data)), dialogues)
    slots_part = _some(list(multidogo(data)), dialogues)
    return [
        *_figures("open week", "each issue after its last message", open_week(data, models)),
        *_figures("STAR", f"{len(star_part)} dialogues", played(star_part, models)),
        *_figures("MultiDoGO", f"{len(slots_part)} dialogues", played(slots_part, models)),
    ]


def _some(dialogues: list[Dialogue], most: int) -> list[Dialogue]:
    dice = random.Random(2)  # a sample, no secret
    return dice.sample(dialogues, min(most, len(dialogues)))


def _figures(where: str, protocol: str, kept: Kept) -> list[Figure]:
    task = f"hand-over, {where}"
    return [
        share(task, "facts in the packet", kept.packet, kept.given, protocol),
        share(task, "facts on the ticket itself", kept.own, kept.given, protocol),
        share(task, "facts of other people", kept.foreign, kept.quotes, protocol),
    ]
