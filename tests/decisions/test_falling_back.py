"""What cannot go on one channel goes on another if the policy knows one: once, and never around."""

from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from agents.policy import Policy
from projections.case.bounds import KEPT, KEPT_BYTES
from schemas.events.contacts import (
    CustomerDescribed,
    ReplyAccepted,
    ReplyDelivered,
    ReplyFailed,
    ReplyRead,
    ReplyUnconfirmed,
)
from schemas.events.decisions import (
    IdentityUnlinked,
    IntentRefused,
    ReplyRequested,
    ReplyShaped,
    TeamAlertRequested,
)
from schemas.events.intents import ConversationStarted
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import MessageAdded, TicketAwaitsCustomer
from schemas.vocabulary import CHANNELS
from streams.testing import Scene, given
from tests.elsewhere import (
    EVERYBODY,
    TEMPLATE,
    failed,
    falling,
    noticed,
    on,
    request_of,
    ruled,
    written,
    wrote,
)
from tests.histories import History, histories, play
from tests.tickets import ANN, only_ticket, reply

BY_MAIL = falling(whatsapp="email", facebook="email", phone="email", slack="email")

LATE = 24.1


def alerts(scene: Scene) -> list[str]:
    return [one.alert_type for one in scene.all(TeamAlertRequested)]


# --- the window is closed ----------------------------------------------------------------------


def test_a_reply_that_comes_too_late_for_one_channel_goes_on_the_other() -> None:
    scene = written(on("whatsapp", BY_MAIL).later(hours=LATE), "**Try** this.")
    refused, shaped = scene.all(ReplyShaped)
    assert (refused.channel, refused.outcome, refused.parts) == ("whatsapp", "window_closed", 0)
    assert (shaped.channel, shaped.outcome) == ("email", "one part")
    request = scene.one(ReplyRequested)
    assert (request.channel, request.handle) == ("email", "ann@example.org")
    assert (request.parts, request.subject) == (["Try this."], "Re: My order")
    assert (request.thread, request.in_reply_to) == (None, None)
    assert request.reasons == ["window_closed"]
    assert [(c.name, c.note) for c in request.candidates] == [
        ("email", "fall_back"),
        ("whatsapp", "window_closed"),
    ]
    assert scene.all(IntentRefused) == []


def test_so_does_what_an_agent_says_if_it_answers() -> None:
    scene = on("facebook", falling("notice", facebook="email")).later(hours=LATE)
    assert noticed(scene).one(ReplyRequested).channel == "email"
    assert noticed(scene, "survey").all(ReplyRequested) == []


@pytest.mark.parametrize("kind", ["confirmation", "survey", "follow_up", "notice"])
def test_the_desks_own_messages_go_no_other_way_unless_the_policy_says_so(kind: str) -> None:
    scene = noticed(on("facebook", BY_MAIL).later(hours=LATE), kind)
    assert scene.all(ReplyRequested) == []
    assert scene.one(ReplyShaped).outcome == "window_closed"
    in_time = request_of(noticed(on("facebook", BY_MAIL), kind))
    assert in_time[1].fall_back is None
    willing = falling(kind, facebook="email")
    late = noticed(on("facebook", willing).later(hours=LATE), kind)
    assert late.one(ReplyRequested).channel == "email"


def test_a_template_comes_before_another_channel() -> None:
    policy = ruled(templates={"whatsapp": TEMPLATE}, delivery={"fall_back": {"whatsapp": "email"}})
    request = written(on("whatsapp", policy).later(hours=LATE)).one(ReplyRequested)
    assert (request.channel, request.within, request.fall_back) == (
        "whatsapp",
        "template",
        "email",
    )


def test_a_conversation_begins_on_the_other_channel() -> None:
    start = ConversationStarted(customer_id=ANN, channel="whatsapp", text="Hello", by="bo")
    scene = on("whatsapp", BY_MAIL).later(hours=LATE).when(start)
    assert scene.one(ReplyRequested).channel == "email"
    assert scene.all(IntentRefused) == []


def test_without_an_address_there_the_reply_is_refused_as_ever() -> None:
    scene = given(agents=EVERYBODY, policy=BY_MAIL).when(wrote("whatsapp"))
    late = written(scene.later(hours=LATE))
    assert late.one(IntentRefused).reason == "window_closed"
    assert late.all(ReplyRequested) == []


