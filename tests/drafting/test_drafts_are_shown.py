"""Whoever looks at a ticket sees its draft, what it quotes, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.desk import Desk
from tests.commands import Shell
from tests.gateways import gateway
from tests.llms import QUOTED, Llm, a_drafting_desk, asking, wrote
from tests.receivers import answers


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    """A draft, then one that says what is in no article, then none."""
    with Llm() as llm, a_drafting_desk(tmp_path, asking(llm.address, tmp_path)) as desk:
        wrote(desk, person="1")
        llm.reply = "We owe you nothing."
        wrote(desk, person="2")
        llm.faults.append(answers(500))
        wrote(desk, person="3")
        yield desk


def tickets(desk: Desk) -> list[str]:
    rows = desk.query("SELECT ticket_id FROM v1_drafts ORDER BY asked_at")
    return [row["ticket_id"] for row in rows]


def test_the_command_shows_the_draft_with_the_articles_or_why_there_is_none(
    desk: Desk,
) -> None:
    shell = Shell(desk.folder)
    written, refused, failed = tickets(desk)
    told = shell("ticket", written).out
    assert "draft  tiny-1b-2026\n    (not sent; of refunds)\n" in told
    assert all(f"    {line}\n" in f"{told}\n" for line in QUOTED.splitlines())
    told = shell("ticket", refused).out
    assert "refused: not_in_articles: We owe you nothing." in told
    told = shell("ticket", failed).out
    assert "failed: HTTP 500" in told
    (draft,) = shell("ticket", written, "--json").json["drafts"]
    assert (draft["state"], draft["draft"]) == ("written", QUOTED)
    assert draft["quotes"][0]["article_id"] == "refunds"


def test_the_timeline_has_the_draft(desk: Desk) -> None:
    written, *_ = tickets(desk)
    with gateway(desk.folder) as client:
        found = client.get(f"/api/v1/tickets/{written}/timeline").json
    (draft,) = found["drafts"]
    assert (draft["state"], draft["draft"]) == ("written", QUOTED)
    assert not any("five days" in str(one["message_content"]) for one in found["interactions"])
