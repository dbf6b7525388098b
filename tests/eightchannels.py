"""One person who writes on all eight channels, in what the platforms make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from streams.channels.channel import Hook
from streams.channels.email import contact_of
from streams.channels.known import CHANNELS
from streams.settings import load
from streams.simulating.platforms.known import platform_of
from streams.simulating.platforms.platform import Post, Said
from tests.mails import ADDRESS, SETTINGS, mail
from tests.providers import DISCORDS, PROVIDERS

CALLER, WRITER = 1, 0
"""People of the simulator: one who calls, and one who writes."""

DAY: tuple[tuple[int, str, str], ...] = (
    (8, "email", "My parcel 99812 has not arrived, it was due last Monday."),
    (10, "chat_widget", "Hello, I wrote you a mail this morning: where is parcel 99812?"),
    (11, "slack", "Any news about my parcel 99812?"),
    (12, "whatsapp", "Still waiting for parcel 99812, the tracking number does not work"),
    (13, "discord", "My package 99812 is still not here"),
    (15, "twitter", "Where is my parcel 99812? I asked by mail and on Slack"),
    (16, "facebook", "It is about parcel 99812 again, was it lost?"),
    (19, "phone", "I am calling about my parcel 99812 that has not arrived"),
)
"""Hours of a day, and what is written or said then, and where."""


def line(channel: str, text: str, at: datetime) -> dict[str, Any]:
    """What somebody says on a channel, as the line of input that its platform's body becomes."""
    if channel == "email":
        mark = f"<{at.timestamp()}@example.org>"
        raw = mail(text, Message_ID=mark, Date=f"{at:%a, %d %b %Y %H:%M:%S +0000}")
        (found,) = contact_of(bytes(raw), f"imap://{ADDRESS}/INBOX", SETTINGS).inputs
        return {**found, "at": at.isoformat()}  # as the mailbox says when it came
    if channel == "chat_widget":
        number, when = f"chat-{at.timestamp()}", at.isoformat()
        about = {"channel": channel, "handle": "visitor-1", "provider_id": number, "at": when}
        return {**about, "message": text}
    flags = {name.replace("__", "."): value for name, value in PROVIDERS[channel].flags.items()}
    settings = load(flags, {})[0].channels
    platform = platform_of(settings, channel, bytes(DISCORDS).hex())
    person = CALLER if channel == "phone" else WRITER
    said = Said(number=0, person=person, name="Ann", turn=0, text=text, at=at)
    heard = [
        contact
        for post in platform.posts(said)
        for contact in CHANNELS[channel]
        .parse(getattr(settings, channel), _hook(channel, post, at))
        .inputs
    ]
    (contact,) = heard
    return contact


def _hook(channel: str, post: Post, at: datetime) -> Hook:
    parts = urlsplit(post.path)
    return Hook(
        method=post.method,
        path=parts.path.removeprefix(f"/channels/{channel}").strip("/"),
        url=f"https://desk.example{post.path}",
        query=dict(parse_qsl(parts.query)),
        headers={"content-type": post.media},
        body=post.body,
        at=at,
    )


def handles() -> Mapping[str, str]:
    """The person's handle on each channel."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return {channel: str(line(channel, "Hello", at)["handle"]) for _, channel, _ in DAY}


def day(date: datetime) -> Iterator[dict[str, Any]]:
    """The lines of one day, from the morning to the evening."""
    for hour, channel, text in DAY:
        yield line(channel, text, date.replace(hour=hour))
