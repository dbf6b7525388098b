"""Cutting out of a log what one ticket's history rests on, on either engine.

A customer's line is taken whole: which ticket a message belongs to, who the customer is and how
often we wrote to them depend on all of it. So are the lines that handed over to it. Of the desk's
and the other domains' lines there is what they said to these; of the knowledge base what the
decisions read.
"""

from __future__ import annotations

from collections.abc import Iterator

from agents.policy import default_policy
from agents.policy_toml import to_toml
from schemas.events import knowledge
from schemas.events.contacts import RecordForwarded, TicketHandedOver
from schemas.events.control import PolicyActivated
from schemas.record import Record
from schemas.topics import CONTACTS, CONTROL, DECISIONS, KNOWLEDGE, TICKETS
from streams.bundles.bundle import Bundle, Taught, Text, Turn
from streams.entry import Entry
from streams.errors import NotFound, Unreadable
from streams.why.chains import lines_of
from streams.why.lookup import Lookup

_ARTICLES = (knowledge.ArticlePublished, knowledge.ArticleRetired)


def cut(lookup: Lookup, ticket_id: str, text: Text, made_by: str) -> Bundle:
    """What a ticket's history rests on, with its text as it stands in the log.

    Args:
        lookup: Finds entries of the log.
        ticket_id: The ticket.
        text: What is to be done to personal text; it is done elsewhere (`masking`).
        made_by: The version of pactdesk.

    Raises:
        NotFound: There is no such ticket.
    """
    names = [*lines_of(lookup, ticket_id)]
    if not names:
        raise NotFound(f"there is no ticket {ticket_id}", "see `pactdesk tickets`")
    lines: dict[str, list[Turn]] = {}
    while names:
        name = names.pop()
        if name not in lines:
            lines[name] = _turns(lookup, name)
            names += _came_from(lines[name])
    turns = _ordered(_taken(lines))
    return Bundle(
        ticket_id=ticket_id,
        text=text,
        made_by=made_by,
        lines=sorted(lines),
        policy=to_toml(default_policy()),
        taught=_taught(lookup, turns),
        turns=turns,
    )


def _came_from(turns: list[Turn]) -> Iterator[str]:
    """The lines that handed something to this one."""
    for turn in turns:
        if isinstance(turn.record.event, RecordForwarded | TicketHandedOver):
            yield turn.record.event.from_customer_id


def _turns(lookup: Lookup, line: str) -> list[Turn]:
    """A line's turns in their order; the last of them may not have been taken yet."""
    said: dict[int, dict[int, Record]] = {}
    for topic in (DECISIONS.name, TICKETS.name):
        for record in _records(lookup.line(topic, line)):
            source = record.source
            if source is not None and source.topic == CONTACTS.name:
                said.setdefault(source.offset, {}).setdefault(source.index, record)
    turns, now, seen = [], 0.0, set[str]()
    for record in _records(lookup.line(CONTACTS.name, line)):
        assert record.offset is not None
        if record.id in seen:
            continue
        seen.add(record.id)
        outputs = [one for _, one in sorted(said.get(record.offset, {}).items())]
        clock = outputs[0].at if outputs else record.at
        now = clock.timestamp() if outputs else max(now, clock.timestamp())
        turns.append(Turn(now, record, outputs))
    return turns


def _taken(lines: dict[str, list[Turn]]) -> dict[str, list[Turn]]:
    """The turns of each line up to the last of which anything was said, be it to another line.

    What came after it may not have been taken yet.
    """
    sources = {_source(turn.record) for turns in lines.values() for turn in turns}
    found = {}
    for name, turns in lines.items():
        spoke = [n for n, one in enumerate(turns, 1) if one.said or _place(one.record) in sources]
        found[name] = turns[: max(spoke, default=0)]
    return found


def _ordered(lines: dict[str, list[Turn]]) -> list[Turn]:
    """The turns of some lines by their clocks, each line in its own order.

    What one line says to another is taken after the turn in which it is said, whatever the clocks.
    """
    left = {name: turns[:] for name, turns in lines.items() if turns}
    places = {_place(turn.record) for turns in left.values() for turn in turns}
    found: list[Turn] = []
    taken: set[tuple[str, int, int] | None] = set()
    while left:
        ready = [
            (turns[0].now, name)
            for name, turns in left.items()
            if (source := _source(turns[0].record)) not in places or source in taken
        ]
        _, name = min(ready or [(turns[0].now, name) for name, turns in left.items()])
        turn = left[name].pop(0)
        if not left[name]:
            del left[name]
        taken.add(_place(turn.record))
        found.append(turn)
    return found


def _place(record: Record) -> tuple[str, int, int]:
    assert record.partition is not None
    assert record.offset is not None
    return record.topic, record.partition, record.offset


def _source(record: Record) -> tuple[str, int, int] | None:
    source = record.source
    return None if source is None else (source.topic, source.partition, source.offset)


def _taught(lookup: Lookup, turns: list[Turn]) -> list[Taught]:
    """The articles and categories that some turns name, as they were taught, and the policies."""
    articles, categories = _named(turns)
    found = [Taught(*one) for one in _effective(lookup, CONTROL.name, (PolicyActivated,))]
    kinds = (*_ARTICLES, knowledge.CategoryTaught)
    for since, record in _effective(lookup, KNOWLEDGE.name, kinds):
        event = record.event
        if isinstance(event, knowledge.CategoryTaught):
            wanted = event.name in categories
        else:
            assert isinstance(event, _ARTICLES)
            wanted = event.article_id in articles
        if wanted:
            found.append(Taught(since, record))
    return sorted(found, key=lambda one: one.since)


def _named(turns: list[Turn]) -> tuple[set[str], set[str]]:
    """The articles and the categories that decisions name."""
    articles: set[str] = set()
    categories: set[str] = set()
    for turn in turns:
        for event in (turn.record.event, *(one.event for one in turn.said)):
            articles |= {one.name for one in getattr(event, "solutions", ())}
            articles |= {str(getattr(event, "solution_id", None) or "")}
            categories |= {one.name for one in getattr(event, "categories", ())}
            categories |= {str(getattr(event, "category", None) or "")}
    return articles, categories


def _effective(
    lookup: Lookup, topic: str, kinds: tuple[type, ...]
) -> Iterator[tuple[float, Record]]:
    """The records of some types, with the running maximum of time of their partition."""
    clocks: dict[int, float] = {}
    marks = tuple(f'"ce_type":"{kind.__name__}"' for kind in kinds)
    for entry in lookup.whole(topic):
        clock = max(clocks.get(entry.partition, 0.0), entry.happened_at())
        clocks[entry.partition] = clock
        if any(mark in entry.headers for mark in marks):
            for record in _records([entry]):
                yield clock, record


def _records(entries: Iterator[Entry] | list[Entry]) -> Iterator[Record]:
    """The records in some entries; what cannot be read is a dead letter and decided nothing."""
    for entry in entries:
        try:
            yield entry.record()
        except Unreadable:
            continue
