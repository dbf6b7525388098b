"""The fold of each domain's lines, by domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from projections import article, category_line, desk
from projections.case import evolve as evolve_case
from schemas.record import Record
from schemas.topics import Domain

FOLDS: dict[Domain, Callable[[Any, Record], Any]] = {
    "customer": evolve_case,
    "desk": desk.evolve,
    "knowledge": article.evolve,
    "analytics": category_line.evolve,
}
"""`evolve(state, record) -> state`; the state's type differs by domain."""
