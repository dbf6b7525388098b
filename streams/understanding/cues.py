"""Cues of a support conversation: patterns that extract what was said, not models of meaning.

A cue is a phrase whose wording is itself the evidence ("my lawyer", "thanks, that worked").
Patterns are written without nested repetition, so each takes time linear in the bounded text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

from streams.understanding.text import words

Patterns = Mapping[str, re.Pattern[str]]


def _compiled(**alternatives: str) -> Patterns:
    return {name: re.compile(rf"\b(?:{pattern})") for name, pattern in alternatives.items()}


CUES = _compiled(
    thanks=r"thanks?\b|thank ?you|thx\b|cheers\b|much appreciated|appreciate (?:it|the|your)|grateful",
    solved=(
        r"(?:that|this|it)(?:'s| is| has been)? (?:now )?(?:worked\b(?! before)|solved|resolved|fixed"
        r"|sorted|working (?:again|now|fine))|(?:is|all|now) (?:sorted|solved|resolved|fixed)"
        r"|problem (?:is )?(?:solved|gone)|works (?:now|again|fine|perfectly)"
        r"|(?:that|this) (?:helped|did (?:it|the trick)|answers? my)|no longer need|got it working"
    ),
    not_solved=(
        r"still (?:not|no|doesn'?t|does not|isn'?t|can'?t|cannot|won'?t|waiting|nothing|broken|failing"
        r"|the same|having|getting|happening|unresolved|stuck)"
        r"|(?:did ?n[o']?t|does ?n[o']?t|has ?n[o']?t|not|never) (?:help|work|solve|fix|resolve|answer)"
        r"|(?:not|never|nobody has|no one has|hasn'?t been|isn'?t) (?:been )?(?:solved|resolved|fixed|sorted"
        r"|answered)|same (?:problem|issue|error|thing) (?:again|as before|still)|not working (?:again|still)"
        r"|problem (?:persists|remains|is back|came back)|happened again|back to square one"
        r"|(?:third|fourth|fifth|second|\d+(?:th|rd|nd)) time (?:i|i'm|that|in)\b"
    ),
    asks_person=(
        r"(?:speak|talk|chat|connect me|put me through|transfer me|get me)(?: (?:to|with))?"
        r" (?:a |an |the |your |some |real |actual |live )*(?:human|person|agent|someone|somebody"
        r"|representative|rep\b|manager|supervisor|operator|advisor|adviser|colleague|staff|people)"
        r"|(?:real|live|actual) (?:human|person|agent)|human (?:being|agent|please)"
        r"|(?:need|want) (?:a |to (?:speak|talk) to a )?(?:human|agent|manager|supervisor|representative)"
        r"|not (?:a|another) (?:ro)?bot\b|call me back|(?:no|stop) (?:more )?bots?\b"
    ),
    complaint=(
        r"(?:formal |official |file a |make a |lodge a |raise a )?complain(?:t|ing|ts)?\b|unacceptable"
        r"|disgrace|outrageous|ridiculous|appalling|terrible (?:service|support|experience)"
        r"|(?:worst|awful|horrible|pathetic|useless|rubbish|garbage) (?:service|support|company|app|bank|experience)"
        r"|(?:very|extremely|so|deeply|really) (?:disappointed|unhappy|dissatisfied|frustrated|upset|angry)"
        r"|fed up|sick (?:and tired )?of|furious|had enough|waste of (?:my )?time|nobody (?:cares|answers|helps|replies)"
    ),
    legal_threat=(
        r"(?:my |a |our )?(?:lawyer|solicitor|attorney)s?\b|legal (?:action|advice|steps|proceedings|team)"
        r"|sue (?:you|the)|suing|take you to court|small claims|see you in court|ombudsman|regulator\b"
        r"|consumer (?:law|protection|rights|affairs)|breach of (?:contract|law|the law|consumer|gdpr)"
        r"|trading standards|financial conduct|data protection (?:authority|officer)|lawsuit|press charges"
        r"|report (?:you|this) to (?:the )?(?:police|authorit|regulator|ombudsman|bbb|ftc)"
    ),
    churn_threat=(
        r"(?:cancel(?:l?ing)?|clos(?:e|ing)|terminat(?:e|ing)) (?:all |both )?(?:my|our|the) (?:account|subscription|contract"
        r"|membership|plan|cards?|service)s?\b.{0,20}(?:if|unless|immediately|today|now|and)"
        r"|(?:if|unless) .{0,60}(?:cancel(?:l?ing)?|clos(?:e|ing)|leav(?:e|ing)|switch(?:ing)?|mov(?:e|ing)) (?:my|our|to|the|your|you)\b"
        r"|(?:switch(?:ing)?|mov(?:e|ing)|go(?:ing)?) (?:to )?(?:another|a different|a competitor|your competitor|competitors)"
        r"|tak(?:e|ing) (?:my|our) (?:business|money|custom) elsewhere|los(?:e|ing|t) (?:me|us|a customer)"
        r"|never (?:buy|order|use|shop|bank|do business)\b.{0,30}again|leav(?:e|ing) (?:you|your (?:bank|service|company))"
        r"|last (?:chance|time i)|regret (?:ever )?(?:signing|joining|buying|choosing)"
        r"|(?:post|share|tell|tweet) .{0,30}(?:twitter|facebook|everyone|online|social media|trustpilot)"
        r"|(?:leave|write|post) (?:a |an )?(?:bad |negative |one.star |1.star )?reviews?\b|dispute (?:this|it|the charge)"
    ),
    out_of_office=(
        r"out of (?:the )?office|automatic reply|auto-?reply|on (?:annual|parental|maternity|sick) leave"
        r"|i am (?:currently )?(?:away|on (?:holiday|vacation|leave)) (?:until|from|with)|will be back on|abwesenheit"
    ),
)  # fmt: skip

URGENCY = _compiled(
    asap=r"asap\b|a\.s\.a\.p|as soon as (?:possible|you can)|right away|immediately|at once\b|straight away|right now\b|instantly",
    urgent=r"urgent(?:ly)?\b|emergency|critical\b|time.sensitive|high priority|top priority|can(?:no|')t wait|no time to (?:lose|waste)",
    deadline=(
        r"deadline|by (?:the end of (?:the )?(?:day|week|month)|tonight|tomorrow|noon|midnight|close of business|eod|cob)"
        r"|within (?:the|an|one|the next|\d{1,3}) ?(?:\w+ )?(?:minutes?|hours?|mins?|hrs?|day)\b"
        r"|in (?:less than )?(?:an|one|half an|\d{1,3}) (?:minutes?|mins?|hours?|hrs?)\b|expires? (?:today|tonight|tomorrow|in|soon)"
        r"|before (?:noon|midnight|tonight|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday|the weekend)"
        r"|(?:due|closes?|ends?|starts?) (?:today|tonight|tomorrow|in (?:an|one|\d+) (?:hour|minute))|last day\b|today is the"
    ),
    stuck=(
        r"(?:stuck|stranded|locked out|trapped)\b|(?:at|in) the (?:airport|hospital|checkout|till|station|border|hotel)"
        r"|(?:boarding|check.?out|taking off|departs?)\b.{0,15}(?:now|soon|minutes|hour)|my flight|is boarding|abroad (?:with|without)"
        r"|leave for the (?:hospital|airport)|in the middle of nowhere|no (?:money|cash|way to pay|heating|food|power|access)\b"
    ),
    outage=(
        r"(?:production|prod|site|website|server|system|store|shop|service|everything|checkout|platform) (?:is|are|went|has gone) (?:completely )?(?:down|offline|dead)"
        r"|outage|(?:all|none of) (?:of )?(?:our|my|the) (?:users|customers|staff|employees|team)|losing (?:money|customers|sales|orders)|down for all"
    ),
    danger=r"fraud|stolen|hacked|scam|someone (?:is using|else)|unauthori[sz]ed|medical|medication|surgery|evict|elderly|baby|child is|safety",
)  # fmt: skip

_ALL = tuple(CUES.items()) + tuple(URGENCY.items())
_NO_RUSH = re.compile(r"\b(?:no (?:rush|hurry)|not urgent)\b", re.IGNORECASE)
SHORT = 80

_DEADLINE = re.compile(
    r"\b(?:by|before|until|no later than|within|expires?|due|closes?|in|ends?)\s+"
    r"(?:the\s+|next\s+|this\s+|less than\s+|on\s+)*"
    r"(?:\d{4}-\d{2}-\d{2}(?:T[\d:.]{4,12}(?:Z|[+-]\d{2}:\d{2})?)?"
    r"|(?:\d{1,3}|an?|one|two|three|half an|few|couple of)\s+(?:minutes?|mins?|hours?|hrs?|days?)\b"
    r"|\d{1,2}(?::\d{2})?\s*(?:am|pm)\b(?:\s+(?:today|tomorrow|tonight))?"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|hour\b"
    r"|today\b|tonight\b|tomorrow\b|noon\b|midnight\b|weekend\b|end of (?:the )?(?:day|week|month)\b)",
    re.IGNORECASE,
)
_DEADLINES = 5
_EXACT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})")

_GREETING_WORDS = frozenset(
    ["hi", "hey", "hello", "hai", "hola", "there", "good", "morning", "afternoon", "evening", "day", "greetings", "dear", "team", "support", "all", "yo", "please", "anyone", "here"]
)


def spotted(sentence: str) -> frozenset[str]:
    """The names of all cues, of urgency too, in a sentence."""
    lowered = sentence.lower()
    return frozenset(name for name, pattern in _ALL if pattern.search(lowered))


def cues(text: str, found: Set[str]) -> list[str]:
    """The cues of a message, in a fixed order.

    Args:
        text: The bounded message.
        found: What was spotted in its sentences.
    """
    named = [name for name in CUES if name in found]
    if "not_solved" in found and "solved" in found:
        named.remove("solved")
    if len(text) <= SHORT:
        said = words(text)
        if said and _GREETING_WORDS.issuperset(said):
            named.append("greeting_only")
    return named


def urgency(text: str, found: Set[str]) -> list[str]:
    """The urgency cues of a message, in a fixed order; none when it says there is no rush."""
    if _NO_RUSH.search(text):
        return []
    return [name for name in URGENCY if name in found]


def deadlines(text: str) -> list[str]:
    """Deadlines of a bounded message: RFC 3339 where given so, else the words as said."""
    found: list[str] = []
    for match in _DEADLINE.finditer(text):
        exact = _EXACT.search(match.group())
        said = exact.group() if exact else " ".join(match.group().split())
        if said not in found:
            found.append(said)
        if len(found) == _DEADLINES:
            break
    return found
