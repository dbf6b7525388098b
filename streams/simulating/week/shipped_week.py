"""A week made of what ships: the demo's recorded dialogues, starter categories and articles.

A recorded question has the article that answers it; what two people did for each other in a
recorded conversation is an action. Of such an action nobody wrote down which team it takes, nor
which facts were given, so that no figure about these two has anything to count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from streams.clock import parse_time
from streams.demo.script import Dialogue, Step, dialogues, steps_of, world
from streams.simulating.week.issues import BEFORE, Document, Issue, Person, Said, Week, seconds
from streams.starter import lines as starter_lines

GAP = 60.0
"""Seconds between two first messages: somebody writes them who waits for no answer in between."""

VIP = 10_000.0
"""From this life-time value on a customer must come to somebody with authority."""

QUOTED = 80
"""So many characters of their own words somebody says again."""

QUESTIONS = "Banking77"
"""The source of questions; the others are of conversations."""

FLATTERS = (
    "The week is made of what ships, for the evaluation data is not there. Its texts are real, but"
    " the starter categories were trained on questions of the same set: its figures flatter."
)

UNKNOWN = (
    "Nobody wrote down the facts of these conversations, nor the team that an action takes: what"
    " is said of context, routing and the system's transfers is of questions only."
)


def shipped_week() -> Week:
    """The week."""
    starter = [msgspec.json.decode(line, type=Document) for line in starter_lines("categories")]
    articles = [msgspec.json.decode(line, type=Document) for line in starter_lines("articles")]
    here = world()
    rules = {one["name"]: one for one in starter}
    customers = {one["customer_id"]: one for one in here.customers}
    titles = {one["article_id"]: str(one["title"]).lower() for one in articles}
    found = [
        issue
        for one in dialogues()
        if (issue := _issue(one, rules, customers[one.customer], titles)) is not None
    ]
    found.sort(key=lambda one: (one.said[0].arrives, one.id))
    lessons = (*starter, *articles, *({**one, "at": BEFORE} for one in here.categories))
    return Week(
        name="a week of what ships",
        issues=tuple(found),
        people={one.id: one for one in _people(customers, found)},
        lessons=lessons,
        directory=tuple({**one, "at": BEFORE} for one in here.customers),
        remarks=(FLATTERS, UNKNOWN),
    )


def _issue(
    dialogue: Dialogue,
    rules: Mapping[str, Document],
    customer: Document,
    titles: Mapping[str, str],
) -> Issue | None:
    steps = [*steps_of(dialogue)]
    said = _said(steps)
    if not said:
        return None
    article = next((step.article for step in steps if step.article is not None), None)
    rule = rules.get(dialogue.record.rpartition(" ")[2], {})
    priority = str(rule.get("priority", "medium"))
    quoted = max((one.text for one in said), key=len)[:QUOTED]
    vip = (customer.get("lifetime_value") or 0.0) > VIP
    return Issue(
        id=dialogue.id,
        person=dialogue.customer,
        kind=_kind(dialogue.source, article),
        language="en",
        article=article,
        topic=quoted if article is None else titles[article],
        priority=priority,
        team=rule.get("team"),
        facts=(),
        escalate=vip or priority == "critical",
        said=said,
    )


def _kind(source: str, article: str | None) -> str:
    if article is not None:
        return "kb"
    return "gap" if source == QUESTIONS else "action"


def _said(steps: list[Step]) -> tuple[Said, ...]:
    """What its person says on the channel where they begin, whatever is answered."""
    contacts = [
        step
        for step in steps
        if step.document.get("type", "contact") == "contact"
        and step.when is None
        and step.document["message"]
    ]
    found: list[Said] = []
    for step in contacts:
        one = step.document
        if found and one["channel"] != found[0].channel:
            continue
        written = seconds(parse_time(one["at"]))
        before = found[-1].arrives if found else written
        at = min(max(written, before), before + GAP)
        handle = str(one.get("handle") or "")
        name = one["provider_id"]
        repeat = any(name == other.provider_id for other in found)
        found.append(Said(at, at, one["channel"], handle, one["message"], name, repeat))
    return tuple(found)


def _people(customers: Mapping[str, Document], issues: list[Issue]) -> Iterator[Person]:
    used: dict[str, dict[str, str]] = {}
    for issue in issues:
        for one in issue.said:
            used.setdefault(issue.person, {})[one.channel] = one.handle
    for name, handles in used.items():
        listed = {
            channel: str(some[0]) for channel, some in customers[name].get("handles", {}).items()
        }
        email = str(customers[name].get("email") or "")
        yield Person(name, email, {**listed, **handles}, frozenset(listed))
