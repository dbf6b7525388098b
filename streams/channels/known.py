"""The channels that have a platform behind them, in the order of the contract."""

from __future__ import annotations

from streams.channels import discord, facebook, phone, slack, twitter, whatsapp
from streams.channels.channel import Channel

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
