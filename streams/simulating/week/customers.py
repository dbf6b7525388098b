"""The customers: they write, wait, lose patience, write elsewhere, are content or give up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from streams.simulating.week.agenda import Agenda
from streams.simulating.week.assumptions import PATIENCE, Assumptions
from streams.simulating.week.draws import Draws
from streams.simulating.week.issues import Issue, Person, Said, plain
from streams.simulating.week.lives import By, Life
from streams.simulating.week.words import Why, again


class Customers:
    """Everybody who wants something in a week.

    Args:
        agenda: When what happens.
        draws: Decides.
        assumed: How people are.
        people: Who they are, by id.
        hear: Takes what they say, at a moment.

    Attributes:
        lives: What has become of each issue, by id.
    """

    def __init__(
        self,
        agenda: Agenda,
        draws: Draws,
        assumed: Assumptions,
        people: dict[str, Person],
        hear: Callable[[Life, Said, float], None],
    ) -> None:
        self._agenda = agenda
        self._draws = draws
        self._assumed = assumed
        self._people = people
        self._hear = hear
        self.lives: dict[str, Life] = {}

    def come(self, issues: Iterable[Issue]) -> None:
        """They all will say their first messages when it is time."""
        for issue in issues:
            life = self.lives[issue.id] = Life(issue)
            for said in issue.said:
                self._agenda.at(said.arrives, partial(self._first, life, said))

    def taken_up(self, life: Life, at: float) -> None:
        """Somebody who can solve it has it in hand: the customer sees that, and waits."""
        life.held += 1
        life.mood += 1
        life.first_reply = at if life.first_reply is None else life.first_reply

    def passed_on(self, life: Life, at: float) -> None:
        """Whoever had it in hand could not help; the customer waits for another."""
        if not life.open and not life.held:
            self._wait(life, at)

    def replied(self, life: Life, at: float, by: By, *, right: bool) -> None:
        """A reply has come.

        Args:
            life: To which issue.
            at: When.
            by: An article, or a person.
            right: Whether it is the right article, or what the person did solves the issue.
        """
        life.first_reply = at if life.first_reply is None else life.first_reply
        life.answers += by == "article"
        if by == "person":
            life.replies += 1
            life.held -= 1
        life.mood += 1
        if life.open:  # they read it once they have said what they have to say
            life.verdict = by, right
        else:
            self._judge(life, at, by, right=right)

    def _first(self, life: Life, said: Said, at: float) -> None:
        if said.repeat:
            self._hear(life, said, at)
            return
        life.contacts = max(1, life.contacts)
        self._say(life, said, at)
        if at < life.issue.ends:
            return
        life.open = False
        if life.verdict is not None:
            by, right = life.verdict
            self._judge(life, at, by, right=right)
        elif not life.held:
            self._wait(life, at)

    def _judge(self, life: Life, at: float, by: By, *, right: bool) -> None:
        if life.outcome is not None:
            return
        name, number = life.issue.id, life.answers + life.replies
        if right and (
            by == "person" or self._draws.share(name, "accepts", number) < self._assumed.accepts
        ):
            life.outcome, life.ended = "solved", at
        elif self._draws.share(name, "again", number) < self._assumed.again:
            delay = self._draws.exponential(name, "delay", number, self._assumed.again_seconds)
            self._later(life, at + delay, "not_helped")
        else:
            life.outcome, life.ended = "gave_up", at

    def _wait(self, life: Life, at: float) -> None:
        """They wait for a reply, and remind us when their patience ends."""
        if life.outcome is not None or life.reminders >= self._assumed.reminders:
            return
        assert life.last is not None
        mean = PATIENCE[life.last.channel]
        patience = self._draws.exponential(life.issue.id, "patience", life.contacts, mean)
        self._later(life, at + patience, "reminds")

    def _later(self, life: Life, at: float, why: Why) -> None:
        """They will write again, unless something comes in between."""
        life.mood += 1
        self._agenda.at(at, partial(self._write, life, why, life.mood))

    def _write(self, life: Life, why: Why, mood: int, at: float) -> None:
        if life.outcome is not None or mood != life.mood:
            return
        assert life.last is not None
        before, number = life.last, life.contacts
        life.contacts += 1
        life.reminders = 0 if why == "not_helped" else life.reminders + 1
        life.retried += why == "not_helped" and life.replies > 0
        channel, handle = before.channel, before.handle
        person = self._people[life.issue.person]
        others = sorted({*person.handles} - {channel})
        name, share = life.issue.id, self._draws.share
        if why == "reminds" and others and share(name, "switches", number) < self._assumed.switches:
            why, channel = "switches", others[int(share(name, "to", number) * len(others))]
            handle = person.handles[channel]
        shown = why == "switches" and channel not in person.listed
        email = person.email if shown and share(name, "email") < self._assumed.names_email else None
        text = again(life.issue, why, number, self._draws, before.channel, email)
        self._say(life, Said(at, at, channel, handle, text, f"{name}-again-{number}"), at)
        self._wait(life, at)

    def _say(self, life: Life, said: Said, at: float) -> None:
        life.last = said
        life.places.add((said.channel, said.handle))
        text = plain(said.text)
        life.given.update(fact for fact in life.issue.facts if plain(fact) in text)
        self._hear(life, said, at)
