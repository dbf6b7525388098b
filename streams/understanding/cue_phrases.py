"""The wordings by which cues and urgency are recognised, by name, as regular expressions.

Each is looked for in a lower-case sentence with straight apostrophes, from the beginning of a
word. They are written without nested repetition.
"""

from __future__ import annotations

from collections.abc import Mapping

Phrases = Mapping[str, tuple[str, ...]]

CUES: Phrases = {
    "thanks": (
        r"thanks?\b", r"thank ?you", r"thx\b", r"cheers\b", r"much appreciated",
        r"appreciate (?:it|the|your)", r"grateful",
    ),
    "solved": (
        r"(?:that|this|it)(?: has)?(?: now)? worked\b(?! before)",
        (
            r"(?:that|this|it|everything|all)(?:'s| is| was| has been| got)(?: now| all)?"
            r" (?:solved|resolved|fixed|sorted|working (?:again|now|fine))"
        ),
        r"(?:is|all|now) (?:sorted|solved|resolved|fixed)", r"problem (?:is )?(?:solved|gone)",
        r"(?:it|that|this|everything|all)(?: now)? works (?:now|again|fine|perfectly)",
        r"(?:that|this) (?:helped|did (?:it|the trick)|answers? my)", r"no longer need",
        r"got it working",
        (
            r"(?:that|this|it)(?: has| just)? (?:solved|fixed|resolved|sorted)"
            r" (?:it|that|this|everything|(?:the|my) (?:issue|problem))\b"
        ),
        r"(?<![a-z'] )solved\W*\Z",  # alone: our own messages ask for this word
    ),
    "not_solved": (
        r"need more help",  # as our own messages offer it
        (
            r"still (?:not|no|doesn'?t|does not|isn'?t|can'?t|cannot|won'?t|waiting"
            r"|nothing|broken|failing|the same|having|getting|happening|unresolved|stuck)"
        ),
        (
            r"(?:did ?n[o']?t|does ?n[o']?t|has ?n[o']?t|not|never) (?:help|work|solve"
            r"|fix|resolve|answer)"
        ),
        (
            r"(?:not|never|nobody has|no one has|hasn'?t been|isn'?t) (?:been )?(?:solved"
            r"|resolved|fixed|sorted|answered)"
        ),
        r"same (?:problem|issue|error|thing) (?:again|as before|still)",
        r"not working (?:again|still)", r"problem (?:persists|remains|is back|came back)",
        r"happened again", r"back to square one",
        r"(?:third|fourth|fifth|second|\d+(?:th|rd|nd)) time (?:i|i'm|that|in)\b",
    ),
    "asks_person": (
        (
            r"(?:speak|talk|chat|connect me|put me through|transfer me|get me)(?: (?:to"
            r"|with))? (?:a |an |the |your |some |real |actual |live )*(?:human|person"
            r"|agent|someone|somebody|representative|rep\b|manager|supervisor|operator"
            r"|advisor|adviser|colleague|staff|people)"
        ),
        r"(?:real|live|actual) (?:human|person|agent)", r"human (?:being|agent|please)",
        (
            r"(?:need|want) (?:a |to (?:speak|talk) to a )?(?:human|agent|manager"
            r"|supervisor|representative)"
        ),
        r"not (?:a|another) (?:ro)?bot\b", r"call me back", r"(?:no|stop) (?:more )?bots?\b",
    ),
    "complaint": (
        r"(?:formal |official |file a |make a |lodge a |raise a )?complain(?:t|ing|ts)?\b",
        r"unacceptable", r"disgrace", r"outrageous", r"ridiculous", r"appalling",
        r"terrible (?:service|support|experience)",
        (
            r"(?:worst|awful|horrible|pathetic|useless|rubbish|garbage) (?:service"
            r"|support|company|app|bank|experience)"
        ),
        (
            r"(?:very|extremely|so|deeply|really) (?:disappointed|unhappy|dissatisfied"
            r"|frustrated|upset|angry)"
        ),
        r"fed up", r"sick (?:and tired )?of", r"furious", r"had enough", r"waste of (?:my )?time",
        r"nobody (?:cares|answers|helps|replies)",
    ),
    "legal_threat": (
        r"(?:my |a |our )?(?:lawyer|solicitor|attorney)s?\b",
        r"legal (?:action|advice|steps|proceedings|team)", r"sue (?:you|the)", r"suing",
        r"take you to court", r"small claims", r"see you in court", r"ombudsman", r"regulator\b",
        r"consumer (?:law|protection|rights|affairs)",
        r"breach of (?:contract|law|the law|consumer|gdpr)", r"trading standards",
        r"financial conduct", r"data protection (?:authority|officer)", r"lawsuit",
        r"press charges",
        r"report (?:you|this) to (?:the )?(?:police|authorit|regulator|ombudsman|bbb|ftc)",
    ),
    "churn_threat": (
        (
            r"(?:cancel(?:l?ing)?|clos(?:e|ing)|terminat(?:e|ing)) (?:all |both )?(?:my"
            r"|our|the) (?:account|subscription|contract|membership|plan|cards?"
            r"|service)s?\b.{0,20}(?:if|unless|immediately|today|now|and)"
        ),
        (
            r"(?:if|unless) .{0,60}(?:cancel(?:l?ing)?|clos(?:e|ing)|leav(?:e|ing)"
            r"|switch(?:ing)?|mov(?:e|ing)) (?:my|our|to|the|your|you)\b"
        ),
        (
            r"(?:switch(?:ing)?|mov(?:e|ing)|go(?:ing)?) (?:to )?(?:another|a different|a"
            r" competitor|your competitor|competitors)"
        ),
        r"tak(?:e|ing) (?:my|our) (?:business|money|custom) elsewhere",
        r"los(?:e|ing|t) (?:me|us|a customer)",
        r"never (?:buy|order|use|shop|bank|do business)\b.{0,30}again",
        r"leav(?:e|ing) (?:you|your (?:bank|service|company))", r"last (?:chance|time i)",
        r"regret (?:ever )?(?:signing|joining|buying|choosing)",
        (
            r"(?:post|share|tell|tweet) .{0,30}(?:twitter|facebook|everyone|online|social"
            r" media|trustpilot)"
        ),
        r"(?:leave|write|post) (?:a |an )?(?:bad |negative |one.star |1.star )?reviews?\b",
        r"dispute (?:this|it|the charge)",
    ),
    "out_of_office": (
        r"out of (?:the )?office", r"automatic reply", r"auto-?reply",
        r"on (?:annual|parental|maternity|sick) leave",
        r"i am (?:currently )?(?:away|on (?:holiday|vacation|leave)) (?:until|from|with)",
        r"will be back on", r"abwesenheit",
    ),
}  # fmt: skip

