"""Conversations of people who come back elsewhere in their own words, made of real dialogues.

The simulated week's customers come back with a handful of set phrases. People in STAR and
MultiDoGO go on in the words of their matter, so three dialogues in a row make one customer: each
is broken off at a random turn, most go on after a while on another channel, and the next dialogue
is a new matter. What is made up is only when and where.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from agents.world import Models
from bench.linking import START, Truth, Week, rows
from training.figures_handover import Line, Said

CUSTOMERS = 150
"""How many customers of each data set are made at most."""

IN_A_ROW = 3
"""How many dialogues one customer has."""

CHANNELS = {
    "email": 29, "chat_widget": 25, "whatsapp": 15, "phone": 12, "slack": 6, "facebook": 6,
    "twitter": 5, "discord": 2,
}  # fmt: skip
"""Channels with their share of new matters, in per cent."""

BROKEN_OFF, ELSEWHERE, NEW_PLACE = 0.6, 0.75, 0.6
"""How often a dialogue is broken off, goes on elsewhere then, and begins on another channel."""

Turns = Sequence[tuple[float, str]]
"""Seconds since the beginning, and what the customer says."""


class Conversation(NamedTuple):
    """What one customer writes, and by each message's provider id what it belongs to."""

    person: str
    messages: dict[str, Said]
    truth: dict[str, Truth]


def conversations(data: Path, seed: int = 5) -> list[Conversation]:
    """Customers made of the dialogues of both data sets."""
    dice = random.Random(seed)
    found = []
    for name, dialogues in (("star", list(_star(data))), ("multidogo", list(_multidogo(data)))):
        dice.shuffle(dialogues)
        for n in range(CUSTOMERS):
            part = dialogues[n * IN_A_ROW : (n + 1) * IN_A_ROW]
            found.append(_conversation(f"{name}-{n}", part, dice))
    return found


def _star(data: Path) -> Iterator[Turns]:
    for row in rows(data, "replay_star_open"):
        turns = [(one[0], one[2]) for one in row["events"] if one[1] == "customer" and one[2]]
        if len(turns) > 2:
            yield turns


def _multidogo(data: Path) -> Iterator[Turns]:
    for row in rows(data, "dialog_multidogo_open"):
        turns = [(30 * one[0], one[1]) for one in row["turns"]]
        if len(turns) > 2:
            yield turns


def _conversation(person: str, dialogues: Sequence[Turns], dice: random.Random) -> Conversation:
    made = Conversation(person, {}, {})
    at = START + timedelta(hours=dice.uniform(8, 18))
    channel = None

    def say(issue: int, role: str, where: str, text: str, when: datetime) -> datetime:
        number = f"{person}-{len(made.messages)}"
        made.messages[number] = Said(where, text, when)
        made.truth[number] = Truth(person, f"{person}/{issue}", role, amber=False)
        return when

    for issue, turns in enumerate(dialogues):
        if channel is None or dice.random() < NEW_PLACE:
            (channel,) = dice.choices(list(CHANNELS), list(CHANNELS.values()))
        began, first = at, turns[0][0]
        pace = 60 if channel == "email" else 1
        cut = dice.randrange(1, len(turns)) if dice.random() < BROKEN_OFF else len(turns)
        for k, (second, text) in enumerate(turns[:cut]):
            when = max(
                at + timedelta(seconds=1), began + timedelta(seconds=(second - first) * pace)
            )
            at = say(issue, "turn" if k else "open", channel, text, when)
        if cut < len(turns):
            others = [one for one in CHANNELS if one != channel]
            moved = dice.random() < ELSEWHERE
            where, role = (
                (dice.choice(others), "channel_switch") if moved else (channel, "recontact")
            )
            after = timedelta(minutes=min(1800.0, max(3.0, dice.lognormvariate(5.0, 1.3))))
            at = say(issue, role, where, turns[cut][1], at + after)
        at += timedelta(minutes=min(2880.0, max(2.0, dice.lognormvariate(5.5, 1.5))))
    return made


def by_person(part: Week) -> list[Conversation]:
    """The week as one conversation a person, each message once."""
    made: dict[str, Conversation] = {}
    for message in part.messages:
        number = message["provider_id"]
        true = part.truth[number]
        one = made.setdefault(true.person, Conversation(true.person, {}, {}))
        if number not in one.truth:
            at = datetime.fromisoformat(message["at"]).astimezone(UTC)
            one.messages[number] = Said(message["channel"], message["message"], at)
            one.truth[number] = true
    return list(made.values())


def together(made: Sequence[Conversation]) -> Week:
    """The conversations as a week, for scoring."""
    truth = {number: true for one in made for number, true in one.truth.items()}
    return Week([], [{"provider_id": number} for number in truth], truth)


def gone_through(
    made: Sequence[Conversation], models: Models, weights: Mapping[str, float]
) -> dict[str, str]:
    """The ticket of each message, by provider id; a rejected message stands alone."""
    tickets = {}
    for person, messages, _ in made:
        line = Line(models, person, weights)
        for number, said in messages.items():
            tickets[number] = line.take(said, number) or number
    return tickets
