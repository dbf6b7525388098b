"""Categories are taught by examples and count from the very next message, in both tiers."""

from __future__ import annotations

import pytest

from streams.settings import TierName
from streams.understanding import tiers
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Category, Tag
from streams.understanding.tier import Tier
from tests.understood import index, seen

PARCEL = Category(
    "parcel_late",
    (
        "where is my parcel",
        "my package has not arrived yet",
        "the delivery is late",
        "tracking says it is still in transit",
        "when will my shipment be delivered",
    ),
)
INVOICE = Category(
    "invoice_copy",
    (
        "please send me the invoice",
        "I need a copy of my bill",
        "where can I download the invoice for May",
        "our accounting needs the invoice as PDF",
        "you forgot to send the bill",
    ),
)
LOGIN = Category(
    "cannot_log_in",
    (
        "I cannot log in",
        "my password does not work",
        "the login page rejects me",
        "I am locked out of my account",
        "reset my password please",
    ),
)


@pytest.fixture(scope="module", params=["light", "encoder"])
def models(request: pytest.FixtureRequest) -> Tier:
    name: TierName = request.param
    return tiers.load(name)


def test_five_examples_a_category_are_enough(models: Tier) -> None:
    taught = index(PARCEL, INVOICE, LOGIN)
    for message, name in (
        ("Hello, my parcel is late, when will it be delivered?", "parcel_late"),
        ("could you send me a copy of the invoice", "invoice_copy"),
        ("locked out, the password is rejected", "cannot_log_in"),
    ):
        found = seen(models, message, taught)
        assert found.categories[0].name == name
        assert found.categories[0].confidence > 0.5
        assert len(found.categories) == 3


def test_typing_errors_are_forgiven(models: Tier) -> None:
    found = seen(models, "wher is my parcell, delivry late", index(PARCEL, INVOICE, LOGIN))
    assert found.categories[0].name == "parcel_late"


def test_what_fits_nowhere_is_out_of_scope(models: Tier) -> None:
    taught = index(PARCEL, INVOICE, LOGIN)
    strange = seen(models, "what is the capital of mongolia", taught).out_of_scope
    usual = seen(models, "the parcel has not arrived", taught).out_of_scope
    assert strange is not None
    assert usual is not None
    assert usual < 0.5 < strange


def test_probabilities_and_out_of_scope_are_one_together(models: Tier) -> None:
    found = seen(models, "the parcel has not arrived", index(PARCEL, INVOICE, LOGIN))
    assert found.out_of_scope is not None
    total = sum(one.confidence for one in found.categories) + found.out_of_scope
    assert abs(total - 1.0) < 0.001


def test_a_category_without_examples_is_never_chosen(models: Tier) -> None:
    found = seen(models, "my parcel is late", index(PARCEL, Category("empty"), INVOICE))
    assert "empty" not in [one.name for one in found.categories]


def test_only_categories_without_examples_are_like_none(models: Tier) -> None:
    found = seen(models, "my parcel is late", index(Category("empty")))
    assert (found.categories, found.out_of_scope) == ([], None)


def test_a_single_category_with_one_example_works(models: Tier) -> None:
    taught = index(Category("only", ("my parcel is late",)))
    near = seen(models, "my parcel is late", taught)
    far = seen(models, "what is the capital of mongolia", taught)
    assert [one.name for one in near.categories] == ["only"]
    assert near.categories[0].confidence > far.categories[0].confidence


@pytest.mark.parametrize("examples", [1, 5])
def test_a_category_that_is_alone_is_not_chosen_for_everything(models: Tier, examples: int) -> None:
    taught = index(Category(PARCEL.name, PARCEL.examples[:examples]))
    for message in ("hello", "how do I cook pasta", "the brakes of my bike squeak", "I like it"):
        found = seen(models, message, taught)
        assert (found.out_of_scope or 0.0) > 0.5
        total = (found.out_of_scope or 0.0) + sum(one.confidence for one in found.categories)
        assert total == pytest.approx(1.0, abs=1e-3)
    assert seen(models, "where is my parcel", taught).categories[0].confidence > 0.9


def test_a_shipped_category_that_is_alone_is_not_chosen_for_everything(
    models: Tier, starter: KnowledgeIndex
) -> None:
    taught = index(next(one for one in starter.categories if one.name == "lost_or_stolen_card"))
    for message in ("hello", "how do I cook pasta", "the brakes of my bike squeak"):
        assert (seen(models, message, taught).out_of_scope or 0.0) > 0.5
    assert seen(models, "my card was stolen", taught).categories[0].confidence > 0.5


def test_the_same_example_under_two_categories_splits_the_probability(models: Tier) -> None:
    taught = index(Category("a", ("my parcel is late",)), Category("b", ("my parcel is late",)))
    found = seen(models, "my parcel is late", taught).categories
    assert abs(found[0].confidence - found[1].confidence) < 0.05


def test_examples_of_no_words_do_no_harm(models: Tier) -> None:
    taught = index(Category("odd", ("", "!!!", "😀")), PARCEL)
    assert seen(models, "my parcel is late", taught).categories[0].name == "parcel_late"


def test_the_starter_categories_know_more_than_their_examples(
    models: Tier, starter: KnowledgeIndex
) -> None:
    for message, name in (
        ("i think somebody stole my phone last night", "lost_or_stolen_phone"),
        ("how old do my kids have to be for an account", "age_limit"),
        ("the atm swallowed it", "card_swallowed"),
    ):
        assert seen(models, message, starter).categories[0].name == name


def test_a_category_beside_the_starter_ones_is_learned(
    models: Tier, starter: KnowledgeIndex
) -> None:
    taught = KnowledgeIndex((), (*starter.categories, PARCEL), (), (), "more")
    assert seen(models, "my parcel is late again", taught).categories[0].name == "parcel_late"
    assert seen(models, "the atm swallowed it", taught).categories[0].name == "card_swallowed"


def test_a_forgotten_category_is_gone_with_the_next_message(models: Tier) -> None:
    assert seen(models, "my parcel is late", index(PARCEL, LOGIN)).categories[0].name == PARCEL.name
    after = seen(models, "my parcel is late", index(LOGIN)).categories
    assert [one.name for one in after] == [LOGIN.name]


def test_a_message_bears_every_tag_that_fits(models: Tier) -> None:
    late = "the parcel is late"
    refund = Tag(
        "refund",
        ("I want my money back", "please refund me", "give me a refund", f"{late}, refund me"),
    )
    slow = Tag("slow", (late, "my parcel is late", "so late again", f"{late}, refund me"))
    taught = index(refund, Tag("none"), slow)
    assert seen(models, "my parcel is late, please refund me", taught).tags == ["refund", "slow"]
    assert seen(models, "I want my money back, a refund please", taught).tags == ["refund"]
    assert seen(models, "where is the nearest branch", taught).tags == []
