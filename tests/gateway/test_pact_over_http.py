"""Intents in PACT envelopes: carried out, recorded, answered in PACT's words; and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.events.control import IntentReceived
from streams.clock import WallClock
from streams.desk import open_desk
from streams.errors import Misconfigured
from streams.gateway.keys import made
from streams.gateway.signatures import signed
from streams.pact import ACTIONS
from tests.gateways import Answered, Client, gateway, ticket_of, worker
from tests.stores import a_desk

SECRET = "of-the-bot"  # noqa: S105  # it guards nothing


def envelope(
    action: str, parameters: dict[str, Any] | None = None, agent_id: str = "robot", **metadata: Any
) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {
        "version": "0.1.0",
        "schema": {"schema_id": "PACT-INTENT-SCHEMA"},
        "intent": {"action": action, "parameters": parameters or {}, "context": {"origin": "t"}},
        "metadata": {"sender": {"agent_id": agent_id, "timestamp": now}, **metadata},
    }


def send(client: Client, *arguments: Any, **metadata: Any) -> Answered:
    return client.post("/intent/send", envelope(*arguments, **metadata))


def received(client: Client) -> list[IntentReceived]:
    with open_desk(client.settings.data) as desk:
        events = [record.event for record in desk.events(type="IntentReceived")]
    return [event for event in events if isinstance(event, IntentReceived)]


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway that knows the secret of one agent, with a worker."""
    data = tmp_path_factory.mktemp("desk")
    with gateway(data, gateway__pact_secrets=f"bot={SECRET}") as client, worker(data):
        yield client


def test_an_intent_is_carried_out_and_recorded_as_it_came(served: Client) -> None:
    ticket = ticket_of(served, provider_id="p1")
    sent = envelope("triage.assign_priority", {"ticket_id": ticket, "priority": "low"})
    told = served.post("/intent/send", sent)
    assert told.status == 200, told
    assert (told.json["status"], told.json["code"]) == ("success", "OK")
    details = told.json["details"]
    assert details["result"]["success"] is True
    assert details["result"]["priority_assignment"]["priority"] == "low"
    assert details["correlation_id"] == details["result"]["record_ids"][0]
    kept = served.get(f"/api/v1/records/{details['envelope_id']}").json
    assert kept["type"] == "IntentReceived"
    assert details["causation_id"] == details["envelope_id"]
    (event,) = [e for e in received(served) if e.action == "triage.assign_priority"]
    assert msgspec.json.decode(event.envelope) == sent
    assert (event.agent_id, event.caller, event.signed) == ("robot", "local", False)
    asked = served.get(f"/api/v1/records/{details['correlation_id']}").json
    assert asked["by"] == "pact/robot"


def test_the_same_key_of_an_agent_is_the_same_intent(served: Client) -> None:
    ticket = ticket_of(served, provider_id="p2")
    asked = ("notification.alert_team", {"ticket_id": ticket})
    first = send(served, *asked, idempotency_key="k").json
    before = len(received(served))
    assert send(served, *asked, idempotency_key="k").json == first
    assert len(received(served)) == before
    other = send(served, *asked, "another", idempotency_key="k").json
    assert other["details"]["correlation_id"] != first["details"]["correlation_id"]
    changed = send(
        served,
        "notification.alert_team",
        {"ticket_id": ticket, "alert_type": "fraud"},
        idempotency_key="k",
    )
    assert changed.status == 409
    assert changed.json["code"] == "ERR_INVALID_INTENT"
    assert "another intent" in changed.json["message"]


def test_what_an_intent_appended_is_shown_from_its_position_on(served: Client) -> None:
    told = send(
        served,
        "channel.receive_message",
        {"channel": "email", "customer_id": "rita", "message": "Where is it?"},
    )
    position = told.headers["pactdesk-position"]
    path = "/api/v1/interactions?customer_id=rita&direction=in"
    shown = served.get(f"{path}&min_position={position}&wait=30s").json["items"]
    assert [one["message_content"] for one in shown] == ["Where is it?"]
    read = send(served, "channel.format_for_platform", {"channel": "slack", "text": "Hello"})
    assert read.headers["pactdesk-position"].startswith("p1.")


