"""What is assumed of customers and of people at work. Nothing here is fitted to an outcome."""

from __future__ import annotations

import msgspec

PATIENCE = {
    "phone": 4 * 60.0,
    "chat_widget": 10 * 60.0,
    "whatsapp": 3600.0,
    "twitter": 3600.0,
    "slack": 2 * 3600.0,
    "discord": 2 * 3600.0,
    "facebook": 2 * 3600.0,
    "email": 8 * 3600.0,
}
"""How long somebody waits for a reply before writing again, in seconds: the mean."""


class Assumptions(msgspec.Struct, frozen=True):
    """The closed-loop model's constants.

    Attributes:
        accepts: With which chance a right automatic answer is accepted.
        again: With which chance somebody whom a reply did not help writes again; else they give up.
        again_seconds: After how long: the mean.
        switches: With which chance somebody who waits in vain writes again on another channel.
        reminders: How often somebody writes again for want of a reply before waiting in silence.
        names_email: With which chance somebody who writes from an address that is in no directory
            gives the one that is.
        opens: At which hour people begin to work, every day.
        shuts: At which hour they end; what was begun is brought to an end.
        handling_seconds: How long a person has an issue in hand: the median.
        handling_sigma: How much that varies, as the sigma of its logarithm.
        rebuilds: How much longer it takes where the hand-over lacks a fact that was given.
        solves: With which chance a person solves an issue with all facts at hand.
        solves_lacking: The same where one is missing.
        misrouted_silo: With which chance an issue that takes a specialist comes to the wrong one
            in a silo.
        misrouted_unified: The same at the unified desk; of the system it is measured instead.
        seats: How many people are at work.
    """

    accepts: float = 0.92
    again: float = 0.9
    again_seconds: float = 3600.0
    switches: float = 0.45
    reminders: int = 3
    names_email: float = 0.84
    opens: float = 8.0
    shuts: float = 20.0
    handling_seconds: float = 384.0
    handling_sigma: float = 0.6
    rebuilds: float = 1.4
    solves: float = 0.85
    solves_lacking: float = 0.70
    misrouted_silo: float = 0.45
    misrouted_unified: float = 0.08
    seats: int = 16

    def staffed(self, at: float) -> bool:
        """Whether people are at work at a moment, in seconds after the start of the week."""
        return self.opens <= at % 86_400.0 / 3600.0 < self.shuts
