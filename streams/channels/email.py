"""E-mail: what a mail says, and how a reply is written.

Contract: RFC 5322 and MIME; RFC 3834 for what programs write; RFC 3464 for reports that a mail did
not arrive. Mail is fetched (`mailbox.py`), so that no provider calls and nothing is verified: a
sender is a claim, and what our own mail server found out about it is kept as evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Any
from urllib.parse import urlsplit

from schemas.events.decisions import ReplyRequested
from schemas.record import derived_id
from streams.channels.channel import File, Heard
from streams.channels.email_address import recipient
from streams.channels.email_identity import (
    forwards,
    hinted,
    is_answer,
    is_ours,
    message_ids,
    provider_id,
    request_of,
    tagged,
    tags,
    thread_of,
    token,
)
from streams.channels.email_mime import Text, header, headers, parsed, texts_and_files
from streams.channels.email_reports import bounces, trusted
from streams.channels.email_senders import OF_A_LIST, is_ours_by_list, senders
from streams.channels.email_text import of_html, split, tidied
from streams.channels.settings import Email
from streams.errors import Unreadable
from streams.inputs import LINE_LIMIT
from streams.intake import line_of

NAME = "email"

NEEDS = ("imap_url", "address", "token_secret")
"""The settings without which no mail is fetched."""

LONGEST_HANDLE = 500
LONGEST_LOCAL_PART = 64
"""Octets that RFC 5321 gives to what stands before the @."""

MARK = "X-Pactdesk"
"""The header of mails of ours; one that comes back to us has it still."""

_BY_PEOPLE = frozenset({"agent_reply", "opening"})
"""Kinds of replies that somebody at the desk wrote."""

_OWN = f"{MARK.lower()}-own"
"""Stands among the headers of a mail from our own address that lacks the mark."""

_NOT_KEPT = ("received", "dkim-", "arc-", "authentication-results", "x-ms-", "x-google-")
"""What headers begin with that say nothing about the message, or that anybody may have written."""


def contact_of(raw: bytes, mailbox: str, settings: Email) -> Heard:
    """The contact that a mail is, and what it says of mails of ours that did not arrive.

    Automatic mail is a contact too: its headers come along as metadata, by which the Channel agent
    knows it and leaves it alone.

    Args:
        raw: The mail.
        mailbox: Where it lies.
        settings: The channel's settings.

    Raises:
        Unreadable: It names no sender, or has more text than a line of input may have; or the
            settings lack something without which it cannot be told what it answers.
    """
    if settings.address is None or settings.token_secret is None:
        raise Unreadable(
            "the channel email is off", "set channels.email.address and channels.email.token_secret"
        )
    mail = parsed(raw)
    found = headers(mail)
    ours = is_ours_by_list(found, settings.address)
    people = senders(found, settings.address)
    if not people or len(people[0][1]) > LONGEST_HANDLE:
        raise Unreadable(
            "the mail does not say who sent it", "answer it by hand; discard it where it is rubbish"
        )
    name, handle = people[0]
    subject = header(next(iter(found.get("subject", [])), ""))
    message_id = next(iter(message_ids(found.get("message-id", []))), None)
    texts, others, files = texts_and_files(mail)
    whole = tidied("\n\n".join(_read(one) for one in texts))
    request_id = _request_answered(found, settings)
    threading = _threading(found, message_id, subject, request_id)
    answers = "in_reply_to" in threading or "references" in found or is_answer(subject)
    new = whole if forwards(subject) else split(whole, answers=answers, alone=not files).new
    contact: dict[str, Any] = {
        "channel": NAME,
        "handle": handle,
        # Some write all that they have to say into the subject.
        "message": subject if not (new or files or answers) else new,
        "subject": subject,
        "provider_id": provider_id(raw, found, message_id),
        "attachments": [one.described for one in files],
        **threading,
    }
    own = is_ours(handle, settings.address) or _signed(message_id, settings) is not None
    host = urlsplit(settings.imap_url or "").hostname or ""
    said = {
        "headers": _kept(found, own=own, past=_past(ours=ours, answers=request_id is not None)),
        "mailbox": mailbox,
        "name": name,
        "whole": whole if new != whole else None,
        "versions": _more_than(whole, others),
        "authentication": trusted(found.get("authentication-results", []), settings.address, host),
    }
    contact["metadata"] = {key: value for key, value in said.items() if value}
    if len(line_of(contact)) > LINE_LIMIT:
        raise Unreadable(
            f"the mail has more text than a line of input may have, {LINE_LIMIT} bytes",
            "read it in the mailbox, and answer it by hand",
        )
    return Heard(
        inputs=[contact],
        receipts=[*bounces(mail, settings.token_secret)],
        files=[one.content for one in files],
    )


def _read(text: Text, *, links: bool = True) -> str:
    return of_html(text.content, links=links) if text.html else text.content


def _more_than(whole: str, others: list[Text]) -> list[str]:
    """The other versions of a text that have words which it has not."""
    known = set(whole.split())
    read = [tidied(_read(one, links=False)) for one in others]  # each program writes them its way
    return [one for one in read if not known.issuperset(one.split())]


def _kept(found: dict[str, list[str]], *, own: bool, past: tuple[str, ...]) -> dict[str, Any]:
    """The headers as what judges automatic mail reads them: one value, or a list of them.

    Args:
        found: The headers.
        own: Whether the mail is our own.
        past: What those begin with that say nothing about it either.
    """
    kept: dict[str, Any] = {}
    for name, values in found.items():
        if not name.startswith(_NOT_KEPT + past):
            read = [header(one) for one in values]
            kept[name] = read[0] if len(read) == 1 else read
    if own and not any(name.startswith(MARK.lower()) for name in kept):
        kept[_OWN] = "yes"
    return kept


def _signed(message_id: str | None, settings: Email) -> str | None:
    """The request whose message has this Message-ID, if it is one of ours."""
    assert settings.token_secret is not None
    return message_id and request_of(message_id.partition("@")[0], settings.token_secret)


def _past(*, ours: bool, answers: bool) -> tuple[str, ...]:
    """What headers begin with that say nothing about a mail, which others have of a program.

    An answer to a mail of ours is a person's, though the tool with which they sell puts into each
    mail how to leave a list.
    """
    return OF_A_LIST if ours else ("list-",) if answers else ()


def _request_answered(found: dict[str, list[str]], settings: Email) -> str | None:
    """The request of ours that a mail answers, as a token says that we signed."""
    assert settings.address is not None
    assert settings.token_secret is not None
    parents = message_ids(found.get("in-reply-to", []))
    chain = message_ids(found.get("references", []))
    to = tags(settings.address, [*found.get("to", []), *found.get("cc", [])])
    ours = [
        *(request_of(one, settings.token_secret) for one in to),
        *(_signed(one, settings) for one in (*parents, *reversed(chain))),
    ]
    return next((one for one in ours if one is not None), None)


def _threading(
    found: dict[str, list[str]], message_id: str | None, subject: str, request_id: str | None
) -> dict[str, str]:
    """What a mail answers: the request of ours, else what it refers to."""
    parents = message_ids(found.get("in-reply-to", []))
    chain = message_ids(found.get("references", []))
    told = {}
    if request_id is not None:
        told["in_reply_to"] = request_id
    elif parents:
        told["in_reply_to"] = thread_of(parents[0], subject)
    first = [*chain[:1], *parents[:1], *([message_id] if message_id else [])]
    if first:
        told["thread"] = thread_of(first[0], subject)
    return {name: value for name, value in told.items() if len(value) <= LONGEST_HANDLE}


def number_of(settings: Email, request_id: str) -> str:
    """The Message-ID of a request's mail: the same one each time."""
    assert settings.address is not None
    assert settings.token_secret is not None
    mark = token(request_id, settings.token_secret)
    return f"<{mark}@{settings.address.rpartition('@')[2]}>"


