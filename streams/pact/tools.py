"""The 28 actions as tools of an assistant, by the Model Context Protocol over stdin and stdout.

A tool is named as its action, with an underscore for the dot, which many assistants do not take.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import getdoc
from typing import TYPE_CHECKING, Any

import anyio
import msgspec
from mcp import types as mcp
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from streams.engines import meaning
from streams.gateway.desks import Desks
from streams.pact import ACTIONS
from streams.pact.action import Action

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

    from streams.engines import AnyDesk

TOOLS: dict[str, Action] = {name.replace(".", "_"): action for name, action in ACTIONS.items()}
"""The actions by the names of their tools."""

INSTRUCTIONS = (
    "A customer-support desk. Read before you change something; what changes something is an"
    " event that stays. Give an idempotency_key where you might ask for the same thing again."
    " A result with the status accepted is kept, and what becomes of it is not known yet."
)


def serve(opened: Callable[[], AnyDesk]) -> None:
    """Answer an assistant until it hangs up.

    Args:
        opened: Opens the desk, in the thread that uses it.
    """
    desks = Desks(opened, 1, "asking")
    try:
        anyio.run(_served, desks)
    finally:
        desks.close()


async def _served(desks: Desks) -> None:
    async def list_tools(
        _context: ServerRequestContext[Any, Any], _params: mcp.PaginatedRequestParams | None
    ) -> mcp.ListToolsResult:
        return mcp.ListToolsResult(tools=[described(name) for name in TOOLS])

    async def call_tool(
        _context: ServerRequestContext[Any, Any], params: mcp.CallToolRequestParams
    ) -> mcp.CallToolResult:
        name = TOOLS[params.name].name if params.name in TOOLS else params.name
        arguments = params.arguments or {}
        try:
            return answered(await desks.do(lambda desk: desk.pact(name, arguments)))
        except Exception as error:
            known = meaning(error)
            if known is None:
                raise
            return answered({"success": False, "error": str(known)})

    from pactdesk import __version__

    server = Server(
        "pactdesk",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def described(name: str) -> mcp.Tool:
    """A tool as an assistant is told of it."""
    action = TOOLS[name]
    return mcp.Tool(
        name=name,
        title=action.name,
        description=getdoc(action.run),
        input_schema=action.params.model_json_schema(),
        annotations=mcp.ToolAnnotations(
            read_only_hint=action.kind == "read", destructive_hint=False, open_world_hint=False
        ),
    )


def answered(result: dict[str, Any]) -> mcp.CallToolResult:
    """A result document as a tool gives it: the same as text; one that failed is an error."""
    text = msgspec.json.encode(result).decode() if result["success"] else str(result["error"])
    return mcp.CallToolResult(
        content=[mcp.TextContent(type="text", text=text)],
        structured_content=result,
        is_error=not result["success"],
    )
