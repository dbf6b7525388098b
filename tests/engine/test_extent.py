"""How far an inbox was taken, where only a hint says so: nothing that was decided may be lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.policy import default_policy
from schemas.record import partition_of
from schemas.topics import CONTACTS
from streams.desk import Desk
from streams.embedded.recover import recover
from streams.entry import Entry
from streams.extent import Evidence, Extent
from streams.recovered import scratch
from streams.surveying import survey
from streams.whatif.backtest import Span
from streams.whatif.candidate import Candidate, tried
from streams.whatif.history import history_of
from tests.stores import a_desk, by_hand

CONTACT = {"channel": "email", "customer_id": "ann", "message": "Where is my parcel?"}
PLACE = (CONTACTS.name, partition_of("ann"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        desk.produce(CONTACT)
        desk.run()
        yield desk


def taken(desk: Desk, hinted: int, *, foreign: frozenset[str] = frozenset(), known: int = 0) -> int:
    """Up to where Ann's partition counts as taken."""

    def forwarded(entry: Entry) -> str | None:
        return entry.key

    with scratch() as anew:
        survey(desk.database, anew, lambda entry: float(entry.seq))
        evidence = Evidence(
            known={PLACE: known} if known else {},
            hinted={PLACE: hinted},
            native=lambda entry: entry.id not in foreign,
            forwarded=forwarded,
            clocks={},
            letters_are_seen=False,
        )
        return Extent(desk.database, anew, evidence).until[PLACE]


def test_what_something_followed_from_was_taken_whatever_is_known_beside(desk: Desk) -> None:
    assert taken(desk, 0) == 1


def test_records_that_nothing_follows_from_were_taken_as_far_as_the_hint_says(desk: Desk) -> None:
    end = desk.log.end(*PLACE)
    assert end > 1
    assert taken(desk, 2) == 2
    assert taken(desk, end) == end
    assert taken(desk, end + 7) == end


def test_a_message_whose_decision_was_lost_was_not_taken_whatever_the_hint_says(
    desk: Desk,
) -> None:
    end = desk.log.end(*PLACE)
    desk.produce({**CONTACT, "message": "And now?"})
    assert taken(desk, end + 1) == end
    assert taken(desk, 0, known=end + 1) == end + 1, "what is certain counts"


def test_a_turn_of_which_a_part_is_lost_was_not_taken(desk: Desk) -> None:
    end = desk.log.end(*PLACE)
    desk.produce({**CONTACT, "message": "And now?"})
    desk.run()
    assert taken(desk, 0) == end + 1
    with desk.database.transaction():
        desk.database.execute(
            "UPDATE log SET headers = replace(headers, '\"ce_sourcetopic\"', '\"x\"') WHERE seq ="
            " (SELECT max(seq) FROM log WHERE topic = 'support.tickets.v1')"
        )
    assert taken(desk, 0) == 1
    assert taken(desk, desk.log.end(*PLACE)) == end


def test_a_repeat_leads_to_nothing(desk: Desk) -> None:
    first = desk.log.read(*PLACE, 0, 1)[0]
    end = desk.log.end(*PLACE)
    by_hand(desk, first.headers, first.value, number=first.id)
    assert taken(desk, end + 1) == end + 1


def test_a_foreign_record_was_taken_if_what_was_made_of_it_is_in_the_log(desk: Desk) -> None:
    first = desk.log.read(*PLACE, 0, 1)[0]
    end = desk.log.end(*PLACE)
    with desk.database.transaction():
        for made_of_it in (first.id, "never sent"):
            desk.log.append_raw(*PLACE, made_of_it, "{}", b"{}", f"foreign {made_of_it}")
    foreign = frozenset({f"foreign {first.id}", "foreign never sent"})
    assert taken(desk, end + 2, foreign=foreign) == end + 1


def test_the_store_itself_is_not_touched_by_looking(desk: Desk) -> None:
    before = desk.database.execute("SELECT * FROM seen").fetchall()
    taken(desk, 0)
    assert desk.database.execute("SELECT * FROM seen").fetchall() == before
    assert recover(desk.database)["tables"]["seen"]["same"]
    with pytest.raises(sqlite3.OperationalError):
        desk.database.execute("SELECT * FROM outputs")


def test_headers_that_a_producer_copied_from_ours_are_no_word_of_a_turn(desk: Desk) -> None:
    """Such as a bridge writes that hands everything on; here it names what an agent took."""
    said = {"ce_sourcetopic": PLACE[0], "ce_sourcepartition": str(PLACE[1]), "ce_index": "99"}
    headers = json.dumps({**said, "ce_sourceoffset": "0", "ce_count": "100", "ce_id": "x"})
    by_hand(desk, headers, json.dumps(CONTACT).encode())
    desk.run()
    assert recover(desk.database)["gaps"] == []
    with history_of(desk) as history:
        report = tried(history, Candidate(default_policy(), None), Span())
    assert (report["differences"], report["contacts"]) == (0, 1)
