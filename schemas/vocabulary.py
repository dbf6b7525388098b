"""The closed word lists, and the marks that fields carry.

Words that will grow (category, tag, language, team) are plain strings on purpose: a new word in
an Avro enum cannot be read by yesterday's reader. Only lists that the contract closes are here,
and the channels: what there is of them is checked, and on the wire they are strings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import AwareDatetime

from schemas.platforms import PLATFORMS


@dataclass(frozen=True, slots=True)
class Mark:
    """What a field's annotation tells the schema generator beyond its Python type.

    Attributes:
        personal: The field holds data of a person; the codec seals it, exports leave it out.
        name: The Avro name of a closed word list.
        grows: A list of words that gets new ones, and is a string on the wire.
    """

    personal: bool = False
    name: str | None = None
    grows: bool = False


PERSONAL = Mark(personal=True)

Personal = Annotated[str, PERSONAL]
"""Text about or by a person."""

Time = Annotated[AwareDatetime, Mark()]
"""A moment with an offset; travels in UTC with microseconds."""

JsonText = Annotated[str, Mark()]
"""A JSON object as text, kept as it came."""

PersonalJson = Annotated[str, PERSONAL]
"""A JSON object as text that may hold personal data."""

CHANNELS: tuple[str, ...] = tuple(PLATFORMS)

if TYPE_CHECKING:
    _OneOfThem = str  # a type checker cannot read a list of words out of a table
else:
    _OneOfThem = Literal[CHANNELS]

Channel = Annotated[_OneOfThem, Mark(grows=True)]

Priority = Annotated[Literal["low", "medium", "high", "urgent", "critical"], Mark(name="Priority")]

TicketStatus = Annotated[
    Literal[
        "new",
        "triaged",
        "in_progress",
        "waiting_customer",
        "escalated",
        "resolved",
        "closed",
    ],
    Mark(name="TicketStatus"),
]

Trigger = Annotated[
    Literal[
        "critical_priority",
        "vip",
        "complaint",
        "negative_sentiment",
        "asked_for_person",
        "workflow_failure",
    ],
    Mark(name="Trigger"),
]

SlaTarget = Annotated[Literal["first_reply", "resolution"], Mark(name="SlaTarget")]

Direction = Annotated[Literal["in", "out", "none"], Mark(name="Direction")]

InteractionType = Annotated[
    Literal["customer_message", "agent_response", "system_action", "note"],
    Mark(name="InteractionType"),
]

ReplyKind = Annotated[
    Literal[
        "answer",
        "suggestion",
        "confirmation",
        "survey",
        "follow_up",
        "agent_reply",
        "notice",
        "opening",
    ],
    Mark(name="ReplyKind"),
]

Within = Annotated[Literal["window", "human_agent", "template"], Mark(grows=True)]

TimerKind = Annotated[
    Literal[
        "follow_up",
        "first_reply_warning",
        "first_reply_breach",
        "resolution_warning",
        "resolution_breach",
        "wake",
        "assume_resolved",
        "close",
        "ask_again",
        "offline",
    ],
    Mark(name="TimerKind"),
]

PRIORITIES: tuple[str, ...] = get_args(get_args(Priority)[0])
STATUSES: tuple[str, ...] = get_args(get_args(TicketStatus)[0])
TRIGGERS: tuple[str, ...] = get_args(get_args(Trigger)[0])


UNCATEGORISED = "uncategorised"
"""What stands where a category is wanted and none fits."""


def priority_rank(priority: str) -> int:
    """Place of a priority from the least (0) to the most pressing (4)."""
    return PRIORITIES.index(priority)


@lru_cache(maxsize=4096)
def rfc3339(moment: datetime) -> str:
    """A moment as every surface prints it: UTC, milliseconds, a final Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
