"""Words as linking knows them: stemmed, hashed, and the few whose meaning it uses.

The log keeps the hashes of a message's words (`streams.understanding.features`), never the words,
so a decision can be taken again after the text was erased. The lists below are cues that a fitted
weight weighs, not rules: none of them decides alone.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

from schemas.platforms import PLATFORMS

_SUFFIXES = ("ment", "ing", "ed", "ion", "e")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A casefolded word without its English ending; words of other scripts stay as they are.

    Deliberately coarse: "payment", "paying" and "pays" meet in "pay", "charged" and "charges" in
    "charg". It never lengthens a word by more than it cut.
    """
    word = word.replace("'", "").replace("’", "")
    if len(word) < 4 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def term(stemmed: str) -> int:
    """The stable hash of a stemmed word: CRC-32 without its highest bit, so a positive int32."""
    return zlib.crc32(stemmed.encode("utf-8", "replace")) & 0x7FFFFFFF


def stems(words: str) -> frozenset[str]:
    """The stems of words that are written with spaces between them."""
    return frozenset(stem(word) for word in words.split())


def terms(words: str) -> frozenset[int]:
    """Their terms."""
    return frozenset(map(term, stems(words)))


_COMES_BACK = (
    "again already answer answered anybody anyone before bump called chase chasing contacted "
    "continue continuing conversation earlier explained follow following forgot forgotten "
    "happened happening hear heard ignored last later look looking mentioned message messaged "
    "nobody news outstanding previous previously problem progress promised reach reached remind "
    "reminder replied reply respond responded response said same second sent situation solved "
    "somebody someone speak spoke status still talked third told ticket unresolved update "
    "updates waited waiting week write writing written wrote yesterday yet"
)

FOLLOW_UP = terms(_COMES_BACK)
"""Words with which people come back to something they already asked."""

GREETING = terms(
    "hi hii hai hello hey heya hola hallo dear greetings good morning mrng gud higud afternoon "
    "evening day sir madam team there support um very yeah so"
)
"""Words of messages that only say hello."""

ACKNOWLEDGING = terms(
    "ok okay okey yes yep yeah yup no nope not thank thanks thx you sure great welcome bye fine "
    "good nice cool perfect please right correct that all much very so is it for help a"
)
"""Words of which answers such as "ok thank you" and "yes please" are made."""

OPENING = terms(
    "how what why can could want need would like when where do does did is are there which who "
    "help please i've i'm am unable can't cannot"
)
"""Words with which a request usually begins."""

CHANNEL_WORDS: dict[int, str] = {
    hashed: channel
    for channel, platform in PLATFORMS.items()
    for hashed in sorted(terms(platform.called))
}
"""How customers name the channel that they used before."""

POINTING = terms("it it's its that that's this these those they them")
"""Words that stand for something said before."""

THIS_TIME = terms("this time")
"""What people say who write for the same thing in another way: "this time by phone"."""

COUNTING = terms(
    "1st 2nd 3rd 4th 5th another each every fifth first fourth how last long many next second third"
)
"""Words beside which "this" and "time" mean something else: "the third time this week"."""

_SMALL = terms(
    "a about after all am an and any anything as at be because been but by did do don't for from "
    "get give got had has hasn't have haven't he her here him his i if in into is it it's its just "
    "me myself my no not now of off on one or our out over please she should so some something "
    "still than that that's the their them then there these they thing this those till to too up "
    "us was we were while will with work you your"
)

_COMING = terms(
    "arrive arriving became came come comes coming done going happen never nothing ready sort"
    " sorted"
)
"""How people ask after a matter that they do not name."""

EMPTY = FOLLOW_UP | GREETING | ACKNOWLEDGING | OPENING | frozenset(CHANNEL_WORDS) | _SMALL | _COMING
"""Words that name no matter: a message of nothing else cannot begin a new one."""

CUES = FOLLOW_UP | frozenset(CHANNEL_WORDS)
"""Terms that say how a message stands to others, not what it is about: no part of a topic."""

CUE_STEMS = stems(_COMES_BACK).union(*(stems(one.called) for one in PLATFORMS.values()))
"""The stems of these."""
