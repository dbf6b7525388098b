"""The 28 actions and the verbs of people give the same documents on both engines."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from schemas.events.control import IntentReceived
from schemas.record import Record, derived_id
from streams import rulings
from streams.clock import WallClock
from streams.cluster.desk import ClusterDesk
from streams.desk import Desk
from streams.pact import ACTIONS
from streams.rulings import ask
from streams.settings import Settings, load
from tests.gateways import worker
from tests.pact_world import CHARGED, TAUGHT, example
from tests.real.cast import Cast
from tests.real.cluster import SECRET

if TYPE_CHECKING:
    from streams.engines import AnyDesk

ROLES = "agents,projections"
"""Effects would answer at a time of their own, within an answer or after it."""

CONTACTS = (
    {
        "channel": "email",
        "customer_id": "ann",
        "handle": "ann@example.org",
        "subject": "Charged twice",
        "message": CHARGED,
        "provider_id": "a1",
    },
    {
        "channel": "chat_widget",
        "customer_id": "ben",
        "handle": "ben-7",
        "message": "Hello, where do I find the login page of my account, please?",
        "provider_id": "b1",
    },
)

LATER = "2099-03-05T09:00:00Z"
_TIME = re.compile(r'"\d{4}-\d\d-\d\dT[0-9:.]+Z"')


def ticket_of(desk: AnyDesk, customer: str) -> str:
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets WHERE customer_id = ?", [customer])
    return str(row["ticket_id"])


def timeless(document: object) -> Any:
    """A document whose times, which are the machine's, are all the same.

    Turns of several lines come in the order of these times: what followed is compared as a set.
    """
    found = json.loads(_TIME.sub('"then"', json.dumps(document)))
    for name in ("record_ids", "events"):
        if name in found:
            found[name] = sorted(found[name])
    return found


def played(desk: AnyDesk) -> dict[str, Any]:
    """What is answered where customers write, every action is called, and people do something."""
    for contact in CONTACTS:
        assert desk.take_in(contact).settled
    ann, ben = ticket_of(desk, "ann"), ticket_of(desk, "ben")
    found: dict[str, Any] = {}
    for action in ACTIONS:
        params = {**example(action, ann), "idempotency_key": f"k-{action}"}
        if action == "notification.schedule_follow_up":
            params["follow_up_time"] = LATER
        if action == "analytics.generate_insights":
            params["category"] = "billing"  # without one it tells how long things took
        found[action] = desk.pact(action, params)
        if ACTIONS[action].kind != "read":
            assert desk.pact(action, params) == found[action]
    found["unknown"] = desk.pact("channel.shout")
    found["not understood"] = desk.pact("channel.receive_message", {"channel": "email"})
    found["refused"] = desk.pact("channel.send_response", {"ticket_id": "TICK_NO", "text": "x"})
    for verb, more in (
        ("transfer", {"team": "money"}),
        ("reopen", {}),
        ("merge", {"into": ann}),
        ("resolve", {}),
    ):
        asked = {"type": verb, "ticket_id": ben, "by": "bo", "idempotency_key": verb, **more}
        found[f"verb {verb}"] = msgspec.to_builtins(ask(desk, asked))
    return {name: timeless(one) for name, one in found.items()}


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulings, "PATIENCE", 90.0)


@pytest.mark.usefixtures("patient")
def test_every_action_and_verb_answers_the_same_on_both_engines(
    settings: Settings, cast: Cast, tmp_path: Path
) -> None:
    folder = tmp_path / "embedded"
    alike, _ = load()
    with Desk(folder, WallClock(), secret=SECRET, works=False, settings=alike) as desk:
        desk.produce(*TAUGHT)
        with worker(folder, frozenset(ROLES.split(",")), partial(Desk, settings=alike)):
            here = played(desk)
    with ClusterDesk(settings, WallClock()) as cluster:
        cluster.produce(*TAUGHT)
        cast.add("desk", "up", "--roles", ROLES)
        there = played(cluster)
    cast.leave()
    assert [name for name, one in here.items() if one != there[name]] == []
    assert here == there


def test_without_a_worker_what_is_asked_for_is_accepted_and_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulings, "PATIENCE", 0.0)
    report = {"customer_id": "ann", "interaction": "She rang", "idempotency_key": "k"}
    with ClusterDesk(settings, WallClock()) as cluster:
        first = cluster.pact("customer.update_interaction_history", report)
        again = cluster.pact("customer.update_interaction_history", report)
        received = cluster.pact("channel.receive_message", dict(CONTACTS[0]))
    assert first["success"] is True
    assert first["status"] == "accepted"
    assert again == first
    assert len(first["record_ids"]) == 1
    assert received["status"] == "accepted"
    assert received["processed_message"]["ticket_id"] is None


def test_a_record_that_nobody_rules_on_is_kept_once(settings: Settings) -> None:
    event = IntentReceived(
        agent_id="robot",
        action="customer.get_profile",
        envelope="{}",
        sent_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        caller="local",
        signed=False,
    )
    number = derived_id("pact-envelope", "robot", "k")
    with ClusterDesk(settings, WallClock()) as cluster:
        record = Record(
            id=number,
            key="robot",
            at=cluster.clock.now(),
            by="pact/robot",
            event=event,
            correlation=number,
        )
        other = event.model_copy(update={"envelope": "[]"})
        assert cluster.keep(record).event == event
        assert cluster.keep(msgspec.structs.replace(record, event=other)).event == event
