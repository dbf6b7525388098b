"""The pages of input lines, the policy and the settings: each a tree of pydantic models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from agents.linking import WEIGHTS, WITH_MEANING
from agents.linking_signals import SIGNALS
from agents.policy import Policy, default_policy
from agents.policy_toml import to_toml
from streams.inputs import INTENTS, LINE_LIMIT, PLAIN, ContactInput, Input
from streams.reference.markdown import attributes, code, says, table
from streams.reference.types import default_name, type_name
from streams.settings import PREFIX, SECRETS, Settings


def input_page() -> str:
    """The lines that `produce` takes."""
    parts = [
        "# Input",
        (
            f"One JSON object a line, at most {LINE_LIMIT:,} bytes. A line without `type` is a"
            " contact. `at` is RFC 3339 with an offset, and the clock's time where it is left"
            " out. A line that cannot be read goes to dead letters with its bytes; the others are"
            " kept. What has an `idempotency_key` happens once, however often the line is sent."
        ),
        "## A contact",
        says(ContactInput),
        _input(ContactInput),
        (
            "The same channel and `provider_id` is the same contact: the first wins, and another"
            " message under it is a dead letter. Without `provider_id` one is derived from the"
            " content. One of `customer_id` and `handle` is required."
        ),
        "## What describes the world",
    ]
    for name, kind in PLAIN.items():
        parts += [f"### {name}", says(kind), _input(kind)]
    parts.append("## What people at the desk ask for")
    for name, kind in INTENTS.items():
        parts += [f"### {name}, asked", says(kind), _input(kind)]
    return "\n\n".join(parts)


def _input(kind: type[Input]) -> str:
    return table(
        ("field", "type", "required"),
        (
            (code(name), type_name(field.annotation), "yes" if field.is_required() else "")
            for name, field in kind.model_fields.items()
        ),
    )


def policy_page() -> str:
    """Every field of the policy with its shipped value."""
    shipped = default_policy()
    parts = [
        "# Policy",
        says(Policy),
        (
            "One TOML file. `pactdesk policy show` prints the one in force, `policy check FILE`"
            " says what is wrong with one, `policy activate FILE` puts it in force: an event, so"
            " that every decision can name the version by which it was taken."
        ),
    ]
    for name, field in Policy.model_fields.items():
        kind = _model(field.annotation)
        parts.append(f"## {name}")
        if kind is None:
            parts += [
                (
                    "Weights of the signals by which a message finds its ticket; a name that is"
                    " left out keeps its trained weight. A message of whose meaning the models can"
                    " tell has weights of its own."
                ),
                table(
                    ("name", "shipped", "where its meaning is known"),
                    [
                        (f"`{one}`", f"`{WEIGHTS[one]}`", f"`{WITH_MEANING[one]}`")
                        for one in (*SIGNALS, "bias", "threshold")
                    ],
                ),
            ]
            continue
        parts += [says(kind), _policy_fields(kind, getattr(shipped, name))]
    parts += ["## The shipped file", "```toml\n" + to_toml(shipped).rstrip("\n") + "\n```"]
    return "\n\n".join(parts)


def _policy_fields(kind: type[BaseModel], shipped: BaseModel | dict[str, BaseModel]) -> str:
    """A part's fields; of what is given by name nothing ships, and its fields have defaults."""
    meanings = attributes(kind)
    if isinstance(shipped, dict):
        values = {n: f.get_default() for n, f in kind.model_fields.items() if not f.is_required()}
    else:
        values = shipped.model_dump(mode="json")
    return table(
        ("field", "type", "shipped", "meaning"),
        (
            (
                code(name),
                type_name(field.annotation),
                _shipped(values.get(name)),
                meanings.get(name, ""),
            )
            for name, field in kind.model_fields.items()
        ),
    )


def _shipped(value: object) -> str:
    if isinstance(value, dict):
        return "see below"
    return "" if value is None or value == "" else code(str(value))


def _model(hint: object) -> type[BaseModel] | None:
    kinds = [one for one in (hint, *get_args(hint)) if isinstance(one, type)]
    return next((one for one in kinds if issubclass(one, BaseModel)), None)


def settings_page() -> str:
    """Every setting with the variable that sets it."""
    return "\n\n".join(
        [
            "# Settings",
            (
                "A flag of the command line goes before the environment, that before"
                " `pactdesk.toml` in the working directory, that before the default. A name that"
                f" is no setting is an error. Variables begin with `{PREFIX}`, levels are joined"
                " by two underscores, and a secret may be given as the path of a file in the"
                " variable with `_FILE` at its end. `pactdesk config show` prints each setting"
                " with where it comes from."
            ),
            table(
                ("setting", "variable", "type", "default", "meaning"),
                (row for row in _settings(Settings, "")),
            ),
        ]
    )


def _settings(kind: type[BaseModel], prefix: str) -> Iterator[tuple[str, ...]]:
    meanings = attributes(kind)
    for name, field in kind.model_fields.items():
        inner = _model(field.annotation)
        if inner is not None:
            yield from _settings(inner, f"{prefix}{name}.")
            continue
        dotted = prefix + name
        variable = PREFIX + dotted.upper().replace(".", "__")
        secret = f" (secret; also `{variable}_FILE`)" if dotted in SECRETS else ""
        yield (
            code(dotted),
            code(variable),
            type_name(field.annotation),
            code(default_name(field)),
            meanings.get(name, "") + secret,
        )
