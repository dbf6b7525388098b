"""Replies reach their platforms: once, in order, and whatever goes wrong is told as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.events.contacts import (
    ReplyAccepted,
    ReplyAttempted,
    ReplyDelayed,
    ReplyFailed,
    ReplyUnconfirmed,
)
from streams.channels.channel import Receipt
from streams.channels.receipts import noted
from streams.delivery import pacing
from streams.embedded.database import only_courier
from streams.simulating import provider
from streams.simulating.faults import Fault
from streams.simulating.sides.side import Answer
from tests.outgoing import outgoing
from tests.providers import PROVIDERS

CHANNELS = sorted(PROVIDERS)

FINDS = sorted({"slack", "phone", "twitter", "discord"})
"""Channels whose platforms can be asked for a message, or know one that comes again."""


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_the_desk_says_reaches_the_platform_and_is_sent(channel: str, tmp_path: Path) -> None:
    with outgoing(tmp_path, channel) as out:
        ticket = out.somebody_writes()
        out.reply(ticket, "It is on its way.")
        assert out.texts()[-1] == "It is on its way."
        assert out.states() == {"sent"}
        rows = out.deliveries()
        assert {row["transport"] for row in rows} == {channel}
        assert {row["attempts"] for row in rows} == {1}
        assert len(rows) == len(out.platform.messages)
        numbers = {row["provider_message_id"] for row in rows}
        assert numbers == {one.provider_message_id for one in out.platform.messages}
        assert not (tmp_path / "mailbox").exists()


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", ["429", "500"])
def test_what_the_platform_does_not_take_now_is_tried_again(
    channel: str, kind: str, tmp_path: Path
) -> None:
    with outgoing(tmp_path, channel) as out:
        ticket = out.somebody_writes()
        out.goes_wrong(Fault(kind, 0.0), Fault(kind, 0.0))  # type: ignore[arg-type]  # one of its words
        out.reply(ticket, "It is on its way.")
        out.run_until(lambda: out.states() == {"sent"})
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        assert row["attempts"] == 3
        assert row["next_attempt_at"] is None
        passing = [r.event for r in out.desk.events() if isinstance(r.event, ReplyFailed)]
        assert [event.attempt for event in passing] == [1, 2]
        assert not any(event.final for event in passing)
        assert all(event.retry_at is not None for event in passing)
        assert len(out.texts()) == len(set(out.texts())) == len(out.deliveries())


@pytest.mark.parametrize("channel", FINDS)
@pytest.mark.parametrize("kind", ["hang", "close"])
def test_a_message_whose_answer_is_lost_is_found_and_not_sent_twice(
    channel: str, kind: str, tmp_path: Path
) -> None:
    with outgoing(tmp_path, channel) as out:
        ticket = out.somebody_writes()
        before = len(out.platform.messages)
        out.goes_wrong(Fault(kind))  # type: ignore[arg-type]  # one of its words
        with out.impatient():
            out.reply(ticket, "It is on its way.")
        out.run_until(lambda: out.states() == {"sent"})
        assert len(out.platform.messages) == before + 1
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        assert row["provider_message_id"] == out.platform.messages[-1].provider_message_id


@contextmanager
def taking_and_failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The platforms take what they are sent, and say that they have failed."""
    answered = vars(provider)["_by"]

    def failing(*asked: Any) -> Answer:
        answer: Answer = answered(*asked)
        return answer._replace(status=500, document={})

    with monkeypatch.context() as patched:
        patched.setattr(provider, "_by", failing)
        yield


