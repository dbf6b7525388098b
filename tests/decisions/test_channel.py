"""Channel, inbound: held, rejected, understood, accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents import channel, notification
from agents.channel import FACTS, FLOOD_BEGINS, TERMS
from agents.policy import default_policy
from agents.roster import ROSTERS
from agents.world import Understanding
from schemas.events.contacts import ContactReceived, CustomerDescribed
from schemas.events.decisions import (
    ContactAccepted,
    ContactHeld,
    ContactRejected,
    MessageUnderstood,
    TeamAlertRequested,
)
from schemas.events.tickets import MessageAdded, TicketOpened
from streams.testing import FakeModels, Scene, given, understood
from tests.tickets import ANN, contact, opened

AGENTS = (channel.RECEIVED, channel.ACCEPTED)
EVERYBODY = ROSTERS["customer"]
FLOOD = default_policy().limits.flood_per_minute


class Unasked(FakeModels, frozen=True):
    """Models that must not be asked."""

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """Nobody may ask."""
        raise AssertionError(f"asked about {message!r} {subject!r} {known_language!r}")


class Listening(FakeModels, frozen=True):
    """Models that remember what they were asked about."""

    asked: list[tuple[str, str, str | None]] = []  # noqa: RUF012 - a struct's own for each

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """As ever."""
        self.asked.append((message, subject, known_language))
        return super().understand(message, subject=subject, known_language=known_language)


def written(message: str, number: int = 0, **fields: object) -> ContactReceived:
    return ContactReceived.model_validate(
        {
            "channel": "email",
            "customer_id": ANN,
            "handle": "ann@example.org",
            "message": message,
            "provider_id": f"p{number}",
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("customers", "fields", "read"),
    [
        (None, {"subject": "Charged twice"}, ("why?", "Charged twice", None)),
        (None, {"subject": None}, ("why?", "", None)),
        ("de", {}, ("why?", "", "de")),
        ("de", {"language": "fr"}, ("why?", "", "fr")),
    ],
)
def test_a_message_is_read_with_its_subject_in_the_language_that_it_or_the_customer_has(
    customers: str | None, fields: dict[str, Any], read: tuple[str, str, str | None]
) -> None:
    models = Listening()
    known = CustomerDescribed(customer_id=ANN, language=customers, name="Ann")
    given(known, agents=AGENTS, models=models).when(written("why?", **fields))
    assert models.asked == [read]


def flooded(count: int, *, seconds: float = 0.0, agents: tuple[object, ...] = AGENTS) -> Scene:
    """The scene after so many contacts, so far apart."""
    scene = given(agents=agents)  # type: ignore[arg-type]  # a roster or a part of one
    for number in range(count):
        scene = replace(scene, now=scene.now + timedelta(seconds=seconds))
        scene = scene.when(written("hello", number))
    return scene


def test_a_message_is_understood_and_accepted() -> None:
    models = FakeModels(
        understanding=understood(
            categories=[{"name": "billing", "confidence": 0.7}],
            cues=["thanks"],
            sentiment_score=0.4,
            features=[[7, 0.5], [3, -0.75]],
            facts=[{"kind": "order", "text": "77", "start": 3, "end": 5}],
        )
    )
    scene = given(agents=AGENTS, models=models).when(written("my order 77"))
    scene.then(MessageUnderstood, ContactAccepted)
    seen = scene.one(MessageUnderstood)
    assert (seen.outcome, seen.confidence, seen.words) == ("billing", 0.7, 3)
    assert seen.model_versions == {"fake": "1"}
    assert [(c.name, c.score) for c in seen.candidates] == [("billing", 0.7)]
    assert (seen.feature_terms, seen.feature_weights) == ([3, 7], [-75, 50])
    assert seen.facts[0].text == "77"
    accepted = scene.one(ContactAccepted)
    assert accepted.contact_id == seen.contact_id
    assert accepted.policy_version == default_policy().version


def test_without_a_category_it_is_just_understood() -> None:
    seen = given(agents=AGENTS).when(written("hello")).one(MessageUnderstood)
    assert (seen.outcome, seen.confidence, seen.candidates) == ("understood", None, [])


def test_what_models_say_is_kept_within_bounds() -> None:
    many = [{"kind": "order", "text": "9" * 500, "start": 0, "end": 500}] * 100
    models = FakeModels(
        understanding=understood(
            clues=many,
            facts=many,
            deadlines=["tomorrow"] * 100,
            features=[[i, i / 100] for i in range(100)],
        )
    )
    seen = given(agents=AGENTS, models=models).when(written("hello")).one(MessageUnderstood)
    assert len(seen.clues) == len(seen.facts) == len(seen.deadlines) == FACTS
    assert max(len(fact.text) for fact in seen.facts) == channel.LONGEST_FACT
    assert seen.feature_terms == list(range(99, 99 - TERMS, -1))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"message": "  "}, "empty"),
        ({"message": "x" * 200_001}, "oversize"),
        ({"metadata": '{"headers":{"Auto-Submitted":"auto-replied"}}'}, "auto_reply"),
        ({"subject": "Undeliverable: hello"}, "bounce"),
        ({"metadata": '{"headers":{"X-Pactdesk-Id":"1"}}'}, "loop"),
        ({"handle": "noreply@example.org"}, "no_reply"),
    ],
)
def test_what_nobody_wrote_is_rejected_unread(fields: dict[str, object], reason: str) -> None:
    event = written(**{"message": "hello", **fields})  # type: ignore[arg-type]  # by name
    scene = given(agents=EVERYBODY, models=Unasked()).when(event)
    scene.then(ContactRejected)
    assert scene.one(ContactRejected).reasons == [reason]


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "null"])
def test_metadata_that_is_no_object_harms_nothing(text: str) -> None:
    given(agents=AGENTS).when(written("hello", metadata=text)).then(
        MessageUnderstood, ContactAccepted
    )


def test_a_file_alone_is_accepted_with_a_warning() -> None:
    file = {"name": "a.png", "media_type": "image/png", "size": 7}
    scene = given(agents=AGENTS).when(written("", attachments=[file]))
    accepted = scene.one(ContactAccepted)
    assert accepted.warnings == accepted.reasons == ["attachments_only"]


def test_an_out_of_office_reply_is_inert() -> None:
    before = opened(EVERYBODY)
    models = FakeModels(understanding=understood(cues=["out_of_office", "thanks"]))
    scene = replace(before, models=models).when(contact("I am away", provider_id="p9"))
    rejected = scene.one(ContactRejected)
    assert (rejected.reasons, rejected.model_versions) == (["out_of_office"], {"fake": "1"})
    scene.then(MessageUnderstood, ContactRejected)
    assert scene.state.tickets == before.state.tickets


@pytest.mark.parametrize("cue", ["complaint", "asks_person", "not_solved", "legal_threat"])
def test_who_complains_about_an_automatic_reply_is_heard(cue: str) -> None:
    models = FakeModels(understanding=understood(cues=["out_of_office", cue]))
    scene = given(agents=AGENTS, models=models).when(written("all I get is an automatic reply"))
    scene.one(ContactAccepted)


def test_only_mail_answers_by_itself() -> None:
    models = FakeModels(understanding=understood(cues=["out_of_office"]))
    scene = given(agents=AGENTS, models=models)
    scene.when(written("I am away until Monday", channel="whatsapp")).one(ContactAccepted)


def test_automatic_mail_neither_reopens_nor_confirms_nor_counts() -> None:
    scene = opened(EVERYBODY)
    before = scene.state.tickets
    mail = written("away", 9, metadata='{"headers":{"auto-submitted":"auto-replied"}}', thread="t1")
    scene = scene.when(mail)
    assert scene.all(TicketOpened) == []
    assert scene.all(MessageAdded) == []
    assert scene.state.tickets == before


def test_a_flood_is_held_before_any_model_runs() -> None:
    scene = flooded(FLOOD)
    assert isinstance(scene.events[-1], ContactAccepted)
    scene = replace(scene, models=Unasked()).when(written("hello", FLOOD))
    scene.then(ContactHeld)
    held = scene.one(ContactHeld)
    assert held.contacts_in_window == FLOOD + 1
    assert held.reasons == ["flood", FLOOD_BEGINS]
    assert held.channel == "email"


def test_contacts_of_more_than_a_minute_ago_count_no_more() -> None:
    scene = flooded(FLOOD)
    scene = replace(scene, now=scene.now + timedelta(seconds=60))
    scene.when(written("hello", FLOOD)).one(ContactAccepted)


def test_a_flood_is_told_once_however_long_it_lasts() -> None:
    agents = (*AGENTS, *notification.AGENTS)
    scene, alerts = given(agents=agents), 0
    for number in range(4 * FLOOD):  # a little more than one a second, so that the window hovers
        scene = replace(scene, now=scene.now + timedelta(seconds=0.97))
        scene = scene.when(written("hello", number))
        alerts += len(scene.all(TeamAlertRequested))
    assert alerts == 1
    assert scene.state.held_at is not None


def test_the_next_flood_is_told_again() -> None:
    scene = flooded(FLOOD + 1)
    assert FLOOD_BEGINS in scene.one(ContactHeld).reasons
    scene = scene.when(written("again", 1000))
    assert scene.one(ContactHeld).reasons == ["flood"]
    scene = replace(scene, now=scene.now + timedelta(hours=1))
    for number in range(2000, 2001 + FLOOD):
        scene = scene.when(written("hello", number))
    assert FLOOD_BEGINS in scene.one(ContactHeld).reasons


def test_an_absorbed_line_leaves_its_contacts_to_the_survivor() -> None:
    scene = given(agents=AGENTS)
    absorbed = replace(scene, state=replace(scene.state, merged_into="ben"))
    absorbed.when(written("hello")).then()
