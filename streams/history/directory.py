"""A directory of Parquet: which segments it holds, and how a segment comes to be there as a whole.

    DIR/type=TicketOpened/support.tickets.v1-00-000000000000-11-000000041233.parquet
    DIR/_manifest.json
    DIR/_sql/views.sql, and the ready questions

A segment is what lies one behind the other when a topic is read partition by partition: a stretch
of one, or of several where they are short, for a file costs whoever opens it as much as thousands
of rows. It has a file for each event type, named by topic, the partition and offset where it
begins, and those where it ends. Its files are written beside and renamed; it counts from the moment
when the manifest, replaced by a rename too, names it. So whoever is killed leaves files that nobody
counts, which the next one takes away. Where a topic ends in segments that are no larger than what
came, they are written again as one, so that many small runs do not leave many small files.

What the manifest names is on the disk: each file is forced onto it before it gets its name, the
names are before the manifest gets its own, and what was written again is taken away only after
that. Where a disk lost something all the same, it is found by sizes and last bytes, and said.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import parquet

from schemas.events import EVENTS
from streams.entry import Place
from streams.errors import Misconfigured, Refused, of_the_disk
from streams.history.columns import columns_of
from streams.history.repeats import Newest

FORMAT = 1
"""Raised when a directory is laid out in a way that older programs would misread."""

FULL = 100_000
"""Records from which on a segment is not written again."""

_MANIFEST = "_manifest.json"
_WRITING = "_writing"
_LOCK = "_lock"
_OURS = re.compile(r"^support\.[a-z0-9.-]+-\d{2,}-\d{12,}-\d{2,}-\d{12,}\.parquet$")

_COMPRESSION = "snappy"
"""Known to every reader, and nothing to set up: zstd makes files a third smaller or more, and they
take a quarter to a half longer to read, small ones nearly twice as long."""

_LAST = b"PAR1"
"""What a Parquet file ends with."""

_ANEW = "name a new directory, or take this one away and replay the whole log"


Stretches = dict[int, tuple[int, int]]
"""By partition, the first offset that was looked at and the one behind the last; in the order in
which they were read."""


class Segment(msgspec.Struct, frozen=True):
    """Stretches of one topic's partitions.

    Attributes:
        topic: Whose partitions they are.
        stretches: Which they are.
        rows: How many rows there are of each event type.
        bytes: How large each type's file is.
    """

    topic: str
    stretches: Stretches
    rows: dict[str, int]
    bytes: dict[str, int]

    @property
    def name(self) -> str:
        """The name that all its files have; none other's, for each ends where no other does."""
        first, *_, last = *self.stretches, *self.stretches
        start, end = self.stretches[first][0], self.stretches[last][1] - 1
        return f"{self.topic}-{first:02d}-{start:012d}-{last:02d}-{end:012d}.parquet"

    @property
    def records(self) -> int:
        """How many rows there are."""
        return sum(self.rows.values())


class Partition(msgspec.Struct):
    """How far a partition was read.

    Attributes:
        reached: The next offset to read.
        began: The first offset that was wanted; None while none was met.
        passed: How many records have no row: unreadable, repeated, or written anew elsewhere.
        newest: The highest offset and index that was seen of every source partition.
    """

    reached: int = 0
    began: int | None = None
    passed: int = 0
    newest: Newest = {}


class Manifest(msgspec.Struct):
    """What a directory holds.

    Attributes:
        format: How it is laid out; see `FORMAT`.
        log: Which log it is of; empty while that log held nothing.
        since: From when on records were wanted, as it was given; None is from the beginning.
        partitions: How far each was read, by `topic/partition`.
        segments: What there is, in the order in which it came.
    """

    format: int
    log: str = ""
    since: str | None = None
    partitions: dict[str, Partition] = {}
    segments: list[Segment] = []


class _Marked(msgspec.Struct):
    format: int


