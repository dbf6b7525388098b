"""The settings of the language model that drafts replies for people."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from streams.internet import is_loopback, is_public
from streams.marks import Secret


class LlmSettings(BaseModel):
    """Which language model drafts replies for people, where the policy's `drafting` wants that.

    Attributes:
        base_url: Where it is asked, up to what `/chat/completions` follows, such as
            https://llm.example/v1; unencrypted only on this machine. With `model` it is set up.
        model: Its name there.
        api_key: The key that is sent along, if it wants one.
        timeout_seconds: How long its answer is waited for; nobody else waits for it.
        calls_per_minute: How many drafts are asked for in a minute; for the others there is none.
        allow_private: Whether it may be in a private network.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str | None = None
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    api_key: Annotated[Secret, Field(pattern=r"^[\x21-\x7e]+$")] | None = None
    timeout_seconds: Annotated[float, Field(gt=0.0, le=30.0)] = 2.5
    calls_per_minute: Annotated[int, Field(ge=1)] = 60
    allow_private: bool = False

    @property
    def host(self) -> str:
        """The host that is asked; empty where there is none."""
        return urlsplit(self.base_url or "").hostname or ""

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self.base_url is None:
            return self
        parts = urlsplit(self.base_url)
        good = self.base_url.isascii() and self.base_url.isprintable() and " " not in self.base_url
        if not good or parts.scheme not in {"http", "https"} or not self.host:
            raise ValueError("base_url is no address of HTTP; give it like https://llm.example/v1")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("base_url holds more than a place; a key goes into api_key")
        if parts.scheme == "http" and not is_loopback(self.host):
            raise ValueError("base_url is not encrypted; begin it with https://")
        if not self.allow_private and not is_loopback(self.host) and not _may_be_public(self.host):
            raise ValueError("base_url is a private address; allow_private would allow it")
        return self


def _may_be_public(host: str) -> bool:
    """Whether a host is a public address, or a name: where those lead is seen when it is asked."""
    try:
        return is_public(host)
    except ValueError:
        return True
