"""One person over all eight channels: one ticket, one timeline, and nothing asked twice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.events.decisions import ContactLinked, ReplyRequested
from schemas.events.tickets import TicketOpened
from schemas.vocabulary import CHANNELS
from tests import eightchannels
from tests.desks import Story, story

MORNING = "2026-03-02T07:00:00Z"

PARCELS = {
    "type": "category",
    "name": "parcels",
    "team": "post",
    "examples": [
        "my parcel has not arrived",
        "where is my package",
        "the tracking number does not work",
        "the delivery is late",
        "my order was never delivered",
    ],
}
CY = {"type": "specialist", "specialist_id": "cy", "name": "Cy", "team": "post"}
LATE = {
    "type": "article",
    "article_id": "late",
    "title": "Late parcels",
    "body": "Parcels take up to ten days; the tracking page says where yours is.",
    "category": "parcels",
    "language": "en",
    "examples": [
        "My parcel has not arrived, it was due last Monday",
        "where is my parcel",
        "my package is still not here",
    ],
}
HANDLES = eightchannels.handles()
BY_MAIL = {
    "type": "customer",
    "customer_id": "ann",
    "name": "Ann",
    "handles": {"email": [HANDLES["email"]]},
}
EVERYWHERE = {**BY_MAIL, "handles": {channel: [one] for channel, one in HANDLES.items()}}


def writes(here: Story, channel: str, text: str) -> None:
    """Ann writes on a channel, or calls."""
    here.give(eightchannels.line(channel, text, here.desk.clock.now()))


def link(here: Story, channel: str) -> None:
    """Somebody at the desk knows that a handle is Ann's."""
    ruling = here.asks("link", customer_id="ann", channel=channel, handle=HANDLES[channel])
    assert ruling.status == "done"


def asked(here: Story) -> list[tuple[str, str]]:
    """What was sent to Ann, and on which channel, in order."""
    return [(one.kind, one.channel) for one in here.events(ReplyRequested)]


@pytest.mark.parametrize("known", ["described", "linked"])
def test_a_day_on_eight_channels_is_one_ticket_with_one_timeline(
    tmp_path: Path, known: str
) -> None:
    with story(tmp_path, at=MORNING) as here:
        here.give(PARCELS, CY, EVERYWHERE if known == "described" else BY_MAIL)
        if known == "linked":
            for channel in HANDLES:
                if channel != "email":
                    link(here, channel)
        today = datetime(2026, 3, 2, tzinfo=UTC)
        for line in eightchannels.day(today):
            moment = datetime.fromisoformat(str(line["at"]))
            here.later(hours=(moment - here.desk.clock.now()).total_seconds() / 3600)
            here.give(line)

        channels = [channel for _, channel, _ in eightchannels.DAY]
        assert here.row("customer_id, channel, channels, contacts") == (
            "ann", "email", channels, 8,
        )  # fmt: skip
        assert sorted(channels) == sorted(CHANNELS)
        timeline = here.rows(
            "SELECT channel, message_content, timestamp FROM v1_interactions"
            " WHERE direction = 'in' AND ticket_id = ? ORDER BY timestamp",
            here.ticket,
        )
        assert [(row["channel"], row["message_content"]) for row in timeline] == [
            (channel, text) for _, channel, text in eightchannels.DAY
        ]
        assert len(here.events(TicketOpened)) == 1
        assert asked(here) == [("confirmation", "email")]
        (ann,) = here.rows("SELECT * FROM v1_customers WHERE customer_id = 'ann'")
        assert (ann["interaction_count"], ann["open_tickets"]) == (8 + 1, 1), "and one of ours"
        assert {name: [*some] for name, some in ann["handles"].items()} == {
            channel: [one] for channel, one in HANDLES.items()
        }

        here.later(minutes=5)
        here.asks("reply", ticket_id=here.ticket, text="It was lost; another one is on its way.")
        assert asked(here)[1:] == [("agent_reply", "phone")], "where she was heard last"


