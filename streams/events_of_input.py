"""From a public input to the event it means: ids, keys, whose handle it is.

A contact's id derives from its channel and provider id. Without a provider id that is derived
from the content: who, what, the references, the attachments, and `at` where it is given (two
customers' "hello" on two days are two messages; a retry sends the same line). Metadata does not
count, for relays put their own traces there. Everything else is told apart by its content and its
time, or by its `idempotency_key`. A `signal` without `at` is a happening of its own each time it
is sent: that is how crashes are counted.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from schemas.event import Attachment, Event
from schemas.events import contacts, desk, intents, knowledge
from schemas.record import Record, contact_id, derived_id
from schemas.topics import key_of
from streams import inputs
from streams.directory import Directory
from streams.errors import NotFound, Unreadable

_canonical = msgspec.json.Encoder(order="sorted")
_as_it_is = msgspec.json.Encoder()


def derived_key(secret: str, purpose: str) -> bytes:
    """A key for a purpose, by which nobody learns the deployment's secret; `key` is no channel."""
    return hmac.new(secret.encode(), f"key\x00{purpose}".encode(), sha256).digest()


class Resolver:
    """Turns inputs into records.

    Args:
        directory: Whose a handle is, and whose a ticket.
        secret: The deployment's identity secret, for ids of the unidentified.
    """

    def __init__(self, directory: Directory, secret: str) -> None:
        self._directory = directory
        self._secret = secret.encode()

    def record(
        self, given: inputs.Input, now: datetime, *, by: str = "producer", place: int = 0
    ) -> Record:
        """The record of an input.

        Args:
            given: The input.
            now: What the clock says: the time of an input that brings none.
            by: The producer.
            place: Where in the log it comes to lie: tells signals without a time apart.

        Raises:
            NotFound: An intent names a ticket that is not there.
            Unreadable: A survey names a ticket that is not there.
        """
        event = self._event(given)
        at = given.at or now
        record_id = _id(given, event, at, place)
        person = getattr(given, "by", None)
        return Record(
            id=record_id,
            key=key_of(event, ""),
            at=at,
            by=f"person/{person}" if person else by,
            event=event,
            correlation=record_id,
        )

    def unidentified(self, channel: str, handle: str) -> str:
        """The customer id of a handle that nobody has claimed."""
        digest = hmac.new(self._secret, f"{channel}\x00{handle}".encode(), sha256)
        return "c_" + digest.hexdigest()[:24]

    def customer_of(self, channel: str, handle: str) -> str:
        """Whose a handle is."""
        return self._directory.customer_of(channel, handle) or self.unidentified(channel, handle)

    def key_for(self, purpose: str) -> bytes:
        """A key for another purpose."""
        return derived_key(self._secret.decode(), purpose)

    def _event(self, given: inputs.Input) -> Event:
        build = _BUILD.get(type(given))
        if build is not None:
            return build(given)
        if isinstance(given, inputs.ContactInput):
            return self._contact(given)
        if isinstance(given, inputs.SurveyInput):
            return self._survey(given)
        if isinstance(given, inputs.LinkInput):
            return self._link(given)
        if isinstance(given, inputs.StartInput):
            return intents.ConversationStarted(**_fields(given))
        assert isinstance(given, inputs.IntentInput)
        return self._intent(given)

    def _contact(self, given: inputs.ContactInput) -> Event:
        customer = given.customer_id
        if customer is None:
            assert given.handle is not None
            customer = self.customer_of(given.channel, given.handle)
        fields = _fields(given, "customer_id", "provider_id", "metadata", "attachments")
        return contacts.ContactReceived(
            customer_id=customer,
            provider_id=given.provider_id or _content_id(given),
            attachments=[Attachment(**dict(one)) for one in given.attachments],
            metadata=_as_it_is.encode(given.metadata).decode(),
            **fields,
        )

    def _survey(self, given: inputs.SurveyInput) -> Event:
        customer = given.customer_id
        if given.ticket_id is not None:
            owner = self._directory.owner_of(given.ticket_id)
            customer = owner or customer
            if owner is None:
                raise Unreadable(
                    f"there is no ticket {given.ticket_id}",
                    "give the id of a ticket that `pactdesk tickets` shows",
                )
        assert customer is not None
        fields = _fields(given, "customer_id", "idempotency_key")
        return contacts.SurveyAnswered(customer_id=customer, **fields)

    def _link(self, given: inputs.LinkInput) -> Event:
        """A link goes to the line that has the handle now, an unlink to the line that had it.

        A handle that is the customer's already, or nobody's, has its own unidentified line: there
        may be messages on it from before it was known whose it is.
        """
        into, place = given.customer_id, (given.channel, given.handle)
        holder = self._directory.customer_of(*place)
        line = self.unidentified(*place) if holder in {None, into} else holder
        kind: type[intents.LinkAsked | intents.UnlinkAsked] = intents.LinkAsked
        if isinstance(given, inputs.UnlinkInput):
            kind, line = intents.UnlinkAsked, self._directory.absorbed_by(*place, into) or line
        fields = _fields(given, "customer_id")
        return kind(customer_id=line, other_customer_id=into, **fields)

    def _intent(self, given: inputs.IntentInput) -> Event:
        owner = self._directory.owner_of(given.ticket_id)
        if owner is None:
            raise NotFound(
                f"there is no ticket {given.ticket_id}",
                "give the id of a ticket that `pactdesk tickets` shows",
            )
        fields = {given.RENAMED.get(name, name): one for name, one in _fields(given).items()}
        if isinstance(given, inputs.ReplyInput):
            fields["attachments"] = [Attachment(**dict(one)) for one in given.attachments]
        return given.EVENT(customer_id=owner, **fields)


