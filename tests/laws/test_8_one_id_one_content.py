"""Law 8. One id, one content for outputs; on inboxes the first with an id wins."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings

from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id
from schemas.topics import INBOXES
from tests.embedded import open_in, record_of, somewhere, take
from tests.histories import History, histories, play

INBOX_NAMES = frozenset(topic.name for topic in INBOXES)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben", "cem"), most=14))
def test_an_id_has_one_content_in_the_whole_log(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        entries = list(desk.log.scan())
    assert len({entry.id for entry in entries}) == len({(e.id, e.value) for e in entries})
    outputs = [entry.id for entry in entries if entry.topic not in INBOX_NAMES]
    assert len(outputs) == len(set(outputs))


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben"), most=10))
def test_two_runs_over_the_same_inbox_say_the_same_bytes(history: History) -> None:
    lines = play(history)
    logs = []
    for _ in range(2):
        with somewhere() as folder, open_in(folder, lines.models) as desk:
            take(desk, lines.outside)
            logs.append([(*entry[1:7], entry.id) for entry in desk.log.scan()])
    assert logs[0] == logs[1]


@settings(max_examples=25)
@given(history=histories(("ann", "ben", "cem"), most=14))
def test_outputs_have_ids_of_their_own(history: History) -> None:
    said = [record.id for one in play(history).turns for record in one.said]
    assert len(said) == len(set(said))


def _contact(message: str) -> Record:
    event = ContactReceived(
        channel="email", customer_id="ann", message=message, provider_id="<1@example.org>"
    )
    number = contact_id("email", "<1@example.org>")
    return msgspec.structs.replace(record_of(event), id=number, correlation=number)


def test_the_first_contact_with_an_id_wins() -> None:
    with somewhere() as folder, open_in(folder) as desk:
        take(desk, [_contact("the first")])
        second = _contact("the second")
        with desk.database.transaction():
            desk.log.append([second])
        desk.run()
        rows = desk.query("SELECT message_content FROM v1_interactions WHERE direction = 'in'")
        assert rows == [{"message_content": "the first"}]
        assert desk.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 1}]


def test_a_provider_that_delivers_again_makes_the_same_record() -> None:
    assert contact_id("email", "1") == contact_id("email", "1")
    assert contact_id("email", "1") != contact_id("slack", "1")
    assert contact_id("email", "1") != contact_id("email", "2")
