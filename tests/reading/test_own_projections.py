"""Projections of a user's own on the embedded engine: kept, proved, stopped alone, gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.clock import ManualClock
from streams.desk import Desk
from streams.embedded import projector
from streams.embedded.own import OwnProjector
from streams.embedded.rebuild import rebuild, verify
from streams.errors import Refused
from streams.health import own as findings_of
from streams.own.loading import load
from streams.testing import START
from tests.embedded import somewhere, take
from tests.histories import History, histories, play
from tests.owned import LATEST, MOVES, STUMBLES, THANKS, naming, written
from tests.stores import a_desk, opened

ROWS = "SELECT * FROM own_letters ORDER BY customer_id"


@contextmanager
def open_with(folder: Path, *files: Path) -> Iterator[Desk]:
    """A desk in a folder that has these files."""
    with a_desk(folder / "data", ManualClock(START), settings=naming(*files)) as desk:
        yield desk


def say(desk: Desk, *messages: str, who: str = "ann") -> None:
    desk.produce(*({"channel": "email", "customer_id": who, "message": text} for text in messages))
    desk.run()


def state_of(desk: Desk) -> dict[str, Any]:
    (one,) = desk.status()["projections"]
    return dict(one)


def test_it_is_filled_from_the_log_when_it_is_first_seen_and_kept_up(tmp_path: Path) -> None:
    with open_with(tmp_path) as desk:
        say(desk, "one", "two")
        with pytest.raises(Refused, match="no such view"):
            desk.query(ROWS)
    file = written(tmp_path, THANKS)
    with open_with(tmp_path, file) as desk:
        assert state_of(desk)["state"] == "new"
        desk.run()
        (first,) = desk.query(ROWS)
        assert first["letters"] == 2
        say(desk, "three", who="ann")
        say(desk, "hello", who="ben")
        assert [row["letters"] for row in desk.query(ROWS)] == [3, 1]
        assert state_of(desk) == {
            "projection": "letters",
            "file": str(file),
            "state": "running",
            "behind": 0,
            "record": None,
            "error": None,
            "remedy": None,
        }
        places = desk.query("SELECT * FROM v1_positions WHERE projection = 'letters'")
        ours = desk.query(
            "SELECT * FROM v1_positions"
            " WHERE projection = 'tables' AND topic = 'support.contacts.v1'"
        )
        assert places == [{**row, "projection": "letters"} for row in ours]


def test_what_it_shows_has_its_types_and_may_join_our_views(tmp_path: Path) -> None:
    with open_with(tmp_path, written(tmp_path, MOVES)) as desk:
        say(desk, "I was charged twice")
        (row,) = desk.query("SELECT * FROM own_life")
        assert row["statuses"] == ["new", "triaged"]
        assert row["urgent"] is False
        assert row["last_at"] == "2026-03-02T09:00:00.000Z"
        assert list(row)[-1] == "category"
        asked = "SELECT count(*) AS n FROM own_life JOIN v1_tickets USING (ticket_id)"
        assert desk.query(asked) == [{"n": 1}]
        with pytest.raises(Refused, match="o_life"):
            desk.query("SELECT * FROM o_life")


def test_it_is_there_as_of_a_moment(tmp_path: Path) -> None:
    with open_with(tmp_path, written(tmp_path, THANKS)) as desk:
        say(desk, "one")
        position, then = desk.position(), desk.query(ROWS)
        say(desk, "two")
        assert desk.as_of(position).query(ROWS) == then


def test_how_far_it_was_is_told_as_of_a_moment_as_well(tmp_path: Path) -> None:
    asked = "SELECT * FROM v1_positions ORDER BY projection, topic, partition"
    with open_with(tmp_path, written(tmp_path, THANKS)) as desk:
        say(desk, "one")
        position, then = desk.position(), desk.query(asked)
        assert {row["projection"] for row in then} == {"letters", "tables"}
        say(desk, "two")
        assert desk.as_of(position).query(asked) == then


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_what_gathers_several_customers_is_folded_in_the_order_in_which_they_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(projector, "BATCH", batch)
    asked = "SELECT customer_id FROM own_latest"
    with open_with(tmp_path, written(tmp_path, LATEST)) as desk:
        for who in ("dan", "ann", "eve", "bob"), ("bob", "eve", "ann", "dan"):
            for one in who:
                desk.produce({"channel": "email", "customer_id": one, "message": f"{who}"})
            desk.run()
            assert desk.query(asked) == [{"customer_id": who[-1]}]
            assert desk.as_of(desk.position()).query(asked) == [{"customer_id": who[-1]}]
            assert verify(desk.database, own=desk.own)["clean"]


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(
    history=histories(("ann", "ben", "cem"), most=12),
    batch=st.integers(1, 40),
    late=st.booleans(),
)
def test_however_it_was_folded_it_is_what_the_log_says(
    history: History, batch: int, *, late: bool
) -> None:
    lines = play(history)
    with somewhere() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(projector, "BATCH", batch)
        files = [written(folder, THANKS), written(folder, MOVES, "moves.py")]
        named = naming(*files)
        clock = ManualClock(START)
        with opened(folder / "data", clock, lines.models, None if late else named) as desk:
            take(desk, lines.outside)
        with opened(folder / "data", clock, lines.models, named) as desk:
            desk.run()
            own = load(named.projections.own)
            report = verify(desk.database, own=own)
            assert {"letters", "life"} < report["tables"].keys()
            assert report["clean"], report
            assert all(one["same"] for one in rebuild(desk.database, (), own=own).values())


STONE = ("one", "a stone", "two")


def test_one_that_raises_stops_alone_and_names_the_record_and_the_error(tmp_path: Path) -> None:
    files = [written(tmp_path, STUMBLES), written(tmp_path, MOVES, "moves.py")]
    with open_with(tmp_path, *files) as desk:
        say(desk, *STONE)
        letters, life = desk.status()["projections"]
        (contact,) = [
            one for one in desk.events(type="ContactReceived") if "stone" in repr(one.event)
        ]
        assert letters["state"] == "stopped"
        place = f"{contact.topic}/{contact.partition}/{contact.offset}"
        assert letters["record"] == f"{place} ({contact.id})"
        assert letters["error"] == "its evolve raised ValueError: a stone"
        mended = f"mend {files[0]} and start again, or run `pactdesk rebuild letters`"
        assert letters["remedy"] == mended
        assert letters["behind"] >= 2
        assert [row["letters"] for row in desk.query(ROWS)] == [1]
        assert (life["state"], life["behind"]) == ("running", 0)
        assert desk.query("SELECT count(*) AS n FROM v1_interactions WHERE direction = 'in'") == [
            {"n": 3}
        ]
        bad = [one for one in findings_of(desk.settings, desk.database) if not one["ok"]]
        assert len(bad) == 1
        assert place in bad[0]["what"]
        assert "a stone" in bad[0]["what"]


def test_everything_before_the_record_is_kept_whatever_the_batch(tmp_path: Path) -> None:
    with open_with(tmp_path) as desk:
        say(desk, *(f"fine {n}" for n in range(9)), "a stone", "fine", "too")
    with open_with(tmp_path, written(tmp_path, STUMBLES)) as desk:
        desk.run()
        assert [row["letters"] for row in desk.query(ROWS)] == [9]
        assert state_of(desk)["state"] == "stopped"


def test_after_its_file_is_mended_it_goes_on_from_where_it_stood(tmp_path: Path) -> None:
    file = written(tmp_path, STUMBLES)
    with open_with(tmp_path, file) as desk:
        say(desk, *STONE)
        say(desk, "three")
        assert [row["letters"] for row in desk.query(ROWS)] == [1]
    written(tmp_path, THANKS)
    with open_with(tmp_path, file) as desk:
        assert state_of(desk)["state"] == "mended"
        desk.run()
        assert [row["letters"] for row in desk.query(ROWS)] == [4]
        assert state_of(desk)["state"] == "running"
        assert verify(desk.database, own=desk.own)["clean"]


def test_one_that_stopped_is_tried_once_more_in_each_process(tmp_path: Path) -> None:
    with open_with(tmp_path, written(tmp_path, STUMBLES)) as desk:
        say(desk, *STONE)
        (own,) = desk.own
        again, connection = OwnProjector(desk.database, own), desk.database.connection
        written_ = [connection.total_changes]
        for _ in range(3):
            again.catch_up()
            written_.append(connection.total_changes)
        assert written_[0] < written_[1] == written_[2] == written_[3]
        assert state_of(desk)["state"] == "stopped"


def test_a_file_that_changed_is_noticed_and_folds_nothing_until_it_is_rebuilt(
    tmp_path: Path,
) -> None:
    file = written(tmp_path, THANKS)
    with open_with(tmp_path, file) as desk:
        say(desk, "one")
    written(tmp_path, THANKS.replace("letters + 1", "letters + 10"))
    with open_with(tmp_path, file) as desk:
        say(desk, "two")
        assert [row["letters"] for row in desk.query(ROWS)] == [1]
        told = state_of(desk)
        assert told["state"] == "changed"
        assert told["remedy"] == "run `pactdesk rebuild letters`"
        report = verify(desk.database, own=desk.own)
        assert not report["clean"]
        assert "has changed" in report["tables"]["letters"]["error"]
        assert rebuild(desk.database, ["letters"], own=desk.own)["letters"]["rows"] == 1
        assert [row["letters"] for row in desk.query(ROWS)] == [20]
        say(desk, "three")
        assert [row["letters"] for row in desk.query(ROWS)] == [30]
        assert verify(desk.database, own=desk.own)["clean"]


def test_a_table_whose_columns_changed_is_made_anew_by_a_rebuild(tmp_path: Path) -> None:
    file = written(tmp_path, STUMBLES)
    with open_with(tmp_path, file) as desk:
        say(desk, *STONE)
    more = THANKS.replace("letters: int = 0", "letters: int = 0\n    mood: str | None = None")
    written(tmp_path, more)
    with open_with(tmp_path, file) as desk:
        desk.run()
        assert state_of(desk)["state"] == "changed", "it stopped, but rows of it do not fit"
        assert "mood" not in desk.query(ROWS)[0]
        rebuild(desk.database, ["letters"], own=desk.own)
        assert desk.query(ROWS) == [
            {"customer_id": desk.query(ROWS)[0]["customer_id"], "letters": 3, "mood": None}
        ]
        assert state_of(desk)["state"] == "running"


def test_a_rebuild_by_a_file_that_raises_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    file = written(tmp_path, THANKS)
    with open_with(tmp_path, file) as desk:
        say(desk, *STONE)
    written(tmp_path, STUMBLES)
    with open_with(tmp_path, file) as desk:
        report = rebuild(desk.database, (), own=desk.own)
        assert "a stone" in report["letters"]["error"]
        assert report["tickets"]["same"]
        assert [row["letters"] for row in desk.query(ROWS)] == [3]


def test_a_process_with_the_old_file_folds_nothing_into_what_another_has_rebuilt(
    tmp_path: Path,
) -> None:
    file = written(tmp_path, THANKS)
    with open_with(tmp_path, file) as desk:
        say(desk, "one")
        (before,) = desk.own
        old = OwnProjector(desk.database, before)
        old.catch_up()
        written(tmp_path, THANKS.replace("letters + 1", "letters + 10"))
        rebuild(desk.database, ["letters"], own=load([str(file)]))
        desk.produce({"channel": "email", "customer_id": "ann", "message": "two"})
        with desk.shift() as shift:
            shift.run()
        old.catch_up()
        assert [row["letters"] for row in desk.query(ROWS)] == [10]


def by_hand(desk: Desk) -> None:
    desk.database.execute("UPDATE o_letters SET letters = 7")


def lost(desk: Desk) -> None:
    desk.database.execute("DELETE FROM o_letters")


@pytest.mark.parametrize(("harm", "kind"), [(by_hand, "row changed"), (lost, "row removed")])
def test_verify_finds_a_row_that_the_log_does_not_say_and_rebuild_mends_it(
    tmp_path: Path, harm: Callable[[Desk], None], kind: str
) -> None:
    with open_with(tmp_path, written(tmp_path, THANKS)) as desk:
        say(desk, "one")
        harm(desk)
        report = verify(desk.database, own=desk.own)
        told = report["tables"]["letters"]
        assert (told["same"], told["differing"]) == (False, 1)
        assert [(one["kind"], one["where"]) for one in report["findings"]] == [
            (kind, "letters/ann")
        ]
        rebuild(desk.database, ["letters"], own=desk.own)
        assert verify(desk.database, own=desk.own)["clean"]
        assert [row["letters"] for row in desk.query(ROWS)] == [1]


def test_one_that_stands_still_keeps_nobody_waiting(tmp_path: Path) -> None:
    with open_with(tmp_path, written(tmp_path, STUMBLES)) as desk:
        say(desk, *STONE)
        assert desk.progress.shows(desk.position())
        assert desk.status()["tables_behind"] == 0
        assert verify(desk.database, own=desk.own)["clean"], "as far as it came, it is right"


def test_a_view_of_it_that_works_no_more_hides_nothing_else(tmp_path: Path) -> None:
    with open_with(tmp_path, written(tmp_path, MOVES)) as desk:
        say(desk, "one")
        desk.database.execute("DROP TABLE o_life")
        assert desk.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 1}]
        with pytest.raises(Refused, match="no such view"):
            desk.query("SELECT * FROM own_life")
