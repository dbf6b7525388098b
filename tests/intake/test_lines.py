"""Lines of input: what is taken as what."""

from __future__ import annotations

import msgspec
import pytest

from schemas.events.contacts import ContactReceived, ProductSignalReported
from streams.desk import Desk
from streams.errors import Unreadable
from streams.inputs import INTENTS, PLAIN, read
from tests.inputlines import CONTACT, FULL, LEAST, OF_TICKETS, of


def test_every_type_of_line_is_tried_here() -> None:
    assert set(PLAIN) | set(INTENTS) | {"contact"} == set(FULL) | set(OF_TICKETS)


@pytest.mark.parametrize("kind", FULL)
def test_a_line_with_every_field_and_a_time_is_taken_at_that_time(kind: str, desk: Desk) -> None:
    document = {"type": kind, **FULL[kind], "at": "2026-03-02T10:00:00+01:00"}
    (taken,) = desk.intake.documents([document])
    assert taken.status == "accepted", taken.error
    (record,) = desk.events()
    assert record.at.isoformat() == "2026-03-02T09:00:00+00:00"


@pytest.mark.parametrize("kind", LEAST)
def test_a_line_with_only_what_is_required_has_the_clocks_time(kind: str, desk: Desk) -> None:
    (taken,) = desk.intake.documents([{"type": kind, **LEAST[kind]}])
    assert taken.status == "accepted", taken.error
    (record,) = desk.events()
    assert record.at == desk.clock.now()


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind in LEAST for field in LEAST[kind]]
)
def test_a_line_without_something_required_says_which(kind: str, field: str) -> None:
    if (kind, field) == ("contact", "handle"):
        wanted, remedy = "who wrote it is missing", "give customer_id or handle"
    elif (kind, field) == ("survey", "customer_id"):
        wanted, remedy = "what was rated is missing", "give ticket_id or customer_id"
    else:
        wanted, remedy = f"{kind}: {field}: it is missing", "give it a value"
    rest = {name: value for name, value in LEAST[kind].items() if name != field}
    with pytest.raises(Unreadable) as told:
        read(of(kind, **rest))
    assert wanted in told.value.what
    assert told.value.remedy == remedy


@pytest.mark.parametrize("kind", OF_TICKETS)
def test_an_intent_goes_to_the_line_that_has_the_ticket(kind: str, desk: Desk) -> None:
    desk.produce({**CONTACT, "customer_id": "ann"})
    desk.run()
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
    document = {"type": kind, "ticket_id": row["ticket_id"], "by": "sam", **OF_TICKETS[kind]}
    (record_id,) = desk.produce(document)
    record = next(one for one in desk.events() if one.id == record_id)
    assert (record.key, record.by) == ("ann", "person/sam")


def test_metadata_is_kept_as_it_is(desk: Desk) -> None:
    metadata = {"z": 1, "a": {"y": [1.0, 1e30, 12345678901234567890, None, True], "b": "\u2028é"}}
    desk.produce(
        {**CONTACT, "metadata": metadata},
        {**LEAST["signal"], "type": "signal", "metadata": metadata},
    )
    for record in desk.events():
        assert isinstance(record.event, ContactReceived | ProductSignalReported)
        kept = msgspec.json.decode(record.event.metadata)
        assert kept == metadata
        assert list(kept) == ["z", "a"]
    desk.run()
    (row,) = desk.query("SELECT metadata FROM v1_tickets")
    assert row["metadata"]["a"]["b"] == "\u2028é"


def keys(desk: Desk) -> list[str]:
    return [r.key for r in desk.events() if isinstance(r.event, ContactReceived)]


def test_a_handle_is_its_customers_from_the_line_that_says_so_on(desk: Desk) -> None:
    customer = {"type": "customer", "customer_id": "ann", "handles": {"email": ["ann@example.org"]}}
    link = {"type": "link", "customer_id": "bo", "channel": "slack", "handle": "U1"}
    slack = {**CONTACT, "channel": "slack", "handle": "U1"}
    desk.produce(
        {**CONTACT, "provider_id": "1"},
        customer,
        {**CONTACT, "provider_id": "2"},
        {**slack, "provider_id": "3"},
        link,
        {**slack, "provider_id": "4"},
        {**slack, "provider_id": "5", "customer_id": "cy"},
    )
    unknown, ann, stranger, bo, given_id = keys(desk)
    assert unknown.startswith("c_")
    assert stranger.startswith("c_")
    assert unknown != stranger
    assert (ann, bo, given_id) == ("ann", "bo", "cy")
