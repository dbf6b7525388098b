"""An assistant uses a desk on a cluster, with the same tools as on an embedded one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from tests.assistants import with_a_client
from tests.real import Cluster


@pytest.mark.usefixtures("settings")
def test_an_assistant_asks_a_desk_on_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    async def asked(client: Client) -> tuple[Any, ...]:
        free = await client.call_tool("escalation_check_availability", {})
        told = {"customer_id": "ann", "interaction": "She rang"}
        return free, await client.call_tool("customer_update_interaction_history", told)

    free, told = with_a_client(tmp_path, asked, **cluster.environment)
    assert free.structured_content["availability"]["specialists"] == []
    assert told.structured_content["status"] == "accepted"


def test_a_cluster_that_is_not_there_is_an_error_of_the_tool(tmp_path: Path) -> None:
    async def asked(client: Client) -> Any:
        return await client.call_tool("escalation_check_availability", {})

    nowhere = {
        "PACTDESK_ENGINE": "cluster",
        "PACTDESK_DATABASE__URL": "postgresql://nobody@127.0.0.1:1/none",
        "PACTDESK_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
    }
    told = with_a_client(tmp_path, asked, **nowhere)
    assert told.is_error is True
    assert "the database does not answer" in told.content[0].text
