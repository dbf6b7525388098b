"""Languages as they are compared: programs write the same one as de, DE, de-AT or de_AT."""

from __future__ import annotations

from collections.abc import Iterable

_LATIN = {"hi": "hi-Latn"}
"""Languages that count as others where they are written in Latin letters."""

_OLD = {"no": "nb", "nn": "nb", "iw": "he", "in": "id", "fil": "tl"}
"""Codes beside those that the models use."""


def spoken(code: str) -> str:
    """The code that the models use of a language, whatever region and letters it names."""
    first, *rest = code.strip().lower().replace("_", "-").split("-")
    if "latn" in rest:
        return _LATIN.get(first, first)
    return _OLD.get(first, first)


def same(one: str, other: str) -> bool:
    """Whether whoever knows one language knows the other, however it is written."""
    return spoken(one).partition("-")[0] == spoken(other).partition("-")[0]


def speaks(languages: Iterable[str], language: str) -> bool:
    """Whether a language is among those that somebody speaks."""
    return any(same(one, language) for one in languages)
