"""A desk to which people send files, with what fetches them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streams.clock import Clock, ManualClock
from streams.desk import Desk
from streams.files.fetcher import Fetcher
from streams.files.store import Files
from streams.settings import Settings, load
from streams.testing import START, FakeModels
from tests.stores import SECRET, opened


class FileDesk:
    """A desk and its fetcher, on a manual clock.

    Args:
        desk: The desk.
        settings: The settings of the fetcher.
    """

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self.desk = desk
        self.settings = settings
        self.files = Files(settings.data)

    def comes(self, *urls: str, channel: str = "slack", **file: Any) -> str:
        """Somebody sends files; returns the contact's id."""
        files = [
            {"name": "photo.png", "media_type": "image/png", "size": 0, "url": url, **file}
            for url in urls
        ]
        (number,) = self.desk.produce(
            {"channel": channel, "handle": "U1", "message": "see", "attachments": files}
        )
        self.desk.run()
        return number

    def fetch(self) -> int:
        """What waits is fetched, each once, and told of; returns how many those were."""
        count = Fetcher(self.settings, self.desk.clock).once()
        self.desk.run()
        return count

    def later(self, **span: float) -> None:
        """Time passes."""
        assert isinstance(self.desk.clock, ManualClock)
        self.desk.clock.advance(**span)

    def rows(self) -> list[dict[str, Any]]:
        """The files as the desk sees them."""
        return self.desk.query("SELECT * FROM v1_attachments ORDER BY attachment_id")

    def row(self) -> dict[str, Any]:
        """The one file that there is."""
        (row,) = self.rows()
        return row

    def fetched(self, url: str, **file: Any) -> dict[str, Any]:
        """Somebody sends a file and it is fetched; the file as the desk sees it."""
        self.comes(url, **file)
        self.fetch()
        return self.row()


@contextmanager
def file_desk(
    data: Path, stand_in: str, *, clock: Clock | None = None, **settings: object
) -> Iterator[FileDesk]:
    """A desk whose channel slack is played by something.

    Args:
        data: The data directory.
        stand_in: What plays it: its `api_base_url`.
        clock: The clock; a manual one by default.
        settings: More settings, by dotted name with two underscores for the dot.
    """
    flags = {name.replace("__", "."): value for name, value in settings.items()}
    known, _ = load(
        {
            "data": data,
            "identity.secret": SECRET,
            "channels.slack.api_base_url": f"{stand_in}/api",
            **flags,
        },
        {},
        data,
    )
    with opened(data, clock or ManualClock(START), FakeModels()) as desk:
        yield FileDesk(desk, known)