def test_without_a_key_each_intent_is_one_of_its_own(served: Client) -> None:
    asked = ("channel.format_for_platform", {"channel": "slack", "text": "**Hi**"})
    first, second = (send(served, *asked).json["details"]["envelope_id"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize(
    ("verb", "parameters", "action"),
    [
        ("query", {"resource": "issue", "text": "I was charged twice"}, "triage.classify_issue"),
        (
            "create",
            {"resource": "contact", "channel": "email", "handle": "v@x.org", "message": "Hi"},
            "channel.receive_message",
        ),
        ("retrieve", {"resource": "availability"}, "escalation.check_availability"),
    ],
)
def test_a_generic_verb_means_an_action_by_its_resource(
    verb: str, parameters: dict[str, Any], action: str, served: Client
) -> None:
    told = send(served, verb, parameters)
    assert told.status == 200, told
    assert told.json["details"]["action"] == action


def test_deleting_an_article_retires_it(served: Client) -> None:
    told = send(served, "delete", {"resource": "article", "article_id": "none"})
    assert told.status == 404
    assert "there is no article none" in told.json["message"]


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"version": "2.0"}, "ERR_INVALID_INTENT", "version"),
        ({"intent": {"action": "channel.shout"}}, "ERR_INVALID_INTENT", "channel.shout"),
        ({"intent": {"action": "query"}}, "ERR_INVALID_INTENT", "it knows solution, article"),
        ({"intent": {"parameters": {}}}, "ERR_MISSING_PARAMETERS", "intent.action"),
        ({"metadata": {}}, "ERR_MISSING_PARAMETERS", "metadata.sender"),
        (
            {"intent": {"action": "channel.send_response", "parameters": {"text": "x"}}},
            "ERR_MISSING_PARAMETERS",
            "ticket_id is missing",
        ),
    ],
)
def test_what_is_wrong_with_an_envelope_is_named_and_it_is_not_recorded(
    change: dict[str, Any], code: str, word: str, served: Client
) -> None:
    before = len(received(served))
    told = served.post("/intent/send", {**envelope("customer.get_profile"), **change})
    assert told.status == 400
    assert (told.json["status"], told.json["code"]) == ("error", code)
    assert word in told.json["message"]
    assert len(received(served)) == before


def test_null_is_what_is_not_there(served: Client) -> None:
    sent = envelope("escalation.check_availability", auth=None, priority=None)
    sent["intent"] |= {"parameters": None, "context": None}
    assert served.post("/intent/send", sent).status == 200


@pytest.mark.parametrize("path", ["/intent/send", "/agents/heartbeat", "/translate"])
@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff"])
def test_what_is_no_envelope_at_all_is_told_in_the_words_of_pact(
    path: str, body: bytes, served: Client
) -> None:
    told = served.post(path, body)
    assert told.status == 400
    assert (told.json["status"], told.json["code"]) == ("error", "ERR_INVALID_INTENT")
    assert "send one JSON object" in told.json["message"]


def test_what_a_rule_refuses_says_which_rule(served: Client) -> None:
    ticket = ticket_of(served, provider_id="p3")
    served.post(f"/api/v1/tickets/{ticket}/close", {"by": "bo"})
    told = send(served, "channel.send_response", {"ticket_id": ticket, "text": "Hello"})
    assert told.status == 409
    assert told.json["code"] == "ERR_INVALID_INTENT"
    assert told.json["details"]["result"]["reason"] == "closed"


def test_an_intent_that_nobody_worked_off_yet_is_accepted(tmp_path: Path) -> None:
    contact = {"channel": "email", "handle": "v@x.org", "message": "Hi"}
    with gateway(tmp_path) as client:
        told = send(client, "channel.receive_message", contact)
    assert told.status == 202
    assert (told.json["status"], told.json["code"]) == ("success", "ACCEPTED")


def test_an_agent_with_a_secret_must_sign(signing: Client) -> None:
    sent = envelope("escalation.check_availability", agent_id="bot", auth={"trust_level": "high"})
    bare = signing.post("/intent/send", sent)
    assert (bare.status, bare.json["code"]) == (401, "ERR_UNAUTHORIZED")
    assert "must sign" in bare.json["message"]
    sent["metadata"]["auth"]["signature"] = signed(sent, SECRET)
    good = signing.post("/intent/send", sent)
    assert good.status == 200, good
    assert signing.post("/intent/send", sent).json == good.json
    sent["intent"]["parameters"] = {"team": "money"}
    assert signing.post("/intent/send", sent).status == 401
    kept = [event for event in received(signing) if event.agent_id == "bot"]
    assert [event.signed for event in kept] == [True]


@pytest.mark.parametrize("name", ["Bot", "bot ", "b\u200bot", "\uff42ot", "bo\u00adt", "b\u0336ot"])
def test_who_reads_like_an_agent_with_a_secret_is_not_let_in(signing: Client, name: str) -> None:
    told = send(signing, "escalation.check_availability", {}, name)
    assert (told.status, told.json["code"]) == (401, "ERR_UNAUTHORIZED")
    assert "reads like bot" in told.json["message"]
    assert send(signing, "escalation.check_availability", {}, "robot").status == 200


