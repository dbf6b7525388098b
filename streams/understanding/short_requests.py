"""Calls for help too short for a model of languages, and the language that each can only be.

Nobody who writes "help" and no more should be answered in no language. Only whole messages count,
and only such as no other served language says: what two of them say ("ajuda") is not here.
"""

from __future__ import annotations

import re

CALLS = {
    "en": (
        "help", "help me", "help me please", "help please", "please help", "please help me",
        "please help us", "need help", "need some help", "need help please", "i need help",
        "i need help please", "i need some help", "i need your help", "hi i need help",
        "hello i need help", "refund", "cancel",
    ),
    "de": ("hilfe", "hilfe bitte", "bitte hilfe", "bitte helfen"),
    "fr": ("aidez-moi", "aidez-nous", "au secours", "à l'aide"),
    "es": ("ayuda", "ayudame", "ayúdame", "ayudeme", "ayúdeme", "ayúdenme"),
    "it": ("aiuto", "aiutami", "aiutatemi", "mi aiuti"),
    "pt": ("preciso de ajuda", "ajude-me", "me ajude", "me ajuda", "ajudem-me"),
    "nl": ("hulp",),
    "pl": ("pomocy",),
    "tr": ("yardim",),
    "nb": ("hjelp", "hjelp meg"),
    "fi": ("apua",),
    "hu": ("segitseg",),
    "ro": ("ajutor",),
    "ru": ("помогите",),
    "hi-Latn": ("madad", "madad chahiye", "madad karo"),
}  # fmt: skip

LANGUAGES = {call: language for language, calls in CALLS.items() for call in calls}

_LONGEST = max(map(len, LANGUAGES)) + 8

_OUTER = re.compile(r"^\W+|\W+$")
_APART = re.compile(r"[\s,.!]+")


def language_of_call(text: str, languages: tuple[str, ...]) -> str | None:
    """The served language of a message that is a call for help and nothing else; else None."""
    if len(text) > _LONGEST:
        return None
    words = _APART.sub(" ", _OUTER.sub("", text.casefold().replace("\u2019", "'")))
    found = LANGUAGES.get(words)
    return found if found in languages else None
