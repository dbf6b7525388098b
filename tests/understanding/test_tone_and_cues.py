"""How a message sounds, what it asks for, how urgent it is and by when."""

from __future__ import annotations

import re

import pytest

from agents.words import SHIPPED
from streams.understanding.cue_phrases import CUES, URGENCY
from streams.understanding.cues import spotted
from streams.understanding.deadlines import deadlines
from streams.understanding.knowledge_items import ToneLabel
from streams.understanding.reading import Reading
from streams.understanding.text import clean, sentences
from streams.understanding.tier import Tier
from streams.understanding.tone import ToneModel
from tests.understood import index, seen


@pytest.mark.parametrize(
    "message",
    [
        "This is the third time I am writing and nobody has fixed it. I am fed up.",
        "Your service is terrible and I am very disappointed!",
        "I need to know my balance. This is absolutely unacceptable, I am furious.",
        "worst company ever, you are useless",
    ],
)
def test_an_unhappy_message_scores_under_the_trigger(models: Tier, message: str) -> None:
    assert seen(models, message).sentiment_score < 0.3


@pytest.mark.parametrize(
    "message",
    [
        "How do I change the PIN of my card?",
        "Thank you so much, that was really helpful!",
        "My order number is 4711-88",
        "hello",
        "",
    ],
)
def test_a_calm_message_scores_above_the_trigger(models: Tier, message: str) -> None:
    assert seen(models, message).sentiment_score >= 0.3


@pytest.mark.parametrize(
    "message", ["no", "nope", "nothing", "no thanks", "ssn no 4561", "8 Pity Street", "ok"]
)
def test_a_bare_answer_is_no_sign_of_unhappiness(models: Tier, message: str) -> None:
    assert seen(models, message).sentiment_score >= 0.3


@pytest.mark.parametrize("message", ["this is terrible", "this is awful", "useless!"])
def test_few_words_are_a_sign_where_they_are_strong(models: Tier, message: str) -> None:
    assert seen(models, message).sentiment_score < 0.3


def test_thanks_score_above_complaints(models: Tier) -> None:
    happy = seen(models, "Great, thank you, that was a wonderful help!").sentiment_score
    calm = seen(models, "How do I change the PIN of my card?").sentiment_score
    angry = seen(models, "This is ridiculous, you are useless.").sentiment_score
    assert angry < calm < happy