class Directory:
    """One directory, as long as it is open; nobody else writes to it meanwhile.

    Attributes:
        path: Where it is.
        manifest: What it holds.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest

    def partition(self, place: Place) -> Partition:
        """How far a partition was read."""
        topic, number = place
        return self.manifest.partitions.setdefault(f"{topic}/{number}", Partition())

    def kinds(self) -> set[str]:
        """The event types that it has files of."""
        return {kind for one in self.manifest.segments for kind in one.rows}

    def files(self, kind: str) -> list[Path]:
        """The files of an event type."""
        return [self._file(kind, one) for one in self.manifest.segments if kind in one.rows]

    def add(self, topic: str, stretches: Stretches, tables: Mapping[str, pa.Table]) -> None:
        """Add what was read of a topic; it is there as a whole when this returns.

        Args:
            topic: The topic.
            stretches: What was read of its partitions, each behind what was read before.
            tables: The rows by event type; the partitions' own notes go with them.
        """
        absorbed = self._absorbed(topic, sum(table.num_rows for table in tables.values()))
        gathered: dict[str, list[pa.Table]] = {}
        for old in absorbed:
            for kind in old.rows:
                gathered.setdefault(kind, []).append(_read(kind, self._file(kind, old)))
        for kind, table in tables.items():
            gathered.setdefault(kind, []).append(table)
        whole = {kind: pa.concat_tables(some) for kind, some in gathered.items()}
        if whole:
            joined = _joined([*(old.stretches for old in absorbed), stretches])
            rows = {kind: table.num_rows for kind, table in whole.items()}
            segment = Segment(topic, joined, rows, {})
            self._write(segment, whole)
            kept = [one for one in self.manifest.segments if one not in absorbed]
            self.manifest.segments = [*kept, segment]
        self.save()
        for old in absorbed:
            self._remove(old)

    def save(self) -> None:
        """Write the manifest."""
        beside = self.path / _WRITING / _MANIFEST
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(self.manifest), indent=1))
        _force(beside)
        beside.replace(self.path / _MANIFEST)
        _force(self.path)

    def explain(self, name: str, sql: str) -> None:
        """Keep some SQL beside the data, for whoever comes with a DuckDB of their own."""
        file = self.path / "_sql" / f"{name}.sql"
        file.parent.mkdir(exist_ok=True)
        if not file.is_file() or file.read_text(encoding="utf-8") != sql:
            beside = self.path / _WRITING / file.name
            beside.write_text(sql, encoding="utf-8")
            beside.replace(file)

    def _absorbed(self, topic: str, fresh: int) -> list[Segment]:
        """The last segments of a topic that are written again with what came."""
        last: list[Segment] = []
        mine = [one for one in self.manifest.segments if one.topic == topic]
        for one in reversed(mine):
            if not fresh or one.records > fresh or one.records + fresh > FULL:
                break
            last.insert(0, one)
            fresh += one.records
        return last

    def _write(self, segment: Segment, tables: Mapping[str, pa.Table]) -> None:
        beside = self.path / _WRITING
        for kind, table in tables.items():
            out = pa.BufferOutputStream()
            parquet.write_table(table, out, compression=_COMPRESSION, write_page_checksum=True)
            content = out.getvalue()
            segment.bytes[kind] = content.size
            (beside / f"{kind}-{segment.name}").write_bytes(content)
            _force(beside / f"{kind}-{segment.name}")
        for kind in tables:
            file = self._file(kind, segment)
            file.parent.mkdir(exist_ok=True)
            (beside / f"{kind}-{segment.name}").replace(file)
            _force(file.parent)
        _force(self.path)

    def _file(self, kind: str, segment: Segment) -> Path:
        return self.path / f"type={kind}" / segment.name

    def _remove(self, segment: Segment) -> None:
        for kind in segment.rows:
            self._file(kind, segment).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Take away what a run that was killed left, and see that all else is there.

        Raises:
            Misconfigured: A file of a segment is missing, or not as it was written.
        """
        shutil.rmtree(self.path / _WRITING, ignore_errors=True)
        (self.path / _WRITING).mkdir()
        wanted = {
            self._file(kind, one): size
            for one in self.manifest.segments
            for kind, size in one.bytes.items()
        }
        found = set()
        for folder in self.path.glob("type=*"):
            for entry in os.scandir(folder):
                file = Path(entry.path)
                if file not in wanted and _OURS.match(entry.name):
                    file.unlink()
                elif file in wanted and _is_whole(file, wanted[file]):
                    found.add(file)
        for file in sorted(wanted.keys() - found):
            raise damaged(file)


