"""What each event means for the case of a customer and for a ticket in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from projections.case import evolve, timers
from projections.case.state import Clock
from projections.case.words import clip, handles_of, latest, reference, with_handle, without_handle
from schemas.event import Event
from schemas.events import contacts as inbox
from schemas.events import decisions as says
from schemas.events import desk
from schemas.events import tickets as became
from streams.testing import START
from tests.busycase import BUSY, DUE, NOW, TEXT, after, case, told
from tests.embedded import record_of

NOTHING_STANDS = {
    "snoozed_until": None, "follow_up_at": None, "assume_resolved_at": None, "close_at": None,
    "request_id": None, "ask_again_at": None, "offer": None, "awaiting": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fields", "changed"),
    [
        (
            became.TicketTriaged,
            {"tags": ["a", "b"], "vip": True},
            {
                "vip": True, "priority": "critical", "category": TEXT, "category_confidence": 0.25,
                "team": TEXT, "tags": ("a", "b"), "language": TEXT, "sentiment": 0.25,
                "triaged_at": NOW, "proposal": None,
            },
        ),
        (became.TicketStarted, {}, {"awaiting": None, "assume_resolved_at": None}),
        (
            became.TicketAwaitsCustomer,
            {"reason": "answer", "resolution_left_minutes": 30.0},
            {
                "awaiting": "answer", "assume_resolved_at": DUE,
                "resolution": Clock(target=120, left=30.0, warned=True),
            },
        ),
        (
            became.TicketEscalated,
            {"triggers": ["complaint", "vip"]},
            {
                "escalated_at": NOW, "triggers": ("vip", "complaint"), "awaiting": None,
                "assume_resolved_at": None,
            },
        ),
        (
            became.TicketAssigned,
            {"team": "money", "specialist_id": "cy"},
            {"team": "money", "specialist_id": "cy", "request_id": None, "ask_again_at": None},
        ),
        (became.TicketPrioritised, {"priority": "high", "vip": None}, {"priority": "high"}),
        (became.TicketPrioritised, {"vip": True}, {"priority": "critical", "vip": True}),
        (
            became.TicketCategorised,
            {"category": "new"},
            {"category": "new", "category_confidence": None},
        ),
        (became.TicketTagged, {"tags": ["y"]}, {"tags": ("y",)}),
        (
            became.TicketTransferred,
            {"team": "money"},
            {
                "team": "money", "specialist_id": None, "request_id": None, "ask_again_at": None,
                "skills": (),
            },
        ),
        (became.TicketSnoozed, {}, {"snoozed_until": DUE}),
        (became.TicketWoken, {"status": "waiting_customer"}, {"snoozed_until": None}),
        (
            became.TicketWoken,
            {"status": "triaged"},
            {"snoozed_until": None, "awaiting": None, "assume_resolved_at": None},
        ),
        (
            became.TicketResolved,
            {},
            NOTHING_STANDS
            | {"resolved_at": NOW, "close_at": DUE, "first_reply": None, "resolution": None}
            | {"settled_with": TEXT},
        ),
        (
            became.TicketResolved,
            {"by": "customer"},
            NOTHING_STANDS
            | {"resolved_at": NOW, "close_at": DUE, "first_reply": None, "resolution": None}
            | {"settled_with": None},
        ),
        (
            became.TicketClosed,
            {},
            NOTHING_STANDS | {"closed_at": NOW, "first_reply": None, "resolution": None},
        ),
        (
            became.TicketsMerged,
            {"into": "U"},
            NOTHING_STANDS
            | {"closed_at": NOW, "first_reply": None, "resolution": None, "merged_into": "U"},
        ),
        (
            became.TicketReopened,
            {"reopened": 2},
            {
                "resolved_at": None, "closed_at": None, "close_at": None, "reopened": 2,
                "awaiting": None, "offer": None, "settled_with": None, "specialist_id": None,
            },
        ),
        (became.TicketMoved, {}, {}),
        (became.TicketRated, {"score": 4}, {"rating": 4}),
        (
            became.SlaWarned,
            {"target": "first_reply"},
            {"first_reply": Clock(due=100.0, warn=90.0, target=60, warned=True)},
        ),
        (
            became.SlaBreached,
            {"target": "resolution"},
            {
                "resolution": Clock(
                    due=200.0, warn=190.0, target=120, warned=True, ended="breached"
                )
            },
        ),
        (
            became.SlaMet,
            {"target": "first_reply"},
            {"first_reply": Clock(due=100.0, warn=90.0, target=60, warned=True, ended="met")},
        ),
        (
            became.SlaStarted,
            {"target": "resolution", "target_minutes": 9, "resumed": True},
            {"resolution": Clock(due=DUE, warn=DUE, target=9, warned=True, calendar=TEXT)},
        ),
        (
            became.SlaStarted,
            {"target": "resolution", "target_minutes": 9, "resumed": False},
            {"resolution": Clock(due=DUE, warn=DUE, target=9, calendar=TEXT)},
        ),
    ],
)  # fmt: skip
def test_a_change_of_a_ticket_changes_this_and_nothing_else(
    kind: type[Event], fields: dict[str, Any], changed: dict[str, Any]
) -> None:
    event = told(kind, **fields)
    expected = {"status": event.status, "revision": event.revision, "updated_at": NOW, **changed}
    assert after(kind, **fields).tickets["T"] == msgspec.structs.replace(BUSY, **expected)


def test_a_case_counts_what_became_of_its_tickets() -> None:
    assert after(became.TicketResolved, at=case(resolved=2)).resolved == 3
    assert after(became.TicketResolved).last_resolved == "T"
    assert after(became.TicketOpened, at=case(opened=2)).opened == 3
    escalated = after(became.TicketEscalated, at=case(escalations=2))
    assert escalated.escalations == 3
    assert after(became.TicketEscalated, at=escalated).escalations == 3
    assert after(inbox.ContactReceived, at=case(contacts=2)).contacts == 3


def test_a_change_of_a_ticket_that_is_not_at_hand_changes_nothing() -> None:
    assert after(became.TicketClosed, ticket_id="U") == case()
    assert after(says.SurveyRequested, ticket_id=None) == case()
    assert after(says.EscalationTriggered, ticket_id="U") == case()
    assert after(says.RouteChosen, ticket_id="U") == case()


def test_a_rating_counts_once_for_the_customer() -> None:
    """That of a survey counted when it came, which is before the ticket's event."""
    assert after(became.TicketRated, contact_id="c", score=4).ratings == (4,)
    assert after(became.TicketRated, contact_id=None, score=4).ratings == ()
    assert after(inbox.SurveyAnswered, score=2).ratings == (2,)


