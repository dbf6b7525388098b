"""A group as our address: its program passes on what customers write to it, as to a list.

Google Groups and Mailman put the headers of a list on every mail. Where the sender's own domain
forbids it to be passed on under its name, they write their own address into `From`, and say
elsewhere who wrote. Of any other list it is the list that writes to us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streams.channels.email_identity import addresses, is_ours

OF_A_LIST = ("list-", "precedence", "mailing-list")
"""What headers begin with that a program of a list adds."""

_WROTE = ("x-original-from", "x-original-sender", "reply-to")
"""Where it says who wrote, the surest first."""


def is_ours_by_list(found: Mapping[str, Sequence[str]], ours: str) -> bool:
    """Whether a mail came by a list that has our own address.

    Args:
        found: Its headers.
        ours: The address.
    """
    ids = [value.lower() for value in found.get("list-id", [])]
    posts = [value.lower() for value in found.get("list-post", [])]
    return any(f"<{ours.lower().replace('@', '.')}>" in one for one in ids) or any(
        f"<mailto:{ours.lower()}>" in one for one in posts
    )


def wrote(found: Mapping[str, Sequence[str]], ours: str) -> list[tuple[str, str]]:
    """Who wrote a mail that came by our own list, with their names.

    Args:
        found: Its headers.
        ours: The address.
    """
    senders = addresses(found.get("from", []))
    if senders and not is_ours(senders[0][1], ours):
        return senders
    told = (addresses(found.get(name, [])) for name in _WROTE)
    people = ([one for one in some if not is_ours(one[1], ours)] for some in told)
    return next(filter(None, people), senders)
