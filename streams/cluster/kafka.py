"""How clients reach Kafka: one set of settings for every client, and what their failures mean.

kafka-python and Faust are given the same servers, credentials and TLS context, so that what one
of them reaches the other reaches too. Passwords are never part of a message.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Iterable, Mapping
from typing import Any

import kafka.errors as kafkas

from streams.cluster.probing import reason
from streams.errors import Misconfigured, PactdeskError, Unavailable
from streams.settings import KafkaSettings, Settings

CLIENT_ID = "pactdesk"

CONNECT_SECONDS = 10
"""How long a new client looks for a broker."""

REQUEST_SECONDS = 10
"""How long a broker may take to answer a request."""

RECONNECT_MILLISECONDS = 500
"""The longest wait between attempts to connect: by default a client is away 30 s too long."""

COMMITTED = "read_committed"
"""Which records consumers are given; kafka-python and aiokafka name it alike."""

_KEPT = "nothing that was acknowledged is lost"

_LOGGERS = ("kafka", "aiokafka")


def servers(settings: Settings) -> list[str]:
    """The brokers to begin with, as `host:port`.

    Raises:
        Misconfigured: They are not set, or one is no `host:port`.
    """
    given = settings.kafka.bootstrap_servers
    found = [one.strip() for one in (given or "").split(",") if one.strip()]
    if not found:
        raise Misconfigured(
            "the cluster engine needs Kafka, and kafka.bootstrap_servers is not set",
            "set PACTDESK_KAFKA__BOOTSTRAP_SERVERS=host:9092",
        )
    for one in found:
        host, _, port = one.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise Misconfigured(
                f"kafka.bootstrap_servers holds {one!r}, which is not host:port",
                "write it like broker1:9092,broker2:9092",
            )
    return found


def options(settings: Settings) -> dict[str, Any]:
    """What every client of kafka-python is built with.

    Raises:
        Misconfigured: Servers, credentials or certificates are missing or do not fit together.
    """
    kafka = settings.kafka
    found: dict[str, Any] = {
        "bootstrap_servers": servers(settings),
        "client_id": CLIENT_ID,
        "security_protocol": kafka.security_protocol,
        "reconnect_backoff_max_ms": RECONNECT_MILLISECONDS,
        "request_timeout_ms": REQUEST_SECONDS * 1000,
        "bootstrap_timeout_ms": CONNECT_SECONDS * 1000,
    }
    if _signs_in(kafka):
        mechanism, name, password = credentials(kafka)
        found |= {
            "sasl_mechanism": mechanism,
            "sasl_plain_username": name,
            "sasl_plain_password": password,
        }
    if _encrypts(kafka):
        found["ssl_context"] = tls(kafka)
    return found


def reading_options(settings: Settings) -> dict[str, Any]:
    """What every consumer of kafka-python is built with.

    What a producer took back by aborting its transaction was never said: Kafka's consumers would
    give it all the same, unless they are told. What lies behind a transaction that is still open
    comes when that has ended.

    Raises:
        Misconfigured: As `options`.
    """
    return {**options(settings), "isolation_level": COMMITTED}


def faust_broker(settings: Settings) -> dict[str, Any]:
    """What a Faust app is built with to reach the same brokers: `broker`, `broker_credentials`.

    Raises:
        Misconfigured: As `options`.
    """
    from faust.auth import SASLCredentials, SSLCredentials

    kafka = settings.kafka
    found: dict[str, Any] = {"broker": ";".join(f"kafka://{one}" for one in servers(settings))}
    context = tls(kafka) if _encrypts(kafka) else None
    if _signs_in(kafka):
        mechanism, name, password = credentials(kafka)
        found["broker_credentials"] = SASLCredentials(
            username=name, password=password, mechanism=mechanism, ssl_context=context
        )
    elif context is not None:
        found["broker_credentials"] = SSLCredentials(context=context)
    return found


def _signs_in(kafka: KafkaSettings) -> bool:
    return kafka.security_protocol.startswith("SASL_")


def _encrypts(kafka: KafkaSettings) -> bool:
    return kafka.security_protocol.endswith("SSL")


def credentials(kafka: KafkaSettings) -> tuple[str, str, str]:
    """Mechanism, name and password.

    Raises:
        Misconfigured: One of them is not set.
    """
    given = (kafka.sasl_mechanism, kafka.sasl_username, kafka.sasl_password)
    for name, value in zip(("mechanism", "username", "password"), given, strict=True):
        if not value:
            raise Misconfigured(
                f"kafka.security_protocol is {kafka.security_protocol}, and kafka.sasl_{name} is"
                " not set",
                f"set PACTDESK_KAFKA__SASL_{name.upper()}",
            )
    mechanism, user, password = given
    assert mechanism is not None
    assert user is not None
    assert password is not None
    return mechanism, user, password


def tls(kafka: KafkaSettings) -> ssl.SSLContext:
    """Which authorities are believed and what we show of ourselves.

    Raises:
        Misconfigured: A file is missing or holds something else.
    """
    try:
        context = ssl.create_default_context(cafile=kafka.ssl_cafile)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"kafka.ssl_cafile {kafka.ssl_cafile} cannot be used ({error})",
            "name a file of certificates in PEM form",
        ) from error
    if kafka.ssl_certfile is None:
        return context
    try:
        context.load_cert_chain(kafka.ssl_certfile, kafka.ssl_keyfile, password=lambda: b"")
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"kafka.ssl_certfile {kafka.ssl_certfile} and kafka.ssl_keyfile {kafka.ssl_keyfile}"
            f" cannot be used ({error})",
            "name a certificate and its key, without a passphrase, in PEM form",
        ) from error
    return context


def quiet() -> None:
    """Keep the clients' remarks about retries to themselves: our errors say what matters."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)


