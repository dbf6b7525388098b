"""Languages are those of the open files, by BCP 47 code; an unsure short text keeps the known."""

from __future__ import annotations

import pytest

from agents.words import SHIPPED
from streams.understanding.short_requests import CALLS, LANGUAGES, language_of_call
from streams.understanding.tier import Tier
from tests.understood import EMPTY, seen


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("I was charged twice for the same order last week", "en"),
        ("Ich habe meine Karte verloren und brauche eine neue", "de"),
        ("Ma carte a été volée, pouvez-vous la bloquer ?", "fr"),
        ("He perdido mi tarjeta y necesito ayuda urgente", "es"),
        ("Ho perso la mia carta di credito, cosa devo fare?", "it"),
        ("Perdi o meu cartão e preciso de ajuda com isso", "pt"),
        ("Ik ben mijn pas kwijt en heb een nieuwe nodig", "nl"),
        ("Moja karta została skradziona, proszę o pomoc", "pl"),
        ("Здравствуйте, я потерял свою банковскую карту и хочу получить новую", "ru"),
        ("カードが盗まれました。助けてください", "ja"),
        ("我的银行卡被偷了，请帮助我", "zh"),
        ("mera card kyu block ho gaya hai please check karo", "hi-Latn"),
    ],
)
def test_a_sentence_is_recognised(models: Tier, message: str, language: str) -> None:
    found = seen(models, message)
    assert found.language == language
    assert found.language_confidence is not None
    assert found.language_confidence > 0.5


@pytest.mark.parametrize(
    "message", ["¿Dónde está mi pedido?", "¡Hola!", "¿Cuánto cuesta?", "¿Me pueden ayudar?"]
)
def test_a_question_or_a_call_that_begins_with_its_mark_is_spanish(
    models: Tier, message: str
) -> None:
    assert seen(models, message).language == "es"


def test_a_mark_that_is_quoted_makes_no_other_language_spanish(models: Tier) -> None:
    message = 'My keyboard always types "¿" instead of a question mark, how can I change that?'
    assert seen(models, message).language == "en"


@pytest.mark.parametrize("message", ["ok", "hm", "12345", "...", "Thanks", "😀"])
def test_a_text_too_short_to_tell_keeps_the_known_language(models: Tier, message: str) -> None:
    found = models.understand(message, known_language="de", index=EMPTY)
    assert (found.language, found.language_confidence) == ("de", None)
    assert seen(models, message).language is None


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("Please help me", "en"),
        ("I need help", "en"),
        ("help", "en"),
        ("HELP!!!", "en"),
        ("  Help,  please. ", "en"),
        ("Hi, I need help", "en"),
        ("Refund!", "en"),
        ("Hilfe!", "de"),
        ("Aidez-moi !", "fr"),
        ("\u00c0 l\u2019aide", "fr"),
        ("ayuda", "es"),
        ("Aiuto!", "it"),
        ("Preciso de ajuda", "pt"),
        ("madad chahiye", "hi-Latn"),
        ("Помогите!", "ru"),
    ],
)
def test_a_short_call_for_help_is_in_the_language_that_says_so(
    models: Tier, message: str, language: str
) -> None:
    found = seen(models, message)
    assert (found.language, found.language_confidence) == (language, None)
    kept = models.understand(message, known_language="tr", index=EMPTY)
    assert (kept.language, kept.language_confidence) == ("tr", None)


@pytest.mark.parametrize("message", ["ajuda", "pomoc", "help me jan", "merci", "", "helpless"])
def test_what_is_no_call_or_may_be_in_two_languages_tells_none(models: Tier, message: str) -> None:
    assert seen(models, message).language is None


def test_no_call_is_in_two_languages_and_each_is_as_it_is_compared() -> None:
    calls = [call for calls in CALLS.values() for call in calls]
    assert len(calls) == len(set(calls)) == len(LANGUAGES)
    for call, language in LANGUAGES.items():
        assert language_of_call(call, (language,)) == language
        assert language_of_call(call, ()) is None


@pytest.mark.parametrize(
    ("known", "language"),
    [("de-AT", "de"), ("EN_us", "en"), ("no", "nb"), ("hi-latn", "hi-Latn"), ("hi-Deva-IN", "hi")],
)
def test_a_known_language_is_named_as_the_models_name_it(
    models: Tier, known: str, language: str
) -> None:
    assert models.understand("ok", known_language=known, index=EMPTY).language == language


def test_the_tone_of_a_short_text_is_heard_whatever_region_its_writer_is_of(models: Tier) -> None:
    for known in ("en", "en-US", "en_GB"):
        assert (
            models.understand("terrible!!", known_language=known, index=EMPTY).sentiment_score < 0.3
        )


def test_a_clear_sentence_overrules_the_known_language(models: Tier) -> None:
    message = "Ma carte a été volée, pouvez-vous la bloquer ?"
    assert models.understand(message, known_language="de", index=EMPTY).language == "fr"


def test_the_tone_of_a_language_that_no_model_knows_is_neutral(models: Tier) -> None:
    message = "Das ist eine Unverschämtheit, ich bin stinksauer auf diesen Saftladen!"
    assert seen(models, message).sentiment_score == 0.5


@pytest.mark.parametrize("language", SHIPPED)
def test_what_the_desk_says_by_itself_is_in_the_language_that_it_is_for(
    models: Tier, language: str
) -> None:
    words = SHIPPED[language]
    for said in (words.confirmation, words.survey, words.follow_up, words.noticed, words.away):
        assert seen(models, said).language == language, said
