"""What the encoder tier knows of categories, tags and priority beyond the light tier's words."""

from __future__ import annotations

import numpy as np
import pytest

from streams.understanding import encoded
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Category, Tag
from streams.understanding.points import point_of, spelled
from streams.understanding.reading import Reader
from streams.understanding.tfidf import SPACE, Lexicon, Vectoriser
from streams.understanding.tier import Tier
from tests.understood import EMPTY, index, seen

BILLS = (
    "I was charged twice",
    "there is a mistake on my bill",
    "why is my invoice so high",
    "you took too much money",
    "the amount on the statement is wrong",
)
LOGINS = (
    "I cannot log in",
    "my password does not work",
    "the site rejects my credentials",
    "I am locked out",
    "reset my password please",
)


@pytest.fixture(scope="module")
def encoder() -> Tier:
    return encoded.load()


def taught(**examples: tuple[str, ...]) -> KnowledgeIndex:
    return index(*(Category(name, texts) for name, texts in examples.items()))


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("they deducted the fee two times", "bills"),
        ("this costs more than we agreed on", "bills"),
        ("signing on fails every time", "logins"),
        ("my access has been denied", "logins"),
    ],
)
def test_other_words_of_the_same_meaning_are_known_from_five_examples(
    encoder: Tier, message: str, name: str
) -> None:
    found = seen(encoder, message, taught(bills=BILLS, logins=LOGINS)).categories
    assert found[0].name == name
    assert found[0].confidence > 0.5


def test_one_example_a_category_is_enough_to_choose(encoder: Tier) -> None:
    one = taught(bills=BILLS[:1], logins=LOGINS[:1], weather=("will it rain tomorrow",))
    assert seen(encoder, "my card was billed two times", one).categories[0].name == "bills"
    assert seen(encoder, "the password is refused", one).categories[0].name == "logins"


def test_two_categories_with_the_same_examples_share_their_probability(encoder: Tier) -> None:
    found = seen(encoder, "I was billed twice", taught(a=BILLS, b=BILLS, logins=LOGINS)).categories
    assert {found[0].name, found[1].name} == {"a", "b"}
    assert abs(found[0].confidence - found[1].confidence) < 0.02
    assert found[0].confidence > 5 * found[2].confidence


def test_a_category_is_known_by_its_name_too(encoder: Tier) -> None:
    one = taught(lost_luggage=("it never came off the belt",), ChangeSeat=("may I sit elsewhere",))
    assert seen(encoder, "my luggage is gone", one).categories[0].name == "lost_luggage"
    assert seen(encoder, "please change the seat", one).categories[0].name == "ChangeSeat"


def test_a_name_that_says_nothing_does_no_harm(encoder: Tier) -> None:
    found = seen(encoder, "signing on fails every time", taught(c1=BILLS, c2=LOGINS)).categories
    assert found[0].name == "c2"
    assert found[0].confidence > 0.5


def test_an_example_taught_a_second_ago_changes_the_very_next_message(encoder: Tier) -> None:
    message = "the drone lost its propeller"
    before = seen(encoder, message, taught(bills=BILLS, logins=LOGINS)).categories[0]
    more = taught(bills=BILLS, logins=LOGINS, drones=("a rotor of my quadcopter broke off",))
    after = seen(encoder, message, more).categories[0]
    assert before.name != "drones"
    assert after.name == "drones"


def test_what_was_taught_before_leaves_no_trace(encoder: Tier) -> None:
    message = "they deducted the fee two times"
    fresh = seen(encoded.load(), message, taught(bills=BILLS, logins=LOGINS))
    seen(encoder, message, taught(a=BILLS, logins=("fees", *LOGINS)))
    seen(encoder, message, EMPTY)
    assert seen(encoder, message, taught(bills=BILLS, logins=LOGINS)) == fresh


def test_an_example_beside_the_starter_ones_is_learned(
    encoder: Tier, starter: KnowledgeIndex
) -> None:
    drones = Category("drones", ("my drone crashed", "the quadcopter does not fly", "lost rotor"))
    more = KnowledgeIndex((), (*starter.categories, drones), (), (), "more")
    assert seen(encoder, "the propeller of my drone is gone", more).categories[0].name == "drones"
    assert seen(encoder, "the atm swallowed it", more).categories[0].name == "card_swallowed"


def test_the_starter_categories_forgive_typing_errors(
    encoder: Tier, starter: KnowledgeIndex
) -> None:
    for message, name in (
        ("i thnik smoebody stoel my phnoe", "lost_or_stolen_phone"),
        ("wher is my new crad, its been weeks", "card_arrival"),
    ):
        assert seen(encoder, message, starter).categories[0].name == name


def test_what_fits_nowhere_is_told_from_what_fits(encoder: Tier, starter: KnowledgeIndex) -> None:
    strange = ("what is the capital of mongolia", "how long do I boil an egg", "tell me a joke")
    usual = ("my card has not arrived", "why was my transfer declined", "I forgot my passcode")
    outside = [seen(encoder, text, starter).out_of_scope or 0.0 for text in strange]
    inside = [seen(encoder, text, starter).out_of_scope or 0.0 for text in usual]
    assert max(inside) < 0.3
    assert min(outside) > 0.7


def test_tags_are_borne_by_meaning(encoder: Tier) -> None:
    tags = (
        Tag("money", ("I was charged twice", "give me my money back", "the refund is missing")),
        Tag("angry", ("this is outrageous", "I have had enough of you", "never again")),
        Tag("access", ("I cannot log in", "locked out of the account", "wrong password")),
    )
    found = seen(encoder, "reimburse me", index(*tags)).tags
    assert found == ["money"]
    assert seen(encoder, "what a lovely garden", index(*tags)).tags == []


def test_a_tag_with_one_example_works(encoder: Tier) -> None:
    assert seen(encoder, "I cannot log in", index(Tag("access", ("I cannot log in",)))).tags


def test_a_tag_is_known_by_its_name_too(encoder: Tier) -> None:
    tags = (
        Tag("gift_voucher", ("the code was rejected", "the balance on it is wrong")),
        Tag("access", ("I cannot log in", "locked out of the account", "wrong password")),
    )
    assert seen(encoder, "my gift voucher", index(*tags)).tags == ["gift_voucher"]


@pytest.mark.parametrize("name", ["late_parcel", "LateParcel", "late-parcel", "late parcel?"])
def test_a_name_is_read_as_its_words(name: str) -> None:
    assert spelled(name) == "late parcel"


def test_what_presses_is_known_without_any_rubric(encoder: Tier) -> None:
    pressing = (
        "somebody has stolen my wallet and is using my cards",
        "I had a car crash and need help",
        "there are payments on my account that I never made",
    )
    calm = (
        "which currencies do you support",
        "how do I change my newsletter settings",
        "what are your opening hours",
    )
    high = [seen(encoder, text).unseen_priority or 0.0 for text in pressing]
    low = [seen(encoder, text).unseen_priority for text in calm]
    assert all(value is not None and value < 0.1 for value in low)
    assert min(high) > 0.3


def test_how_pressing_a_text_is_in_another_language_is_not_known(encoder: Tier) -> None:
    assert seen(encoder, "Mi tarjeta ha sido robada y necesito ayuda").unseen_priority is None


def test_a_reading_of_the_light_tier_has_no_point() -> None:
    reading = Reader(Lexicon(), Vectoriser(np.ones(SPACE, np.float32))).read("my card is lost")
    with pytest.raises(ValueError, match="light tier"):
        point_of(reading)
