"""The commit protocol of the cluster's worker as a model, for `tests.interleaving`.

A few owners claim one partition one after the other; none knows when another follows. Each has a
main thread that takes records and a publisher that sends what was decided. Between any two steps
anybody may be stopped for any time or for ever, a request may be on its way, and the database may
crash and forget the commits that are not on its disk.

What a record leads to holds who decided it, as the wall's clock would make it differ: a decision
that is taken twice has two contents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.interleaving import Broken

GUARDS = (
    "compare epochs",
    "compare positions",
    "claim before draining",
    "drain before deciding",
    "durable before sending",
    "acknowledged before the next is sent",
    "acknowledged before rows go",
)
"""What the protocol rests on; each can be left out, to see what breaks."""


class Output(NamedTuple):
    """A record on a record topic: its source coordinates, its line's numbers, who decided it."""

    offset: int
    nth: int
    sequence: int
    previous: int
    by: int


class Store(NamedTuple):
    """What the database holds of the partition: its row, its one line, its outbox."""

    epoch: int = 0
    position: int = 0
    turn: int = 0
    line: tuple[Output, ...] = ()
    outbox: tuple[tuple[int, Output], ...] = ()


class Owner(NamedTuple):
    """A process.

    Attributes:
        at: new, looked, draining, ready, decided or gone.
        cut: Whether the database crashed since it connected.
        epoch, position, turn: The partition's row as it knows it.
        decided: What it read, took and decided, and did not commit yet.
        queue: What its publisher will send, by turn.
        batch: What its publisher is sending now.
        sent: How many of these it has sent.
        acked: How many of these the broker has acknowledged.
        again: How often it began its batch again, for want of an acknowledgement.
    """

    at: str = "new"
    cut: bool = False
    epoch: int = 0
    position: int = 0
    turn: int = 0
    decided: tuple[int, tuple[Output, ...], tuple[Output, ...]] | None = None
    queue: tuple[tuple[int, Output], ...] = ()
    batch: tuple[tuple[int, Output], ...] = ()
    sent: int = 0
    acked: int = 0
    again: int = 0


class Request(NamedTuple):
    """An output on its way to the broker: whose, and at which attempt."""

    owner: int
    again: int
    output: Output


class World(NamedTuple):
    """Everything.

    Attributes:
        commits: The store on the disk, and after each later commit; the last is what one reads.
        folded: What a reader of the broker's log has folded.
        flying: Requests on their way to it.
        owners: The processes, in the order of their claims.
        crashes: How often the database may still crash.
    """

    commits: tuple[Store, ...]
    folded: tuple[Output, ...]
    flying: tuple[Request, ...]
    owners: tuple[Owner, ...]
    crashes: int


Step = tuple[str, World]


