"""Two tickets that are one issue, one that is two, and all of it taken back."""

from __future__ import annotations

from msgspec.structs import replace

from agents import channel, lifecycle, outbound, triage
from agents.policy import default_policy
from projections.case import Ticket
from projections.case.mending import parted
from schemas.event import Event
from schemas.events import intents as asked
from schemas.events.contacts import ReplyAccepted, TicketHandedOver
from schemas.events.decisions import ContactLinked, IntentRefused
from schemas.events.desk import RequestWithdrawn, SpecialistReleased, SpecialistRequested
from schemas.events.tickets import (
    MessageAdded,
    SlaBreached,
    SlaStarted,
    SlaWarned,
    TicketMoved,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TicketsMerged,
    TicketSplit,
    TicketsUnmerged,
    TicketTriaged,
)
from streams.testing import FakeModels, Scene, given, understood
from tests.lines import Lines
from tests.tickets import ANN, assigned, contact, reply

AGENTS = (
    channel.RECEIVED,
    channel.ACCEPTED,
    *lifecycle.AGENTS,
    *triage.AGENTS,
    outbound.WRITTEN,
)

STRICT = default_policy().model_copy(update={"linking": {"threshold": 1.0}})
"""Only a thread or a reference links a message, so that each of these opens a ticket."""


def two() -> tuple[Scene, str, str]:
    """Two tickets in threads of their own, and their ids."""
    scene = given(agents=AGENTS, policy=STRICT).when(
        contact("a refund please", thread="t1", provider_id="p1")
    )
    first = scene.one(TicketOpened).ticket_id
    scene = scene.when(contact("a parcel is gone", thread="t2", provider_id="p2"))
    second = scene.one(TicketOpened).ticket_id
    return scene, first, second


def three() -> tuple[Scene, str, str, str]:
    """Three tickets."""
    scene, first, second = two()
    scene = scene.when(contact("the app is slow", thread="t3", provider_id="p3"))
    return scene, first, second, scene.one(TicketOpened).ticket_id


def on(scene: Scene, ticket_id: str, kind: type[Event], **fields: object) -> Scene:
    """The scene after somebody asked something of one of its tickets."""
    told = {"ticket_id": ticket_id, "customer_id": ANN, "by": "bo", **fields}
    return scene.when(kind.model_validate(told))


def at(scene: Scene, ticket_id: str) -> Ticket:
    """A ticket of the scene."""
    ticket = scene.state.tickets[ticket_id]
    assert isinstance(ticket, Ticket)
    return ticket


def test_a_merged_ticket_points_to_the_other_and_is_closed() -> None:
    scene, first, second = two()
    scene = on(scene, second, asked.MergeAsked, into=first)
    merged = scene.one(TicketsMerged)
    assert (merged.ticket_id, merged.into, merged.status, merged.by) == (
        second,
        first,
        "closed",
        "bo",
    )
    assert at(scene, first).absorbed == (second,)
    assert at(scene, second).merged_into == first


def test_the_survivor_counts_what_was_said_on_both() -> None:
    scene, first, second = two()
    scene = on(scene, second, asked.MergeAsked, into=first)
    assert at(scene, first).contacts == 2
    scene = on(scene, first, asked.ResolveAsked)
    assert scene.one(TicketResolved).contacts == 2


def test_a_merge_frees_the_person_of_the_merged_ticket_and_stops_its_timers() -> None:
    scene, first, second = two()
    scene = scene.when(assigned_to(scene, second, "cy"))
    scene = on(scene, second, asked.MergeAsked, into=first)
    assert scene.one(SpecialistReleased).specialist_id == "cy"
    scene = scene.later(days=1)
    late = [*scene.all(SlaWarned), *scene.all(SlaBreached)]
    assert {event.ticket_id for event in late} == {first}


def test_the_survivor_is_as_pressing_as_what_was_merged_into_it() -> None:
    scene, first, second = two()
    scene = on(scene, second, asked.PriorityAsked, priority="critical")
    scene = on(scene, second, asked.MergeAsked, into=first)
    raised = scene.one(TicketPrioritised)
    assert (raised.ticket_id, raised.priority, raised.previous, raised.by) == (
        first, "critical", "medium", "bo",
    )  # fmt: skip
    assert at(scene, first).priority == "critical"
    assert {target.ticket_id for target in scene.all(SlaStarted)} == {first}


