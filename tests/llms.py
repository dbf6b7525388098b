"""A language model that speaks as OpenAI's does, and desks that ask it for drafts."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from agents.policy import Policy, default_policy
from agents.policy_drafting import DraftingPolicy
from agents.policy_toml import to_toml
from agents.world import ArticleText
from streams.clock import WallClock
from streams.desk import Desk
from streams.gateway.background import Background, listening, server_of
from streams.people import activate_policy
from streams.settings import Settings, load
from streams.testing import FakeModels, understood
from tests.stores import a_desk

KEY = "sk-nobody-may-see-this"

REFUNDS = ArticleText(
    id="refunds",
    title="Refunds",
    body="You get it back within five days. Nothing is paid in cash. Open your account first.",
)

QUOTED = "You get it back within five days.\nOpen your account first."

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Answers a request in a way of its own."""


def drafting() -> Policy:
    """The shipped policy, with drafts."""
    return default_policy().model_copy(update={"drafting": DraftingPolicy(enabled=True)})


def unsure(score: float = 0.4, **more: object) -> FakeModels:
    """Models that find the article, and are not sure enough for it to answer."""
    found = [{"id": REFUNDS.id, "confidence": score}]
    return FakeModels(understood(solutions=found, **more), articles={REFUNDS.id: REFUNDS})


class Llm(Background):
    """A language model at an address.

    Attributes:
        reply: What it replies.
        asked: What it was asked, in the order in which that came: the bodies.
        keys: With which keys.
        faults: What the next requests meet, before all is well again.
        always: What every request meets while it is set.
        tell: Told of each request when it has come, before it is answered.
    """

    def __init__(self) -> None:
        super().__init__("llm")
        self.reply = QUOTED
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.faults: list[Fault] = []
        self.always: Fault | None = None
        self.tell: Callable[[dict[str, Any]], object] = lambda _: None

    async def _take(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        self.keys.append(request.headers.get("Authorization"))
        self.tell(asked)
        fault = self.faults.pop(0) if self.faults else self.always
        return completion(self.reply) if fault is None else await fault(request)

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._take)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        listener, address = await listening(server_of(runner), "127.0.0.1", 0, "--port")
        await self._told_to_stop(address)
        listener.close()
        await runner.cleanup()


def completion(text: str) -> web.Response:
    """An answer as OpenAI documents it."""
    message = {"role": "assistant", "content": text, "refusal": None}
    return web.json_response(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_795_000_000,
            "model": "tiny-1b-2026",
            "choices": [
                {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18},
        }
    )


def asking(address: str, folder: Path, **more: object) -> Settings:
    """Settings with a language model at an address."""
    llm = {"base_url": f"{address}/v1", "model": "tiny", "api_key": KEY, **more}
    named = {f"llm.{name}": value for name, value in llm.items()}
    return load({"data": folder, **named}, {}, folder)[0]


@contextmanager
def a_drafting_desk(
    folder: Path, settings: Settings, models: FakeModels | None = None
) -> Iterator[Desk]:
    """A desk on the wall's clock whose policy wants drafts."""
    with a_desk(folder, WallClock(), models or unsure(), settings) as desk:
        activate_policy(desk, to_toml(drafting()), "ops")
        yield desk


def drafts(desk: Desk) -> list[dict[str, Any]]:
    """What the drafts' view says."""
    return desk.query("SELECT * FROM v1_drafts ORDER BY ended_at, draft_id")


def prompt_of(asked: dict[str, Any]) -> dict[str, Any]:
    """What the language model was given beside its rules."""
    given: dict[str, Any] = json.loads(asked["messages"][1]["content"])
    return given


def wrote(desk: Desk, text: str = "Where is my money? Order 4711.", person: str = "7") -> None:
    """Somebody writes, and all that waits is worked off."""
    line = {"channel": "chat_widget", "handle": person, "message": text, "subject": "Money"}
    desk.produce({**line, "provider_id": f"{person}-{text}"})
    desk.run()