_MISSING = (kafkas.UnknownTopicOrPartitionError, kafkas.UnknownTopicIdError)
_SIGN_IN = (kafkas.SaslAuthenticationFailedError, kafkas.IllegalSaslStateError)
_TOO_LARGE = (kafkas.MessageSizeTooLargeError, kafkas.RecordListTooLargeError)
_REPLICAS = (kafkas.NotEnoughReplicasError, kafkas.NotEnoughReplicasAfterAppendError)


def of_kafka(
    error: Exception, settings: Settings, asked: Mapping[str, Iterable[str]] | None = None
) -> PactdeskError:
    """What a client's failure means to people.

    A client that only says that it waited too long does not know why: then the brokers are asked
    directly, which takes a few seconds.

    Args:
        error: What a client of kafka-python or Faust raised, or a `PactdeskError`, which stays.
        settings: What the client was built with.
        asked: What was asked for: topics by `read` or `write`, for where it is not allowed.
    """
    if not isinstance(error, kafkas.KafkaError | PactdeskError):
        error = _of_faust(error)
    match error:
        case PactdeskError():
            return error
        case kafkas.UnsupportedSaslMechanismError():
            return Misconfigured(
                f"Kafka does not take {settings.kafka.sasl_mechanism}",
                "set kafka.sasl_mechanism to one that the brokers offer",
            )
        case _ if isinstance(error, _SIGN_IN):
            return Misconfigured(
                f"Kafka does not let {settings.kafka.sasl_username} in: name, password or"
                " mechanism is wrong",
                "mend kafka.sasl_username, kafka.sasl_password and kafka.sasl_mechanism",
            )
        case kafkas.AuthorizationError():
            return _not_allowed(error, settings, asked)
        case _ if isinstance(error, _MISSING):
            return Misconfigured("a topic is not there", "run `pactdesk topics create`")
        case _ if isinstance(error, _TOO_LARGE):
            return Misconfigured(
                "a topic refuses records that it must take", "run `pactdesk topics check`"
            )
        case _ if isinstance(error, _REPLICAS):
            return Unavailable(
                "too few brokers have copies of a partition to take a record safely",
                f"bring the missing brokers back; {_KEPT}",
            )
        case kafkas.InvalidTimestampError():
            return Misconfigured(
                "Kafka refuses the time that this machine gave a record: its clock is wrong, or the"
                " broker's",
                f"set both by a time server and go on; {_KEPT}",
            )
        case kafkas.KafkaStorageError():
            return Unavailable(
                "a broker cannot write to its disk", f"free space there and go on; {_KEPT}"
            )
        case _:
            return (_reason(settings) or _lacks(settings, asked)) or Unavailable(
                f"Kafka did not do in time what it was asked for ({_name(error)})",
                f"see that its brokers are well, and go on; {_KEPT}",
            )


def _of_faust(error: Exception) -> Exception:
    """An error of aiokafka, Faust's client, as kafka-python has it, where both know it."""
    code = getattr(error, "errno", None)
    if isinstance(error, OSError) or not isinstance(code, int) or code < 0:
        return error
    found: Exception = kafkas.for_code(code)(*error.args)
    return found


def _not_allowed(
    error: Exception, settings: Settings, asked: Mapping[str, Iterable[str]] | None
) -> PactdeskError:
    """Who may not do what; where the refusal does not say it, Kafka is asked what it grants."""
    from streams.cluster import rights

    told = " ".join(map(str, error.args))
    if isinstance(error, kafkas.GroupAuthorizationFailedError) and (
        group := re.search(r"pactdesk\.\w+", told)
    ):
        return rights.refused(settings, {f"group {group[0]}": ["READ"]})
    topics = [topic for topic in rights.ALL if topic in told]
    fault = _lacks(settings, asked or ({"read": topics} if topics else None))
    return fault or Misconfigured(
        f"Kafka's ACLs do not allow this user what it asked for ({_name(error)})",
        f"let an administrator grant what {rights.PAGE} says",
    )


def _lacks(settings: Settings, asked: Mapping[str, Iterable[str]] | None) -> PactdeskError | None:
    """What Kafka does not grant of what was asked for; None where that cannot be said."""
    from streams.cluster import rights

    if asked is None:
        return None
    read, write = (frozenset(asked.get(way, ())) for way in ("read", "write"))
    needs = rights.Needs(read, write)
    try:
        missing = rights.lacking(settings, needs)
    except PactdeskError as fault:
        return fault
    return rights.refused(settings, missing) if missing else None


def greet(settings: Settings) -> None:
    """See that brokers that answer let us in, before a client tries for `CONNECT_SECONDS`.

    Brokers that do not answer may be starting: that is left to the client.

    Raises:
        Misconfigured: They answer, and do not let us in as the settings have it.
    """
    fault = _reason(settings)
    if isinstance(fault, Misconfigured):
        raise fault


def answers(settings: Settings) -> None:
    """See that Kafka answers.

    Raises:
        Misconfigured: It does not let us in as the settings have it.
        Unavailable: No broker answers.
    """
    fault = _reason(settings)
    if fault is not None:
        raise fault


def _reason(settings: Settings) -> PactdeskError | None:
    given = options(settings)
    return reason(settings.kafka, given["bootstrap_servers"], given.get("ssl_context"))


def _name(error: Exception) -> str:
    return type(error).__name__.removesuffix("Error")
