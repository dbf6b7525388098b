"""What somebody changed in a sealed log, named record by record.

Going through a log once tells which partitions still lead to their seals. One that does not is gone
through again, and its records are laid beside the marks that its seals keep of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from schemas.topics import CONTROL, TOPICS
from streams.comparing import Finding
from streams.entry import Entry, Place
from streams.errors import Unreadable
from streams.seals import (
    MARK,
    NOTHING,
    Seal,
    beginning,
    content_of,
    is_seal,
    named,
    onwards,
    seal_in,
)

Seals = dict[Place, list[Seal]]
"""The seals of each partition, in the order of how far they reach."""


def seals_among(entries: Iterable[Entry]) -> tuple[Seals, list[Finding]]:
    """The seals among the entries of control, and what is no seal any more."""
    found: defaultdict[Place, dict[tuple[int, int, bytes], Seal]] = defaultdict(dict)
    broken: list[Finding] = []
    for entry in entries:
        if not is_seal(entry):
            continue
        try:
            seal = seal_in(entry)
        except Unreadable as error:
            where = f"{entry.topic}/{entry.partition}/{entry.offset}"
            broken.append(Finding("unreadable", where, "a seal", error.what))
        else:
            same = (seal.offset, seal.start, seal.digest)
            found[seal.place].setdefault(same, seal)
    return {place: [some[one] for one in sorted(some)] for place, some in found.items()}, broken


def sums(seals: Seals, ends: Mapping[Place, int]) -> dict[str, int]:
    """How many `partitions` and `records` are sealed, and how many records are `unsealed`.

    Args:
        seals: The seals.
        ends: Where each partition ends.
    """
    sealed = {place: some[-1].offset for place, some in seals.items()}
    unsealed = sum(max(0, end - sealed.get(place, 0)) for place, end in ends.items())
    return {"partitions": len(sealed), "records": sum(sealed.values()), "unsealed": unsealed}


class Checking:
    """Holds a log against its seals while it is read.

    Args:
        seals: The seals.

    Attributes:
        doubtful: The partitions that do not lead to their seals.
    """

    def __init__(self, seals: Seals) -> None:
        self.doubtful: set[Place] = set()
        self._seals = seals
        self._at: dict[Place, tuple[int, bytes]] = {}
        self._ahead = {place: list(reversed(some)) for place, some in seals.items()}

    def take(self, entry: Entry) -> None:
        """Take the next entry of a partition; entries of unsealed partitions are passed over."""
        place = (entry.topic, entry.partition)
        ahead = self._ahead.get(place)
        if not ahead:
            return
        known = self._at.get(place)
        if known is None:
            known = self._first(place, entry.offset)
        last, digest = known
        offset = entry.offset
        if offset < last:
            self._doubt(place)
            return
        while ahead and ahead[-1].offset <= offset:
            seal = ahead.pop()
            if seal.offset >= last and seal.digest != digest:
                self._doubt(place)
                return
        if ahead:
            self._at[place] = (offset + 1, onwards(digest, offset, content_of(entry)))

    def finish(self) -> set[Place]:
        """The log ends here; returns the partitions that do not lead to their seals."""
        for place, ahead in self._ahead.items():
            if ahead:
                _, digest = self._at.get(place) or (0, beginning(place))
                if any(seal.digest != digest for seal in ahead):
                    self.doubtful.add(place)
        return self.doubtful

    def _first(self, place: Place, offset: int) -> tuple[int, bytes]:
        """From where a partition is followed whose first record lies there.

        Of a topic that is not kept for ever, it may be the first one behind a seal.
        """
        if not _kept(place):
            for seal in self._seals[place]:
                if seal.offset == offset:
                    return seal.offset, seal.digest
        return 0, beginning(place)

    def _doubt(self, place: Place) -> None:
        self.doubtful.add(place)
        self._ahead[place] = []


def _kept(place: Place) -> bool:
    """Whether a partition's records are kept for ever."""
    topic = TOPICS.get(place[0])
    return topic is None or topic.retention_days is None


