"""What a refusal says to whoever asked: the rule by name, and in words what would do instead."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from agents.policy import default_policy
from agents.rulings import Refusal, ruling
from projections.case import Case, Ticket
from schemas.event import Event
from schemas.events import intents as asked
from streams.testing import START

TICKET = Ticket(
    id="T",
    status="escalated",
    priority="low",
    channel="email",
    opened_at=1.0,
    updated_at=2.0,
    revision=7,
    category="billing",
    team="general",
    specialist_id="bo",
    request_id="R",
    asked_for="kim",
    snoozed_until=(START.timestamp() + 60.0),
    tags=("vip",),
    messages=(("m1", "contact"), ("m2", "contact"), ("m3", "answer")),
)
OTHERS = {
    "M": replace(TICKET, id="M", merged_into="T"),
    "L": replace(TICKET, id="L", merged_into="M"),
    "A": replace(TICKET, id="A", merged_into="elsewhere"),
    "C": replace(TICKET, id="C", status="closed"),
    "S": replace(TICKET, id="S", status="resolved"),
    "N": replace(TICKET, id="N", status="triaged"),
}
CASE = Case("ann", tickets={"T": TICKET, **OTHERS})


def ruled(kind: type[Event], case: Case = CASE, **fields: Any) -> Refusal | None:
    told = {"ticket_id": "T", "customer_id": "ann", "by": "bo", "text": "hello", **fields}
    intent = {name: value for name, value in told.items() if name in kind.model_fields}
    return ruling(kind.model_validate(intent), case, default_policy(), START)


@pytest.mark.parametrize(
    ("kind", "fields", "reason", "remedy"),
    [
        (
            asked.NoteWritten, {"ticket_id": "elsewhere"},
            "unknown_ticket", "name a ticket of this customer; `tickets` lists them",
        ),
        (
            asked.NoteWritten, {"expected_revision": 6},
            "stale", "look at the ticket again: it is at revision 7",
        ),
        (
            asked.NoteWritten, {"ticket_id": "M"},
            "merged", "use ticket T, or unmerge this one first",
        ),
        (asked.ResolveAsked, {"ticket_id": "C"}, "closed", "reopen the ticket first"),
        (asked.SnoozeAsked, {"ticket_id": "S", "until": START}, "resolved",
         "reopen the ticket first"),
        (asked.CloseAsked, {"ticket_id": "C"}, "closed", "the ticket is closed already"),
        (
            asked.ResolveAsked, {"ticket_id": "S"},
            "resolved", "the ticket is resolved already; reopen it if it is not",
        ),
        (asked.ReplyWritten, {"text": " "}, "empty_text", "write something"),
        (asked.NoteWritten, {"text": " "}, "empty_text", "write something"),
        (asked.NoticeAsked, {"text": " "}, "empty_text", "write something"),
        (asked.ConversationStarted, {"channel": "email", "text": " "},
         "empty_text", "write something"),
        (
            asked.ConversationStarted, {"channel": "email"},
            "no_address", "describe or link the customer's address on email",
        ),
        (
            asked.ReplyWritten, {"channel": "phone"},
            "no_address", "describe or link the customer's address on phone",
        ),
        (asked.ReopenAsked, {}, "not_resolved", "the ticket is open already"),
        (
            asked.EscalationAsked, {},
            "already_escalated", "assign it to somebody, or alert the team",
        ),
        (asked.AssignmentAsked, {"specialist_id": "bo"},
         "already_assigned", "bo has the ticket"),
        (asked.AssignmentAsked, {"specialist_id": "kim"},
         "already_asked", "kim gets the ticket in a moment"),
        (
            asked.TransferAsked, {"team": "general"},
            "already_there", "the ticket is with general; name another team",
        ),
        (asked.PriorityAsked, {"priority": "low"}, "no_change", "the priority is low already"),
        (asked.CategoryAsked, {"category": "billing"},
         "no_change", "the category is billing already"),
        (
            asked.TagsAsked, {"add": ["vip"]},
            "no_change", "name a tag to add that is not there, or one to remove that is",
        ),
        (asked.TagsAsked, {"add": [f"t{n}" for n in range(16)]},
         "too_many_tags", "a ticket has at most 16; remove some first"),
        (asked.TagsAsked, {"add": ["ü" * 41]}, "tag_too_long", "shorten it to 80 bytes"),
        (
            asked.SnoozeAsked, {"until": START.fromtimestamp(START.timestamp() + 60, START.tzinfo)},
            "no_change", "the ticket is out of sight until then already",
        ),
        (asked.SnoozeAsked, {"until": START},
         "in_the_past", "name a moment that is still to come"),
        (asked.FollowUpAsked, {"follow_up_time": START},
         "in_the_past", "name a moment that is still to come"),
        (asked.MergeAsked, {"into": "T"}, "same_ticket", "name two different tickets"),
        (
            asked.MergeAsked, {"into": "elsewhere"},
            "unknown_target",
            "name a ticket of this customer; where two customers are one person, link them first",
        ),
        (asked.MergeAsked, {"into": "M"}, "target_merged", "unmerge M first"),
        (asked.MergeAsked, {"ticket_id": "N", "into": "M"}, "target_merged", "merge it into T"),
        (asked.MergeAsked, {"ticket_id": "N", "into": "L"}, "target_merged", "merge it into T"),
        (asked.MergeAsked, {"into": "L"}, "target_merged", "unmerge L first"),
        (
            asked.NoteWritten, {"ticket_id": "L"},
            "merged", "use ticket T, or unmerge this one first",
        ),
        (
            asked.NoteWritten, {"ticket_id": "A"},
            "merged", "use ticket elsewhere, or unmerge this one first",
        ),
        (asked.MergeAsked, {"into": "C"}, "target_closed", "reopen the other ticket first"),
        (asked.UnmergeAsked, {}, "not_merged", "the ticket stands on its own already"),
        (asked.SplitAsked, {"messages": ["m1", "elsewhere"]},
         "unknown_messages", "name interactions of this ticket"),
        (asked.SplitAsked, {"messages": ["m3"]},
         "no_customer_message", "name at least one message of the customer"),
        (asked.SplitAsked, {"messages": ["m1", "m2"]},
         "nothing_left", "leave at least one message of the customer"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_rule_and_says_what_would_do(
    kind: type[Event], fields: dict[str, Any], reason: str, remedy: str
) -> None:
    assert ruled(kind, **fields) == Refusal(reason, remedy)


def test_whoever_asks_of_an_absorbed_customer_is_told_who_that_is_now() -> None:
    absorbed = replace(CASE, merged_into="ben")
    said = Refusal("absorbed", "ask customer ben, who this is now")
    assert ruled(asked.NoteWritten, absorbed) == said
    assert ruled(asked.ConversationStarted, absorbed, channel="email") == said


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (asked.NoteWritten, {"expected_revision": 7}),
        (asked.NoteWritten, {"ticket_id": "C"}),
        (asked.UnmergeAsked, {"ticket_id": "M"}),
        (asked.ReopenAsked, {"ticket_id": "S"}),
        (asked.EscalationAsked, {"ticket_id": "N"}),
        (asked.AssignmentAsked, {"specialist_id": "cy"}),
        (asked.TransferAsked, {"team": "money"}),
        (asked.PriorityAsked, {"priority": "high"}),
        (asked.CategoryAsked, {"category": "login"}),
        (asked.TagsAsked, {"remove": ["vip"]}),
        (asked.TagsAsked, {"add": [f"t{n}" for n in range(15)]}),
        (asked.TagsAsked, {"add": [f"t{n}" for n in range(16)], "remove": ["vip"]}),
        (asked.TagsAsked, {"add": ["ü" * 40]}),
        (asked.FollowUpAsked, {}),
        (asked.MergeAsked, {"into": "S"}),
        (asked.SplitAsked, {"messages": ["m1", "m3"]}),
        (asked.ResolveAsked, {}),
    ],
)  # fmt: skip
def test_what_breaks_no_rule_may_happen(kind: type[Event], fields: dict[str, Any]) -> None:
    assert ruled(kind, **fields) is None
