"""Customers write to a group whose program passes their mails on to our mailbox."""

from __future__ import annotations

from typing import Any

import pytest

from streams.channels.email import contact_of
from streams.channels.email_identity import token
from tests.mails import ADDRESS, SETTINGS, issues, mail

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
    return one, issues(one)


@pytest.mark.parametrize("headers", [GOOGLE, {**GOOGLE, **REWRITTEN}, MAILMAN])
def test_what_comes_by_our_own_group_is_its_writer_s(headers: dict[str, str]) -> None:
    one, why = taken(**headers)
    assert (one["handle"], one["metadata"]["name"]) == ("ann@example.org", "Ann Archer")
    assert why == []


def test_what_comes_by_another_list_is_left_alone() -> None:
    _, why = taken(**{**GOOGLE, "List-ID": "<news.shop.example>", "List-Post": "NO"})
    assert why == ["bulk"]


def test_an_answer_to_a_mail_of_ours_is_a_person_s_whatever_their_tool_adds() -> None:
    ours = f"<{token('0123456789abcdef0123456789abcdef', SECRET)}@desk.example>"
    tool = {"List-Unsubscribe": "<https://crm.example/u/1>", "In-Reply-To": ours}
    _, why = taken(**tool)
    assert why == []
    _, why = taken(**{**tool, "In-Reply-To": "<one@shop.example>"})
    assert why == ["bulk"]
    _, why = taken(**tool, Precedence="bulk")
    assert why == ["bulk"]


def test_what_a_program_writes_to_our_group_is_left_alone() -> None:
    _, why = taken(**GOOGLE, **{"Auto-Submitted": "auto-replied"})
    assert why == ["auto_reply"]


def test_our_own_mail_that_comes_back_by_our_group_is_left_alone() -> None:
    _, why = taken(**{**GOOGLE, "From": ADDRESS})
    assert why == ["loop"]
    _, why = taken(**GOOGLE, **REWRITTEN, **{"X-Pactdesk": "0123456789abcdef"})
    assert why == ["loop"]
