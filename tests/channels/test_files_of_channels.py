"""What gets us a platform's files goes to that platform, and to nobody else."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from streams.channels.channel import Fetching, Response
from streams.channels.hosts import belongs
from streams.channels.known import CHANNELS
from streams.channels.settings import ChannelSettings
from streams.errors import Refused

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)

SETTINGS = ChannelSettings.model_validate(
    {
        "slack": {"bot_token": "xoxb-ours"},
        "whatsapp": {"access_token": "EAAG"},
        "phone": {"account_sid": "AC1", "auth_token": "twilio token"},
        "twitter": {
            "consumer_key": "app",
            "consumer_secret": "cs",
            "access_token": "account",
            "access_secret": "as",
        },
    }
)

STOOD_IN = ChannelSettings.model_validate(
    {
        name: {**given, "api_base_url": "http://127.0.0.1:9000/api"}
        for name, given in SETTINGS.model_dump(exclude_none=True).items()
        if name in {"slack", "whatsapp", "phone", "twitter"}
    }
)

OURS = {
    "slack": "https://files.slack.com/files-pri/T1-F1/a.png",
    "whatsapp": "https://graph.facebook.com/v26.0/1234",
    "phone": "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
    "twitter": "https://ton.twitter.com/1.1/ton/data/dm/1/2/a.jpg",
}


def asked(
    channel: str, url: str, answer: Response | None = None, settings: ChannelSettings = SETTINGS
) -> Fetching:
    fetch = CHANNELS[channel].fetch
    assert fetch is not None
    return fetch(getattr(settings, channel), url, AT, answer)


def test_these_channels_have_a_way_of_their_own() -> None:
    assert {name for name, one in CHANNELS.items() if one.fetch is not None} == {*OURS}


@pytest.mark.parametrize("channel", OURS)
def test_a_platform_is_told_who_asks(channel: str) -> None:
    found = asked(channel, OURS[channel])
    assert (found.sending.method, found.sending.url) == ("GET", OURS[channel])
    scheme = found.sending.headers["Authorization"].partition(" ")[0]
    assert scheme == {"phone": "Basic", "twitter": "OAuth"}.get(channel, "Bearer")


@pytest.mark.parametrize("channel", OURS)
def test_what_stands_in_for_it_is_told_as_well(channel: str) -> None:
    found = asked(channel, "http://127.0.0.1:9000/files/a", settings=STOOD_IN)
    assert "Authorization" in found.sending.headers


ELSEWHERE = (
    "https://files.example/a",
    "https://files.slack.com.files.example/a",
    "https://evil-twilio.com/a",
    "https://api.twilio.com@files.example/a",
    "http://files.slack.com/a",
    "http://graph.facebook.com/a",
    "http://api.twilio.com/a",
    "http://ton.twitter.com/a",
    "http://127.0.0.1:9000/api",
    "https://[/a",
)


@pytest.mark.parametrize("channel", OURS)
@pytest.mark.parametrize("url", ELSEWHERE)
def test_nobody_else_is(channel: str, url: str) -> None:
    found = asked(channel, url)
    assert (found.sending.url, found.sending.headers) == (url, {})


def answered(**document: Any) -> Response:
    return Response(200, {}, msgspec.json.encode(document))


def test_whatsapp_says_where_a_file_is_and_gives_it_to_the_token() -> None:
    first = asked("whatsapp", OURS["whatsapp"])
    place = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&ext=2&hash=x"
    then = asked("whatsapp", OURS["whatsapp"], answered(url=place, id="1234"))
    assert (first.last, then.last) == (False, True)
    assert then.sending.url == place
    assert then.sending.headers == first.sending.headers == {"Authorization": "Bearer EAAG"}


def test_whatsapp_may_not_send_the_token_elsewhere() -> None:
    then = asked("whatsapp", OURS["whatsapp"], answered(url="https://files.example/a"))
    assert then.sending.headers == {}


@pytest.mark.parametrize("answer", [answered(), answered(url=7), Response(200, {}, b"<html>")])
def test_whatsapp_may_not_say_where_it_is(answer: Response) -> None:
    with pytest.raises(Refused, match="where the file is"):
        asked("whatsapp", OURS["whatsapp"], answer)


def test_twilio_knows_the_account() -> None:
    basic = b64encode(b"AC1:twilio token").decode()
    assert asked("phone", OURS["phone"]).sending.headers == {"Authorization": f"Basic {basic}"}


def test_x_gets_a_signature_over_the_address_and_the_time() -> None:
    first = asked("twitter", OURS["twitter"]).sending.headers["Authorization"]
    other = asked("twitter", f"{OURS['twitter']}?x=1").sending.headers["Authorization"]
    assert 'oauth_timestamp="1772442000"' in first
    assert first.rpartition("oauth_signature=")[2] != other.rpartition("oauth_signature=")[2]


def test_a_server_is_its_scheme_its_name_and_its_port() -> None:
    assert belongs("https://a.example/x", "https://a.example:443/api")
    assert belongs("https://b.a.example/x", "https://c.example", "a.example")
    assert not belongs("https://a.example:444/x", "https://a.example/api")
    assert not belongs("http://a.example/x", "https://a.example/api")
    assert not belongs("http://b.a.example/x", "https://c.example", "a.example")
