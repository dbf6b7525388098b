"""Looking back on a store: from any moment to any other, at one line, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.vocabulary import rfc3339
from streams.asof import AHEAD, BEFORE, View
from streams.clock import ManualClock, parse_time
from streams.desk import Desk
from streams.embedded import asof
from streams.errors import NotFound, Refused
from streams.showing import drafts_of, with_files
from tests.both import shown
from tests.embedded import open_in, somewhere, take
from tests.histories import History, histories, play

SEEN = ("v1_tickets", "v1_interactions", "v1_customers", "v1_decisions", "v1_deliveries")


def _clock_of(desk: Desk) -> ManualClock:
    assert isinstance(desk.clock, ManualClock)
    return desk.clock


def _dump(source: Desk | View) -> dict[str, list[dict[str, Any]]]:
    return {view: shown(source, view) for view in SEEN}


def _ruled(said: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What turns said: without deliveries, whose receipts nobody answers."""
    talk = [{k: v for k, v in row.items() if k != "delivery"} for row in said["v1_interactions"]]
    return {**said, "v1_interactions": talk, "v1_deliveries": None}


def _lived(desk: Desk, history: History, steps: int) -> list[tuple[str, dict[str, Any]]]:
    """Live through a history with interruptions: the position and the views after each part."""
    outside = play(history).outside
    then = []
    for step in range(steps):
        part = outside[len(outside) * step // steps : len(outside) * (step + 1) // steps]
        desk.intake.records(part)
        then.append((desk.position(), _ruled(_dump(desk))))  # nobody has taken it yet
        if part:
            _clock_of(desk).set(max(_clock_of(desk).now(), *(record.at for record in part)))
        desk.run()
        then.append((desk.position(), _dump(desk)))
    return then


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben"), most=6), order=st.permutations(range(6)))
def test_from_any_moment_one_comes_to_any_other(history: History, order: list[int]) -> None:
    """Scratch databases are gone on with, also where nobody had taken what lay in an inbox."""
    with somewhere() as folder, open_in(folder, play(history).models) as desk:
        then = _lived(desk, history, 3)
        for number in order:
            position, said = then[number]
            stood = _dump(desk.as_of(position))
            assert (_ruled(stood) if number % 2 == 0 else stood) == said


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben", "cem"), most=8), pick=st.integers(0, 100))
def test_of_one_line_the_same_is_shown_as_of_all(history: History, pick: int) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        tickets = [row["ticket_id"] for row in shown(desk, "v1_tickets")]
        customers = [row["customer_id"] for row in shown(desk, "v1_customers")]
        last = desk.log.last_seq()
        entry = next(e for e in desk.log.scan(pick * last // 101))
        place = f"{entry.topic}/{entry.partition}/{entry.offset}"
        for moment in (place, rfc3339(entry.record().at)):
            whole = desk.as_of(moment)
            apart = asof.History(desk.database, desk.clock)  # it has not folded the whole
            for one in tickets:
                alone = apart.view(moment, _nobody, ticket=one)
                assert _ticket(alone, one) == _ticket(whole, one)
                assert _ticket(desk.as_of(moment, ticket=one), one) == _ticket(whole, one)
            for one in customers:
                alone = apart.view(moment, _nobody, customer=one)
                assert _customer(alone, one) == _customer(whole, one)
                assert _customer(desk.as_of(moment, customer=one), one) == _customer(whole, one)


def _nobody(_: int) -> None:
    """Is told how far it has come."""


def test_one_thing_is_looked_for_where_everything_is_at_hand(desk: Desk) -> None:
    steps: list[int] = []
    (first, *_) = shown(desk, "v1_tickets")
    moment = desk.position()
    alone = desk.as_of(moment, ticket=first["ticket_id"], step=steps.append)
    assert sum(steps) > 0
    desk.as_of(moment)
    steps.clear()
    again = desk.as_of(moment, ticket=first["ticket_id"], step=steps.append)
    assert _ticket(again, first["ticket_id"]) == _ticket(alone, first["ticket_id"])
    assert steps == []


def _ticket(view: View, name: str) -> list[Any]:
    said = view.query(
        "SELECT * FROM v1_interactions WHERE ticket_id = ? ORDER BY interaction_id", (name,)
    )
    found = view.query("SELECT * FROM v1_tickets WHERE ticket_id = ?", (name,))
    return [found, with_files(view, name, said), drafts_of(view, name)]


def _customer(view: View, name: str) -> list[Any]:
    return [
        view.query("SELECT * FROM v1_customers WHERE customer_id = ?", (name,)),
        view.query("SELECT * FROM v1_tickets WHERE customer_id = ? ORDER BY ticket_id", (name,)),
    ]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with somewhere() as folder, open_in(folder) as one:
        for number in range(3):
            one.produce(
                {
                    "channel": "email",
                    "customer_id": "ann",
                    "message": f"My parcel {number} is lost",
                    "at": f"2026-03-02T0{number + 1}:00:00Z",
                }
            )
        _clock_of(one).set("2026-03-02T09:00:00Z")
        one.run()
        yield one


def test_only_so_many_scratch_databases_are_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asof, "EVERY", 5)
    made: list[int] = []
    monkeypatch.setattr(asof, "_begun", _counted(asof._begun, made))  # noqa: SLF001  # to count
    last = desk.position()
    desk.as_of(last)
    assert len(made) > asof.KEPT
    before = len(made)
    assert shown(desk.as_of(last), "v1_tickets") == shown(desk, "v1_tickets")
    assert len(made) == before
    history = desk._history  # noqa: SLF001  # nothing else shows it
    assert len(history._kept) == asof.KEPT  # noqa: SLF001  # as above


def _counted(begun: Any, made: list[int]) -> Any:
    def counted(base: object) -> Any:
        made.append(1)
        return begun(base)

    return counted


def test_a_view_stays_when_others_are_asked_for(desk: Desk) -> None:
    view = desk.as_of("support.tickets.v1/2/0")
    said = shown(view, "v1_tickets")
    for entry in desk.log.scan():
        desk.as_of(f"{entry.topic}/{entry.partition}/{entry.offset}")
    assert shown(view, "v1_tickets") == said


def test_before_the_beginning_there_is_nothing_and_it_is_said(desk: Desk) -> None:
    for occurred in (False, True):
        view = desk.as_of("2020-01-01T00:00:00Z", occurred=occurred)
        assert view.remark == BEFORE
        assert all(not rows for rows in _dump(view).values())


def test_in_the_future_is_what_is_known_now_and_it_is_said(desk: Desk) -> None:
    assert parse_time("2026-03-03T00:00:00Z") > desk.clock.now()
    for occurred in (False, True):
        view = desk.as_of("2026-03-03T00:00:00Z", occurred=occurred)
        assert view.remark == AHEAD
        assert _dump(view) == _dump(desk)


def test_of_a_moment_between_nothing_is_said(desk: Desk) -> None:
    for occurred in (False, True):
        assert desk.as_of("2026-03-02T02:00:00Z", occurred=occurred).remark is None
    assert desk.as_of(desk.position()).remark is None


@pytest.mark.parametrize("moment", ["p1.OTk5OTk5OTk", "support.contacts.v1/2/99"])
def test_a_position_that_does_not_exist_is_not_found(desk: Desk, moment: str) -> None:
    with pytest.raises(NotFound):
        desk.as_of(moment)


def test_a_position_of_a_cluster_is_none_of_a_store(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.as_of("k1.gA")


def test_of_what_is_not_there_nothing_is_shown(desk: Desk) -> None:
    assert _ticket(desk.as_of(desk.position(), ticket="TICK_NO"), "TICK_NO") == [[], [], []]
    assert _customer(desk.as_of(desk.position(), customer="nobody"), "nobody") == [[], []]


def test_how_far_it_has_come_is_told(desk: Desk) -> None:
    steps: list[int] = []
    desk.as_of(desk.position(), step=steps.append)
    assert sum(steps) > 0