def test_a_merge_lowers_no_priority_and_raises_none_of_what_is_done() -> None:
    scene, first, second = two()
    raised = on(scene, first, asked.PriorityAsked, priority="critical")
    assert on(raised, second, asked.MergeAsked, into=first).all(TicketPrioritised) == []
    pressing = on(scene, second, asked.PriorityAsked, priority="critical")
    done = on(pressing, first, asked.ResolveAsked)
    assert on(done, second, asked.MergeAsked, into=first).all(TicketPrioritised) == []
    over = on(pressing, second, asked.ResolveAsked)
    assert on(over, second, asked.MergeAsked, into=first).all(TicketPrioritised) == []


def assigned_to(scene: Scene, ticket_id: str, specialist_id: str) -> Event:
    """The desk's answer for one of two tickets."""
    one = replace(scene, state=replace(scene.state, tickets={ticket_id: at(scene, ticket_id)}))
    return assigned(one, specialist_id)


def test_a_merge_withdraws_the_request_of_the_merged_ticket() -> None:
    scene, first, second = two()
    scene = on(scene, second, asked.TransferAsked, team="money")
    request = scene.one(SpecialistRequested)
    scene = on(scene, second, asked.MergeAsked, into=first)
    assert scene.one(RequestWithdrawn).request_id == request.request_id


def test_a_message_in_the_merged_tickets_thread_comes_to_the_survivor() -> None:
    scene, first, second = two()
    scene = on(scene, second, asked.MergeAsked, into=first)
    scene = scene.when(contact("any news?", thread="t2", provider_id="p9"))
    link = scene.one(ContactLinked)
    assert (link.ticket_id, link.rule) == (first, "thread")
    assert scene.one(MessageAdded).ticket_id == first


def test_a_message_that_names_the_merged_ticket_comes_to_the_survivor() -> None:
    scene, first, second = two()
    scene = on(scene, second, asked.MergeAsked, into=first)
    clue = {"kind": "ticket", "text": second, "start": 0, "end": 5}
    models = FakeModels(understanding=understood(clues=[clue]))
    scene = replace(scene, models=models).when(
        contact("about my ticket", thread=None, provider_id="p9")
    )
    assert scene.one(ContactLinked).ticket_id == first


def test_an_answer_to_a_reply_that_the_merged_ticket_sent_comes_to_the_survivor() -> None:
    scene, first, second = two()
    scene = on(scene, second, asked.MergeAsked, into=first)
    scene = scene.when(
        ReplyAccepted(
            customer_id=ANN,
            ticket_id=second,
            request_id="r",
            transport="local",
            provider_message_id="ours-1",
        )
    )
    later = contact("yes", thread=None, provider_id="p9").model_copy(
        update={"in_reply_to": "ours-1"}
    )
    assert scene.when(later).one(ContactLinked).ticket_id == first


def test_nothing_but_an_unmerge_may_be_asked_of_a_merged_ticket() -> None:
    scene, first, second = two()
    scene = on(scene, second, asked.MergeAsked, into=first)
    for kind in (asked.ResolveAsked, asked.ReopenAsked, asked.HandoverAsked):
        refused = on(scene, second, kind).then(IntentRefused).one(IntentRefused)
        assert refused.reason == "merged"
        assert first in refused.remedy


def test_a_merge_into_a_merged_or_closed_ticket_or_itself_is_refused() -> None:
    scene, first, second, third = three()
    scene = on(scene, second, asked.MergeAsked, into=first)
    refused = on(scene, third, asked.MergeAsked, into=second).one(IntentRefused)
    assert (refused.reason, first in refused.remedy) == ("target_merged", True)
    scene = on(scene, first, asked.CloseAsked)
    assert on(scene, third, asked.MergeAsked, into=first).one(IntentRefused).reason == (
        "target_closed"
    )
    assert on(scene, third, asked.MergeAsked, into=third).one(IntentRefused).reason == (
        "same_ticket"
    )


def test_an_unmerge_gives_back_threads_and_counts_and_opens_the_ticket_again() -> None:
    scene, first, second = two()
    was = at(scene, first)
    scene = on(scene, second, asked.MergeAsked, into=first)
    scene = on(scene, second, asked.UnmergeAsked)
    assert scene.one(TicketsUnmerged).from_ticket_id == first
    reopened = scene.one(TicketReopened)
    assert (reopened.status, reopened.reason, reopened.reopened) == ("triaged", "unmerged", 0)
    assert [s.target for s in scene.all(SlaStarted)] == ["first_reply", "resolution"]
    assert scene.one(SpecialistRequested).ticket_id == second
    now = at(scene, first)
    assert (now.contacts, now.threads, now.absorbed) == (was.contacts, was.threads, ())
    scene = scene.when(contact("any news?", thread="t2", provider_id="p9"))
    assert scene.one(ContactLinked).ticket_id == second


