"""A bundle's file says what it is, and what is wrong with it when something is."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from schemas.events.intents import ResolveAsked
from streams.bundles.bundle import Bundle
from streams.bundles.file import new_key, read
from streams.bundles.making import Made, made
from streams.desk import Desk
from streams.errors import Unreadable
from tests.embedded import open_in, record_of, somewhere, take
from tests.reading.test_why import _contact, _ticket


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with somewhere() as folder, open_in(folder) as desk:
        take(desk, [_contact("ann")])
        about = {"ticket_id": _ticket(desk), "customer_id": "ann", "by": "bo"}
        take(desk, [record_of(ResolveAsked.model_validate(about))])
        yield desk


@pytest.fixture(scope="module")
def masked(desk: Desk) -> Made:
    return made(desk, _ticket(desk), "masked")


def _said(bundle: Bundle) -> str:
    return msgspec.json.encode(
        [turn.record.event.model_dump(mode="json") for turn in bundle.turns]
    ).decode()


def test_what_is_written_is_read(masked: Made) -> None:
    assert read(masked.content) == masked.bundle


def test_the_first_line_says_what_the_file_is(masked: Made) -> None:
    head = msgspec.json.decode(masked.content.splitlines()[0])
    assert head["pactdesk_bundle"] == 1
    assert head["ticket_id"] == masked.bundle.ticket_id
    assert (head["lines"], head["text"]) == (["ann"], "masked")
    assert head["models"] == {"fake": ["1"]}


def test_a_bundle_is_masked_unless_it_is_plain(desk: Desk, masked: Made) -> None:
    plain = made(desk, _ticket(desk), "plain")
    assert b"I was charged twice" in plain.content
    assert b"charged" not in masked.content
    sealed = made(desk, _ticket(desk), "sealed")
    assert b"charged" not in sealed.content
    assert "charged" not in _said(read(sealed.content))
    assert read(sealed.content, sealed.key).turns == plain.bundle.turns


def test_a_line_that_was_changed_is_named(masked: Made) -> None:
    lines = masked.content.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        changed = line.replace(b'"customer_id":"ann"', b'"customer_id":"bob"')
        changed = line[:20] + b"x" + line[21:] if changed == line else changed
        content = b"".join([*lines[: number - 1], changed, *lines[number:]])
        with pytest.raises(Unreadable, match=f"line {number} of the bundle"):
            read(content)


def test_lines_that_changed_places_are_named(masked: Made) -> None:
    first, one, two, *rest = masked.content.splitlines(keepends=True)
    with pytest.raises(Unreadable, match="line 2 of the bundle"):
        read(b"".join([first, two, one, *rest]))


@pytest.mark.parametrize("lines", [1, -1])
def test_a_file_that_was_cut_between_lines_is_cut(masked: Made, lines: int) -> None:
    content = b"".join(masked.content.splitlines(keepends=True)[:lines])
    with pytest.raises(Unreadable, match="was cut: "):
        read(content)


def test_a_file_that_was_cut_within_a_line_is_not_as_it_was_written(masked: Made) -> None:
    with pytest.raises(Unreadable, match="is not as it was written"):
        read(masked.content[:-10])


@pytest.mark.parametrize("content", [b"", b"\n", b"PK\x03\x04", b'{"channel": "email"}\n'])
def test_what_is_no_bundle_is_none(content: bytes) -> None:
    with pytest.raises(Unreadable, match="no bundle"):
        read(content)


def test_a_bundle_of_a_newer_version_says_what_reads_it() -> None:
    head = b'{"pactdesk_bundle":2,"made_by":"9.0"}'
    digest = sha256(head).hexdigest().encode()
    with pytest.raises(Unreadable, match=r"version 2, made by pactdesk 9\.0") as caught:
        read(head[:-1] + b',"sha256":"' + digest + b'"}\n')
    assert "install the release" in caught.value.remedy


def _hashed(documents: list[dict[str, Any]]) -> bytes:
    """A file whose every line has its hash, whatever stands in it."""
    before, lines = b"", []
    for document in documents:
        content = msgspec.json.encode(document)
        before = sha256(before + content).hexdigest().encode()
        lines.append(content[:-1] + b',"sha256":"' + before + b'"}\n')
    return b"".join(lines)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ("policy", [None, 5, "x", "a = " + "[" * 20_000]),
        ("ticket_id", [None, 5]),
        ("text", [None, "veiled"]),
        ("lines", [None, [1]]),
        ("taught", [None, "x", 1.5]),
        ("now", [None, "nan", "inf", 1e308, -1e308, 253402300800]),
        ("said", [None, 1, [None]]),
        ("turn", [None, {}, "x"]),
        ("turn.id", [None, 5, [], {}]),
        ("turn.key", [None, 5, [], {}]),
        ("turn.by", [None, 5, []]),
        ("turn.correlation", [None, 5, []]),
        ("turn.at", [None, 5, "soon", "2026-03-02T08:00:00"]),
        ("turn.source", ["x", [1, 2, 3], [1, 2, 3, 4, 5]]),
        ("turn.type", [None, [], "Nothing"]),
        ("turn.event", [None, [], {}]),
    ],
)
def test_what_is_hashed_and_makes_no_sense_cannot_be_read(
    masked: Made, place: str, wrong: list[Any]
) -> None:
    head, *others = [msgspec.json.decode(one) for one in masked.content.splitlines()]
    name, _, inner = place.partition(".")
    for value in wrong:
        first, *rest = msgspec.json.decode(msgspec.json.encode([head, *others]))
        changed = first if name in first else rest[-1]
        if inner:
            changed[name][inner] = value
        else:
            changed[name] = value
        for one in (first, *rest):
            del one["sha256"]
        with pytest.raises(Unreadable, match="cannot be read"):
            read(_hashed([first, *rest]))


def test_a_bundle_without_a_turn_cannot_be_read(masked: Made) -> None:
    head = msgspec.json.decode(masked.content.splitlines()[0])
    del head["sha256"]
    with pytest.raises(Unreadable, match="there is no turn in it"):
        read(_hashed([{**head, "taught": 0, "turns": 0}]))


def test_a_line_that_is_nested_without_end_is_not_as_it_was_written(masked: Made) -> None:
    first = masked.content.splitlines(keepends=True)[0]
    before = first.rpartition(b'"sha256":"')[2][:64]
    deep = b'{"turn":' + b"[" * 100_000
    mark = sha256(before + deep + b"}").hexdigest().encode()
    with pytest.raises(Unreadable, match="line 2 of the bundle"):
        read(first + deep + b',"sha256":"' + mark + b'"}\n')


@pytest.mark.parametrize("key", [new_key(), "no key", ""], ids=["another", "none", "empty"])
def test_another_key_opens_nothing(desk: Desk, key: str) -> None:
    sealed = made(desk, _ticket(desk), "sealed")
    with pytest.raises(Unreadable, match="cannot be read"):
        read(sealed.content, key)


def test_a_key_for_what_is_not_sealed_is_wrong(masked: Made) -> None:
    with pytest.raises(Unreadable, match="nothing in it is sealed"):
        read(masked.content, new_key())
