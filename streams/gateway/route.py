"""The shape of a route: one line of the table from which paths are served and described.

A handler gets a `Call` and gives a response. What a route takes is declared as pydantic models, so
that reading a request and describing it in OpenAPI cannot differ.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from agents.faults import words
from streams.gateway.callers import Caller, Scope
from streams.gateway.problems import bad_request

if TYPE_CHECKING:
    from streams.gateway.house import House

Method = Literal["GET", "POST", "PUT", "DELETE", "OPTIONS"]


class Parameters(BaseModel):
    """Query parameters of a route; an unknown one is an error, for it would do nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Nothing(Parameters):
    """No query parameters."""


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through a handler.

    Attributes:
        request: The request itself.
        house: What there is to ask.
        caller: Who makes it.
        parameters: Its query parameters, read.
        still: Raises `Problem` once the caller would be let in no more.
    """

    request: web.Request
    house: House
    caller: Caller
    parameters: Any  # the route's own model; `asked` gives it its type
    still: Callable[[], Awaitable[None]]

    def asked(self, kind: type[P]) -> P:
        """The query parameters, as the model that the route declares."""
        assert isinstance(self.parameters, kind)
        return self.parameters

    def path(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked for.

    Attributes:
        method: The HTTP method.
        path: The path, with parts in braces.
        handler: What answers.
        scope: What the caller must be allowed; None is everybody.
        summary: What it does, in a line.
        parameters: The model of its query parameters.
        body: JSON schema of its body; None where it has none.
        form: JSON schema of its body as multipart/form-data, where it may come so too.
        answers: Statuses and JSON schemas of what they bring; None is no JSON.
        tag: Under which heading it is described.
        headers: Request headers that mean something here, with what they mean.
        media: The media type of a page, whatever its status.
        signed: Whether what comes is signed, and let in by that. Then only what is refused counts
            against its address: behind a proxy all providers share one, and what they send must not
            wait because somebody else sends rubbish.
    """

    method: Method
    path: str
    handler: Handler
    scope: Scope | None
    summary: str
    parameters: type[Parameters] = Nothing
    body: Mapping[str, Any] | None = None
    form: Mapping[str, Any] | None = None
    answers: Mapping[int, Mapping[str, Any] | None] = field(default_factory=dict)
    tag: str = "desk"
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str | None = None
    signed: bool = False


def parameters_of(route: Route, request: web.Request) -> Parameters:
    """A request's query parameters; where others' are borne, the last of a name counts.

    Raises:
        Problem: 400, with which of them is wrong and what would be right.
    """
    given: dict[str, str] = {}
    bears = route.parameters.model_config.get("extra") == "ignore"
    for name, value in request.query.items():
        if name in given and not bears:
            raise bad_request(f"{name} is given twice", "give each parameter once")
        given[name] = value
    try:
        return route.parameters.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in fault["loc"]) or "the query"
        known = ", ".join(one.alias or name for name, one in route.parameters.model_fields.items())
        what, right = words(fault, f"use one of {known}" if known else "ask without any")
        raise bad_request(f"{name}: {what}", right) from error
