"""Mails are handed over by SMTP, once; what the server said, or did not say, is told as it is."""

from __future__ import annotations

import socket
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from streams.channels.channel import Accepted, Rejected
from streams.clock import WallClock
from streams.delivery.errand import Came, NoAnswer, Unsent
from streams.delivery.mail import Mail, handed_over
from streams.files.enclosed import Enclosing
from streams.files.store import Files
from streams.settings import load
from tests.real.greenmail import USERS, GreenMail
from tests.stores import a_desk

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAIL = Mail(
    ["desk@example.org"], "ann@example.org", b"Subject: Hi\r\n\r\nHello\r\n", "<m1@example>"
)

GREETS, HEARS, LETS = b"220 here\r\n", b"250 here\r\n", b"250 fine\r\n"


@contextmanager
def says(*answers: bytes, hears: list[bytes] | None = None) -> Iterator[str]:
    """A server that answers line by line, and hangs up after the last answer; its address.

    Args:
        answers: What it says, one after the other.
        hears: Where the lines are kept that it hears.
    """
    kept = [] if hears is None else hears
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as line, line.makefile("rb") as heard:
                for answer in answers:
                    line.sendall(answer)
                    if answer.startswith(b"354"):
                        while (said := heard.readline()) not in {b".\r\n", b""}:
                            kept.append(said)
                    else:
                        kept.append(heard.readline())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


BEGINS = (GREETS, HEARS, LETS)
TAKES = (*BEGINS, LETS, LETS, b"354 go\r\n")


@pytest.mark.parametrize(
    ("answers", "came"),
    [
        ([b"554 go away\r\n"], Unsent("(554, b'go away')")),
        ([*BEGINS, b"550 not you\r\n"], Rejected("not you (550)", final=True)),
        ([*BEGINS, b"451 later\r\n"], Rejected("later (451)", final=False)),
        ([*BEGINS, LETS, b"550 who?\r\n"], Rejected("who? (550)", final=True)),
        ([*BEGINS, LETS, b"450 greylisted\r\n"], Rejected("greylisted (450)", final=False)),
        ([*BEGINS, LETS, LETS, b"554 no mail\r\n"], Rejected("no mail (554)", final=True)),
        ([*TAKES, b"552 full\r\n"], Rejected("full (552)", final=True)),
        ([*TAKES, b"451 wait\r\n"], Rejected("wait (451)", final=False)),
        ([*TAKES, b"250 ok\r\n"], Accepted("<m1@example>")),
        ([*TAKES, b"200 fine\r\n"], Accepted("<m1@example>")),
        (
            [*TAKES, b"oops, queued\r\n"],
            NoAnswer("the mail server's answer cannot be read: , queued (-1)"),
        ),
        ([GREETS, HEARS], Unsent("Connection unexpectedly closed")),
        ([*BEGINS, LETS, LETS], Unsent("Connection unexpectedly closed")),
        (TAKES, NoAnswer("Connection unexpectedly closed")),
    ],
)
def test_what_the_server_says_is_what_came_of_it(answers: list[bytes], came: Came) -> None:
    with says(*answers) as url:
        assert handed_over(url, MAIL, AT, 5.0) == came


def test_the_server_hears_whom_it_is_from_and_for_and_the_whole_mail_with_its_date() -> None:
    heard: list[bytes] = []
    with says(*TAKES, b"250 ok\r\n", hears=heard) as url:
        handed_over(url, MAIL, AT, 5.0)
    said = [line.strip() for line in heard]
    assert [line for line in said if line[:4] in {b"mail", b"rcpt"}] == [
        b"mail FROM:<desk@example.org>",
        b"rcpt TO:<ann@example.org>",
    ]
    mail = said[said.index(b"data") + 1 :] if b"data" in said else said
    assert mail[:4] == [b"Date: Mon, 02 Mar 2026 09:00:00 +0000", b"Subject: Hi", b"", b"Hello"]


