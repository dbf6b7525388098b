"""The envelopes of PACT: the intent (0.1.0), the translation, the heartbeat, the reply."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from streams.gateway.bodies import document
from streams.gateway.problems import Problem
from streams.inputs import Name, Text
from streams.inputs.fields import Moment

VERSION = "0.1.0"
"""The version of the intent envelope that is spoken here."""

Trust = Literal["low", "medium", "high"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _there(given: object) -> object:
    return {} if given is None else given


Absent = BeforeValidator(_there)
"""Of what may be left out: null says the same, as many languages write what they have not."""


class Sender(_Part):
    """Who sends an envelope, and when it was made."""

    agent_id: Name
    timestamp: Moment


class Auth(_Part):
    """How an envelope is vouched for: HMAC-SHA256 in hexadecimal, and the trust that is claimed."""

    signature: Text | None = None
    trust_level: Trust | None = None


class Metadata(_Part):
    """What is said about an envelope."""

    sender: Sender
    priority: Literal["low", "normal", "high"] | None = None
    idempotency_key: Name | None = None
    auth: Annotated[Auth, Absent] = Auth()


class Intent(_Part):
    """What is asked for: one of the 28 actions, or a generic verb with `parameters.resource`."""

    action: Name
    parameters: Annotated[dict[str, Any], Absent] = Field(default_factory=dict)
    context: Annotated[dict[str, Any], Absent] = Field(default_factory=dict)


class IntentEnvelope(_Part):
    """An intent in its envelope."""

    version: Literal["0.1.0"]
    intent: Intent
    metadata: Metadata


class Heartbeat(_Part):
    """That an agent is there."""

    agent_id: Name
    timestamp: Moment
    status: Literal["active", "inactive", "degraded"]


class _Exact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(_Exact):
    """Who sends or receives a message to be translated."""

    agent_id: Name
    platform: Name


class Session(_Exact):
    """Which conversation a message belongs to."""

    session_id: Name
    context: dict[str, Any] = Field(default_factory=dict)


class Payload(_Exact):
    """An intent with what was recognised in a text."""

    intent: Name
    entities: dict[str, Any] = Field(default_factory=dict)
    text: Text = ""


class TranslationEnvelope(_Exact):
    """A message whose intent is to be named as it is here."""

    pact_version: Name
    message_id: Name
    timestamp: Moment
    sender: Party
    recipient: Party
    session: Session
    payload: Payload


MODELS: tuple[type[BaseModel], ...] = (IntentEnvelope, Heartbeat, TranslationEnvelope)
"""What comes in, for the description of the API."""


class Reply(msgspec.Struct, frozen=True):
    """What every intent is answered with.

    Attributes:
        status: success or error.
        code: What came of it, or what is wrong, as one word.
        message: The same as a sentence.
        details: The action's result, and the ids of what was recorded.
    """

    status: str
    code: str
    message: str
    details: dict[str, Any]


class Objection(Exception):
    """What is wrong with an envelope.

    Args:
        code: One of PACT's codes.
        message: What is wrong and what would be right.
        status: The HTTP status.
        details: More.
    """

    def __init__(
        self, code: str, message: str, status: int, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.reply = Reply("error", code, message, details or {})
        self.status = status


INVALID, MISSING = "ERR_INVALID_INTENT", "ERR_MISSING_PARAMETERS"
UNAUTHORIZED, TIMEOUT = "ERR_UNAUTHORIZED", "ERR_TIMEOUT"

M = TypeVar("M", bound=BaseModel)


async def raw_in(request: web.Request) -> dict[str, Any]:
    """The JSON object in a body; raises `Objection` where there is none."""
    try:
        return await document(request)
    except Problem as problem:
        if problem.status != HTTPStatus.BAD_REQUEST:
            raise
        told = f"{problem.detail}; {problem.remedy}"
        raise Objection(INVALID, told, problem.status) from problem


def read(kind: type[M], raw: dict[str, Any]) -> M:
    """A body as one of the models.

    Raises:
        Objection: It is none; names every part that is wrong.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        told = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}"
            for one in faults
        )
        code = MISSING if any(one["type"] == "missing" for one in faults) else INVALID
        raise Objection(code, told, 400) from error
