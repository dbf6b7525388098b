"""What a platform sends, in which order, and how often: also what should not be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

from streams.simulating.platforms.platform import Platform, Post, Said

SHARE = 0.3
"""How many of the messages come again, twice or forged, where that is asked for."""

MOST_RETRIES = 3
"""How often at most a message comes again that was not acknowledged: as often as Slack tries."""

REACH = 10
"""By how many places a request may come early or late."""

Kind = Literal["greeting", "first", "retry", "duplicate", "tampered"]


class Step(NamedTuple):
    """One request that is made.

    Attributes:
        kind: Why it is made.
        post: What is sent; of a tampered one, what was signed.
        attempt: For the how-manieth time it is sent, from 0.
    """

    kind: Kind
    post: Post
    attempt: int = 0

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return tampered(self.post.body) if self.kind == "tampered" else self.post.body


class Wishes(NamedTuple):
    """What is to happen beside what always does.

    Attributes:
        retries: Messages come again, as though the acknowledgement had been lost.
        duplicates: Messages are told another time.
        reorder: Nothing comes in its order.
        tamper: Somebody on the way changes messages.
    """

    retries: bool = False
    duplicates: bool = False
    reorder: bool = False
    tamper: bool = False


def planned(
    platform: Platform, said: Sequence[Said], wishes: Wishes, dice: random.Random
) -> list[Step]:
    """The requests that tell of what is said, in the order in which they are made."""
    again = _some(len(said), dice) if wishes.retries else set()
    twice = _some(len(said), dice) if wishes.duplicates else set()
    forged = _some(len(said), dice) if wishes.tamper else set()
    steps: list[Step] = []
    late: list[Step] = []
    for one in said:
        posts = platform.posts(one)
        if one.number in forged:
            steps.append(Step("tampered", posts[-1]))
        steps += [Step("first", post) for post in posts]
        if one.number in again:
            times = dice.randint(1, MOST_RETRIES)
            steps += [Step("retry", posts[-1], time) for time in range(1, times + 1)]
        if one.number in twice:
            late += [Step("duplicate", post) for post in platform.once_more(one)]
    for step in late:
        steps.insert(dice.randrange(len(steps) + 1), step)
    return _reordered(steps, dice) if wishes.reorder else steps


def _some(count: int, dice: random.Random) -> set[int]:
    """Some of so many numbers, and one at least."""
    chosen = {number for number in range(count) if dice.random() < SHARE}
    return chosen or {dice.randrange(count)}


def _reordered(steps: list[Step], dice: random.Random) -> list[Step]:
    places = {place: place + dice.uniform(0, REACH) for place in range(len(steps))}
    return [steps[place] for place in sorted(places, key=places.__getitem__)]


def tampered(body: bytes) -> bytes:
    """A body of which one bit is another."""
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
