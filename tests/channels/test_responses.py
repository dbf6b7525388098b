"""What is read of a provider's answer, whatever it answers."""

from __future__ import annotations

import pytest

from streams.channels.channel import Response


@pytest.mark.parametrize("body", [b"", b"oops", b"[1]", b"\xff", b'{"a":' * 100_000])
def test_an_answer_without_an_object_is_an_empty_one(body: bytes) -> None:
    assert Response(502, {}, body).document == {}


def test_an_answer_with_an_object_is_that() -> None:
    assert Response(200, {}, b'{"id": "m1"}').document == {"id": "m1"}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("0.65", 0.65),
        ("", None),
        ("soon", None),
        ("\u00b2", None),
        ("9" * 400, None),
        ("-1", None),
        (f"Mon, 02 Mar 2026 09:02:00 +{'9' * 20}", None),
    ],
)
def test_a_wait_is_a_number_of_seconds_or_none(header: str, seconds: float | None) -> None:
    headers = {"retry-after": header, "date": "Mon, 02 Mar 2026 09:00:00 GMT"}
    assert Response(429, headers, b"").retry_after == seconds


def test_without_a_header_there_is_no_wait() -> None:
    assert Response(429, {}, b"").retry_after is None


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        ("Mon, 02 Mar 2026 09:02:00 GMT", 120.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("Mon, 02 Mar 2026 09:02:00 -0000", None),
    ],
)
def test_a_wait_may_be_a_time_by_the_providers_clock(until: str, seconds: float | None) -> None:
    headers = {"retry-after": until, "date": "Mon, 02 Mar 2026 09:00:00 GMT"}
    assert Response(429, headers, b"").retry_after == seconds


def test_a_time_means_nothing_where_the_provider_does_not_tell_its_own() -> None:
    headers = {"retry-after": "Mon, 02 Mar 2026 09:02:00 GMT"}
    assert Response(429, headers, b"").retry_after is None
