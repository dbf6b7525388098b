"""The open week of the evaluation data, which is no part of the project: read where it lies.

The articles and issues whose ids begin `stackfaq-` are of a source that must not ship: they are
measured with here, in memory, and kept nowhere. What the desk is taught is what a company with
these customers would teach it: its articles, the starter categories, a category for each other
kind of order, one for its web pages, and the actions with messages of other dialogues as examples.
"""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from streams.simulating.week.issues import BEFORE, Document, Issue, Person, Said, Week
from streams.starter import lines as starter_lines

MESSAGES = "workload_messages_open"
FIRST = frozenset({"open", "fragment", "turn"})
"""Roles of messages that somebody sends before they wait for an answer."""

EXAMPLES = 20
"""How many examples a category of actions is taught."""

WORDS = 3
"""A shorter message is no example of anything."""

GAP = 60.0
"""Seconds between two of somebody's first messages at most. In the file the turns of an action lie
as far apart as replies would make them; here the replies are the desk's."""

QUOTED = 80
"""So many characters of their own words somebody says again."""

ORDERS, WEB, ANYBODY = "orders", "web", "general"

FINANCE = {
    "reportlostcard": "lost_or_stolen_card",
    "replacecard": "lost_or_stolen_card",
    "disputecharge": "card_payment_not_recognised",
    "transfermoney": "transfer_into_account",
}
"""Actions of a bank, and the starter category whose team does the same; others are `accounts`."""


def there(data: Path) -> bool:
    """Whether a folder holds the week."""
    return (data / f"{MESSAGES}.jsonl.gz").exists()


