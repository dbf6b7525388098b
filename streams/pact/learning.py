"""Knowledge's actions that teach: articles, their examples, and how they served."""

from __future__ import annotations

from pydantic import model_validator

from schemas.event import Event
from schemas.events.choices import ArticleAdopted, ExampleLearned, SolutionTracked
from schemas.events.knowledge import (
    ArticlePublished,
    ArticleRetired,
    ExampleProposed,
    SolutionAccepted,
    SolutionRejected,
    SolutionShown,
)
from schemas.record import derived_id
from streams.errors import NotFound
from streams.inputs import Name, Text
from streams.pact.action import Action, Answer, Asking, Call, Declined, named
from streams.pact.asking import asked, done, event_of, owner


class Taught(Asking):
    """An article to publish; or examples for one, or one to retire."""

    article_id: Name | None = named("article_id", "id", default=None)
    title: Name | None = None
    body: Text | None = named("body", "content", "solution", "text", default=None)
    examples: tuple[Text, ...] = ()
    example: Text | None = named("example", "query", default=None)
    category: Name | None = None
    language: Name | None = None
    retire: bool = False
    ticket_id: Name | None = None

    @model_validator(mode="after")
    def _whole(self) -> Taught:
        if self.retire or (self.body is None and (self.examples or self.example)):
            if self.article_id is None:
                raise ValueError("article_id is missing: it says which article is meant")
        elif self.title is None or not (self.body or "").strip():
            raise ValueError(
                "title and body (or content, solution, text) are missing: give both, or article_id"
                " with examples, or article_id with retire"
            )
        return self


class Tracked(Asking):
    """How an article served: it was shown, and helped or not."""

    article_id: Name = named("article_id", "solution", "solution_id")
    helpful: bool | None = None
    ticket_id: Name | None = None


def update_knowledge_base(call: Call, params: Taught) -> Answer:
    """Publish an article, give one more examples, or retire one."""
    if params.ticket_id is not None:
        owner(call, params.ticket_id)
    events = _lessons(call, params)
    outcomes = [
        done(call, asked(call, params, event, step=str(number) if number else ""))
        for number, event in enumerate(events)
    ]
    ids = tuple(one for outcome in outcomes for one in outcome.record_ids)
    learned = sum(event_of(outcome, ExampleLearned) is not None for outcome in outcomes)
    settled = all(outcome.settled for outcome in outcomes)
    event = outcomes[0].record.event
    article_id = str(getattr(event, "article_id", ""))
    if isinstance(event, ExampleProposed) and settled and not learned:
        raise Declined(
            call.action,
            "the article learned nothing from it: it knows the example, is full, or serves badly",
            "give another example, or publish a new version of the article",
            ids,
        )
    adopted = event_of(outcomes[0], ArticleAdopted)
    rows = call.rows("SELECT title, version FROM v1_articles WHERE article_id = ?", article_id)
    row = rows[0] if rows else {}
    return Answer(
        {
            "updated_article": {
                "article_id": article_id,
                "title": getattr(event, "title", None) or row.get("title"),
                "version": row.get("version") if adopted is None else adopted.version,
                "outcome": "learned"
                if learned
                else "unchanged"
                if adopted is None
                else adopted.outcome,
                "examples_learned": learned,
            }
        },
        ids,
        settled,
    )


def _lessons(call: Call, params: Taught) -> list[Event]:
    """What the knowledge base is told; raises `NotFound` for an article that is not there."""
    examples = [*params.examples, *([params.example] if params.example else [])]
    article_id = params.article_id or _new_id(call, params.title or "")
    if params.body is not None and not params.retire:
        assert params.title is not None
        return [
            ArticlePublished(
                article_id=article_id,
                title=params.title,
                body=params.body,
                examples=examples,
                category=params.category,
                language=params.language,
            )
        ]
    must_be_there(call, article_id, retired=params.idempotency_key is not None)
    if params.retire:
        return [ArticleRetired(article_id=article_id, by=params.by)]
    return [
        ExampleProposed(article_id=article_id, example=one, ticket_id=params.ticket_id)
        for one in examples
    ]


def _new_id(call: Call, title: str) -> str:
    """The id of an article that brings none: of its title, so that it is the same again.

    Titles of which the same is left, such as C++ and C#, are two articles nevertheless.
    """
    words = "".join(letter if letter.isalnum() else " " for letter in title.lower()).split()
    found = "-".join(words)[:80] or "article"
    rows = call.rows("SELECT title FROM v1_articles WHERE article_id = ?", found)
    if not rows or rows[0]["title"] == title:
        return found
    return f"{found}-{derived_id('title', title)[:8]}"


def must_be_there(call: Call, article_id: str, *, retired: bool = False) -> None:
    """Make sure that there is such an article.

    Args:
        call: The call.
        article_id: The article.
        retired: Whether one that was retired will do: a repeated request meets it so.

    Raises:
        NotFound: There is none.
    """
    if call.models.article(article_id) is not None:
        return
    line = call.states.of("knowledge", article_id)
    if not (retired and line.version):
        raise NotFound(
            f"{call.action}: article_id: there is no article {article_id}",
            "give the id of an article that `pactdesk articles list` shows",
        )


def track_solution_effectiveness(call: Call, params: Tracked) -> Answer:
    """Count that an article was shown, and whether it helped."""
    must_be_there(call, params.article_id, retired=True)
    if params.ticket_id is not None:
        owner(call, params.ticket_id)
    kind: type[SolutionShown | SolutionAccepted | SolutionRejected] = SolutionShown
    if params.helpful is not None:
        kind = SolutionAccepted if params.helpful else SolutionRejected
    event = kind(article_id=params.article_id, ticket_id=params.ticket_id)
    outcome = done(call, asked(call, params, event))
    counts = event_of(outcome, SolutionTracked)
    judged = 0 if counts is None else counts.accepted + counts.rejected
    return Answer(
        {
            "tracking_updated": {
                "article_id": params.article_id,
                "ticket_id": params.ticket_id,
                "helpful": params.helpful,
                "shown": None if counts is None else counts.shown,
                "accepted": None if counts is None else counts.accepted,
                "rejected": None if counts is None else counts.rejected,
                "success_rate": counts.accepted / judged if counts and judged else None,
            }
        },
        tuple(outcome.record_ids),
        outcome.settled,
    )


ACTIONS = (
    Action(
        "knowledge.update_knowledge_base",
        "append",
        ("updated_article",),
        Taught,
        update_knowledge_base,
    ),
    Action(
        "knowledge.track_solution_effectiveness",
        "append",
        ("tracking_updated",),
        Tracked,
        track_solution_effectiveness,
    ),
)
