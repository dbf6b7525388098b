"""What came of what was sent, told one by one and in sum."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

from streams.simulating.plan import Step

_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class Sent(NamedTuple):
    """One request that was made.

    Attributes:
        step: The request.
        status: The HTTP status of the answer; None where none came.
        seconds: How long it took.
        answer: The body of the answer, or in words why none came.
        forbidden: Whether it had to be refused.
    """

    step: Step
    status: int | None
    seconds: float
    answer: bytes
    forbidden: bool

    @property
    def acknowledged(self) -> bool:
        """Whether it was taken."""
        return self.status is not None and self.status // 100 == 2

    @property
    def lost(self) -> bool:
        """Whether a platform would send it again: nobody answered, or not now."""
        return (
            self.status is None
            or self.status == HTTPStatus.TOO_MANY_REQUESTS
            or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        )

    @property
    def right(self) -> bool:
        """Whether the gateway did what a platform may expect of it."""
        if self.forbidden:
            return self.status in _REFUSED
        expected = self.step.post.expected
        return self.acknowledged and expected in {None, self.answer}

    @property
    def why(self) -> str:
        """What the gateway said where it did something else."""
        try:
            told = msgspec.json.decode(self.answer, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            told = {}
        said = str(told.get("detail") or self.answer.decode("utf-8", "replace"))
        return f"{self.status or 'no answer'}: {said}"

    def line(self) -> dict[str, Any]:
        """As a line of JSON."""
        post = self.step.post
        return {
            "kind": self.step.kind,
            "what": post.what,
            "message": post.message or None,
            "attempt": self.step.attempt,
            "path": post.path.partition("?")[0],
            "status": self.status,
            "milliseconds": round(1000 * self.seconds, 2),
            "right": self.right,
        }


def summed(sent: Sequence[Sent]) -> dict[str, Any]:
    """All of it in a few figures; times are those of acknowledgements, in milliseconds."""
    taken = [one for one in sent if one.acknowledged]
    told = [one.step.post.message for one in taken if one.step.post.message]
    waited = sorted(1000 * one.seconds for one in taken)
    return {
        "requests": len(sent),
        "contacts": len({*told}),
        "repeats": len(told) - len({*told}),
        "refused": sum(one.status in _REFUSED for one in sent),
        "wrong": sum(not one.right for one in sent),
        "p50_milliseconds": _at(waited, 0.50),
        "p99_milliseconds": _at(waited, 0.99),
    }


def _at(ordered: Sequence[float], part: float) -> float | None:
    return round(ordered[int(len(ordered) * part)], 2) if ordered else None
