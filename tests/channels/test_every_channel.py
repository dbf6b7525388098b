"""What holds for whatever a platform sends, on every channel that a platform calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from schemas.events.contacts import ContactReceived
from streams.channels.known import CHANNELS
from streams.settings import load
from tests.gateways import Answered, Client, gateway
from tests.providers import PROVIDERS, Provider
from tests.stores import a_desk

CALLED = [one for one in PROVIDERS.values() if one.path]


@pytest.fixture(params=CALLED, ids=lambda one: one.name)
def provider(request: pytest.FixtureRequest) -> Provider:
    """Each platform."""
    assert isinstance(request.param, Provider)
    return request.param


@pytest.fixture
def client(tmp_path: Path, provider: Provider) -> Iterator[Client]:
    """A gateway on which the platform's channel is on, and no other."""
    with gateway(tmp_path, **provider.flags) as one:
        yield one


def send(
    client: Client, provider: Provider, body: bytes, *, at: datetime | None = None
) -> Answered:
    """Send a body as the platform does."""
    url = f"{client.address}{provider.path}"
    headers = provider.signed(url, body, at or datetime.now(UTC))
    return client("POST", provider.path, body, headers)


def contacts(client: Client) -> list[ContactReceived]:
    """What came in."""
    with a_desk(client.settings.data) as desk:
        return [one.event for one in desk.events() if isinstance(one.event, ContactReceived)]


def records(client: Client) -> int:
    """How many records there are."""
    with a_desk(client.settings.data) as desk:
        return desk.log.last_seq()


def test_every_channel_is_played_by_a_platform() -> None:
    assert [*PROVIDERS] == [*CHANNELS]


def test_what_somebody_writes_is_one_contact(client: Client, provider: Provider) -> None:
    assert send(client, provider, provider.one).status == 200
    (contact,) = contacts(client)
    assert contact.channel == provider.name
    assert contact.message
    assert contact.handle


def test_the_same_body_again_is_nothing_more(client: Client, provider: Provider) -> None:
    for _ in range(3):
        assert send(client, provider, provider.one).status == 200
    assert len(contacts(client)) == 1


def test_a_body_may_be_as_large_as_its_platform_makes_them(tmp_path: Path) -> None:
    sizes = {name: channel.body_bytes for name, channel in CHANNELS.items()}
    assert {name for name, size in sizes.items() if size > 1 << 20} == {"whatsapp", "facebook"}
    for name in ("whatsapp", "facebook"):
        provider = PROVIDERS[name]
        with gateway(tmp_path / name, **provider.flags) as client:
            body = {**json.loads(provider.one), "more": "x" * 2_900_000}
            assert send(client, provider, json.dumps(body).encode()).status == 200
            assert len(contacts(client)) == 1
            assert send(client, provider, b"x" * 3_000_001).status == 413


def test_of_a_large_body_that_means_nothing_a_record_s_fill_is_kept(tmp_path: Path) -> None:
    provider = PROVIDERS["whatsapp"]
    with gateway(tmp_path, **provider.flags) as client:
        assert send(client, provider, b"x" * 2_000_000).status == 200
        (letter,) = client.get("/api/v1/dead-letters").json["items"]
    assert letter["bytes"] == 1 << 20


def test_two_people_in_one_body_are_two_contacts(client: Client, provider: Provider) -> None:
    if provider.two:
        assert send(client, provider, provider.two).status == 200
        found = contacts(client)
        assert len({one.customer_id for one in found}) == len(found) == 2


def test_one_changed_byte_is_refused_and_leaves_no_record(
    client: Client, provider: Provider
) -> None:
    headers = provider.signed(f"{client.address}{provider.path}", provider.one, datetime.now(UTC))
    middle = len(provider.one) // 2
    changed = provider.one[:middle] + b"X" + provider.one[middle + 1 :]
    told = client("POST", provider.path, changed, headers)
    assert told.status in {401, 403}
    assert records(client) == 0
    assert provider.one[:20] not in told.body


def test_the_same_json_written_otherwise_is_refused(client: Client, provider: Provider) -> None:
    if provider.one.startswith(b"{"):  # of a form not the bytes are signed, but what it says
        headers = provider.signed(
            f"{client.address}{provider.path}", provider.one, datetime.now(UTC)
        )
        again = json.dumps(json.loads(provider.one), separators=(",", ":")).encode()
        assert again != provider.one
        assert client("POST", provider.path, again, headers).status in {401, 403}
        assert records(client) == 0


def test_without_any_of_the_headers_that_sign_it_is_refused(
    client: Client, provider: Provider
) -> None:
    headers = provider.signed(f"{client.address}{provider.path}", provider.one, datetime.now(UTC))
    signing = [name for name in headers if name != "Content-Type"]
    assert signing
    for gone in ({*signing}, *({one} for one in signing)):
        left = {name: value for name, value in headers.items() if name not in gone}
        assert client("POST", provider.path, provider.one, left).status in {401, 403}
    assert records(client) == 0


def test_what_is_not_signed_is_no_dead_letter_either(client: Client, provider: Provider) -> None:
    assert client("POST", provider.path, provider.garbage, {}).status in {401, 403}
    with a_desk(client.settings.data) as desk:
        assert [*desk.letters()] == []


def test_nothing_is_taken_unsigned_at_any_of_a_channels_addresses(
    client: Client, provider: Provider
) -> None:
    for path in CHANNELS[provider.name].paths:
        address = f"/channels/{provider.name}" + (f"/{path}" if path else "")
        assert client("POST", address, provider.one, {}).status in {401, 403}, address
    assert records(client) == 0


def test_a_refusal_leaves_one_line_in_the_log_with_its_reason_and_without_the_body(
    client: Client, provider: Provider
) -> None:
    with capture_logs() as said:
        assert client("POST", provider.path, provider.one, {}).status in {401, 403}
    (line,) = [one for one in said if one["log_level"] == "warning"]
    assert line["event"] == "not verified"
    assert line["channel"] == provider.name
    assert line["reason"]
    assert b"charged" in provider.one
    assert "charged" not in json.dumps(said)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_signature_of_another_time_is_refused(
    client: Client, provider: Provider, seconds: int
) -> None:
    if provider.timed:
        then = datetime.now(UTC) + timedelta(seconds=seconds)
        assert send(client, provider, provider.one, at=then).status in {401, 403}
        assert records(client) == 0


def test_what_cannot_be_understood_is_acknowledged_and_kept(
    client: Client, provider: Provider
) -> None:
    assert send(client, provider, provider.garbage).status == 200
    with a_desk(client.settings.data) as desk:
        (letter,) = desk.letters()
    assert letter.value == provider.garbage
    assert letter.handler == f"channels/{provider.name}"
    assert letter.remedy


@pytest.mark.parametrize("missing", ["every", "one"])
def test_a_channel_whose_settings_lack_something_is_off(
    tmp_path: Path, provider: Provider, missing: str
) -> None:
    needs = CHANNELS[provider.name].needs
    gone = set(needs) if missing == "every" else {needs[0]}
    flags = {
        name: value for name, value in provider.flags.items() if name.split("__")[2] not in gone
    }
    with gateway(tmp_path, **flags) as client:
        assert send(client, provider, provider.one).status == 404
        assert records(client) == 0


def test_what_a_channel_needs_are_settings_of_it(provider: Provider) -> None:
    settings = getattr(load({}, {})[0].channels, provider.name)
    assert {*CHANNELS[provider.name].needs} <= {*type(settings).model_fields}
    assert {*provider.settings} <= {*type(settings).model_fields}
