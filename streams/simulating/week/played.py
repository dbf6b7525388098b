"""Playing one week before one desk: customers and people at work, from moment to moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from streams.simulating.week.agenda import Agenda
from streams.simulating.week.arms import ArmName
from streams.simulating.week.assumptions import Assumptions
from streams.simulating.week.customers import Customers
from streams.simulating.week.draws import Draws
from streams.simulating.week.issues import DAY, Said, Week
from streams.simulating.week.lives import Life
from streams.simulating.week.plain_desks import ALL, PlainDesk, shared_out
from streams.simulating.week.product import Products
from streams.simulating.week.system import Ledger, SystemDesk

HORIZON = 14 * DAY
"""How long it is played: the week, and seven days in which whoever wants to may come back."""


class Arm(Protocol):
    """A desk."""

    def begin(self, customers: Customers, until: float) -> None:
        """It serves some customers from now on, until a moment."""

    def hear(self, life: Life, said: Said, at: float) -> None:
        """A message has come in."""


class Played(NamedTuple):
    """What came of a week.

    Attributes:
        lives: What became of each issue.
        ledger: What the product left behind, where it was the desk.
    """

    lives: Sequence[Life]
    ledger: Ledger | None


def played(
    week: Week,
    arm: ArmName,
    seed: int,
    assumed: Assumptions,
    products: Products | None,
    tell: Callable[[int], object] = lambda _: None,
) -> Played:
    """Play a week before a desk.

    Args:
        week: The week.
        arm: Which desk.
        seed: Decides what chance decides, the same before each desk.
        assumed: How people are.
        products: Gives the product, for the arm that is the product.
        tell: Is told how many issues began since it was told last.
    """
    agenda, draws = Agenda(), Draws(seed)
    if arm == "system":
        assert products is not None
        with products.one() as product:
            desk = SystemDesk(agenda, draws, assumed, product)
            lives = _play(week, desk, agenda, draws, assumed, tell)
            return Played(lives, desk.end())
    if arm == "silo":
        shares, misrouted = shared_out(assumed.seats, week.issues), assumed.misrouted_silo
    else:
        shares, misrouted = {ALL: assumed.seats}, assumed.misrouted_unified
    plain = PlainDesk(agenda, draws, assumed, shares, misrouted)
    return Played(_play(week, plain, agenda, draws, assumed, tell), None)


def _play(
    week: Week,
    desk: Arm,
    agenda: Agenda,
    draws: Draws,
    assumed: Assumptions,
    tell: Callable[[int], object],
) -> list[Life]:
    customers = Customers(agenda, draws, assumed, week.people, desk.hear)
    customers.come(week.issues)
    for issue in week.issues:
        agenda.at(issue.ends, lambda _: tell(1))
    desk.begin(customers, HORIZON)
    while agenda.step(HORIZON):
        pass
    return [*customers.lives.values()]
