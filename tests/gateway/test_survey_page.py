"""A survey is answered on the page that a link leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from schemas.events.decisions import ReplyRequested
from schemas.platforms import PLATFORMS
from streams.gateway.survey_words import PAGES
from streams.survey_links import DAYS, PURPOSE, request_in, token, with_link
from tests.gateways import Answered, Client, gateway, ticket_of, worker
from tests.real import until
from tests.stores import a_desk

PATIENCE = 60
PUBLIC = "https://desk.example/"
KEY = b"the desk's key"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway that knows how customers reach it, and a worker."""
    data = tmp_path_factory.mktemp("desk")
    with gateway(data, gateway__public_url=PUBLIC) as client, worker(data):
        yield client


def survey(channel: str, **fields: object) -> ReplyRequested:
    """A survey as it is sent on a channel."""
    told = {
        "customer_id": "ann",
        "ticket_id": "TICK_1",
        "outcome": "survey",
        "policy_version": "p",
        "channel": channel,
        "handle": "someone",
        "kind": "survey",
        "author": "notification",
        "parts": ["How did we do?"],
    }
    return ReplyRequested.model_validate({**told, **fields})


class Asked:
    """A survey that was sent about a ticket.

    Args:
        client: Whose gateway.
        ticket: The ticket.
    """

    def __init__(self, client: Client, ticket: str) -> None:
        self.client = client
        self.ticket = ticket
        ((number, at, request),) = until(self._sent, PATIENCE, "the survey")
        with a_desk(client.settings.data) as desk:
            key = desk.intake.resolver.key_for(PURPOSE)
        sent = with_link(request, number, at, PUBLIC, key)
        (link,) = re.findall(r"https://\S+", sent.parts[-1])
        self.path = urlsplit(link).path
        until(lambda: self.look().status == 200, PATIENCE, "the page")

    def _sent(self) -> list[tuple[str, datetime, ReplyRequested]]:
        with a_desk(self.client.settings.data) as desk:
            return [
                (one.id, one.at, one.event)
                for one in desk.events(ticket=self.ticket, type="ReplyRequested")
                if isinstance(one.event, ReplyRequested) and one.event.kind == "survey"
            ]

    def look(self) -> Answered:
        return self.client.get(self.path)

    def send(self, **fields: object) -> Answered:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.client("POST", self.path, urlencode(fields).encode(), kind)

    def row(self, columns: str) -> tuple[Any, ...]:
        with a_desk(self.client.settings.data) as desk:
            sql = f"SELECT {columns} FROM v1_tickets WHERE ticket_id = ?"
            return tuple(desk.query(sql, [self.ticket])[0].values())

    def rated(self, score: int) -> None:
        """Wait until the ticket has this rating."""
        until(lambda: self.row("satisfaction_score") == (score,), PATIENCE, f"rated {score}")

    def answers(self) -> list[tuple[int, str | None]]:
        with a_desk(self.client.settings.data) as desk:
            found = desk.events(ticket=self.ticket, type="SurveyAnswered")
            return [(one.event.score, one.event.comment) for one in found]  # type: ignore[attr-defined]  # of this type


@pytest.fixture
def asked(served: Client) -> Asked:
    """Ann's ticket was solved, and she was asked how it went."""
    with a_desk(served.settings.data) as desk:
        number = str(len(list(desk.events(type="ContactReceived"))))
    ticket = ticket_of(served, handle=f"ann{number}@example.org")
    for verb, fields in (("replies", {"text": "We paid it back"}), ("resolve", {})):
        told = served.post(f"/api/v1/tickets/{ticket}/{verb}", fields)
        assert told.status in {200, 202}, told
    return Asked(served, ticket)


@pytest.mark.parametrize("channel", [*PLATFORMS])
def test_a_survey_without_buttons_has_a_link(channel: str) -> None:
    sent = with_link(survey(channel), "r1", NOW, PUBLIC, KEY)
    link = f"https://desk.example/s/{token('r1', NOW, KEY)}"
    assert sent.parts == [f"How did we do?\n\nOr answer here: {link}"]
    assert sent == with_link(survey(channel), "r1", NOW, PUBLIC, KEY)


