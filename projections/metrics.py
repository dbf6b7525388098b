"""The metrics: every definition of each, with its formula, its unit and where it comes from.

This list is all there is: the view `v1_metrics` is made of it, the reference page is, and
`pactdesk metrics --explain` prints it. A definition that was published stays as it is; another way
to count is another version beside it. Both are computed from the tables, so that a new one holds
for the whole history from its first day on.
"""

from __future__ import annotations

from projections.definition import ONE, Definition

_TAKEN = "CAST(taken AS DOUBLE PRECISION) / 60000000.0"

_HALF, _NINE_OF_TEN = "(times + 1) / 2", "(9 * times + 9) / 10"
"""Places of the median and of the 90th percentile, by whole-number division: the least time that so
large a share does not exceed."""

_CALENDAR = "p_tickets.resolution_time_minutes, from the opening to the last resolution"
_DESK = "p_tickets.desk_milliseconds, of tickets with resolved_at"
_OUR_TURN = (
    "Only the time counts in which it was the desk's turn: not while the customer was waited for,"
    " while the ticket was snoozed, or while it was solved before it was reopened."
)
_ASKED = (
    "A conversation that the desk began has its first message at once and waits for nobody: only"
    " tickets that a customer began count."
)
_FIRST_REPLY = "p_tickets.first_reply_minutes; automatic answers count"


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "total_tickets",
        "v1",
        "tickets",
        "tickets",
        "one",
        "tickets",
        ONE,
        "counted",
        "p_tickets",
        note="A ticket that was merged into another counts with that one, here and below.",
    ),
    Definition(
        "resolved_tickets",
        "v1",
        "tickets",
        "tickets that were solved",
        "one",
        "resolved",
        ONE,
        "counted",
        "p_tickets.resolved_at",
        note="As it stands: a ticket that was reopened is not solved until it is so again.",
    ),
    Definition(
        "resolution_rate",
        "v1",
        "share",
        "tickets that were solved",
        "tickets",
        "resolved",
        "tickets",
        "counted",
        "p_tickets.resolved_at",
    ),
    Definition(
        "average_resolution_time_minutes",
        "v1",
        "minutes",
        "minutes from opening to resolution, summed",
        "tickets that were solved",
        "minutes",
        "timed",
        "counted",
        _CALENDAR,
        note="By the calendar: nights, and the time that the customer took, count.",
    ),
    Definition(
        "average_resolution_time_minutes",
        "v2",
        "minutes",
        "minutes of the desk's turn until resolution, summed",
        "tickets that were solved",
        "desk_minutes",
        "resolved",
        "counted",
        _DESK,
        note=_OUR_TURN,
    ),
    Definition(
        "median_resolution_time_minutes",
        "v1",
        "minutes",
        "minutes from opening to resolution that half of the solved tickets did not exceed",
        "one",
        _TAKEN,
        ONE,
        "resolutions_in_order",
        _CALENDAR,
        place=_HALF,
    ),
    Definition(
        "median_resolution_time_minutes",
        "v2",
        "minutes",
        "minutes of the desk's turn that half of the solved tickets did not exceed",
        "one",
        _TAKEN,
        ONE,
        "desk_times_in_order",
        _DESK,
        note=_OUR_TURN,
        place=_HALF,
    ),
    Definition(
        "p90_resolution_time_minutes",
        "v1",
        "minutes",
        "minutes from opening to resolution that nine of ten solved tickets did not exceed",
        "one",
        _TAKEN,
        ONE,
        "resolutions_in_order",
        _CALENDAR,
        place=_NINE_OF_TEN,
    ),
    Definition(
        "p90_resolution_time_minutes",
        "v2",
        "minutes",
        "minutes of the desk's turn that nine of ten solved tickets did not exceed",
        "one",
        _TAKEN,
        ONE,
        "desk_times_in_order",
        _DESK,
        note=_OUR_TURN,
        place=_NINE_OF_TEN,
    ),
    Definition(
        "customer_satisfaction",
        "v1",
        "points",
        "ratings, 1 to 5, summed",
        "ratings",
        "satisfaction",
        "ratings",
        "counted",
        "p_tickets.satisfaction_score",
        note="The last rating of each ticket that has one.",
    ),
    Definition(
        "channel_distribution",
        "v1",
        "share",
        "tickets that began on the segment's channel",
        "tickets",
        "tickets",
        "of_all",
        "shares",
        "p_tickets.channel",
        cut="by channel",
    ),
    Definition(
        "escalation_rate",
        "v1",
        "share",
        "tickets that were ever escalated",
        "tickets",
        "escalated",
        "tickets",
        "counted",
        "p_tickets.escalated_at",
        note="Ever: that a ticket was escalated stays when its status moves on.",
    ),
    Definition(
        "first_contact_resolution",
        "v1",
        "share",
        "solved tickets whose customer had to write only once, never reopened",
        "tickets",
        "first_contact",
        "tickets",
        "counted",
        "p_tickets.contacts_at_resolution, reopened, resolved_at",
        note="Of all tickets, open ones too: it rises by itself while they are worked off.",
    ),
    Definition(
        "first_contact_resolution",
        "v2",
        "share",
        (
            "solved tickets whose customer had to write only once, never reopened, without another"
            " ticket of the same category within seven days"
        ),
        "tickets that were solved",
        "first_contact",
        "resolved",
        "for_good",
        "p_tickets.contacts_at_resolution, reopened, resolved_at; their customers' later tickets",
        note=(
            "Strict, and of what is solved. What was solved less than seven days ago counts until"
            " its customer comes back."
        ),
    ),
    Definition(
        "first_reply_minutes",
        "v1",
        "minutes",
        "minutes from opening to the first answer, summed",
        "tickets that got an answer",
        "first_reply",
        "first_replies",
        "counted",
        _FIRST_REPLY,
    ),
    Definition(
        "first_reply_minutes",
        "v2",
        "minutes",
        "minutes from opening to the first answer, summed",
        "tickets begun by a customer that got an answer",
        "answered",
        "answers",
        "counted",
        f"{_FIRST_REPLY}; p_tickets.origin",
        note=_ASKED,
    ),
    Definition(
        "median_first_reply_minutes",
        "v1",
        "minutes",
        (
            "minutes to the first answer that half of the answered tickets begun by a customer did"
            " not exceed"
        ),
        "one",
        _TAKEN,
        ONE,
        "answers_in_order",
        f"{_FIRST_REPLY}; p_tickets.origin",
        note=_ASKED,
        place=_HALF,
    ),
    Definition(
        "p90_first_reply_minutes",
        "v1",
        "minutes",
        (
            "minutes to the first answer that nine of ten answered tickets begun by a customer did"
            " not exceed"
        ),
        "one",
        _TAKEN,
        ONE,
        "answers_in_order",
        f"{_FIRST_REPLY}; p_tickets.origin",
        note=_ASKED,
        place=_NINE_OF_TEN,
    ),
    Definition(
        "reopen_rate",
        "v1",
        "share",
        "tickets that were opened again",
        "tickets",
        "reopened",
        "tickets",
        "counted",
        "p_tickets.reopened",
    ),
    Definition(
        "reopen_rate",
        "v2",
        "share",
        "tickets that were opened again",
        "tickets that are solved or were opened again",
        "reopened",
        "ever_resolved",
        "counted",
        "p_tickets.reopened, resolved_at",
        note=(
            "Tickets that were never done with do not dilute it. One that was closed without being"
            " solved counts once it is opened again."
        ),
    ),
    Definition(
        "automatic_share",
        "v1",
        "share",
        "tickets that an article answered without a person",
        "tickets",
        "automatic",
        "tickets",
        "counted",
        "p_tickets.automatic",
    ),
    Definition(
        "recontact_rate_7d",
        "v1",
        "share",
        (
            "solved tickets that were reopened, or after which the customer opened another of the"
            " same category within seven days"
        ),
        "tickets that were solved",
        "again",
        "resolved",
        "back",
        "p_tickets.resolved_at, reopened; their customers' later tickets",
        cut="in total",
    ),
    Definition(
        "sla_met",
        "v1",
        "share",
        "targets that were met",
        "targets that were met or missed",
        "met",
        "ended",
        "sla",
        "p_sla.met, missed, calendar_version",
        cut="by calendar",
        note=(
            "A ticket that was reopened has its targets anew; what was met or missed before counts"
            " too, under the calendar that they were started under last."
            " Another calendar would have promised something else: by calendar it is a definition"
            " of its own, `v1/` and the calendar."
        ),
        versions="definition",
    ),
    Definition(
        "context_kept",
        "v1",
        "share",
        "facts that a hand-over carried along",
        "facts that there were",
        "kept",
        "given",
        "context",
        "p_handovers.kept, given",
        cut="in total",
    ),
)

METRICS: tuple[str, ...] = tuple(dict.fromkeys(one.metric for one in DEFINITIONS))
"""The names of the metrics."""

VERSIONS: tuple[str, ...] = tuple(sorted({one.version for one in DEFINITIONS}))
"""The versions that some metric has."""


def definitions_of(metric: str) -> tuple[Definition, ...]:
    """The definitions of a metric, the first one first; none of one that there is not."""
    return tuple(one for one in DEFINITIONS if one.metric == metric)


_COLUMNS = """SELECT metric COLLATE BINARY AS metric, definition COLLATE BINARY AS definition,
       period, segment, value, numerator, denominator FROM"""
"""Around all definitions, not in each: one whose name has an order of its own, PostgreSQL works out
even where a WHERE leaves it out."""


def view(relations: str) -> str:
    """The statement of the view `v1_metrics`.

    Args:
        relations: The text of `tables/metrics.sql`, without lines of comment.
    """
    selects = "\nUNION ALL ".join(one.select for one in DEFINITIONS)
    return "\n".join(
        (f"CREATE VIEW v1_metrics AS\n{relations}", _COLUMNS, f"({selects}", ") AS every")
    )
