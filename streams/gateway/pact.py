"""PACT over HTTP: an intent in its envelope is one of the 28 actions, and is recorded as it came.

Whoever may call the 28 actions (scope `pact`) may send envelopes. An agent that has a secret must
sign them; the trust that an envelope claims is held against its signature and against its key.
"""

from __future__ import annotations

from http import HTTPStatus
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from aiohttp import web

from schemas.events.control import IntentReceived
from schemas.record import Record, derived_id
from streams.errors import PactdeskError, Unavailable
from streams.gateway.bodies import answer
from streams.gateway.callers import Caller
from streams.gateway.envelopes import (
    INVALID,
    MISSING,
    TIMEOUT,
    UNAUTHORIZED,
    IntentEnvelope,
    Objection,
    Reply,
    raw_in,
    read,
)
from streams.gateway.problems import problem_of
from streams.gateway.route import Call, Route
from streams.gateway.signatures import WINDOW_SECONDS, fits, in_time, namesake, secrets_of
from streams.gateway.vocabulary import RESOURCES, VERBS, Meant, meant
from streams.pact import ACTIONS, attempted
from streams.pact.action import Misfit, read_params

if TYPE_CHECKING:
    from streams.engines import AnyDesk


class Vouched(NamedTuple):
    """An envelope that may come in.

    Attributes:
        envelope: The envelope.
        raw: The same as it came.
        meant: What it means.
        caller: Whose key it came with.
        signed: Whether its signature was checked, and fits.
    """

    envelope: IntentEnvelope
    raw: dict[str, Any]
    meant: Meant
    caller: Caller
    signed: bool

    @property
    def key(self) -> str | None:
        """What makes a repeat of it one: its key, or else its signature."""
        metadata = self.envelope.metadata
        return metadata.idempotency_key or (metadata.auth.signature if self.signed else None)


async def send(call: Call) -> web.StreamResponse:
    """Carry out an intent, and answer in PACT's words."""
    try:
        raw = await raw_in(call.request)
        envelope = read(IntentEnvelope, raw)
        wanted = _understood(envelope)
        secrets = secrets_of(call.house.settings.gateway.pact_secrets)
        secret = _secret_of(envelope.metadata.sender.agent_id, secrets)
        vouched = Vouched(envelope, raw, wanted, call.caller, signed=secret is not None)
        (reply, status), position = await call.house.ask(
            lambda desk: (_carried_out(desk, vouched, secret), _from(desk, wanted))
        )
    except Objection as no:
        reply, status, position = no.reply, no.status, None
    return answer(msgspec.to_builtins(reply), status=status, position=position)


def _secret_of(agent_id: str, secrets: dict[str, str]) -> str | None:
    """An agent's secret, where it has one.

    Raises:
        Objection: It has none, and is named as one that has, for all that a reader can tell.
    """
    if agent_id not in secrets and (other := namesake(agent_id, secrets)) is not None:
        raise _unauthorized(f"{agent_id} reads like {other}, which has a secret here; sign as that")
    return secrets.get(agent_id)


def _from(desk: AnyDesk, wanted: Meant) -> str:
    """The position that an answer is from: of what was appended too, where that may be."""
    appends = ACTIONS[wanted.action].appends(wanted.parameters)
    return desk.position() if appends else desk.progress.shown()


def _understood(envelope: IntentEnvelope) -> Meant:
    """What an envelope means; raises `Objection` where that is nothing here."""
    intent = envelope.intent
    found = meant(intent.action, intent.parameters)
    if found.known:
        return found
    if intent.action in VERBS:
        told = (
            f"{intent.action} does not know the resource {intent.parameters.get('resource')!r}; it"
            f" knows {', '.join(RESOURCES[intent.action])}"
        )
    else:
        told = f"there is no action {intent.action}; use one of supported_actions, or see /registry"
    raise Objection(
        INVALID,
        told,
        HTTPStatus.BAD_REQUEST,
        {"supported_actions": list(ACTIONS)},
    )


