"""Killed between a group of mails and the mailbox's position: none is lost, none comes twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from signal import SIGKILL

import pytest

from schemas.events.contacts import AttachmentStored
from streams.channels.imap_answers import TOGETHER
from tests.commands import LAUNCHER
from tests.fileservers import PNG
from tests.mailboxes import contacts, fetching, records, told
from tests.mails import mail
from tests.real.greenmail import GreenMail

MAILS = TOGETHER + 5


def _sent(greenmail: GreenMail) -> list[str]:
    """More mails than go together, each with a file; returns what they say."""
    for number in range(MAILS):
        message = mail(f"mail {number}", Message_ID=f"<{number}@example.org>")
        message.add_attachment(PNG, "image", "png", filename=f"{number}.png")
        greenmail.send(bytes(message))
    return [f"mail {number}" for number in range(MAILS)]


def _files(data: Path) -> list[str]:
    return [one.event.name for one in records(data) if isinstance(one.event, AttachmentStored)]


@pytest.mark.parametrize(
    ("point", "durable", "files"),
    [("take", 0, 0), ("told", TOGETHER, 0), ("behind", TOGETHER, TOGETHER)],
)
def test_a_gateway_that_is_killed_while_it_takes_mails_in_loses_and_doubles_none(
    tmp_path: Path, greenmail: GreenMail, point: str, durable: int, files: int
) -> None:
    wanted = _sent(greenmail)
    for _ in range(2):  # it comes no further however often it dies there
        died = subprocess.run(
            [sys.executable, "-m", "tests.mailbox_killing", tmp_path, greenmail.url(), point],
            cwd=LAUNCHER.parent,
            check=False,
            timeout=120,
        )
        assert died.returncode == -SIGKILL
        assert [one.message for one in contacts(tmp_path)] == wanted[:durable]
        assert len(_files(tmp_path)) == files
    with fetching(tmp_path, greenmail.url()):
        told(tmp_path, *wanted)
    assert [one.message for one in contacts(tmp_path)] == wanted
    assert _files(tmp_path) == [f"{number}.png" for number in range(MAILS)]
