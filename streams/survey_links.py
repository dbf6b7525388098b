"""Links to the page of a survey: made as a survey goes out, read when somebody comes by one.

A link names the request by which the survey was sent, and until when it holds; a signature over
both, by a key of the desk, sees to it that nobody makes one up. The same request always has the
same link, so that sending it again is sending the same.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from agents.shaping import units
from schemas.events.decisions import ReplyRequested
from schemas.platforms import PLATFORMS
from streams.channels import signing

PURPOSE = "survey"
"""For what the key is, as `Resolver.key_for` takes it."""

DAYS = 30
"""How long a link holds, from the survey on."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK_CHARACTERS = 22
"""Characters of a signature: 132 bits."""

_OR_HERE = {
    "en": "Or answer here:",
    "de": "Oder antworten Sie hier:",
    "fr": "Ou répondez ici :",
    "es": "O responda aquí:",
    "it": "Oppure risponda qui:",
    "pt": "Ou responda aqui:",
    "nl": "Of antwoord hier:",
    "pl": "Albo tutaj:",
    "sv": "Eller svara här:",
}
"""What stands before the link, by the language of the survey; in others the link stands alone."""


def token(request_id: str, at: datetime, key: bytes) -> str:
    """What names a survey in a link.

    Args:
        request_id: The request by which it was sent.
        at: When that was.
        key: The desk's key for this purpose.
    """
    named = f"{request_id}.{(at - _EPOCH + timedelta(days=DAYS)).days:x}"
    return f"{named}.{_mark(named, key)}"


def request_in(given: str, key: bytes, now: datetime) -> str | None:
    """The request that a token names; None where it is not ours, or holds no longer."""
    named, _, mark = given.rpartition(".")
    if not signing.same(mark, _mark(named, key)):
        return None
    request_id, _, last = named.rpartition(".")
    return None if (now - _EPOCH).days > int(last, 16) else request_id


def _mark(named: str, key: bytes) -> str:
    digest = hmac.new(key, named.encode("utf-8", "replace"), sha256).digest()
    return urlsafe_b64encode(digest).decode()[:_MARK_CHARACTERS]


def with_link(
    request: ReplyRequested, request_id: str, at: datetime, public_url: str | None, key: bytes
) -> ReplyRequested:
    """A survey with the link to its page, where its platform has no buttons; all else as it is.

    Args:
        request: What is sent.
        request_id: Its record.
        at: When it was asked for.
        public_url: How customers reach the gateway; without it there is no link.
        key: The desk's key for this purpose.
    """
    if request.kind != "survey" or request.buttons or public_url is None:
        return request
    language = request.language or "en"
    page = "" if language == "en" else f"?lang={language}"
    link = f"{public_url.rstrip('/')}/s/{token(request_id, at, key)}{page}"
    *before, last = request.parts
    told = f"{_OR_HERE.get(language, '')} {link}".lstrip()
    whole = f"{last}\n\n{told}"
    fits = units(whole) <= PLATFORMS[request.channel].characters
    return request.model_copy(update={"parts": [*before, *([whole] if fits else [last, told])]})
