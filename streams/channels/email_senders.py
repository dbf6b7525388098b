"""Who wrote a mail, also where a program passes on what somebody wrote.

A form on a page writes from an address that nobody reads, or from one of the site's own, and says
who filled it in by whom it is to be answered to.

A group as our address has a program that passes on what customers write to it, as to a list: Google
Groups and Mailman put the headers of a list on every mail. Where the sender's own domain forbids it
to be passed on under its name, they write their own address into `From`, and say elsewhere who
wrote. Of any other list it is the list that writes to us.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agents.automail import nobody_reads
from streams.channels.email_identity import addresses, is_ours

OF_A_LIST = ("list-", "precedence", "mailing-list")
"""What headers begin with that a program of a list adds."""

_WROTE = ("x-original-from", "x-original-sender", "reply-to")
"""Where it says who wrote, the surest first."""

_FORM = re.compile(
    r"(?:wordpress|www-data|apache|httpd|nobody|mailer|web-?form|contact-?form|forms?)@",
    re.IGNORECASE,
)
"""How an address begins from which programs of sites send what somebody filled in."""

Found = Mapping[str, Sequence[str]]
"""The headers of a mail, by their names in small letters."""


def is_ours_by_list(found: Found, ours: str) -> bool:
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


def senders(found: Found, ours: str) -> list[tuple[str, str]]:
    """Whose a mail is, with their names; whoever wrote it comes first.

    Args:
        found: Its headers.
        ours: Our address.
    """
    told = addresses(found.get("from", [])) or addresses(found.get("sender", []))
    if not told:
        return []
    if is_ours_by_list(found, ours) and is_ours(told[0][1], ours):
        return _others(found, _WROTE, ours) or told
    answered = _others(found, _WROTE[-1:], ours)
    if answered and _is_a_form_s(told[0][1], answered[0][1], ours):
        return answered
    return told


def _others(found: Found, names: Sequence[str], ours: str) -> list[tuple[str, str]]:
    """Who beside us stands in the first of some headers that names anybody else."""
    for name in names:
        if others := [one for one in addresses(found.get(name, [])) if not is_ours(one[1], ours)]:
            return others
    return []


def _is_a_form_s(sender: str, answered: str, ours: str) -> bool:
    """Whether a sender is a program that passes on what somebody else wrote.

    A colleague's mail is answered in our own domain, a form's elsewhere.
    """
    home = ours.lower().rpartition("@")[2]
    from_home = sender.lower().endswith(f"@{home}") and not answered.lower().endswith(f"@{home}")
    return from_home or nobody_reads(sender) or _FORM.match(sender) is not None
