"""Whether an address is a provider's own: only there goes what authorises us."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}


def belongs(url: str, api_base_url: str, *domains: str) -> bool:
    """Whether an address is on the server of the API, or by HTTPS in one of some domains.

    Args:
        url: The address.
        api_base_url: Where the provider's API is, or what stands in for it.
        domains: The provider's, such as `slack.com`; those below them are meant as well.
    """
    try:
        asked = urlsplit(url)
        if _server(asked) == _server(urlsplit(api_base_url)):
            return True
    except ValueError:  # it is no address
        return False
    host = asked.hostname or ""
    return asked.scheme == "https" and any(
        host == domain or host.endswith(f".{domain}") for domain in domains
    )


def _server(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)