def test_a_ticket_that_was_answered_before_its_merge_owes_no_first_reply_after_the_unmerge() -> (
    None
):
    scene, first, second = two()
    scene = on(scene, second, asked.ReplyWritten, text="we look into it")
    scene = on(scene, second, asked.MergeAsked, into=first)
    scene = on(scene, second, asked.UnmergeAsked)
    assert scene.one(SlaStarted).target == "resolution"


def test_a_ticket_that_was_resolved_before_its_merge_stays_closed_after_the_unmerge() -> None:
    scene, first, second = two()
    scene = on(scene, second, asked.ResolveAsked)
    scene = on(scene, second, asked.MergeAsked, into=first)
    scene = on(scene, second, asked.UnmergeAsked).then(TicketsUnmerged)
    assert at(scene, second).status == "closed"


def test_what_a_merged_ticket_absorbed_goes_along_and_comes_back_with_it() -> None:
    scene, first, second, third = three()
    scene = on(scene, third, asked.MergeAsked, into=second)
    scene = on(scene, second, asked.MergeAsked, into=first)
    assert at(scene, first).contacts == 3
    scene = scene.when(contact("any news?", thread="t3", provider_id="p8"))
    assert scene.one(ContactLinked).ticket_id == first
    scene = on(scene, second, asked.UnmergeAsked)
    assert (at(scene, first).contacts, at(scene, second).contacts) == (2, 2)
    assert at(scene, first).absorbed == ()
    scene = scene.when(contact("and now?", thread="t3", provider_id="p9"))
    assert scene.one(ContactLinked).ticket_id == second


def test_a_ticket_deep_in_a_chain_of_merges_leaves_all_of_it() -> None:
    scene, first, second, third = three()
    scene = on(scene, third, asked.MergeAsked, into=second)
    scene = on(scene, second, asked.MergeAsked, into=first)
    scene = on(scene, third, asked.UnmergeAsked)
    assert [at(scene, i).contacts for i in (first, second, third)] == [2, 1, 1]
    scene = scene.when(contact("and now?", thread="t3", provider_id="p9"))
    assert scene.one(ContactLinked).ticket_id == third


def test_the_tickets_of_a_chain_come_back_from_the_parking_for_an_unmerge() -> None:
    lines = Lines(policy=STRICT)
    ids = []
    for n in (1, 2, 3):
        said = lines.put(contact(f"issue {n}", thread=f"t{n}", provider_id=f"p{n}"))
        ids.append(next(e.ticket_id for e in said if isinstance(e, TicketOpened)))
    for gone, into in ((2, 1), (1, 0)):
        lines.put(asked.MergeAsked(ticket_id=ids[gone], customer_id=ANN, by="bo", into=ids[into]))
    assert set(lines.parked(ANN)) == set(ids[1:])
    lines.put(asked.UnmergeAsked(ticket_id=ids[2], customer_id=ANN, by="bo"))
    assert lines.tickets(ANN)[ids[0]].contacts == 2
    assert lines.tickets(ANN)[ids[2]].status == "triaged"
    assert lines.parked(ANN)[ids[1]].contacts == 1


def written_twice() -> tuple[Scene, str, list[str]]:
    """One ticket with two messages of the customer and a reply between them."""
    scene = given(agents=AGENTS, policy=STRICT).when(
        contact("a refund please", thread="t1", provider_id="p1")
    )
    ticket_id = scene.one(TicketOpened).ticket_id
    messages = [scene.one(MessageAdded).interaction_id]
    scene = scene.when(reply(scene))
    messages.append(scene.one(MessageAdded).interaction_id)
    scene = scene.when(contact("and a parcel is gone", thread="t1", provider_id="p2"))
    messages.append(scene.one(MessageAdded).interaction_id)
    return scene, ticket_id, messages


