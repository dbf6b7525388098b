"""One process sends a subscription at a time, and only that one keeps how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from streams.desk import Desk
from streams.errors import NotFound, Refused
from streams.subscriptions import holding, kept
from streams.subscriptions.addresses import Reach
from streams.subscriptions.holding import LEASE_SECONDS, Holder, Lost
from streams.subscriptions.kept import MOST, Wish
from streams.subscriptions.subscription import Subscription
from tests.stores import a_desk
from tests.subscribers import Folder

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANYWHERE = Reach(private=True, loopback=True)


class Time:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def desk(folder: Folder) -> Iterator[Desk]:
    """A desk that nobody sends anything of yet."""
    with a_desk(folder.data) as found:
        yield found


@pytest.fixture
def mine(desk: Desk) -> Subscription:
    """A subscription on it."""
    return kept.made(desk.database, Wish("http://127.0.0.1:1/"), "p1.MA", ANYWHERE, NOW)


def test_of_two_processes_one_sends(desk: Desk, mine: Subscription) -> None:
    one, other = Holder("one"), Holder("other")
    (held,) = one.held(desk.database)
    assert (held.id, held.owner, held.epoch) == (mine.id, "one", 1)
    assert other.held(desk.database) == []
    assert [row.epoch for row in one.held(desk.database)] == [1]


def test_one_that_is_not_heard_of_is_followed_by_another_and_keeps_nothing_more(
    desk: Desk, mine: Subscription
) -> None:
    time = Time()
    one, other = Holder("one", time), Holder("other", time)
    (before,) = one.held(desk.database)
    assert other.held(desk.database) == []
    time.now += LEASE_SECONDS - 0.1
    assert other.held(desk.database) == []
    time.now += 0.1
    (after,) = other.held(desk.database)
    assert (after.owner, after.epoch) == ("other", 2)
    with pytest.raises(Lost):
        holding.acknowledged(desk.database, before, "p1.Nw", NOW)
    with pytest.raises(Lost):
        holding.passed(desk.database, before, "p1.Nw")
    with pytest.raises(Lost):
        holding.failed(desk.database, before, 1, "no", NOW, NOW)
    with pytest.raises(Lost):
        holding.given_up(desk.database, before, "no", "no")
    assert kept.one(desk.database, mine.id).position == "p1.MA"
    holding.acknowledged(desk.database, after, "p1.Nw", NOW)
    assert kept.one(desk.database, mine.id).position == "p1.Nw"
    assert one.held(desk.database) == []


def test_one_that_says_that_it_is_there_keeps_what_it_holds(desk: Desk, mine: Subscription) -> None:
    time = Time()
    one, other = Holder("one", time), Holder("other", time)
    one.held(desk.database)
    for _ in range(5):
        assert other.held(desk.database) == []
        time.now += LEASE_SECONDS - 0.1
        assert [row.id for row in one.held(desk.database)] == [mine.id]


def test_one_that_leaves_is_followed_at_once(desk: Desk, mine: Subscription) -> None:
    one, other = Holder("one"), Holder("other")
    one.held(desk.database)
    one.leave(desk.database)
    assert [row.id for row in other.held(desk.database)] == [mine.id]


def test_a_paused_one_is_nobodys_and_is_not_taken_from_its_owner_when_it_goes_on(
    desk: Desk, mine: Subscription
) -> None:
    time = Time()
    one, other = Holder("one", time), Holder("other", time)
    one.held(desk.database)
    assert other.held(desk.database) == []
    kept.paused(desk.database, mine.id)
    assert one.held(desk.database) == other.held(desk.database) == []
    time.now += 2 * LEASE_SECONDS
    kept.resumed(desk.database, mine.id)
    assert other.held(desk.database) == []
    assert [row.epoch for row in one.held(desk.database)] == [1]


def test_what_is_under_way_does_not_move_a_replay_on(desk: Desk, mine: Subscription) -> None:
    one = Holder("one")
    (held,) = one.held(desk.database)
    kept.replayed(desk.database, mine.id, "p1.Mw")
    with pytest.raises(Lost):
        holding.acknowledged(desk.database, held, "p1.Nw", NOW)
    (again,) = one.held(desk.database)
    assert (again.position, again.epoch) == ("p1.Mw", held.epoch + 2)


def test_what_is_under_way_when_it_is_paused_still_counts(desk: Desk, mine: Subscription) -> None:
    (held,) = Holder("one").held(desk.database)
    kept.paused(desk.database, mine.id)
    holding.acknowledged(desk.database, held, "p1.Nw", NOW)
    assert kept.one(desk.database, mine.id).position == "p1.Nw"


def test_there_are_not_more_than_can_be_sent(desk: Desk, mine: Subscription) -> None:
    for _ in range(MOST - 1):
        kept.made(desk.database, Wish("http://127.0.0.1:1/"), "p1.MA", ANYWHERE, NOW)
    with pytest.raises(Refused, match="50 subscriptions"):
        kept.made(desk.database, Wish("http://127.0.0.1:1/"), "p1.MA", ANYWHERE, NOW)
    kept.removed(desk.database, mine.id)
    kept.made(desk.database, Wish("http://127.0.0.1:1/"), "p1.MA", ANYWHERE, NOW)
    with pytest.raises(NotFound):
        kept.removed(desk.database, mine.id)
