"""When the language model is asked and when it is not, by a clock that stands; and nobody waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from schemas.events.drafts import DraftRequested, Source
from schemas.record import Record
from streams.channels.channel import Rejected, Response, Sending
from streams.clock import Clock
from streams.delivery.calling import Caller
from streams.delivery.errand import Came
from streams.desk import Desk
from streams.drafting.carriers import AT_ONCE, MINUTE, DraftCarriers
from streams.drafting.errands import LATE, LLM, errands_of
from streams.drafting.settings import LlmSettings
from streams.errors import Refused
from streams.simulating.provider import StandIn
from streams.simulating.serving import Served
from streams.testing import START, ManualClock
from tests.gateways import worker
from tests.llms import Llm, a_drafting_desk, completion, drafts, unsure
from tests.outgoing import reaching, wrote
from tests.providers import PROVIDERS
from tests.real.waiting import until
from tests.stores import a_desk

SETTINGS = LlmSettings(base_url="https://llm.example/v1", model="tiny", calls_per_minute=2)
REQUEST = DraftRequested(
    customer_id="ann",
    ticket_id="T1",
    outcome="a1",
    policy_version="1",
    contact_id="c1",
    question="Where?",
    sources=[Source(article_id="a1", title="Refunds", sentences=["In five days."])],
)
RECORD = Record(id="r1", key="ann", at=START, by="knowledge", event=REQUEST, correlation="c1")
(ERRAND,) = errands_of(RECORD, 3, 7, START)


class Says(Caller):
    """A caller whom the same is answered, always."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(1.0)
        self._answer = Response(status, {n.replace("_", "-"): v for n, v in headers.items()}, b"")

    async def ask(self, sending: Sending) -> Response:
        """The same answer."""
        assert sending.url == "https://llm.example/v1/chat/completions"
        assert "Authorization" not in sending.headers
        return self._answer


def came(carriers: DraftCarriers) -> Came:
    return asyncio.run(carriers.of(ERRAND, RECORD).send(0, START))


def test_so_many_are_asked_in_any_minute_and_the_others_are_refused() -> None:
    clock = ManualClock(START)
    carriers = DraftCarriers(SETTINGS, Says(500), clock)
    carriers.of(ERRAND, RECORD)
    clock.set(START + timedelta(seconds=40))
    carriers.of(ERRAND, RECORD)
    with pytest.raises(Refused, match="more than 2 drafts a minute"):
        carriers.of(ERRAND, RECORD)
    clock.set(START + MINUTE)
    carriers.of(ERRAND, RECORD)
    with pytest.raises(Refused):
        carriers.of(ERRAND, RECORD)


def test_a_request_that_waited_too_long_is_given_up() -> None:
    clock = ManualClock(START + LATE)
    carriers = DraftCarriers(SETTINGS, Says(500), clock)
    carriers.of(ERRAND, RECORD)
    clock.set(START + LATE + timedelta(seconds=1))
    with pytest.raises(Refused, match="within 10 minutes"):
        carriers.of(ERRAND, RECORD)


def test_where_it_says_when_to_come_back_nobody_comes_before() -> None:
    clock = ManualClock(START)
    carriers = DraftCarriers(SETTINGS, Says(429, retry_after="20"), clock)
    assert carriers.outward == {LLM}
    assert came(carriers) == Rejected("HTTP 429", final=False)
    clock.set(START + timedelta(seconds=19))
    assert carriers.outward == frozenset()
    clock.set(START + timedelta(seconds=20))
    assert carriers.outward == {LLM}


def test_it_is_left_alone_no_longer_than_a_request_waits() -> None:
    clock = ManualClock(START)
    carriers = DraftCarriers(SETTINGS, Says(503, retry_after="9" * 400), clock)
    came(carriers)
    clock.set(START + LATE)
    assert carriers.outward == {LLM}


def test_without_a_model_there_is_no_way() -> None:
    assert DraftCarriers(LlmSettings(), Says(500), ManualClock(START)).outward == frozenset()


def sent(desk: Desk) -> list[dict[str, Any]]:
    return desk.query("SELECT * FROM v1_deliveries WHERE state = 'sent'")


@contextmanager
def letting_go(released: threading.Event) -> Iterator[None]:
    """Nobody is held after this, whatever went wrong."""
    try:
        yield
    finally:
        released.set()


def test_replies_go_out_while_the_model_says_nothing(tmp_path: Path) -> None:
    """It is asked by a few calls, all of which hang; what goes to customers does not wait."""
    stand_in, released, people = StandIn(), threading.Event(), 3 * AT_ONCE

    async def held(_: web.Request) -> web.StreamResponse:
        await asyncio.to_thread(released.wait)
        return completion("NOTHING")

    with Llm() as llm, Served(stand_in, port=0) as served, letting_go(released):
        llm.always = held
        named = {"base_url": f"{llm.address}/v1", "model": "tiny", "timeout_seconds": 30.0}
        more: dict[str, object] = {f"llm.{name}": value for name, value in named.items()}
        settings = reaching(served.address, tmp_path, PROVIDERS["slack"], **more)

        @contextmanager
        def opened(folder: Path, clock: Clock) -> Iterator[Desk]:
            with a_desk(folder, clock, unsure(), settings) as desk:
                yield desk

        with a_drafting_desk(tmp_path, settings) as desk:
            (line,) = wrote(PROVIDERS["slack"], settings)
            for n in range(people):
                number = f"{line['provider_id']}{n}"
                desk.produce({**line, "handle": f"{line['handle']}{n}", "provider_id": number})
            with worker(tmp_path, opened=opened):
                until(lambda: len(llm.asked) == AT_ONCE, 120, "it is asked")
                until(lambda: len(sent(desk)) >= people, 120, lambda: f"{len(sent(desk))} went")
                assert len(llm.asked) == AT_ONCE
                assert {row["state"] for row in drafts(desk)} == {"asked"}
                released.set()
                until(
                    lambda: [row["state"] for row in drafts(desk)] == ["refused"] * people,
                    120,
                    lambda: str(drafts(desk)),
                )
