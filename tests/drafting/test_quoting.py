"""A draft says whole sentences of articles and what the customer gave, and nothing else ever."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.quoting import (
    COURTESIES,
    GAVE,
    LONGEST_REPLY,
    MOST_CHARACTERS,
    Draft,
    Unfounded,
    excerpt,
    judged,
    sentences,
)
from schemas.events.drafts import Source

WORDS = st.sampled_from(
    [
        "pay",
        "open",
        "refund",
        "account",
        "never",
        "Monday",
        "5",
        "EUR",
        "e.g.",
        "the",
        "your",
        "can’t",
    ]
)
SENTENCE = st.lists(WORDS, min_size=1, max_size=8).map(lambda words: f"We {' '.join(words)}.")
TEXT = st.text(st.characters(codec="utf-8"), max_size=300) | st.lists(
    st.sampled_from([*"aB.!? \n\t-*>#1)\"'”»。！…·", "You wrote:", "Hello"]), max_size=60
).map("".join)


def source(*found: str, name: str = "a1") -> Source:
    return Source(article_id=name, title="Title", sentences=list(found))


def draft(reply: str, *sources: Source, facts: tuple[str, ...] = ()) -> Draft:
    verdict = judged(reply, sources, facts)
    assert isinstance(verdict, Draft), verdict
    return verdict


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("# Refunds\n\n1. Open it.\n2) Press it.\n- Wait\n* * Done", [
            "Refunds", "Open it.", "Press it.", "Wait", "Done",
        ]),
        ("It takes e.g. two. (Or three.) Then", ["It takes e.g. two.", "(Or three.)", "Then"]),
        ('Press "Go." Then wait', ['Press "Go."', "Then wait"]),
        ("一句话。第二句！", ["一句话。", "第二句！"]),
        ("  much\t space \r\n here ", ["much space", "here"]),
        ("--- \n ... \n", []),
        ("version 2.5 is out", ["version 2.5 is out"]),
    ],
)  # fmt: skip
def test_a_text_has_these_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found


@given(TEXT)
def test_a_sentence_of_a_text_has_itself_as_its_sentences(text: str) -> None:
    for one in sentences(text):
        assert sentences(one) == [one]


@given(TEXT)
def test_the_sentences_of_a_text_hold_its_words_in_their_order(text: str) -> None:
    held = re.sub(r"\s", "", "".join(sentences(text)))
    letters = iter(re.sub(r"\s", "", text))
    assert all(one in letters for one in held), "nothing is added, moved or changed"


@given(st.lists(SENTENCE, max_size=200))
def test_an_excerpt_is_the_first_sentences_for_which_there_is_room(found: list[str]) -> None:
    text = " ".join(found)
    kept = excerpt(text)
    assert kept == sentences(text)[: len(kept)]
    assert sum(map(len, kept)) <= MOST_CHARACTERS
    assert len(text) > MOST_CHARACTERS or kept == sentences(text)


def test_of_an_endless_sentence_nothing_is_taken() -> None:
    assert excerpt("word " * 100_000) == []


@given(
    articles=st.lists(st.lists(SENTENCE, min_size=1, max_size=5), min_size=1, max_size=3),
    facts=st.lists(st.sampled_from(["12.50 EUR", "4711", "1 May", "a@b.example"]), unique=True),
    seed=st.randoms(use_true_random=False),
)  # fmt: skip
def test_whatever_is_made_of_quotes_facts_and_courtesies_is_a_draft_of_just_these(
    articles: list[list[str]], facts: list[str], seed: Random
) -> None:
    sources = [source(*found, name=f"a{n}") for n, found in enumerate(articles)]
    known = [one for found in articles for one in found]
    quoted = [seed.choice(known) for _ in range(seed.randint(1, 6))]
    given_facts = [f"{GAVE} {'; '.join(facts)}."] if facts else []
    lines = [*quoted, *given_facts, *seed.sample(COURTESIES, 2)]
    seed.shuffle(lines)
    marks = ["", "- ", "  ", "3. ", "> "]
    reply = "\n".join(seed.choice(marks) + one.replace("’", "'") for one in lines)
    found = draft(reply, *sources, facts=tuple(facts))
    assert [one.sentence for one in found.quotes] == [
        *dict.fromkeys(one for one in lines if one in quoted)
    ]
    for quote in found.quotes:
        assert quote.sentence in sources[int(quote.article_id[1:])].sentences
    assert [one.rstrip(".") for one in found.text.splitlines()] == [
        one.rstrip(".") for one in lines
    ]


@given(TEXT, st.lists(SENTENCE, min_size=1, max_size=4))
def test_a_draft_never_says_what_it_was_not_given(reply: str, known: list[str]) -> None:
    verdict = judged(reply + "\n" + known[0], [source(*known)], ["4711"])
    assume(isinstance(verdict, Draft))
    assert isinstance(verdict, Draft)
    rest = verdict.text
    for one in sorted([*known, *COURTESIES, f"{GAVE} 4711"], key=len, reverse=True):
        rest = rest.replace(one, "")
    assert not re.search(r"\w", rest)


@given(SENTENCE, st.integers(0, 80))
def test_a_sentence_that_is_changed_in_one_letter_is_no_quote(sentence: str, at: int) -> None:
    place = at % len(sentence)
    assume(sentence[place].isalnum())
    changed = sentence[:place] + "x" + sentence[place + 1 :]
    assume(changed != sentence)
    verdict = judged(changed, [source(sentence)], [])
    assert isinstance(verdict, Unfounded)
    assert verdict.reason == "not_in_articles"


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        ("You must not pay", "You must not pay"),
        ("pay cash.", "pay cash."),
        ("You must pay cash.", "You must pay cash."),
        ("You must not pay cash. Or else.", "Or else."),
        ("You must not pay cash. You wrote: 4712", "You wrote: 4712"),
        ("You wrote: 4711 and you are right", "You wrote: 4711 and you are right"),
        ("You wrote:", "You wrote:"),
        ("Hello, you are fired.", "Hello, you are fired."),
        ("Dear Ann,", "Dear Ann,"),
        ('{"draft": "You must not pay cash."}', '{"draft": "You must not pay cash."}'),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_a_piece_a_mixture_and_anything_of_ones_own_spoil_a_reply(
    reply: str, sentence: str
) -> None:
    verdict = judged(
        f"{reply}\nYou must not pay cash.", [source("You must not pay cash.")], ["4711"]
    )
    assert verdict == Unfounded("not_in_articles", sentence)


def test_a_draft_says_the_articles_sentence_and_not_the_models_copy_of_it() -> None:
    found = draft("**\"We don't.\"**\n> a 'b'.", source("We don’t.", "a ‘b’."))
    assert found.text == "We don’t.\na ‘b’."


def test_sentences_on_one_line_stay_on_one_line_and_paragraphs_stay_apart() -> None:
    found = draft("Hi,\n\nOne. Two.\n\nOne.", source("One.", "Two."))
    assert found.text == "Hi,\n\nOne. Two.\n\nOne."
    assert [one.sentence for one in found.quotes] == ["One.", "Two."]


def test_a_reply_without_quotes_is_none() -> None:
    known = source("One.")
    assert judged("", [known], []) == Unfounded("no_quotes")
    assert judged("Hello,\nYou wrote: 7", [known], ["7"]) == Unfounded("no_quotes")
    assert judged("Nothing.", [known], []) == Unfounded("nothing_fits")
    assert judged("One. " * LONGEST_REPLY, [known], []) == Unfounded("too_long")


@given(TEXT, TEXT)
def test_whatever_is_replied_there_is_a_verdict(reply: str, article: str) -> None:
    assert isinstance(judged(reply, [source(*sentences(article))], [article]), Draft | Unfounded)
