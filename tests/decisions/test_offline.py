"""What was said in a chat and not read in time goes by e-mail: once, where an address is known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import convert
from msgspec.structs import replace

from agents.words import SHIPPED
from projections.case import Case, Ticket
from projections.case.bounds import MAIL_SECONDS, MAILED, UNREAD, UNREAD_BYTES
from projections.case.mending import absorbed, joined, let_go, parted
from schemas.events.contacts import (
    CustomerDescribed,
    ReplyAddressLeft,
    ReplyDelivered,
    ReplyRead,
    TimerDue,
)
from schemas.events.decisions import (
    ConfirmationRequested,
    IdentityUnlinked,
    ReplyRequested,
    ReplyShaped,
)
from schemas.events.tickets import MessageAdded, TicketAwaitsCustomer
from streams.testing import Scene, given
from tests.elsewhere import EVERYBODY, noticed, request_of, ruled, written, wrote
from tests.histories import History, histories, play
from tests.tickets import ANN, contact, only_ticket

BEGINNING, END = SHIPPED["en"].away, SHIPPED["en"].come_back

LEFT = "left@example.org"


def in_chat(handle: str = "visitor:1", **known: object) -> Scene:
    """The scene after somebody wrote in a chat, of whom this much is known."""
    told = [CustomerDescribed.model_validate({"customer_id": ANN, **known})] if known else []
    return given(*told, agents=EVERYBODY).when(wrote("chat_widget", handle))


def leaves(scene: Scene, email: str = LEFT) -> Scene:
    """The scene after they left an address."""
    about = {"customer_id": ANN, "ticket_id": only_ticket(scene).id}
    return scene.when(ReplyAddressLeft.model_validate({**about, "email": email}))


def reads(scene: Scene, request_id: str) -> Scene:
    """The scene after they read a reply."""
    about: dict[str, Any] = {"customer_id": ANN, "ticket_id": only_ticket(scene).id}
    return scene.when(ReplyRead(**about, request_id=request_id))


def mails(scene: Scene) -> list[ReplyRequested]:
    """The mails about unread replies that were asked for in the last turns."""
    return [one for one in scene.all(ReplyRequested) if one.unread]


# --- acts --------------------------------------------------------------------------------------


def test_an_unread_reply_goes_to_the_address_that_was_left() -> None:
    scene = written(leaves(in_chat()), "**Try** this.")
    number, request = request_of(scene)
    assert request.channel == "chat_widget"
    assert request.mail_at is not None
    assert mails(scene.later(minutes=9.9)) == []
    scene = scene.later(minutes=10)
    mail = scene.one(ReplyRequested)
    assert (mail.channel, mail.handle, mail.subject) == ("email", LEFT, "Re: My order")
    assert mail.parts == [f"{BEGINNING}\n\nTry this.\n\n{END}"]
    assert (mail.kind, mail.author, mail.reasons) == ("agent_reply", "bo", ["unread"])
    assert (mail.instead_of, mail.unread) == (number, [number])
    assert (mail.mail_at, mail.fall_back) == (None, None)


def test_it_is_part_of_its_ticket_and_counted_once() -> None:
    scene = written(leaves(in_chat()))
    number, _ = request_of(scene)
    before = only_ticket(scene)
    scene = scene.later(minutes=10)
    added = scene.one(MessageAdded)
    assert (added.message_channel, added.instead_of) == ("email", number)
    assert scene.all(TicketAwaitsCustomer) == []
    assert only_ticket(scene).replies == before.replies
    assert only_ticket(scene).last_channel == "chat_widget"


def test_an_address_that_was_left_makes_nobody_anybody() -> None:
    scene = written(leaves(in_chat())).later(minutes=10)
    assert isinstance(scene.state, Case)
    assert scene.state.handles == {"chat_widget": ("visitor:1",)}
    assert scene.state.email is None


def test_the_mail_says_everything_that_is_unread_the_oldest_first() -> None:
    scene = leaves(in_chat())
    numbers = []
    for text in ("one", "two", "three"):
        scene = written(scene.later(minutes=2), text)
        numbers.append(request_of(scene)[0])
    scene = reads(scene, numbers[1]).later(minutes=9)
    mail = scene.one(ReplyRequested)
    assert mail.unread == [numbers[0], numbers[2]]
    assert "\n\none\n\nthree\n\n" in mail.parts[0]
    assert only_ticket(scene).unread == ()


def test_of_many_the_oldest_go_and_the_others_a_quarter_of_an_hour_later() -> None:
    scene = leaves(in_chat())
    for number in range(MAILED + 2):
        scene = written(scene, f"word {number}")
    scene = scene.later(minutes=10)
    first = scene.one(ReplyRequested)
    assert len(first.unread) == MAILED
    scene = scene.later(minutes=14.9)
    assert mails(scene) == []
    (second,) = mails(scene.later(minutes=0.2))
    assert len(second.unread) == 2
    assert not set(first.unread) & set(second.unread)


def test_one_mail_goes_in_a_quarter_of_an_hour() -> None:
    scene = written(leaves(in_chat()), "one").later(minutes=10)
    assert len(mails(scene)) == 1
    scene = written(scene, "two").later(minutes=14.9)
    assert mails(scene) == []
    (mail,) = mails(scene.later(minutes=0.2))
    assert "two" in mail.parts[0]
    assert "one" not in mail.parts[0].replace(BEGINNING, "")


@pytest.mark.parametrize(
    "known", [{"handles": '{"email":["ann@example.org"]}'}, {"email": "ann@example.org"}]
)
def test_somebody_for_whom_the_site_vouches_is_written_to_where_they_are_known(
    known: dict[str, str],
) -> None:
    scene = written(in_chat("user:42", **known)).later(minutes=10)
    assert scene.one(ReplyRequested).handle == "ann@example.org"
    left = written(leaves(in_chat("user:42", **known))).later(minutes=10)
    assert left.one(ReplyRequested).handle == LEFT


def test_an_address_from_which_nobody_was_heard_is_remembered_for_the_answer() -> None:
    told = written(in_chat("user:42", email="ann@example.org")).later(minutes=10)
    assert only_ticket(told).left == "ann@example.org"
    known = written(in_chat("user:42", handles='{"email":["ann@example.org"]}'))
    assert only_ticket(known.later(minutes=10)).left is None


def test_an_address_that_is_left_late_gets_what_waits_for_one() -> None:
    scene = written(in_chat()).later(minutes=30)
    assert mails(scene) == []
    assert len(mails(leaves(scene).later(minutes=0))) == 1


def test_the_policy_says_how_long_a_reply_may_stay_unread() -> None:
    patient = ruled(chat={"offline_minutes": 60})
    scene = given(agents=EVERYBODY, policy=patient).when(wrote("chat_widget", "visitor:1"))
    scene = written(leaves(scene)).later(minutes=59)
    assert mails(scene) == []
    assert len(mails(scene.later(minutes=1))) == 1


def test_whoever_answers_the_mail_is_answered_by_mail_at_the_address_that_was_left() -> None:
    scene = written(leaves(in_chat())).later(minutes=10)
    number, _ = request_of(scene)
    answer = contact("It works", handle=None, thread=None, provider_id="m1")
    scene = scene.when(answer.model_copy(update={"in_reply_to": number}))
    assert only_ticket(scene).last_channel == "email"
    reply = written(scene, "Good.").one(ReplyRequested)
    assert (reply.channel, reply.handle, reply.mail_at) == ("email", LEFT, None)
    assert isinstance(scene.state, Case)
    assert "email" not in scene.state.handles


# --- refuses -----------------------------------------------------------------------------------


def test_what_was_read_meanwhile_is_not_mailed() -> None:
    scene = written(leaves(in_chat()))
    number, _ = request_of(scene)
    scene = reads(scene.later(minutes=9), number).later(hours=1)
    assert scene.all(ReplyRequested) == []
    assert scene.all(ReplyShaped) == []


def test_that_it_came_to_their_page_does_not_count_as_read() -> None:
    scene = written(leaves(in_chat()))
    number, _ = request_of(scene)
    about: dict[str, Any] = {"customer_id": ANN, "ticket_id": only_ticket(scene).id}
    scene = scene.when(ReplyDelivered(**about, request_id=number)).later(minutes=10)
    assert len(mails(scene)) == 1


def test_an_address_that_is_gone_by_then_is_not_written_to() -> None:
    scene = written(in_chat("user:42", handles='{"email":["ann@example.org"]}'))
    gone = IdentityUnlinked(
        customer_id=ANN,
        outcome="unlinked",
        policy_version="p",
        channel="email",
        handle="ann@example.org",
    )
    assert mails(scene.when(gone).later(hours=1)) == []


def test_a_timer_that_is_late_mails_nothing_that_was_mailed() -> None:
    scene = written(leaves(in_chat()))
    due = scene.one(ReplyRequested).mail_at
    assert due is not None
    about: dict[str, Any] = {"customer_id": ANN, "ticket_id": only_ticket(scene).id}
    scene = scene.later(minutes=10).when(TimerDue(**about, kind="offline", due_at=due))
    assert scene.all(ReplyRequested) == []


# --- stays quiet -------------------------------------------------------------------------------


def test_where_no_address_is_known_nothing_happens() -> None:
    scene = written(in_chat()).later(minutes=59)
    scene.then()


def test_a_visitor_for_whom_nobody_vouches_is_not_written_to_at_an_address_of_the_customer() -> (
    None
):
    scene = written(in_chat(handles='{"email":["ann@example.org"]}')).later(minutes=59)
    scene.then()


@pytest.mark.parametrize("kind", ["confirmation", "survey", "notice", "follow_up"])
def test_the_desks_own_messages_are_not_mailed(kind: str) -> None:
    scene = noticed(leaves(in_chat()), kind)
    assert scene.one(ReplyRequested).mail_at is None
    assert mails(scene.later(minutes=59)) == []
    assert scene.all(ConfirmationRequested) == []


def test_an_address_that_is_longer_than_any_is_not_remembered() -> None:
    scene = leaves(in_chat(), f"{'x' * 256}@example.org")
    assert only_ticket(scene).left is None


def test_a_reply_that_is_too_long_stays_in_the_chat() -> None:
    scene = written(leaves(in_chat()), "ß" * (UNREAD_BYTES // 2 + 1))
    assert scene.one(ReplyRequested).mail_at is None
    assert mails(scene.later(minutes=59)) == []


def test_of_too_many_the_latest_are_kept() -> None:
    scene = in_chat()
    for number in range(UNREAD + 1):
        scene = written(scene, f"{number}")
    assert [one.text for one in only_ticket(scene).unread] == [f"{n}" for n in range(1, UNREAD + 1)]
    scene = written(scene, "x" * UNREAD_BYTES)
    assert len(only_ticket(scene).unread) == 1


# --- in every history --------------------------------------------------------------------------


_doings = st.lists(
    st.one_of(
        st.tuples(st.just("reply"), st.just(0)),
        st.tuples(st.just("read"), st.integers(0, 12)),
        st.tuples(st.just("wait"), st.sampled_from([1, 4, 10, 16])),
        st.tuples(st.just("leave"), st.just(0)),
    ),
    max_size=25,
)


@drawn(_doings)
@settings(max_examples=60)
def test_nothing_is_mailed_that_was_read_nor_twice_nor_too_soon(
    doings: list[tuple[str, int]],
) -> None:
    scene = in_chat()
    numbers: list[str] = []
    settled: set[str] = set()
    last = -900.0
    for what, number in [*doings, ("leave", 0), ("wait", 16)]:
        match what:
            case "reply":
                scene = written(scene)
                numbers.append(request_of(scene)[0])
            case "read" if number < len(numbers):
                scene = reads(scene, numbers[number])
                settled.add(numbers[number])
            case "leave":
                scene = leaves(scene)
            case "wait":
                scene = scene.later(minutes=number)
                for said in scene.said:
                    mail = said.event
                    if isinstance(mail, ReplyRequested) and mail.unread:
                        assert not settled & set(mail.unread)
                        assert len(set(mail.unread)) == len(mail.unread) <= MAILED
                        settled |= set(mail.unread)
                        assert said.at.timestamp() - last >= MAIL_SECONDS
                        last = said.at.timestamp()


@drawn(histories(("ann", "ben")))
@settings(max_examples=30)
def test_in_any_history_nothing_is_mailed_twice(history: History) -> None:
    mailed = [
        number
        for one in play(history).turns
        for said in one.said
        if isinstance(said.event, ReplyRequested)
        for number in said.event.unread
    ]
    assert len(set(mailed)) == len(mailed)


# --- merged, parted, split ---------------------------------------------------------------------


def _ticket(number: str, **fields: object) -> Ticket:
    told = {"status": "triaged", "priority": "low", "channel": "chat_widget"}
    return convert({**told, "id": number, "opened_at": 0.0, "updated_at": 0.0, **fields}, Ticket)


def test_the_address_goes_along_with_the_conversation_and_comes_back_with_it() -> None:
    one, other = _ticket("one"), _ticket("other", left=LEFT)
    both = absorbed(one, other)
    assert both.left == LEFT
    assert let_go(both, other).left is None
    own = absorbed(replace(one, left="own@example.org"), other)
    assert (own.left, let_go(own, other).left) == ("own@example.org", "own@example.org")
    rest, moved = parted(other, frozenset())
    assert (rest.left, joined(one, moved).left) == (LEFT, LEFT)
