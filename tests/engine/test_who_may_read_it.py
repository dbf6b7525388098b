"""What a desk keeps on a machine is for its owner alone, whatever others' files there are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.effects import LocalTransport
from streams.embedded.opening import open_database
from streams.history.directory import opened
from tests.outgoing import an_answer


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """The rights that machines commonly give: everybody may read what is made."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> set[str]:
    """What others may read, where they may enter every folder above it."""
    if not stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return set()
    below = {one.name for one in folder.iterdir() if one.is_file() and others_may(one)}
    return below.union(*(open_to_others(one) for one in folder.iterdir() if one.is_dir()))


def others_may(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def test_the_folder_of_a_store_is_its_owner_s(tmp_path: Path) -> None:
    open_database(tmp_path / "desk").close()
    assert not others_may(tmp_path / "desk")


def test_a_store_in_a_folder_of_everybody_s_is_its_owner_s(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    database = open_database(tmp_path)
    database.execute("CREATE TABLE something (x)")
    assert {one.name for one in tmp_path.iterdir()} > {"pactdesk.db"}
    assert open_to_others(tmp_path) == set()
    database.close()


def test_a_store_that_others_were_let_into_stays_open_to_them(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    (tmp_path / "pactdesk.db").chmod(0o660)
    open_database(tmp_path).close()
    assert stat.S_IMODE((tmp_path / "pactdesk.db").stat().st_mode) == 0o660


def test_the_local_mailbox_is_its_owner_s(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    request = an_answer("Hello")
    LocalTransport(tmp_path / "mailbox").deliver("1", request)
    assert (tmp_path / "mailbox" / "email" / "1.txt").is_file()
    assert open_to_others(tmp_path) == set()


def test_a_history_is_its_owner_s(tmp_path: Path) -> None:
    with opened(tmp_path / "history", log="a log", since=None):
        pass
    assert not others_may(tmp_path / "history")
