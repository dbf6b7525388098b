"""The ready questions: answers that were worked out by hand, and those of v1_metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.event import Event
from schemas.events import choices, knowledge
from schemas.events import tickets as became
from schemas.record import Record
from streams.desk import Desk
from streams.embedded.projector import Projector
from streams.history.asking import ask
from streams.history.directory import Directory
from streams.history.questions import question, questions, says
from tests.embedded import open_in
from tests.replays import brought

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = 24 * 60


class Told:
    """A history that is written by hand, in minutes after a morning."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._tickets: dict[str, dict[str, Any]] = {}

    def say(self, minute: float, line: str, event: Event) -> None:
        """Something happened on a line."""
        number = f"r{len(self.records)}"
        at = MORNING + timedelta(minutes=minute)
        self.records.append(
            Record(
                id=number,
                key=line,
                at=at,
                by="test",
                event=event,
                correlation=number,
                sequence=len(self.records) + 1,
            )
        )

    def opened(
        self, minute: float, ticket: str, who: str, channel: str, category: str | None, **own: Any
    ) -> None:
        """A ticket began, with the customer's message on its channel."""
        self._tickets[ticket] = {
            "ticket_id": ticket,
            "customer_id": who,
            "revision": 0,
            "status": "new",
            "priority": "medium",
            "channel": channel,
            "category": category,
            "opened_at": MORNING + timedelta(minutes=minute),
        }
        own = {"contact_id": f"c-{ticket}", "subject": "", "description": "", **own}
        self.became(minute, ticket, became.TicketOpened, **own)

    def became(self, minute: float, ticket: str, what: type[Event], /, **fields: Any) -> None:
        """Something became of a ticket."""
        known = self._tickets[ticket]
        known["revision"] += 1
        known["status"] = fields.pop("status", known["status"])
        self.say(minute, known["customer_id"], what(**{**known, **fields}))

    def wrote(self, minute: float, ticket: str, channel: str, number: str | None = None) -> None:
        """The customer wrote."""
        self._message(
            minute,
            ticket,
            interaction_id=number or f"m{len(self.records)}",
            direction="in",
            interaction_type="customer_message",
            message_channel=channel,
            kind="message",
        )

    def answered(self, minute: float, ticket: str, kind: str = "agent_reply", **more: Any) -> None:
        """We answered."""
        self._message(
            minute,
            ticket,
            interaction_id=f"m{len(self.records)}",
            direction="out",
            interaction_type="agent_response",
            message_channel="email",
            kind=kind,
            **more,
        )

    def _message(self, minute: float, ticket: str, **fields: Any) -> None:
        self.became(minute, ticket, became.MessageAdded, **fields)

    def resolved(self, minute: float, ticket: str, contacts: int, article: str | None) -> None:
        """A ticket was resolved: by an article, or by a person."""
        self.became(
            minute,
            ticket,
            became.TicketResolved,
            by="sam",
            reason="said",
            status="resolved",
            resolution_minutes=60.0,
            contacts=contacts,
            person_replies=0 if article else 1,
            escalated=False,
            solution_id=article,
        )


