"""What each figure of a simulated week means."""

from __future__ import annotations

from typing import Literal, NamedTuple

Unit = Literal["share", "minutes", "hours", "number"]


class Measure(NamedTuple):
    """One figure.

    Attributes:
        name: Its name.
        unit: In which unit; a share is of 1.
        says: What it means.
    """

    name: str
    unit: Unit
    says: str


MEASURES = (
    Measure(
        "first_contact_resolution",
        "share",
        "solved, with exactly one contact of the customer (what is split or delivered twice counts"
        " once) and none in the seven days after; of all issues of all kinds, those given up and"
        " those left open included",
    ),
    Measure(
        "within_two_interactions",
        "share",
        "solved with at most two interactions, a contact and a reply; receipts and suggestions are"
        " none",
    ),
    Measure("solved", "share", "solved in the end, however often the customer had to write"),
    Measure("given_up", "share", "given up by the customer after a reply that did not help"),
    Measure("unanswered", "share", "nobody ever took it up, and no article came"),
    Measure(
        "first_reply_p50",
        "minutes",
        "from the first message to an automatic answer, or to when a person who can solve it takes"
        " it up; receipts and suggestions do not count; all hours: the median",
    ),
    Measure("first_reply_p90", "minutes", "the same: the 90th percentile"),
    Measure("first_reply_p99", "minutes", "the same: the 99th percentile"),
    Measure(
        "staffed_first_reply_p50",
        "minutes",
        "the same, of issues that begin while people are at work: the median",
    ),
    Measure("staffed_first_reply_p90", "minutes", "the same: the 90th percentile"),
    Measure("staffed_first_reply_p99", "minutes", "the same: the 99th percentile"),
    Measure(
        "transfers",
        "number",
        "passed on by a person to whom it came by mistake, an issue",
    ),
    Measure(
        "repeats",
        "number",
        "the customer came back because what a person did had not helped, an issue",
    ),
    Measure("handed_on", "number", "transfers and repeats together, an issue"),
    Measure("contacts", "number", "how often the customer turned to us, an issue"),
    Measure("human_hours", "hours", "for how long people had issues in hand, in sum"),
    Measure(
        "agent_efficiency",
        "share",
        "of these hours, those that did not go into asking again what had been said before;"
        " modelled",
    ),
    Measure(
        "escalation_recall",
        "share",
        "of the issues that must come to somebody with authority, those that were escalated",
    ),
    Measure("escalation_precision", "share", "of the escalated issues, those that had to be"),
    Measure(
        "routing_accuracy",
        "share",
        "of the issues that take a specialist and came to a person, those that came to the right"
        " team at first, and were taken for the right language",
    ),
    Measure(
        "context_kept",
        "share",
        "of the facts that customers had given when an issue was handed over (somebody had dealt"
        " with it before, or it changed channel), those in the packet that went along",
    ),
    Measure(
        "figures_kept",
        "share",
        "the same of facts that have a digit in them: numbers, amounts, dates, references",
    ),
    Measure("facts_in_packets", "share", "the same as context kept, of all packets"),
    Measure("strange_facts", "number", "facts of other people in packets, in sum"),
    Measure(
        "answer_precision",
        "share",
        "of the automatic answers, those with the article that answers the issue; an issue that"
        " none answers counts as wrong",
    ),
    Measure("answer_precision_over_90", "share", "the same of answers that were surer than 0.9"),
    Measure(
        "answer_coverage",
        "share",
        "of the issues that an article answers, those that got an automatic answer",
    ),
    Measure("answered", "share", "of all issues, those that got an automatic answer"),
    Measure(
        "false_answers_to_gaps",
        "share",
        "of the issues whose article is missing, those that got an automatic answer",
    ),
    Measure(
        "false_answers_to_others",
        "share",
        "the same of actions, of what is out of scope, and of what is in another language",
    ),
    Measure(
        "visibility",
        "share",
        "of the messages that came in, those that a recorded decision put into exactly one ticket",
    ),
)
