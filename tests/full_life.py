"""One long history in which everything comes that can come from outside, each where it means most.

It is written out, so that what it covers never depends on chance; `tests.histories` draws others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from agents.policy import default_policy
from agents.policy_delivery import DeliveryPolicy
from agents.policy_drafting import DraftingPolicy
from agents.world import Understanding
from schemas.event import Event, Intent
from schemas.events import contacts, desk, drafts, intents, knowledge
from schemas.record import contact_id
from streams.testing import understood
from tests.histories import UNKNOWN, History, Step

WAYS = default_policy().model_copy(
    update={
        "delivery": DeliveryPolicy(fall_back={"whatsapp": "email"}),
        "drafting": DraftingPolicy(enabled=True),
    }
)
"""A policy under which the history has everything; under another it is a sound one as well."""

LATEST = -1
"""The ticket (or reply) that a step means: the last one so far."""

_MINUTE, _DAY = 60.0, 86_400.0


def full_life() -> History:
    """Everything that can come, about Ann, with others linked to her."""
    return [
        *(Step(0.0, event) for event in _taught()),
        *_intents(),
        *_answers(),
        *(Step(_MINUTE, event, LATEST) for event in _told()),
        *_deliveries(),
        *_gone_from_the_chat(),
        *_files(),
        *_identities(),
        *_waiting(),
        *_crowd(),
        *_other_ways(),
        *(_wrote("ann", "hello", f"f{n}", wait=0.0) for n in range(62)),
        Step(60 * _DAY, contacts.CustomerDescribed(customer_id="ann", name="Anna")),
    ]


def _taught() -> list[Event]:
    published = knowledge.ArticlePublished(article_id="a2", title="Passwords", body="Use the link.")
    return [
        desk.SpecialistDescribed(specialist_id="bo", team="general", languages=["en"]),
        desk.SpecialistDescribed(specialist_id="cy", senior=True, skills=["billing"], capacity=1),
        desk.AvailabilityReported(specialist_id="cy", available=False),
        desk.AvailabilityReported(specialist_id="cy", available=True),
        published,
        published.model_copy(update={"article_id": "a9"}),
        knowledge.ArticleRetired(article_id="a9", by="bo"),
        knowledge.CategoryTaught(name="billing", examples=["charged twice"], priority="high"),
        knowledge.TagTaught(name="refund"),
        knowledge.ToneLabelled(text="awful", score=0.1),
        _described(lifetime_value=20_000.0, account_manager="mo", handles='{"email":["ann"]}'),
    ]


def _described(**fields: Any) -> contacts.CustomerDescribed:  # Any: the event's fields
    return contacts.CustomerDescribed(customer_id="ann", name="Ann", **fields)


def _wrote(
    customer: str,
    message: str,
    thread: str,
    seen: Understanding | None = None,
    *,
    wait: float = _MINUTE,
    **fields: Any,  # the contact's
) -> Step:
    told = {
        "channel": "email",
        "customer_id": customer,
        "handle": customer,
        "message": message,
        "thread": thread,
        "provider_id": "",
        "subject": "How do I log in",
        **fields,
    }
    event = contacts.ContactReceived.model_validate(told)
    return Step(wait, event, understanding=seen or understood())


_ASKED: list[tuple[type[Intent], dict[str, Any]]] = [
    (intents.ReplyWritten, {"text": "Please try again."}),
    (intents.NoteWritten, {"text": "looks odd"}),
    (intents.EscalationAsked, {"triggers": ["complaint"]}),
    (intents.AssignmentAsked, {"specialist_id": "bo"}),
    (intents.TransferAsked, {"team": "money"}),
    (intents.PriorityAsked, {"priority": "critical"}),
    (intents.CategoryAsked, {"category": "billing"}),
    (intents.TagsAsked, {"add": ["x"]}),
    (intents.SnoozeAsked, {"until": "2026-12-01T08:00:00Z"}),
    (intents.ConfirmationAsked, {}),
    (intents.FollowUpAsked, {}),
    (intents.TeamAlertAsked, {}),
    (intents.NoticeAsked, {"text": "We are on it."}),
    (intents.HandoverAsked, {"to": "bo"}),
    (intents.SplitAsked, {"messages": [UNKNOWN]}),
    (intents.MergeAsked, {"into": UNKNOWN}),
    (intents.UnmergeAsked, {}),
    (intents.ResolveAsked, {}),
    (intents.ReopenAsked, {}),
    (intents.ResolveAsked, {}),
    (intents.CloseAsked, {}),
]


def _intents() -> Iterator[Step]:
    """Each intent on a ticket of its own: one that is unhappy, so that a person is asked."""
    unhappy = understood(sentiment_score=0.1, cues=["complaint"], language="de")
    for number, (kind, fields) in enumerate(_ASKED):
        yield _wrote("ann", "my order 77 is late", f"i{number}", unhappy, wait=2 * _DAY)
        yield _wrote("ann", "and another thing", f"i{number}")
        told = {"ticket_id": UNKNOWN, "customer_id": "ann", "by": "bo", **fields}
        yield Step(_MINUTE, kind.model_validate(told), LATEST, other=1)


def _answers() -> Iterator[Step]:
    """An article answers and helps, answers and does not, is suggested, is met with silence."""
    yield Step(_MINUTE, _described(lifetime_value=1.0))
    sure, unsure = ([{"id": "a2", "confidence": score}] for score in (0.95, 0.6))
    for number, (found, cue) in enumerate(
        [(sure, "thanks"), (sure, "not_solved"), (unsure, "solved"), (sure, "")]
    ):
        question = "how do I log in?"
        yield _wrote("ann", question, f"a{number}", understood(solutions=found), wait=4 * _DAY)
        if cue:
            yield _wrote("ann", "well", f"a{number}", understood(cues=[cue]))
    yield _wrote("ann", "I am away", "a0", understood(cues=["out_of_office"]), wait=5 * _DAY)
    yield _wrote("ann", "  ", "a0")


def _told() -> list[Event]:
    ann: dict[str, Any] = {"customer_id": "ann"}
    crash = contacts.ProductSignalReported(**ann, kind="app_crash")
    return [
        *(crash for _ in range(4)),
        contacts.SurveyAnswered(**ann, ticket_id=UNKNOWN, score=2, comment="slow"),
        contacts.SurveyAnswered(**ann, score=5),
        contacts.InteractionReported(**ann, kind="call", by="crm"),
        *_drafts(),
        intents.ConversationStarted(**ann, channel="email", text="We saw crashes", by="bo"),
        intents.PriorityAsked(**ann, ticket_id=UNKNOWN, by="bo", priority="critical"),
    ]


def _drafts() -> list[Event]:
    about: dict[str, Any] = {"customer_id": "ann", "ticket_id": UNKNOWN, "request_id": UNKNOWN}
    reply: dict[str, Any] = {"reply": "Hi", "model_version": "1"}
    return [
        drafts.DraftAttempted(**about, prompt="[]"),
        drafts.DraftWritten(**about, draft="Hi", **reply),
        drafts.DraftRefused(**about, reason="not_in_articles", sentence="Hi", **reply),
        drafts.DraftFailed(**about, error="HTTP 500"),
    ]


def _deliveries() -> Iterator[Step]:
    reply: dict[str, Any] = {"customer_id": "ann", "request_id": UNKNOWN}
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    outcomes: list[Event] = [
        contacts.ReplyAttempted(**reply, attempt=1, transport="local"),
        contacts.ReplyAccepted(**reply, transport="local", provider_message_id="m1"),
        contacts.ReplyDelayed(**reply, until=nine, reason="one a second"),
        contacts.ReplyDelivered(**reply),
        contacts.ReplyRead(**reply),
        contacts.ReplyFailed(**reply, attempt=1, error="no", final=True),
        contacts.ReplyUnconfirmed(**reply, attempt=1),
    ]
    about: dict[str, Any] = {"customer_id": "ann", "alert_id": UNKNOWN, "place": "team_slack"}
    alerts = (contacts.AlertSent(**about), contacts.AlertFailed(**about, error="HTTP 500"))
    yield from (Step(_MINUTE, outcome, LATEST) for outcome in outcomes)
    yield from (Step(_MINUTE, outcome) for outcome in alerts)


def _other_ways() -> Iterator[Step]:
    """What a person wrote fails for good; and somebody ends messages, and allows them again."""
    yield _wrote("ann", "where are you?", "o1", channel="whatsapp", wait=2 * _DAY)
    told = {"ticket_id": UNKNOWN, "customer_id": "ann", "by": "bo", "text": "Here."}
    yield Step(_MINUTE, intents.ReplyWritten.model_validate(told), LATEST)
    reply: dict[str, Any] = {"customer_id": "ann", "request_id": UNKNOWN}
    failed = contacts.ReplyFailed(**reply, attempt=1, error="no such number", final=True)
    yield Step(_MINUTE, failed, LATEST)
    for word in ("STOP", "START"):
        consent = f'{{"consent":"{word}"}}'
        yield _wrote("ann", word, "o2", channel="phone", metadata=consent)


def _gone_from_the_chat() -> Iterator[Step]:
    """Ann asks in the chat, leaves an address and goes; a person's answer there is not read."""
    yield _wrote("ann", "is anybody there?", "v1", channel="chat_widget")
    told = {"ticket_id": UNKNOWN, "customer_id": "ann"}
    left = {**told, "email": "ann@elsewhere.example"}
    yield Step(_MINUTE, contacts.ReplyAddressLeft.model_validate(left), LATEST)
    reply = {**told, "by": "bo", "text": "Now I am."}
    yield Step(_MINUTE, intents.ReplyWritten.model_validate(reply), LATEST)


