"""A reply to Slack is the request that Slack's own client makes for the same message."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientSession, web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from schemas.events.decisions import ReplyRequested
from streams.channels import slack
from streams.channels.channel import Accepted, Outcome, Response
from streams.channels.settings import Slack

REQUEST = ReplyRequested.model_validate(
    {
        "customer_id": "ann",
        "ticket_id": "TICK_1",
        "outcome": "slack",
        "policy_version": "1",
        "channel": "slack",
        "handle": "T1/U1",
        "kind": "solution",
        "author": "knowledge",
        "parts": ["*Two* payments: <https://shop.example|our page> says why, ü &amp; 😀"],
        "in_reply_to": "T1:C1:7.1",
        "buttons": ["That solved it", "I need more help"],
    }
)


class StandIn:
    """Slack, as far as it takes messages: it keeps what was asked, and answers always alike.

    Args:
        status: The HTTP status.
        answer: The body.
    """

    def __init__(self, status: int, answer: dict[str, object]) -> None:
        self.asked: list[dict[str, Any]] = []
        self._status, self._answer = status, answer

    async def take(self, request: web.Request) -> web.Response:
        """Keep a request."""
        self.asked.append(
            {
                "method": request.method,
                "path": request.path_qs,
                "authorization": request.headers["Authorization"],
                "media": (request.content_type, request.charset),
                "body": json.loads(await request.read()),
            }
        )
        headers = {"Retry-After": "30"} if self._status == 429 else {}
        return web.json_response(self._answer, status=self._status, headers=headers)

    async def asked_by_both(self) -> Outcome:
        """Send the reply once as we do and once by Slack's client; what the answer means to us."""
        app = web.Application()
        app.router.add_post("/api/chat.postMessage", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0]
            base = f"http://{host}:{port}/api"
            outcome = await self._by_us(base)
            await self._by_slack(base)
        finally:
            await runner.cleanup()
        return outcome

    async def _by_us(self, base: str) -> Outcome:
        settings = Slack(signing_secret="s", bot_token="xoxb-ours", api_base_url=base)  # noqa: S106  # of nobody
        (sending,) = slack.render(settings, REQUEST, "r1")
        async with (
            ClientSession() as session,
            session.request(
                sending.method, sending.url, data=sending.body, headers=sending.headers
            ) as response,
        ):
            headers = {name.lower(): value for name, value in response.headers.items()}
            came = Response(response.status, headers, await response.read())
        return slack.outcome(settings, came)

    async def _by_slack(self, base: str) -> None:
        body = self.asked[0]["body"]
        async with ClientSession() as session:
            client = AsyncWebClient("xoxb-ours", base_url=f"{base}/", session=session)
            if self._answer["ok"]:
                await client.chat_postMessage(**body)
            else:
                with pytest.raises(SlackApiError, match=str(self._answer["error"])):
                    await client.chat_postMessage(**body)


def test_slacks_client_makes_the_same_request() -> None:
    stand_in = StandIn(200, {"ok": True, "channel": "C1", "ts": "8.1"})
    assert asyncio.run(stand_in.asked_by_both()) == Accepted("C1:8.1")
    ours, theirs = stand_in.asked
    assert ours == theirs


@pytest.mark.parametrize(
    ("status", "error", "final"),
    [(429, "ratelimited", False), (200, "channel_not_found", True), (500, "fatal_error", False)],
)
def test_what_slacks_client_takes_for_an_error_is_one(
    status: int, error: str, *, final: bool
) -> None:
    stand_in = StandIn(status, {"ok": False, "error": error})
    outcome = asyncio.run(stand_in.asked_by_both())
    assert not isinstance(outcome, Accepted)
    assert (outcome.error, outcome.final) == (error, final)
    assert outcome.retry_after == (30.0 if status == 429 else None)
