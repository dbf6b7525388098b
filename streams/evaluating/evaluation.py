"""Everything that can be measured of a tier: here and now, and when its models were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from streams.evaluating import shelves, teaching, week
from streams.evaluating.figures import Figure, Lacking
from streams.evaluating.open_data import NotThere, OpenData
from streams.understanding import artefacts
from streams.understanding.tier import Tier


class Task(NamedTuple):
    """One task: what it is called, and how it is measured.

    Attributes:
        name: As `--only` has it.
        measure: Gives the figures; raises `NotThere` where its data are not.
    """

    name: str
    measure: Callable[[Tier, OpenData], Iterator[Figure]]


TASKS = (
    Task("teaching", teaching.few_shot),
    Task("help-pages", shelves.web_help),
    Task("bank-scenarios", shelves.bank_scenarios),
    Task("week-answers", week.answers),
    Task("week-languages", week.languages),
    Task("week-facts", week.quoted),
)


class Made(msgspec.Struct, frozen=True):
    """What was measured when the models were made, on what they had not seen.

    Attributes:
        figures: By part.
        lacking: What the open data does not allow.
    """

    figures: dict[str, tuple[Figure, ...]]
    lacking: tuple[Lacking, ...]


def when_made() -> Made:
    """What came with the models.

    Raises:
        ModelUnavailable: The file is missing or altered.
    """
    return msgspec.json.decode(artefacts.read_figures(artefacts.shipped()), type=Made)


def measured(task: Task, tier: Tier, data: OpenData) -> list[Figure] | Lacking:
    """The figures of a task, or why there are none.

    Raises:
        Unreadable: A file of the data is no gzipped NDJSON.
    """
    try:
        return list(task.measure(tier, data))
    except NotThere as error:
        return Lacking(task.name, str(error))
