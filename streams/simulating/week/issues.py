"""What a simulated week is made of: people, what they want, what they say first, and the truth."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

Document = dict[str, Any]  # JSON

START = datetime(2026, 3, 2, tzinfo=UTC)
"""When the week begins: a Monday. Moments of a week are seconds after it."""

BEFORE = "2026-03-01T12:00:00Z"
"""When a desk was taught what it knows, and who its customers are."""

DAY = 86_400.0

_PLAIN = re.compile(r"[\W_]+")


class Said(msgspec.Struct, frozen=True):
    """One message as it comes in.

    Attributes:
        at: When it was written, in seconds.
        arrives: When it is delivered; later than it was written where it was overtaken.
        channel: Where.
        handle: By which address.
        text: What it says.
        provider_id: Its id.
        repeat: Whether it was delivered before.
    """

    at: float
    arrives: float
    channel: str
    handle: str
    text: str
    provider_id: str
    repeat: bool = False


class Person(msgspec.Struct, frozen=True):
    """Somebody who writes.

    Attributes:
        id: Who.
        email: The address that is in the directory.
        handles: Their address on each channel that they use.
        listed: The channels whose address is in the directory.
    """

    id: str
    email: str
    handles: dict[str, str]
    listed: frozenset[str]


class Issue(msgspec.Struct, frozen=True):
    """Something that a person wants, with the truth about it.

    Attributes:
        id: Its name; everything random about it is drawn by this.
        person: Whose.
        kind: kb (an article answers it), gap (its article is missing), action, oos (out of scope)
            or lang (in a language that no article is in).
        language: In which language.
        article: The article that answers it, if one does.
        topic: What it is about, in words that its person uses.
        priority: How pressing it is.
        team: Who can solve it; None where nobody knows.
        facts: What its person gives: numbers, dates, names.
        escalate: Whether it must come to somebody with authority.
        said: What its person says before any answer, by arrival.
    """

    id: str
    person: str
    kind: str
    language: str
    article: str | None
    topic: str
    priority: str
    team: str | None
    facts: tuple[str, ...]
    escalate: bool
    said: tuple[Said, ...]

    @property
    def specialist(self) -> bool:
        """Whether it takes a specialist: then it can come to the wrong one."""
        return self.kind in {"action", "gap", "lang"} or self.priority in {"urgent", "critical"}

    @property
    def ends(self) -> float:
        """When the last of its first messages is there."""
        return max(one.arrives for one in self.said if not one.repeat)


class Week(msgspec.Struct, frozen=True):
    """A week.

    Attributes:
        name: Where it comes from.
        issues: By the arrival of their first message.
        people: By id.
        lessons: Input lines that teach a desk its articles and categories.
        directory: Input lines that tell a desk who its customers are.
        remarks: What is to be known of its figures.
    """

    name: str
    issues: tuple[Issue, ...]
    people: dict[str, Person]
    lessons: tuple[Document, ...]
    directory: tuple[Document, ...]
    remarks: tuple[str, ...] = ()

    def first(self, count: int | None) -> Week:
        """The same week with its first issues only; None is all."""
        return msgspec.structs.replace(self, issues=self.issues[:count])


def plain(text: str) -> str:
    """A text without case, spaces and signs: how facts are looked for in it."""
    return _PLAIN.sub("", text.casefold())


def moment(seconds: float) -> datetime:
    """So many seconds after the start of the week."""
    return START + timedelta(seconds=seconds)


def seconds(at: datetime) -> float:
    """How long after the start of the week a moment is."""
    return (at - START).total_seconds()
