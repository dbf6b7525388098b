"""Channel, outbound: how a reply goes out, where to, and when it does not."""

from __future__ import annotations

import pytest

from agents.addressing import place_of
from agents.policy import default_policy
from agents.roster import ROSTERS
from agents.words import SHIPPED
from schemas.events.contacts import CustomerDescribed, InteractionReported
from schemas.events.decisions import (
    CustomerNotified,
    IntentRefused,
    ReplyRequested,
    ReplyShaped,
    SurveyRequested,
)
from schemas.events.intents import ConversationStarted, ReplyWritten
from schemas.platforms import PLATFORMS
from schemas.vocabulary import CHANNELS
from streams.testing import Scene, given
from tests.elsewhere import answered
from tests.tickets import ANN, ask, contact, only_ticket, opened, say

SOLVED, MORE = SHIPPED["en"].solved, SHIPPED["en"].more

EVERYBODY = ROSTERS["customer"]
BUTTONED = [channel for channel in CHANNELS if PLATFORMS[channel].buttons >= 2]


def on(channel: str, handle: str | None = "h1", **fields: object) -> Scene:
    """The scene after a first message on a channel."""
    told = {"thread": "t1", "provider_id": "p1", **fields}
    first = contact("hello", channel=channel, handle=handle, subject="My order", **told)  # type: ignore[arg-type]  # by name
    return given(agents=EVERYBODY).when(first)


def written(scene: Scene, text: str = "Try this.", **fields: object) -> Scene:
    return ask(scene, ReplyWritten, text=text, **fields)


def noticed(scene: Scene, text: str = "We are on it.") -> Scene:
    return scene.when(
        CustomerNotified(
            customer_id=ANN,
            ticket_id=only_ticket(scene).id,
            outcome="notice",
            policy_version="p",
            kind="notice",
            text=text,
        )
    )


def test_a_persons_reply_is_shaped_and_requested() -> None:
    scene = written(on("email"))
    shaped = scene.one(ReplyShaped)
    assert (shaped.outcome, shaped.parts, shaped.characters) == ("one part", 1, 9)
    assert shaped.limit == PLATFORMS["email"].characters
    request = scene.one(ReplyRequested)
    assert (request.kind, request.outcome, request.author) == ("agent_reply", "agent_reply", "bo")
    assert (request.channel, request.handle, request.parts) == ("email", "h1", ["Try this."])
    assert (request.subject, request.thread, request.in_reply_to) == ("Re: My order", "t1", "p1")
    assert request.policy_version == default_policy().version
    assert (request.buttons, request.solution_id) == ([], None)


def test_a_long_reply_goes_in_parts() -> None:
    scene = written(on("phone"), "word " * 1000)
    shaped, request = scene.one(ReplyShaped), scene.one(ReplyRequested)
    assert shaped.outcome == f"{shaped.parts} parts"
    assert len(request.parts) == shaped.parts == 4
    assert max(len(part) for part in request.parts) <= shaped.limit


@pytest.mark.parametrize("channel", CHANNELS)
def test_subject_and_thread_go_where_the_platform_has_them(channel: str) -> None:
    request = written(on(channel)).one(ReplyRequested)
    platform = PLATFORMS[channel]
    assert request.subject == ("Re: My order" if platform.subject else None)
    assert request.thread == ("t1" if platform.threads else None)
    assert request.in_reply_to == ("p1" if platform.threads else None)


def test_a_subject_that_answers_already_is_kept() -> None:
    first = contact("hello", subject="RE: My order")
    assert (
        written(given(agents=EVERYBODY).when(first)).one(ReplyRequested).subject == "RE: My order"
    )


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_answer_brings_buttons_or_says_in_words_what_to_do(channel: str) -> None:
    request = answered(on(channel)).one(ReplyRequested)
    assert (request.kind, request.solution_id, request.confidence) == ("answer", "a1", 0.95)
    if channel in BUTTONED:
        assert (request.buttons, request.parts) == ([SOLVED, MORE], ["Try this."])
    else:
        assert request.buttons == []
        assert request.parts[0].endswith('Answer "solved", or "need more help".')


def test_a_text_that_is_too_long_for_buttons_goes_without() -> None:
    room = PLATFORMS["whatsapp"].button_text
    assert room is not None
    assert answered(on("whatsapp"), "x" * room).one(ReplyRequested).buttons == [SOLVED, MORE]
    request = answered(on("whatsapp"), "x" * (room + 1)).one(ReplyRequested)
    assert request.buttons == []
    assert "need more help" in request.parts[0]