def test_a_label_is_judged_once_however_many_follow_it(
    models: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    score = ToneModel.score

    def counted(self: ToneModel, reading: Reading) -> float:
        judged.append(reading.text)
        return score(self, reading)

    monkeypatch.setattr(ToneModel, "score", counted)
    labels = [ToneLabel(f"label {n} of this test is fine", 0.9) for n in range(5)]
    assert list(models.prepare(index(*labels[:3]))) == [2, 1, 0]
    seen(models, "hello there", index(*labels[:4]))
    seen(models, "hello there", index(*labels))
    assert [one for one in judged if one.startswith("label")] == [one.text for one in labels]


def test_labels_of_the_deployment_move_the_tone(models: Tier) -> None:
    message = "My transfer has still not arrived."
    said = [f"{message} It is day {day}." for day in range(30)]
    before = seen(models, message).sentiment_score
    worse = seen(models, message, index(*(ToneLabel(text, 0.0) for text in said)))
    better = seen(models, message, index(*(ToneLabel(text, 1.0) for text in said)))
    assert worse.sentiment_score < before < better.sentiment_score


@pytest.mark.parametrize(
    ("message", "cue"),
    [
        ("Thanks, that worked", "solved"),
        ("it's working again", "solved"),
        ("The problem is solved", "solved"),
        ("Thank you very much", "thanks"),
        ("It still doesn’t work", "not_solved"),
        ("that did not help", "not_solved"),
        ("I want to talk to a real person", "asks_person"),
        ("Please put me through to a manager", "asks_person"),
        ("I would like to make a formal complaint", "complaint"),
        ("My lawyer will contact you", "legal_threat"),
        ("I am switching to another bank", "churn_threat"),
        ("Hi there", "greeting_only"),
        ("I am out of the office until Monday", "out_of_office"),
        ("Great, thanks. But where do I send my meter reading?", "unsettled"),
        ("That solved it, but now I have been charged twice", "unsettled"),
        ("It worked for one day and then stopped", "unsettled"),
        ("it works now until I restart it", "unsettled"),
        ("No thanks", "unsettled"),
        ("thanks for nothing", "unsettled"),
        ("thank you, I will try and let you know", "will_try"),
        ("Thanks, I'll test it tomorrow", "will_try"),
    ],
)
def test_a_cue_is_found(models: Tier, message: str, cue: str) -> None:
    assert cue in seen(models, message).cues


@pytest.mark.parametrize(
    ("message", "cue"),
    [
        ("I want this fixed immediately", "solved"),
        ("When will it be fixed?", "solved"),
        ("Is it solved?", "solved"),
        ("Please make sure it is resolved", "solved"),
        ("it is still not solved", "solved"),
        ("It worked, but now it still does not work", "solved"),
        ("Hi, where is my card", "greeting_only"),
        ("thankless", "thanks"),
        ("It was broken, but it works now, thanks", "unsettled"),
        ("It works now though. Thank you!", "unsettled"),
        ("No, thanks, it works now", "unsettled"),
        ("How do I pay?", "unsettled"),
        ("I had no time, but tell me how", "unsettled"),
        ("Just to let you know that it works now, thanks", "will_try"),
        ("I will try it", "will_try"),
        ("the lawn is green", "legal_threat"),
    ],
)
def test_what_only_looks_like_a_cue_is_none(models: Tier, message: str, cue: str) -> None:
    assert cue not in seen(models, message).cues


@pytest.mark.parametrize(
    ("message", "indicator"),
    [
        ("I need this ASAP", "asap"),
        ("This is urgent", "urgent"),
        ("I need it by tomorrow", "deadline"),
        ("My train leaves in twenty minutes", "deadline"),
        ("The doctor needs the form this afternoon", "deadline"),
        ("I am stuck at the airport", "stuck"),
        ("Our site is down", "outage"),
        ("My card was stolen", "danger"),
    ],
)
def test_urgency_is_named(models: Tier, message: str, indicator: str) -> None:
    assert indicator in seen(models, message).urgency_indicators


def test_no_rush_is_no_urgency(models: Tier) -> None:
    assert seen(models, "No rush, but I need it by tomorrow").urgency_indicators == []
    assert seen(models, "How do I change my PIN?").urgency_indicators == []
    assert seen(models, "The course starts on 14 May").urgency_indicators == []


def test_deadlines_are_quoted_or_exact() -> None:
    assert deadlines("Please answer by tomorrow, or within 2 hours.") == [
        "by tomorrow",
        "within 2 hours",
    ]
    assert deadlines("It ends by 2026-05-01T12:00:00Z.") == ["2026-05-01T12:00:00Z"]
    assert deadlines("no deadline at all") == []
    assert len(deadlines(" ".join(f"within {n} hours" for n in range(50)))) == 5


def test_every_wording_is_a_pattern_in_lower_case() -> None:
    for phrases in (*CUES.values(), *URGENCY.values()):
        for phrase in phrases:
            spelled = re.sub(r"\\.", "", phrase)
            assert re.compile(phrase).flags
            assert spelled == spelled.lower()


def test_one_sentence_of_many_is_enough(models: Tier) -> None:
    calm = "My order number is 4711. "
    message = calm * 3 + "I am fed up with this terrible service! " + calm * 3
    found = seen(models, message)
    assert found.sentiment_score < 0.3
    assert "complaint" in found.cues


def test_cues_are_found_in_each_sentence_on_its_own() -> None:
    assert "thanks" in spotted("THANKS")
    assert spotted("nothing of that kind") == frozenset()


def test_greetings_signatures_and_quotes_are_not_read() -> None:
    mail = "Dear support team,\n\nMy card is lost.\n> old text\n\nKind regards,\nAnn"
    assert clean(mail) == "My card is lost."
    assert clean("Hi there") == "Hi there"


@pytest.mark.parametrize(
    "line",
    [
        "Kind regards,", "Thanks", "--", "Mit freundlichen Grüßen", "Viele Grüße aus Berlin", "MfG",
        "Bien cordialement,", "Un saludo", "Cordiali saluti", "Met vriendelijke groet,",
        "Atenciosamente", "Pozdrawiam", "Med vänlig hälsning", "Gesendet von meinem Handy",
    ],
)  # fmt: skip
def test_what_stands_in_a_signature_is_not_read(models: Tier, line: str) -> None:
    mail = f"The chain fell off.\n\n{line}\nMax Muster\nEmergency Services Ltd"
    found = seen(models, mail)
    assert clean(mail) == "The chain fell off."
    assert found.urgency_indicators == []
    assert [one.text for one in found.facts] == ["The chain fell off."]


def test_thanks_in_the_middle_of_a_message_do_not_end_it(models: Tier) -> None:
    mail = "That worked.\nThanks!\nBut now the lock of the other bike, order 4711, is stuck.\nAnn"
    found = seen(models, mail)
    assert clean(mail) == mail
    assert "unsettled" in found.cues
    assert "is stuck." in found.facts[-2].text
    assert sentences("One. Two? Three!\nFour") == ["One.", "Two?", "Three!", "Four"]


@pytest.mark.parametrize(
    ("message", "rating"),
    [
        ("5", 5),
        (" 4. ", 4),
        ("3/5", 3),
        ("2 out of 5", 2),
        ("I would give it a 1!", 1),
        ("five stars", 5),
        ("4 - thanks a lot", 4),
        ("1, nobody answered me for days", 1),
        ("5\ufe0f\u20e3", 5),
        ("(3)", 3),
        ("\u2605\u2605\u2605\u2606\u2606", 3),
    ],
)
def test_a_bare_rating_is_understood(models: Tier, message: str, rating: int) -> None:
    assert f"rating_{rating}" in seen(models, message).cues


@pytest.mark.parametrize(
    ("message", "unsettled"),
    [
        ("5, but the queue was long. Where is the exit?", 1),
        ("4 - thanks. When does the second parcel come?", 1),
        ("5. When\uff1f", 1),
        ("1, nobody answered me for days", 0),
        ("5!", 0),
    ],
)
def test_a_question_beside_a_rating_is_not_settled_by_it(
    models: Tier, message: str, unsettled: int
) -> None:
    cues = seen(models, message).cues
    assert cues.count("unsettled") == unsettled


@pytest.mark.parametrize(
    "message",
    [
        "5 days and still nothing",
        "0",
        "6",
        "42",
        "2 cards were blocked",
        "1 more question",
        "one of my cards is lost",
        "it has 4 stars in the shop",
        "4711",
        "-1",
        "\u22125",
        "+1",
        "1.5",
        "4,5",
        "1-5",
        "",
    ],
)
def test_a_number_that_counts_something_is_no_rating(models: Tier, message: str) -> None:
    assert not [cue for cue in seen(models, message).cues if cue.startswith("rating_")]


@pytest.mark.parametrize(
    "message",
    [
        "It is not urgent, but the chain fell off", "This isn’t urgent", "nothing urgent",
        "This is not an emergency", "It isn't so urgent", "no emergency, just a flat tyre",
    ],
)  # fmt: skip
def test_what_is_said_not_to_press_does_not(models: Tier, message: str) -> None:
    assert seen(models, message).urgency_indicators == []


def test_what_is_more_than_urgent_presses(models: Tier) -> None:
    assert seen(models, "This is not just urgent, it is an emergency").urgency_indicators


@pytest.mark.parametrize(
    "message", ["nothing is solved", "None of it is fixed", "hardly anything is sorted"]
)
def test_that_nothing_is_solved_settles_nothing(models: Tier, message: str) -> None:
    found = seen(models, message).cues
    assert "not_solved" in found
    assert "solved" not in found


@pytest.mark.parametrize(
    "message",
    ["I have no complaints", "This is not a complaint", "I can’t complain", "No complaint."],
)
def test_who_has_no_complaint_makes_none(models: Tier, message: str) -> None:
    assert "complaint" not in seen(models, message).cues


@pytest.mark.parametrize(
    "message",
    [
        "I never complained before but this is unacceptable",
        "You never answered my complaint",
        "You didn't process my complaint",
        "I got no reply to my complaint",
    ],
)
def test_a_complaint_beside_a_denial_is_one(models: Tier, message: str) -> None:
    assert "complaint" in seen(models, message).cues


@pytest.mark.parametrize("language", SHIPPED)
@pytest.mark.parametrize("shape", ["{}", "{}!", "„{}“.", "  {} 🙂"])
def test_what_our_own_messages_ask_for_is_understood_in_their_language(
    models: Tier, language: str, shape: str
) -> None:
    words = SHIPPED[language]
    for cue, ways in (
        ("solved", (words.solved, *words.solved_said)),
        ("not_solved", (words.more, *words.more_said)),
    ):
        for said in (*ways, *(one.upper() for one in ways)):
            found = set(seen(models, shape.format(said)).cues) & {"solved", "not_solved"}
            assert found == {cue}, said


@pytest.mark.parametrize(
    "message", ["Nicht gelöst", "Ist das gelöst?", "n'est pas résolu", "löst nichts"]
)
def test_a_word_before_or_behind_it_makes_it_something_else(models: Tier, message: str) -> None:
    assert not {"solved", "not_solved"} & set(seen(models, message).cues)
