"""Envelopes are signed over one form of them, whoever writes the JSON and however."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Misconfigured
from streams.gateway.signatures import canonical, fits, in_time, secrets_of, signed

SECRET = "of-the-bot"  # noqa: S105  # it guards nothing

ENVELOPE = {
    "version": "0.1.0",
    "intent": {"action": "customer.get_profile", "parameters": {"customer_id": "ann"}},
    "metadata": {
        "sender": {"agent_id": "bot", "timestamp": "2026-03-02T09:00:00Z"},
        "auth": {"trust_level": "high", "signature": "…"},
    },
}


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (-9007199254740992.0, "-9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (999999999999999700000.0, "999999999999999700000"),
        (1e21, "1e+21"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (333333333.3333332, "333333333.3333332"),
        (4.5, "4.5"),
        (2e-3, "0.002"),
        (333333333.33333329, "333333333.3333333"),
        (56, "56"),
        (1424953923781206.2, "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_the_standard_has_them(number: float, written: str) -> None:
    assert canonical(number) == written


def test_names_are_sorted_by_their_utf_16_and_texts_escaped_as_little_as_can_be() -> None:
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    names = [text.partition(":")[0] for text in canonical(value)[1:-1].split(',"')]
    assert [name.strip('"') for name in names] == [
        "\\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33",
    ]  # fmt: skip
    assert canonical('\u20ac$\u000f\nA\'B"\\\\"/') == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'
    assert canonical([None, True, False, {}, []]) == "[null,true,false,{},[]]"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_written_is_the_same_number(number: float) -> None:
    assert float(canonical(number)) == number


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, "\ud800", object()])
def test_what_json_does_not_know_has_no_form(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canonical([value])


def test_a_signature_does_not_depend_on_how_the_envelope_was_written() -> None:
    again = json.loads(json.dumps(ENVELOPE, indent=2, sort_keys=True))
    assert fits(again, SECRET, signed(ENVELOPE, SECRET))


def test_anything_but_the_signature_is_signed() -> None:
    signature = signed(ENVELOPE, SECRET)
    metadata = {**ENVELOPE["metadata"], "auth": {"trust_level": "low"}}  # type: ignore[dict-item]  # a mapping
    assert not fits({**ENVELOPE, "metadata": metadata}, SECRET, signature)
    assert not fits({**ENVELOPE, "extension": 1}, SECRET, signature)
    assert not fits(ENVELOPE, "another", signature)
    assert not fits(ENVELOPE, SECRET, "")
    assert not fits({**ENVELOPE, "extension": "\ud800"}, SECRET, signature)
    nested: list[object] = []
    for _ in range(2000):
        nested = [nested]
    assert not fits({**ENVELOPE, "extension": nested}, SECRET, signature)


def test_the_time_may_be_five_minutes_off_either_way() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for minutes, good in ((-5, True), (5, True), (-5.1, False), (5.1, False)):
        assert in_time(now + timedelta(minutes=minutes), now) is good


def test_secrets_are_named_by_their_agents() -> None:
    assert secrets_of("bot=a=b\n other=c ") == {"bot": "a=b", "other": "c"}
    assert secrets_of(None) == {}


@pytest.mark.parametrize("text", ["bot", "bot=", "=a", "bot=a bot=b"])
def test_secrets_that_are_written_otherwise_are_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="agent_id=secret"):
        secrets_of(text)
