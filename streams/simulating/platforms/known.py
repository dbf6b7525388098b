"""The platforms that can be played, by channel."""

from __future__ import annotations

from nacl.signing import SigningKey

from streams.channels.known import CHANNELS, lacking
from streams.channels.settings import ChannelSettings
from streams.errors import Misconfigured, Refused
from streams.simulating.platforms.discord import DiscordPlatform
from streams.simulating.platforms.meta import FacebookPlatform, WhatsAppPlatform
from streams.simulating.platforms.phone import PhonePlatform
from streams.simulating.platforms.platform import Platform
from streams.simulating.platforms.slack import SlackPlatform
from streams.simulating.platforms.twitter import TwitterPlatform


def platform_of(settings: ChannelSettings, channel: str, key: str | None) -> Platform:
    """The platform of a channel.

    Args:
        settings: The settings, which the gateway must have too.
        channel: The channel.
        key: What Discord signs with: a private key of 64 hexadecimal digits.

    Raises:
        Misconfigured: The settings lack something, or fit no key that is known here.
        Refused: No platform calls a gateway for this channel.
    """
    if channel not in CHANNELS:
        raise Refused(
            f"the gateway has no path for {channel} that could be called",
            f"play another channel: {', '.join((*CHANNELS, 'email'))}",
        )
    if channel == "discord":
        # The key comes first: it says which public key is to be set.
        signing = _discord_key(settings, key)
        require_on(settings, channel)
        return DiscordPlatform(signing)
    require_on(settings, channel)
    played: dict[str, Platform] = {
        "slack": SlackPlatform(settings.slack),
        "whatsapp": WhatsAppPlatform(settings.whatsapp),
        "phone": PhonePlatform(settings.phone),
        "twitter": TwitterPlatform(settings.twitter),
        "facebook": FacebookPlatform(settings.facebook),
    }
    return played[channel]


def require_on(settings: ChannelSettings, channel: str) -> None:
    """See that a channel is on.

    Raises:
        Misconfigured: Some of its settings are not set.
    """
    if missing := lacking(settings, channel):
        names = ", ".join(f"PACTDESK_CHANNELS__{channel}__{name}".upper() for name in missing)
        raise Misconfigured(
            f"the channel {channel} is off",
            f"set {names} alike for the gateway and for this command; for playing, any values do,"
            " while replies go to `pactdesk simulate provider` and not to the platform",
        )


def _discord_key(settings: ChannelSettings, given: str | None) -> SigningKey:
    known = settings.discord.public_key
    try:
        key = SigningKey.generate() if given is None else SigningKey(bytes.fromhex(given))
    except ValueError as error:
        raise Misconfigured(
            "--discord-private-key is no key", "give the 64 digits that this command printed"
        ) from error
    public = bytes(key.verify_key).hex()
    if given is None or known is None or known.lower() != public:
        what = (
            "what Discord signs with is known to Discord alone, so that a key of our own was made"
            if given is None
            else f"channels.discord.public_key is not {public}, which belongs to this private key"
        )
        raise Misconfigured(
            what,
            f"start the gateway with PACTDESK_CHANNELS__DISCORD__PUBLIC_KEY={public}, set the same"
            f" here, and call this again with --discord-private-key {bytes(key).hex()}; never where"
            " people really write by Discord",
        )
    return key