def by_hand() -> list[Record]:
    """Six tickets that count and one that was merged, of four customers."""
    told = Told()
    told.opened(0, "t1", "ann", "email", "billing")
    told.wrote(0, "t1", "email")
    told.answered(10, "t1")
    told.answered(12, "t1", instead_of="r3")  # the same again by another way: no second answer
    told.resolved(60, "t1", 1, None)
    told.became(70, "t1", became.TicketRated, score=4)

    told.opened(60, "t2", "bob", "email", "billing")
    told.wrote(60, "t2", "email")
    told.became(80, "t2", became.TicketEscalated, status="escalated", triggers=["complaint", "vip"])
    told.wrote(90, "t2", "slack")
    told.answered(120, "t2")
    told.became(130, "t2", became.TicketEscalated, triggers=["vip"])
    told.wrote(180, "t2", "email")
    told.resolved(200, "t2", 3, None)

    told.opened(180, "t3", "ann", "slack", "login")
    told.wrote(180, "t3", "slack")
    told.answered(182, "t3", "answer", solution_id="a1")
    told.resolved(190, "t3", 1, "a1")
    told.became(200, "t3", became.TicketReopened, status="in_progress", by="ann", reason="said",
                previous="resolved", reopened=1)  # fmt: skip
    told.wrote(34 * DAY, "t3", "slack")

    told.opened(DAY, "t4", "cy", "slack", "login")
    told.wrote(DAY, "t4", "slack")
    told.became(DAY + 1, "t4", became.TicketEscalated, triggers=["vip"])
    told.answered(DAY + 30, "t4", "answer", solution_id="a1")
    told.resolved(DAY + 40, "t4", 1, "a1")
    told.became(DAY + 50, "t4", became.TicketRated, score=5)

    told.opened(DAY, "t5", "dee", "email", "billing")
    told.wrote(DAY, "t5", "email")
    told.became(DAY + 1, "t5", became.TicketEscalated, triggers=["vip"])
    told.became(DAY + 2, "t5", became.TicketsMerged, into="t1", by="sam")

    told.opened(DAY, "t6", "bob", "email", None)
    told.wrote(DAY, "t6", "email")
    told.wrote(DAY + 5, "t6", "slack", "moved")
    told.opened(DAY + 10, "t7", "bob", "slack", "login", origin="split")
    told.became(DAY + 10, "t6", became.TicketSplit, into="t7", messages=["moved"], by="sam",
                contacts=1, replies=0, person_replies=0)  # fmt: skip
    for article in ("a1", "a2", "a3"):
        told.say(0, article, knowledge.ArticlePublished(article_id=article, title="Old", body="."))
        told.say(1, article, knowledge.ArticlePublished(article_id=article, title="New", body="."))
    return told.records


def decisions(told: list[Record]) -> list[Record]:
    """What the Knowledge agent said of the articles."""
    rest = Told()
    rest.records = list(told)
    for article, outcome in (("a1", "published"), ("a2", "published"), ("a3", "retired")):
        rest.say(2, article, _adopted(article, outcome))
    for shown, accepted, rejected in ((1, 0, 0), (2, 1, 0), (3, 2, 1)):
        rest.say(3, "a1", _tracked("a1", shown, accepted, rejected))
    return rest.records


def _adopted(article: str, outcome: str) -> Event:
    return choices.ArticleAdopted(
        article_id=article, version=1, outcome=outcome, policy_version="1"
    )


