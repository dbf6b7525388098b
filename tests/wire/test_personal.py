"""What is written by or about a person is marked, in the model and in the published schema.

The list below is the review of every text field: a new text field is either here, or marked.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo

from schemas.avro import personal_fields, schema_of
from schemas.event import Attachment, Candidate, Part
from schemas.events import EVENTS
from schemas.events.drafts import Quote, Source

IDS = frozenset(
    """
    account_manager agent_id article_id author by caller contact_id former_id customer_id
    from_customer_id from_ticket_id idempotency_key in_reply_to instead_of interaction_id into
    linked alert_id next_specialist_id other_customer_id provider_id provider_message_id record_id
    request_id solution_id specialist_id thread ticket_id to to_customer_id transfer_id merged_into
    unread
    """.split()  # noqa: SIM905  # a list of words reads best as words
)
"""Opaque: ids of records, tickets, customers, people at the desk, and the providers' own."""

WORDS = frozenset(
    """
    action add alert_type available buttons calendar_version categories category channel cues digest
    failed_agent hours intent kind language languages media_type messages model_version
    model_versions name note origin outcome policy_version previous reason reasons record_type
    place remedy remove role rule sha256 skills tags team template template_language
    template_parameter topic transport trend triggers
    urgency_indicators version warnings
    """.split()  # noqa: SIM905  # a list of words reads best as words
)
"""Words from lists that the deployment or the code defines, versions, hashes."""

OURS = frozenset(
    {
        ("AnswerChosen", "solution_title"),
        ("AnswerChosen", "text"),
        ("ArticlePublished", "body"),
        ("ArticlePublished", "title"),
        ("ConfirmationRequested", "text"),
        ("InsightRaised", "text"),
        ("PartitionSealed", "marks"),
        ("PolicyActivated", "text"),
        ("Quote", "sentence"),
        ("SolutionSuggested", "solution_title"),
        ("SolutionSuggested", "text"),
        ("Source", "sentences"),
        ("Source", "title"),
        ("SurveyRequested", "text"),
    }
)
"""Texts that name nobody: articles, templates, figures, hashes, the policy."""

SAID_BY_PEOPLE = (
    ("AccountManagerNotified", "text"),
    ("ContactReceived", "handle"),
    ("ContactReceived", "message"),
    ("ContactReceived", "metadata"),
    ("ContactReceived", "subject"),
    ("ContextTransferred", "summary"),
    ("CustomerNotified", "text"),
    ("CustomerRecognised", "email"),
    ("DraftAttempted", "prompt"),
    ("DraftFailed", "error"),
    ("DraftRefused", "reply"),
    ("DraftRefused", "sentence"),
    ("DraftRequested", "facts"),
    ("DraftRequested", "question"),
    ("DraftWritten", "draft"),
    ("DraftWritten", "reply"),
    ("EscalationAsked", "reason"),
    ("EscalationNotified", "text"),
    ("EscalationTriggered", "reason"),
    ("ExampleLearned", "example"),
    ("IntentReceived", "envelope"),
    ("MessageUnderstood", "deadlines"),
    ("NoteWritten", "text"),
    ("ProductSignalReported", "metadata"),
    ("QueryRun", "sql"),
    ("RecordForwarded", "value"),
    ("ReplyFailed", "error"),
    ("ReplyRequested", "parts"),
    ("SpecialistRequested", "summary"),
    ("SurveyAnswered", "comment"),
    ("TeamAlertAsked", "message"),
    ("TeamAlertRequested", "text"),
    ("TicketEscalated", "reason"),
    ("TicketHandedOver", "tickets"),
    ("TicketOpened", "description"),
    ("TicketTransferred", "reason"),
    ("ToneLabelled", "text"),
    ("TransferAsked", "reason"),
    ("WorkflowFailed", "error"),
)


def _texts(annotation: Any) -> bool:  # Any: a type expression
    """Whether free text may stand in a field."""
    if get_origin(annotation) is Annotated:
        return _texts(get_args(annotation)[0])
    if get_origin(annotation) is typing.Literal:
        return False
    return annotation is str or any(_texts(part) for part in get_args(annotation))


def _unmarked(kind: type[Part], seen: set[type[Part]]) -> Iterator[tuple[str, str, FieldInfo]]:
    seen.add(kind)
    marked = personal_fields(kind)
    for name, field in kind.model_fields.items():
        if name not in marked and _texts(field.annotation):
            yield kind.__name__, name, field
        for part in _parts_of(field.annotation):
            if part not in seen:
                yield from _unmarked(part, seen)


def _parts_of(annotation: Any) -> Iterator[type[Part]]:  # Any: a type expression
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for one in get_args(annotation):
        yield from _parts_of(one)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_text_field_is_marked_or_known_to_name_nobody(name: str) -> None:
    left = {
        (owner, field)
        for owner, field, _ in _unmarked(EVENTS[name], set())
        if field not in IDS | WORDS and (owner, field) not in OURS
    }
    assert left == set()


@pytest.mark.parametrize(("name", "field"), SAID_BY_PEOPLE)
def test_what_people_say_is_marked(name: str, field: str) -> None:
    assert field in personal_fields(EVENTS[name])
    schema = next(one for one in schema_of(EVENTS[name])["fields"] if one["name"] == field)
    assert schema["personal"] is True


def test_marks_are_found_inside_of_parts() -> None:
    span = next(f for f in schema_of(EVENTS["MessageUnderstood"])["fields"] if f["name"] == "clues")
    text = next(f for f in span["type"]["items"]["fields"] if f["name"] == "text")
    assert text["personal"] is True
    files = next(
        f for f in schema_of(EVENTS["ContactReceived"])["fields"] if f["name"] == "attachments"
    )
    marked = {f["name"] for f in files["type"]["items"]["fields"] if f.get("personal")}
    assert marked == {"name", "url"}


def test_the_exceptions_exist() -> None:
    kinds: list[type[Part]] = [*EVENTS.values(), Quote, Source]
    fields = {(kind.__name__, field) for kind in kinds for field in kind.model_fields}
    assert fields >= OURS
    names = {field for kind in EVENTS.values() for field in kind.model_fields}
    parts = {field for kind in (Attachment, Candidate) for field in kind.model_fields}
    assert names | parts >= IDS | WORDS
