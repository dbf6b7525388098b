"""Meta's sides: messages of WhatsApp's Cloud API, and of Messenger's Send API.

Contract: https://developers.facebook.com/docs (WhatsApp: messages, errors; Messenger: Send API).
Neither can be asked for a message: WhatsApp tells of it in a status, with the mark that it had.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from streams.simulating.sides.side import Answer, Asked, Message, Side, again


def _no(message: str, code: int, status: int) -> Answer:
    fault = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A0StandIn"}
    return Answer(status, {"error": fault})


_STRANGER = _no(
    "An access token is required to request this resource.", 104, HTTPStatus.UNAUTHORIZED
)

_INVALID = _no("(#100) Invalid parameter", 100, HTTPStatus.BAD_REQUEST)


def _number(to: str, asked: Asked) -> str:
    return b64encode(f"{to}/{asked.number}/{asked.at.timestamp()}".encode()).decode()


def _text(kind: str, body: Mapping[str, Any]) -> str:
    """What a message says; nothing where something is missing that its kind must have."""
    content = body.get(kind) or {}
    if kind == "template":
        if not (content.get("name") and (content.get("language") or {}).get("code")):
            return ""
        blanks = [b for one in content.get("components", []) for b in one.get("parameters", [])]
        texts = [str(blank.get("text", "")) for blank in blanks]
        allowed = all(" ".join(text.split()) == text for text in texts)
        return " ".join(texts) if allowed else ""
    text = content.get("body") or ""
    return str(text.get("text", "") if isinstance(text, dict) else text)  # buttons: an object


def _takes_whatsapp(asked: Asked) -> Answer:
    body = asked.body
    to = str(body.get("to") or body.get("recipient") or "")
    if body.get("messaging_product") != "whatsapp" or not to:
        return _INVALID
    text = _text(str(body.get("type", "text")), body)
    if not text:
        return _no("(#131008) Required parameter is missing", 131008, HTTPStatus.BAD_REQUEST)
    number = f"wamid.{_number(to, asked)}"
    told = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id" if "to" in body else "user_id": to}],
        "messages": [{"id": number}],
    }
    message = Message("whatsapp", number, to, text, asked.at, body, told)
    return Answer(HTTPStatus.OK, told, message=message)


def _takes_facebook(asked: Asked) -> Answer:
    body = asked.body
    to = str((body.get("recipient") or {}).get("id") or "")
    text = str((body.get("message") or {}).get("text") or "")
    tagged = body.get("messaging_type") == "MESSAGE_TAG"
    if not (to and text) or tagged != (body.get("tag") == "HUMAN_AGENT"):
        return _INVALID
    number = f"m_{_number(to, asked)}"
    told = {"recipient_id": to, "message_id": number}
    message = Message("facebook", number, to, text, asked.at, body, told)
    return Answer(HTTPStatus.OK, told, message=message)


WHATSAPP = Side(
    channel="whatsapp",
    path=r"/{version:v\d+\.\d+}/{number:\d+}/messages",
    takes=_takes_whatsapp,
    finds={},
    stranger=_STRANGER,
    limited=lambda _, seconds: _no(
        "(#130429) Rate limit hit", 130429, HTTPStatus.TOO_MANY_REQUESTS
    )._replace(headers=again(seconds)),
    broken=_no("(#131000) Something went wrong", 131000, HTTPStatus.INTERNAL_SERVER_ERROR),
)

FACEBOOK = Side(
    channel="facebook",
    path=r"/{version:v\d+\.\d+}/me/messages",
    takes=_takes_facebook,
    finds={},
    stranger=_STRANGER,
    limited=lambda _, seconds: _no(
        "(#613) Calls to this api have exceeded the rate limit.", 613, HTTPStatus.TOO_MANY_REQUESTS
    )._replace(headers=again(seconds)),
    broken=_no("An unknown error occurred", 1, HTTPStatus.INTERNAL_SERVER_ERROR),
)
