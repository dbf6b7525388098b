"""A link serves the one file that it was made for, for a month, and to nobody who changed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import structlog

from schemas.event import Attachment
from schemas.events.decisions import ReplyRequested
from schemas.platforms import PLATFORMS
from streams.file_links import PURPOSE, file_in, link_to, with_files
from streams.survey_links import DAYS, token
from tests.fileservers import PNG
from tests.gateway.test_replies_with_files import sent
from tests.gateways import Client, gateway, ticket_of, worker
from tests.real import until
from tests.stores import a_desk

PUBLIC = "https://desk.example/"
KEY = b"the desk's key"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAGE = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway that knows how customers reach it, and a worker."""
    data = tmp_path_factory.mktemp("desk")
    with gateway(data, gateway__public_url=PUBLIC) as client, worker(data):
        yield client


def links_of(client: Client, ticket: str) -> tuple[list[str], bytes]:
    """The paths of the files of a ticket's replies, and the desk's key."""
    with a_desk(client.settings.data) as desk:
        key = desk.intake.resolver.key_for(PURPOSE)
        found = [
            link_to(f"{one.id}.{place}", one.at, "", key)
            for one in desk.events(ticket=ticket, type="ReplyRequested")
            for place in range(len(one.event.attachments))  # type: ignore[attr-defined]  # of this type
        ]
    until(lambda: client.get(found[-1]).status == 200, 60, "the file")
    return found, key


def test_a_link_serves_its_file_and_changes_nothing(served: Client) -> None:
    ticket = ticket_of(served, channel="slack", handle="T1/U1")
    assert sent(served, ticket, [("photo.png", PNG), ("page.html", PAGE)]).status == 200
    (picture, page), _ = links_of(served, ticket)
    with a_desk(served.settings.data) as desk:
        before = desk.log.last_seq()
    shown = served.get(picture + "?utm_source=mail")
    assert (shown.status, shown.body, shown.headers["content-type"]) == (200, PNG, "image/png")
    assert shown.headers["etag"] == f'"{sha256(PNG).hexdigest()}"'
    saved = served.get(page)
    assert (saved.status, saved.body) == (200, PAGE)
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert saved.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert served.get(picture, Range="bytes=1-3").body == b"PNG"
    with a_desk(served.settings.data) as desk:
        assert desk.log.last_seq() == before


def test_a_link_that_was_changed_or_is_old_serves_nothing(served: Client) -> None:
    ticket = ticket_of(served, channel="slack", handle="T1/U2")
    assert sent(served, ticket, [("photo.png", PNG), ("other.png", PNG + b"1")]).status == 200
    (first, second), key = links_of(served, ticket)
    number = first.removeprefix("/f/").rsplit(".", 2)[0]
    past = datetime.now(UTC) - timedelta(days=DAYS + 1)
    wrong = {
        first[:-1] + ("A" if first[-1] != "A" else "B"),
        first.rpartition(".")[0] + "." + second.rpartition(".")[2],
        first.replace(".0.", ".1."),
        link_to(number, past, "", key),
        link_to(number, datetime.now(UTC), "", b"another key"),
        "/f/x",
        "/f/" + "%00",
    }
    for path in wrong:
        told = served.get(path)
        assert told.status == 404, path
        assert b"PNG" not in told.body
    assert served.get(first).status == 200


def test_a_link_holds_for_a_month() -> None:
    given = token("r1.0", NOW, KEY)
    assert file_in(given, KEY, NOW + timedelta(days=DAYS)) == "r1.0"
    assert file_in(given, KEY, NOW + timedelta(days=DAYS + 1)) is None


def reply(channel: str, text: str, files: int) -> ReplyRequested:
    """A reply whose files all go as links."""
    attachments = [
        Attachment(name=f"{nth}.pdf", media_type="application/pdf", size=1, sha256=f"{nth:064x}")
        for nth in range(files)
    ]
    return ReplyRequested(
        outcome="agent_reply",
        policy_version="p",
        channel=channel,
        handle="ann",
        kind="agent_reply",
        author="bo",
        parts=[text],
        attachments=attachments,
        linked=[one.sha256 or "" for one in attachments],
    )


@pytest.mark.parametrize("channel", [*PLATFORMS])
def test_links_make_no_message_longer_than_its_platform_takes(channel: str) -> None:
    room = PLATFORMS[channel].characters
    full = with_files(reply(channel, "x" * room, 10), "r1", NOW, PUBLIC, KEY)
    assert all(len(one) <= room for one in full.parts)
    assert full.parts[0] == "x" * room
    assert sum(one.count("https://desk.example/f/r1.") for one in full.parts) == 10
    short = with_files(reply(channel, "Look", 2), "r1", NOW, PUBLIC, KEY)
    (text,) = short.parts
    assert text.startswith("Look\n\n0.pdf: https://desk.example/f/r1.0.")
    assert "\n1.pdf: https://desk.example/f/r1.1." in text


def test_what_goes_with_the_message_has_no_link() -> None:
    mixed = reply("email", "Look", 2).model_copy(update={"linked": [f"{1:064x}"]})
    (text,) = with_files(mixed, "r1", NOW, PUBLIC, KEY).parts
    assert "0.pdf" not in text
    assert "1.pdf" in text
    assert with_files(mixed, "r1", NOW, None, KEY) == mixed


def test_the_log_does_not_say_which_link_was_followed(served: Client) -> None:
    with structlog.testing.capture_logs() as logs:
        served.get("/f/abc.def")
        until(lambda: [one for one in logs if one["event"] == "answered"], 60, "it is in the log")
    (line,) = [one for one in logs if one["event"] == "answered"]
    assert line["path"] == "/f/{token}"
