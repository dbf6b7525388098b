"""Files that go with a reply: which of them the platform takes, and which go as links.

Known before anything is sent: what a message may have stands in the table of platforms, and whether
there can be links in the intent.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.ways import Shut, Way
from schemas.event import Attachment
from schemas.platforms import PLATFORMS


def linked(files: Sequence[Attachment], channel: str) -> list[str]:
    """The SHA-256 of each file that goes as a link, as a message on a channel cannot have it.

    Args:
        files: The files, in their order; the first ones that fit go with the message.
        channel: The channel.
    """
    room = PLATFORMS[channel].files
    count = size = 0
    without: list[str] = []
    for one in files:
        fits = (
            room is not None
            and count < room.many
            and one.size <= room.largest
            and size + one.size <= room.together
        )
        if fits:
            count, size = count + 1, size + one.size
        else:
            without.append(one.sha256 or "")
    return without


def shut(files: Sequence[Attachment], way: Way, *, links: bool) -> Shut | None:
    """Why a message cannot have its files; None where it can.

    Args:
        files: The files.
        way: How the message goes.
        links: Whether there can be links.
    """
    channel = way.place.channel
    if files and way.template is not None:
        return Shut(
            channel,
            "file_in_template",
            f"{channel} takes only a template now, which has no files; use another channel, or "
            "wait until the customer writes",
        )
    if linked(files, channel) and not links:
        return Shut(
            channel,
            "file_not_taken",
            f"{channel} does not take it; set gateway.public_url, so that it goes as a link, or "
            "use another channel",
        )
    return None
