"""The 28 PACT actions as calls: one function behind the command, Python and HTTP.

A call and the workflow cannot disagree: a call asks the agents' own pure functions, and what it
appends is an intent like anybody's, on which the agents rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from streams.errors import NotFound, PactdeskError, Refused
from streams.inputs import LINE_LIMIT
from streams.pact import (
    analytics,
    channel,
    customer,
    escalation,
    knowledge,
    learning,
    notification,
    triage,
)
from streams.pact.action import Action, Call, Declined, read_params
from streams.pact.understanding import understood

if TYPE_CHECKING:
    from streams.engines import AnyDesk

__all__ = ["ACTIONS", "execute", "execute_pact_action", "understood"]

Document = dict[str, Any]  # JSON

FAMILIES = (
    channel,
    triage,
    knowledge,
    learning,
    customer,
    escalation,
    analytics,
    notification,
)

ACTIONS: dict[str, Action] = {
    action.name: action for family in FAMILIES for action in family.ACTIONS
}
"""The 28, by name, in the order of the contract."""


def execute(desk: AnyDesk, action: str, params: Document) -> Document:
    """Run one action.

    Args:
        desk: The desk; what the action appends is worked off before this returns, unless another
            worker has the store and does not get to it within two seconds.
        action: One of `ACTIONS`.
        params: Its parameters, a JSON object; unknown ones are ignored.

    Returns:
        A JSON document: `success`, the action's own keys and `record_ids`; `status` is `accepted`
        where the ruling is still to come. On failure `success` is false and `error` says what is
        wrong and what would be right; an unknown action also gets `supported_actions`.
    """
    return attempted(desk, action, params)[0]


def attempted(
    desk: AnyDesk, action: str, params: Document
) -> tuple[Document, PactdeskError | None]:
    """Run one action; the result document as `execute` gives it, and what went wrong, if anything.

    Args:
        desk: The desk.
        action: One of `ACTIONS`.
        params: Its parameters.
    """
    known = ACTIONS.get(str(action))
    if known is None:
        return _unknown(action), NotFound(f"there is no action {action}", "see supported_actions")
    try:
        answer = known.run(Call(desk, known.name), read_params(known, _plain(known.name, params)))
    except Declined as no:
        return {
            "success": False,
            "error": str(no),
            "reason": no.reason,
            "remedy": no.remedy,
            "record_ids": list(no.record_ids),
        }, no
    except PactdeskError as error:
        return {"success": False, "error": str(error)}, error
    result: Document = {"success": True, **answer.fields, "record_ids": list(answer.record_ids)}
    return (result if answer.settled else {**result, "status": "accepted"}), None


def execute_pact_action(action: str, params: Document | None = None) -> Document:
    """Run one action on the settings' desk: the seed's call.

    Args:
        action: One of the 28.
        params: Its parameters.

    Returns:
        What `execute` does. A desk that cannot be opened is a failure as well, never an exception.
    """
    from streams.engines import desk_of
    from streams.settings import load

    if str(action) not in ACTIONS:
        return _unknown(action)
    try:
        with desk_of(load()[0]) as desk:
            return execute(desk, action, {} if params is None else params)
    except PactdeskError as error:
        return {"success": False, "error": str(error)}


def _unknown(action: object) -> Document:
    return {
        "success": False,
        "error": f"Unknown action: {action}. Use one of supported_actions.",
        "supported_actions": list(ACTIONS),
    }


def _plain(action: str, params: object) -> object:
    """The parameters as plain JSON values, whatever Python values they came as.

    Raises:
        Refused: They are not JSON, or too large.
    """
    try:
        text = msgspec.json.encode(params)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Refused(
            f"{action}: the parameters are not JSON ({error})",
            "give text, numbers, true, false, lists and objects; text in whole characters",
        ) from error
    if len(text) > LINE_LIMIT:
        raise Refused(
            f"{action}: the parameters have {len(text)} bytes, {LINE_LIMIT} are allowed",
            "send large content as an attachment",
        )
    return msgspec.json.decode(text)
