"""What the desk says by itself: in the customer's language, and in a deployment's own words."""

from __future__ import annotations

import re

import msgspec
import pytest

from agents.policy import default_policy
from agents.policy_toml import check, parse, to_toml
from agents.policy_wording import Texts, WordingPolicy
from agents.words import REFERENCE, SHIPPED, TITLE, Words
from agents.world import ArticleText
from schemas.events.contacts import CustomerDescribed
from schemas.events.decisions import (
    AnswerChosen,
    ConfirmationRequested,
    ReplyRequested,
    SolutionSuggested,
    SurveyRequested,
)
from schemas.events.intents import ResolveAsked
from schemas.platforms import PLATFORMS
from streams.gateway.survey_words import PAGES
from streams.testing import FakeModels, Scene, given, understood
from tests.elsewhere import EVERYBODY, answered, ruled, wrote
from tests.tickets import ANN, ask, only_ticket

OTHERS = [code for code in SHIPPED if code != "en"]
LEAST_ROOM = min(one.button_text or 20 for one in PLATFORMS.values() if one.buttons >= 2)
QUOTED = re.compile(r'[„«"“]\s?([^„«"“”»]+?)\s?[“”»"]')


def spoken(
    language: str | None, /, *, channel: str = "email", known: str | None = None, **wording: object
) -> Scene:
    """The scene after a message in a language, on a desk with such a wording."""
    policy = ruled(wording=WordingPolicy.model_validate(wording))
    told = [CustomerDescribed(customer_id=ANN, language=known)] if known else []
    models = FakeModels(understanding=understood(language=language))
    return given(*told, agents=EVERYBODY, policy=policy, models=models).when(wrote(channel))


def confirmed(scene: Scene) -> str:
    """What confirms the new ticket, without its id."""
    return scene.one(ConfirmationRequested).text.replace(only_ticket(scene).id, REFERENCE)


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_says_everything_and_in_its_own_words(code: str) -> None:
    ours, english = SHIPPED[code], SHIPPED["en"]
    for name in Words.__struct_fields__:
        assert getattr(ours, name)
        assert getattr(ours, name) != getattr(english, name)
    assert REFERENCE in ours.confirmation
    assert all(TITLE in one for one in (ours.helps, ours.is_it, ours.did_you_mean))


@pytest.mark.parametrize("code", SHIPPED)
def test_texts_begin_as_sentences_do_and_answers_are_compared_in_lower_case(code: str) -> None:
    for text in (*texts(SHIPPED[code]), *msgspec.structs.astuple(PAGES[code])):
        assert re.match(r"[¿(]?[^\W\d_][^A-Z]", text), text
    for said in (*SHIPPED[code].solved_said, *SHIPPED[code].more_said):
        assert said == said.lower()


def texts(words: Words) -> list[str]:
    """What is said, without what is understood."""
    return [one for one in msgspec.structs.astuple(words) if isinstance(one, str)]


def test_a_page_asks_in_each_of_these_languages() -> None:
    assert PAGES.keys() == SHIPPED.keys()
    said = [set(msgspec.structs.astuple(page)) for page in PAGES.values()]
    assert all(len(one) == len(said[0]) for one in said)


@pytest.mark.parametrize("words", SHIPPED.values(), ids=SHIPPED)
def test_buttons_have_room_wherever_there_are_some(words: Words) -> None:
    assert max(len(words.solved), len(words.more)) <= LEAST_ROOM


@pytest.mark.parametrize("words", SHIPPED.values(), ids=SHIPPED)
def test_what_is_asked_for_is_what_is_understood(words: Words) -> None:
    solved, more = QUOTED.findall(words.by_word)
    assert solved in words.solved_said
    assert more.lower() in {words.more.lower(), *words.more_said}


@pytest.mark.parametrize("code", SHIPPED)
def test_a_new_ticket_is_confirmed_in_its_language(code: str) -> None:
    scene = spoken(code)
    assert confirmed(scene) == SHIPPED[code].confirmation
    assert scene.one(ReplyRequested).language == code


@pytest.mark.parametrize(
    ("message", "known", "said"),
    [
        ("de-AT", None, "de"),
        ("de", "fr", "de"),
        (None, "fr", "fr"),
        (None, None, "en"),
        ("ja", None, "en"),
        ("hi-Latn", None, "en"),
    ],
)
def test_the_tickets_language_comes_before_the_customers(
    message: str | None, known: str | None, said: str
) -> None:
    scene = spoken(message, known=known)
    assert confirmed(scene) == SHIPPED[said].confirmation
    assert scene.one(ReplyRequested).language == said


@pytest.mark.parametrize(("message", "said"), [(None, "nl"), ("ja", "nl"), ("de", "de")])
def test_a_policy_names_the_language_for_all_others(message: str | None, said: str) -> None:
    assert confirmed(spoken(message, language="nl")) == SHIPPED[said].confirmation