def test_of_a_ticket_the_last_rating_stands() -> None:
    known = after(inbox.SurveyAnswered, score=2, at=case(ratings=(1,), rated=("U",)))
    again = after(became.TicketRated, contact_id="c", score=5, at=known)
    assert (again.ratings, again.rated) == ((1, 5), ("U", "T"))
    other = after(inbox.SurveyAnswered, ticket_id="U", score=4, at=again)
    assert (other.ratings, other.rated) == ((5, 4), ("T", "U"))


def test_a_rating_of_no_ticket_stands_beside_the_ticket_that_was_resolved_last() -> None:
    of_none = {"ticket_id": None, "customer_id": "ann"}
    nowhere = after(inbox.SurveyAnswered, **of_none, score=2, at=case(ratings=(1,), rated=("",)))
    assert (nowhere.ratings, nowhere.rated) == ((1, 2), ("", ""))
    known = case(ratings=(1,), rated=("U",), last_resolved="U")
    assert after(inbox.SurveyAnswered, **of_none, score=2, at=known).ratings == (2,)


def test_ratings_of_which_no_ticket_is_known_stand_beside_the_others() -> None:
    old = case(ratings=(1, 2), rated=())
    assert after(inbox.SurveyAnswered, score=3, at=old).rated == ("", "", "T")
    full = case(ratings=(1,) * 10, rated=("",) * 10)
    assert after(inbox.SurveyAnswered, score=3, at=full).ratings == (*(1,) * 9, 3)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (says.VipRecognised, {"vip": True, "unannounced": True}),
        (says.SatisfactionScored, {"satisfaction": 0.25, "unannounced": True}),
        (says.CustomersMerged, {"merged_into": TEXT, "unannounced": True}),
        (says.IdentityLinked, {"handles": {"discord": (TEXT,)}, "unannounced": True}),
        (says.IdentityUnlinked, {"unannounced": True}),
        (says.ContactHeld, {"held_at": NOW}),
    ],
)
def test_what_is_said_of_a_customer_is_in_the_case(
    kind: type[Event], changed: dict[str, Any]
) -> None:
    known = case(unannounced=False)
    assert after(kind, at=known) == msgspec.structs.replace(known, **changed)


