"""The log in Parquet: every record once, whole, in small steps, from any beginning."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastavro
import msgspec
import pytest
from pyarrow import parquet

from schemas.avro import schema_of
from schemas.event import Event
from schemas.events import EVENTS
from schemas.events.contacts import CustomerDescribed
from schemas.events.desk import SpecialistDescribed
from schemas.events.knowledge import ArticlePublished
from schemas.record import Record, Source, partition_of
from schemas.topics import DEAD_LETTERS, DECISIONS
from streams import codec
from streams.desk import Desk
from streams.embedded.history import EmbeddedLog
from streams.entry import Entry
from streams.errors import Refused
from streams.history import directory as directories
from streams.history import replaying
from streams.history.columns import RECORD_COLUMNS, columns_of
from tests.anyevent import example
from tests.embedded import open_in, record_of, take
from tests.replays import Counted, brought, replayed, rows, tables


def native(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def head(record: Record) -> dict[str, Any]:
    """What the record's columns hold."""
    source = record.source or Source(None, None, None, None, None)  # type: ignore[arg-type]  # from outside
    values = (
        record.id,
        native(record.at),
        record.key,
        record.by,
        record.cause,
        record.correlation,
        record.sequence,
        record.previous,
        record.trace,
        source.topic,
        source.partition,
        source.offset,
        source.index,
        source.count,
        record.topic,
        record.partition,
        record.offset,
    )
    return dict(zip(RECORD_COLUMNS.names, values, strict=True))


def entries(desk: Desk) -> list[Entry]:
    return [entry for entry in desk.entries() if entry.topic != DEAD_LETTERS.name]


def test_every_record_of_the_log_has_its_row(lived: Desk, history: Path) -> None:
    expected: dict[str, list[dict[str, Any]]] = {}
    for entry in sorted(entries(lived), key=lambda one: one[1:4]):
        record = entry.record()
        expected.setdefault(record.type, []).append(head(record))
    found = {
        kind: [{name: row[name] for name in RECORD_COLUMNS.names} for row in some]
        for kind, some in rows(history).items()
    }
    assert found == expected
    assert len(found) > len(EVENTS) * 2 / 3


def test_every_type_has_the_columns_of_the_contract(history: Path) -> None:
    for kind, table in tables(history).items():
        assert table.schema.remove_metadata() == columns_of(EVENTS[kind])


def test_files_are_named_by_topic_and_where_they_begin_and_end(lived: Desk, history: Path) -> None:
    """What is small of a topic's partitions is in one file, whatever partition it is of."""
    topics: dict[str, list[tuple[int, int]]] = {}
    for (topic, partition), end in sorted(EmbeddedLog(lived.database).ends().items()):
        topics.setdefault(topic, []).append((partition, end))
    assert max(map(len, topics.values())) > 2
    assert {file.name for file in history.glob("type=*/*.parquet")} == {
        f"{topic}-{ends[0][0]:02d}-{0:012d}-{ends[-1][0]:02d}-{ends[-1][1] - 1:012d}.parquet"
        for topic, ends in topics.items()
    }


def test_a_segment_says_which_offsets_of_which_partitions_it_holds(
    lived: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "FULL", 150)
    monkeypatch.setattr(replaying, "AT_ONCE", 60)
    directory, _ = brought(lived, tmp_path / "p")
    reached: dict[tuple[str, int], int] = {}
    for one in directory.manifest.segments:
        for partition, (start, end) in one.stretches.items():
            assert start == reached.get((one.topic, partition), 0)
            reached[one.topic, partition] = end
        for kind, count in one.rows.items():
            file = tmp_path / "p" / f"type={kind}" / one.name
            places = parquet.read_table(file).select(["event_partition", "event_offset"])
            assert places.num_rows == count
            for partition, offset in zip(*places.to_pydict().values(), strict=True):
                start, end = one.stretches[partition]
                assert start <= offset < end
    assert reached == EmbeddedLog(lived.database).ends()
    assert any(len(one.stretches) == 1 for one in directory.manifest.segments)
    assert any(len(one.stretches) > 1 for one in directory.manifest.segments)


def test_a_second_replay_reads_no_old_record(lived_store: Path, tmp_path: Path) -> None:
    shutil.copytree(lived_store, tmp_path / "store")
    with open_in(tmp_path / "store") as desk:
        first = Counted(EmbeddedLog(desk.database))
        replayed(first, tmp_path / "p")
        again = Counted(EmbeddedLog(desk.database))
        assert replayed(again, tmp_path / "p").records == 0
        assert again.offsets == {}
        take(desk, [_described("new")])
        ends = EmbeddedLog(desk.database).ends()
        third = Counted(EmbeddedLog(desk.database))
        done = replayed(third, tmp_path / "p")
    read = {place: found[-1] + 1 for place, found in first.offsets.items()}
    fresh = {place: (read.get(place, 0), end) for place, end in ends.items()}
    assert third.offsets == {
        place: list(range(start, end)) for place, (start, end) in fresh.items() if start < end
    }
    assert done.records == sum(map(len, third.offsets.values())) > 0
    assert done.total == sum(ends.values())


