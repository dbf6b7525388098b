"""The deployment's own secrets: on a cluster they are set, for they outlive every database."""

from __future__ import annotations

from streams.errors import Misconfigured
from streams.settings import Settings


def secret_of(settings: Settings) -> str:
    """The key of the ids of the unidentified.

    Raises:
        Misconfigured: It is not set.
    """
    secret = settings.identity.secret
    if secret is None:
        raise Misconfigured(
            "the cluster engine needs identity.secret, for the ids of unidentified customers derive"
            " from it and must be the same for ever",
            "set PACTDESK_IDENTITY__SECRET, or …_FILE, to a long random text, and keep it",
        )
    return secret


def signing_key_of(settings: Settings) -> str:
    """The private key that audits are signed with.

    Raises:
        Misconfigured: It is not set.
    """
    key = settings.audit.signing_key
    if key is None:
        raise Misconfigured(
            "the cluster engine needs audit.signing_key to sign an audit, so that whoever knows its"
            " public half can check it",
            "set PACTDESK_AUDIT__SIGNING_KEY, or …_FILE, to 64 random hexadecimal digits, and keep"
            " them",
        )
    return key
