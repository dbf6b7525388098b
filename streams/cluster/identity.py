"""The deployment's identity secret: on a cluster it is set, for it outlives every database."""

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