def _tracked(article: str, shown: int, accepted: int, rejected: int) -> Event:
    return choices.SolutionTracked(
        article_id=article,
        shown=shown,
        accepted=accepted,
        rejected=rejected,
        outcome="tracked",
        policy_version="1",
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_in(tmp_path_factory.mktemp("told") / "store") as desk:
        with desk.database.transaction():
            desk.log.append(decisions(by_hand()))
        Projector(desk.database).catch_up()
        yield desk


@pytest.fixture(scope="module")
def directory(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Directory:
    return brought(desk, tmp_path_factory.mktemp("parquet") / "p")[0]


def asked(directory: Directory, name: str) -> list[tuple[Any, ...]]:
    rows = ask(directory, question(name), seconds=60, rows=1000)
    return [tuple(row.values()) for row in rows]


def about(*values: Any) -> tuple[Any, ...]:
    return tuple(pytest.approx(one) if isinstance(one, float) else one for one in values)


def test_first_contact_resolution_by_hand(directory: Directory) -> None:
    """t1 and t4: t2 took three contacts, t3 came back, t6 and t7 are open."""
    assert asked(directory, "first_contact_resolution") == [
        about("all", 2, 6, 2 / 6),
        about("channel:email", 1, 3, 1 / 3),
        about("channel:slack", 1, 3, 1 / 3),
    ]


def test_reply_times_by_hand(directory: Directory) -> None:
    """Waits of 10 and 60 on e-mail, 2 and 30 on Slack; t6 and t7 have no answer."""
    assert asked(directory, "reply_times") == [
        about("all", 4, 2, 25.5, 10.0, 30.0, 60.0, 60.0),
        about("channel:email", 2, 1, 35.0, 10.0, 60.0, 60.0, 60.0),
        about("channel:slack", 2, 1, 16.0, 2.0, 30.0, 30.0, 30.0),
    ]


def test_nobody_waits_for_a_conversation_that_the_desk_began(tmp_path: Path) -> None:
    told = Told()
    told.opened(0, "t1", "ann", "email", None)
    told.answered(8, "t1")
    told.opened(0, "t2", "bob", "email", None, origin="person")
    told.answered(0, "t2", "opening")
    told.opened(0, "t3", "cem", "email", None, origin="signal")
    with open_in(tmp_path / "store") as desk:
        with desk.database.transaction():
            desk.log.append(told.records)
        directory, _ = brought(desk, tmp_path / "p")
    assert {row[1:5] for row in asked(directory, "reply_times")} == {(1, 0, 8.0, 8.0)}


def test_a_mean_of_waits_is_exact_in_whatever_order_they_are_summed(tmp_path: Path) -> None:
    told = Told()
    for number in range(10):
        told.opened(number, f"t{number}", "ann", "email", None)
        told.answered(number + 0.1, f"t{number}")
    with open_in(tmp_path / "store") as desk:
        with desk.database.transaction():
            desk.log.append(told.records)
        directory, _ = brought(desk, tmp_path / "p")
    assert {row[3] for row in asked(directory, "reply_times")} == {0.1}


def test_channel_switches_by_hand(directory: Directory) -> None:
    """Bob's, there and back; what was split off t6 is no switch."""
    assert asked(directory, "channel_switches") == [
        about("email", "slack", 1, 1, 30.0, 0.5),
        about("slack", "email", 1, 1, 90.0, 0.5),
    ]


def test_escalation_causes_by_hand(directory: Directory) -> None:
    """t2 after 20 minutes for two causes, t4 after one; t5 counts with t1."""
    assert asked(directory, "escalation_causes") == [
        about("any", 2, 2 / 6, 10.5),
        about("vip", 2, 2 / 6, 10.5),
        about("complaint", 1, 1 / 6, 20.0),
    ]


def test_article_usefulness_by_hand(directory: Directory) -> None:
    """a1 resolved t4, and t3 for a while; nobody was shown a2; a3 is gone."""
    assert asked(directory, "article_usefulness") == [
        about("a1", "New", None, 3, 2, 1, 2 / 3, 1, 1),
        about("a2", "New", None, 0, 0, 0, None, 0, 0),
    ]


def test_cohorts_by_hand(directory: Directory) -> None:
    """All four came in March, and Ann again in April."""
    assert asked(directory, "cohorts") == [
        about("2026-03", 4, 0, 4, 1.0, 9, 4.5),
        about("2026-03", 4, 1, 1, 0.25, 1, None),
    ]


def test_surges_by_hand(tmp_path: Path) -> None:
    """Six after one a day; five out of nothing. Four are too few; nine after four are chance."""
    told = Told()
    counts = {"billing": (1, 6), "login": (0, 5), "quiet": (0, 4), "mail": (4, 9)}
    for category, (usual, last) in counts.items():
        for day in range(9):
            for number in range(last if day == 8 else usual):
                told.opened(day * DAY, f"{category}{day}{number}", "ann", "email", category)
    with open_in(tmp_path / "store") as desk:
        with desk.database.transaction():
            desk.log.append(told.records)
        directory, _ = brought(desk, tmp_path / "p")
    assert asked(directory, "surges") == [
        about("2026-03-10", "billing", 6, 1.0, 6.0),
        about("2026-03-10", "login", 5, 0.0, None),
    ]


def metric(desk: Desk, name: str, definition: str = "v1") -> dict[str, tuple[float, float]]:
    rows = desk.query(
        "SELECT segment, numerator, denominator FROM v1_metrics"
        " WHERE metric = ? AND definition = ? AND period = 'all'",
        [name, definition],
    )
    return {row["segment"]: (row["numerator"], row["denominator"]) for row in rows}


def test_they_agree_with_the_metrics(desk: Desk, directory: Directory) -> None:
    assert_agrees(desk, directory)


def test_they_agree_with_the_metrics_of_a_full_life(lived: Desk, history: Path) -> None:
    directory, _ = brought(lived, history)
    assert_agrees(lived, directory)
    articles = lived.query(
        "SELECT article_id, shown, accepted, rejected, success_rate FROM v1_articles"
    )
    found = [(row[0], *row[3:7]) for row in asked(directory, "article_usefulness")]
    assert sorted(found) == sorted(tuple(row.values()) for row in articles)
    assert len(found) > 0


def test_a_reply_that_was_split_off_counts_where_it_went(tmp_path: Path) -> None:
    told = Told()
    told.opened(0, "t1", "ann", "email", None)
    told.answered(1, "t1")
    told.opened(2, "t2", "ann", "email", None, origin="split")
    told.became(2, "t1", became.TicketSplit, into="t2", messages=["m"], by="sam",
                contacts=1, replies=1, person_replies=1)  # fmt: skip
    with open_in(tmp_path / "store") as desk:
        with desk.database.transaction():
            desk.log.append(told.records)
        directory, _ = brought(desk, tmp_path / "p")
    sql = "SELECT ticket_id, replies FROM tickets ORDER BY ticket_id"
    found = ask(directory, sql, seconds=60, rows=9)
    assert [tuple(row.values()) for row in found] == [("t1", 0), ("t2", 1)]


AS_IN_THE_VIEW = (
    "ticket_id, customer_id, channel, origin, language, status, priority, category, team, reopened,"
    " replies, satisfaction_score, merged_into"
)


def test_every_ticket_stands_as_in_the_view(lived: Desk, history: Path) -> None:
    directory, _ = brought(lived, history)
    names = f"{AS_IN_THE_VIEW}, vip AS vip_status"
    found = ask(directory, f"SELECT {names} FROM tickets ORDER BY ticket_id", seconds=60, rows=1000)
    shown = f"SELECT {AS_IN_THE_VIEW}, vip_status FROM v1_tickets ORDER BY ticket_id"
    assert [*found] == [*lived.query(shown)]


def assert_agrees(desk: Desk, directory: Directory) -> None:
    first = {row[0]: (row[1], row[2]) for row in asked(directory, "first_contact_resolution")}
    assert first == metric(desk, "first_contact_resolution")
    waits = {row[0]: row for row in asked(directory, "reply_times")}
    for segment, (minutes, answered) in metric(desk, "first_reply_minutes", "v2").items():
        _, count, _, mean, *_ = waits[segment]
        assert count == answered
        assert mean == (minutes / answered if answered else None)
    for name, place in (("median_first_reply_minutes", 4), ("p90_first_reply_minutes", 6)):
        for segment, (minutes, _) in metric(desk, name).items():
            assert waits[segment][place] == minutes
    (escalated,) = (row[1:3] for row in asked(directory, "escalation_causes") if row[0] == "any")
    (count, tickets) = metric(desk, "escalation_rate")["all"]
    assert escalated == about(count, count / tickets)


@pytest.mark.parametrize("name", questions())
def test_every_question_says_what_it_counts(name: str) -> None:
    title, *rest = says(question(name)).splitlines()
    assert title.endswith(".")
    assert rest[0] == ""
    assert len(" ".join(rest)) > 200
