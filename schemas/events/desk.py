"""The inbox of the desk domain: who works here, and what is asked of them."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from schemas.event import Event
from schemas.vocabulary import JsonText, Personal, Priority, Trigger


class _Desk(Event):
    TOPIC: ClassVar[str] = "support.desk.v1"


class SpecialistDescribed(_Desk):
    """Who works at the desk, and what they can do. By any producer. A patch.

    `hours` is a JSON object of weekday to spans, as the policy's calendar has them; without it
    the person is always on duty.
    """

    specialist_id: str
    name: Personal | None = None
    team: str | None = None
    skills: list[str] | None = None
    languages: list[str] | None = None
    senior: bool | None = None
    capacity: int | None = None
    hours: JsonText | None = None
    available: bool | None = None


class AvailabilityReported(_Desk):
    """A person came on or went off duty. By the gateway or any producer."""

    specialist_id: str
    available: bool


class SpecialistRequested(_Desk):
    """A ticket needs a person. Written by the customer domain.

    `specialist_id` is set when a person asked for somebody by name; `former_id` is who had the
    ticket before, and gets it again if they are free.
    """

    request_id: str
    customer_id: str
    ticket_id: str
    team: str
    skills: list[str] = Field(default_factory=list)
    language: str | None = None
    senior: bool = False
    priority: Priority
    specialist_id: str | None = None
    former_id: str | None = None
    escalated: bool = False
    triggers: list[Trigger] = Field(default_factory=list)
    summary: Personal


class RequestRepeated(_Desk):
    """A ticket still waits when somebody should be on duty. Written by the customer domain."""

    customer_id: str
    ticket_id: str
    request_id: str


class RequestWithdrawn(_Desk):
    """A ticket needs no person any more before one was found. Written by the customer domain."""

    customer_id: str
    ticket_id: str
    request_id: str


class SpecialistReleased(_Desk):
    """A ticket no longer needs its person. Written by the customer domain."""

    customer_id: str
    ticket_id: str
    specialist_id: str
