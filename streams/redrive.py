"""Dead letters again: list what waits, try it once more, or let it go.

What became of a letter is kept in the store's `meta`, not in the log: the letter itself stays as
long as its topic is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from streams.clock import parse_time
from streams.deadletters import DONE, HOOKS, DeadLetter
from streams.errors import NotFound, Unreadable
from streams.settings import load

if TYPE_CHECKING:
    from streams.channels.channel import Heard
    from streams.engines import AnyDesk


def waiting(desk: AnyDesk) -> list[DeadLetter]:
    """The letters that were neither re-driven nor discarded, oldest first."""
    done = {
        str(name).removeprefix(DONE)
        for (name,) in desk.database.execute(
            "SELECT name FROM meta WHERE name LIKE ?", (DONE + "%",)
        )
    }
    return [one for one in desk.letters() if one.id not in done]


def letter(desk: AnyDesk, letter_id: str) -> DeadLetter:
    """One letter, whether it waits or not; raises `NotFound`."""
    found = desk.letter(letter_id)
    if found is None:
        raise NotFound(f"there is no dead letter {letter_id}", "see `pactdesk deadletters list`")
    return found


def redrive(desk: AnyDesk, letter_ids: Sequence[str] | None) -> list[dict[str, Any]]:
    """Try letters again; one that is read this time is off the list.

    Args:
        desk: The desk.
        letter_ids: Which; None is all that wait.
    """
    chosen = waiting(desk) if letter_ids is None else [letter(desk, one) for one in letter_ids]
    results = []
    for one in chosen:
        if one.handler == "intake":
            taken = desk.intake.again(one)
            status, error, remedy = taken.status, taken.error, taken.remedy
        elif one.handler.startswith(HOOKS):
            status, error, remedy = _heard_again(desk, one)
        else:
            status, error, remedy = desk.intake.reappend(one)
        if status != "unreadable":
            desk.database.set_meta(DONE + one.id, status)
        results.append({"id": one.id, "status": status, "error": error, "remedy": remedy})
    return results


def _heard_again(desk: AnyDesk, letter: DeadLetter) -> tuple[str, str | None, str | None]:
    """Try what a provider sent once more; it was verified when it came.

    Returns:
        Status, error and remedy.
    """
    from streams.channels.receipts import noted
    from streams.channels.remarks import line

    try:
        heard = _heard(letter)
        lines = [*heard.inputs, *[line(desk, one) for one in heard.remarks]]
    except Unreadable as error:
        return "unreadable", error.what, error.remedy
    noted(desk, letter.handler.removeprefix(HOOKS), heard.receipts, parse_time(letter.at))
    bad = [one for one in desk.intake.documents(lines) if one.status == "unreadable"]
    if bad:
        return "unreadable", bad[0].error, bad[0].remedy
    return "accepted", None, None


def _heard(letter: DeadLetter) -> Heard:
    """What a letter of a channel says; raises `Unreadable`."""
    from streams.channels import email
    from streams.channels.channel import Hook
    from streams.channels.hearing import of_texts
    from streams.channels.known import CHANNELS

    name = letter.handler.removeprefix(HOOKS)
    place = letter.origin.removeprefix(f"{letter.handler}/")
    settings = load()[0].channels
    if name == email.NAME:
        return email.contact_of(letter.value, place, settings.email)
    hook = Hook("POST", place, "", {}, {}, letter.value, parse_time(letter.at))
    return of_texts(CHANNELS[name].parse(getattr(settings, name), hook))


def discard(desk: AnyDesk, letter_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Take letters off the list; raises `NotFound` before any is taken."""
    chosen = [letter(desk, one) for one in letter_ids]
    for one in chosen:
        desk.database.set_meta(DONE + one.id, "discarded")
    return [{"id": one.id, "status": "discarded"} for one in chosen]
