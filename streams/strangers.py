"""Who is asked for and is not there: nobody called that, or nobody in that team, or no such matter.

The roster is the desk's own line, and a ticket's line does not know it; and who is not on it may
work here all the same. So it is done, and who asked is told what the tables show. Where nobody was
ever described there is no roster, and nothing to be told.
"""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING

from schemas.event import Event
from schemas.events.intents import AssignmentAsked, CategoryAsked, TransferAsked
from streams.errors import Refused

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.store import Executor

NAMED = 8
"""How many that are there are named to who asks for one that is not."""

_PERSON = (
    "SELECT count(*) FILTER (WHERE name IS NOT NULL), count(*) FILTER (WHERE specialist_id = ?)"
    " FROM p_specialists"
)
_OF_IT = "SELECT 1 FROM p_tickets WHERE category = ? LIMIT 1"
_CATEGORIES = "SELECT DISTINCT category FROM p_tickets WHERE category IS NOT NULL ORDER BY 1"
_TEAMS = "SELECT DISTINCT coalesce(team, '') FROM p_specialists WHERE name IS NOT NULL ORDER BY 1"


def stranger(desk: AnyDesk, event: Event) -> str:
    """What to say of an intent that asks for what is not there; else nothing.

    What was told of people and is not in the tables yet is worked off before anything is said.
    """
    if not _absent(desk.database, event):
        return ""
    if getattr(desk, "works", False):
        with suppress(Refused):  # another worker is at work on this store
            desk.run()
    return _absent(desk.database, event)


def _absent(database: Executor, event: Event) -> str:
    match event:
        case AssignmentAsked() if event.specialist_id != event.by:
            described, known = database.execute(_PERSON, (event.specialist_id,)).fetchall()[0]
            if described and not known:
                return (
                    f"nobody is called {event.specialist_id} in `pactdesk team list`;"
                    " `pactdesk team import` adds people"
                )
        case TransferAsked():
            teams = [str(row[0]) for row in database.execute(_TEAMS).fetchall()]
            # Who is in no team takes what any team has.
            if teams and "" not in teams and event.team not in teams:
                return f"nobody is in the team {event.team}; there are people in {_some(teams)}"
        case CategoryAsked() if not database.execute(_OF_IT, (event.category,)).fetchall():
            there = [str(row[0]) for row in database.execute(_CATEGORIES).fetchall()]
            near = get_close_matches(event.category, there, NAMED) or there
            if there:
                return (
                    f"no other ticket is of the category {event.category}; some are {_some(near)}"
                )
        case _:
            pass
    return ""


def _some(teams: list[str]) -> str:
    more = ["…"] if len(teams) > NAMED else []
    return ", ".join([*teams[:NAMED], *more])
