"""The walk from a fact to what caused it, and from there on, until something came from outside."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from agents.policy import Policy, default_policy
from agents.policy_toml import PolicyInvalid, parse
from schemas.event import Decision, TicketEvent
from schemas.events.contacts import ContactReceived, RecordForwarded, TimerDue
from schemas.events.control import PolicyActivated
from schemas.events.decisions import MessageUnderstood
from schemas.record import Record
from schemas.topics import CONTROL, DEAD_LETTERS, INBOX_NAMES, TICKETS, TOPICS
from streams.deadletters import letter_of
from streams.entry import Entry
from streams.errors import NotFound, Unreadable
from streams.why.fields import keys, moved_from, of_field
from streams.why.lookup import Lookup
from streams.why.setters import SET_BY
from streams.why.shown import Tree, shown, with_otherwise

ANSWERED = ("request_id", "alert_id", "draft_id", "contact_id")
"""Fields that name what a record from outside answers, where its envelope does not."""


def why(lookup: Lookup, subject: str, field: str | None = None) -> Tree:
    """The causes of a record, of every change of a ticket, or of one of a ticket's fields.

    Args:
        lookup: Finds entries of the log.
        subject: The id of a record, a reply, an alert, an insight, a delivery or a ticket.
        field: A column of v1_tickets: what set it to what it is now.

    Returns:
        For a record a document with what it says, and `cause`, which is the same shape, down to
        the outside record; for a ticket `changes` with one such document each; for a field
        `value`, `set_by` with one such document, and `earlier` values.

    Raises:
        NotFound: No record and no ticket has this id, or a ticket has no such field.
    """
    chains = Chains(lookup)
    if field is not None:
        return of_field(subject, field, changes(lookup, subject), chains.of, chains.wrote)
    if lookup.owner(subject) is None:
        entry = lookup.find(subject)
        if entry is not None:
            return chains.of(entry)
        raise NotFound(
            f"no record, reply or ticket has the id {subject}",
            "take an id from `pactdesk events`, `tickets` or `decisions`; a metric is metric:NAME",
        )
    own = [chains.of(one) for one in changes(lookup, subject) if _is_of(one, subject)]
    return {"id": subject, "type": "Ticket", "changes": own}


def _is_of(entry: Entry, ticket_id: str) -> bool:
    return getattr(entry.record().event, "ticket_id", None) == ticket_id


def changes(lookup: Lookup, ticket_id: str) -> list[Entry]:
    """What touched a ticket, on the line that it is on and on those that it came from.

    Its own events come by their own count. One of another ticket that touches it (a split) comes
    by its time.
    """
    own: dict[int, tuple[Record, Entry]] = {}
    others: dict[str, tuple[Record, Entry]] = {}
    for line in lines_of(lookup, ticket_id):
        for entry, record in _named(lookup, TICKETS.name, line, ticket_id):
            event = record.event
            if isinstance(event, TicketEvent) and event.ticket_id == ticket_id:
                own.setdefault(event.revision, (record, entry))
            elif ticket_id in keys(record):
                others.setdefault(entry.id, (record, entry))
    found = [own[revision] for revision in sorted(own)]
    for one in sorted(others.values(), key=lambda pair: pair[0].at):
        place = next((i for i, (mine, _) in enumerate(found) if mine.at > one[0].at), len(found))
        found.insert(place, one)
    return [entry for _, entry in found]


def lines_of(lookup: Lookup, ticket_id: str) -> Iterator[str]:
    """The lines that a ticket is and was on, the latest first."""
    owner = lookup.owner(ticket_id)
    ahead = [] if owner is None else [owner]
    known: set[str] = set()
    while ahead:
        line = ahead.pop(0)
        if line in known:
            continue
        known.add(line)
        yield line
        named = _named(lookup, TICKETS.name, line, ticket_id)
        ahead += (came for _, record in named if (came := moved_from(record, ticket_id)))


def _named(lookup: Lookup, topic: str, line: str, name: str) -> Iterator[tuple[Entry, Record]]:
    """The records of a line on a topic that hold a name; what cannot be read holds none."""
    for entry in lookup.naming(topic, line, name):
        try:
            yield entry, entry.record()
        except Unreadable:
            continue


class Chains:
    """The chains of causes in one log; what was found stays at hand for the next.

    Args:
        lookup: Finds entries of the log.
    """

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    @cached_property
    def _policies(self) -> dict[str, Policy]:
        """The policies that were ever in force, by version."""
        shipped = default_policy()
        found = {shipped.version: shipped}
        for entry in self._lookup.whole(CONTROL.name):
            if '"ce_type":"PolicyActivated"' not in entry.headers:
                continue
            try:
                event = entry.record().event
                if isinstance(event, PolicyActivated):
                    policy = parse(event.text)
                    found[policy.version] = policy
            except (Unreadable, PolicyInvalid):  # it never came into force either
                continue
        return found

    def of(self, entry: Entry) -> Tree:
        """An entry, its cause, that one's cause, and so on."""
        nodes: list[Tree] = []
        records: list[Record | None] = []
        seen: set[tuple[str, str]] = set()
        ahead: Entry | str | None = entry
        while isinstance(ahead, Entry) and (ahead.id, ahead.topic) not in seen:
            seen.add((ahead.id, ahead.topic))
            node, record, ahead = self._node(ahead)
            nodes.append(node)
            records.append(record)
        if isinstance(ahead, str):
            nodes.append({"id": ahead, "type": "unknown"})
        self._judge(nodes, records)
        for effect, because in pairwise(nodes):
            effect["cause"] = because
        return nodes[0]

    def wrote(self, contact_id: str, near: Entry) -> str | None:
        """The text of a contact; None where the log has none that can be read."""
        found = self._lookup.find(contact_id, near)
        try:
            event = None if found is None else found.record().event
        except Unreadable:
            return None
        return event.message if isinstance(event, ContactReceived) else None

    def _judge(self, nodes: list[Tree], records: list[Record | None]) -> None:
        """Say of every decision what would have made it come out otherwise."""
        understood: MessageUnderstood | None = None
        for node, record in reversed([*zip(nodes, records, strict=False)]):
            if record is None:
                continue
            event = record.event
            if isinstance(event, MessageUnderstood):
                understood = event
            if isinstance(event, Decision):
                policy = self._policies.get(event.policy_version)
                with_otherwise(node, event, policy, understood)

    def _node(self, entry: Entry) -> tuple[Tree, Record | None, Entry | str | None]:
        """An entry as it is shown, the record in it, and its cause: an entry, or a lost id."""
        if entry.topic == DEAD_LETTERS.name:
            tree, cause = self._letter(entry)
            return tree, None, cause
        try:
            record = entry.record()
        except Unreadable as error:
            unreadable = {"id": entry.id, "type": "unreadable", "topic": entry.topic}
            return {**unreadable, "error": error.what}, None, None
        return shown(record), record, self._cause(entry, record)

    def _cause(self, entry: Entry, record: Record) -> Entry | str | None:
        if record.cause is not None:
            found = self._lookup.find(record.cause, entry)
            return (found and self._handed_on(entry, record, found)) or found or record.cause
        if isinstance(record.event, TimerDue):
            return self._setter(entry, record)
        for name in ANSWERED:
            named = getattr(record.event, name, None)
            if named is not None and named != record.id:
                return self._lookup.find(named, entry)
        return None

    def _handed_on(self, entry: Entry, record: Record, cause: Entry) -> Entry | None:
        """The forwarding through which a cause came to the line that answered it."""
        source = record.source
        if source is None or cause.topic not in INBOX_NAMES:
            return None
        spot = (source.topic, source.partition, source.offset)
        if spot == (cause.topic, cause.partition, cause.offset):
            return None
        trigger = self._lookup.at(*spot)
        if trigger is None or trigger.id == entry.id:
            return None
        event = trigger.record().event
        forwarded = isinstance(event, RecordForwarded) and event.record_id == record.cause
        return trigger if forwarded else None

    def _setter(self, entry: Entry, timer: Record) -> Entry | None:
        """The fact that set a timer: the last of its kind about the ticket before it ran out."""
        event = timer.event
        assert isinstance(event, TimerDue)
        kind = SET_BY[event.kind]
        for line in [event.customer_id, *lines_of(self._lookup, event.ticket_id)]:
            found: Entry | None = None
            for one, record in _named(self._lookup, kind.TOPIC, line, event.ticket_id):
                same = event.target in {None, getattr(record.event, "target", None)}
                if isinstance(record.event, kind) and same and _before(record, one, timer, entry):
                    found = one
            if found is not None:
                return found
        return None

    def _letter(self, entry: Entry) -> tuple[Tree, Entry | None]:
        letter = letter_of(entry)
        tree: Tree = {
            "id": entry.id,
            "type": "DeadLetter",
            "by": letter.handler,
            "at": letter.at,
            "topic": entry.topic,
            "origin": letter.origin,
            "error": letter.error,
            "remedy": letter.remedy,
        }
        topic, _, place = letter.origin.partition("/")
        if topic not in TOPICS or not place:
            return tree, None
        partition, _, offset = place.partition("/")
        return tree, self._lookup.at(topic, int(partition), int(offset))


def _before(fact: Record, lies: Entry, timer: Record, ran_out: Entry) -> bool:
    """Whether a fact was there when a timer ran out.

    On one line the inbox says so; between the lines of a ticket that moved, only time does.
    """
    source = fact.source
    if source is not None and (source.topic, source.partition) == (
        ran_out.topic,
        ran_out.partition,
    ):
        return source.offset < ran_out.offset
    if lies.topic == ran_out.topic and lies.partition == ran_out.partition:
        return lies.offset < ran_out.offset
    return fact.at <= timer.at
