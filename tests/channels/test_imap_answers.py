"""Mails are asked for together, and each of them is found in what the server answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.channels.email_taken import Mail, read
from streams.channels.imap import Fetched, Session, places
from streams.channels.imap_answers import TOGETHER, TOGETHER_BYTES, answers, grouped
from streams.channels.settings import Email
from tests.mails import mail
from tests.real.greenmail import GreenMail

RAW = b"Subject: one\r\n\r\nUID 99 is what the mail says\r\n"
DATE = b'INTERNALDATE "02-Mar-2026 10:00:00 +0000"'


@pytest.mark.parametrize(
    "answer",
    [
        [(b"1 (UID 7 " + DATE + b" BODY[] {45}", RAW), b")"],
        [(b"1 (BODY[] {45}", RAW), b" UID 7 " + DATE + b")"],
        [b"4 (FLAGS (\\Seen))", (b"1 (UID 7 " + DATE + b" BODY[] {45}", RAW), b")"],
        [(b"1 (UID 7 " + DATE + b" BODY[] {45}", RAW), b")", b"4 (UID 8 FLAGS (\\Seen))"],
    ],
)
def test_a_mail_is_told_of_before_its_bytes_or_behind_them(answer: list[object]) -> None:
    found = [(told, raw) for told, raw in answers(answer) if raw is not None]
    ((told, raw),) = found
    assert raw == RAW
    assert b"UID 7" in told
    assert DATE in told


@pytest.mark.parametrize(
    ("body", "raw"),
    [
        (rb'BODY[] "Subject: \"one\" \\o/"', rb'Subject: "one" \o/'),
        (b'BODY[] ""', b""),
        (b"BODY[] NIL", b""),
    ],
)
def test_a_mail_may_stand_between_quotes_or_be_had_by_nobody(body: bytes, raw: bytes) -> None:
    told = b"1 (UID 7 " + DATE + b" " + body + b")"
    assert [*answers([told, b"4 (UID 8 FLAGS (\\Seen))"])] == [
        (told, raw),
        (b"4 (UID 8 FLAGS (\\Seen))", None),
    ]


def test_each_mail_of_which_the_server_has_nothing_is_a_letter_that_says_where_it_lies() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    mails = [Mail(Fetched(b"", now), f"imap://help@desk.example/INBOX;UID={n}") for n in (7, 8)]
    said, letters = read(mails, Email(), now)
    assert said == []
    assert len({one.id for one in letters}) == 2
    assert {one.error for one in letters} == {"the mail server has nothing of the mail"}
    assert [one.origin[-5:] for one in letters] == ["UID=7", "UID=8"]


def test_no_answer_is_told_as_nothing() -> None:
    assert [*answers([None])] == []


def test_mails_are_in_groups_of_so_many_and_so_much_and_in_order() -> None:
    many = [*range(1, 2 * TOGETHER + 2)]
    small = dict.fromkeys(many, 10)
    assert [len(one) for one in grouped(many, small)] == [TOGETHER, TOGETHER, 1]
    assert [uid for one in grouped(many, small) for uid in one] == many
    half = TOGETHER_BYTES // 2
    assert [*grouped([1, 2, 3, 4], {1: half, 2: half, 3: half, 4: 2 * TOGETHER_BYTES})] == [
        [1, 2], [3], [4],
    ]  # fmt: skip
    assert [*grouped([1, 2, 3], {1: 10, 3: 10})] == [[1], [2], [3]], "of one nothing is known"
    assert [*grouped([], {})] == []


def test_a_server_gives_mails_together_without_those_that_are_gone(greenmail: GreenMail) -> None:
    for number in range(3):
        greenmail.send(bytes(mail(f"mail {number}", Message_ID=f"<{number}@example.org>")))
    with greenmail.opened() as box:
        box.delete(box.uids()[1])
    session = Session(places(greenmail.url())[0])
    try:
        first, last = session.after(0, None)
        assert [*session.together([first, last])] == [[first, last]]
        assert [*session.together([last])] == [[last]]
        found = session.fetch([first, first + 1, last])
    finally:
        session.close()
    assert [*found] == [first, last]
    assert b"mail 0" in found[first].raw
    assert b"mail 2" in found[last].raw
    assert all(one.at is not None for one in found.values())
