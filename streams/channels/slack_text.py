"""What people write on Slack, as plain text.

Slack puts names, addresses and its own marks into angle brackets, and escapes three letters:
https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"<([^<>]*)>|&(amp|lt|gt);")

_SCHEME = re.compile(r"^[a-z]+:(?://)?")

_LETTERS = {"amp": "&", "lt": "<", "gt": ">"}


def plain(text: str) -> str:
    """A text without Slack's marks: people by name where it is there, links with their address."""
    return _MARK.sub(_read, text)


def _read(found: re.Match[str]) -> str:
    if found[1] is None:
        return _LETTERS[found[2]]
    target, _, label = found[1].partition("|")
    return plain(_said(target, label))  # neither has angle brackets: only letters are left


def _said(target: str, label: str) -> str:
    if target.startswith("@"):
        return f"@{label.lstrip('@') or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        # A date has its text as the label; a group or everybody here is called by it.
        return label or f"@{target[1:].rpartition('^')[2]}"
    address = _SCHEME.sub("", target)
    # What somebody types as an address, Slack makes a link to it.
    return label or target if label in {"", target, address} else f"{label} ({target})"
