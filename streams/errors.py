"""The three families of errors, each with what happened and what to do."""

from __future__ import annotations

import errno


class PactdeskError(Exception):
    """What went wrong, and the remedy.

    Attributes:
        what: What happened and why.
        remedy: What to do about it; there is always something.
        status: The exit status of a command that ends with it.
    """

    status = 70

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy[0].upper()}{remedy[1:]}.")
        self.what = what
        self.remedy = remedy


class Misused(PactdeskError):
    """A command was given an argument that does not fit."""

    status = 2


class Refused(PactdeskError):
    """A rule said no."""

    status = 3


class Malformed(Refused):
    """What was asked for is not written as it must be, such as a time or a position."""

    status = 2


class NotFound(Refused):
    """What was named does not exist."""

    status = 4


class Unreadable(PactdeskError):
    """Bytes that cannot be understood; they go to dead letters."""

    status = 65


class Unavailable(PactdeskError):
    """The outside world does not answer."""

    status = 69


class Misconfigured(PactdeskError):
    """The settings or the store do not allow this."""

    status = 78


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_KEPT = "what was acknowledged is kept"


def of_the_disk(error: Exception) -> PactdeskError | None:
    """What a failure of the store or its disk means to people; None for any other error.

    Args:
        error: What SQLite or the operating system raised.
    """
    import sqlite3  # --help raises errors, but opens no store

    text = str(error)
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return Unavailable(f"the disk is full ({text})", f"free space and go on; {_KEPT}")
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            return Misconfigured(
                f"a file cannot be written ({text})", "make it writable for this user"
            )
        return None
    if not isinstance(error, sqlite3.DatabaseError):
        return None
    if "full" in text:
        return Unavailable(f"the disk is full ({text})", f"free space and go on; {_KEPT}")
    if "readonly" in text:
        return Misconfigured(
            f"the store cannot be written ({text})",
            "make the data directory writable for this user, or name another one with --data",
        )
    if "locked" in text:
        return Unavailable(
            f"another process holds the store ({text})", "end it, or try again when it is done"
        )
    if "disk I/O" in text:
        return Unavailable(
            f"the disk does not take or give the store's bytes ({text})",
            f"see to the disk and its free space, then go on; {_KEPT}",
        )
    if "malformed" in text or "not a database" in text:
        return Unavailable(
            f"the store is damaged ({text})",
            "stop writing to it, and restore it from a backup; `pactdesk doctor` says where",
        )
    return None
