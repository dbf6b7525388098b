"""Where the demo's steps meet the desk: whose ticket a step is about, and whether it happens.

What the recorded people said is played as it was. Where a source has a question only, what follows
depends on what the desk did about it (`when`):

- helped: the right article was offered, and the ticket is not resolved
- misled: another article answered, the right one was not offered, and no person has replied
- open: the ticket is not resolved, and the right article has not answered
- replied: a person has replied, and the ticket is not resolved
- unresolved: the ticket is not resolved
"""

from __future__ import annotations

from typing import NamedTuple

from streams.demo.script import Document, Step
from streams.embedded.database import Database

_ENDED = frozenset({"resolved", "closed"})


class Standing(NamedTuple):
    """How the ticket of a dialogue stands.

    Attributes:
        ticket_id: The ticket.
        status: Its status.
        specialist_id: Who has it.
        said: Kind and article of every reply so far.
    """

    ticket_id: str
    status: str
    specialist_id: str | None
    said: list[tuple[str, str | None]]


class Stage:
    """Turns steps into input lines, by how the tickets stand.

    Args:
        database: The store; its tables are as new as the last run.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def lines(self, steps: list[Step]) -> list[Document]:
        """The input lines of those steps that happen."""
        found = (self._line(step) for step in steps)
        return [line for line in found if line is not None]

    def _line(self, step: Step) -> Document | None:
        if not step.needs_ticket:
            return step.document
        standing = self._standing(step.about)
        if standing is None or not happens(step, standing):
            return None
        line = dict(step.document)
        if "type" not in line:
            return line
        line["ticket_id"] = standing.ticket_id
        if "by" in line and standing.specialist_id is not None:
            line["by"] = standing.specialist_id
        return line

    def _standing(self, about: tuple[str, ...]) -> Standing | None:
        """How the ticket of the latest accepted contact stands; None when none was accepted."""
        for contact in about:
            row = self._db.execute(
                "SELECT t.ticket_id, t.status, t.assigned_agent FROM p_messages m"
                " JOIN p_tickets t ON t.ticket_id = m.ticket_id WHERE m.interaction_id = ?",
                (contact,),
            ).fetchone()
            if row is not None:
                said = self._db.execute(
                    "SELECT kind, solution_id FROM p_messages"
                    " WHERE ticket_id = ? AND direction = 'out'",
                    (row[0],),
                ).fetchall()
                return Standing(row[0], row[1], row[2], [(kind, what) for kind, what in said])
        return None


def happens(step: Step, standing: Standing) -> bool:
    """Whether a step happens, by its `when`."""
    if step.when is None:
        return True
    if standing.status in _ENDED:
        return False
    offered = {what for kind, what in standing.said if kind in {"answer", "suggestion"}}
    answered = {what for kind, what in standing.said if kind == "answer"}
    replied = any(kind == "agent_reply" for kind, _ in standing.said)
    match step.when:
        case "helped":
            return step.article in offered
        case "misled":
            return bool(answered) and step.article not in offered and not replied
        case "open":
            return step.article is None or step.article not in answered
        case "replied":
            return replied
        case "unresolved":
            return True
        case _:
            raise AssertionError(f"{step.when} is not a condition")