def damaged(file: Path | str) -> Misconfigured:
    """What is said of a file that is not there, or not as it was written.

    Args:
        file: Which, or what is known of it.
    """
    return Misconfigured(f"{file} is missing or is not as it was written", _ANEW)


def _make(path: Path) -> None:
    """Make a directory where there is none."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError as error:
        raise Misconfigured(f"{path} is no directory", "name another one") from error
    except OSError as error:
        if of_the_disk(error) is not None:
            raise
        raise Misconfigured(f"{path} cannot be made ({error.strerror})", "name another") from error


@contextmanager
def opened(path: Path, *, log: str, since: str | None) -> Iterator[Directory]:
    """A directory to add to; it is made where there is none.

    Args:
        path: Where it is.
        log: Which log is replayed; empty while that holds nothing.
        since: From when on records are wanted; None is as the directory has it.

    Raises:
        Misconfigured: It holds something else, another log, or what a newer version wrote.
        Refused: Another process is at it, or it begins elsewhere.
    """
    _make(path)
    made = {one.name for one in path.iterdir()} <= {_LOCK, _WRITING}
    if not made and not (path / _MANIFEST).is_file():
        raise Misconfigured(f"{path} holds something else than a history", "name a new directory")
    with _alone(path):
        directory = Directory(path, Manifest(FORMAT) if made else _manifest(path))
        manifest = directory.manifest
        if manifest.log and manifest.log != log:
            raise Misconfigured(f"{path} holds the history of another log", _ANEW)
        if made:
            manifest.since = since
        elif since is not None and since != manifest.since:
            begins = f"since {manifest.since}" if manifest.since else "from the beginning"
            raise Refused(
                f"{path} holds the history {begins}, not since {since}",
                "leave --since out, or name a new directory",
            )
        manifest.log = log
        directory.sweep()
        directory.save()
        yield directory


def _manifest(path: Path) -> Manifest:
    raw = (path / _MANIFEST).read_bytes()
    try:
        marked = msgspec.json.decode(raw, type=_Marked)
        if marked.format > FORMAT:
            raise Misconfigured(
                f"{path} was written by a newer version of pactdesk"
                f" (format {marked.format}, and this one knows {FORMAT})",
                "upgrade pactdesk, or name a new directory",
            )
        return msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise Misconfigured(f"{path / _MANIFEST} cannot be read ({error})", _ANEW) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    handle = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                f"another process replays into {path}", "wait until it is done"
            ) from error
        yield
    finally:
        os.close(handle)


def _joined(several: Sequence[Stretches]) -> Stretches:
    """Stretches that lie one behind the other; a partition's place is where it was read last."""
    found: Stretches = {}
    for stretches in several:
        for partition, (start, end) in stretches.items():
            before = found.pop(partition, None)
            found[partition] = start if before is None else before[0], end
    return found


def _read(kind: str, file: Path) -> pa.Table:
    """A file's rows with the columns of today; raises `Misconfigured` where it was damaged."""
    try:
        table = parquet.ParquetFile(file, page_checksum_verification=True).read()
    except (pa.ArrowException, OSError) as error:
        raise damaged(file) from error
    columns = columns_of(EVENTS[kind])
    return pa.Table.from_arrays(
        [
            table.column(field.name).cast(field.type)
            if field.name in table.column_names
            else pa.nulls(table.num_rows, field.type)
            for field in columns
        ],
        schema=columns,
    )


def _force(path: Path) -> None:
    """Let a file's bytes, or the names in a folder, be on the disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_whole(file: Path, size: int) -> bool:
    """Whether a file is as it was written, as far as its size and its last bytes say."""
    with file.open("rb") as held:
        if held.seek(0, os.SEEK_END) != size:
            return False
        held.seek(-len(_LAST), os.SEEK_END)
        return held.read() == _LAST
