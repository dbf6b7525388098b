"""A file's row tells where we are with it, in whichever order that is heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from projections.tables import TABLES
from projections.tables.attachments import STATES, AttachmentRow
from schemas.event import Attachment, Event
from schemas.events.contacts import AttachmentRefused, AttachmentStored, ContactReceived
from schemas.record import Record

(TABLE,) = (one for one in TABLES if one.name == "attachments")

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

FILE = {"name": "a.png", "media_type": "image/png", "size": 3}
KEPT: dict[str, Any] = {"sha256": "ab", "size": 4, "media_type": "image/gif", "name": "a.png"}
ABOUT: dict[str, Any] = {"customer_id": "ann", "contact_id": "C", "index": 0}


def contact(*files: dict[str, Any]) -> ContactReceived:
    return ContactReceived(
        channel="slack",
        customer_id="ann",
        message="see",
        provider_id="m1",
        attachments=[Attachment.model_validate(FILE | one) for one in files],
    )


def stored(**fields: Any) -> AttachmentStored:
    return AttachmentStored(**{**ABOUT, **KEPT, **fields})


def refused(attempt: int, *, final: bool = False, again: datetime | None = None) -> Event:
    return AttachmentRefused(
        **ABOUT, attempt=attempt, reason=f"try {attempt}", final=final, retry_at=again
    )


def folded(*told: tuple[int, Event]) -> dict[str, AttachmentRow]:
    """The rows after some events, each at so many minutes."""
    rows: dict[str, Any] = {}
    for minute, event in told:
        at = START + timedelta(minutes=minute)
        number = "C" if isinstance(event, ContactReceived) else f"{minute}"
        record = Record(id=number, key="ann", at=at, by="x", event=event, correlation="C")
        for key in TABLE.keys(record):
            rows[key] = TABLE.evolve(rows.get(key), record, key)
    return rows


URL = {"url": "https://files.example/a"}


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (URL, "waiting"),
        ({}, "described"),
        ({"sha256": "ab"}, "described"),
        ({**URL, "sha256": "ab"}, "described"),
    ],
)
def test_a_file_waits_where_it_has_an_address_and_no_digest(
    told: dict[str, str], state: str
) -> None:
    assert folded((0, contact(told)))["C.0"].state == state
    assert state in STATES


def test_every_file_of_a_contact_has_its_own_row() -> None:
    rows = folded((0, contact(URL, {"name": "b"}, URL)))
    assert [(row.attachment_id, row.place, row.name) for row in rows.values()] == [
        ("C.0", 0, "a.png"),
        ("C.1", 1, "b"),
        ("C.2", 2, "a.png"),
    ]


def test_the_first_contact_with_an_id_wins() -> None:
    rows = folded((0, contact(URL)), (1, contact({**URL, "name": "other"})))
    assert (rows["C.0"].name, rows["C.0"].received_at) == ("a.png", "2026-03-02T09:00:00.000Z")


def test_what_became_of_a_file_is_the_same_in_any_order() -> None:
    told = [
        (0, contact(URL)),
        (1, refused(1, again=START + timedelta(minutes=2))),
        (2, refused(2, again=START + timedelta(minutes=9))),
        (3, stored()),
        (4, stored(sha256="cd")),
    ]
    (row, *others) = [folded(*one)["C.0"] for one in permutations(told)]
    assert all(one == row for one in others)
    assert (row.state, row.sha256, row.media_type, row.size) == ("stored", "ab", "image/gif", 4)
    assert (row.claimed_type, row.claimed_size, row.attempts) == ("image/png", 3, 2)


def test_a_file_is_given_up_by_a_last_word_alone() -> None:
    waiting = folded((0, contact(URL)), (1, refused(1, again=START)))["C.0"]
    assert (waiting.state, waiting.error, waiting.attempts) == ("waiting", "try 1", 1)
    assert waiting.retry_at == "2026-03-02T09:00:00.000Z"
    over = folded((0, contact(URL)), (1, refused(1, again=START)), (2, refused(2, final=True)))
    assert (over["C.0"].state, over["C.0"].retry_at) == ("refused", None)
    late = folded((0, contact(URL)), (2, refused(2, final=True)), (1, refused(1)))
    assert late["C.0"].error == "try 2"


def test_a_file_comes_to_every_state_that_there_is_and_to_no_other() -> None:
    outcomes = (stored(), refused(1, again=START), refused(1, final=True))
    told = [(0, contact(one)) for one in (URL, {})]
    ways = [[one] for one in told] + [[one, (1, then)] for one in told for then in outcomes]
    assert {folded(*way)["C.0"].state for way in ways} == {*STATES}