def test_letters_beyond_ascii_go_to_a_server_that_takes_them() -> None:
    heard: list[bytes] = []
    offers = b"250-here\r\n250 SMTPUTF8\r\n"
    mail = Mail(MAIL.senders, "jörg@xn--mller-kva.example", MAIL.content, MAIL.number)
    with says(GREETS, offers, *TAKES[2:], b"250 ok\r\n", hears=heard) as url:
        assert isinstance(handed_over(url, mail, AT, 5.0), Accepted)
    assert b"mail FROM:<desk@example.org> SMTPUTF8\r\n" in heard
    assert "rcpt TO:<jörg@xn--mller-kva.example>\r\n".encode() in heard


def test_a_server_that_takes_no_letters_beyond_ascii_has_refused_the_mail() -> None:
    mail = Mail(MAIL.senders, "jörg@example.org", MAIL.content, MAIL.number)
    with says(GREETS, HEARS) as url:
        came = handed_over(url, mail, AT, 5.0)
    assert came == Rejected(
        "our mail server takes no address with letters beyond ASCII (553)", final=True
    )


@pytest.mark.parametrize(
    ("login", "proof"), [("sam%40x:s%3Acret", b"\0sam@x\0s:cret"), ("sam", b"\0sam\0")]
)
def test_the_name_and_password_of_the_address_let_us_in(login: str, proof: bytes) -> None:
    heard: list[bytes] = []
    offers = b"250-here\r\n250 AUTH PLAIN\r\n"
    with says(GREETS, offers, b"235 welcome\r\n", *TAKES[2:], b"250 ok\r\n", hears=heard) as url:
        assert isinstance(handed_over(url.replace("://", f"://{login}@"), MAIL, AT, 5.0), Accepted)
    (word,) = [line for line in heard if line.startswith(b"AUTH PLAIN ")]
    assert b64decode(word.removeprefix(b"AUTH PLAIN ")) == proof


@pytest.mark.parametrize(
    ("url", "port"),
    [("smtp://mail.example", 587), ("smtps://mail.example", 465), ("smtps://mail.example:26", 26)],
)
def test_a_server_is_asked_at_its_port_or_at_the_one_that_is_usual(
    url: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int, object]] = []

    def down(host: str, port: int, **more: object) -> None:
        asked.append((host, port, more["timeout"]))
        raise ConnectionRefusedError

    monkeypatch.setattr("smtplib.SMTP_SSL" if url.startswith("smtps") else "smtplib.SMTP", down)
    assert handed_over(url, MAIL, AT, 5.0) == Unsent("ConnectionRefusedError")
    assert asked == [("mail.example", port, 5.0)]


def test_a_server_that_wants_a_sender_is_given_one() -> None:
    mail = Mail(["", "desk@example.org"], "ann@example.org", MAIL.content, MAIL.number)
    refuses = (*BEGINS, b"550 who are you?\r\n")
    with says(*refuses, LETS, LETS, LETS, b"354 go\r\n", b"250 ok\r\n") as url:
        assert handed_over(url, mail, AT, 5.0) == Accepted("<m1@example>")


def test_a_server_that_is_not_there_has_taken_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert isinstance(handed_over(f"smtp://127.0.0.1:{port}", MAIL, AT, 5.0), Unsent)


def test_a_server_that_never_answers_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        came = handed_over(url, MAIL, AT, 0.1)
    assert isinstance(came, Unsent)
    assert "timed out" in came.error


def test_no_password_is_sent_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.delivery.mail._this_machine", lambda _: False)
    with says(GREETS, HEARS) as url:
        came = handed_over(url.replace("://", "://sam:secret@"), MAIL, AT, 5.0)
    assert isinstance(came, Unsent)
    assert "no encryption" in came.error
    assert "secret" not in came.error


