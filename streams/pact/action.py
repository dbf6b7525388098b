"""The shape of an action: its name, whether it reads or appends, its parameters, its one function.

Parameters are one model an action; unknown ones are ignored, and several may go by more than one
name, because the seed's own callers use several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from agents.policy import Policy
from agents.world import Models, World
from schemas.events.decisions import WorkflowFailed
from schemas.record import Record
from streams.errors import Refused
from streams.inputs import Name
from streams.query import Rows
from streams.states import States

if TYPE_CHECKING:
    from streams.engines import AnyDesk

BY = "pact"
"""Who asks, where a caller does not say."""


class Params(BaseModel):
    """What every action's parameters have in common: what is unknown is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Asking(Params):
    """Parameters of an action that appends."""

    by: Name = Field(default=BY, validation_alias=AliasChoices("by", "agent_id"))
    idempotency_key: Name | None = None


def named(*names: str, default: Any = ...) -> Any:  # Any: a field of any type
    """A parameter that goes by several names; the first that is given counts.

    Args:
        names: The names, the contract's own first.
        default: Its value when it is not given; without one it is required.
    """
    return Field(default=default, validation_alias=AliasChoices(*names))


class Call:
    """One call: the desk that it is made on, and what it sees of the world.

    Args:
        desk: The desk.
        action: The action's name.
    """

    def __init__(self, desk: AnyDesk, action: str) -> None:
        self.desk = desk
        self.action = action
        self.now = desk.clock.now()
        self.states = States(desk.database)

    @cached_property
    def models(self) -> Models:
        """The models over what was taught by now."""
        return self.desk.models_now()

    @cached_property
    def policy(self) -> Policy:
        """The policy in force now."""
        return self.desk.policy()

    def world(self, trigger: Record) -> World:
        """The snapshot that a turn on a record would have now."""
        return World(now=self.now, policy=self.policy, models=self.models, trigger=trigger)

    def rows(self, sql: str, *values: object) -> Rows:
        """The rows of a SELECT over the views."""
        return self.desk.query(sql, values)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action answers.

    Attributes:
        fields: The keys of the result and their values: a JSON document.
        record_ids: Records that were appended, and those that followed.
        settled: Whether the ruling is known; else the result says that it was accepted.
    """

    fields: dict[str, Any]
    record_ids: tuple[str, ...] = ()
    settled: bool = True


Kind = Literal["read", "append", "either"]
"""Whether an action appends; `either` appends when it is given a `ticket_id`."""


@dataclass(frozen=True, slots=True)
class Action:
    """One of the 28.

    Attributes:
        name: Its name.
        kind: Whether it appends.
        key: The keys of its result, the first one being the contract's.
        params: The model of its parameters.
        run: What it does.
    """

    name: str
    kind: Kind
    key: tuple[str, ...]
    params: type[Params]
    run: Callable[[Call, Any], Answer]  # Any: each action's own parameters

    def appends(self, params: Mapping[str, Any]) -> bool:
        """Whether it appends, called with these parameters."""
        if self.kind == "either":
            return params.get("ticket_id") is not None
        return self.kind == "append"


class Declined(Refused):
    """The desk ruled against what an action asked for; the request and the ruling are kept.

    Args:
        action: The action.
        reason: The rule that said no, or the failure.
        remedy: What would do.
        record_ids: The request and its ruling.
    """

    def __init__(self, action: str, reason: str, remedy: str, record_ids: tuple[str, ...]) -> None:
        super().__init__(f"{action} was refused: {reason}", remedy)
        self.reason = reason
        self.record_ids = record_ids


class Misfit(Refused):
    """The parameters are not what an action takes."""


def failed(action: str, failure: WorkflowFailed, record_ids: tuple[str, ...]) -> Declined:
    """How the failure of an agent is told."""
    return Declined(
        action,
        f"the agent {failure.failed_agent} failed on it",
        "a person was called; `pactdesk why` of the record says more",
        record_ids,
    )


def read_params(action: Action, raw: object) -> Params:
    """The parameters of a call.

    Raises:
        Misfit: Some are missing or wrong; says which, and what the action takes.
    """
    if not isinstance(raw, dict):
        raise Misfit(
            f"{action.name}: the parameters are {type(raw).__name__}, not an object",
            f"give an object with some of {described(action.params)}",
        )
    try:
        return action.params.model_validate(raw)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        told = dict.fromkeys(_fault(action.params, dict(fault)) for fault in faults)
        raise Misfit(
            f"{action.name}: {'; '.join(told)}", f"its parameters are {described(action.params)}"
        ) from error


def described(params: type[Params]) -> str:
    """The parameters of an action in words: each with its other names, and whether it must be."""
    return ", ".join(_described(name, field) for name, field in params.model_fields.items())


def names_of(name: str, field: FieldInfo) -> list[str]:
    """Under which names a parameter may be given."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [str(one) for one in alias.choices]
    return [str(alias or name)]


def _described(name: str, field: FieldInfo) -> str:
    first, *others = names_of(name, field)
    remarks = [f"or {', '.join(others)}"] if others else []
    if field.is_required():
        remarks.append("required")
    return f"{first} ({'; '.join(remarks)})" if remarks else first


_OF_LISTS = {"tuple_type": "a list is wanted", "dict_type": "an object is wanted"}
"""What pydantic calls otherwise than JSON does."""


def _is_name(part: str | int) -> bool:
    return isinstance(part, int) or (part.isidentifier() and part.islower())


def _fault(params: type[Params], fault: dict[str, Any]) -> str:
    """One fault in words, the parameter by the name that the caller knows.

    Where a parameter may be of several kinds, pydantic names the kind after it: that is left out.
    """
    named_parts = takewhile(_is_name, fault["loc"])
    where = ".".join(str(part) for part in named_parts)
    if fault["type"] != "missing":
        what = _OF_LISTS.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
        return f"{where}: {what}" if where else what
    for name, field in params.model_fields.items():
        names = names_of(name, field)
        if where in {name, *names}:
            return f"{' or '.join(names)} is missing"
    return f"{where} is missing"
