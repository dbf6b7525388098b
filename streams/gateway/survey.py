"""The page of a survey, for channels without buttons: looked at by anybody, answered by sending it.

Scanners of mail follow every link: looking at the page changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

import msgspec
from aiohttp import web
from pydantic import ConfigDict

from schemas.record import Record, derived_id
from streams.gateway.bodies import FAULTS, body
from streams.gateway.house import House
from streams.gateway.problems import bad_request
from streams.gateway.route import Call, Parameters, Route
from streams.gateway.survey_page import LONGEST, SCORES, form, gone, thanks
from streams.gateway.survey_words import PAGES
from streams.inputs import SurveyInput
from streams.intake import line_of
from streams.survey_links import PURPOSE, request_in

if TYPE_CHECKING:
    from streams.engines import AnyDesk

ENDED = frozenset({"resolved", "closed"})
"""Statuses of a ticket that somebody who needs more help wants open again."""


class Shown(Parameters):
    """What stands behind a link; some programs put their own behind any.

    Attributes:
        lang: The language of the page, as its link names it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    lang: str = ""

    @property
    def language(self) -> str:
        """A language in which there is a page."""
        return self.lang if self.lang in PAGES else "en"


class _Survey(NamedTuple):
    """What a link is about.

    Attributes:
        request_id: The request by which the survey was sent.
        ticket: The ticket's row.
    """

    request_id: str
    ticket: dict[str, Any]


class _Answer(NamedTuple):
    """What somebody sent.

    Attributes:
        score: From 1 to 5; None without one.
        comment: In words.
        more: Whether they need more help.
    """

    score: int | None
    comment: str
    more: bool


async def _asked_about(call: Call) -> _Survey | None:
    """What the link at hand is about; None where it holds no longer."""
    given, now = call.path("token"), call.house.clock.now()
    return await call.house.read(lambda desk: _found(desk, given, now))


def _found(desk: AnyDesk, given: str, now: datetime) -> _Survey | None:
    request_id = request_in(given, desk.intake.resolver.key_for(PURPOSE), now)
    if request_id is None:
        return None
    rows = desk.query(
        "SELECT t.ticket_id, t.status, t.satisfaction_score, t.resolved_at FROM v1_deliveries d"
        " JOIN v1_tickets t ON t.ticket_id = d.ticket_id"
        " WHERE d.request_id = ? AND d.kind = 'survey'",
        (request_id,),
    )
    return None if not rows else _Survey(request_id, rows[0])


async def look(call: Call) -> web.StreamResponse:
    """Show the page; changes nothing."""
    survey, language = await _asked_about(call), call.asked(Shown).language
    if survey is None:
        return gone(language)
    return form(survey.ticket["ticket_id"], language, survey.ticket["satisfaction_score"])


async def answered(call: Call) -> web.StreamResponse:
    """Keep an answer."""
    survey, language = await _asked_about(call), call.asked(Shown).language
    if survey is None:
        return gone(language)
    said = _sent(await body(call.request))
    if said.score is None and not said.more:
        return form(survey.ticket["ticket_id"], language, comment=said.comment)
    call.house.visitors.answers(survey.request_id)
    await _kept(call.house, survey, said)
    return thanks(language, more=said.more)


def _sent(raw: bytes) -> _Answer:
    """What a form says; raises `Problem` where it is not ours."""
    try:
        fields = parse_qs(raw.decode(), strict_parsing=bool(raw), max_num_fields=10)
        score = fields.get("score", [None])[-1]
        number = None if score is None else int(score)
    except ValueError as error:
        raise bad_request("this is not what the page sends", "send it from the page") from error
    comment = fields.get("comment", [""])[-1].replace("\r\n", "\n").replace("\x00", "").strip()
    if number not in {None, *SCORES} or len(comment) > LONGEST:
        raise bad_request("this is not what the page sends", "send it from the page")
    return _Answer(number, comment, fields.get("more", [""])[-1] == "yes")


async def _kept(house: House, survey: _Survey, said: _Answer) -> None:
    """Append what was said: a rating, and that the ticket is to be open again."""
    ticket = survey.ticket
    if said.score is not None:
        now = house.clock.now()
        await house.ask(lambda desk: _rate(desk, survey, said, now))
    lines: list[dict[str, Any]] = []
    about = {"ticket_id": ticket["ticket_id"], "by": "customer"}
    if said.more and said.score is None and said.comment:
        note = derived_id("survey-note", survey.request_id, said.comment)
        lines.append({"type": "note", "text": said.comment, "idempotency_key": note, **about})
    if said.more and ticket["status"] in ENDED:
        again = derived_id("survey-more", survey.request_id, str(ticket["resolved_at"]))
        lines.append({"type": "reopen", "idempotency_key": again, **about})
    if lines:
        await house.way_in.take([line_of(one) for one in lines])


def _rate(desk: AnyDesk, survey: _Survey, said: _Answer, now: datetime) -> None:
    """Append a rating: sent again it is the same; after another one it counts once more."""
    given = SurveyInput(
        ticket_id=survey.ticket["ticket_id"],
        score=said.score or 0,
        comment=said.comment or None,
    )
    record = desk.intake.resolver.record(given, now, by="gateway/survey")
    said_before, parts = survey.ticket["satisfaction_score"], [str(said.score), said.comment]
    fresh = desk.intake.records([_named(record, survey, *parts)])
    if not fresh and said_before not in {None, said.score}:
        desk.intake.records([_named(record, survey, *parts, str(said_before))])


def _named(record: Record, survey: _Survey, *parts: str) -> Record:
    number = derived_id("survey-link", survey.request_id, *parts)
    return msgspec.structs.replace(record, id=number, correlation=number)


ROUTES = (
    Route(
        "GET",
        "/s/{token}",
        look,
        None,
        "The page of a survey",
        parameters=Shown,
        answers={200: None, 404: None},
        tag="surveys",
        media="text/html",
    ),
    Route(
        "POST",
        "/s/{token}",
        answered,
        None,
        "Answer a survey",
        parameters=Shown,
        answers=dict.fromkeys((200, 404, 422, *FAULTS)),
        tag="surveys",
        media="text/html",
    ),
)
