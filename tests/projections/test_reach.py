"""What is known of an address goes with it, and of too many the most careless is forgotten."""

from __future__ import annotations

from hypothesis import given as drawn
from hypothesis import strategies as st

from projections.case import Case, evolve
from projections.case.bounds import HANDLES
from projections.case.reach import (
    NOBODY,
    Reaches,
    heard,
    joined,
    only,
    reach_of,
    stopped,
    without,
)
from projections.case.state import Reach
from projections.case.words import LONGEST_HANDLE
from schemas.events.contacts import TicketHandedOver
from schemas.events.intents import ReplyWritten
from schemas.platforms import PLATFORMS
from schemas.record import Record
from schemas.vocabulary import CHANNELS
from streams.testing import START
from tests.identities import ANON, PHONE, ask, link, ticket_of, two_lines, unlink, wrote
from tests.lines import Lines

NOW = START.timestamp()


def test_only_platforms_that_mind_are_remembered() -> None:
    for channel in CHANNELS:
        platform = PLATFORMS[channel]
        known = heard(stopped({}, channel, "h", stops=True), channel, "h", 5.0)
        reach = reach_of(known, channel, "h")
        assert reach.heard_at == (5.0 if platform.window_hours else 0.0)
        assert reach.stopped == platform.stops


def test_who_writes_without_an_address_is_heard_all_the_same() -> None:
    known = heard({}, "whatsapp", None, 5.0)
    assert reach_of(known, "whatsapp", None) == Reach(heard_at=5.0)
    assert reach_of(known, "whatsapp", "h") == NOBODY


def test_an_address_longer_than_any_is_not_remembered() -> None:
    assert heard({}, "whatsapp", "h" * LONGEST_HANDLE, 5.0)
    assert heard({}, "whatsapp", "h" * (LONGEST_HANDLE + 1), 5.0) == {}


def test_of_too_many_addresses_the_one_that_was_silent_longest_is_forgotten() -> None:
    known: Reaches = {}
    for number in range(HANDLES):
        known = heard(known, "whatsapp", f"h{number}", float(number))
    known = heard(heard(known, "whatsapp", "h0", 50.0), "whatsapp", "new", 60.0)
    assert list(known["whatsapp"]) == [*(f"h{n}" for n in range(2, HANDLES)), "h0", "new"]


def test_what_somebody_forbade_is_forgotten_last() -> None:
    known = stopped({}, "phone", "no", stops=True)
    for number in range(2 * HANDLES):
        known = stopped(known, "phone", f"h{number}", stops=False)
    assert len(known["phone"]) == HANDLES
    assert reach_of(known, "phone", "no").stopped


def test_the_later_word_counts_and_what_either_forbids() -> None:
    mine = heard(heard({}, "whatsapp", "a", 5.0), "whatsapp", "b", 9.0)
    theirs = stopped(heard(heard({}, "whatsapp", "a", 7.0), "whatsapp", "b", 8.0), "phone", "c",
                     stops=True)  # fmt: skip
    both = joined(mine, theirs)
    assert {h: one.heard_at for h, one in both["whatsapp"].items()} == {"a": 7.0, "b": 9.0}
    assert reach_of(both, "phone", "c").stopped
    assert joined(stopped({}, "phone", "c", stops=True), {"phone": {"c": NOBODY}}) == {
        "phone": {"c": Reach(stopped=True)}
    }


_reaches = st.lists(
    st.tuples(st.sampled_from(["whatsapp", "facebook", "phone"]), st.sampled_from("abc")),
    max_size=9,
).map(
    lambda places: {
        channel: {h: Reach(heard_at=1.0) for c, h in places if c == channel}
        for channel, _ in places
    }
)
_handles = st.dictionaries(
    st.sampled_from(["whatsapp", "facebook", "phone"]),
    st.lists(st.sampled_from("abc"), max_size=3).map(tuple),
)


@drawn(_reaches, _handles)
def test_what_goes_and_what_stays_are_all_of_it(
    reaches: Reaches, handles: dict[str, tuple[str, ...]]
) -> None:
    stays, goes = without(reaches, handles), only(reaches, handles)
    points = {(c, h) for c, known in reaches.items() for h in known}
    gone = {(c, h) for c, known in goes.items() for h in known}
    assert gone == points & {(c, h) for c, known in handles.items() for h in known}
    assert {(c, h) for c, known in stays.items() for h in known} == points - gone


def ann_may_be_written_to(lines: Lines, customer: str) -> bool:
    said = ask(ReplyWritten, lines, ticket_of(1), customer, text="Hello")
    return any(type(event).__name__ == "ReplyRequested" for event in said)


def test_the_window_of_an_address_goes_along_when_lines_are_merged_and_comes_back() -> None:
    lines = two_lines()
    lines.later(hours=12)
    lines.put(link(ANON, "ann"))
    assert reach_of(lines.case("ann").reaches, "whatsapp", PHONE).heard_at == NOW
    assert ann_may_be_written_to(lines, "ann")
    lines.put(wrote("ann", 1, provider_id="p9"))
    lines.later(hours=20)
    lines.put(unlink(ANON, "ann"))
    assert lines.case("ann").reaches == {}
    assert reach_of(lines.case(ANON).reaches, "whatsapp", PHONE).heard_at == NOW + 12 * 3600
    assert ann_may_be_written_to(lines, ANON)
    lines.later(hours=5)
    assert not ann_may_be_written_to(lines, ANON)


def test_what_a_customer_allowed_again_stays_so_when_a_merge_is_taken_back() -> None:
    lines = two_lines()

    def texted(customer: str, word: str) -> None:
        event = wrote(customer, 1, channel="phone", provider_id=word)
        lines.put(event.model_copy(update={"metadata": f'{{"consent":"{word}"}}'}))

    texted(ANON, "STOP")
    lines.put(link(ANON, "ann", channel="phone"))
    assert reach_of(lines.case("ann").reaches, "phone", PHONE).stopped
    texted("ann", "START")
    lines.put(unlink(ANON, "ann", channel="phone"))
    assert not reach_of(lines.case(ANON).reaches, "phone", PHONE).stopped


def test_an_address_that_is_unlinked_is_forgotten() -> None:
    lines = two_lines()
    lines.put(unlink(ANON, ANON))
    assert lines.case(ANON).reaches == {}


def test_what_is_known_of_an_address_leaves_with_it_even_if_the_address_was_forgotten() -> None:
    back = TicketHandedOver(
        customer_id=ANON,
        from_customer_id="ann",
        part=1,
        parts=1,
        undo=True,
        tickets="[]",
        profile='{"customer_id":"ann","handles":{"whatsapp":["+1"]}}',
    )
    mine = Case(customer_id="ann", reaches=heard({}, "whatsapp", PHONE, 5.0))
    record = Record(id="r", key="ann", at=START, by="x", event=back, correlation="r")
    assert evolve(mine, record).reaches == {}
