"""What the platforms allow, as their own documentation says it."""

from __future__ import annotations

from typing import Literal

import pytest

from schemas.platforms import PLATFORMS, Rate

DOCUMENTED = {
    "email": (100_000, "plain", None, 0, None, True, True),
    "slack": (4_000, "mrkdwn", None, 5, 3_000, True, False),
    "whatsapp": (4_096, "asterisks", 24, 3, 1_024, True, False),
    "chat_widget": (8_000, "markdown", None, 5, None, False, False),
    "phone": (1_600, "plain", None, 0, None, False, False),
    "twitter": (10_000, "plain", None, 0, None, False, False),
    "facebook": (2_000, "plain", 24, 13, None, False, False),
    "discord": (2_000, "markdown", None, 5, None, True, False),
}
"""Characters, markup, hours to answer in, buttons, text beside buttons, threads, subjects."""


@pytest.mark.parametrize("channel", sorted(PLATFORMS))
def test_a_platform_is_asked_for_no_more_than_it_takes(channel: str) -> None:
    one = PLATFORMS[channel]
    assert DOCUMENTED[channel] == (
        one.characters, one.markup, one.window_hours, one.buttons, one.button_text,
        one.threads, one.subject,
    )  # fmt: skip


def test_what_goes_later_than_the_window_is_the_platforms_own() -> None:
    """Only Messenger knows a person's word, only WhatsApp templates, only SMS the word STOP."""
    later = {n: one.person_hours for n, one in PLATFORMS.items() if one.person_hours}
    assert later == {"facebook": 7 * 24}
    blanks = {n: one.template_characters for n, one in PLATFORMS.items() if one.template_characters}
    assert blanks == {"whatsapp": 1_024}
    assert [name for name, one in PLATFORMS.items() if one.stops] == ["phone"]


RATES: dict[str, tuple[tuple[int, int, int | None, Literal["account", "conversation"]], ...]] = {
    "email": (),
    "slack": ((1, 1, None, "conversation"),),
    "whatsapp": ((80, 1, None, "account"), (1, 6, 45, "conversation")),
    "chat_widget": (),
    "phone": ((1, 1, None, "account"),),
    "twitter": ((15, 15 * 60, None, "account"), (1_440, 24 * 60 * 60, None, "account")),
    "facebook": ((300, 1, None, "account"),),
    "discord": ((50, 1, None, "account"),),
}
"""How many messages in how many seconds, the burst before that holds, and what is counted."""


@pytest.mark.parametrize("channel", sorted(PLATFORMS))
def test_a_platform_is_sent_to_no_faster_than_it_takes(channel: str) -> None:
    assert PLATFORMS[channel].rates == tuple(Rate(*one) for one in RATES[channel])


@pytest.mark.parametrize("channel", sorted(PLATFORMS))
def test_a_rate_lets_something_through_and_its_burst_is_more_than_it_gives_at_once(
    channel: str,
) -> None:
    for rate in PLATFORMS[channel].rates:
        assert rate.many > 0
        assert rate.seconds > 0
        assert rate.burst is None or rate.burst > rate.many


MIB = 2**20

FILES = {
    "email": (10, 18 * MIB, 18 * MIB),
    "chat_widget": (10, 25 * MIB, 250 * MIB),
    "discord": (10, 10 * MIB, 24 * MIB),
}
"""How many files one message has at most, bytes of the largest, and of all of them together."""


@pytest.mark.parametrize("channel", sorted(PLATFORMS))
def test_a_message_has_no_more_files_than_its_platform_takes(channel: str) -> None:
    files = PLATFORMS[channel].files
    taken = None if files is None else (files.many, files.largest, files.together)
    assert taken == FILES.get(channel)


def test_only_mail_waits_for_hours_and_only_phones_are_reached_by_their_number() -> None:
    assert [name for name, one in PLATFORMS.items() if one.slow] == ["email"]
    assert [name for name, one in PLATFORMS.items() if one.by_phone_number] == ["whatsapp", "phone"]
