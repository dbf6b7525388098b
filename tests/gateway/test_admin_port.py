"""The admin port on an embedded store."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from streams.gateway import admin as admins
from streams.gateway.admin import Admin, Readiness
from streams.settings import Settings
from tests.admins import asked, watched
from tests.commands import Shell, started
from tests.documents import ROOT
from tests.gateways import CONTACT, Client, gateway
from tests.real import free_port


def test_a_process_that_is_at_work_lives_and_is_ready(tmp_path: Path) -> None:
    with watched(Settings(data=tmp_path)) as one:
        assert one.asked("/livez") == (200, "alive\n")
        assert one.asked("/readyz") == (200, "ready\n")
        assert one.asked("/elsewhere")[0] == 404


def test_a_process_that_starts_or_stops_is_not_ready_and_lives(tmp_path: Path) -> None:
    stop = threading.Event()
    readiness = Readiness(stop, frozenset())
    with Admin(Settings(data=tmp_path), 0, readiness) as admin:
        assert asked(admin.address, "/readyz") == (503, "it is starting\n")
        readiness.at_work()
        assert asked(admin.address, "/readyz")[0] == 200
        stop.set()
        assert asked(admin.address, "/readyz") == (503, "it is stopping\n")
        assert asked(admin.address, "/livez")[0] == 200


def test_a_process_whose_thread_is_gone_is_not_ready(tmp_path: Path) -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name="projections")
    thread.start()
    with watched(Settings(data=tmp_path), frozenset({"projections"})) as one:
        assert one.asked("/readyz")[0] == 200
        over.set()
        thread.join()
        assert one.asked("/readyz") == (503, "these threads are gone: projections\n")


def test_a_store_that_cannot_be_read_is_not_ready_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "pactdesk.db").write_bytes(b"this was a store once" * 500)
    with watched(Settings(data=tmp_path)) as one:
        status, told = one.asked("/readyz")
        assert (status, "not a readable pactdesk store" in told) == (503, True)
        assert one.metrics["pactdesk_store_up"] == 0
        (tmp_path / "pactdesk.db").unlink()
        assert one.asked("/readyz")[0] == 200
        assert one.metrics["pactdesk_store_up"] == 1


def test_a_store_that_does_not_answer_in_time_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admins, "ANSWER_SECONDS", 0.0)
    with watched(Settings(data=tmp_path)) as one:
        assert one.asked("/readyz") == (503, "the store does not answer in time\n")


def test_what_waits_is_told_in_records_and_in_seconds(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    with watched(Settings(data=tmp_path)) as one:
        assert one.metrics["pactdesk_waiting_records domain=customer"] == 0
        shell("produce", stdin='{"channel": "email", "handle": "a", "message": "b"}\nnonsense\n')
        before = one.metrics
        shell("run")
        after = one.metrics
    assert before["pactdesk_waiting_records domain=customer"] == 1
    assert before["pactdesk_waiting_seconds domain=customer"] > 0
    assert before["pactdesk_turns_total domain=customer"] == 0
    assert before["pactdesk_tables_behind_records"] > 0
    assert before["pactdesk_tables_behind_seconds"] > 0
    assert before["pactdesk_dead_letters_total"] == 1
    assert after["pactdesk_waiting_records domain=customer"] == 0
    assert after["pactdesk_waiting_seconds domain=customer"] == 0
    assert after["pactdesk_turns_total domain=customer"] > 0
    assert after["pactdesk_tables_behind_records"] == 0
    assert after["pactdesk_tables_behind_seconds"] == 0
    assert after["pactdesk_timers"] > 0


def test_requests_and_contacts_are_counted_under_names_that_nobody_outside_chooses(
    served: Client,
) -> None:
    route = "/api/v1/tickets/{id}"
    names = {
        "found": f"pactdesk_http_requests_total method=GET route={route} status=404",
        "seconds": f"pactdesk_http_request_seconds_count method=GET route={route}",
        "elsewhere": "pactdesk_http_requests_total method=other route=other status=404",
        "accepted": "pactdesk_contacts_taken_total channel=email status=accepted",
        "repeat": "pactdesk_contacts_taken_total channel=email status=repeat",
        "unreadable": "pactdesk_contacts_taken_total channel=other status=unreadable",
    }
    with watched(served.settings) as one:
        before = one.metrics
        served.get("/api/v1/tickets/TICK_1")
        served.get("/api/v1/tickets/TICK_2")
        served("PROPFIND", "/some/where")
        served.post("/api/v1/contacts", [{**CONTACT, "provider_id": "counted"}] * 2)
        served.post("/api/v1/contacts", {**CONTACT, "channel": "pigeon"})
        served.post("/api/v1/contacts", {"type": "tag", "name": "not a contact"})
        after = one.metrics
    grown = {name: after[sample] - before.get(sample, 0) for name, sample in names.items()}
    assert grown == {
        "found": 2, "seconds": 2, "elsewhere": 1, "accepted": 1, "repeat": 1, "unreadable": 1,
    }  # fmt: skip
    told = " ".join(after)
    assert "TICK_1" not in told
    assert "PROPFIND" not in told
    assert "pigeon" not in told


def test_every_metric_is_explained(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "watch-it.md").read_text("utf-8")
    with gateway(tmp_path) as client, watched(client.settings) as one:
        client.post("/api/v1/contacts", CONTACT)
        names = {sample.partition(" ")[0] for sample in one.metrics}
    ours = {name for name in names if not name.startswith("process_")}
    for end in ("_bucket", "_count", "_sum"):
        ours = {name.removesuffix(end) for name in ours}
    assert len(ours) > 10
    assert [name for name in sorted(ours) if f"`{name}`" not in page] == []


@pytest.mark.parametrize("roles", ["agents,gateway", "projections"])
def test_up_has_an_admin_port_whatever_its_roles(tmp_path: Path, roles: str) -> None:
    shell, port = Shell(tmp_path / "data"), free_port()
    shell("migrate")
    address = f"http://127.0.0.1:{port}"
    words = ["up", "--roles", roles, "--port", "0", "--admin-port", str(port)]
    with started(*words, data=shell.data) as desk:
        assert desk.stderr is not None
        while f"/metrics are at {address}" not in (line := desk.stderr.readline().decode()):
            assert line
        assert asked(address, "/readyz") == (200, "ready\n")
        assert "pactdesk_build_info" in asked(address, "/metrics")[1]
        desk.terminate()
    assert desk.returncode == 0


def test_an_admin_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    with watched(Settings(data=tmp_path)) as one:
        port = one.admin.address.rpartition(":")[2]
        told = Shell(tmp_path)("up", "--roles", "agents", "--admin-port", port)
    assert told.status == 69
    assert "--admin-port" in told.err
