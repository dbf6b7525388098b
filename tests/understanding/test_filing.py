"""A category that a desk made up says what a message is about, and not which article answers it."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from streams.starter import lines
from streams.understanding.filing import searched
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article, Category
from streams.understanding.tier import Tier
from tests.understood import index, seen

ACCESS = Category(
    "account access",
    (
        "I cannot log in", "reset my password", "the app does not send the code",
        "change my phone number", "my account is locked",
    ),
)  # fmt: skip
PLANS = Category(
    "subscription",
    (
        "how do I cancel my monthly plan", "change my yearly pass", "pause my subscription",
        "upgrade to the family plan", "when does my pass renew",
    ),
)  # fmt: skip
BIKES = Category(
    "broken bike",
    (
        "the chain fell off", "brakes do not work on bike 42", "flat tyre on the bike",
        "the lock does not open", "saddle is broken",
    ),
)  # fmt: skip
PASSWORD = Article(
    "password", "Reset your password", "Tap Forgot password and follow the link in the mail.",
    ("reset my password", "forgot my password", "I forgot my password"), ACCESS.name,
)  # fmt: skip
CANCEL = Article(
    "cancel-plan", "Cancel your plan", "Open the app, choose Profile, Plans, and tap Cancel.",
    ("how do I cancel my plan", "stop my subscription", "cancel monthly pass"), PLANS.name,
)  # fmt: skip
LOCK = Article(
    "unlock", "The lock does not open", "Switch Bluetooth off and on, and scan the code again.",
    ("the lock does not open", "cannot unlock bike", "bike will not unlock"), BIKES.name,
)  # fmt: skip
DESK = index(ACCESS, PLANS, BIKES, PASSWORD, CANCEL, LOCK)


@pytest.fixture(params=["models", "encoded"], ids=["light", "encoder"])
def tier(request: pytest.FixtureRequest) -> Tier:
    """Each tier in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Tier)
    return found


@pytest.mark.parametrize(
    "question",
    [
        "when does my pass renew", "how do I change my phone number", "the chain fell off",
        "the app does not send the code", "change my yearly pass to monthly",
        "flat tyre on bike 12", "my account is locked because of a debt",
    ],
)  # fmt: skip
def test_what_only_shares_its_category_with_an_article_is_not_answered_by_it(
    tier: Tier, question: str
) -> None:
    found = seen(tier, question, DESK).solutions
    assert max((one.confidence for one in found), default=0.0) <= 0.8


@pytest.mark.parametrize("question", ["I forgot my password", "cancel my plan please"])
def test_what_an_article_answers_is_answered_whatever_it_is_filed_under(
    tier: Tier, question: str
) -> None:
    assert seen(tier, question, DESK).solutions[0].confidence > 0.8


def test_under_which_own_category_an_article_is_filed_changes_no_search(tier: Tier) -> None:
    bare = index(ACCESS, PLANS, BIKES, *(replace(a, category=None) for a in DESK.articles))
    question = "can I pause my subscription over winter"
    assert seen(tier, question, DESK).solutions == seen(tier, question, bare).solutions


def test_a_shipped_category_is_as_fine_as_its_article(tier: Tier, starter: KnowledgeIndex) -> None:
    shipped = [msgspec.json.decode(line) for line in lines("articles")]
    filed = [
        Article(one["article_id"], one["title"], one["body"], (), one["category"])
        for one in shipped
        if one.get("category")
    ]
    bare = [replace(one, category=None) for one in filed]
    known, unknown = index(*starter.categories, *filed), index(*starter.categories, *bare)
    question = "I still do not have my new card, where is it"
    assert seen(tier, question, known).solutions != seen(tier, question, unknown).solutions


def test_a_category_is_as_fine_as_the_article_that_bears_its_name() -> None:
    own = replace(LOCK, category="TheLock_does_not_open")
    assert searched([own, LOCK, PASSWORD], {ACCESS.name}) == [
        own, replace(LOCK, category=None), PASSWORD,
    ]  # fmt: skip
