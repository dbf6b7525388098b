"""A desk whose replies go to a stand-in for the platforms, and what it took of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schemas.events.decisions import ReplyRequested
from streams.channels.channel import Hook
from streams.channels.known import CHANNELS
from streams.clock import WallClock
from streams.desk import Desk
from streams.settings import Settings, load
from streams.simulating.faults import Fault
from streams.simulating.provider import StandIn
from streams.simulating.serving import Served
from tests.providers import PROVIDERS, Provider
from tests.real.waiting import until
from tests.stores import a_desk

QUICK = {
    "delivery.first_wait_seconds": 0.02,
    "delivery.longest_wait_seconds": 0.05,
}
"""Settings under which a next try comes soon."""

IMPATIENT = 0.5
"""For how long a platform's answer is waited for where it stays out, in seconds."""


def reaching(address: str, data: Path, *providers: Provider, **more: object) -> Settings:
    """Settings with which these platforms are set up, all of them at one address."""
    flags: dict[str, object] = {"data": data, **QUICK, **more}
    for one in providers:
        flags |= {f"channels.{one.name}.{name}": value for name, value in one.settings.items()}
        flags[f"channels.{one.name}.api_base_url"] = address
    return load(flags, {}, data)[0]


def wrote(provider: Provider, settings: Settings) -> list[dict[str, Any]]:
    """What somebody says in the platform's own example of a message, as lines of input."""
    path = provider.path.removeprefix(f"/channels/{provider.name}").removeprefix("/")
    at = datetime.now(UTC)
    hook = Hook("POST", path, f"https://desk.example{provider.path}", {}, {}, provider.one, at)
    mine = getattr(settings.channels, provider.name)
    lines = CHANNELS[provider.name].parse(mine, hook).inputs
    return [{**line, "at": at.isoformat()} for line in lines]


class Outgoing:
    """A desk with one platform set up.

    Attributes:
        desk: The desk.
        platform: The stand-in for the platform.
    """

    def __init__(self, desk: Desk, platform: StandIn, provider: Provider) -> None:
        self.desk = desk
        self.platform = platform
        self._provider = provider

    def somebody_writes(self) -> str:
        """A ticket of somebody who wrote; what the desk says to that is sent."""
        self.desk.produce(*wrote(self._provider, self.desk.settings))
        self.desk.run()
        (row,) = self.desk.query("SELECT ticket_id FROM v1_tickets")
        return str(row["ticket_id"])

    def reply(self, ticket_id: str, *texts: str) -> None:
        """A person replies."""
        for text in texts:
            self.desk.produce({"type": "reply", "ticket_id": ticket_id, "by": "sam", "text": text})
        self.desk.run()

    def goes_wrong(self, *faults: Fault | None) -> None:
        """What goes wrong with the next messages, one by one."""
        self.platform.on_sending.extend(faults)

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Wait for no answer for long, where one stays out.

        A machine that stalls looks like that too; only what bears it belongs in here.
        """
        patient = self.desk.settings
        hurried = patient.delivery.model_copy(update={"answer_seconds": IMPATIENT})
        self.desk.settings = patient.model_copy(update={"delivery": hurried})
        try:
            yield
        finally:
            self.desk.settings = patient

    def run_until(self, reached: Callable[[], bool]) -> None:
        """Work off what waits, again and again, for tries that lie a little later."""

        def worked() -> bool:
            self.desk.run()
            return reached()

        until(worked, 60.0, lambda: str(self.deliveries()))

    def deliveries(self) -> list[dict[str, Any]]:
        """What became of each reply, in their order."""
        return self.desk.query("SELECT * FROM v1_deliveries ORDER BY requested_at, request_id")

    def states(self) -> set[str]:
        """How far the replies came."""
        return {str(row["state"]) for row in self.deliveries()}

    def texts(self) -> list[str]:
        """What the platform took, in its order."""
        return [one.text for one in self.platform.messages]


@contextmanager
def outgoing(folder: Path, channel: str, **more: object) -> Iterator[Outgoing]:
    """A desk with one platform set up, on the wall's clock."""
    provider, stand_in = PROVIDERS[channel], StandIn()
    with Served(stand_in, port=0) as served:
        settings = reaching(served.address, folder, provider, **more)
        with a_desk(folder, WallClock(), settings=settings) as desk:
            yield Outgoing(desk, stand_in, provider)


def an_answer(text: str) -> ReplyRequested:
    """Sam's answer to Ann by e-mail, where there is no address."""
    return ReplyRequested(
        customer_id="ann",
        ticket_id="T",
        outcome="requested",
        policy_version="p",
        channel="email",
        kind="answer",
        author="sam",
        handle=None,
        parts=[text],
    )
