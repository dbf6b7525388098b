"""As of: the tables by replay are what the live views said at that moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.events.contacts import ContactReceived
from schemas.events.knowledge import ArticlePublished
from schemas.record import Record, contact_id
from schemas.vocabulary import rfc3339
from streams.asof import View
from streams.desk import Desk
from streams.errors import Refused
from tests.embedded import open_in, record_of, somewhere, take
from tests.histories import History, histories, play

VIEWS = (
    "v1_tickets",
    "v1_interactions",
    "v1_customers",
    "v1_decisions",
    "v1_articles",
    "v1_specialists",
    "v1_daily",
    "v1_metrics",
    "v1_insights",
    "v1_alerts",
    "v1_follow_ups",
    "v1_deliveries",
    "v1_messages",
    "v1_attachments",
    "v1_drafts",
    "v1_dead_letters",
    "v1_positions",
)


def _all(source: Desk | View, views: tuple[str, ...] = VIEWS) -> dict[str, list[dict[str, Any]]]:
    return {view: source.query(f"SELECT * FROM {view} ORDER BY 1, 2, 3, 4") for view in views}


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben", "cem"), most=12), pick=st.integers(0, 100))
def test_a_position_gives_what_the_views_said_then(history: History, pick: int) -> None:
    lines = play(history)
    stop = pick % len(lines.outside) + 1
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside[:stop])
        position, then = desk.position(), _all(desk)
        take(desk, lines.outside[stop:])
        assert _all(desk.as_of(position)) == then


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben", "cem"), most=12), pick=st.integers(0, 100))
def test_a_time_gives_what_the_views_said_then(history: History, pick: int) -> None:
    """Recorded time: when nothing that came later carries an earlier time."""
    lines = play(history)
    stop = pick % len(lines.outside) + 1
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside[:stop])
        moment, then = rfc3339(desk.clock.now()), _all(desk)
        later = [record for record in lines.outside[stop:] if record.at > desk.clock.now()]
        take(desk, later)
        assert _all(desk.as_of(moment)) == then


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben"), most=10))
def test_the_end_of_the_log_gives_what_the_views_say_now(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        now = _all(desk)
        assert _all(desk.as_of(desk.position())) == now
        assert _all(desk.as_of("9999-01-01T00:00:00Z")) == now
        assert _all(desk.as_of("9999-01-01T00:00:00Z", occurred=True)) == now


def _contact(number: int, at: str) -> Record:
    event = ContactReceived(
        channel="email", customer_id="ann", message=f"Hello {number}", provider_id=str(number)
    )
    given_id = contact_id("email", str(number))
    return msgspec.structs.replace(
        record_of(event), id=given_id, correlation=given_id, at=datetime.fromisoformat(at)
    )


COUNT = "SELECT count(*) AS n FROM v1_interactions WHERE direction = 'in'"


@pytest.fixture
def late() -> Any:
    """A desk that learned at ten o'clock of what had happened at half past nine."""
    with somewhere() as folder, open_in(folder) as desk:
        take(desk, [_contact(1, "2026-03-02T10:00:00+00:00")])
        take(desk, [_contact(2, "2026-03-02T09:30:00+00:00")])
        yield desk


def test_recorded_time_asks_what_was_known(late: Desk) -> None:
    known = [late.as_of(f"2026-03-02T{at}:00Z").query(COUNT)[0]["n"] for at in ("09:45", "10:00")]
    assert known == [0, 2]


def test_occurred_time_asks_what_had_happened(late: Desk) -> None:
    happened = [
        late.as_of(f"2026-03-02T{at}:00Z", occurred=True).query(COUNT)[0]["n"]
        for at in ("09:15", "09:45", "10:00")
    ]
    assert happened == [0, 1, 2]


def test_a_place_in_a_topic_is_a_position(late: Desk) -> None:
    entry = next(e for e in late.log.scan() if e.topic == "support.tickets.v1")
    place = f"{entry.topic}/{entry.partition}/{entry.offset}"
    assert late.as_of(place).query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 1}]
    assert late.as_of("support.contacts.v1/2/0").query(COUNT) == [{"n": 0}]


def test_a_position_is_the_same_however_often_it_is_asked_for(late: Desk) -> None:
    position = late.position()
    late.run()
    assert late.position() == position
    take(late, [_contact(3, "2026-03-02T11:00:00+00:00")])
    assert late.position() != position


@pytest.mark.parametrize(
    "moment",
    [
        "yesterday",
        "",
        "2026-03-02T10:00:00",
        "2026-13-02T10:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+12:00",
        "support.contacts.v1/2",
        "p1.",
        "p1.!!!",
        "p1.LTU",
        "p1.OTk5OTk5OTk",
        "p1.4pyT",
        "p1.MS41",
        "p2.MQ",
        "support.contacts.v1/2/99",
        "support.nothing.v1/0/0",
        "support.contacts.v1/-1/0",
        "support.contacts.v1/99999999999999999999999/0",
    ],
)
def test_what_is_no_moment_of_this_log_is_refused(late: Desk, moment: str) -> None:
    with pytest.raises(Refused) as refusal:
        late.as_of(moment)
    assert refusal.value.remedy


def test_what_is_no_place_is_told_how_one_is_written(late: Desk) -> None:
    with pytest.raises(Refused, match="is not a position") as refusal:
        late.as_of("support.contacts.v1/2")
    assert "topic/partition/offset" in refusal.value.remedy


def test_of_a_position_it_cannot_be_asked_what_had_occurred(late: Desk) -> None:
    for position in (late.position(), "support.contacts.v1/2/0"):
        with pytest.raises(Refused, match="is a position"):
            late.as_of(position, occurred=True)


def test_looking_back_changes_nothing(late: Desk) -> None:
    before, end = _all(late), late.log.last_seq()
    late.as_of("2026-03-02T10:00:00Z")
    assert (_all(late), late.log.last_seq()) == (before, end)


def test_the_past_is_read_only_sql_over_the_views_as_well(late: Desk) -> None:
    view = late.as_of(late.position())
    for sql in ("SELECT * FROM log", "SELECT * FROM p_tickets", "DELETE FROM v1_tickets"):
        with pytest.raises(Refused):
            view.query(sql)


def test_an_article_is_there_from_its_taking_on(late: Desk) -> None:
    take(late, [record_of(ArticlePublished(article_id="a1", title="T", body="B"))])
    titles = "SELECT title FROM v1_articles"
    assert late.query(titles) == [{"title": "T"}]
    assert late.as_of(late.position()).query(titles) == [{"title": "T"}]
