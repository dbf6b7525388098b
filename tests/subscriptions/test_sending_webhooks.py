"""Records are sent to who subscribed, in their order, until they are acknowledged."""

from __future__ import annotations

import asyncio

import pytest

from projections.tables import TABLES
from streams.clock import parse_time
from streams.subscriptions import backoff, kept, posting
from streams.subscriptions.backoff import LONGEST_SECONDS, MOST_ASKED_SECONDS, pause
from streams.subscriptions.sender import finished
from tests.receivers import Fault, answers, closes, hangs, receiver, same_bytes
from tests.stores import a_desk
from tests.subscribers import Folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long before a receiver is asked again."""
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.05)


def test_what_is_wanted_comes_in_the_order_of_the_log_and_signed(folder: Folder) -> None:
    with receiver() as there, folder.sending():
        mine = folder.subscribe(there.url, "TicketOpened", "MessageAdded", "TicketTriaged")
        folder.write(3)
        wanted = folder.ids("TicketOpened", "MessageAdded", "TicketTriaged")
        got = there.has(len(wanted))
        assert [one.id for one in got] == wanted
        assert all(one.verified(mine.secret) for one in got)
        assert {one.headers["Content-Type"] for one in got} == {"application/cloudevents+json"}
        row = folder.until(mine.id, position=folder.position())
        assert row.acknowledged_at is not None
        assert there.repeats() == {}


def test_without_types_all_records_come(folder: Folder) -> None:
    with receiver() as there, folder.sending():
        folder.subscribe(there.url)
        folder.write()
        there.has(len(folder.ids()))
        assert there.ids() == folder.ids()


def test_a_topic_or_a_customer_may_be_all_that_is_wanted(folder: Folder) -> None:
    with receiver() as there, receiver() as other, folder.sending():
        folder.write()
        (ann,) = {line["key"] for line in folder.lines().values() if line["type"] == "TicketOpened"}
        folder.subscribe(there.url, topic="support.tickets.v1", start="beginning")
        folder.subscribe(other.url, customer="somebody else", start="beginning")
        folder.subscribe(other.url, "TicketOpened", customer=ann, start="beginning")
        topics = [one["topic"] for one in folder.lines().values()]
        got = there.has(topics.count("support.tickets.v1"))
        assert {one.event["data"]["topic"] for one in got} == {"support.tickets.v1"}
        assert [one.event["type"] for one in other.has(1)] == ["TicketOpened"]


def test_what_was_there_and_was_not_wanted_lies_behind_it_all_the_same(folder: Folder) -> None:
    folder.write()
    folder.write()
    with receiver() as there, folder.sending():
        mine = folder.subscribe(there.url, "TicketOpened", start="beginning")
        there.has(1)
        folder.until(mine.id, position=folder.position())


def test_a_dead_letter_is_no_event_and_is_not_sent(folder: Folder) -> None:
    with receiver() as there, folder.sending():
        folder.subscribe(there.url, start="beginning")
        with a_desk(folder.data) as desk:
            assert [one.status for one in desk.intake.lines([b"no json"])] == ["unreadable"]
        folder.write()
        with a_desk(folder.data) as desk:
            letters = {one.id for one in desk.letters()}
        records = [one for one in folder.ids() if one not in letters]
        there.has(len(records))
        assert there.ids() == records


@pytest.mark.parametrize(
    "fault",
    [
        answers(500),
        answers(400, "never heard of it"),
        answers(307, Location="/elsewhere"),
        answers(429, Retry_After="1"),
        hangs,
        closes,
    ],
    ids=["500", "400", "redirect", "429", "hangs", "closes"],
)
def test_what_is_not_acknowledged_comes_again_and_nothing_overtakes_it(
    folder: Folder, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault is hangs:
        monkeypatch.setattr(posting, "TOTAL_SECONDS", 3.0)
    with receiver(fault) as there, folder.sending():
        mine = folder.subscribe(there.url, "TicketOpened", "TicketTriaged")
        folder.write()
        wanted = folder.ids("TicketOpened", "TicketTriaged")
        got = there.has(len(wanted) + 1)
        assert [one.id for one in got] == [wanted[0], *wanted]
        assert {one.path for one in got} == {"/hook"}
        assert same_bytes(got)
        assert all(one.verified(mine.secret) for one in got)
        folder.until(mine.id, failures=0, last_error=None, next_attempt_at=None)


@pytest.mark.parametrize(
    "when", ["Mon, 02 Mar 99999999999 10:00:00 GMT", "Mon, 02 Mar 2026 10:00:00 +99999999999999"]
)
def test_a_receiver_that_names_a_time_beyond_all_time_fails_like_any_other(
    folder: Folder, when: str
) -> None:
    with receiver() as there, folder.sending():
        there.always = answers(503, Retry_After=when)
        mine = folder.subscribe(there.url, "TicketOpened")
        folder.write()
        row = folder.until(mine.id, last_error="the receiver answered 503")
        assert row.failures > 0


def test_while_it_fails_one_sees_why_and_when_it_is_tried_again(folder: Folder) -> None:
    with receiver() as there, folder.sending():
        there.always = answers(503, Retry_After="3600")
        mine = folder.subscribe(there.url, "TicketOpened")
        folder.write()
        row = folder.until(mine.id, failures=1)
    assert row.last_error == "the receiver answered 503"
    assert row.failing_since is not None
    assert row.next_attempt_at is not None
    waits = parse_time(row.next_attempt_at) - parse_time(row.failing_since)
    assert waits.total_seconds() >= 3600
    assert row.acknowledged_at is None
    assert folder.beyond(row.position) > 0


def test_one_that_fails_keeps_nobody_else_waiting(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TOTAL_SECONDS", 1.0)  # else the end waits for it
    with receiver() as bad, receiver() as good, folder.sending():
        bad.always = hangs
        for _ in range(5):
            folder.subscribe(bad.url, "TicketOpened")
        folder.subscribe(good.url, "TicketOpened")
        folder.write()
        good.has(1)
        bad.has(5)


def test_whoever_is_gone_is_asked_no_more(folder: Folder) -> None:
    with receiver() as there, folder.sending():
        there.always = answers(410)
        mine = folder.subscribe(there.url, "TicketOpened", "TicketTriaged")
        folder.write()
        row = folder.until(mine.id, state="paused")
        assert row.reason == "the receiver wants nothing more"
        assert len(there.got) == 1
        there.always = None
        with a_desk(folder.data) as desk:
            kept.resumed(desk.database, mine.id)
        there.has(3)
        assert [one.id for one in there.got[1:]] == folder.ids("TicketOpened", "TicketTriaged")


def test_whoever_fails_for_days_is_paused(folder: Folder) -> None:
    with receiver() as there:
        there.always = answers(500)
        mine = folder.subscribe(there.url, "TicketOpened")
        folder.write()
        with a_desk(folder.data) as desk, desk.database.transaction():
            desk.database.execute(
                "UPDATE subscriptions SET failures = 40, failing_since = '2026-01-01T00:00:00Z'"
            )
        with folder.sending():
            row = folder.until(mine.id, state="paused")
    assert row.reason == "nothing was acknowledged for 5 days"
    assert row.last_error == "the receiver answered 500"


def test_a_pause_loses_and_repeats_nothing(folder: Folder) -> None:
    with receiver() as there, folder.sending():
        mine = folder.subscribe(there.url, "MessageAdded")
        folder.write()
        there.has(1)
        with a_desk(folder.data) as desk:
            kept.paused(desk.database, mine.id)
        folder.until(mine.id, state="paused")
        folder.write(2)
        with a_desk(folder.data) as desk:
            kept.resumed(desk.database, mine.id)
        ids = folder.ids("MessageAdded")
        assert [one.id for one in there.has(len(ids))] == ids


def test_a_wait_ends_when_it_is_resumed(folder: Folder) -> None:
    with receiver(answers(500, Retry_After="86400")) as there, folder.sending():
        mine = folder.subscribe(there.url, "TicketOpened")
        folder.write()
        folder.until(mine.id, failures=1)
        with a_desk(folder.data) as desk:
            kept.resumed(desk.database, mine.id)
        there.has(2)
        folder.until(mine.id, failures=0)


def test_one_that_is_stopped_goes_on_where_it_was(folder: Folder) -> None:
    with receiver() as there:
        mine = folder.subscribe(there.url, start="beginning")
        for _ in range(3):
            folder.write()
            with folder.sending():
                there.has(len(folder.ids()))
        assert [one.id for one in there.got] == folder.ids()
        assert folder.row(mine.id).owner is None


async def _turn() -> None:
    """Let everybody else in the loop go on once."""
    loop = asyncio.get_running_loop()
    turned = loop.create_future()
    loop.call_soon(turned.set_result, None)
    await turned


def test_a_request_that_is_under_way_is_brought_to_its_end() -> None:
    async def told() -> list[str]:
        said: list[str] = []
        begun, may = asyncio.Event(), asyncio.Event()

        async def work() -> bool:
            begun.set()
            await may.wait()
            said.append("done")
            return True

        task = asyncio.create_task(finished(work()))
        await begun.wait()
        task.cancel()
        for _ in range(5):
            await _turn()
        assert not task.done()
        may.set()
        await asyncio.gather(task, return_exceptions=True)
        return [*said, "cancelled" if task.cancelled() else "not cancelled"]

    assert asyncio.run(told()) == ["done", "cancelled"]


def test_a_replay_asks_no_table_and_gives_the_same_bytes(folder: Folder) -> None:
    with receiver() as there, folder.sending():
        mine = folder.subscribe(there.url, start="beginning", personal=True)
        folder.write(2)
        ids = folder.ids()
        there.has(len(ids))
        folder.until(mine.id, position=folder.position())
        with a_desk(folder.data) as desk:
            for table in TABLES:
                desk.database.execute(f"DELETE FROM {table.sql_name}")
            start = desk.progress.at("beginning")
            kept.replayed(desk.database, mine.id, start)
        again = there.has(2 * len(ids))[len(ids) :]
        assert [one.id for one in again] == ids
        assert same_bytes(there.got)


def test_both_secrets_are_good_for_a_day_and_then_the_new_one_alone(folder: Folder) -> None:
    with receiver() as there, folder.sending():
        mine = folder.subscribe(there.url, "MessageAdded")
        with a_desk(folder.data) as desk:
            now = kept.rotated(desk.database, mine.id, desk.clock.now())
        assert now.secret != mine.secret == now.old_secret
        assert now.secrets(parse_time("2026-03-01T00:00:00Z")) == [now.secret, mine.secret]
        assert now.old_until is not None
        assert now.secrets(parse_time(now.old_until)) == [now.secret]


def test_the_longer_it_fails_the_longer_it_is_left_alone_within_bounds() -> None:
    waits = [pause(n, 0.0) for n in (1, 3, 5, 10, 20)]
    assert waits == sorted(waits)
    assert LONGEST_SECONDS / 2 <= pause(10_000, 0.0) <= LONGEST_SECONDS
    assert pause(1, 30.0) >= 30.0
    assert pause(1, 1e9) == MOST_ASKED_SECONDS
    assert len({pause(8, 0.0) for _ in range(20)}) > 1
