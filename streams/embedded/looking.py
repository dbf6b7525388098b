"""What an embedded desk shows: the views now and as they stood, and why things are so."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streams.asof import View
from streams.clock import Clock
from streams.embedded import query
from streams.embedded.asof import History
from streams.embedded.database import Database
from streams.embedded.why import Lookup
from streams.entry import Place
from streams.folding import Step
from streams.query import Found
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.own.table import Own


class LookingBack:
    """A desk as far as it shows what it knows; the desk itself opens and closes what is used."""

    settings: Settings
    clock: Clock
    database: Database
    lookup: Lookup
    _reader: sqlite3.Connection | None = None

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Found:
        """The rows of a SELECT over the views.

        Raises:
            Refused: It is not a SELECT over the views, or it is wrong.
        """
        if self._reader is None:
            self._reader = query.read_connection(self.database.path)
        return query.run(self._reader, sql, parameters)

    @cached_property
    def own(self) -> tuple[Own, ...]:
        """The projections of the deployment's own; raises `Misconfigured` where one is wrong."""
        if not self.settings.projections.own:
            return ()
        from streams.own.loading import load as load_own

        return load_own(self.settings.projections.own)

    @cached_property
    def _history(self) -> History:
        return History(self.database, self.clock, self.own)

    def taken(self) -> dict[Place, int]:
        """How far each inbox partition is taken."""
        from streams.embedded.shadow import taken

        return taken(self.database)

    def as_of(
        self,
        moment: str,
        *,
        occurred: bool = False,
        customer: str | None = None,
        ticket: str | None = None,
        step: Step = lambda _: None,
    ) -> View:
        """The views as they stood at a time or a position.

        Args:
            moment: RFC 3339 time, a position token, or `topic/partition/offset`.
            occurred: Cut by when things happened rather than by when they were known.
            customer: Only what is shown of this customer need be there, which takes less time.
            ticket: The same of a ticket.
            step: Told how many entries of the log were folded since it was told last.

        Raises:
            Refused: The moment is neither a time nor a position, or a position by occurred time.
            NotFound: It is a position, and not one of this log.
        """
        return self._history.view(moment, step, occurred=occurred, customer=customer, ticket=ticket)

    def why(self, subject: str, field: str | None = None) -> dict[str, Any]:
        """The causes of a record, a ticket, its field or a metric's row; raises `NotFound`."""
        from streams.why.subjects import why

        return why(self.lookup, self.query, subject, field)
