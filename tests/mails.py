"""Mails as customers and servers send them."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from agents.automail import validate
from streams.channels.settings import Email

ADDRESS = "help@desk.example"

SETTINGS = Email(
    imap_url="imaps://help%40desk.example:pass@imap.desk.example/INBOX",
    address=ADDRESS,
    token_secret="signs our tags",  # noqa: S106  # a test's own
)


def mail(text: str = "I was charged twice", **headers: str) -> EmailMessage:
    """A mail of Ann's.

    Args:
        text: What she writes.
        headers: More headers, and others than hers; an empty one is left out.
    """
    message = EmailMessage(policy=SMTP)
    named = {
        "From": "Ann Archer <ann@Example.ORG>",
        "To": ADDRESS,
        "Subject": "My bill",
        "Date": "Mon, 02 Mar 2026 10:00:00 +0100",
        "Message-ID": "<one@example.org>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in named.items():
        if value:
            message[name] = value
    message.set_content(text)
    return message


def bounce(message_id: str, action: str = "failed") -> bytes:
    """What a server says of a mail of ours."""
    return (
        "From: MAILER-DAEMON@mx.example.org\r\n"
        "To: help@desk.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        "Message-ID: <bounced@mx.example.org>\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "Return-Path: <>\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n'
        "\r\n"
        "--B\r\nContent-Type: text/plain\r\n\r\n"
        "I could not deliver your message.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.org\r\n\r\n"
        "Final-Recipient: rfc822; ann@example.org\r\n"
        f"Action: {action}\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n"
        "\r\n--B\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: help@desk.example\r\nMessage-ID: <{message_id}>\r\nSubject: Re: My bill\r\n\r\n"
        "We looked.\r\n--B--\r\n"
    ).encode()


def issues(contact: dict[str, Any]) -> list[str]:
    """Why the Channel agent leaves the contact of a mail alone; nothing where it does not."""
    verdict = validate(
        "email",
        contact["message"],
        subject=contact["subject"],
        handle=contact["handle"],
        metadata=contact["metadata"],
    )
    return verdict.issues