def _fields(given: inputs.Input, *without: str) -> dict[str, Any]:
    return {
        name: getattr(given, name)
        for name in type(given).model_fields
        if name not in {"at", *without}
    }


def _content_id(given: inputs.ContactInput) -> str:
    """The provider id of a contact that brings none: a repeat has the same content."""
    content = given.model_dump(mode="json", exclude={"at", "provider_id", "metadata"})
    content["at"] = None if given.at is None else given.at.isoformat()
    return derived_id("content", _canonical.encode(content).decode())


def _content(given: inputs.Input) -> str:
    """What makes an input the one that it is; a reply without files is what it ever was."""
    without = {"at"}
    if isinstance(given, inputs.HappenedInput):
        without |= {"idempotency_key"}
    if isinstance(given, inputs.ReplyInput):
        without |= {"links"} if given.attachments else {"links", "attachments"}
    return _canonical.encode(given.model_dump(mode="json", exclude=without)).decode()


def _id(given: inputs.Input, event: Event, at: datetime, place: int) -> str:
    if isinstance(event, contacts.ContactReceived):
        return contact_id(event.channel, event.provider_id)
    key = getattr(given, "idempotency_key", None)
    if key is not None:
        return derived_id("intent", type(given).TYPE, str(getattr(given, "by", "")), key)
    parts = ["input", type(given).TYPE, _content(given), at.isoformat()]
    if isinstance(given, inputs.SignalInput) and given.at is None:
        parts.append(str(place))
    return derived_id(*parts)


def _customer(given: inputs.CustomerInput) -> Event:
    handles = _canonical.encode(given.handles).decode() if given.handles else None
    return contacts.CustomerDescribed(handles=handles, **_fields(given, "handles"))


def _signal(given: inputs.SignalInput) -> Event:
    return contacts.ProductSignalReported(
        customer_id=given.customer_id,
        kind=given.kind,
        metadata=_as_it_is.encode(given.metadata).decode(),
    )


def _specialist(given: inputs.SpecialistInput) -> Event:
    hours = None if given.hours is None else _canonical.encode(given.hours).decode()
    return desk.SpecialistDescribed(hours=hours, **_fields(given, "hours"))


_BUILD: dict[type[inputs.Input], Callable[[Any], Event]] = {
    inputs.CustomerInput: _customer,
    inputs.SignalInput: _signal,
    inputs.SpecialistInput: _specialist,
    inputs.ArticleInput: lambda given: knowledge.ArticlePublished(**_fields(given)),
    inputs.CategoryInput: lambda given: knowledge.CategoryTaught(**_fields(given)),
    inputs.TagInput: lambda given: knowledge.TagTaught(**_fields(given)),
    inputs.ToneInput: lambda given: knowledge.ToneLabelled(**_fields(given)),
}
