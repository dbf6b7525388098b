"""What would have made a decision come out otherwise, read from what was recorded of it.

Nothing is decided again and no model is asked: a decision names what it was held against, and the
policy that it names has the rest. What would have made no difference is not told, however near it
was: a number that was below its limit where a rule had decided, a proposal that another beats.
Where it takes two things together, the second begins with "and".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from agents.policy import Policy
from schemas.event import Candidate, Decision, Event
from schemas.events import choices, decisions
from schemas.events.drafts import DraftRequested
from schemas.vocabulary import priority_rank, rfc3339


class Otherwise(msgspec.Struct, frozen=True):
    """One thing that would have had to be otherwise.

    Attributes:
        what: What was held against a limit, or the rule that decided, by name.
        text: It in words.
        was: How much it was, where it is a number.
        needed: How much would have been needed, where it is a number.
    """

    what: str
    text: str
    was: float | None = None
    needed: float | None = None


def otherwise(
    event: Event, policy: Policy | None, understood: decisions.MessageUnderstood | None
) -> list[Otherwise]:
    """What would have made a decision come out otherwise; nothing for what is no decision.

    Args:
        event: What was decided.
        policy: The policy that it names, where it is known.
        understood: What was understood of the message that it was decided about.
    """
    if not isinstance(event, Decision):
        return []
    return [*_of(event, policy, understood)]


def _of(
    event: Decision, policy: Policy | None, understood: decisions.MessageUnderstood | None
) -> Iterator[Otherwise]:
    match event:
        case decisions.ContactLinked():
            yield from _linked(event)
        case decisions.IssueClassified():
            yield from _classified(event, policy)
        case decisions.PriorityChosen():
            yield from _prioritised(event, policy, understood)
        case decisions.RouteChosen():
            yield from _routed(event, policy, understood)
        case decisions.EscalationTriggered():
            yield from _escalated(event)
        case decisions.SolutionsFound():
            yield from _searched(event, policy)
        case decisions.AnswerChosen():
            yield from _answered(event, policy)
        case decisions.ContactHeld() if policy is not None:
            limit = policy.limits.flood_per_minute
            count = event.contacts_in_window
            yield Otherwise(
                "contacts", f"{count} contacts within a minute, held above {limit}", count, limit
            )
        case decisions.VipRecognised() if event.threshold is not None:
            yield _held("lifetime value", event.lifetime_value, "VIP above", event.threshold)
        case decisions.IntentRefused():
            yield Otherwise(event.reason, event.remedy)
        case choices.SpecialistChosen():
            yield from _chosen(event)
        case choices.AvailabilityChecked() if event.next_specialist_id and event.next_at:
            yield Otherwise(
                "next", f"{event.next_specialist_id} is free from {rfc3339(event.next_at)} on"
            )
        case choices.CommonIssueFound() if event.threshold is not None:
            yield from _surged(event, event.threshold, policy)
        case choices.InsightRaised() if (
            event.confidence is not None and event.threshold is not None
        ):
            yield _held("share", event.confidence, "told above", event.threshold)
        case DraftRequested() if event.confidence is not None and event.threshold is not None:
            yield _held("confidence", event.confidence, "drafted from", event.threshold)
        case _:  # the others weigh nothing that could have come out otherwise
            return


def _held(what: str, was: float, word: str, limit: float, *, besides: bool = False) -> Otherwise:
    """A number beside its limit, with so many digits that they can be told apart.

    Args:
        what: What was held against the limit.
        was: How much it was.
        word: What the limit means.
        limit: The limit.
        besides: Whether what was told before it would not have been enough.
    """
    digits = next((n for n in (2, 3, 4) if f"{was:.{n}f}" != f"{limit:.{n}f}"), 2)
    text = f"{what} {was:.{digits}f}, {word} {limit:.{digits}f}"
    return Otherwise(what, f"and {text}" if besides else text, was, limit)


def _runner_up(candidates: Iterable[Candidate], winner: str | None) -> Iterator[Otherwise]:
    """Who came next after the winner."""
    by_name = {one.name: one for one in candidates}
    won = by_name.pop(winner or "", None)
    if won is None or not by_name:
        return
    best = max(by_name.values(), key=lambda one: one.score)
    yield Otherwise(
        "runner-up",
        f"{best.name} came next with {best.score:.2f}, behind {won.score:.2f}",
        best.score,
        won.score,
    )


def _linked(event: decisions.ContactLinked) -> Iterator[Otherwise]:
    if not event.candidates:
        yield Otherwise("candidates", "there was no open ticket that it could belong to")
        return
    if event.rule not in {"score", "new"}:
        yield Otherwise(event.rule, f"{event.rule} alone decided; nothing was weighed")
        return
    belongs = sum(one.score for one in event.candidates)
    yield _held("belonging to some open ticket", belongs, "needed above", event.threshold or 0.0)
    if event.rule == "new":
        likeliest = event.candidates[0]
        yield Otherwise(
            "likeliest", f"{likeliest.name} was likeliest with {likeliest.score:.2f}",
            likeliest.score,
        )  # fmt: skip
    else:
        yield from _runner_up(event.candidates, event.ticket_id)


def _classified(event: decisions.IssueClassified, policy: Policy | None) -> Iterator[Otherwise]:
    if event.confidence is None:
        yield Otherwise("categories", "no category was taught that could fit")
        return
    sure = event.threshold is None or event.confidence >= event.threshold
    foreign = "out_of_scope" in event.reasons
    if event.out_of_scope is not None and policy is not None and (foreign or sure):
        limit = policy.thresholds.out_of_scope
        yield _held("out of scope", event.out_of_scope, "no category fits above", limit)
    if event.threshold is not None and not (foreign and sure):
        yield _held("confidence", event.confidence, "needed", event.threshold, besides=foreign)
    yield from _runner_up(event.candidates, event.category)


def _prioritised(
    event: decisions.PriorityChosen,
    policy: Policy | None,
    understood: decisions.MessageUnderstood | None,
) -> Iterator[Otherwise]:
    proposals = [one.name.partition(":")[::2] for one in event.candidates]
    without = next((one for one in proposals if one[1] != event.priority), None)
    winners = [source for source, priority in proposals if priority == event.priority]
    if without is not None:
        yield Otherwise(
            "proposals", f"without {' and '.join(winners)} it would be {without[1]} ({without[0]})"
        )
    proposed = {source for source, _ in proposals}
    if understood is not None and policy is not None:
        limits, tone = policy.thresholds, understood.sentiment_score
        if "tone" not in proposed and _beats("high", event):
            yield _held("tone", tone, "proposes high below", limits.negative_tone)
        unseen = None if "category" in proposed else understood.unseen_priority
        if "unseen_issue" not in proposed and unseen is not None and _beats("urgent", event):
            yield _held(
                "unseen issue", unseen, "proposes urgent, where no category fits, from",
                limits.unseen_priority,
            )  # fmt: skip
    if "vip" not in proposed and _beats("urgent", event):
        yield Otherwise("vip", "the customer is no VIP, which proposes urgent")


def _beats(priority: str, event: decisions.PriorityChosen) -> bool:
    """Whether a proposal would have won."""
    return priority_rank(priority) > priority_rank(event.priority)


def _routed(
    event: decisions.RouteChosen,
    policy: Policy | None,
    understood: decisions.MessageUnderstood | None,
) -> Iterator[Otherwise]:
    if "default_team" in event.reasons:
        yield Otherwise("team", "neither the policy nor what was taught names a team for it")
    if understood is None or policy is None:
        return
    tone = understood.sentiment_score
    if not event.senior:
        yield _held("tone", tone, "somebody senior below", policy.routing.senior_below)
    if tone >= policy.thresholds.negative_tone:
        limit = policy.thresholds.negative_tone
        yield _held("negative_sentiment at", tone, "triggers below", limit)


_CUES = {
    "complaint": "the message complains, or threatens with the law or with leaving",
    "asked_for_person": "the customer asks for a person",
    "vip": "the customer is a VIP",
    "critical_priority": "the priority is critical",
    "workflow_failure": "an agent failed on the message",
}


def _escalated(event: decisions.EscalationTriggered) -> Iterator[Otherwise]:
    tone = next((one.score for one in event.candidates if one.name == "tone"), None)
    for trigger in event.triggers:
        if trigger == "negative_sentiment" and tone is not None and event.threshold is not None:
            yield _held("negative_sentiment at", tone, "triggers below", event.threshold)
        elif trigger in _CUES:
            yield Otherwise(trigger, _CUES[trigger])
    quiet = "negative_sentiment" not in event.triggers
    if quiet and tone is not None and event.threshold is not None:
        yield _held("negative_sentiment at", tone, "triggers below", event.threshold)


_OFFERS = {
    "enough_answers": "the ticket had as many automatic answers as the policy allows",
    "offered_before": "every article that was found had been offered on the ticket before",
    "nothing_found": "no article was found",
    "article_is_gone": "the article is no longer published",
    "other_language": "the article is in another language than the message",
}


def _searched(event: decisions.SolutionsFound, policy: Policy | None) -> Iterator[Otherwise]:
    stood = len(event.reasons)
    for reason in event.reasons:
        if reason in _OFFERS:
            yield Otherwise(reason, _OFFERS[reason])
        elif reason.startswith("banned_"):
            name = reason.removeprefix("banned_")
            yield Otherwise(reason, f"after {name} a person answers, never an article")
        else:
            stood -= 1
    sure = event.confidence
    if sure is None or event.threshold is None:
        return
    suggest = event.threshold if event.outcome == "suggest" else None
    answer = None if event.outcome == "suggest" else event.threshold
    if policy is not None:
        suggest, answer = policy.thresholds.suggest, policy.thresholds.auto_answer
    if suggest is not None and event.outcome != "answer" and not (stood and sure >= suggest):
        yield _held("confidence", sure, "offered from", suggest, besides=bool(stood))
    if answer is not None and not stood:
        yield _held("confidence", sure, "answers alone above", answer)


def _answered(event: decisions.AnswerChosen, policy: Policy | None) -> Iterator[Otherwise]:
    if policy is None or event.confidence is None:
        return
    limit = policy.thresholds.auto_resolution
    yield _held("confidence", event.confidence, "may resolve the ticket above", limit)


_HINDRANCES = {
    "full": "had no room for one more",
    "off_duty": "was off duty",
    "unavailable": "was not available",
}


def _chosen(event: choices.SpecialistChosen) -> Iterator[Otherwise]:
    free = [one for one in event.candidates if one.note is None]
    yield from _runner_up(free, event.specialist_id)
    chosen = next((one for one in free if one.name == event.specialist_id), None)
    for one in event.candidates:
        if one.note in _HINDRANCES and (chosen is None or _fits_better(one, chosen)):
            told = f"{one.name}, who fits with {one.score:.2f}, {_HINDRANCES[one.note]}"
            yield Otherwise("not free", told, one.score)
    if "no_specialists" in event.reasons:
        yield Otherwise("people", "nobody works at the desk")


def _fits_better(hindered: Candidate, chosen: Candidate) -> bool:
    """Whether somebody would have been chosen, had they been free; room alone counts as well."""
    if hindered.score == chosen.score:
        return hindered.note == "full" or hindered.name < chosen.name
    return hindered.score > chosen.score


def _surged(
    event: choices.CommonIssueFound, factor: float, policy: Policy | None
) -> Iterator[Otherwise]:
    if event.expected:
        times = event.in_window / event.expected
        yield _held("times the usual", times, "told from", factor)
    if policy is not None:
        least = policy.analytics.surge_minimum
        yield Otherwise(
            "contacts", f"{event.in_window} contacts, told from {least}", event.in_window, least
        )
