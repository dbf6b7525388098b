"""Commands about API keys: create, list, revoke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from streams.cli.context import Context, give

if TYPE_CHECKING:
    from streams.gateway.keys import Key


@click.group("keys")
def keys_command() -> None:
    """Who may use the API: keys with scopes."""


def _told(key: Key) -> dict[str, Any]:
    """What may be shown of a key; of its secret, nothing is."""
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }


@keys_command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    help="What it allows: produce, read, desk, pact or admin; may be given several times.",
)
@give
def keys_create(context: Context, name: str, scopes: tuple[str, ...]) -> None:
    """Make a key and print it: this once, for only its digest is kept.

    From the first key on, the gateway asks everybody for one, over loopback too.
    """
    from streams.gateway.keys import made

    with context.desk() as desk:
        key, known = made(desk.database, name, scopes, desk.clock.now())
    context.remark("this is the only time that the key is shown; keep it where it is used")
    context.show({**_told(known), "key": key}, lambda: key)


@keys_command.command("list")
@give
def keys_list(context: Context) -> None:
    """List the keys, the revoked ones too."""
    from streams.gateway.keys import kept

    with context.desk() as desk:
        context.rows([_told(one) for one in kept(desk.database)])


@keys_command.command("revoke")
@click.argument("key_id", metavar="ID")
@give
def keys_revoke(context: Context, key_id: str) -> None:
    """Revoke a key: within a second nothing opens to it any more."""
    from streams.gateway.keys import revoked

    with context.desk() as desk:
        known = revoked(desk.database, key_id, desk.clock.now())
    context.show(_told(known), lambda: f"{known.id} ({known.name}) is revoked")
