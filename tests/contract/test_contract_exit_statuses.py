"""Each command ends with each status that the contract gives it, and is brought to it for real."""

from __future__ import annotations

import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from streams.cli.context import Context
from streams.cluster import kafka
from streams.embedded.database import only_worker
from streams.reference.commands import STATUSES
from tests.commands import Shell
from tests.contracts import contract, faults
from tests.endings import BESIDE_A_WORKER, DONE, ELSEWHERE, NOT_FOUND, REFUSED, UNREADABLE

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    name: command for name, command in contract("commands")["commands"].items() if "ends" in command
}
ENDINGS = [(name, status) for name, command in COMMANDS.items() for status in command["ends"]]
HERE = [ending for ending in ENDINGS if ending not in ELSEWHERE]

CLUSTER = {
    "PACTDESK_ENGINE": "cluster",
    "PACTDESK_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "PACTDESK_DATABASE__URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "PACTDESK_IDENTITY__SECRET": "contract",
}
"""Settings of a cluster whose services do not answer."""

ON_ITS_OWN = {"doctor": 78, "simulate channel": 78, "simulate provider": 0, "bundle run": 65}
"""How a command ends on such a cluster that tells what it found, or asks for something else."""


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a broker that is not there."""
    monkeypatch.setattr(kafka, "CONNECT_SECONDS", 0.1)


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What plays a provider is told to stop as soon as it does."""
    stop = threading.Event()
    stop.set()
    monkeypatch.setattr("streams.cli.simulating.told_to_stop", lambda: nullcontext(stop))


@pytest.fixture
def call(shell: Shell, ids: dict[str, str]) -> Callable[..., int]:
    """Calls a command on the desk with its ids put in; gives the status."""
    means = {**ids, "HISTORY": str(shell.data.parent / "history")}

    def called(name: str, arguments: tuple[str, ...], stdin: bytes = b"") -> int:
        words = [*name.split(), *(means.get(one, one) for one in arguments)]
        return shell(*words, stdin=stdin).status

    return called


def changed(shell: Shell, *statements: str) -> None:
    """Change a store behind the desk's back."""
    store = sqlite3.connect(shell.data / "pactdesk.db")
    for statement in statements:
        store.execute(statement)
    store.commit()
    store.close()


def differing(name: str, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring about the difference that a command is to find."""
    if name == "verify":
        changed(shell, "UPDATE p_tickets SET priority = 'low'")
    elif name == "audit":
        shell("seal")
        changed(shell, "UPDATE log SET headers = headers || ' '")
    elif name == "recover":
        last = "(SELECT max(seq) FROM log WHERE topic = 'support.tickets.v1')"
        lost = "replace(headers, '\"ce_sourcetopic\"', '\"x\"')"
        changed(shell, f"UPDATE log SET headers = {lost} WHERE seq = {last}", "DELETE FROM lines")
    elif name == "topics check":
        changed(shell, "INSERT INTO ends VALUES ('support.other.v1', 0, 1)")
    else:
        monkeypatch.setattr("streams.compatibility.findings", lambda: ["a field is gone"])


def expected_arguments(name: str, status: int) -> tuple[str, ...]:
    """With which arguments a command is to end so."""
    if status == 3 and name not in BESIDE_A_WORKER:
        return REFUSED[name]
    if status == 2:
        return ("OPEN", "late") if name == "tag" else ("--no-such-option",)
    return {4: NOT_FOUND, 65: UNREADABLE}.get(status, DONE)[name]


@pytest.mark.parametrize(("name", "status"), HERE, ids=lambda value: str(value).replace(" ", "_"))
def test_a_command_ends_with_every_status_that_it_may(
    name: str,
    status: int,
    shell: Shell,
    call: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    beside: AbstractContextManager[None] = nullcontext()
    arguments = expected_arguments(name, status)
    if name == "up":
        monkeypatch.setattr(Context, "remark", lambda *_: signal.raise_signal(signal.SIGTERM))
    if status == 0 and name == "deadletters redrive":
        assert call("deadletters discard", ("LETTER",)) == 0
    elif status == 0 and name in {"shadow report", "shadow stop", "shadow promote"}:
        assert call("shadow start", DONE["shadow start"]) == 0
    elif status == 3 and name in BESIDE_A_WORKER:
        beside = only_worker(shell.data)
    elif status == 4 and name == "log copy":
        shell.data = shell.data / "none"
    elif status == 5:
        differing(name, shell, monkeypatch)
    elif status == 69 and name in {"topics list", "topics lost"}:
        for variable, value in CLUSTER.items():
            monkeypatch.setenv(variable, value)
    elif status == 69:
        (shell.data / "pactdesk.db").write_bytes(b"no database " * 100)
    elif status == 78:
        monkeypatch.setenv("PACTDESK_COLOUR", "red")
    with beside:
        assert call(name, arguments, b"bad\n" if status in {3, 65} else b"") == status


def test_no_ending_is_tried_that_the_contract_does_not_have() -> None:
    tried = {
        *((name, 0) for name in DONE),
        *((name, 3) for name in (*REFUSED, *BESIDE_A_WORKER)),
        *((name, 4) for name in NOT_FOUND),
        *((name, 65) for name in UNREADABLE),
        *ELSEWHERE,
    }
    assert tried <= {*ENDINGS}
    assert [path for path in ELSEWHERE.values() if not (ROOT / path).exists()] == []


def test_the_statuses_are_those_of_the_contract() -> None:
    table = contract("commands")["statuses"]
    assert [*table] == [status for status, _ in STATUSES]
    assert {str(status) for _, status in ENDINGS} == {*table} - {"70", "130"}


def test_a_command_for_both_engines_asks_the_clusters_services(
    call: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in CLUSTER.items():
        monkeypatch.setenv(variable, value)
    ended = {name: call(name, DONE[name]) for name in COMMANDS}
    there = {name for name, status in ended.items() if status != 3}
    both = {name for name, command in COMMANDS.items() if "engine" not in command}
    assert faults("cluster", both, there) == []
    assert {name: ended[name] for name in there} == {
        name: ON_ITS_OWN.get(name, 69 if 69 in COMMANDS[name]["ends"] else 0) for name in there
    }


def test_what_looks_back_does_so_on_a_cluster_too_or_is_owed(
    call: Callable[..., int], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {**CLUSTER, "PACTDESK_DATABASE__URL": database}.items():
        monkeypatch.setenv(variable, value)
    looking = {
        name for name, command in COMMANDS.items() if "--as-of" in command.get("options", {})
    }
    moment = ("--as-of", "2026-03-02T09:00:00Z")
    there = {name for name in looking if call(name, (*DONE[name], *moment)) != 3}
    assert faults("as of on a cluster", looking, there) == []
