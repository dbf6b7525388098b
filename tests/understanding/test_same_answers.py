"""The quick forms of the models' arithmetic give the bits of the plain ones."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as array_of

from streams.demo.script import dialogues
from streams.starter import lines
from streams.understanding import artefacts, retrieval
from streams.understanding.article_words import WordsOfArticles
from streams.understanding.categories import scope_features
from streams.understanding.cues import spotted
from streams.understanding.kernel import sigmoid, softmax
from streams.understanding.knowledge_items import Article
from streams.understanding.language import LanguageModel
from streams.understanding.lexical_fields import RANK_FEATURES
from streams.understanding.likeness import FieldLikeness
from streams.understanding.reading import Reader
from streams.understanding.retrieval import Candidates, RetrievalModel
from streams.understanding.text import bounded, clean, sentences
from streams.understanding.tfidf import SPACE, Floats, Head, Lexicon, Postings, Vector, Vectoriser
from streams.understanding.tone import ToneModel
from tests.understanding import plain, plain_search
from tests.understood import shipped_terms

FILES, _ = artefacts.read(artefacts.shipped())
IDF = FILES["idf"]["idf"].astype(np.float32)
LEXICON, VECTORISER = Lexicon(), Vectoriser(IDF)

PHRASES = (
    "my card is", "my", "not working again", "still", "ok", "thanks", "that solved it", "no",
    "yes", "has been", "¿dónde está", "never", "the", "order 4711-88", "declined!!", "Why?",
    "URGENT", "lawyer",
    "refund.", "I'm", "don’t", "it's fixed", "asap", "unless", "cancel", "account", "por favor",
    "la tarjeta", "karte funktioniert nicht", "mera kyu block hua", "😀", ":(", "love",
    "terrible but",
    "kind of", "great", "not_solved", "καλός ΛΟΓΟΣ.", "straße", "İstanbul", "我的卡被盗了", "...",
    "\nRegards,", "averyveryverylongwordthatgoesonandon", "\n", "hi,\n", "\nAnn",
)  # fmt: skip


MESSAGES = st.one_of(
    st.lists(st.sampled_from(PHRASES), max_size=30).map(" ".join),
    st.text(max_size=80),
)


def spoken() -> list[str]:
    """A sample of the open dialogues' messages, and some with many sentences or lines."""
    said = [step["message"] for one in dialogues()[::9] for step in one.steps if "message" in step]
    return [*said[::3], ". ".join(said[:40]), "\n".join(said[40:50]), "", "😀", "card " * 300]


SPOKEN = spoken()


