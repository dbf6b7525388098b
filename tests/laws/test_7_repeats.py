"""Law 7. Repeats: any record again, anywhere later, changes nothing."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.topics import INBOXES
from streams.desk import Desk
from streams.entry import Entry
from tests.embedded import open_in, rows_of, somewhere, take
from tests.histories import History, histories, play

INBOX_NAMES = frozenset(topic.name for topic in INBOXES)


def _inbox(desk: Desk) -> list[Entry]:
    return [entry for entry in desk.log.scan() if entry.topic in INBOX_NAMES]


def _again(desk: Desk, entry: Entry) -> None:
    """The same bytes once more at the end, as a producer that heard no acknowledgement does."""
    with desk.database.transaction():
        desk.log.append_raw(
            entry.topic, entry.partition, entry.key, entry.headers, entry.value, entry.id
        )


def _state(desk: Desk) -> dict[str, object]:
    """What agents decide on: states, timers, parked tickets."""
    return {
        name: desk.database.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
        for name in ("lines", "timers", "parked", "claims")
    }


def _said(desk: Desk) -> int:
    return sum(1 for entry in desk.log.scan() if entry.topic not in INBOX_NAMES)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(
    history=histories(("ann", "ben", "cem"), most=12),
    picks=st.lists(st.integers(0, 200), min_size=1, max_size=8),
)
def test_records_that_come_again_at_the_end_change_nothing(
    history: History, picks: list[int]
) -> None:
    """Also what a line sent to itself or to another: timers, forwards, hand-overs, outcomes."""
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        before = rows_of(desk), _state(desk), _said(desk)
        entries = _inbox(desk)
        for pick in picks:
            _again(desk, entries[pick % len(entries)])
        desk.run()
        assert (rows_of(desk), _state(desk), _said(desk)) == before


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(
    history=histories(("ann", "ben"), most=10),
    picks=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 200)), min_size=1, max_size=6),
)
def test_records_that_come_again_in_between_change_nothing(
    history: History, picks: list[tuple[int, int]]
) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        plain = rows_of(desk), _state(desk)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        for step, record in enumerate(lines.outside):
            take(desk, [record])
            for when, which in picks:
                if when % len(lines.outside) == step:
                    entries = _inbox(desk)
                    _again(desk, entries[which % len(entries)])
        desk.run()
        assert (rows_of(desk), _state(desk)) == plain


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben"), most=10), pick=st.integers(0, 200))
def test_a_repeat_with_other_content_changes_nothing_either(history: History, pick: int) -> None:
    """The first with an id wins, whatever a later one says."""
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        before = rows_of(desk), _state(desk), _said(desk)
        entries = _inbox(desk)
        entry = entries[pick % len(entries)]
        other = next((e for e in entries if e.topic == entry.topic and e.id != entry.id), entry)
        headers = msgspec.json.decode(other.headers, type=dict[str, str]) | {"ce_id": entry.id}
        raw = msgspec.json.encode(headers).decode()
        _again(desk, entry._replace(headers=raw, value=other.value))
        desk.run()
        assert (rows_of(desk), _state(desk), _said(desk)) == before
