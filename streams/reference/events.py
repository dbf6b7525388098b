"""The page of the events, from their models and the agents that write them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from agents.roster import ROSTERS
from schemas.event import Decision, Event, Intent, TicketEvent
from schemas.events import (
    EVENTS,
    contacts,
    control,
    decisions,
    desk,
    drafts,
    intents,
    knowledge,
    metrics,
)
from schemas.topics import TOPICS
from schemas.vocabulary import Mark
from streams.reference.markdown import attributes, code, says, table
from streams.reference.types import default_name, type_name

FAMILIES: tuple[type[Event], ...] = (Decision, TicketEvent, Intent)
"""Bases whose fields every event of the family has."""

BESIDE_AGENTS: dict[str, tuple[type[Event], ...]] = {
    "gateways and any producer": (
        contacts.ContactReceived,
        contacts.SurveyAnswered,
        desk.AvailabilityReported,
    ),
    "any producer": (
        contacts.CustomerDescribed,
        contacts.ProductSignalReported,
        desk.SpecialistDescribed,
        knowledge.ArticlePublished,
        knowledge.ArticleRetired,
        knowledge.CategoryTaught,
        knowledge.TagTaught,
        knowledge.ToneLabelled,
    ),
    "people and programs": (
        intents.ReplyWritten,
        intents.NoteWritten,
        intents.ConversationStarted,
        intents.ResolveAsked,
        intents.CloseAsked,
        intents.ReopenAsked,
        intents.EscalationAsked,
        intents.AssignmentAsked,
        intents.TransferAsked,
        intents.PriorityAsked,
        intents.CategoryAsked,
        intents.TagsAsked,
        intents.SnoozeAsked,
        intents.MergeAsked,
        intents.UnmergeAsked,
        intents.SplitAsked,
        intents.LinkAsked,
        intents.UnlinkAsked,
    ),
    "programs through PACT": (
        contacts.InteractionReported,
        intents.ConfirmationAsked,
        intents.FollowUpAsked,
        intents.TeamAlertAsked,
        intents.NoticeAsked,
        intents.HandoverAsked,
        knowledge.ExampleProposed,
        knowledge.SolutionShown,
        knowledge.SolutionAccepted,
        knowledge.SolutionRejected,
        metrics.InteractionMeasured,
    ),
    "effects": (
        contacts.ReplyAttempted,
        contacts.ReplyDelayed,
        contacts.ReplyUnconfirmed,
        contacts.AlertSent,
        contacts.AlertFailed,
        drafts.DraftAttempted,
        drafts.DraftWritten,
        drafts.DraftRefused,
        drafts.DraftFailed,
    ),
    "effects and gateways": (contacts.ReplyAccepted, contacts.ReplyFailed),
    "effects, for mail gateways": (contacts.AttachmentStored, contacts.AttachmentRefused),
    "gateways": (
        contacts.ReplyDelivered,
        contacts.ReplyRead,
        contacts.ReplyAddressLeft,
        control.PersonSignedIn,
        control.IntentReceived,
    ),
    "gateways and the command line": (control.QueryRun,),
    "the owner of the partition": (contacts.TimerDue,),
    "the turn": (decisions.WorkflowFailed,),
    "operators": (control.PolicyActivated, control.ModelActivated, control.CustomerErased),
    "the sealing reader": (control.PartitionSealed,),
}
"""Who else writes events than the agents, whose rosters say what they write."""


def page() -> str:
    """The page."""
    parts = [
        "# Events",
        (
            "Every event is a fact in the past tense and never changes again. It travels as Avro"
            " in a record with id, key, time, author, cause, correlation and sequence; `pactdesk"
            " schemas show EVENT` prints its schema. Fields marked *personal* hold data of a"
            " person."
        ),
    ]
    for family in FAMILIES:
        parts += [
            f"## Every {family.__name__}",
            says(family),
            _fields(family, frozenset(Event.model_fields)),
        ]
    for topic in TOPICS.values():
        parts.append(f"## {topic.name}")
        kinds = [kind for kind in EVENTS.values() if topic.name == kind.TOPIC]
        if not kinds:
            parts.append("Bytes that could not be read, with where they came from and why.")
        for kind in kinds:
            parts += _event(kind)
    return "\n\n".join(parts)


def writers(kind: type[Event]) -> str:
    """Who writes an event: agents by the rosters, and others."""
    agents = sorted(
        {agent.name for roster in ROSTERS.values() for agent in roster if kind in agent.writes}
    )
    others = [who for who, kinds in BESIDE_AGENTS.items() if kind in kinds]
    return ", ".join([*agents, *others])


def _event(kind: type[Event]) -> Iterator[str]:
    family = next((one for one in FAMILIES if issubclass(kind, one)), None)
    action = getattr(kind, "ACTION", None)
    yield f"### {kind.__name__}"
    yield says(kind)
    line = f"Written by: {writers(kind)}."
    if family is not None:
        line += f" Has the fields of every {family.__name__}."
    if action is not None:
        line += f" Action: {code(action)}."
    yield line
    shared = frozenset(family.model_fields) if family else frozenset[str]()
    if set(kind.model_fields) - shared:
        yield _fields(kind, shared)


def _fields(kind: type[Event], without: frozenset[str]) -> str:
    meanings = attributes(kind)
    return table(
        ("field", "type", "default", "meaning"),
        (
            (
                code(name),
                type_name(field.annotation) + (" *personal*" if _is_personal(field) else ""),
                code(default_name(field)),
                meanings.get(name, ""),
            )
            for name, field in kind.model_fields.items()
            if name not in without
        ),
    )


def _is_personal(field: FieldInfo) -> bool:
    marks = [one for one in field.metadata if isinstance(one, Mark)]
    return any(mark.personal for mark in marks) or "personal=True" in repr(field.annotation)
