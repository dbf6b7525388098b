"""Phone and SMS, by Twilio.

Contract: https://www.twilio.com/docs (webhook security, TwiML, messages, errors). Twilio posts
forms, and waits up to 15 s for what to do next, in its own XML.

A call is greeted and recorded, and makes no contact yet. What the caller said makes one, under the
recording's id: the transcription, with the recording as its attachment. Twilio tells of each
recording that is long enough how its transcription went; where that failed, the message is empty
and the recording all that there is. One that is too short for it comes in by itself, likewise.
Who hides the number is known by this call alone.

What became of a message is told at an address that carries our id of it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha1, sha256
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from schemas.events.decisions import ReplyRequested
from schemas.vocabulary import rfc3339
from streams.channels import hosts, signing
from streams.channels.channel import (
    MISSHAPEN,
    SKEW,
    Accepted,
    Channel,
    Fetching,
    Heard,
    Hook,
    LookUp,
    Outcome,
    Receipt,
    Rejected,
    Response,
    Sending,
    Sent,
    Told,
    Unverified,
    messages_of,
)
from streams.channels.settings import Phone
from streams.errors import Unreadable

NAME = "phone"

REQUEST = "request"
"""The parameter in which our id of a message comes back."""

RECORDED_SECONDS = 120
"""How long somebody may speak: Twilio transcribes nothing longer."""

SHORT_SECONDS = 2
"""Recordings up to this long are not transcribed either."""

LISTED = 200
"""How many messages are looked through, the latest ones."""

_SIGNATURE = "x-twilio-signature"

_FORM = "application/x-www-form-urlencoded"

_PORTS = {"http": 80, "https": 443}

_WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""Stand for a hidden number: anonymous, restricted, blocked, unknown, unavailable on a keypad."""

_CONSENT = {
    "STOP": frozenset(
        {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
    ),
    "START": frozenset({"START", "UNSTOP"}),
}
"""Words that end and begin messages to a number. Twilio answers them and holds to them itself."""

_STATES = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
}

_AGAIN = frozenset({20429, 20500, 20503})
"""Error codes after which a message may be sent again: the rate, and what is Twilio's fault."""

_NOTHING = Told(b"<Response/>", "text/xml")

_HANG_UP = Told(b"<Response><Hangup/></Response>", "text/xml")


def verify(settings: Phone, hook: Hook) -> Told | None:
    """Check Twilio's signature, which is over the address and the form; raises `Unverified`.

    Of a body that is no form the address carries a digest, which the signature covers.
    """
    assert settings.auth_token is not None
    given = hook.headers.get(_SIGNATURE)
    if given is None:
        raise Unverified(f"the header {_SIGNATURE} is missing")
    form = _form(hook)
    if hook.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        form = []
        digest = sha256(hook.body).hexdigest()
        if not signing.same(hook.query.get("bodySHA256", ""), digest):
            raise Unverified("the body is no form, and bodySHA256 in the address is not its digest")
    told = "".join(name + value for name, value in sorted(set(form)))
    right = [_signed(settings.auth_token, url + told) for url in _addresses(hook.url)]
    if not any(signing.same(given, one) for one in right):
        raise Unverified(f"{_SIGNATURE} does not sign {hook.url} and this form with our auth_token")
    return None


def _addresses(url: str) -> Iterator[str]:
    """An address without its port and with it: Twilio signs the one or the other."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.partition(":")
    for place in (host, f"{host}:{port or _PORTS.get(parts.scheme, '')}"):
        yield urlunsplit(parts._replace(netloc=place))


def _signed(token: str, text: str) -> str:
    return base64.b64encode(hmac.new(token.encode(), text.encode(), sha1).digest()).decode()


def _form(hook: Hook) -> list[tuple[str, str]]:
    return parse_qsl(hook.body.decode("utf-8", "replace"), keep_blank_values=True)


def parse(settings: Phone, hook: Hook) -> Heard:
    """What is said at each of the channel's addresses; raises `Unreadable`."""
    form = dict(_form(hook))
    try:
        return _HEARD[hook.path](settings, hook, form)
    except MISSHAPEN as error:
        raise Unreadable(
            f"the body is no {hook.path} of Twilio ({error!r})",
            f"see that only this is sent to /channels/{NAME}/{hook.path}",
        ) from error


