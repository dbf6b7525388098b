"""Mails that come together are taken in together: in order, and each for itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas.events.contacts import AttachmentStored
from streams.channels.channel import Heard
from streams.channels.email import contact_of
from streams.channels.imap_answers import TOGETHER
from streams.channels.settings import Email
from streams.gateway.taking import Receipt, Taking
from tests.fileservers import PNG
from tests.mailboxes import contacts, fetching, numbered, records, told
from tests.mails import mail
from tests.real.greenmail import GreenMail
from tests.stores import a_desk


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lines were taken in at once, each time."""
    take, found = Taking.take, list[int]()

    async def noted(taking: Taking, lines: Sequence[bytes]) -> Receipt:
        found.append(len(lines))
        return await take(taking, lines)

    monkeypatch.setattr(Taking, "take", noted)
    return found


def test_mails_that_lie_there_are_taken_in_together_and_in_their_order(
    tmp_path: Path, greenmail: GreenMail, groups: list[int]
) -> None:
    wanted = [f"mail {number}" for number in range(TOGETHER + 10)]
    for number in range(TOGETHER + 10):
        greenmail.send(numbered(number))
    with fetching(tmp_path, greenmail.url()):
        told(tmp_path, *wanted)
    assert groups == [TOGETHER, 10]
    assert [one.message for one in contacts(tmp_path)] == wanted


def test_a_mail_that_cannot_be_read_holds_up_none_of_its_group(
    tmp_path: Path, greenmail: GreenMail, groups: list[int]
) -> None:
    for raw in (numbered(1), b"Subject: from nobody\r\n\r\nhello\r\n", numbered(2)):
        greenmail.send(raw)
    with fetching(tmp_path, greenmail.url()):
        told(tmp_path, "mail 1", "mail 2")
    assert groups == [2]
    with a_desk(tmp_path) as desk:
        assert [one.error for one in desk.letters()] == ["the mail does not say who sent it"]


def test_nothing_is_taken_in_where_no_mail_of_a_group_can_be_read(
    tmp_path: Path, greenmail: GreenMail, groups: list[int]
) -> None:
    for number in range(2):
        greenmail.send(b"Subject: from nobody\r\n\r\n%d\r\n" % number)
    with fetching(tmp_path, greenmail.url()):
        greenmail.send(numbered(1))
        told(tmp_path, "mail 1")
    assert groups == [1]


def test_files_belong_to_the_mail_that_brought_them_though_one_of_its_group_is_refused(
    tmp_path: Path, greenmail: GreenMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    def foreign(raw: bytes, mailbox: str, settings: Email) -> Heard:
        """The mail from nowhere has a channel that the way in does not know."""
        heard = contact_of(raw, mailbox, settings)
        one: dict[str, Any] = heard.inputs[0]
        if one["message"] == "nowhere":
            one["channel"] = ""
        return heard

    monkeypatch.setattr("streams.channels.email_taken.contact_of", foreign)
    for words in ("nowhere", "here"):
        message = mail(words, Message_ID=f"<{words}@example.org>")
        message.add_attachment(PNG, "image", "png", filename=f"{words}.png")
        greenmail.send(bytes(message))
    with fetching(tmp_path, greenmail.url()):
        told(tmp_path, "here")
    stored = [one.event for one in records(tmp_path) if isinstance(one.event, AttachmentStored)]
    (contact,) = [one for one in records(tmp_path) if one.type == "ContactReceived"]
    assert [(one.contact_id, one.name) for one in stored] == [(contact.id, "here.png")]
    with a_desk(tmp_path) as desk:
        assert len(desk.letters()) == 1
