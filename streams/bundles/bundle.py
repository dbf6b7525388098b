"""The shape of a bundle: what one ticket's history rests on, and nothing of anybody else's."""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.record import Record

Text = Literal["masked", "sealed", "plain"]
"""What is done to personal text: masked, masked with the plain text beside it under a key, or
nothing."""


class Taught(msgspec.Struct, frozen=True):
    """What the desk was taught or set to that decisions read, and from when on, in seconds."""

    since: float
    record: Record


class Turn(msgspec.Struct, frozen=True):
    """One record of an inbox, and what was decided on it.

    Attributes:
        now: The turn's clock, in seconds.
        record: The record.
        said: What followed on decisions and tickets, in its order.
    """

    now: float
    record: Record
    said: list[Record]


class Bundle(msgspec.Struct, frozen=True):
    """One ticket's history with all that it rests on.

    Attributes:
        ticket_id: The ticket.
        text: What was done to personal text.
        made_by: The version of pactdesk.
        lines: The customers' lines that the ticket is and was on, and those they came from.
        policy: The policy that came with pactdesk, as TOML: in force until another was.
        taught: What the decisions read of the knowledge base, and the policies.
        turns: The lines' turns, in the order in which they were taken.
    """

    ticket_id: str
    text: Text
    made_by: str
    lines: list[str]
    policy: str
    taught: list[Taught]
    turns: list[Turn]

    @property
    def models(self) -> dict[str, list[str]]:
        """The versions of the models that were asked, by name."""
        found: dict[str, set[str]] = {}
        for turn in self.turns:
            for record in turn.said:
                for name, version in getattr(record.event, "model_versions", {}).items():
                    found.setdefault(name, set()).add(version)
        return {name: sorted(versions) for name, versions in sorted(found.items())}
