"""What may be asked why: by its name, a metric's row; by its id, anything else."""

from __future__ import annotations

from streams.why import chains, metric
from streams.why.lookup import Lookup
from streams.why.shown import Tree


def why(lookup: Lookup, ask: metric.Ask, subject: str, field: str | None = None) -> Tree:
    """The causes of a subject.

    Args:
        lookup: Finds entries of the log.
        ask: Asks the views.
        subject: What `streams.why.metric.named` reads, or the id of something in the log.
        field: A column of v1_tickets, where the subject is a ticket.

    Raises:
        NotFound: There is no such thing.
    """
    if not subject.startswith(metric.PREFIX):
        return chains.why(lookup, subject, field)
    return metric.of_metric(lookup, ask, metric.named(subject), field)
