"""Twilio's side: messages, and the list of them by whom they went to and came from, and when.

Contract: https://www.twilio.com/docs (Messages resource, errors).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from http import HTTPStatus
from urllib.parse import urlencode

from streams.simulating.sides.side import Answer, Asked, Message, Side, again, page

PAGE = 50
"""How many messages a page has, unless another number is asked for."""

_PATH = "/2010-04-01/Accounts/{account}/Messages.json"

_NEEDS = (("To", 21604), ("From", 21603), ("Body", 21602))
"""What a message needs, and the code of the error when it lacks that."""


def _no(message: str, code: int, status: int) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    told = {"code": code, "message": message, "more_info": more, "status": int(status)}
    return Answer(status, told)


def _takes(asked: Asked) -> Answer:
    form, account = asked.body, asked.named["account"]
    for name, code in _NEEDS:
        if not form.get(name):
            return _no(f"A '{name}' is required.", code, HTTPStatus.BAD_REQUEST)
    digest = md5(f"{asked.number}/{asked.at}".encode(), usedforsecurity=False).hexdigest()
    number, created = f"SM{digest}", format_datetime(asked.at)
    shown = {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": form["Body"],
        "date_created": created,
        "date_sent": created,
        "date_updated": created,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": form["From"],
        "num_media": "0",
        "sid": number,
        "status": "sent",
        "to": form["To"],
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{number}.json",
    }
    message = Message("phone", number, form["To"], form["Body"], asked.at, form, shown)
    told = {**shown, "status": "queued", "date_sent": None}
    return Answer(HTTPStatus.CREATED, told, message=message)


def _list(asked: Asked) -> Answer:
    """Messages, the newest first."""
    query, place = asked.query, _PATH.format(**asked.named)
    found = [one.shown for one in reversed(asked.taken) if _meant(one, query)]
    size = int(query.get("PageSize") or PAGE)
    number = int(query.get("Page") or 0)
    rows, following = page(found, str(number * size), size)
    onward = urlencode({**query, "PageSize": size, "Page": number + 1})
    told = {
        "messages": rows,
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + len(rows) - 1 if rows else 0,
        "uri": f"{place}?{urlencode(query)}",
        "next_page_uri": f"{place}?{onward}" if following else None,
    }
    return Answer(HTTPStatus.OK, told)


def _meant(message: Message, query: Mapping[str, str]) -> bool:
    sent = message.at.astimezone(UTC)
    return (
        query.get("To") in {None, message.to}
        and query.get("From") in {None, message.shown["from"]}
        and query.get("DateSent") in {None, sent.date().isoformat()}
        and ("DateSent>" not in query or sent >= _day(query["DateSent>"]))
        and ("DateSent<" not in query or sent <= _day(query["DateSent<"]))
    )


def _day(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


SIDE = Side(
    channel="phone",
    path=_PATH,
    takes=_takes,
    finds={_PATH: _list},
    stranger=_no("Authenticate", 20003, HTTPStatus.UNAUTHORIZED),
    limited=lambda _, seconds: _no(
        "Too Many Requests", 20429, HTTPStatus.TOO_MANY_REQUESTS
    )._replace(headers=again(seconds)),
    broken=_no("Internal Server Error", 20500, HTTPStatus.INTERNAL_SERVER_ERROR),
)
