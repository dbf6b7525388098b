"""Which files are kept: the policy, in one place."""

from __future__ import annotations

from fnmatch import fnmatchcase

from streams.files.kinds import HTML, UNKNOWN
from streams.files.settings import AttachmentSettings

MOST_FILES = 100
"""Files of one contact that are fetched; who sends more wants something else."""


def refusal(settings: AttachmentSettings, kind: str) -> str | None:
    """Why a file is not kept; None where it is.

    Args:
        settings: The settings.
        kind: Its media type, by its bytes.
    """
    if not _among(kind, settings.allowed_types):
        return f"{kind} is none of attachments.allowed_types"
    if _among(kind, settings.refused_types):
        return f"{kind} is one of attachments.refused_types"
    return None


def is_another_page(kind: str, claimed: str) -> bool:
    """Whether a page came where a file was promised, as providers answer whom they do not know."""
    return kind == HTML and not claimed.startswith("text/") and claimed not in {"", UNKNOWN}


def too_large(settings: AttachmentSettings) -> str:
    """What is said of a file that is larger than it may be."""
    return f"it has more than {settings.max_bytes} bytes"


def _among(kind: str, listed: str) -> bool:
    patterns = (one.strip() for one in listed.split(","))
    return any(fnmatchcase(kind, one) for one in patterns if one)
