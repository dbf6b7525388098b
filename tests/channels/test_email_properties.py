"""What holds for all mails: any bytes are a contact or unreadable, and no text is lost."""

from __future__ import annotations

import json
from email.message import EmailMessage
from email.policy import SMTP

from hypothesis import example, given
from hypothesis import strategies as st

from streams.channels.email import contact_of
from streams.channels.email_text import of_html, split
from streams.errors import Unreadable
from streams.inputs import read
from streams.intake import line_of
from tests.mails import SETTINGS, bounce, mail

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12)
LINES = st.lists(
    st.one_of(
        st.lists(WORDS, max_size=6).map(" ".join),
        st.lists(WORDS, min_size=1, max_size=6).map(lambda words: "> " + " ".join(words)),
        st.sampled_from(
            [
                "On Mon, Mar 2, 2026 at 10:00 AM Help <help@desk.example> wrote:",
                "-----Original Message-----",
                "From: Help",
                "Sent: Monday",
                "Subject: My bill",
                "________________________________",
                "",
            ]
        ),
    ),
    max_size=12,
)
PIECES = st.sampled_from(
    [
        *bytes(mail()).splitlines(keepends=True),
        *bounce("a@desk.example").splitlines(keepends=True),
        b"Content-Type: multipart/alternative; boundary=B\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: text/html; charset*=x'y'%ff\r\n",
        b'Content-Disposition: attachment; filename*0*=a; filename="\xff"\r\n',
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"Subject: =?x?q?=FF?= =?utf-8?b?!?=\r\n",
        b"From: =?utf-8?q?=00?= <a@b>\r\n",
        b"Content-Type: \x00/\xff\r\n",
        b"--B\r\n",
        b"<![x <!-- &#xD800; <p",
        b"\r\n",
        b"\x00\xff\xfe\r",
    ]
)
BYTES = st.one_of(
    st.binary(max_size=400),
    st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=40).map(b"".join),
    st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=40).map(
        lambda parts: b"From: a@b\r\n" + b"".join(parts)
    ),
)


@given(raw=BYTES)
@example(raw=bytes(mail()))
@example(raw=bounce("a@desk.example"))
@example(raw=b"From: a\nContent-Type: message/delivery-status\n\nContent-Type: multipart/\n")
@example(raw=b"From: a@b\r\nContent-Type: \x00/\xff\r\n\r\nx")
def test_any_bytes_are_a_contact_or_unreadable(raw: bytes) -> None:
    try:
        heard = contact_of(raw, "INBOX", SETTINGS)
    except Unreadable:
        return
    (one,) = heard.inputs
    read(line_of(one))
    assert contact_of(raw, "INBOX", SETTINGS) == heard


def everything(message: EmailMessage) -> str:
    """All that a contact says, wherever it says it."""
    (one,) = contact_of(bytes(message), "INBOX", SETTINGS).inputs
    return json.dumps(one, ensure_ascii=False)


@given(lines=LINES, more=LINES)
def test_no_word_of_any_version_of_a_text_is_lost(lines: list[str], more: list[str]) -> None:
    message = mail("\n".join(lines))
    markup = "".join(f"<p>{line.replace('>', '&gt;').replace('<', '&lt;')}</p>" for line in more)
    message.add_alternative(f"<html><body>{markup}</body></html>", subtype="html")
    told = everything(message)
    for line in (*lines, *more):
        for word in line.replace("<", " ").replace(">", " ").split():
            assert word in told


@given(lines=LINES)
def test_a_message_is_lines_of_its_text_in_their_order(lines: list[str]) -> None:
    text = "\n".join(lines)
    kept = iter(text.split("\n"))
    for line in split(text).new.split("\n"):
        assert any(line == one.rstrip() or not line for one in kept)


@given(html=st.one_of(st.text(max_size=300), LINES.map("<blockquote><p><![".join)))
def test_any_html_is_text(html: str) -> None:
    assert isinstance(of_html(html), str)


@given(
    name=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), min_size=1)
)
def test_any_subject_is_read(name: str) -> None:
    message = EmailMessage(policy=SMTP)
    message["From"] = "ann@example.org"
    message["Subject"] = name
    message.set_content("x")
    (one,) = contact_of(bytes(message), "INBOX", SETTINGS).inputs
    assert one["subject"].split() == name.split()
