"""Whether something helped, and how it went: said by button, number or word, on every channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from agents.words import SHIPPED
from schemas.events.decisions import ReplyRequested
from schemas.platforms import PLATFORMS
from streams.channels.email import contact_of
from streams.channels.settings import Email
from tests.desks import Story, story
from tests.pressing import PLACES, pressed

SOLVED, MORE = SHIPPED["en"].solved, SHIPPED["en"].more

QUESTION = "How do I change the PIN of my credit card?"
ARTICLE = {
    "type": "article",
    "article_id": "pin",
    "title": "Change your PIN",
    "body": "Open the app, choose Card, then Change PIN.",
    "examples": [QUESTION, "I want to change my card's PIN", "change PIN"],
    "language": "en",
}

TURNS = ("SpecialistRequested", "SolutionRejected", "TicketResolved")
"""What may follow when somebody says whether an answer helped."""

HELP_BY_BUTTON = [name for name, one in PLATFORMS.items() if one.buttons >= 2]
SURVEY_BY_BUTTON = [name for name, one in PLATFORMS.items() if one.buttons >= 5]


@pytest.fixture(params=[*PLATFORMS])
def channel(request: pytest.FixtureRequest) -> str:
    """Each channel."""
    return str(request.param)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Story]:
    """A desk that knows an answer."""
    with story(tmp_path) as told:
        told.give(ARTICLE)
        yield told


def asks(desk: Story, channel: str) -> ReplyRequested:
    """Somebody asks on a channel; returns the article that answers."""
    desk.give({"channel": channel, "message": QUESTION, "provider_id": "q1", **PLACES[channel]})
    return last(desk, "answer")


def last(desk: Story, kind: str) -> ReplyRequested:
    """The last thing that we said, which is of a kind."""
    reply = desk.events(ReplyRequested)[-1]
    assert isinstance(reply, ReplyRequested)
    assert reply.kind == kind
    return reply


def types(desk: Story, channel: str, words: str) -> None:
    """They write something."""
    number = f"645027906669510999:{len(desk.events(ReplyRequested))}"
    desk.give({"channel": channel, "message": words, **PLACES[channel], "provider_id": number})


def presses(desk: Story, reply: ReplyRequested, words: str) -> None:
    """They press a button of a reply."""
    desk.give(pressed(reply, words, len(desk.events(ReplyRequested))))


def state(desk: Story) -> tuple[Any, ...]:
    return desk.row("status, satisfaction_score, reopened")


def surveyed(desk: Story, channel: str) -> ReplyRequested:
    """Their question is settled; returns the survey."""
    asks(desk, channel)
    types(desk, channel, "solved")
    return last(desk, "survey")


def test_every_channel_is_somewhere() -> None:
    assert {*PLACES} == {*PLATFORMS}
    assert SURVEY_BY_BUTTON == ["slack", "chat_widget", "facebook", "discord"]
    assert {*HELP_BY_BUTTON} - {*SURVEY_BY_BUTTON} == {"whatsapp"}


@pytest.mark.parametrize(
    ("words", "score"),
    [("5", 5), ("one", 1), ("4 stars", 4), ("2, it took a week", 2), ("★★★", 3), ("3/5", 3)],
)
def test_a_survey_is_answered_by_a_number_or_a_word(
    desk: Story, channel: str, words: str, score: int
) -> None:
    survey = surveyed(desk, channel)
    if channel in SURVEY_BY_BUTTON:
        assert survey.buttons == ["1", "2", "3", "4", "5"]
    else:
        assert survey.parts[-1].endswith("from 1 (bad) to 5 (good).")
    types(desk, channel, words)
    assert state(desk) == ("resolved", score, 0)


@pytest.mark.parametrize("channel", SURVEY_BY_BUTTON)
@pytest.mark.parametrize("score", [1, 5])
def test_a_survey_is_answered_by_its_button(desk: Story, channel: str, score: int) -> None:
    presses(desk, surveyed(desk, channel), str(score))
    assert state(desk) == ("resolved", score, 0)


@pytest.mark.parametrize("channel", HELP_BY_BUTTON)
def test_a_button_says_that_it_helped(desk: Story, channel: str) -> None:
    presses(desk, asks(desk, channel), SOLVED)
    assert state(desk) == ("resolved", None, 0)
    last(desk, "survey")


@pytest.mark.parametrize("channel", HELP_BY_BUTTON)
def test_a_button_asks_for_a_person(desk: Story, channel: str) -> None:
    answer = asks(desk, channel)
    desk.told()
    presses(desk, answer, MORE)
    assert sorted(desk.told(*TURNS)) == ["SolutionRejected", "SpecialistRequested"]
    assert state(desk) == ("triaged", None, 0)
    assert len(desk.tickets) == 1


@pytest.mark.parametrize("words", ["need more help", "I need more help", "Need more help!"])
def test_a_word_asks_for_a_person(desk: Story, channel: str, words: str) -> None:
    answer = asks(desk, channel)
    if channel not in HELP_BY_BUTTON:
        assert '"need more help"' in answer.parts[-1]
    desk.told()
    types(desk, channel, words)
    assert sorted(desk.told(*TURNS)) == ["SolutionRejected", "SpecialistRequested"]
    assert state(desk) == ("triaged", None, 0)


def test_more_help_after_the_survey_opens_the_ticket_again(desk: Story, channel: str) -> None:
    surveyed(desk, channel)
    desk.told()
    types(desk, channel, "I need more help")
    assert desk.told("TicketReopened", "SpecialistRequested", "TicketRated") == [
        "TicketReopened",
        "SpecialistRequested",
    ]
    assert state(desk) == ("triaged", None, 1)
    assert len(desk.tickets) == 1


@pytest.mark.parametrize("words", ["4", "I need more help"])
def test_a_mail_that_quotes_ours_answers_alike(desk: Story, words: str) -> None:
    survey = surveyed(desk, "email")
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ann <ann@example.org>", "desk@example.org"
    mail["Subject"], mail["Message-ID"] = f"Re: {survey.subject}", "<a1@example.org>"
    quoted = "\n".join(f"> {line}" for line in survey.parts[0].splitlines())
    mail.set_content(f"{words}\n\nOn Monday, 2 March 2026, the desk wrote:\n{quoted}\n")
    settings = Email(address="desk@example.org", token_secret="t")  # noqa: S106  # a test's own
    (line,) = contact_of(mail.as_bytes(), "INBOX", settings).inputs
    desk.give(line | {"at": datetime(2026, 3, 2, 9, tzinfo=UTC).isoformat()})
    expected = ("resolved", 4, 0) if words == "4" else ("triaged", None, 1)
    assert state(desk) == expected


GERMAN = {
    "type": "article",
    "article_id": "pin-de",
    "title": "PIN der Karte ändern",
    "body": "Öffnen Sie die App, wählen Sie Karte und dann PIN ändern.",
    "examples": ["Wie kann ich die PIN meiner Kreditkarte ändern?", "PIN meiner Karte ändern"],
    "language": "de",
}


def asks_in_german(desk: Story, channel: str) -> ReplyRequested:
    """Somebody asks in German; returns the article that is offered."""
    desk.give(GERMAN)
    question = "Wie kann ich die PIN meiner Kreditkarte ändern?"
    desk.give({"channel": channel, "message": question, "provider_id": "q1", **PLACES[channel]})
    return last(desk, "suggestion")


def test_a_german_conversation_stays_german(desk: Story, channel: str) -> None:
    words = SHIPPED["de"]
    answer = asks_in_german(desk, channel)
    if channel in HELP_BY_BUTTON:
        presses(desk, answer, words.solved)
    else:
        assert answer.parts[-1].endswith(words.by_word)
        types(desk, channel, "Gelöst!")
    assert state(desk) == ("resolved", None, 0)
    survey = last(desk, "survey")
    assert words.survey in survey.parts[0]
    if channel not in SURVEY_BY_BUTTON:
        assert survey.parts[-1].endswith(words.by_number)
    types(desk, channel, "4, danke")
    assert state(desk) == ("resolved", 4, 0)


def test_what_is_offered_is_turned_down_in_german(desk: Story, channel: str) -> None:
    answer = asks_in_german(desk, channel)
    desk.told()
    if channel in HELP_BY_BUTTON:
        presses(desk, answer, SHIPPED["de"].more)
    else:
        types(desk, channel, "brauche mehr Hilfe")
    assert desk.told(*TURNS) == ["SolutionRejected"]  # a person is asked since it was offered
    assert state(desk) == ("triaged", None, 0)