def test_a_split_opens_a_triaged_ticket_with_the_messages() -> None:
    scene, old, messages = written_twice()
    scene = on(scene, old, asked.SplitAsked, messages=messages[1:])
    opened = scene.one(TicketOpened)
    assert (opened.origin, opened.contact_id) == ("split", messages[2])
    assert scene.one(TicketTriaged).ticket_id == opened.ticket_id
    assert {s.target for s in scene.all(SlaStarted)} == {"first_reply", "resolution"}
    split = scene.one(TicketSplit)
    assert (split.into, split.messages) == (opened.ticket_id, messages[1:])
    assert (split.contacts, split.replies, split.person_replies) == (1, 1, 1)
    rest, fresh = at(scene, old), at(scene, opened.ticket_id)
    assert (rest.contacts, rest.replies, rest.person_replies) == (1, 0, 0)
    assert (fresh.contacts, fresh.replies, fresh.person_replies) == (1, 1, 1)
    assert [m for m, _ in fresh.messages] == messages[1:]
    assert [m for m, _ in rest.messages] == messages[:1]


def over_two_channels() -> tuple[Scene, str, list[str]]:
    """One ticket that was written to by mail, then in Slack."""
    scene, ticket_id, messages = written_twice()
    answers = contact("more", thread="S7", provider_id="s1", channel="slack", handle="U7")
    scene = scene.when(answers.model_copy(update={"in_reply_to": "p2", "message": "order 77"}))
    assert scene.one(ContactLinked).ticket_id == ticket_id
    return scene, ticket_id, [*messages, scene.one(MessageAdded).interaction_id]


def test_what_is_split_off_goes_on_where_it_was_written_and_the_rest_where_that_was() -> None:
    scene, old, messages = over_two_channels()
    scene = on(scene, old, asked.SplitAsked, messages=messages[3:])
    opened = scene.one(TicketOpened)
    assert (opened.channel, opened.handle) == ("slack", "U7")
    fresh, rest = at(scene, opened.ticket_id), at(scene, old)
    assert (fresh.channel, fresh.last_channel, fresh.channels) == ("slack", "slack", ("slack",))
    assert (fresh.thread, fresh.message_id) == ("S7", "s1")
    assert (rest.channel, rest.last_channel, rest.channels) == ("email", "email", ("email",))
    assert (rest.thread, rest.message_id) == (None, None)
    assert (len(fresh.spoken_on), len(rest.spoken_on)) == (1, 3)


def test_what_was_written_first_is_split_off_where_it_was_written() -> None:
    scene, old, messages = over_two_channels()
    scene = on(scene, old, asked.SplitAsked, messages=messages[:1])
    opened = scene.one(TicketOpened)
    assert (opened.channel, opened.handle) == ("email", "ann@example.org")
    fresh, rest = at(scene, opened.ticket_id), at(scene, old)
    assert (fresh.last_channel, fresh.thread) == ("email", None)
    assert (rest.last_channel, rest.thread, rest.message_id) == ("slack", "S7", "s1")


def test_of_messages_from_before_channels_were_kept_the_ticket_has_what_it_had() -> None:
    scene, old, messages = over_two_channels()
    known = replace(at(scene, old), spoken_on=("slack",))
    rest, moved = parted(known, frozenset(messages[:1]))
    assert (moved.channels, moved.last_channel, moved.spoken_on) == (
        ("email", "slack"),
        "slack",
        (),
    )
    assert (rest.last_channel, rest.spoken_on) == ("slack", ("slack",))


def test_a_split_gives_the_new_ticket_to_whoever_has_the_old_one() -> None:
    scene, old, messages = written_twice()
    scene = scene.when(assigned_to(scene, old, "bo"))
    scene = on(scene, old, asked.SplitAsked, messages=messages[2:])
    assert scene.one(SpecialistRequested).specialist_id == "bo"


def test_a_split_leaves_a_message_of_the_customer_on_either_side() -> None:
    scene, old, messages = written_twice()
    for named, reason in ((messages[1:2], "no_customer_message"), (messages, "nothing_left")):
        refused = on(scene, old, asked.SplitAsked, messages=named).one(IntentRefused)
        assert refused.reason == reason


def test_tickets_that_another_line_brought_are_said_to_have_moved() -> None:
    lines = Lines()
    lines.put(contact("hello"))
    lines.put(
        asked.LinkAsked(
            customer_id=ANN,
            channel="email",
            handle="ann@example.org",
            other_customer_id="ben",
            by="bo",
        )
    )
    (moved,) = [e for e in lines.said if isinstance(e, TicketMoved)]
    assert (moved.customer_id, moved.from_customer_id) == ("ben", ANN)


def test_a_hand_over_to_somebody_else_moves_nothing() -> None:
    event = TicketHandedOver(
        customer_id="ben",
        from_customer_id=ANN,
        tickets="[]",
        profile='{"customer_id": "ann"}',
        part=1,
        parts=1,
        undo=False,
    )
    given(agents=lifecycle.AGENTS).when(event).then()
