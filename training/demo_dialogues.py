"""The demo's dialogues, each from one record of an open source, on the addresses of a person.

A dialogue is JSON: `id`, `source`, `record` (the source's own id), `customer`, `start` (seconds
after the week began) and `steps`. A step has `t` (seconds after the start at which it arrives),
`do` (contact, or the name of an input type), `at` where it was written earlier than it arrived,
`when` where it depends on what the desk did (see `streams.demo.stage`), and the input's fields.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, NamedTuple

from training.demo_people import Address, Person, provider_id, thread_of

Row = dict[str, Any]  # JSON

YES, LOWEST = 4, 1

CHANNEL_NAMES = {
    "email": "e-mail",
    "slack": "Slack",
    "whatsapp": "WhatsApp",
    "chat_widget": "the chat on your website",
    "phone": "phone",
    "twitter": "Twitter",
    "facebook": "Facebook",
    "discord": "Discord",
}


def survey_score(answers: list[list[Any]]) -> int:
    """STAR's end survey as a score: 1 plus 4 times the share of yes, rounded half up.

    The questions ask whether the task was done and whether the assistant stayed calm and helpful.
    They are yes-or-no questions of a data collection, no customer-satisfaction survey: the scores
    are never printed as one.
    """
    yes = sum(bool(answer) for _, answer in answers)
    return LOWEST + int(YES * yes / len(answers) + 0.5)


class Writing:
    """The steps of one dialogue, written one by one.

    Args:
        name: The dialogue's id.
        person: Whose it is.
        places: The address it begins on, and the one to which it may move.
        dice: Chance, seeded.
    """

    def __init__(
        self, name: str, person: Person, places: Iterable[Address], dice: random.Random
    ) -> None:
        self.name = name
        self.person = person
        self.steps: list[Row] = []
        self.place, *self._others = places
        self._dice = dice

    def move(self, t: float, words: list[str]) -> None:
        """Go on from another address, if the person has one, and say so in our words."""
        if self._others:
            before, self.place = self.place, self._others.pop(0)
            self.contact(t, self._dice.choice(words).format(channel=CHANNEL_NAMES[before.channel]))

    def contact(self, t: float, message: str, **more: Any) -> None:
        """The customer writes."""
        channel, handle = self.place
        step = {
            "t": round(t),
            "do": "contact",
            "channel": channel,
            "handle": handle,
            "provider_id": provider_id(channel, self.name, len(self.steps)),
            "message": message,
        }
        thread = thread_of(self.place, self.name)
        self.steps.append(step | ({"thread": thread} if thread else {}) | more)

    def desk(self, t: float, what: str, **fields: Any) -> None:
        """Somebody at the desk does something."""
        self.steps.append({"t": round(t), "do": what, **fields})

    def disturbed(self) -> None:
        """What networks do: a message comes twice, another one late."""
        for step in [s for s in self.steps if s["do"] == "contact"]:
            chance = self._dice.random()
            if chance < 0.025:
                self.steps.append({**step, "t": step["t"] + self._dice.randint(2, 20)})
            elif chance < 0.05 and step["t"] > 0:
                step["at"] = step["t"]
                step["t"] += self._dice.randint(20, 90)
        self.steps.sort(key=lambda step: step["t"])

    def dialogue(self, source: str, record: str, start: float) -> Row:
        """The finished dialogue."""
        self.disturbed()
        return {
            "id": self.name,
            "source": source,
            "record": record,
            "customer": self.person.row["person"],
            "start": round(start),
            "steps": self.steps,
        }


def from_star(
    row: Row, person: Person, start: float, words: Row, agents: dict[str, str], dice: random.Random
) -> Row:
    """A recorded dialogue: the customer's turns, the human agent's replies, the end, the survey.

    The seconds are the recorded ones. A dialogue that was completed is resolved by the specialist;
    one that broke off is left as it is.
    """
    quick = person.quick() or person.known[0]
    others = [one for one in person.known if one != quick]
    writing = Writing(f"star-{row['id']}", person, [quick, *others], dice)
    by = agents[row["human_agent"]]
    turns = [e for e in row["events"] if e[1] in {"customer", "agent"} and e[2].strip()]
    moves_after = dice.randrange(1, 7) if others and dice.random() < 0.12 else len(turns)
    for place, (t, kind, text, _) in enumerate(turns):
        if kind == "customer":
            if place > moves_after:
                writing.move(t - 1, words["moved"])
                moves_after = len(turns)
            writing.contact(t, text.strip())
        else:
            writing.desk(t, "reply", text=text.strip(), by=by)
    end = turns[-1][0]
    if row["completion"] == "Complete":
        writing.desk(end + 20, "resolve", by=by, when="unresolved")
    if row["survey"]:
        writing.desk(
            end + 60,
            "survey",
            score=survey_score(row["survey"]),
            comment=" ".join(f"{q} {'Yes.' if yes else 'No.'}" for q, yes in row["survey"]),
        )
    return writing.dialogue("STAR", str(row["id"]), start)


_SMALL_TALK = {"thankyou", "closinggreeting", "rejection", "confirmation"}


def from_multidogo(
    row: Row, person: Person, start: float, words: Row, by: str, dice: random.Random
) -> Row:
    """A dialogue of which only the customer's side is open: the specialist's words are ours."""
    quick = person.quick() or person.known[0]
    others = [one for one in person.known if one != quick]
    writing = Writing(f"mdg-{row['id'][:8]}", person, [quick, *others], dice)
    turns = [turn for turn in row["turns"] if turn[1].strip()]
    tail = len(turns)
    while tail > 1 and set(turns[tail - 1][2]) <= _SMALL_TALK:
        tail -= 1
    first = next(i for i, turn in enumerate(turns) if set(turn[2]) != {"openinggreeting"})
    moves_at = dice.randrange(2, 6) if others and dice.random() < 0.12 else None
    t, n = 0.0, turns[0][0]
    for place, (number, text, _, _) in enumerate(turns):
        t += dice.uniform(12, 40) * max(1, number - n) if place else 0.0
        n = number
        if place == moves_at:
            writing.move(t - 1, words["customers"]["moved"])
        writing.contact(t, text)
        if place == first:
            t += dice.uniform(15, 60)
            writing.desk(t, "reply", text=dice.choice(words["desk"]["ask"]), by=by)
        if place == tail - 1:
            t += dice.uniform(40, 200)
            writing.desk(t, "reply", text=words["desk"]["done"][row["domain"]], by=by)
    writing.desk(t + dice.uniform(60, 600), "resolve", by=by, when="unresolved")
    return writing.dialogue("MultiDoGO", row["id"], start)


class Question(NamedTuple):
    """A row of Banking77.

    Attributes:
        place: Its number in the source.
        intent: Its intent.
        text: What is asked.
        again: Another way to ask it.
        article: The article that answers it, if there is one.
    """

    place: int
    intent: str
    text: str
    again: str
    article: Row | None


def from_banking77(
    asked: Question, person: Person, start: float, words: Row, by: str, dice: random.Random
) -> Row:
    """A question, and what follows: depends on what answered, as `when` says of each step.

    Args:
        asked: The question.
        person: Who asks.
        start: Seconds after the week began.
        words: Our own words for what no record holds.
        by: The specialist who answers if nobody has the ticket.
        dice: Chance, seeded.
    """
    unlisted = bool(person.unlisted) and dice.random() < 0.35
    places = [*person.unlisted, *person.known] if unlisted else list(person.known)
    writing = Writing(f"b77-{asked.place}", person, places, dice)
    says, question, article = words["customers"], asked.text, asked.article
    if dice.random() < 0.04:
        question = dice.choice(says["angry"]).format(question=question)
    writing.contact(0, question)
    helps = article["article_id"] if article else None
    told = {"when": "helped", "article": helps}
    if helps and dice.random() < 0.75:
        writing.contact(dice.uniform(180, 1500), dice.choice(says["thanks"]), **told)
    again = dice.choice(says["person"] if dice.random() < 0.25 else says["misled"])
    writing.contact(dice.uniform(200, 1500), again, when="misled", article=helps)
    t = dice.uniform(1600, 6000)
    if dice.random() < 0.1:
        before = writing.place
        if not unlisted and len(person.known) > 1:
            writing.place = person.known[1]
        text = dice.choice(says["again"]).format(
            question=asked.again, channel=CHANNEL_NAMES[before.channel]
        )
        writing.contact(t - 60, text, when="open", article=helps)
    answer = article["body"] if article else dice.choice(words["desk"]["no_article"])
    name = person.row["name"].split()[0]
    writing.desk(t, "reply", text=f"Hello {name}, {_lowered(answer)}", by=by, when="open",
                 article=helps)  # fmt: skip
    if dice.random() < 0.6:
        then = t + dice.uniform(200, 4000)
        writing.contact(then, dice.choice(says["thanks"]), when="replied")
    if dice.random() < 0.08:
        writing.desk(t + 100, "note", text=dice.choice(words["desk"]["note"]), by=by)
    if unlisted:
        channel, handle = person.unlisted[0]
        writing.desk(t + 120, "link", customer_id=person.row["person"], channel=channel,
                     handle=handle, by=by)  # fmt: skip
    writing.desk(t + dice.uniform(9000, 20000), "resolve", by=by, when="replied")
    return writing.dialogue("Banking77", f"{asked.place} {asked.intent}", start)


def _lowered(text: str) -> str:
    """A sentence that goes on after a salutation; "I" stays as it is."""
    return text if text.startswith("I ") else text[0].lower() + text[1:]


def made_up(name: str, person: Person, start: float, steps: list[Row], dice: random.Random) -> Row:
    """A dialogue of our own: what no source records.

    Args:
        name: The dialogue's id.
        person: Whose it is.
        start: Seconds after the week began.
        steps: Contacts (with `channel` and `message`) and other inputs, each with `t`.
        dice: Chance, seeded.
    """
    writing = Writing(name, person, person.known, dice)
    for step in steps:
        if "message" in step:
            more = {k: v for k, v in step.items() if k not in {"t", "channel", "message"}}
            writing.place = Address(step["channel"], f"{step['channel']}:{name}")
            writing.contact(step["t"], step["message"], **more)
        else:
            writing.steps.append(step)
    return {**writing.dialogue("pactdesk", name, start), "customer": person.row["person"]}
