"""Commands that play the world outside: what platforms send and answer, and what customers do."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from schemas.vocabulary import CHANNELS
from streams.cli.context import Context, give
from streams.cli.playing_week import simulate_week
from streams.cli.working import told_to_stop
from streams.simulating.faults import FAULT_KINDS, FaultKind

if TYPE_CHECKING:
    from streams.simulating.tally import Sent

_ABOVE_ZERO = click.FloatRange(min=0.0, min_open=True, max=1_000_000.0)


@click.group("simulate")
def simulate_command() -> None:
    """The world outside, played offline: what platforms send and answer, and what customers do."""


simulate_command.add_command(simulate_week)


@simulate_command.command("channel")
@click.argument("name", type=click.Choice(CHANNELS), metavar="NAME")
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The gateway.")
@click.option(
    "--messages",
    type=click.IntRange(1, 1_000_000),
    default=20,
    show_default=True,
    help="How many messages.",
)
@click.option(
    "--people",
    type=click.IntRange(1, 10_000),
    default=5,
    show_default=True,
    help="Of how many people.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Another seed is another play: who says what, and what goes wrong.",
)
@click.option("--retries", is_flag=True, help="Messages come again, also those that are lost.")
@click.option("--duplicates", is_flag=True, help="Messages are told in two ways.")
@click.option("--reorder", is_flag=True, help="Messages come out of order.")
@click.option("--tamper", is_flag=True, help="Messages come changed, too, and must be refused.")
@click.option(
    "--skew",
    type=float,
    default=0.0,
    metavar="SECONDS",
    help="How far the platform's clock is ahead; behind, if negative.",
)
@click.option("--rate", type=_ABOVE_ZERO, help="Messages a second; else one after the other.")
@click.option("--message", metavar="TEXT", help="What everybody says; else recorded dialogues.")
@click.option(
    "--discord-private-key",
    metavar="HEX",
    help="What Discord signs with; without it a key is made, and printed with what to set.",
)
@give
def simulate_channel(
    context: Context,
    name: str,
    url: str,
    messages: int,
    people: int,
    seed: int,
    retries: bool,
    duplicates: bool,
    reorder: bool,
    tamper: bool,
    skew: float,
    rate: float | None,
    message: str | None,
    discord_private_key: str | None,
) -> int:
    """Send signed messages to a running gateway, as the channel's platform does.

    It signs with the secrets of this command's settings, which the gateway must have too. Mail is
    put into the mailbox. Exit 5 if the gateway took what it must refuse, or the other way round.
    """
    from streams.clock import WallClock
    from streams.simulating.channel import Play, Playing
    from streams.simulating.plan import Wishes
    from streams.simulating.tally import summed

    if not math.isfinite(skew) or abs(skew) > 10_000_000:
        raise click.UsageError(f"--skew {skew}: give seconds, such as 301 or -301")
    play = Play(
        channel=name,
        url=url,
        messages=messages,
        people=people,
        seed=seed,
        wishes=Wishes(retries=retries, duplicates=duplicates, reorder=reorder, tamper=tamper),
        skew=timedelta(seconds=skew),
        rate=rate,
        text=message,
        key=discord_private_key,
    )
    playing = Playing(play, context.settings().channels, WallClock())
    with context.bar(name, playing.total) as bar:

        def tell(sent: Sent) -> None:
            bar.advance()
            if context.json:
                context.line(sent.line())

        sent = playing.go(tell)
    for one in sent:
        if not one.right:
            context.complain(f"{one.step.kind} {one.step.post.what}", one.why, None)
    summary = summed(sent)
    context.show(summary, lambda: _said(summary))
    return 5 if summary["wrong"] else 0


def _said(summary: dict[str, Any]) -> str:
    waited = (
        f"; acknowledged within {summary['p50_milliseconds']} ms (p50),"
        f" {summary['p99_milliseconds']} ms (p99)"
        if summary["p50_milliseconds"] is not None
        else ""
    )
    wrong = f"; {summary['wrong']} answers were wrong" if summary["wrong"] else ""
    return (
        f"{summary['requests']} requests: {summary['contacts']} contacts,"
        f" {summary['repeats']} repeats, {summary['refused']} refused{wrong}{waited}"
    )


@simulate_command.command("provider")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9090,
    show_default=True,
    help="Where it listens; 0 takes a free port.",
)
@click.option(
    "--fault",
    type=click.Choice(FAULT_KINDS),
    help="What goes wrong: too many requests, out of order, taken without an answer, with half of"
    " one, or with a late one.",
)
@click.option(
    "--share",
    type=click.FloatRange(0.0, 1.0),
    default=0.2,
    show_default=True,
    help="With how many of the messages, from 0 to 1.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.0, 3600.0),
    default=1.0,
    show_default=True,
    help="How late an answer is, or after how long it may be tried again.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Another seed is other messages.",
)
@give
def simulate_provider(
    context: Context,
    port: int,
    fault: FaultKind | None,
    share: float,
    seconds: float,
    seed: int,
) -> None:
    """Stand in for all providers that a desk sends to, until told to stop.

    Its address is what every channel's `api_base_url` is set to. Each message is printed as a line
    of JSON; `GET /received` gives all of them.
    """
    from streams.simulating.faults import Fault, by_chance
    from streams.simulating.provider import StandIn
    from streams.simulating.serving import Served

    stand_in = StandIn(tell=context.line)
    if fault is not None:
        stand_in.otherwise = by_chance(Fault(fault, seconds), share, seed)
    with told_to_stop() as stop, Served(stand_in, port) as served:
        context.remark(f"every channel's api_base_url may be {served.address}")
        stop.wait()
