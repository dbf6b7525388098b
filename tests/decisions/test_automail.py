"""What is no message of a person: the headers and subjects of automatic mail (RFC 3834, 3464)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.automail import automatic_reason, validate
from schemas.vocabulary import CHANNELS

AUTOMATIC = [
    ({"x-spam-flag": "YES"}, "You have won", "ann@example.org", "spam"),
    ({"x-spam-status": "Yes, score=8.1 required=5.0"}, "", "ann@example.org", "spam"),
    ({"x-spam": "Yes"}, "", "ann@example.org", "spam"),
    ({"auto-submitted": "auto-replied"}, "", None, "auto_reply"),
    ({"auto-submitted": "auto-generated; owner-email=x@y.org"}, "", None, "auto_reply"),
    ({"auto-submitted": "auto-notified (really)"}, "", None, "auto_reply"),
    ({"auto-submitted": "AUTO-REPLIED"}, "", None, "auto_reply"),
    ({"x-autoreply": "yes"}, "", None, "auto_reply"),
    ({"x-autorespond": ""}, "", None, "auto_reply"),
    ({"x-autoresponder": "1"}, "", None, "auto_reply"),
    ({"return-path": "<>", "auto-submitted": "auto-replied"}, "", None, "auto_reply"),
    ({}, "Automatic reply: your invoice", None, "auto_reply"),
    ({}, "  OUT OF OFFICE: back on Monday", None, "auto_reply"),
    ({}, "Automatische Antwort: Rechnung", None, "auto_reply"),
    ({}, "Réponse automatique : facture", None, "auto_reply"),
    (
        {"content-type": 'multipart/report; report-type=disposition-notification; boundary="B"'},
        "Read: your invoice",
        "ann@example.org",
        "auto_reply",
    ),
    ({}, "Automatisch antwoord: factuur", None, "auto_reply"),
    ({}, "Resposta automática: fatura", None, "auto_reply"),
    ({}, "Automatiskt svar: faktura", None, "auto_reply"),
    ({}, "Automatisk svar: faktura", None, "auto_reply"),
    ({}, "Automaattinen vastaus: lasku", None, "auto_reply"),
    ({}, "Odpowiedź automatyczna: faktura", None, "auto_reply"),
    ({}, "Automatická odpověď: faktura", None, "auto_reply"),
    ({}, "Otomatik Yanıt: fatura", None, "auto_reply"),
    ({}, "Автоматический ответ: счёт", None, "auto_reply"),
    ({}, "自動応答: 請求書", None, "auto_reply"),
    ({}, "自动回复：发票", None, "auto_reply"),
    ({"return-path": "<>"}, "", None, "bounce"),
    ({"return-path": " "}, "", None, "bounce"),
    ({"content-type": 'multipart/report; report-type="delivery-status"'}, "", None, "bounce"),
    ({}, "Undelivered Mail Returned to Sender", None, "bounce"),
    ({}, "Delivery Status Notification (Failure)", None, "bounce"),
    ({"precedence": "bulk"}, "", None, "bulk"),
    ({"precedence": "Junk"}, "", None, "bulk"),
    ({"precedence": "list"}, "", None, "bulk"),
    ({"precedence": "auto_reply"}, "", None, "bulk"),
    ({"list-id": "<news.example.org>"}, "", None, "bulk"),
    ({"list-unsubscribe": "<mailto:x@example.org>"}, "", None, "bulk"),
    ({}, "", "MAILER-DAEMON@example.org", "no_reply"),
    ({}, "", "postmaster@example.org", "no_reply"),
    ({}, "", "no-reply@example.org", "no_reply"),
    ({}, "", "noreply+77@example.org", "no_reply"),
    ({}, "", "do-not-reply@example.org", "no_reply"),
    ({}, "", "bounces-x=y.org@example.org", "no_reply"),
    ({"x-pactdesk-loop": "1"}, "", None, "loop"),
    ({"x-pactdesk-loop": "1", "auto-submitted": "auto-generated"}, "", None, "loop"),
]

WRITTEN = [
    ({}, "", None),
    ({}, "Invoice 77", "ann@example.org"),
    ({"auto-submitted": "no"}, "", None),
    ({"auto-submitted": " No ; why=x"}, "", None),
    ({"auto-submitted": ""}, "", None),
    ({"return-path": "<ann@example.org>"}, "", None),
    ({"precedence": "first-class"}, "", None),
    ({"content-type": "multipart/mixed"}, "", None),
    ({"x-mailer": "pactdesk"}, "", None),
    ({"x-spam-flag": "NO"}, "", None),
    ({"x-spam-status": "No, score=1.2 required=5.0"}, "", None),
    ({}, "Re: Automatic reply: what does that mean?", "ann@example.org"),
    ({}, "I got an automatic reply", "ann@example.org"),
    ({}, "Automatische Antwort kam dreimal", "ann@example.org"),
    ({}, "Respuesta automática sin sentido", "ann@example.org"),
    ({}, "", "noreplyann@example.org"),
    ({}, "", "bouncer@example.org"),
    ({}, "", "ann.no-reply@example.org"),
]


@pytest.mark.parametrize(("headers", "subject", "handle", "reason"), AUTOMATIC)
def test_automatic_mail_is_told_by_its_reason(
    headers: dict[str, str], subject: str, handle: str | None, reason: str
) -> None:
    assert automatic_reason(headers, subject, handle) == reason
    verdict = validate(
        "email", "text", subject=subject, handle=handle, metadata={"headers": headers}
    )
    assert verdict.issues == [reason]
    assert not verdict.is_valid


@pytest.mark.parametrize(("headers", "subject", "handle"), WRITTEN)
def test_what_a_person_wrote_is_not_automatic(
    headers: dict[str, str], subject: str, handle: str | None
) -> None:
    assert automatic_reason(headers, subject, handle) is None


def test_header_names_come_in_any_case_and_may_be_repeated() -> None:
    for headers in ({"Auto-Submitted": "auto-replied"}, {"AUTO-SUBMITTED": ["auto-replied", "no"]}):
        assert validate("email", "x", metadata={"headers": headers}).issues == ["auto_reply"]


@pytest.mark.parametrize("metadata", [None, {}, {"headers": None}, {"headers": []}, {"headers": 7}])
def test_metadata_without_headers_says_nothing(metadata: dict[str, object] | None) -> None:
    assert validate("email", "x", metadata=metadata).is_valid


@pytest.mark.parametrize("channel", [c for c in CHANNELS if c != "email"])
def test_only_mail_has_mail_headers(channel: str) -> None:
    headers = {"auto-submitted": "auto-replied", "list-id": "x"}
    verdict = validate(
        channel, "x", subject="Out of office:", handle="noreply@x", metadata={"headers": headers}
    )
    assert verdict.is_valid


@pytest.mark.parametrize("message", ["", " ", "\n\t", "\u00a0\u2003"])
def test_nothing_written_is_empty_unless_a_file_came(message: str) -> None:
    assert validate("chat_widget", message).issues == ["empty"]
    with_file = validate("chat_widget", message, attachments=1)
    assert (with_file.issues, with_file.warnings) == ([], ["attachments_only"])


def test_a_message_may_be_as_long_as_allowed_and_no_longer() -> None:
    assert validate("email", "x" * 10, longest=10).is_valid
    assert validate("email", "x" * 11, longest=10).issues == ["oversize"]


def test_signs_alone_are_odd_but_a_message() -> None:
    verdict = validate("whatsapp", "?!?")
    assert (verdict.issues, verdict.warnings) == ([], ["no_words"])
    assert validate("whatsapp", "7?").warnings == []


def test_every_issue_is_named() -> None:
    verdict = validate("email", " " * 20, longest=10, metadata={"headers": {"list-id": "x"}})
    assert verdict.issues == ["empty", "oversize", "bulk"]


@given(
    message=st.text(),
    subject=st.text(),
    handle=st.none() | st.text(),
    headers=st.dictionaries(st.text(), st.text() | st.lists(st.text(), max_size=2)),
    attachments=st.integers(0, 2),
    channel=st.sampled_from(CHANNELS),
)
def test_any_message_gets_a_verdict(
    message: str,
    subject: str,
    handle: str | None,
    headers: dict[str, object],
    attachments: int,
    channel: str,
) -> None:
    verdict = validate(
        channel,
        message,
        subject=subject,
        handle=handle,
        attachments=attachments,
        metadata={"headers": headers},
    )
    assert verdict.is_valid == (not verdict.issues)
    assert ("empty" in verdict.issues) == (not message.strip() and not attachments)
