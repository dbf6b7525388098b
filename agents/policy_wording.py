"""The policy's part on what the desk says to customers by itself: its languages and its words."""

from __future__ import annotations

from typing import Annotated, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agents.languages import spoken
from agents.words import REFERENCE, SHIPPED, TITLE, Words

Text = Annotated[str, Field(max_length=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _having(mark: str, text: str) -> str:
    """A text that is empty or has the mark where something belongs."""
    if text and mark not in text:
        raise ValueError(f"it has no {mark}; write that where it belongs")
    return text


class Texts(_Part):
    """A deployment's own words in one language; what is empty is said as it ships.

    Attributes:
        confirmation: A new ticket is in hand; `{ticket}` stands for its id.
        helps: What begins an answer; `{title}` stands for the title of its article.
        is_it: What begins an answer that may not be meant, likewise.
        did_you_mean: What begins a suggestion, likewise.
        as_well: What ends a suggestion.
        survey: How did it go, from 1 to 5?
        follow_up: Did the last answer help?
        noticed: Something is wrong, and nobody has written of it yet.
        away: What begins the mail with what was said in a chat that its customer had left.
        come_back: What ends it.
    """

    confirmation: Text = ""
    helps: Text = ""
    is_it: Text = ""
    did_you_mean: Text = ""
    as_well: Text = ""
    survey: Text = ""
    follow_up: Text = ""
    noticed: Text = ""
    away: Text = ""
    come_back: Text = ""

    @field_validator("confirmation")
    @classmethod
    def _refers(cls, text: str) -> str:
        return _having(REFERENCE, text)

    @field_validator("helps", "is_it", "did_you_mean")
    @classmethod
    def _quotes(cls, text: str) -> str:
        return _having(TITLE, text)

    def over(self, words: Words) -> Words:
        """The words with these in their place."""
        own = {name: text for name, text in self.model_dump().items() if text}
        return msgspec.structs.replace(words, **own)


class WordingPolicy(_Part):
    """In which languages the desk itself speaks to customers, and in which words.

    Attributes:
        language: For whoever's language is not known, or not spoken here.
        languages: Which it speaks beside that one; all that ship or have texts where none is named.
        texts: Own words, by language.
    """

    language: str = "en"
    languages: list[str] = []
    texts: dict[str, Texts] = {}

    @field_validator("texts")
    @classmethod
    def _by_code(cls, texts: dict[str, Texts]) -> dict[str, Texts]:
        named: dict[str, str] = {}
        for code in texts:
            other = named.setdefault(spoken(code), code)
            if other != code:
                raise ValueError(f"{other} and {code} are the same here; keep one of them")
        return texts

    @model_validator(mode="after")
    def _known(self) -> Self:
        for code in (self.language, *self.languages):
            if not self._has(spoken(code)):
                raise ValueError(
                    f"there are no words in {code!r}; write them in texts.{code}, or use one of "
                    f"{', '.join(SHIPPED)}"
                )
        return self

    def _has(self, code: str) -> bool:
        return code in SHIPPED or any(spoken(one) == code for one in self.texts)

    def tongue(self, language: str | None) -> str:
        """The language in which a customer of some language is spoken to."""
        own = spoken(self.language)
        if language is None:
            return own
        code = spoken(language)
        named = {spoken(one) for one in self.languages}
        return code if self._has(code) and (not named or code in named) else own

    def words(self, tongue: str) -> Words:
        """The words of a language that is spoken here.

        Where none ship, what has no text of its own is said in the language for all others.
        """
        shipped = SHIPPED.get(tongue) or SHIPPED.get(spoken(self.language)) or SHIPPED["en"]
        own = next((texts for one, texts in self.texts.items() if spoken(one) == tongue), None)
        return shipped if own is None else own.over(shipped)
