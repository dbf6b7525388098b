"""The settings: flag > environment > `pactdesk.toml` > default. The only reader of the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from streams.errors import Misconfigured

PREFIX = "PACTDESK_"
FILE = "pactdesk.toml"
_NOT_SETTINGS = {"PACTDESK_STRICT_TESTS", "PACTDESK_TEST_KILLS"}
"""Variables with our prefix that only the test command reads."""


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(_Group):
    """How the unidentified are named.

    Attributes:
        secret: Key of the ids of unidentified handles; an embedded store makes its own.
    """

    secret: str | None = None


class ModelSettings(_Group):
    """Which models understand messages.

    Attributes:
        tier: Which tier; `light` is the one that ships.
    """

    tier: Literal["light"] = "light"


class Settings(_Group):
    """Every setting.

    Attributes:
        data: The data directory of the embedded engine.
        engine: Which engine runs.
        identity: How the unidentified are named.
        models: Which models understand messages.
    """

    data: Path = Path(".pactdesk")
    engine: Literal["embedded"] = "embedded"
    identity: Identity = Identity()
    models: ModelSettings = ModelSettings()


SECRETS = frozenset({"identity.secret"})
"""Settings whose values are never shown."""


def load(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> tuple[Settings, dict[str, str]]:
    """The settings and where each set one came from, by dotted name.

    Args:
        flags: Values from the command line, by dotted name.
        environment: The environment; the process's own by default.
        folder: Where `pactdesk.toml` is looked for; the working directory by default.

    Raises:
        Misconfigured: An unknown setting or a value that does not fit.
    """
    origins: dict[str, str] = {}
    merged: dict[str, Any] = {}
    path = (folder or Path()) / FILE
    for origin, values in (
        (str(path), _file(path)),
        ("environment", _environment(os.environ if environment is None else environment)),
        ("flag", dict(flags or {})),
    ):
        for name, value in values.items():
            _put(merged, name.split("."), value)
            origins[name] = origin
    try:
        return Settings.model_validate(merged), origins
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in fault["loc"])
        origin = origins.get(name, "the settings")
        if fault["type"] == "extra_forbidden":
            raise Misconfigured(
                f"{name} ({origin}) is not a setting", "see `pactdesk config show` for all"
            ) from error
        raise Misconfigured(
            f"{name} ({origin}) does not fit: {fault['msg']}",
            "see docs/reference/settings.md for what it takes",
        ) from error


def _file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return _flat(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not TOML ({error})", "mend the file") from error


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            values |= _flat(value, f"{prefix}{name}.")
        else:
            values[prefix + name] = value
    return values


def _environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, value in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable in _NOT_SETTINGS:
            continue
        name = variable.removeprefix(PREFIX).lower().replace("__", ".")
        if name.endswith("_file") and name.removesuffix("_file") in SECRETS:
            values[name.removesuffix("_file")] = _secret(variable, value)
        else:
            values[name] = value
    return values


def _secret(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(
            f"{variable} names {path}, which cannot be read ({error.strerror})",
            "give the path of a file that this user may read",
        ) from error


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:  # Any: raw values
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    tree[path[-1]] = value


def described(flags: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every setting with its value and its origin; secrets are masked."""
    settings, origins = load(flags)
    return [
        {
            "setting": name,
            "value": "(set, not shown)" if name in SECRETS and value is not None else str(value),
            "origin": origins.get(name, "default"),
        }
        for name, value in _flat(settings.model_dump()).items()
    ]