def head(name: str) -> Head:
    found = FILES[name]
    return Head(found["features"], found["rows"], found["scale"], found["bias"])


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays are equal to the bit."""
    return (
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    )


LANGUAGE = LanguageModel(tuple(FILES["language"]["names"].tolist()), head("language"))
TONE = ToneModel(
    head("tone"),
    FILES["tone"]["dense"],
    float(FILES["tone"]["slope"]),
    float(FILES["tone"]["offset"]),
)
TERMS = shipped_terms()


def check(message: str) -> None:
    """One message through everything that needs nothing taught."""
    text = clean(bounded(message))
    reading = Reader(LEXICON, VECTORISER).read(text)
    assert reading.words == LEXICON.look_up(text)
    whole = plain.vector(text, IDF)
    assert same(reading.vector.ids, whole.ids)
    assert same(reading.vector.weights, whole.weights)
    for part in reading.parts:
        units = plain.word_vector(part.text, IDF)
        assert same(part.words.ids, units.ids)
        assert same(part.words.weights, units.weights)
        assert part.spotted | {"solved"} == plain.spotted(part.text) | {"solved"}
        assert same(
            TONE.dense_features(part.text, part.spotted), plain.dense(part.text, part.spotted)
        )
    assert same(head("categories").logits(whole), plain.logits(FILES["categories"], whole))
    for known in (None, "fr"):
        assert LANGUAGE.identify(reading, known) == plain.language(
            FILES["language"], text, IDF, known
        )
    found = {part.text: part.spotted for part in reading.parts}
    assert TONE.score(reading) == plain.tone_score(FILES["tone"], text, IDF, found)
    assert TERMS.features(text, reading.words) == plain.features(FILES["linking_idf"], text)


def test_messages_of_the_open_dialogues_are_read_to_the_same_bits() -> None:
    for message in SPOKEN:
        check(message)


@settings(max_examples=150, deadline=None)
@given(message=MESSAGES)
def test_any_message_is_read_to_the_same_bits(message: str) -> None:
    check(message)


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(MESSAGES, max_size=6))
def test_the_words_of_sentences_are_the_words_of_the_text(parts: list[str]) -> None:
    text = "\n".join(parts)
    alone = [word.text for part in sentences(text) for word in LEXICON.look_up(part)]
    assert alone == [word.text for word in LEXICON.look_up(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Dear Sir,\nmy card is lost",
        "My card is lost.\nKind regards,\nAnn",
        "look at averyveryverylongwordthatgoesonandon and on",
        "x" * 24 + " and " + "y" * 23,
        "it doesn’t work: straße, 我的卡被盗了",
    ],
)
def test_terms_for_linking_are_cut_from_a_text_as_linking_cuts_it(text: str) -> None:
    assert TERMS.features(text, LEXICON.look_up(text)) == plain.features(FILES["linking_idf"], text)


def test_cues_are_found_wherever_in_a_sentence_they_stand() -> None:
    for before in ("", "well, ", "thanks but ", "urgent: "):
        for cue in ("my lawyer", "did not help", "a real person", "asap", "fraud", "out of office"):
            for after in ("", ", thank you", " and it is unacceptable"):
                sentence = before + cue + after
                assert spotted(sentence) == plain.spotted(sentence), sentence


LOGITS = st.integers(1, 90).flatmap(
    lambda n: array_of(np.float32, n, elements=st.floats(-40, 40, width=32))
)


@given(logits=LOGITS, nearest=st.floats(0, 1))
def test_probabilities_and_what_scope_reads_are_the_same(logits: Floats, nearest: float) -> None:
    probabilities = plain.softmax(logits)
    assert same(softmax(logits), probabilities)
    assert same(sigmoid(logits), plain.sigmoid(logits))
    assert same(
        scope_features(logits, probabilities, nearest),
        plain_search.scope_features(logits, probabilities, nearest),
    )


def vectors() -> list[Vector]:
    return [VECTORISER.vector(LEXICON.look_up(clean(bounded(text)))) for text in SPOKEN]


def test_inner_products_are_added_up_in_the_same_order() -> None:
    rows = vectors()[:40]
    postings, fields = Postings(rows, SPACE), FieldLikeness(rows)
    for asked in vectors()[20:]:
        expected = plain.dot(rows, asked)
        assert same(postings.dot(asked), expected)
        for some in ([0], [1, 2, 3, 9, 30, 31, 39], list(range(40))):
            assert fields.of(asked, some) == expected[some].tolist()


@settings(max_examples=200, deadline=None)
@given(
    features=st.integers(1, 10).flatmap(
        lambda n: array_of(np.float32, (n, RANK_FEATURES), elements=st.floats(0, 4, width=32))
    ),
    terms=st.integers(1, 400),
    unknown=st.floats(0, 0.99),
)
def test_what_the_confidences_read_is_the_same(
    features: Floats, terms: int, unknown: float
) -> None:
    features[:, 4] = features[:, 4] > 2
    found = Candidates(np.arange(len(features)), features, terms, unknown, len(features))
    model = RetrievalModel(*(FILES["retrieval"][name] for name in ("rank", "confidence", "bias")))
    places, rows = retrieval.listed(found, model.rank)
    plain_places, plain_rows = plain_search.listed(found, model.rank)
    assert same(places, plain_places)
    assert same(rows, plain_rows)
    assert same(retrieval.confidence(rows, model), plain_search.confidence(rows, model))


@pytest.fixture(scope="module")
def shelf() -> plain_search.PlainArticles:
    """The starter articles, one of them with more questions than are compared."""
    taught = [
        Article(
            one["article_id"],
            one["title"],
            one["body"],
            tuple(one.get("examples", ())),
            one.get("category"),
        )
        for one in map(msgspec.json.decode, lines("articles"))
    ]
    many = tuple(text for text in SPOKEN if text)[:70]
    taught.append(Article("many", "Any question", "Any answer", many))
    model = RetrievalModel(*(FILES["retrieval"][name] for name in ("rank", "confidence", "bias")))
    names = [one.category for one in taught if one.category is not None][::2]
    words = WordsOfArticles(LEXICON, VECTORISER).of(taught)
    return plain_search.PlainArticles(taught, names, model, words)


def test_search_compares_the_same_articles_to_the_same_bits(
    shelf: plain_search.PlainArticles,
) -> None:
    dice = np.random.default_rng(7)
    for text in SPOKEN[::2]:
        words = LEXICON.look_up(clean(bounded(text)))
        vector, categories = VECTORISER.vector(words), dice.random(200, dtype=np.float32)
        quick = shelf.candidates(words, vector, categories)
        slow = shelf.closer(words, vector, categories, IDF)
        assert (quick is None) == (slow is None)
        if quick is not None and slow is not None:
            assert same(quick.places, slow.places)
            assert same(quick.features, slow.features)
            assert quick[2:] == slow[2:]
