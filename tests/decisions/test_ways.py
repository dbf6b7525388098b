"""How a reply may go is known before a provider is asked: in the window, later, as a template."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from agents.addressing import Place
from agents.policy import Policy, default_policy
from agents.ways import Shut, Way, straight
from projections.case import Case
from projections.case.reach import heard
from projections.case.talk import BY_PEOPLE
from schemas.events.decisions import (
    IntentRefused,
    ReplyRequested,
    ReplyShaped,
)
from schemas.events.intents import ConversationStarted
from schemas.platforms import PLATFORMS
from schemas.vocabulary import CHANNELS
from streams.testing import START, FakeModels, Scene, understood
from tests.elsewhere import TEMPLATED, answered, noticed, on, ruled, written, wrote
from tests.tickets import ANN

DAY, WEEK = 24.0, 7 * 24.0


def refused(scene: Scene) -> str:
    """Why nothing was requested, by what the desk can see."""
    assert scene.all(ReplyRequested) == []
    shaped = scene.one(ReplyShaped)
    assert (shaped.reasons, shaped.parts) == ([shaped.outcome], 0)
    return shaped.outcome


def test_within_a_day_anything_goes_to_messenger_as_a_response() -> None:
    scene = on("facebook").later(hours=DAY)
    assert written(scene).one(ReplyRequested).within == "window"
    assert noticed(scene).one(ReplyRequested).within == "window"


def test_within_a_week_what_a_person_wrote_goes_to_messenger_as_that() -> None:
    for hours in (DAY + 0.1, WEEK):
        request = written(on("facebook").later(hours=hours)).one(ReplyRequested)
        assert request.within == "human_agent"


def test_later_than_a_day_nothing_automatic_goes_to_messenger() -> None:
    assert refused(noticed(on("facebook").later(hours=DAY + 0.1))) == "window_closed"


def test_later_than_a_week_nothing_goes_to_messenger_and_the_person_is_told() -> None:
    scene = on("facebook").later(hours=WEEK + 0.1)
    assert refused(noticed(scene)) == "window_closed"
    late = written(scene)
    assert late.one(IntentRefused).reason == "window_closed"
    assert late.one(IntentRefused).remedy == (
        "facebook takes messages only within 168 hours of the customer's last one; use another "
        "channel, or wait until the customer writes"
    )
    assert late.all(ReplyRequested) == []


def test_a_conversation_may_be_begun_on_messenger_within_a_week() -> None:
    start = ConversationStarted(customer_id=ANN, channel="facebook", text="One more", by="bo")
    scene = on("facebook").later(hours=WEEK)
    assert scene.when(start).one(ReplyRequested).within == "human_agent"
    assert scene.later(hours=1).when(start).one(IntentRefused).reason == "window_closed"


def test_the_window_is_that_of_the_address_and_not_of_the_ticket() -> None:
    """A message by e-mail opens no window on WhatsApp, nor one from another number."""
    scene = on("whatsapp").later(hours=DAY + 1)
    by_mail = scene.when(wrote("email", "ann@example.org"))
    assert written(by_mail, channel="whatsapp").one(IntentRefused).reason == "window_closed"
    assert written(by_mail).one(ReplyRequested).channel == "email"
    other_number = scene.when(wrote("whatsapp", "h2"))
    request = written(other_number).one(ReplyRequested)
    assert (request.handle, request.within) == ("h2", "window")


def test_the_window_opens_anew_with_each_message() -> None:
    scene = on("whatsapp").later(hours=DAY + 1)
    scene = scene.when(wrote("whatsapp", provider_id="p2")).later(hours=DAY)
    assert written(scene).one(ReplyRequested).within == "window"


def test_an_older_message_that_comes_late_closes_no_window() -> None:
    scene = on("whatsapp").later(hours=DAY - 1)
    scene = scene.when(wrote("whatsapp", provider_id="p2"))
    late = wrote("whatsapp", provider_id="p1")
    scene = scene.when(late, at=scene.now - timedelta(hours=DAY - 2)).later(hours=DAY)
    assert written(scene).one(ReplyRequested).within == "window"


@pytest.mark.parametrize(
    ("language", "sent_in"), [("de", "de"), ("de-AT", "de"), ("en", "en_US"), (None, "en_US")]
)
def test_outside_the_window_a_reply_goes_as_the_template_in_the_tickets_language(
    language: str | None, sent_in: str
) -> None:
    models = FakeModels(understanding=understood(language=language))
    scene = on("whatsapp", TEMPLATED, models).later(hours=DAY + 0.1)
    request = written(scene, "Hello Ann,\n\n\tall is well.    Yours\nBo").one(ReplyRequested)
    assert (request.within, request.template) == ("template", "our_reply")
    assert (request.template_language, request.template_parameter) == (sent_in, None)
    assert request.parts == ["Hello Ann, all is well. Yours Bo"]


def test_within_the_window_no_template_is_used() -> None:
    request = written(on("whatsapp", TEMPLATED).later(hours=DAY), "One\nTwo").one(ReplyRequested)
    assert (request.within, request.template, request.parts) == ("window", None, ["One\nTwo"])


def test_what_an_agent_says_goes_as_the_template_as_well_with_its_buttons_in_words() -> None:
    scene = on("whatsapp", TEMPLATED).later(hours=DAY + 0.1)
    request = answered(scene).one(ReplyRequested)
    assert (request.within, request.buttons) == ("template", [])
    assert request.parts == ['Try this. Did this solve it? Answer "solved", or "need more help".']


def test_a_long_text_fills_several_templates() -> None:
    scene = written(on("whatsapp", TEMPLATED).later(hours=DAY + 0.1), "word " * 500)
    shaped, request = scene.one(ReplyShaped), scene.one(ReplyRequested)
    assert (shaped.limit, shaped.parts, len(request.parts)) == (1_024, 3, 3)


def test_the_blank_of_a_template_may_have_a_name() -> None:
    named = ruled(templates={"whatsapp": {"name": "x", "parameter": "reply"}})
    scene = on("whatsapp", named).later(hours=DAY + 0.1)
    assert written(scene).one(ReplyRequested).template_parameter == "reply"


def test_without_a_template_nothing_goes_outside_the_window() -> None:
    scene = on("whatsapp").later(hours=DAY + 0.1)
    assert written(scene).one(IntentRefused).reason == "window_closed"
    assert refused(noticed(scene)) == "window_closed"


_policies = st.sampled_from([default_policy(), TEMPLATED])
_hours = st.one_of(
    st.sampled_from([0.0, DAY, DAY + 0.001, WEEK, WEEK + 0.001]), st.floats(0, 2 * WEEK)
)


@drawn(
    channel=st.sampled_from(CHANNELS),
    hours=_hours,
    kind=st.sampled_from(["answer", "notice", "survey", "agent_reply", "opening"]),
    policy=_policies,
)
def test_nothing_ever_goes_by_a_right_that_it_does_not_have(
    channel: str, hours: float, kind: str, policy: Policy
) -> None:
    case = Case(customer_id=ANN, reaches=heard({}, channel, "h1", START.timestamp()))
    now = START + timedelta(hours=hours)
    how = straight(kind, Place("T1", channel, "h1"), case, policy, now)
    platform = PLATFORMS[channel]
    since = (now - START).total_seconds() / 3600
    open_now = platform.window_hours is None or since <= platform.window_hours
    match how:
        case Shut():
            assert not open_now
            assert channel not in policy.templates
            assert kind not in BY_PEOPLE or since > (platform.person_hours or 0)
        case Way(within="window"):
            assert open_now
        case Way(within="human_agent"):
            assert kind in BY_PEOPLE
            assert platform.person_hours is not None
            assert since <= platform.person_hours
        case Way(within="template", template=template):
            assert not open_now
            assert template is policy.templates[channel]
        case _:
            raise AssertionError(how)


@drawn(st.sampled_from(["whatsapp", "facebook"]), st.sampled_from(["notice", "opening"]))
def test_an_address_that_never_wrote_has_no_window(channel: str, kind: str) -> None:
    place = Place("T1", channel, "h1")
    how = straight(kind, place, Case(customer_id=ANN), default_policy(), START)
    assert isinstance(how, Shut)
