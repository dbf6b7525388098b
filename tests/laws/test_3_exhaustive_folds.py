"""Law 3. Exhaustive folds: no event is without a meaning by oversight.

Every fold names the events that mean something to it, and this page names those that mean nothing
and why. A `match` ends in `assert_never`, or in a wildcard with its reason beside it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from projections.case import fold, tickets
from projections.tables import TABLES
from schemas.event import Decision, Event, Intent, TicketEvent
from schemas.events import EVENTS
from schemas.topics import CONTACTS, CONTROL, DECISIONS, DESK, KNOWLEDGE, METRICS, TICKETS

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    str(path.relative_to(ROOT))
    for room in ("schemas", "projections", "agents")
    for path in (ROOT / room).rglob("*.py")
)

JUDGED = frozenset(kind.__name__ for kind in EVENTS.values() if issubclass(kind, Intent))
"""Intents: the lifecycle rules on them, and its ticket events are what the case folds."""

NOT_OF_A_CUSTOMER = frozenset(
    kind.__name__ for kind in EVENTS.values() if CONTROL.name == kind.TOPIC
)
"""Read by every worker as part of the world, folded by no line."""

MEANINGLESS_TO_A_CASE = JUDGED | NOT_OF_A_CUSTOMER | {
    # judged like intents, though they name no ticket
    "ConversationStarted", "LinkAsked", "UnlinkAsked",
    # what is told once and kept nowhere in the case
    "InteractionReported", "RecordForwarded", "HistoryExtended", "IntentRefused",
    "WorkflowFailed", "ReplyShaped", "SolutionsFound", "TeamAlertRequested",
    "AccountManagerNotified", "CustomerNotified",
    # the ruling itself: what it leads to is folded
    "ContactAccepted", "ContactRejected",
    # a delivery's way is a row of a table, but for what threads and failures need
    "ReplyAttempted", "ReplyDelayed", "ReplyFailed", "ReplyUnconfirmed", "AlertSent", "AlertFailed",
    # what becomes of a draft is a row of a table for whoever has the ticket
    "DraftAttempted", "DraftWritten", "DraftRefused", "DraftFailed",
    # a file that came along is a row of a table
    "AttachmentStored", "AttachmentRefused",
    # the ticket event that follows is folded
    "SpecialistAssigned", "SolutionSuggested", "AnswerChosen",
}  # fmt: skip

OTHER_LINES = frozenset(
    name
    for name, kind in EVENTS.items()
    if kind.TOPIC in {DESK.name, KNOWLEDGE.name, METRICS.name}
    or kind.__module__ == "schemas.events.choices"
)
"""Folded by the desk's, the articles' and the categories' lines."""


def test_every_event_of_a_ticket_has_a_meaning_for_its_ticket() -> None:
    kinds = {kind for kind in EVENTS.values() if issubclass(kind, TicketEvent)}
    assert kinds - {EVENTS["TicketOpened"]} <= tickets.MEANINGS.keys()
    assert kinds <= fold.MEANINGS.keys()


def test_every_event_means_something_to_a_case_or_is_named_here() -> None:
    folded = {kind.__name__ for kind in fold.MEANINGS}
    assert EVENTS.keys() - folded - OTHER_LINES == MEANINGLESS_TO_A_CASE - folded
    assert not folded & MEANINGLESS_TO_A_CASE, "named as meaningless, and folded"


NO_TABLE = {
    CONTACTS.name: MEANINGLESS_TO_A_CASE
    | {
        "ConversationStarted",  # its text is in the request to send it
        "CustomerDescribed",  # `CustomerRecognised` carries the whole profile
        "ProductSignalReported",  # the ticket that it opens has a row
        "SurveyAnswered",  # `TicketRated` follows
        "SpecialistUnavailable",  # `AvailabilityChecked` has said it
        "TimerDue",  # what it leads to has rows
        "ReplyAddressLeft",  # the note that comes with it has a row, and so has the mail
        "TicketHandedOver",  # `TicketMoved` follows
    },
    DECISIONS.name: frozenset(),
    TICKETS.name: frozenset(),
    DESK.name: {
        "SpecialistRequested", "SpecialistReleased", "RequestRepeated", "RequestWithdrawn",
    },  # the tickets say who has them
    KNOWLEDGE.name: {
        "ArticleRetired", "ExampleProposed", "SolutionShown", "SolutionAccepted",
        "SolutionRejected",  # the decisions that follow have rows
        "CategoryTaught", "TagTaught", "ToneLabelled",  # the models' own
    },
    METRICS.name: {"InteractionMeasured"},  # figures come from tables, never from here
    CONTROL.name: NOT_OF_A_CUSTOMER,
}  # fmt: skip


@pytest.mark.parametrize("topic", sorted(NO_TABLE))
def test_every_event_of_a_topic_is_in_a_table_or_is_named_here(topic: str) -> None:
    on_it = {name for name, kind in EVENTS.items() if topic == kind.TOPIC}
    folded = {kind.__name__ for table in TABLES if table.topic == topic for kind in table.folds}
    assert on_it - folded == NO_TABLE[topic] & on_it - folded
    assert folded <= on_it


def test_every_decision_has_a_row() -> None:
    journal = next(table for table in TABLES if table.name == "decisions")
    assert journal.folds == {kind for kind in EVENTS.values() if issubclass(kind, Decision)}


def _unfinished(path: str) -> Iterator[str]:
    text = ROOT.joinpath(path).read_text(encoding="utf-8")
    yield from unfinished(text)


def unfinished(text: str) -> Iterator[str]:
    """The `match` statements of a module that let something pass in silence."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Match):
            continue
        last = node.cases[-1]
        wild = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        if not wild:
            yield f"line {node.lineno}: does not say what becomes of the rest"
        elif "assert_never" not in ast.dump(last) and not re.search(
            r"case .*:  # \w", lines[last.pattern.lineno - 1]
        ):
            yield f"line {last.pattern.lineno}: lets the rest pass without a reason"


@pytest.mark.parametrize("path", MODULES)
def test_a_match_ends_in_assert_never_or_says_why_not(path: str) -> None:
    assert list(_unfinished(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "match x:\n    case 1:\n        y()",
        "match x:\n    case 1:\n        y()\n    case _:\n        pass",
    ],
)
def test_a_match_that_lets_something_pass_is_found(text: str) -> None:
    assert list(unfinished(text))


@pytest.mark.parametrize(
    "text",
    [
        "match x:\n    case 1:\n        y()\n    case _:  # nothing else counts\n        pass",
        "match x:\n    case 1:\n        y()\n    case _:\n        assert_never(x)",
    ],
)
def test_a_match_that_says_what_becomes_of_the_rest_is_not(text: str) -> None:
    assert not list(unfinished(text))


def test_a_table_folds_exactly_the_events_that_it_names() -> None:
    """By its keys: every event type that touches a row is among `folds`, and no other."""
    from tests.anyevent import example
    from tests.embedded import record_of

    for table in TABLES:
        kinds: set[type[Event]] = {
            kind
            for kind in EVENTS.values()
            if table.topic == kind.TOPIC and table.keys(record_of(example(kind, full=True)))
        }
        assert kinds == table.folds, table.name
