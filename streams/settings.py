"""The settings: flag > environment > `pactdesk.toml` > default.

This is the only reader of the environment.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from streams.channels.settings import ChannelSettings
from streams.drafting.settings import LlmSettings
from streams.errors import Misconfigured
from streams.files.settings import AttachmentSettings
from streams.marks import HIDDEN, Secret
from streams.proof_settings import AuditSettings, SealSettings

PREFIX = "PACTDESK_"
FILE = "pactdesk.toml"
_NOT_SETTINGS = {
    "PACTDESK_STRICT_TESTS",
    "PACTDESK_TEST_CHAOS",
    "PACTDESK_TEST_DIALOGUES",
    "PACTDESK_TEST_KAFKA",
    "PACTDESK_TEST_KILLS",
    "PACTDESK_TEST_SEED",
}
"""Variables with our prefix that only the test command reads."""


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(_Group):
    """How the unidentified are named.

    Attributes:
        secret: Key of the ids of unidentified handles; an embedded store makes its own.
    """

    secret: Annotated[Secret, Field(min_length=1)] | None = None


TierName = Literal["encoder", "light"]


class ModelSettings(_Group):
    """Which models understand messages.

    Attributes:
        tier: Which tier: `encoder` has a sentence encoder and understands best; `light` does
            without it, in a fifth of the time and half of the memory.
    """

    tier: TierName = "encoder"


class KafkaSettings(_Group):
    """How the cluster's log is reached.

    Attributes:
        bootstrap_servers: Brokers to begin with, `host:port`, separated by commas.
        security_protocol: Whether the wire is encrypted, and whether one signs in.
        sasl_mechanism: How one signs in.
        sasl_username: Who signs in.
        sasl_password: With what.
        ssl_cafile: The authority that signed the brokers' certificates; the system's by default.
        ssl_certfile: Our own certificate, where brokers ask for one.
        ssl_keyfile: Its key.
        replication_factor: Copies of each partition, for topics that are made now.
        session_timeout_seconds: After how much silence another worker takes a partition over.
        instance_id: A stable name of this worker: with one, a quick restart moves no partition.
        schema_registry_url: Where schemas of records in Confluent framing are asked for; with
            `name:password@` before the host where it wants them.
    """

    bootstrap_servers: str | None = None
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: Secret | None = None
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    replication_factor: Annotated[int, Field(ge=1)] = 1
    session_timeout_seconds: Annotated[float, Field(ge=1.0, le=300.0)] = 10.0
    instance_id: str | None = None
    schema_registry_url: Secret | None = None


class DatabaseSettings(_Group):
    """How the cluster's database is reached.

    Attributes:
        url: `postgresql://user:password@host:port/name`; more parameters after a question mark.
    """

    url: Secret | None = None


class GatewaySettings(_Group):
    """Where HTTP is served.

    Attributes:
        host: The address that is listened on; any but loopback needs keys.
        requests_per_second: Requests of one key, or of one address without; twice as many at once.
            Webhooks that their provider signed are not counted.
        connections: Connections at the same time.
        connections_per_address: Connections from one address; a proxy in front is one address.
        admin_host: The address of the admin port; nobody is asked for a key there.
        public_url: How customers reach it, such as https://desk.example: with it, surveys on
            channels without buttons have a link, and files go as links where a channel takes none.
        pact_secrets: Of agents whose envelopes must be signed: `agent_id=secret`, one a line.
    """

    host: str = "127.0.0.1"
    requests_per_second: Annotated[float, Field(gt=0.0)] = 100.0
    connections: Annotated[int, Field(ge=1)] = 800
    connections_per_address: Annotated[int, Field(ge=1)] = 200
    admin_host: str = "127.0.0.1"
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    pact_secrets: Secret | None = None


class AlertSettings(_Group):
    """Where a team reads what it must know; each that is set gets every alert.

    Attributes:
        slack_channel: A channel of Slack by its id, such as C0123; by channels.slack.bot_token.
        email: A mailbox; by channels.email.smtp_url. Account managers whose name is an address of
            e-mail get theirs there.
        webhook_url: An address that takes JSON, as incoming webhooks of chat programs do.
    """

    slack_channel: str | None = None
    email: str | None = None
    webhook_url: Secret | None = None


class DeliverySettings(_Group):
    """How replies go out.

    Attributes:
        answer_seconds: How long a platform's answer is waited for.
        first_wait_seconds: After how long what did not go through is tried again; then twice that.
        longest_wait_seconds: The longest time between two tries.
        give_up_hours: After how long no new try is begun.
    """

    answer_seconds: Annotated[float, Field(gt=0.0, le=300.0)] = 30.0
    first_wait_seconds: Annotated[float, Field(gt=0.0)] = 5.0
    longest_wait_seconds: Annotated[float, Field(gt=0.0)] = 1800.0
    give_up_hours: Annotated[float, Field(gt=0.0)] = 12.0


class SubscriptionSettings(_Group):
    """Where outbound webhooks may go.

    Attributes:
        allow_private: Whether they may go into private networks and to this machine, unencrypted
            too.
    """

    allow_private: bool = False


class HistorySettings(_Group):
    """What a question to the history in Parquet may cost.

    Attributes:
        query_seconds: How long it may run.
        query_rows: How many rows it may give.
    """

    query_seconds: Annotated[float, Field(gt=0.0)] = 60.0
    query_rows: Annotated[int, Field(ge=1)] = 1_000_000


def _several(value: Any) -> Any:  # Any: a raw value
    """What the environment gives as one text, apart by commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