class Protocol:
    """The protocol for one partition.

    Args:
        owners: How many processes there are; all but the last may end at any moment.
        records: How many records the inbox has.
        outputs: What each leads to.
        crashes: How often the database may crash.
        attempts: How often a process may begin a batch again.
        without: A guard that is left out.
    """

    def __init__(
        self,
        owners: int = 2,
        records: int = 2,
        outputs: int = 1,
        crashes: int = 1,
        attempts: int = 1,
        without: str | None = None,
    ) -> None:
        assert without is None or without in GUARDS
        self._records = records
        self._outputs = outputs
        self._attempts = attempts
        self._without = without
        self.start = World((Store(),), (), (), (Owner(),) * owners, crashes)

    def _has(self, guard: str) -> bool:
        assert guard in GUARDS
        return guard != self._without

    # --- what may happen next -----------------------------------------------------------------

    def steps(self, world: World) -> Iterator[Step]:
        """Everything that may happen next.

        Raises:
            Broken: It may not happen at all.
        """
        for number, owner in enumerate(world.owners):
            if owner.at == "gone" or (
                owner.at == "new" and number and world.owners[number - 1].at in {"new", "looked"}
            ):
                continue
            for name, after in (*self._main(world, number), *self._publisher(world, number)):
                yield f"{number} {name}", after
            if owner.at != "new" and number < len(world.owners) - 1:
                yield f"{number} ends", _put(world, number, Owner("gone"))
        for request in dict.fromkeys(world.flying):
            yield f"the broker takes {request[2][:2]} of {request[0]}", _landed(world, request)
        if world.crashes and world.owners[-1].at == "new":
            for kept in range(len(world.commits)):
                yield f"the database crashes, {kept} commits later", self._crashed(world, kept)

    def _main(self, world: World, number: int) -> Iterator[Step]:
        owner, store = world.owners[number], world.commits[-1]
        if owner.at == "new" and not self._has("claim before draining"):
            looked = owner._replace(at="looked", queue=store.outbox)
            yield "looks into the outbox", _put(world, number, looked)
        elif owner.at == "new" or (owner.at == "looked" and not owner.queue and not owner.batch):
            yield "claims", self._claimed(world, number)
        elif owner.at == "draining" and not owner.queue and not owner.batch:
            yield "has drained", _put(world, number, owner._replace(at="ready"))
        elif owner.at == "ready":
            offsets = [owner.position]
            if not self._has("compare positions"):  # Kafka may deliver what was taken before
                offsets.append(owner.position - 1)
            for offset in offsets:
                if 0 <= offset < self._records:
                    decided = (offset, store.line, self._decided(store, offset, number))
                    after = owner._replace(at="decided", decided=decided)
                    yield f"decides {offset}", _put(world, number, after)
        elif owner.at == "decided":
            yield "commits", self._committed(world, number)

    def _publisher(self, world: World, number: int) -> Iterator[Step]:
        owner = world.owners[number]
        if owner.queue and not owner.batch:
            yield "makes durable", self._durable(world, number)
        in_order = self._has("acknowledged before the next is sent")
        if owner.sent < len(owner.batch) and (owner.sent == owner.acked or not in_order):
            request = Request(number, owner.again, owner.batch[owner.sent][1])
            flying = tuple(sorted((*world.flying, request)))
            sent = _put(world, number, owner._replace(sent=owner.sent + 1))
            yield "sends", sent._replace(flying=flying)
        if owner.sent > owner.acked and owner.again < self._attempts:
            after = owner._replace(sent=0, acked=0, again=owner.again + 1)
            yield "begins its batch again", _put(world, number, after)
        if owner.batch and owner.acked == len(owner.batch):
            after = owner._replace(batch=(), sent=0, acked=0)
            yield "lets rows go", self._let_go(world, number, after, owner.batch[-1][0])

    def _claimed(self, world: World, number: int) -> World:
        if world.owners[number].cut:
            return _put(world, number, Owner("gone"))
        before = world.commits[-1]
        store = before._replace(epoch=before.epoch + 1)
        drains = self._has("drain before deciding") and self._has("claim before draining")
        rows = before.outbox if drains else ()
        owner = Owner("draining", queue=rows)._replace(
            epoch=store.epoch, position=store.position, turn=store.turn
        )
        return _put(world, number, owner)._replace(commits=(store,))

    def _decided(self, store: Store, offset: int, number: int) -> tuple[Output, ...]:
        last = store.line[-1].sequence if store.line else 0
        return tuple(
            Output(offset, nth, last + nth + 1, last + nth, number) for nth in range(self._outputs)
        )

    def _committed(self, world: World, number: int) -> World:
        owner, store = world.owners[number], world.commits[-1]
        assert owner.decided is not None
        if owner.cut:
            return _put(world, number, Owner("gone"))
        offset, line, outputs = owner.decided
        if (owner.position, owner.turn) != (store.position, store.turn) or (
            self._has("compare epochs") and owner.epoch != store.epoch
        ):
            if owner.epoch == store.epoch:
                raise Broken("the last who claimed is fenced")
            return _put(world, number, Owner("gone"))
        turn = store.turn + 1
        rows = tuple((turn, one) for one in outputs)
        after = Store(store.epoch, offset + 1, turn, line + outputs, store.outbox + rows)
        owner = owner._replace(
            at="ready", decided=None, position=offset + 1, turn=turn, queue=owner.queue + rows
        )
        return _put(world, number, owner)._replace(commits=(*world.commits, after))

    def _durable(self, world: World, number: int) -> World:
        owner = world.owners[number]
        if owner.cut:
            return _put(world, number, Owner("gone"))
        commits = world.commits
        if self._has("durable before sending"):
            commits = commits[-1:]
        after = owner._replace(queue=(), batch=owner.queue)
        world = _put(world, number, after)._replace(commits=commits)
        if self._has("acknowledged before rows go"):
            return world
        return self._let_go(world, number, after, owner.queue[-1][0])

    def _let_go(self, world: World, number: int, owner: Owner, turn: int) -> World:
        if owner.cut:
            return _put(world, number, Owner("gone"))
        store = world.commits[-1]
        rows = tuple(row for row in store.outbox if row[0] > turn)
        return _put(world, number, owner)._replace(commits=(store._replace(outbox=rows),))

    def _crashed(self, world: World, kept: int) -> World:
        owners = tuple(
            one if one.at in {"new", "gone"} else one._replace(cut=True) for one in world.owners
        )
        return world._replace(
            commits=(world.commits[kept],), owners=owners, crashes=world.crashes - 1
        )

    # --- what must hold -----------------------------------------------------------------------

    def at_rest(self, world: World) -> None:
        """What must hold when nothing can happen any more.

        Raises:
            Broken: It does not.
        """
        store = world.commits[-1]
        if store.position != self._records:
            raise Broken("records were not taken")
        if store.outbox:
            raise Broken("something stays in the outbox")
        folded = world.folded
        if folded != store.line:
            raise Broken("a reader folds something else than was decided")
        places = [(o, i) for o in range(self._records) for i in range(self._outputs)]
        if [(one.offset, one.nth) for one in folded] != places:
            raise Broken("a record was taken twice, or never")
        if [(one.previous, one.sequence) for one in folded] != [
            (n, n + 1) for n in range(len(folded))
        ]:
            raise Broken("a number does not follow the one before")


def _landed(world: World, request: Request) -> World:
    flying = list(world.flying)
    flying.remove(request)
    owner = world.owners[request.owner]
    if owner.sent > owner.acked and owner.again == request.again:
        owner = owner._replace(acked=owner.acked + 1)
    world = world._replace(flying=tuple(flying), folded=_folded(world, request.output))
    return _put(world, request.owner, owner)


def _folded(world: World, output: Output) -> tuple[Output, ...]:
    """What a reader has folded after one more record of the log.

    Raises:
        Broken: The record should not be there, or the reader takes it for a repeat and it is none.
    """
    if output not in world.commits[0].line:
        raise Broken("the log has what the database may forget, or has forgotten")
    if world.folded and output[:2] <= world.folded[-1][:2]:
        if output not in world.folded:
            raise Broken("what is no repeat looks like one")
        return world.folded
    return (*world.folded, output)


def _put(world: World, number: int, owner: Owner) -> World:
    owners = world.owners
    return world._replace(owners=(*owners[:number], owner, *owners[number + 1 :]))
