"""What mail servers say: reports that a mail of ours did not arrive, and who a sender is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from streams.channels.channel import Receipt
from streams.channels.email_identity import message_ids, request_of
from streams.channels.email_mime import Part, header, headers, inside, leaves, parsed, text

_REASON_CHARACTERS = 500


def bounces(mail: Part, secret: str) -> Iterator[Receipt]:
    """The messages of ours that a delivery report (RFC 3464) says did not arrive, and never will.

    Args:
        mail: Any mail.
        secret: Signs the Message-IDs of ours.
    """
    if mail.get_content_type() != "multipart/report":
        return
    failures = [one for one in _recipients(mail) if one.get("action", [""])[0].strip() == "failed"]
    if not failures:
        return
    first = failures[0]
    told = first.get("diagnostic-code") or first.get("status") or ["the report does not say why"]
    error = header(told[0])[:_REASON_CHARACTERS]
    for message_id in dict.fromkeys(_originals(mail)):
        yield Receipt(
            state="failed",
            provider_message_id=message_id,
            request_id=request_of(message_id.partition("@")[0], secret),
            error=error,
        )


def _recipients(mail: Part) -> Iterator[dict[str, list[str]]]:
    """What a report says of each address; the actions in small letters."""
    for part in inside(mail):
        if part.get_content_type() == "message/delivery-status":
            for block in inside(part):
                found = headers(block)
                if "action" in found:
                    yield {**found, "action": [found["action"][0].lower()]}


def _originals(mail: Part) -> Iterator[str]:
    """The Message-IDs of the mails that a report is about."""
    for part in inside(mail):
        kind = part.get_content_type()
        if kind == "message/rfc822":
            for carried in inside(part):
                yield from message_ids(headers(carried).get("message-id", []))
        elif kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            held = "".join(text(leaf) for leaf in leaves(part))
            yield from message_ids(headers(parsed(held.encode())).get("message-id", []))


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
