"""Commands about how the desk is built and how it is."""

from __future__ import annotations

import sqlite3

import pytest

from agents.roster import ROSTERS
from schemas.events import EVENTS
from schemas.topics import PARTITIONS, TOPICS
from tests.commands import Shell


def test_the_topology_names_every_agent_of_every_domain(empty: Shell) -> None:
    document = empty("topology", "--json").json
    assert set(document) == set(ROSTERS)
    for domain, roster in ROSTERS.items():
        assert [one["agent"] for one in document[domain]] == [agent.name for agent in roster]
    assert "reads" in empty("topology").out
    assert empty("topology", "--format", "mermaid").out.startswith("flowchart LR")
    assert not empty.data.exists()


def test_the_topics_are_listed_and_checked(empty: Shell) -> None:
    rows = empty("topics", "list", "--json").json
    assert [row["topic"] for row in rows] == list(TOPICS)
    assert {row["partitions"] for row in rows} == {PARTITIONS}
    assert empty("topics", "create").status == 0
    assert empty("topics", "check", "--json").json == {"problems": []}


def test_every_event_has_a_schema_to_list_and_to_show(empty: Shell) -> None:
    rows = empty("schemas", "list", "--json").json
    assert [row["event"] for row in rows] == list(EVENTS)
    schema = empty("schemas", "show", "TicketOpened").json
    assert schema["name"] == "TicketOpened"
    assert empty("schemas", "show", "TicketLost").status == 4


def test_the_schemas_fit_the_committed_ones(empty: Shell) -> None:
    assert empty("schemas", "check", "--json").json == {"problems": []}


def test_migrate_makes_a_store_and_leaves_a_current_one(empty: Shell) -> None:
    first = empty("migrate", "--json").json
    assert (empty.data / "pactdesk.db").exists()
    assert empty("migrate", "--json").json == first


def test_settings_are_shown_with_where_they_come_from_and_secrets_are_not(
    empty: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACTDESK_IDENTITY__SECRET", "hush")
    monkeypatch.delenv("PACTDESK_MODELS__TIER")
    told = empty("config", "show", "--json")
    rows = {row["setting"]: row for row in told.json}
    assert rows["identity.secret"]["origin"] == "environment"
    assert rows["models.tier"] == {
        "setting": "models.tier",
        "value": "encoder",
        "origin": "default",
    }
    assert "hush" not in told.out + empty("config", "show").out


def test_the_doctor_finds_a_whole_desk_healthy(read: Shell) -> None:
    told = read("doctor", "--json")
    assert told.status == 0
    assert told.json["healthy"] is True
    assert "BAD" not in read("doctor").out


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(desk: Shell) -> None:
    store = sqlite3.connect(desk.data / "pactdesk.db")
    store.execute("UPDATE meta SET value = '999' WHERE name LIKE '%version%'")
    store.execute("PRAGMA user_version = 999")
    store.commit()
    store.close()
    told = desk("doctor")
    assert told.status == 78
    assert "BAD" in told.out
    assert "->" in told.out
    assert desk("doctor", "--json").json["healthy"] is False


def test_the_embedded_engine_has_no_roles_to_ask_for(read: Shell) -> None:
    for arguments in (("--domain", "desk"), ("--role", "effects")):
        told = read("doctor", *arguments)
        assert told.status == 78
        assert "leave --role and --domain out" in told.err
    assert read("doctor", "--role", "effects", "--domain", "desk").status == 2


def test_status_counts_what_waits(empty: Shell) -> None:
    line = '{"channel": "email", "handle": "bo@example.org", "message": "Hello?"}\n'
    empty("produce", stdin=line)
    before = empty("status", "--json").json
    assert (before["records"], before["waiting"]) == (1, 1)
    empty("run")
    after = empty("status", "--json").json
    assert after["waiting"] == 0
    assert after["tables_behind"] == 0
    assert after["records"] > 1
    assert "support.contacts.v1" in empty("status").out
