"""An agent that raises loses nothing and stops nobody: the workflow fails, a person is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.agent import Agent
from agents.roster import ROSTERS
from agents.world import World
from schemas.event import Event
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ContactAccepted, WorkflowFailed
from schemas.record import Record
from streams.desk import Desk
from streams.embedded.rebuild import verify
from tests.stores import a_desk

CONTACT = {"channel": "email", "customer_id": "ann", "message": "Where is my parcel?"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


def fail(
    monkeypatch: pytest.MonkeyPatch, kinds: set[type[Event]], names: set[str] | None = None
) -> None:
    """Let agents raise on some events: all of them, or those of some names."""

    def broken(agent: Agent) -> Agent:
        def decide(record: Record, state: object, world: World) -> Iterable[Event]:
            if type(record.event) in kinds and (names is None or agent.name in names):
                raise RuntimeError("out of order")
            return agent.decide(record, state, world)

        return replace(agent, decide=decide)

    roster = tuple(broken(agent) for agent in ROSTERS["customer"])
    monkeypatch.setitem(ROSTERS, "customer", roster)


def failures(desk: Desk) -> list[WorkflowFailed]:
    return [r.event for r in desk.events() if isinstance(r.event, WorkflowFailed)]


def test_a_failing_agent_is_named_the_message_is_kept_and_a_person_is_called(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        fail(broken, {ContactAccepted})
        desk.produce(CONTACT)
        desk.run()
    (failure,) = failures(desk)
    assert failure.record_type == "ContactAccepted"
    assert failure.error == "RuntimeError: out of order"
    (ticket,) = desk.query("SELECT status, escalation_reasons, description FROM v1_tickets")
    assert ticket["status"] == "escalated"
    assert "workflow_failure" in ticket["escalation_reasons"]
    assert ticket["description"] == "Where is my parcel?"
    said = [record.type for record in desk.events(topic="support.decisions.v1")]
    assert said[0] == "WorkflowFailed", "nothing of the failed turn is kept"
    assert verify(desk.database)["clean"]


def test_the_worker_goes_on_when_the_answer_to_a_failure_fails_as_well(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        fail(broken, {ContactReceived, WorkflowFailed})
        desk.produce(CONTACT, {**CONTACT, "message": "Again", "customer_id": "bo"})
        assert desk.run() >= 2
    assert len(failures(desk)) == 2
    desk.produce({**CONTACT, "message": "And now?", "customer_id": "cy"})
    desk.run()
    (row,) = desk.query("SELECT customer_id FROM v1_tickets")
    assert row["customer_id"] == "cy"
    assert verify(desk.database)["clean"]


def test_an_agent_that_says_what_it_may_not_say_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *rest = ROSTERS["customer"]
    mute = replace(first, writes=frozenset())
    with monkeypatch.context() as broken:
        broken.setitem(ROSTERS, "customer", (mute, *rest))
        desk.produce(CONTACT)
        desk.run()
    (failure,) = failures(desk)
    assert failure.failed_agent == first.name
    assert "it may not say" in failure.error


def test_what_an_agent_said_and_nobody_can_fold_is_its_failure(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from projections import lines

    fold = lines.FOLDS["customer"]

    def failing(state: object, record: Record) -> object:
        if record.type == "ContactAccepted":
            raise ValueError("no fold for this")
        return fold.evolve(state, record)

    with monkeypatch.context() as broken:
        broken.setitem(lines.FOLDS, "customer", fold._replace(evolve=failing))
        desk.produce(CONTACT)
        desk.run()
    (failure,) = failures(desk)
    assert failure.failed_agent == "channel"
    assert "what it said cannot be folded: ValueError" in failure.error
