"""What the platforms allow: one table, from the platforms' own documentation.

Texts beyond a limit are split. Where a platform lets a business write only for some hours after
the customer did, a reply outside is refused before it is tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Markup = Literal["plain", "mrkdwn", "asterisks", "markdown"]


@dataclass(frozen=True, slots=True)
class Platform:
    """One channel's limits.

    Attributes:
        characters: Longest text of one message, in UTF-16 units. Platforms say "characters" and
            mean code points or UTF-16 units; the latter are never fewer.
        markup: How emphasis is written.
        window_hours: For how long after the customer's last message free text may be sent.
        buttons: How many buttons a message may have.
        button_text: Longest text of a message with buttons, where that is shorter.
        threads: Whether a reply can name the message that it answers.
        subject: Whether a message has a subject.
    """

    characters: int
    markup: Markup
    window_hours: int | None = None
    buttons: int = 0
    button_text: int | None = None
    threads: bool = False
    subject: bool = False


PLATFORMS: dict[str, Platform] = {
    # Lines are bounded by RFC 5322, the text is not; this keeps a mail readable.
    "email": Platform(characters=100_000, markup="plain", threads=True, subject=True),
    # chat.postMessage truncates above 40,000 and advises 4,000; an actions block takes 25 elements,
    # the section block beside it a text of 3,000.
    "slack": Platform(
        characters=4_000, markup="mrkdwn", buttons=5, button_text=3_000, threads=True
    ),
    # Cloud API: text 4,096; customer-service window 24 h; interactive messages take 3 buttons and
    # a body of 1,024.
    "whatsapp": Platform(
        characters=4_096,
        markup="asterisks",
        window_hours=24,
        buttons=3,
        button_text=1_024,
        threads=True,
    ),
    # Our own widget: our own policy.
    "chat_widget": Platform(characters=8_000, markup="markdown", buttons=5),
    # SMS through Twilio: body of 1,600.
    "phone": Platform(characters=1_600, markup="plain"),
    # Direct messages of 10,000.
    "twitter": Platform(characters=10_000, markup="plain"),
    # Send API: text 2,000; standard messaging window 24 h; 13 quick replies beside a plain text
    # (a button template would take 3 buttons and a text of 640).
    "facebook": Platform(characters=2_000, markup="plain", window_hours=24, buttons=13),
    # Create Message: content 2,000; an action row takes 5 buttons.
    "discord": Platform(characters=2_000, markup="markdown", buttons=5, threads=True),
}