def _call(settings: Phone, _hook: Hook, form: dict[str, str]) -> Heard:
    words = escape(f"{settings.greeting} {settings.consent}".strip())
    told = (
        f"<Response><Say>{words}</Say>"
        f'<Record maxLength="{RECORDED_SECONDS}" action="{escape(_ours(settings, "recording"))}"'
        f' transcribe="true" transcribeCallback="{escape(_ours(settings, "transcription"))}"/>'
        "</Response>"
    )
    return Heard(
        told=Told(told.encode(), "text/xml"),
        missed=[f"the call {form['CallSid']}, until something was said in it"],
    )


def _ours(settings: Phone, path: str) -> str:
    assert settings.public_url is not None
    return f"{settings.public_url.rstrip('/')}/channels/{NAME}/{path}"


def _recording(_settings: Phone, hook: Hook, form: dict[str, str]) -> Heard:
    if int(form["RecordingDuration"]) > SHORT_SECONDS:
        return Heard(
            told=_HANG_UP,
            missed=[f"the recording {form['RecordingSid']}, until it is transcribed"],
        )
    return Heard(inputs=[_said(hook, form)], told=_HANG_UP)


def _transcription(_settings: Phone, hook: Hook, form: dict[str, str]) -> Heard:
    return Heard(inputs=[_said(hook, form)])


def _said(hook: Hook, form: dict[str, str]) -> dict[str, Any]:
    who = form["From"]
    hidden = who in _WITHHELD or not who.startswith("+")
    return {
        "channel": NAME,
        "handle": form["CallSid"] if hidden else who,
        "message": form.get("TranscriptionText", ""),
        "provider_id": form["RecordingSid"],
        "at": rfc3339(hook.at),
        "attachments": [
            {
                "name": "recording",
                "media_type": "audio/x-wav",
                "size": 0,
                "url": form["RecordingUrl"],
            }
        ],
        "metadata": {"call": form["CallSid"], "message": form},
    }


def _message(_settings: Phone, hook: Hook, form: dict[str, str]) -> Heard:
    contact: dict[str, Any] = {
        "channel": NAME,
        "handle": form["From"],
        "message": "\n".join(filter(None, [form["Body"], _place(form)])),
        "provider_id": form["MessageSid"],
        "at": rfc3339(hook.at),
        "metadata": {"message": form},
    }
    if (consent := _consent(form)) is not None:
        contact["metadata"]["consent"] = consent
    if attachments := [*_attachments(form)]:
        contact["attachments"] = attachments
    return Heard(inputs=[contact], told=_NOTHING)


def _place(form: dict[str, str]) -> str:
    """Where somebody said that they are; a message with that may have no other words."""
    if "Latitude" not in form:
        return ""
    name = " ".join(form[part] for part in ("Label", "Address") if form.get(part))
    return f"{name} ({form['Latitude']}, {form['Longitude']})".strip()


def _consent(form: dict[str, str]) -> str | None:
    """Whether a message ends or begins messages to its number, by Twilio's word or its own."""
    word = form["Body"].strip().upper()
    meant = [kind for kind, words in _CONSENT.items() if word in words]
    return form.get("OptOutType") or next(iter(meant), None)


def _attachments(form: dict[str, str]) -> Iterator[dict[str, Any]]:
    for number in range(int(form.get("NumMedia", "0"))):
        yield {
            "name": f"media {number + 1}",
            "media_type": form[f"MediaContentType{number}"],
            "size": 0,
            "url": form[f"MediaUrl{number}"],
        }


