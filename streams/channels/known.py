"""The channels that have a platform behind them, in the order of the contract."""

from __future__ import annotations

from collections.abc import Mapping

from streams.channels import chat, discord, email, facebook, phone, slack, twitter, whatsapp
from streams.channels.channel import Channel
from streams.channels.settings import ChannelSettings

CHANNELS: dict[str, Channel] = {
    one.name: one
    for one in (
        slack.CHANNEL,
        whatsapp.CHANNEL,
        phone.CHANNEL,
        twitter.CHANNEL,
        facebook.CHANNEL,
        discord.CHANNEL,
    )
}
"""By name."""

NEEDS: dict[str, tuple[str, ...]] = {
    email.NAME: email.NEEDS,
    **{name: channel.needs for name, channel in CHANNELS.items()},
    chat.NAME: chat.NEEDS,
}
"""The settings without which each channel is off; mail is fetched, and the chat is our own."""


def lacking(settings: ChannelSettings, channel: str) -> list[str]:
    """Which settings a channel lacks to be on."""
    mine, other = getattr(settings, channel), instead(channel)
    return [
        name
        for name in NEEDS[channel]
        if getattr(mine, name) is None and getattr(mine, other.get(name, name)) is None
    ]


def instead(channel: str) -> Mapping[str, str]:
    """Settings of a channel that do as well, by the name of the one that is then not needed."""
    return CHANNELS[channel].instead if channel in CHANNELS else {}


def sends(settings: ChannelSettings) -> frozenset[str]:
    """By which channels replies leave; those of all others stay in the local mailbox."""
    on = {name for name in (*CHANNELS, email.NAME) if not lacking(settings, name)}
    return frozenset(on - ({email.NAME} if settings.email.smtp_url is None else set()))


def streamed(settings: ChannelSettings) -> frozenset[str]:
    """The channels whose replies customers read from us."""
    return frozenset() if lacking(settings, chat.NAME) else frozenset({chat.NAME})
