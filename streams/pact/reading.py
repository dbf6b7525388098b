"""What reading actions share: customers and tickets as the agents know them."""

from __future__ import annotations

from pydantic import model_validator

from projections.case import Case, Ticket
from schemas.vocabulary import Channel
from streams.errors import NotFound
from streams.inputs import Name
from streams.pact.action import Call, Params
from streams.pact.asking import owner

HOPS = 8
"""Merges of customers that are followed to the line that survived."""


class Customer(Params):
    """Who is meant: by id, by the address on a channel, or by a ticket."""

    customer_id: Name | None = None
    channel: Channel | None = None
    handle: Name | None = None
    ticket_id: Name | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Customer:
        by_handle = self.channel is not None and self.handle is not None
        if self.customer_id is None and self.ticket_id is None and not by_handle:
            raise ValueError(
                "customer_id is missing: say who by it, by channel and handle, or by ticket_id"
            )
        return self


def customer_id_of(call: Call, who: Customer) -> str:
    """The id of who is meant; raises `NotFound` for an unknown ticket."""
    if who.customer_id is not None:
        return who.customer_id
    if who.ticket_id is not None:
        return owner(call, who.ticket_id)
    assert who.channel is not None
    assert who.handle is not None
    return call.desk.intake.resolver.customer_of(who.channel, who.handle)


def case_of(call: Call, customer_id: str) -> Case:
    """The case of a customer, or of who they were merged into; a fresh one for a stranger."""
    case: Case = call.states.of("customer", customer_id)
    for _ in range(HOPS):
        if case.merged_into is None:
            break
        case = call.states.of("customer", case.merged_into)
    return case


def known_case(call: Call, customer_id: str) -> Case:
    """The case of a customer of whom something is known; raises `NotFound` for a stranger."""
    case = case_of(call, customer_id)
    if case == Case(customer_id=case.customer_id):
        raise stranger(call, customer_id)
    return case


def stranger(call: Call, customer_id: str) -> NotFound:
    """That nothing is known of a customer."""
    return NotFound(
        f"{call.action}: customer_id: there is no customer {customer_id}",
        "give the id of a customer that `pactdesk customers` shows",
    )


def ticket_of(call: Call, ticket_id: str) -> tuple[Case, Ticket]:
    """A ticket as the agents know it, with its customer.

    Raises:
        NotFound: There is no such ticket, or it is between two lines at the moment.
    """
    case = case_of(call, owner(call, ticket_id))
    ticket = case.ticket(ticket_id) or call.states.parked(ticket_id)
    if ticket is None:
        raise NotFound(
            f"{call.action}: ticket_id: ticket {ticket_id} is on its way to another customer",
            "ask again in a moment",
        )
    return case, ticket
