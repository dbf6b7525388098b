"""Links that are added to messages as they go out; the log is free of them."""

from __future__ import annotations

from typing import NamedTuple, Self

from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from streams import file_links, survey_links
from streams.events_of_input import derived_key
from streams.settings import Settings


class Links(NamedTuple):
    """Adds links to surveys, and to files that do not go with their message.

    Attributes:
        public_url: How customers reach the gateway; without it there are no links.
        surveys: The desk's key for links to surveys.
        files: The desk's key for links to files.
    """

    public_url: str | None
    surveys: bytes
    files: bytes

    @classmethod
    def of(cls, settings: Settings, secret: str) -> Self:
        """Those of a desk with this identity secret."""
        return cls(
            settings.gateway.public_url,
            derived_key(secret, survey_links.PURPOSE),
            derived_key(secret, file_links.PURPOSE),
        )

    def added(self, record: Record) -> ReplyRequested:
        """What a request says when it goes out."""
        request = record.event
        assert isinstance(request, ReplyRequested)
        told = survey_links.with_link(request, record.id, record.at, self.public_url, self.surveys)
        return file_links.with_files(told, record.id, record.at, self.public_url, self.files)
