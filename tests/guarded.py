"""A broker with ACLs: whoever signs in may do what was granted, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from streams.cluster.rights import Needs
from streams.settings import Settings
from tests.secured import Secured

USERS = ("agents", "projections", "effects", "gateway", "bare", "maker")
_ALLOW = ACLPermissionType.ALLOW
_ANY = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)

Grant = tuple[ACLOperation, ResourceType, str]


def _filter(user: str, operation: ACLOperation, pattern: ResourcePatternFilter) -> ACLFilter:
    return ACLFilter(
        principal=f"User:{user}",
        host=None,
        operation=operation,
        permission_type=ACLPermissionType.ANY,
        resource_pattern=pattern,
    )


class Guarded(Secured):
    """A broker whose listener SASL knows `USERS`, and lets each do what was granted to it.

    Args:
        folder: As of `Broker`.
    """

    def __init__(self, folder: Path) -> None:
        self._passwords = {user: f"sesame-{user}" for user in USERS}
        super().__init__(folder)

    def environment(self, user: str) -> dict[str, str]:
        """What makes `pactdesk` sign in as this user, with what is its password."""
        return {
            "PACTDESK_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{self.ports['SASL']}",
            "PACTDESK_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "PACTDESK_KAFKA__SASL_MECHANISM": "PLAIN",
            "PACTDESK_KAFKA__SASL_USERNAME": user,
            "PACTDESK_KAFKA__SASL_PASSWORD": self._passwords[user],
        }

    def settings_of(self, user: str) -> Settings:
        """The same as settings, for calling ours in this process."""
        return self.settings("SASL", sasl_username=user, sasl_password=self._passwords[user])

    def grant(self, user: str, needs: Needs, *more: Grant) -> None:
        """Let a user do this, and nothing that it could do before."""
        topics = [
            (ACLOperation[operation], ResourceType.TOPIC, name)
            for name, operations in needs.topics().items()
            for operation in operations
        ]
        groups = [(ACLOperation.READ, ResourceType.GROUP, name) for name in needs.groups]
        self._allow(user, [*topics, *groups, *more])

    def _allow(self, user: str, grants: Iterable[Grant]) -> None:
        made = [
            ACL(
                principal=f"User:{user}",
                host="*",
                operation=operation,
                permission_type=_ALLOW,
                resource_pattern=ResourcePattern(kind, name, ACLResourcePatternType.LITERAL),
            )
            for operation, kind, name in grants
        ]
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            before, _ = admin.describe_acls(_filter(user, ACLOperation.ANY, _ANY))
            if made:  # first, so that nothing is missing for a moment
                assert not admin.create_acls(made)["failed"]
            gone = [
                _filter(
                    user,
                    one.operation,
                    ResourcePatternFilter(
                        one.resource_pattern.resource_type,
                        one.resource_pattern.resource_name,
                        ACLResourcePatternType.LITERAL,
                    ),
                )
                for one in before
                if one not in made
            ]
            if gone:
                admin.delete_acls(gone)
        finally:
            admin.close()

    def with_other_passwords_of(self, users: Iterable[str]) -> None:
        """Start again, and let these users in with other passwords alone."""
        text = self._properties.read_text()
        for user in users:
            before = f'user_{user}="{self._passwords[user]}"'
            self._passwords[user] += "-anew"
            text = text.replace(before, f'user_{user}="{self._passwords[user]}"')
        self._properties.write_text(text)
        self.restart()

    def _listen(self) -> None:
        super()._listen()
        users = "".join(f' user_{user}="{word}"' for user, word in self._passwords.items())
        text = self._properties.read_text()
        start = "listener.name.sasl.plain.sasl.jaas.config="
        lines = [
            line.removesuffix(";") + users + ";" if line.startswith(start) else line
            for line in text.splitlines()
        ]
        lines += [
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS",  # the listeners without sign-in are the tests' own
        ]
        self._properties.write_text("\n".join([*lines, ""]))
