"""Commands about outbound webhooks: who is sent what happens, and how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from streams.cli.context import Context, give
from streams.cli.output import described

if TYPE_CHECKING:
    from streams.subscriptions.subscription import Subscription


@click.group("subscriptions")
def subscriptions_command() -> None:
    """Outbound webhooks: who is sent what happens."""


_id = click.argument("subscription_id", metavar="ID")


@subscriptions_command.command("add")
@click.argument("url")
@click.option("--types", help="Only these types of events, separated by commas.")
@click.option("--topic", help="Only what lies on this topic.")
@click.option("--customer", help="Only what is on this customer's line, or names them.")
@click.option("--personal", is_flag=True, help="Send personal fields too, which are masked else.")
@click.option(
    "--from",
    "start",
    default="now",
    show_default=True,
    help="Where to begin: a position, a time, now or beginning.",
)
@give
def subscriptions_add(
    context: Context,
    url: str,
    types: str | None,
    topic: str | None,
    customer: str | None,
    personal: bool,
    start: str,
) -> None:
    """Send what happens to an address from now on, signed; print the secret, this once."""
    from streams.subscriptions.kept import Wish
    from streams.subscriptions.subscribing import subscribed

    chosen = tuple(part.strip() for part in (types or "").split(",") if part.strip())
    wish = Wish(url, chosen, topic, customer, personal)
    with context.desk() as desk:
        made = subscribed(desk, context.settings(), wish, start)
    context.remark("this is the only time that the secret is shown; the receiver needs it")
    context.show({**made.told(), "secret": made.secret}, lambda: f"{made.id} {made.secret}")


@subscriptions_command.command("list")
@give
def subscriptions_list(context: Context) -> None:
    """List the subscriptions; their secrets are not shown."""
    from streams.subscriptions import kept

    with context.desk() as desk:
        found = [one.told() for one in kept.every(desk.database)]
    context.rows(found, ("id", "url", "state", "acknowledged_at", "last_error"))


@subscriptions_command.command("show")
@_id
@give
def subscriptions_show(context: Context, subscription_id: str) -> None:
    """Show how far a subscription is, and what stands in its way."""
    from streams.subscriptions.subscribing import shown

    with context.desk() as desk:
        found = shown(desk, subscription_id)
    context.show(found, lambda: "\n".join(described(found)))


@subscriptions_command.command("pause")
@_id
@give
def subscriptions_pause(context: Context, subscription_id: str) -> None:
    """Send nothing more until it is resumed; nothing is lost meanwhile."""
    from streams.subscriptions import kept

    with context.desk() as desk:
        _tell(context, kept.paused(desk.database, subscription_id), "is paused")


@subscriptions_command.command("resume")
@_id
@give
def subscriptions_resume(context: Context, subscription_id: str) -> None:
    """Go on where it stopped, at once, whatever went wrong before."""
    from streams.subscriptions import kept

    with context.desk() as desk:
        _tell(context, kept.resumed(desk.database, subscription_id), "is active")


@subscriptions_command.command("remove")
@_id
@give
def subscriptions_remove(context: Context, subscription_id: str) -> None:
    """Forget a subscription and its secrets."""
    from streams.subscriptions import kept

    with context.desk() as desk:
        kept.removed(desk.database, subscription_id)
    context.show({"removed": subscription_id}, lambda: f"{subscription_id} is removed")


@subscriptions_command.command("rotate")
@_id
@give
def subscriptions_rotate(context: Context, subscription_id: str) -> None:
    """Make a new secret and print it, this once; the one before is valid for a day more."""
    from streams.subscriptions import kept

    with context.desk() as desk:
        now = kept.rotated(desk.database, subscription_id, desk.clock.now())
    context.remark(f"the secret before is valid until {now.old_until}")
    context.show({**now.told(), "secret": now.secret}, lambda: now.secret)


@subscriptions_command.command("replay")
@_id
@click.option(
    "--from",
    "start",
    required=True,
    help="From where: a position, a time, now or beginning.",
)
@give
def subscriptions_replay(context: Context, subscription_id: str, start: str) -> None:
    """Send again what was sent from a position on: the same ids, the same bytes."""
    from streams.subscriptions.subscribing import replayed

    with context.desk() as desk:
        _tell(context, replayed(desk, subscription_id, start), f"goes on from {start}")


@subscriptions_command.command("test")
@_id
@give
def subscriptions_test(context: Context, subscription_id: str) -> int:
    """Send one ping now and print what was answered; exit 69 where it was not acknowledged."""
    import asyncio

    from streams.subscriptions.subscribing import ping, pinged

    with context.desk() as desk:
        found, reach = pinged(desk, context.settings(), subscription_id)
        told = asyncio.run(ping(found, reach, desk.clock.now()))
    context.show(told, lambda: "\n".join(described(told)))
    return 0 if told["acknowledged"] else 69


def _tell(context: Context, found: Subscription, what: str) -> None:
    document: dict[str, Any] = found.told()
    context.show(document, lambda: f"{found.id} ({found.url}) {what}")