def test_a_reply_is_a_mail_in_the_customers_mailbox(tmp_path: Path, greenmail: GreenMail) -> None:
    flags = {
        "channels.email.imap_url": greenmail.url(),
        "channels.email.smtp_url": f"smtp://127.0.0.1:{greenmail.smtp_port}",
        "channels.email.address": USERS[0],
        "channels.email.token_secret": "of the tests",
    }
    settings = load({"data": tmp_path, **flags}, {}, tmp_path)[0]
    with a_desk(tmp_path, WallClock(), settings=settings) as desk:
        desk.produce({"channel": "email", "handle": USERS[1], "message": "Hi", "subject": "Late"})
        desk.run()
        (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
        told = {"type": "reply", "ticket_id": row["ticket_id"], "by": "sam"}
        desk.produce({**told, "text": "It is on its way."})
        desk.run()
        rows = desk.query("SELECT * FROM v1_deliveries ORDER BY requested_at")
        assert {(one["state"], one["error"]) for one in rows} == {("sent", None)}
        assert {one["transport"] for one in rows} == {"email"}
        again = {one["provider_message_id"] for one in rows}
    with greenmail.opened(USERS[1]) as box:
        mails = [message_from_bytes(one.obj.as_bytes(), policy=default) for one in box.fetch()]
    assert {mail["Message-ID"] for mail in mails} == again
    (reply,) = [mail for mail in mails if "on its way" in mail.get_content()]
    assert reply["From"] == USERS[0]
    assert reply["Date"].datetime.tzinfo is not None
    assert reply["Auto-Submitted"] is None
    (confirmation,) = [mail for mail in mails if mail is not reply]
    assert confirmation["Auto-Submitted"] is not None


def delivered(tmp_path: Path, url: str, handle: str) -> dict[str, Any]:
    """What becomes of the confirmation that somebody gets."""
    flags = {
        "channels.email.imap_url": "imap://a:b@127.0.0.1/INBOX",
        "channels.email.smtp_url": url,
        "channels.email.address": "help@desk.example",
        "channels.email.token_secret": "of the tests",
    }
    settings = load({"data": tmp_path, **flags}, {}, tmp_path)[0]
    with a_desk(tmp_path, WallClock(), settings=settings) as desk:
        desk.produce({"channel": "email", "handle": handle, "message": "It broke"})
        desk.run()
        (row,) = desk.query("SELECT state, error FROM v1_deliveries")
    return row


def test_a_reply_to_letters_that_the_server_does_not_take_fails_and_ends_nothing_else(
    tmp_path: Path,
) -> None:
    with says(GREETS, HEARS) as url:
        row = delivered(tmp_path, url, "jörg@example.org")
    assert row["state"] == "failed"
    assert "letters beyond ASCII" in row["error"]


def test_a_reply_to_what_is_no_address_fails_and_ends_nothing_else(tmp_path: Path) -> None:
    row = delivered(tmp_path, "smtp://127.0.0.1:1", "(ann)b@[(b?(:(=")
    assert row["state"] == "failed"
    assert "is no address of e-mail" in row["error"]


def test_a_file_arrives_byte_for_byte(tmp_path: Path, greenmail: GreenMail) -> None:
    files = {"Größe 1.bin": bytes(range(256)) * 4096, "notes.txt": b"Zeile\nNoch eine\n"}
    flags = {
        "channels.email.imap_url": greenmail.url(),
        "channels.email.smtp_url": f"smtp://127.0.0.1:{greenmail.smtp_port}",
        "channels.email.address": USERS[0],
        "channels.email.token_secret": "of the tests",
    }
    settings = load({"data": tmp_path, **flags}, {}, tmp_path)[0]
    enclosing = Enclosing(Files(tmp_path), settings.attachments)
    enclosed = []
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        enclosed.append(enclosing.of_disk(tmp_path / name))
    with a_desk(tmp_path, WallClock(), settings=settings) as desk:
        desk.produce({"channel": "email", "handle": USERS[1], "message": "Hi", "subject": "Files"})
        desk.run()
        (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
        told = {"type": "reply", "ticket_id": row["ticket_id"], "text": "Here are your files."}
        desk.produce({**told, "attachments": enclosed})
        desk.run()
        states = desk.query("SELECT state, error FROM v1_deliveries")
        assert {(one["state"], one["error"]) for one in states} == {("sent", None)}
    with greenmail.opened(USERS[1]) as box:
        mails = [message_from_bytes(one.obj.as_bytes(), policy=default) for one in box.fetch()]
    (mail,) = [one for one in mails if one.is_multipart()]
    body = mail.get_body()
    assert body is not None
    assert body.get_content().strip() == "Here are your files."
    came = {one.get_filename(): one.get_payload(decode=True) for one in mail.iter_attachments()}
    assert came == files
    kinds = [one.get_content_type() for one in mail.iter_attachments()]
    assert kinds == ["application/octet-stream", "text/plain"]