@pytest.mark.parametrize(
    ("language", "before", "behind"),
    [
        (None, "Or answer here: ", ""),
        ("de", "Oder antworten Sie hier: ", "?lang=de"),
        ("fi", "", "?lang=fi"),
    ],
)
def test_a_link_leads_to_a_page_in_the_language_of_the_survey(
    language: str | None, before: str, behind: str
) -> None:
    sent = with_link(survey("email", language=language), "r1", NOW, PUBLIC, KEY)
    link = f"https://desk.example/s/{token('r1', NOW, KEY)}{behind}"
    assert sent.parts == [f"How did we do?\n\n{before}{link}"]


def test_everything_else_goes_out_as_it_is() -> None:
    for one, public in (
        (survey("slack", buttons=["1", "2"]), PUBLIC),
        (survey("email", kind="answer"), PUBLIC),
        (survey("email"), None),
    ):
        assert with_link(one, "r1", NOW, public, KEY) is one


def test_a_link_that_has_no_room_is_a_message_of_its_own() -> None:
    sent = with_link(survey("phone", parts=["(1/2) a", "x" * 1590]), "r1", NOW, PUBLIC, KEY)
    assert sent.parts[:2] == ["(1/2) a", "x" * 1590]
    assert sent.parts[2].startswith("Or answer here: https://desk.example/s/r1.")


def test_a_link_holds_for_thirty_days_and_for_its_own_survey() -> None:
    given = token("r1", NOW, KEY)
    assert request_in(given, KEY, NOW) == "r1"
    assert request_in(given, KEY, NOW + timedelta(days=DAYS)) == "r1"
    assert request_in(given, KEY, NOW + timedelta(days=DAYS + 1)) is None
    number, last, mark = given.split(".")
    for wrong in (
        "",
        "..",
        "r1",
        f"r2.{last}.{mark}",
        f"{number}.{int(last, 16) + 1:x}.{mark}",
        f"{number}.0x{last}.{mark}",
        f"{number}.{last}.{mark[:-1]}",
        f"{number}.{last}.{mark}.{mark}",
        token("r1", NOW, b"another"),
    ):
        assert request_in(wrong, KEY, NOW) is None, wrong