def render(
    settings: Email, request: ReplyRequested, request_id: str, files: Sequence[File] = ()
) -> bytes:
    """A whole message; the same one for the same request, but for the date.

    Whoever hands it over adds the date, as RFC 6409 has it, for that is when it is sent.

    Args:
        settings: The channel's settings.
        request: What is sent.
        request_id: Its record.
        files: The files that go with it.

    Raises:
        Refused: Whom it is for is no address.
    """
    assert settings.address is not None
    assert settings.token_secret is not None
    mark = token(request_id, settings.token_secret)
    to = recipient(request.handle or "")
    message = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    message["From"] = settings.address
    message["To"] = to
    message["Subject"] = " ".join((request.subject or "").split())
    message["Message-ID"] = number_of(settings, request_id)
    answered, began = hinted(request.in_reply_to), hinted(request.thread)
    if answered is not None:
        message["In-Reply-To"] = f"<{answered}>"
    if chain := dict.fromkeys(one for one in (began, answered) if one is not None):
        message["References"] = " ".join(f"<{one}>" for one in chain)
    back = tagged(settings.address, mark)
    if len(back.rpartition("@")[0]) <= LONGEST_LOCAL_PART:
        message["Reply-To"] = back
    if request.kind not in _BY_PEOPLE:
        message["Auto-Submitted"] = "auto-replied" if answered else "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    message[MARK] = request_id
    buttons = [f"{number}. {one}" for number, one in enumerate(request.buttons, 1)]
    parts = [*request.parts, *(["\n".join(buttons)] if buttons else [])]
    message.set_content("\n\n".join(parts), cte="quoted-printable")
    for one in files:
        main, _, sub = one.media_type.partition("/")
        message.add_attachment(one.content, main, sub, filename=one.name)
    if files:
        # "=_" stands neither in base64 nor in quoted-printable.
        message.set_boundary(f"=_{derived_id('mail', request_id)}")
    return bytes(message)
