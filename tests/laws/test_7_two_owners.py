"""Law 7 for two owners. The commit protocol loses and doubles nothing, in every interleaving.

Here the protocol is a model, gone through to the end; `test_7_two_owners_real.py` holds the code
against it.
"""

from __future__ import annotations

import pytest

from tests.commit_protocol import GUARDS, Protocol
from tests.interleaving import explore

BREAKS = {
    "compare epochs": "the last who claimed is fenced",
    "compare positions": "what is no repeat looks like one",
    "claim before draining": "something stays in the outbox",
    "drain before deciding": "something stays in the outbox",
    "durable before sending": "the log has what the database may forget, or has forgotten",
    "acknowledged before the next is sent": "what is no repeat looks like one",
    "acknowledged before rows go": "a reader folds something else than was decided",
}
"""What goes wrong first without each guard."""


@pytest.mark.parametrize(
    ("owners", "records", "outputs", "attempts"),
    [(2, 3, 1, 0), (2, 2, 2, 0), (2, 2, 1, 1), (3, 2, 1, 0)],
)
def test_whatever_happens_between_any_two_steps_readers_fold_what_was_decided(
    owners: int, records: int, outputs: int, attempts: int
) -> None:
    found = explore(Protocol(owners, records, outputs, crashes=1, attempts=attempts))
    assert (found.broken, found.steps) == (None, ())
    assert found.ends > 1


@pytest.mark.parametrize("guard", GUARDS)
def test_without_any_one_of_its_guards_the_protocol_breaks(guard: str) -> None:
    found = explore(Protocol(without=guard))
    assert found.broken == BREAKS[guard], found.steps


def test_a_single_owner_needs_no_more_than_what_it_does_alone() -> None:
    """The guards are for others: alone and never stopped, an owner takes one way to one end."""
    found = explore(Protocol(owners=1, crashes=0, attempts=0))
    assert (found.broken, found.ends) == (None, 1)
