"""What people ask of tickets: what becomes of it, and that a refusal says why and what would do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents import channel, lifecycle, notification, outbound
from schemas.event import Event
from schemas.events import intents as asked
from schemas.events.contacts import CustomerDescribed
from schemas.events.decisions import (
    ConfirmationRequested,
    CustomerNotified,
    FollowUpScheduled,
    IntentRefused,
    ReplyRequested,
    TeamAlertRequested,
)
from schemas.events.desk import RequestWithdrawn, SpecialistReleased, SpecialistRequested
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import (
    MessageAdded,
    SlaMet,
    SlaStarted,
    TicketAwaitsCustomer,
    TicketCategorised,
    TicketClosed,
    TicketEscalated,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TicketSnoozed,
    TicketTagged,
    TicketTransferred,
)
from streams.testing import START, Scene, given
from tests.tickets import ANN, ask, assigned, contact, only_ticket, opened, reply

AGENTS = (
    channel.RECEIVED,
    channel.ACCEPTED,
    *lifecycle.AGENTS,
    *notification.AGENTS,
    outbound.SAID,
    outbound.WRITTEN,
)


def fresh() -> Scene:
    """A triaged ticket that nobody has."""
    return opened(AGENTS)


def owned() -> Scene:
    """A ticket that bo works on."""
    scene = fresh()
    return scene.when(assigned(scene))


def done() -> Scene:
    """A resolved ticket."""
    return ask(owned(), asked.ResolveAsked)


def shut() -> Scene:
    """A closed ticket."""
    return ask(owned(), asked.CloseAsked)


def test_a_reply_is_shaped_sent_and_waited_for() -> None:
    scene = ask(owned(), asked.ReplyWritten, text="Try this.")
    request = scene.one(ReplyRequested)
    assert (request.kind, request.author, request.parts) == ("agent_reply", "bo", ["Try this."])
    message = scene.one(MessageAdded)
    assert (message.direction, message.author) == ("out", "bo")
    assert scene.one(SlaMet).target == "first_reply"
    awaits = scene.one(TicketAwaitsCustomer)
    assert (awaits.status, awaits.reason) == ("waiting_customer", "agent_reply")
    assert awaits.assume_resolved_at == START + timedelta(hours=72)


def test_a_note_is_kept_and_moves_nothing() -> None:
    scene = ask(owned(), asked.NoteWritten, text="called them")
    note = scene.one(MessageAdded)
    assert (note.interaction_type, note.direction, note.author) == ("note", "none", "bo")
    assert note.status == "in_progress"
    assert scene.all(ReplyRequested) == []


def test_a_person_writes_first() -> None:
    known = CustomerDescribed(customer_id=ANN, handles='{"email": ["ann@example.org"]}')
    start = asked.ConversationStarted(
        customer_id=ANN, channel="email", text="We owe you " + "a refund " * 20, by="bo"
    )
    scene = given(known, agents=AGENTS).when(start)
    ticket = scene.one(TicketOpened)
    assert (ticket.origin, ticket.channel, ticket.handle) == ("person", "email", "ann@example.org")
    assert len(ticket.subject) <= 80
    assert scene.one(SpecialistRequested).specialist_id == "bo"
    message = scene.one(MessageAdded)
    sent = next(r for r in scene.said if isinstance(r.event, ReplyRequested))
    assert (message.kind, message.interaction_id) == ("opening", sent.id)
    assert scene.one(TicketAwaitsCustomer).reason == "opening"
    assert scene.all(SlaStarted) == []


def test_resolving_meets_the_targets_frees_the_person_and_is_measured() -> None:
    scene = ask(owned().later(minutes=30), asked.ResolveAsked, solution_id="a1")
    resolved = scene.one(TicketResolved)
    assert (resolved.by, resolved.reason, resolved.solution_id) == ("bo", "asked", "a1")
    assert (resolved.contacts, resolved.resolution_minutes) == (1, 30.0)
    assert {met.target for met in scene.all(SlaMet)} == {"first_reply", "resolution"}
    assert scene.one(SpecialistReleased).specialist_id == "bo"
    measured = scene.one(InteractionMeasured)
    assert (measured.kind, measured.minutes) == ("resolution", 30.0)


def test_what_is_resolved_in_the_moment_took_no_time() -> None:
    resolved = ask(owned(), asked.ResolveAsked).one(TicketResolved)
    assert resolved.resolution_minutes == 0.0


def test_resolving_withdraws_the_request_that_still_waits() -> None:
    scene = fresh()
    scene = ask(scene, asked.TransferAsked, team="money")
    request = scene.one(SpecialistRequested)
    scene = ask(scene, asked.ResolveAsked)
    assert scene.one(RequestWithdrawn).request_id == request.request_id
    assert scene.all(SpecialistReleased) == []
    assert only_ticket(scene).request_id is None


def test_closing_ends_a_ticket_and_frees_its_person_once() -> None:
    scene = ask(owned(), asked.CloseAsked)
    closed = scene.one(TicketClosed)
    assert (closed.status, closed.by) == ("closed", "bo")
    scene.one(SpecialistReleased)
    scene = ask(done(), asked.CloseAsked)
    scene.one(TicketClosed)
    assert scene.all(SpecialistReleased) == []


@pytest.mark.parametrize(
    ("before", "owed"), [(done, ["resolution"]), (shut, ["first_reply", "resolution"])]
)
def test_reopening_begins_anew_for_whoever_had_it(before: object, owed: list[str]) -> None:
    assert callable(before)
    was = before()
    scene = ask(was, asked.ReopenAsked)
    reopened = scene.one(TicketReopened)
    assert (reopened.status, reopened.reopened) == ("triaged", 1)
    assert reopened.previous == only_ticket(was).status
    assert [s.target for s in scene.all(SlaStarted)] == owed
    assert scene.one(SpecialistRequested).former_id == "bo"
    ticket = only_ticket(scene)
    assert (ticket.resolved_at, ticket.closed_at, ticket.specialist_id) == (None, None, None)


def test_a_resolution_after_a_reopening_counts_from_the_opening_and_all_contacts() -> None:
    scene = ask(done().later(hours=1), asked.ReopenAsked)
    scene = ask(scene.later(hours=1), asked.ResolveAsked)
    assert scene.one(TicketResolved).resolution_minutes == 120.0


def test_escalating_names_the_triggers_and_asks_for_somebody_senior() -> None:
    scene = ask(owned(), asked.EscalationAsked, reason="the boss", triggers=["complaint", "else"])
    escalated = scene.one(TicketEscalated)
    assert (escalated.triggers, escalated.reason) == (["complaint"], "the boss")
    assert scene.one(SpecialistRequested).senior
    assert scene.one(TeamAlertRequested).alert_type == "escalation"
    assert scene.one(InteractionMeasured).kind == "escalation"


def test_escalating_while_the_customer_is_waited_for_runs_the_clock_on() -> None:
    scene = ask(owned(), asked.ReplyWritten, text="Try this.")
    clock = only_ticket(scene).resolution
    assert clock is not None
    assert clock.due is None
    scene = ask(scene.later(hours=2), asked.EscalationAsked)
    assert scene.one(SlaStarted).resumed
    clock = only_ticket(scene).resolution
    assert clock is not None
    assert clock.due is not None


def test_assigning_asks_the_desk_for_somebody_by_name() -> None:
    scene = ask(owned(), asked.AssignmentAsked, specialist_id="cy")
    assert scene.one(SpecialistRequested).specialist_id == "cy"


def test_transferring_frees_the_person_and_asks_the_other_team() -> None:
    scene = ask(owned(), asked.TransferAsked, team="money", reason="an invoice")
    moved = scene.one(TicketTransferred)
    assert (moved.team, moved.previous, moved.reason) == ("money", "general", "an invoice")
    assert moved.status == "triaged"
    assert scene.one(SpecialistReleased).specialist_id == "bo"
    assert scene.one(SpecialistRequested).team == "money"
    assert only_ticket(scene).specialist_id is None


def test_another_priority_has_other_targets_and_what_has_passed_counts() -> None:
    scene = ask(fresh().later(minutes=30), asked.PriorityAsked, priority="urgent")
    changed = scene.one(TicketPrioritised)
    assert (changed.priority, changed.previous) == ("urgent", "medium")
    due = {start.target: start.due_at for start in scene.all(SlaStarted)}
    assert due == {
        "first_reply": START + timedelta(minutes=60),
        "resolution": START + timedelta(minutes=240),
    }


def test_another_priority_starts_no_target_that_has_ended_or_is_paused() -> None:
    scene = ask(owned(), asked.ReplyWritten, text="Try this.")
    scene = ask(scene, asked.PriorityAsked, priority="critical")
    assert scene.all(SlaStarted) == []


def test_categories_and_tags_are_set_also_on_a_closed_ticket() -> None:
    scene = ask(shut(), asked.CategoryAsked, category="billing")
    assert scene.one(TicketCategorised).category == "billing"
    scene = ask(scene, asked.TagsAsked, add=["b", "a", "b"], remove=["c"])
    assert scene.one(TicketTagged).tags == ["b", "a"]
    scene = ask(scene, asked.TagsAsked, add=["c"], remove=["b", "c"])
    assert scene.one(TicketTagged).tags == ["a"]


def test_snoozing_says_until_when() -> None:
    until = START + timedelta(days=1)
    scene = ask(owned(), asked.SnoozeAsked, until=until)
    assert scene.one(TicketSnoozed).until == until
    assert only_ticket(scene).snoozed_until == until.timestamp()


def test_programs_ask_for_confirmations_follow_ups_alerts_and_notices() -> None:
    scene = ask(owned(), asked.ConfirmationAsked)
    assert scene.one(ConfirmationRequested).reasons == ["asked_for"]
    scene = ask(scene, asked.FollowUpAsked)
    assert scene.one(FollowUpScheduled).due_at == START + timedelta(hours=24)
    scene = ask(scene, asked.FollowUpAsked, follow_up_time=START + timedelta(hours=1))
    assert scene.one(FollowUpScheduled).due_at == START + timedelta(hours=1)
    scene = ask(scene, asked.TeamAlertAsked, alert_type="watch", message="look here")
    alert = scene.one(TeamAlertRequested)
    assert (alert.alert_type, alert.text, alert.team) == ("watch", "look here", "general")
    scene = ask(scene, asked.NoticeAsked, text="We are on it.")
    assert scene.one(CustomerNotified).text == "We are on it."
    assert scene.one(ReplyRequested).kind == "notice"


def later(**fields: float) -> str:
    """A moment after the scenes begin."""
    return (START + timedelta(**fields)).isoformat()


REFUSED: list[tuple[object, type[Event], dict[str, object], str]] = [
    (owned, asked.ReplyWritten, {"text": " "}, "empty_text"),
    (owned, asked.ReplyWritten, {"text": "x", "channel": "phone"}, "no_address"),
    (owned, asked.NoteWritten, {"text": "\n"}, "empty_text"),
    (owned, asked.NoticeAsked, {"text": ""}, "empty_text"),
    (owned, asked.ReopenAsked, {}, "not_resolved"),
    (owned, asked.AssignmentAsked, {"specialist_id": "bo"}, "already_assigned"),
    (owned, asked.TransferAsked, {"team": "general"}, "already_there"),
    (owned, asked.PriorityAsked, {"priority": "medium"}, "no_change"),
    (owned, asked.TagsAsked, {}, "no_change"),
    (owned, asked.SnoozeAsked, {"until": START}, "in_the_past"),
    (owned, asked.FollowUpAsked, {"follow_up_time": START}, "in_the_past"),
    (owned, asked.MergeAsked, {"into": "TICK_0"}, "unknown_target"),
    (owned, asked.UnmergeAsked, {}, "not_merged"),
    (owned, asked.SplitAsked, {"messages": []}, "unknown_messages"),
    (owned, asked.SplitAsked, {"messages": ["nothing"]}, "unknown_messages"),
    (done, asked.ResolveAsked, {}, "resolved"),
    (done, asked.EscalationAsked, {}, "resolved"),
    (done, asked.AssignmentAsked, {"specialist_id": "cy"}, "resolved"),
    (done, asked.TransferAsked, {"team": "money"}, "resolved"),
    (done, asked.SnoozeAsked, {"until": later(days=1)}, "resolved"),
    (done, asked.SplitAsked, {"messages": ["m"]}, "resolved"),
    (done, asked.FollowUpAsked, {}, "resolved"),
    (shut, asked.ReplyWritten, {"text": "x"}, "closed"),
    (shut, asked.ResolveAsked, {}, "closed"),
    (shut, asked.CloseAsked, {}, "closed"),
    (shut, asked.EscalationAsked, {}, "closed"),
    (shut, asked.AssignmentAsked, {"specialist_id": "cy"}, "closed"),
    (shut, asked.TransferAsked, {"team": "money"}, "closed"),
    (shut, asked.PriorityAsked, {"priority": "high"}, "closed"),
    (shut, asked.SnoozeAsked, {"until": later(days=1)}, "closed"),
    (shut, asked.MergeAsked, {"into": "TICK_0"}, "closed"),
    (shut, asked.SplitAsked, {"messages": ["m"]}, "closed"),
    (shut, asked.ConfirmationAsked, {}, "closed"),
    (shut, asked.FollowUpAsked, {}, "closed"),
    (shut, asked.TeamAlertAsked, {}, "closed"),
    (shut, asked.NoticeAsked, {"text": "x"}, "closed"),
]


@pytest.mark.parametrize(("before", "kind", "fields", "reason"), REFUSED)
def test_a_refusal_says_why_and_what_would_do_and_nothing_else_happens(
    before: object, kind: type[Event], fields: dict[str, object], reason: str
) -> None:
    assert callable(before)
    scene = ask(before(), kind, **fields).then(IntentRefused)
    refusal = scene.one(IntentRefused)
    assert (refusal.intent, refusal.reason, refusal.by) == (kind.__name__, reason, "bo")
    assert refusal.remedy


@pytest.mark.parametrize("kind", [asked.EscalationAsked, asked.MergeAsked, asked.ReplyWritten])
def test_an_intent_on_a_ticket_that_is_not_there_is_refused(kind: type[Event]) -> None:
    fields = {"into": "TICK_1", "text": "x"}
    intent = kind.model_validate(
        {"ticket_id": "TICK_0", "customer_id": ANN, "by": "bo"}
        | {name: value for name, value in fields.items() if name in kind.model_fields}
    )
    assert given(agents=AGENTS).when(intent).one(IntentRefused).reason == "unknown_ticket"


def test_a_split_that_names_one_message_of_another_ticket_is_refused_as_a_whole() -> None:
    scene = owned().when(contact("and another", thread="t", provider_id="p2"))
    mine = only_ticket(scene).messages[0][0]
    asked_for = ask(scene, asked.SplitAsked, messages=[mine, "nothing"])
    assert asked_for.one(IntentRefused).reason == "unknown_messages"


def test_what_was_escalated_already_is_not_escalated_again() -> None:
    scene = ask(ask(owned(), asked.EscalationAsked), asked.EscalationAsked)
    assert scene.then(IntentRefused).one(IntentRefused).reason == "already_escalated"


def test_the_same_category_again_is_refused() -> None:
    scene = ask(owned(), asked.CategoryAsked, category="billing")
    scene = ask(scene, asked.CategoryAsked, category="billing")
    assert scene.one(IntentRefused).reason == "no_change"


def test_a_conversation_begins_with_words_and_an_address() -> None:
    def start(text: str) -> Scene:
        event = asked.ConversationStarted(customer_id=ANN, channel="email", text=text, by="bo")
        return given(agents=AGENTS).when(event).then(IntentRefused)

    assert start(" ").one(IntentRefused).reason == "empty_text"
    assert start("hello").one(IntentRefused).reason == "no_address"


def test_a_platform_that_closed_its_window_takes_no_reply() -> None:
    scene = given(agents=AGENTS).when(
        contact("hello", channel="whatsapp", handle="4477009", thread=None)
    )
    scene = scene.later(hours=25)
    refused = ask(scene, asked.ReplyWritten, text="still there?").one(IntentRefused)
    assert refused.reason == "window_closed"
    start = asked.ConversationStarted(customer_id=ANN, channel="whatsapp", text="hi", by="bo")
    assert scene.when(start).one(IntentRefused).reason == "window_closed"


def test_a_conversation_by_somebody_who_was_absorbed_is_left_to_the_survivor() -> None:
    scene = fresh()
    from msgspec.structs import replace

    scene = replace(scene, state=replace(scene.state, merged_into="other"))
    ask(scene, asked.ResolveAsked).then()


def test_a_reply_to_a_resolved_ticket_is_sent_and_changes_no_status() -> None:
    scene = ask(done(), asked.ReplyWritten, text="One more thing.")
    scene.one(ReplyRequested)
    assert scene.all(TicketAwaitsCustomer) == []
    assert only_ticket(scene).status == "resolved"


def test_a_system_message_does_not_wait_for_the_customer() -> None:
    scene = owned()
    scene = scene.when(reply(scene, "confirmation"))
    assert scene.one(MessageAdded).interaction_type == "system_action"
    assert scene.all(TicketAwaitsCustomer) == []
    assert only_ticket(scene).replies == 0
