"""Asking a schema registry: how it is reached, and what is said where it cannot be."""

from __future__ import annotations

import json
from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong
from itertools import count
from unittest.mock import patch

import pytest

from schemas.avro import schema_of
from schemas.events.contacts import ContactReceived
from streams.errors import Misconfigured, Unavailable
from streams.registry import LARGEST, Registry
from tests.foreign import registry


@pytest.mark.parametrize(
    "error", [BadStatusLine("SSH-2.0 hello"), IncompleteRead(b"{"), LineTooLong("header line")]
)
def test_whatever_else_answers_in_the_place_of_a_registry_is_unavailable(
    error: HTTPException,
) -> None:
    with (
        patch("urllib.request.urlopen", side_effect=error),
        pytest.raises(Unavailable, match="does not answer as one"),
    ):
        Registry("http://registry:8081").schema(7)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"[" * 200_000, "RecursionError"),
        (b'{"schema": "' + b"[" * 100_000 + b'"}', "holds no schema"),
        (b" " * (LARGEST + 1), "more than"),
    ],
    ids=["nested too deep", "a schema nested too deep", "too large"],
)
def test_an_answer_that_is_no_schema_s_is_unavailable(answer: bytes, why: str) -> None:
    with registry({"ids/7": answer}) as found, pytest.raises(Unavailable, match=why):
        Registry(found.url).schema(7)


def test_a_registry_whose_answer_drips_holds_up_nobody() -> None:
    answer = b'{"schema": "' + b"x" * 1_000_000 + b'"}'
    with (
        registry({"ids/7": answer}) as found,
        patch("streams.registry.time.monotonic", side_effect=count(0, 3)),
        pytest.raises(Unavailable, match="TimeoutError"),
    ):
        Registry(found.url).schema(7)


def test_a_registry_that_wants_a_name_and_a_password_gets_them() -> None:
    with registry(
        {"ids/7": {"schema": json.dumps(schema_of(ContactReceived))}}, user="desk:op@n"
    ) as found:
        signed = found.url.replace("//", "//desk:op%40n@")
        assert Registry(signed).schema(7)["name"] == "ContactReceived"
        for wrong in (found.url, found.url.replace("//", "//desk:sesame@")):
            with pytest.raises(Misconfigured, match=r"does not let us in \(401\)") as refused:
                Registry(wrong).schema(7)
            assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["registry:8081", "file:///etc/passwd", "http://", "", "http://a:port", "http://a/b c"],
)
def test_a_registry_needs_an_address_of_http(url: str) -> None:
    with pytest.raises(Misconfigured, match="no address of HTTP"):
        Registry(url)


def test_a_registry_is_greeted_whatever_it_knows() -> None:
    with registry({}) as found:
        assert Registry(found.url).greet() == "127.0.0.1"
    with pytest.raises(Unavailable):
        Registry(found.url).greet()
