"""What the platforms allow, as their own documentation says it."""

from __future__ import annotations

import pytest

from schemas.platforms import PLATFORMS

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
