"""What is measured of a played week."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from schemas.vocabulary import CHANNELS
from streams.simulating.week.assumptions import Assumptions
from streams.simulating.week.lives import Life
from streams.simulating.week.played import Played
from streams.simulating.week.system import Answer, Ledger, Packet

Figures = dict[str, float | None]
"""Figures of one week by name; None where there was nothing to count, or it is without end."""


QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))


def figures(played: Played, assumed: Assumptions) -> Figures:
    """The figures of a week, by name; those of the product only where it was the desk."""
    found = dict(_of_lives(played.lives, assumed))
    if played.ledger is not None:
        found |= _of_escalations(played.lives)
        found |= _of_ledger(played.ledger, played.lives)
    return found


def by_channel(played: Played, assumed: Assumptions) -> dict[str, Figures]:
    """First replies by the channel on which an issue began."""
    return {
        channel: dict(_of_replies(some, assumed))
        for channel in CHANNELS
        if (some := [one for one in played.lives if one.issue.said[0].channel == channel])
    }


def _of_lives(lives: Sequence[Life], assumed: Assumptions) -> Iterator[tuple[str, float | None]]:
    solved = [one for one in lives if one.outcome == "solved"]
    count = len(lives)
    yield "first_contact_resolution", _share(sum(one.contacts == 1 for one in solved), count)
    said = [one.contacts + one.answers + one.replies for one in solved]
    yield "within_two_interactions", _share(sum(one <= 2 for one in said), count)
    yield "solved", _share(len(solved), count)
    yield "given_up", _share(sum(one.outcome == "gave_up" for one in lives), count)
    yield "unanswered", _share(sum(one.first_reply is None for one in lives), count)
    yield from _of_replies(lives, assumed)
    transfers = sum(one.transfers for one in lives)
    repeats = sum(one.retried for one in lives)
    yield "transfers", _share(transfers, count)
    yield "repeats", _share(repeats, count)
    yield "handed_on", _share(transfers + repeats, count)
    yield "contacts", _share(sum(one.contacts for one in lives), count)
    worked = sum(one.worked for one in lives)
    yield "human_hours", worked / 3600.0
    yield "agent_efficiency", _share(worked - sum(one.rebuilding for one in lives), worked)


def _of_replies(lives: Sequence[Life], assumed: Assumptions) -> Iterator[tuple[str, float | None]]:
    waits = [(one.issue.said[0].arrives, _waited(one)) for one in lives]
    for prefix, some in (
        ("", [wait for _, wait in waits]),
        ("staffed_", [wait for began, wait in waits if assumed.staffed(began)]),
    ):
        for name, share in QUANTILES:
            yield f"{prefix}first_reply_{name}", quantile(some, share)


def _waited(life: Life) -> float:
    if life.first_reply is None:
        return math.inf
    return (life.first_reply - life.issue.said[0].arrives) / 60.0


def _of_escalations(lives: Sequence[Life]) -> Figures:
    escalated = [one for one in lives if one.escalated]
    needed = sum(one.issue.escalate for one in lives)
    right = sum(one.issue.escalate for one in escalated)
    return {
        "escalation_recall": _share(right, needed),
        "escalation_precision": _share(right, len(escalated)),
    }


def _of_ledger(ledger: Ledger, lives: Sequence[Life]) -> Figures:
    handed = [one for one in ledger.packets if one.handed_on]
    digits = [(fact, kept) for one in handed for fact, kept in one.facts if _has_digit(fact)]
    return {
        "routing_accuracy": _share(sum(ledger.routed.values()), len(ledger.routed)),
        "context_kept": _kept(handed),
        "figures_kept": _share(sum(kept for _, kept in digits), len(digits)),
        "facts_in_packets": _kept(ledger.packets),
        "strange_facts": float(sum(one.strange for one in ledger.packets)),
        **_of_answers(ledger.answers, lives),
        "visibility": _share(ledger.traced, ledger.messages),
    }


def _kept(packets: Iterable[Packet]) -> float | None:
    facts = [kept for one in packets for _, kept in one.facts]
    return _share(sum(facts), len(facts))


def _has_digit(text: str) -> bool:
    return any(one.isdigit() for one in text)


def _of_answers(answers: Sequence[Answer], lives: Sequence[Life]) -> Figures:
    sure = [one for one in answers if one.confidence > 0.9]
    answered = {one.issue.id for one in answers}

    def reached(kinds: set[str]) -> float | None:
        some = [one.issue.id for one in lives if one.issue.kind in kinds]
        return _share(sum(one in answered for one in some), len(some))

    return {
        "answer_precision": _share(sum(one.right for one in answers), len(answers)),
        "answer_precision_over_90": _share(sum(one.right for one in sure), len(sure)),
        "answer_coverage": reached({"kb"}),
        "answered": _share(len(answered), len(lives)),
        "false_answers_to_gaps": reached({"gap"}),
        "false_answers_to_others": reached({"action", "oos", "lang"}),
    }


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that a share of all are not above; None of none, or where it is without end."""
    if not values:
        return None
    found = sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
    return None if math.isinf(found) else found


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
