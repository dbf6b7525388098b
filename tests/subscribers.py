"""A desk with subscriptions on it, as an operator sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streams.settings import Settings, load
from streams.subscriptions import kept
from streams.subscriptions.kept import Wish
from streams.subscriptions.sending import Sending
from streams.subscriptions.subscribing import subscribed
from streams.subscriptions.subscription import Subscription
from tests.desks import SECRET
from tests.gateways import CONTACT
from tests.real import until
from tests.receivers import PATIENCE
from tests.stores import a_desk

Told = dict[str, Any]


class Folder:
    """The store in a folder, as an operator sees it.

    Args:
        data: The data directory.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        flags = {"data": data, "identity.secret": SECRET}
        self.settings: Settings = load(flags, {}, data.parent)[0]

    def subscribe(self, url: str, *types: str, start: str = "now", **wish: Any) -> Subscription:
        """Subscribe."""
        with a_desk(self.data) as desk:
            return subscribed(desk, self.settings, Wish(url, types, **wish), start)

    def write(self, count: int = 1, message: str = "I was charged twice") -> None:
        """Ann writes, so often, and it is worked off."""
        with a_desk(self.data) as desk:
            end = desk.log.last_seq()
            for number in range(count):
                desk.produce({**CONTACT, "message": message, "provider_id": f"{end}-{number}"})
            desk.run()

    def row(self, number: str) -> Subscription:
        """A subscription as the store has it."""
        with a_desk(self.data) as desk:
            return kept.one(desk.database, number)

    def until(self, number: str, **fields: object) -> Subscription:
        """A subscription, once its row is so."""

        def so() -> Subscription | None:
            row = self.row(number)
            return row if all(getattr(row, n) == value for n, value in fields.items()) else None

        found = until(so, PATIENCE, lambda: str(self.row(number)))
        assert found is not None
        return found

    def ids(self, *types: str) -> list[str]:
        """The ids of the log's records of some types, in its order."""
        with a_desk(self.data) as desk:
            return [e.id for e in desk.entries() if not types or e.record().type in types]

    def position(self) -> str:
        """Where the log ends."""
        with a_desk(self.data) as desk:
            return desk.position()

    def beyond(self, position: str) -> int:
        """How many records lie beyond a position."""
        with a_desk(self.data) as desk:
            return desk.progress.beyond(position)

    def lines(self) -> dict[str, Told]:
        """What `pactdesk events --json` shows, by id."""
        with a_desk(self.data) as desk:
            return {one: line for one in self.ids() if (line := desk.record_line(one))}

    @contextmanager
    def sending(self) -> Iterator[None]:
        """What is subscribed is sent meanwhile."""
        with Sending(self.settings):
            yield
