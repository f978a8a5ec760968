"""Addresses: whose they are, and how much of one may be shown."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

Origin = tuple[str, str | None, int | None]


def origin(url: str) -> Origin:
    """Scheme, host and port; of what is no address none that another one has."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None


def joined(url: str, onward: str) -> str:
    """onward as seen from url, "" when it is no address."""
    try:
        return urljoin(url, onward)
    except ValueError:
        return ""


def shown(url: str) -> str:
    """url without its path and query, which may hold secrets."""
    scheme, host, _ = origin(url)
    return f"{scheme}://{host}" if host else "another place"


def is_loopback(host: str) -> bool:
    """127.0.0.0/8, ::1, and the names that RFC 6761 keeps for this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
