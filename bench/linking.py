"""How well messages find their ticket, on the open week: `python bench/linking.py [--data DIR]`.

Replays the simulated week message by message through `agents.linking.link`, with the customer
directory as the only knowledge of who is who, and compares with the truth beside it. Needs the
evaluation data, which is not part of the project; says so where it is missing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from agents.linking import WEIGHTS, Candidate, Features, Message, link  # noqa: E402
from streams.understanding.features import features  # noqa: E402

TICKETS = 16
"""How many tickets a case has at hand."""

ROWS = 3
"""Of how many messages a ticket keeps the features."""

TERMS = 24
"""How many terms of a message a ticket keeps."""

IDLE = 96 * 3600.0
"""Seconds after which an idle ticket is closed for good and no candidate any more."""


class Arrival(NamedTuple):
    """A message of the week with what the system knows of its sender, and the truth."""

    provider_id: str
    customer: str
    message: Message
    person: str
    issue: str
    role: str
    amber: bool


class Score(NamedTuple):
    """The measures of one replay, in per cent."""

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


def rows(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of one file of the evaluation data."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def week(data: Path, categories: Mapping[str, str | None]) -> list[Arrival]:
    """The open week as delivered, redeliveries dropped; `categories` by provider id."""
    owner: dict[tuple[str, str], str] = {}
    for customer in rows(data, "workload_customers_open"):
        handles = [*customer["known_handles"].items(), ("email", customer["email"])]
        handles += [("phone", customer["phone"]), ("whatsapp", customer["phone"])]
        owner |= {(channel, handle): customer["person"] for channel, handle in handles if handle}
    truth = {row["provider_id"]: row for row in rows(data, "workload_truth_messages_open")}
    issues = {row["issue"]: row for row in rows(data, "workload_truth_issues_open")}

    arrivals: dict[str, Arrival] = {}
    for row in rows(data, "workload_messages_open"):
        provider_id, at = row["provider_id"], (row["channel"], row["handle"])
        if provider_id in arrivals:
            continue
        true = truth[provider_id]
        kept = features(row["text"])[:TERMS]
        arrivals[provider_id] = Arrival(
            provider_id,
            owner.get(at, f"{at[0]} {at[1]}"),
            Message(
                channel=row["channel"],
                handle_known=True,
                thread=None,
                in_reply_to=None,
                at=row["t"],
                features=tuple((term, round(100 * weight)) for term, weight in kept),
                cues=(),
                category=categories.get(provider_id),
                references=(),
                words=len(row["text"].split()),
            ),
            true["person"],
            true["issue"],
            true["role"],
            str(issues[true["issue"]]["gold_article"]).startswith("stackfaq-"),
        )
    return list(arrivals.values())


def opened(ticket_id: str, message: Message) -> Candidate:
    """A ticket with its first message."""
    return Candidate(
        ticket_id=ticket_id,
        channel=message.channel,
        channels=(message.channel,),
        threads=(),
        status="open",
        opened_at=message.at,
        last_customer_at=message.at,
        last_reply_at=None,
        resolved_at=None,
        category=message.category,
        features=(message.features,),
        last_reply_asked=False,
        references=(),
        contacts=1,
    )


def extended(ticket: Candidate, message: Message) -> Candidate:
    """The ticket with one message more."""
    return Candidate(
        ticket_id=ticket.ticket_id,
        channel=message.channel,
        channels=tuple(dict.fromkeys((*ticket.channels, message.channel))),
        threads=(),
        status="open",
        opened_at=ticket.opened_at,
        last_customer_at=max(ticket.last_customer_at, message.at),
        last_reply_at=None,
        resolved_at=None,
        category=ticket.category or message.category,
        features=remembered(ticket.features, message.features),
        last_reply_asked=False,
        references=(),
        contacts=ticket.contacts + 1,
    )


def remembered(known: tuple[Features, ...], new: Features) -> tuple[Features, ...]:
    """The feature rows a ticket keeps."""
    return (*known, new)[-ROWS:]


def at_hand(tickets: Mapping[str, Candidate], now: float) -> list[Candidate]:
    """The customer's tickets that a decision may look at."""
    alive = [t for t in tickets.values() if now - t.last_customer_at < IDLE]
    return sorted(alive, key=lambda t: (-t.last_customer_at, t.ticket_id))[:TICKETS]


def replay(arrivals: Sequence[Arrival], weights: Mapping[str, float]) -> dict[str, str]:
    """Which ticket each message got, by provider id."""
    desks: dict[str, dict[str, Candidate]] = defaultdict(dict)
    assigned: dict[str, str] = {}
    for arrival in arrivals:
        tickets = desks[arrival.customer]
        found = link(arrival.message, at_hand(tickets, arrival.message.at), weights).ticket_id
        ticket_id = found or f"T{len(assigned):06}"
        tickets[ticket_id] = (
            extended(tickets[found], arrival.message)
            if found
            else opened(ticket_id, arrival.message)
        )
        assigned[arrival.provider_id] = ticket_id
    return assigned


def score(arrivals: Sequence[Arrival], assigned: Mapping[str, str]) -> Score:
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
    rates: dict[str, list[bool]] = {"channel_switch": [], "recontact": [], "new": []}
    for a in arrivals:
        ticket = assigned[a.provider_id]
        for issue, other in people[a.person]:
            both += issue == a.issue and other == ticket
            together += other == ticket
            belong += issue == a.issue
        if a.role in rates:
            rates[a.role].append(ticket in holders[a.issue])
        elif a.issue not in holders and people[a.person]:
            rates["new"].append(ticket not in used)
        people[a.person].append((a.issue, ticket))
        holders[a.issue].add(ticket)
        used.add(ticket)
    precision, recall = 100 * both / max(1, together), 100 * both / max(1, belong)
    switch, recontact, new = (100 * sum(r) / max(1, len(r)) for r in rates.values())
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return Score(precision, recall, f1, switch, recontact, new)


def data_directory(arguments: argparse.Namespace) -> Path:
    """The directory of the evaluation data; leaves the program when it is not there."""
    data: Path = arguments.data
    if not (data / "workload_messages_open.jsonl.gz").exists():
        sys.exit(
            f"The open week is not in {data}.\n"
            "It is evaluation data and not part of the project.\n"
            "Name its directory with --data DIR."
        )
    return data


def main() -> None:
    """Print the figures of the open week."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arrivals = week(data_directory(parser.parse_args()), {})
    started = time.perf_counter()
    assigned = replay(arrivals, WEIGHTS)
    taken = time.perf_counter() - started
    print(f"{len(arrivals)} messages, {len(set(assigned.values()))} tickets,", end=" ")
    print(f"{1e6 * taken / len(arrivals):.0f} us a message")
    print(score(arrivals, assigned).line())


if __name__ == "__main__":
    main()
