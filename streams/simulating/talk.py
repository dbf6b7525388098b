"""What people say: from the demo's recorded dialogues, or always the same words."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

from streams.demo.script import Dialogue, dialogues, world
from streams.simulating.platforms.platform import Said


def talk(
    messages: int,
    people: int,
    dice: random.Random,
    *,
    text: str | None,
    began: datetime,
    apart: timedelta,
) -> list[Said]:
    """Some messages of some people, in the order in which they are said.

    Each person goes through dialogues one after the other. Persons, words and names follow from the
    dice; the moments, and with them the ids of messages, from when it began.

    Args:
        messages: How many.
        people: Of how many people.
        dice: Decides who speaks, and of what.
        text: What everybody says; None is what the dialogues have.
        began: When the first one is said.
        apart: How far messages are apart in time.
    """
    names = [str(one["name"]) for one in world().customers]
    known = [dice.choice(names) for _ in range(people)]
    recorded = [words for one in dialogues() if (words := _words(one))] if text is None else []
    going: dict[int, list[str]] = {}
    turns: Counter[int] = Counter()
    found = []
    for number in range(messages):
        person = dice.randrange(people)
        if text is None and not going.get(person):
            going[person] = [*dice.choice(recorded)]
        found.append(
            Said(
                number=number,
                person=person,
                name=known[person],
                turn=turns[person],
                text=going[person].pop(0) if text is None else text,
                at=began + number * apart,
            )
        )
        turns[person] += 1
    return found


def _words(dialogue: Dialogue) -> list[str]:
    """What the customer of a dialogue writes, whatever the desk does."""
    return [
        one["message"]
        for one in dialogue.steps
        if one["do"] == "contact" and one["message"] and "when" not in one
    ]
