"""The words that decisions are written in: queries and dashboards look for them by name."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from schemas.event import Event
from tests.full_life import full_life
from tests.histories import play

ASKED_OF_DESK = "asked_by_name capacity senior team"
ALERTS = "attention delivery escalation flood follow_up nobody_free priority sla_breach sla_warning"
COUNTED = "automatic_answer contact escalation rejected_answer reply resolution"
REPLIES = "agent_reply answer confirmation follow_up notice opening suggestion survey"

WORDS = {
    "AccountManagerNotified.reasons": "vip",
    "AnswerChosen.reasons": "above_auto_answer",
    "ArticleAdopted.outcome": "adopted retired",
    "AvailabilityChecked.outcome": "free nobody_free",
    "AvailabilityChecked.reasons": "nobody_free",
    "CommonIssueFound.outcome": "surge",
    "CommonIssueFound.reasons": "above_usual",
    "ConfirmationRequested.outcome": "confirm",
    "ConfirmationRequested.reasons": "asked_for ticket_opened",
    "ContactAccepted.outcome": "accepted",
    "ContactHeld.outcome": "held",
    "ContactHeld.reasons": "flood flood_begins",
    "ContactLinked.outcome": "existing new",
    "ContactLinked.reasons": "new score thread",
    "ContactLinked.rule": "new score thread",
    "ContactRejected.outcome": "rejected",
    "ContactRejected.reasons": "empty out_of_office",
    "ContextTransferred.reasons": "asked_for assigned",
    "CustomerNotified.kind": "follow_up notice",
    "CustomerNotified.outcome": "follow_up notice",
    "CustomerNotified.reasons": "asked_for follow_up_due noticed_first",
    "CustomerRecognised.outcome": "known unidentified",
    "CustomersMerged.outcome": "merged",
    "CustomersMerged.reasons": "asked",
    "CustomersUnmerged.outcome": "unmerged",
    "CustomersUnmerged.reasons": "asked",
    "EscalationTriggered.outcome": "escalate",
    "EscalationTriggered.reasons": "complaint negative_sentiment vip",
    "ExampleLearned.outcome": "learned",
    "ExampleLearned.reasons": "confirmed_by_customer",
    "FollowUpScheduled.outcome": "scheduled",
    "FollowUpScheduled.reasons": "after_answer asked_for",
    "HistoryExtended.outcome": "call contact",
    "IdentityLinked.outcome": "linked",
    "IdentityLinked.reasons": "merged",
    "IdentityUnlinked.outcome": "unlinked",
    "IdentityUnlinked.reasons": "unmerged",
    "InsightRaised.kind": "many_escalations surge",
    "InsightRaised.outcome": "many_escalations surge",
    "InsightRaised.reasons": "above_usual share_too_high",
    "IntentRefused.outcome": "refused",
    "IntentRefused.reason": "already_assigned already_escalated not_merged not_resolved",
    "IntentRefused.reasons": "already_assigned already_escalated not_merged not_resolved",
    "InteractionMeasured.kind": COUNTED,
    "InteractionTracked.kind": COUNTED,
    "InteractionTracked.outcome": COUNTED,
    "IssueClassified.outcome": "billing uncategorised",
    "IssueClassified.reasons": "likeliest_category no_category_fits",
    "MessageAdded.direction": "in none out",
    "MessageAdded.interaction_type": "agent_response customer_message note system_action",
    "MessageAdded.kind": f"{REPLIES} message note",
    "MessageUnderstood.outcome": "billing understood",
    "PriorityChosen.outcome": "high medium urgent",
    "PriorityChosen.reasons": "category default product_signal vip",
    "ReplyRequested.kind": REPLIES,
    "ReplyRequested.outcome": REPLIES,
    "ResolutionMeasured.outcome": "measured",
    "RouteChosen.reasons": "default_team language taught_category tone_to_senior vip_to_senior",
    "SatisfactionScored.outcome": "improving steady unknown",
    "SatisfactionScored.reasons": "ratings_and_tones tones",
    "SatisfactionScored.trend": "improving steady unknown",
    "SlaBreached.target": "first_reply resolution",
    "SlaMet.target": "first_reply resolution",
    "SlaStarted.target": "first_reply resolution",
    "SlaWarned.target": "first_reply resolution",
    "SolutionSuggested.reasons": "above_suggest",
    "SolutionTracked.outcome": "accepted rejected shown",
    "SolutionsFound.outcome": "answer none suggest",
    "SolutionsFound.reasons": "above_auto_answer above_suggest no_message nothing_found",
    "SpecialistAssigned.reasons": ASKED_OF_DESK,
    "SpecialistChosen.outcome": "bo cy dee nobody",
    "SpecialistChosen.reasons": f"{ASKED_OF_DESK} nobody_free",
    "SpecialistUnavailable.reasons": "nobody_free still_waiting",
    "SurveyRequested.outcome": "asked",
    "SurveyRequested.reasons": "resolved",
    "TeamAlertRequested.alert_type": ALERTS,
    "TeamAlertRequested.reasons": ALERTS,
    "TicketAssigned.reason": ASKED_OF_DESK,
    "TicketAwaitsCustomer.reason": "agent_reply answer opening",
    "TicketClosed.reason": "asked time_passed",
    "TicketOpened.origin": "contact person signal split",
    "TicketResolved.reason": "asked confirmed no_answer_from_customer",
    "TicketStarted.reason": "assigned customer_wrote",
    "TicketWoken.reason": "customer_wrote",
    "VipRecognised.outcome": "no_vip vip",
    "VipRecognised.reasons": "lifetime_value",
}
"""What each of these says in the long history: neither another word, nor one less."""

TEXTS = {
    "AccountManagerNotified.text": "Ann is a VIP and has a ticket that needs attention: How do I",
    "AnswerChosen.text": "This should help: Passwords\n\nUse the link.",
    "ConfirmationRequested.text": "Thank you for writing. We have your message and a colleague",
    "ContextTransferred.summary": "Ann: Several crashes noticed; high, uncategorised; 0 messages",
    "CustomerNotified.text": "We wanted to make sure that all is well: did our last answer help?",
    "EscalationNotified.text": "An escalated urgent ticket is yours: Ann (VIP): How do I log in",
    "InsightRaised.text": "10 of 10 tickets about billing were escalated this week",
    "IntentRefused.remedy": "assign it to somebody, or alert the team",
    "ReplyRequested.subject": "Re: How do I log in",
    "SolutionSuggested.text": "Did you mean: Passwords?\n\nUse the link.\n\nA colleague will look",
    "SpecialistRequested.summary": (
        "Ann: How do I log in; medium, uncategorised; 2 messages by email; offered a2"
    ),
    "SurveyRequested.text": "We are glad that this is settled. How did we do, from 1 (bad) to 5",
    "TeamAlertRequested.text": "nobody is free, and nobody is known to come: How do I log in",
    "TicketOpened.subject": "Several crashes noticed",
    "TicketOpened.description": "4 crashes of late, the last one: app_crash",
}
"""How something begins that each of these says in the long history, for people to read."""


NOTICED = "Uns ist aufgefallen, dass die App bei Ihnen zuletzt mehrmals abgestürzt ist."
"""How we write first, to somebody of whom it is known that they speak German."""


@cache
def said() -> dict[str, set[str]]:
    """Every value of every field that holds text, by event and field."""
    found = defaultdict[str, set[str]](set)
    for event in (record.event for one in play(full_life()).turns for record in one.said):
        for field in type(event).model_fields:
            found[f"{type(event).__name__}.{field}"] |= texts_of(event, field)
    return found


def texts_of(event: Event, field: str) -> set[str]:
    value = getattr(event, field)
    return {one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)}


def test_decisions_are_written_in_the_words_that_queries_know() -> None:
    assert {field: said()[field] for field in WORDS} == {
        field: set(words.split()) for field, words in WORDS.items()
    }


def test_what_people_read_is_said_as_it_should_be() -> None:
    missing = [
        field
        for field, begins in TEXTS.items()
        if not any(one.startswith(begins) for one in said()[field])
    ]
    assert missing == []
    assert any(one.startswith(NOTICED) for one in said()["CustomerNotified.text"])
