"""Mails become durable: all that were fetched together at once.

A transaction for each mail would be what a burst of them waits for. Nothing of a mail is lost where
it breaks off in between: all of them are fetched again, and what is there by then is a repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from schemas.record import derived_id
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339
from streams.channels.channel import Heard
from streams.channels.email import NAME, contact_of
from streams.channels.email_answers import by_another, in_its_chat
from streams.channels.hearing import LETTER_BYTES
from streams.channels.imap import Fetched
from streams.channels.receipts import noted
from streams.channels.settings import Email
from streams.deadletters import HOOKS, DeadLetter
from streams.errors import Unreadable
from streams.files import brought
from streams.files.brought import Brought
from streams.files.store import Files
from streams.intake import line_of

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.gateway.house import House

_log = structlog.get_logger(__name__)


class Mail(NamedTuple):
    """A mail that was fetched.

    Attributes:
        found: The mail.
        where: Where it lies, as an address.
    """

    found: Fetched
    where: str


class Said(NamedTuple):
    """What a mail says.

    Attributes:
        heard: The contact that it is, and what it tells of mails of ours.
        at: When it came.
    """

    heard: Heard
    at: datetime


def read(
    mails: Sequence[Mail], settings: Email, now: datetime
) -> tuple[list[Said], list[DeadLetter]]:
    """What mails say, in their order, and the letters of those that say nothing to be read.

    Args:
        mails: The mails.
        settings: The channel's settings.
        now: The time.
    """
    said: list[Said] = []
    letters: list[DeadLetter] = []
    for found, where in mails:
        try:
            heard = _heard(found.raw, where, settings)
        except Exception as error:  # noqa: BLE001  # one mail must not hold up the others
            if not isinstance(error, Unreadable):
                _log.exception("a mail broke its reader", mailbox=where)
            letters.append(_letter(found.raw, where, error, now))
        else:
            said.append(Said(heard, min(now, found.at or now)))
    return said, letters


async def taken(
    house: House, said: Sequence[Said], letters: Sequence[DeadLetter], files: Files
) -> None:
    """Make durable what mails say, in their order; it is when this returns.

    Args:
        house: Takes it in.
        said: What they say.
        letters: What stands for those that cannot be read.
        files: Where their files are kept.

    Raises:
        Unavailable: The store does not take it; some of it may be durable.
        OSError: A file cannot be kept; no contact is.
    """
    rules = house.settings.attachments

    def prepared(desk: AnyDesk) -> tuple[list[Brought], list[dict[str, Any]]]:
        for letter in letters:
            desk.intake.keep(letter)
            _log.warning("not understood", channel=NAME, letter=letter.id, error=letter.error)
        contacts = [in_its_chat(desk, contact) for one in said for contact in one.heard.inputs]
        notes = [note for one in contacts if (note := by_another(desk, one)) is not None]
        return [
            Brought({**contact, "at": rfc3339(one.at)}, kept, one.at)
            for one, contact in zip(said, contacts, strict=True)
            for kept in [brought.kept(one.heard.files, contact, files, rules)]
        ], notes

    found, notes = await house.ask(prepared)
    if not found:
        return
    lines = [*(one.contact for one in found), *notes]
    receipt = await house.way_in.take([line_of(one) for one in lines])
    taken_in = receipt.taken[: len(found)]
    numbers = [None if one.status == "unreadable" else one.id for one in taken_in]

    def told(desk: AnyDesk) -> None:
        brought.told(desk, [(one, id_) for one, id_ in zip(found, numbers, strict=True) if id_])
        for one in said:
            if one.heard.receipts:
                noted(desk, NAME, one.heard.receipts, one.at)

    if any(one.heard.receipts or one.heard.files for one in said):
        await house.ask(told)


def _heard(raw: bytes, where: str, settings: Email) -> Heard:
    if not raw:
        raise Unreadable("the mail server has nothing of the mail", "look at it there")
    return contact_of(raw, where, settings)


def _letter(raw: bytes, where: str, error: Exception, now: datetime) -> DeadLetter:
    if not isinstance(error, Unreadable):
        error = Unreadable(
            f"the mail broke its reader ({error!r})",
            "report it, and re-drive it with the release that reads it",
        )
    return DeadLetter(
        id=derived_id("mail", raw.decode("latin-1") or where),
        topic=CONTACTS.name,
        origin=f"{HOOKS}{NAME}/{where}",
        handler=f"{HOOKS}{NAME}",
        error=error.what,
        remedy=error.remedy,
        attempts=1,
        at=rfc3339(now),
        value=raw[:LETTER_BYTES],
    )