def test_secrets_that_cannot_be_read_are_told_before_anybody_asks(tmp_path: Path) -> None:
    with (
        pytest.raises(Misconfigured, match="agent_id=secret"),
        gateway(tmp_path, gateway__pact_secrets="my bot=a b"),
    ):
        pass


def test_a_signature_of_an_agent_without_a_secret_proves_nothing(served: Client) -> None:
    told = send(served, "escalation.check_availability", auth={"signature": "abc"})
    assert (told.status, told.json["code"]) == (401, "ERR_UNAUTHORIZED")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_envelope_of_another_time_is_not_let_in(minutes: int, served: Client) -> None:
    sent = envelope("escalation.check_availability")
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    sent["metadata"]["sender"]["timestamp"] = then.isoformat()
    told = served.post("/intent/send", sent)
    assert (told.status, told.json["code"]) == (401, "ERR_UNAUTHORIZED")


def test_low_trust_only_reads(served: Client) -> None:
    ticket = ticket_of(served, provider_id="p4")
    low = {"auth": {"trust_level": "low"}}
    assert send(served, "escalation.check_availability", **low).status == 200
    route = "triage.route_to_specialist"
    assert send(served, route, {"category": "loans"}, **low).status == 200
    assert send(served, route, {"ticket_id": ticket}, **low).status == 401
    told = send(served, "channel.send_response", {"ticket_id": ticket, "text": "Hi"}, **low)
    assert (told.status, told.json["code"]) == (401, "ERR_UNAUTHORIZED")


def test_high_trust_is_what_a_key_for_the_desk_has(tmp_path: Path) -> None:
    with a_desk(tmp_path, WallClock()) as desk:
        now = desk.clock.now()
        scopes: tuple[list[str], ...] = (["pact"], ["pact", "desk"], ["read"])
        keys = [made(desk.database, "bot", some, now)[0] for some in scopes]
    sent = envelope("escalation.check_availability", auth={"trust_level": "high"})
    with gateway(tmp_path) as client:
        asked = [
            client.post("/intent/send", sent, Authorization=f"Bearer {key}").status for key in keys
        ]
    assert asked == [401, 200, 403]


def test_our_agents_tell_what_they_can_do(served: Client) -> None:
    agents = served.get("/agents").json["agents"]
    offered = {one["action"]: one for agent in agents for one in agent["capabilities"]}
    assert list(offered) == list(ACTIONS)
    assert offered["channel.send_response"]["parameters"]["required"] == ["ticket_id", "text"]
    assert [agent["agent_id"] for agent in agents][:2] == ["channel", "triage"]


def test_an_agent_that_says_it_is_there_is_heard(served: Client) -> None:
    now = datetime.now(UTC).isoformat()
    beat = {"agent_id": "robot", "timestamp": now, "status": "degraded"}
    assert served.post("/agents/heartbeat", beat).json == {"status": "success"}
    (heard,) = served.get("/agents").json["heard"]
    assert (heard["agent_id"], heard["status"]) == ("robot", "degraded")
    wrong = served.post("/agents/heartbeat", {**beat, "status": "dead"})
    assert (wrong.status, wrong.json["code"]) == (400, "ERR_INVALID_INTENT")


def test_a_message_is_translated_into_our_names(served: Client) -> None:
    sent = {
        "pact_version": "0.1.0",
        "message_id": "m1",
        "timestamp": datetime.now(UTC).isoformat(),
        "sender": {"agent_id": "a", "platform": "x"},
        "recipient": {"agent_id": "b", "platform": "y"},
        "session": {"session_id": "s", "context": {}},
        "payload": {"intent": "escalate_ticket", "entities": {}, "text": "help"},
    }
    told = served.post("/translate", sent).json
    assert told["translated_message"]["payload"] == {
        "intent": "escalation.notify_escalation",
        "original_intent": "escalate_ticket",
        "entities": {},
        "text": "help",
    }
    unknown = {**sent, "payload": {"intent": "dance", "entities": {}, "text": ""}}
    told = served.post("/translate", unknown).json
    assert told["translated_message"]["payload"]["intent"] == "dance"
    assert served.post("/translate", {**sent, "extra": 1}).status == 400


def test_the_registry_leads_only_to_actions_that_there_are(served: Client) -> None:
    found = served.get("/registry").json
    assert found["mappings"]["escalate_ticket"] == "escalation.notify_escalation"
    assert set(found["mappings"].values()) <= set(ACTIONS)


def test_health_is_told_to_everybody(served: Client) -> None:
    assert served.get("/health").json == {"status": "healthy"}
