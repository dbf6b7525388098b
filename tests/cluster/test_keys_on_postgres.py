"""API keys on the cluster's database."""

from __future__ import annotations

import json
from pathlib import Path

from streams.cluster import migrating
from streams.cluster.postgres import connect
from tests.commands import started
from tests.olderdatabase import as_version_4_left_it

SINCE = (
    "part state channel conversation partition position doubts looks due_at since tried_at".split()  # noqa: SIM905  # a list of words reads best as words
)
"""Columns of the claims that the first version had not."""


def test_a_database_of_the_first_version_gets_what_came_since_by_migrating(database: str) -> None:
    migrating.migrate(database)
    one = connect(database)
    as_version_4_left_it(one)
    one.execute("DROP TABLE api_keys, subscriptions")
    one.execute("ALTER TABLE claims " + ", ".join(f"DROP COLUMN {name}" for name in SINCE))
    one.execute(
        "INSERT INTO claims (request_id, attempt, outcome) VALUES ('r', 1, 'ReplyAccepted')"
    )
    one.execute(f"UPDATE {migrating.VERSION_TABLE} SET version_num = '0001'")
    migrating.migrate(database)
    assert one.execute("SELECT count(*) FROM api_keys").fetchone() == (0,)
    assert one.execute("SELECT count(*) FROM subscriptions").fetchone() == (0,)
    assert one.execute("SELECT state, part, due_at FROM claims").fetchone() == ("done", 0, None)
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
