"""The starter taxonomy: Banking77's intents with examples, the rubric's priority, and a team."""

from __future__ import annotations

import random

from streams.understanding.knowledge_items import Category
from training.corpus import Corpus

EXAMPLES = 20
LONGEST = 160

_TEAMS = {
    "security": (
        "compromised", "lost_or_stolen", "not_recognised", "identity", "source_of_funds",
        "passcode", "pin_", "_pin", "verify_",
    ),
    "transfers": ("transfer", "beneficiary", "receiving_money", "direct_debit"),
    "payments": (
        "top_up", "topping", "refund", "payment", "exchange", "currency", "charge", "transaction",
        "balance", "fiat", "rate", "automatic", "cheque",
    ),
    "cards": ("card", "atm", "cash", "contactless", "visa", "pay", "disposable"),
}  # fmt: skip


def team_of(intent: str) -> str:
    """The team that looks after an intent; `accounts` has what belongs to no other."""
    name = intent.lower()
    for team, parts in _TEAMS.items():
        if any(part in name for part in parts):
            return team
    return "accounts"


def starter_categories(corpus: Corpus) -> list[Category]:
    """The 77 categories, in alphabetical order, each with twenty examples."""
    priorities = corpus.document("priority_rubric_open.json")["banking77"]
    texts: dict[str, list[str]] = {}
    for row in corpus.rows("intent_banking77_train"):
        if len(row["text"]) <= LONGEST:
            texts.setdefault(row["intent"], []).append(row["text"])
    dice = random.Random(77)
    return [
        Category(
            name=intent,
            examples=tuple(dice.sample(sorted(set(texts[intent])), EXAMPLES)),
            priority=priorities[intent],
            team=team_of(intent),
        )
        for intent in sorted(texts)
    ]
