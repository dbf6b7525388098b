"""What customers say when they write once more: about the same, in other words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from streams.simulating.week.draws import Draws
from streams.simulating.week.issues import Issue

Why = Literal["reminds", "switches", "not_helped"]
"""Why somebody writes again: no reply, no reply and now elsewhere, or a reply that did not help."""

_WORDS: dict[Why, Sequence[str]] = {
    "reminds": (
        "Hello, is there any news about this: {topic}?",
        "I am still waiting for an answer. It is about {topic}.",
        "Nobody has replied to me yet about {topic}.",
    ),
    "switches": (
        "I asked on {before} and heard nothing. It is about {topic}.",
        "Trying it here, since nobody answers on {before}: {topic}.",
        "I wrote to you before, on {before}, about {topic}. What is going on?",
    ),
    "not_helped": (
        "That did not help. My question about {topic} is still open.",
        "This does not solve it, I still need somebody to look at {topic}.",
        "It still does not work. Please look again: {topic}.",
    ),
}

_KNOWN_AS = {"chat_widget": "your chat", "phone": "the phone", "email": "e-mail"}


def again(issue: Issue, why: Why, number: int, draws: Draws, before: str, email: str | None) -> str:
    """A further message about an issue.

    Args:
        issue: The issue.
        why: Why they write.
        number: How manieth message after the first ones it is.
        draws: Decides on the words.
        before: The channel of the last message.
        email: The address that they give, if they give one.
    """
    if issue.kind == "lang":  # they write in their own language, of which we know these words
        text = issue.said[0].text
    else:
        some = _WORDS[why]
        place = int(draws.share(issue.id, f"words {why}", number) * len(some))
        text = some[place].format(topic=issue.topic, before=_KNOWN_AS.get(before, before))
    return text if email is None else f"{text} My e-mail address is {email}."
