"""From a field's type to its Avro type, one to one; what has none is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, create_model

from schemas.avro import personal_fields, schema_of
from schemas.event import Attachment, Event
from schemas.vocabulary import PERSONAL, JsonText, Mark, Personal, PersonalJson, SlaTarget, Time

TARGET = {
    "type": "enum",
    "name": "SlaTarget",
    "namespace": "pactdesk",
    "symbols": ["first_reply", "resolution"],
}
MOMENT = {"type": "long", "logicalType": "timestamp-micros"}


def fields(**types: Any) -> list[dict[str, Any]]:  # Any: type expressions in, JSON out
    """The Avro fields of an event with fields of these types, all of them required."""
    made: dict[str, Any] = {name: (type_, ...) for name, type_ in types.items()}
    kind = create_model("Made", __base__=Event, **made)
    found = schema_of(kind)["fields"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (str, "string"),
        (int, "long"),
        (float, "double"),
        (bool, "boolean"),
        (datetime, MOMENT),
        (Time, MOMENT),
        (Time | None, ["null", MOMENT]),
        (JsonText, "string"),
        (str | None, ["null", "string"]),
        (list[str], {"type": "array", "items": "string"}),
        (list[int | None], {"type": "array", "items": ["null", "long"]}),
        (dict[str, float], {"type": "map", "values": "double"}),
        (SlaTarget, TARGET),
        (SlaTarget | None, ["null", TARGET]),
        (list[SlaTarget], {"type": "array", "items": TARGET}),
    ],
)
def test_a_type_has_one_shape(type_: Any, expected: Any) -> None:
    assert fields(x=type_) == [{"name": "x", "type": expected}]


def test_a_part_is_a_record_and_named_the_second_time() -> None:
    first, second, third = fields(a=Attachment, b=list[Attachment], c=SlaTarget | None)
    assert (first["type"]["type"], first["type"]["name"]) == ("record", "Attachment")
    assert first["type"]["doc"] == "What is known of a file that came with a message."
    assert second["type"] == {"type": "array", "items": "pactdesk.Attachment"}
    assert third["type"] == ["null", TARGET]
    again = fields(a=SlaTarget, b=SlaTarget | None)
    assert [one["type"] for one in again] == [TARGET, ["null", "pactdesk.SlaTarget"]]


@pytest.mark.parametrize(
    ("type_", "personal"),
    [
        (Personal, True),
        (PersonalJson, True),
        (Personal | None, True),
        (list[Personal], True),
        (Annotated[list[Personal], Mark()], True),
        (list[Annotated[Time, PERSONAL]], True),
        (str, False),
        (JsonText, False),
        (SlaTarget, False),
        (list[str] | None, False),
    ],
)
def test_what_is_personal_is_marked_wherever_it_stands(type_: Any, *, personal: bool) -> None:
    (field,) = fields(x=type_)
    assert field.get("personal", False) is personal
    kind = create_model("Made", __base__=Event, x=(type_, ...))
    assert personal_fields(kind) == ({"x"} if personal else set())


def test_what_may_be_left_out_has_its_default() -> None:
    kind = create_model(
        "Made",
        __base__=Event,
        a=(str | None, None),
        b=(list[str], Field(default_factory=list)),
        c=(int, 3),
        d=(int, ...),
    )
    defaults = {one["name"]: one.get("default", "none") for one in schema_of(kind)["fields"]}
    assert defaults == {"a": None, "b": [], "c": 3, "d": "none"}


def test_a_schema_names_its_event_and_says_what_it_is() -> None:
    kind = create_model("Made", __base__=Event, __doc__="It is\nmade.\n\nAnd more.", x=(int, ...))
    assert schema_of(kind) == {
        "type": "record",
        "name": "Made",
        "namespace": "pactdesk",
        "doc": "It is made.",
        "fields": [{"name": "x", "type": "long"}],
    }


@pytest.mark.parametrize(
    ("type_", "says"),
    [
        (Literal["a", "b"], "a closed word list needs a name"),
        (str | int, "only a type or nothing, not several types"),
        (str | int | None, "only a type or nothing, not several types"),
        (bytes, "no Avro type for it"),
        (tuple[str, ...], "no Avro type for it"),
    ],
)
def test_what_has_no_shape_is_refused(type_: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        fields(x=type_)