class ProjectionSettings(_Group):
    """Projections of your own.

    Attributes:
        own: Python files, each with a projection or several; in the environment separated by
            commas.
    """

    own: Annotated[list[str], BeforeValidator(_several)] = []


class Settings(_Group):
    """Every setting.

    Attributes:
        data: The data directory of the embedded engine; of both, where the local mailbox lies.
        engine: Which engine runs.
        identity: How the unidentified are named.
        models: Which models understand messages.
        kafka: How the cluster's log is reached.
        database: How the cluster's database is reached.
        gateway: Where HTTP is served.
        channels: The connections to the platforms.
        delivery: How replies go out.
        alerts: Where a team reads what it must know.
        attachments: Which files are kept that come with contacts.
        subscriptions: Where outbound webhooks may go.
        llm: Which language model drafts replies for people.
        seals: How the log is sealed.
        audit: What audits are signed with.
        history: What a question to the history in Parquet may cost.
        projections: Projections of your own.
    """

    data: Path = Path(".pactdesk")
    engine: Literal["embedded", "cluster"] = "embedded"
    identity: Identity = Identity()
    models: ModelSettings = ModelSettings()
    kafka: KafkaSettings = KafkaSettings()
    database: DatabaseSettings = DatabaseSettings()
    gateway: GatewaySettings = GatewaySettings()
    channels: ChannelSettings = ChannelSettings()
    delivery: DeliverySettings = DeliverySettings()
    alerts: AlertSettings = AlertSettings()
    attachments: AttachmentSettings = AttachmentSettings()
    subscriptions: SubscriptionSettings = SubscriptionSettings()
    llm: LlmSettings = LlmSettings()
    seals: SealSettings = SealSettings()
    audit: AuditSettings = AuditSettings()
    history: HistorySettings = HistorySettings()
    projections: ProjectionSettings = ProjectionSettings()


def _secrets(kind: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _secrets(inner, f"{prefix}{name}.")
        elif HIDDEN in field.metadata or any(
            HIDDEN in getattr(part, "__metadata__", ()) for part in get_args(inner)
        ):
            yield prefix + name


SECRETS = frozenset(_secrets(Settings))
"""Settings whose values are never shown: those that are marked as `Secret`."""


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
        origin = _origin(origins, name)
        if fault["type"] == "extra_forbidden":
            raise Misconfigured(
                f"{name} ({origin}) is not a setting", "see `pactdesk config show` for all"
            ) from error
        raise Misconfigured(
            f"{name} ({origin}) does not fit: {fault['msg'].removeprefix('Value error, ')}",
            "see docs/reference/settings.md for what it takes",
        ) from error


def _origin(origins: Mapping[str, str], name: str) -> str:
    """Where a setting, or something inside it, was set."""
    inside = (origin for one, origin in origins.items() if one.startswith(name + "."))
    return origins.get(name) or next(inside, "the settings")


def _file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return _flat(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Misconfigured(
            f"{path} cannot be read ({error.strerror})", "make it readable for this user"
        ) from error
    except (ValueError, RecursionError) as error:
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
        given = value
        if name.endswith("_file") and name.removesuffix("_file") in SECRETS:
            name, given = name.removesuffix("_file"), _secret(variable, value)
        if name in values:
            raise Misconfigured(
                f"{name} is set twice in the environment, once by {variable}", "keep one of them"
            )
        values[name] = given
    return values


def _secret(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fault = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Misconfigured(
            f"{variable} names {path}, which cannot be read ({fault})",
            "give the path of a file that this user may read",
        ) from error


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:  # Any: raw values
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise Misconfigured(
                f"{part} is a group of settings and has no value", f"set {'.'.join(path)} alone"
            )
    tree[path[-1]] = value


def _told(name: str, value: Any) -> str:  # Any: a setting's value
    if value is None:
        return "(not set)"
    return "(set, not shown)" if name in SECRETS else str(value)


def described(flags: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every setting with its value and its origin; secrets are masked."""
    settings, origins = load(flags)
    return [
        {
            "setting": name,
            "value": _told(name, value),
            "origin": origins.get(name, "default"),
        }
        for name, value in _flat(settings.model_dump()).items()
    ]
