"""One call to the language model, and what came of it.

It is asked once for a draft and never again, whatever came of that: a draft is a help, and what it
costs is the operator's money. What it replies is believed of nothing (`agents.quoting`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import structlog

from agents.quoting import LONGEST_REPLY, Unfounded, judged
from schemas.event import Event
from schemas.events.drafts import DraftRefused, DraftRequested, DraftWritten
from schemas.record import Record
from streams.channels.channel import Rejected, Response, Sending
from streams.clock import Clock
from streams.delivery.calling import MOST_BYTES, Caller
from streams.delivery.errand import Answered, Came, Errand, NoAnswer
from streams.drafting.errands import LATE, set_up
from streams.drafting.prompt import Replied, body, replied
from streams.drafting.settings import LlmSettings
from streams.errors import Refused

AT_ONCE = 4
"""How many calls are under way at the same time."""

MINUTE = timedelta(minutes=1)

_log = structlog.get_logger(__name__)


class DraftCarriers:
    """The way to the language model, if one is set up.

    Args:
        settings: Which one.
        caller: Calls it.
        clock: The wall's.
    """

    def __init__(self, settings: LlmSettings, caller: Caller, clock: Clock) -> None:
        self._settings = settings
        self._caller = caller
        self._clock = clock
        self._called: deque[datetime] = deque(maxlen=settings.calls_per_minute)
        self._quiet_until = datetime.min.replace(tzinfo=UTC)

    @property
    def outward(self) -> frozenset[str]:
        """The way, while the model does not want to be left alone."""
        quiet = self._clock.now() < self._quiet_until
        return frozenset() if quiet else set_up(self._settings)

    def of(self, errand: Errand, record: Record) -> DraftCarrier:
        """The way of a request.

        Raises:
            Refused: It is too late for it, or there were too many.
        """
        assert isinstance(record.event, DraftRequested)
        if errand.state == "waits":
            self._admit(errand)
        return DraftCarrier(self._settings, record, record.event, self._caller, self._left_alone)

    def _admit(self, errand: Errand) -> None:
        now = self._clock.now()
        if now.timestamp() - errand.since > LATE.total_seconds():
            raise Refused(
                f"it could not be asked within {LATE.total_seconds() / 60:.0f} minutes",
                "see whether the language model can be reached",
            )
        many = self._settings.calls_per_minute
        if len(self._called) == many and now - self._called[0] < MINUTE:
            raise Refused(
                f"more than {many} drafts a minute were asked for", "raise llm.calls_per_minute"
            )
        self._called.append(now)

    def _left_alone(self, seconds: float) -> None:
        """The model says when it wants to be asked again."""
        rest = timedelta(seconds=min(seconds, LATE.total_seconds()))
        self._quiet_until = max(self._quiet_until, self._clock.now() + rest)
        _log.warning("the language model is left alone", seconds=rest.total_seconds())


class DraftCarrier:
    """One request's way to the language model.

    Args:
        settings: Which one.
        record: The request.
        request: What is in it.
        caller: Calls it.
        left_alone: Told for how many seconds it wants to be left alone, when it says so.
    """

    parts = 1

    def __init__(
        self,
        settings: LlmSettings,
        record: Record,
        request: DraftRequested,
        caller: Caller,
        left_alone: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._id = record.id
        self._request = request
        self._caller = caller
        self._left_alone = left_alone

    async def send(self, _part: int, _at: datetime) -> Came:
        """Ask for the draft."""
        answer = await self._caller.ask(self._sending())
        if isinstance(answer, NoAnswer):
            seconds = self._settings.timeout_seconds
            return _failed(f"no whole answer within {seconds:g} s ({answer.error})")
        if not isinstance(answer, Response):
            return answer
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            if answer.retry_after is not None:
                self._left_alone(answer.retry_after)
            return _failed(f"HTTP {answer.status}")
        if len(answer.body) > MOST_BYTES:
            return _failed(f"an answer of more than {MOST_BYTES} bytes")
        found = replied(answer.body)
        if found is None:
            return _failed("an answer that is no chat completion")
        return Answered(self._judged(found))

    async def look(self, _part: int, _since: datetime, _at: datetime) -> Came:
        """Nobody can be asked for an answer again, and asking anew would be a second call."""
        return Rejected("its answer was lost when this program ended", final=True)

    def _sending(self) -> Sending:
        mine = self._settings
        assert mine.base_url is not None
        assert mine.model is not None
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if mine.api_key is not None:
            headers["Authorization"] = f"Bearer {mine.api_key}"
        url = f"{mine.base_url.rstrip('/')}/chat/completions"
        return Sending("POST", url, headers, body(self._request, mine.model))

    def _judged(self, found: Replied) -> Event:
        request, verdict = (
            self._request,
            judged(found.text, self._request.sources, self._request.facts),
        )
        about = {
            "customer_id": request.customer_id,
            "ticket_id": request.ticket_id,
            "request_id": self._id,
            "model_version": found.model or self._settings.model,
            "reply": found.text[:LONGEST_REPLY],
        }
        if isinstance(verdict, Unfounded):
            told = {"reason": verdict.reason, "sentence": verdict.sentence}
            return DraftRefused.model_validate({**about, **told})
        return DraftWritten.model_validate(
            {**about, "draft": verdict.text, "quotes": verdict.quotes}
        )


def _failed(error: str) -> Rejected:
    """It counts as a failure of the model's; that it is not asked again is the courier's word."""
    return Rejected(error, final=False)