def rows(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of one file of the evaluation data."""
    with gzip.open(data / f"{name}.jsonl.gz", "rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


def open_week(data: Path) -> Week:
    """The week of a folder."""
    issues = {row["issue"]: row for row in rows(data, "workload_truth_issues_open")}
    said = _said(data)
    shelf = [*rows(data, "workload_kb_open")]
    starter = [msgspec.json.decode(line, type=Document) for line in starter_lines("categories")]
    teams = {one["name"]: str(one["team"]) for one in starter}
    titles = {row["id"]: row["title"].lower() for row in shelf}
    people = _people(data)
    found = [
        Issue(
            id=name,
            person=row["person"],
            kind=row["kind"],
            language=row["lang"],
            article=row["gold_article"],
            topic=_topic(row, said[name], titles),
            priority=row["priority"],
            team=_team(row["intent"], teams),
            facts=tuple(dict.fromkeys(text for _, text in row["facts"])),
            escalate=row["escalate"],
            said=tuple(said[name]),
        )
        for name, row in issues.items()
    ]
    found.sort(key=lambda one: one.said[0].arrives)
    own = {one.text.lower() for messages in said.values() for one in messages}
    return Week(
        name="the open week",
        issues=tuple(found),
        people=people,
        lessons=(
            *starter,
            *_orders(data, shelf),
            *_actions(data, issues, own, teams),
            *(_article(row, teams) for row in shelf),
        ),
        directory=tuple(customers(data, BEFORE)),
    )


def _said(data: Path) -> dict[str, list[Said]]:
    """The first messages of each issue, by arrival."""
    role = {row["provider_id"]: row for row in rows(data, "workload_truth_messages_open")}
    found: defaultdict[str, list[Said]] = defaultdict(list)
    arrives, seen = 0.0, set[str]()
    for row in rows(data, MESSAGES):
        arrives = max(arrives, row["t"])  # the file is in the order of delivery
        true = role[row["provider_id"]]
        if true["role"] in FIRST:
            found[true["issue"]].append(
                Said(
                    row["t"], arrives, row["channel"], row["handle"], row["text"],
                    row["provider_id"], row["provider_id"] in seen,
                )
            )  # fmt: skip
        seen.add(row["provider_id"])
    return {name: _closed_up(messages) for name, messages in found.items()}


def _closed_up(messages: list[Said]) -> list[Said]:
    """First messages as somebody sends them who waits for no answer in between."""
    at, found = messages[0].arrives, [messages[0]]
    for before, one in pairwise(messages):
        at += min(one.arrives - before.arrives, GAP)
        found.append(msgspec.structs.replace(one, arrives=at, at=min(one.at, at)))
    return found


def _people(data: Path) -> dict[str, Person]:
    handles = {row["person"]: row["handles"] for row in rows(data, "workload_truth_identity_open")}
    return {
        row["person"]: Person(
            row["person"], row["email"], handles[row["person"]], frozenset(row["known_handles"])
        )
        for row in rows(data, "workload_customers_open")
    }


def customers(data: Path, at: str) -> Iterator[Document]:
    """The week's directory as input documents of a time."""
    for row in rows(data, "workload_customers_open"):
        yield {
            "type": "customer",
            "customer_id": row["person"],
            "name": row["name"],
            "email": row["email"],
            "phone": row["phone"],
            "lifetime_value": row["ltv"],
            "preferred_channel": row["preferred"],
            "handles": {channel: [handle] for channel, handle in row["known_handles"].items()},
            "at": at,
        }


def _topic(row: Mapping[str, Any], said: list[Said], titles: Mapping[str, str]) -> str:
    """What an issue is about, in its person's words where it has no article."""
    if row["gold_article"] is not None:
        return titles[row["gold_article"]]
    if row["intent"].startswith(("b77-", "btx-")):
        return str(row["intent"][4:]).replace("_", " ").lower()
    return max((one.text for one in said), key=len)[:QUOTED]


def _team(intent: str, teams: Mapping[str, str]) -> str:
    source, _, rest = intent.partition("-")
    if source == "b77":
        return teams[rest]
    if source == "mdg":
        domain, _, action = rest.partition("-")
        if domain == "finance":
            return teams[FINANCE[action]] if action in FINANCE else "accounts"
        return domain
    return {"btx": ORDERS, "stackfaq": WEB}.get(source, ANYBODY)


def _article(row: Mapping[str, Any], teams: Mapping[str, str]) -> Document:
    name, category = row["id"], None
    if (name.startswith("b77-") and name[4:] in teams) or name.startswith("btx-"):
        category = name[4:]
    elif name.startswith("stackfaq-"):
        category = "web_pages"
    return {
        "type": "article",
        "article_id": name,
        "title": row["title"],
        "body": row["body"],
        "examples": row["examples"],
        "category": category,
        "at": BEFORE,
    }


def _orders(data: Path, shelf: list[dict[str, Any]]) -> Iterator[Document]:
    """Categories of what is asked of a shop, and of its web pages, by their articles."""
    rubric = msgspec.json.decode((data / "priority_rubric_open.json").read_bytes())["bitext"]
    for row in shelf:
        if row["id"].startswith("btx-"):
            name = row["id"][4:]
            yield _category(name, row["examples"], rubric.get(name), ORDERS)
    titles = [row["title"] for row in shelf if row["id"].startswith("stackfaq-")]
    yield _category("web_pages", titles, "low", WEB)


def _actions(
    data: Path, issues: Mapping[str, Mapping[str, Any]], own: set[str], teams: Mapping[str, str]
) -> Iterator[Document]:
    """Categories of the actions, by what people say in dialogues that the week does not have."""
    asked = Counter(
        (row["intent"], row["priority"])
        for row in issues.values()
        if row["kind"] == "action" and not row.get("urgent")
    )
    usual = {intent: priority for (intent, priority), _ in reversed(asked.most_common())}
    examples: defaultdict[str, list[str]] = defaultdict(list)
    for dialogue in rows(data, "dialog_multidogo_open"):
        for _, text, intents, _ in dialogue["turns"]:
            for one in intents:
                name = f"mdg-{dialogue['domain']}-{one}"
                if name in usual and len(text.split()) >= WORDS and text.lower() not in own:
                    examples[name].append(text)
    for intent, texts in sorted(examples.items()):
        some = [*dict.fromkeys(texts)][:EXAMPLES]
        yield _category(intent[4:].replace("-", "_"), some, usual[intent], _team(intent, teams))


def _category(name: str, examples: list[str], priority: str | None, team: str) -> Document:
    return {
        "type": "category",
        "name": name,
        "examples": examples,
        "priority": priority,
        "team": team,
        "at": BEFORE,
    }
