"""Projections of a user's own on real Kafka and PostgreSQL: as on SQLite, and stopped alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import TICKETS
from schemas.vocabulary import rfc3339
from streams.clock import ManualClock, WallClock
from streams.cluster import session
from streams.cluster.backlog import status
from streams.cluster.desk import ClusterDesk
from streams.cluster.own import OwnProjectors
from streams.cluster.postgres import url_of
from streams.cluster.projector import Projector
from streams.cluster.query import PgReader
from streams.cluster.rebuild import rebuild, verify
from streams.demo.script import START
from streams.desk import Desk
from streams.entry import Entry
from streams.errors import Refused
from streams.own.loading import load
from streams.own.table import Own
from streams.query import Found
from streams.settings import Settings
from tests.owned import MOVES, THANKS, naming, written
from tests.projecting import SECONDS, opened, played, ready, rows, send, take, taken_in
from tests.real import Cluster, until

VIEWS = (
    "SELECT * FROM own_letters ORDER BY customer_id",
    "SELECT * FROM own_life ORDER BY ticket_id",
)

FAULTY = MOVES.replace(
    "    before =",
    '    if event.status == "resolved":\n        raise ValueError("no end")\n    before =',
)
"""A fold that no ticket can end in."""


@dataclass(frozen=True)
class Told:
    """What the embedded engine made of some dialogues.

    Attributes:
        log: Its log.
        taken: The inbox records that its worker took.
        shown: What the views of the deployment's own show.
        then: What they show as of some times, by when it was known, and by when it happened.
    """

    log: list[Entry]
    taken: list[tuple[str, str, int, int]]
    shown: list[Found]
    then: dict[tuple[str, bool], list[Found]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("played")
    log = played(folder / "data", 8)
    files = [written(folder, THANKS), written(folder, MOVES, "moves.py")]
    clock = ManualClock(START)
    with Desk(folder / "data", clock, secret="demo", settings=naming(*files)) as desk:  # noqa: S106  # it guards nothing
        desk.run()
        shown = [desk.query(sql) for sql in VIEWS]
        times = sorted({entry.record().at for entry in log if entry.topic == TICKETS.name})
        asked = [rfc3339(times[len(times) * part // 4]) for part in (1, 2, 3)]
        then = {
            (moment, occurred): [desk.as_of(moment, occurred=occurred).query(v) for v in VIEWS]
            for moment in asked
            for occurred in (False, True)
        }
    return Told(log, taken_in(log, folder / "data"), shown, then)


@pytest.fixture
def filled(told: Told, cluster: Cluster, tmp_path: Path) -> Settings:
    """A cluster that holds the log, and our tables of it."""
    settings = ready(cluster, tmp_path)
    send(settings, told.log)
    take(settings, told.taken)
    Projector(settings).catch_up()
    return settings


def named(settings: Settings, *files: Path) -> Settings:
    return settings.model_copy(update={"projections": naming(*files).projections})


@contextmanager
def folding(settings: Settings, owns: Sequence[Own]) -> Iterator[None]:
    """A process that folds these, for a while."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            OwnProjectors(settings, owns).run(stop)
        except BaseException as error:  # noqa: BLE001  # the test shall see it
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(SECONDS)
        if failed:
            raise failed[0]
    assert not thread.is_alive()


def states(settings: Settings) -> dict[str, dict[str, Any]]:
    with opened(settings) as database:
        return {one["projection"]: one for one in status(settings, database)["projections"]}


def shown(settings: Settings) -> list[Found]:
    reader = PgReader(url_of(settings))
    try:
        return [reader.query(sql) for sql in VIEWS]
    finally:
        reader.close()


def all_are(state: str, settings: Settings) -> Callable[[], bool]:
    """Whether each is in a state, and has read everything."""

    def so() -> bool:
        return all(
            one["state"] == state and one["behind"] == 0 for one in states(settings).values()
        )

    return so