def test_of_what_the_product_noticed_a_case_remembers_crashes_alone() -> None:
    crashed = after(inbox.ProductSignalReported, kind="app_crash")
    assert crashed.signals == (("app_crash", NOW),)
    assert after(inbox.ProductSignalReported, at=crashed, kind="upgrade") == crashed


def test_a_customer_who_is_told_of_is_known_and_news_only_once() -> None:
    fields: dict[str, Any] = {
        "name": "Ann",
        "handles": '{"email":["a"]}',
        "language": None,
        "email": None,
    }
    described = after(inbox.CustomerDescribed, **fields)
    assert (described.name, described.handles) == ("Ann", {"email": ("a",)})
    assert (described.language, described.email, described.unannounced) == (None, None, True)
    announced = after(says.CustomerRecognised, at=described)
    assert not announced.unannounced
    assert after(inbox.CustomerDescribed, at=announced, **fields) == announced


def test_what_was_asked_stands_on_the_ticket() -> None:
    surveyed = after(says.SurveyRequested, at=after(became.TicketRated, score=2)).tickets["T"]
    assert (surveyed.surveyed, surveyed.rating) == (True, None)
    assert after(says.FollowUpScheduled).tickets["T"].follow_up_at == DUE
    asked = after(desk.SpecialistRequested, request_id="S").tickets["T"]
    assert (asked.request_id, asked.ask_again_at) == ("S", None)
    confirmed = after(says.ConfirmationRequested, at=case(confirmations=(NOW - 3600.0, NOW - 1.0)))
    assert confirmed.tickets["T"].confirmed
    assert confirmed.confirmations == (NOW - 1.0, NOW)


@pytest.mark.parametrize(("request_id", "again"), [("R", DUE), ("other", 3.0)])
def test_only_the_answer_to_the_request_that_stands_says_when_to_ask_again(
    request_id: str, again: float
) -> None:
    told_so = after(inbox.SpecialistUnavailable, request_id=request_id)
    assert told_so.tickets["T"].ask_again_at == again
    nobody = after(inbox.SpecialistUnavailable, request_id="R", next_at=None)
    assert nobody.tickets["T"].ask_again_at == 3.0


def test_an_answer_to_what_we_sent_belongs_to_its_ticket() -> None:
    sent = after(says.ReplyRequested)
    accepted = after(inbox.ReplyAccepted, at=sent, provider_message_id="m1")
    assert accepted.tickets["T"].threads[-1] == "m1"
    assert len(accepted.tickets["T"].threads) == 2


@pytest.mark.parametrize(
    ("kind", "field", "due"),
    [
        ("wake", "snoozed_until", 4.0),
        ("follow_up", "follow_up_at", 5.0),
        ("assume_resolved", "assume_resolved_at", 6.0),
        ("close", "close_at", 7.0),
        ("ask_again", "ask_again_at", 3.0),
    ],
)
def test_a_timer_fires_once_and_one_that_does_not_stand_never(
    kind: str, field: str, due: float
) -> None:
    at = START.fromtimestamp(due, START.tzinfo)
    before = case(BUSY if kind == "wake" else msgspec.structs.replace(BUSY, snoozed_until=None))
    fired = after(inbox.TimerDue, at=before, kind=kind, due_at=at)
    assert fired.fired == record_of(told(inbox.TimerDue)).id
    assert getattr(fired.tickets["T"], field) is None
    late = after(inbox.TimerDue, at=before, kind=kind, due_at=at + timedelta(seconds=1))
    assert late == before
    assert after(inbox.TimerDue, at=fired, kind=kind, due_at=at).fired is None


