"""Cues of a support conversation: patterns that extract what was said, not models of meaning.

A cue is a phrase whose wording is itself the evidence ("my lawyer", "thanks, that worked").
Patterns are written without nested repetition, so each takes time linear in the bounded text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from agents.words import SHIPPED
from streams.understanding import cue_phrases
from streams.understanding.deadlines import soon

Patterns = Mapping[str, re.Pattern[str]]


def _compiled(phrases: cue_phrases.Phrases) -> Patterns:
    return {
        name: re.compile(rf"\b(?:{'|'.join(alternatives)})")
        for name, alternatives in phrases.items()
    }


CUES = _compiled(cue_phrases.CUES)
URGENCY = _compiled(cue_phrases.URGENCY)

_ALL = tuple(CUES.items()) + tuple(URGENCY.items())
_ANY = re.compile("|".join(pattern.pattern for _, pattern in _ALL))
"""Finds the place of the first cue, whichever it is: most sentences have none."""

_NOTHING: frozenset[str] = frozenset()

_WISHED = re.compile(
    r"\b(?:if|until|till|unless|once|whether|when will|want|need|get|hope|make sure|please|expect"
    r"|would like)\b"
)
"""Before "it is fixed" these say that it is not, or not yet."""

_GOES_ON = re.compile(
    r"\?|\b(?:but|however|except|although|though|unfortunately|then|until|till)\b[^\w.!?]+\w"
)
"""After thanks or "solved" these say that there is more: a question, another matter, or an end."""

_ASKS = re.compile(r"[?\uff1f\u061f]")
"""Behind a rating these say that there is more: whoever asks something waits for an answer."""

_DECLINED = re.compile(r"\bno,? (?:thanks?|thank ?you|thx)\b|\bthanks? for nothing\b")

_WILL_TRY = re.compile(
    r"(?:\bwill|\bi'll|\blet me|\bgoing to) (?:\w+ )?(?:try|test|check|see|look)\b"
    r"|\blet you know\b|\bget back to you\b"
)

_NO_RUSH = re.compile(
    r"\b(?:no (?:rush|hurry)|(?:not|(?:is|are|was)n['’]t) (?:(?:an?|so|that|very|really|too) )?"
    r"(?:urgent|emergency)|nothing urgent|no (?:urgency|emergency)|take your time)\b",
    re.IGNORECASE,
)
_NOTHING_SO = re.compile(r"\b(?:nothing|none|nobody|no one|never|hardly)\b[^.!?,;\n]{0,30}$")
"""Before "is solved" these say the contrary."""

_NO_COMPLAINT = re.compile(
    r"\b(?:no (?:\w+ )?complaints\b|no complaint(?=\s*(?:[.,!;]|$))|nothing to complain\b"
    r"|not (?:an?|to) (?:\w+ )?complain\w*|without(?: any)? complain\w*"
    r"|(?:\w+n't|cannot|never) (?:really |usually |normally )?complain(?:ed|ing)?\b)"
)
"""Who says this of complaints makes none."""

SHORT = 80
"""Characters up to which a message may be nothing but a greeting."""

_RATING = re.compile(
    r"^[^\w+\u2010-\u2015\u2212-]*"
    r"(?:(?:i(?:'d| would)? )?(?:give|rate|say)(?: it| you)?(?: an?)? )?"
    r"([1-5]|one|two|three|four|five)\ufe0f?\u20e3?[)\]]?"
    r"(?: ?/ ?5| out of (?:5|five)| stars?| points?)?"
    r"(?: ?[.,;:!\u2013-](?!\d).*| thank.*| thx.*)?$",
    re.IGNORECASE | re.DOTALL,
)
"""A number from 1 to 5, and nothing behind it but a remark; without a sign, which may mean no."""

_OUTER = re.compile(r"^\W+|\W+$")

_AS_ASKED = {
    said.lower(): cue
    for words in SHIPPED.values()
    for cue, ways in (
        ("solved", (words.solved, *words.solved_said)),
        ("not_solved", (words.more, *words.more_said)),
    )
    for said in ways
}
"""What our own messages ask for, in every language in which they do: whole messages, not phrases,
for one word before them may say the contrary."""

_STARS = re.compile(r"^([\u2605\u2b50]{1,5})[\u2606\s]*$")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}

_GREETING_WORDS = frozenset({
    "hi", "hey", "hello", "hai", "hola", "there", "good", "morning", "afternoon", "evening", "day",
    "greetings", "dear", "team", "support", "all", "yo", "please", "anyone", "here",
})  # fmt: skip


def spotted(sentence: str) -> frozenset[str]:
    """The names of all cues, of urgency too, in a sentence."""
    lowered = sentence.lower().replace("’", "'")
    first = _ANY.search(lowered)
    if first is None:
        return _NOTHING
    start = first.start()
    found = frozenset([name for name, pattern in _ALL if pattern.search(lowered, start)])
    if "solved" in found and not _says_solved(lowered):
        return found - {"solved"}
    return found


def _says_solved(lowered: str) -> bool:
    """Whether a sentence with the wording says so, and does not ask or wish for it."""
    if lowered.rstrip().endswith("?"):
        return False
    match = CUES["solved"].search(lowered)
    return match is not None and not _WISHED.search(lowered, 0, match.start())


def cues(text: str, own: str, said: Iterable[str], found: AbstractSet[str]) -> list[str]:
    """The cues of a message, in a fixed order.

    Args:
        text: The bounded message, with its subject.
        own: The same without its subject: a rating that comes by mail stands under another one's.
        said: Its words in lower case.
        found: What was spotted in its sentences.
    """
    named = [name for name in CUES if name in found] if found else []
    lowered, whole = (one.lower().replace("’", "'") if named else "" for one in (own, text))
    if "not_solved" in found and "solved" in found:
        named.remove("solved")
    elif "solved" in found and _is_denied(lowered):
        named[named.index("solved")] = "not_solved"
    if "complaint" in found and not CUES["complaint"].search(_NO_COMPLAINT.sub(" ", whole)):
        named.remove("complaint")
    named += _of_thanks(lowered, named)
    if len(text) <= SHORT:
        distinct = set(said)
        if distinct and distinct <= _GREETING_WORDS:
            named.append("greeting_only")
    if len(own) <= SHORT:
        answer = _AS_ASKED.get(_OUTER.sub("", own.lower().replace("’", "'")))
        if answer is not None and answer not in named:
            named.append(answer)
        rating = _rating(own.strip())
        if rating is not None:
            named.append(f"rating_{rating}")
            if _ASKS.search(own) and "unsettled" not in named:
                named.append("unsettled")
    return named


def _is_denied(lowered: str) -> bool:
    match = CUES["solved"].search(lowered)
    return match is not None and _NOTHING_SO.search(lowered, 0, match.start()) is not None


def _of_thanks(lowered: str, named: Sequence[str]) -> list[str]:
    """What thanks, or the word that it is solved, are worth: nothing is settled by some."""
    kind = next((one for one in ("solved", "thanks") if one in named), None)
    match = CUES[kind].search(lowered) if kind is not None else None
    if match is None:
        return []
    if _GOES_ON.search(lowered, match.end()):
        return ["unsettled"]
    if kind == "thanks" and _DECLINED.search(lowered):
        return ["unsettled"]
    return ["will_try"] if kind == "thanks" and _WILL_TRY.search(lowered) else []


def _rating(text: str) -> int | None:
    """The rating that a short message is, if it is one: what our survey asks for."""
    if stars := _STARS.match(text):
        return len(stars[1])
    match = _RATING.match(text)
    if match is None:
        return None
    said = match[1].lower()
    return _NUMBERS.get(said) or int(said)


def urgency(text: str, found: AbstractSet[str], named: Sequence[str]) -> list[str]:
    """The urgency cues of a message, in a fixed order; none when it says there is no rush.

    Args:
        text: The bounded message.
        found: What was spotted in its sentences.
        named: Its deadlines.
    """
    if _NO_RUSH.search(text):
        return []
    pressing = found | {"deadline"} if soon(named) else found
    return [name for name in URGENCY if name in pressing]
