"""The channels: one table of what they are, from the platforms' own documentation.

A row here is what makes a channel: the word lists, the limits, the command line and the reference
are read from it. Texts beyond a limit are split. Where a platform lets a business write only for
some hours after the customer did, a reply outside is refused before it is tried. How many messages
a platform takes in how much time is data as well: whoever sends them keeps to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Markup = Literal["plain", "mrkdwn", "asterisks", "markdown"]

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rate:
    """So many messages in so much time, and no more.

    Attributes:
        many: How many messages.
        seconds: In how many seconds, wherever they begin.
        burst: How many may go at once before the rate holds; they are paid back by waiting. None
            where the platform grants no more than the rate itself.
        per: What is counted together: all that one account sends (a phone number, a page, a user,
            an application), or what it sends into one conversation.
    """

    many: int
    seconds: int
    burst: int | None = None
    per: Literal["account", "conversation"] = "account"


@dataclass(frozen=True, slots=True)
class Enclosing:
    """Which files a message may have beside its text; one that does not fit goes as a link.

    Attributes:
        many: How many.
        largest: Bytes that one of them may have.
        together: Bytes that all of them may have.
    """

    many: int
    largest: int
    together: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One channel.

    Attributes:
        characters: Longest text of one message, in UTF-16 units. Platforms say "characters" and
            mean code points or UTF-16 units; the latter are never fewer.
        markup: How emphasis is written.
        window_hours: For how long after the customer's last message free text may be sent.
        person_hours: For how long after it what a person wrote may be, where that is longer.
        template_characters: Longest text that a template takes, where there are templates: they may
            be sent at any time.
        stops: Whether a customer ends messages to their address by a word, such as STOP.
        buttons: How many buttons a message may have.
        button_text: Longest text of a message with buttons, where that is shorter.
        threads: Whether a reply can name the message that it answers.
        subject: Whether a message has a subject.
        slow: Whether a conversation pauses for hours and still goes on.
        by_phone_number: Whether a customer's phone number is their address.
        files: The files that one message may have; None where each would be a message of its own,
            or must lie where everybody can get it.
        rates: How fast it takes messages; all of them hold. Empty where none is documented.
        called: How customers name it when they speak of it elsewhere; words apart by a space.
    """

    characters: int
    markup: Markup
    window_hours: int | None = None
    person_hours: int | None = None
    template_characters: int | None = None
    stops: bool = False
    buttons: int = 0
    button_text: int | None = None
    threads: bool = False
    subject: bool = False
    slow: bool = False
    by_phone_number: bool = False
    files: Enclosing | None = None
    rates: tuple[Rate, ...] = ()
    called: str


PLATFORMS: dict[str, Platform] = {
    # Lines are bounded by RFC 5322, the text is not; this keeps a mail readable. No rate: a relay
    # has its own, and says so when it is reached. Relays take mails of 25 MB as a rule, and base64
    # makes three bytes into four.
    "email": Platform(
        characters=100_000,
        markup="plain",
        threads=True,
        subject=True,
        slow=True,
        files=Enclosing(many=10, largest=18 * MIB, together=18 * MIB),
        called="email mail emailed",
    ),
    # chat.postMessage truncates above 40,000 and advises 4,000; an actions block takes 25 elements,
    # the section block beside it a text of 3,000. It takes about a message a second in a channel.
    "slack": Platform(
        characters=4_000,
        markup="mrkdwn",
        buttons=5,
        button_text=3_000,
        threads=True,
        rates=(Rate(1, 1, per="conversation"),),
        called="slack",
    ),
    # Cloud API: text 4,096; customer-service window 24 h, templates outside it, with a text of
    # 1,024; interactive messages take 3 buttons and a body of 1,024. A business number sends 80
    # messages a second unless it was raised (error 130429); to one person one in 6 seconds, with a
    # burst of 45 (error 131056).
    "whatsapp": Platform(
        characters=4_096,
        markup="asterisks",
        window_hours=24,
        template_characters=1_024,
        buttons=3,
        button_text=1_024,
        threads=True,
        by_phone_number=True,
        rates=(Rate(80, 1), Rate(1, 6, burst=45, per="conversation")),
        called="whatsapp",
    ),
    # Our own widget: our own policy. Its page gets a file from the gateway, whatever it has.
    "chat_widget": Platform(
        characters=8_000,
        markup="markdown",
        buttons=5,
        files=Enclosing(many=10, largest=25 * MIB, together=250 * MIB),
        called="chat widget chatted livechat",
    ),
    # SMS through Twilio: body of 1,600; who writes STOP gets nothing until START (error 21610). A
    # long code in the United States and Canada sends one message segment a second; Twilio queues
    # what comes faster. Other kinds of numbers send more.
    "phone": Platform(
        characters=1_600,
        markup="plain",
        stops=True,
        by_phone_number=True,
        rates=(Rate(1, 1),),
        called="phone phoned call called",
    ),
    # Direct messages of 10,000. A user sends 15 in 15 minutes and 1,440 in 24 hours.
    "twitter": Platform(
        characters=10_000,
        markup="plain",
        rates=(Rate(15, 900), Rate(1_440, 86_400)),
        called="twitter tweet tweeted dm",
    ),
    # Send API: text 2,000; standard messaging window 24 h, and 7 days for what a person writes,
    # under the tag HUMAN_AGENT; 13 quick replies beside a plain text (a button template would take
    # 3 buttons and a text of 640). A page sends 300 texts a second.
    "facebook": Platform(
        characters=2_000,
        markup="plain",
        window_hours=24,
        person_hours=7 * 24,
        buttons=13,
        rates=(Rate(300, 1),),
        called="facebook messenger",
    ),
    # Create Message: content 2,000; an action row takes 5 buttons; 10 files of 10 MiB each, in a
    # request of 25 MiB. An application asks 50 times a
    # second in all; what a channel takes its answers say, in their headers.
    "discord": Platform(
        characters=2_000,
        markup="markdown",
        buttons=5,
        threads=True,
        files=Enclosing(many=10, largest=10 * MIB, together=24 * MIB),
        rates=(Rate(50, 1),),
        called="discord",
    ),
}
"""By name; a new one is added at the end."""

CHAT, MAIL = "chat_widget", "email"
"""Two that know of each other: what is not read in the one goes by the other."""

VOUCHED_FOR = "user:"
"""What the address in a chat begins with of somebody for whom the chat's site vouches."""


def vouched(channel: str, handle: str | None) -> bool:
    """Whether a chat's site vouches for whoever has this address."""
    return channel == CHAT and (handle or "").startswith(VOUCHED_FOR)
