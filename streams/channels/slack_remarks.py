"""What our own people write in a thread of Slack, and how they say that it goes to the customer."""

from __future__ import annotations

import re
from typing import Any

from streams.channels.channel import Remark
from streams.channels.settings import Slack

_GOES_OUT = re.compile(r"(?:@\S+\s+)?reply:\s*", re.IGNORECASE)
"""How a message begins that goes to the customer, also where it must name us to reach us."""

_WITH_US_ALONE = "D"
"""How the id of a conversation begins that has one person and us in it."""


def remark(settings: Slack, contact: dict[str, Any]) -> Remark | None:
    """A contact as a remark of one of our own people; None where it is none.

    Files stay in Slack, so that a message with files is never sent on as if it were all.

    Args:
        settings: The channel's settings.
        contact: The contact.
    """
    by = settings.names.get(contact["handle"].rpartition("/")[2])
    thread = contact.get("thread")
    if by is None or thread is None:
        return None
    began_here = thread.partition(":")[2]
    if began_here.startswith(_WITH_US_ALONE):
        return None
    text = contact["message"]
    files = [f"[{one['name']}]" for one in contact.get("attachments", [])]
    asked = None if files else _GOES_OUT.match(text)
    return Remark(
        contact=contact,
        by=by,
        text=text[asked.end() :] if asked else "\n".join([*filter(None, [text]), *files]),
        goes_out=asked is not None,
        began=thread,
        began_here=began_here,
    )
