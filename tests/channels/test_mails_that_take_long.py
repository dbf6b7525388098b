"""No mail keeps the others waiting, however it is made: a stranger's mail is read in a moment."""

from __future__ import annotations

from time import process_time

import pytest

from streams.channels.email import contact_of
from streams.channels.email_mime import DEEPEST, LONGEST_HEADER, headers, parsed
from streams.channels.email_text import of_html
from streams.channels.settings import Email
from streams.errors import Unreadable

SETTINGS = Email(
    imap_url="imaps://mail.example", address="help@desk.example", token_secret="x" * 32
)

SECONDS = 10.0
"""Far more than any of these takes; without bounds each took minutes, or hours."""

LENGTH = 400_000

HEAD = "From: a@b.example\r\nTo: help@desk.example\r\nSubject: Hello\r\n"


def read_in_time(mail: str) -> str:
    began = process_time()
    (contact,) = contact_of(mail.encode(), "INBOX", SETTINGS).inputs
    assert process_time() - began < SECONDS
    return str(contact["message"])


@pytest.mark.parametrize(
    "piece",
    ["<a ", '<a href="', "<a b='", "<a\n", "<a =", "<!--", "<!--a>", "</", "<?", "<", "<b>a"],
)
def test_html_with_tags_that_never_end_is_read_in_a_moment(piece: str) -> None:
    html = f"<p>It broke.</p>{piece * (LENGTH // len(piece))}"
    said = read_in_time(f"{HEAD}Content-Type: text/html\r\n\r\n{html}")
    assert said.startswith("It broke.")


def test_html_whose_quotes_hide_the_ends_of_its_tags_is_read_in_a_moment() -> None:
    html = "é" + '=/"<a b="x>b=' * (LENGTH // 13) + "\n"
    read_in_time(f"{HEAD}Content-Type: text/html\r\n\r\n{html}")


def test_many_quotations_in_each_other_are_read_in_a_moment() -> None:
    said = read_in_time(
        f"{HEAD}In-Reply-To: <1@b.example>\r\nContent-Type: text/html\r\n\r\n"
        f"No.{'<blockquote>a' * (LENGTH // 13)}"
    )
    assert said == "No."


def test_a_link_that_ends_again_and_again_is_read_in_a_moment() -> None:
    words, ends = "a<b>" * (LENGTH // 8), "</a>" * (LENGTH // 8)
    html = f'<a href="https://x.example">{words}{ends}'
    assert read_in_time(f"{HEAD}Content-Type: text/html\r\n\r\n{html}").endswith("x.example)")


def test_a_tag_without_an_end_hides_nothing_that_stands_behind_it() -> None:
    assert of_html('<p>One</p><a href="x>two</a><p>three</p><p>four') == (
        'One\n\n<a href="x>two\nthree\n\nfour'
    )
    assert of_html("<p>It is <b") == "It is <b"
    assert of_html("<p>Q&amp;A, R&D") == "Q&A, R&D"
    assert of_html("a" + "<a b='>c" * 41 + " word").endswith("word")


@pytest.mark.parametrize("field", ["Content-Type: text/plain", "Content-Disposition: inline"])
@pytest.mark.parametrize("piece", [";", ";a=b", ":;"])
def test_a_part_that_says_endlessly_what_it_is_is_read_in_a_moment(field: str, piece: str) -> None:
    part = f"{field}{piece * (LENGTH // len(piece))}\r\n\r\nIt broke.\r\n"
    said = read_in_time(
        f"{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{part}--b--\r\n"
    )
    assert "It broke." in said


@pytest.mark.parametrize("piece", ["@", "a,", "<a@b.example>,", ";"])
@pytest.mark.parametrize("length", [LENGTH, 900])
def test_whoever_is_written_to_is_read_in_a_moment(piece: str, length: int) -> None:
    field = f"Cc: {piece * (length // len(piece))}\r\n"
    assert read_in_time(f"{HEAD}{field * (LENGTH // length)}\r\nIt broke.") == "It broke."


def test_so_much_is_read_of_all_headers_of_one_name() -> None:
    to = ", ".join(f"somebody{number}@elsewhere.example" for number in range(1000))
    assert headers(parsed(f"To: {to}\n\n".encode())) == {"to": [to]}
    long = headers(parsed(("To: " + "a" * 40_000 + "\n").encode() * 3 + b"\nhi"))
    assert sum(map(len, long["to"])) < LONGEST_HEADER
    assert len(long["to"]) == 2


def nested(levels: int, kind: str = "multipart/mixed", lines: int = 1) -> str:
    begins = [f"Content-Type: {kind}; boundary=b{level}\r\n\r\n" for level in range(levels)]
    if kind.startswith("multipart/"):
        begins = [f"{begin}--b{level}\r\n" for level, begin in enumerate(begins)]
    begun = "".join(begins)
    text = "It broke.\r\n" * lines
    return f"{HEAD}{begun}Content-Type: text/plain\r\n\r\n{text}"


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/alternative", "message/rfc822"])
@pytest.mark.parametrize("levels", [DEEPEST + 1, 5000])
def test_parts_within_parts_without_end_are_said_to_be_too_deep(kind: str, levels: int) -> None:
    with pytest.raises(Unreadable, match=f"nested deeper than {DEEPEST} levels"):
        contact_of(nested(levels, kind).encode(), "INBOX", SETTINGS)


def test_parts_as_deep_as_is_allowed_are_read_in_a_moment() -> None:
    said = read_in_time(nested(DEEPEST, lines=LENGTH // 10))
    assert said.startswith("It broke.\nIt broke.")


@pytest.mark.parametrize("field", ["To", "Cc", "Reply-To"])
@pytest.mark.parametrize("piece", ["(", "a:", "(a <b@c.example>"])
def test_whoever_is_named_in_brackets_without_end_keeps_no_mail_from_being_read(
    field: str, piece: str
) -> None:
    people = piece * (60_000 // len(piece))
    assert read_in_time(f"{field}: {people}\r\n{HEAD}\r\nIt broke.") == "It broke."


def test_a_sender_in_brackets_without_end_is_none() -> None:
    mail = f"From: {'(' * 30_000}{')' * 30_000} <a@b.example>\r\n\r\nIt broke."
    with pytest.raises(Unreadable, match="does not say who sent it"):
        contact_of(mail.encode(), "INBOX", SETTINGS)


@pytest.mark.parametrize("named", ["punycode", "idna", "Unicode-Escape", "raw_unicode_escape"])
def test_a_codec_that_is_no_charset_reads_no_mail(named: str) -> None:
    text = "It broke-" + "9" * LENGTH
    said = read_in_time(f'{HEAD}Content-Type: text/plain; charset="{named}"\r\n\r\n{text}')
    assert said == text


def test_a_letter_by_a_number_without_end_is_none() -> None:
    for digits in ("9" * LENGTH, "0" * LENGTH + "65"):
        html = f"<p title='&#{digits};'>It&#39;s &#{digits}; broken.</p>&#{digits}"
        said = read_in_time(f"{HEAD}Content-Type: text/html\r\n\r\n{html}")
        assert said.startswith("It's ")
        assert "broken." in said
