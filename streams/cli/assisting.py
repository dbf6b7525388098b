"""The command for assistants: the 28 actions as tools."""

from __future__ import annotations

from functools import partial

import click

from streams.cli.context import Context, give


@click.command("mcp")
@give
def mcp_command(context: Context) -> None:
    """Offer the 28 actions to an assistant as tools (MCP), over stdin and stdout.

    The assistant starts it; it ends when the assistant hangs up.
    """
    from streams.engines import desk_of
    from streams.pact.tools import serve

    settings = context.settings()
    serve(partial(desk_of, settings))