class _Fields(HTMLParser):
    """What a form asks for, and what is hidden behind no label."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str | None]] = []
        self.tags: list[str] = []
        self.checked: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.append(tag)
        if tag in {"input", "textarea"}:
            self.fields.append((str(known["name"]), known.get("value")))
        if "checked" in known:
            self.checked.append(known.get("value"))


def test_the_page_asks_and_needs_nothing_else(asked: Asked) -> None:
    page = asked.look()
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert page.headers["x-robots-tag"].startswith("noindex")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    found = _Fields(page.body.decode())
    scores = [("score", str(one)) for one in range(1, 6)]
    assert found.fields == [*scores, ("comment", None), ("more", "yes")]
    assert not {"script", "img", "link", "iframe", "a"} & {*found.tags}
    assert {"fieldset", "legend", "label", "title", "main", "h1"} <= {*found.tags}
    assert found.checked == []
    assert asked.ticket in page.body.decode()
    assert b"charged twice" not in page.body


def test_looking_changes_nothing(asked: Asked) -> None:
    with a_desk(asked.client.settings.data) as desk:
        before = desk.position()
    for query in ("", "?utm_source=mail&utm_source=x", "?score=1&more=yes"):
        assert asked.client.get(asked.path + query).status == 200
    with a_desk(asked.client.settings.data) as desk:
        assert desk.position() == before
    assert asked.row("status, satisfaction_score") == ("resolved", None)


def test_a_score_counts_once_and_another_one_instead(asked: Asked) -> None:
    for _ in range(2):
        done = asked.send(score=4, comment="")
        assert (done.status, b"Thank you" in done.body) == (200, True)
        asked.rated(4)
    assert asked.answers() == [(4, None)]
    assert _Fields(asked.look().body.decode()).checked == ["4"]
    for score in (2, 4, 4):
        asked.send(score=score)
        asked.rated(score)
    assert asked.answers() == [(4, None), (2, None), (4, None)]
    asked.send(score=4, comment=" Quick\r\nand <b>kind</b> ")
    asked.send(score=4, comment=" Quick\r\nand <b>kind</b> ")
    assert asked.answers()[3:] == [(4, "Quick\nand <b>kind</b>")]
    assert asked.row("status, reopened") == ("resolved", 0)


def test_whoever_needs_more_help_gets_it(asked: Asked) -> None:
    done = asked.send(score=1, comment="It came back", more="yes")
    assert b"A colleague" in done.body
    asked.rated(1)
    until(lambda: asked.row("status, reopened") == ("triaged", 1), PATIENCE, "open again")
    assert asked.send(more="yes").status == 200
    assert asked.row("reopened") == (1,)
    assert asked.answers() == [(1, "It came back")]
    with a_desk(asked.client.settings.data) as desk:
        assert len(list(desk.events(ticket=asked.ticket, type="ReopenAsked"))) == 1


def test_more_help_needs_no_score(asked: Asked) -> None:
    asked.send(more="yes", comment="Still broken")
    until(lambda: asked.row("status, reopened") == ("triaged", 1), PATIENCE, "open again")
    with a_desk(asked.client.settings.data) as desk:
        sql = "SELECT message_content AS text FROM v1_interactions WHERE ticket_id = ?"
        sql += " AND interaction_type = 'note'"
        notes = until(lambda: desk.query(sql, [asked.ticket]), PATIENCE, "the note")
    assert [one["text"] for one in notes] == ["Still broken"]
    assert asked.answers() == []


def test_an_empty_answer_is_asked_for_again(asked: Asked) -> None:
    for comment in ("", "Well <done>"):
        told = asked.send(comment=comment)
        assert told.status == 422
        assert b'role="alert"' in told.body
        assert escape(comment).encode() in told.body
    assert asked.answers() == []


@pytest.mark.parametrize("language", [*PAGES, "xx", "", "<b>"])
def test_the_page_is_in_the_language_of_its_link(asked: Asked, language: str) -> None:
    words, path = PAGES.get(language, PAGES["en"]), f"{asked.path}?{urlencode({'lang': language})}"
    known = language if language in PAGES else "en"

    def says(told: Answered, *words: str) -> None:
        page = told.body.decode()
        assert f'<html lang="{known}">' in page
        assert all(one in page for one in words)

    says(asked.client.get(path), words.question, words.scale, words.send, words.more)
    says(asked.client("POST", path, b"comment="), words.nothing)
    says(asked.client("POST", path, b"score=4"), words.thanks, words.better)
    says(asked.client("POST", path, b"more=yes"), words.thanks, words.again)
    says(asked.client.get(f"/s/x?{urlencode({'lang': language})}"), words.gone, words.instead)


@pytest.mark.parametrize(
    "raw",
    [b"score=6", b"score=0", b"score=five", b"score", b"\xff", b"score=1&comment=" + b"x" * 2001],
)
def test_what_the_page_does_not_send_is_refused(asked: Asked, raw: bytes) -> None:
    assert asked.client("POST", asked.path, raw).status == 400
    assert asked.answers() == []


def test_a_link_that_does_not_hold_leads_nowhere(served: Client) -> None:
    with a_desk(served.settings.data) as desk:
        key = desk.intake.resolver.key_for(PURPOSE)
    old = token("r1", datetime.now(UTC) - timedelta(days=DAYS + 1), key)
    for wrong in ("x", token("r1", NOW, KEY), token("r1", datetime.now(UTC), key), old):
        for method in ("GET", "POST"):
            told = served(method, f"/s/{wrong}", b"score=5" if method == "POST" else None)
            assert told.status == 404
            assert b"does not work any more" in told.body


def test_what_is_no_survey_cannot_be_answered_as_one(asked: Asked) -> None:
    with a_desk(asked.client.settings.data) as desk:
        key = desk.intake.resolver.key_for(PURPOSE)
        requests = list(desk.events(ticket=asked.ticket, type="ReplyRequested"))
    statuses = [
        asked.client.get(f"/s/{token(one.id, datetime.now(UTC), key)}").status for one in requests
    ]
    assert sorted(statuses) == [200] + [404] * (len(requests) - 1)


def test_one_survey_is_not_answered_without_end(asked: Asked) -> None:
    statuses = {asked.send(score=3, comment=str(n)).status for n in range(14)}
    assert statuses == {200, 429}