def test_it_is_filled_kept_proved_and_rebuilt_as_on_the_embedded_engine(
    told: Told, filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BATCH", 40)
    files = [written(tmp_path, THANKS), written(tmp_path, MOVES, "moves.py")]
    settings = named(filled, *files)
    own = load(settings.projections.own)
    with folding(settings, own):
        until(all_are("running", settings), SECONDS, "all of it is folded")
    assert shown(settings) == told.shown
    report = verify(settings, own=own)
    assert report["clean"]
    assert {"letters", "life"} < report["tables"].keys()
    with opened(settings) as database:
        database.execute(
            "UPDATE o_life SET events = 99 WHERE ticket_id = (SELECT min(ticket_id) FROM o_life)"
        )
        before = database.execute("SELECT * FROM read_positions ORDER BY 1, 2, 3").fetchall()
    report = verify(settings, own=own)
    assert report["tables"]["life"]["differing"] == 1
    (changed,) = report["findings"]
    assert changed["where"].startswith("life/TICK_")
    assert (changed["kind"], changed["found"]) == ("row changed", "events = 99")
    mended = rebuild(settings, ["life", "letters"], own=own)
    assert {name: one["same"] for name, one in mended.items()} == {"letters": True, "life": False}
    assert shown(settings) == told.shown
    with opened(settings) as database:
        after = database.execute("SELECT * FROM read_positions ORDER BY 1, 2, 3").fetchall()
    assert after == before
    readings = {name for name, *_ in before}
    assert readings == {"tables", "letters", "life"}


def test_it_is_there_as_it_stood_as_on_the_embedded_engine(
    told: Told, filled: Settings, tmp_path: Path
) -> None:
    files = [written(tmp_path, THANKS), written(tmp_path, MOVES, "moves.py")]
    with ClusterDesk(named(filled, *files), WallClock()) as desk:
        for (moment, occurred), said in told.then.items():
            then = desk.as_of(moment, occurred=occurred)
            assert [then.query(sql) for sql in VIEWS] == said, (moment, occurred)
        now = desk.as_of(desk.position())
        assert [now.query(sql) for sql in VIEWS] == told.shown
    assert len({str(said) for said in told.then.values()}) > 2


def test_one_that_cannot_be_folded_as_it_stood_is_not_shown_as_it_is_now(
    told: Told, filled: Settings, tmp_path: Path
) -> None:
    letters, moves = written(tmp_path, THANKS), written(tmp_path, MOVES, "moves.py")
    settings = named(filled, letters, moves)
    rebuild(settings, ["life", "letters"], own=load(settings.projections.own))
    written(tmp_path, FAULTY, "moves.py")
    with ClusterDesk(settings, WallClock()) as desk:
        now = desk.as_of(desk.position())
        assert now.query(VIEWS[0]) == told.shown[0]
        with pytest.raises(Refused, match="own_life"):
            now.query(VIEWS[1])
        assert desk.query(VIEWS[1]) == told.shown[1]
        asked = "SELECT count(*) AS own_count FROM v1_tickets WHERE subject <> 'own_life'"
        assert now.query(asked) == desk.query(asked)
    with ClusterDesk(filled, WallClock()) as desk, pytest.raises(Refused, match="own_life"):
        desk.as_of(desk.position()).query(VIEWS[1])


def test_one_that_raises_stops_alone_and_goes_on_once_it_is_mended(
    told: Told, filled: Settings, tmp_path: Path
) -> None:
    letters, moves = written(tmp_path, THANKS), written(tmp_path, FAULTY, "moves.py")
    settings = named(filled, letters, moves)
    times = "SELECT * FROM read_times ORDER BY 1, 2, 3"
    known = rows(settings, times)
    with folding(settings, load(settings.projections.own)):

        def stopped() -> bool:
            found = states(settings)
            return (found["life"]["state"], found["letters"]["behind"]) == ("stopped", 0)

        until(stopped, SECONDS, "one stopped and the other is done")
    assert rows(settings, times) == known  # they say how far our tables are, whoever else stops
    life = states(settings)["life"]
    assert life["error"] == "its evolve raised ValueError: no end"
    assert life["record"].startswith("support.tickets.v1/")
    assert shown(settings)[0] == told.shown[0]
    assert verify(settings, own=load(settings.projections.own))["clean"]
    written(tmp_path, MOVES, "moves.py")
    with folding(settings, load(settings.projections.own)):
        until(all_are("running", settings), SECONDS, "it went on")
    assert shown(settings) == told.shown
    assert verify(settings, own=load(settings.projections.own))["clean"]


def test_a_rebuild_of_another_file_stands_where_ours_do_and_is_kept_from_there(
    told: Told, filled: Settings, tmp_path: Path
) -> None:
    letters, moves = written(tmp_path, THANKS), written(tmp_path, MOVES, "moves.py")
    settings = named(filled, letters, moves)
    own = load(settings.projections.own)
    assert {one["rows"] for one in rebuild(settings, ["life", "letters"], own=own).values()} == {
        len(rows) for rows in told.shown
    }
    written(tmp_path, THANKS.replace("letters + 1", "letters + 10"))
    changed = load(settings.projections.own)
    assert states(settings)["letters"]["state"] == "changed"
    assert not verify(settings, own=changed)["clean"]
    rebuild(settings, ["letters"], own=changed)
    tens = [{**row, "letters": row["letters"] * 10} for row in told.shown[0]]
    assert shown(settings) == [tens, told.shown[1]]
    with folding(settings, own):  # a process that has the old file yet
        until(lambda: states(settings)["life"]["behind"] == 0, SECONDS, "it is at work")
    with folding(settings, changed):
        until(all_are("running", settings), SECONDS, "nothing is left")
    assert shown(settings) == [tens, told.shown[1]]
    assert verify(settings, own=changed)["clean"]
