"""What people do that is not about a ticket: a policy, an article, whether they are on duty."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from agents.policy import Policy
from agents.policy_toml import PolicyInvalid, parse
from schemas.events.control import ModelActivated, PolicyActivated
from schemas.events.desk import AvailabilityReported
from schemas.events.knowledge import ArticleRetired
from schemas.record import Record, derived_id
from schemas.topics import DESK_KEY
from streams.errors import NotFound, Refused
from streams.rulings import Ruling, put

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.settings import TierName


def sound_policy(text: str) -> Policy:
    """The policy in a TOML text.

    Raises:
        Refused: The policy has faults.
    """
    try:
        return parse(text)
    except PolicyInvalid as error:
        first, count = error.problems[0], len(error.problems)
        told = "a fault" if count == 1 else f"{count} faults; the first"
        raise Refused(
            f"the policy has {told}: {first.where}: {first.what}",
            first.remedy,
        ) from error


def activate_policy(desk: AnyDesk, text: str, person: str) -> str:
    """Put a policy in force from the clock's time on; returns its version.

    Raises:
        Refused: The policy has faults.
    """
    policy = sound_policy(text)
    at = desk.clock.now()
    event = PolicyActivated(version=policy.version, text=text, by=person)
    record_id = derived_id("policy", policy.version, at.isoformat())
    desk.intake.records(
        [
            Record(
                id=record_id,
                key="policy",
                at=at,
                by=f"person/{person}",
                event=event,
                correlation=record_id,
            )
        ]
    )
    return policy.version


def activate_models(desk: AnyDesk, tier: TierName, person: str) -> None:
    """Let the models of a tier read every message from the clock's time on."""
    from streams.understanding import tiers

    at = desk.clock.now()
    version = ", ".join(f"{name} {one}" for name, one in tiers.load(tier).versions.items())
    event = ModelActivated(name=tier, version=version, by=person)
    record_id = derived_id("models", tier, at.isoformat())
    desk.intake.records(
        [
            Record(
                id=record_id,
                key="models",
                at=at,
                by=f"person/{person}",
                event=event,
                correlation=record_id,
            )
        ]
    )


def retire_article(article_id: str, person: str, at: datetime) -> Record:
    """The record by which a person takes an article out of the knowledge base."""
    record_id = derived_id("retire", article_id, at.isoformat())
    return Record(
        id=record_id,
        key=article_id,
        at=at,
        by=f"person/{person}",
        event=ArticleRetired(article_id=article_id, by=person),
        correlation=record_id,
    )


def report_duty(desk: AnyDesk, specialist_id: str, person: str, *, available: bool) -> Ruling:
    """Say that somebody of the team came on duty or went off it.

    Who is off duty gets no new tickets and keeps those they have; what waits for a person is looked
    at again when somebody comes.

    Raises:
        NotFound: Nobody of the team has that id.
    """
    known = "SELECT 1 AS one FROM v1_specialists WHERE specialist_id = ?"
    if not desk.query(known, (specialist_id,)):
        raise NotFound(f"nobody of the team is called {specialist_id}", "see `pactdesk team list`")
    at = desk.clock.now()
    event = AvailabilityReported(specialist_id=specialist_id, available=available)
    record_id = derived_id("duty", specialist_id, str(available), at.isoformat())
    return put(
        desk,
        Record(
            id=record_id,
            key=DESK_KEY,
            at=at,
            by=f"person/{person}",
            event=event,
            correlation=record_id,
        ),
    )
