"""What plays are made of: the invariants find what is wrong, and members come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from signal import SIGKILL

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from schemas.record import contact_id
from schemas.topics import CONTACTS, DECISIONS, PARTITIONS, TICKETS
from streams.entry import Entry
from tests.real import Broker, invariants, until
from tests.real.cast import Cast, Ended
from tests.real.foreign import Foreign, contacts
from tests.real.log import ends, entries
from tests.stores import SECRET, a_desk

Log = list[Entry]


@pytest.fixture(scope="module")
def sent() -> list[str]:
    return [contact_id(one["channel"], one["provider_id"]) for one in islice(contacts(7), 12)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The record topics of a desk that worked twelve contacts off."""
    with a_desk(tmp_path_factory.mktemp("desk")) as desk:
        desk.produce(list(islice(contacts(7), 12)))
        desk.run()
        rows = desk.database.execute(
            'SELECT topic, partition, "offset", key, headers, value FROM log'
            " WHERE topic IN (?, ?) ORDER BY seq",
            (DECISIONS.name, TICKETS.name),
        ).fetchall()
    return [
        Entry(0, topic, partition, offset, key, headers, value, "", json.loads(headers)["ce_id"])
        for topic, partition, offset, key, headers, value in rows
    ]


def test_a_log_as_it_should_be_passes(log: Log, sent: list[str]) -> None:
    once = invariants.without_repeats(log)
    assert once == log
    invariants.one_content_an_id(log)
    invariants.once_each(once, sent)
    invariants.chains_hold(once)


def test_repeats_are_dropped_wherever_they_lie(log: Log) -> None:
    middle = len(log) // 2
    assert invariants.without_repeats([*log, *log[:middle], *log[middle - 3 :]]) == log


def ruling(log: Log) -> Entry:
    return next(entry for entry in log if "ContactAccepted" in entry.headers)


def lost(log: Log) -> Log:
    gone = ruling(log)
    return [entry for entry in log if entry is not gone]


def doubled(log: Log) -> Log:
    return [*log, ruling(log)]


@pytest.mark.parametrize("broken", [lost, doubled])
def test_a_contact_without_one_ruling_is_found(
    log: Log, sent: list[str], broken: Callable[[Log], Log]
) -> None:
    with pytest.raises(AssertionError, match=r"1 contacts with(out a| several) ruling"):
        invariants.once_each(broken(log), sent)


def test_a_ruling_without_a_contact_is_found(log: Log, sent: list[str]) -> None:
    with pytest.raises(AssertionError, match="without a contact"):
        invariants.once_each(log, sent[1:])


def test_a_lost_link_of_a_chain_is_found(log: Log) -> None:
    with pytest.raises(AssertionError, match="does not follow"):
        invariants.chains_hold(lost(log))


@pytest.mark.parametrize(
    "other",
    [
        lambda one: one._replace(value=one.value + b"!"),
        lambda one: one._replace(headers=one.headers.replace('"1.0"', '"1.1"')),
        lambda one: one._replace(key=f"{one.key}x"),
    ],
)
def test_a_second_content_of_an_id_is_found(log: Log, other: Callable[[Entry], Entry]) -> None:
    invariants.one_content_an_id([*log, log[3]])
    with pytest.raises(AssertionError, match="1 ids with several contents"):
        invariants.one_content_an_id([*log, other(log[3])])


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    members = Cast(tmp_path, {"PACTDESK_IDENTITY__SECRET": SECRET})
    yield members
    members.close()


def test_a_member_that_is_killed_comes_back_and_leaves_in_good_order(cast: Cast) -> None:
    cast.add("one", "up", "--port", "0")
    cast.kill("one")
    until(lambda: cast.ended, 60, "the end is noticed")
    cast.at_work("one")
    assert cast.ended == [Ended("one", -SIGKILL)]
    cast.well()
    cast.leave("one")
    assert cast.ended == [Ended("one", -SIGKILL)]


def test_a_member_that_ends_by_itself_is_noticed(cast: Cast) -> None:
    with pytest.raises(AssertionError, match="there is no role"):
        cast.add("one", "up", "--roles", "gardener")
    with pytest.raises(AssertionError, match="there is no role gardener"):
        cast.well()


def test_the_foreign_producer_sends_what_it_is_let_send(broker: Broker) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics([NewTopic(CONTACTS.name, PARTITIONS, 1)])
    admin.close()
    foreign = Foreign(broker.bootstrap, 7, rate=500)
    with foreign.flowing(100):
        pass
    with foreign.flowing(150):
        pass
    foreign.delivered()
    foreign.close()
    found = list(entries(broker.bootstrap, [CONTACTS.name]))
    assert sum(ends(broker.bootstrap, [CONTACTS.name]).values()) == len(found)
    bodies = [json.loads(entry.value) for entry in found]
    assert {contact_id(one["channel"], one["provider_id"]) for one in bodies} == {*foreign.ids}
    assert len(set(foreign.ids)) == len(foreign.ids) == 250
    assert len(found) > 250, "some come twice"
    assert any(entry.key is None for entry in found)
    assert {entry.headers for entry in found} == {'{"content-type":"application/json"}'}
