"""Lists: the views over HTTP, filtered, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from aiohttp import web
from pydantic import ConfigDict, Field, create_model

from schemas.vocabulary import CHANNELS, PRIORITIES, STATUSES
from streams.gateway.bodies import JSON, answer, rows, wanted_form
from streams.gateway.cursors import cursor_of, values_of
from streams.gateway.looking import Looking, Moment, view_of
from streams.gateway.problems import bad_request
from streams.gateway.route import Call, Handler, Route
from streams.gateway.waiting import POSITION, reached
from streams.query import views

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.query import Found

FEW, MANY = 50, 1000
"""Rows of a page: by default, and at most."""

Kind = Literal["text", "number", "flag"]


class Page(Looking):
    """What every list takes.

    Attributes:
        limit: Rows of a page.
        cursor: From the `next` of an earlier page.
        fields: Columns, separated by commas; all of them by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MANY)] = FEW
    cursor: str | None = None
    fields: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One list.

    Attributes:
        name: Its path under the API.
        view: The view that it shows.
        order: The columns that it is sorted by, descending; together they are unique.
        filters: Columns that may be asked for by value, with the kind of their values. Several
            values are separated by commas.
        time: The column that `since` and `until` mean, if there is one.
        words: Closed lists of values, by column.
        parameters: The model of its query parameters; made of the others.
    """

    name: str
    view: str
    order: tuple[str, ...]
    filters: dict[str, Kind]
    time: str | None = None
    words: dict[str, Sequence[str]] = field(default_factory=dict)

    def parameters(self) -> type[Page]:
        """The model of its query parameters."""
        names: dict[str, Any] = {  # Any: a type and its field
            name: (str | None, Field(None, description=self._only(name))) for name in self.filters
        }
        for name, word in (("since", "from this time on"), ("until", "before this time")):
            if self.time is not None:
                told = f"Only what is, by `{self.time}`, {word}"
                names[name] = (Moment | None, Field(None, description=told))
        made: type[Page] = create_model(f"{self.view}_page", __base__=Page, **names)
        return made

    def _only(self, column: str) -> str:
        """What asking for values of a column means."""
        if self.filters[column] == "flag":
            return f"Only where `{column}` is this: true or false"
        told = f"Only where `{column}` is this, or one of several, separated by commas"
        words = ", ".join(self.words.get(column, ()))
        return f"{told}: {words}" if words else told


LISTINGS: tuple[Listing, ...] = (
    Listing(
        "tickets",
        "v1_tickets",
        ("created_at", "ticket_id"),
        {
            "status": "text",
            "priority": "text",
            "channel": "text",
            "category": "text",
            "customer_id": "text",
            "team": "text",
            "assigned_agent": "text",
            "language": "text",
            "vip_status": "flag",
        },
        time="created_at",
        words={"status": STATUSES, "priority": PRIORITIES, "channel": CHANNELS},
    ),
    Listing(
        "customers",
        "v1_customers",
        ("customer_id",),
        {"name": "text", "email": "text", "vip_status": "flag", "account_manager": "text"},
    ),
    Listing(
        "interactions",
        "v1_interactions",
        ("timestamp", "interaction_id"),
        {
            "ticket_id": "text",
            "customer_id": "text",
            "channel": "text",
            "direction": "text",
            "interaction_type": "text",
            "agent_id": "text",
            "delivery": "text",
        },
        time="timestamp",
        words={"channel": CHANNELS, "direction": ("in", "out", "none")},
    ),
    Listing(
        "decisions",
        "v1_decisions",
        ("at", "record_id"),
        {
            "ticket_id": "text",
            "customer_id": "text",
            "agent": "text",
            "action": "text",
            "outcome": "text",
        },
        time="at",
    ),
    Listing(
        "attachments",
        "v1_attachments",
        ("received_at", "attachment_id"),
        {"interaction_id": "text", "ticket_id": "text", "customer_id": "text", "state": "text"},
        time="received_at",
        words={"state": ("described", "waiting", "stored", "refused")},
    ),
    Listing("articles", "v1_articles", ("article_id",), {"category": "text", "language": "text"}),
    Listing(
        "specialists", "v1_specialists", ("specialist_id",), {"team": "text", "available": "flag"}
    ),
    Listing(
        "metrics",
        "v1_metrics",
        ("metric", "period", "segment", "definition"),
        {"metric": "text", "period": "text", "segment": "text", "definition": "text"},
    ),
    Listing(
        "counted",
        "v1_counted",
        ("metric", "period", "segment", "definition", "id"),
        {
            "metric": "text",
            "period": "text",
            "segment": "text",
            "definition": "text",
            "ticket_id": "text",
        },
    ),
    Listing(
        "insights", "v1_insights", ("at", "insight_id"), {"kind": "text", "category": "text"}, "at"
    ),
    Listing(
        "deliveries",
        "v1_deliveries",
        ("requested_at", "request_id"),
        {
            "ticket_id": "text",
            "customer_id": "text",
            "channel": "text",
            "state": "text",
            "kind": "text",
        },
        time="requested_at",
        words={"channel": CHANNELS},
    ),
    Listing(
        "dead-letters",
        "v1_dead_letters",
        ("at", "dead_letter_id"),
        {"topic": "text", "handler": "text"},
        time="at",
    ),
)


def _listed(listing: Listing) -> Handler:
    async def handler(call: Call) -> web.StreamResponse:
        page = call.asked(Page)
        form = wanted_form(call.request)
        await reached(call.house, page)
        sql, values = _statement(listing, page)
        look = call.house.read if page.as_of is None else call.house.look_back
        found, position = await look(lambda desk: _seen(desk, page, sql, values))
        return _page(call, listing, page, form, found, position)

    return handler


def _seen(desk: AnyDesk, page: Page, sql: str, values: Sequence[object]) -> tuple[Found, str]:
    """The rows, and the position that is shown now at least, whenever the rows are from."""
    position = desk.progress.shown()
    return view_of(desk, page).query(sql, values), position


def _statement(listing: Listing, page: Page) -> tuple[str, list[object]]:
    """The page's SELECT, with one row more than is shown, and its values."""
    where: list[str] = []
    values: list[object] = []
    for name, kind in listing.filters.items():
        given: str | None = getattr(page, name)
        if given is not None:
            wanted = [_value(listing, name, kind, one) for one in _asked_for(listing, name, given)]
            where.append(f"{name} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    if listing.time is not None:
        for name, sign in (("since", ">="), ("until", "<")):
            moment: str | None = getattr(page, name)
            if moment is not None:
                where.append(f"{listing.time} {sign} ?")
                values.append(_moment(name, moment))
    if page.cursor is not None:
        names = ", ".join(listing.order)
        where.append(f"({names}) < ({', '.join('?' * len(listing.order))})")
        values += values_of(page.cursor, listing.name, len(listing.order))
    sql = f"SELECT {', '.join(_columns(listing, page))} FROM {listing.view}"
    if where:
        sql += f" WHERE {' AND '.join(where)}"
    order = ", ".join(f"{name} DESC" for name in listing.order)
    return f"{sql} ORDER BY {order} LIMIT ?", [*values, page.limit + 1]


def _columns(listing: Listing, page: Page) -> list[str]:
    """What is read: what is asked for, and what the cursor is made of."""
    known = views()[listing.view]
    wanted = _shown(listing, page)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise bad_request(
            f"fields: there is no column {', '.join(unknown)}", f"use some of {', '.join(known)}"
        )
    return [*wanted, *(name for name in listing.order if name not in wanted)]


def _shown(listing: Listing, page: Page) -> list[str]:
    if page.fields is None:
        return list(views()[listing.view])
    return list(dict.fromkeys(name.strip() for name in page.fields.split(",")))


def _asked_for(listing: Listing, name: str, given: str) -> list[str]:
    """The values that a filter names; what has a comma may be one value too, such as a name."""
    parts = given.split(",")
    free = listing.filters[name] == "text" and name not in listing.words
    return [given, *parts] if free and len(parts) > 1 else parts


def _value(listing: Listing, name: str, kind: Kind, text: str) -> object:
    known = listing.words.get(name)
    if known is not None and text not in known:
        raise bad_request(f"{name}: there is no {text!r}", f"use some of {', '.join(known)}")
    if kind == "flag":
        if text not in {"true", "false"}:
            raise bad_request(f"{name}: {text!r} is neither true nor false", "give one of them")
        return text == "true"
    return text


def _moment(name: str, text: str) -> str:
    from schemas.vocabulary import rfc3339
    from streams.clock import parse_time
    from streams.errors import Refused

    try:
        return rfc3339(parse_time(text))
    except Refused as error:
        raise bad_request(f"{name}: {error.what}", error.remedy) from error


def _page(
    call: Call, listing: Listing, page: Page, form: str, found: Found, position: str
) -> web.Response:
    more = len(found) > page.limit
    items = found[: page.limit]
    last = [items[-1][name] for name in listing.order] if more else []
    following = cursor_of(listing.name, last) if more else None
    shown = _shown(listing, page)
    if len(shown) < len(found.columns):
        items = [{name: row[name] for name in shown} for row in items]
    if form == JSON:
        document: dict[str, Any] = {"items": items, "next": following, "position": position}
        return answer(document, position=position)
    headers = {POSITION: position}
    if following is not None:
        link = call.request.rel_url.update_query(cursor=following)
        headers["Link"] = f'<{link}>; rel="next"'
    return rows(items, shown, form, headers)


ROUTES = tuple(
    Route(
        "GET",
        f"/api/v1/{listing.name}",
        _listed(listing),
        "read",
        f"A page of {listing.view}, sorted by {', '.join(listing.order)}, the last first",
        parameters=listing.parameters(),
        answers={
            200: {
                "type": "object",
                "required": ["items", "next", "position"],
                "properties": {
                    "items": {
                        "type": "array",
                        "items": {"$ref": f"#/components/schemas/{listing.view}"},
                    },
                    "next": {"type": ["string", "null"]},
                    "position": {"type": "string"},
                },
            },
            404: None,
            406: None,
        },
        tag=listing.name,
        headers={"Accept": "application/json, text/csv or application/x-ndjson"},
    )
    for listing in LISTINGS
)
