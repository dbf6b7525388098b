"""What holds for each of the 28 actions, whatever it does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.topics import TOPICS
from streams.desk import Desk
from streams.gateway.peers import capabilities
from streams.pact import ACTIONS
from tests.pact_world import example

READS = [name for name, action in ACTIONS.items() if action.kind == "read"]
APPENDS = [name for name, action in ACTIONS.items() if action.kind != "read"]
EITHER = [name for name, action in ACTIONS.items() if action.kind == "either"]
ON_TICKETS = [name for name, action in ACTIONS.items() if "ticket_id" in action.params.model_fields]

# What an empty store has no answer to: it knows no customer.
ABOUT_SOMEBODY = {
    "customer.get_profile",
    "customer.calculate_satisfaction_score",
    "customer.identify_vip_status",
}
# Of the world's own tickets; a text serves on an empty store.
TEXTS: dict[str, dict[str, Any]] = {
    "triage.detect_escalation_needs": {"description": "I want to talk to a person"},
    "escalation.determine_specialist_needed": {"description": "I was charged twice"},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_the_result_is_json_with_success_its_keys_and_record_ids(
    action: str, desk: Desk, ann: str
) -> None:
    result = desk.pact(action, example(action, ann))
    assert result["success"] is True, result
    assert all(result[key] is not None for key in ACTIONS[action].key)
    assert "status" not in result
    assert json.loads(json.dumps(result)) == result


JSON_TYPES = {bool: "boolean", str: "string", list: "array", dict: "object"}


@pytest.mark.parametrize("action", ACTIONS)
def test_the_result_has_the_form_that_agents_elsewhere_are_told(
    action: str, desk: Desk, ann: str
) -> None:
    told = {one["action"]: one for agent in capabilities() for one in agent["capabilities"]}
    result = desk.pact(action, example(action, ann))
    for key, form in told[action]["response_format"].items():
        assert JSON_TYPES[type(result[key])] == form, key


@pytest.mark.parametrize("action", READS)
def test_a_read_appends_nothing(action: str, desk: Desk, ann: str) -> None:
    before = desk.log.last_seq()
    result = desk.pact(action, example(action, ann))
    assert result["record_ids"] == []
    assert desk.log.last_seq() == before


@pytest.mark.parametrize("action", APPENDS)
def test_an_append_puts_a_record_on_an_inbox_and_names_what_followed(
    action: str, desk: Desk, ann: str
) -> None:
    before = desk.log.last_seq()
    result = desk.pact(action, example(action, ann))
    first, *followed = [desk.log.find(one) for one in result["record_ids"]]
    assert first is not None
    assert first.seq == before + 1
    assert TOPICS[first.topic].kind == "inbox"
    assert {TOPICS[one.topic].kind for one in followed if one is not None} >= {"record"}
    assert None not in followed


@pytest.mark.parametrize("action", EITHER)
def test_what_appends_with_a_ticket_reads_without_one(action: str, desk: Desk) -> None:
    before = desk.log.last_seq()
    result = desk.pact(action, {"description": "I was charged twice"})
    assert result["success"] is True
    assert result["record_ids"] == []
    assert desk.log.last_seq() == before


@pytest.mark.parametrize("action", APPENDS)
def test_the_same_key_again_gives_the_same_answer_and_does_nothing(
    action: str, desk: Desk, ann: str
) -> None:
    params = {**example(action, ann), "idempotency_key": "k-1"}
    first = desk.pact(action, params)
    assert first["success"] is True
    stands = desk.log.last_seq()
    assert desk.pact(action, params) == first
    assert desk.log.last_seq() == stands


@pytest.mark.parametrize("action", ["notification.alert_team", "knowledge.update_knowledge_base"])
def test_the_key_of_another_request_is_refused_and_nothing_happens(
    action: str, desk: Desk, ann: str
) -> None:
    name = "title" if action.startswith("knowledge") else "message"
    params = {**example(action, ann), name: "one", "idempotency_key": "k-1"}
    first = desk.pact(action, params)
    stands = desk.log.last_seq()
    second = desk.pact(action, {**params, name: "another"})
    assert second["success"] is False
    assert "k-1 is another request's key" in second["error"]
    assert desk.log.last_seq() == stands
    assert desk.pact(action, params) == first


@pytest.mark.parametrize("action", APPENDS)
def test_another_asker_may_have_the_same_key(action: str, desk: Desk, ann: str) -> None:
    params = {**example(action, ann), "idempotency_key": "k-1"}
    first = desk.pact(action, {**params, "by": "robot-1"})
    second = desk.pact(action, {**params, "by": "robot-2"})
    assert first["record_ids"][0] != second["record_ids"][0]


@pytest.mark.parametrize("action", ACTIONS)
def test_unknown_parameters_are_ignored(action: str, desk: Desk, ann: str) -> None:
    params = {**example(action, ann), "idempotency_key": "k-2"}
    plain = desk.pact(action, params)
    assert desk.pact(action, {**params, "colour": "blue", "retries": [1, 2]}) == plain


@pytest.mark.parametrize("action", ACTIONS)
def test_parameters_of_a_wrong_type_are_named(action: str, desk: Desk, ann: str) -> None:
    before = desk.log.last_seq()
    for name in example(action, ann):
        if name == "interaction":
            continue  # text or an object: a list of faults, one for each
        result = desk.pact(action, {**example(action, ann), name: {"no": "such"}})
        assert result["success"] is False
        assert name in result["error"]
    assert desk.log.last_seq() == before


@pytest.mark.parametrize("action", ACTIONS)
def test_missing_parameters_are_named_and_nothing_is_appended(action: str, desk: Desk) -> None:
    before = desk.log.last_seq()
    for name, field in ACTIONS[action].params.model_fields.items():
        if field.is_required():
            result = desk.pact(action, {})
            assert result["success"] is False
            assert f"{name}" in result["error"]
            assert "missing" in result["error"]
    assert desk.log.last_seq() == before


@pytest.mark.parametrize("action", ON_TICKETS)
def test_an_unknown_ticket_is_said_to_be_unknown(action: str, desk: Desk, ann: str) -> None:
    params = {k: v for k, v in example(action, ann).items() if k != "customer_id"}
    before = desk.log.last_seq()
    result = desk.pact(action, {**params, "ticket_id": "TICK_NO"})
    assert result["success"] is False
    assert "there is no ticket TICK_NO" in result["error"]
    assert desk.log.last_seq() == before


@pytest.mark.parametrize("action", [one for one in READS if one not in ABOUT_SOMEBODY])
def test_reading_an_empty_store_gives_an_answer_of_the_same_shape(
    action: str, desk: Desk, empty: Desk, ann: str
) -> None:
    params = TEXTS.get(action) or example(action, ann)
    key = ACTIONS[action].key[0]
    filled, bare = desk.pact(action, params), empty.pact(action, params)
    assert bare["success"] is True
    assert bare.keys() == filled.keys()
    assert type(bare[key]) is type(filled[key])
    if isinstance(bare[key], dict):
        assert bare[key].keys() == filled[key].keys()


@pytest.mark.parametrize("action", sorted(ABOUT_SOMEBODY))
def test_a_customer_that_nobody_knows_is_said_to_be_unknown(action: str, empty: Desk) -> None:
    result = empty.pact(action, {"customer_id": "nobody"})
    assert result["success"] is False
    assert "there is no customer nobody" in result["error"]


@pytest.mark.parametrize("action", ACTIONS)
def test_no_result_tells_the_secret(action: str, desk: Desk, ann: str) -> None:
    secret = desk.database.meta("identity.secret")
    assert secret
    assert secret not in json.dumps(desk.pact(action, example(action, ann)))


def test_an_unknown_action_lists_the_supported_ones(desk: Desk) -> None:
    result = desk.pact("channel.shout", {})
    assert result["success"] is False
    assert "channel.shout" in result["error"]
    assert result["supported_actions"] == list(ACTIONS)


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.sampled_from(["email", "2026-03-05T09:00:00Z", "high", "vip", "ann", "reset", "bo"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_parameters_make_a_call_raise(data: st.DataObject, desk: Desk) -> None:
    action = data.draw(st.sampled_from(list(ACTIONS)))
    fields = ACTIONS[action].params.model_fields
    names = st.sampled_from([*fields, "description", "query", "solution", "content", "text"])
    params = data.draw(st.dictionaries(names, _values, max_size=6))
    result = desk.pact(action, params)
    assert result["success"] is True or result["error"]
    json.dumps(result)


@pytest.mark.parametrize("params", [[], "text", 7, None, {"text": object()}, {1: {2}}])
def test_parameters_that_are_no_json_object_are_refused(params: Any, desk: Desk) -> None:
    from streams.pact import execute

    result = execute(desk, "channel.format_for_platform", params)
    assert result["success"] is False
    assert "channel.format_for_platform" in result["error"]


def test_parameters_beyond_a_mebibyte_are_refused(desk: Desk) -> None:
    text = "x" * 1024 * 1024
    result = desk.pact("channel.format_for_platform", {"channel": "email", "text": text})
    assert result["success"] is False
    assert "1048576 are allowed" in result["error"]
