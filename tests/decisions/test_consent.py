"""Who writes STOP gets nothing more at that address until START, whatever it is about."""

from __future__ import annotations

import json

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from agents.policy import Policy
from agents.roster import ROSTERS
from schemas.event import Event
from schemas.events.contacts import ContactReceived, CustomerDescribed
from schemas.events.decisions import (
    ConsentStated,
    ContactHeld,
    ContactRejected,
    IntentRefused,
    ReplyRequested,
    ReplyShaped,
)
from schemas.events.intents import ConversationStarted
from streams.testing import Scene, given
from tests.elsewhere import failed, falling, noticed, on, request_of, written, wrote
from tests.tickets import ANN

NUMBER = "+15550100"


def texted(word: str, consent: str | None = None, handle: str = NUMBER, number: str = "") -> Event:
    """An SMS of the customer, and what the gateway says that its word means."""
    metadata = json.dumps({"message": {}} | ({} if consent is None else {"consent": consent}))
    return wrote("phone", handle, text=word, provider_id=f"{word}{number}", metadata=metadata)


def stopped(policy: Policy | None = None) -> Scene:
    scene = on("phone", policy).when(texted("hello"))
    return scene.when(texted("STOP", "STOP"))


def test_a_stop_is_a_fact_about_the_address() -> None:
    stated = stopped().one(ConsentStated)
    assert (stated.outcome, stated.channel, stated.handle) == ("stopped", "phone", NUMBER)
    assert stated.reasons == ["STOP"]


def test_after_it_a_person_is_told_why_nothing_goes() -> None:
    refused = written(stopped()).one(IntentRefused)
    assert refused.reason == "stopped"
    assert refused.remedy == (
        f"the customer ended messages to {NUMBER}; use another channel, or wait until they allow "
        "them again"
    )
    start = ConversationStarted(customer_id=ANN, channel="phone", text="Hello", by="bo")
    assert stopped().when(start).one(IntentRefused).reason == "stopped"


def test_after_it_what_agents_say_is_recorded_and_not_sent() -> None:
    scene = noticed(stopped())
    assert scene.all(ReplyRequested) == []
    shaped = scene.one(ReplyShaped)
    assert (shaped.channel, shaped.outcome, shaped.reasons) == ("phone", "stopped", ["stopped"])


def test_it_holds_for_the_very_turn_that_brings_it() -> None:
    confirming = falling()
    notification = confirming.notification.model_copy(update={"confirm_on": ["phone"]})
    policy = confirming.model_copy(update={"notification": notification})
    hello = given(agents=ROSTERS["customer"], policy=policy).when(texted("hello"))
    assert hello.one(ReplyRequested).kind == "confirmation"
    scene = given(agents=ROSTERS["customer"], policy=policy).when(texted("STOP", "STOP"))
    assert scene.all(ReplyRequested) == []
    assert scene.one(ReplyShaped).outcome == "stopped"


def test_start_takes_it_back() -> None:
    scene = stopped().when(texted("START", "START"))
    assert scene.one(ConsentStated).outcome == "allowed"
    assert written(scene).one(ReplyRequested).handle == NUMBER


def test_it_holds_for_one_number_alone() -> None:
    scene = stopped().when(texted("and from here", handle="+15550199"))
    assert written(scene).one(ReplyRequested).handle == "+15550199"


def test_another_channel_is_free_and_taken_if_the_policy_says_so() -> None:
    assert written(stopped(), channel="email").one(ReplyRequested).channel == "email"
    request = written(stopped(falling(phone="email"))).one(ReplyRequested)
    assert (request.channel, request.reasons) == ("email", ["stopped"])


def test_what_failed_elsewhere_does_not_come_back_to_a_number_that_stopped() -> None:
    scene = written(stopped(falling(email="phone")), channel="email")
    number, request = request_of(scene)
    assert request.fall_back == "phone"
    scene = failed(scene, number)
    assert scene.all(ReplyRequested) == []
    assert scene.one(ReplyShaped).outcome == "stopped"


def test_the_same_word_again_is_no_news() -> None:
    assert stopped().when(texted("STOP", "STOP", number="2")).all(ConsentStated) == []
    fresh = on("phone").when(texted("START", "START"))
    assert fresh.all(ConsentStated) == []


@pytest.mark.parametrize("consent", [None, "HELP", "stop", "", 7, ["STOP"]])
def test_what_is_no_such_word_changes_nothing(consent: object) -> None:
    metadata = json.dumps({"consent": consent})
    scene = on("phone").when(texted("hello").model_copy(update={"metadata": metadata}))
    assert scene.all(ConsentStated) == []


@pytest.mark.parametrize("metadata", ["", "no JSON", "[]", '"STOP"'])
def test_what_came_with_a_contact_may_be_anything(metadata: str) -> None:
    scene = on("phone").when(texted("hello").model_copy(update={"metadata": metadata}))
    assert scene.all(ConsentStated) == []


def test_the_word_means_nothing_where_the_platform_has_none() -> None:
    event = wrote("whatsapp", metadata='{"consent":"STOP"}')
    scene = given(agents=ROSTERS["customer"]).when(event)
    assert scene.all(ConsentStated) == []
    assert written(scene).one(ReplyRequested).channel == "whatsapp"


def test_it_counts_in_a_flood_and_where_the_message_is_turned_away() -> None:
    scene = on("phone")
    for number in range(59):
        scene = scene.when(texted(f"m{number}"))
    scene = scene.when(texted("STOP", "STOP"))
    assert scene.one(ContactHeld).reasons == ["flood", "flood_begins"]
    assert scene.one(ConsentStated).outcome == "stopped"
    empty = on("phone").when(texted(" ", "STOP"))
    assert empty.one(ContactRejected).reasons == ["empty"]
    assert empty.one(ConsentStated).outcome == "stopped"


_words = st.lists(
    st.tuples(st.sampled_from(["STOP", "START", None]), st.sampled_from([NUMBER, "+2"])),
    max_size=6,
)


@drawn(_words)
def test_the_last_word_of_an_address_counts(words: list[tuple[str | None, str]]) -> None:
    known = CustomerDescribed(customer_id=ANN, phone=NUMBER)
    scene = given(known, agents=ROSTERS["customer"]).when(texted("hello"))
    last = dict.fromkeys((NUMBER, "+2"), False)
    for place, (word, handle) in enumerate(words):
        event = texted(f"{place}", word, handle)
        assert isinstance(event, ContactReceived)
        scene = scene.when(event)
        if word is not None:
            last[handle] = word == "STOP"
        sent = written(scene)
        assert bool(sent.all(ReplyRequested)) == (not last[handle])
