"""Clues to identity and facts that must survive a hand-over, with their places in the message.

These are extraction patterns: what matches is quoted with its place, nothing is inferred. Places
are character offsets into the message as it was received. A bounded number is taken from a
bounded part of the message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.world import Clue, Fact
from streams.understanding.text import own_lines

LIMIT = 32
"""At most so many clues and so many facts a message."""

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"']{1,300}", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w+])(?<!\d{3}[ -])(?:\+|00)\d{1,3}[\d ()./-]{6,18}\d\b"  # none in a longer number
    r"|(?<![\w.-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b"
    r"|(?<![\w.,-])0\d(?:[ .-]\d{2}){4}(?![\w-]|[.,]\d)"
)
_IBAN = re.compile(
    r"(?<!\w)(?:(?=(?:[A-Z ]{0,12}\d){10})[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?"
    r"|[a-z]{2}\d{2}(?: ?\d{4}){3,7}(?: ?\d{1,3})?)(?!\w)"
)
_CARD = re.compile(
    r"\b(?:card|visa|mastercard|amex)\b[^.\d\n]{0,30}"
    r"\b(?:ending|ends|last (?:four|4)(?: digits)?)\b[^.\d\n]{0,15}(\d{4})\b"
    r"|\b(?:ending (?:in|with)|last (?:four|4)(?: digits)?(?: (?:is|are))?)[: ]{1,3}(\d{4})\b",
    re.IGNORECASE,
)
_DAY_MONTH = r"\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})\b"
_SLASHED = (
    rf"(?!\d{{3,}}/)(?!{_DAY_MONTH})(?=[\w/-]{{5}})(?=[\w/-]{{0,24}}\d)"
    r"[a-z0-9][\w-]{0,20}(?:/[\w-]{1,20}){1,3}"
)
"""A number in parts, such as INV/2026/0815: all of it, for its first part is that of many. Two
numbers of three digits or more are two, and a day is none."""

_NUMBERED = (
    r"(?: ?(?:number|no\.?|nr\.?|id|code|#))?(?: (?:is|was))?[ :#]{1,3}"
    rf"({_SLASHED}|(?=[\w-]{{0,20}}\d)[a-z0-9][\w-]{{2,20}})\b"
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
_FIGURE = (
    r"(?:\d{1,2}(?:,\d{2}){1,4},\d{3}|\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3}){1,3}|\d{1,9})"
    r"(?:[.,]\d{1,2})?(?![.,'’]?\d)"
    r"(?:(?:k|m|mn|bn)\b| ?(?:lakhs?|lacs?|crores?|thousand|million|billion)\b)?"
)
"""A sum, however its digits are grouped (1,23,456.00 or 1.234,56 or 1'234), or none of it."""

_CODES = (
    r"(?-i:AED|ARS|AUD|BDT|BGN|BRL|CAD|CLP|CNY|CZK|DKK|EGP|HKD|HUF|IDR|ILS|JPY|KES|KRW|LKR|MXN|MYR"
    r"|NGN|NOK|NPR|NZD|PHP|PKR|PLN|QAR|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|VND|ZAR)"
)
"""Currencies by codes that are words or shortened words when they are written small."""

_SIGN = r"(?:\b(?:US|AU?|CA?|NZ|HK|S|R|MX|NT)\$|[$€£¥₹₺₽₩₪₫₴₦₱฿])"
_AMOUNT = re.compile(
    rf"(?:(?<![\w.])[-−])?(?:{_SIGN}|\b(?:usd|eur|gbp|chf|inr|rs\.?|kr\.?|{_CODES})) ?{_FIGURE}"
    rf"|(?<![a-z\d_.,'’])(?:(?<!\w)[-−])?{_FIGURE} ?(?:[$€£¥₹₺₽₩₪₫₴₦₱฿円元원]"
    rf"|(?:usd|eur|gbp|chf|inr|{_CODES}|dollars?|euros?|pounds?|rupees?|bucks|quid|yen|pesos?"
    r"|kr|kronor|kroner|zł|kč|ft|lei|tl|руб|грн)\b)"
    rf"|\bamount(?: (?:was|is|of))?:? ({_FIGURE})(?!\w)",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_MONATE = (
    r"(?:januari?|februari?|märz|maerz|mai|mei|maj|juni|juli|augusti|augustus|oktober|dezember"
    r"|desember|janvier|f[ée]vrier|mars|avril|juin|juillet|ao[ûu]t|septembre|octobre|novembre"
    r"|d[ée]cembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre"
    r"|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|janeiro"
    r"|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro|maart|stycznia|lutego"
    r"|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia)"
)
"""Months in other languages; a day must stand before them, for some are words of another."""

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DATE = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\w)"
    r"|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\b\d{4}/\d{1,2}/\d{1,2}\b"
    r"|(?<![\w-])\d{1,2}-\d{1,2}-20\d{2}(?![\w-])"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|er|\.)?(?: of| de| di)? (?:{_MONTH}|{_MONATE})\b"
    r"(?:(?:,| de| del)? \d{4}\b)?"
    rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?"
    r"|(?<!\d)(?:\d{4}年)?\d{1,2}月\d{1,2}日"
    rf"|\b(?:yesterday|today|tomorrow|(?:last|next|this) (?:week|month|{_WEEKDAY})|{_WEEKDAY})\b",
    re.IGNORECASE,
)
_HOUR = r"\b(?:[01]?\d|2[0-3])"
_TIME = re.compile(
    rf"{_HOUR}:[0-5]\d(?::[0-5]\d)?(?: ?[ap]m\b| ?[ap]\.m\.)?|{_HOUR}[h.][0-5]\d ?(?:[ap]m|uhr)\b"
    rf"|{_HOUR}h[0-5]\d\b|\b\d{{1,2}} ?(?:[ap]m\b|[ap]\.m\.|uhr\b)",
    re.IGNORECASE,
)
_DEVICES = ("iphone", "ipad", "macbook", "imac", "galaxy", "pixel", "thinkpad", "xperia", "kindle")
_DEVICE = re.compile(
    rf"\b(?:{'|'.join(_DEVICES)})\b"
    r"(?: (?:[a-z]{1,2})?\d{1,4}[a-z]{0,2}\b)?(?: (?:pro|plus|max|mini|ultra|air)\b){0,2}",
    re.IGNORECASE,
)
_CODE = re.compile(
    rf"(?<![\w./@:-])(?=[a-z])(?=(?:[a-z/-]{{0,12}}\d){{3}}){_SLASHED}(?![\w@/])"
    r"|(?<![\w./@-])(?=[a-z-]{0,12}\d)(?=[\d-]{0,20}[a-z])(?=(?:[a-z-]{0,12}\d){3})"
    r"[a-z\d][a-z\d-]{4,23}(?![\w@/])",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,/-])(?:\d{3,6}(?:[ -]\d{3,8}){1,5}|\d{1,12}(?:-\d{1,12}){1,5}|\d{2,20}"
    r"|\d{1,9}(?:[.,'’]\d{3}){0,3}[.,]\d{1,4})"
    r"(?![\w/]|[.,]\d)"
)

_DIGIT = re.compile(r"\d")

_FACTS = (
    ("url", _URL), ("email", _EMAIL), ("code", _IBAN), ("card_ending", _CARD), ("order", _ORDER),
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
            if len(taken) == LIMIT:
                return sorted(taken, key=_place)
    return sorted(taken, key=_place)


def _place(fact: Fact) -> int:
    return fact.start


def facts(quoted: Sequence[Fact], text: str) -> list[Fact]:
    """The facts that the customer gave among what was quoted; a ticket's number is a reference.

    What stands in a mail that they answer was said by somebody else, and mostly by us. Of a message
    that holds nothing else it is theirs: they would not have sent it for nothing.

    Args:
        quoted: What `found` gave.
        text: The bounded message.
    """
    own = own_lines(text)
    return [
        Fact("reference", fact.text, fact.start, fact.end) if fact.kind == "ticket" else fact
        for fact in quoted
        if not own or any(start <= fact.start < end for start, end in own)
    ]


def clues(quoted: Sequence[Fact]) -> list[Clue]:
    """The pointers to persons, orders and tickets among what was quoted."""
    return [
        Clue(fact.kind, fact.text, fact.start, fact.end) for fact in quoted if fact.kind in _CLUES
    ]
