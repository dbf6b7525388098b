"""Customers write to a group whose program passes their mails on to our mailbox."""

from __future__ import annotations

from typing import Any

import pytest

from agents.automail import validate
from streams.channels.email import contact_of
from streams.channels.email_identity import token
from tests.mails import ADDRESS, SETTINGS, mail

SECRET = SETTINGS.token_secret or ""

GOOGLE = {
    "Precedence": "list",
    "Mailing-list": f"list {ADDRESS}; contact help+owners@desk.example",
    "List-ID": "<help.desk.example>",
    "List-Post": f"<https://groups.google.com/a/desk.example/group/help/post>, <mailto:{ADDRESS}>",
    "List-Unsubscribe": "<mailto:googlegroups-manage+1+unsubscribe@googlegroups.com>",
    "X-Google-Group-Id": "1047390923",
}
"""What Google Groups adds."""

REWRITTEN = {
    "From": f"'Ann Archer' via Help <{ADDRESS}>",
    "X-Original-Sender": "ann@example.org",
    "X-Original-From": "Ann Archer <ann@example.org>",
    "Reply-To": "Ann Archer <ann@example.org>",
}
"""What it writes where the sender's domain lets nobody else write in its name."""

MAILMAN = {
    "From": f"Ann Archer via Help <{ADDRESS}>",
    "Reply-To": f"Help <{ADDRESS}>, Ann Archer <ann@example.org>",
    "List-Id": "Our help <help.desk.example>",
    "Precedence": "list",
}


def taken(**headers: str) -> tuple[dict[str, Any], list[str]]:
    """The contact that a mail is, and why it is left alone."""
    (one,) = contact_of(bytes(mail(**headers)), "INBOX", SETTINGS).inputs
    verdict = validate(
        "email",
        one["message"],
        subject=one["subject"],
        handle=one["handle"],
        metadata=one["metadata"],
    )
    return one, verdict.issues


@pytest.mark.parametrize("headers", [GOOGLE, {**GOOGLE, **REWRITTEN}, MAILMAN])
def test_what_comes_by_our_own_group_is_its_writer_s(headers: dict[str, str]) -> None:
    one, issues = taken(**headers)
    assert (one["handle"], one["metadata"]["name"]) == ("ann@example.org", "Ann Archer")
    assert issues == []


def test_what_comes_by_another_list_is_left_alone() -> None:
    _, issues = taken(**{**GOOGLE, "List-ID": "<news.shop.example>", "List-Post": "NO"})
    assert issues == ["bulk"]


def test_an_answer_to_a_mail_of_ours_is_a_person_s_whatever_their_tool_adds() -> None:
    ours = f"<{token('0123456789abcdef0123456789abcdef', SECRET)}@desk.example>"
    tool = {"List-Unsubscribe": "<https://crm.example/u/1>", "In-Reply-To": ours}
    _, issues = taken(**tool)
    assert issues == []
    _, issues = taken(**{**tool, "In-Reply-To": "<one@shop.example>"})
    assert issues == ["bulk"]
    _, issues = taken(**tool, Precedence="bulk")
    assert issues == ["bulk"]


def test_what_a_program_writes_to_our_group_is_left_alone() -> None:
    _, issues = taken(**GOOGLE, **{"Auto-Submitted": "auto-replied"})
    assert issues == ["auto_reply"]


def test_our_own_mail_that_comes_back_by_our_group_is_left_alone() -> None:
    _, issues = taken(**{**GOOGLE, "From": ADDRESS})
    assert issues == ["loop"]
    _, issues = taken(**GOOGLE, **REWRITTEN, **{"X-Pactdesk": "0123456789abcdef"})
    assert issues == ["loop"]
