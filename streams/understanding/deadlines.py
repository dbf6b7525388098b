"""Deadlines that a message names: "by Friday at noon", "my flight leaves tomorrow at 9".

A deadline is a word that says that time runs out (a preposition, a verb, what leaves or ends, a
need) and a moment behind it, or a moment and "at the latest". It is quoted as it was said: which
day "Friday" is depends on when and where the message was written. English, and Hindi in Latin
letters ("kal tak chahiye"), whose urgency is judged too. Repetitions are bounded and never nested,
so the work grows with the length of the bounded text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST = 5
"""So many deadlines of a message are named."""

_DAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
    r"|(?:mon|tues?|wed|thu|thurs?|fri|sat)\b\.?(?=\W|$))"
)
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
_HOURS = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_NUMBER = (
    rf"(?:\d{{1,3}}|an?|{_HOURS}|fifteen|twenty|thirty|forty(?:-five)?|sixty|ninety|half an"
    r"|(?:a )?few|(?:a )?couple of)"
)
_SOME = rf"{_NUMBER}(?:\s+(?:or|to)\s+{_NUMBER}|-\d{{1,3}}|\s+and\s+a\s+half)?[ -]?"
_SHORT_UNIT = r"(?:minutes?|mins?|hours?|hrs?)\b(?:\s+and\s+a\s+half\b)?"
_LONG_UNIT = r"(?:business |working )?(?:days?|weeks?|months?)\b"
_AGO = r"(?!\s+(?:ago|old|later|before|earlier)\b)"
_SHORTLY = rf"(?:{_SOME}\s*(?:{_SHORT_UNIT}|h\b)|(?:half[ -])?hour\b){_AGO}"
_DURATION = rf"(?:{_SHORTLY}|{_SOME}\s*{_LONG_UNIT}{_AGO})"
_CLOCK = (
    r"(?:\d{1,2}(?:[:.]\d{2})?\s*(?:am\b|pm\b|a\.m\.|p\.m\.|o'?clock\b)|\d{1,2}:\d{2}\b"
    rf"|noon\b|midday\b|midnight\b|(?<=\bat )(?:\d{{1,2}}\b(?![:.]\d|\s*[%$€£])|{_HOURS}\b)"
    rf"|(?:half past|quarter (?:past|to)) (?:\d{{1,2}}|{_HOURS})\b)"
)
_TIMESTAMP = (
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z\b|[+-]\d{2}:\d{2})?)?"
)
_DATE = (
    rf"(?:{_TIMESTAMP}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+20\d{{2}}\b)?"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+20\d{{2}}\b)?"
    r"|\d{1,2}[./]\d{1,2}[./](?:20)?\d{2}\b|\d{1,2}/\d{1,2}\b"
    r"|\d{1,2}(?:st|nd|rd|th)(?=\W*$|[ ]?[.,;:!?)\n]"
    r"|\s+(?:of|at|or|and|because|please|so|if|but|for|as|to|in|since|when|otherwise)\b))"
)
_NAMED_DAY = (
    rf"(?:(?:today|tonight|tomorrow|{_DAY})(?:\s+(?:morning|afternoon|evening|night)\b)?"
    r"|this (?:morning|afternoon|evening)|weekend|christmas|new year(?:'s eve)?|easter"
    r"|(?:end|close) of (?:the |this |next )?(?:day|business|week|month|quarter|year|today)"
    r"|eod|eob|cob|eow|eom)\b(?!['’]s\b)"
)
_POINT = (
    rf"(?:(?:{_NAMED_DAY}|{_DATE})(?:,?\s+(?:at|by|before|around)\s+{_CLOCK}|,?\s+{_CLOCK})?"
    rf"|{_CLOCK}(?:,?\s+(?:on\s+)?(?:the\s+)?(?:{_NAMED_DAY}|{_DATE}))?)"
)
_FILL = (
    r"(?:(?:the|next|this|coming|on|at|about|around|latest|early|late|less than|just|only|another"
    r"|by|before|under)\s+){0,4}"
)
_WHEN = rf"(?:in\s+{_FILL}{_DURATION}|in the (?:morning|afternoon|evening)\b|{_FILL}{_POINT})"

_HINDI_DAY = (
    r"(?:aaj|kal|parson?|som[wv]aa?r|mangal[wv]aa?r|budh[wv]aa?r|guru[wv]aa?r|shukr[wv]aa?r"
    r"|shani[wv]aa?r|ra[wv]i[wv]aa?r)\b"
)

_LEAVES_OR_ENDS = (
    r"(?:flight|plane|train|bus|coach|ferry|boat|ship|trip|holiday|exam|interview|appointment"
    r"|meeting|surgery|operation|wedding|funeral|party|birthday|hearing|presentation|event|concert"
    r"|match|check-?(?:in|out)|offer|deal|sale|trial|discount|voucher|coupon|visa|passport|permit"
    r"|licen[cs]e|lease|contract|subscription|policy|deadline|cut-?off|rent|payment|invoice|bill"
    r"|deposit|mortgage|launch|course|semester|school|shop|store|office|branch|registration)"
)
_DOES = (
    r"(?:leaves?|leaving|departs?|departing|boards?|boarding|takes? off|taking off|starts?"
    r"|starting|begins?|opens?|closes?|closing|ends?|ending|expires?|expiring|runs? out|is due"
    r"|are due|is|are)"
)
_FORMS = (
    rf"(?:by|before|until|till|no later than|not later than)\s+{_FILL}{_POINT}",
    rf"within\s+{_FILL}{_DURATION}",
    rf"in\s+{_FILL}(?:{_SHORTLY}|{_SOME}\s*days?\b{_AGO})",
    r"(?:before|until|till)\s+\d{1,2}(?=\s*(?:[,;!?]|\.(?!\d)|$))",
    rf"(?:by|before|until|till)\s+(?:the\s+end\s+of\s+)?{_MONTH}(?=\s*(?:[.,;!?]|$))",
    rf"(?<!\bwas )(?<!\bwere )(?:expires?|due|closes?|ends?)\s+{_WHEN}",
    rf"deadline:\s+{_WHEN}",
    rf"{_LEAVES_OR_ENDS}(?:\s+\w+){{0,2}}?(?:\s+{_DOES}|'s)\s+{_WHEN}",
    rf"(?:have|has|got)\s+(?:an?\s+|my\s+|the\s+)?{_LEAVES_OR_ENDS}\s+{_WHEN}",
    (
        r"(?:i|we)(?:'m|'re|\s+am|\s+are)?\s+(?:have\s+to\s+|must\s+|need\s+to\s+|will\s+)?"
        r"(?:leave|leaving|fly|flying|travel|travell?ing|depart|departing|mov(?:e|ing) out|open)"
        rf"(?:\s+(?:for|to)\s+(?:the\s+)?\w+)?\s+{_WHEN}"
    ),
    (
        r"(?<!n't )(?<!not )(?:needs?|must|has to|have to)\s+"
        r"(?:(?!by\b|before\b|until\b|till\b|within\b|in\b|at\b)[\w']+\s+){1,4}?"
        rf"(?:for\s+|on\s+)?{_NAMED_DAY}(?:,?\s+at\s+{_CLOCK})?"
    ),
    (
        rf"(?:{_HINDI_DAY}|{_DAY}|{_DATE}|{_CLOCK}|\d{{1,2}} baje\b)"
        r"(?:\s+(?:subah|dopahar|shaam|sham|raat)\b)?(?:\s+\d{1,2} baje\b)?\s+tak\b"
        r"(?![^.!?\n]{0,40}\bth(?:a|i)\b)"  # it was so until then
    ),
    rf"{_POINT},?\s+(?:at the (?:very )?latest|or sooner|or earlier)\b",
)

_DEADLINE = re.compile(rf"\b(?:{'|'.join(_FORMS)})", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[a-z]+")
_TIME_WORDS = (
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays"
    " fridays saturdays sundays mon tue tues wed thu thur thurs fri sat today tonight tomorrow"
    " weekend christmas year easter end close eod eob cob eow eom minute minutes min mins hour"
    " hours hr hrs day days week weeks month months morning afternoon evening noon midday midnight"
    " past quarter one two three four five six seven eight nine ten eleven twelve january february"
    " march april may june july august september october november december jan feb mar apr jun jul"
    " aug sep sept oct nov dec tak"
)
_OF_MOMENTS = frozenset(_TIME_WORDS.split())
"""Every moment has a digit or one of these; a message with neither is done with at once."""

_EXACT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})")
_SO_FAR = re.compile(
    r"(?:n't|\bnot|\bnothing|\bnobody|\bno one|\bno (?:reply|answer|response|word)|\btwice|\btimes)"
    r"\b[^.!?\n]{0,40}$",
    re.IGNORECASE,
)
"""Before "in three days" these say what has been, not what is to come."""

_UNTIL = re.compile(r"until|till", re.IGNORECASE)
_WAS = re.compile(
    r"\b(?:was|were|been|had|did|worked|waited|lasted|stayed|ran|slept|stood|used to)\b"
    r"(?![^.!?,;\n]*\b(?:needs?|must|please|can|want|ha(?:ve|s) to|and|but|so|hoping|wondering)\b)"
    r"[^.!?,;\n]{0,50}$",
    re.IGNORECASE,
)
"""Before "until this morning" these say how long something went well, or somebody waited."""

_LOOKED_BACK = 60
_SOON = re.compile(
    r"\b(?:minutes?|mins?|hours?|hrs?|\d{1,3}h|today|tonight|tomorrow"
    r"|this (?:morning|afternoon|evening)|(?:end|close) of (?:the )?(?:day|business)|eod|eob|cob"
    r"|noon|midday|midnight|aaj|kal|baje)\b|\d\s*[ap]\.?m\b|o'?clock\b",
    re.IGNORECASE,
)


def deadlines(text: str) -> list[str]:
    """Deadlines of a bounded message: RFC 3339 where given so, else the words as said."""
    found: list[str] = []
    if not _names_a_moment(text):
        return found
    for match in _DEADLINE.finditer(text):
        if _tells_of_the_past(text, match):
            continue
        exact = _EXACT.search(match.group())
        said = exact.group() if exact else " ".join(match.group().split())
        if said not in found:
            found.append(said)
        if len(found) == MOST:
            break
    return found


def soon(named: Sequence[str]) -> bool:
    """Whether a deadline is within about a day: hours, a time of day, today or tomorrow."""
    return any(_SOON.search(one) for one in named)


def _names_a_moment(text: str) -> bool:
    if _DIGIT.search(text):
        return True
    return not _OF_MOMENTS.isdisjoint(_WORD.findall(text.lower()))


def _tells_of_the_past(text: str, named: re.Match[str]) -> bool:
    before = text[max(0, named.start() - _LOOKED_BACK) : named.start()]
    if named.group()[:3].lower() == "in ":
        return _SO_FAR.search(before) is not None
    return _UNTIL.match(named.group()) is not None and _WAS.search(before) is not None
