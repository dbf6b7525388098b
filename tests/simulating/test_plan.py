"""Which requests a play is made of."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from streams.channels.settings import Facebook, Phone
from streams.simulating.plan import Kind, Step, Wishes, planned, tampered
from streams.simulating.platforms.meta import FacebookPlatform
from streams.simulating.platforms.phone import PhonePlatform
from streams.simulating.platforms.platform import Said
from streams.simulating.talk import talk

PLATFORM = FacebookPlatform(Facebook())


def said(messages: int) -> list[Said]:
    """What some people say."""
    began = datetime(2026, 3, 2, 9, tzinfo=UTC)
    dice = random.Random(1)  # noqa: S311  # no secret
    return talk(messages, 2, dice, text="Hello", began=began, apart=timedelta(seconds=1))


def steps(messages: int, seed: int = 1, **wishes: bool) -> list[Step]:
    """The requests of a play."""
    dice = random.Random(seed)  # noqa: S311  # no secret
    return planned(PLATFORM, said(messages), Wishes(**wishes), dice)


def messages(some: list[Step]) -> list[str]:
    """The messages in them, in their order."""
    return [one.post.message for one in some]


def test_without_a_wish_every_message_is_sent_once_and_in_order() -> None:
    found = steps(20)
    assert messages(found) == [PLATFORM.posts(one)[0].message for one in said(20)]
    assert {(one.kind, one.attempt) for one in found} == {("first", 0)}


@pytest.mark.parametrize(
    ("wish", "kind"), [("retries", "retry"), ("duplicates", "duplicate"), ("tamper", "tampered")]
)
def test_what_is_wished_for_happens_to_some_and_never_to_none(wish: str, kind: Kind) -> None:
    found = steps(100, **{wish: True})
    counted = Counter(one.kind for one in found)
    assert {*counted} == {"first", kind}
    assert counted["first"] == 100
    some = {one.post.message for one in found if one.kind == kind}
    assert 1 <= len(some) <= 50
    for seed in range(20):
        assert kind in {one.kind for one in steps(1, seed=seed, **{wish: True})}


def test_a_retry_follows_at_once_and_counts() -> None:
    found = steps(100, retries=True)
    for before, one in pairwise(found):
        if one.kind == "retry":
            assert one.post == before.post
            assert one.attempt == before.attempt + 1
    assert max(one.attempt for one in found) == 3


def test_out_of_order_everything_is_there_and_not_far_from_its_place() -> None:
    straight, crooked = messages(steps(50)), messages(steps(50, reorder=True))
    assert straight != crooked
    assert sorted(straight) == sorted(crooked)
    assert all(abs(straight.index(one) - place) < 10 for place, one in enumerate(crooked))


def test_the_same_seed_is_the_same_play() -> None:
    everything = {"retries": True, "duplicates": True, "reorder": True, "tamper": True}
    assert steps(50, **everything) == steps(50, **everything)
    assert steps(50, seed=2, **everything) != steps(50, **everything)


def test_a_forged_message_has_one_bit_changed() -> None:
    (forged,) = (one for one in steps(1, tamper=True) if one.kind == "tampered")
    pairs = zip(forged.content, forged.post.body, strict=True)
    assert [one ^ other for one, other in pairs if one != other] == [1]
    assert tampered(tampered(forged.post.body)) == forged.post.body


def test_a_call_rings_is_recorded_and_is_transcribed() -> None:
    platform = PhonePlatform(Phone(public_url="https://desk.example"))
    caller = next(one for one in said(20) if one.person == 1)
    writer = next(one for one in said(20) if one.person == 0)
    called = [one.what for one in platform.posts(caller)]
    assert called == ["voice", "recording", "transcription"]
    assert [one.what for one in platform.posts(writer)] == ["sms"]
    assert [bool(one.message) for one in platform.posts(caller)] == [False, False, True]
