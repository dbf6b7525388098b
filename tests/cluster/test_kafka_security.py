"""Signing in and encryption: every client of ours gets through, and what is wrong is named."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]  # it brings no types
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from kafka import errors

from schemas.topics import CONTACTS
from streams.cluster import kafka, topics
from streams.cluster.kafka import faust_broker, of_kafka, options, servers
from streams.cluster.producer import Producer
from streams.cluster.reading import ends, entries
from streams.errors import Misconfigured, PactdeskError, Unavailable
from streams.settings import KafkaSettings, Settings
from tests.kafkas import settings_of, some
from tests.real import Broker, free_port
from tests.secured import PASSWORD, USER, Secured


@pytest.fixture(scope="module")
def secured(components: Path, running_broker: Broker) -> Iterator[Secured]:
    """A broker with more listeners, where there can be one at all."""
    del running_broker  # asked for: where none can run, the tests are left out
    with Secured(components / "secured") as broker:
        yield broker


def first_by_faust(settings: Settings) -> bytes:
    """The first record's value, by the client that Faust uses, with what Faust is given."""
    given = faust_broker(settings)

    async def read() -> bytes:
        consumer = AIOKafkaConsumer(
            CONTACTS.name,
            bootstrap_servers=given["broker"].replace("kafka://", "").split(";"),
            auto_offset_reset="earliest",
            **credentials_to_aiokafka_auth(given.get("broker_credentials")),
        )
        await consumer.start()
        try:
            record = await asyncio.wait_for(consumer.getone(), 30)
            assert isinstance(record.value, bytes)
            return record.value
        finally:
            await consumer.stop()

    return asyncio.run(read())


def test_every_client_gets_through_on_every_listener(secured: Secured) -> None:
    topics.create(settings_of(secured))
    records = some(CONTACTS.name, 12)
    ways = [
        secured.settings("SASL"),
        secured.settings("SASL", sasl_mechanism="SCRAM-SHA-512"),
        secured.settings("TLS"),
        secured.settings("BOTH"),
        secured.settings("BOTH", sasl_mechanism="SCRAM-SHA-512"),
        secured.settings("MUTUAL"),
    ]
    for number, settings in enumerate(ways):
        topics.required(settings)
        with Producer(settings) as sender:
            assert sender.send(records) == [number] * 12
        assert len(list(entries(settings, [CONTACTS.name]))) == 12 * (number + 1)
        assert first_by_faust(settings) in {one.value for one in records}


def wrong(secured: Secured) -> dict[str, tuple[Settings, str]]:
    """Settings that do not fit, and what is to be said."""
    stranger = secured.folder / "stranger.pem"
    stranger.write_text(secured.certificate.read_text())
    plain = {"security_protocol": "PLAINTEXT"}
    return {
        "password": (secured.settings("SASL", sasl_password="wrong"), f"let {USER} in by PLAIN"),  # noqa: S106  # wrong on purpose
        "name": (secured.settings("SASL", sasl_username="bob"), "not let bob in"),
        "scram": (
            secured.settings("SASL", sasl_mechanism="SCRAM-SHA-512", sasl_password="wrong"),  # noqa: S106  # as above
            f"not let {USER} in by SCRAM",
        ),
        "mechanism": (
            secured.settings("SASL", sasl_mechanism="SCRAM-SHA-256"),
            "does not take SCRAM-SHA-256, but PLAIN, SCRAM-SHA-512",
        ),
        "sign-in needed": (secured.settings("SASL", **plain), "hangs up on PLAINTEXT"),
        "TLS needed": (secured.settings("TLS", **plain), "hangs up on PLAINTEXT"),
        "no TLS there": (secured.settings("SASL", security_protocol="SASL_SSL"), "agree on TLS"),
        "no sign-in there": (
            secured.settings("BOTH", bootstrap_servers=secured.bootstrap,
                             security_protocol="SASL_PLAINTEXT"), "knows no sign-in",
        ),
        "authority": (secured.settings("TLS", ssl_cafile=None), "certificate .* not accepted"),
        "another authority": (
            secured.settings("TLS", ssl_cafile=stranger), "certificate .* not accepted"
        ),
        "no certificate": (
            secured.settings("MUTUAL", ssl_certfile=None, ssl_keyfile=None),
            "agree on TLS|hangs up on SSL",
        ),
        "no cafile": (secured.settings("TLS", ssl_cafile=Path("gone.pem")), "gone.pem cannot"),
        "no key": (secured.settings("MUTUAL", ssl_keyfile=Path("gone.pem")), "gone.pem cannot"),
        "no user": (secured.settings("SASL", sasl_username=None), "sasl_username is not set"),
        "no password": (secured.settings("SASL", sasl_password=None), "password is not set"),
        "no mechanism": (secured.settings("SASL", sasl_mechanism=None), "mechanism is not set"),
    }  # fmt: skip


