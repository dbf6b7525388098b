"""What of a customer's text others may learn from: the text without what is only theirs."""

from __future__ import annotations

import re

_ANSWERED = re.compile(r"^(?:\s*(?:re|aw|fwd?|wg)\s*:)+", re.IGNORECASE)
_PERSONAL = re.compile(
    r"(?:https?://|www\.)\S+"  # links, which often carry tokens
    r"|\S*@\S+"  # e-mail addresses, and names on platforms
    r"|\+?\d[\d\s().\-/]{5,}\d"  # phone, card and account numbers, with their separators
    r"|\b(?=\w*\d)\w{4,}\b",  # order numbers, references, postcodes, years
    re.IGNORECASE,
)


def impersonal(text: str, name: str | None) -> str:
    """The text without addresses, links, numbers and the customer's name, in single spaces.

    Args:
        text: What a customer wrote.
        name: What the customer is called, if that is known.
    """
    text = _PERSONAL.sub(" ", _ANSWERED.sub(" ", text))
    own = [re.escape(part) for part in (name or "").split() if len(part) > 1]
    if own:
        text = re.sub(rf"\b(?:{'|'.join(own)})\b", " ", text, flags=re.IGNORECASE)
    return " ".join(text.split())
