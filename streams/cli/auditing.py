"""The command that proves to a stranger what became of a ticket."""

from __future__ import annotations

import json
from pathlib import Path

import click

from streams.cli.context import Context, give
from streams.cli.files import keep


@click.command("audit")
@click.argument("ticket_id", metavar="[TICKET]", required=False)
@click.option(
    "--to", "path", type=click.Path(path_type=Path), metavar="FILE", help="Where it is written."
)
@click.option("--without-text", is_flag=True, help="Hashes alone of what holds personal fields.")
@click.option("--public-key", is_flag=True, help="Print the key that audits are checked with.")
@give
def audit_command(
    context: Context,
    ticket_id: str | None,
    path: Path | None,
    *,
    without_text: bool,
    public_key: bool,
) -> None:
    """Write all records of a ticket to a file, with what proves that they are what was sealed.

    Exit 5 if the log around them is not as it was sealed.
    """
    from streams.audits import audit, key_of, public_of, unsealed

    if public_key == (ticket_id is not None):
        raise click.UsageError("name a TICKET, or ask for the --public-key")
    if ticket_id is not None and path is None:
        raise click.UsageError("say --to which FILE")
    with context.desk() as desk:
        key = key_of(desk.signing_key())
        public = public_of(key)
        if ticket_id is None or path is None:
            context.show({"public_key": public}, lambda: public)
            return
        document = audit(desk, ticket_id, text=not without_text, key=key)
    keep(path, (json.dumps(document, indent=1) + "\n").encode())
    told = {
        "ticket_id": ticket_id,
        "file": str(path),
        "records": len(document["records"]),
        "unsealed": unsealed(document),
        "public_key": public,
    }
    context.show(
        told,
        lambda: (
            f"{told['records']} records of {ticket_id} are in {path}, signed for {public}"
            + (f"; {told['unsealed']} are not sealed yet" if told["unsealed"] else "")
        ),
    )
