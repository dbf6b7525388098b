"""Who the customers are, folded from the decisions' topic."""

from __future__ import annotations

import msgspec

from projections.tables.table import EMPTY_OBJECT, Json, Table, by, object_in
from schemas.event import Event
from schemas.events import decisions as says
from schemas.record import Record
from schemas.topics import DECISIONS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


class CustomerRow(msgspec.Struct, frozen=True):
    """A customer's profile as last recognised."""

    customer_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    preferred_channel: str | None = None
    vip_status: bool = False
    lifetime_value: float | None = None
    satisfaction_score: float | None = None
    first_interaction: str | None = None
    language: str | None = None
    account_manager: str | None = None
    handles: Json = EMPTY_OBJECT
    merged_into: str | None = None


def customer_row(row: CustomerRow | None, record: Record, key: str) -> CustomerRow | None:
    """A customer's row after a decision about who they are."""
    event = record.event
    match event:
        case says.CustomerRecognised():
            first = event.first_interaction
            return CustomerRow(
                customer_id=key,
                name=event.name,
                email=event.email,
                phone=event.phone,
                preferred_channel=event.preferred_channel,
                vip_status=event.vip,
                lifetime_value=event.lifetime_value,
                satisfaction_score=event.satisfaction_score,
                first_interaction=None if first is None else rfc3339(first),
                language=event.language,
                account_manager=event.account_manager,
                handles=object_in(event.handles),
                merged_into=event.merged_into,
            )
        case says.SatisfactionScored():
            row = row or CustomerRow(customer_id=key)
            return _replace(row, satisfaction_score=event.score)
        case says.CustomersMerged():
            return _replace(row or CustomerRow(customer_id=key), merged_into=event.into)
        case says.CustomersUnmerged():
            return _replace(row or CustomerRow(customer_id=key), merged_into=None)
        case _:  # its keys name no row of any other event
            return row


_ABOUT_CUSTOMERS: frozenset[type[Event]] = frozenset(
    {
        says.CustomerRecognised,
        says.SatisfactionScored,
        says.CustomersMerged,
        says.CustomersUnmerged,
    }
)

TABLES: tuple[Table, ...] = (
    Table(
        "customers",
        DECISIONS.name,
        CustomerRow,
        by("customer_id", _ABOUT_CUSTOMERS),
        customer_row,
        _ABOUT_CUSTOMERS,
        indexes=(("merged_into",),),
        searched=("name", "email", "phone"),
    ),
)
