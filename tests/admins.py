"""An admin port in this process, or of one of its own, and what it says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from streams.gateway.admin import Admin, Readiness
from streams.settings import Settings


class Watched(NamedTuple):
    """An admin port, and what it is told.

    Attributes:
        admin: The port.
        readiness: What it is told of the process.
        stop: Set once the process is to stop.
    """

    admin: Admin
    readiness: Readiness
    stop: threading.Event

    def asked(self, path: str) -> tuple[int, str]:
        """The status and the text of an answer."""
        return asked(self.admin.address, path)

    @property
    def metrics(self) -> dict[str, float]:
        """Every sample, by its name and labels as Prometheus writes them."""
        status, text = self.asked("/metrics")
        assert status == 200
        return samples(text)


@contextmanager
def watched(settings: Settings, threads: frozenset[str] = frozenset()) -> Iterator[Watched]:
    """An admin port of a process that is at work.

    Args:
        settings: Whose store it looks at.
        threads: Threads that must be there.
    """
    stop = threading.Event()
    readiness = Readiness(stop, threads)
    readiness.at_work()
    with Admin(settings, 0, readiness) as admin:
        yield Watched(admin, readiness, stop)


def asked(address: str, path: str) -> tuple[int, str]:
    """The status and the text of an answer."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def samples(text: str) -> dict[str, float]:
    """What a text of Prometheus says."""
    return {
        sample.name
        + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
