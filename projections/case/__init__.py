"""One customer's line: the state that the customer domain's agents decide on."""

from projections.case.fold import evolve
from projections.case.state import Case, Ticket
from projections.case.timers import Timer, timers

__all__ = ["Case", "Ticket", "Timer", "evolve", "timers"]
