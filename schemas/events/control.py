"""What every worker must know: activations, erasures, seals, sign-ins, queries."""

from __future__ import annotations

from typing import ClassVar

from schemas.event import Event
from schemas.vocabulary import Personal, Time


class _Control(Event):
    TOPIC: ClassVar[str] = "support.control.v1"


class PolicyActivated(_Control):
    """A policy is in force from now on. Written by operators; carries the whole text."""

    version: str
    text: str
    by: str


class ModelActivated(_Control):
    """A model is in force from now on. Written by operators."""

    name: str
    version: str
    by: str


class CustomerErased(_Control):
    """A customer's keys are gone, and so is what they sealed. Written by operators."""

    customer_id: str
    by: str


class PartitionSealed(_Control):
    """The running hash of a partition up to an offset. Written by the sealing reader.

    Attributes:
        topic: The partition's topic.
        partition: Which partition.
        offset: Up to where it is sealed, exclusively.
        digest: The running hash there, in hexadecimal digits; its form is in ADR 46.
        start: Up to where it was sealed before.
        marks: The first eight bytes of each record's hash from `start` on, as base64; zeros for an
            offset without a record. They name the record that changed.
    """

    topic: str
    partition: int
    offset: int
    digest: str
    start: int = 0
    marks: str = ""


class PersonSignedIn(_Control):
    """A person signed in at the console. Written by the gateway."""

    person: Personal
    role: str


class QueryRun(_Control):
    """A person ran a query over the views. Written by the gateway and the command line."""

    person: Personal
    sql: Personal
    rows: int


class IntentReceived(_Control):
    """An agent elsewhere sent an intent by PACT, and it was let in. Written by the gateway.

    Attributes:
        agent_id: Who says that they sent it.
        action: What it means here, of the 28.
        envelope: The envelope as it came, as JSON.
        sent_at: When it was made, by the sender's clock.
        caller: Whose key it came with.
        signed: Whether its signature was checked, and fits.
    """

    agent_id: str
    action: str
    envelope: Personal
    sent_at: Time
    caller: str
    signed: bool
