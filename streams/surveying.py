"""What of the case store needs no turns: read off the log in one pass, before lines are refolded.

What followed from which record, what was put aside, which requests were carried out, and who said
whose a handle is. A pass may go on where an earlier one ended.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from schemas.events.contacts import (
    AlertFailed,
    AlertSent,
    CustomerDescribed,
    ReplyAccepted,
    ReplyAttempted,
    ReplyFailed,
    ReplyUnconfirmed,
)
from schemas.events.drafts import DraftAttempted, DraftFailed, DraftRefused, DraftWritten
from schemas.events.intents import LinkAsked, UnlinkAsked
from schemas.record import Record
from schemas.topics import CONTACTS, DEAD_LETTERS, INBOX_NAMES, TOPICS
from streams.deadletters import place_of
from streams.directory import Directory
from streams.effects import OUTCOME, attempt_step, end_step, failure_step, is_answer
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry
from streams.errors import Unreadable
from streams.extent import AT_ONCE
from streams.folding import Step
from streams.foreign import native

_TEACHES = frozenset(kind.__name__ for kind in (CustomerDescribed, LinkAsked, UnlinkAsked))
_ANSWERS = frozenset(
    kind.__name__
    for kind in (
        ReplyAttempted,
        ReplyAccepted,
        ReplyFailed,
        ReplyUnconfirmed,
        AlertSent,
        AlertFailed,
        DraftAttempted,
        DraftWritten,
        DraftRefused,
        DraftFailed,
    )
)

_headers = msgspec.json.Decoder(dict[str, str])


def survey(
    log: Database,
    anew: Database,
    moment: Callable[[Entry], float],
    step: Step = lambda _: None,
    *,
    after: int = 0,
) -> int:
    """Read the log, and note in the scratch store what lies in it.

    Args:
        log: The log.
        anew: The scratch store.
        moment: Puts entries into the order in which handles were learned.
        step: Told how many entries were read since it was told last.
        after: The place in the log behind which to begin.

    Returns:
        The place behind which another pass goes on.
    """
    count = 0
    for entry in SqliteLog(log).scan(after):
        after = entry.seq
        count += 1
        if count % AT_ONCE == 0:
            step(AT_ONCE)
        try:
            fields = _headers.decode(entry.headers)
        except ValueError:
            continue
        if entry.topic == DEAD_LETTERS.name:
            _put_aside(anew, fields)
            continue
        if "ce_sourcetopic" in fields and (entry.topic not in INBOX_NAMES or native(entry)):
            _output(anew, entry, fields)
        if entry.topic == CONTACTS.name:
            kind = fields.get("ce_type")
            if kind in _TEACHES:
                anew.execute(
                    "INSERT INTO taught (moment, topic, partition, offset) VALUES (?, ?, ?, ?)",
                    (moment(entry), *entry[1:4]),
                )
            elif kind in _ANSWERS:
                _answer(anew, entry)
    step(count % AT_ONCE)
    return after


def _put_aside(anew: Database, fields: dict[str, str]) -> None:
    """A dead letter that a worker wrote names the place of what it could not take."""
    place = place_of(fields.get("dl_origin", ""))
    if place is None or place[0] not in INBOX_NAMES:
        return
    if fields.get("dl_handler") == TOPICS[place[0]].domain:
        anew.execute(
            "INSERT OR IGNORE INTO put_aside (topic, partition, offset) VALUES (?, ?, ?)", place
        )


def _output(anew: Database, entry: Entry, fields: dict[str, str]) -> None:
    """Note what an output followed from; of repeats the first, for all of them say the same.

    A foreign record on an inbox, whose producer copied its headers from one of ours, is none.
    """
    try:
        source = (
            fields["ce_sourcetopic"],
            *(int(fields[f"ce_source{name}"]) for name in ("partition", "offset")),
            *(int(fields[f"ce_{name}"]) for name in ("index", "count")),
        )
    except (KeyError, ValueError):
        return
    anew.execute(
        "INSERT OR IGNORE INTO outputs (source_topic, source_partition, source_offset, place,"
        " count, topic, partition, offset) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*source, *entry[1:4]),
    )


def _answer(anew: Database, entry: Entry) -> None:
    """Note what our effects said of a request; what others say of it claims nothing."""
    record = _record(entry)
    if record is None:
        return
    event = record.event
    if isinstance(event, AlertSent | AlertFailed):
        if is_answer(record, event.alert_id, end_step(event.place)):
            anew.execute(
                "INSERT OR IGNORE INTO claims (request_id, attempt, state, outcome)"
                " VALUES (?, 1, 'done', ?)",
                (f"{event.alert_id}:{event.place}", record.type),
            )
        return
    if isinstance(event, DraftAttempted | DraftWritten | DraftRefused | DraftFailed):
        _drafted(anew, record, event)
        return
    assert isinstance(event, ReplyAttempted | ReplyAccepted | ReplyFailed | ReplyUnconfirmed)
    request = event.request_id
    if is_answer(record, request, OUTCOME):
        anew.execute(
            "INSERT INTO claims (request_id, attempt, state, outcome) VALUES (?, 1, 'done', ?)"
            " ON CONFLICT (request_id) DO UPDATE SET state = 'done', outcome = excluded.outcome",
            (request, record.type),
        )
    elif isinstance(event, ReplyAttempted):
        if is_answer(record, request, attempt_step(event.part, event.attempt)):
            anew.execute(
                "INSERT INTO claims (request_id, part, attempt) VALUES (?, ?, ?)"
                " ON CONFLICT (request_id) DO UPDATE SET part = excluded.part,"
                " attempt = excluded.attempt, state = 'under_way' WHERE outcome IS NULL",
                (request, event.part, event.attempt),
            )
    elif isinstance(event, ReplyFailed) and is_answer(
        record, request, failure_step(event.part, event.attempt)
    ):
        anew.execute(
            "UPDATE claims SET state = 'waits' WHERE request_id = ? AND outcome IS NULL"
            " AND part = ? AND attempt = ?",
            (request, event.part, event.attempt),
        )


def _drafted(
    anew: Database,
    record: Record,
    event: DraftAttempted | DraftWritten | DraftRefused | DraftFailed,
) -> None:
    """Note that a draft was tried, or what came of it; some were never tried."""
    request = event.request_id or ""
    if isinstance(event, DraftAttempted):
        if is_answer(record, request, attempt_step(0, 1)):
            anew.execute(
                "INSERT INTO claims (request_id, attempt) VALUES (?, 1)"
                " ON CONFLICT (request_id) DO UPDATE SET attempt = 1",
                (request,),
            )
    elif is_answer(record, request, OUTCOME):
        anew.execute(
            "INSERT INTO claims (request_id, attempt, state, outcome) VALUES (?, 0, 'done', ?)"
            " ON CONFLICT (request_id) DO UPDATE SET state = 'done', outcome = excluded.outcome",
            (request, record.type),
        )


def learn(log: Database, anew: Database, counts: Callable[[Entry], bool]) -> None:
    """Fold the contact points from what was noted, in the order in which it was learned.

    Args:
        log: The log.
        anew: The scratch store.
        counts: Whether what an entry says is known by now.
    """
    anew.execute("DELETE FROM contact_points")
    directory, read = Directory(anew), SqliteLog(log)
    places = anew.execute(
        "SELECT topic, partition, offset FROM taught ORDER BY moment, topic, partition, offset"
    )
    for topic, partition, offset in places:
        entry = read.read(topic, partition, offset, 1)[0]
        record = _record(entry)
        if record is not None and counts(entry):
            directory.learn(record.event)


def _record(entry: Entry) -> Record | None:
    try:
        return entry.record()
    except Unreadable:
        return None
