"""What is counted and measured, for Prometheus.

What one process does is counted here as it happens. What waits in the store is asked of the store
when somebody looks: it is the same whichever process is asked.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from schemas.vocabulary import CHANNELS
from streams.intake import Taken

MEDIA = CONTENT_TYPE_LATEST

OTHER = "other"
"""What is counted together, so that nobody outside decides how many series there are."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the latency histogram."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library does not say
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_requests = Counter(
    "pactdesk_http_requests",
    "Requests that were answered.",
    ("route", "method", "status"),
    registry=REGISTRY,
)
_seconds = Histogram(
    "pactdesk_http_request_seconds",
    "How long a request took, to the beginning of its answer.",
    ("route", "method"),
    registry=REGISTRY,
    buckets=SECONDS,
)
_contacts = Counter(
    "pactdesk_contacts_taken",
    "Contacts that came in at the gateway, by what became of them.",
    ("channel", "status"),
    registry=REGISTRY,
)
_connected = Gauge(
    "pactdesk_channel_connected",
    "1 where the socket that this process keeps open to a channel's provider stands, else 0.",
    ("channel",),
    registry=REGISTRY,
)


class _Line(msgspec.Struct):
    """As much of a line of input as is counted."""

    type: str = "contact"
    channel: str = OTHER


_line = msgspec.json.Decoder(_Line)


def answered(route: str, method: str, status: int, seconds: float) -> None:
    """Count a request.

    Args:
        route: The path as it is declared, with its parts in braces.
        method: Its method.
        status: What was answered.
        seconds: How long it took.
    """
    known = method if method in METHODS else OTHER
    _requests.labels(route, known, str(status)).inc()
    _seconds.labels(route, known).observe(seconds)


def connected(channel: str, *, stands: bool) -> None:
    """Note whether the connection to a channel's provider stands."""
    _connected.labels(channel).set(stands)


def taken(lines: Sequence[bytes], results: Sequence[Taken]) -> None:
    """Count the contacts among some lines of input.

    Args:
        lines: The lines.
        results: What became of each.
    """
    for line, result in zip(lines, results, strict=True):
        try:
            told = _line.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            told = _Line()
        if told.type == "contact":
            channel = told.channel if told.channel in CHANNELS else OTHER
            _contacts.labels(channel, result.status).inc()


class Desk(Collector):
    """What a desk's status says, as metrics.

    Args:
        status: What `Desk.status` gives; None where the store does not say.
        version: The version of this program.
        engine: Which engine.
    """

    def __init__(self, status: Mapping[str, Any] | None, version: str, engine: str) -> None:
        self._status = status
        self._labels = {"version": version, "engine": engine, "python": platform.python_version()}

    def collect(self) -> Iterator[Metric]:
        """The metrics."""
        build = GaugeMetricFamily(
            "pactdesk_build_info", "Always 1; its labels say what runs.", labels=list(self._labels)
        )
        build.add_metric(list(self._labels.values()), 1.0)
        yield build
        up = float(self._status is not None)
        yield GaugeMetricFamily("pactdesk_store_up", "1 where the store answers, else 0.", up)
        if self._status is not None:
            yield from _inboxes(self._status["inboxes"])
            yield from _whole(self._status)


def _inboxes(inboxes: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    """What is told of each domain's inbox."""
    turns = CounterMetricFamily(
        "pactdesk_turns", "Records of an inbox that were worked off.", labels=["domain"]
    )
    waiting = GaugeMetricFamily(
        "pactdesk_waiting_records", "Records of an inbox that wait.", labels=["domain"]
    )
    seconds = GaugeMetricFamily(
        "pactdesk_waiting_seconds", "For how long the oldest of them waits.", labels=["domain"]
    )
    for one in inboxes:
        turns.add_metric([one["domain"]], one["records"] - one["waiting"])
        waiting.add_metric([one["domain"]], one["waiting"])
        seconds.add_metric([one["domain"]], one["waiting_seconds"])
    yield from (turns, waiting, seconds)


_GAUGES = {
    "tables_behind": ("pactdesk_tables_behind_records", "Records that the tables do not show yet."),
    "tables_behind_seconds": (
        "pactdesk_tables_behind_seconds",
        "For how long the oldest of them is in the log.",
    ),
    "timers": ("pactdesk_timers", "Timers that run."),
    "unpublished": ("pactdesk_outbox_turns", "Turns that are decided and not sent (cluster)."),
    "unpublished_seconds": (
        "pactdesk_outbox_oldest_seconds",
        "For how long the oldest of them waits (cluster).",
    ),
    "gaps": ("pactdesk_sequence_gaps", "Records that are missing or are none (cluster)."),
}
"""Gauges by the status's own names; what an engine does not have is left out."""


def _whole(status: Mapping[str, Any]) -> Iterator[Metric]:
    """What is told of the whole desk."""
    for name, (metric, says) in _GAUGES.items():
        if name in status:
            yield GaugeMetricFamily(metric, says, float(status[name]))
    yield CounterMetricFamily(
        "pactdesk_dead_letters", "Dead letters that were ever written.", status["dead_letters"]
    )


def text(status: Mapping[str, Any] | None, version: str, engine: str) -> bytes:
    """Everything, as Prometheus reads it.

    Args:
        status: What `Desk.status` gives; None where the store does not say.
        version: The version of this program.
        engine: Which engine.
    """
    asked = CollectorRegistry()
    asked.register(Desk(status, version, engine))
    return generate_latest(asked) + generate_latest(REGISTRY)
