"""What mail servers say: reports that a mail of ours did not arrive, and who a sender is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from streams.channels.channel import Receipt
from streams.channels.email_identity import message_ids, request_of
from streams.channels.email_mime import Part, content, header, headers, inside, parsed, text

_REASON_CHARACTERS = 500

_FAILED = "x-failed-recipients"
"""The header in which Exim names whom a mail did not reach."""

_QMAIL = "Hi. This is the"
"""How the reports of qmail begin, so that programs know them (QSBMF)."""

_PERMANENT = re.compile(r"^.*(?:\b5\d\d[ -]|#5\.\d).*$", re.MULTILINE)
_CARRIED = re.compile(r"^Message-ID:\s*<([^<>\s]{3,500})>", re.MULTILINE | re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")


def bounces(mail: Part, secret: str) -> Iterator[Receipt]:
    """The messages of ours that a delivery report says did not arrive, and never will.

    Reports are as RFC 3464 has them, with or without letters beyond ASCII (RFC 6533); or mails in
    words alone, as Exim and qmail write them.

    Args:
        mail: Any mail.
        secret: Signs the Message-IDs of ours.
    """
    if mail.get_content_type() != "multipart/report":
        yield from _in_words(mail, secret)
        return
    failures = [one for one in _recipients(mail) if one["action"][0] == "failed"]
    if not failures:
        return
    first = failures[0]
    told = first.get("diagnostic-code") or first.get("status") or ["the report does not say why"]
    error = header(told[0])[:_REASON_CHARACTERS]
    for message_id in dict.fromkeys([*_originals(mail)] or _answered(mail, secret)):
        yield Receipt(
            state="failed",
            provider_message_id=message_id,
            request_id=request_of(message_id.partition("@")[0], secret),
            error=error,
        )


def _in_words(mail: Part, secret: str) -> Iterator[Receipt]:
    """What a report in words says; the mail that it is about stands below them."""
    if mail.get_content_type() != "text/plain":
        return
    said = text(mail).lstrip()
    if _FAILED not in headers(mail) and not said.startswith(_QMAIL):
        return
    why = _PERMANENT.search(said)
    error = why[0].strip() if why is not None else "the report does not say why"
    for message_id in dict.fromkeys(_CARRIED.findall(said)):
        request_id = request_of(message_id.partition("@")[0], secret)
        if request_id is not None:
            yield Receipt(
                state="failed",
                provider_message_id=message_id,
                request_id=request_id,
                error=error[:_REASON_CHARACTERS],
            )


def _recipients(mail: Part) -> Iterator[dict[str, list[str]]]:
    """What a report says of each address; the actions as one word in small letters."""
    for part in inside(mail):
        for block in _blocks(part):
            found = headers(block)
            if words := _WORD.findall(found.get("action", [""])[0].lower()):
                yield {**found, "action": words}


def _blocks(part: Part) -> list[Part]:
    """The groups of fields in a part of a report; one with other letters is not taken apart yet."""
    kind = part.get_content_type()
    if kind == "message/delivery-status":
        return inside(part)
    if kind == "message/global-delivery-status":
        told = content(part).decode("utf-8", "replace").replace("\r\n", "\n")
        return [parsed(one.lstrip().encode()) for one in told.split("\n\n")]
    return []


def _originals(mail: Part) -> Iterator[str]:
    """The Message-IDs of the mails that a report is about."""
    for part in inside(mail):
        kind = part.get_content_type()
        if kind in {"message/rfc822", "message/global"}:
            for carried in inside(part):
                yield from message_ids(headers(carried).get("message-id", []))
        elif kind in {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}:
            yield from message_ids(headers(parsed(content(part))).get("message-id", []))


def _answered(mail: Part, secret: str) -> list[str]:
    """Our Message-IDs to which a report itself refers: some servers send nothing back of a mail."""
    found = headers(mail)
    told = message_ids([*found.get("in-reply-to", []), *found.get("references", [])])
    return [one for one in told if request_of(one.partition("@")[0], secret) is not None]


def trusted(values: Sequence[str], address: str, host: str) -> str | None:
    """What our own mail server found out about the sender (RFC 8601); None where it said nothing.

    Only the uppermost header counts, for ours puts it there: further down it may be anybody's.

    Args:
        values: The headers `Authentication-Results` from the top.
        address: Our address: servers under its domain are ours.
        host: The server that we fetch from.
    """
    if not values:
        return None
    result = header(values[0])
    server = re.split(r"[;\s]", result, maxsplit=1)[0].lower()
    domain = address.lower().rpartition("@")[2]
    if server in {domain, host.lower()} or server.endswith(f".{domain}"):
        return result
    return None
