"""E-mail: who wrote what, what it answers, and what is no message of a person."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from agents.automail import automatic_reason
from streams.channels.email import contact_of
from streams.channels.email_identity import tagged, token
from streams.channels.settings import Email
from streams.errors import Unreadable
from tests.mails import ADDRESS, SETTINGS, bounce, issues, mail

REQUEST = "0123456789abcdef0123456789abcdef"
SECRET = SETTINGS.token_secret or ""


def contact(raw: bytes, mailbox: str = "INBOX") -> dict[str, Any]:
    (one,) = contact_of(raw, mailbox, SETTINGS).inputs
    return one


def written(text: str = "I was charged twice", **headers: str) -> dict[str, Any]:
    return contact(bytes(mail(text, **headers)))


def inert(one: dict[str, Any]) -> str | None:
    """Why the Channel agent leaves a contact alone."""
    return next(iter(issues(one)), None)


def test_a_mail_says_who_wrote_what() -> None:
    one = written()
    assert one["channel"] == "email"
    assert one["handle"] == "ann@example.org"
    assert one["message"] == "I was charged twice"
    assert one["subject"] == "My bill"
    assert one["metadata"]["name"] == "Ann Archer"
    assert one["metadata"]["mailbox"] == "INBOX"
    assert inert(one) is None


def test_subject_and_name_may_be_encoded_words() -> None:
    raw = bytes(mail()).replace(b"Subject: My bill", b"Subject: =?iso-8859-1?Q?R=E9clamation?=")
    one = contact(raw.replace(b"Ann Archer", b"=?utf-8?B?w4RubmU=?="))
    assert one["subject"] == "Réclamation"
    assert one["metadata"]["name"] == "Änne"


def test_a_sender_may_be_one_encoded_word_with_the_address_in_it() -> None:
    raw = bytes(mail()).replace(
        b"Ann Archer <ann@Example.ORG>", b"=?utf-8?Q?=C3=84nne_<anne=40example=2Eorg>?="
    )
    one = contact(raw)
    assert (one["handle"], one["metadata"]["name"]) == ("anne@example.org", "Änne")


def test_what_stands_in_the_subject_alone_is_the_message() -> None:
    one = written("", Subject="Please call me back on 555 0199")
    assert one["message"] == "Please call me back on 555 0199"
    assert inert(one) is None


def test_an_empty_answer_says_nothing() -> None:
    assert written("", Subject="Re: My bill")["message"] == ""


def test_a_file_above_a_quotation_is_not_said_with_our_own_words() -> None:
    message = mail("On Mon, Mar 2, 2026 at 10:00 AM Help <h@x.example> wrote:\n> Send a picture.")
    assert contact(bytes(message))["message"].endswith("> Send a picture.")
    message.add_attachment(b"picture", "image", "png", filename="a.png")
    one = contact(bytes(message))
    assert (one["message"], one["attachments"][0]["name"]) == ("", "a.png")
    assert one["metadata"]["whole"].endswith("> Send a picture.")


def test_headers_may_be_utf_8_as_it_is() -> None:
    raw = bytes(mail()).replace(b"Subject: My bill", "Subject: Réclamation".encode())
    assert contact(raw)["subject"] == "Réclamation"


@pytest.mark.parametrize(
    ("charset", "content"),
    [
        ("iso-8859-1", "caf\xe9".encode("latin-1")),
        ("us-ascii", "café".encode()),
        ("utf-8", "caf\xe9".encode("latin-1")),
        ("no-such-charset", "café".encode()),
        ("hex", "café".encode()),
        ("utf-16", "café".encode()),
        ("", "café".encode()),
    ],
)
def test_a_wrong_charset_loses_no_text(charset: str, content: bytes) -> None:
    kind = f"Content-Type: text/plain; charset={charset}\r\n".encode()
    raw = b"From: ann@example.org\r\n" + kind + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + content
    assert contact(raw)["message"] == "café"


def test_html_alone_is_text() -> None:
    message = mail()
    message.set_content("<p>Hello,<br>it <b>broke</b>.</p><script>x()</script>", subtype="html")
    assert contact(bytes(message))["message"] == "Hello,\nit broke."


def test_of_two_versions_the_plain_one_is_read() -> None:
    message = mail("It broke.")
    message.add_alternative("<p>It <i>broke.</i></p>", subtype="html")
    one = contact(bytes(message))
    assert one["message"] == "It broke."
    assert "versions" not in one["metadata"]


def test_another_version_that_says_more_is_kept() -> None:
    message = mail("See the other version.")
    message.add_alternative("<p>Order 4711 broke.</p>", subtype="html")
    one = contact(bytes(message))
    assert one["metadata"]["versions"] == ["Order 4711 broke."]


def test_a_plain_version_that_says_nothing_is_passed_over() -> None:
    message = mail(" \n")
    message.add_alternative("<p>It broke.</p>", subtype="html")
    assert contact(bytes(message))["message"] == "It broke."


def test_files_are_described() -> None:
    message = mail("See the picture.")
    message.add_attachment(b"PNG...", maintype="image", subtype="png", filename="Größe.png")
    one = contact(bytes(message))
    assert one["message"] == "See the picture."
    assert one["attachments"] == [
        {
            "name": "Größe.png",
            "media_type": "image/png",
            "size": 6,
            "sha256": sha256(b"PNG...").hexdigest(),
        }
    ]


def test_an_invitation_is_a_file_beside_what_it_says() -> None:
    message = mail("Shall we talk?")
    message.add_alternative("BEGIN:VCALENDAR\nEND:VCALENDAR", subtype="calendar")
    one = contact(bytes(message))
    assert one["message"] == "Shall we talk?"
    assert "versions" not in one["metadata"]
    assert [each["media_type"] for each in one["attachments"]] == ["text/calendar"]


@pytest.mark.parametrize("kind", ["calendar", "x-vcard", "csv"])
def test_text_for_programs_alone_is_no_message(kind: str) -> None:
    message = mail()
    message.set_content("BEGIN:SOMETHING", subtype=kind)
    one = contact(bytes(message))
    assert one["message"] == ""
    assert [each["media_type"] for each in one["attachments"]] == [f"text/{kind}"]


@pytest.mark.parametrize("kind", ["multipart/alternative; boundary=B", "multipart/mixed"])
def test_a_mail_that_says_it_has_parts_and_has_none_is_read(kind: str) -> None:
    raw = f"From: ann@example.org\r\nContent-Type: {kind}\r\n\r\nIt broke.\r\n"
    one = contact(raw.encode())
    assert (one["message"], one["attachments"]) == ("It broke.", [])


def test_a_mail_passed_on_as_a_file_is_a_file() -> None:
    message = mail("See below.")
    message.add_attachment(mail("the other one"))
    one = contact(bytes(message))
    assert one["message"] == "See below."
    assert [each["media_type"] for each in one["attachments"]] == ["message/rfc822"]


def test_the_answer_stands_apart_from_what_it_answers() -> None:
    text = "It works now.\n\nOn Mon, 2 Mar 2026 at 10:00, Help wrote:\n> Did it help?\n"
    one = written(text)
    assert one["message"] == "It works now."
    assert "Did it help?" in one["metadata"]["whole"]


OUTPUT, BARE = "It says:\n> ERR! 42\nWhy?", "It says:\nWhy?"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, OUTPUT),
        ({"Subject": "[shop] My bill"}, OUTPUT),
        ({"Subject": "RES: My bill"}, BARE),
        ({"Subject": "[shop] 回复：My bill"}, BARE),
        ({"In-Reply-To": "<zero@example.org>"}, BARE),
        ({"References": "<zero@example.org>"}, BARE),
    ],
)
def test_a_mail_that_answers_nothing_loses_no_marked_line(
    headers: dict[str, str], message: str
) -> None:
    one = written(OUTPUT, **headers)
    assert one["message"] == message
    assert one["metadata"].get("whole", message) == OUTPUT


def test_what_is_passed_on_is_the_message() -> None:
    text = "Please see.\n\nFrom: Bo\nSent: Monday\nTo: Ann\nSubject: Hi\n\nIt broke."
    assert "It broke." in written(text, Subject="Fwd: Hi")["message"]


def test_the_same_mail_in_two_mailboxes_is_one() -> None:
    raw = bytes(mail())
    first = contact(b"Delivered-To: a@desk.example\r\nReceived: from x\r\n" + raw, "a")
    second = contact(b"Delivered-To: b@desk.example\r\n" + raw.replace(b"\r\n", b"\n"), "b")
    same = ("provider_id", "message", "subject", "thread", "attachments")
    assert [first[name] for name in same] == [second[name] for name in same]


def test_two_mails_with_one_message_id_are_two() -> None:
    assert written()["provider_id"] != written("Something else")["provider_id"]
    assert written()["thread"] != written("Something", Subject="A new order")["thread"]


def test_mails_without_a_message_id_are_known_by_what_they_say() -> None:
    one, again, other = (written(text, Message_ID="") for text in ("one", "one", "other"))
    assert one["provider_id"] == again["provider_id"] != other["provider_id"]
    assert "thread" not in one


def test_an_answer_to_the_tagged_address_names_the_message_of_ours() -> None:
    one = written(To=tagged(ADDRESS, token(REQUEST, SECRET)))
    assert one["in_reply_to"] == REQUEST


def test_servers_may_change_the_letter_case_of_a_tag() -> None:
    one = written(To=tagged(ADDRESS, token(REQUEST, SECRET)).upper())
    assert one["in_reply_to"] == REQUEST


def test_a_tag_that_we_did_not_sign_means_nothing() -> None:
    one = written(To=tagged(ADDRESS, token(REQUEST, "another secret")))
    assert "in_reply_to" not in one


def test_a_request_may_have_any_id() -> None:
    one = written(To=tagged(ADDRESS, token("Ünlike/ours", SECRET)))
    assert one["in_reply_to"] == "Ünlike/ours"


@pytest.mark.parametrize("name", ["In_Reply_To", "References"])
def test_an_answer_that_refers_to_a_message_of_ours_names_it(name: str) -> None:
    ours = f"<{token(REQUEST, SECRET)}@desk.example>"
    assert written(**{name: f"<x@y.example> {ours}"})["in_reply_to"] == REQUEST


def test_a_mail_that_goes_on_from_their_own_is_in_its_thread() -> None:
    first = written()
    more = written(
        "One more thing",
        Subject="Re: My bill",
        Message_ID="<two@example.org>",
        In_Reply_To="<one@example.org>",
        References="<one@example.org>",
    )
    assert more["thread"] == more["in_reply_to"] == first["thread"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"X_Autoreply": "yes"}, "auto_reply"),
        ({"Precedence": "bulk"}, "bulk"),
        ({"List_Id": "<news.example.org>"}, "bulk"),
        ({"Return_Path": "<>"}, "bounce"),
        ({"From": "no-reply@example.org"}, "no_reply"),
        ({"From": "no-reply@example.org", "Reply_To": "noreply@example.org"}, "no_reply"),
        ({"From": "no-reply@example.org", "Reply_To": "help+x@desk.example"}, "no_reply"),
        ({"From": "no-reply@a.example", "Reply_To": "ann@b.example", "List_Id": "<n.x>"}, "bulk"),
        ({"X_Pactdesk": REQUEST}, "loop"),
        ({"From": ADDRESS}, "loop"),
        ({"From": "help+tag@desk.example"}, "loop"),
        ({"Message_ID": f"<{token(REQUEST, SECRET)}@desk.example>"}, "loop"),
    ],
)
def test_what_no_person_wrote_is_a_contact_that_is_left_alone(
    headers: dict[str, str], reason: str
) -> None:
    assert inert(written(**headers)) == reason


@pytest.mark.parametrize(
    "sender",
    [
        "Shop <noreply@shop.example>",
        "WordPress <wordpress@shop.example>",
        f"Our site <{ADDRESS}>",
        "Our site <site@desk.example>",
    ],
)
def test_a_form_on_a_page_writes_for_whom_it_asks_to_answer(sender: str) -> None:
    contact = written(From=sender, Reply_To="Ann Lee <ann@example.org>")
    assert contact["handle"] == "ann@example.org"
    assert contact["metadata"]["name"] == "Ann Lee"
    assert inert(contact) is None


@pytest.mark.parametrize(
    ("sender", "answered"),
    [
        ("ann@example.org", "assistant@example.org"),
        ("bo@desk.example", "cy@desk.example"),
        ("bo@desk.example", ADDRESS),
        ("wordpress@shop.example", ""),
    ],
)
def test_a_person_who_wants_answers_elsewhere_is_who_wrote(sender: str, answered: str) -> None:
    contact = written(From=sender, Reply_To=answered)
    assert contact["handle"] == sender


def test_a_mail_of_ours_is_no_form_s() -> None:
    assert inert(written(From=ADDRESS, Reply_To=tagged(ADDRESS, "x"))) == "loop"
    marked = written(From=ADDRESS, Reply_To="ann@example.org", X_Pactdesk=REQUEST)
    assert inert(marked) == "loop"


def test_a_bounce_is_a_contact_that_is_left_alone_and_a_failed_delivery() -> None:
    heard = contact_of(bounce(f"{token(REQUEST, SECRET)}@desk.example"), "INBOX", SETTINGS)
    assert inert(heard.inputs[0]) == "bounce"
    (receipt,) = heard.receipts
    assert receipt.state == "failed"
    assert receipt.request_id == REQUEST
    assert receipt.error == "smtp; 550 5.1.1 User unknown"


def test_a_delay_is_no_failure() -> None:
    heard = contact_of(bounce("any@desk.example", "delayed"), "INBOX", SETTINGS)
    assert heard.receipts == []


def test_what_our_own_server_says_of_the_sender_is_kept() -> None:
    result = "mx.desk.example; dmarc=pass header.from=example.org"
    one = written(Authentication_Results=result)
    assert one["metadata"]["authentication"] == result


@pytest.mark.parametrize("server", ["mx.example.org", "desk.example.org", "evildesk.example"])
def test_what_another_server_says_of_the_sender_is_nothing(server: str) -> None:
    one = written(Authentication_Results=f"{server}; dmarc=pass")
    assert "authentication" not in one["metadata"]
    assert "authentication-results" not in one["metadata"]["headers"]


def test_what_stands_below_another_server_s_word_is_nothing() -> None:
    above = b"Authentication-Results: mx.example.org; dmarc=fail\r\n"
    below = b"Authentication-Results: mx.desk.example; dmarc=pass\r\n"
    assert "authentication" not in contact(above + below + bytes(mail()))["metadata"]


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n\r\nhello", b"Subject: x\r\n\r\nhello", b"From: \r\n\r\n"]
)
def test_a_mail_from_nobody_cannot_be_read(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="who sent it"):
        contact_of(raw, "INBOX", SETTINGS)


def test_more_text_than_a_line_holds_cannot_be_read() -> None:
    with pytest.raises(Unreadable, match="more text"):
        written("word " * 300_000)


def test_the_subject_of_an_automatic_mail_counts() -> None:
    assert automatic_reason({}, written(Subject="Out of office: Ann")["subject"], None)


def test_without_the_settings_of_the_channel_no_mail_is_read() -> None:
    with pytest.raises(Unreadable, match="off"):
        contact_of(bytes(mail()), "INBOX", Email())
