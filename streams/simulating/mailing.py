"""Mail as it would lie in the mailbox: it is put there, for nobody calls the gateway about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from streams.channels.imap import FAILURES, connected, places, sign_in
from streams.channels.settings import Email
from streams.errors import Unavailable
from streams.simulating.plan import Step
from streams.simulating.platforms.platform import Post, Said, digits
from streams.simulating.tally import Sent

TAKEN = 200
"""How a mail that the server took is told of, as though it were an acknowledgement."""


class MailPlatform:
    """Mail servers, which tell of a mail by putting it into the mailbox.

    Args:
        settings: The channel's settings.
    """

    timed = False

    def __init__(self, settings: Email) -> None:
        self._address = str(settings.address)

    def greetings(self, at: datetime) -> list[Post]:
        """Nothing."""
        del at
        return []

    def posts(self, said: Said) -> list[Post]:
        """A mail."""
        mail = EmailMessage(policy=SMTP)
        who = f"person{said.person}@simulated.example"
        number = f"<{digits(said, 'mail', 32)}@simulated.example>"
        mail["From"] = f"{said.name} <{who}>"
        mail["To"] = self._address
        mail["Subject"] = " ".join(said.text.split()[:8]) or "Hello"
        mail["Date"] = said.at
        mail["Message-ID"] = number
        mail.set_content(said.text)
        return [Post("mail", number, "", bytes(mail), "message/rfc822", "APPEND")]

    def once_more(self, said: Said) -> list[Post]:
        """The same mail, delivered twice."""
        return self.posts(said)

    def signed(self, post: Post, at: datetime) -> dict[str, str]:
        """Nobody signs."""
        del post, at
        return {}

    def again(self, number: int) -> dict[str, str]:
        """It does not say that it comes again."""
        del number
        return {}


def put(
    settings: Email, steps: Iterable[Step], rate: float | None, tell: Callable[[Sent], None]
) -> list[Sent]:
    """Put mails into the first of the configured mailboxes.

    Args:
        settings: The channel's settings.
        steps: The mails.
        rate: How many in a second at most; None is as many as the server takes.
        tell: Is told of every mail when the server took it.

    Raises:
        Misconfigured: The setting names no mailbox.
        Unavailable: The server does not answer, or does not take a mail.
    """
    place = places(str(settings.imap_url))[0]
    sent: list[Sent] = []
    try:
        box = connected(place)
        try:
            sign_in(box, place)
            began = time.monotonic()
            for number, step in enumerate(steps):
                if rate is not None:
                    time.sleep(max(0.0, began + number / rate - time.monotonic()))
                start = time.perf_counter()
                box.append(step.content, place.folder)
                told = Sent(step, TAKEN, time.perf_counter() - start, b"", forbidden=False)
                sent.append(told)
                tell(told)
        finally:
            with suppress(*FAILURES):
                box.client.logout()
    except FAILURES as error:
        raise Unavailable(
            f"the mailbox {place.name} takes no mail ({error})",
            "see that the server is up, and that channels.email.imap_url may write to the folder",
        ) from error
    return sent
