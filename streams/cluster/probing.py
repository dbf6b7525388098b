"""Why no client can be had: a broker is asked directly, step by step, and the first no is told.

The clients try again, with a wrong password too, until their time is up, and then only say that it
is. This says which step failed: the name, the port, TLS, the sign-in, or the answer.
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Sequence

from kafka.net.sasl import get_sasl_mechanism

from streams.errors import Misconfigured, PactdeskError, Unavailable
from streams.settings import KafkaSettings

SECONDS = 3.0
"""How long a broker may take for each step."""

_API_VERSIONS, _METADATA, _SASL_HANDSHAKE, _SASL_AUTHENTICATE = 18, 3, 17, 36
_UNSUPPORTED_MECHANISM, _ILLEGAL_STATE = 33, 34

_AWAY = "see that Kafka runs and can be reached from here; nothing that was acknowledged is lost"
_PROTOCOL = (
    "set kafka.security_protocol to what this listener speaks: PLAINTEXT, SSL, SASL_PLAINTEXT or"
    " SASL_SSL"
)


def reason(
    kafka: KafkaSettings, servers: Sequence[str], context: ssl.SSLContext | None
) -> PactdeskError | None:
    """Why the brokers cannot be used; None when nothing is wrong with the way to them.

    Args:
        kafka: How they are reached.
        servers: Which, as `host:port`.
        context: For TLS; None where the wire is not encrypted.
    """
    faults = [_fault(kafka, one, context) for one in servers]
    for fault in faults:
        if isinstance(fault, Misconfigured):
            return fault
    return faults[0] if all(faults) else None


def _fault(
    kafka: KafkaSettings, server: str, context: ssl.SSLContext | None
) -> PactdeskError | None:
    address = _address(server)
    try:
        line = socket.create_connection(address, timeout=SECONDS)
    except OSError as error:
        told = error.strerror or str(error)
        return Unavailable(f"no Kafka broker answers at {server} ({told})", _AWAY)
    try:
        with line:
            if context is None:
                return _answer(kafka, server, line)
            with context.wrap_socket(line, server_hostname=address[0]) as safe:
                return _answer(kafka, server, safe)
    except TimeoutError:
        return Unavailable(f"{server} takes connections but does not answer", _AWAY)
    except ssl.SSLCertVerificationError as error:
        return Misconfigured(
            f"the certificate of {server} is not accepted ({error.verify_message})",
            "set kafka.ssl_cafile to the authority that signed it, and use the name it is made"
            " out for",
        )
    except OSError as error:
        if not _lives(address):
            return Unavailable(f"{server} takes connections and closes them at once", _AWAY)
        if isinstance(error, ssl.SSLError):
            return Misconfigured(
                f"{server} and this client cannot agree on TLS ({error.reason or error})",
                f"{_PROTOCOL}; where brokers ask for certificates, set kafka.ssl_certfile and"
                " kafka.ssl_keyfile",
            )
        return Misconfigured(
            f"{server} hangs up on {kafka.security_protocol} connections", _PROTOCOL
        )


def _address(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    return host.strip("[]"), int(port)


def _lives(address: tuple[str, int]) -> bool:
    """Whether anything speaks there, encrypted or not: a proxy answers for a broker that is down.

    Nothing is sent that matters, and nothing that comes back is believed.
    """
    try:
        with socket.create_connection(address, timeout=SECONDS) as line:
            _ask(line, _API_VERSIONS, 0, b"")
            return True
    except OSError:
        pass
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(address, timeout=SECONDS) as line,
            blind.wrap_socket(line) as safe,
        ):
            return safe.version() is not None
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError):
        return False
    except ssl.SSLError:
        return True  # it answers, in the words of TLS or in others
    except OSError:
        return False


def _answer(kafka: KafkaSettings, server: str, line: socket.socket) -> PactdeskError | None:
    """What a broker that took the connection makes of it; raises what the socket raises."""
    _ask(line, _API_VERSIONS, 0, b"")
    if not kafka.security_protocol.startswith("SASL_"):
        _ask(line, _METADATA, 1, struct.pack(">i", 0))
        return None
    mechanism = (kafka.sasl_mechanism or "").encode()
    reply = _ask(line, _SASL_HANDSHAKE, 1, struct.pack(">h", len(mechanism)) + mechanism)
    (code,) = struct.unpack_from(">h", reply)
    if code == _UNSUPPORTED_MECHANISM:
        offered = ", ".join(_texts(reply[2:]))
        return Misconfigured(
            f"{server} does not take {kafka.sasl_mechanism}, but {offered}",
            "set kafka.sasl_mechanism to one of these",
        )
    if code == _ILLEGAL_STATE:
        return Misconfigured(f"{server} knows no sign-in", _PROTOCOL)
    return _signed_in(kafka, server, line)


def _signed_in(kafka: KafkaSettings, server: str, line: socket.socket) -> PactdeskError | None:
    dialogue = get_sasl_mechanism(kafka.sasl_mechanism)(
        sasl_mechanism=kafka.sasl_mechanism,
        sasl_plain_username=kafka.sasl_username,
        sasl_plain_password=kafka.sasl_password,
    )
    while not dialogue.is_done():
        said = dialogue.auth_bytes()
        reply = _ask(line, _SASL_AUTHENTICATE, 0, struct.pack(">i", len(said)) + said)
        (code,) = struct.unpack_from(">h", reply)
        if code:
            return Misconfigured(
                f"{server} does not let {kafka.sasl_username} in by {kafka.sasl_mechanism}: the"
                " name or the password is wrong",
                "mend kafka.sasl_username and kafka.sasl_password",
            )
        (length,) = struct.unpack_from(">h", reply, 2)  # of a message, or -1 for none
        dialogue.receive(reply[4 + max(length, 0) + 4 :])
    return None


def _ask(line: socket.socket, api: int, version: int, body: bytes) -> bytes:
    """The reply to one request of Kafka's protocol, without its correlation id.

    Raises:
        OSError: The peer hung up, or its answer is none of Kafka's.
    """
    name = b"pactdesk"
    request = struct.pack(">hhih", api, version, api, len(name)) + name + body
    line.sendall(struct.pack(">i", len(request)) + request)
    size, correlation = struct.unpack(">ii", _exactly(line, 8))
    if correlation != api or not 4 <= size < 1 << 24:
        raise ConnectionError("not Kafka's protocol")
    return _exactly(line, size - 4)


def _exactly(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = line.recv(size - len(found))
        if not part:
            raise ConnectionError("hung up")
        found += part
    return found


def _texts(raw: bytes) -> list[str]:
    """An array of texts as Kafka's protocol has it."""
    (count,) = struct.unpack_from(">i", raw)
    found, place = [], 4
    for _ in range(count):
        (length,) = struct.unpack_from(">h", raw, place)
        found.append(raw[place + 2 : place + 2 + length].decode("utf-8", "replace"))
        place += 2 + length
    return found
