"""A foreign producer: confluent-kafka as it comes, plain JSON, and none of our code.

Its partitioner is not ours (crc32), some of its records have no key, some come twice: whatever a
producer may do that knows no more of us than the public contract says.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from schemas.record import contact_id
from schemas.topics import CONTACTS
from tests.real.waiting import until

CHANNELS = ("email", "slack", "whatsapp", "chat_widget", "twitter", "facebook", "discord")
CUSTOMERS = 300
SUBJECTS = ("Charged twice", "Password forgotten", "Parcel lost", "App crashes", "Please call")
SENTENCES = (
    "I was charged twice for the same order and want my money back.",
    "How do I reset my password? The link in the mail has expired.",
    "My parcel has not arrived and the tracking page shows nothing.",
    "This is the third time the app crashes, I am really angry now!",
    "I want to speak to a person, please.",
    "Thank you, that solved it.",
    "It still does not work, what shall I do next?",
)
ONE_IN = {"without a key": 5, "sent twice": 20}
SENT_SECONDS = 300


def contacts(seed: int) -> Iterator[dict[str, Any]]:
    """Customers' messages without end; the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    number = 0
    while True:
        customer = chance.randrange(CUSTOMERS)
        channel = CHANNELS[customer % len(CHANNELS)]
        yield {
            "channel": channel,
            "handle": f"customer{customer}",
            "subject": chance.choice(SUBJECTS),
            "message": f"{chance.choice(SENTENCES)} ({number})",
            "provider_id": f"{seed}-{number}",
        }
        number += 1


class Foreign:
    """Sends contacts from a thread of its own, at a steady rate, as many as it is let.

    Args:
        bootstrap: The broker.
        seed: Which contacts.
        rate: Contacts a second.

    Attributes:
        ids: The record ids of the contacts that were handed over, in their order.
        refused: What the client could not deliver: nothing, if all is well.
    """

    def __init__(self, bootstrap: str, seed: int, rate: float) -> None:
        self.ids: list[str] = []
        self.refused: list[str] = []
        self._contacts = contacts(seed)
        self._chance = random.Random(f"{seed} on the wire")  # noqa: S311  # no secret
        self._rate = rate
        self._let = 0
        self._ended = threading.Event()
        log = logging.getLogger(__name__)  # where the test's own log is, and not standard error
        self._producer = Producer({"bootstrap.servers": bootstrap}, logger=log)
        self._thread = threading.Thread(target=self._run, name="foreign", daemon=True)
        self._thread.start()

    @contextmanager
    def flowing(self, count: int) -> Iterator[None]:
        """So many more contacts flow meanwhile; at the end all of them are handed over."""
        self._let += count
        target = self._let
        yield
        until(
            lambda: len(self.ids) >= target or self._ended.is_set(),
            SENT_SECONDS,
            lambda: f"{target} contacts are sent, not {len(self.ids)}",
        )

    def delivered(self) -> None:
        """Return when the broker has all that was handed over."""
        left = self._producer.flush(SENT_SECONDS)
        assert left == 0, f"{left} contacts are not delivered"
        assert self.refused == []

    def close(self) -> None:
        """Send no more."""
        self._ended.set()
        self._thread.join()
        self._producer.purge()
        self._producer.flush(1)

    def _run(self) -> None:
        pace = threading.Event()
        due = time.monotonic()
        while not self._ended.is_set():
            self._producer.poll(0)
            if len(self.ids) >= self._let:
                pace.wait(0.01)
                due = time.monotonic()
                continue
            self._send(next(self._contacts))
            due += 1 / self._rate
            pace.wait(max(0.0, due - time.monotonic()))

    def _send(self, contact: dict[str, Any]) -> None:
        value = json.dumps(contact).encode()
        key = None if self._once_in("without a key") else contact["handle"].encode()
        for _ in range(2 if self._once_in("sent twice") else 1):
            self._producer.produce(
                CONTACTS.name,
                value=value,
                key=key,
                headers=[("content-type", b"application/json")],
                on_delivery=self._told,
            )
        self.ids.append(contact_id(contact["channel"], contact["provider_id"]))

    def _once_in(self, what: str) -> bool:
        return self._chance.randrange(ONE_IN[what]) == 0

    def _told(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.refused.append(f"{message.value()!r}: {error}")
