"""What the demo's desk knows: articles and categories, and what is left for customers to ask."""

from __future__ import annotations

import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.corpus import Corpus
from training.starter import starter_categories

Row = dict[str, Any]  # JSON

HERE = Path(__file__).resolve().parent
STAR_DOMAINS = {"bank", "hotel", "plane", "ride", "doctor", "apartment", "restaurant"}
STAR_TURNS = range(2, 10)
LONGEST = 3600
"""Seconds; the few longer recordings were left lying in between."""

MULTIDOGO_DOMAINS = ("finance", "airline", "insurance")
EXAMPLES = 5
CATEGORY_EXAMPLES = 20
EVERYONE_PAY = re.compile(r"^doc_everyone_pay_|^doc_checking_accounts_checking_accounts_\(gen")
INTERNAL = re.compile(r"[Ii]nternal|_\d{4}\b|\b[Aa]gents?\b")


class Knowledge:
    """Articles and categories, and which questions are left for the dialogues.

    A question that is an example of an article or a category is asked by nobody.
    """

    def __init__(self, corpus: Corpus, words: Row) -> None:
        dice = random.Random("knowledge")
        bodies = tomllib.loads((HERE / "demo_articles.toml").read_text("utf-8"))
        known = {text for one in starter_categories(corpus) for text in one.examples}
        self.questions: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for place, row in enumerate(corpus.rows("intent_banking77_train")):
            text = " ".join(row["text"].split())
            if known.isdisjoint({text, row["text"]}) and len(text) <= 300:
                self.questions[row["intent"]].append((place, text))
                known.add(text)
        self.articles: list[Row] = []
        for intent, article in bodies.items():
            left = self.questions[intent]
            dice.shuffle(left)
            self.articles.append(
                {
                    "article_id": f"bank-{intent.rstrip('?').lower()}",
                    **article,
                    "examples": [text for _, text in left[:EXAMPLES]],
                    "category": intent,
                    "language": "en",
                }
            )
            self.questions[intent] = left[EXAMPLES:]
        self.answers = {one["category"]: one for one in self.articles}
        self.articles += list(_everyone_pay(corpus))
        self.star, self.multidogo = _recorded(corpus)
        self.categories = [self._category(one, dice) for one in words["categories"]]

    def _category(self, category: Row, dice: random.Random) -> Row:
        """A category of our own with what customers said first in dialogues that are then out."""
        texts: list[str] = []
        for pool, wanted, opening in (
            (self.star, set(category["tasks"]), _star_opening),
            (self.multidogo, set(category["intents"]), _multidogo_opening),
        ):
            fitting = [row for row in pool if opening(row, wanted)]
            taken = dice.sample(fitting, min(CATEGORY_EXAMPLES, len(fitting) // 3))
            texts += [opening(row, wanted) for row in taken]
            gone = {str(row["id"]) for row in taken}
            pool[:] = [row for row in pool if str(row["id"]) not in gone]
        return {
            "type": "category",
            "name": category["name"],
            "examples": texts,
            "priority": category["priority"],
            "team": category["team"],
        }


def _recorded(corpus: Corpus) -> tuple[list[Row], list[Row]]:
    star = [
        row
        for row in corpus.rows("replay_star_open")
        if row["domains"]
        and set(row["domains"]) <= STAR_DOMAINS
        and sum(e[1] == "customer" for e in row["events"]) in STAR_TURNS
        and any(e[1] == "agent" for e in row["events"])
        and row["events"][-1][0] < LONGEST
    ]
    multidogo = [
        row
        for row in corpus.rows("dialog_multidogo_open")
        if row["domain"] in MULTIDOGO_DOMAINS and 4 <= len(row["turns"]) <= 10
    ]
    return star, multidogo


def _star_opening(row: Row, tasks: set[str]) -> str:
    """What the customer of a dialogue about one of the tasks said first, greetings aside."""
    said = (e[2].strip() for e in row["events"] if e[1] == "customer")
    return next((s for s in said if len(s.split()) >= 6), "") if set(row["tasks"]) <= tasks else ""


def _multidogo_opening(row: Row, intents: set[str]) -> str:
    said = (text for _, text, named, _ in row["turns"] if intents.intersection(named))
    return next((s for s in said if len(s.split()) >= 4), "")


def _everyone_pay(corpus: Corpus) -> Iterator[Row]:
    """Articles for customers about paying one another; each title once, nothing internal."""
    seen: set[str] = set()
    for row in corpus.rows("kb_tau2bank_docs"):
        text = f"{row['title']} {row['body']}"
        fits = EVERYONE_PAY.search(row["id"]) and not INTERNAL.search(text) and len(text) < 1600
        if fits and row["title"] not in seen:
            seen.add(row["title"])
            name = re.sub(r"[^a-z0-9]+", "-", row["title"].lower()).strip("-")
            yield {
                "article_id": f"rho-{name}",
                "title": row["title"],
                "body": row["body"],
                "language": "en",
            }