def timed_out(settings: Settings) -> None:
    """What is said of a client that waited too long."""
    raise of_kafka(errors.KafkaTimeoutError(), settings)


def test_whatever_is_wrong_is_named_and_no_password_is_told(secured: Secured) -> None:
    attempts: list[Callable[[Settings], object]] = [
        topics.check,
        lambda settings: Producer(settings).send(some(CONTACTS.name, 1)),
        lambda settings: ends(settings, [CONTACTS.name]),
        timed_out,
    ]
    for name, (settings, words) in wrong(secured).items():
        for attempt in attempts:
            with pytest.raises(Misconfigured, match=words) as caught:
                attempt(settings)
            assert PASSWORD not in str(caught.value), name


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "kafka.bootstrap_servers is not set"),
        (" , ", "kafka.bootstrap_servers is not set"),
        ("localhost", "'localhost', which is not host:port"),
        ("a:9092,b:high", "'b:high', which is not host:port"),
        ("a:0", "'a:0'"),
        ("a:70000", "'a:70000'"),
        (":9092", "':9092'"),
    ],
)
def test_an_address_that_is_none_is_named(given: str | None, words: str) -> None:
    settings = Settings(kafka=KafkaSettings(bootstrap_servers=given))
    for asked in (options, faust_broker):
        with pytest.raises(Misconfigured, match=words):
            asked(settings)


def test_several_brokers_are_given_to_every_client() -> None:
    settings = Settings(kafka=KafkaSettings(bootstrap_servers="a:1, [::1]:2"))
    assert servers(settings) == options(settings)["bootstrap_servers"] == ["a:1", "[::1]:2"]
    assert faust_broker(settings) == {"broker": "kafka://a:1;kafka://[::1]:2"}


def told(address: str) -> PactdeskError:
    settings = Settings(kafka=KafkaSettings(bootstrap_servers=address))
    with patch.object(kafka, "CONNECT_SECONDS", 1), pytest.raises(PactdeskError) as caught:
        topics.check(settings)
    return caught.value


def test_who_is_away_silent_or_something_else_is_told_apart() -> None:
    away = f"127.0.0.1:{free_port()}"
    assert isinstance(told(away), Unavailable)
    assert f"no Kafka broker answers at {away} (Connection refused)" in told(away).what
    assert "no Kafka broker answers at broker.invalid:9092" in told("broker.invalid:9092").what
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with patch("streams.cluster.probing.SECONDS", 0.5):
            error = told(address)
    assert isinstance(error, Unavailable)
    assert f"{address} takes connections but does not answer" in error.what


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that says the same to everybody, and closes; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with line:
                    line.recv(1000)
                    line.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_a_server_that_is_no_kafka_is_named() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        error = told(address)
    assert isinstance(error, Misconfigured)
    assert "hangs up on PLAINTEXT connections" in error.what


def test_a_broker_that_is_down_behind_a_proxy_is_away_and_not_set_wrong() -> None:
    with answering(b"") as address:
        error = told(address)
    assert isinstance(error, Unavailable)
    assert f"{address} takes connections and closes them at once" in error.what


def test_one_broker_of_several_is_enough(broker: Broker) -> None:
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()},{broker.bootstrap}")
    )
    assert topics.check(settings)


def test_what_clients_remark_is_not_said(caplog: pytest.LogCaptureFixture) -> None:
    kafka.quiet()
    told(f"127.0.0.1:{free_port()}")
    assert caplog.records == []


ERRORS: list[tuple[Any, type[PactdeskError], str]] = [
    ("TopicAuthorizationFailedError", Misconfigured, "not allow this user what it asked for"),
    ("GroupAuthorizationFailedError", Misconfigured, "not allow this user what it asked for"),
    ("UnknownTopicOrPartitionError", Misconfigured, "a topic is not there"),
    ("MessageSizeTooLargeError", Misconfigured, "refuses records that it must take"),
    ("NotEnoughReplicasError", Unavailable, "too few brokers"),
    ("InvalidTimestampError", Misconfigured, "its clock is wrong"),
    ("KafkaStorageError", Unavailable, "cannot write to its disk"),
    ("UnsupportedSaslMechanismError", Misconfigured, "does not take"),
]


@pytest.mark.parametrize(("name", "family", "words"), ERRORS, ids=[name for name, *_ in ERRORS])
def test_an_error_of_a_client_is_one_of_ours(
    name: str, family: type[PactdeskError], words: str
) -> None:
    error = getattr(errors, name)()
    settings = Settings(kafka=KafkaSettings(bootstrap_servers="a:1"))
    made = of_kafka(error, settings)
    assert isinstance(made, family)
    assert words in made.what
    assert made.remedy
    assert of_kafka(made, settings) is made
