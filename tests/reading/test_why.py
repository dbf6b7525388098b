"""Why: every cause of a ticket's changes, a reply or a record, back to what came from outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from typing import Any

import msgspec
import pytest

from agents.policy_toml import parse
from schemas.events.contacts import ContactReceived, ReplyAddressLeft, ReplyDelivered
from schemas.events.control import PolicyActivated
from schemas.events.intents import LinkAsked, ReplyWritten, ResolveAsked
from schemas.record import Record, contact_id
from schemas.vocabulary import CHANNELS
from streams.desk import Desk
from streams.errors import NotFound
from streams.testing import START
from tests.embedded import open_in, record_of, somewhere, take


def _contact(who: str) -> Record:
    event = ContactReceived(
        channel="email", customer_id=who, message="I was charged twice", provider_id=who
    )
    given = contact_id("email", who)
    return msgspec.structs.replace(record_of(event), id=given, correlation=given)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with somewhere() as folder, open_in(folder) as desk:
        take(desk, [_contact("ann")])
        yield desk


def _ticket(desk: Desk) -> str:
    return str(desk.query("SELECT ticket_id FROM v1_tickets ORDER BY 1")[0]["ticket_id"])


def _nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What stands along the chain, the effect first."""
    node: dict[str, Any] | None = tree
    while node is not None:
        yield node
        node = node.get("cause")


def _types(tree: dict[str, Any]) -> list[str]:
    """The types along the chain, the effect first."""
    return [node["type"] for node in _nodes(tree)]


def test_every_change_of_a_ticket_leads_back_to_the_contact(desk: Desk) -> None:
    changes = desk.why(_ticket(desk))["changes"]
    kinds = [change["type"] for change in changes]
    assert kinds[0] == "TicketOpened"
    assert {"MessageAdded", "TicketTriaged", "SlaStarted"} <= set(kinds)
    assert all(_types(change)[-1] == "ContactReceived" for change in changes)


def test_a_reply_leads_back_to_the_contact(desk: Desk) -> None:
    row = desk.query("SELECT interaction_id FROM v1_interactions WHERE direction = 'out'")[0]
    found = _types(desk.why(row["interaction_id"]))
    assert found[0] == "ReplyRequested"
    assert found[-1] == "ContactReceived"
    assert "ContactAccepted" in found


def test_a_decision_is_shown_with_what_it_was_made_of(desk: Desk) -> None:
    row = desk.query("SELECT * FROM v1_decisions WHERE action = 'triage.assign_priority'")[0]
    tree = desk.why(row["record_id"])
    for name in ("action", "outcome", "confidence", "reasons", "candidates", "policy_version"):
        assert tree[name] == row[name]
    assert tree["cause"]["id"] == row["cause_id"]


def test_every_record_of_a_run_has_its_causes(desk: Desk) -> None:
    for record in list(desk.events()):
        tree = desk.why(record.id)
        assert tree["id"] == record.id
        assert "unknown" not in _types(tree)


@pytest.mark.parametrize(
    ("days", "kind", "fact"),
    [(3, "first_reply_breach", "SlaStarted"), (1, "first_reply_warning", "SlaStarted")],
)
def test_a_timer_leads_back_to_what_set_it(desk: Desk, days: int, kind: str, fact: str) -> None:
    desk.clock.set(START + timedelta(days=days))  # type: ignore[attr-defined]  # a manual clock
    desk.run()
    timer = next(r for r in desk.events(type="TimerDue") if r.event.kind == kind)  # type: ignore[attr-defined]  # its type says so
    found = _types(desk.why(timer.id))
    assert found[:2] == ["TimerDue", fact]
    assert found[-1] == "ContactReceived"


