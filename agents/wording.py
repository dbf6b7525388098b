"""In which language, and in which words, the desk itself speaks to a customer."""

from __future__ import annotations

from agents.words import Words
from agents.world import World
from projections.case import Case


def language_of(about: str, case: Case) -> str | None:
    """The language of a ticket, else of its customer; None where neither is known."""
    ticket = case.ticket(about)
    return case.language if ticket is None or ticket.language is None else ticket.language


def tongue(about: str, case: Case, world: World) -> str:
    """The language in which a customer is spoken to about a ticket."""
    return world.policy.wording.tongue(language_of(about, case))


def words(about: str, case: Case, world: World) -> Words:
    """The words for it."""
    return world.policy.wording.words(tongue(about, case, world))
