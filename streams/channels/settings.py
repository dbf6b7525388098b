"""The settings of the channels. One is on when those are set that it needs."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from streams.marks import Secret

GRAPH_URL = "https://graph.facebook.com"

_ORIGINS = r"^https?://[^\s/,*]+(\s+https?://[^\s/,*]+)*$"
"""Origins as browsers name them, with blanks between."""

_ADDRESS = re.compile(r"[^\s<>@,;:\"()]+@[^\s<>@,;:\"()]+")

_COLLEAGUE = r"[UW][A-Z0-9]+ *= *[^\s,=]+"
_COLLEAGUES = rf"^ *{_COLLEAGUE}( *, *{_COLLEAGUE})* *$"
"""Ids of people in Slack with their names, with commas between."""

GraphVersion = Annotated[str, Field(pattern=r"^v\d+\.\d+$")]
"""A version of Meta's Graph API."""


class ChannelGroup(BaseModel):
    """What each channel has."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Slack(ChannelGroup):
    """Slack, by the Events API or by Socket Mode.

    Attributes:
        signing_secret: Signs what comes in by the Events API.
        app_token: Opens a socket, over which everything comes in (Socket Mode): no address of ours
            and no signing_secret is needed then.
        bot_token: Lets replies out.
        colleagues: Your own people by their ids in Slack, each with the name that the desk knows
            them by: `U012AB3CD=bo, U045EF6GH=cy`. What they write in a customer's thread is a note;
            what begins with `reply:` goes to the customer.
        api_base_url: Where the provider is; another address where something stands in for it.
    """

    signing_secret: Secret | None = None
    app_token: Secret | None = None
    bot_token: Secret | None = None
    colleagues: Annotated[str, Field(pattern=_COLLEAGUES)] | None = None
    api_base_url: str = "https://slack.com/api"

    @property
    def names(self) -> dict[str, str]:
        """The names in `colleagues`, by the ids."""
        pairs = (one.partition("=") for one in (self.colleagues or "").split(",") if one)
        return {number.strip(): name.strip() for number, _, name in pairs}


class WhatsApp(ChannelGroup):
    """WhatsApp, by Meta's Cloud API.

    Attributes:
        app_secret: Signs what comes in.
        verify_token: What Meta sends along when the address is registered.
        access_token: Lets replies out.
        phone_number_id: The number that replies come from, as Meta calls it.
        graph_version: The version of Meta's Graph API.
        api_base_url: Where the provider is; another address where something stands in for it.
    """

    app_secret: Secret | None = None
    verify_token: Secret | None = None
    access_token: Secret | None = None
    phone_number_id: str | None = None
    graph_version: GraphVersion = "v26.0"
    api_base_url: str = GRAPH_URL


class Facebook(ChannelGroup):
    """Facebook Messenger, by Meta's Send API.

    Attributes:
        app_secret: Signs what comes in.
        verify_token: What Meta sends along when the address is registered.
        page_access_token: Lets the page's replies out.
        graph_version: The version of Meta's Graph API.
        api_base_url: Where the provider is; another address where something stands in for it.
    """

    app_secret: Secret | None = None
    verify_token: Secret | None = None
    page_access_token: Secret | None = None
    graph_version: GraphVersion = "v26.0"
    api_base_url: str = GRAPH_URL


class Twitter(ChannelGroup):
    """X, formerly Twitter: direct messages.

    Attributes:
        consumer_key: The app.
        consumer_secret: Signs what comes in, and what goes out.
        access_token: The account that replies come from, and that lets them out.
        access_secret: Signs what goes out along with the app's.
        api_base_url: Where the provider is; another address where something stands in for it.
    """

    consumer_key: Secret | None = None
    consumer_secret: Secret | None = None
    access_token: Secret | None = None
    access_secret: Secret | None = None
    api_base_url: str = "https://api.x.com"


class Phone(ChannelGroup):
    """Phone and SMS, by Twilio.

    Attributes:
        account_sid: The account, as Twilio calls it.
        auth_token: Signs what comes in, and lets replies out.
        number: The number that replies come from.
        public_url: How Twilio reaches the gateway, such as https://desk.example: it signs the
            address that it calls.
        greeting: What callers hear.
        consent: What they hear about being recorded.
        api_base_url: Where the provider is; another address where something stands in for it.
    """

    account_sid: str | None = None
    auth_token: Secret | None = None
    number: str | None = None
    public_url: str | None = None
    greeting: str = "Thank you for calling. Please tell us after the tone what we can do for you."
    consent: str = "What you say is recorded and written down."
    api_base_url: str = "https://api.twilio.com"


class Discord(ChannelGroup):
    """Discord, by interactions over HTTP and by its Gateway.

    Attributes:
        public_key: What Discord signs with, as the application's page shows it: 64 digits.
        bot_token: Lets replies out, and us into the Gateway.
        application_id: The application; with it, messages come in too, over the Gateway.
        guild_channels: The channels of servers in which every message is for support, by their
            ids, with commas between; elsewhere only what names the bot is. Direct messages always
            are.
        gateway_url: Where the Gateway is; without it Discord is asked.
        api_base_url: Where the provider is; another address where something stands in for it.
    """

    public_key: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    bot_token: Secret | None = None
    application_id: Annotated[str, Field(pattern=r"^\d+$")] | None = None
    guild_channels: Annotated[str, Field(pattern=r"^\d+( *, *\d+)*$")] | None = None
    gateway_url: str | None = None
    api_base_url: str = "https://discord.com/api/v10"

    @property
    def support_channels(self) -> frozenset[str]:
        """The ids in `guild_channels`."""
        return frozenset(one.strip() for one in (self.guild_channels or "").split(",") if one)


class Email(ChannelGroup):
    """E-mail, by IMAP and SMTP.

    Attributes:
        imap_url: The mailbox, `imaps://user:password@host/INBOX`; several are separated by commas.
        smtp_url: The server that sends, `smtps://user:password@host`.
        address: Our address; it must also get mail that has a tag behind a plus sign.
        token_secret: Signs the tags by which answers find their ticket.
    """

    imap_url: Secret | None = None
    smtp_url: Secret | None = None
    address: str | None = None
    token_secret: Annotated[Secret, Field(min_length=1)] | None = None

    @field_validator("address")
    @classmethod
    def _bare(cls, address: str | None) -> str | None:
        """With a name before it nothing that comes back would be known as an answer."""
        if address is not None and not _ADDRESS.fullmatch(address):
            raise ValueError("it is no address; write name@domain, without anything around it")
        return address


class ChatWidget(ChannelGroup):
    """The chat on one's own site.

    Attributes:
        allowed_origins: The sites whose pages may use it, such as https://shop.example; several
            with blanks between.
        identity_secret: Signs who somebody is that the site knows; 32 characters at least.
        enforce: With `on` only those are let in whom the site knows.
    """

    allowed_origins: Annotated[str, Field(pattern=_ORIGINS)] | None = None
    identity_secret: Annotated[Secret, Field(min_length=32)] | None = None
    enforce: Literal["off", "on"] = "off"


class ChannelSettings(ChannelGroup):
    """The connections to the platforms.

    Attributes:
        email: E-mail, by IMAP and SMTP.
        slack: Slack, by the Events API or by Socket Mode.
        whatsapp: WhatsApp, by Meta's Cloud API.
        facebook: Facebook Messenger, by Meta's Send API.
        twitter: X, formerly Twitter: direct messages.
        phone: Phone and SMS, by Twilio.
        discord: Discord, by interactions over HTTP and by its Gateway.
        chat_widget: The chat on one's own site.
    """

    email: Email = Email()
    slack: Slack = Slack()
    whatsapp: WhatsApp = WhatsApp()
    facebook: Facebook = Facebook()
    twitter: Twitter = Twitter()
    phone: Phone = Phone()
    discord: Discord = Discord()
    chat_widget: ChatWidget = ChatWidget()
