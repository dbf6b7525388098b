"""A ticket's bundle comes to the same wherever it is run, with its text masked or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from schemas.event import Decision, Event
from schemas.events.control import PolicyActivated
from schemas.events.intents import ResolveAsked
from schemas.events.knowledge import ArticlePublished, ArticleRetired, CategoryTaught
from schemas.record import Record, derived_id
from schemas.topics import key_of
from streams.bundles.bundle import Bundle, Taught, Text, Turn
from streams.bundles.file import read
from streams.bundles.making import made
from streams.bundles.running import run
from streams.desk import Desk
from streams.errors import NotFound, Refused
from streams.testing import START
from tests.embedded import open_in, record_of, somewhere, take
from tests.full_life import full_life
from tests.histories import models, play
from tests.steps import ARTICLES, CATEGORIES


def _taught() -> list[Record]:
    """What the models of the histories know, as the desk was taught it."""
    events = [
        *(
            ArticlePublished(article_id=a.id, title=a.title, body=a.body, language=a.language)
            for a in ARTICLES.values()
        ),
        *(
            CategoryTaught.model_validate(msgspec.structs.asdict(one))
            for one in CATEGORIES.values()
        ),
    ]
    ids = [derived_id("taught", str(number)) for number, _ in enumerate(events)]
    return [
        Record(id=i, key=key_of(e, "x"), at=START, by="test", event=e, correlation=i)
        for i, e in zip(ids, events, strict=True)
    ]


def _others(records: list[Record]) -> list[Record]:
    """What a history has beside what it teaches itself, which its models do not heed."""
    kinds = (ArticlePublished, ArticleRetired, CategoryTaught)
    return [one for one in records if not isinstance(one.event, kinds)]


@pytest.fixture(scope="module")
def lived() -> Iterator[Desk]:
    """A desk on which everything came that can come."""
    lines = play(full_life())
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, [*_taught(), *_others(lines.outside)])
        yield desk


def _tickets(desk: Desk) -> list[str]:
    return [row["ticket_id"] for row in desk.query("SELECT ticket_id FROM v1_tickets ORDER BY 1")]


def _run(bundle: Bundle) -> dict[str, Any]:
    with somewhere() as folder:
        return run(bundle, folder)


@pytest.mark.parametrize("text", get_args(Text))
def test_every_ticket_of_a_full_life_comes_to_the_same(lived: Desk, text: Text) -> None:
    compared = 0
    owners: dict[str, str] = {}
    for row in lived.query("SELECT ticket_id, customer_id FROM v1_tickets ORDER BY 1"):
        owners.setdefault(row["customer_id"], row["ticket_id"])  # one bundle holds all of a line
    assert len(owners) > 10
    owners = {name: owners[name] for name in ("ann", "c_1", "u6", "u13")}
    for ticket in owners.values():
        _, content, key = made(lived, ticket, text)
        report = _run(read(content, key))
        assert report["differences"] == []
        assert report["same"]
        compared += report["compared"]
    assert compared > 500


def test_a_bundle_of_merged_customers_holds_the_lines_of_both(lived: Desk) -> None:
    moved = next(iter(lived.events(type="TicketMoved"))).event
    bundle = made(lived, moved.ticket_id, "masked").bundle  # type: ignore[attr-defined]  # its type says so
    assert {moved.customer_id, moved.from_customer_id} <= {*bundle.lines}  # type: ignore[attr-defined]  # as above
    kinds = {turn.record.type for turn in bundle.turns}
    assert {"TicketHandedOver", "RecordForwarded", "TimerDue"} <= kinds


def test_a_line_that_did_nothing_but_hand_over_is_in_the_bundle() -> None:
    """Somebody unlinks an address that was never linked: its line says so to the other's alone."""
    with somewhere() as folder, open_in(folder) as desk:
        desk.produce({"channel": "email", "customer_id": "ann", "message": "Where is my card?"})
        desk.run()
        asked = {"type": "unlink", "channel": "twitter", "handle": "h4", "by": "lee"}
        desk.produce({**asked, "customer_id": "ann"})
        desk.run()
        desk.produce({"channel": "email", "customer_id": "ann", "message": "And my invoice?"})
        desk.run()
        handed = [one for one in desk.events(type="TicketHandedOver") if one.key == "ann"]
        assert len(handed) == 1
        bundle = made(desk, _tickets(desk)[0], "masked").bundle
        assert "UnlinkAsked" in {turn.record.type for turn in bundle.turns}
        assert _run(bundle)["differences"] == []