def test_where_the_other_channel_is_shut_as_well_the_first_is_named() -> None:
    policy = falling(whatsapp="facebook", facebook="whatsapp")
    scene = given(
        CustomerDescribed(customer_id=ANN, handles='{"facebook":["f1"]}'),
        agents=EVERYBODY,
        policy=policy,
    ).when(wrote("whatsapp"))
    refused = written(scene.later(hours=LATE)).one(IntentRefused)
    assert refused.reason == "window_closed"
    assert refused.remedy.startswith("whatsapp")


def test_what_went_another_way_once_goes_no_further() -> None:
    policy = falling(whatsapp="email", email="whatsapp")
    scene = written(on("whatsapp", policy).later(hours=LATE))
    number, request = request_of(scene)
    assert (request.channel, request.fall_back) == ("email", None)
    scene = failed(scene, number)
    assert scene.all(ReplyRequested) == []
    assert alerts(scene) == ["delivery"]


# --- it failed for good -----------------------------------------------------------------------


def test_a_reply_that_failed_for_good_goes_the_other_way_that_was_kept_for_it() -> None:
    scene = written(on("whatsapp", BY_MAIL), "**Try** this.")
    number, request = request_of(scene)
    assert (request.channel, request.parts) == ("whatsapp", ["*Try* this."])
    assert (request.fall_back, request.fall_back_text) == ("email", "**Try** this.")
    scene = failed(scene, number)
    again = scene.one(ReplyRequested)
    assert (again.channel, again.handle, again.parts) == (
        "email",
        "ann@example.org",
        ["Try this."],
    )
    assert (again.kind, again.author, again.instead_of) == ("agent_reply", "bo", number)
    assert (again.reasons, again.fall_back) == (["failed"], None)
    assert alerts(scene) == []


def test_it_is_part_of_its_ticket_and_counted_once() -> None:
    scene = written(on("whatsapp", BY_MAIL))
    number, _ = request_of(scene)
    before = only_ticket(scene)
    scene = failed(scene, number)
    added = scene.one(MessageAdded)
    assert (added.message_channel, added.instead_of) == ("email", number)
    assert scene.all(TicketAwaitsCustomer) == []
    assert scene.all(InteractionMeasured) == []
    after = only_ticket(scene)
    assert (
        (after.replies, after.person_replies) == (before.replies, before.person_replies) == (1, 1)
    )
    assert after.last_reply_at == before.last_reply_at
    assert len(after.messages) == len(before.messages) + 1


def test_it_goes_once_however_often_it_is_said_to_have_failed() -> None:
    scene = written(on("whatsapp", BY_MAIL))
    number, _ = request_of(scene)
    scene = failed(scene, number)
    second, _ = request_of(scene)
    scene = failed(scene, number)
    assert scene.all(ReplyRequested) == []
    assert alerts(scene) == ["delivery"]
    assert failed(scene, second).all(ReplyRequested) == []


def test_what_may_be_tried_again_stays_where_it_is() -> None:
    scene = written(on("whatsapp", BY_MAIL))
    number, _ = request_of(scene)
    scene = failed(scene, number, final=False)
    scene.then()
    assert failed(scene, number).one(ReplyRequested).channel == "email"


@pytest.mark.parametrize("kind", [ReplyDelivered, ReplyRead])
def test_what_arrived_goes_no_other_way(kind: type[ReplyDelivered | ReplyRead]) -> None:
    scene = written(on("whatsapp", BY_MAIL))
    number, _ = request_of(scene)
    scene = scene.when(kind(customer_id=ANN, ticket_id=only_ticket(scene).id, request_id=number))
    assert only_ticket(scene).kept == ()
    assert failed(scene, number).all(ReplyRequested) == []


def test_what_a_provider_took_and_could_not_bring_goes_the_other_way() -> None:
    scene = written(on("whatsapp", BY_MAIL))
    number, _ = request_of(scene)
    taken = ReplyAccepted(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        request_id=number,
        transport="whatsapp",
        provider_message_id="wamid.1",
    )
    assert failed(scene.when(taken), number).one(ReplyRequested).channel == "email"


def test_of_what_nobody_knows_whether_it_arrived_nothing_is_sent_again() -> None:
    scene = written(on("whatsapp", BY_MAIL))
    number, _ = request_of(scene)
    told = {"customer_id": ANN, "ticket_id": only_ticket(scene).id, "request_id": number}
    scene = scene.when(ReplyUnconfirmed.model_validate({**told, "attempt": 1}))
    assert scene.all(ReplyRequested) == []
    assert alerts(scene) == ["delivery"]


