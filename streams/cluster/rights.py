"""What the roles ask of Kafka, held against what its ACLs grant: a role that may not is told so.

A refusal of Kafka names neither who was refused nor what for, and a Faust worker that may not join
its group waits without a word. So each role looks first, and what is missing is named whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kafka import KafkaAdminClient

from schemas.topics import CONTACTS, CONTROL, DECISIONS, DOMAINS, KNOWLEDGE, TICKETS, TOPICS, Domain
from streams.cluster.kafka import greet, of_kafka, options
from streams.errors import Misconfigured
from streams.settings import Settings

PAGE = "docs/how-to/secure-a-cluster.md"

ALL = frozenset(TOPICS)

GROUPS: dict[str, str] = {
    "projections": "pactdesk.projections",
    "effects": "pactdesk.effects",
    **{domain: f"pactdesk.{domain}" for domain in DOMAINS},
}
"""The consumer group of whoever has one."""

NOT_ALLOWED = 29
"""Kafka's code of a topic that this user may not even see."""


@dataclass(frozen=True)
class Needs:
    """What somebody asks of Kafka.

    Attributes:
        read: The topics that are read.
        write: The topics that are written to.
        groups: The consumer groups that are joined.
        compares: Whether the topics' settings are compared with the contract, as `up` does.
    """

    read: frozenset[str] = frozenset()
    write: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    compares: bool = False

    def topics(self) -> dict[str, set[str]]:
        """The operations on each topic, by Kafka's names."""
        found: dict[str, set[str]] = {}
        for names, operation in ((self.read, "READ"), (self.write, "WRITE")):
            for name in names:
                found.setdefault(name, set()).add(operation)
        if self.compares:
            for name in ALL:
                found.setdefault(name, set()).update(("DESCRIBE", "DESCRIBE_CONFIGS"))
        return found


@dataclass
class _Sum:
    read: set[str] = field(default_factory=set)
    write: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)


def of_roles(roles: Collection[str], domains: Iterable[Domain]) -> Needs:
    """What the roles of a process ask of Kafka together.

    Args:
        roles: Which of `streams.roles.ROLES`, or the gateway.
        domains: Whose agents, where agents are among them.
    """
    found = _Sum()
    if "agents" in roles:
        found.read |= {KNOWLEDGE.name, CONTROL.name, DECISIONS.name, TICKETS.name}
        found.write |= ALL - {CONTROL.name}
        for domain in domains:
            found.read.add(DOMAINS[domain].name)
            found.groups.add(GROUPS[domain])
    if "projections" in roles:
        found.read |= ALL
        found.write.add(CONTROL.name)
        found.groups.add(GROUPS["projections"])
    if "effects" in roles:
        found.read |= ALL  # webhooks of others are told of whatever happens
        found.write.add(CONTACTS.name)
        found.groups.add(GROUPS["effects"])
    if "gateway" in roles:
        found.read |= ALL
        found.write |= ALL - {DECISIONS.name, TICKETS.name}
    return Needs(
        frozenset(found.read), frozenset(found.write), frozenset(found.groups), compares=True
    )


def required(settings: Settings, needs: Needs) -> None:
    """See that Kafka grants what is needed, where it has ACLs at all.

    Raises:
        Misconfigured: With everything that is missing, and how it is granted.
        Unavailable: No broker answers.
    """
    missing = lacking(settings, needs)
    if missing:
        raise refused(settings, missing)


def lacking(settings: Settings, needs: Needs) -> dict[str, list[str]]:
    """What Kafka does not grant: operations by `topic NAME` or `group NAME`.

    Topics that are not there are passed over. So is what a broker does not tell.

    Raises:
        Misconfigured: Kafka does not let this user in.
        Unavailable: No broker answers.
    """
    from kafka.errors import GroupAuthorizationFailedError, KafkaError

    wanted = needs.topics()
    missing: dict[str, list[str]] = {}
    greet(settings)
    try:
        client = KafkaAdminClient(**options(settings))
        try:
            for one in client.describe_topics(sorted(wanted)):
                asked = wanted[one["name"]]
                granted = one["authorized_operations"]
                if one["error_code"] == NOT_ALLOWED:
                    granted = []
                if granted is not None and not asked <= set(granted):
                    missing[f"topic {one['name']}"] = sorted(asked - set(granted))
            for group in sorted(needs.groups):
                try:
                    found = client.describe_groups([group])[group]["authorized_operations"]
                except GroupAuthorizationFailedError:
                    found = []
                except KafkaError as error:
                    if not error.retriable:
                        raise
                    continue  # a new Kafka still makes the topic in which it keeps groups
                if found is not None and "READ" not in found:
                    missing[f"group {group}"] = ["READ"]
        finally:
            client.close()
    except (KafkaError, OSError) as error:
        raise of_kafka(error, settings) from error
    return missing


def refused(settings: Settings, missing: Mapping[str, Collection[str]]) -> Misconfigured:
    """What is to be said of operations that Kafka does not allow.

    Args:
        settings: Who was refused.
        missing: The operations by `topic NAME`, `group NAME` or `cluster`.
    """
    told = "; ".join(f"{', '.join(sorted(some))} on {what}" for what, some in missing.items())
    who = settings.kafka.sasl_username or "this user"
    return Misconfigured(
        f"Kafka's ACLs do not allow {who}: {told}",
        f"let an administrator grant it with kafka-acls.sh, as {PAGE} shows",
    )
