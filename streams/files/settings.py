"""The settings of files that come with contacts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_ONE = r"\s*[\w.+*-]+/[\w.+*-]+\s*"

MediaTypes = Annotated[str, Field(pattern=f"^({_ONE}(,{_ONE})*)?$")]
"""Media types, separated by commas; `*` stands for anything in one."""


class AttachmentSettings(BaseModel):
    """Which files are kept.

    Attributes:
        max_bytes: How large a file may be.
        seconds: How long fetching one may take.
        allowed_types: Media types that are kept, by what a file's bytes say; `*` stands for
            anything, a comma separates several.
        refused_types: Media types that are not kept, though they be among those.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: Annotated[int, Field(ge=1)] = 25 * 1024 * 1024
    seconds: Annotated[float, Field(gt=0.0, le=3600.0)] = 60.0
    allowed_types: MediaTypes = "*/*"
    refused_types: MediaTypes = (
        "application/x-dosexec, application/x-executable, application/x-mach-binary"
    )