URGENCY: Phrases = {
    "asap": (
        r"asap\b", r"a\.s\.a\.p", r"as soon as (?:possible|you can)", r"right away",
        r"immediately", r"at once\b", r"straight away", r"right now\b", r"instantly",
    ),
    "urgent": (
        r"urgent(?:ly)?\b", r"emergency", r"critical\b", r"time.sensitive", r"high priority",
        r"top priority", r"can(?:no|')t wait", r"no time to (?:lose|waste)",
    ),
    "deadline": (
        r"deadline",
        (
            r"by (?:the end of (?:the )?(?:day|week|month)|tonight|tomorrow|noon|midnight"
            r"|close of business|eod|cob)"
        ),
        (
            r"within (?:the|an|one|the next|\d{1,3}) ?(?:\w+ )?(?:minutes?|hours?|mins?"
            r"|hrs?|day)\b"
        ),
        r"in (?:less than )?(?:an|one|half an|\d{1,3}) (?:minutes?|mins?|hours?|hrs?)\b",
        r"expires? (?:today|tonight|tomorrow|in|soon)",
        (
            r"before (?:noon|midnight|tonight|tomorrow|monday|tuesday|wednesday|thursday"
            r"|friday|saturday|sunday|the weekend)"
        ),
        (
            r"(?:due|closes?|ends?|starts?) (?:today|tonight|tomorrow|in (?:an|one|\d+)"
            r" (?:hour|minute))"
        ),
        r"last day\b", r"today is the",
    ),
    "stuck": (
        r"(?:stuck|stranded|locked out|trapped)\b",
        r"(?:at|in) the (?:airport|hospital|checkout|till|station|border|hotel)",
        r"(?:boarding|check.?out|taking off|departs?)\b.{0,15}(?:now|soon|minutes|hour)",
        r"my flight", r"is boarding", r"abroad (?:with|without)",
        r"leave for the (?:hospital|airport)", r"in the middle of nowhere",
        r"no (?:money|cash|way to pay|heating|food|power|access)\b",
    ),
    "outage": (
        (
            r"(?:production|prod|site|website|server|system|store|shop|service|everything"
            r"|checkout|platform) (?:is|are|went|has gone) (?:completely )?(?:down"
            r"|offline|dead)"
        ),
        r"outage",
        r"(?:all|none of) (?:of )?(?:our|my|the) (?:users|customers|staff|employees|team)",
        r"losing (?:money|customers|sales|orders)", r"down for all",
    ),
    "danger": (
        r"fraud", r"stolen", r"hacked", r"scam", r"someone (?:is using|else)", r"unauthori[sz]ed",
        r"medical", r"medication", r"surgery", r"evict", r"elderly", r"baby", r"child is",
        r"safety",
    ),
}  # fmt: skip