def test_what_was_asked_on_one_channel_and_answered_on_another_is_not_asked_again(
    tmp_path: Path,
) -> None:
    with story(tmp_path, at=MORNING) as here:
        here.give(PARCELS, CY, LATE, EVERYWHERE)
        writes(here, "email", "My parcel 99812 has not arrived, it was due last Monday.")
        assert asked(here) == [("answer", "email")], "which asks whether it solved it"
        here.later(hours=2)
        writes(here, "slack", "Is there any news about parcel 99812?")
        here.later(hours=1)
        writes(here, "whatsapp", "Thanks, that solved it, parcel 99812 is here")
        assert here.row("status") == ("resolved",)
        assert asked(here) == [("answer", "email"), ("survey", "whatsapp")]
        here.later(minutes=10)
        writes(here, "chat_widget", "5")
        assert here.row("satisfaction_score, contacts") == (5, 4)
        for channel in ("discord", "twitter", "facebook"):
            here.later(minutes=10)
            writes(here, channel, "Thank you again for parcel 99812")
        here.later(days=20)
        assert here.row("status, reopened, contacts") == ("closed", 0, 7)
        assert asked(here) == [("answer", "email"), ("survey", "whatsapp")]


def test_a_survey_is_asked_once_also_where_the_same_issue_is_solved_twice(tmp_path: Path) -> None:
    with story(tmp_path, at=MORNING) as here:
        here.give(PARCELS, CY, EVERYWHERE)
        writes(here, "email", "My parcel 99812 has not arrived, it was due last Monday.")
        here.later(minutes=10)
        here.asks("reply", ticket_id=here.ticket, text="We have sent another one today.")
        here.later(hours=1)
        writes(here, "slack", "Great, thank you, that solved it!")
        assert asked(here)[-1] == ("survey", "slack")
        here.later(hours=1)
        writes(here, "whatsapp", "Parcel 99812 is still not here after all")
        assert here.row("status, reopened") == ("escalated", 1)
        here.asks("reply", ticket_id=here.ticket, text="It is due tomorrow.")
        here.later(hours=20)
        writes(here, "discord", "Thanks, that solved it, parcel 99812 is here")
        here.later(days=20)
        assert here.row("status") == ("closed",)
        assert [kind for kind, _ in asked(here)].count("survey") == 1
        assert [kind for kind, _ in asked(here)].count("confirmation") == 1


def test_who_is_not_linked_is_somebody_else_until_a_person_says_otherwise(tmp_path: Path) -> None:
    with story(tmp_path, at=MORNING) as here:
        here.give(PARCELS, CY, BY_MAIL)
        writes(here, "email", "My parcel 99812 has not arrived, it was due last Monday.")
        here.later(minutes=10)
        writes(here, "whatsapp", "I am Ann, ann@example.org, where is my parcel 99812?")
        owners = here.rows("SELECT customer_id FROM v1_tickets ORDER BY created_at")
        assert owners[0]["customer_id"] == "ann" != owners[1]["customer_id"]
        here.later(minutes=10)
        link(here, "whatsapp")
        assert {row["customer_id"] for row in here.rows("SELECT customer_id FROM v1_tickets")} == {
            "ann"
        }
        before = asked(here)
        link(here, "slack")
        here.later(minutes=10)
        writes(here, "whatsapp", "Any news about my parcel 99812?")
        here.later(minutes=10)
        writes(here, "slack", "Any news about my parcel 99812?")
        assert len(here.tickets) == 2, "that the two are one issue is for a person to say"
        assert [one.outcome for one in here.events(ContactLinked)] == [
            "new", "new", "existing", "existing",
        ]  # fmt: skip
        assert asked(here) == before


def test_an_answer_given_before_two_handles_were_linked_is_asked_about_once(tmp_path: Path) -> None:
    with story(tmp_path, at=MORNING) as here:
        here.give(PARCELS, CY, LATE, BY_MAIL)
        writes(here, "slack", "My parcel 99812 has not arrived, it was due last Monday.")
        here.later(minutes=10)
        link(here, "slack")
        here.later(days=20)
        assert here.row("customer_id, status") == ("ann", "closed")
        assert [kind for kind, _ in asked(here)] == ["answer", "follow_up", "survey"]