@pytest.mark.parametrize(
    ("channel", "stars"),
    [("slack", 5), ("discord", 5), ("facebook", 5), ("whatsapp", 0), ("email", 0)],
)
def test_a_survey_has_five_buttons_where_they_fit(channel: str, stars: int) -> None:
    scene = on(channel)
    survey = SurveyRequested(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        outcome="asked",
        policy_version="p",
        text="How did we do?",
    )
    request = scene.when(survey).one(ReplyRequested)
    assert len(request.buttons) == stars
    assert ("number from 1" in request.parts[0]) == (not stars)


def test_a_reply_goes_where_the_customer_wrote_last() -> None:
    scene = on("email")
    scene = scene.when(
        contact("and by phone", channel="whatsapp", handle="+1", thread="t1", provider_id="p2")
    )
    request = written(scene).one(ReplyRequested)
    assert (request.channel, request.handle, request.in_reply_to) == ("whatsapp", "+1", "p2")
    back = written(scene, channel="email").one(ReplyRequested)
    assert (back.channel, back.handle) == ("email", "h1")
    assert (back.thread, back.in_reply_to) == (None, None)


def test_a_reply_stays_in_its_own_ticket_whatever_came_since() -> None:
    """The customer wrote about something else meanwhile, from another address."""
    scene = on("email").later(days=3)
    other = contact("new", handle="h2", thread="t9", provider_id="p9", subject="Another matter")
    scene = scene.when(other)
    first, second = sorted(scene.state.tickets.values(), key=lambda t: t.opened_at)
    old = place_of(first, "email", scene.state)
    assert (old.handle, old.thread, old.answers) == ("h1", "t1", "p1")
    new = place_of(second, "email", scene.state)
    assert (new.handle, new.thread, new.answers) == ("h2", "t9", "p9")


def test_the_address_is_the_one_they_wrote_from_about_the_ticket() -> None:
    scene = on("email")
    scene = scene.when(contact("more", handle="h2", thread="t1", provider_id="p2"))
    assert written(scene).one(ReplyRequested).handle == "h2"


def test_without_an_address_none_is_made_up() -> None:
    assert written(on("chat_widget", None)).one(ReplyRequested).handle is None


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_comes_too_late_for_the_platform_is_recorded_and_not_tried(channel: str) -> None:
    hours = PLATFORMS[channel].window_hours
    in_time = noticed(on(channel).later(hours=24))
    assert len(in_time.all(ReplyRequested)) == 1
    late = noticed(on(channel).later(hours=24, minutes=1))
    if hours is None:
        assert len(late.all(ReplyRequested)) == 1
        return
    assert late.all(ReplyRequested) == []
    shaped = late.one(ReplyShaped)
    assert (shaped.outcome, shaped.reasons, shaped.parts) == (
        "window_closed",
        ["window_closed"],
        0,
    )


def test_the_window_opens_again_when_the_customer_writes() -> None:
    scene = say(opened(EVERYBODY), "hello")
    assert len(noticed(scene).all(ReplyRequested)) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"text": "  "}, "empty_text"), ({"channel": "slack"}, "no_address")],
)
def test_a_reply_that_is_refused_is_not_sent(fields: dict[str, object], reason: str) -> None:
    scene = ask(on("email"), ReplyWritten, **{"text": "hello", **fields})
    assert scene.one(IntentRefused).reason == reason
    assert scene.all(ReplyRequested) == []
    assert scene.all(ReplyShaped) == []


def test_who_writes_first_needs_an_address() -> None:
    start = ConversationStarted(customer_id=ANN, channel="slack", text="Hello", by="bo")
    nobody = given(agents=EVERYBODY).when(start)
    assert nobody.one(IntentRefused).reason == "no_address"
    assert nobody.all(ReplyRequested) == []
    scene = given(CustomerDescribed(customer_id=ANN, handles='{"slack":["U7"]}'), agents=EVERYBODY)
    request = scene.when(start).one(ReplyRequested)
    assert (request.kind, request.channel, request.handle) == ("opening", "slack", "U7")
    assert (request.thread, request.in_reply_to, request.ticket_id is None) == (None, None, False)


def test_an_opening_answers_no_earlier_message() -> None:
    scene = on("slack").later(days=2)
    start = ConversationStarted(customer_id=ANN, channel="slack", text="One more thing", by="bo")
    request = scene.when(start).one(ReplyRequested)
    assert (request.thread, request.in_reply_to) == (None, None)


def test_what_is_about_no_ticket_at_hand_is_not_sent() -> None:
    scene = given(agents=EVERYBODY)
    lost = CustomerNotified(
        customer_id=ANN, ticket_id="T0", outcome="x", policy_version="p", kind="notice", text="x"
    )
    scene.when(lost).then()
    report = InteractionReported(customer_id=ANN, kind="call", by="crm")
    assert scene.when(report).all(ReplyRequested) == []
