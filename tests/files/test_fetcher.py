"""One fetcher at a time, which loses nothing and says nothing twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.event import Event
from schemas.events.contacts import AttachmentRefused, AttachmentStored
from streams.clock import WallClock
from streams.embedded.intake import Intake
from streams.files.fetcher import Fetcher
from streams.files.store import Files
from tests.filedesks import FileDesk, file_desk
from tests.fileservers import PNG, FileServer, gives, serving, trickles
from tests.gateways import worker
from tests.real import until
from tests.stores import a_desk


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as one:
        yield one


@pytest.fixture
def desk(tmp_path: Path, server: FileServer) -> Iterator[FileDesk]:
    with file_desk(tmp_path, server.address) as one:
        yield one


def said(desk: FileDesk) -> list[Event]:
    kinds = (AttachmentStored, AttachmentRefused)
    return [one.event for one in desk.desk.events() if isinstance(one.event, kinds)]


class PowerCut(BaseException):
    """The process ends here."""


def test_a_crash_before_a_file_is_kept_fetches_it_again(
    desk: FileDesk, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/a"] = gives()
    desk.comes(server.url("/a"))
    with monkeypatch.context() as patch:
        patch.setattr(Files, "keep", _cut)
        with pytest.raises(PowerCut):
            desk.fetch()
    assert (desk.row()["state"], said(desk)) == ("waiting", [])
    desk.fetch()
    assert (desk.row()["state"], server.paths) == ("stored", ["/a", "/a"])


def test_a_crash_before_it_is_told_tells_it_of_the_same_file(
    desk: FileDesk, server: FileServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.answers["/a"] = gives()
    desk.comes(server.url("/a"))
    with monkeypatch.context() as patch:
        patch.setattr(Intake, "records", _cut)
        with pytest.raises(PowerCut):
            desk.fetch()
    assert len([*tmp_path.glob("attachments/??/*")]) == 1
    desk.fetch()
    assert len([*tmp_path.glob("attachments/??/*")]) == 1
    assert [type(one) for one in said(desk)] == [AttachmentStored]


def _cut(*_: object) -> None:
    raise PowerCut


def test_what_is_told_and_not_folded_yet_is_not_fetched_again_nor_told_twice(
    desk: FileDesk, server: FileServer
) -> None:
    """A fetcher that was started again before the tables were up tells it with the same id."""
    server.answers["/a"] = gives()
    desk.comes(server.url("/a"))
    fetcher = Fetcher(desk.settings, desk.desk.clock)
    assert [fetcher.once(), fetcher.once()] == [1, 0]
    assert Fetcher(desk.settings, desk.desk.clock).once() == 1
    desk.desk.run()
    assert [type(one) for one in said(desk)] == [AttachmentStored]


def test_the_files_of_a_repeat_are_not_fetched_again(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives()
    assert desk.comes(server.url("/a")) == desk.comes(server.url("/a"))
    assert (desk.fetch(), desk.fetch(), len(desk.rows())) == (1, 0, 1)


def test_the_tables_are_folded_anew_to_the_same(desk: FileDesk, server: FileServer) -> None:
    server.answers |= {"/a": gives(), "/b": gives(b"", 503)}
    desk.comes(server.url("/a"), server.url("/b"), server.url("/c"))
    desk.fetch()
    from streams.embedded.rebuild import rebuild

    before = desk.rows()
    assert {row["state"] for row in before} == {"stored", "waiting", "refused"}
    rebuild(desk.desk.database, ["attachments"])
    assert desk.rows() == before


def test_files_are_fetched_beside_the_roles_and_a_slow_one_holds_up_no_other(
    tmp_path: Path, server: FileServer
) -> None:
    server.answers |= {"/slow": trickles(b"a", ends=False), "/a": gives(), "/b": gives()}
    with (
        file_desk(tmp_path, server.address, clock=WallClock()) as desk,
        worker(tmp_path),
        Fetcher(desk.settings),
        a_desk(tmp_path, WallClock()) as reader,
    ):
        files = [
            {"name": one, "media_type": "image/png", "size": 0, "url": server.url(f"/{one}")}
            for one in ("slow", "a", "b")
        ]
        contact = {"channel": "slack", "handle": "U1", "message": "see", "attachments": files}
        reader.produce(contact)
        stored = "SELECT name, size FROM v1_attachments WHERE state = 'stored' ORDER BY name"
        until(lambda: len(reader.query(stored)) == 2, 60, "two files are kept")
        assert reader.query(stored) == [{"name": n, "size": len(PNG)} for n in ("a", "b")]


def test_where_several_fetch_one_does(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives()
    desk.comes(server.url("/a"))
    other = desk.desk.alone
    assert other.does("files")
    assert Fetcher(desk.settings, desk.desk.clock).once() == 0
    other.close()
    assert Fetcher(desk.settings, desk.desk.clock).once() == 1


def test_a_disk_that_is_full_is_no_fault_of_the_file(
    desk: FileDesk, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/a"] = gives()
    desk.comes(server.url("/a"))
    with monkeypatch.context() as patch:
        patch.setattr(Files, "keep", _full)
        with pytest.raises(OSError, match="full"):
            desk.fetch()
    assert (desk.row()["attempts"], said(desk)) == (0, [])
    desk.fetch()
    assert desk.row()["state"] == "stored"


def _full(*_: object) -> None:
    raise OSError(28, "the disk is full")


def test_a_fetcher_takes_away_what_a_crash_left(desk: FileDesk, tmp_path: Path) -> None:
    folder = tmp_path / "attachments" / "unfinished"
    folder.mkdir(parents=True)
    left = folder / "left"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    assert desk.fetch() == 0
    assert not left.exists()
