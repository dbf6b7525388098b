"""The headlines that a support desk is sold by, with what was measured for each, before and after.

Before is the silo, after is the product, with the same customers and as many people. What cannot
be measured without people is named and has no figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from streams.simulating.week.arms import ArmName
from streams.simulating.week.over_seeds import Estimate


class Claim(NamedTuple):
    """A headline.

    Attributes:
        name: As it is put.
        measure: The figure that stands for it, where one does.
        says: What the figure is, or why there is none.
        compared: Whether the silo has that figure, too.
    """

    name: str
    measure: str | None
    says: str
    compared: bool = True


CLAIMS = (
    Claim(
        "first contact resolution",
        "first_contact_resolution",
        "solved with one contact and none after, of all issues",
    ),
    Claim(
        "first contact resolution, at most two interactions",
        "within_two_interactions",
        "solved with a contact and a reply; to compare with older figures",
    ),
    Claim("response time", "first_reply_p50", "median first reply, all hours, in minutes"),
    Claim(
        "escalation reduction",
        "handed_on",
        "transfers and repeats, an issue; the silo's share of wrong transfers is assumed, so the"
        " ratio is derived, not measured",
    ),
    Claim(
        "escalations that are needed",
        "escalation_recall",
        "found, of those that must be; says what a reduction costs",
        compared=False,
    ),
    Claim(
        "context preserved",
        "context_kept",
        "facts in the packet at hand-overs, of those that were given",
        compared=False,
    ),
    Claim(
        "agent efficiency",
        "agent_efficiency",
        "time not spent on asking again; modelled",
    ),
    Claim(
        "interaction visibility",
        "visibility",
        "messages that went to one ticket by a recorded decision",
        compared=False,
    ),
    Claim("satisfaction", None, "not to be had without people: nobody is asked here"),
)


class Headline(msgspec.Struct, frozen=True):
    """A headline with its figures.

    Attributes:
        name: As it is put.
        measure: The name of its figure; None where there is none.
        says: What the figure is, or why there is none.
        before: The silo's.
        after: The product's.
    """

    name: str
    measure: str | None
    says: str
    before: Estimate | None
    after: Estimate | None


def headlines(arms: Mapping[ArmName, Mapping[str, Estimate]]) -> list[Headline]:
    """The headlines with what some arms came to."""

    def of(arm: ArmName, measure: str | None) -> Estimate | None:
        return arms.get(arm, {}).get(measure or "")

    return [
        Headline(
            one.name,
            one.measure,
            one.says,
            of("silo", one.measure) if one.compared else None,
            of("system", one.measure),
        )
        for one in CLAIMS
    ]
