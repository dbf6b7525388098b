"""E-mail: how a reply is written, so that its answer finds back and no program answers it."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any

import pytest

from schemas.events.decisions import ReplyRequested
from streams.channels.email import contact_of, render
from tests.mails import SETTINGS, mail

REQUEST = "0123456789abcdef0123456789abcdef"


def request(**more: Any) -> ReplyRequested:
    return ReplyRequested.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "TICK_1",
            "outcome": "email",
            "policy_version": "1",
            "channel": "email",
            "handle": "ann@example.org",
            "kind": "agent_reply",
            "author": "bo",
            "subject": "Re: My bill",
            "parts": ["We looked.", "It is paid back."],
            **more,
        }
    )


def sent(**more: Any) -> EmailMessage:
    raw = render(SETTINGS, request(**more), REQUEST)
    return message_from_bytes(raw, policy=default)


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n").removesuffix("\n")


def answered(message: EmailMessage, **headers: str) -> dict[str, Any]:
    """What an answer of Ann's mail program to a message of ours is here."""
    chain = f"{message.get('References', '')} {message['Message-ID']}"
    more = {
        "To": str(message["Reply-To"]),
        "In_Reply_To": str(message["Message-ID"]),
        "References": chain,
        "Message_ID": "<two@example.org>",
        "Subject": "Re: My bill",
    }
    (one,) = contact_of(bytes(mail("Thanks", **(more | headers))), "INBOX", SETTINGS).inputs
    return one


def test_a_reply_says_who_writes_whom_what() -> None:
    message = sent()
    assert message["From"] == "help@desk.example"
    assert message["To"] == "ann@example.org"
    assert message["Subject"] == "Re: My bill"
    assert text_of(message).split("\n\n") == ["We looked.", "It is paid back."]


def test_the_same_request_is_the_same_message() -> None:
    assert render(SETTINGS, request(), REQUEST) == render(SETTINGS, request(), REQUEST)
    assert render(SETTINGS, request(), REQUEST) != render(SETTINGS, request(), "other")


def test_a_reply_stands_in_the_thread_of_what_it_answers() -> None:
    raw = bytes(mail("More", Message_ID="<two@example.org>", References="<one@example.org>"))
    (came,) = contact_of(raw, "INBOX", SETTINGS).inputs
    message = sent(in_reply_to=came["provider_id"], thread=came["thread"])
    assert message["In-Reply-To"] == "<two@example.org>"
    assert message["References"] == "<one@example.org> <two@example.org>"


def test_a_reply_to_a_mail_without_a_message_id_names_none() -> None:
    (came,) = contact_of(bytes(mail(Message_ID="")), "INBOX", SETTINGS).inputs
    message = sent(in_reply_to=came["provider_id"])
    assert message["In-Reply-To"] is None
    assert message["References"] is None


@pytest.mark.parametrize(
    "lost",
    [
        {"To": "help@desk.example"},
        {"In_Reply_To": "", "References": ""},
        {"To": "help@desk.example", "In_Reply_To": ""},
        {"To": "help@desk.example", "References": ""},
        {"Subject": "Something else"},
    ],
)
def test_an_answer_finds_back_by_any_of_its_marks(lost: dict[str, str]) -> None:
    assert answered(sent(), **lost)["in_reply_to"] == REQUEST


def test_an_answer_goes_on_with_the_thread_that_the_first_mail_began() -> None:
    (came,) = contact_of(bytes(mail()), "INBOX", SETTINGS).inputs
    reply = sent(in_reply_to=came["provider_id"], thread=came["thread"])
    assert answered(reply)["thread"] == came["thread"]


@pytest.mark.parametrize("kind", ["answer", "suggestion", "confirmation", "survey", "notice"])
def test_what_agents_write_says_so(kind: str) -> None:
    assert sent(kind=kind)["Auto-Submitted"] == "auto-generated"
    answer = sent(kind=kind, in_reply_to="0f <one@example.org>")
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["X-Auto-Response-Suppress"] == "All"


@pytest.mark.parametrize("kind", ["agent_reply", "opening"])
def test_what_people_write_does_not(kind: str) -> None:
    assert sent(kind=kind)["Auto-Submitted"] is None


def test_buttons_are_numbered_lines() -> None:
    told = text_of(sent(buttons=["Solved", "Need more help"]))
    assert told.endswith("\n\n1. Solved\n2. Need more help")


@pytest.mark.parametrize("text", ["Größe\u202f✓", "x" * 5000, "a\n.\nb", "From me", " \ttab"])
def test_any_text_arrives_as_it_is(text: str) -> None:
    raw = render(SETTINGS, request(parts=[text]), REQUEST)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii()
    assert text_of(message_from_bytes(raw, policy=SMTP)) == text


def test_a_line_end_in_a_subject_or_an_address_makes_no_header() -> None:
    message = sent(subject="Re: x\r\nBcc: all@example.org", handle="ann@example.org\nBcc: b@x.org")
    assert message["Bcc"] is None


def test_an_address_too_long_for_a_tag_is_left_as_it_is() -> None:
    long = SETTINGS.model_copy(update={"address": f"{'help' * 9}@desk.example"})
    message = message_from_bytes(render(long, request(), REQUEST), policy=default)
    assert message["Reply-To"] is None
