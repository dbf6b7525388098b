"""Files go with a reply where its one request takes them, and elsewhere as links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from schemas.platforms import PLATFORMS
from streams.channels import discord
from streams.channels.known import CHANNELS
from streams.files.enclosed import Enclosing
from streams.files.store import Files
from streams.simulating.faults import Fault
from tests.fileservers import PNG
from tests.outgoing import Outgoing, outgoing

PUBLIC = {"gateway.public_url": "https://desk.example"}


def replied(out: Outgoing, folder: Path, *names: str, **more: object) -> dict[str, Any]:
    """Sam replies with files; how that is as a delivery."""
    ticket = out.somebody_writes()
    enclosing = Enclosing(Files(folder), out.desk.settings.attachments)
    files = []
    for name in names:
        (folder / name).write_bytes(PNG)
        files.append(enclosing.of_disk(folder / name))
    told = {"type": "reply", "ticket_id": ticket, "by": "sam", "text": "Look here."}
    out.desk.produce({**told, "attachments": files, "links": True, **more})
    out.desk.run()
    (row,) = [one for one in out.deliveries() if one["author"] == "sam"]
    return row


def test_every_platform_that_takes_files_has_a_way_to_send_them() -> None:
    takes = {name for name, one in PLATFORMS.items() if one.files is not None}
    assert takes - {"email", "chat_widget"} == {
        name for name, one in CHANNELS.items() if one.enclose is not None
    }


def test_discord_takes_them_in_one_request(tmp_path: Path) -> None:
    with outgoing(tmp_path, "discord") as out:
        row = replied(out, tmp_path, "photo.png", 'a "Größe".png')
        assert (row["state"], row["attempts"]) == ("sent", 1)
        request = out.platform.requests[-1]
        assert request["text"] == "Look here."
        assert request["body"]["files"] == [
            {"name": "photo.png", "size": len(PNG)},
            {"name": 'a "Größe".png', "size": len(PNG)},
        ]
        assert [one["filename"] for one in request["body"]["attachments"]] == [
            "photo.png",
            'a "Größe".png',
        ]
        assert request["body"]["enforce_nonce"] is True


def test_tried_again_it_is_the_same_request(tmp_path: Path) -> None:
    with outgoing(tmp_path, "discord") as out:
        out.somebody_writes()
        out.goes_wrong(None, Fault("500"))
        before = len(out.platform.requests)
        replied(out, tmp_path, "photo.png")
        out.run_until(lambda: out.states() == {"sent"})
        tries = [one["body"] for one in out.platform.requests[before:] if one["body"].get("files")]
        assert tries
        assert all(one == tries[0] for one in tries)


@pytest.mark.parametrize("channel", ["slack", "whatsapp", "phone", "twitter", "facebook"])
def test_elsewhere_they_go_as_links_in_the_text(channel: str, tmp_path: Path) -> None:
    with outgoing(tmp_path, channel, **PUBLIC) as out:
        row = replied(out, tmp_path, "photo_1.png", "b.png")
        assert row["state"] == "sent"
        text = "\n".join(out.texts())
        numbers = [f"{row['request_id']}.{place}" for place in (0, 1)]
        found = re.findall(
            r"^(\S+): https://desk\.example/f/([0-9a-f]+\.\d+)\.\S+$", text, re.MULTILINE
        )
        assert found == [("photo-1.png", numbers[0]), ("b.png", numbers[1])]
        assert "Look here." in text


def test_a_file_that_is_gone_fails_the_reply_and_says_so(tmp_path: Path) -> None:
    with outgoing(tmp_path, "discord") as out:
        before = len(out.platform.requests)
        lost = {"name": "a.png", "media_type": "image/png", "size": 1, "sha256": "0f" * 32}
        row = replied(out, tmp_path, attachments=[lost])
        assert row["state"] == "failed"
        assert "is not in the store" in row["error"]
        assert all(one["text"] != "Look here." for one in out.platform.requests[before:])


def test_a_link_that_cannot_be_made_any_more_fails_the_reply(tmp_path: Path) -> None:
    with outgoing(tmp_path, "slack") as out:
        row = replied(out, tmp_path, "photo.png")
        assert row["state"] == "failed"
        assert "gateway.public_url" in row["error"]


def test_a_name_cannot_leave_its_quotes() -> None:
    assert discord.quoted('a"; name="b%.png') == "a%22; name=%22b%25.png"
