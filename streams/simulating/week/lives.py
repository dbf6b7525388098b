"""What has become of an issue, as its customer and the people at work know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from streams.simulating.week.issues import Issue, Said

By = Literal["article", "person"]
"""Who replied."""


@dataclass(slots=True)
class Life:
    """What has become of an issue so far.

    Attributes:
        issue: The issue.
        outcome: How it ended for its person: solved, given up, or not yet.
        ended: When.
        contacts: How often its person turned to us; what is split or delivered twice counts once.
        answers: How many articles were sent as an answer.
        replies: How often a person replied.
        first_reply: When somebody first took it up or an article came, in seconds; None so far.
        given: The facts that were said so far.
        places: The channels and addresses that were written from.
        last: The last message.
        open: Whether its first messages are still coming.
        touches: How often a person had it in hand.
        tickets: How many tickets it has had.
        transfers: How often it was passed on, having come to the wrong person.
        retried: How often its person came back because what a person here did had not helped.
        escalated: Whether the desk said that it must come to somebody with authority.
        worked: For how long people had it in hand, in seconds.
        rebuilding: How much of that went into asking again what had been said before.
        held: How many people who can solve it have it in hand.
        mood: How often its person had reason to think again about when to write.
        reminders: How often in a row they wrote for want of a reply.
        verdict: What they will judge once they have said what they have to say.
    """

    issue: Issue
    outcome: Literal["solved", "gave_up"] | None = None
    ended: float | None = None
    contacts: int = 0
    answers: int = 0
    replies: int = 0
    first_reply: float | None = None
    given: set[str] = field(default_factory=set)
    places: set[tuple[str, str]] = field(default_factory=set)
    last: Said | None = None
    open: bool = True
    touches: int = 0
    tickets: int = 0
    transfers: int = 0
    retried: int = 0
    escalated: bool = False
    worked: float = 0.0
    rebuilding: float = 0.0
    held: int = 0
    mood: int = 0
    reminders: int = 0
    verdict: tuple[By, bool] | None = None

    @property
    def handed_on(self) -> bool:
        """Whether somebody dealt with it before, or it changed channel: facts must go along."""
        return self.touches + self.answers > 0 or len(self.places) > 1
