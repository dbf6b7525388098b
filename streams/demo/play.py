"""Playing the demo's week through a desk: batch by batch, so that timers fire in between.

Where the play stands is kept in the store, with the lines of the batch at hand: they depend on how
the tickets stood when it began. So a play that was stopped at any moment goes on as if nothing had
been, and a store that holds the demo gets nothing new. A longer play over a shorter one adds the
dialogues that are missing; those that began before the shorter one ended arrive late.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from schemas.vocabulary import rfc3339
from streams.clock import ManualClock
from streams.demo.script import AFTERWARDS, START, Document, batches, dialogues, world
from streams.demo.stage import Stage
from streams.embedded.intake import Intake
from streams.errors import Refused
from streams.starter import lines as starter_lines

if TYPE_CHECKING:
    from streams.desk import Desk
    from streams.embedded.shift import Shift

SECRET = "pactdesk-demo"  # noqa: S105  # fixed on purpose: two runs of the demo name the same customers alike

META = "demo"
"""Under which name the store keeps where the play stands."""


class Stand(msgspec.Struct, frozen=True):
    """Where the play stands.

    Attributes:
        first: The first dialogue of the part at hand.
        last: The one after its last.
        batch: The batch at hand; -1 is the world before the first one.
        until: To when the batch at hand is worked off.
        lines: Its lines.
        ended: Whether the part is played to its end.
    """

    first: int
    last: int
    batch: int
    until: datetime
    lines: list[Document]
    ended: bool = False


class Play:
    """The demo on one desk, whose clock is a manual one that stands at the start of the week.

    Args:
        desk: The desk.
        limit: How many dialogues, the earliest first; None is all.
        secret: The identity secret that a store gets which holds nothing yet.

    Raises:
        Refused: The store holds something else, or was used since.
    """

    def __init__(self, desk: Desk, limit: int | None, secret: str = SECRET) -> None:
        assert isinstance(desk.clock, ManualClock)
        self._desk = desk
        self._clock = desk.clock
        self._all = dialogues()
        self._wanted = min(limit or len(self._all), len(self._all))
        self._stand = _stand(desk)
        if self._stand is None:
            desk.database.set_meta("identity.secret", secret)
            desk.intake = Intake(desk.database, desk.clock)
        if self._stand is not None and (self._begun or self._missing):
            _unused_since(desk, self._stand)

    @property
    def _missing(self) -> int:
        return max(0, self._wanted - (self._stand.last if self._stand is not None else 0))

    @property
    def _begun(self) -> bool:
        return self._stand is not None and not self._stand.ended

    @property
    def steps(self) -> int:
        """How many steps are still to be gone through; 0 when the store holds all that is asked."""
        first = self._wanted - self._missing
        if self._begun and self._stand is not None:
            first = self._stand.first
        last = max(self._wanted, self._stand.last if self._stand is not None else 0)
        whole = first if not self._begun and not self._missing else last
        return sum(len(one.steps) for one in self._all[first:whole])

    def go(self, *, speed: float | None, tell: Callable[[int], None]) -> None:
        """Play what is missing.

        Args:
            speed: Times real time; None is as fast as it goes.
            tell: Told how many steps were played since it was told last.
        """
        if not self._begun and not self._missing:
            return
        with self._desk.shift() as shift:
            while True:
                stand = self._stand
                if stand is not None and not stand.ended:
                    self._part(shift, stand.first, stand.last, speed, tell)
                elif self._missing:
                    self._part(shift, stand.last if stand else 0, self._wanted, speed, tell)
                else:
                    return

    def _part(
        self, shift: Shift, first: int, last: int, speed: float | None, tell: Callable[[int], None]
    ) -> None:
        """Play some dialogues from where it stands to their end."""
        stand, stage = self._stand, Stage(self._desk.database)
        played = -2
        if stand is not None and not stand.ended:
            self._desk.intake.documents(stand.lines)
            shift.run_to(rfc3339(stand.until))
            played = stand.batch
        elif stand is not None:
            self._clock.set(stand.until)
        if played < -1:
            self._batch(shift, Stand(first, last, -1, self._clock.now(), self._world(first, last)))
        for number, batch in enumerate(batches(self._all[first:last])):
            if number > played:
                began = time.perf_counter()
                until = max(batch.until, self._clock.now())
                pause = (until - self._clock.now()).total_seconds()
                lines = stage.lines(batch.steps)
                self._batch(shift, Stand(first, last, number, until, lines))
                if speed is not None:
                    time.sleep(max(0.0, pause / speed - (time.perf_counter() - began)))
            tell(len(batch.steps))
        end = self._end(last)
        shift.run_to(rfc3339(end))
        self._keep(Stand(first, last, -1, end, [], ended=True))

    def _world(self, first: int, last: int) -> list[Document]:
        """Who the customers are; the first time also who works here and what is known."""
        here, at = world(), rfc3339(START)
        playing = {one.customer for one in self._all[first:last]}
        customers = [one for one in here.customers if one["customer_id"] in playing]
        if first:
            return [{**one, "at": at} for one in customers]
        starter = [*starter_lines("categories"), *starter_lines("articles")]
        described = (*here.team, *here.categories, *customers)
        return [
            *(msgspec.json.decode(line) for line in starter),
            *({**one, "at": at} for one in described),
        ]

    def _batch(self, shift: Shift, stand: Stand) -> None:
        self._keep(stand)
        self._desk.intake.documents(stand.lines)
        shift.run_to(rfc3339(stand.until))

    def _end(self, last: int) -> datetime:
        whole = last == len(self._all)
        return max(START + AFTERWARDS, self._clock.now()) if whole else self._clock.now()

    def _keep(self, stand: Stand) -> None:
        with self._desk.database.transaction():
            self._desk.database.set_meta(META, msgspec.json.encode(stand).decode())
        self._stand = stand


def _stand(desk: Desk) -> Stand | None:
    """Where the play stands in a store; None in an empty one."""
    kept = desk.database.meta(META)
    if kept is not None:
        return msgspec.json.decode(kept, type=Stand)
    if desk.log.last_seq():
        raise Refused(
            f"{desk.folder} holds something else than the demo",
            "play the demo into another folder: put --data DIR before it",
        )
    return None


def _unused_since(desk: Desk, stand: Stand) -> None:
    """What is still to be played would come to a desk whose time has moved on."""
    (clock,) = desk.database.execute("SELECT max(clock) FROM positions").fetchone()
    if clock is not None and clock > stand.until.timestamp():
        raise Refused(
            f"{desk.folder} was used since the demo was played in part",
            "play the demo into another folder: put --data DIR before it",
        )
