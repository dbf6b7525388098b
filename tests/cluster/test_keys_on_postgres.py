"""API keys on the cluster's database."""

from __future__ import annotations

import json
from pathlib import Path

from streams.cluster import migrating
from streams.cluster.postgres import connect
from tests.commands import started


def test_a_database_of_the_first_version_gets_its_table_by_migrating(database: str) -> None:
    migrating.migrate(database)
    one = connect(database)
    one.execute("DROP TABLE api_keys")
    one.execute(f"UPDATE {migrating.VERSION_TABLE} SET version_num = '0001'")
    migrating.migrate(database)
    assert one.execute("SELECT count(*) FROM api_keys").fetchone() == (0,)
    assert migrating.version_of(one) == migrating.VERSION
    one.close()


def test_keys_are_made_listed_and_revoked_as_on_a_laptop(database: str, tmp_path: Path) -> None:
    environment = {
        "PACTDESK_ENGINE": "cluster",
        "PACTDESK_DATABASE__URL": database,
        "PACTDESK_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",  # keys need no Kafka
    }

    def told(*arguments: str) -> object:
        process = started("--json", "keys", *arguments, data=tmp_path / "data", env=environment)
        out, err = process.communicate()
        assert process.returncode == 0, err
        return json.loads(out)

    made = told("create", "ann", "--scope", "read")
    assert isinstance(made, dict)
    secret = made.pop("key").rpartition("_")[2]
    assert told("list") == [made]
    one = connect(database)
    (row,) = one.execute("SELECT * FROM api_keys").fetchall()
    one.close()
    assert secret not in repr(row)
    assert told("revoke", made["id"]) == told("revoke", made["id"])
