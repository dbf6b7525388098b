"""How well messages find their ticket, on the open week: `python bench/linking.py [--data DIR]`.

The simulated week goes through a real desk on a fresh store: the customer directory, then every
message as it was delivered, and nothing taught unless `--taught` is given. The tickets in
`v1_interactions` are then compared with the truth beside the week. Needs the evaluation data,
which is not part of the project; says so where it is missing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from agents.linking import WITH_MEANING  # noqa: E402  # after the path is set
from agents.policy import default_policy  # noqa: E402  # after the path is set
from streams.clock import ManualClock  # noqa: E402  # after the path is set
from streams.desk import Desk  # noqa: E402  # after the path is set
from streams.embedded.taught import Taught  # noqa: E402  # after the path is set
from streams.knowledge import KnowledgeHistory  # noqa: E402  # after the path is set
from streams.simulating.week.open_week import customers  # noqa: E402  # after the path is set
from streams.starter import lines  # noqa: E402  # after the path is set
from streams.worlds import Worlds  # noqa: E402  # after the path is set

START = datetime(2026, 3, 2, tzinfo=UTC)
BEFORE = (START - timedelta(hours=1)).isoformat()
END = START + timedelta(days=30)

Document = dict[str, Any]


class Truth(NamedTuple):
    """Whose message it is, of which issue, and in which role.

    `amber` marks issues whose text must not be shipped: measured with, never fitted on.
    """

    person: str
    issue: str
    role: str
    amber: bool


class Week(NamedTuple):
    """The open week: its directory, its messages as delivered, and the truth by provider id."""

    customers: list[Document]
    messages: list[Document]
    truth: dict[str, Truth]

    def of(self, people: Collection[str]) -> Week:
        """The part of the week that concerns some people."""
        return Week(
            [one for one in self.customers if one["customer_id"] in people],
            [m for m in self.messages if self.truth[m["provider_id"]].person in people],
            self.truth,
        )


class Score(NamedTuple):
    """The measures of one run, in per cent."""

    precision: float
    recall: float
    f1: float
    switch_linked: float
    recontact_linked: float
    new_kept_apart: float

    def line(self) -> str:
        """The figures in one line."""
        return "  ".join(
            f"{name.replace('_', ' ')} {value:.1f}" for name, value in self._asdict().items()
        )


def rows(data: Path, name: str) -> Iterator[Document]:
    """The rows of one file of the evaluation data."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def week(data: Path) -> Week:
    """The open week as input documents."""
    directory = list(customers(data, BEFORE))
    messages = [
        {
            "channel": row["channel"],
            "handle": row["handle"],
            "message": row["text"],
            "provider_id": row["provider_id"],
            "at": (START + timedelta(seconds=row["t"])).isoformat(),
        }
        for row in rows(data, "workload_messages_open")
    ]
    articles = {r["issue"]: r["gold_article"] for r in rows(data, "workload_truth_issues_open")}
    truth = {
        row["provider_id"]: Truth(
            row["person"],
            row["issue"],
            row["role"],
            str(articles[row["issue"]]).startswith("stackfaq-"),
        )
        for row in rows(data, "workload_truth_messages_open")
    }
    return Week(directory, messages, truth)


def lessons(data: Path) -> list[Document]:
    """What a desk may be taught before the week: the starter categories, articles that may ship."""
    categories = [json.loads(line) | {"at": BEFORE} for line in lines("categories")]
    return categories + [
        {
            "type": "article",
            "article_id": row["id"],
            "title": row["title"],
            "body": row["body"],
            "examples": row["examples"],
            "at": BEFORE,
        }
        for row in rows(data, "workload_kb_open")
        if not row["id"].startswith("stackfaq-")
    ]


