"""Clues to identity and facts that must survive a hand-over, with their places in the message.

These are extraction patterns: what matches is quoted with its place, nothing is inferred. Places
are character offsets into the message as it was received. A bounded number is taken from a
bounded part of the message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.world import Clue, Fact

LIMIT = 32
"""At most so many clues and so many facts a message."""

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"']{1,300}", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w+])(?:\+|00)\d{1,3}[\d ()./-]{6,18}\d\b|(?<![\w.-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b"
)
_CARD = re.compile(
    r"\b(?:card|visa|mastercard|amex)\b[^.\d\n]{0,30}"
    r"\b(?:ending|ends|last (?:four|4)(?: digits)?)\b[^.\d\n]{0,15}(\d{4})\b"
    r"|\b(?:ending (?:in|with)|last (?:four|4)(?: digits)?(?: (?:is|are))?)[: ]{1,3}(\d{4})\b",
    re.IGNORECASE,
)
_NUMBERED = (
    r"(?: ?(?:number|no\.?|nr\.?|id|code|#))?(?: (?:is|was))?[ :#]{1,3}"
    r"((?=[\w-]{0,20}\d)[a-z0-9][\w-]{2,20})\b"
)
_ORDER = re.compile(
    rf"\b(?:order|purchase|invoice|parcel|shipment|tracking){_NUMBERED}", re.IGNORECASE
)
_TICKET = re.compile(
    rf"\b(?:ticket|case|incident){_NUMBERED}|\b(TICK_[0-9A-F]{{16}})\b", re.IGNORECASE
)
_REFERENCE = re.compile(
    r"\b(?:ref(?:erence)?|booking|confirmation|transaction|policy|claim|contract|account"
    rf"|reservation|booking confirmation)\.?{_NUMBERED}",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(?:[$€£¥₹]|\b(?:usd|eur|gbp|chf|inr|rs\.?)) ?\d{1,9}(?:[.,]\d{3}){0,3}(?:[.,]\d{1,2})?\b"
    r"|\b\d{1,9}(?:[.,]\d{3}){0,3}(?:[.,]\d{1,2})? ?"
    r"(?:[$€£¥₹]|(?:usd|eur|gbp|chf|inr|dollars?|euros?|pounds?|rupees?|bucks|quid)\b)"
    r"|\bamount(?: (?:was|is|of))?:? (\d{1,9}(?:[.,]\d{1,3}){0,4})\b",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DATE = re.compile(
    rf"\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b(?:,? \d{{4}}\b)?"
    rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?"
    rf"|\b(?:yesterday|today|tomorrow|(?:last|next|this) (?:week|month|{_WEEKDAY})|{_WEEKDAY})\b",
    re.IGNORECASE,
)
_TIME = re.compile(r"\b(?:[01]?\d|2[0-3]):[0-5]\d(?: ?[ap]m\b)?|\b\d{1,2} ?[ap]m\b", re.IGNORECASE)
_DEVICES = ("iphone", "ipad", "macbook", "imac", "galaxy", "pixel", "thinkpad", "xperia", "kindle")
_DEVICE = re.compile(
    rf"\b(?:{'|'.join(_DEVICES)})\b"
    r"(?: (?:[a-z]{1,2})?\d{1,4}[a-z]{0,2}\b)?(?: (?:pro|plus|max|mini|ultra|air)\b){0,2}",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?<![\w./@-])(?=[a-z-]{0,12}\d)(?=[\d-]{0,20}[a-z])(?=(?:[a-z-]{0,12}\d){3})"
    r"[a-z\d][a-z\d-]{4,23}(?![\w@/])",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,/-])(?:\d{3,6}(?:[ -]\d{3,8}){1,5}|\d{1,12}(?:-\d{1,12}){1,5}|\d{2,20})"
    r"(?![\w/]|[.,]\d)"
)

_DIGIT = re.compile(r"\d")

_FACTS = (
    ("url", _URL), ("email", _EMAIL), ("card_ending", _CARD), ("order", _ORDER),
    ("ticket", _TICKET), ("reference", _REFERENCE), ("amount", _AMOUNT), ("phone", _PHONE),
    ("date", _DATE), ("time", _TIME), ("device", _DEVICE), ("code", _CODE), ("number", _NUMBER),
)  # fmt: skip
_DIGITLESS = (
    ("url", "."),
    ("email", "@"),
    ("date", "day"),
    ("date", "week"),
    ("date", "month"),
    ("date", "tomorrow"),
    *(("device", name) for name in _DEVICES),
)
"""Kinds that need no digit, with what must occur in the text for them."""

_CLUES = frozenset({"email", "phone", "ticket", "order", "reference"})


def found(text: str) -> list[Fact]:
    """Everything that is quoted from a bounded message, in order of place, without overlaps.

    Where two patterns overlap the earlier in the list wins. Kinds are those of facts and clues.
    """
    has_digit = _DIGIT.search(text) is not None
    lowered = text.lower()
    digitless = {kind for kind, sign in _DIGITLESS if sign in lowered}
    taken: list[Fact] = []
    for kind, pattern in _FACTS:
        if not has_digit and kind not in digitless:
            continue
        for match in pattern.finditer(text):
            group = match.lastindex or 0
            start, end = match.span(group)
            if all(end <= other.start or start >= other.end for other in taken):
                taken.append(Fact(kind, text[start:end], start, end))
            if len(taken) >= LIMIT:
                break
    return sorted(taken, key=lambda fact: fact.start)


def facts(quoted: Sequence[Fact]) -> list[Fact]:
    """The facts among what was quoted; a ticket's number is a reference."""
    return [
        Fact("reference", fact.text, fact.start, fact.end) if fact.kind == "ticket" else fact
        for fact in quoted
    ]


def clues(quoted: Sequence[Fact]) -> list[Clue]:
    """The pointers to persons, orders and tickets among what was quoted."""
    return [
        Clue(fact.kind, fact.text, fact.start, fact.end) for fact in quoted if fact.kind in _CLUES
    ]
