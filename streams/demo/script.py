"""The demo's input: one week of dialogues from open data, cut into batches to be played in turn.

`training/build_demo.py` makes the packaged files; NOTICE names their sources. A step of a dialogue
is a contact, or something that somebody at the desk does. What the desk does needs the ticket of
the dialogue's messages so far, so a batch ends before such a step whenever some of them lie in the
same batch, and at the end of every hour that has any.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

import msgspec

from schemas.record import contact_id
from schemas.vocabulary import rfc3339

Document = dict[str, Any]  # JSON

START = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
"""When the week begins: a Monday."""

AFTERWARDS = timedelta(days=9)
"""From the start to where the whole demo ends: two days after the week, for what is due then."""

HOUR = 3600
"""Seconds in an hour."""

FREE = frozenset({"contact", "signal", "link"})
"""What needs no ticket."""


class Step(msgspec.Struct, frozen=True):
    """One thing that happens.

    Attributes:
        arrives: Seconds after the start of the week.
        document: The input line, but for the ticket.
        about: Ids of the dialogue's contacts so far, the latest first: their ticket is meant.
        when: On which condition it happens (`streams.demo.stage`); None always.
        article: The article that would be the right answer to the dialogue, for `when`.
    """

    arrives: int
    document: Document
    about: tuple[str, ...]
    when: str | None
    article: str | None

    @property
    def needs_ticket(self) -> bool:
        """Whether the desk must have worked off the dialogue's messages before."""
        return self.when is not None or self.document.get("type", "contact") not in FREE


class Batch(msgspec.Struct, frozen=True):
    """Steps that are appended together, and the moment to which the desk works them off."""

    steps: list[Step]
    until: datetime


class Dialogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One dialogue of the packaged file.

    Attributes:
        id: Its id.
        source: STAR, MultiDoGO, Banking77, or pactdesk for what we wrote ourselves.
        record: The source's own id of the record.
        customer: Whose it is.
        start: Seconds after the start of the week.
        steps: Documents with `t` (seconds after the dialogue's start), `do`, perhaps `at`, `when`
            and `article`, and the input's fields.
    """

    id: str
    source: str
    record: str
    customer: str
    start: int
    steps: list[Document]


class World(msgspec.Struct, frozen=True):
    """Input lines that describe who and what there is."""

    team: list[Document]
    customers: list[Document]
    categories: list[Document]


def dialogues() -> list[Dialogue]:
    """All dialogues, by their start."""
    return msgspec.json.decode(_packed("dialogues"), type=list[Dialogue])


def world() -> World:
    """The team, the customers, and the categories that the demo adds to the shipped ones."""
    return msgspec.json.decode(_packed("world"), type=World)


def articles() -> list[Document]:
    """The shipped articles."""
    return msgspec.json.decode(_packed("articles"), type=list[Document])


def _packed(name: str) -> bytes:
    packed = resources.files("streams.demo").joinpath("data", f"{name}.json.gz").read_bytes()
    return gzip.decompress(packed)


def batches(some: Iterable[Dialogue]) -> Iterator[Batch]:
    """The steps of some dialogues in the order in which they arrive, as batches."""
    steps = sorted(
        ((step, one.id) for one in some for step in steps_of(one)), key=lambda s: s[0].arrives
    )
    waiting: list[Step] = []
    talking: set[str] = set()
    for step, dialogue in steps:
        hour = waiting[-1].arrives // HOUR if waiting else 0
        if waiting and step.arrives // HOUR > hour:
            yield Batch(waiting, moment((hour + 1) * HOUR))
            waiting, talking = [], set()
        elif step.needs_ticket and dialogue in talking:
            yield Batch(waiting, moment(step.arrives))
            waiting, talking = [], set()
        waiting.append(step)
        talking.add(dialogue)
    if waiting:
        yield Batch(waiting, moment((waiting[-1].arrives // HOUR + 1) * HOUR))


def steps_of(dialogue: Dialogue) -> Iterator[Step]:
    """The steps of a dialogue with their times, in its own order."""
    about: list[str] = []
    for packed in dialogue.steps:
        fields = dict(packed)
        t, kind = fields.pop("t"), fields.pop("do")
        at = moment(dialogue.start + fields.pop("at", t))
        when, article = fields.pop("when", None), fields.pop("article", None)
        named = {} if kind == "contact" else {"type": kind}
        yield Step(
            arrives=dialogue.start + t,
            document={**named, **fields, "at": rfc3339(at)},
            about=tuple(reversed(about)),
            when=when,
            article=article,
        )
        if kind == "contact":
            about.append(contact_id(fields["channel"], fields["provider_id"]))


def moment(seconds: int) -> datetime:
    """So many seconds after the start of the week."""
    return START + timedelta(seconds=seconds)