def _files() -> Iterator[Step]:
    """Ann sends files: one is had, one for good not, one not yet."""
    files = [
        {"name": f"{n}.png", "media_type": "image/png", "size": 0, "url": f"https://a.b/{n}"}
        for n in range(3)
    ]
    yield _wrote("ann", "see these", "a0", provider_id="files", attachments=files)
    told: dict[str, Any] = {"customer_id": "ann", "contact_id": contact_id("email", "files")}
    kept = {"sha256": "0" * 64, "size": 4, "media_type": "image/png", "name": "0.png"}
    late: dict[str, Any] = {"attempt": 1, "reason": "503", "retry_at": "2026-03-02T09:00:00Z"}
    yield Step(_MINUTE, contacts.AttachmentStored(**told, index=0, **kept))
    yield Step(_MINUTE, contacts.AttachmentRefused(**told, index=1, **late, final=False))
    yield Step(
        _MINUTE, contacts.AttachmentRefused(**told, index=2, attempt=1, reason="404", final=True)
    )


def _identities() -> Iterator[Step]:
    """Somebody unidentified turns out to be Ann, writes on, and was not her after all."""
    about: dict[str, Any] = {
        "customer_id": "c_1",
        "channel": "whatsapp",
        "handle": "c_1",
        "other_customer_id": "ann",
        "by": "bo",
    }
    yield _wrote("c_1", "hello", "w1", channel="whatsapp")
    yield Step(_MINUTE, intents.LinkAsked(**about))
    yield _wrote("c_1", "are you there?", "w1", channel="whatsapp")
    yield Step(_MINUTE, intents.UnlinkAsked(**about))


def _waiting() -> Iterator[Step]:
    """Nobody is there but who comes once a week, and a calm customer loses patience."""
    for name in ("bo", "cy"):
        yield Step(_MINUTE, desk.AvailabilityReported(specialist_id=name, available=False))
    hours = '{"saturday":[["10:00","11:00"]]}'
    yield Step(_MINUTE, desk.SpecialistDescribed(specialist_id="dee", hours=hours))
    yield _wrote("ann", "where is it?", "x1", wait=3 * _DAY)
    yield _wrote("ann", "I have had enough", "x1", understood(cues=["complaint"]))
    yield Step(8 * _DAY, _described(phone="+1"))


def _crowd() -> Iterator[Step]:
    """Many others are unhappy about one thing within an hour."""
    billing = [{"name": "billing", "confidence": 0.9}]
    unhappy = understood(sentiment_score=0.1, categories=billing)
    return (_wrote(f"u{n}", "charged twice!", f"u{n}", unhappy) for n in range(14))
