"""Mail fetched from a real server: every mail is one contact, whatever breaks on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.events.contacts import ReplyFailed
from streams.channels.email_identity import token
from streams.channels.imap import Place, places
from streams.embedded.database import Database
from streams.errors import Misconfigured
from streams.files.store import Files
from streams.redrive import redrive
from tests.fileservers import PNG
from tests.gateways import ticket_of, worker
from tests.mailboxes import SECRET, contacts, fetching, numbered, records, told
from tests.mails import ADDRESS, bounce, mail
from tests.real import until
from tests.real.greenmail import USERS, GreenMail
from tests.real.proxy import Proxy
from tests.stores import a_desk


def test_a_mail_is_a_ticket(tmp_path: Path, greenmail: GreenMail) -> None:
    with fetching(tmp_path, greenmail.url()) as client, worker(tmp_path):
        greenmail.send(bytes(mail()))
        rows: Any = until(lambda: client.get("/api/v1/tickets").json["items"], 90, "a ticket")
    assert [row["channel"] for row in rows] == ["email"]
    (contact,) = contacts(tmp_path)
    assert contact.handle == "ann@example.org"
    assert contact.message == "I was charged twice"


def test_what_lies_there_already_is_fetched(tmp_path: Path, greenmail: GreenMail) -> None:
    greenmail.send(bytes(mail()))
    with fetching(tmp_path, greenmail.url()):
        told(tmp_path, "I was charged twice")


def test_no_mail_is_marked_as_seen(tmp_path: Path, greenmail: GreenMail) -> None:
    with fetching(tmp_path, greenmail.url()):
        greenmail.send(bytes(mail()))
        told(tmp_path, "I was charged twice")
    with greenmail.opened() as box:
        assert [one.flags for one in box.fetch(mark_seen=False)] in ([()], [("\\Recent",)])


def test_a_mail_that_somebody_has_read_is_fetched(tmp_path: Path, greenmail: GreenMail) -> None:
    greenmail.send(bytes(mail()))
    with greenmail.opened() as box:
        assert len([*box.fetch(mark_seen=True)]) == 1
    with fetching(tmp_path, greenmail.url()):
        told(tmp_path, "I was charged twice")


def test_the_same_mail_twice_is_one_contact(tmp_path: Path, greenmail: GreenMail) -> None:
    with fetching(tmp_path, greenmail.url()):
        for raw in (bytes(mail()), bytes(mail()), numbered(1)):
            greenmail.send(raw)
        told(tmp_path, "I was charged twice", "mail 1")


def test_one_mail_to_two_mailboxes_is_one_contact(tmp_path: Path, greenmail: GreenMail) -> None:
    both = ",".join(greenmail.url(user) for user in USERS)
    with fetching(tmp_path, both):
        greenmail.send(bytes(mail()), *USERS)
        for number, user in enumerate(USERS):
            greenmail.send(numbered(number), user)
        told(tmp_path, "I was charged twice", "mail 0", "mail 1")


def test_mails_without_message_ids_or_with_one_twice_are_all_kept(
    tmp_path: Path, greenmail: GreenMail
) -> None:
    with fetching(tmp_path, greenmail.url()):
        for text in ("a", "b"):
            greenmail.send(bytes(mail(text, Message_ID="")))
            greenmail.send(bytes(mail(f"{text} again")))
        told(tmp_path, "a", "b", "a again", "b again")


def test_a_mail_that_cannot_be_read_is_kept_and_holds_nothing_up(
    tmp_path: Path, greenmail: GreenMail
) -> None:
    nobody = b"Subject: from nobody\r\n\r\nhello\r\n"
    with fetching(tmp_path, greenmail.url()):
        greenmail.send(nobody)
        greenmail.send(numbered(1))
        told(tmp_path, "mail 1")
    with a_desk(tmp_path) as desk:
        (letter,) = desk.letters()
        assert letter.handler == "channels/email"
        assert letter.value.endswith(nobody.rstrip())
        assert letter.origin.startswith("channels/email/imap://help%40desk.example@127.0.0.1/INBOX")


def test_a_cut_connection_loses_nothing(tmp_path: Path, greenmail: GreenMail) -> None:
    with Proxy(greenmail.imap_port) as proxy, fetching(tmp_path, greenmail.url(port=proxy.port)):
        greenmail.send(numbered(1))
        told(tmp_path, "mail 1")
        proxy.cut()
        greenmail.send(numbered(2))
        proxy.heal()
        told(tmp_path, "mail 1", "mail 2")
        greenmail.send(numbered(3))
        told(tmp_path, "mail 1", "mail 2", "mail 3")


def test_a_restart_in_the_middle_loses_nothing(tmp_path: Path, greenmail: GreenMail) -> None:
    count = 30
    with fetching(tmp_path, greenmail.url()):
        for number in range(count):
            greenmail.send(numbered(number))
        until(lambda: contacts(tmp_path), 90, "the first mail")
    with fetching(tmp_path, greenmail.url()):
        told(tmp_path, *(f"mail {number}" for number in range(count)))


def test_a_restart_fetches_no_mail_again(tmp_path: Path, greenmail: GreenMail) -> None:
    with fetching(tmp_path, greenmail.url()):
        greenmail.send(numbered(1))
        told(tmp_path, "mail 1")
    name = f"mailbox.{places(greenmail.url())[0].name}"
    with a_desk(tmp_path) as desk:
        kept = desk.database.meta(name)
        assert kept is not None
    with fetching(tmp_path, greenmail.url()):
        greenmail.send(numbered(2))
        told(tmp_path, "mail 1", "mail 2")
    with a_desk(tmp_path) as desk:
        assert desk.database.meta(name) != kept


def test_new_numbers_of_the_server_lose_nothing(tmp_path: Path, greenmail: GreenMail) -> None:
    with fetching(tmp_path, greenmail.url()):
        for number in (1, 2):
            greenmail.send(numbered(number))
        told(tmp_path, "mail 1", "mail 2")
        greenmail.restart()  # it forgets all, and counts from 1 under another UIDVALIDITY
        greenmail.send(numbered(2))
        greenmail.send(numbered(3))
        told(tmp_path, "mail 1", "mail 2", "mail 3")


def test_mail_is_not_behind_before_it_is_durable(
    tmp_path: Path, greenmail: GreenMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_meta, durable = Database.set_meta, []

    def noted(database: Database, name: str, value: str) -> None:
        if name.startswith("mailbox."):
            durable.append(len(contacts(tmp_path)))
        set_meta(database, name, value)

    monkeypatch.setattr(Database, "set_meta", noted)
    with fetching(tmp_path, greenmail.url()):
        greenmail.send(numbered(1))
        until(lambda: len(durable) > 1, 90, "the mail is behind us")
    assert durable[:2] == [0, 1]


def test_a_reply_that_did_not_arrive_has_failed(tmp_path: Path, greenmail: GreenMail) -> None:
    with fetching(tmp_path, greenmail.url()) as client, worker(tmp_path):
        ticket = ticket_of(client)
        client.post(f"/api/v1/tickets/{ticket}/replies", {"text": "We looked.", "by": "bo"})
        sent: Any = until(lambda: client.get("/api/v1/deliveries").json["items"], 90, "a reply")
        request_id = sent[0]["request_id"]
        greenmail.send(bounce(f"{token(request_id, SECRET)}@desk.example"))
        failed = until(
            lambda: [e for r in records(tmp_path) if isinstance(e := r.event, ReplyFailed)],
            90,
            "the failure is recorded",
        )
    assert [one.request_id for one in failed] == [request_id]
    assert failed[0].error == "smtp; 550 5.1.1 User unknown"


def test_the_addresses_of_mailboxes() -> None:
    (first, second) = places("imaps://a%40b.c:p%2Cq@mx.b.c/INBOX/Help, imap://u:p@127.0.0.1:1143")
    assert first == Place("imaps", "a@b.c", "p,q", "mx.b.c", 993, "INBOX/Help")
    assert first.name == "imap://a%40b.c@mx.b.c/INBOX/Help"
    assert second == Place("imap", "u", "p", "127.0.0.1", 1143, "INBOX")


@pytest.mark.parametrize(
    "url",
    ["mx.b.c", "pop://u:p@mx.b.c", "imaps://u@mx.b.c", "imaps://u:p@", "imaps://u:p@h:x"],
)
def test_what_is_no_address_of_a_mailbox_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        places(url)


def test_no_password_goes_over_the_net_in_clear() -> None:
    with pytest.raises(Misconfigured, match="in clear"):
        places("imap://u:p@mx.b.c/INBOX")


def test_a_letter_that_can_be_read_now_is_a_contact(
    tmp_path: Path, greenmail: GreenMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched, fetching(tmp_path, greenmail.url()):
        patched.setattr("streams.channels.email_taken.contact_of", broken)
        greenmail.send(bytes(mail()))
        until(lambda: letters(tmp_path), 90, "the letter")
    monkeypatch.setenv("PACTDESK_CHANNELS__EMAIL__ADDRESS", ADDRESS)
    monkeypatch.setenv("PACTDESK_CHANNELS__EMAIL__TOKEN_SECRET", SECRET)
    monkeypatch.setenv("PACTDESK_CHANNELS__EMAIL__IMAP_URL", greenmail.url())
    with a_desk(tmp_path) as desk:
        assert [one["status"] for one in redrive(desk, None)] == ["accepted"]
    told(tmp_path, "I was charged twice")


def letters(data: Path) -> list[Any]:
    with a_desk(data) as desk:
        return desk.letters()


def _with_files() -> bytes:
    message = mail("see these")
    message.add_attachment(PNG, maintype="application", subtype="zip", filename="photo.png")
    message.add_attachment(
        b"MZ\x90\0" + bytes(99), maintype="image", subtype="png", filename="a.png"
    )
    return bytes(message)


FILES = "SELECT name, state, media_type, size, error FROM v1_attachments ORDER BY place"


def test_the_files_of_a_mail_are_kept_as_it_comes(tmp_path: Path, greenmail: GreenMail) -> None:
    with fetching(tmp_path, greenmail.url()) as client, worker(tmp_path), a_desk(tmp_path) as desk:
        greenmail.send(_with_files())
        states = ["stored", "refused"]
        until(lambda: [one["state"] for one in desk.query(FILES)] == states, 90, "two files")
        kept, refused = desk.query(FILES)
        assert (kept["name"], kept["media_type"], kept["size"]) == (
            "photo.png",
            "image/png",
            len(PNG),
        )
        assert (refused["name"], refused["error"]) == (
            "a.png",
            "application/x-dosexec is one of attachments.refused_types",
        )
        (one,) = client.get("/api/v1/attachments?state=stored").json["items"]
        assert client.get(f"/api/v1/attachments/{one['attachment_id']}").body == PNG


def test_a_mail_that_comes_again_tells_nothing_new_of_its_files(
    tmp_path: Path, greenmail: GreenMail
) -> None:
    raw = _with_files()
    for _ in range(2):
        greenmail.send(raw)
    with fetching(tmp_path, greenmail.url()):
        greenmail.send(bytes(mail("last", Message_ID="<last@example.org>")))
        told(tmp_path, "see these", "last")
    kinds = [one.type for one in records(tmp_path) if one.type.startswith("Attachment")]
    assert sorted(kinds) == ["AttachmentRefused", "AttachmentStored"]


def test_a_mail_whose_files_cannot_be_kept_is_fetched_again(
    tmp_path: Path, greenmail: GreenMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, tries = Files.put, [0]

    def full(files: Files, content: bytes) -> object:
        tries[0] += 1
        if tries[0] == 1:
            raise OSError(28, "the disk is full")
        return put(files, content)

    monkeypatch.setattr(Files, "put", full)
    greenmail.send(_with_files())
    with fetching(tmp_path, greenmail.url()):
        told(tmp_path, "see these")
    assert tries == [2]
