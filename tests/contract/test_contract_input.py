"""The lines of input, their fields and what these take are those of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from streams.errors import Unreadable
from streams.inputs import (
    INTENTS,
    PLAIN,
    AttachmentInput,
    ContactInput,
    Input,
    read,
    read_document,
)
from tests.contracts import contract, faults

TABLE = contract("input")
ASKED, TOLD = "asked", "told"

A_FILE = {"name": "a.png", "media_type": "image/png", "size": 7}

GOOD: dict[str, tuple[object, ...]] = {
    "name": ("x", "x" * 500),
    "text": ("", "x" * 5000),
    "body": ("x", "x" * 5000),
    "time": ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00.5+05:45"),
    "channel": ("email", "discord"),
    "priority": ("low", "critical"),
    "number": (0, 1.5, -3),
    "whole number": (0, 3),
    "grade": (1, 5),
    "share": (0, 0.5, 1),
    "true or false": (True, False),
    "object": ({}, {"any": ["thing", 1, None]}),
    "list of text": ([], ["", "x"]),
    "list of names": (["x"], ["x", "y"]),
    "handles": ({}, {"email": ["ann@example.org"], "slack": ["U1", "U2"]}),
    "hours": ({}, {"monday": [["09:00", "12:00"], ["13:00", "17:00"]]}),
    "enclosures": ([], [{**A_FILE, "sha256": "0f" * 32}]),
    "attachments": ([], [A_FILE], [{**A_FILE, "sha256": "0f", "url": "https://example.org/a"}]),
}
"""Values that a field of a kind takes; the first is the least."""

BAD: dict[str, tuple[object, ...]] = {
    "name": ("", "x" * 501, 7, "a\0"),
    "text": (7, ["x"], "a\0"),
    "body": ("", 7),
    "time": ("2026-03-02T08:00:00", "noon", 1772438400, "2026-03-02"),
    "channel": ("pigeon", "Email", ""),
    "priority": ("huge", ""),
    "number": ("1", True, [1]),
    "whole number": ("1", 1.5, -1),
    "grade": (0, 6, 4.5, "4"),
    "share": (-0.1, 1.1, "0.5"),
    "true or false": (1, "true"),
    "object": ([], "x"),
    "list of text": ("x", [7]),
    "list of names": ("x", [""], [7]),
    "handles": ({"pigeon": ["x"]}, {"email": "x"}, {"email": [""]}),
    "hours": ([], {"monday": [["09:00"]]}, {"monday": "always"}),
    "enclosures": ({}, [A_FILE], [{**A_FILE, "sha256": "0f"}], [{**A_FILE, "sha256": 7}]),
    "attachments": ({}, [{"name": "a.png"}], [{**A_FILE, "size": -1}], [{**A_FILE, "x": 1}]),
}
"""Values that it does not take."""


def fields_of(family: str, kind: str) -> dict[str, str]:
    """The fields of a type by the table, with their kinds."""
    shared = {**TABLE["every"], **(TABLE["asking"] if family == ASKED else {})}
    return {**TABLE[family][kind], **shared}


LINES = [(family, kind) for family in (TOLD, ASKED) for kind in TABLE[family]]
FIELDS = [(*line, field) for line in LINES for field in fields_of(*line)]


def least(family: str, kind: str) -> dict[str, Any]:
    """The shortest line of a type."""
    line = {} if kind == "contact" else {"type": kind}
    needed = [name for name, told in TABLE[family][kind].items() if told.endswith(", required")]
    either = TABLE["one_of"].get(kind, [])[:1] if family == TOLD else []
    return {
        **line,
        **{name: GOOD[kind_of(family, kind, name)][0] for name in (*needed, *either)},
    }


def kind_of(family: str, kind: str, field: str) -> str:
    return fields_of(family, kind)[field].removesuffix(", required")


def promised() -> Iterator[str]:
    for family, kind in LINES:
        yield f"{family} {kind}"
        for field, told in fields_of(family, kind).items():
            yield f"{family} {kind}.{field}{', required' if told.endswith(', required') else ''}"
    for field, told in TABLE["attachment"].items():
        yield f"attachment.{field}{', required' if told.endswith(', required') else ''}"


def there() -> Iterator[str]:
    told: dict[str, type[Input]] = {"contact": ContactInput, **PLAIN}
    for family, kinds in ((TOLD, told), (ASKED, INTENTS)):
        for name, kind in kinds.items():
            yield f"{family} {name}"
            for field, about in kind.model_fields.items():
                yield f"{family} {name}.{field}{', required' if about.is_required() else ''}"
    for field, about in AttachmentInput.model_fields.items():
        yield f"attachment.{field}{', required' if about.is_required() else ''}"


def test_the_types_and_their_fields_are_those_of_the_contract() -> None:
    assert faults("input", {*promised()}, {*there()}) == []


def test_the_longest_line_is_read_and_a_longer_one_is_not() -> None:
    head, tail = b'{"channel": "email", "handle": "x", "message": "', b'"}'
    whole = head + b"x" * (TABLE["longest_line"] - len(head) - len(tail)) + tail
    assert read(whole).TYPE == "contact"
    with pytest.raises(Unreadable, match="bytes"):
        read(whole.replace(b"x", b"xx", 1))


@pytest.mark.parametrize(("family", "kind"), LINES)
def test_the_least_line_of_a_type_is_read_and_less_is_not(family: str, kind: str) -> None:
    line = least(family, kind)
    assert kind == read_document(line).TYPE
    for field in line.keys() - {"type"}:
        if (family, kind, field) == (ASKED, "tag", "ticket_id"):
            continue  # without a ticket the line teaches a tag
        with pytest.raises(Unreadable):
            read_document({name: value for name, value in line.items() if name != field})


@pytest.mark.parametrize(("family", "kind", "field"), FIELDS)
def test_a_field_takes_what_its_kind_is_and_nothing_else(
    family: str, kind: str, field: str
) -> None:
    line = least(family, kind)
    sort = kind_of(family, kind, field)
    for value in GOOD[sort]:
        assert kind == read_document({**line, field: value}).TYPE
    for value in BAD[sort]:
        with pytest.raises(Unreadable) as error:
            read_document({**line, field: value})
        assert field in error.value.what
        assert error.value.remedy


@pytest.mark.parametrize(("kind", "fields"), TABLE["one_of"].items())
def test_any_of_several_fields_will_do(kind: str, fields: list[str]) -> None:
    line = {k: v for k, v in least(TOLD, kind).items() if k not in fields}
    for field in fields:
        assert kind == read_document({**line, field: "x"}).TYPE
    with pytest.raises(Unreadable):
        read_document(line)


@pytest.mark.parametrize(("family", "kind"), LINES)
def test_a_field_that_the_contract_does_not_have_is_refused(family: str, kind: str) -> None:
    with pytest.raises(Unreadable, match="colour"):
        read_document({**least(family, kind), "colour": "blue"})
