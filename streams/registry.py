"""A schema registry, asked for the schemas that records in Confluent framing name by number.

A number's schema never changes, so each is asked for once. The answers are those of Confluent's
registry and of what speaks like it (Apicurio, Karapace).
"""

from __future__ import annotations

import base64
import http.client
import json
import time
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from streams.errors import Misconfigured, Unavailable, Unreadable

SECONDS = 5.0
"""How long the registry may take to answer."""

LARGEST = 4 * 1024 * 1024
"""Bytes that an answer may have: a schema of a few hundred fields has a hundredth of it."""

UNKNOWN_SECONDS = 60.0
"""How long a number that the registry does not know is not asked for again."""

MOST_UNKNOWN = 10_000


class Registry:
    """Schemas by their number or GUID.

    Args:
        url: `kafka.schema_registry_url`, such as `http://registry:8081`; with a name and a password
            before the host where it wants them.

    Raises:
        Misconfigured: It is no address of HTTP.
    """

    def __init__(self, url: str) -> None:
        parts = _address(url)
        if parts is None:
            raise Misconfigured(
                "kafka.schema_registry_url is no address of HTTP",
                "write it like http://registry:8081",
            )
        signed, _, where = parts.netloc.rpartition("@")
        self._url = parts._replace(netloc=where).geturl().rstrip("/")
        self._name = str(parts.hostname)
        self._headers = {"Accept": "application/vnd.schemaregistry.v1+json"}
        if signed:
            word = base64.b64encode(unquote(signed).encode()).decode()
            self._headers["Authorization"] = f"Basic {word}"
        self._known: dict[str, dict[str, Any]] = {}
        self._unknown: dict[str, float] = {}

    def schema(self, number: int | str) -> dict[str, Any]:
        """The Avro schema with a number, or a GUID.

        Raises:
            Unreadable: The registry does not know it, or it is not Avro.
            Misconfigured: The registry does not let us in.
            Unavailable: The registry does not answer.
        """
        path = f"schemas/{'ids' if isinstance(number, int) else 'guids'}/{number}"
        known = self._known.get(path)
        if known is None:
            if self._unknown.get(path, 0.0) > time.monotonic():
                raise self._no(number)
            known = self._known[path] = self._avro(number, self._asked(path, number))
        return known

    def greet(self) -> str:
        """See that it answers and lets us in; returns its host.

        Raises:
            Misconfigured: It does not let us in.
            Unavailable: It does not answer.
        """
        with suppress(Unreadable):  # it need not know the number
            self.schema(1)
        return self._name

    def _asked(self, path: str, number: int | str) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  # only HTTP, see above
            f"{self._url}/{path}", headers=self._headers
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  # as above
                document = json.loads(_whole(answer, time.monotonic() + SECONDS))
        except urllib.error.HTTPError as error:
            error.close()  # it holds the answer
            if error.code == 404:
                if len(self._unknown) >= MOST_UNKNOWN:
                    self._unknown.clear()
                self._unknown[path] = time.monotonic() + UNKNOWN_SECONDS
                raise self._no(number) from error
            if error.code in {401, 403}:
                raise Misconfigured(
                    f"the schema registry at {self._name} does not let us in ({error.code})",
                    "write kafka.schema_registry_url with a name and a password that do, like"
                    " https://name:password@registry",
                ) from error
            raise self._away(f"it answers {error.code}") from error
        except (OSError, ValueError, RecursionError, http.client.HTTPException) as error:
            why = getattr(error, "reason", None) or type(error).__name__
            raise self._away(str(why)) from error
        if not isinstance(document, dict):
            raise self._away("its answer is no object")
        return document

    def _avro(self, number: int | str, document: dict[str, Any]) -> dict[str, Any]:
        kind = document.get("schemaType", "AVRO")
        if kind != "AVRO":
            raise Unreadable(f"schema {number} of the registry is {kind}", "send Avro, or JSON")
        try:
            schema = json.loads(document["schema"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise self._away("its answer holds no schema") from error
        if not isinstance(schema, dict):
            raise Unreadable(
                f"schema {number} of the registry is no record", "send one of the published schemas"
            )
        return schema

    def _no(self, number: int | str) -> Unreadable:
        return Unreadable(
            f"the registry at {self._name} has no schema {number}",
            "see that kafka.schema_registry_url names the registry that the producer uses, and"
            " re-drive this",
        )

    def _away(self, why: str) -> Unavailable:
        return Unavailable(
            f"the schema registry at {self._name} does not answer as one ({why})",
            "see that it runs, and that kafka.schema_registry_url names it",
        )


def _whole(answer: http.client.HTTPResponse, until: float) -> bytes:
    """The body of an answer; a server that drips may not hold up a worker.

    Raises:
        TimeoutError: It has not come by a moment of the monotonic clock.
        URLError: It is too large to be a schema's.
    """
    found = b""
    while some := answer.read1(65_536):
        found += some
        if len(found) > LARGEST:
            raise urllib.error.URLError(f"its answer has more than {LARGEST} bytes")
        if time.monotonic() > until:
            raise TimeoutError
    if answer.length:  # what it announced did not come
        raise http.client.IncompleteRead(found, answer.length)
    return found


def _address(url: str) -> SplitResult | None:
    """The parts of an address of HTTP; None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # such as a port that is no number
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return None
    return None if any(one.isspace() for one in url) else parts
