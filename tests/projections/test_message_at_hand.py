"""What a case remembers of the message at hand: so much of each part, and no more."""

from __future__ import annotations

import pytest

from projections.case.bounds import FACTS, MEANING, TAGS, TERMS
from projections.case.state import Case, Contact, Seen
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import MessageUnderstood, RouteChosen, Score, Span
from tests.busycase import after

LONG = "x" * 1000
MANY = 100


def received(**fields: object) -> Contact:
    contact = after(ContactReceived, at=Case(customer_id="ann"), **fields).contact
    assert contact is not None
    return contact


def seen(**fields: object) -> Seen:
    """What is remembered of what the models said of contact `c1`."""
    before = Case(customer_id="ann", contact=Contact(id="c1", channel="email", at=1.0))
    contact = after(MessageUnderstood, at=before, contact_id="c1", **fields).contact
    assert contact is not None
    assert contact.seen is not None
    return contact.seen


def test_of_a_long_subject_and_a_long_address_the_beginning_is_remembered() -> None:
    contact = received(subject=LONG, handle=LONG)
    assert contact.subject == "x" * 200
    assert contact.handle == "x" * 256


def test_what_a_message_lacks_is_remembered_as_nothing() -> None:
    contact = received(subject=None, handle=None, thread=None, in_reply_to=None, provider_id=None)
    assert (contact.subject, contact.handle, contact.provider_id) == ("", None, "")
    assert (contact.thread, contact.in_reply_to) == (None, None)


@pytest.mark.parametrize("name", ["thread", "in_reply_to", "provider_id"])
def test_of_a_long_reference_its_hash_is_remembered(name: str) -> None:
    assert getattr(received(**{name: "m" * 128}), name) == "m" * 128
    one, other = (getattr(received(**{name: "m" * 128 + end}), name) for end in "ab")
    assert len(one) == len(other) == 32
    assert one != other


def test_of_many_words_so_many_are_remembered_each_cut() -> None:
    words = [f"{number}{LONG}" for number in range(MANY)]
    found = seen(urgency_indicators=words, cues=words, tags=words)
    cut = tuple(word[:40] for word in words[:TAGS])
    assert found.urgency == found.cues == cut
    assert found.tags == tuple(word[:80] for word in words[:TAGS])


def test_of_many_scores_the_first_five_are_remembered() -> None:
    scores = [Score(name=f"{number}{LONG}", confidence=0.5) for number in range(MANY)]
    found = seen(categories=scores, solutions=scores)
    assert found.categories == tuple((one.name[:120], 0.5) for one in scores[:5])
    assert found.solutions == tuple((one.name[:120], 0.5) for one in scores[:5])


def test_of_many_clues_and_facts_so_many_are_remembered_each_cut() -> None:
    spans = [Span(kind=LONG, text=f"{number}{LONG}", start=0, end=9) for number in range(MANY)]
    found = seen(clues=spans, facts=spans)
    cut = tuple((LONG[:40], one.text[:120]) for one in spans)
    assert found.clues == cut[:12]
    assert found.facts == cut[:24]
    assert found.facts_given == MANY


def test_a_list_of_numbers_leaves_statements_their_room() -> None:
    numbers = [Span(kind="number", text=str(n), start=0, end=2) for n in range(FACTS + 6)]
    said = Span(kind="statement", text="none of them came", start=0, end=2)
    found = seen(facts=[*numbers, said])
    assert found.facts[-2:] == (("number", str(FACTS - 1)), ("statement", "none of them came"))
    assert found.facts_given == FACTS + 7


def test_of_many_terms_so_many_are_remembered_with_their_weights() -> None:
    numbers = list(range(MANY))
    found = seen(feature_terms=numbers, feature_weights=numbers[::-1], meaning=LONG)
    assert found.features == tuple(zip(numbers, numbers[::-1], strict=True))[:TERMS]
    assert found.meaning == "x" * MEANING


def test_what_is_said_of_another_message_changes_nothing() -> None:
    before = Case(customer_id="ann", contact=Contact(id="c1", channel="email", at=1.0))
    assert after(MessageUnderstood, at=before, contact_id="c2") == before
    assert after(MessageUnderstood, at=Case(customer_id="ann")) == Case(customer_id="ann")


def test_of_many_skills_that_a_route_needs_eight_are_remembered() -> None:
    skills = [f"{number}{LONG}" for number in range(MANY)]
    route = after(RouteChosen, skills=skills).tickets["T"].proposal
    assert route is not None
    assert route.skills == tuple(skill[:120] for skill in skills[:8])


def told_language(before: str | None, language: str | None, confidence: float | None) -> Case:
    contact = Contact(id="c1", channel="email", at=1.0)
    at = Case(customer_id="ann", contact=contact, language=before, unannounced=False)
    fields = {"language": language, "language_confidence": confidence}
    return after(MessageUnderstood, at=at, contact_id="c1", **fields)


def test_a_language_that_is_sure_is_the_customers_and_is_yet_to_be_told() -> None:
    case = told_language(None, "de", 0.91)
    assert (case.language, case.unannounced) == ("de", True)


@pytest.mark.parametrize(
    ("before", "language", "confidence"),
    [("en", "de", 0.99), (None, "de", 0.9), (None, "de", None), (None, None, 0.99)],
)
def test_a_language_is_not_changed_and_not_guessed(
    before: str | None, language: str | None, confidence: float | None
) -> None:
    case = told_language(before, language, confidence)
    assert (case.language, case.unannounced) == (before, False)