@pytest.mark.parametrize("channel", FINDS)
def test_a_message_that_a_platform_took_though_it_says_that_it_failed_is_not_sent_twice(
    channel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with outgoing(tmp_path, channel) as out:
        ticket = out.somebody_writes()
        before = len(out.platform.messages)
        with taking_and_failing(monkeypatch):
            out.reply(ticket, "It is on its way.")
        assert len(out.platform.messages) == before + 1
        out.run_until(lambda: out.states() == {"sent"})
        assert len(out.platform.messages) == before + 1
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        assert row["provider_message_id"] == out.platform.messages[-1].provider_message_id


@pytest.mark.parametrize("channel", ["facebook", "whatsapp"])
def test_a_message_that_a_platform_says_to_have_though_it_failed_is_not_sent_again(
    channel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with outgoing(tmp_path, channel) as out:
        ticket = out.somebody_writes()
        before = len(out.platform.messages)
        with taking_and_failing(monkeypatch):
            out.reply(ticket, "It is on its way.")
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        there = Receipt("sent", provider_message_id="m_there", request_id=row["request_id"])
        noted(out.desk, channel, [there], datetime.now(UTC))
        out.reply(ticket, "And it has a number.")
        out.run_until(lambda: out.states() == {"sent"})
        assert len(out.platform.messages) == before + 2
        assert "m_there" in {one["provider_message_id"] for one in out.deliveries()}


@pytest.mark.parametrize("channel", ["facebook", "whatsapp"])
def test_a_message_of_which_nothing_is_heard_is_given_to_a_person_and_never_sent_again(
    channel: str, tmp_path: Path
) -> None:
    with outgoing(tmp_path, channel) as out:
        ticket = out.somebody_writes()
        out.goes_wrong(Fault("hang"))
        before = len(out.platform.requests)
        with out.impatient():
            out.reply(ticket, "It is on its way.")
        out.run_until(lambda: "unconfirmed" in out.states())
        assert len(out.platform.requests) == before + 1
        (said,) = [r.event for r in out.desk.events() if isinstance(r.event, ReplyUnconfirmed)]
        assert said.ticket_id == ticket
        assert out.desk.query("SELECT * FROM v1_alerts WHERE alert_type = 'delivery'")
        out.reply(ticket, "Did that arrive?")
        assert out.texts()[-1] == "Did that arrive?"


def test_what_the_platform_says_by_itself_ends_the_doubt(tmp_path: Path) -> None:
    with outgoing(tmp_path, "facebook") as out:
        ticket = out.somebody_writes()
        out.goes_wrong(Fault("hang"))
        with out.impatient():
            out.reply(ticket, "It is on its way.")
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        assert row["state"] == "queued"
        echo = Receipt("sent", provider_message_id="m_echo", request_id=row["request_id"])
        noted(out.desk, "facebook", [echo], datetime.now(UTC))
        out.run_until(lambda: out.states() == {"sent"})
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        assert row["provider_message_id"] == "m_echo"
        before = out.desk.log.last_seq()
        noted(out.desk, "facebook", [echo], datetime.now(UTC))
        assert out.desk.log.last_seq() == before, "it is no news"


def test_a_part_that_the_platform_could_not_bring_fails_the_reply_and_one_it_brought_says_nothing(
    tmp_path: Path,
) -> None:
    with outgoing(tmp_path, "whatsapp") as out:
        ticket = out.somebody_writes()
        out.reply(ticket, " ".join(["word"] * 1_500))
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        assert row["state"] == "sent"
        first = f"{row['request_id']}.0"
        noted(out.desk, "whatsapp", [Receipt("read", request_id=first)], datetime.now(UTC))
        out.desk.run()
        assert out.states() == {"sent"}
        lost = Receipt("failed", request_id=first, error="no such number (131026)")
        noted(out.desk, "whatsapp", [lost], datetime.now(UTC))
        out.desk.run()
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        assert (row["state"], row["error"]) == ("failed", "no such number (131026)")


def test_a_message_that_got_lost_on_its_way_is_sent_again(tmp_path: Path) -> None:
    with outgoing(tmp_path, "slack") as out:
        ticket = out.somebody_writes()
        out.goes_wrong(Fault("close"))
        before = len(out.platform.messages)

        def lost(_: object) -> None:
            out.platform.tell = lambda _: None
            del out.platform.messages[before:]

        out.platform.tell = lost
        out.reply(ticket, "It is on its way.")
        out.run_until(lambda: out.states() == {"sent"})
        assert out.texts()[before:] == ["It is on its way."]
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        assert row["attempts"] == 2


def test_what_is_refused_for_good_fails_and_the_team_hears_of_it(tmp_path: Path) -> None:
    with outgoing(tmp_path, "slack") as out:
        line = {"channel": "slack", "handle": "T1/", "message": "Hello", "provider_id": "m1"}
        out.desk.produce(line)
        out.desk.run()
        assert out.states() == {"failed"}
        (row, *_) = out.deliveries()
        assert row["error"] == "channel_not_found"
        assert row["attempts"] == 1
        assert out.desk.query("SELECT * FROM v1_alerts WHERE alert_type = 'delivery'")


def test_a_reply_without_an_address_fails_and_says_why(tmp_path: Path) -> None:
    with outgoing(tmp_path, "slack") as out:
        out.desk.produce({"channel": "slack", "customer_id": "ann", "message": "Hello"})
        out.desk.run()
        (row, *_) = out.deliveries()
        assert row["state"] == "failed"
        assert "no address of theirs on slack is known" in row["error"]
        assert out.platform.requests == []


def test_replies_to_one_person_keep_their_order_whatever_happens_to_the_first(
    tmp_path: Path,
) -> None:
    with outgoing(tmp_path, "whatsapp") as out:
        ticket = out.somebody_writes()
        before = len(out.texts())
        out.goes_wrong(Fault("500"), Fault("429", 0.0), Fault("500"))
        out.reply(ticket, *(f"Step {n}." for n in range(5)))
        out.run_until(lambda: out.states() == {"sent"})
        assert out.texts()[before:] == [f"Step {n}." for n in range(5)]


def test_each_message_of_a_long_reply_is_sent_once_and_the_last_one_counts(
    tmp_path: Path,
) -> None:
    with outgoing(tmp_path, "facebook") as out:
        ticket = out.somebody_writes()
        before = len(out.texts())
        out.goes_wrong(None, Fault("500"), None)
        out.reply(ticket, " ".join(["word"] * 1_000))
        out.run_until(lambda: out.states() == {"sent"})
        parts = out.texts()[before:]
        assert [part.partition(" ")[0] for part in parts] == ["(1/3)", "(2/3)", "(3/3)"]
        (row,) = (one for one in out.deliveries() if one["author"] == "sam")
        assert row["provider_message_id"] == out.platform.messages[-1].provider_message_id
        attempts = [
            (r.event.part, r.event.attempt)
            for r in out.desk.events()
            if isinstance(r.event, ReplyAttempted) and r.event.request_id == row["request_id"]
        ]
        assert attempts == [(0, 1), (1, 1), (1, 2), (2, 1)]


def test_when_the_platform_takes_no_more_for_long_the_desk_says_until_when(
    tmp_path: Path,
) -> None:
    with outgoing(tmp_path, "twitter") as out:
        ticket = out.somebody_writes()
        out.reply(ticket, *(f"Line {n}." for n in range(20)))
        assert len(out.texts()) == 15
        waiting = [row for row in out.deliveries() if row["state"] == "queued"]
        assert waiting
        delays = [r.event for r in out.desk.events() if isinstance(r.event, ReplyDelayed)]
        assert len(delays) == 1
        (told,) = [row for row in waiting if row["next_attempt_at"] is not None]
        assert told["delay_reason"] == delays[0].reason
        assert told["attempts"] == 0


def test_nothing_is_sent_by_a_store_whose_courier_is_another_process(tmp_path: Path) -> None:
    with outgoing(tmp_path, "facebook") as out:
        with only_courier(tmp_path):
            out.somebody_writes()
            assert out.platform.requests == []
            assert out.states() == {"queued"}
        out.desk.run()
        assert out.states() == {"sent"}


def test_under_simulated_time_nothing_leaves_the_machine(tmp_path: Path) -> None:
    from tests.stores import a_desk

    with outgoing(tmp_path / "real", "facebook") as out:
        with a_desk(tmp_path / "simulated", settings=out.desk.settings) as desk:
            desk.produce({"channel": "facebook", "handle": "7", "message": "Hello"})
            desk.run()
            (row, *_) = desk.query("SELECT transport, state FROM v1_deliveries")
            assert row == {"transport": "local", "state": "sent"}
        assert out.platform.requests == []


def test_a_rebuild_and_a_recovery_send_nothing(tmp_path: Path) -> None:
    from streams.embedded.rebuild import rebuild
    from streams.embedded.recover import recover

    with outgoing(tmp_path, "facebook") as out:
        ticket = out.somebody_writes()
        out.reply(ticket, "It is on its way.")
        before, rows = len(out.platform.requests), out.deliveries()
        rebuild(out.desk.database, [])
        recover(out.desk.database)
        out.desk.run()
        assert len(out.platform.requests) == before
        assert out.deliveries() == rows


def test_what_waited_when_the_store_was_lost_goes_on_where_it_was(tmp_path: Path) -> None:
    from streams.embedded.recover import recover

    with outgoing(tmp_path, "facebook", **{"delivery.first_wait_seconds": 5}) as out:
        out.goes_wrong(Fault("500"))
        out.somebody_writes()
        assert out.states() == {"queued"}
        recover(out.desk.database)
        out.run_until(lambda: out.states() == {"sent"})
        accepted = [r for r in out.desk.events() if isinstance(r.event, ReplyAccepted)]
        assert len(accepted) == len(out.platform.messages) == len(out.deliveries())
        assert out.deliveries()[0]["attempts"] == 2


def test_a_defect_on_the_way_ends_the_process_and_the_message_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with outgoing(tmp_path, "slack") as out:
        ticket = out.somebody_writes()
        out.desk.produce({"type": "reply", "ticket_id": ticket, "by": "sam", "text": "Hello"})
        with monkeypatch.context() as patched, out.impatient():
            patched.setattr("streams.delivery.carriers.came_of", lambda *_: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                out.desk.run()
        out.run_until(lambda: out.states() == {"sent"})
        assert out.texts().count("Hello") == 1


def test_a_run_ends_though_a_platform_is_left_alone_and_goes_on_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FIRST_REST", 0.2)
    with outgoing(tmp_path, "slack") as out:
        ticket = out.somebody_writes()
        out.goes_wrong(*[Fault("500")] * pacing.FAILURES)
        out.reply(ticket, "First.", "Second.")
        out.run_until(lambda: len(out.platform.requests) > pacing.FAILURES)
        out.run_until(lambda: out.states() == {"sent"})
        assert out.texts()[-2:] == ["First.", "Second."]


def test_a_chats_replies_are_read_from_us_and_lie_in_no_mailbox(tmp_path: Path) -> None:
    chat = {"channels.chat_widget.allowed_origins": "https://shop.example"}
    with outgoing(tmp_path, "facebook", **chat) as out:
        out.desk.produce({"channel": "chat_widget", "handle": "visitor:7", "message": "Hello"})
        out.desk.run()
        (row, *_) = out.deliveries()
        assert (row["state"], row["transport"]) == ("sent", "stream")
        assert row["provider_message_id"] == row["request_id"]
        assert out.platform.requests == []
        assert not (tmp_path / "mailbox").exists()


def test_a_survey_goes_out_with_the_link_to_its_page_where_there_are_no_buttons(
    tmp_path: Path,
) -> None:
    public = {"gateway.public_url": "https://desk.example"}
    with outgoing(tmp_path, "twitter", **public) as out:
        ticket = out.somebody_writes()
        out.reply(ticket, "It is on its way.")
        out.desk.produce({"type": "resolve", "ticket_id": ticket, "by": "sam"})
        out.desk.run()
        surveys = [row for row in out.deliveries() if row["kind"] == "survey"]
        assert len(surveys) == 1
        (text,) = [one for one in out.texts() if "https://desk.example/s/" in one]
        assert text == out.texts()[-1]
