"""Seals on a real Kafka: the same as on a laptop, one sealer at a time, and what they find out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import ANY

import pytest
from kafka import KafkaAdminClient, TopicPartition

from schemas.record import partition_of
from schemas.topics import CONTACTS, CONTROL, DECISIONS, TICKETS
from schemas.vocabulary import rfc3339
from streams.audits import audit, key_of
from streams.clock import ManualClock
from streams.cluster.desk import ClusterDesk
from streams.cluster.producer import Producer
from streams.cluster.projector import Projector
from streams.cluster.proof import checked
from streams.cluster.rebuild import verify
from streams.cluster.sealing import Sealer, seal, seals
from streams.entry import Entry
from streams.errors import Misconfigured
from streams.proof_settings import SealSettings
from streams.settings import Settings
from streams.testing import START
from tests.embedded import open_in, take
from tests.projecting import SECONDS, send
from tests.real import Cluster, until
from tests.sealed import contact

ANN = partition_of("ann")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the embedded engine that was sealed twice."""
    folder = tmp_path_factory.mktemp("sealed")
    with open_in(folder) as desk:
        for number in (0, 4):
            take(desk, [contact(number + one) for one in range(4)])
            desk.seal()
    return folder


@pytest.fixture(scope="module")
def log(folder: Path) -> list[Entry]:
    """Its log."""
    with open_in(folder) as desk:
        return list(desk.log.scan())


def named(settings: Settings) -> list[tuple[str, str]]:
    return [(one.kind, one.where) for one in checked(settings)[1]]


def at(entry: Entry, topic: str, offset: int) -> bool:
    return (entry.topic, entry.partition, entry.offset) == (topic, ANN, offset)


def test_a_copy_of_a_sealed_log_is_as_it_was_sealed_and_goes_on_from_its_seals(
    log: list[Entry], settings: Settings
) -> None:
    send(settings, log)
    counts, found = checked(settings)
    assert found == []
    assert counts["records"] > 60
    with Producer(settings) as producer:
        assert seal(settings, producer) == []


def test_a_log_has_the_same_seals_on_kafka_as_on_a_laptop(
    log: list[Entry], settings: Settings
) -> None:
    last = max(entry.seq for entry in log if entry.topic != CONTROL.name)
    send(settings, [entry for entry in log if entry.topic != CONTROL.name])
    with Producer(settings) as producer:
        seal(settings, producer)
    here = {(p, one.offset): one.digest for p, some in seals(settings).items() for one in some}
    theirs = {}
    for entry in log:
        if entry.topic == CONTROL.name and entry.seq > last:
            event = entry.record().event.model_dump()
            if event["topic"] != CONTROL.name:
                theirs[(event["topic"], event["partition"]), event["offset"]] = event["digest"]
    assert {place[0] for place, _ in theirs} == {CONTACTS.name, DECISIONS.name, TICKETS.name}
    assert theirs.items() <= {place: digest.hex() for place, digest in here.items()}.items()


def test_a_copy_with_a_changed_a_removed_and_two_swapped_records_is_found_out(
    log: list[Entry], settings: Settings
) -> None:
    """Kafka changes nothing in place, so the one who forges makes the topics anew."""
    forged = []
    for entry in log:
        if at(entry, CONTACTS.name, 2):
            forged.append(entry._replace(value=entry.value[:-1] + b"\x01"))
        elif not at(entry, TICKETS.name, 3):
            forged.append(entry)
    one, two = (
        next(n for n, entry in enumerate(forged) if at(entry, DECISIONS.name, offset))
        for offset in (4, 9)
    )
    forged[one], forged[two] = forged[two], forged[one]
    send(settings, forged)
    assert named(settings)[:4] == [
        ("changed", f"{CONTACTS.name}/{ANN}/2"),
        ("swapped", f"{DECISIONS.name}/{ANN}/4"),
        ("removed", f"{TICKETS.name}/{ANN}/3"),
        ("moved", f"{TICKETS.name}/{ANN}/4"),
    ]
    Projector(settings).catch_up()
    found = verify(settings)["findings"]
    assert [(one["kind"], one["where"]) for one in found] == named(settings)


def test_records_that_were_deleted_are_named(
    log: list[Entry], settings: Settings, cluster: Cluster
) -> None:
    send(settings, log)
    admin = KafkaAdminClient(bootstrap_servers=cluster.broker.bootstrap)
    admin.delete_records({TopicPartition(DECISIONS.name, ANN): 3})
    admin.close()
    assert named(settings) == [("removed", f"{DECISIONS.name}/{ANN}/0-2")]


def test_an_audit_of_a_copy_is_that_of_the_log_and_needs_a_key_that_is_set(
    log: list[Entry], folder: Path, settings: Settings
) -> None:
    key, clock = key_of("0f" * 32), ManualClock(START)
    with open_in(folder) as desk:
        ticket = desk.query("SELECT ticket_id FROM v1_tickets")[0]["ticket_id"]
        theirs = audit(desk, ticket, text=True, key=key)
    send(settings, log)
    with ClusterDesk(settings, clock) as desk_there:
        assert audit(desk_there, ticket, text=True, key=key) == theirs | {
            "signed": theirs["signed"] | {"made_at": rfc3339(START)},
            "signature": ANY,
        }
        with pytest.raises(Misconfigured, match="signing_key"):
            desk_there.signing_key()


@contextmanager
def sealing(settings: Settings) -> Iterator[threading.Event]:
    """A sealer at work; the event stops it."""
    stop, failed = threading.Event(), []

    def work() -> None:
        try:
            Sealer(settings).run(stop)
        except BaseException as error:  # noqa: BLE001  # the test shall see it
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(SECONDS)
    assert failed == []


def test_of_two_sealers_one_seals_and_the_other_goes_on_when_it_is_gone(
    log: list[Entry], settings: Settings
) -> None:
    often = settings.model_copy(update={"seals": SealSettings(records=10, seconds=0.2)})
    records = [entry for entry in log if entry.topic != CONTROL.name]
    first = [entry for entry in records if entry.offset < 5]
    rest = [entry for entry in records if entry.offset >= 5]

    def sealed_up_to(wanted: list[Entry]) -> bool:
        reach = {place: some[-1].offset for place, some in seals(settings).items()}
        return all(reach.get((e.topic, e.partition), 0) > e.offset for e in wanted)

    with sealing(often) as stop, sealing(often):
        send(settings, first)
        until(lambda: sealed_up_to(first), SECONDS, "the first records are sealed")
        stop.set()
        send(settings, rest)
        until(lambda: sealed_up_to(rest), SECONDS, "the rest is sealed")
    assert checked(settings)[1] == []
    for some in seals(settings).values():
        assert [one.start for one in some] == [0, *(one.offset for one in some[:-1])]
