"""What a desk on a cluster shows: the views now and as they stood, and why things are so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import cached_property, partial
from typing import Any

from schemas.record import Record
from streams.asof import View, of_times_alone
from streams.clock import Clock
from streams.cluster import asof, then
from streams.cluster.postgres import PgDatabase, url_of
from streams.cluster.query import PgReader
from streams.cluster.reading import Reader
from streams.cluster.why import Lookup
from streams.entry import Place
from streams.folding import Step
from streams.query import Found
from streams.settings import Settings


class LookingBack:
    """A desk as far as it shows what it knows; the desk itself connects and closes what is used."""

    settings: Settings
    clock: Clock
    database: PgDatabase
    _kept: ExitStack

    @cached_property
    def _log(self) -> Reader:
        return Reader(self.settings)

    @cached_property
    def _reader(self) -> PgReader:
        return PgReader(url_of(self.settings))

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Found:
        """The rows of a SELECT over the views.

        Raises:
            Refused: It is not a SELECT over the views, or it is wrong.
        """
        return self._reader.query(sql, parameters)

    @property
    def lookup(self) -> Lookup:
        """Finds entries of the log, for one question."""
        return Lookup(self.database, self._log)

    def taken(self) -> dict[Place, int]:
        """How far each inbox partition is taken."""
        from streams.cluster.shadow import taken

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
            customer: What is shown of others is there as well, for that takes no longer.
            ticket: The same.
            step: Told how many records were folded since it was told last.

        Raises:
            Refused: The moment is neither a time nor a position, or a position by occurred time.
            NotFound: It is a position, and the tables have folded nothing there.
        """
        del customer, ticket
        cut = asof.cut_of(self.database, moment)
        if occurred and cut.ends is not None:
            raise of_times_alone(moment)
        remark = asof.remark_on(self.database, cut, self.clock)
        if not occurred:
            words = partial(then.as_it_stood, cut.past.by)
            own = partial(self._with_own, None, cut.holds, words, step)
            return asof.View(self._reader, cut, remark, own)
        from streams.cluster.happened import fold_up_to

        reader = self._apart()
        happened = fold_up_to(self.settings, reader.database, cut.clock, step)
        return asof.View(reader, None, remark, partial(self._with_own, reader, happened, str, step))

    def _apart(self) -> PgReader:
        """A reader with a connection of its own, as long as the desk."""
        return self._kept.enter_context(closing(PgReader(url_of(self.settings))))

    def _with_own(
        self,
        reader: PgReader | None,
        belongs: Callable[[Record, int], bool],
        words: Callable[[str], str],
        step: Step,
    ) -> tuple[PgReader, frozenset[str]]:
        """A reader that holds the deployment's own views of a moment; and which."""
        from streams.cluster.own_past import fold_own
        from streams.own.loading import load

        found = reader or self._apart()
        owns = load(self.settings.projections.own)
        return found, fold_own(self.settings, found.database, owns, belongs, words, step)

    def why(self, subject: str, field: str | None = None) -> dict[str, Any]:
        """The causes of a record, a ticket, its field or a metric's row; raises `NotFound`.

        Where no table says on which line a record lies, all lines are read.
        """
        from streams.why.subjects import why

        return why(self.lookup, self.query, subject, field)
