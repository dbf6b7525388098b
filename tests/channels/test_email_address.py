"""Addresses of e-mail as people have them, and whom mail can be sent to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events.decisions import ReplyRequested
from streams.channels.email import contact_of, render
from streams.channels.email_address import recipient
from streams.errors import Refused
from tests.mails import SETTINGS, mail


def written_to(handle: str) -> bytes:
    request = ReplyRequested.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "TICK_1",
            "outcome": "email",
            "policy_version": "1",
            "channel": "email",
            "handle": handle,
            "kind": "agent_reply",
            "author": "bo",
            "parts": ["We looked."],
        }
    )
    return render(SETTINGS, request, "0123456789abcdef0123456789abcdef")


@pytest.mark.parametrize(
    ("handle", "address"),
    [
        ("ann@example.org", "ann@example.org"),
        (" ann@example.org\n", "ann@example.org"),
        ("ann@müller.example", "ann@xn--mller-kva.example"),
        ("jörg@müller.example", "jörg@xn--mller-kva.example"),
        ("ann@straße.example", "ann@straße.example"),
        (f"ann@{'ü' * 80}.example", f"ann@{'ü' * 80}.example"),
    ],
)
def test_a_host_s_name_is_written_in_ascii_where_that_is_sure(handle: str, address: str) -> None:
    assert recipient(handle) == address


@pytest.mark.parametrize("handle", ["", " ", ":;", "!>=, :!.'(?\t;", "(é)b@[(b?(:(="])
def test_what_is_no_address_is_refused(handle: str) -> None:
    with pytest.raises(Refused, match="no address"):
        recipient(handle)


def test_a_mail_to_letters_beyond_ascii_has_them_as_they_are() -> None:
    assert "\r\nTo: jörg@xn--mller-kva.example\r\n".encode() in written_to("jörg@müller.example")


@given(st.text("ab@.<>()[]\",;:\\ =?_é\u202e😀'`%!\t", max_size=16))
def test_whoever_it_is_for_a_mail_is_written_or_refused(handle: str) -> None:
    try:
        raw = written_to(handle)
    except Refused:
        return
    assert b"\r\nTo:" in raw


def test_who_writes_may_have_letters_beyond_ascii_in_the_address() -> None:
    raw = bytes(mail()).replace(b"ann@Example.ORG", "jörg@Müller.example".encode())
    (contact,) = contact_of(raw, "INBOX", SETTINGS).inputs
    assert contact["handle"] == "jörg@müller.example"
