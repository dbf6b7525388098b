"""The policy's part on drafts: replies that a language model proposes to people."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class DraftingPolicy(BaseModel):
    """Whether a language model is asked to draft replies for people.

    Attributes:
        enabled: Whether it is; the settings `llm.*` say which one.
        articles: How many articles it is given at most.
        least_confidence: How sure it must be of an article that it answers, to be given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = False
    articles: Annotated[int, Field(ge=1, le=5)] = 3
    least_confidence: Annotated[float, Field(ge=0, le=1)] = 0.1