def _status(_settings: Phone, hook: Hook, form: dict[str, str]) -> Heard:
    if "MessageSid" not in form:
        return Heard(missed=[f"the call {form['CallSid']} is {form['CallStatus']}"])
    status, code = form["MessageStatus"], form.get("ErrorCode")
    state = _STATES.get(status)
    if state is None:
        return Heard()  # what comes before says no more than the answer that the message got
    receipt = Receipt(
        state=state,  # type: ignore[arg-type]  # the values of a table of words
        provider_message_id=form["MessageSid"],
        request_id=hook.query.get(REQUEST),
        error=f"{form.get('ErrorMessage') or status} ({code})" if code else None,
    )
    return Heard(receipts=[receipt])


_HEARD = {
    "voice": _call,
    "sms": _message,
    "status": _status,
    "recording": _recording,
    "transcription": _transcription,
}


def render(settings: Phone, request: ReplyRequested, request_id: str) -> list[Sending]:
    """A message for each part; buttons are none of its kind."""
    return [
        _sending(settings, request, mark, text)
        for mark, text, _ in messages_of(request, request_id)
    ]


def _sending(settings: Phone, request: ReplyRequested, mark: str, text: str) -> Sending:
    form = {
        "To": request.handle or "",
        "From": _from(settings, request),
        "Body": text,
        "StatusCallback": f"{_ours(settings, 'status')}?{urlencode({REQUEST: mark})}",
    }
    headers = {**_authorised(settings), "Content-Type": _FORM}
    return Sending("POST", _messages(settings), headers, urlencode(form).encode())


def _from(settings: Phone, request: ReplyRequested) -> str:
    """Our number on the network on which they write: Twilio brings other messages than SMS as well.

    Of an address elsewhere, such as `whatsapp:+14017122661`, the network stands before the number.
    """
    network, colon, _ = (request.handle or "").rpartition(":")
    return f"{network}{colon}{settings.number or ''}"


def _messages(settings: Phone) -> str:
    return f"{settings.api_base_url}/2010-04-01/Accounts/{settings.account_sid}/Messages.json"


def _authorised(settings: Phone) -> dict[str, str]:
    account = f"{settings.account_sid}:{settings.auth_token}"
    return {"Authorization": f"Basic {base64.b64encode(account.encode()).decode()}"}


def fetch(settings: Phone, url: str, _at: datetime, _answer: Response | None) -> Fetching:
    """The way to a recording or a picture; the account may ask that it be shown to nobody else."""
    ours = hosts.belongs(url, settings.api_base_url, "twilio.com")
    return Fetching(Sending("GET", url, _authorised(settings) if ours else {}))


def outcome(_settings: Phone, response: Response) -> Outcome:
    """What Twilio's answer to a message means."""
    body = response.document
    if response.status in {HTTPStatus.OK, HTTPStatus.CREATED} and body.get("sid"):
        return Accepted(str(body["sid"]))
    code = body.get("code")
    broken = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    again = broken or code in _AGAIN or response.status == HTTPStatus.TOO_MANY_REQUESTS
    return Rejected(
        error=f"{body.get('message') or f'HTTP {response.status}'} ({code})",
        final=not again,
        retry_after=response.retry_after,
        unsure=broken,
    )


def _ask(settings: Phone, sent: Sent) -> Sending:
    """The messages to a number since a day; Twilio's list knows no smaller time."""
    query = {
        "To": sent.request.handle or "",
        "From": _from(settings, sent.request),
        "DateSent>": sent.since.date().isoformat(),
        "PageSize": LISTED,
    }
    return Sending("GET", f"{_messages(settings)}?{urlencode(query)}", _authorised(settings))


def _found(_settings: Phone, sent: Sent, response: Response) -> Accepted | None:
    """The same words to the same number, made since then: Twilio keeps no mark of ours there."""
    for message in response.document["messages"]:
        made = parsedate_to_datetime(message["date_created"])
        if message["body"] == sent.text and made >= sent.since - SKEW:
            return Accepted(message["sid"])
    return None


CHANNEL = Channel(
    name=NAME,
    paths=tuple(_HEARD),
    needs=("account_sid", "auth_token", "number", "public_url"),
    verify=verify,
    parse=parse,
    render=render,
    outcome=outcome,
    look_up=LookUp(_ask, _found),
    tells=True,
    fetch=fetch,
)
