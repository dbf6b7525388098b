"""The settings of a language model: what is taken, and what the doctor says of half of them."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from streams.cli.output import table
from streams.drafting.place import Place
from streams.drafting.settings import LlmSettings
from streams.errors import Misconfigured
from streams.health import examine
from streams.settings import SECRETS, Settings, described, load


def told(folder: Path, **values: object) -> Settings:
    flags = {f"llm.{name}": value for name, value in values.items()}
    return load({"data": folder, **flags}, {}, folder)[0]


def findings(settings: Settings) -> list[tuple[str, bool]]:
    return [(one["what"], one["ok"]) for one in examine(settings) if "draft" in one["what"]]


@pytest.mark.parametrize(
    "url",
    [
        "https://llm.example/v1",
        "https://8.8.8.8/v1",
        "http://127.0.0.1:11434/v1",
        "http://localhost:8000/v1/",
        "http://[::1]:8000/v1",
    ],
)
def test_an_address_is_one_of_the_internet_or_of_this_machine(url: str, tmp_path: Path) -> None:
    assert told(tmp_path, base_url=url).llm.base_url == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://llm.example/v1", "is not encrypted"),
        ("https://10.0.0.7/v1", "is a private address"),
        ("https://169.254.169.254/latest", "is a private address"),
        ("https://[fd00::1]/v1", "is a private address"),
        ("ftp://llm.example/v1", "is no address of HTTP"),
        ("llm.example/v1", "is no address of HTTP"),
        ("https:///v1", "is no address of HTTP"),
        ("https://llm.example/a b", "is no address of HTTP"),
        ("https://me:secret@llm.example/v1", "holds more than a place"),
        ("https://llm.example/v1?key=1", "holds more than a place"),
        ("https://llm.example/v1#x", "holds more than a place"),
    ],
)
def test_another_address_is_refused_when_the_settings_are_read(
    url: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured, match=why) as refused:
        told(tmp_path, base_url=url)
    assert "secret" not in str(refused.value)


def test_a_private_network_is_allowed_by_the_operators_word(tmp_path: Path) -> None:
    found = told(tmp_path, base_url="https://10.0.0.7/v1", allow_private=True)
    assert found.llm.host == "10.0.0.7"
    with pytest.raises(Misconfigured, match="is not encrypted"):
        told(tmp_path, base_url="http://10.0.0.7/v1", allow_private=True)


@pytest.mark.parametrize("key", ["two words", "two\nlines", "schlüssel", ""])
def test_a_key_that_fits_into_no_header_is_refused_and_not_repeated(
    key: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured, match=r"llm\.api_key") as refused:
        told(tmp_path, api_key=key)
    assert not key or key not in str(refused.value)


def test_the_key_is_never_shown() -> None:
    assert "llm.api_key" in SECRETS
    shown = table(described({"llm.api_key": "sk-1"}), ("setting", "value"))
    assert "sk-1" not in shown


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        ({"base_url": "https://llm.example/v1"}, "no drafts are written: llm.model is not set"),
        ({"model": "tiny"}, "no drafts are written: llm.base_url is not set"),
        ({"api_key": "sk-1"}, "no drafts are written: llm.base_url is not set"),
    ],
)
def test_the_doctor_says_what_is_lacking(
    values: dict[str, str], finding: str, tmp_path: Path
) -> None:
    assert findings(told(tmp_path, **values)) == [(finding, False)]


def test_the_doctor_says_which_model_drafts_and_nothing_where_none_does(tmp_path: Path) -> None:
    ((one, well),) = findings(told(tmp_path, base_url="https://llm.example/v1", model="tiny"))
    assert well
    assert one.startswith("tiny at llm.example drafts replies for people, where drafting.enabled")
    assert findings(told(tmp_path)) == []


@pytest.mark.parametrize(
    ("host", "found", "more", "allowed"),
    [
        ("llm.example", ["8.8.8.8", "10.0.0.7"], {}, ["8.8.8.8"]),
        ("llm.example", ["10.0.0.7", "fd00::1"], {"allow_private": True}, ["10.0.0.7", "fd00::1"]),
        ("llm.example", ["127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"], {}, None),
        ("llm.example", ["0.0.0.0", "224.0.0.1"], {"allow_private": True}, None),  # noqa: S104  # nothing listens
        ("localhost", ["127.0.0.1", "10.0.0.7"], {}, ["127.0.0.1"]),
        ("llm.example", [], {}, None),
    ],
)
def test_of_a_names_addresses_only_those_are_connected_to_that_may_be(
    host: str,
    found: list[str],
    more: dict[str, bool],
    allowed: list[str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolve(*_: object) -> list[dict[str, object]]:
        return [{"host": one, "port": 443, "family": socket.AF_INET} for one in found]

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", resolve)
    place = Place(LlmSettings(base_url=f"https://{host}/v1", **more))
    if allowed is None:
        with pytest.raises(OSError, match="private address"):
            asyncio.run(place.resolve(host, 443))
    else:
        assert [one["host"] for one in asyncio.run(place.resolve(host, 443))] == allowed
