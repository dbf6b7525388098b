"""Lines of input: what is taken as what, and what is told of a line that cannot be taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events.contacts import ContactReceived, ProductSignalReported
from schemas.record import contact_id, ticket_id
from streams.clock import ManualClock
from streams.desk import Desk
from streams.errors import Unreadable
from streams.inputs import INTENTS, LINE_LIMIT, PLAIN, read
from streams.intake import Taken
from streams.redrive import discard, letter, redrive, waiting
from tests.stores import a_desk

NINE = "2026-03-02T09:00:00Z"
CONTACT: dict[str, Any] = {"channel": "email", "handle": "ann@example.org", "message": "Hello"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


def line(**fields: object) -> bytes:
    return json.dumps({**CONTACT, **fields}).encode()


def of(kind: str, /, **fields: object) -> bytes:
    return json.dumps({"type": kind, **fields}).encode()


FULL: dict[str, dict[str, object]] = {
    "contact": {
        **CONTACT,
        "customer_id": "ann",
        "subject": "Hi",
        "thread": "t",
        "in_reply_to": "m",
        "provider_id": "p",
        "language": "en",
        "attachments": [
            {"name": "a.txt", "media_type": "text/plain", "size": 3, "sha256": "x", "url": "y"}
        ],
        "metadata": {"b": 1, "a": [None, 1.5, "ü"]},
    },
    "customer": {
        "customer_id": "ann",
        "name": "Ann",
        "email": "ann@example.org",
        "phone": "+3312345678",
        "lifetime_value": 12,
        "preferred_channel": "slack",
        "language": "fr",
        "account_manager": "sam",
        "handles": {"email": ["ann@example.org"], "slack": ["U1", "U2"]},
    },
    "signal": {"customer_id": "ann", "kind": "app_crash", "metadata": {"version": "1"}},
    "survey": {"customer_id": "ann", "score": 5, "comment": "good"},
    "article": {
        "article_id": "a",
        "title": "t",
        "body": "b",
        "examples": ["e"],
        "category": "c",
        "language": "en",
    },
    "category": {"name": "c", "examples": ["e"], "priority": "high", "team": "billing"},
    "tag": {"name": "vip", "examples": ["e"]},
    "tone": {"text": "bad", "score": 0},
    "specialist": {
        "specialist_id": "sam",
        "name": "Sam",
        "team": "billing",
        "skills": ["s"],
        "languages": ["en"],
        "senior": True,
        "capacity": 3,
        "hours": {"monday": [["09:00", "12:00"], ["13:00", "17:00"]]},
        "available": False,
    },
    "start": {"customer_id": "ann", "channel": "email", "text": "Hello"},
    "link": {"customer_id": "ann", "channel": "email", "handle": "other@example.org"},
    "unlink": {"customer_id": "ann", "channel": "email", "handle": "other@example.org"},
}
LEAST: dict[str, dict[str, object]] = {
    "contact": CONTACT,
    "customer": {"customer_id": "ann"},
    "signal": {"customer_id": "ann", "kind": "app_crash"},
    "survey": {"customer_id": "ann", "score": 1},
    "article": {"article_id": "a", "title": "t", "body": "b"},
    "category": {"name": "c"},
    "tag": {"name": "t"},
    "tone": {"text": "fine", "score": 0.5},
    "specialist": {"specialist_id": "sam", "name": "Sam"},
}
OF_TICKETS: dict[str, dict[str, object]] = {
    "reply": {"text": "We are on it.", "channel": "email"},
    "note": {"text": "odd"},
    "resolve": {},
    "close": {},
    "reopen": {},
    "escalate": {"reason": "angry"},
    "assign": {"person": "sam"},
    "transfer": {"team": "billing", "reason": "theirs"},
    "priority": {"priority": "low"},
    "categorise": {"category": "billing"},
    "tag": {"add": ["a"], "remove": ["b"]},
    "snooze": {"until": "2026-03-05T09:00:00+01:00"},
    "merge": {"into": "TICK_OTHER"},
    "unmerge": {},
    "split": {"messages": ["m"]},
}


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
        wanted, remedy = f"{kind}: {field}: Field required", "give it a value"
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


BAD: list[tuple[str, bytes, str, str]] = [
    ("not JSON", b"{]", "is not JSON", "one JSON object a line"),
    ("cut off", b'{"channel": "email"', "is not JSON", "one JSON object a line"),
    ("two objects", line() + line(), "is not JSON", "one JSON object a line"),
    ("a list", b"[1]", "a JSON list, not an object", "write an object such as"),
    ("null", b"null", "a JSON null, not an object", "write an object such as"),
    ("text", b'"hello"', "a JSON text, not an object", "write an object such as"),
    ("unknown type", of("complaint"), "'complaint' is not a type", "use one of"),
    ("type of no text", line(type=5), "5 is not a type", "or no type for a contact"),
    ("unknown channel", line(channel="fax"), "channel 'fax' is unknown", "email, slack, whatsapp"),
    ("unknown field", line(colour="red"), "colour", "put it into metadata"),
    ("number for text", line(message=5), "message: Input should be a valid string", "in quotes"),
    ("empty handle", line(handle=""), "at least 1 character", "give it a value"),
    ("no offset", line(at="2026-03-02T08:00:00"), "at: Input should have timezone", "an offset"),
    ("a day only", line(at="2026-03-02"), "it is not a time", "RFC 3339"),
    ("seconds", line(at=1772438400), "it is not a time", "RFC 3339"),
    ("seconds as text", line(at="1772438400"), "it is not a time", "RFC 3339"),
    ("no such day", line(at="2026-02-30T08:00:00Z"), "at: ", "RFC 3339"),
    ("before time", line(at="0001-01-01T00:00:00+14:00"), "too far away", "1970 to 2199"),
    ("after time", line(at="9999-12-31T23:59:59Z"), "too far away", "1970 to 2199"),
    ("NUL escape", b'{"channel":"email","handle":"a","message":"x\\u0000y"}', "NUL", "leave it"),
    ("NUL byte", b'{"channel":"email","handle":"a","message":"x\0y"}', "NUL byte", "leave it out"),
    ("lone high half", line(message="\ud800"), "half of a surrogate pair", "whole characters"),
    ("high half in text", line(message="a\ud83dbc"), "half of a surrogate", "whole characters"),
    ("lone low half", line(message="\udc00 x"), "half of a surrogate pair", "whole characters"),
    ("half in metadata", line(metadata={"a": "\ud800"}), "half of a surrogate", "whole"),
    ("not UTF-8", b'{"message": "\xff\xfe"}', "is not UTF-8", "in UTF-8"),
    ("latin-1", '{"message": "é"}'.encode("latin-1"), "is not UTF-8", "in UTF-8"),
    ("NaN", b'{"type":"tone","text":"x","score":NaN}', "is not JSON", "one JSON object"),
    ("infinite", line(metadata=0).replace(b"0}", b'{"a":1e999}}'), "number", "as text"),
    ("5,000 digits", line(metadata=0).replace(b"0}", b"9" * 5000 + b"}"), "number", "as text"),
    ("nested", line(metadata=0).replace(b"0}", b"[" * 99999), "nested too deep", "flat"),
    (
        "deep metadata",
        line(metadata={"a": [[]] * 2}).replace(b"[]", b"[" * 200 + b"]" * 200),
        "nested too deep",
        "100 levels",
    ),
    ("metadata of no object", line(metadata=[1]), "metadata", "dictionary"),
    (
        "negative size",
        line(attachments=[{"name": "a", "media_type": "b", "size": -1}]),
        "attachments.0.size",
        "greater than or equal to 0",
    ),
    (
        "NUL in a name",
        line(attachments=[{"name": "\0", "media_type": "b", "size": 1}]),
        "NUL character",
        "leave it out",
    ),
    ("survey of 7", of("survey", customer_id="a", score=7), "score", "less than or equal to 5"),
    ("survey of 0", of("survey", customer_id="a", score=0), "score", "greater than or equal to 1"),
    ("survey of true", of("survey", customer_id="a", score=True), "score", "a whole number"),
    ("survey of text", of("survey", customer_id="a", score="5"), "score", "a whole number"),
    ("survey of 4.5", of("survey", customer_id="a", score=4.5), "score", "a whole number"),
    ("tone of 2", of("tone", text="a", score=2), "score", "less than or equal to 1"),
    ("tone of true", of("tone", text="a", score=True), "score", "a number, without quotes"),
    (
        "value of text",
        of("customer", customer_id="a", lifetime_value="12"),
        "lifetime_value",
        "a number, without quotes",
    ),
    (
        "senior of 1",
        of("specialist", specialist_id="a", name="A", senior=1),
        "senior",
        "true or false",
    ),
    ("no body", of("article", article_id="a", title="t"), "article: body", "give it a value"),
    (
        "empty body",
        of("article", article_id="a", title="t", body=""),
        "1 character",
        "give it a value",
    ),
    ("reply of nothing", of("reply", ticket_id="T", text=""), "1 character", "give it a value"),
    ("unknown priority", of("priority", ticket_id="T", priority="huge"), "priority", "'low'"),
    ("snooze until noon", of("snooze", ticket_id="T", until="noon"), "until", "RFC 3339"),
    ("5 MB", line(message="x" * 5_000_000), "1048576 are allowed", "as an attachment"),
]


@pytest.mark.parametrize("bad", BAD, ids=[one[0] for one in BAD])
def test_a_bad_line_is_told_and_kept_byte_for_byte_and_the_others_are_taken_in_order(
    bad: tuple[str, bytes, str, str], desk: Desk
) -> None:
    _, given, what, remedy = bad
    first, *rest = (line(provider_id=str(number), at=NINE) for number in range(4))
    taken = list(desk.intake.lines([first, given + b"\r\n", b"  \r\n", *rest]))
    assert [one.status for one in taken] == ["accepted", "unreadable", *["accepted"] * 3]
    assert [one.line for one in taken] == [1, 2, 4, 5, 6]
    told = taken[1]
    assert what in str(told.error)
    assert remedy in str(told.remedy)
    (kept,) = waiting(desk)
    assert kept.value == given + b"\r\n"
    assert (kept.id, kept.error, kept.remedy) == (told.id, told.error, told.remedy)
    assert kept.origin == "input/line 2"
    events = [one.event for one in desk.events(topic="support.contacts.v1")]
    assert [one.provider_id for one in events if isinstance(one, ContactReceived)] == list("0123")


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_any_end_of_line_and_a_byte_order_mark_are_no_fault(ending: bytes, desk: Desk) -> None:
    (taken,) = desk.intake.lines([b"\xef\xbb\xbf" + line() + ending])
    assert taken.status == "accepted"


def test_a_line_of_just_the_limit_is_taken() -> None:
    room = LINE_LIMIT - len(line(message=""))
    assert read(line(message="x" * room)).at is None
    with pytest.raises(Unreadable, match="are allowed"):
        read(line(message="x" * (room + 1)))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def as_line(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


names = st.sampled_from(
    sorted(
        {
            "type",
            "at",
            *(name for one in (*PLAIN.values(), *INTENTS.values()) for name in one.model_fields),
        }
    )
)
kinds = st.sampled_from([*PLAIN, *INTENTS, "contact"])


def taken_or_told(given_bytes: bytes) -> None:
    """A line is taken, or it is told what is wrong with it and what would be right."""
    try:
        read(given_bytes)
    except Unreadable as error:
        told = [error.what, error.remedy]
    else:
        told = ["taken", "as it is"]
    assert all(told)


@given(st.binary(max_size=200) | st.dictionaries(names, anything).map(as_line))
def test_any_bytes_are_taken_or_told_why_not(given_bytes: bytes) -> None:
    taken_or_told(given_bytes)


@given(kinds, st.data())
def test_any_value_in_any_field_is_taken_or_told(kind: str, data: st.DataObject) -> None:
    model = {**PLAIN, **INTENTS}.get(kind)
    base = {"type": kind, **FULL.get(kind, {"ticket_id": "T", **OF_TICKETS.get(kind, {})})}
    field = data.draw(st.sampled_from(sorted(model.model_fields if model else CONTACT)))
    taken_or_told(as_line({**base, field: data.draw(anything)}))


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


def statuses(desk: Desk, *documents: dict[str, Any]) -> list[str]:
    return [one.status for one in desk.intake.documents(documents)]


def test_the_same_provider_id_is_a_repeat_whatever_its_time_its_metadata_and_language(
    desk: Desk,
) -> None:
    first = {**CONTACT, "provider_id": "1", "at": NINE}
    again = {**first, "at": "2026-03-02T12:00:00Z", "metadata": {"hop": 2}, "language": "en"}
    assert statuses(desk, first, again) == ["accepted", "repeat"]
    assert [record.at.hour for record in desk.events()] == [9]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message", "Goodbye"),
        ("subject", "Another"),
        ("thread", "t2"),
        ("in_reply_to", "m2"),
        ("handle", "bo@example.org"),
        ("attachments", [{"name": "b", "media_type": "c", "size": 1}]),
    ],
)
def test_another_message_under_the_same_provider_id_is_a_dead_letter(
    field: str, value: object, desk: Desk
) -> None:
    first = {**CONTACT, "provider_id": "1"}
    taken = desk.intake.documents([first, {**first, field: value}])
    assert [one.status for one in taken] == ["accepted", "unreadable"]
    assert f"email message 1 was here before with another {field}" in str(taken[1].error)
    assert taken[1].remedy == "send a changed message under a provider_id of its own"
    assert len(waiting(desk)) == 1


def test_the_same_provider_id_on_another_channel_is_another_message(desk: Desk) -> None:
    first = {**CONTACT, "provider_id": "1"}
    assert statuses(desk, first, {**first, "channel": "slack"}) == ["accepted", "accepted"]


def test_without_a_provider_id_the_content_and_a_given_time_tell_messages_apart(
    desk: Desk,
) -> None:
    assert statuses(desk, CONTACT) == ["accepted"]
    assert isinstance(desk.clock, ManualClock)
    desk.clock.advance(hours=1)
    in_paris = {**CONTACT, "at": "2026-03-02T10:00:00+01:00"}
    photo = [{"name": "a.png", "media_type": "image/png", "size": 1}]
    told = statuses(
        desk,
        CONTACT,
        {**CONTACT, "metadata": {"hop": 2}},
        {**CONTACT, "at": NINE},
        in_paris,
        {**CONTACT, "at": "2026-03-03T09:00:00Z"},
        {**CONTACT, "attachments": photo},
    )
    assert told == ["repeat", "repeat", "accepted", "repeat", "accepted", "accepted"]


def test_signals_without_a_time_each_count_and_those_with_one_are_repeats(desk: Desk) -> None:
    crash = {"type": "signal", "customer_id": "ann", "kind": "app_crash"}
    assert statuses(desk, crash, crash, crash) == ["accepted"] * 3
    assert statuses(desk, {**crash, "at": NINE}, {**crash, "at": NINE}) == ["accepted", "repeat"]


def test_an_idempotency_key_makes_an_intent_the_same(desk: Desk) -> None:
    start = {"type": "start", "customer_id": "ann", "channel": "email", "text": "Hello"}
    keyed = {**start, "idempotency_key": "k", "at": NINE}
    later = {**keyed, "at": "2026-03-02T10:00:00Z"}
    assert statuses(desk, keyed, later, {**keyed, "by": "bo"}) == ["accepted", "repeat", "accepted"]


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


def the_letter(desk: Desk) -> str:
    (one,) = waiting(desk)
    return one.id


def test_an_intent_on_a_ticket_that_is_not_there_waits_until_it_is(desk: Desk) -> None:
    ticket = ticket_id(contact_id("email", "1"))
    (taken,) = desk.intake.documents([{"type": "resolve", "ticket_id": ticket}])
    assert taken.status == "unreadable"
    assert f"there is no ticket {ticket}" in str(taken.error)
    assert redrive(desk, None)[0]["status"] == "unreadable"
    desk.produce({**CONTACT, "provider_id": "1"})
    desk.run()
    assert [one["status"] for one in redrive(desk, [the_letter(desk)])] == ["accepted"]
    assert waiting(desk) == []
    desk.run()
    (row,) = desk.query("SELECT status FROM v1_tickets")
    assert row["status"] == "resolved"


def test_a_survey_on_a_ticket_that_is_not_there_is_a_dead_letter(desk: Desk) -> None:
    (taken,) = desk.intake.documents([{"type": "survey", "ticket_id": "TICK_0", "score": 3}])
    assert taken.status == "unreadable"
    assert "there is no ticket TICK_0" in str(taken.error)


def test_an_intent_on_a_closed_ticket_is_kept_and_refused_by_the_lifecycle(desk: Desk) -> None:
    desk.produce(CONTACT)
    desk.run()
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
    asked = {"ticket_id": row["ticket_id"], "by": "sam"}
    desk.produce({"type": "close", **asked})
    desk.run()
    assert statuses(desk, {"type": "snooze", "until": "2026-03-09T09:00:00Z", **asked}) == [
        "accepted"
    ]
    desk.run()
    (refused,) = desk.events(type="IntentRefused")
    assert refused.event.ticket_id == row["ticket_id"]  # type: ignore[attr-defined]  # it has one


def test_a_redriven_line_has_the_time_at_which_it_came(desk: Desk) -> None:
    customer = {**CONTACT, "provider_id": "1", "type": "resolve"}
    desk.intake.documents([customer])
    (kept,) = waiting(desk)
    assert kept.at == "2026-03-02T09:00:00.000Z"


def test_a_discarded_letter_is_off_the_list_keeps_its_bytes_and_waits_when_it_comes_again(
    desk: Desk,
) -> None:
    bad = b'{"channel": "fax"}\n'
    list(desk.intake.lines([bad, bad]))
    one = the_letter(desk)
    discard(desk, [one])
    assert waiting(desk) == []
    assert letter(desk, one).value == bad
    list(desk.intake.lines([bad]))
    assert the_letter(desk) == one


def test_python_is_told_of_a_bad_input_and_the_others_are_kept(desk: Desk) -> None:
    with pytest.raises(Unreadable, match="input 2: contact: message: Field required"):
        desk.produce(CONTACT, {"channel": "email", "handle": "x"}, {**CONTACT, "handle": "bo"})
    assert len(list(desk.events())) == 2
    with pytest.raises(Unreadable, match="half of a surrogate pair"):
        desk.produce({**CONTACT, "message": "\ud800"})
    with pytest.raises(TypeError):
        desk.produce(CONTACT, {**CONTACT, "message": object()})


def test_what_was_taken_says_where_it_lies(desk: Desk) -> None:
    (taken,) = desk.intake.documents([CONTACT])
    assert isinstance(taken, Taken)
    (entry,) = desk.log.scan()
    place = (entry.topic, entry.partition, entry.offset, entry.id)
    assert (taken.topic, taken.partition, taken.offset, taken.id) == place