def test_a_ticket_implies_a_timer_for_everything_that_stands() -> None:
    asleep = msgspec.structs.replace(BUSY, first_reply=Clock(due=100.0, warn=90.0, target=60))
    awake = msgspec.structs.replace(asleep, snoozed_until=None)
    always = {
        ("follow_up", None, 5.0), ("close", None, 7.0), ("ask_again", None, 3.0),
        ("first_reply_warning", "first_reply", 90.0), ("first_reply_breach", "first_reply", 100.0),
        ("resolution_breach", "resolution", 200.0),
    }  # fmt: skip
    for ticket, more in ((asleep, ("wake", None, 4.0)), (awake, ("assume_resolved", None, 6.0))):
        found = {(one.kind, one.target, one.due_at) for one in timers(case(ticket)).values()}
        assert found == always | {more}
    assert {one.ticket_id for one in timers(case()).values()} == {"T"}
    same = case()
    assert timers(same, same) == {}


def test_the_latest_are_kept_each_once() -> None:
    assert latest(("a", "b"), ("a", "c"), 9) == ("b", "a", "c")
    assert latest(("a", "b"), ("c",), 2) == ("b", "c")


def test_handles_come_and_go() -> None:
    known = with_handle({}, "email", "a")
    assert with_handle(known, "email", "a") is known
    both = with_handle(known, "email", "b")
    assert both == {"email": ("a", "b")}
    assert with_handle(both, "email", "x" * 256)["email"][-1] == "x" * 256
    assert with_handle(both, "email", "x" * 257) is both
    assert without_handle(both, "email", "a") == {"email": ("b",)}
    assert without_handle(known, "email", "a") == {}
    assert handles_of('{"slack":["u"],"email":["a","b"]}') == (
        ("email", "a"), ("email", "b"), ("slack", "u"),
    )  # fmt: skip
    assert handles_of(None) == handles_of("") == ()


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [("abc", 3, "abc"), ("abcd", 3, "abc"), ("größe", 4, "grö"), ("gr\ud800", 9, "gr?")],
)
def test_a_text_is_cut_between_letters(text: str, limit: int, kept: str) -> None:
    assert clip(text, limit) == kept


@pytest.mark.parametrize(("length", "kept"), [(128, 128), (129, 32)])
def test_a_long_reference_is_kept_as_its_hash(length: int, kept: int) -> None:
    held = reference("x" * length)
    assert held is not None
    assert len(held) == kept
    assert reference(None) is None


def test_a_message_counts_from_when_it_was_written_and_makes_news_of_an_address() -> None:
    known = case(unannounced=False, first_at=1.0)
    wrote = inbox.ContactReceived
    came = after(wrote, at=known, channel="email", handle="a")
    assert (came.handles, came.unannounced) == ({"email": ("a",)}, True)
    assert came.contact is not None
    assert (came.contact.handle_known, came.contact.at) == (False, NOW)
    known_now = after(wrote, at=came, channel="email", handle="a").contact
    assert known_now is not None
    assert known_now.handle_known
    again = after(wrote, at=msgspec.structs.replace(came, unannounced=False), handle=None)
    assert (again.handles, again.unannounced) == (came.handles, False)
    first = after(wrote, at=case(unannounced=False), handle=None)
    assert (first.first_at, first.unannounced) == (NOW, True)
    fields = {"interaction_id": came.contact.id, "direction": "in"}
    added = msgspec.structs.replace(
        record_of(told(became.MessageAdded, **fields)), at=START + timedelta(minutes=5)
    )
    ticket = evolve(came, added).tickets["T"]
    assert (ticket.last_customer_at, ticket.updated_at) == (NOW, NOW + 300.0)
    assert (ticket.contacts, ticket.last_contact_id) == (2, came.contact.id)
