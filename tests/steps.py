"""What may come to customers' lines from outside, drawn by hypothesis one step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from agents.world import ArticleText, CategoryRule, Understanding
from schemas.event import Event, Intent
from schemas.events import contacts, desk, drafts, intents, knowledge
from schemas.vocabulary import CHANNELS, PRIORITIES
from streams.testing import understood

UNKNOWN = "TICK_0000000000000000"
"""A ticket that is never there, and what a step says where the meant one is put in."""

ARTICLES = {
    "a1": ArticleText(id="a1", title="Refunds", body="You get it back.", language="en"),
    "a2": ArticleText(id="a2", title="Passwords", body="Use the link.", language=None),
    "a3": ArticleText(id="a3", title="Rechnung", body="Im Konto.", language="de"),
}
CATEGORIES = {
    "billing": CategoryRule(name="billing", priority="high", team="money"),
    "outage": CategoryRule(name="outage", priority="critical"),
    "praise": CategoryRule(name="praise", priority="low"),
}
CUES = (
    "thanks",
    "solved",
    "not_solved",
    "asks_person",
    "complaint",
    "legal_threat",
    "churn_threat",
    "greeting_only",
    "out_of_office",
    "unsettled",
    "will_try",
)
PEOPLE = ("bo", "cy")

_shares = st.one_of(
    st.sampled_from([0.0, 0.2, 0.29, 0.3, 0.31, 0.5, 0.8, 0.81, 0.9, 0.91, 1.0]),
    st.floats(0, 1, width=16),
)
_waits = st.sampled_from([0.0, 0.0, 5.0, 61.0, 900.0, 7200.0, 90_000.0, 300_000.0, 1_500_000.0])
_words = st.sampled_from(
    ["I was charged twice", "thanks", "where is order 77?", "hi", "Ünïcode 😀 " * 9, "no\nyes"]
)


class Step(msgspec.Struct, frozen=True):
    """One thing from outside.

    Attributes:
        wait: Seconds since the step before.
        event: What comes in; `UNKNOWN` stands for what `pick` and `other` say.
        pick: Which of the tickets (or replies) so far is meant; None for one that is not there.
        other: Which other one, for a merge; which messages, for a split.
        understanding: What the models make of a contact.
    """

    wait: float
    event: Event
    pick: int | None = None
    other: int = 0
    understanding: Understanding | None = None


History = Sequence[Step]


@st.composite
def understandings(draw: st.DrawFn) -> Understanding:
    """What models make of a message: anything that they may say."""

    def scored(names: Sequence[str], word: str) -> list[dict[str, object]]:
        chosen = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
        pairs = [(name, draw(_shares)) for name in chosen]
        pairs.sort(key=lambda pair: -pair[1])
        return [{word: name, "confidence": score} for name, score in pairs]

    cues = draw(st.lists(st.sampled_from(CUES), max_size=2, unique=True))
    terms = draw(st.lists(st.integers(0, 9), max_size=5, unique=True))
    spans = [{"kind": "order", "text": "77", "start": 0, "end": 2}]
    return understood(
        language=draw(st.sampled_from([None, "en", "en", "de", "hi-Latn"])),
        language_confidence=draw(_shares),
        sentiment_score=draw(_shares),
        urgency_indicators=draw(st.sampled_from([[], ["asap"]])),
        deadlines=draw(st.sampled_from([[], ["tomorrow"]])),
        cues=cues,
        categories=scored(["billing", "outage", "praise", "untaught"], "name"),
        out_of_scope=draw(st.none() | _shares),
        tags=draw(st.sampled_from([[], ["refund"], ["refund", "angry"]])),
        solutions=scored(["a1", "a2", "a3", "gone"], "id"),
        clues=draw(st.sampled_from([[], spans])),
        facts=draw(st.sampled_from([[], spans])),
        features=[[float(term), 0.5] for term in terms],
        unseen_priority=draw(st.none() | _shares),
    )


@st.composite
def _contacts(draw: st.DrawFn, customers: Sequence[str]) -> Step:
    channel = draw(st.sampled_from(CHANNELS))
    customer = draw(st.sampled_from(customers))
    empty = draw(st.sampled_from([False] * 9 + [True]))
    headers = draw(st.sampled_from(['{"auto-submitted":"auto-replied"}'] + ["{}"] * 9))
    event = contacts.ContactReceived.model_validate(
        {
            "channel": channel,
            "customer_id": customer,
            "handle": draw(st.sampled_from([None, f"{customer}@{channel}", "second"])),
            "message": "  " if empty else draw(_words),
            "subject": draw(st.sampled_from([None, None, "Charged twice", ""])),
            "thread": draw(st.sampled_from([None, None, "t1", "t2"])),
            "in_reply_to": draw(st.sampled_from([None, None, "t1", "p1"])),
            "provider_id": draw(st.sampled_from(["", "", "", "p1"])),
            "metadata": f'{{"headers":{headers}}}',
        }
    )
    return Step(draw(_waits), event, understanding=draw(understandings()))


def _intent(kind: type[Intent], **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(kind), **fields})


_texts = st.sampled_from(["Please try again.", "word " * 900, " ", "**bold** [x](https://a.b)"])
_ASKED = st.one_of(
    _intent(intents.ReplyWritten, text=_texts, channel=st.sampled_from([None, None, *CHANNELS])),
    _intent(intents.NoteWritten, text=_texts),
    _intent(intents.ResolveAsked, solution_id=st.sampled_from([None, "a1"])),
    _intent(intents.CloseAsked),
    _intent(intents.ReopenAsked),
    _intent(intents.EscalationAsked, triggers=st.sampled_from([[], ["complaint", "made up"]])),
    _intent(intents.AssignmentAsked, specialist_id=st.sampled_from(PEOPLE)),
    _intent(intents.TransferAsked, team=st.sampled_from(["money", "general"])),
    _intent(intents.PriorityAsked, priority=st.sampled_from(PRIORITIES)),
    _intent(intents.CategoryAsked, category=st.sampled_from(["billing", "other"])),
    _intent(intents.TagsAsked, add=st.sampled_from([[], ["x"]]), remove=st.just(["refund"])),
    _intent(
        intents.SnoozeAsked,
        until=st.datetimes().map(lambda t: t.replace(year=2026, day=min(t.day, 28))),
    ),
    _intent(intents.MergeAsked, into=st.just(UNKNOWN)),
    _intent(intents.UnmergeAsked),
    _intent(intents.SplitAsked, messages=st.just([UNKNOWN])),
    _intent(intents.ConfirmationAsked),
    _intent(intents.FollowUpAsked),
    _intent(intents.TeamAlertAsked),
    _intent(intents.NoticeAsked, text=_texts),
    _intent(intents.HandoverAsked, to=st.sampled_from([None, "bo"])),
)

_SOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

_OUTCOMES: st.SearchStrategy[tuple[type[Event], dict[str, Any]]] = st.sampled_from(
    [
        (contacts.ReplyAttempted, {"attempt": 1, "transport": "local"}),
        (contacts.ReplyAccepted, {"transport": "local", "provider_message_id": "m1"}),
        (contacts.ReplyDelivered, {}),
        (contacts.ReplyRead, {}),
        (contacts.ReplyFailed, {"attempt": 1, "error": "no", "final": True}),
        (contacts.ReplyFailed, {"attempt": 1, "error": "no", "final": False}),
        (contacts.ReplyFailed, {"attempt": 1, "error": "no", "final": False, "retry_at": _SOON}),
        (contacts.ReplyDelayed, {"until": _SOON, "reason": "15 an hour"}),
        (contacts.ReplyUnconfirmed, {"attempt": 1}),
    ]
)

_picks = st.integers(0, 6)


@st.composite
def _asked(draw: st.DrawFn, customers: Sequence[str]) -> Step:
    told = draw(_ASKED)
    kind = told.pop("kind")
    if "until" in told:
        told["until"] = f"{told['until'].isoformat()}Z"
    told |= {"ticket_id": UNKNOWN, "customer_id": draw(st.sampled_from(customers)), "by": "bo"}
    pick = draw(st.none() | _picks | _picks | _picks)
    return Step(draw(_waits), kind.model_validate(told), pick, draw(_picks))


@st.composite
def _outcomes(draw: st.DrawFn, customers: Sequence[str]) -> Step:
    kind, fields = draw(_OUTCOMES)
    told = fields | {"customer_id": draw(st.sampled_from(customers)), "request_id": UNKNOWN}
    return Step(draw(_waits), kind.model_validate(told), draw(st.none() | _picks))


@st.composite
def _told(draw: st.DrawFn, customers: Sequence[str]) -> Step:
    who = {"customer_id": draw(st.sampled_from(customers))}
    channel = draw(st.sampled_from(CHANNELS))
    event = draw(
        st.sampled_from(
            [
                contacts.CustomerDescribed(**who, name="Ann", email="ann@example.org"),
                contacts.CustomerDescribed(**who, lifetime_value=10_000.0),
                contacts.CustomerDescribed(
                    **who, lifetime_value=10_000.5, account_manager="mo", preferred_channel="phone"
                ),
                contacts.CustomerDescribed(**who, handles='{"phone":["+1"],"whatsapp":["+1"]}'),
                contacts.ProductSignalReported(**who, kind="app_crash"),
                contacts.ProductSignalReported(**who, kind="slow", metadata='{"a":1}'),
                contacts.SurveyAnswered(**who, score=1, comment="bad"),
                contacts.SurveyAnswered(**who, score=5),
                contacts.SurveyAnswered(**who, ticket_id=UNKNOWN, score=3),
                contacts.InteractionReported(**who, kind="call", by="crm"),
                contacts.AttachmentRefused(
                    **who, contact_id=UNKNOWN, index=0, attempt=1, reason="404", final=True
                ),
                drafts.DraftWritten(**who, ticket_id=UNKNOWN, draft="Hi", model_version="1"),
                contacts.ReplyAddressLeft(**who, ticket_id=UNKNOWN, email="left@x.example"),
                intents.ConversationStarted.model_validate(
                    {**who, "channel": channel, "text": "Hello, we saw crashes", "by": "bo"}
                ),
            ]
        )
    )
    return Step(draw(_waits), event, draw(st.none() | _picks))


_ELSEWHERE = (
    desk.SpecialistDescribed(specialist_id="bo", team="general", languages=["en"], capacity=1),
    desk.SpecialistDescribed(specialist_id="cy", senior=True, skills=["billing"]),
    desk.SpecialistDescribed(specialist_id="bo", hours='{"monday":[["09:00","17:00"]]}'),
    desk.AvailabilityReported(specialist_id="bo", available=False),
    desk.AvailabilityReported(specialist_id="bo", available=True),
    knowledge.ArticlePublished(article_id="a1", title="Refunds", body="You get it back."),
    knowledge.ArticlePublished(article_id="a1", title="Refunds", body="Better.", examples=["q"]),
    knowledge.ArticleRetired(article_id="a1", by="bo"),
    knowledge.CategoryTaught(name="billing", examples=["charged twice"], priority="high"),
    knowledge.TagTaught(name="refund"),
    knowledge.ToneLabelled(text="awful", score=0.1),
)

_elsewhere = st.builds(Step, _waits, st.sampled_from(_ELSEWHERE))


@st.composite
def _linked(draw: st.DrawFn, customers: Sequence[str]) -> Step:
    kind = draw(st.sampled_from([intents.LinkAsked, intents.UnlinkAsked]))
    one, other = draw(st.sampled_from(customers)), draw(st.sampled_from(customers))
    channel = draw(st.sampled_from(CHANNELS))
    told = {
        "customer_id": one,
        "channel": channel,
        "handle": draw(st.sampled_from([f"{one}@{channel}", f"{other}@{channel}", "second"])),
        "other_customer_id": other,
        "by": "bo",
    }
    return Step(draw(_waits), kind.model_validate(told))


def _writes(customer: str, message: str, seen: Understanding, wait: float = 30.0) -> Step:
    event = contacts.ContactReceived.model_validate(
        {
            "channel": "email",
            "customer_id": customer,
            "handle": f"{customer}@email",
            "message": message,
            "thread": "t9",
            "provider_id": "",
        }
    )
    return Step(wait, event, understanding=seen)


@st.composite
def _answered(draw: st.DrawFn, customers: Sequence[str]) -> list[Step]:
    """An article answers, and the customer says whether it helped."""
    customer = draw(st.sampled_from(customers))
    fits = understood(solutions=[{"id": "a2", "confidence": draw(st.sampled_from([0.7, 0.95]))}])
    cues = draw(st.sampled_from([["thanks"], ["solved"], ["not_solved"], ["asks_person"], []]))
    return [
        _writes(customer, "how do I log in?", fits, 4000.0),
        _writes(customer, "well", understood(cues=cues), draw(_waits)),
    ]


@st.composite
def _flooded(draw: st.DrawFn, customers: Sequence[str]) -> list[Step]:
    """One customer's line is flooded."""
    customer = draw(st.sampled_from(customers))
    return [_writes(customer, "hello", understood(), 0.0) for _ in range(63)]


def stories(customers: Sequence[str], *, links: bool) -> st.SearchStrategy[list[Step]]:
    """Steps that belong together: mostly one alone, rarely a flood."""
    written = _contacts(customers)
    steps = [written, written, written, _asked(customers), _asked(customers)]
    steps += [_told(customers), _outcomes(customers), _elsewhere]
    if links:
        steps.append(_linked(customers))
    alone = [one.map(_alone) for one in steps] + [_answered(customers)]
    return st.integers(0, 39).flatmap(
        lambda n: _flooded(customers) if n == 39 else st.one_of(alone)
    )


def _alone(step: Step) -> list[Step]:
    return [step]