def test_without_a_policy_for_it_a_failure_is_told_to_the_team() -> None:
    scene = written(on("whatsapp"))
    number, request = request_of(scene)
    assert (request.fall_back, only_ticket(scene).kept) == (None, ())
    scene = failed(scene, number)
    assert scene.all(ReplyRequested) == []
    assert alerts(scene) == ["delivery"]


def test_where_the_address_is_gone_by_then_the_team_is_told() -> None:
    scene = written(on("whatsapp", BY_MAIL))
    number, _ = request_of(scene)
    gone = IdentityUnlinked(
        customer_id=ANN,
        outcome="unlinked",
        policy_version="p",
        channel="email",
        handle="ann@example.org",
    )
    scene = failed(scene.when(gone), number)
    assert scene.all(ReplyRequested) == []
    assert alerts(scene) == ["delivery"]


def test_where_the_other_channel_is_shut_by_then_that_is_said_and_the_team_told() -> None:
    scene = on("email", falling(email="whatsapp")).when(wrote("whatsapp"))
    scene = written(scene, channel="email")
    number, _ = request_of(scene)
    scene = failed(scene.later(hours=LATE), number)
    assert scene.all(ReplyRequested) == []
    assert (scene.one(ReplyShaped).channel, scene.one(ReplyShaped).outcome) == (
        "whatsapp",
        "window_closed",
    )
    assert alerts(scene) == ["delivery"]


def test_a_failure_of_nothing_that_was_kept_is_no_reason_to_write() -> None:
    scene = failed(on("whatsapp", BY_MAIL), "another")
    assert scene.all(ReplyRequested) == []


# --- how much is kept -------------------------------------------------------------------------


def test_a_text_that_is_too_long_to_be_kept_has_no_other_way() -> None:
    fits = written(on("whatsapp", BY_MAIL), "x" * KEPT_BYTES)
    assert fits.one(ReplyRequested).fall_back == "email"
    scene = written(on("whatsapp", BY_MAIL), "ß" * (KEPT_BYTES // 2 + 1))
    number, request = request_of(scene)
    assert (request.fall_back, request.fall_back_text) == (None, None)
    assert alerts(failed(scene, number)) == ["delivery"]


def test_the_fold_keeps_no_more_whoever_asks_it_to() -> None:
    scene = on("whatsapp", BY_MAIL)
    long = reply(scene, fall_back="email", fall_back_text="x" * (KEPT_BYTES + 1))
    assert only_ticket(scene.when(long)).kept == ()


def test_of_too_many_replies_the_latest_are_kept() -> None:
    scene = on("whatsapp", BY_MAIL)
    for number in range(KEPT + 2):
        scene = written(scene, f"{number}")
    assert [one.text for one in only_ticket(scene).kept] == ["2", "3", "4", "5"]
    scene = written(scene, "x" * KEPT_BYTES)
    assert [len(one.text) for one in only_ticket(scene).kept] == [KEPT_BYTES]


# --- in every history -------------------------------------------------------------------------

ROUND = falling(
    *("answer", "suggestion", "agent_reply", "opening", "notice", "confirmation", "survey"),
    **{channel: CHANNELS[place - 1] for place, channel in enumerate(CHANNELS)},
)
"""A policy by which every channel falls back on another, round and round."""


@drawn(histories(("ann", "ben")), st.sampled_from([ROUND, BY_MAIL]))
@settings(max_examples=60)
def test_nothing_goes_twice_the_same_way_nor_in_a_circle(history: History, policy: Policy) -> None:
    lines = play(history, policy=policy)
    requests = {
        r.id: r.event
        for one in lines.turns
        for r in one.said
        if isinstance(r.event, ReplyRequested)
    }
    again = [one for one in requests.values() if one.instead_of is not None]
    assert len({one.instead_of for one in again}) == len(again)
    for one in again:
        first = requests[one.instead_of or ""]
        assert first.instead_of is None
        assert (first.fall_back, first.ticket_id) == (one.channel, one.ticket_id)
        assert one.fall_back is None


@drawn(histories(("ann",)), st.sampled_from([ROUND, BY_MAIL]))
@settings(max_examples=40)
def test_a_failure_is_followed_by_another_way_or_told(history: History, policy: Policy) -> None:
    for one in play(history, policy=policy).turns:
        if not isinstance(one.record.event, ReplyFailed):
            continue
        kinds = [type(r.event) for r in one.said]
        assert kinds.count(ReplyRequested) + kinds.count(TeamAlertRequested) <= 1