def test_the_timer_of_an_unread_reply_leads_back_to_that_reply_and_not_to_its_own_mail(
    desk: Desk,
) -> None:
    wrote = ContactReceived(
        channel="chat_widget",
        customer_id="vic",
        handle="visitor:1",
        message="Hello",
        provider_id="c1",
    )
    take(desk, [record_of(wrote)])
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets WHERE customer_id = 'vic'")
    about = {"customer_id": "vic", "ticket_id": row["ticket_id"]}
    take(desk, [record_of(ReplyAddressLeft.model_validate({**about, "email": "vic@example.org"}))])
    take(desk, [record_of(ReplyWritten.model_validate({**about, "text": "Try this.", "by": "bo"}))])
    desk.clock.set(START + timedelta(hours=1))  # type: ignore[attr-defined]  # a manual clock
    desk.run()
    (timer,) = [r for r in desk.events(type="TimerDue") if r.event.kind == "offline"]  # type: ignore[attr-defined]  # its type says so
    mail = next(r for r in desk.events(type="ReplyRequested") if r.cause == timer.id)
    node = desk.why(timer.id)["cause"]
    assert (node["type"], node["says"]["channel"]) == ("ReplyRequested", "chat_widget")
    assert node["id"] != mail.id
    assert _types(desk.why(mail.id))[:3] == ["ReplyRequested", "TimerDue", "ReplyRequested"]


def test_the_closing_after_silence_leads_back_to_the_resolution(desk: Desk) -> None:
    about = {"ticket_id": _ticket(desk), "customer_id": "ann", "by": "bo"}
    take(desk, [record_of(ResolveAsked.model_validate(about))])
    desk.clock.set(START + timedelta(days=60))  # type: ignore[attr-defined]  # a manual clock
    desk.run()
    changes = desk.why(_ticket(desk))["changes"]
    closed = next(one for one in changes if one["type"] == "TicketClosed")
    assert _types(closed)[:3] == ["TicketClosed", "TimerDue", "TicketResolved"]
    assert _types(closed)[-1] == "ResolveAsked"


def test_a_ticket_keeps_its_causes_when_its_customer_is_merged(desk: Desk) -> None:
    take(desk, [_contact("dora")])
    link = LinkAsked(
        customer_id="ann", channel="email", handle="a@b.c", other_customer_id="dora", by="bo"
    )
    mine = desk.query("SELECT ticket_id FROM v1_tickets WHERE customer_id = 'ann'")[0]
    take(desk, [record_of(link)])
    assert desk.query("SELECT customer_id FROM v1_tickets WHERE ticket_id = ?", [*mine.values()])[
        0
    ] == {"customer_id": "dora"}
    kinds = [change["type"] for change in desk.why(mine["ticket_id"])["changes"]]
    assert kinds[0] == "TicketOpened"
    assert "TicketMoved" in kinds


def test_what_a_merged_line_hears_is_shown_with_its_handing_on(desk: Desk) -> None:
    take(desk, [_contact("dora")])
    link = LinkAsked(
        customer_id="ann", channel="email", handle="a@b.c", other_customer_id="dora", by="bo"
    )
    take(desk, [record_of(link)])
    event = ContactReceived(
        channel="email", customer_id="ann", message="And a third time", provider_id="later"
    )
    later = contact_id("email", "later")
    take(desk, [msgspec.structs.replace(record_of(event), id=later, correlation=later)])
    understood = next(r for r in desk.events(type="MessageUnderstood") if r.cause == later)
    assert understood.key == "dora"
    found = [*_nodes(desk.why(understood.id))]
    assert [node["type"] for node in found[1:]] == ["RecordForwarded", "ContactReceived"]
    assert (found[1]["says"]["from_customer_id"], found[2]["id"]) == ("ann", later)


def test_a_timer_of_a_ticket_that_moved_leads_back_to_what_set_it_on_the_other_line(
    desk: Desk,
) -> None:
    take(desk, [_contact("dora")])
    link = LinkAsked(
        customer_id="ann", channel="email", handle="a@b.c", other_customer_id="dora", by="bo"
    )
    mine = desk.query("SELECT ticket_id FROM v1_tickets WHERE customer_id = 'ann'")[0]["ticket_id"]
    take(desk, [record_of(link)])
    desk.clock.set(START + timedelta(days=3))  # type: ignore[attr-defined]  # a manual clock
    desk.run()
    timers = [r for r in desk.events(type="TimerDue") if r.event.ticket_id == mine]  # type: ignore[attr-defined]  # its type says so
    assert timers
    for timer in timers:
        assert _types(desk.why(timer.id))[-1] == "ContactReceived"


def test_what_became_of_a_reply_leads_back_through_the_request(desk: Desk) -> None:
    told = next(iter(desk.events(type="ReplyAccepted")))
    assert _types(desk.why(told.id))[:2] == ["ReplyAccepted", "ReplyRequested"]


