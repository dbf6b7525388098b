"""The three families of errors, each with what happened and what to do."""

from __future__ import annotations


class PactdeskError(Exception):
    """What went wrong, and the remedy.

    Attributes:
        what: What happened and why.
        remedy: What to do about it.
        status: The exit status of a command that ends with it.
    """

    status = 70

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy[0].upper()}{remedy[1:]}." if remedy else what)
        self.what = what
        self.remedy = remedy


class Refused(PactdeskError):
    """A rule said no."""

    status = 3


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