@contextmanager
def worked_off(
    part: Week, weights: Mapping[str, float], taught: Sequence[Document] = ()
) -> Iterator[Desk]:
    """A desk on a fresh store that has been through a week."""
    folder = Path(tempfile.mkdtemp(prefix="pactdesk-linking-"))
    desk = Desk(folder, ManualClock(END), secret="bench")  # noqa: S106  # no secret: a bench
    try:
        policy = default_policy().model_copy(update={"linking": dict(weights)})
        desk.__dict__["worlds"] = Worlds(
            Taught(desk.database), KnowledgeHistory(desk.models), policy
        )
        for documents in (taught, part.customers, part.messages):
            desk.produce(list(documents))
        desk.run()
        yield desk
    finally:
        desk.close()
        shutil.rmtree(folder)


def assigned(desk: Desk) -> dict[str, str]:
    """The ticket of each message, by provider id; a rejected message stands alone."""
    found = desk.query("SELECT provider_id, ticket_id FROM v1_interactions WHERE direction = 'in'")
    return {row["provider_id"]: row["ticket_id"] or row["provider_id"] for row in found}


class Rates(NamedTuple):
    """How many were right, of how many."""

    right: int
    n: int


def score(part: Week, tickets: Mapping[str, str]) -> Score:
    """The measures of `rates`, in per cent."""
    shares = {name: 100 * one.right / max(1, one.n) for name, one in rates(part, tickets).items()}
    precision, recall = shares["precision"], shares["recall"]
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return Score(f1=f1, **shares)


def rates(part: Week, tickets: Mapping[str, str]) -> dict[str, Rates]:
    """Pairwise measures over the messages of each true person, and three rates over events.

    Precision: of the pairs put together, those of one issue. Recall: of the pairs of one issue,
    those put together. Switch and recontact linked: the message that comes back went to a ticket
    that holds an earlier message of its issue. New kept apart: the first message of an issue, of
    a person who wrote before, went to a ticket that nobody used yet.
    """
    people: dict[str, list[tuple[str, str]]] = defaultdict(list)
    holders: dict[str, set[str]] = defaultdict(set)
    used: set[str] = set()
    both = together = belong = 0
    events: dict[str, list[bool]] = {"channel_switch": [], "recontact": [], "new": []}
    for provider_id in dict.fromkeys(message["provider_id"] for message in part.messages):
        true, ticket = part.truth[provider_id], tickets[provider_id]
        for issue, other in people[true.person]:
            both += issue == true.issue and other == ticket
            together += other == ticket
            belong += issue == true.issue
        if true.role in events:
            events[true.role].append(ticket in holders[true.issue])
        elif true.issue not in holders and people[true.person]:
            events["new"].append(ticket not in used)
        people[true.person].append((true.issue, ticket))
        holders[true.issue].add(ticket)
        used.add(ticket)
    switch, recontact, new = (Rates(sum(found), len(found)) for found in events.values())
    return {
        "precision": Rates(both, together),
        "recall": Rates(both, belong),
        "switch_linked": switch,
        "recontact_linked": recontact,
        "new_kept_apart": new,
    }


def arguments(description: str | None) -> argparse.ArgumentParser:
    """The options that both this script and the training share."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    return parser


def there(data: Path) -> bool:
    """Whether the evaluation data is there; says what to do where it is not."""
    found = (data / "workload_messages_open.jsonl.gz").exists()
    if not found:
        print(
            f"The open week is not in {data}.\n"
            "It is evaluation data and not part of the project.\n"
            "Name its directory with --data DIR."
        )
    return found


def main() -> None:
    """Print the figures of the open week."""
    parser = arguments(__doc__)
    parser.add_argument("--taught", action="store_true", help="with categories and articles")
    parser.add_argument("--threshold", type=float, default=WITH_MEANING["threshold"])
    chosen = parser.parse_args()
    if not there(chosen.data):
        return
    part = week(chosen.data)
    started = time.perf_counter()
    weights = WITH_MEANING | {"threshold": chosen.threshold}
    with worked_off(part, weights, lessons(chosen.data) if chosen.taught else ()) as desk:
        tickets = assigned(desk)
    taken = time.perf_counter() - started
    print(f"{len(part.messages)} messages, {len(set(tickets.values()))} tickets, {taken:.0f} s")
    print(score(part, tickets).line())


if __name__ == "__main__":
    main()
