"""What speaks for a message and a ticket belonging together, as numbers that can be weighed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import msgspec

from agents.linking_meaning import bits, nearness
from agents.linking_terms import (
    ACKNOWLEDGING,
    CHANNEL_WORDS,
    COUNTING,
    CUES,
    EMPTY,
    FOLLOW_UP,
    GREETING,
    OPENING,
    POINTING,
    THIS_TIME,
)
from schemas.platforms import PLATFORMS

Features = Sequence[Sequence[float]]
"""Pairs of a term's hash and its weight; any scale, the cosine normalises."""

Solutions = Sequence[tuple[str, float]]
"""Articles with the confidence in each as an answer."""

AT_ONCE = 120.0
"""Seconds within which one thought is often sent in two messages."""

PACE = {False: 600.0, True: 10_800.0}
"""Seconds between two turns of a running conversation, on a quick and on a slow channel."""

HOLLOW = 0.6
"""Share of words without a matter of their own from which a message only refers to another."""

SHORT = 8
"""Words up to which a message can be the bare answer to a question of ours."""

DAY = 86_400.0
"""Seconds in a day."""

_BETWEEN = re.compile(r"[\s#_-]+")
_PREFIXES = re.compile(r"^(?:\s*(?:re|aw|sv|tr|rv|fw|fwd|wg)\s*(?:\[\d+\])?:)+", re.IGNORECASE)


class Candidate(msgspec.Struct, frozen=True):
    """What linking needs to know of a ticket that the message may belong to.

    Attributes:
        ticket_id: The ticket.
        channel: Where the customer wrote last.
        channels: Everywhere the customer wrote.
        threads: Provider threads of its messages.
        status: The ticket's status.
        opened_at: Epoch seconds.
        last_customer_at: Epoch seconds of the customer's last message.
        last_reply_at: Epoch seconds of our last reply.
        resolved_at: Epoch seconds; None while open.
        category: Taught category.
        features: Linking features of a few of its messages, oldest first.
        last_reply_asked: Our last reply waits for the customer.
        references: Ids and order numbers that were said, and articles that were offered.
        contacts: How many messages of the customer it holds.
        absorbed: Tickets that were merged into it.
        subject: Its subject, or how its first message begins.
        meanings: Meanings of its first messages, where the models gave any.
        solutions: Articles that fit the first of those, with the confidence in each.
    """

    ticket_id: str
    channel: str
    channels: tuple[str, ...]
    threads: tuple[str, ...]
    status: str
    opened_at: float
    last_customer_at: float
    last_reply_at: float | None
    resolved_at: float | None
    category: str | None
    features: tuple[Features, ...]
    last_reply_asked: bool
    references: tuple[str, ...]
    contacts: int
    absorbed: tuple[str, ...] = ()
    subject: str = ""
    meanings: tuple[str, ...] = ()
    solutions: Solutions = ()


class Message(msgspec.Struct, frozen=True):
    """What linking needs to know of a message.

    Attributes:
        channel: Where it came in.
        handle_known: Whether the address was known to be the customer's before.
        thread: The provider's thread, if it names one.
        in_reply_to: The provider's id of the message it answers, if it names one.
        at: Epoch seconds at which the customer wrote it.
        features: Linking features.
        cues: What understanding found, such as thanks or not_solved.
        category: Taught category.
        references: Ids and order numbers that it says.
        words: How many words it has.
        subject: Its subject line; empty where the channel or the customer gives none.
        meaning: Its meaning, where the models gave any.
        solutions: Articles that fit it, with the confidence in each.
    """

    channel: str
    handle_known: bool
    thread: str | None
    in_reply_to: str | None
    at: float
    features: Features
    cues: tuple[str, ...]
    category: str | None
    references: tuple[str, ...]
    words: int
    subject: str = ""
    meaning: str | None = None
    solutions: Solutions = ()


SIGNALS = (
    "similarity",
    "meaning",
    "follow_up_meaning",
    "follow_up_solutions",
    "here",
    "here_slow",
    "here_at_once",
    "here_in_pace",
    "here_in_pace_latest",
    "here_in_pace_running",
    "here_in_pace_topical",
    "here_in_pace_opening",
    "here_in_pace_words",
    "here_latest",
    "here_age",
    "here_words",
    "away_age",
    "days_idle",
    "rank",
    "follow_up",
    "follow_up_strength",
    "follow_up_here",
    "follow_up_days_idle",
    "follow_up_fresh",
    "follow_up_rank",
    "away_on_its_own",
    "away_latest",
    "away_running",
    "away_opening",
    "away_words",
    "away_hollow",
    "names_its_channel",
    "names_another_channel",
    "names_another_was_here",
    "this_time_was_here",
    "this_time_elsewhere",
    "greeting",
    "greeting_at_once",
    "after_greeting",
    "acknowledging",
    "acknowledging_here",
    "opening",
    "opening_twice",
    "words",
    "few_words",
    "contacts",
    "running",
    "same_category",
    "other_category",
    "shared_reference",
    "unknown_handle",
    "contentless",
    "contentless_away",
    "awaited",
    "awaited_short",
    "thanks_after_reply",
    "not_solved_after_reply",
    "resolved",
    "same_subject",
    "other_subject",
    "other_thread",
)
"""Names of the signals, in the order in which `signals` gives them."""


def topic(features: Features) -> dict[int, float]:
    """What a message is about: its terms without cues, at unit length; may be empty."""
    about = {int(t): w for t, w in features if t not in CUES and w > 0}
    length = math.sqrt(sum(w * w for w in about.values()))
    return {t: w / length for t, w in about.items()} if length else {}