def test_what_a_provider_reports_of_a_reply_leads_back_to_the_reply(desk: Desk) -> None:
    reply = desk.query("SELECT request_id FROM v1_deliveries")[0]["request_id"]
    take(desk, [record_of(ReplyDelivered(customer_id="ann", request_id=reply))])
    found = [*_nodes(desk.why(record_of(ReplyDelivered(customer_id="ann", request_id=reply)).id))]
    assert [node["id"] for node in found[1:2]] == [reply]
    assert found[-1]["type"] == "ContactReceived"


def test_a_record_says_all_that_it_holds_but_what_only_machines_compare(desk: Desk) -> None:
    contact = desk.why(contact_id("email", "ann"))
    assert (contact["text"], contact["customer_id"]) == ("I was charged twice", "ann")
    understood = next(iter(desk.events(type="MessageUnderstood")))
    said = desk.why(understood.id)["says"]
    assert said["sentiment_score"] == understood.event.sentiment_score  # type: ignore[attr-defined]  # its type says so
    assert not {"feature_terms", "feature_weights", "meaning"} & {*said}


def test_a_decision_says_what_would_have_made_it_otherwise(desk: Desk) -> None:
    row = desk.query("SELECT record_id FROM v1_decisions WHERE type = 'RouteChosen'")[0]
    tree = desk.why(row["record_id"])
    assert tree["policy_known"] is True
    tone = next(one for one in tree["otherwise"] if one["what"] == "negative_sentiment at")
    assert tone == {
        "what": "negative_sentiment at",
        "text": "negative_sentiment at 0.60, triggers below 0.30",
        "was": 0.6,
        "needed": 0.3,
    }


def test_a_decision_is_held_against_the_policy_that_it_names(desk: Desk) -> None:
    shipped = resources.files("agents").joinpath("policy.toml").read_text("utf-8")
    text = shipped.replace("negative_tone = 0.3", "negative_tone = 0.4")
    event = PolicyActivated(version=parse(text).version, text=text, by="bo")
    with desk.database.transaction():
        desk.log.append([record_of(event)])
    take(desk, [_contact("bob")])
    rows = desk.query(
        "SELECT record_id FROM v1_decisions WHERE type = 'RouteChosen' ORDER BY customer_id"
    )
    limits = [
        next(one["needed"] for one in desk.why(row["record_id"])["otherwise"]
             if one["what"] == "negative_sentiment at")
        for row in rows
    ]  # fmt: skip
    assert limits == [0.3, 0.4]


def test_a_dead_letter_leads_back_to_the_bytes_that_nobody_could_read(desk: Desk) -> None:
    with desk.database.transaction():
        desk.log.append_raw("support.contacts.v1", 3, "ann", '{"ce_id":"x"}', b"junk", "x")
    desk.run()
    row = desk.query("SELECT * FROM v1_dead_letters")[0]
    tree = desk.why(row["dead_letter_id"])
    assert tree["type"] == "DeadLetter"
    assert tree["topic"] == "support.dead-letters.v1"
    named = {"id": "dead_letter_id", "by": "handler"}
    for name in ("id", "by", "at", "origin", "error", "remedy"):
        assert tree[name] == row[named.get(name, name)], name
    assert tree["cause"] == desk.why("x")
    assert tree["cause"]["type"] == "unreadable"


def test_a_dead_letter_of_an_input_has_no_further_cause(desk: Desk) -> None:
    list(desk.intake.lines([b'{"type": "nothing"}']))
    row = desk.query("SELECT dead_letter_id FROM v1_dead_letters")[0]
    assert "cause" not in desk.why(row["dead_letter_id"])


def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no record, reply or ticket"):
        desk.why("TICK_0000000000000000")


def test_channels_do_not_matter_to_causes(desk: Desk) -> None:
    for channel in CHANNELS:
        event = ContactReceived.model_validate(
            {"channel": channel, "customer_id": "bob", "message": "Hi", "provider_id": channel}
        )
        given = contact_id(channel, channel)
        take(desk, [msgspec.structs.replace(record_of(event), id=given, correlation=given)])
        assert desk.why(given)["type"] == "ContactReceived"
