"""Playing a channel's platform against a gateway, from what is wished for to what came of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from streams.channels.settings import ChannelSettings
from streams.clock import Clock
from streams.errors import Refused
from streams.simulating.mailing import MailPlatform, put
from streams.simulating.plan import Step, Wishes, planned
from streams.simulating.platforms.known import platform_of, require_on
from streams.simulating.platforms.platform import Platform
from streams.simulating.sending import Sender
from streams.simulating.talk import talk
from streams.simulating.tally import Sent

CLOSE = timedelta(milliseconds=1)
"""How far messages are apart where nobody says how many there are in a second."""


@dataclass(frozen=True, kw_only=True)
class Play:
    """What is played.

    Attributes:
        channel: The channel.
        url: The gateway.
        messages: How many messages.
        people: Of how many people.
        seed: From which everything follows but the moments, and with them the messages' ids.
        wishes: What is to happen beside.
        skew: By how much the platform's clock is ahead of ours.
        rate: Requests in a second; None is one after the other.
        text: What everybody says; None is what recorded dialogues have.
        key: What Discord signs with.
    """

    channel: str
    url: str
    messages: int
    people: int
    seed: int
    wishes: Wishes
    skew: timedelta
    rate: float | None
    text: str | None
    key: str | None


class Playing:
    """A play, and what goes on in it.

    Args:
        play: What is played.
        settings: The settings that the gateway has too.
        clock: The time.

    Attributes:
        total: How many requests there will be; more where some are lost and come again.

    Raises:
        Misconfigured: The channel is off.
        Refused: It cannot be played, or not in this way.
    """

    def __init__(self, play: Play, settings: ChannelSettings, clock: Clock) -> None:
        self._play = play
        self._settings = settings
        self._clock = clock
        self._platform = self._platform_of()
        began, dice = clock.now() + play.skew, random.Random(play.seed)  # noqa: S311  # no secret
        apart = CLOSE if play.rate is None else timedelta(seconds=1 / play.rate)
        said = talk(play.messages, play.people, dice, text=play.text, began=began, apart=apart)
        greetings = [Step("greeting", one) for one in self._platform.greetings(began)]
        self._steps = [*greetings, *planned(self._platform, said, play.wishes, dice)]
        self.total = len(self._steps)

    def _platform_of(self) -> Platform:
        if self._play.channel != "email":
            return platform_of(self._settings, self._play.channel, self._play.key)
        require_on(self._settings, "email")
        if self._play.wishes.tamper:
            raise Refused(
                "mail is not signed, so that nobody sees whether it was changed",
                "leave --tamper out",
            )
        return MailPlatform(self._settings.email)

    def go(self, tell: Callable[[Sent], None]) -> list[Sent]:
        """Play it.

        Args:
            tell: Is told of every request when its answer is there.

        Raises:
            Unavailable: Nobody answers at the gateway's address, or no mail server.
        """
        play = self._play
        if play.channel == "email":
            return put(self._settings.email, self._steps, play.rate, tell)
        sender = Sender(
            url=play.url,
            platform=self._platform,
            clock=self._clock,
            skew=play.skew,
            retries=play.wishes.retries,
            tell=tell,
        )
        asyncio.run(sender.send(self._steps, play.rate))
        return sender.sent