def _cosine(one: dict[int, float], other: Features) -> float:
    dot = length = 0.0
    for t, w in other:
        if t not in CUES:
            length += w * w
            dot += w * one.get(int(t), 0.0)
    return dot / math.sqrt(length) if length else 0.0


def _answered_alike(one: Solutions, other: Solutions) -> float:
    """How far the same articles fit both: the cosine of the confidences; 0 where one has none."""
    known = dict(other)
    lengths = math.sqrt(sum(c * c for _, c in one) * sum(c * c for _, c in other))
    return sum(c * known.get(name, 0.0) for name, c in one) / lengths if lengths else 0.0


def titled(subject: str) -> str:
    """A subject line without what mail programs put before it, for comparing."""
    return _PREFIXES.sub("", subject).strip().casefold()


def plainly(reference: str) -> str:
    """An id or a number as it is compared: "#AB-12" is "ab12"."""
    return _BETWEEN.sub("", reference).casefold()


def _only_greets(rows: Iterable[Features]) -> bool:
    return all(t in GREETING for row in rows for t, _ in row)


def signals(message: Message, candidates: Sequence[Candidate]) -> list[list[float]]:
    """Per candidate the values of `SIGNALS`, each about 0 to 10; 0 says nothing either way."""
    terms = frozenset(int(t) for t, _ in message.features)
    about = topic(message.features)
    alike = [[_cosine(about, row) for row in c.features] or [0.0] for c in candidates]

    meant = bits(message.meaning)
    near = [nearness(meant, c.meanings) for c in candidates]
    slow = PLATFORMS[message.channel].slow
    pace = PACE[slow]
    cues = len(terms & FOLLOW_UP)
    follows = float(cues > 0)
    spoken_of = {CHANNEL_WORDS[t] for t in terms if t in CHANNEL_WORDS}
    named = spoken_of - {message.channel}
    this_time = message.channel in spoken_of and terms >= THIS_TIME and terms.isdisjoint(COUNTING)
    greeting = float(bool(terms) and terms <= GREETING)
    nods = len(terms & ACKNOWLEDGING) / len(terms) if terms else 0.0
    asks = len(terms & OPENING)
    words = math.log2(1 + message.words)
    said = set(map(plainly, message.references))
    hollow = len(terms & EMPTY) / len(terms) if terms else 1.0
    thanks = "solved" in message.cues or ("thanks" in message.cues and hollow > HOLLOW)
    points = not terms.isdisjoint(POINTING)
    refers = bool(cues) or thanks or "not_solved" in message.cues or points or nods > HOLLOW
    contentless = float(hollow == 1.0 and refers and not greeting)

    opens = (asks > 0) * (1 - contentless)
    refers_only = max(follows, contentless)
    answers = float(cues < 2)  # whoever clearly comes back to something asks, and answers nothing
    unsolved = "not_solved" in message.cues and (cues < 2 or hollow == 1.0)  # nor means our answer
    title = titled(message.subject)

    rows = []
    for i, c in enumerate(candidates):
        gap = max(0.0, message.at - c.last_customer_at)
        age = math.log2(1 + gap / 60)
        days = min(gap / DAY, 7.0)
        here = float(c.channel == message.channel)
        was_here = message.channel in c.channels
        unsaid = (1 - here) * (1 - follows)  # whoever goes on without saying so
        elsewhere = here * (1 - refers_only)  # whoever refers to something may do so anywhere
        later = [d for d in candidates if d.last_customer_at > c.last_customer_at]
        latest = float(not any(d.channel == message.channel for d in later)) * here
        in_pace = here * (gap <= pace)
        at_once = here * (gap <= AT_ONCE)
        running = float(c.contacts > 1)
        rank = float(min(len(later), 4))
        replied = c.last_reply_at is not None and c.last_reply_at >= c.last_customer_at
        both = message.category is not None and c.category is not None
        rows.append(
            [
                sum(alike[i]) / len(alike[i]),
                near[i],
                follows * near[i],
                _answered_alike(message.solutions, c.solutions) if follows else 0.0,
                here,
                here * slow,
                at_once,
                in_pace,
                in_pace * latest,
                in_pace * running,
                in_pace * max(alike[i]),
                in_pace * opens,
                in_pace * words,
                latest,
                here * age,
                here * words,
                (1 - here) * age,
                days,
                rank,
                follows,
                float(min(cues, 3)),
                follows * here,
                follows * days,
                follows * (gap <= pace),
                follows * rank,
                (1 - here) * (1 - refers_only),
                unsaid * (not later),
                unsaid * running,
                unsaid * opens,
                unsaid * words,
                unsaid * hollow,
                follows * bool(named & set(c.channels)),
                follows * bool(named and not named & set(c.channels)),
                follows * bool(named) * was_here,
                follows * this_time * was_here,
                follows * this_time * (not was_here),
                greeting,
                greeting * at_once,
                in_pace * (1 - greeting) * _only_greets(c.features),
                float(nods > HOLLOW),
                here * nods,
                opens,
                opens * (asks > 1),
                words,
                float(message.words < 3),
                math.log2(1 + c.contacts),
                running,
                float(both and message.category == c.category),
                float(both and message.category != c.category),
                float(not said.isdisjoint(map(plainly, c.references))),
                float(not message.handle_known),
                contentless,
                contentless * (1 - here),
                answers * (c.last_reply_asked and replied),
                answers * (c.last_reply_asked and replied and message.words <= SHORT),
                float(thanks and replied),
                float(unsolved and (replied or c.resolved_at is not None)),
                float(c.resolved_at is not None),
                here * bool(title and title == titled(c.subject)),
                elsewhere * bool(title and c.subject and title != titled(c.subject)),
                elsewhere * (message.thread is not None and message.thread not in c.threads),
            ]
        )
    return rows
