"""Mail that is played lies in the mailbox of a real server, and comes in from there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.events.contacts import ContactReceived
from streams.channels.settings import ChannelSettings, Email
from streams.clock import WallClock
from streams.errors import Misconfigured, Refused, Unavailable
from streams.simulating.channel import Play, Playing
from streams.simulating.plan import Wishes
from streams.simulating.tally import Sent, summed
from tests.gateways import gateway
from tests.mails import ADDRESS
from tests.real import until
from tests.real.greenmail import GreenMail
from tests.stores import a_desk

SECRET = "signs our tags"  # noqa: S105  # a test's own

PLAIN = Wishes()


def played(url: str | None, wishes: Wishes = PLAIN) -> list[Sent]:
    """Play mail into a mailbox."""
    settings = ChannelSettings(email=Email(imap_url=url, address=ADDRESS, token_secret=SECRET))
    play = Play(
        channel="email",
        url="",
        messages=8,
        people=3,
        seed=1,
        wishes=wishes,
        skew=timedelta(),
        rate=1000.0,
        text=None,
        key=None,
    )
    return Playing(play, settings, WallClock()).go(lambda _: None)


@pytest.fixture
def contacts(tmp_path: Path, greenmail: GreenMail) -> Iterator[list[ContactReceived]]:
    """What came in of what was put into the mailbox, some of it twice."""
    sent = played(greenmail.url(), Wishes(retries=True, duplicates=True, reorder=True))
    assert summed(sent)["contacts"] == 8
    assert summed(sent)["repeats"] > 0
    flags = {"imap_url": greenmail.url(), "address": ADDRESS, "token_secret": SECRET}
    found: list[ContactReceived] = []

    def came() -> bool:
        with a_desk(tmp_path) as desk:
            events = [one.event for one in desk.events()]
        found[:] = [one for one in events if isinstance(one, ContactReceived)]
        return len(found) >= 8

    with gateway(tmp_path, **{f"channels__email__{name}": one for name, one in flags.items()}):
        until(came, 90, lambda: f"the mails came: {found}")
        yield found


def test_each_mail_comes_in_once(contacts: list[ContactReceived]) -> None:
    assert len(contacts) == 8
    assert len({one.provider_id for one in contacts}) == 8
    assert {one.handle for one in contacts} <= {f"person{n}@simulated.example" for n in range(3)}
    assert all(one.message and one.subject for one in contacts)


def test_nobody_can_tamper_with_mail() -> None:
    with pytest.raises(Refused, match="not signed"):
        played("imap://ann:secret@127.0.0.1:1/INBOX", Wishes(tamper=True))


def test_without_a_mailbox_it_says_what_to_set() -> None:
    with pytest.raises(Misconfigured) as told:
        played(None)
    assert "PACTDESK_CHANNELS__EMAIL__IMAP_URL" in told.value.remedy


def test_a_server_that_does_not_answer_is_told() -> None:
    with pytest.raises(Unavailable, match="takes no mail"):
        played("imap://ann:secret@127.0.0.1:1/INBOX")
