"""The Customer agent's actions: who this is, what happened with them, how satisfied they are."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from agents.customer import is_vip, satisfaction
from schemas.events.contacts import InteractionReported
from schemas.events.decisions import HistoryExtended
from schemas.vocabulary import rfc3339
from streams.inputs import Name, Text
from streams.pact.action import Action, Answer, Asking, Call, Params, named
from streams.pact.asking import asked, done, first, owner
from streams.pact.reading import Customer, case_of, customer_id_of, known_case, stranger

KIND = "interaction"
"""The kind of an interaction that names none."""


class Interaction(Params):
    """What took place elsewhere."""

    kind: Name | None = named("kind", "interaction_type", "type", default=None)
    content: Text | None = named("content", "text", "message", "description", default=None)
    ticket_id: Name | None = None


class Reported(Customer, Asking):
    """An interaction that took place elsewhere: its own fields, or `interaction` with them."""

    interaction: Interaction | Text | None = None
    kind: Name | None = named("kind", "interaction_type", default=None)
    content: Text | None = named("content", "text", "message", default=None)

    @model_validator(mode="after")
    def _told(self) -> Reported:
        if self.interaction is None and self.kind is None and self.content is None:
            raise ValueError(
                "interaction is missing: give it as text, or as an object with kind and content"
            )
        return self


class Valued(Params):
    """A customer, or a lifetime value to be judged."""

    customer_id: Name | None = None
    ticket_id: Name | None = None
    lifetime_value: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _something(self) -> Valued:
        if self.customer_id is None and self.ticket_id is None and self.lifetime_value is None:
            raise ValueError("say who: give customer_id, ticket_id or lifetime_value")
        return self


def get_profile(call: Call, params: Customer) -> Answer:
    """Everything that is known of a customer."""
    customer_id = customer_id_of(call, params)
    rows = call.rows("SELECT * FROM v1_customers WHERE customer_id = ?", customer_id)
    if not rows:
        raise stranger(call, customer_id)
    return Answer({"customer_profile": rows[0]})


def update_interaction_history(call: Call, params: Reported) -> Answer:
    """An interaction that took place elsewhere becomes part of a customer's history."""
    told = params.interaction
    if not isinstance(told, Interaction):
        told = Interaction(content=told)
    ticket_id = params.ticket_id or told.ticket_id
    if ticket_id is not None:
        owner(call, ticket_id)
    event = InteractionReported(
        customer_id=case_of(call, customer_id_of(call, params)).customer_id,
        ticket_id=ticket_id,
        kind=params.kind or told.kind or KIND,
        content=params.content or told.content,
        by=params.by,
        idempotency_key=params.idempotency_key,
    )
    outcome = done(call, asked(call, params, event))
    _, extended = first(outcome, HistoryExtended)
    asked_for = outcome.record.event
    assert isinstance(asked_for, InteractionReported)
    recorded: dict[str, Any] = {
        "interaction_id": outcome.record.id,
        "customer_id": asked_for.customer_id,
        "ticket_id": asked_for.ticket_id,
        "kind": asked_for.kind,
        "recorded": extended is not None,
        "recorded_at": rfc3339(outcome.record.at),
    }
    return Answer({"interaction_recorded": recorded}, tuple(outcome.record_ids), outcome.settled)


def calculate_satisfaction_score(call: Call, params: Customer) -> Answer:
    """How satisfied a customer is, from their latest ratings and tones."""
    case = known_case(call, customer_id_of(call, params))
    found = satisfaction(case.ratings, case.tones)
    return Answer(
        {
            "satisfaction_analysis": {
                "customer_id": case.customer_id,
                "current_score": found.score,
                "trend": found.trend,
                "data_points": found.data_points,
                "ratings": list(case.ratings),
            }
        }
    )


def identify_vip_status(call: Call, params: Valued) -> Answer:
    """Whether a customer, or a lifetime value, is a VIP's."""
    customer_id = params.customer_id
    if customer_id is None and params.ticket_id is not None:
        customer_id = owner(call, params.ticket_id)
    value, manager = params.lifetime_value, None
    if customer_id is not None:
        case = case_of(call, customer_id) if value is not None else known_case(call, customer_id)
        customer_id, manager = case.customer_id, case.account_manager
        value = case.lifetime_value if value is None else value
    vip = is_vip(value, call.policy)
    return Answer(
        {
            "vip_analysis": {
                "customer_id": customer_id,
                "is_vip": vip,
                "vip_status": vip,
                "lifetime_value": value,
                "threshold": call.policy.thresholds.vip_lifetime_value,
                "account_manager": manager,
            }
        }
    )


ACTIONS = (
    Action("customer.get_profile", "read", ("customer_profile",), Customer, get_profile),
    Action(
        "customer.update_interaction_history",
        "append",
        ("interaction_recorded",),
        Reported,
        update_interaction_history,
    ),
    Action(
        "customer.calculate_satisfaction_score",
        "read",
        ("satisfaction_analysis",),
        Customer,
        calculate_satisfaction_score,
    ),
    Action("customer.identify_vip_status", "read", ("vip_analysis",), Valued, identify_vip_status),
)
