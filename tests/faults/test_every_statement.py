"""Law 7: a crash before any statement loses nothing and doubles nothing.

A store is prepared once for each kind of turn. Then, for every statement that the turn, its
effects and its projector's batch execute, a copy of it dies before that statement, is opened
again and goes on. Everything that it holds in the end equals the undisturbed store.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from shutil import rmtree
from typing import Any

import msgspec
import pytest

from schemas.events.contacts import ReplyAccepted
from schemas.events.decisions import ReplyRequested
from streams.clock import ManualClock
from streams.desk import Desk
from streams.effects import LocalTransport
from streams.testing import Crashed, CrashPoints
from tests.stores import a_desk, by_hand, copied, everything

NINE = "2026-03-02T09:00:00Z"
TEN = "2026-03-02T10:00:00Z"
NEXT_WEEK = "2026-03-11T10:00:00Z"

Document = dict[str, object]


def contact(person: str, number: int, at: str = NINE) -> Document:
    return {
        "channel": "email",
        "handle": f"{person}@example.org",
        "subject": f"Parcel {number}",
        "message": f"Where is my parcel number {number}?",
        "provider_id": f"{person}-{number}",
        "at": at,
    }


SAM: Document = {"type": "specialist", "specialist_id": "sam", "name": "Sam", "at": NINE}
ARTICLE: Document = {
    "type": "article",
    "article_id": "parcels",
    "title": "Parcels",
    "body": "They come.",
    "at": NINE,
}


def verb(kind: str, **fields: object) -> Callable[[Desk], Document]:
    """An intent on the first ticket."""

    def written(desk: Desk) -> Document:
        (row, *_) = desk.query("SELECT ticket_id FROM v1_tickets ORDER BY ticket_id")
        return {"type": kind, "ticket_id": row["ticket_id"], "at": TEN, **fields}

    return written


def fixed(document: Document) -> Callable[[Desk], Document]:
    return lambda _: document


def link(_: Desk) -> Document:
    return {
        "type": "link",
        "customer_id": "ann",
        "channel": "email",
        "handle": "bo@example.org",
        "at": TEN,
    }


class Step(msgspec.Struct, frozen=True):
    """A kind of turn: what there was before, what comes in, and until when it is worked off."""

    before: list[Document]
    comes: list[Callable[[Desk], Document]]
    until: str = TEN
    garbage: bool = False


ANN: Document = {"type": "customer", "customer_id": "ann", "name": "Ann", "at": NINE}

STEPS: dict[str, Step] = {
    "contact": Step([SAM], [fixed(contact("ann", 1))]),
    "intent": Step([contact("ann", 1)], [verb("resolve")]),
    "request to the desk": Step([SAM, contact("ann", 1)], [verb("escalate")]),
    "timers": Step([contact("ann", 1)], [], until=NEXT_WEEK),
    "dead letter": Step([contact("ann", 1)], [], garbage=True),
    "hand-over": Step([ANN, contact("bo", 1), contact("bo", 2)], [link]),
    "article": Step([], [fixed(ARTICLE)]),
}


def prepared(folder: Path, step: Step) -> None:
    """The store before the turn, its input in the log and nothing of it worked off."""
    with a_desk(folder) as desk:
        desk.produce(step.before)
        desk.run()
        advance(desk, TEN)
        desk.produce([document(desk) for document in step.comes])
        if step.garbage:
            by_hand(desk, "no headers", b"\xffno event", key="ann")


def advance(desk: Desk, moment: str) -> None:
    assert isinstance(desk.clock, ManualClock)
    desk.clock.set(moment)


def go_on(folder: Path, until: str, at: int | None = None) -> tuple[int, dict[str, Any]]:
    """Work off what waits; returns how many statements that took, and what the store holds."""
    with a_desk(folder, ManualClock(until)) as desk:
        points = CrashPoints(desk, at)
        desk.run()
        return points.passed, everything(desk)


@pytest.mark.parametrize("kind", STEPS)
def test_a_crash_before_any_statement_of_a_turn_loses_and_doubles_nothing(
    kind: str, tmp_path: Path
) -> None:
    step, base = STEPS[kind], tmp_path / "base"
    prepared(base, step)
    total, undisturbed = go_on(copied(base, tmp_path / "undisturbed"), step.until)
    assert total > 20
    for number in range(1, total + 1):
        folder = copied(base, tmp_path / str(number))
        with pytest.raises(Crashed):
            go_on(folder, step.until, number)
        _, after = go_on(folder, step.until)
        assert after == undisturbed, f"differs after a crash before statement {number} of {total}"
        rmtree(folder)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_around_a_delivery_delivers_once(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(tmp_path / "base", STEPS["contact"])
    _, undisturbed = go_on(copied(tmp_path / "base", tmp_path / "undisturbed"), TEN)
    folder = copied(tmp_path / "base", tmp_path / "crashed")
    deliver = LocalTransport.deliver

    def dying(self: LocalTransport, request_id: str, request: ReplyRequested) -> str:
        if moment == "after":
            deliver(self, request_id, request)
        raise Crashed(moment)

    with monkeypatch.context() as patched:
        patched.setattr(LocalTransport, "deliver", dying)
        with pytest.raises(Crashed):
            go_on(folder, TEN)
    _, after = go_on(folder, TEN)
    assert after == undisturbed
    with a_desk(folder) as desk:
        accepted = list(desk.events(type=ReplyAccepted.__name__))
    assert len(accepted) == len(list((folder / "mailbox").rglob("*.txt"))) > 0


def test_a_crash_before_any_statement_of_the_intake_keeps_all_of_a_batch_or_nothing(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path / "base"):
        pass
    lines = [ANN, contact("ann", 1), {"channel": "fax"}, contact("ann", 1), link(None)]  # type: ignore[arg-type]  # the desk is not asked

    def taken(folder: Path, at: int | None = None) -> dict[str, Any]:
        with a_desk(folder) as desk:
            CrashPoints(desk, at)
            desk.intake.documents(lines)
            return everything(desk)

    undisturbed = taken(copied(tmp_path / "base", tmp_path / "undisturbed"))
    for number in count(1):
        folder = copied(tmp_path / "base", tmp_path / str(number))
        try:
            taken(folder, number)
            break
        except Crashed:
            with a_desk(folder) as desk:
                kept = desk.log.last_seq()
        assert kept in {0, 4}
        assert taken(folder) == undisturbed
    assert number > 10