def test_what_a_run_keeps_can_be_looked_at(lived: Desk, tmp_path: Path) -> None:
    ticket = _tickets(lived)[0]
    run(read(made(lived, ticket, "plain").content), tmp_path)
    sql = "SELECT * FROM v1_tickets WHERE ticket_id = ?"
    with Desk(tmp_path, lived.clock) as again:
        assert again.query(sql, [ticket]) == lived.query(sql, [ticket])
        assert again.why(ticket)["changes"][0]["type"] == "TicketOpened"


def _another_policy(bundle: Bundle) -> Bundle:
    other = bundle.policy.replace('default_team = "general"', 'default_team = "elsewhere"')
    assert other != bundle.policy
    return msgspec.structs.replace(bundle, policy=other)


def test_what_comes_out_otherwise_is_named(lived: Desk) -> None:
    bundle = made(lived, _tickets(lived)[0], "masked").bundle
    report = _run(_another_policy(bundle))
    assert not report["same"]
    routes = [one for one in report["differences"] if one["type"] == "RouteChosen"]
    assert routes
    assert {"outcome", "team", "policy_version"} <= {*routes[0]["fields"]}
    assert routes[0]["what"] == "changed"


def _seen(turn: Turn, index: str) -> Turn:
    """A turn whose decisions name the index that they have seen."""

    def naming(one: Record) -> Record:
        if not isinstance(one.event, Decision) or not one.event.model_versions:
            return one
        named = {"model_versions": {**one.event.model_versions, "index": index}}
        return msgspec.structs.replace(one, event=one.event.model_copy(update=named))

    return msgspec.structs.replace(turn, said=[naming(one) for one in turn.said])


def _set(since: float, event: Event, offset: int) -> Taught:
    """Something that was taught or set, and lies at an offset of the third partition."""
    number = f"{since} {offset}"
    record = Record(id=number, key=key_of(event, "x"), at=START, by="me", event=event,
                    correlation=number, partition=3, offset=offset)  # fmt: skip
    return Taught(since, record)


def test_what_came_to_the_worker_after_a_turn_does_not_count_for_it(lived: Desk) -> None:
    sql = "SELECT ticket_id FROM v1_tickets WHERE category IN ('billing', 'outage') ORDER BY 1"
    bundle = made(lived, lived.query(sql)[0]["ticket_id"], "masked").bundle
    other = bundle.policy.replace('default_team = "general"', 'default_team = "elsewhere"')
    first = next(turn.now for turn in bundle.turns if turn.said)
    late = [
        _set(first - 0.5, PolicyActivated(version="x", text=other, by="me"), 7),
        _set(first + 0.5, PolicyActivated(version="y", text=bundle.policy, by="me"), 8),
        *(
            _set(turn.now - 0.5, CategoryTaught(name=name, priority="low", team="nobody"), 10)
            for turn in bundle.turns
            for name in CATEGORIES
        ),
    ]
    taught = sorted([*bundle.taught, *late], key=lambda one: one.since)
    turns = [_seen(turn, "3:10") for turn in bundle.turns]
    known = msgspec.structs.replace(bundle, turns=turns, taught=taught)
    assert _run(known)["differences"] == []
    later = [_seen(turn, "3:11") for turn in bundle.turns]
    assert _run(msgspec.structs.replace(known, turns=later))["differences"]


def test_a_turn_that_was_left_out_is_named(lived: Desk) -> None:
    bundle = made(lived, _tickets(lived)[0], "plain").bundle
    place = next(n for n, turn in enumerate(bundle.turns) if turn.said)
    less = [*bundle.turns[:place], *bundle.turns[place + 1 :]]
    report = _run(msgspec.structs.replace(bundle, turns=less))
    assert {one["what"] for one in report["differences"]} >= {"changed"}


def test_what_was_not_taken_yet_is_no_difference() -> None:
    with somewhere() as folder, open_in(folder, models()) as desk:
        take(desk, [*_taught(), *_others(play(full_life()[:30]).outside)])
        ticket = _tickets(desk)[0]
        owner = desk.query("SELECT customer_id FROM v1_tickets WHERE ticket_id = ?", [ticket])[0]
        asked = {"ticket_id": ticket, "by": "zoe", **owner}
        desk.intake.records([record_of(ResolveAsked.model_validate(asked))])
        assert _run(made(desk, ticket, "masked").bundle)["same"]


def test_a_store_that_is_not_empty_is_left_alone(lived: Desk, tmp_path: Path) -> None:
    bundle = made(lived, _tickets(lived)[0], "plain").bundle
    run(bundle, tmp_path)
    with pytest.raises(Refused, match="not empty"):
        run(bundle, tmp_path)


def test_a_ticket_that_is_not_there_has_no_bundle(lived: Desk) -> None:
    with pytest.raises(NotFound, match="no ticket TICK_NONE"):
        made(lived, "TICK_NONE", "masked")