def _check(desk: AnyDesk, vouched: Vouched, secret: str | None) -> None:
    """Hold what an envelope claims against what is known.

    Raises:
        Objection: Its time or signature is wrong, or it claims more trust than it has.
    """
    metadata = vouched.envelope.metadata
    if not in_time(metadata.sender.timestamp, desk.clock.now()):
        raise _unauthorized(
            f"metadata.sender.timestamp is more than {WINDOW_SECONDS} seconds from the time here;"
            " make the envelope anew, and see to the clock"
        )
    agent_id, auth = metadata.sender.agent_id, metadata.auth
    if secret is None and auth.signature is not None:
        raise _unauthorized(f"no secret of {agent_id} is known here; leave the signature out")
    if secret is not None and auth.signature is None:
        raise _unauthorized(f"{agent_id} has a secret here, and must sign: metadata.auth.signature")
    if secret is not None and not fits(vouched.raw, secret, auth.signature or ""):
        raise _unauthorized(f"the signature is not {agent_id}'s for this envelope")
    trusted = vouched.signed or "desk" in vouched.caller.scopes
    if auth.trust_level == "high" and not trusted:
        raise _unauthorized(
            "trust_level high is claimed: sign the envelope, or use a key with the scope desk"
        )
    wanted = vouched.meant
    if auth.trust_level == "low" and ACTIONS[wanted.action].appends(wanted.parameters):
        raise _unauthorized(
            f"{wanted.action} changes something: trust_level low only lets an agent read"
        )


def _unauthorized(told: str) -> Objection:
    return Objection(UNAUTHORIZED, told, HTTPStatus.UNAUTHORIZED)


def _carried_out(desk: AnyDesk, vouched: Vouched, secret: str | None) -> tuple[Reply, int]:
    """Let an envelope in, record it, and do what it asks for.

    Raises:
        Objection: It is not let in, or its key was another intent's.
    """
    _check(desk, vouched, secret)
    params = {**vouched.meant.parameters, "by": vouched.envelope.metadata.sender.agent_id}
    if vouched.key is not None:
        params["idempotency_key"] = vouched.key
    try:
        read_params(ACTIONS[vouched.meant.action], params)
    except Misfit as misfit:
        raise Objection(MISSING, str(misfit), HTTPStatus.BAD_REQUEST) from misfit
    first = _recorded(desk, vouched)
    result, error = attempted(desk, vouched.meant.action, params)
    ids = result.get("record_ids", [])
    details = {
        "action": vouched.meant.action,
        "result": result,
        "envelope_id": first.id,
        "causation_id": first.id,
        "correlation_id": ids[0] if ids else first.id,
    }
    return _reply(vouched.meant.action, error, details, accepted=result.get("status") == "accepted")


def _recorded(desk: AnyDesk, vouched: Vouched) -> Record:
    """The record of an envelope, of a repeat the first one's.

    Raises:
        Objection: Its key was another intent's.
    """
    sender = vouched.envelope.metadata.sender
    mark = vouched.key or token_hex(16)
    intent = msgspec.json.encode(vouched.raw["intent"], order="sorted").decode()
    number = derived_id("pact-envelope", sender.agent_id, mark)
    event = IntentReceived(
        agent_id=sender.agent_id,
        action=vouched.meant.action,
        envelope=msgspec.json.encode(vouched.raw).decode(),
        sent_at=sender.timestamp,
        caller=vouched.caller.name,
        signed=vouched.signed,
    )
    first = desk.keep(
        Record(
            id=number,
            key=sender.agent_id,
            at=desk.clock.now(),
            by=f"pact/{sender.agent_id}",
            event=event,
            correlation=number,
        )
    )
    assert isinstance(first.event, IntentReceived)
    before = msgspec.json.decode(first.event.envelope)["intent"]
    if msgspec.json.encode(before, order="sorted").decode() != intent:
        raise Objection(
            INVALID,
            f"{sender.agent_id} used the idempotency key {mark} for another intent before",
            HTTPStatus.CONFLICT,
            {"envelope_id": first.id},
        )
    return first


def _reply(
    action: str, error: PactdeskError | None, details: dict[str, Any], *, accepted: bool
) -> tuple[Reply, int]:
    """What became of an intent, in PACT's words, with the HTTP status."""
    if error is None and accepted:
        told = f"{action} is kept, and what becomes of it is not known yet"
        return Reply("success", "ACCEPTED", told, details), HTTPStatus.ACCEPTED
    if error is None:
        return Reply("success", "OK", f"{action} was carried out", details), HTTPStatus.OK
    code = TIMEOUT if isinstance(error, Unavailable) else INVALID
    status = problem_of(error, reading=False).status
    return Reply("error", code, str(error), {**details, "remedy": error.remedy}), status


REPLY = {"$ref": "#/components/schemas/Reply"}

ROUTES = (
    Route(
        "POST",
        "/intent/send",
        send,
        "pact",
        "Carry out an intent: one of the 28 actions in a PACT envelope",
        body={"$ref": "#/components/schemas/IntentEnvelope"},
        answers=dict.fromkeys((200, 202, 400, 401, 404, 409, 422, 503), REPLY),
        tag="pact",
    ),
)
