"""What a team must know reaches the places where it reads: once each, and failures are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from schemas.events.contacts import AlertFailed, AlertSent
from streams.clock import WallClock
from streams.desk import Desk
from streams.gateway.background import Background, listening, server_of
from streams.settings import load
from streams.simulating.faults import Fault
from streams.simulating.provider import StandIn
from streams.simulating.serving import Served
from tests.outgoing import IMPATIENT, QUICK
from tests.real.greenmail import USERS, GreenMail
from tests.real.waiting import until
from tests.stores import a_desk


class Program(Background):
    """A program that takes alerts, as chat programs' incoming webhooks do."""

    def __init__(self, *statuses: int) -> None:
        super().__init__("program")
        self.heard: list[dict[str, Any]] = []
        self._statuses = [*statuses]

    async def _take(self, request: web.Request) -> web.Response:
        self.heard.append(await request.json())
        return web.Response(status=self._statuses.pop(0) if self._statuses else 204)

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        listener, address = await listening(server_of(runner), "127.0.0.1", 0, "--port")
        await self._told_to_stop(address)
        listener.close()
        await runner.cleanup()


@contextmanager
def a_desk_with(folder: Path, **flags: object) -> Iterator[Desk]:
    named = {name.replace("__", "."): value for name, value in flags.items()}
    settings = load({"data": folder, **QUICK, **named}, {}, folder)
    with a_desk(folder, WallClock(), settings=settings[0]) as desk:
        yield desk


def escalated(desk: Desk) -> str:
    """Somebody writes, and their ticket is escalated: an alert."""
    desk.produce({"channel": "chat_widget", "handle": "7", "message": "Hello", "subject": "Late"})
    desk.run()
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
    ticket = str(row["ticket_id"])
    desk.produce({"type": "escalate", "ticket_id": ticket, "by": "sam", "reason": "angry"})
    desk.run()
    return ticket


def alerts(desk: Desk) -> list[dict[str, Any]]:
    return desk.query("SELECT * FROM v1_alerts WHERE alert_type = 'escalation'")


def test_an_alert_stands_in_the_teams_channel_of_slack(tmp_path: Path) -> None:
    stand_in = StandIn()
    with (
        Served(stand_in, port=0) as served,
        a_desk_with(
            tmp_path,
            alerts__slack_channel="C0TEAM",
            channels__slack__bot_token="xoxb-ours",  # noqa: S106  # of a test
            channels__slack__api_base_url=served.address,
        ) as desk,
    ):
        ticket = escalated(desk)
        posted = [one.text for one in stand_in.messages if one.to == "C0TEAM"]
        assert any(ticket in text and "escalated for angry: Late" in text for text in posted)
        (row, *_) = alerts(desk)
        assert (row["sent_to"], row["error"]) == ("team_slack", None)
        assert row["sent_at"] >= row["at"]
        assert len(posted) == len(set(posted))


def test_an_alert_is_a_mail_to_the_team_and_a_vips_to_their_account_manager(
    tmp_path: Path, greenmail: GreenMail
) -> None:
    with a_desk_with(
        tmp_path,
        alerts__email=USERS[1],
        channels__email__smtp_url=f"smtp://127.0.0.1:{greenmail.smtp_port}",
        channels__email__address="desk@example.org",
    ) as desk:
        vip = {"type": "customer", "customer_id": "ann", "lifetime_value": 20_000.0}
        desk.produce({**vip, "account_manager": USERS[0], "handles": {"chat_widget": ["7"]}})
        ticket = escalated(desk)
    for user, subject in ((USERS[1], "escalation"), (USERS[0], "A customer of yours")):
        with greenmail.opened(user) as box:
            mails = [message_from_bytes(one.obj.as_bytes(), policy=default) for one in box.fetch()]
        found = [mail for mail in mails if subject in mail["Subject"]]
        assert found
        assert all(ticket in mail.get_content() for mail in found)
        assert all(mail["Auto-Submitted"] == "auto-generated" for mail in found)


def test_an_alert_is_posted_to_a_program_again_until_it_takes_it(tmp_path: Path) -> None:
    with (
        Program(500, 429) as program,
        a_desk_with(tmp_path, alerts__webhook_url=f"{program.address}/hook") as desk,
    ):
        ticket = escalated(desk)
        until(lambda: desk.run() or len(program.heard) > 2, 60, "it took it")
        mine = [one for one in program.heard if one["alert_type"] == "escalation"]
        assert {one["ticket_id"] for one in mine} == {ticket}
        assert {one["alert_id"] for one in mine} == {row["alert_id"] for row in alerts(desk)}
        sent = [r.event for r in desk.events() if isinstance(r.event, AlertSent)]
        assert {one.place for one in sent} == {"team_webhook"}


def test_a_place_that_does_not_want_an_alert_is_told_with_it(tmp_path: Path) -> None:
    with (
        Program(*[404] * 20) as program,
        a_desk_with(tmp_path, alerts__webhook_url=f"{program.address}/hook") as desk,
    ):
        escalated(desk)
        (row, *_) = alerts(desk)
        assert row["error"] == "team_webhook: HTTP 404"
        assert row["sent_at"] is None
        failed = [r.event for r in desk.events() if isinstance(r.event, AlertFailed)]
        assert failed
        assert len(program.heard) == len(failed), "no alert comes of an alert that failed"


@pytest.mark.parametrize("kind", ["hang", "close"])
def test_an_alert_whose_answer_is_lost_is_sent_again(kind: str, tmp_path: Path) -> None:
    stand_in = StandIn()
    stand_in.on_sending.append(Fault(kind))  # type: ignore[arg-type]  # one of its words
    with (
        Served(stand_in, port=0) as served,
        a_desk_with(
            tmp_path,
            delivery__answer_seconds=IMPATIENT,
            alerts__slack_channel="C0TEAM",
            channels__slack__bot_token="xoxb-ours",  # noqa: S106  # of a test
            channels__slack__api_base_url=served.address,
        ) as desk,
    ):
        escalated(desk)
        until(lambda: desk.run() or alerts(desk)[0]["sent_at"], 60, "it is known to have come")


def test_without_a_place_an_alert_is_a_row_and_nothing_waits(tmp_path: Path) -> None:
    with a_desk_with(tmp_path) as desk:
        escalated(desk)
        (row, *_) = alerts(desk)
        assert (row["sent_at"], row["sent_to"]) == (None, None)
        assert not any(isinstance(r.event, AlertSent | AlertFailed) for r in desk.events())
