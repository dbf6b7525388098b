"""What is told of a line that cannot be taken, and what becomes of it and of its neighbours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events.contacts import ContactReceived
from streams.desk import Desk
from streams.errors import Unreadable
from streams.inputs import INTENTS, LINE_LIMIT, PLAIN, read
from streams.redrive import waiting
from tests.inputlines import CONTACT, FULL, NINE, OF_TICKETS, line, of

FILE = {"name": "plan.txt", "media_type": "text/plain", "size": 4, "sha256": "0" * 64}

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
    ("metadata of null", line(metadata=None), "metadata: null is not an object", "curly"),
    (
        "message of an object",
        line(message={"a": [None, True]}),
        'message: {"a": [null, true]} is not a text',
        "in quotes",
    ),
    (
        "unknown field of a survey",
        of("survey", score=3, colour=1),
        "colour",
        "use one of at, comment",
    ),
    (
        "metadata of a survey",
        of("survey", score=3, metadata={}),
        "metadata",
        "use one of at, comment",
    ),
    ("number for text", line(message=5), "message: 5 is not a text", "in quotes"),
    (
        "a revision that none reaches",
        of("resolve", ticket_id="TICK_1", by="sam", expected_revision=2**31),
        "expected_revision: 2147483648 is too large",
        "give less than 2147483648",
    ),
    ("empty handle", line(handle=""), "it is empty", "give it a value"),
    ("no offset", line(at="2026-03-02T08:00:00"), "has no offset", "an offset"),
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
    ("metadata of no object", line(metadata=[1]), "metadata", "an object"),
    (
        "negative size",
        line(attachments=[{"name": "a", "media_type": "b", "size": -1}]),
        "attachments.0.size",
        "at least 0",
    ),
    (
        "NUL in a name",
        line(attachments=[{"name": "\0", "media_type": "b", "size": 1}]),
        "NUL character",
        "leave it out",
    ),
    ("survey of 7", of("survey", customer_id="a", score=7), "score", "at most 5"),
    ("survey of 0", of("survey", customer_id="a", score=0), "score", "at least 1"),
    ("survey of true", of("survey", customer_id="a", score=True), "score", "a whole number"),
    ("survey of text", of("survey", customer_id="a", score="5"), "score", "a whole number"),
    ("survey of 4.5", of("survey", customer_id="a", score=4.5), "score", "a whole number"),
    ("tone of 2", of("tone", text="a", score=2), "score", "at most 1"),
    ("tone of true", of("tone", text="a", score=True), "score", "a number, without quotes"),
    (
        "value of text",
        of("customer", customer_id="a", lifetime_value="12"),
        "lifetime_value",
        "a number, without quotes",
    ),
    *(
        (
            f"hours {name}",
            of("specialist", specialist_id="a", name="A", hours=hours),
            f"specialist: hours: {what}",
            remedy,
        )
        for name, hours, what, remedy in [
            ("of no day", {"mon": [["09:00", "17:00"]]}, "'mon' is no weekday", "use monday"),
            ("of no time", {"monday": [["25:00", "26:00"]]}, "'25:00' is not a time of day", "24"),
            ("backwards", {"monday": [["17:00", "9:00"]]}, "monday: a span ends before", "split"),
            ("twice", {"monday": [["9:00", "12:00"], ["11:00", "13:00"]]}, "monday: spans", "join"),
        ]
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
        "it is empty",
        "give it a value",
    ),
    ("reply of nothing", of("reply", ticket_id="T", text=""), "it is empty", "give it a value"),
    (
        "body of blanks",
        of("article", article_id="a", title="t", body=" \n\t "),
        "it is empty",
        "value",
    ),
    ("reply of blanks", of("reply", ticket_id="T", text="  "), "it is empty", "give it a value"),
    (
        "reply with a file as text",
        of("reply", ticket_id="T", text="See", attachments=["plan.txt"]),
        "'plan.txt' is not an object",
        "curly brackets",
    ),
    (
        "reply with many files",
        of("reply", ticket_id="T", text="See", attachments=[FILE] * 11),
        "it has too many entries",
        "give at most 10",
    ),
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


@pytest.mark.parametrize("field", ["channel", "metadata", "colour"])
def test_what_is_nested_as_deep_as_can_just_be_read_is_told_too(field: str) -> None:
    for deep in range(900, 1010):
        taken_or_told(line(**{field: 0}).replace(b"0}", b"[" * deep + b"]" * deep + b"}"))
