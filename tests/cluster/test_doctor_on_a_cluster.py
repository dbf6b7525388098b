"""The doctor on a cluster: of the whole, and of one process for its health check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from schemas.topics import CONTACTS, DECISIONS, DOMAINS
from streams.cluster.effects import DOMAIN as EFFECTS
from streams.cluster.health import examine, examine_role
from streams.cluster.ownership import claim
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.presence import PROJECTIONS, Presence, me
from streams.errors import Misconfigured
from streams.settings import Settings
from tests.commands import Shell
from tests.foreign import registry
from tests.real import Cluster, until
from tests.real.cast import Cast

PATIENCE = 60


@pytest.fixture
def store(settings: Settings) -> Iterator[PgDatabase]:
    """A connection to its database."""
    with closing(connect(str(settings.database.url))) as found:
        yield found


def claimed(store: PgDatabase, domain: str, owner: str, *partitions: int) -> None:
    """Let somebody own some partitions."""
    for partition in partitions:
        claim(store, domain, partition, owner)


def silent_for(store: PgDatabase, seconds: float) -> None:
    """Let it be longer ago that anybody was heard of."""
    store.execute("UPDATE at_work SET heard_at = heard_at - make_interval(secs => ?)", (seconds,))


def wrong(settings: Settings, role: str, domain: str | None = None) -> list[str]:
    """What is wrong with a role on this machine."""
    return [str(one["what"]) for one in examine_role(settings, role, domain) if not one["ok"]]


def test_a_worker_is_well_while_it_comes_round_and_every_partition_has_an_owner_that_does(
    settings: Settings, store: PgDatabase
) -> None:
    nobody, ownerless = wrong(settings, "agents", "customer")
    assert nobody.startswith("nobody on ")
    assert ownerless.endswith(f"owns a partition of {CONTACTS.name}")

    claimed(store, "customer", me(), *range(11))
    here = Presence(store, "customer")
    here.tell()
    (ownerless,) = wrong(settings, "agents", "customer")
    assert ownerless.endswith(f"owns partition 11 of {CONTACTS.name}")
    claimed(store, "customer", "nobody", 20)
    (ownerless,) = wrong(settings, "agents", "customer")
    assert ownerless.endswith(f"owns partitions 11, 20 of {CONTACTS.name}")
    claimed(store, "customer", me(), 20)
    claimed(store, "customer", me(), 11)
    assert wrong(settings, "agents", "customer") == []
    assert len(wrong(settings, "agents")) == 2 * (len(DOMAINS) - 1)

    silent_for(store, 20)
    assert wrong(settings, "agents", "customer") == []
    silent_for(store, 20)
    assert len(wrong(settings, "agents", "customer")) == 2
    here.tell()
    assert len(wrong(settings, "agents", "customer")) == 2, "it says so every few seconds only"
    Presence(store, "customer").tell()
    assert wrong(settings, "agents", "customer") == []
    here.leave()
    assert len(wrong(settings, "agents", "customer")) == 2


def test_another_machines_worker_does_not_speak_for_this_one(
    settings: Settings, store: PgDatabase
) -> None:
    claimed(store, "desk", "elsewhere/1", *range(12))
    store.execute("INSERT INTO at_work VALUES ('elsewhere/1', 'desk', clock_timestamp())")
    (nobody,) = wrong(settings, "agents", "desk")
    assert nobody.startswith("nobody on ")
    Presence(store, "desk").tell()
    assert wrong(settings, "agents", "desk") == [], "it has no partition, and all have an owner"


def test_projector_and_effects_are_asked_for_by_their_roles(
    settings: Settings, store: PgDatabase
) -> None:
    assert len(wrong(settings, "projections")) == 1
    Presence(store, PROJECTIONS).tell()
    assert wrong(settings, "projections") == []
    assert len(wrong(settings, "effects")) == 2
    claimed(store, EFFECTS, me(), *range(12))
    Presence(store, EFFECTS).tell()
    assert wrong(settings, "effects") == []
    with pytest.raises(Misconfigured, match="there is no domain sales"):
        examine_role(settings, "agents", "sales")


def test_the_doctor_of_the_whole_tells_whom_it_misses_and_how_to_start_them(
    settings: Settings, store: PgDatabase
) -> None:
    def missing() -> dict[str, str]:
        return {one["what"]: one["remedy"] for one in examine(settings) if not one["ok"]}

    found = missing()
    assert len(found) == len(DOMAINS) + 2
    effects = f"no worker that was heard of lately owns a partition of {DECISIONS.name}"
    assert "`pactdesk up --roles effects`" in found[f"{effects} for the effects"]
    (projector,) = (one for one in found if one.startswith("no projector was heard of"))
    assert found[projector] == "start one: `pactdesk up --roles projections`"

    for work in (*DOMAINS, EFFECTS):
        claimed(store, work, me(), *range(12))
        Presence(store, work).tell()
    Presence(store, PROJECTIONS).tell()
    assert missing() == {}


def test_the_command_exits_with_69_until_the_process_is_at_work(
    cluster: Cluster, settings: Settings, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    shell = Shell(settings.data)

    def status(*arguments: str) -> int:
        return shell("doctor", *arguments).status

    def well(*arguments: str) -> bool:
        return status(*arguments) == 0

    assert status("--domain", "desk") == 69
    cast.add("desk", "up", "--roles", "agents", "--domain", "desk")
    cast.add("projector", "up", "--roles", "projections")
    cast.add("effects", "up", "--roles", "effects")
    for arguments in (("--domain", "desk"), ("--role", "projections"), ("--role", "effects")):
        until(partial(well, *arguments), PATIENCE, " ".join(arguments))
    assert status("--domain", "customer") == 69
    assert status() == 78
    cast.leave()
    for arguments in (("--domain", "desk"), ("--role", "projections"), ("--role", "effects")):
        assert status(*arguments) == 69


def test_the_doctor_asks_the_schema_registry_where_one_is_named(settings: Settings) -> None:
    def told(url: str) -> list[bool]:
        kafka = settings.kafka.model_copy(update={"schema_registry_url": url})
        found = examine(settings.model_copy(update={"kafka": kafka}))
        return [bool(one["ok"]) for one in found if "schema registry" in str(one["what"])]

    with registry({}, user="desk:open") as there:
        assert told(there.url.replace("//", "//desk:open@")) == [True]
        assert told(there.url) == [False]
    assert told(there.url) == [False]
