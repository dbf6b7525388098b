"""What is put on an inbox by hand: readable or not, the worker goes on, and nothing is lost."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import Event
from schemas.events import EVENTS
from schemas.events.contacts import ContactReceived, SurveyAnswered
from schemas.events.control import PolicyActivated
from schemas.events.desk import SpecialistDescribed
from schemas.events.knowledge import ToneLabelled
from schemas.record import Record, partition_of
from schemas.topics import INBOXES, TOPICS, key_of
from streams import codec
from streams.desk import Desk
from streams.embedded.rebuild import verify
from streams.errors import Unreadable
from streams.redrive import letter, redrive, waiting
from streams.testing import START
from tests.anyevent import of_type
from tests.stores import a_desk, by_hand

CONTACT = {"channel": "email", "customer_id": "ann", "message": "Where is my parcel?"}
INBOX_EVENTS = sorted(name for name, kind in EVENTS.items() if TOPICS[kind.TOPIC].kind == "inbox")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


def framed(event: Event, number: str, key: str = "ann") -> tuple[str, bytes]:
    """The headers and bytes of an event as a foreign producer would send them."""
    record = Record(id=number, key=key, at=START, by="foreign", event=event, correlation=number)
    return codec.headers(record).decode(), codec.encode(event)


def contact(message: str = "Hello") -> ContactReceived:
    return ContactReceived(channel="email", customer_id="ann", message=message, provider_id="f")


GOOD = framed(contact(), "good")


@pytest.mark.parametrize(
    ("headers", "value"),
    [
        ("", b""),
        ("no JSON", GOOD[1]),
        ("[]", GOOD[1]),
        ("{}", GOOD[1]),
        (json.dumps({"ce_id": "x"}), GOOD[1]),
        (GOOD[0].replace("+00:00", ""), GOOD[1]),
        (GOOD[0].replace("2026-", "20 6-"), GOOD[1]),
        (GOOD[0], b"\xff\xfe no event"),
        (GOOD[0], b"\xc3\x01" + b"\0" * 8 + GOOD[1][10:]),
        (GOOD[0], GOOD[1][:-3]),
        (GOOD[0], GOOD[1] + b"more"),
        framed(PolicyActivated(version="1", text="x", by="me"), "policy"),
    ],
    ids=[
        "nothing", "headers of no JSON", "headers of a list", "no headers", "few headers",
        "no offset", "no time", "no event", "unknown schema", "cut off", "too long", "other topic",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_dead_letter_and_the_worker_goes_on(
    headers: str, value: bytes, desk: Desk
) -> None:
    offset = by_hand(desk, headers, value)
    desk.produce(CONTACT)
    desk.run()
    (kept,) = waiting(desk)
    assert (kept.value, kept.headers, kept.key) == (value, headers, "ann")
    assert kept.origin.endswith(f"/{offset}")
    assert kept.handler == "customer"
    assert kept.error
    assert kept.remedy
    assert len(desk.query("SELECT * FROM v1_tickets")) == 1
    (row,) = desk.query("SELECT * FROM v1_dead_letters")
    assert row["dead_letter_id"] == kept.id
    assert verify(desk.database)["clean"]


def test_a_letter_that_can_be_read_by_now_is_taken_with_its_content(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, value = framed(contact("From afar"), "one")
    by_hand(desk, headers, value, number="one")

    def unknown(_: bytes) -> Event:
        raise Unreadable("the schema is not known here", "upgrade")

    with monkeypatch.context() as older:
        older.setattr(codec, "decode", unknown)
        desk.run()
        assert [one["status"] for one in redrive(desk, None)] == ["unreadable"]
    (kept,) = waiting(desk)
    assert [one["status"] for one in redrive(desk, [kept.id])] == ["accepted"]
    assert waiting(desk) == []
    assert letter(desk, kept.id).value == value
    desk.run()
    (row,) = desk.query("SELECT description FROM v1_tickets")
    assert row["description"] == "From afar"
    assert verify(desk.database)["clean"]


def test_bytes_on_the_knowledge_and_control_topics_are_passed_over(desk: Desk) -> None:
    for topic in ("support.knowledge.v1", "support.control.v1"):
        with desk.database.transaction():
            desk.log.append_raw(topic, 0, None, "{}", b"no event", f"bad-{topic}")
    desk.intake.records(
        [
            Record(
                id="p",
                key="policy",
                at=START,
                by="me",
                event=PolicyActivated(version="x", text="no = policy", by="me"),
                correlation="p",
            )
        ]
    )
    desk.produce(CONTACT)
    desk.run()
    assert len(desk.query("SELECT * FROM v1_tickets")) == 1
    assert [one.topic for one in waiting(desk)] == ["support.knowledge.v1"]


def test_a_record_that_cannot_be_folded_is_a_dead_letter_and_parks_no_ticket_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from projections import lines

    desk.produce(CONTACT)
    desk.run()
    before = desk.query("SELECT * FROM v1_tickets")
    fold = lines.FOLDS["customer"]

    def failing(state: object, record: Record) -> object:
        if record.type == "CustomerDescribed":
            raise ValueError("no fold for this")
        return fold.evolve(state, record)

    with monkeypatch.context() as broken:
        broken.setitem(lines.FOLDS, "customer", fold._replace(evolve=failing))
        desk.produce({"type": "customer", "customer_id": "ann", "name": "Ann"})
        desk.run()
    (kept,) = waiting(desk)
    assert "the CustomerDescribed cannot be folded: ValueError: no fold for this" in kept.error
    assert desk.query("SELECT * FROM v1_tickets") == before
    assert [one["status"] for one in redrive(desk, None)] == ["accepted"]
    desk.run()
    (row,) = desk.query("SELECT name FROM v1_customers")
    assert row["name"] == "Ann"


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(INBOX_EVENTS).flatmap(lambda name: of_type(EVENTS[name])), max_size=6)
)
def test_no_readable_event_however_odd_stops_a_worker_or_its_tables(events: list[Event]) -> None:
    with TemporaryDirectory(prefix="pactdesk-") as folder, a_desk(Path(folder)) as desk:
        desk.produce(CONTACT)
        for number, event in enumerate(events):
            headers, value = framed(event, f"f{number}", key_of(event, "ann"))
            with desk.database.transaction():
                desk.log.append_raw(event.TOPIC, 0, "ann", headers, value, f"f{number}")
        desk.run()
        assert len(desk.query("SELECT * FROM v1_tickets WHERE customer_id = 'ann'")) >= 1
        ends = desk.log.ends()
        stood = desk.database.execute("SELECT topic, partition, position FROM positions").fetchall()
        names = {topic.name for topic in INBOXES}
        assert {(t, p): n for t, p, n in stood} == {
            place: end for place, end in ends.items() if place[0] in names
        }
        report = verify(desk.database)
        assert all(one["same"] for one in report["tables"].values())


@pytest.mark.parametrize(
    "event",
    [
        ToneLabelled(text="This is fine", score=math.nan),
        ToneLabelled(text="This is fine", score=math.inf),
        ToneLabelled(text="This is fine", score=-0.5),
        SurveyAnswered(customer_id="ann", score=9),
        SurveyAnswered(customer_id="ann", score=0),
        SpecialistDescribed(specialist_id="eva", capacity=-1),
        SpecialistDescribed(specialist_id="eva", capacity=10**12),
    ],
    ids=repr,
)
def test_a_number_that_no_input_may_have_is_put_aside_and_counts_for_nothing(
    event: Event, desk: Desk
) -> None:
    key = key_of(event, "")
    with desk.database.transaction():
        place = (event.TOPIC, partition_of(key), key)
        desk.log.append_raw(*place, *framed(event, "wrong", key), "wrong")
    desk.run()
    (waits,) = waiting(desk)
    assert waits.error.startswith(f"the {type(event).__name__} cannot be folded: ValueError")
    assert desk.query("SELECT * FROM v1_specialists") == []
    assert desk.query("SELECT * FROM v1_decisions") == []
    assert verify(desk.database)["clean"]
