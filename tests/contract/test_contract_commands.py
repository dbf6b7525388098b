"""The commands, their arguments and their options are those of the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from streams.cli.bundling import OF
from streams.cli.commands import COMMANDS
from streams.cli.main import pactdesk
from streams.evaluating.figures import share
from streams.reference.commands import GLOBALS
from streams.simulating.plan import Step
from streams.simulating.platforms.platform import Post
from streams.simulating.provider import StandIn
from streams.simulating.sides.meta import FACEBOOK
from streams.simulating.sides.side import Asked
from streams.simulating.tally import Sent, summed
from tests.commands import Shell, ndjson
from tests.contracts import contract, faults

TABLE = contract("commands")


def promised() -> Iterator[str]:
    for name, command in TABLE["commands"].items():
        yield name
        if "takes" in command:
            yield f"{name} takes {command['takes']}"
        for option, told in command.get("options", {}).items():
            kind, _, default = told.partition(" = ")
            yield f"{name} {option}: {kind}"
            yield from by_default(name, option, default)


def by_default(name: str, option: str, default: str) -> Iterator[str]:
    """A default that is a list of words is a promise for each of them."""
    for word in default.split(",") if default else ():
        yield f"{name} {option} by default {word}"


def there() -> Iterator[str]:
    root = click.Context(pactdesk, info_name="pactdesk")
    for name in COMMANDS:
        command = pactdesk.get_command(root, name)
        assert command is not None
        for called, one, context in callable_ones(name, command, root):
            path = called.removesuffix(f" {OF}")  # it is called by what it takes
            yield path
            takes = [piece for piece in one.collect_usage_pieces(context) if piece != "[OPTIONS]"]
            takes += [OF] if called != path else []
            if takes:
                yield f"{path} takes {' '.join(takes)}"
            for option in one.params:
                if isinstance(option, click.Option):
                    yield f"{path} {option.opts[0]}: {kind_of(option)}"
                    yield from by_default(path, option.opts[0], default_of(option, context))


def callable_ones(
    path: str, command: click.Command, parent: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    context = click.Context(command, parent, info_name=command.name)
    if not isinstance(command, click.Group):
        yield path, command, context
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from callable_ones(f"{path} {name}", inner, context)


def kind_of(option: click.Option) -> str:
    if option.is_flag:
        return "flag"
    if isinstance(option.type, click.Choice):
        return "|".join(option.type.choices)
    kind = "whole number" if isinstance(option.type, click.types.IntParamType) else "text"
    return f"{kind}, required" if option.required else kind


def default_of(option: click.Option, context: click.Context) -> str:
    value = option.get_default(context)  # of any type, and a mark of click's where there is none
    return str(value) if isinstance(value, str | int) and not option.is_flag else ""


def test_the_commands_are_those_of_the_contract() -> None:
    assert faults("commands", {*promised()}, {*there()}) == []


def test_the_global_options_are_those_of_the_contract() -> None:
    documented = dict(name.partition(" ")[::2] for name, _ in GLOBALS if name != "-h, --help")
    assert documented == {
        option: "" if value == "flag" else value for option, value in TABLE["options"].items()
    }


@pytest.mark.parametrize("place", [0, 1], ids=["before", "behind"])
@pytest.mark.parametrize("option", [*TABLE["options"], "--help"])
def test_a_global_option_may_stand_before_or_behind_a_command(
    option: str, place: int, shell: Shell
) -> None:
    value = {"--data": [str(shell.data)], "--engine": ["embedded"]}.get(option, [])
    words = ["status"]
    words[place:place] = [option, *value]
    assert shell(*words).status == 0


def test_a_command_that_is_there_says_how_it_ends() -> None:
    names = {name for name in TABLE["commands"] if name in {*there()}}
    endings = {name: {*TABLE["commands"][name].get("ends", [])} for name in names}
    assert [name for name, statuses in endings.items() if not statuses >= {0, 2}] == []


A_SMALL_WEEK = ("--seeds", "1", "--issues", "3", "--arms", "silo,unified")
"""`tests/cli/test_simulate_week_command.py` plays all arms."""

SENT = Sent(Step("first", Post("message", "m1", "/")), 200, 0.1, b"", forbidden=False)
"""A request that was played; `tests/cli/test_simulate_command.py` sees it printed."""


def taken() -> dict[str, Any]:
    """A message that a provider took that was played."""
    stand_in = StandIn()
    stand_in.sent(FACEBOOK, Asked({}, {}, "Bearer EAAP", {}, stand_in.clock.now(), 1, []))
    return stand_in.requests[0]


def test_lines_of_json_have_the_contracts_keys(shell: Shell, tmp_path: Path) -> None:
    contact = {"channel": "email", "handle": "x", "message": "I was charged twice"}
    good, bad = shell("produce", "--json", stdin=ndjson(contact) + "bad\n").lines
    printed = {
        "metrics": shell("metrics", "--json").json[0],
        "a metric explained": shell("metrics", "--explain", "sla_met", "--json").json[0],
        "produce": good,
        "a bad line": bad,
        "events": shell("events").lines[0],
        "understand": shell("understand", stdin=ndjson({"message": "Hello"})).lines[0],
        "evaluate": shell("evaluate", "--json").json,
        "a figure": msgspec.to_builtins(share("a task", "right", [True], "asked")),
        "a simulated request": SENT.line(),
        "a simulation": summed([SENT]),
        "a simulated provider": taken(),
        "a simulated week": shell("simulate", "week", *A_SMALL_WEEK, "--json").json,
        "a replay": shell("replay", "--to", str(tmp_path / "history"), "--json").json,
        "an error": json.loads(shell("ticket", "TICK_NO", "--json").err),
    }
    assert {name: [*line] for name, line in printed.items()} == TABLE["prints"]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Compares a table of three promises, one of them owed."""

    def compared(there: set[str], owed: str = "a view") -> list[str]:
        monkeypatch.setattr("tests.contracts.OWED", {"9: views": {"words": (owed,)}})
        return faults("words", {"a command", "a view", "a view with columns"}, there)

    return compared


def test_what_is_kept_missing_or_beyond_is_found_out(table: Callable[..., list[str]]) -> None:
    both = {"a command", "a view with columns"}
    assert table(both) == []
    assert table({"a command"}, "a view*") == []
    assert table({*both, "a view"}) == ["a view: kept, and still listed under 9: views"]
    assert table({"a command"}) == [
        "a view with columns: promised, not there, and no issue is to bring it"
    ]
    assert table({*both, "a song"}) == ["a song: there, and not in the table"]
    assert "a vies: listed under 9: views, and no table promises it" in table(both, "a vies")
