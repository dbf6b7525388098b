"""The commands that play the platforms."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from structlog.testing import capture_logs

from tests.commands import Shell, started
from tests.contracts import contract
from tests.gateways import Client, gateway
from tests.providers import PROVIDERS

PRINTS = contract("commands")["prints"]


@pytest.fixture(autouse=True)
def unheard() -> Iterator[None]:
    """The gateway of a test is in this process, and its log would be in what is printed."""
    with capture_logs():
        yield


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in which WhatsApp's secrets are set, as they are for the gateway."""
    for name, value in PROVIDERS["whatsapp"].settings.items():
        monkeypatch.setenv(f"PACTDESK_CHANNELS__WHATSAPP__{name.upper()}", value)
    return Shell(tmp_path / "nothing")


def flags(app_secret: str | None = None) -> dict[str, Any]:
    """The gateway's settings, perhaps with another secret."""
    named = {} if app_secret is None else {"channels__whatsapp__app_secret": app_secret}
    return {**PROVIDERS["whatsapp"].flags, **named}


def call(shell: Shell, client: Client | None, *more: str) -> Any:
    """Play WhatsApp."""
    url = "http://127.0.0.1:1" if client is None else client.address
    return shell("simulate", "channel", "whatsapp", "--url", url, *more)


def test_as_json_every_request_is_a_line_and_the_last_one_sums_up(
    shell: Shell, tmp_path: Path
) -> None:
    with gateway(tmp_path, **flags()) as client:
        told = call(shell, client, "--messages", "10", "--tamper", "--json")
    assert told.status == 0, told.err
    *lines, summary = told.lines
    assert [*lines[0]] == PRINTS["a simulated request"]
    assert lines[0]["kind"] == "greeting"
    assert {one["status"] for one in lines if one["kind"] == "tampered"} == {401}
    assert all(one["right"] and one["milliseconds"] >= 0 for one in lines)
    assert [*summary] == PRINTS["a simulation"]
    assert summary["requests"] == len(lines)
    assert (summary["contacts"], summary["repeats"], summary["wrong"]) == (10, 0, 0)
    assert summary["refused"] > 0
    assert not (shell.data / "pactdesk.db").exists(), "it needs no store"


def test_for_people_one_line_sums_up(shell: Shell, tmp_path: Path) -> None:
    with gateway(tmp_path, **flags()) as client:
        told = call(shell, client, "--messages", "3", "--message", "Where is my parcel?")
    assert told.out.startswith("4 requests: 3 contacts, 0 repeats, 0 refused; acknowledged within")
    assert told.err == ""


def test_a_gateway_with_another_secret_refuses_everything(shell: Shell, tmp_path: Path) -> None:
    with gateway(tmp_path, **flags("another")) as client:
        told = call(shell, client, "--messages", "3")
    assert told.status == 5
    assert "3 refused; 3 answers were wrong" in told.out
    assert told.err.count("first message: 401: this request is not signed") == 3


def test_where_the_channel_is_off_the_gateway_says_so(shell: Shell, tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        told = call(shell, client, "--messages", "1")
    assert told.status == 5
    assert "404: the channel whatsapp is off" in told.err


def test_without_a_gateway_it_is_not_available(shell: Shell) -> None:
    told = call(shell, None)
    assert told.status == 69
    assert "pactdesk up" in told.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["telegram"], "telegram"),
        (["whatsapp", "--skew", "nan"], "--skew"),
        (["whatsapp", "--messages", "0"], "--messages"),
        (["whatsapp", "--rate", "0"], "--rate"),
    ],
)
def test_what_does_not_fit_is_told(shell: Shell, arguments: list[str], says: str) -> None:
    told = shell("simulate", "channel", *arguments)
    assert told.status == 2
    assert says in told.err


def sent(address: str) -> int:
    """Send a message by Messenger; returns the HTTP status."""
    body = json.dumps({"recipient": {"id": "1"}, "message": {"text": "We looked."}}).encode()
    request = Request(  # noqa: S310  # our own address
        f"{address}/v26.0/me/messages", body, {"Authorization": "Bearer EAAP"}
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310  # our own address
        return int(answer.status)


def test_a_provider_prints_what_it_is_sent_until_told_to_stop(tmp_path: Path) -> None:
    with started("simulate", "provider", "--port", "0", data=tmp_path / "data") as process:
        assert process.stderr is not None
        assert process.stdout is not None
        address = process.stderr.readline().decode().split()[-1]
        assert sent(address) == 200
        line = json.loads(process.stdout.readline())
        with urlopen(f"{address}/received", timeout=30) as answer:  # noqa: S310  # our own address
            assert json.load(answer) == [line]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert [*line] == PRINTS["a simulated provider"]
    assert (line["channel"], line["to"], line["text"]) == ("facebook", "1", "We looked.")
    assert (line["status"], line["fault"]) == (200, None)


def test_a_provider_with_faults_has_them(tmp_path: Path) -> None:
    faulty = ("--port", "0", "--fault", "500", "--share", "1")
    with started("simulate", "provider", *faulty, data=tmp_path / "data") as process:
        assert process.stderr is not None
        assert process.stdout is not None
        address = process.stderr.readline().decode().split()[-1]
        with pytest.raises(OSError, match="500"):
            sent(address)
        assert json.loads(process.stdout.readline())["fault"] == "500"
        process.terminate()
        assert process.wait(60) == 0


def test_a_port_that_is_taken_is_told(shell: Shell, tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        told = shell("simulate", "provider", "--port", client.address.rpartition(":")[2])
    assert told.status == 69
    assert "--port" in told.err
