"""Mails whose lines were broken by the program that sent them, not by who wrote them."""

from __future__ import annotations

import pytest

from streams.channels.email import contact_of
from streams.channels.email_flowed import unflowed
from tests.mails import SETTINGS


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("I was \ncharged \ntwice.\nHelp!", "I was charged twice.\nHelp!"),
        ("one \n\ntwo", "one \n\ntwo"),
        ("> did it \n> help?\nNo, it \ndid not.", "> did it help?\nNo, it did not."),
        ("> you said \n>> that it \n> works", "> you said \n>> that it \n> works"),
        (" From me\n >this is mine", "From me\n>this is mine"),
        ("Bye \n-- \nAnn", "Bye \n-- \nAnn"),
        ("no end ", "no end "),
        ("", ""),
    ],
)
def test_a_line_that_ends_in_a_space_goes_on(sent: str, written: str) -> None:
    assert unflowed(sent, added=False) == written


def test_a_space_that_was_added_goes_with_the_line_end() -> None:
    assert unflowed("注文が \n届きま \nせん。", added=True) == "注文が届きません。"
    assert unflowed("I was  \ncharged", added=True) == "I was charged"


def contact(kind: str, text: str) -> dict[str, object]:
    raw = f"From: ann@example.org\r\nContent-Type: {kind}\r\n\r\n{text}".replace("\n", "\r\n")
    (one,) = contact_of(raw.replace("\r\r", "\r").encode(), "INBOX", SETTINGS).inputs
    return one


def test_a_mail_says_itself_whether_its_lines_go_on() -> None:
    text = "I was \ncharged \ntwice."
    flowed = 'text/plain; charset=utf-8; format="Flowed"; delsp=no'
    assert contact(flowed, text)["message"] == "I was charged twice."
    assert contact("text/plain; charset=utf-8", text)["message"] == "I was\ncharged\ntwice."


def test_what_a_flowed_mail_answers_is_told_apart_however_it_was_broken() -> None:
    text = (
        "It works.\n\nOn Mon, 2 Mar 2026 at 10:00 the Help Desk of the Shop \n"
        "<help@desk.example> \nwrote:\n> Did it \n> help?\n"
    )
    assert contact("text/plain; format=flowed", text)["message"] == "It works."