def _described(name: str) -> Record:
    record = record_of(CustomerDescribed(customer_id=name, name=name))
    return msgspec.structs.replace(record, id=f"id-{name}", correlation=f"id-{name}")


def test_many_small_replays_leave_what_one_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And few files: what is small is written again with what came."""
    for module in (directories, replaying):
        monkeypatch.setattr(module, "FULL", 12)
    with open_in(tmp_path / "store") as desk:
        for number in range(12):
            desk.intake.records([_described(f"{number}-{more}") for more in range(3)])
            replayed(desk, tmp_path / "steps")
        replayed(desk, tmp_path / "once")
        assert rows(tmp_path / "steps") == rows(tmp_path / "once")
        files = {str(one.relative_to(tmp_path)) for one in tmp_path.glob("*/type=*/*.parquet")}
    steps = [one for one in files if one.startswith("steps") and "CustomerDescribed" in one]
    once = [one for one in files if one.startswith("once") and "CustomerDescribed" in one]
    assert len(steps) <= 2 * len(once)


def test_a_long_partition_is_several_segments(
    lived: Desk, history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "FULL", 150)
    monkeypatch.setattr(replaying, "AT_ONCE", 60)
    replayed(lived, tmp_path / "p")
    assert rows(tmp_path / "p") == rows(history)
    files = len(list(history.glob("type=MessageAdded/*")))
    assert len(list(tmp_path.glob("p/type=MessageAdded/*"))) > files


# --- from when on ---------------------------------------------------------------------------------


def test_since_a_time_is_from_the_first_record_of_that_time_on(
    lived: Desk, history: Path, tmp_path: Path
) -> None:
    cut = "2026-03-20T00:00:00Z"
    replayed(lived, tmp_path / "p", since=cut)
    moment = datetime.fromisoformat(cut).replace(tzinfo=None)
    clocks: dict[tuple[str, int], datetime] = {}
    expected: dict[str, list[Any]] = {}
    everything = [
        (row["event_topic"], row["event_partition"], row["event_offset"], kind, row)
        for kind, some in rows(history).items()
        for row in some
    ]
    for topic, partition, _, kind, row in sorted(everything, key=lambda one: one[:3]):
        place = (topic, partition)
        clocks[place] = max(clocks.get(place, row["event_at"]), row["event_at"])
        if clocks[place] >= moment:
            expected.setdefault(kind, []).append(row)
    assert rows(tmp_path / "p") == expected
    assert sum(map(len, expected.values())) < len(everything)


def test_what_lies_before_a_time_is_not_read_twice(lived: Desk, tmp_path: Path) -> None:
    replayed(lived, tmp_path / "p", since="2126-01-01T00:00:00Z")
    assert rows(tmp_path / "p") == {}
    again = Counted(EmbeddedLog(lived.database))
    replayed(again, tmp_path / "p")
    assert again.offsets == {}


def test_since_a_position_is_what_was_appended_behind_it(lived: Desk, tmp_path: Path) -> None:
    some = entries(lived)
    middle = some[len(some) // 2]
    replayed(lived, tmp_path / "p", since=f"{middle.topic}/{middle.partition}/{middle.offset}")
    found = {row["event_id"] for kind in rows(tmp_path / "p").values() for row in kind}
    assert found == {entry.id for entry in some if entry.seq > middle.seq}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Desk]:
    """A desk with one record, and what follows."""
    with open_in(tmp_path / "store") as desk:
        take(desk, [_described("ann")])
        yield desk


def test_the_beginning_of_a_directory_stays(small: Desk, tmp_path: Path) -> None:
    replayed(small, tmp_path / "whole")
    with pytest.raises(Refused, match="holds the history from the beginning, not since 2026"):
        replayed(small, tmp_path / "whole", since="2026-03-20T00:00:00Z")
    replayed(small, tmp_path / "p", since="2026-03-20T00:00:00Z")
    replayed(small, tmp_path / "p", since="2026-03-20T00:00:00Z")
    with pytest.raises(Refused, match="since 2026-03-20T00:00:00Z, not since 2026-03-21"):
        replayed(small, tmp_path / "p", since="2026-03-21T00:00:00Z")


def test_neither_a_time_nor_a_position_makes_no_directory(small: Desk, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="yesterday"):
        replayed(small, tmp_path / "p", since="yesterday")
    assert replayed(small, tmp_path / "p").records > 0


# --- what has no row ------------------------------------------------------------------------------


def test_what_is_no_record_of_ours_has_no_row(tmp_path: Path) -> None:
    with open_in(tmp_path / "store") as desk:
        good = _described("ann")
        take(desk, [good])
        (entry, *_) = desk.entries()
        wrong = [
            ("ann", "{}", b'{"channel": "email"}'),  # another framing
            ("ann", entry.headers, entry.value[:-1]),  # cut short
            ("ann", entry.headers, b"\xc3\x01" + bytes(8) + entry.value[10:]),  # no schema of ours
            ("ann", '{"ce_id": "x"}', entry.value),  # headers of nobody
            ("ann", "not json", entry.value),
            ("bob", entry.headers, entry.value),  # another key than its headers say
            (None, entry.headers, entry.value),
            ("ann", entry.headers.replace("+00:00", ""), entry.value),  # a time without an offset
            ("ann", f'{entry.headers[:-1]},"ce_sequence":"{10**30}"}}', entry.value),
        ]
        with desk.database.transaction():
            for key, headers, value in wrong:
                desk.log.append_raw(entry.topic, entry.partition, key, headers, value, "x")
            desk.log.append_raw(
                entry.topic, (entry.partition + 1) % 12, "ann", entry.headers, entry.value, "x"
            )
        done = replayed(desk, tmp_path / "p")
        assert done.passed == len(wrong) + 1
        assert len(rows(tmp_path / "p")["CustomerDescribed"]) == 1


def test_an_output_that_was_sent_again_has_one_row(lived: Desk, tmp_path: Path) -> None:
    """As readers of Kafka must do it: what is not above the last of its source is a repeat."""
    some = [one for one in entries(lived) if one.topic == DECISIONS.name][:40]
    with open_in(tmp_path / "store") as desk:

        def append(again: list[Entry]) -> None:
            with desk.database.transaction():
                for one in again:
                    rest = (one.key, one.headers, one.value, one.id)
                    desk.log.append_raw(one.topic, one.partition, *rest)

        append(some[:30])
        append(some[10:20])
        done = replayed(desk, tmp_path / "p")
        assert (done.rows, done.passed) == (30, 10)
        append(some[20:40])
        done = replayed(desk, tmp_path / "p")
        assert (done.rows, done.passed) == (10, 10)
    found = [row["event_id"] for kind in rows(tmp_path / "p").values() for row in kind]
    assert sorted(found) == sorted(one.id for one in some)


def _raw(desk: Desk, value: bytes, kind: type[Event]) -> None:
    """Append some bytes as a record of an event type."""
    record = record_of(example(kind, full=True))
    with desk.database.transaction():
        desk.log.append_raw(
            record.topic,
            partition_of(record.key),
            record.key,
            codec.headers(record).decode(),
            value,
            record.id,
        )


def test_what_is_written_otherwise_is_read_as_it_is_everywhere(tmp_path: Path) -> None:
    """Avro lets a list come in blocks with their sizes, which only a whole reader knows."""
    event = SpecialistDescribed(specialist_id="sam", skills=["billing"])
    value = codec.encode(event)
    one = bytes([2, 14]) + b"billing"
    sized = bytes([1, 16, 14]) + b"billing"  # minus one, then how many bytes follow
    assert value.count(one) == 1
    with open_in(tmp_path / "store") as desk:
        _raw(desk, value.replace(one, sized), SpecialistDescribed)
        done = replayed(desk, tmp_path / "p")
    assert (done.rows, done.passed) == (1, 0)
    (row,) = rows(tmp_path / "p")["SpecialistDescribed"]
    assert (row["specialist_id"], row["skills"]) == ("sam", ["billing"])


def test_what_was_written_under_a_schema_of_the_past_has_todays_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = schema_of(ArticlePublished)
    past["fields"] = [one for one in past["fields"] if one["name"] not in {"category", "language"}]
    (tmp_path / "past.avsc").write_text(json.dumps(past))
    number = codec.fingerprint_of(past)
    known = {**codec.known_schemas(), number: str(tmp_path / "past.avsc")}
    monkeypatch.setattr(codec, "known_schemas", lambda: known)
    out = io.BytesIO()
    given = {"article_id": "a1", "title": "T", "body": "B", "examples": ["e"]}
    fastavro.schemaless_writer(out, fastavro.parse_schema(past), given)
    with open_in(tmp_path / "store") as desk:
        _raw(desk, codec.MARKER + bytes.fromhex(number) + out.getvalue(), ArticlePublished)
        fresh = record_of(ArticlePublished(article_id="a2", title="T", body="B"))
        take(desk, [msgspec.structs.replace(fresh, id="another", correlation="another")])
        replayed(desk, tmp_path / "p")
    found = rows(tmp_path / "p")["ArticlePublished"]
    assert [(row["article_id"], row["title"], row["category"]) for row in found] == [
        ("a1", "T", None),
        ("a2", "T", None),
    ]
