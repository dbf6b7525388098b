"""Reports that a mail of ours did not arrive, as mail servers of several makes write them."""

from __future__ import annotations

import pytest

from streams.channels.channel import Receipt
from streams.channels.email import contact_of
from streams.channels.email_identity import token
from tests.mails import SETTINGS, bounce

REQUEST = "0123456789abcdef0123456789abcdef"
SECRET = SETTINGS.token_secret or ""
OURS = f"{token(REQUEST, SECRET)}@desk.example"

HEAD = "To: help@desk.example\r\nDate: Mon, 02 Mar 2026 10:00:00 +0100\r\n"

EXIM = (
    "From: Mail Delivery System <Mailer-Daemon@mx.example.org>\r\n"
    + HEAD
    + "Subject: Mail delivery"
    " failed: returning message to sender\r\nAuto-Submitted: auto-replied\r\nX-Failed-Recipients:"
    " ann@example.org\r\n\r\nThis message was created automatically by mail delivery software.\r\n"
    "\r\n  ann@example.org\r\n    host mx.example.org [192.0.2.1]\r\n    SMTP error from remote"
    " server: 550 5.1.1 no such user\r\n\r\n------ This is a copy of the message ------\r\n\r\n"
    f"Return-path: <help@desk.example>\r\nMessage-ID: <{OURS}>\r\nSubject: Re: Bill\r\n\r\nHi\r\n"
)

QMAIL = (
    "From: MAILER-DAEMON@mx.example.org\r\nReturn-Path: <>\r\n"
    + HEAD
    + "Subject: failure notice\r\n"
    "\r\nHi. This is the qmail-send program at mx.example.org.\r\nI'm afraid I wasn't able to"
    " deliver your message.\r\n\r\n<ann@example.org>:\r\nSorry, no mailbox here by that name."
    " (#5.1.1)\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nReturn-Path:"
    f" <help@desk.example>\r\nMessage-ID: <{OURS}>\r\nSubject: Re: My bill\r\n\r\nHi\r\n"
)

GLOBAL = (
    bounce(OURS)
    .decode()
    .replace("message/delivery-status", "message/global-delivery-status")
    .replace("rfc822; ann@example.org", "utf-8; änn@example.org")
    .replace("message/rfc822", "message/global-headers")
)


def receipts(raw: str) -> list[Receipt]:
    return contact_of(raw.encode(), "INBOX", SETTINGS).receipts


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (EXIM, "SMTP error from remote server: 550 5.1.1 no such user"),
        (QMAIL, "Sorry, no mailbox here by that name. (#5.1.1)"),
        (GLOBAL, "smtp; 550 5.1.1 User unknown"),
        (bounce(OURS, "Failed (no such user)").decode(), "smtp; 550 5.1.1 User unknown"),
        (
            bounce(OURS).decode().replace("message/rfc822", "text/rfc822-headers"),
            "smtp; 550 5.1.1 User unknown",
        ),
    ],
    ids=["exim", "qmail", "global", "comment", "headers"],
)
def test_a_delivery_failed_whoever_says_so(raw: str, error: str) -> None:
    assert receipts(raw) == [
        Receipt("failed", provider_message_id=OURS, request_id=REQUEST, error=error)
    ]


BARE = bounce(OURS).decode().partition("--B\r\nContent-Type: message/rfc822")[0] + "--B--\r\n"
"""A report without anything of the mail that it is about."""


@pytest.mark.parametrize("name", ["In-Reply-To", "References"])
def test_a_report_without_the_mail_says_by_its_own_head_which_one_it_was(name: str) -> None:
    failed = Receipt("failed", OURS, REQUEST, "smtp; 550 5.1.1 User unknown")
    assert receipts(f"{name}: <first@example.org> <{OURS}>\r\n{BARE}") == [failed]
    assert receipts(f"{name}: <first@example.org>\r\n{BARE}") == []
    assert receipts(BARE) == []


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_is_no_failure_is_none(action: str) -> None:
    assert receipts(bounce(OURS, action).decode()) == []


def test_a_delay_that_exim_tells_of_is_no_failure() -> None:
    assert receipts(EXIM.replace("X-Failed-Recipients", "X-Delayed")) == []


def test_a_report_in_words_about_a_mail_that_is_not_ours_says_nothing() -> None:
    assert receipts(EXIM.replace(OURS, "another@desk.example")) == []


def test_the_fields_of_a_report_are_no_message() -> None:
    (contact,) = contact_of(GLOBAL.encode(), "INBOX", SETTINGS).inputs
    assert contact["message"] == "I could not deliver your message."
