"""An assistant uses the desk: the official client starts `pactdesk mcp` and calls its tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp import Client

from streams.pact import ACTIONS
from streams.pact.tools import TOOLS, described
from tests.assistants import with_a_client
from tests.pact_world import example


def test_an_assistant_is_offered_the_28_and_gets_their_documents(tmp_path: Path) -> None:
    async def asked(client: Client) -> tuple[Any, ...]:
        tools = await client.list_tools()
        contact = {"channel": "email", "handle": "ann@example.org", "message": "I cannot log in"}
        received = await client.call_tool("channel_receive_message", contact)
        ticket = (received.structured_content or {})["processed_message"]["ticket_id"]
        reply = {"ticket_id": ticket, "text": "We look into it."}
        sent = await client.call_tool("channel_send_response", reply)
        refused = await client.call_tool("channel_send_response", {**reply, "ticket_id": "NO"})
        wrong = await client.call_tool("channel_send_response", {"ticket_id": ticket})
        unknown = await client.call_tool("channel_shout", {})
        return tools, received, sent, refused, wrong, unknown

    tools, received, sent, refused, wrong, unknown = with_a_client(tmp_path, asked)
    assert [tool.title for tool in tools.tools] == list(ACTIONS)
    assert received.is_error is False
    assert received.structured_content["success"] is True
    assert sent.structured_content["message_id"]
    assert refused.is_error is True
    assert "there is no ticket NO" in refused.content[0].text
    assert refused.structured_content["success"] is False
    assert "text or content" in wrong.content[0].text
    assert unknown.is_error is True
    assert unknown.structured_content["supported_actions"] == list(ACTIONS)


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_says_what_it_takes_and_whether_it_changes_something(name: str) -> None:
    tool = described(name)
    Draft202012Validator.check_schema(tool.input_schema)
    assert tool.input_schema["type"] == "object"
    assert tool.description
    assert tool.annotations is not None
    assert tool.annotations.read_only_hint is (TOOLS[name].kind == "read")


@pytest.mark.parametrize("name", TOOLS)
def test_a_schema_lets_pass_what_the_action_takes_by_its_own_names(name: str) -> None:
    action = TOOLS[name]
    schema = described(name).input_schema
    params = example(action.name, "TICK_1")
    known = {key: value for key, value in params.items() if key in schema["properties"]}
    faults = [error.message for error in Draft202012Validator(schema).iter_errors(known)]
    assert [one for one in faults if "is a required property" not in one] == []
