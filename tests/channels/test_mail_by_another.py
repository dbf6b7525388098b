"""Through the gateway and a real mailbox: our mail is answered by somebody else than it went to."""

from __future__ import annotations

from pathlib import Path

from streams.channels.email_identity import tagged, token
from tests.chatting import PATIENCE, rows
from tests.gateways import Client, gateway, worker
from tests.mails import ADDRESS, mail
from tests.real import until
from tests.real.greenmail import GreenMail

SECRET = "signs our tags"  # noqa: S105  # a test's own

NOTES = "SELECT ticket_id, message_content FROM v1_interactions WHERE interaction_type = 'note'"
THEIRS = "SELECT ticket_id, message_content FROM v1_interactions WHERE direction = 'in'"
OURS = "SELECT request_id, ticket_id FROM v1_deliveries WHERE kind = 'agent_reply'"


def test_whoever_waits_on_a_ticket_hears_of_an_answer_from_another_address(
    tmp_path: Path, greenmail: GreenMail
) -> None:
    flags = {"imap_url": greenmail.url(), "address": ADDRESS, "token_secret": SECRET}
    settings = {f"channels__email__{name}": one for name, one in flags.items()}
    with gateway(tmp_path, **settings) as client, worker(tmp_path):
        greenmail.send(bytes(mail("My printer is broken")))
        ticket, to = _answered(client)
        away = {"Auto_Submitted": "auto-replied", "Subject": "Automatic reply: Printer"}
        for text, sender, more in (
            ("I am away", "bob@example.org", away),
            ("Here it is", "ann@elsewhere.example", {}),
            ("And one more", "ann@example.org", {}),
        ):
            headers = {"From": sender, "To": to, "Message_ID": f"<{len(text)}@x.org>", **more}
            greenmail.send(bytes(mail(text, **headers)))
        until(lambda: len(rows(client, THEIRS)) == len(("printer", "away", "here", "more")),
              PATIENCE, "all four")  # fmt: skip
        (note,) = until(lambda: rows(client, NOTES), PATIENCE, "the note")
        told = {one["message_content"]: one["ticket_id"] for one in rows(client, THEIRS)}
    assert note["ticket_id"] == ticket
    assert "to ann@example.org came from ann@elsewhere.example" in note["message_content"]
    assert told["And one more"] == ticket
    assert told["Here it is"] not in {ticket, None}


def _answered(client: Client) -> tuple[str, str]:
    """Somebody answers the first mail; returns its ticket, and where an answer goes to."""
    (first,) = until(lambda: rows(client, THEIRS), PATIENCE, "the first mail")
    path = f"/api/v1/tickets/{first['ticket_id']}/replies"
    assert client.post(path, {"text": "Please send a picture"}).status == 200
    (ours,) = until(lambda: rows(client, OURS), PATIENCE, "the reply")
    return ours["ticket_id"], tagged(ADDRESS, token(ours["request_id"], SECRET))
