"""The policy's part on how replies go out where a platform does not take free text any more."""

from __future__ import annotations

from typing import Annotated, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.platforms import PLATFORMS
from schemas.vocabulary import Channel, ReplyKind

KINDS: tuple[str, ...] = get_args(get_args(ReplyKind)[0])


YEAR = 365 * 24 * 60
"""Minutes that a reply waits to be read, at most."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Template(_Part):
    """A template that the platform approved, with one blank for the text of a reply.

    Attributes:
        name: Its name there.
        language: The language that it is sent in, as the platform writes it.
        languages: Others that it is approved in, by the language of a ticket: `de = "de"`.
        parameter: The name of the blank; empty where it has a number, `{{1}}`.
    """

    name: Annotated[str, Field(min_length=1)]
    language: Annotated[str, Field(min_length=1)] = "en"
    languages: dict[str, str] = {}
    parameter: str = ""


class DeliveryPolicy(_Part):
    """Where replies go that cannot go where they should.

    Attributes:
        fall_back: The other channel, by channel: `whatsapp = "email"`; none where it is not named.
        fall_back_kinds: Which replies go another way. The others (confirmation, survey, follow_up,
            notice) are the desk's own messages.
    """

    fall_back: dict[Channel, Channel] = {}
    fall_back_kinds: list[str] = ["answer", "suggestion", "agent_reply", "opening"]

    @field_validator("fall_back_kinds")
    @classmethod
    def _known(cls, kinds: list[str]) -> list[str]:
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(f"{kind!r} is no kind of reply; use {', '.join(KINDS)}")
        return kinds

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        for channel, other in self.fall_back.items():
            if channel == other:
                raise ValueError(f"fall_back.{channel} is itself; name another channel")
        return self


class ChatPolicy(_Part):
    """What becomes of replies in a chat that its customer has left.

    Attributes:
        offline_minutes: How long a reply stays unread before it goes by e-mail, where an address is
            known; not sooner than 15 minutes after the last such mail of the conversation.
    """

    offline_minutes: Annotated[int, Field(gt=0, le=YEAR)] = 10


def templated(templates: dict[str, Template]) -> dict[str, Template]:
    """The templates, unless one is for a platform that has none."""
    for channel in templates:
        if PLATFORMS[channel].template_characters is None:
            having = [name for name, one in PLATFORMS.items() if one.template_characters]
            raise ValueError(f"{channel} has no templates; name one of {', '.join(having)}")
    return templates
