"""What a line is in each domain: its state, how it begins, and what a record makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from projections import article, category_line, desk
from projections.case import Case
from projections.case import evolve as evolve_case
from schemas.record import Record
from schemas.topics import Domain


class LineFold(NamedTuple):
    """The lines of one domain. The state's type differs by domain.

    Attributes:
        state: What is known of a line.
        initial: The state of a line that nothing happened on, by its key.
        evolve: `evolve(state, record) -> state`.
    """

    state: type[msgspec.Struct]
    initial: Callable[[str], Any]
    evolve: Callable[[Any, Record], Any]


FOLDS: dict[Domain, LineFold] = {
    "customer": LineFold(Case, Case, evolve_case),
    "desk": LineFold(desk.Desk, lambda _: desk.Desk(), desk.evolve),
    "knowledge": LineFold(article.ArticleLine, lambda _: article.ArticleLine(), article.evolve),
    "analytics": LineFold(
        category_line.CategoryLine, lambda _: category_line.CategoryLine(), category_line.evolve
    ),
}
"""By domain."""
