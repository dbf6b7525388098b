"""On a cluster: a mail is a ticket, its answer a mail, and the answer to that on the ticket."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from streams.clock import WallClock
from streams.cluster.desk import ClusterDesk
from streams.settings import Settings
from tests.real import until
from tests.real.cast import Cast
from tests.real.greenmail import USERS, GreenMail

PATIENCE = 120
OURS, THEIRS = USERS


def received(greenmail: GreenMail, words: str) -> EmailMessage | None:
    """The mail with these words in the customer's mailbox."""
    with greenmail.opened(THEIRS) as box:
        mails = [message_from_bytes(one.obj.as_bytes(), policy=default) for one in box.fetch()]
    found = [mail for mail in mails if words in mail.get_content()]
    return found[0] if found else None


def test_people_write_by_mail_to_a_cluster_and_are_answered(
    settings: Settings, cast: Cast, greenmail: GreenMail
) -> None:
    environment = {
        "PACTDESK_CHANNELS__EMAIL__IMAP_URL": greenmail.url(OURS),
        "PACTDESK_CHANNELS__EMAIL__SMTP_URL": f"smtp://127.0.0.1:{greenmail.smtp_port}",
        "PACTDESK_CHANNELS__EMAIL__ADDRESS": OURS,
        "PACTDESK_CHANNELS__EMAIL__TOKEN_SECRET": "of the tests",
    }
    cast.add("desk", "up", "--port", "0", **environment)
    first = EmailMessage(policy=default)
    first["From"], first["To"], first["Subject"] = THEIRS, OURS, "My parcel"
    first["Message-ID"] = "<first@example.org>"
    first.set_content("Where is it?")
    greenmail.send(bytes(first), OURS)
    with ClusterDesk(settings, WallClock()) as desk:
        (row,) = until(
            lambda: desk.query("SELECT ticket_id FROM v1_tickets"), PATIENCE, "there is a ticket"
        )
        ticket = row["ticket_id"]
        desk.produce({"type": "reply", "ticket_id": ticket, "by": "sam", "text": "On its way."})
        mail = until(lambda: received(greenmail, "On its way."), PATIENCE, "the answer is there")
        assert mail is not None
        assert mail["In-Reply-To"] == "<first@example.org>"
        second = EmailMessage(policy=default)
        second["From"], second["To"] = THEIRS, mail["Reply-To"]
        second["Subject"], second["In-Reply-To"] = "Re: something else", mail["Message-ID"]
        second.set_content("Thank you!")
        greenmail.send(bytes(second), OURS)
        asked = "SELECT ticket_id FROM v1_interactions WHERE message_content = 'Thank you!'"
        (thanks,) = until(lambda: desk.query(asked), PATIENCE, "their answer is there")
        assert thanks["ticket_id"] == ticket
        states = desk.query("SELECT state, transport FROM v1_deliveries WHERE author = 'sam'")
        assert states == [{"state": "sent", "transport": "email"}]
    cast.leave()
    cast.well()