@pytest.mark.parametrize(("message", "said"), [("de", "de"), ("fr", "en"), ("en", "en")])
def test_a_policy_names_the_languages_that_are_spoken(message: str, said: str) -> None:
    assert confirmed(spoken(message, languages=["de"])) == SHIPPED[said].confirmation


def test_a_deployments_own_words_are_said_instead() -> None:
    texts = {"de-DE": {"confirmation": "Moin! {ticket} {0} läuft."}}
    assert confirmed(spoken("de", texts=texts)) == "Moin! {ticket} {0} läuft."
    assert confirmed(spoken("en", texts=texts)) == SHIPPED["en"].confirmation


def test_what_has_no_words_of_its_own_is_said_in_the_language_for_all_others() -> None:
    texts = {"fi": {"confirmation": "Kiitos, {ticket}."}}
    scene = spoken("fi", texts=texts, language="sv")
    assert confirmed(scene) == "Kiitos, {ticket}."
    assert settled(scene).one(SurveyRequested).text == SHIPPED["sv"].survey
    alone = spoken("ja", texts=texts, language="fi")
    assert confirmed(alone) == "Kiitos, {ticket}."
    assert settled(alone).one(SurveyRequested).text == SHIPPED["en"].survey


def test_a_text_that_is_left_out_is_said_as_it_ships() -> None:
    assert Texts().over(SHIPPED["de"]) == SHIPPED["de"]


def settled(scene: Scene) -> Scene:
    """The scene after a person resolved what was answered."""
    return ask(answered(scene), ResolveAsked)


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (0.95, "Das sollte helfen: Rechnung?\n\nIm Konto."),
        (0.85, "Haben Sie das gemeint: Rechnung?\n\nIm Konto."),
        (0.6, f"Meinten Sie: Rechnung?\n\nIm Konto.\n\n{SHIPPED['de'].as_well}"),
    ],
)
def test_an_article_is_offered_in_words_of_its_language(score: float, said: str) -> None:
    article = ArticleText(id="a1", title="Rechnung?", body="Im Konto.", language="de")
    found = understood(language="de", solutions=[{"id": "a1", "confidence": score}])
    models = FakeModels(understanding=found, articles={"a1": article})
    scene = given(agents=EVERYBODY, models=models).when(wrote("slack"))
    answers = [one.text for one in scene.all(AnswerChosen)]
    suggestions = [one.text for one in scene.all(SolutionSuggested)]
    assert answers + suggestions == [said]


def test_the_buttons_of_an_answer_are_in_its_language() -> None:
    request = answered(spoken("de", channel="whatsapp")).one(ReplyRequested)
    assert (request.parts, request.buttons) == (
        ["Try this."],
        ["Das hat geholfen", "Brauche mehr Hilfe"],
    )


def test_so_are_the_words_where_there_are_no_buttons() -> None:
    answer = answered(spoken("de"))
    assert answer.one(ReplyRequested).parts == [f"Try this.\n\n{SHIPPED['de'].by_word}"]
    asked = ask(answer, ResolveAsked).one(ReplyRequested)
    german = SHIPPED["de"]
    assert asked.parts == [f"{german.survey}\n\n{german.by_number}"]
    assert (asked.kind, asked.language) == ("survey", "de")


@pytest.mark.parametrize(
    ("wording", "where", "what"),
    [
        ('language = "xx"', "wording", "there are no words in 'xx'"),
        ('languages = ["de", "xx"]', "wording", "there are no words in 'xx'"),
        ('[wording.texts.de]\nconfirmation = "ok"', "wording.texts.de.confirmation", "{ticket}"),
        ('[wording.texts.de]\nis_it = "So?"', "wording.texts.de.is_it", "{title}"),
        ("[wording.texts.de]\n[wording.texts.de-AT]", "wording.texts", "de and de-AT are the same"),
        (f'[wording.texts.de]\nsurvey = "{"x" * 1001}"', "wording.texts.de.survey", "1000"),
        ('[wording.texts.de]\nhello = "x"', "wording.texts.de.hello", "no such"),
    ],
)
def test_a_wording_that_cannot_be_is_refused(wording: str, where: str, what: str) -> None:
    text = to_toml(default_policy()).replace('[wording]\nlanguage = "en"', "[wording]", 1)
    text = text.replace("[wording]\nlanguages = []", f"[wording]\n{wording}", 1)
    text = text.replace("\n[wording.texts]\n", "\n")
    (problem,) = check(text)
    assert problem.where == where
    assert what in problem.what + problem.remedy


def test_a_wording_is_written_and_read_again() -> None:
    own = {"language": "fi", "texts": {"fi": {"confirmation": "{ticket}\n", "away": '"'}}}
    policy = default_policy().model_copy(update={"wording": WordingPolicy.model_validate(own)})
    assert parse(to_toml(policy)) == policy
