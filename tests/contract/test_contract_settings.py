"""The settings, their types and defaults are the contract's, wherever they are set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import pytest
from pydantic import BaseModel

from streams.errors import Misconfigured
from streams.reference.types import default_name, type_name
from streams.settings import PREFIX, SECRETS, Settings, described, load
from tests.contracts import contract, faults, owed_by

TABLE = contract("settings")
SETTINGS: dict[str, str] = TABLE["settings"]

KINDS = {
    "text": "some-text",
    "path": "some-path",
    "whole number": "3",
    "number": "20.0",
    "true or false": "true",
    "list of text": "some-text, more-text",
}
"""A value of every kind; what is no kind is a list of words."""

SHAPED = {
    "graph_version": "v27.0",
    "base_url": "https://llm.example/v1",
    "public_key": "0f" * 32,
    "signing_key": "0f" * 32,
    "allowed_origins": "https://shop.example http://localhost:3000",
    "public_url": "https://desk.example",
    "address": "help@desk.example",
    "identity_secret": "a secret that nobody guesses, long enough to sign with",
    "application_id": "53908232506183680",
    "guild_channels": "645027906669510667, 645027906669510999",
    "colleagues": "U012AB3CD=bo, U045EF6GH=cy",
    "allowed_types": "image/*",
    "refused_types": "image/*",
}
"""A value of what a kind alone does not describe, by the last part of a setting's name."""

WRONG = {"whole number": "many", "number": "long", "true or false": "perhaps"}
"""Values that a kind does not take."""


class Told(NamedTuple):
    """A setting as the table has it.

    Attributes:
        kinds: Its kind, or the words that it may be.
        default: Its default; nothing where it has none.
        guarded: Whether it is a secret.
    """

    kinds: list[str]
    default: str
    guarded: bool

    @property
    def words(self) -> bool:
        """Whether it is one of a list of words."""
        return self.kinds[0] not in KINDS


def taken_apart(told: str) -> Told:
    rest, _, default = told.partition(" = ")
    kind, *guarded = rest.split(", secret")
    return Told(kind.split("|"), default, bool(guarded))


def facts(name: str, told: Told) -> Iterator[str]:
    """What is said of one setting: each word of a list is a promise of its own."""
    yield f"{name}{' (secret)' if told.guarded else ''}"
    yield from (f"{name} {'may be' if told.words else 'is'} {kind}" for kind in told.kinds)
    yield f"{name} by default {told.default}"


def promised() -> Iterator[str]:
    for name, told in SETTINGS.items():
        yield from facts(name, taken_apart(told))


def there(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        hint: Any = field.annotation
        dotted = prefix + name
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            yield from there(hint, f"{dotted}.")
            continue
        default = default_name(field).removesuffix("null")
        yield from facts(dotted, Told(kinds_of(hint), default, dotted in SECRETS))


def kinds_of(hint: Any) -> list[str]:
    closed = next((one for one in (hint, *get_args(hint)) if get_origin(one) is Literal), None)
    return [*get_args(closed)] if closed else [type_name(hint).removesuffix(" or null")]


def test_the_settings_are_those_of_the_contract() -> None:
    assert faults("settings", {*promised()}, {*there()}) == []


@pytest.mark.parametrize("name", [*SETTINGS])
def test_a_flag_goes_before_the_environment_that_before_the_file(name: str, tmp_path: Path) -> None:
    kinds, default, _ = taken_apart(SETTINGS[name])
    value = SHAPED.get(name.rpartition(".")[2]) or KINDS.get(kinds[-1], kinds[-1])
    variable = PREFIX + name.upper().replace(".", "__")
    group, _, key = name.rpartition(".")
    head = f"[{group}]\n" if group else ""
    text = value if kinds[-1] in WRONG else f'"{value}"'
    (tmp_path / "pactdesk.toml").write_text(f"{head}{key} = {text}\n")
    origins = [
        load({}, {}, tmp_path)[1],
        load({}, {variable: value}, tmp_path)[1],
        load({name: value}, {variable: value}, tmp_path)[1],
    ]
    assert [one[name] for one in origins] == [
        str(tmp_path / "pactdesk.toml"),
        "environment",
        "flag",
    ]
    assert value_of(load({}, {variable: value}, tmp_path)[0], name) == value
    assert value_of(load({}, {}, tmp_path / "none")[0], name) == default


def value_of(settings: Settings, name: str) -> str:
    value: Any = settings
    for part in name.split("."):
        value = getattr(value, part)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and value:
        return ", ".join(value)
    return "" if value is None else str(value)


CHECKED = [
    (name, WRONG.get(told.kinds[0], "no-such-word"))
    for name, told in ((name, taken_apart(text)) for name, text in SETTINGS.items())
    if told.words or told.kinds[0] in WRONG
]


@pytest.mark.parametrize(("name", "wrong"), CHECKED)
def test_a_value_that_does_not_fit_is_told(name: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=name):
        load({name: wrong}, {}, tmp_path)


@pytest.mark.parametrize("name", [name for name, told in SETTINGS.items() if "secret" in told])
def test_a_secret_may_come_from_a_file_and_is_never_shown(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = SHAPED.get(name.rpartition(".")[2], "sesame")
    (tmp_path / "secret").write_text(f"{secret}\n")
    variable = PREFIX + name.upper().replace(".", "__") + "_FILE"
    settings, _ = load({}, {variable: str(tmp_path / "secret")}, tmp_path)
    assert value_of(settings, name) == secret
    assert secret not in str(described({name: secret}))


def test_what_a_list_of_words_still_lacks_is_refused(tmp_path: Path) -> None:
    for fact in owed_by("settings"):
        name, may_be, word = fact.partition(" may be ")
        if may_be:
            with pytest.raises(Misconfigured, match=name):
                load({name: word}, {}, tmp_path)
