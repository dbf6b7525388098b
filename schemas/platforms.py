"""The channels: one table of what they are, from the platforms' own documentation.

A row here is what makes a channel: the word lists, the limits, the command line and the reference
are read from it. Texts beyond a limit are split. Where a platform lets a business write only for
some hours after the customer did, a reply outside is refused before it is tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Markup = Literal["plain", "mrkdwn", "asterisks", "markdown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One channel.

    Attributes:
        characters: Longest text of one message, in UTF-16 units. Platforms say "characters" and
            mean code points or UTF-16 units; the latter are never fewer.
        markup: How emphasis is written.
        window_hours: For how long after the customer's last message free text may be sent.
        buttons: How many buttons a message may have.
        button_text: Longest text of a message with buttons, where that is shorter.
        threads: Whether a reply can name the message that it answers.
        subject: Whether a message has a subject.
        slow: Whether a conversation pauses for hours and still goes on.
        by_phone_number: Whether a customer's phone number is their address.
        called: How customers name it when they speak of it elsewhere; words apart by a space.
    """

    characters: int
    markup: Markup
    window_hours: int | None = None
    buttons: int = 0
    button_text: int | None = None
    threads: bool = False
    subject: bool = False
    slow: bool = False
    by_phone_number: bool = False
    called: str


PLATFORMS: dict[str, Platform] = {
    # Lines are bounded by RFC 5322, the text is not; this keeps a mail readable.
    "email": Platform(
        characters=100_000,
        markup="plain",
        threads=True,
        subject=True,
        slow=True,
        called="email mail emailed",
    ),
    # chat.postMessage truncates above 40,000 and advises 4,000; an actions block takes 25 elements,
    # the section block beside it a text of 3,000.
    "slack": Platform(
        characters=4_000,
        markup="mrkdwn",
        buttons=5,
        button_text=3_000,
        threads=True,
        called="slack",
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
        by_phone_number=True,
        called="whatsapp",
    ),
    # Our own widget: our own policy.
    "chat_widget": Platform(
        characters=8_000,
        markup="markdown",
        buttons=5,
        called="chat widget chatted livechat",
    ),
    # SMS through Twilio: body of 1,600.
    "phone": Platform(
        characters=1_600,
        markup="plain",
        by_phone_number=True,
        called="phone phoned call called",
    ),
    # Direct messages of 10,000.
    "twitter": Platform(characters=10_000, markup="plain", called="twitter tweet tweeted dm"),
    # Send API: text 2,000; standard messaging window 24 h; 13 quick replies beside a plain text
    # (a button template would take 3 buttons and a text of 640).
    "facebook": Platform(
        characters=2_000,
        markup="plain",
        window_hours=24,
        buttons=13,
        called="facebook messenger",
    ),
    # Create Message: content 2,000; an action row takes 5 buttons.
    "discord": Platform(
        characters=2_000, markup="markdown", buttons=5, threads=True, called="discord"
    ),
}
"""By name; a new one is added at the end."""