def findings(
    seals: Seals, doubtful: Iterable[Place], read: Callable[[Place], Iterator[Entry]]
) -> Iterator[Finding]:
    """What is wrong with partitions that do not lead to their seals, and with the seals themselves.

    Args:
        seals: All seals.
        doubtful: The partitions.
        read: Gives the entries of one, in the order of their offsets.
    """
    for place, some in sorted(seals.items()):
        yield from _missing_seals(place, some)
    for place in sorted(doubtful):
        yield from _Partition(place, seals[place], read).findings()


def _missing_seals(place: Place, seals: Sequence[Seal]) -> Iterator[Finding]:
    """Seals that a later one goes on from, and that are not there."""
    ends = {0, *(seal.offset for seal in seals)}
    for start in sorted({seal.start for seal in seals} - ends):
        if _kept(place):
            after = next(seal for seal in seals if seal.start == start)
            yield Finding(
                "seal removed",
                f"{CONTROL.name} (of {named(place)} up to {start})",
                f"a seal up to offset {start}, from which {after.where} goes on",
                "nothing",
            )


class _Partition:
    """One partition, laid beside what its seals say of it."""

    def __init__(
        self, place: Place, seals: Sequence[Seal], read: Callable[[Place], Iterator[Entry]]
    ) -> None:
        self._place = place
        self._seals = seals
        self._sealed: dict[int, bytes] = {}
        for seal in seals:
            for number in range(len(seal.marks) // MARK):
                mark = seal.marks[number * MARK : number * MARK + MARK]
                if mark != NOTHING:
                    self._sealed[seal.start + number] = mark
        self._there: dict[int, bytes] = {}
        self._ids: dict[int, str] = {}
        for entry in read(place):
            self._there[entry.offset] = content_of(entry)
            self._ids[entry.offset] = entry.id
        self._first = min(self._there, default=0)
        if not _kept(place):
            self._sealed = {o: m for o, m in self._sealed.items() if o >= self._first}

    def findings(self) -> Iterator[Finding]:
        """Each record that is not what was sealed, then each seal that records do not lead to."""
        end = max((seal.offset for seal in self._seals), default=0)
        known = min((seal.start for seal in self._seals), default=0)
        different = {
            offset
            for offset in {*self._sealed, *(o for o in self._there if known <= o < end)}
            if self._sealed.get(offset) != self._mark(offset)
        }
        wrong = set(different)
        yield from self._swapped(different)
        yield from self._moved(different) if self._shifted(different) else self._single(different)
        yield from self._altered_seals(wrong)

    def _mark(self, offset: int) -> bytes | None:
        found = self._there.get(offset)
        return None if found is None else found[:MARK]

    def _swapped(self, different: set[int]) -> Iterator[Finding]:
        """Pairs of records that lie in each other's place; taken off what is different."""
        by_mark = {self._sealed[offset]: offset for offset in different if offset in self._sealed}
        for offset in sorted(different):
            mark = self._mark(offset)
            other = None if mark is None else by_mark.get(mark)
            if other is None or other <= offset or offset not in different:
                continue
            if self._mark(other) == self._sealed.get(offset):
                different -= {offset, other}
                yield Finding(
                    "swapped",
                    self._where(offset),
                    f"{self._expected(offset)}, which lies at {self._where(other)}",
                    f"{self._shown(offset)}, which was sealed at {self._where(other)}",
                )

    def _shifted(self, different: set[int]) -> bool:
        """Whether records lie elsewhere than they were sealed, beyond pairs that were swapped."""
        sealed = {self._sealed[offset] for offset in different if offset in self._sealed}
        return any(self._mark(offset) in sealed for offset in different)

    def _single(self, different: set[int]) -> Iterator[Finding]:
        """What is different where nothing moved: changed, removed or put in, each in its place."""
        for kind, offsets in _runs((self._kind(offset), offset) for offset in sorted(different)):
            yield self._told(kind, offsets)

    def _kind(self, offset: int) -> str:
        if offset not in self._there:
            return "removed"
        return "changed" if offset in self._sealed else "inserted"

    def _moved(self, different: set[int]) -> Iterator[Finding]:
        """What is different where records moved up or down: by the longest runs that are alike."""
        first = min(different)
        was = sorted(offset for offset in self._sealed if offset >= first)
        now = sorted(offset for offset in self._there if offset >= first)
        matched = SequenceMatcher(
            None,
            [self._sealed[offset] for offset in was],
            [self._there[offset][:MARK] for offset in now],
            autojunk=False,
        )
        for tag, i, j, k, m in matched.get_opcodes():
            pairs = min(j - i, m - k) if tag == "replace" else 0
            for step in range(pairs):
                yield self._told("changed", [was[i + step]], now[k + step])
            if i + pairs < j and tag != "equal":
                yield self._told("removed", was[i + pairs : j])
            if k + pairs < m and j < len(was) and tag != "equal":  # behind all is what came later
                yield self._told("inserted", now[k + pairs : m])
            if tag == "equal" and was[i] != now[k]:
                yield Finding(
                    "moved",
                    self._where(was[i]),
                    f"{j - i} records from offset {was[i]} on",
                    f"the same records from offset {now[k]} on",
                )

    def _told(self, kind: str, offsets: Sequence[int], there: int | None = None) -> Finding:
        """A finding about records in a row."""
        first, many = offsets[0], len(offsets) > 1
        where = self._where(first) + (f"-{offsets[-1]}" if many else "")
        match kind:
            case "removed":
                expected = f"{len(offsets)} records" if many else self._expected(first)
                return Finding(kind, where, expected, "nothing")
            case "inserted":
                found = f"{len(offsets)} records" if many else self._shown(first)
                return Finding(kind, where, "nothing", found)
            case _:
                return Finding(
                    kind,
                    where,
                    self._expected(first),
                    self._shown(first if there is None else there),
                )

    def _altered_seals(self, wrong: set[int]) -> Iterator[Finding]:
        """Seals that say another hash than the records that they seal lead to, which are right."""
        digest, last, offsets = beginning(self._place), 0, iter(sorted(self._there))
        at = next(offsets, None)
        before: bytes | None = None
        for seal in self._seals:
            since, claimed = last, before
            starts = [digest] if claimed is None or claimed == digest else [digest, claimed]
            while at is not None and at < seal.offset:
                starts = [onwards(one, at, self._there[at]) for one in starts]
                at = next(offsets, None)
            right = not any(since <= offset < seal.offset for offset in wrong)
            known = _kept(self._place) or since >= self._first
            if right and known and seal.digest not in starts:
                yield Finding(
                    "seal changed",
                    seal.where,
                    f"the hash {starts[0].hex()} of {named(self._place)} up to {seal.offset}",
                    f"the hash {seal.digest.hex()}",
                )
                digest = starts[0]
            else:
                digest = seal.digest  # what lies behind it is held against it alone
            last, before = seal.offset, seal.digest

    def _where(self, offset: int) -> str:
        return f"{named(self._place)}/{offset}"

    def _expected(self, offset: int) -> str:
        return f"a record with the hash {self._sealed[offset].hex()}…"

    def _shown(self, offset: int) -> str:
        told = f", id {self._ids[offset]}" if self._ids[offset] else ""
        return f"a record with the hash {self._there[offset][:MARK].hex()}…{told}"


def _runs(kinds: Iterable[tuple[str, int]]) -> Iterator[tuple[str, list[int]]]:
    """Offsets in a row that are removed or put in, together; one that changed, alone."""
    run: list[int] = []
    of = ""
    for kind, offset in kinds:
        if run and kind == of != "changed" and offset == run[-1] + 1:
            run.append(offset)
            continue
        if run:
            yield of, run
        of, run = kind, [offset]
    if run:
        yield of, run
