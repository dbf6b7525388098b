"""The commands about API keys."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.commands import Shell, started


def test_a_key_is_shown_once_and_only_its_digest_is_kept(empty: Shell) -> None:
    told = empty("keys", "create", "the shop", "--scope", "read", "--scope", "produce", "--json")
    assert told.status == 0
    made = told.json
    prefix, number, secret = made["key"].split("_")
    assert (prefix, number, len(bytes.fromhex(secret))) == ("pk", made["id"], 32)
    assert made["scopes"] == ["produce", "read"]
    listed = empty("keys", "list", "--json")
    assert listed.json == [{name: made[name] for name in made if name != "key"}]
    kept = b"".join(one.read_bytes() for one in empty.data.iterdir())
    assert secret.encode() not in kept
    assert bytes.fromhex(secret) not in kept
    assert sha256(secret.encode()).digest() in kept
    assert empty("events").out == "", "keys are in no log"


def test_for_people_the_key_stands_alone_on_standard_output(empty: Shell) -> None:
    told = empty("keys", "create", "ann", "--scope", "read")
    assert told.out.startswith("pk_")
    assert len(told.out.split()) == 1
    assert "only time" in told.err


def test_two_keys_of_one_name_are_two_keys(empty: Shell) -> None:
    first = empty("keys", "create", "ann", "--scope", "read", "--json").json
    second = empty("keys", "create", "ann", "--scope", "read", "--json").json
    assert first["id"] != second["id"]
    assert first["key"].split("_")[2] != second["key"].split("_")[2]


def test_a_revoked_key_stays_listed_and_the_first_time_counts(empty: Shell) -> None:
    made = empty("keys", "create", "ann", "--scope", "read", "--json").json
    revoked = empty("keys", "revoke", made["id"], "--json").json
    assert revoked["revoked_at"] >= made["created_at"]
    assert empty("keys", "revoke", made["id"], "--json").json == revoked
    assert empty("keys", "list", "--json").json == [revoked]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["create", "ann"], 2, "--scope"),
        (["create", "ann", "--scope", "everything"], 3, "everything"),
        (["create", "", "--scope", "read"], 3, "name"),
        (["create", "a\nb", "--scope", "read"], 3, "name"),
        (["create", "a" * 101, "--scope", "read"], 3, "name"),
        (["revoke", "0123"], 4, "0123"),
    ],
)
def test_what_cannot_be_is_told(empty: Shell, arguments: list[str], status: int, says: str) -> None:
    told = empty("keys", *arguments)
    assert told.status == status
    assert says in told.err
    assert empty("keys", "list", "--json").json == []


def test_a_key_may_be_made_beside_a_desk_that_is_up(empty: Shell) -> None:
    empty("migrate")
    desk = started("up", "--roles", "agents", data=empty.data)
    try:
        assert desk.stderr is not None
        assert b"pactdesk is up" in desk.stderr.readline()
        assert empty("keys", "create", "ann", "--scope", "read").status == 0
    finally:
        desk.kill()
        desk.communicate()
