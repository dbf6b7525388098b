"""Marks on the types of settings."""

from __future__ import annotations

from typing import Annotated

HIDDEN = "is never shown"

Secret = Annotated[str, HIDDEN]
"""Text that is never shown, and may be given as the path of a file."""
